// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The lock is an abstract Unix socket: such names belong to a network namespace, as the filters do,
 * leave no file, and go with the process. Any local user can take the name first; then nothing is
 * lost but our start, and the message tells which process has it.
 */
#define _GNU_SOURCE /* struct ucred */

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "datapath/instance.h"

#include "util/log.h"

#define LOCK_NAME "dnsreach-clsact"

static socklen_t lock_address(struct sockaddr_un *address)
{
	memset(address, 0, sizeof(*address));
	address->sun_family = AF_UNIX;
	memcpy(address->sun_path + 1, LOCK_NAME, sizeof(LOCK_NAME) - 1); /* after a NUL: abstract */
	return offsetof(struct sockaddr_un, sun_path) + sizeof(LOCK_NAME);
}

/* 0: not known, as when it has just gone, or lives in another pid namespace. */
static pid_t holder(void)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct ucred peer = {0};
	socklen_t size = sizeof(peer);
	struct sockaddr_un address;

	if (fd < 0)
		return 0;
	if (connect(fd, (struct sockaddr *)&address, lock_address(&address)) ||
	    getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size))
		peer.pid = 0;
	close(fd);
	return peer.pid;
}

static int refuse(int err)
{
	pid_t pid = err == -EADDRINUSE ? holder() : 0;
	char process[24];

	if (err != -EADDRINUSE) {
		log_error("cannot lock the clsact filters: %s", strerror(-err));
		return err;
	}
	snprintf(process, sizeof(process), pid ? "(pid %d) " : "", pid);
	log_error("another instance %shas its filters on clsact in this network namespace; stop it "
		  "first",
		  process);
	return -EBUSY;
}

int instance_lock(void)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct sockaddr_un address;
	int err;

	if (fd < 0)
		return refuse(-errno);
	/* Listening lets a second instance ask who we are; nothing is ever accepted. */
	if (bind(fd, (struct sockaddr *)&address, lock_address(&address)) ||
	    listen(fd, SOMAXCONN)) {
		err = -errno;
		close(fd);
		return refuse(err);
	}
	return fd;
}
