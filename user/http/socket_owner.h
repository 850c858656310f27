/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The user who owns a TCP socket of this host, as the kernel knows it (sock_diag(7)). On a loopback
 * address all users share all addresses, so an address says nothing about who is there.
 */
#ifndef HTTP_SOCKET_OWNER_H
#define HTTP_SOCKET_OWNER_H

#include <sys/socket.h>
#include <sys/types.h>

/*
 * Looks up the socket with this local and remote address, of one family; `remote` NULL: the one
 * that listens. Returns 0 and *ret; or -ENOENT: there is none; or another -errno.
 */
int socket_owner(const struct sockaddr *local, const struct sockaddr *remote, uid_t *ret);

#endif
