/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The one epoll loop of a command that counts live: the second's tick, the signals that end it,
 * and the descriptors of others. What is done then is theirs.
 */
#ifndef UTIL_EVENT_LOOP_H
#define UTIL_EVENT_LOOP_H

#define LOOP_SOURCES 16

typedef void loop_fn(void *context);

struct loop {
	int epoll, timer, signals;
	struct loop_source {
		loop_fn *f;
		void *context;
	} sources[LOOP_SOURCES];
	unsigned int count;
	int ended;   /* set by a signal, or by anyone who has had enough */
	int hung_up; /* SIGHUP came; with `hangup_ends` it ends the loop instead */
	int hangup_ends;
};

/*
 * From now on SIGINT, SIGTERM and SIGHUP wait for loop_run(), and SIGPIPE is an error of the write.
 * 0, or -errno after a message. To be closed with loop_close(), also after a failure.
 */
int loop_open(struct loop *loop);

/* `f` is called whenever `fd` is readable. 0, or -errno after a message. */
int loop_add(struct loop *loop, int fd, loop_fn *f, void *context);

/*
 * Calls `tick` once a second with the number of seconds that have passed (more than one where the
 * machine was too busy), until `ended`; or until it returns an error, which is then returned.
 */
int loop_run(struct loop *loop, int (*tick)(unsigned long long seconds, void *context),
	     void *context);

void loop_close(struct loop *loop);

#endif
