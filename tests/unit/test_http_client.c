// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* One HTTP request against real sockets: what comes back, and in which words what does not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "http/client.h"

#include "raw_server.h"

#include <errno.h>
#include <stdlib.h>

#define HEAD "HTTP/1.1 200 OK\r\nConnection: close\r\n"

static int fetch(const struct raw_server *s, const char *url, struct http_fetch_result *ret)
{
	struct http_fetch_options ask = {.url = url ? url : s->url,
					 .timeout_s = 20,
					 .most_bytes = 1000};
	int err = http_fetch(&ask, ret);

	assert_null(strchr(ret->error, '\n'));
	assert_int_equal(err != 0, ret->error[0] != '\0');
	return err;
}

/* What the server sends to whoever asks, and how the client takes it. */
static int fetch_raw(const char *answer, struct http_fetch_result *ret, char why[512])
{
	struct raw_server s = {.answer = answer};
	int err;

	raw_listen(&s);
	err = fetch(&s, NULL, ret);
	snprintf(why, 512, "%s", s.url + strlen("http://"));
	why[strlen(why) - 1] = '\0';
	raw_end(&s);
	return err;
}

static void a_body_comes_back(void **state)
{
	struct raw_server s = {.answer = HEAD "Content-Length: 5\r\n\r\nhello"};
	struct http_fetch_result got;

	(void)state;
	raw_listen(&s);
	assert_int_equal(fetch(&s, NULL, &got), 0);
	raw_end(&s);
	assert_int_equal(got.status, 200);
	assert_string_equal(got.body.text, "hello");
	assert_non_null(strstr(s.head, "GET / HTTP/1.1\r\n"));
	assert_non_null(strstr(s.head, "\r\nUser-Agent: dnsreach/" VERSION "\r\n"));
	assert_null(strstr(s.head, "Accept-Encoding"));
	buffer_free(&got.body);
}

static void every_status_is_an_answer(void **state)
{
	static const int statuses[] = {200, 204, 404, 429, 500, 503};
	struct http_fetch_result got;
	char answer[100], peer[512];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(statuses) / sizeof(*statuses); i++) {
		snprintf(answer, sizeof(answer), "HTTP/1.1 %d X\r\nContent-Length: 0\r\n\r\n",
			 statuses[i]);
		assert_int_equal(fetch_raw(answer, &got, peer), 0);
		assert_int_equal(got.status, statuses[i]);
		assert_int_equal(got.body.used, 0);
		buffer_free(&got.body);
	}
}

static void a_redirect_is_not_followed(void **state)
{
	struct raw_server other = {.answer = HEAD "\r\nsecret"};
	struct http_fetch_result got;
	char answer[200], peer[512];

	(void)state;
	raw_listen(&other);
	snprintf(answer, sizeof(answer),
		 "HTTP/1.1 302 Found\r\nLocation: %s\r\nContent-Length: 0\r\n\r\n", other.url);
	assert_int_equal(fetch_raw(answer, &got, peer), 0);
	raw_end(&other);
	assert_int_equal(got.status, 302);
	assert_string_equal(other.head, "");
	buffer_free(&got.body);
}

static void nobody_listens(void **state)
{
	struct raw_server s = {0};
	struct http_fetch_result got;
	char want[256];

	(void)state;
	raw_bind_tcp(&s); /* and nobody listens there */
	assert_int_equal(fetch(&s, NULL, &got), -ECONNREFUSED);
	snprintf(want, sizeof(want), "cannot connect to %.*s: Connection refused",
		 (int)strlen(s.url) - 8, s.url + 7);
	assert_string_equal(got.error, want);
	assert_int_equal(got.status, 0);
	buffer_free(&got.body);
	close(s.listener);
}

static void no_answer_in_time(void **state)
{
	struct raw_server s = {0};
	struct http_fetch_options ask = {.url = s.url, .timeout_s = 0.3, .most_bytes = 10};
	struct http_fetch_result got;

	(void)state;
	raw_listen(&s);
	assert_int_equal(http_fetch(&ask, &got), -ETIMEDOUT);
	raw_end(&s);
	assert_non_null(strstr(got.error, "no response from 127.0.0.1:"));
	assert_non_null(strstr(got.error, " within 0.3 s"));
	buffer_free(&got.body);
}

/* A host name that takes as long as it likes to be looked up does not outlast the timeout either:
 * see tests/net. */

static void too_large_is_refused_and_just_fits_is_not(void **state)
{
	static const size_t lengths[] = {999, 1000, 1001};
	struct http_fetch_result got;
	char answer[2000], peer[512];
	size_t i, used;

	(void)state;
	for (i = 0; i < 3; i++) {
		used = (size_t)snprintf(answer, sizeof(answer), HEAD "\r\n");
		memset(answer + used, 'x', lengths[i]);
		answer[used + lengths[i]] = '\0';
		if (lengths[i] <= 1000) {
			assert_int_equal(fetch_raw(answer, &got, peer), 0);
			assert_int_equal(got.body.used, lengths[i]);
		} else {
			assert_int_equal(fetch_raw(answer, &got, peer), -E2BIG);
			assert_string_equal(got.error, "the response is larger than 1000 bytes");
		}
		buffer_free(&got.body);
	}
}

static void endless_headers_are_refused(void **state)
{
	struct raw_server s = {.times = 1000000};
	struct http_fetch_result got;
	char answer[2048];

	(void)state;
	memset(answer, 'x', sizeof(answer));
	memcpy(answer, "HTTP/1.1 200 OK\r\nX-Long: ", 25);
	memcpy(answer + 1022, "\r\nX-Again: ", 11);
	memcpy(answer + 2046, "\r\n", 2);
	s.answer = answer;
	s.length = sizeof(answer);
	raw_listen(&s);
	assert_int_equal(fetch(&s, NULL, &got), -E2BIG);
	raw_end(&s);
	assert_string_equal(got.error, "the headers of the response are larger than 65536 bytes");
	buffer_free(&got.body);
}

static void what_is_not_http_is_told(void **state)
{
	struct http_fetch_result got;
	char peer[512], want[600];

	(void)state;
	assert_int_equal(fetch_raw("220 mail.example ESMTP\r\n", &got, peer), -EPROTO);
	snprintf(want, sizeof(want), "the server at %s does not speak HTTP", peer);
	assert_string_equal(got.error, want);
	buffer_free(&got.body);
	assert_int_equal(fetch_raw("HTTP/9.9 yes\r\n\r\n", &got, peer), -EPROTO);
	buffer_free(&got.body);
}

static void what_breaks_off_is_told(void **state)
{
	struct http_fetch_result got;
	char peer[512];

	(void)state;
	assert_int_equal(fetch_raw("", &got, peer), -ECONNRESET);
	assert_non_null(strstr(got.error, " closed the connection without a response"));
	buffer_free(&got.body);
	assert_int_equal(fetch_raw(HEAD "Content-Length: 100\r\n\r\nonly this", &got, peer),
			 -ECONNRESET);
	assert_non_null(strstr(got.error, "is incomplete"));
	buffer_free(&got.body);
}

static void a_unix_socket_is_asked(void **state)
{
	struct raw_server s = {.answer = HEAD "\r\nby unix"};
	char path[] = "/tmp/test_http_client.XXXXXX", socket_path[64];
	struct http_fetch_options ask = {.url = "http://localhost/json",
					 .unix_socket = socket_path,
					 .timeout_s = 20,
					 .most_bytes = 100};
	struct http_fetch_result got;

	(void)state;
	assert_non_null(mkdtemp(path));
	snprintf(socket_path, sizeof(socket_path), "%s/s", path);
	assert_int_equal(http_fetch(&ask, &got), -ENOENT);
	assert_non_null(strstr(got.error, socket_path));
	assert_non_null(strstr(got.error, ": No such file or directory"));
	buffer_free(&got.body);
	raw_listen_unix(&s, socket_path);
	assert_int_equal(http_fetch(&ask, &got), 0);
	raw_end(&s);
	assert_string_equal(got.body.text, "by unix");
	assert_non_null(strstr(s.head, "GET /json HTTP/1.1\r\n"));
	buffer_free(&got.body);
	unlink(socket_path);
	rmdir(path);
}

static void no_proxy_stands_before_this_host(void **state)
{
	struct raw_server s = {.answer = HEAD "\r\ndirect"}, proxy = {.answer = HEAD "\r\nproxy"};
	struct http_fetch_result got;

	(void)state;
	raw_listen(&s);
	raw_listen(&proxy);
	setenv("http_proxy", proxy.url, 1);
	assert_int_equal(fetch(&s, NULL, &got), 0);
	assert_string_equal(got.body.text, "direct");
	buffer_free(&got.body);
	assert_int_equal(fetch(NULL, "http://192.0.2.1:9/x", &got), 0);
	assert_string_equal(got.body.text, "proxy");
	buffer_free(&got.body);
	unsetenv("http_proxy");
	raw_end(&proxy);
	raw_end(&s);
}

static void only_http_urls_are_taken(void **state)
{
	static const char *const wrong[] = {"",		  "foo",	 "127.0.0.1:80",
					    "ftp://a/",	  "file:///",	 "file:///etc/passwd",
					    "http://",	  "http://a b/", "http://a:99999",
					    "gopher://a", "http://a/\n"};
	struct http_fetch_result got;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		if (fetch(NULL, wrong[i], &got) != -EINVAL)
			fail_msg("\"%s\" was taken", wrong[i]);
		buffer_free(&got.body);
	}
	fetch(NULL, "foo", &got);
	assert_string_equal(got.error, "'foo' is not an http:// or https:// URL");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_body_comes_back),
		cmocka_unit_test(every_status_is_an_answer),
		cmocka_unit_test(a_redirect_is_not_followed),
		cmocka_unit_test(nobody_listens),
		cmocka_unit_test(no_answer_in_time),
		cmocka_unit_test(too_large_is_refused_and_just_fits_is_not),
		cmocka_unit_test(endless_headers_are_refused),
		cmocka_unit_test(what_is_not_http_is_told),
		cmocka_unit_test(what_breaks_off_is_told),
		cmocka_unit_test(a_unix_socket_is_asked),
		cmocka_unit_test(no_proxy_stands_before_this_host),
		cmocka_unit_test(only_http_urls_are_taken),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
