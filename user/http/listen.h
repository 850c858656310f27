/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A listening socket from its text: ADDRESS:PORT, [ADDRESS]:PORT, unix:/PATH, or fd:N for one that
 * is listening already. What is spoken on it is for others.
 */
#ifndef HTTP_LISTEN_H
#define HTTP_LISTEN_H

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

enum listen_addr_kind { LISTEN_ADDR_INET, LISTEN_ADDR_UNIX, LISTEN_ADDR_FD };

struct listen_addr {
	enum listen_addr_kind kind;
	const char *text; /* as given */
	struct sockaddr_storage address;
	socklen_t length;
	int fd; /* LISTEN_ADDR_FD */
};

struct listener {
	int fd;
	struct sockaddr_un path; /* of a unix socket that we made; else empty */
	dev_t device;
	ino_t inode;
};

#define LISTEN_ADDR_ERROR_SIZE 256

/* 0, or -EINVAL and in `why` what was expected. */
int listen_addr_parse(const char *text, struct listen_addr *place,
		      char why[LISTEN_ADDR_ERROR_SIZE]);

/* 0, or -errno after a message with the remedy. */
int listener_open(const struct listen_addr *place, struct listener *listener);

/* A unix socket goes with it, unless someone else has put theirs there. */
void listener_close(struct listener *listener);

#endif
