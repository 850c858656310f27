// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* See tls.h. */
#include "http/tls.h"

#include <errno.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <microhttpd.h>
#include <stdio.h>
#include <string.h>

static gnutls_datum_t datum_of(const char *text)
{
	return (gnutls_datum_t){(unsigned char *)text, (unsigned int)strlen(text)};
}

static int load(gnutls_certificate_credentials_t credentials, const char *cert_text,
		const char *key_text, const char *client_ca, char error[TLS_ERROR_SIZE])
{
	gnutls_datum_t cert = datum_of(cert_text), key = datum_of(key_text), ca;
	int err = gnutls_certificate_set_x509_key_mem2(credentials, &cert, &key,
						       GNUTLS_X509_FMT_PEM, NULL, 0);

	if (err < 0) {
		snprintf(error, TLS_ERROR_SIZE, "cannot use cert_file with key_file: %s",
			 gnutls_strerror(err));
		return -EINVAL;
	}
	if (!client_ca)
		return 0;
	ca = datum_of(client_ca);
	err = gnutls_certificate_set_x509_trust_mem(credentials, &ca, GNUTLS_X509_FMT_PEM);
	if (err > 0)
		return 0;
	snprintf(error, TLS_ERROR_SIZE, "cannot use client_ca_file: %s",
		 err ? gnutls_strerror(err) : "it holds no certificate");
	return -EINVAL;
}

int tls_check(const char *cert, const char *key, const char *client_ca, char error[TLS_ERROR_SIZE])
{
	gnutls_certificate_credentials_t credentials;
	int err;

	if (MHD_is_feature_supported(MHD_FEATURE_TLS) != MHD_YES) {
		snprintf(error, TLS_ERROR_SIZE,
			 "this libmicrohttpd was built without TLS; use one with GnuTLS");
		return -EINVAL;
	}
	if (gnutls_certificate_allocate_credentials(&credentials)) {
		snprintf(error, TLS_ERROR_SIZE, "out of memory");
		return -EINVAL;
	}
	err = load(credentials, cert, key, client_ca, error);
	gnutls_certificate_free_credentials(credentials);
	return err;
}

const char *tls_priorities(int tls13_only)
{
	return tls13_only ? "NORMAL:-VERS-ALL:+VERS-TLS1.3"
			  : "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2";
}

int tls_client_is_verified(struct gnutls_session_int *session)
{
	gnutls_typed_vdata_st purpose = {.type = GNUTLS_DT_KEY_PURPOSE_OID,
					 .data = (unsigned char *)GNUTLS_KP_TLS_WWW_CLIENT};
	unsigned int status;

	return !gnutls_certificate_verify_peers(session, &purpose, 1, &status) && !status;
}
