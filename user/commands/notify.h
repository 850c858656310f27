/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Telling the service manager how we do (sd_notify(3): datagrams to $NOTIFY_SOCKET), and taking
 * over the sockets that it has opened for us (sd_listen_fds(3)). The protocol itself: these two
 * are no reason for a library with its own dependencies.
 */
#ifndef NOTIFY_H
#define NOTIFY_H

/*
 * "READY=1", "STATUS=...", "WATCHDOG=1", "STOPPING=1"; more than one with newlines between. Does
 * nothing where nobody listens.
 */
void notify(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Seconds between two WATCHDOG=1 that the service manager expects at most; 0: it does not. */
double notify_watchdog_s(void);

/* How many descriptors were handed over, from 3 on. Their close-on-exec is set. */
int notify_sockets(void);

#endif
