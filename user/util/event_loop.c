/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* See event_loop.h. */
#include "util/event_loop.h"

#include "util/log.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

static int loop_open_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

static void on_signal(void *context)
{
	struct loop *loop = context;
	struct signalfd_siginfo info;

	if (read(loop->signals, &info, sizeof(info)) != sizeof(info))
		return;
	if (info.ssi_signo == SIGHUP && !loop->hangup_ends)
		loop->hung_up = 1;
	else
		loop->ended = 1;
}

static int loop_log_error(int err)
{
	log_error("cannot wait for events: %s", strerror(-err));
	return err;
}

int loop_open(struct loop *loop)
{
	*loop = (struct loop){.timer = -1};
	loop->signals = loop_open_signals();
	loop->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (loop->signals < 0 || loop->epoll < 0)
		return loop_log_error(-errno);
	return loop_add(loop, loop->signals, on_signal, loop);
}

int loop_add(struct loop *loop, int fd, loop_fn *f, void *context)
{
	struct epoll_event event = {.events = EPOLLIN, .data.u32 = loop->count};

	if (loop->count == LOOP_SOURCES)
		return loop_log_error(-E2BIG);
	if (fd < 0 || epoll_ctl(loop->epoll, EPOLL_CTL_ADD, fd, &event))
		return loop_log_error(fd < 0 ? -EBADF : -errno);
	loop->sources[loop->count++] = (struct loop_source){f, context};
	return 0;
}

static int loop_open_timer(struct loop *loop)
{
	struct itimerspec second = {.it_interval = {.tv_sec = 1}, .it_value = {.tv_sec = 1}};
	struct epoll_event event = {.events = EPOLLIN, .data.u32 = LOOP_SOURCES};

	loop->timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (loop->timer < 0 || timerfd_settime(loop->timer, 0, &second, NULL) ||
	    epoll_ctl(loop->epoll, EPOLL_CTL_ADD, loop->timer, &event))
		return loop_log_error(-errno);
	return 0;
}

int loop_run(struct loop *loop, int (*tick)(unsigned long long seconds, void *context),
	     void *context)
{
	unsigned long long seconds;
	struct epoll_event event;
	int err = loop_open_timer(loop);

	while (!err && !loop->ended) {
		if (epoll_wait(loop->epoll, &event, 1, -1) != 1)
			continue; /* EINTR: by a debugger or SIGSTOP */
		if (event.data.u32 < loop->count)
			loop->sources[event.data.u32].f(loop->sources[event.data.u32].context);
		else if (read(loop->timer, &seconds, sizeof(seconds)) == sizeof(seconds))
			err = tick(seconds, context);
	}
	return err;
}

void loop_close(struct loop *loop)
{
	if (loop->timer >= 0)
		close(loop->timer);
	if (loop->epoll >= 0)
		close(loop->epoll);
	if (loop->signals >= 0)
		close(loop->signals);
}
