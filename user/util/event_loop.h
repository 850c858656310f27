/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The epoll loop of a command that counts live: a tick each second, the signals that end it, and
 * other descriptors, each with its function.
 */
#ifndef UTIL_EVENT_LOOP_H
#define UTIL_EVENT_LOOP_H

#define LOOP_SOURCES 24

typedef void loop_fn(void *context);

struct loop {
	int epoll, timer, signals;
	struct loop_source {
		loop_fn *f;
		void *context;
	} sources[LOOP_SOURCES];
	unsigned int count;
	int ended;   /* set by a signal, or by a function of the loop */
	int hung_up; /* SIGHUP came; with `hangup_ends` it ends the loop instead */
	int hangup_ends;
};

/*
 * Opens the loop, which receives SIGINT, SIGTERM and SIGHUP, and ignores SIGPIPE. 0, or -errno
 * after a message; loop_close() in any case.
 */
int loop_open(struct loop *loop);

/* Adds a descriptor: `f` is called when it is readable. 0, or -errno after a message */
int loop_add(struct loop *loop, int fd, loop_fn *f, void *context);

/*
 * Calls `tick` each second with the seconds since the last call (more than one when the machine was
 * too busy), until `ended` is set, or until `tick` returns an error, which it returns.
 */
int loop_run(struct loop *loop, int (*tick)(unsigned long long seconds, void *context),
	     void *context);

void loop_close(struct loop *loop);

#endif
