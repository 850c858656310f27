// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The HTTP server, over unix sockets of its own: what it answers, what it refuses, whom it cuts.
 * TCP, and a real `dnsreach run`, are tests/net/http.sh.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "http_rig.h"

#include "util/clock.h"
#include "http/peer.h"
#include "http/server.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static const char *get(struct rig *rig, const char *path)
{
	char request[2048];

	snprintf(request, sizeof(request),
		 "GET %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", path);
	return exchange(rig, request);
}

static const char *body_of(const char *reply)
{
	const char *end = strstr(reply, "\r\n\r\n");

	assert_non_null(end);
	return end + 4;
}

static int open_fds(void)
{
	DIR *directory = opendir("/proc/self/fd");
	int count = 0;

	while (readdir(directory))
		count++;
	closedir(directory);
	return count;
}

/* ---- what it answers ---------------------------------------------------------------------- */

static void a_page_and_its_headers(void **state)
{
	struct rig rig;
	const char *reply;

	(void)state;
	rig_open(&rig);
	reply = get(&rig, "/a/b?c=d&e=%20f?g");
	assert_status(reply, "200");
	assert_string_equal(body_of(reply), "answer 1 to /a/b\n");
	assert_has(reply, "\r\nContent-Length: 17\r\n");
	assert_has(reply, "\r\nContent-Type: text/plain; charset=utf-8\r\n");
	assert_has(reply, "\r\nCache-Control: no-store\r\n");
	assert_has(reply, "\r\nX-Content-Type-Options: nosniff\r\n");
	assert_has(reply, "\r\nContent-Security-Policy: default-src 'none'");
	assert_string_equal(rig.path_asked, "/a/b");
	assert_string_equal(rig.query_asked, "c=d&e=%20f?g");
	assert_string_equal(rig.accept_asked, "none");
	reply = get(&rig, "/page");
	assert_has(reply, "\r\nContent-Type: text/html; charset=utf-8\r\n");
	assert_has(reply, "\r\nContent-Security-Policy: default-src 'self'\r\n");
	assert_status(get(&rig, "/ill"), "503");
	reply = get(&rig, "/empty");
	assert_status(reply, "200");
	assert_string_equal(body_of(reply), "");
	rig_end(&rig);
}

static void what_a_client_says_it_accepts(void **state)
{
	struct rig rig;

	(void)state;
	rig_open(&rig);
	exchange(&rig, "GET /metrics HTTP/1.1\r\nHost: x\r\naccept: a/b;q=0.5,*/*\r\n"
		       "Connection: close\r\n\r\n");
	assert_string_equal(rig.accept_asked, "a/b;q=0.5,*/*");
	rig_end(&rig);
}

static void head_is_get_without_the_body(void **state)
{
	char got[2048], *date;
	struct rig rig;
	const char *reply;

	(void)state;
	rig_open(&rig);
	reply = get(&rig, "/page");
	snprintf(got, sizeof(got), "%.*s", (int)(body_of(reply) - reply), reply);
	reply = exchange(&rig, "HEAD /page HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
	assert_string_equal(body_of(reply), "");
	date = strstr(got, "Date: ");
	assert_non_null(date);
	assert_memory_equal(reply, got, (size_t)(date - got)); /* a second may pass in between */
	assert_string_equal(strstr(strstr(reply, "Date: "), "\r\n"), strstr(date, "\r\n"));
	rig_end(&rig);
}

#define ASK_MADE "GET /made?a HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"

/* Sends a request for a page that is not made yet. Returns the connection. */
static int wait_for_page(struct rig *rig)
{
	int fd = connect_to(rig->path);
	char byte;

	assert_int_equal(send(fd, ASK_MADE, strlen(ASK_MADE), 0), strlen(ASK_MADE));
	run_while_ready(rig);
	assert_int_equal(read(fd, &byte, 1), -1);
	assert_int_equal(errno, EAGAIN);
	return fd;
}

static void a_request_can_wait_for_its_page(void **state)
{
	const char *reply;
	struct rig rig;
	int fd;

	(void)state;
	rig_open(&rig);
	fd = wait_for_page(&rig);
	assert_int_equal(rig.asked, 1);
	assert_status(get(&rig, "/page"), "200"); /* others need not wait */
	assert_int_equal(rig.asked, 2);
	http_server_wake(rig.server); /* another page was made: it waits on */
	run_while_ready(&rig);
	assert_int_equal(rig.asked, 3);
	rig.is_made = 1;
	run_while_ready(&rig);
	assert_int_equal(rig.asked, 3);
	http_server_wake(rig.server);
	reply = exchange_bytes(&rig, fd, "", 0);
	assert_status(reply, "200");
	assert_string_equal(body_of(reply), "answer 4 to /made\n");
	assert_string_equal(rig.query_asked, "a");
	rig_end(&rig);
}

/* One that has gone meanwhile, and one that is there, when the server ends. */
static void the_server_ends_while_requests_wait(void **state)
{
	struct rig rig;
	int gone, there;
	char byte;

	(void)state;
	rig_open(&rig);
	gone = wait_for_page(&rig);
	rig.asked = 0;
	there = wait_for_page(&rig);
	close(gone);
	run_while_ready(&rig);
	rig_end(&rig);
	assert_true(read(there, &byte, 1) <= 0);
	close(there);
}

/* Without a free descriptor a client that waits makes no busy loop, and is served later. */
static void a_client_that_cannot_be_accepted_yet(void **state)
{
	static const char request[] = "GET /page HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
	struct rlimit all, none;
	struct rig rig;
	int fd;

	(void)state;
	rig_open(&rig);
	fd = connect_to(rig.path);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &all), 0);
	none = (struct rlimit){.rlim_cur = 3, .rlim_max = all.rlim_max};
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	run_while_ready(&rig);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &all), 0);
	assert_int_equal(rig.asked, 0);
	assert_status(exchange_bytes(&rig, fd, request, strlen(request)), "200");
	rig_end(&rig);
}

static void addresses_in_a_proxys_form(void **state)
{
	struct rig rig;

	(void)state;
	rig_open(&rig);
	get(&rig, "http://dns.example:9435/metrics?x");
	assert_string_equal(rig.path_asked, "/metrics");
	assert_string_equal(rig.query_asked, "x");
	get(&rig, "https://dns.example/healthz");
	assert_string_equal(rig.path_asked, "/healthz");
	get(&rig, "http://dns.example");
	assert_string_equal(rig.path_asked, "");
	get(&rig, "/../../etc/passwd%00/./");
	assert_string_equal(rig.path_asked, "/../../etc/passwd%00/./"); /* as asked: none of ours */
	rig_end(&rig);
}

/* One connection, all requests at once: an answer each, in their order. */
static void pipelined_requests(void **state)
{
	struct buffer request = {0};
	const char *reply;
	struct rig rig;
	int i;

	(void)state;
	rig_open(&rig);
	for (i = 1; i <= 100; i++)
		buffer_add(&request, "GET /%d HTTP/1.1\r\nHost: x\r\n%s\r\n", i,
			   i < 100 ? "" : "Connection: close\r\n");
	reply = exchange_bytes(&rig, connect_to(rig.path), request.text, request.used);
	for (i = 1; i <= 100; i++) {
		char expected[64];

		snprintf(expected, sizeof(expected), "answer %d to /%d\n", i, i);
		assert_has(reply, expected);
		reply = strstr(reply, expected);
	}
	assert_int_equal(rig.asked, 100);
	buffer_free(&request);
	rig_end(&rig);
}

/* More than a socket holds: the rest follows when the client has read. */
static void a_large_page(void **state)
{
	struct rig rig;

	(void)state;
	rig_open(&rig);
	assert_true(strlen(body_of(get(&rig, "/large"))) >= REPLY_MAX / 2);
	rig_end(&rig);
}

/* ---- what it refuses ---------------------------------------------------------------------- */

static void other_methods(void **state)
{
	static const char *const methods[] = {"POST", "PUT",   "DELETE",  "OPTIONS",
					      "get",  "TRACE", "CONNECT", "X"};
	char request[256];
	struct rig rig;
	size_t i;

	(void)state;
	rig_open(&rig);
	for (i = 0; i < sizeof(methods) / sizeof(*methods); i++) {
		const char *reply;

		snprintf(request, sizeof(request),
			 "%s / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", methods[i]);
		reply = exchange(&rig, request);
		assert_status(reply, "405");
		assert_has(reply, "\r\nAllow: GET, HEAD\r\n");
	}
	assert_int_equal(rig.asked, 0);
	rig_end(&rig);
}

/* RFC 9112, section 3.2: of two hosts, a proxy may look at the other one. */
static void two_hosts_are_refused(void **state)
{
	struct rig rig;

	(void)state;
	rig_open(&rig);
	assert_status(exchange(&rig,
			       "GET / HTTP/1.1\r\nHost: localhost\r\nhost: evil.example\r\n\r\n"),
		      "400");
	assert_int_equal(rig.asked, 0);
	rig_end(&rig);
}

/* Two lengths of which a proxy may take the other one: all that follows is not looked at. */
static void lengths_that_contradict(void **state)
{
	static const char *const lengths[] = {
		"Content-Length: 0\r\nContent-Length: 40\r\n",
		"Content-Length: 40\r\nContent-Length: 0\r\n",
		"content-length: 0\r\nContent-Length: 0\r\n",
		"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
	};
	char request[512];
	struct rig rig;
	const char *reply;
	size_t i;

	(void)state;
	rig_open(&rig);
	for (i = 0; i < sizeof(lengths) / sizeof(*lengths); i++) {
		snprintf(request, sizeof(request),
			 "GET / HTTP/1.1\r\nHost: x\r\n%s\r\nGET /second HTTP/1.1\r\nHost: "
			 "x\r\n\r\n",
			 lengths[i]);
		reply = exchange(&rig, request);
		assert_status(reply, "400");
		assert_null(strstr(reply + 1, "HTTP/1.1 "));
	}
	assert_int_equal(rig.asked, 0);
	rig_end(&rig);
}

/* Nor is what follows taken for another request. */
static void a_request_with_a_body(void **state)
{
	static const char *const bodies[] = {
		"Content-Length: 4\r\n\r\nGET ",
		"Content-Length: 1000000000\r\n\r\n",
		"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
		"Content-Length: 4\r\nExpect: 100-continue\r\n\r\n",
	};
	char request[512];
	struct rig rig;
	size_t i;

	(void)state;
	rig_open(&rig);
	for (i = 0; i < sizeof(bodies) / sizeof(*bodies); i++) {
		snprintf(request, sizeof(request), "GET / HTTP/1.1\r\nHost: x\r\n%sGET /second",
			 bodies[i]);
		assert_status(exchange(&rig, request), "413");
	}
	assert_int_equal(rig.asked, 0);
	rig_end(&rig);
}

static void what_is_too_long(void **state)
{
	struct buffer request = {0};
	struct rig rig;

	(void)state;
	rig_open(&rig);
	buffer_add(&request, "GET /%0600d HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", 0);
	assert_status(exchange(&rig, request.text), "414");
	buffer_reset(&request);
	buffer_add(&request, "GET /%0100000d HTTP/1.1\r\nHost: x\r\n\r\n", 0);
	assert_status(exchange(&rig, request.text), "414");
	buffer_reset(&request);
	buffer_add(&request, "GET / HTTP/1.1\r\nHost: x\r\nX: %0100000d\r\n\r\n", 0);
	assert_status(exchange(&rig, request.text), "431");
	assert_int_equal(rig.asked, 0);
	assert_status(get(&rig, "/"), "200");
	buffer_free(&request);
	rig_end(&rig);
}

/* Whatever comes: an error or silence, and the next client is served; no fd stays behind. */
static void hostile_bytes(void **state)
{
#define BYTES(text)                                                                                \
	{                                                                                          \
		text, sizeof(text) - 1                                                             \
	}
	static const struct {
		const char *bytes;
		size_t size;
	} hostile[] = {
		BYTES(""),
		BYTES("\r\n\r\n\r\n\r\n"),
		BYTES("GET /\r\n\r\n"), /* HTTP/0.9 */
		BYTES("GET /\r\n"),
		BYTES("GET / HTTP/9.9\r\n\r\n"),
		BYTES("GET / HTTP/1.1\r\n\r\n"), /* no Host */
		BYTES("GET /\0/metrics HTTP/1.1\r\nHost: x\r\n\r\n"),
		BYTES("GET / HTTP/1.1\r\nHost: x\0y\r\nX\0: \0\r\n\r\n"),
		BYTES("\0\0\0\0\r\n\r\n"),
		BYTES("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"), /* TLS */
		BYTES("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
		BYTES("GET  HTTP/1.1\r\nHost: x\r\n\r\n"),
		BYTES("GET / HTTP/1.1\nHost: x\n\n"),
		BYTES("GET / HTTP/1.1\r\nHost\r\n\r\n"),
		BYTES("GET / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n"),
		BYTES("GET / HTTP/1.1\r\nHost: x\r\nContent-Length: "
		      "99999999999999999999999999\r\n\r\n"),
		BYTES("GET / HTTP/1.1\r\n folded: x\r\nHost: x\r\n\r\n"),
		BYTES("GET %ff%fe%00%2e%2e/ HTTP/1.1\r\nHost: x\r\n\r\n"),
		BYTES("GET / HTTP/1.1\r\nHost: x\r\nCookie: a=b; c; =; \"\r\n\r\n"),
		BYTES("GET /?&&==&%&%1&a=%zz HTTP/1.1\r\nHost: x\r\n\r\n"),
		BYTES("\xff\xfe\xfd GET \x80 HTTP/1.1\r\n\r\n"),
	};
	struct rig rig;
	size_t i;
	int fds;

	(void)state;
	rig_open(&rig);
	fds = open_fds();
	for (i = 0; i < sizeof(hostile) / sizeof(*hostile); i++) {
		int fd = connect_to(rig.path);

		assert_int_equal(send(fd, hostile[i].bytes, hostile[i].size, MSG_NOSIGNAL),
				 hostile[i].size);
		run_while_ready(&rig);
		close(fd);
		run_while_ready(&rig);
		assert_int_equal(open_fds(), fds);
		assert_status(get(&rig, "/"), "200");
	}
	rig_end(&rig);
#undef BYTES
}

/* Every beginning of a good request, and then nobody. */
static void requests_that_break_off(void **state)
{
	static const char request[] =
		"GET /page?x HTTP/1.1\r\nHost: localhost\r\nAccept: a/b\r\n\r\n";
	struct rig rig;
	size_t size;
	int fds;

	(void)state;
	rig_open(&rig);
	fds = open_fds();
	for (size = 0; size < sizeof(request); size++) {
		int fd = connect_to(rig.path);

		assert_int_equal(send(fd, request, size, MSG_NOSIGNAL), size);
		if (size % 2)
			run_while_ready(&rig);
		close(fd);
		run_while_ready(&rig);
	}
	assert_int_equal(open_fds(), fds);
	rig_end(&rig);
}

/* More than there are places: the others wait, and each has its turn. */
static void more_clients_than_places(void **state)
{
	static const char request[] = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
	enum { MANY = PEERS_MAX + 40 };
	struct rig rig;
	int fds[MANY], i, served = 0, before;
	char reply[2048];

	(void)state;
	rig_open(&rig);
	before = open_fds();
	for (i = 0; i < MANY; i++) {
		fds[i] = connect_to(rig.path);
		assert_int_equal(write(fds[i], request, sizeof(request) - 1), sizeof(request) - 1);
	}
	run_while_ready(&rig);
	assert_int_equal(open_fds() - before, MANY + PEERS_MAX);
	assert_int_equal(rig.asked, PEERS_MAX);
	for (i = 0; i < MANY; i++) { /* in the order that they came in */
		run_while_ready(&rig);
		served += read(fds[i], reply, sizeof(reply)) > 0;
		close(fds[i]);
	}
	run_while_ready(&rig);
	assert_int_equal(served, MANY);
	assert_int_equal(open_fds(), before);
	rig_end(&rig);
}

/* ---- patience ----------------------------------------------------------------------------- */

static int is_cut(int peer)
{
	char byte;

	return recv(peer, &byte, 1, MSG_DONTWAIT) == 0;
}

static void patience_has_an_end(void **state)
{
	const __u64 start = 1000 * NS_PER_S, patience = REQUEST_TIMEOUT_S * NS_PER_S;
	struct peers peers = {0};
	struct peer *slow, *busy;
	int a[2], b[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, a), 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, b), 0);
	assert_true(peers_next_check_ns(&peers, start) == ~0ULL);
	slow = peers_add(&peers, a[0], start);
	busy = peers_add(&peers, b[0], start);
	assert_true(peers_next_check_ns(&peers, start) <= NS_PER_S);
	peers_shutdown_expired(&peers, start + patience - 1);
	assert_false(is_cut(a[1]));
	assert_int_equal(peers_next_check_ns(&peers, start + patience - 1), 1);
	peer_extend_deadline(busy, start + patience / 2);
	peers_shutdown_expired(&peers, start + patience);
	assert_true(is_cut(a[1]));
	assert_false(is_cut(b[1]));
	assert_true(peers_next_check_ns(&peers, start + patience) > 0); /* not a busy loop */
	slow->used = 0;
	peers_shutdown_expired(&peers, start + patience + patience / 2);
	assert_true(is_cut(b[1]));
	close(a[0]);
	close(a[1]);
	close(b[0]);
	close(b[1]);
}

static void places_are_given_again(void **state)
{
	struct peers peers = {0};
	struct peer *first;
	int i;

	(void)state;
	first = peers_add(&peers, -1, 0);
	for (i = 1; i < PEERS_MAX; i++)
		assert_non_null(peers_add(&peers, -1, 0));
	assert_null(peers_add(&peers, -1, 0));
	first->used = 0;
	assert_ptr_equal(peers_add(&peers, -1, 0), first);
}

/* ---- where it listens --------------------------------------------------------------------- */

static void where_to_listen(void **state)
{
	static const char *const good[] = {
		"127.0.0.1:9435", "0.0.0.0:1",	      "[::]:65535", "[2001:db8::1]:80",
		"[::1]:9435",	  "unix:/run/x/http", "fd:3",
	};
	static const char *const bad[] = {
		"",	  ":9435",	 "9435",	 "127.0.0.1",	  "127.0.0.1:0",
		"::1:80", "[::1]",	 "[::1]80",	 "127.0.0.1:",	  "127.0.0.1:65536",
		"unix:",  "unix:x",	 "unix:./x",	 "localhost:80",  "dns.example:80",
		"fd:",	  "fd:-1",	 "fd:x",	 "[127.0.0.1]:1", "127.0.0.1:+80",
		"[]:80",  "tcp:[::1]:1", "127.0.0.1:8x", "fd:4294967299", "127.0.0.1:99999999999",
	};
	char path[300] = "unix:/", why[HTTP_SERVER_ERROR_SIZE];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(good) / sizeof(*good); i++)
		if (http_server_check(good[i], why))
			fail_msg("'%s' is refused", good[i]);
	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		if (http_server_check(bad[i], why) != -EINVAL || !strstr(why, "use ADDRESS:PORT"))
			fail_msg("'%s' is taken, or refused without a word", bad[i]);
	memset(path + 6, 'x', sizeof(path) - 7); /* longer than a socket's path may be */
	assert_int_equal(http_server_check(path, why), -EINVAL);
	assert_non_null(strstr(why, "has at most 107 characters"));
}

static void a_stale_socket_is_replaced(void **state)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	struct rig rig;
	struct stat st;
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	(void)state;
	rig_begin(&rig);
	strcpy(address.sun_path, rig.path);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	close(fd); /* without unlink(), as after SIGKILL */
	assert_int_equal(http_server_open(rig.listen, handler, &rig, &rig.server), 0);
	assert_int_equal(stat(rig.path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0660);
	assert_status(get(&rig, "/"), "200");
	rig_end(&rig);
}

static void a_living_socket_is_left_alone(void **state)
{
	struct http_server *second = NULL;
	struct rig rig;

	(void)state;
	rig_open(&rig);
	assert_int_equal(http_server_open(rig.listen, handler, &rig, &second), -EADDRINUSE);
	assert_null(second);
	assert_status(get(&rig, "/"), "200");
	rig_end(&rig);
}

static void what_is_no_socket_is_left_alone(void **state)
{
	struct rig rig;
	int fd;

	(void)state;
	rig_begin(&rig);
	fd = open(rig.path, O_CREAT | O_WRONLY, 0600);
	close(fd);
	assert_int_equal(http_server_open(rig.listen, handler, &rig, &rig.server), -EEXIST);
	assert_int_equal(unlink(rig.path), 0); /* it was still there */
	rmdir(rig.directory);
	assert_int_equal(http_server_open(rig.listen, handler, &rig, &rig.server), -ENOENT);
}

/* Another one has taken the path over: it keeps it. */
static void someone_elses_socket_stays(void **state)
{
	struct http_server *second;
	struct rig rig;

	(void)state;
	rig_open(&rig);
	assert_int_equal(unlink(rig.path), 0);
	assert_int_equal(http_server_open(rig.listen, handler, &rig, &second), 0);
	http_server_close(rig.server);
	rig.server = second;
	assert_status(get(&rig, "/"), "200");
	rig_end(&rig);
}

static void a_socket_that_is_passed_on(void **state)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	struct rig rig;
	char listen_at[32];
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	(void)state;
	rig_begin(&rig);
	strcpy(address.sun_path, rig.path);
	snprintf(listen_at, sizeof(listen_at), "fd:%d", fd);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(http_server_open(listen_at, handler, &rig, &rig.server), -ENOTSOCK);
	assert_int_equal(listen(fd, 5), 0);
	assert_int_equal(http_server_open(listen_at, handler, &rig, &rig.server), 0);
	assert_status(get(&rig, "/"), "200");
	http_server_close(rig.server);
	assert_int_equal(unlink(rig.path), 0); /* who made it removes it */
	rmdir(rig.directory);
	assert_int_equal(http_server_open("fd:1000", handler, &rig, &rig.server), -EBADF);
}

static void which_hosts_are_believed_on_loopback(void **state)
{
	static const char *const local[] = {
		"127.0.0.1",
		"127.0.0.1:9435",
		"[::1]:9435",
		"[::1]",
		"localhost",
		"LocalHost",
		"localhost:9435",
		"localhost.",
		"x.localhost:1",
		"box",
		"Box:9435",
		"192.0.2.1:80",
		"box.dc1.example:9753",
		"BOX.dc1.example.",
		NULL,
	};
	static const char *const foreign[] = {
		"evil.example",
		"evil.example:9435",
		"localhost.evil.example",
		"127.0.0.1.evil.example",
		"[::1",
		"",
		":9435",
		"evillocalhost",
		"box.evil.example",
		"box.dc1.example.evil.example",
		"dc1.example",
		"[evil]:1",
		".localhost.x",
		".",
	};
	static const struct host_names own = {"box", "box.dc1.example"}, none = {.host = ""};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(local) / sizeof(*local); i++)
		if (!host_is_local(local[i], &own))
			fail_msg("'%s' is refused", local[i] ? local[i] : "no Host");
	for (i = 0; i < sizeof(foreign) / sizeof(*foreign); i++)
		if (host_is_local(foreign[i], &own))
			fail_msg("'%s' is believed", foreign[i]);
	assert_false(host_is_local("", &none));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_page_and_its_headers),
		cmocka_unit_test(what_a_client_says_it_accepts),
		cmocka_unit_test(head_is_get_without_the_body),
		cmocka_unit_test(a_request_can_wait_for_its_page),
		cmocka_unit_test(the_server_ends_while_requests_wait),
		cmocka_unit_test(a_client_that_cannot_be_accepted_yet),
		cmocka_unit_test(addresses_in_a_proxys_form),
		cmocka_unit_test(pipelined_requests),
		cmocka_unit_test(a_large_page),
		cmocka_unit_test(other_methods),
		cmocka_unit_test(a_request_with_a_body),
		cmocka_unit_test(two_hosts_are_refused),
		cmocka_unit_test(lengths_that_contradict),
		cmocka_unit_test(what_is_too_long),
		cmocka_unit_test(hostile_bytes),
		cmocka_unit_test(requests_that_break_off),
		cmocka_unit_test(more_clients_than_places),
		cmocka_unit_test(patience_has_an_end),
		cmocka_unit_test(places_are_given_again),
		cmocka_unit_test(where_to_listen),
		cmocka_unit_test(a_stale_socket_is_replaced),
		cmocka_unit_test(a_living_socket_is_left_alone),
		cmocka_unit_test(what_is_no_socket_is_left_alone),
		cmocka_unit_test(someone_elses_socket_stays),
		cmocka_unit_test(a_socket_that_is_passed_on),
		cmocka_unit_test(which_hosts_are_believed_on_loopback),
	};

	return cmocka_run_group_tests_name("http_server", tests, NULL, NULL);
}
