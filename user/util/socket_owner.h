/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The owner of a TCP or UDP socket of this host, as the kernel knows it (sock_diag(7)). On a
 * loopback address all users share all addresses, so an address says nothing about who is there.
 */
#ifndef UTIL_SOCKET_OWNER_H
#define UTIL_SOCKET_OWNER_H

#include <sys/socket.h>
#include <sys/types.h>

/*
 * Looks up the socket with this local and remote address, of one family; `remote` NULL: the one
 * that listens. Returns 0 and *ret; or -ENOENT: there is none; or another -errno.
 */
int socket_owner(const struct sockaddr *local, const struct sockaddr *remote, uid_t *ret);

struct socket_identity {
	uid_t user_id;
	unsigned int inode; /* as in the link "socket:[INODE]" of /proc/PID/fd */
};

/*
 * Looks up the UDP socket that sends from `local` to `remote`, in this network namespace. Returns 0
 * and *ret; or -ENOENT: there is none; -EADDRNOTAVAIL: `local` is no address of this host; or
 * another -errno. Sockets that share a port (SO_REUSEPORT) cannot be told apart.
 */
int socket_lookup_udp(const struct sockaddr *local, const struct sockaddr *remote,
		      struct socket_identity *ret);

#endif
