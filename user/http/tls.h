/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* TLS of the pages, by GnuTLS: libmicrohttpd does the transport, here is what it leaves open. */
#ifndef HTTP_TLS_H
#define HTTP_TLS_H

struct gnutls_session_int;

#define TLS_ERROR_SIZE 200

/*
 * Checks that GnuTLS takes the texts (PEM; `client_ca` may be NULL), and that key and certificate
 * fit. Returns 0, or -EINVAL and why.
 */
int tls_check(const char *cert, const char *key, const char *client_ca, char error[TLS_ERROR_SIZE]);

/* Returns the versions and ciphers to offer, in GnuTLS' words: TLS 1.2 at least, as Prometheus. */
const char *tls_priorities(int tls13_only);

/* Returns whether the client has shown a certificate of `client_ca`, for use by clients, in time.
 */
int tls_client_is_verified(struct gnutls_session_int *session);

#endif
