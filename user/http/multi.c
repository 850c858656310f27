/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* libcurl's multi interface on an epoll and a timer. */
#include "http/multi.h"

#include "util/clock.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#define EVENTS_AT_ONCE 16

/* ---- callbacks of libcurl -------------------------------------------------------------------- */

static int on_socket(CURL *easy, curl_socket_t socket, int what, void *context, void *unused)
{
	struct multi *multi = context;
	struct epoll_event event = {.data.fd = socket};

	if (what != CURL_POLL_REMOVE && what & CURL_POLL_IN)
		event.events |= EPOLLIN;
	if (what != CURL_POLL_REMOVE && what & CURL_POLL_OUT)
		event.events |= EPOLLOUT;
	if (!event.events) { /* CURL_POLL_NONE too: epoll would report a hang-up again and again */
		epoll_ctl(multi->epoll, EPOLL_CTL_DEL, socket, NULL);
		return 0;
	}
	if (!epoll_ctl(multi->epoll, EPOLL_CTL_MOD, socket, &event))
		return 0;
	return epoll_ctl(multi->epoll, EPOLL_CTL_ADD, socket, &event) ? -1 : 0;
}

static void arm_timer(const struct multi *multi)
{
	__u64 due = multi->curl_due_ns;
	struct itimerspec at = {0};

	if (!due || (multi->wake_ns && multi->wake_ns < due))
		due = multi->wake_ns;
	at.it_value.tv_sec = (time_t)(due / NS_PER_S);
	at.it_value.tv_nsec = (long)(due % NS_PER_S);
	timerfd_settime(multi->timer, TFD_TIMER_ABSTIME, &at, NULL);
}

static int on_timer(CURLM *curl, long ms, void *context)
{
	struct multi *multi = context;

	multi->curl_due_ns = ms < 0 ? 0 : clock_monotonic_ns() + (__u64)ms * (NS_PER_S / 1000);
	arm_timer(multi);
	return 0;
}

/* ---- open, run, close ------------------------------------------------------------------------ */

static int set_options(struct multi *multi)
{
	struct epoll_event event = {.events = EPOLLIN, .data.fd = multi->timer};

	if (epoll_ctl(multi->epoll, EPOLL_CTL_ADD, multi->timer, &event))
		return -errno;
	if (curl_multi_setopt(multi->curl, CURLMOPT_SOCKETFUNCTION, on_socket) ||
	    curl_multi_setopt(multi->curl, CURLMOPT_SOCKETDATA, multi) ||
	    curl_multi_setopt(multi->curl, CURLMOPT_TIMERFUNCTION, on_timer) ||
	    curl_multi_setopt(multi->curl, CURLMOPT_TIMERDATA, multi) ||
	    curl_multi_setopt(multi->curl, CURLMOPT_MAXCONNECTS, 1L))
		return -ENOMEM;
	return 0;
}

int multi_open(struct multi *multi)
{
	int err;

	memset(multi, 0, sizeof(*multi));
	multi->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (multi->epoll < 0)
		return -errno;
	multi->timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (multi->timer < 0) {
		err = -errno;
		goto close_epoll;
	}
	multi->curl = curl_multi_init();
	if (!multi->curl) {
		err = -ENOMEM;
		goto close_timer;
	}
	err = set_options(multi);
	if (err)
		goto free_curl;
	return 0;
free_curl:
	curl_multi_cleanup(multi->curl);
close_timer:
	close(multi->timer);
close_epoll:
	close(multi->epoll);
	return err;
}

void multi_close(struct multi *multi)
{
	curl_multi_cleanup(multi->curl);
	close(multi->timer);
	close(multi->epoll);
}

int multi_add(struct multi *multi, CURL *easy)
{
	return curl_multi_add_handle(multi->curl, easy) ? -ENOMEM : 0;
}

void multi_remove(struct multi *multi, CURL *easy)
{
	curl_multi_remove_handle(multi->curl, easy);
}

void multi_wake_at(struct multi *multi, __u64 at_ns)
{
	multi->wake_ns = at_ns;
	arm_timer(multi);
}

static void handle_socket(struct multi *multi, const struct epoll_event *event)
{
	int running, mask = 0;

	if (event->events & EPOLLIN)
		mask |= CURL_CSELECT_IN;
	if (event->events & EPOLLOUT)
		mask |= CURL_CSELECT_OUT;
	if (event->events & (EPOLLERR | EPOLLHUP))
		mask |= CURL_CSELECT_ERR;
	curl_multi_socket_action(multi->curl, event->data.fd, mask, &running);
}

void multi_run(struct multi *multi)
{
	struct epoll_event events[EVENTS_AT_ONCE];
	int i, running, count = epoll_wait(multi->epoll, events, EVENTS_AT_ONCE, 0);
	__u64 now, expirations;

	for (i = 0; i < count; i++) {
		if (events[i].data.fd != multi->timer)
			handle_socket(multi, &events[i]);
		else if (read(multi->timer, &expirations, sizeof(expirations)) < 0)
			continue; /* armed anew in between */
	}
	now = clock_monotonic_ns();
	if (multi->wake_ns && multi->wake_ns <= now)
		multi->wake_ns = 0;
	if (multi->curl_due_ns && multi->curl_due_ns <= now) {
		multi->curl_due_ns = 0; /* libcurl sets the next one */
		curl_multi_socket_action(multi->curl, CURL_SOCKET_TIMEOUT, 0, &running);
	}
	arm_timer(multi);
}

CURL *multi_next_result(struct multi *multi, CURLcode *code)
{
	const CURLMsg *message;
	int left;

	while ((message = curl_multi_info_read(multi->curl, &left))) {
		if (message->msg != CURLMSG_DONE)
			continue;
		*code = message->data.result;
		return message->easy_handle;
	}
	return NULL;
}
