/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* See program_names.h. */
#include "datapath/program_names.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* Fills in the abstract address of a program (unix(7)). Returns its length. */
static socklen_t program_address(__u32 id, struct sockaddr_un *ret)
{
	int length;

	memset(ret, 0, sizeof(*ret));
	ret->sun_family = AF_UNIX;
	length = snprintf(ret->sun_path + 1, sizeof(ret->sun_path) - 1, "dnsreach/program/%u", id);
	return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)length);
}

int program_claim(__u32 id)
{
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct sockaddr_un address;
	socklen_t length = program_address(id, &address);

	if (fd < 0 || !bind(fd, (const struct sockaddr *)&address, length))
		return fd;
	close(fd);
	return -1;
}

bool program_is_claimed(__u32 id)
{
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct sockaddr_un address;
	socklen_t length = program_address(id, &address);
	bool claimed;

	if (fd < 0)
		return false;
	claimed = !connect(fd, (const struct sockaddr *)&address, length);
	close(fd);
	return claimed;
}
