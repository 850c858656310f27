/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A server and a client of DNS over TCP that do what real ones do when they fail, and count it.
 * Both frame messages by their two-byte length alone (RFC 7766, section 8). A line of counts is
 * printed for each connection that has ended.
 *
 * Usage: stream_peer serve ADDRESS PORT READ ANSWER BYTES END
 *   Of each connection it reads READ messages, answers the first ANSWER of them as they come, sends
 *   BYTES bytes of one more answer, and ends the connection: `fin`, `rst`, or `hang` until the
 * client closes. On `hang` it goes on reading. Prints `queries Q answers A`; Q are messages with
 * QR=0.
 *
 * Usage: stream_peer send ADDRESS PORT WHAT N
 *   Sends N messages of a kind on one connection, without waiting for answers, and reads until the
 *   server closes, or until each has an answer, or for 10 s. Prints `sent N answers A`.
 *   queries  sound ones          pairs   two of them in one segment
 *   long     their length says 100 bytes more than there are: the rest is of the next ones
 *   short    their length says 5
 *   noise    1,000 random bytes, none of which begin with a query
 *
 * Environment: SIZE, the bytes of each message (default 30); IDLE, the seconds between messages of
 * `send` (default 0); LINGER, the seconds that `send` keeps the connection open, instead of 10.
 */
#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { HEADER = 12, LENGTH = 2, NOISE = 1000, MESSAGE_MAX = 65535 };

static const unsigned char question[] = "\1\0\0\1\0\0\0\0\0\0\4test\0\0\1\0\1";

static unsigned long from_environment(const char *name, unsigned long otherwise)
{
	const char *text = getenv(name);

	return text ? strtoul(text, NULL, 10) : otherwise;
}

static void fail_with(const char *what)
{
	perror(what);
	exit(1);
}

static void write_all(int fd, const unsigned char *bytes, size_t count)
{
	ssize_t n;

	for (; count; bytes += n, count -= n) {
		n = send(fd, bytes, count, MSG_NOSIGNAL);
		if (n <= 0)
			return; /* the peer has gone, which it may */
	}
}

/* Reads exactly so many bytes. Returns 0 when the connection ends before. */
static int read_all(int fd, unsigned char *bytes, size_t count)
{
	ssize_t n;

	for (; count; bytes += n, count -= n) {
		n = recv(fd, bytes, count, 0);
		if (n <= 0)
			return 0;
	}
	return 1;
}

/* Reads a message, without its length. Returns its bytes; 0: none came, or less than a length. */
static size_t read_message(int fd, unsigned char *to)
{
	unsigned char length[LENGTH];
	size_t count;

	if (!read_all(fd, length, sizeof(length)))
		return 0;
	count = length[0] << 8 | length[1];
	return read_all(fd, to, count) ? count : 0;
}

/* Makes a message of `size` bytes, with a length before it. Returns the bytes of both. */
static size_t make_message(unsigned char *to, uint16_t id, size_t size, int is_answer)
{
	memset(to, 0, LENGTH + size);
	to[0] = size >> 8;
	to[1] = size;
	to[2] = id >> 8;
	to[3] = id;
	memcpy(to + 4, question, sizeof(question) - 1);
	if (is_answer)
		to[4] |= 0x80;
	return LENGTH + size;
}

static struct addrinfo *find_address(const char *address, const char *port)
{
	struct addrinfo hints = {.ai_flags = AI_NUMERICHOST, .ai_socktype = SOCK_STREAM}, *found;

	if (getaddrinfo(address, port, &hints, &found))
		exit(2);
	return found;
}

static int open_stream(const struct addrinfo *at)
{
	int fd = socket(at->ai_family, SOCK_STREAM, 0), on = 1;

	if (fd < 0 || setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) ||
	    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)))
		fail_with("stream_peer: socket");
	return fd;
}

/* ---- the server ------------------------------------------------------------------------- */

struct service {
	unsigned long read, answer, bytes;
	char end; /* the first letter of END */
	size_t size;
};

static void serve_answer(int fd, const unsigned char *query, const struct service *s, size_t bytes)
{
	static unsigned char answer[LENGTH + MESSAGE_MAX];
	size_t whole = make_message(answer, query[0] << 8 | query[1], s->size, 1);

	write_all(fd, answer, bytes < whole ? bytes : whole);
}

/* Closes by a FIN, or by an RST, whatever has arrived meanwhile. */
static void serve_end(int fd, const struct service *s)
{
	struct linger at_once = {.l_onoff = 1};
	static unsigned char rest[MESSAGE_MAX];

	if (s->end == 'r' && setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once)))
		fail_with("stream_peer: SO_LINGER");
	if (s->end == 'f' && !shutdown(fd, SHUT_WR))
		while (recv(fd, rest, sizeof(rest), 0) > 0)
			;
	close(fd);
}

static void serve_connection(int fd, const struct service *s)
{
	static unsigned char message[MESSAGE_MAX];
	unsigned long messages = 0, queries = 0, answers = 0;
	size_t size;

	while (s->end == 'h' || messages < s->read) {
		size = read_message(fd, message);
		if (!size)
			break;
		messages++;
		if (size < HEADER || message[2] & 0x80)
			continue;
		queries++;
		if (answers < s->answer) {
			serve_answer(fd, message, s, SIZE_MAX);
			answers++;
		} else if (messages == s->read && s->bytes) {
			serve_answer(fd, message, s, s->bytes);
		}
	}
	printf("queries %lu answers %lu\n", queries, answers);
	fflush(stdout);
	serve_end(fd, s);
}

static int serve(int argc, char **argv)
{
	struct service s = {.size = from_environment("SIZE", 30)};
	struct addrinfo *at;
	int listener, fd;

	if (argc != 8)
		return 2;
	s.read = strtoul(argv[4], NULL, 10);
	s.answer = strtoul(argv[5], NULL, 10);
	s.bytes = strtoul(argv[6], NULL, 10);
	s.end = argv[7][0];
	at = find_address(argv[2], argv[3]);
	listener = open_stream(at);
	if (bind(listener, at->ai_addr, at->ai_addrlen) || listen(listener, 1024))
		fail_with("stream_peer: listen");
	signal(SIGCHLD, SIG_IGN);
	for (;;) {
		fd = accept(listener, NULL, NULL);
		if (fd < 0)
			fail_with("stream_peer: accept");
		if (!fork()) {
			close(listener);
			serve_connection(fd, &s);
			return 0;
		}
		close(fd);
	}
}

/* ---- the client ------------------------------------------------------------------------- */

static size_t make_noise(unsigned char *to)
{
	if (getrandom(to, NOISE, 0) != NOISE)
		fail_with("stream_peer: getrandom");
	to[4] |= 0x80; /* a response, which none of a client is */
	return NOISE;
}

static void send_messages(int fd, const char *what, unsigned long count)
{
	static unsigned char message[2 * (LENGTH + MESSAGE_MAX)];
	size_t size = from_environment("SIZE", 30), bytes;
	unsigned long i, seconds = from_environment("IDLE", 0);
	uint16_t id = time(NULL);

	for (i = 0; i < count; i++) {
		if (i)
			sleep(seconds);
		bytes = make_message(message, id++, size, 0);
		if (strcmp(what, "pairs") == 0 && ++i < count)
			bytes += make_message(message + bytes, id++, size, 0);
		else if (strcmp(what, "long") == 0)
			message[1] += 100;
		else if (strcmp(what, "short") == 0)
			message[1] = 5;
		else if (strcmp(what, "noise") == 0)
			bytes = make_noise(message);
		write_all(fd, message, bytes);
	}
}

/* Counts answers until the server closes, or all have come, or the time is over. */
static unsigned long read_answers(int fd, unsigned long count)
{
	static unsigned char answer[MESSAGE_MAX];
	struct timeval left = {.tv_sec = from_environment("LINGER", 10)};
	unsigned long answers = 0;

	if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &left, sizeof(left)))
		fail_with("stream_peer: SO_RCVTIMEO");
	while (answers < count && read_message(fd, answer))
		answers++;
	return answers;
}

static int send_to(int argc, char **argv)
{
	struct addrinfo *at;
	unsigned long count, answers;
	int fd;

	if (argc != 6)
		return 2;
	at = find_address(argv[2], argv[3]);
	fd = open_stream(at);
	if (connect(fd, at->ai_addr, at->ai_addrlen))
		fail_with("stream_peer: connect");
	count = strtoul(argv[5], NULL, 10);
	send_messages(fd, argv[4], count);
	answers = read_answers(fd, count);
	printf("sent %lu answers %lu\n", count, answers);
	return 0;
}

int main(int argc, char **argv)
{
	if (argc > 1 && strcmp(argv[1], "serve") == 0)
		return serve(argc, argv);
	if (argc > 1 && strcmp(argv[1], "send") == 0)
		return send_to(argc, argv);
	fprintf(stderr, "usage: stream_peer serve ADDRESS PORT READ ANSWER BYTES END\n"
			"       stream_peer send ADDRESS PORT queries|pairs|long|short|noise N\n");
	return 2;
}
