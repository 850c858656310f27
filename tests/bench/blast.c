/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * For the benchmark: sends a number of DNS queries, as fast as this CPU can or as many a second,
 * from one socket that is not connected, in turn to some addresses. Prints the ns for each. Usage:
 * bench_blast COUNT FIRST-ADDRESS ADDRESSES [QUERIES-PER-SECOND]
 */
#include "measure.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define AT_ONCE 64

static const unsigned char query[] = "\0\0\1\0\0\1\0\0\0\0\0\0\x11yummyrecipesforme\3com\0\0\1\0\1";

struct batch {
	unsigned char message[AT_ONCE][sizeof(query) - 1];
	struct sockaddr_in to[AT_ONCE];
	struct iovec part[AT_ONCE];
	struct mmsghdr header[AT_ONCE];
};

static void prepare(struct batch *b)
{
	int i;

	for (i = 0; i < AT_ONCE; i++) {
		memcpy(b->message[i], query, sizeof(b->message[i]));
		b->to[i].sin_family = AF_INET;
		b->to[i].sin_port = htons(53);
		b->part[i] = (struct iovec){b->message[i], sizeof(b->message[i])};
		b->header[i].msg_hdr = (struct msghdr){.msg_name = &b->to[i],
						       .msg_namelen = sizeof(b->to[i]),
						       .msg_iov = &b->part[i],
						       .msg_iovlen = 1};
	}
}

int main(int argc, char **argv)
{
	long count = argc > 3 ? atol(argv[1]) : 0, sent = 0, i, n;
	unsigned first = argc > 3 ? ntohl(inet_addr(argv[2])) : 0;
	unsigned addresses = argc > 3 ? atoi(argv[3]) : 1;
	double pace = argc > 4 ? atof(argv[4]) : 0, start;
	int s = socket(AF_INET, SOCK_DGRAM, 0), room = 1 << 22;
	static struct batch b;

	if (!count || s < 0)
		fail("Usage: bench_blast COUNT FIRST-ADDRESS ADDRESSES [QUERIES-PER-SECOND]");
	setsockopt(s, SOL_SOCKET, SO_SNDBUF, &room, sizeof(room));
	prepare(&b);
	start = now_ns();
	while (sent < count) {
		for (i = 0; i < AT_ONCE; i++) {
			b.message[i][0] = (sent + i) >> 8;
			b.message[i][1] = sent + i;
			b.to[i].sin_addr.s_addr = htonl(first + (sent + i) % addresses);
		}
		n = sendmmsg(s, b.header, count - sent < AT_ONCE ? count - sent : AT_ONCE, 0);
		sent += n > 0 ? n : 0;
		while (pace > 0 && sent * 1e9 / (now_ns() - start) > pace)
			;
	}
	printf("%.1f\n", (now_ns() - start) / sent);
	return 0;
}
