/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * One DNS query of the probe over TLS (RFC 7858), on a connection of its own, by GnuTLS. Without a
 * name the certificate is not verified: the opportunistic profile of RFC 8310. With one it must be
 * of that name and trusted, or nothing is asked: the strict profile.
 */
#ifndef PROBE_TLS_QUERY_H
#define PROBE_TLS_QUERY_H

#include "probe/query.h"

struct tls_trust;
struct tls_query;

#define TLS_NAME_LENGTH 253 /* at most */

/*
 * Tests whether a certificate can be of this name: an IP address, or a host name of letters, digits
 * and hyphens, whose last label is no number. A dot may end it.
 */
int tls_name_is_valid(const char *name);

/*
 * Opens what certificates are verified by: `name` (NULL: they are not verified), and the
 * certificates of `ca_file` (NULL: those that the system trusts). NULL, and the reason in `why`
 */
struct tls_trust *tls_trust_open(const char *name, const char *ca_file, char why[TLS_WHY_SIZE]);

void tls_trust_close(struct tls_trust *trust);

/* Opens the TLS of a query. `trust` must outlive it. NULL, and the reason in `why` */
struct tls_query *tls_query_open(const struct tls_trust *trust, char why[TLS_WHY_SIZE]);

/*
 * Goes on with what is possible, after stream_query_send(). With an outcome, which goes to
 * `result`, the query has ended.
 */
void tls_query_receive(struct tls_query *tls, struct probe_query *query,
		       struct probe_result *result);

void tls_query_close(struct tls_query *tls);

#endif
