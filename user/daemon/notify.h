/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Telling the service manager how we do (sd_notify(3): datagrams to $NOTIFY_SOCKET), and taking
 * over the sockets that it has opened for us (sd_listen_fds(3)). The protocol itself: these two
 * are no reason for a library with its own dependencies.
 */
#ifndef DAEMON_NOTIFY_H
#define DAEMON_NOTIFY_H

/*
 * "READY=1", "STATUS=...", "WATCHDOG=1", "STOPPING=1"; more than one with newlines between. Does
 * nothing where nobody listens.
 */
void notify(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Seconds between two WATCHDOG=1 that the service manager expects at most; 0: it does not. */
double notify_watchdog_s(void);

/*
 * The descriptors that were handed over: `f` is called with each and its name ("" when it has
 * none). Their close-on-exec is set. Once only: the environment forgets them.
 */
void notify_take(void (*f)(int fd, const char *name, void *context), void *context);

/*
 * The service manager keeps this descriptor and hands it to the next process of this service, as
 * long as the service is not stopped; fd -1: it forgets those of that name. Nothing where nobody
 * listens.
 */
void notify_keep(int fd, const char *name);

#endif
