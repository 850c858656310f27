// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* A text that responses share: who gets it compressed, and how long it is held. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "http_rig.h"

#include "http/peer.h"

static void make_shared(struct rig *rig, size_t lines)
{
	struct gzip_writer writer;
	size_t i;

	assert_int_equal(gzip_writer_open(&writer), 0);
	for (i = 0; i < lines; i++)
		buffer_add(&writer.text, "line %zu\n", i);
	assert_int_equal(gzip_writer_finish(&writer), 0);
	rig->shared = http_body_new(&rig->bodies, &writer);
	assert_non_null(rig->shared);
	gzip_writer_close(&writer);
}

static const char *get_shared(struct rig *rig, const char *headers)
{
	char request[256];

	snprintf(request, sizeof(request),
		 "GET /shared HTTP/1.1\r\nHost: x\r\nConnection: close\r\n%s\r\n", headers);
	return exchange(rig, request);
}

/* Compressed for whom it may be; else the text. */
static void a_shared_text_is_sent_as_the_client_accepts_it(void **state)
{
	static const struct {
		const char *header;
		int gzip;
	} cases[] = {
		{"", 0},
		{"Accept-Encoding: identity\r\n", 0},
		{"Accept-Encoding: gzip\r\n", 1},
		{"Accept-Encoding: deflate, GZIP;q=0.5\r\n", 1},
		{"Accept-Encoding: gzip;q=0\r\n", 0},
		{"Accept-Encoding: x-gzip\r\n", 0},
	};
	const char *reply, *body;
	struct rig rig;
	size_t i;

	(void)state;
	rig_open(&rig);
	make_shared(&rig, 20000);
	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		reply = get_shared(&rig, cases[i].header);
		assert_status(reply, "200");
		assert_has(reply, "\r\nVary: Accept-Encoding\r\n");
		body = strstr(reply, "\r\n\r\n") + 4;
		if (cases[i].gzip) {
			assert_has(reply, "\r\nContent-Encoding: gzip\r\n");
			assert_memory_equal(body, "\x1f\x8b", 2);
		} else {
			assert_null(strstr(reply, "Content-Encoding"));
			assert_memory_equal(body, "line 0\nline 1\n", 14);
			assert_has(body, "\nline 19999\n");
			assert_int_equal(strlen(body), rig.shared->text_bytes);
		}
		assert_int_equal(rig.shared->users, 1);
	}
	http_body_put(rig.shared);
	assert_int_equal(rig.bodies.total, 0);
	rig_end(&rig);
}

/* Clients that never read hold one text together, and give it back when they go. */
static void unread_responses_share_one_text(void **state)
{
	static const char request[] = "GET /shared HTTP/1.1\r\nHost: x\r\n\r\n";
	struct rig rig;
	int fds[PEERS_MAX], i;

	(void)state;
	rig_open(&rig);
	make_shared(&rig, 100000);
	for (i = 0; i < PEERS_MAX; i++) {
		fds[i] = connect_to(rig.path);
		assert_int_equal(write(fds[i], request, sizeof(request) - 1), sizeof(request) - 1);
	}
	run_while_ready(&rig);
	assert_int_equal(rig.shared->users, 1 + PEERS_MAX);
	assert_int_equal(rig.bodies.total, rig.shared->gzip_bytes);
	for (i = 0; i < PEERS_MAX; i++)
		close(fds[i]);
	run_while_ready(&rig);
	assert_int_equal(rig.shared->users, 1);
	http_body_put(rig.shared);
	rig_end(&rig);
}

static void a_short_text_is_not_compressed(void **state)
{
	struct rig rig;

	(void)state;
	rig_open(&rig);
	make_shared(&rig, 10);
	assert_has(get_shared(&rig, "Accept-Encoding: gzip\r\n"), "\r\n\r\nline 0\nline 1\n");
	http_body_put(rig.shared);
	rig_end(&rig);
}

/* On loopback places go by users; elsewhere by addresses. */
static void places_of_a_user(void **state)
{
	(void)state;
	assert_int_equal(peers_per_user(1000), PEERS_PER_USER);
	assert_int_equal(peers_per_user(0), PEERS_MAX);
	assert_int_equal(peers_per_user(USER_UNKNOWN), PEERS_PER_ADDRESS);
	assert_int_equal(peers_per_user(USER_REMOTE), PEERS_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_shared_text_is_sent_as_the_client_accepts_it),
		cmocka_unit_test(unread_responses_share_one_text),
		cmocka_unit_test(a_short_text_is_not_compressed),
		cmocka_unit_test(places_of_a_user),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
