/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Listening sockets, from their address as text: ADDRESS:PORT, [ADDRESS]:PORT, unix:/PATH, or fd:N
 * for a socket that listens already. The protocol spoken there is server.h.
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
	struct sockaddr_un path; /* of a unix socket that listener_open() created; else empty */
	dev_t device;
	ino_t inode;
};

#define LISTEN_ADDR_ERROR_SIZE 256

/* Parses `text`, which must outlive `addr`. Returns 0, or -EINVAL and what is expected in `error`.
 */
int listen_addr_parse(const char *text, struct listen_addr *addr,
		      char error[LISTEN_ADDR_ERROR_SIZE]);

/* Opens the socket. Returns 0, or -errno after a message with the remedy. */
int listener_open(const struct listen_addr *addr, struct listener *listener);

/* Closes the socket. Removes its path, unless another process has replaced it. */
void listener_close(struct listener *listener);

#endif
