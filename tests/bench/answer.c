/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * For the benchmark of the daemon, beside it.
 *
 *   bench_answer            answers each DNS query at port 53 of any address, from that address
 *   bench_answer SOCKET S   stands in for the service manager: prints the longest time, in s,
 * between two ticks (WATCHDOG=1) that came in within S seconds, the ends included
 */
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define QR 0x80 /* in the third byte of a DNS header */

static int fail(const char *what)
{
	perror(what);
	return 1;
}

static double now_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Turns a query into its answer, from the address that was asked. */
static void turn_round(struct msghdr *message, unsigned char *dns)
{
	struct cmsghdr *control = CMSG_FIRSTHDR(message);
	struct in_pktinfo *asked;

	dns[2] |= QR;
	if (!control || control->cmsg_level != IPPROTO_IP || control->cmsg_type != IP_PKTINFO)
		return;
	asked = (struct in_pktinfo *)CMSG_DATA(control);
	asked->ipi_spec_dst = asked->ipi_addr;
	asked->ipi_ifindex = 0;
}

static int answer(void)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(53)}, from;
	int fd = socket(AF_INET, SOCK_DGRAM, 0), on = 1, room = 8 << 20;
	char control[CMSG_SPACE(sizeof(struct in_pktinfo))];
	unsigned char dns[512];
	struct iovec part = {dns, sizeof(dns)};
	ssize_t got;

	if (fd < 0 || setsockopt(fd, IPPROTO_IP, IP_PKTINFO, &on, sizeof(on)) ||
	    setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room)) ||
	    bind(fd, (struct sockaddr *)&at, sizeof(at)))
		return fail("port 53");
	for (;;) {
		struct msghdr message = {.msg_name = &from,
					 .msg_namelen = sizeof(from),
					 .msg_iov = &part,
					 .msg_iovlen = 1,
					 .msg_control = control,
					 .msg_controllen = sizeof(control)};

		part.iov_len = sizeof(dns);
		got = recvmsg(fd, &message, 0);
		if (got < 12)
			continue;
		turn_round(&message, dns);
		part.iov_len = (size_t)got;
		sendmsg(fd, &message, 0);
	}
}

static int watch_ticks(const char *path, double seconds)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
	double end, last, now, longest = 0;
	struct pollfd ready = {.fd = fd, .events = POLLIN};
	char text[512];
	ssize_t got;

	snprintf(at.sun_path, sizeof(at.sun_path), "%s", path);
	unlink(path);
	if (fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof(at)))
		return fail(path);
	last = now_s();
	for (end = last + seconds; (now = now_s()) < end;) {
		if (poll(&ready, 1, (int)((end - now) * 1000) + 1) <= 0)
			continue;
		got = recv(fd, text, sizeof(text) - 1, 0);
		text[got > 0 ? got : 0] = '\0';
		if (!strstr(text, "WATCHDOG=1"))
			continue;
		now = now_s();
		longest = now - last > longest ? now - last : longest;
		last = now;
	}
	printf("%.2f\n", end - last > longest ? end - last : longest);
	return 0;
}

int main(int argc, char **argv)
{
	return argc > 2 ? watch_ticks(argv[1], atof(argv[2])) : answer();
}
