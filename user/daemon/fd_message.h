/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A message on a Unix socket that may carry a descriptor (unix(7), SCM_RIGHTS). */
#ifndef DAEMON_FD_MESSAGE_H
#define DAEMON_FD_MESSAGE_H

#include <stddef.h>
#include <sys/types.h>

/*
 * Sends `count` bytes to a socket that does not block, with a copy of the descriptor `fd` unless
 * that is -1. Returns 0 or -errno; raises no SIGPIPE.
 */
int fd_message_send(int to, const void *bytes, size_t count, int fd);

/*
 * Receives a message of at most `count` bytes, waiting for one if the socket blocks. Writes to *fd
 * the descriptor that came with it, which the caller closes, or -1. Returns the message's bytes, 0
 * at the end, or -errno.
 */
ssize_t fd_message_receive(int from, void *bytes, size_t count, int *fd);

#endif
