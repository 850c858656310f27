/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Sends N DNS queries (`A? www.ok.test.`, IDs 1 to N) in one packet by UDP GSO, as a busy stub may.
 * The kernel leaves their bytes outside the packet's linear part. Prints how many responses came
 * within a second. Usage: gso ADDRESS N
 */
#include <arpa/inet.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103
#endif

static const unsigned char question[] = "\0\0\1\0\0\1\0\0\0\0\0\0\3www\2ok\4test\0\0\1\0\1";

static int open_socket(const char *address)
{
	struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = htons(53)};
	struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons(53)};
	int size = sizeof(question) - 1, fd, err;

	if (strchr(address, ':')) {
		fd = socket(AF_INET6, SOCK_DGRAM, 0);
		inet_pton(AF_INET6, address, &v6.sin6_addr);
		err = connect(fd, (struct sockaddr *)&v6, sizeof(v6));
	} else {
		fd = socket(AF_INET, SOCK_DGRAM, 0);
		inet_pton(AF_INET, address, &v4.sin_addr);
		err = connect(fd, (struct sockaddr *)&v4, sizeof(v4));
	}
	if (err || setsockopt(fd, IPPROTO_UDP, UDP_SEGMENT, &size, sizeof(size))) {
		perror("gso");
		exit(1);
	}
	return fd;
}

int main(int argc, char **argv)
{
	unsigned char all[128 * sizeof(question)], answer[512];
	int n = argc > 2 ? atoi(argv[2]) : 0, size = sizeof(question) - 1, fd, i, got = 0;
	struct pollfd p = {.events = POLLIN};

	if (n < 1 || n > 128)
		return 2;
	p.fd = fd = open_socket(argv[1]);
	for (i = 0; i < n; i++) {
		memcpy(all + i * size, question, size);
		all[i * size + 1] = i + 1;
	}
	if (send(fd, all, n * size, 0) != n * size) {
		perror("gso: send");
		return 1;
	}
	while (got < n && poll(&p, 1, 1000) == 1 && recv(fd, answer, sizeof(answer), 0) > 0)
		got++;
	printf("%d\n", got);
	close(fd);
	return 0;
}
