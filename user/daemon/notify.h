/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The protocol of service managers: status by datagrams to $NOTIFY_SOCKET (sd_notify(3)), and
 * descriptors in $LISTEN_FDS (sd_listen_fds(3)). It is small enough to do without libsystemd.
 */
#ifndef DAEMON_NOTIFY_H
#define DAEMON_NOTIFY_H

#include <stddef.h>

/*
 * Sends "READY=1", "STATUS=...", "WATCHDOG=1", "STOPPING=1", or several with newlines between. Does
 * nothing without a service manager.
 */
void notify_send(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Sends "READY=1", which must not get lost. */
void notify_send_ready(void);

/* Sends what the service manager could not take before; once a second. */
void notify_flush(void);

/* Returns the longest time in s between two WATCHDOG=1; 0: the service manager expects none. */
double notify_watchdog_s(void);

/*
 * Returns how many descriptors the service manager keeps for this service. It says so in $FDSTORE
 * from systemd 254 on; before that it is assumed to be what the unit has.
 */
size_t notify_store_room(void);

/*
 * Calls `f` with each descriptor that was passed to this process, and with its name ("" for none).
 * Sets their close-on-exec flag, and removes the variables from the environment.
 */
void notify_receive_fds(void (*f)(int fd, const char *name, void *context), void *context);

/*
 * Pushes a descriptor to the service manager's store (FDSTORE=1): the next process of this service
 * receives it, unless the service is stopped. fd -1: removes those of that name from the store. A
 * service manager that does not read is waited for at most 2 s in all; then the push is queued.
 */
void notify_push_fd(int fd, const char *name);

#endif
