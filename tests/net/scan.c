/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A client that asks the world, as a recursive server or a scanner does: N queries, each to another
 * random address below PREFIX (an IPv6 /48 of the documentation's), RATE a second (0: as fast as it
 * can), from a few sockets. Reads no answer. Prints how many queries the kernel took.
 * Usage: scan PREFIX N RATE
 */
#include <arpa/inet.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <time.h>

enum { BATCH = 64, SOCKETS = 8 };

static const unsigned char question[] = "\0\0\1\0\0\1\0\0\0\0\0\0\4scan\4test\0\0\1\0\1";

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

static void pace(double start, long sent, long rate)
{
	double wait = rate ? start + (double)sent / rate - now() : 0;
	struct timespec t = {wait, (wait - (long)wait) * 1e9};

	if (wait > 0)
		nanosleep(&t, NULL);
}

struct query {
	struct sockaddr_in6 to;
	unsigned char bytes[sizeof(question) - 1];
	struct iovec part;
};

static void prepare(struct query *q, struct mmsghdr *message, const struct in6_addr *prefix)
{
	q->to = (struct sockaddr_in6){.sin6_family = AF_INET6, .sin6_port = htons(53)};
	q->to.sin6_addr = *prefix;
	memcpy(q->bytes, question, sizeof(q->bytes));
	if (getrandom(&q->to.sin6_addr.s6_addr[8], 8, 0) != 8 || getrandom(q->bytes, 2, 0) != 2)
		exit(1);
	q->part = (struct iovec){q->bytes, sizeof(q->bytes)};
	message->msg_hdr = (struct msghdr){.msg_name = &q->to,
					   .msg_namelen = sizeof(q->to),
					   .msg_iov = &q->part,
					   .msg_iovlen = 1};
}

static long scan(const struct in6_addr *prefix, const int *fds, long count, long rate)
{
	static struct query queries[BATCH];
	struct mmsghdr messages[BATCH] = {0};
	double start = now();
	long sent = 0, tried = 0;
	int i, n, batch;

	for (batch = 0; tried < count; batch++, tried += n) {
		n = count - tried < BATCH ? count - tried : BATCH;
		for (i = 0; i < n; i++)
			prepare(&queries[i], &messages[i], prefix);
		for (i = 0; i < n;) {
			int done = sendmmsg(fds[batch % SOCKETS], messages + i, n - i, 0);

			i += done > 0 ? done : 1;
			sent += done > 0 ? done : 0;
		}
		pace(start, tried + n, rate);
	}
	fprintf(stderr, "scan: %ld in %.1f s\n", sent, now() - start);
	return sent;
}

int main(int argc, char **argv)
{
	struct in6_addr prefix;
	int fds[SOCKETS], i;

	if (argc != 4 || inet_pton(AF_INET6, argv[1], &prefix) != 1) {
		fprintf(stderr, "usage: scan PREFIX N RATE\n");
		return 2;
	}
	for (i = 0; i < SOCKETS; i++) {
		fds[i] = socket(AF_INET6, SOCK_DGRAM, 0);
		if (fds[i] < 0) {
			perror("scan");
			return 1;
		}
	}
	printf("%ld\n", scan(&prefix, fds, atol(argv[2]), atol(argv[3])));
	return 0;
}
