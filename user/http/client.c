/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* HTTP requests on libcurl, and its errors as messages. */
#include "http/client.h"

#include "util/text.h"

#include <arpa/inet.h>
#include <errno.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MOST_HEADER_BYTES (64u << 10)
#define LONGEST_TIMEOUT_S 86400.0

static pthread_once_t once = PTHREAD_ONCE_INIT;
static CURLcode global_code;

static void init_once(void)
{
	global_code = curl_global_init(CURL_GLOBAL_DEFAULT);
}

/* ---- the URL --------------------------------------------------------------------------------- */

static int is_loopback(const char *host)
{
	struct in6_addr v6;
	struct in_addr v4;
	char bare[64];
	size_t length;

	if (!strcmp(host, "localhost"))
		return 1;
	if (inet_pton(AF_INET, host, &v4) == 1)
		return ntohl(v4.s_addr) >> 24 == 127;
	length = strlen(host);
	if (host[0] != '[' || length < 3 || length - 2 >= sizeof(bare))
		return 0;
	memcpy(bare, host + 1, length - 2);
	bare[length - 2] = '\0';
	return inet_pton(AF_INET6, bare, &v6) == 1 && IN6_IS_ADDR_LOOPBACK(&v6);
}

/* Sets t->peer from the URL, and *loopback when it names this host. Returns 0 or -errno. */
static int parse_url(struct transfer *t, const char *url, int *loopback)
{
	char *scheme = NULL, *host = NULL, *port = NULL;
	CURLU *parts = curl_url();
	int err = -EINVAL;

	if (!parts)
		return -ENOMEM;
	if (curl_url_set(parts, CURLUPART_URL, url, 0) ||
	    curl_url_get(parts, CURLUPART_SCHEME, &scheme, 0) ||
	    curl_url_get(parts, CURLUPART_HOST, &host, 0) ||
	    curl_url_get(parts, CURLUPART_PORT, &port, CURLU_DEFAULT_PORT))
		goto out;
	if (strcmp(scheme, "http") && strcmp(scheme, "https"))
		goto out;
	snprintf(t->peer, sizeof(t->peer), "%s:%s", host, port);
	text_sanitize_in_place(t->peer);
	*loopback = is_loopback(host);
	err = 0;
out:
	curl_free(port);
	curl_free(host);
	curl_free(scheme);
	curl_url_cleanup(parts);
	return err;
}

/* Parses the URL; on an error fills `error`. Returns 0 or -errno. */
static int check_url(struct transfer *t, const char *url, int *loopback,
		     char error[HTTP_ERROR_SIZE])
{
	int err;

	pthread_once(&once, init_once);
	err = global_code ? -ENOMEM : parse_url(t, url, loopback);
	if (err == -EINVAL)
		snprintf(error, HTTP_ERROR_SIZE, "'%.150s' is not an http:// or https:// URL", url);
	else if (err)
		snprintf(error, HTTP_ERROR_SIZE, "out of memory");
	if (err)
		text_sanitize_in_place(error);
	return err;
}

int http_check_url(const char *url, char error[HTTP_ERROR_SIZE])
{
	struct transfer t;
	int loopback;

	return check_url(&t, url, &loopback, error);
}

/* ---- the handle ------------------------------------------------------------------------------ */

static size_t on_body(char *bytes, size_t size, size_t count, void *context)
{
	struct transfer *t = context;

	if (size * count > t->most_bytes - t->body.used) {
		t->too_big = 1;
		return 0;
	}
	buffer_add_bytes(&t->body, bytes, size * count);
	return buffer_error(&t->body) ? 0 : size * count;
}

/* Bounds the headers: libcurl 7.88 itself keeps any number of them. */
static size_t on_header(char *bytes, size_t size, size_t count, void *context)
{
	struct transfer *t = context;

	t->header_bytes += size * count;
	if (t->header_bytes > MOST_HEADER_BYTES) {
		t->too_big = 1;
		return 0;
	}
	return size * count;
}

static CURLcode allow_http_only(CURL *easy)
{
#if LIBCURL_VERSION_NUM >= 0x075500
	return curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
#else
	return curl_easy_setopt(easy, CURLOPT_PROTOCOLS, CURLPROTO_HTTP | CURLPROTO_HTTPS);
#endif
}

/*
 * Lets a request time out while libcurl's resolver thread still waits for DNS. Without this the
 * daemon would block as long as DNS does not answer. libcurl before 7.87 has no such option: there,
 * name the collector by its address.
 */
static CURLcode set_quick_exit(CURL *easy)
{
#if LIBCURL_VERSION_NUM >= 0x075700
	return curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
#else
	return CURLE_OK;
#endif
}

static int set_options(struct transfer *t, const char *url, const char *unix_socket, int direct)
{
	double ms = ceil(fmin(fmax(t->timeout_s, 0.001), LONGEST_TIMEOUT_S) * 1000);
	CURL *easy = t->easy;

	if (curl_easy_setopt(easy, CURLOPT_URL, url) || allow_http_only(easy) ||
	    set_quick_exit(easy) ||
	    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1) ||
	    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L) ||
	    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L) ||
	    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)ms) ||
	    curl_easy_setopt(easy, CURLOPT_USERAGENT, "dnsreach/" VERSION) ||
	    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, t->detail) ||
	    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body) ||
	    curl_easy_setopt(easy, CURLOPT_WRITEDATA, t) ||
	    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header) ||
	    curl_easy_setopt(easy, CURLOPT_HEADERDATA, t))
		return -ENOMEM;
	if (unix_socket && curl_easy_setopt(easy, CURLOPT_UNIX_SOCKET_PATH, unix_socket))
		return -ENOMEM;
	if (direct && curl_easy_setopt(easy, CURLOPT_PROXY, ""))
		return -ENOMEM;
	return 0;
}

int transfer_open(struct transfer *t, const char *url, const char *unix_socket, double timeout_s,
		  size_t most_bytes, char error[HTTP_ERROR_SIZE])
{
	int loopback, err;

	memset(t, 0, sizeof(*t));
	t->timeout_s = timeout_s;
	t->most_bytes = most_bytes;
	err = check_url(t, url, &loopback, error);
	if (err)
		return err;
	if (unix_socket)
		snprintf(t->peer, sizeof(t->peer), "%s", unix_socket);
	t->easy = curl_easy_init();
	if (!t->easy || set_options(t, url, unix_socket, loopback || unix_socket)) {
		transfer_close(t);
		snprintf(error, HTTP_ERROR_SIZE, "out of memory");
		return -ENOMEM;
	}
	return 0;
}

void transfer_close(struct transfer *t)
{
	curl_easy_cleanup(t->easy);
	buffer_free(&t->body);
	t->easy = NULL;
}

void transfer_reset(struct transfer *t)
{
	buffer_reset(&t->body);
	t->header_bytes = 0;
	t->too_big = 0;
	t->detail[0] = '\0';
}

/* ---- the result ------------------------------------------------------------------------------ */

/* Returns the errno of the last failed system call, or `otherwise` when libcurl has none. */
static int os_errno(const struct transfer *t, int otherwise)
{
	long number = 0;

	curl_easy_getinfo(t->easy, CURLINFO_OS_ERRNO, &number);
	return number > 0 ? (int)number : otherwise;
}

static int error_timed_out(const struct transfer *t, char error[HTTP_ERROR_SIZE])
{
	curl_off_t connected_us = 0;

	curl_easy_getinfo(t->easy, CURLINFO_CONNECT_TIME_T, &connected_us);
	if (connected_us > 0)
		snprintf(error, HTTP_ERROR_SIZE, "no response from %s within %g s", t->peer,
			 t->timeout_s);
	else
		snprintf(error, HTTP_ERROR_SIZE, "cannot connect to %s within %g s", t->peer,
			 t->timeout_s);
	return -ETIMEDOUT;
}

static int error_broken(const struct transfer *t, char error[HTTP_ERROR_SIZE])
{
	int number = os_errno(t, ECONNRESET);

	snprintf(error, HTTP_ERROR_SIZE, "the connection to %s broke: %s", t->peer,
		 strerror(number));
	return -number;
}

static int error_too_big(const struct transfer *t, char error[HTTP_ERROR_SIZE])
{
	if (t->header_bytes > MOST_HEADER_BYTES)
		snprintf(error, HTTP_ERROR_SIZE,
			 "the headers of the response are larger than %u bytes", MOST_HEADER_BYTES);
	else if (t->too_big)
		snprintf(error, HTTP_ERROR_SIZE, "the response is larger than %zu bytes",
			 t->most_bytes);
	else
		snprintf(error, HTTP_ERROR_SIZE, "out of memory");
	return t->too_big ? -E2BIG : -ENOMEM;
}

int transfer_result(const struct transfer *t, CURLcode code, char error[HTTP_ERROR_SIZE])
{
	int number;

	switch (code) {
	case CURLE_OK:
		return 0;
	case CURLE_COULDNT_CONNECT:
		number = os_errno(t, ECONNREFUSED);
		snprintf(error, HTTP_ERROR_SIZE, "cannot connect to %s: %s", t->peer,
			 strerror(number));
		return -number;
	case CURLE_COULDNT_RESOLVE_HOST:
		snprintf(error, HTTP_ERROR_SIZE, "no address was found for %s", t->peer);
		return -EHOSTUNREACH;
	case CURLE_OPERATION_TIMEDOUT:
		return error_timed_out(t, error);
	case CURLE_WRITE_ERROR:
		return error_too_big(t, error);
	case CURLE_GOT_NOTHING:
		snprintf(error, HTTP_ERROR_SIZE, "%s closed the connection without a response",
			 t->peer);
		return -ECONNRESET;
	case CURLE_PARTIAL_FILE:
		snprintf(error, HTTP_ERROR_SIZE, "the response of %s is incomplete", t->peer);
		return -ECONNRESET;
	case CURLE_SEND_ERROR:
	case CURLE_RECV_ERROR:
		return error_broken(t, error);
	case CURLE_UNSUPPORTED_PROTOCOL:
	case CURLE_WEIRD_SERVER_REPLY:
		snprintf(error, HTTP_ERROR_SIZE, "the server at %s does not speak HTTP", t->peer);
		return -EPROTO;
	case CURLE_PEER_FAILED_VERIFICATION:
		snprintf(error, HTTP_ERROR_SIZE,
			 "the certificate of %s is not trusted; is its CA in the system's store?",
			 t->peer);
		return -EKEYREJECTED;
	case CURLE_OUT_OF_MEMORY:
		snprintf(error, HTTP_ERROR_SIZE, "out of memory");
		return -ENOMEM;
	default:
		snprintf(error, HTTP_ERROR_SIZE, "%s: %.140s", t->peer,
			 t->detail[0] ? t->detail : curl_easy_strerror(code));
		text_sanitize_in_place(error);
		return -EIO;
	}
}

/* ---- a request that is waited for ------------------------------------------------------------ */

/* Sets the headers; *list is freed by the caller, after an error too. Returns 0 or -ENOMEM. */
static int set_headers(struct transfer *transfer, const char *const *headers,
		       struct curl_slist **list)
{
	struct curl_slist *longer;

	for (; headers && *headers; headers++) {
		longer = curl_slist_append(*list, *headers);
		if (!longer)
			return -ENOMEM;
		*list = longer;
	}
	return curl_easy_setopt(transfer->easy, CURLOPT_HTTPHEADER, *list) ? -ENOMEM : 0;
}

static CURLcode set_text(CURL *easy, CURLoption option, const char *text)
{
	return text ? curl_easy_setopt(easy, option, text) : CURLE_OK;
}

int transfer_set_identity(struct transfer *t, const struct http_identity *identity)
{
	CURL *easy = t->easy;

	if (set_text(easy, CURLOPT_CAINFO, identity->ca_file) ||
	    set_text(easy, CURLOPT_SSLCERT, identity->cert_file) ||
	    set_text(easy, CURLOPT_SSLKEY, identity->key_file) ||
	    set_text(easy, CURLOPT_USERNAME, identity->user) ||
	    set_text(easy, CURLOPT_PASSWORD, identity->password) ||
	    curl_easy_setopt(easy, CURLOPT_HTTPAUTH, (long)CURLAUTH_BASIC))
		return -ENOMEM;
	return 0;
}

int http_fetch(const struct http_fetch_options *options, struct http_fetch_result *ret)
{
	struct curl_slist *headers = NULL;
	struct transfer transfer;
	int err;

	memset(ret, 0, sizeof(*ret));
	err = transfer_open(&transfer, options->url, options->unix_socket, options->timeout_s,
			    options->most_bytes, ret->error);
	if (err)
		return err;
	err = set_headers(&transfer, options->headers, &headers);
	if (!err)
		err = transfer_set_identity(&transfer, &options->identity);
	if (err) {
		snprintf(ret->error, sizeof(ret->error), "out of memory");
		goto close;
	}
	err = transfer_result(&transfer, curl_easy_perform(transfer.easy), ret->error);
	curl_easy_getinfo(transfer.easy, CURLINFO_RESPONSE_CODE, &ret->status);
	ret->body = transfer.body;
	memset(&transfer.body, 0, sizeof(transfer.body));
close:
	curl_slist_free_all(headers);
	transfer_close(&transfer);
	return err;
}
