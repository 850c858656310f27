// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* See tls_query.h. */
#include "probe/tls_query.h"

#include "probe/stream_query.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

/* TLS 1.2 at least (RFC 9325, section 3.1.1). */
#define VERSIONS "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2"

#define RECORD_ALERT 0x15
#define RECORD_HANDSHAKE 0x16
#define RECORD_MAJOR 0x03
#define ALERT_RECORD_SIZE 7 /* type, version (2), length (2), level, description */

struct tls_trust {
	gnutls_certificate_credentials_t credentials;
	int verifies;
	char name[TLS_NAME_LENGTH + 1]; /* without a dot at its end */
};

struct tls_query {
	gnutls_session_t session;
	int verifies;
	int fd;
	int error;		       /* errno of the connection */
	int reset;		       /* the same, of an RST: what came before it is read first */
	int is_at_end;		       /* the resolver has sent FIN */
	__u8 first[ALERT_RECORD_SIZE]; /* of what it sent */
	size_t received;
};

/* Writes an error of GnuTLS, which ends its sentences, behind the name of a file (NULL: none). */
static void describe_error(int code, const char *file, char why[TLS_WHY_SIZE])
{
	size_t length;

	if (file)
		snprintf(why, TLS_WHY_SIZE, "%.80s: %s", file, gnutls_strerror(code));
	else
		snprintf(why, TLS_WHY_SIZE, "%s", gnutls_strerror(code));
	length = strlen(why);
	if (length && why[length - 1] == '.')
		why[length - 1] = '\0';
}

/* ---- names ---------------------------------------------------------------------------------- */

static int is_ip_address(const char *name)
{
	__u8 address[16];

	return inet_pton(AF_INET, name, address) == 1 || inet_pton(AF_INET6, name, address) == 1;
}

/* Returns the length of a name without the dot that may end it. */
static size_t name_length(const char *name)
{
	size_t length = strlen(name);

	return length && name[length - 1] == '.' ? length - 1 : length;
}

int tls_name_is_valid(const char *name)
{
	static const char digits[] = "0123456789",
			  letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789-";
	size_t left = name_length(name);

	if (is_ip_address(name))
		return 1;
	if (left > TLS_NAME_LENGTH)
		return 0;
	for (;;) {
		size_t label = strspn(name, letters);

		if (!label || label > 63)
			return 0;
		if (label == left)
			return strspn(name, digits) < label;
		if (name[label] != '.')
			return 0;
		name += label + 1;
		left -= label + 1;
	}
}

/* ---- trust ---------------------------------------------------------------------------------- */

/* Loads the certificates to trust. 0, or -EINVAL and the reason */
static int trust_load(struct tls_trust *trust, const char *ca_file, char why[TLS_WHY_SIZE])
{
	const char *from = ca_file ? ca_file : "the system's trust store";
	int count;

	if (ca_file)
		count = gnutls_certificate_set_x509_trust_file(trust->credentials, ca_file,
							       GNUTLS_X509_FMT_PEM);
	else
		count = gnutls_certificate_set_x509_system_trust(trust->credentials);
	if (count > 0)
		return 0;
	if (count)
		describe_error(count, from, why);
	else
		snprintf(why, TLS_WHY_SIZE, "%.80s: it holds no certificate", from);
	return -EINVAL;
}

struct tls_trust *tls_trust_open(const char *name, const char *ca_file, char why[TLS_WHY_SIZE])
{
	struct tls_trust *trust = calloc(1, sizeof(*trust));

	strcpy(why, "out of memory");
	if (!trust)
		return NULL;
	trust->verifies = name != NULL;
	if (name)
		snprintf(trust->name, sizeof(trust->name), "%.*s", (int)name_length(name), name);
	if (!gnutls_certificate_allocate_credentials(&trust->credentials) &&
	    (!name || !trust_load(trust, ca_file, why)))
		return trust;
	tls_trust_close(trust);
	return NULL;
}

void tls_trust_close(struct tls_trust *trust)
{
	if (trust && trust->credentials)
		gnutls_certificate_free_credentials(trust->credentials);
	free(trust);
}

/* ---- the transport, for GnuTLS -------------------------------------------------------------- */

static ssize_t tls_note_errno(struct tls_query *tls, ssize_t length)
{
	int error = errno;

	if (length >= 0)
		return length;
	gnutls_transport_set_errno(tls->session, error);
	if (error != EAGAIN && error != EINTR)
		tls->error = error;
	return length;
}

/* After an RST it passes over what is to be sent, so that GnuTLS reads what came before: an alert.
 */
static ssize_t tls_push(gnutls_transport_ptr_t pointer, const void *bytes, size_t length)
{
	struct tls_query *tls = pointer;
	ssize_t sent = tls->reset ? -1 : send(tls->fd, bytes, length, MSG_NOSIGNAL);

	if (sent < 0 && !tls->reset && stream_is_reset(errno))
		tls->reset = errno;
	return tls->reset ? (ssize_t)length : tls_note_errno(tls, sent);
}

/* Returns as recv() does. The kernel tells an RST once, and then an end. */
static ssize_t tls_recv(const struct tls_query *tls, void *bytes, size_t length)
{
	ssize_t received = recv(tls->fd, bytes, length, 0);

	if (received || !tls->reset)
		return received;
	errno = tls->reset;
	return -1;
}

static ssize_t tls_pull(gnutls_transport_ptr_t pointer, void *bytes, size_t length)
{
	struct tls_query *tls = pointer;
	ssize_t received = tls_recv(tls, bytes, length), i;

	for (i = 0; i < received && tls->received < sizeof(tls->first); i++)
		tls->first[tls->received++] = ((const __u8 *)bytes)[i];
	tls->is_at_end |= !received;
	return tls_note_errno(tls, received);
}

static int tls_pull_timeout(gnutls_transport_ptr_t pointer, unsigned int ms)
{
	struct pollfd polled = {.fd = ((struct tls_query *)pointer)->fd, .events = POLLIN};

	return poll(&polled, 1, (int)ms);
}

/* ---- the session ---------------------------------------------------------------------------- */

/* 0, or an error of GnuTLS */
static int tls_session_init(struct tls_query *tls, const struct tls_trust *trust)
{
	static unsigned char dot[] = "dot";
	gnutls_datum_t protocol = {.data = dot, .size = sizeof(dot) - 1};
	int err = gnutls_init(&tls->session, GNUTLS_CLIENT | GNUTLS_NONBLOCK | GNUTLS_NO_SIGNAL);

	if (err)
		return err;
	tls->verifies = trust->verifies;
	gnutls_transport_set_ptr(tls->session, tls);
	gnutls_transport_set_push_function(tls->session, tls_push);
	gnutls_transport_set_pull_function(tls->session, tls_pull);
	gnutls_transport_set_pull_timeout_function(tls->session, tls_pull_timeout);
	if (trust->verifies)
		gnutls_session_set_verify_cert(tls->session, trust->name, 0);
	if (trust->verifies && !is_ip_address(trust->name))
		err = gnutls_server_name_set(tls->session, GNUTLS_NAME_DNS, trust->name,
					     strlen(trust->name));
	if (!err)
		err = gnutls_alpn_set_protocols(tls->session, &protocol, 1, 0);
	if (!err)
		err = gnutls_priority_set_direct(tls->session, VERSIONS, NULL);
	if (!err)
		err = gnutls_credentials_set(tls->session, GNUTLS_CRD_CERTIFICATE,
					     trust->credentials);
	return err;
}

struct tls_query *tls_query_open(const struct tls_trust *trust, char why[TLS_WHY_SIZE])
{
	struct tls_query *tls = calloc(1, sizeof(*tls));
	int err = tls ? tls_session_init(tls, trust) : GNUTLS_E_MEMORY_ERROR;

	if (!err)
		return tls;
	describe_error(err, NULL, why);
	tls_query_close(tls);
	return NULL;
}

void tls_query_close(struct tls_query *tls)
{
	if (tls && tls->session)
		gnutls_deinit(tls->session);
	free(tls);
}

/* ---- failures ------------------------------------------------------------------------------- */

static int is_tls(const struct tls_query *tls)
{
	return (tls->first[0] == RECORD_HANDSHAKE || tls->first[0] == RECORD_ALERT) &&
	       (tls->received < 2 || tls->first[1] == RECORD_MAJOR);
}

/* Writes what is wrong with a certificate. */
static void describe_distrust(unsigned int status, char why[TLS_WHY_SIZE])
{
	static const struct {
		unsigned int bit;
		const char *words;
	} reasons[] = {
		{GNUTLS_CERT_EXPIRED, "it has expired"},
		{GNUTLS_CERT_NOT_ACTIVATED, "it is not valid yet"},
		{GNUTLS_CERT_REVOKED, "it is revoked"},
		{GNUTLS_CERT_INSECURE_ALGORITHM, "its signature is by an insecure algorithm"},
		{GNUTLS_CERT_PURPOSE_MISMATCH, "it is not for a server"},
		{GNUTLS_CERT_SIGNER_NOT_CA, "its signer is no authority"},
		{GNUTLS_CERT_SIGNER_NOT_FOUND, "no authority that is trusted here signed it"},
		{GNUTLS_CERT_SIGNATURE_FAILURE, "its signature is wrong"},
		{GNUTLS_CERT_UNEXPECTED_OWNER, "it is of another name"},
	};
	size_t i, used = 0;

	for (i = 0; i < sizeof(reasons) / sizeof(*reasons); i++)
		if (status & reasons[i].bit && used < TLS_WHY_SIZE)
			used += (size_t)snprintf(why + used, TLS_WHY_SIZE - used, "%s%s",
						 used ? ", and " : "", reasons[i].words);
	if (!used)
		snprintf(why, TLS_WHY_SIZE, "it does not verify (GnuTLS status %#x)", status);
}

static void tls_set_distrust(const struct tls_query *tls, struct probe_tls *ret)
{
	unsigned int status = gnutls_session_get_verify_cert_status(tls->session);

	/* INVALID comes with each of the others. */
	if ((status & ~(unsigned int)GNUTLS_CERT_INVALID) == GNUTLS_CERT_UNEXPECTED_OWNER) {
		ret->failure = TLS_FAILURE_WRONG_NAME;
		return;
	}
	ret->failure = TLS_FAILURE_NOT_TRUSTED;
	describe_distrust(status, ret->why);
}

/*
 * Tests whether an alert was the first record that came. A warning and close_notify are none that
 * GnuTLS ends a handshake by.
 */
static int is_alert_first(const struct tls_query *tls)
{
	return tls->received == ALERT_RECORD_SIZE && tls->first[0] == RECORD_ALERT && is_tls(tls);
}

/* Writes the name that RFC 8446 gives an alert: GnuTLS has it in capitals, behind GNUTLS_A_. */
static void tls_set_alert(gnutls_alert_description_t alert, struct probe_tls *ret)
{
	const char *name = gnutls_alert_get_strname(alert);
	size_t i;

	ret->failure = TLS_FAILURE_ALERT;
	ret->alert = (int)alert;
	snprintf(ret->why, sizeof(ret->why), "%s",
		 name ? name + strlen("GNUTLS_A_") : "of no known name");
	for (i = 0; name && ret->why[i]; i++)
		ret->why[i] = (char)tolower((unsigned char)ret->why[i]);
}

static void tls_set_failure(const struct tls_query *tls, int code, struct probe_tls *ret)
{
	if (code == GNUTLS_E_FATAL_ALERT_RECEIVED) {
		tls_set_alert(gnutls_alert_get(tls->session), ret);
	} else if (code == GNUTLS_E_CERTIFICATE_VERIFICATION_ERROR) {
		tls_set_distrust(tls, ret);
		gnutls_alert_send_appropriate(tls->session, code);
	} else if (tls->received && !is_tls(tls)) {
		ret->failure = TLS_FAILURE_NOT_TLS;
	} else if (!ret->established && is_alert_first(tls)) {
		tls_set_alert(tls->first[ALERT_RECORD_SIZE - 1], ret);
	} else {
		ret->failure = TLS_FAILURE_OTHER;
		describe_error(code, NULL, ret->why);
	}
}

/* Ends the query by an error of GnuTLS, or of the connection under it. */
static void tls_end(const struct tls_query *tls, struct probe_query *query,
		    struct probe_result *result, int code)
{
	int is_alert = code == GNUTLS_E_FATAL_ALERT_RECEIVED ||
		       (!result->tls.established && is_alert_first(tls));
	int is_refused = is_alert || (tls->received && !is_tls(tls));

	if (tls->error && !is_refused) {
		stream_query_end_errno(query, result, tls->error);
	} else if (tls->is_at_end && !is_refused) {
		query_end_errno(query, result, 0, PROBE_CLOSED);
	} else {
		tls_set_failure(tls, code, &result->tls);
		query_end(query, result, PROBE_TLS_FAILED);
	}
}

/* ---- handshake, query, response ------------------------------------------------------------- */

/* Returns 1 for an error that ends nothing: TLS waits, or has passed over a message. */
static int tls_goes_on(struct tls_query *tls, struct probe_query *query, int code)
{
	if (tls->error || gnutls_error_is_fatal(code))
		return 0;
	query->events = gnutls_record_get_direction(tls->session) ? POLLOUT : POLLIN;
	return 1;
}

static int tls_waits(int code)
{
	return code == GNUTLS_E_AGAIN || code == GNUTLS_E_INTERRUPTED;
}

/* Goes on with the handshake. Returns 1 when it is over. */
static int tls_shake_hands(struct tls_query *tls, struct probe_query *query,
			   struct probe_result *result)
{
	int code, left = STREAM_CHUNKS_PER_TURN;

	do {
		code = gnutls_handshake(tls->session);
		if (code && !tls_goes_on(tls, query, code)) {
			tls_end(tls, query, result, code);
			return 0;
		}
	} while (code && !tls_waits(code) && --left);
	if (code)
		return 0;
	result->tls.established = 1;
	result->tls.verified = tls->verifies;
	result->tls.version = gnutls_protocol_get_name(gnutls_protocol_get_version(tls->session));
	return 1;
}

/* Sends the query, which fits into a record. Returns 1 when it is sent. */
static int tls_send_query(struct tls_query *tls, struct probe_query *query,
			  struct probe_result *result)
{
	__u8 bytes[STREAM_QUERY_SIZE];
	size_t length = stream_query_write(query, bytes);
	ssize_t sent;

	if (query->sent)
		return 1;
	sent = gnutls_record_send(tls->session, bytes, length);
	if (sent < 0 && !tls_goes_on(tls, query, (int)sent))
		tls_end(tls, query, result, (int)sent);
	if (sent < 0)
		return 0;
	query->sent = (size_t)sent;
	query->events = POLLIN;
	return 1;
}

/* Reads what has come. Returns 0 when nothing more is there, or the query has ended. */
static int tls_receive_chunk(struct tls_query *tls, struct probe_query *query,
			     struct probe_result *result)
{
	__u8 bytes[STREAM_CHUNK_SIZE];
	ssize_t length = gnutls_record_recv(tls->session, bytes, sizeof(bytes));

	if (!length)
		query_end_errno(query, result, 0, PROBE_CLOSED);
	else if (length > 0)
		stream_query_take(query, result, bytes, (size_t)length);
	else if (!tls_goes_on(tls, query, (int)length))
		tls_end(tls, query, result, (int)length);
	return query->fd >= 0 && !tls_waits((int)length);
}

void tls_query_receive(struct tls_query *tls, struct probe_query *query,
		       struct probe_result *result)
{
	int left = STREAM_CHUNKS_PER_TURN;

	if (!stream_query_is_connected(query, result))
		return;
	tls->fd = query->fd;
	tls->reset |= query->reset;
	if (!result->tls.established && !tls_shake_hands(tls, query, result))
		return;
	if (!tls_send_query(tls, query, result))
		return;
	/* The descriptor is not readable for bytes that GnuTLS has read already. */
	while ((left-- > 0 || gnutls_record_check_pending(tls->session)) &&
	       tls_receive_chunk(tls, query, result))
		;
}
