/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A push driven by an epoll loop of the test's own, as the daemon's would, and the strict OTLP
 * receiver (tests/net/otlp_receiver.c) as a process at its other end.
 */
#ifndef PUSHING_H
#define PUSHING_H

#include "says.h"

#include "util/clock.h"
#include "http/push.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define PATIENCE_NS (60 * NS_PER_S) /* a test that hangs ends */

/* ---- the receiver ---------------------------------------------------------------------------- */

struct receiver {
	pid_t pid;
	unsigned int port;
	char directory[64], verdicts[96], latest[96], port_file[96];
	char url[64];
	char text[65536]; /* of a file, read last */
};

static inline const char *read_text(struct receiver *r, const char *name)
{
	FILE *f = fopen(name, "re");
	size_t count = f ? fread(r->text, 1, sizeof(r->text) - 1, f) : 0;

	if (f)
		fclose(f);
	r->text[count] = '\0';
	return r->text;
}

static inline void receiver_exec(const struct receiver *r, const char *answers)
{
	char self[4096] = "", program[8192], listen[64];

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (readlink("/proc/self/exe", self, sizeof(self) - 1) < 0)
		_exit(99);
	snprintf(program, sizeof(program), "%s/otlp_receiver", dirname(self));
	snprintf(listen, sizeof(listen), "127.0.0.1:%u", r->port);
	execl(program, program, "--listen", listen, "--port-file", r->port_file, "--verdicts",
	      r->verdicts, "--latest", r->latest, "--answers", answers, NULL);
	_exit(99);
}

/* On the port that it had before, if it had one. */
static inline void receiver_begin(struct receiver *r, const char *answers)
{
	__u64 end = clock_monotonic_ns() + PATIENCE_NS;

	if (!r->directory[0]) {
		strcpy(r->directory, "/tmp/test_push.XXXXXX");
		assert_non_null(mkdtemp(r->directory));
		snprintf(r->verdicts, sizeof(r->verdicts), "%s/verdicts", r->directory);
		snprintf(r->latest, sizeof(r->latest), "%s/latest", r->directory);
		snprintf(r->port_file, sizeof(r->port_file), "%s/port", r->directory);
	}
	unlink(r->port_file);
	r->pid = fork();
	assert_return_code(r->pid, errno);
	if (!r->pid)
		receiver_exec(r, answers);
	while (!strchr(read_text(r, r->port_file), '\n')) {
		assert_true(clock_monotonic_ns() < end);
		usleep(5000);
	}
	r->port = (unsigned int)strtoul(r->text, NULL, 10);
	snprintf(r->url, sizeof(r->url), "http://127.0.0.1:%u/v1/metrics", r->port);
}

/* What it exits with: 0 when it found nothing wrong. */
static inline int receiver_stop(struct receiver *r)
{
	int status;

	assert_return_code(kill(r->pid, SIGTERM), errno);
	assert_int_equal(waitpid(r->pid, &status, 0), r->pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static inline int receiver_end(struct receiver *r)
{
	int status = receiver_stop(r);

	unlink(r->verdicts);
	unlink(r->latest);
	unlink(r->port_file);
	assert_return_code(rmdir(r->directory), errno);
	return status;
}

/* How many lines of its verdicts have `word` in them. */
static inline size_t verdicts(struct receiver *r, const char *word)
{
	const char *at = read_text(r, r->verdicts), *line;
	size_t count = 0;

	for (line = at; *line; line += strcspn(line, "\n"), line += *line == '\n') {
		const char *found = strstr(line, word);

		count += found && found < line + strcspn(line, "\n");
	}
	return count;
}

static inline double latest(struct receiver *r, const char *series)
{
	const char *found = strstr(read_text(r, r->latest), series);

	return found ? strtod(found + strlen(series), NULL) : -1;
}

/* ---- the push -------------------------------------------------------------------------------- */

struct pushing {
	struct push *push;
	int outer; /* the epoll of whoever drives it */
	unsigned long wakeups;
	struct push_stats stats;
	__u64 start_ns;
};

static inline void pushing_begin(struct pushing *p, const struct push_options *options)
{
	struct epoll_event event = {.events = EPOLLIN};

	memset(p, 0, sizeof(*p));
	assert_int_equal(push_open(options, &p->push), 0);
	p->outer = epoll_create1(EPOLL_CLOEXEC);
	assert_return_code(epoll_ctl(p->outer, EPOLL_CTL_ADD, push_fd(p->push), &event), errno);
	p->start_ns = clock_wall_ns();
}

static inline void pushing_end(struct pushing *p, double patience_s)
{
	push_close(p->push, patience_s);
	close(p->outer);
}

/* One turn of the loop, of at most `ms`. */
static inline void turn(struct pushing *p, int ms)
{
	struct epoll_event event;

	if (epoll_wait(p->outer, &event, 1, ms) == 1) {
		p->wakeups++;
		push_run(p->push);
	}
	push_stats(p->push, &p->stats);
}

/* Until `condition` on p->stats is true. */
#define drive_until(p, condition)                                                                  \
	do {                                                                                       \
		__u64 end_ = clock_monotonic_ns() + PATIENCE_NS;                                   \
		push_stats((p)->push, &(p)->stats);                                                \
		while (!(condition)) {                                                             \
			if (clock_monotonic_ns() > end_)                                           \
				fail_msg("never: " #condition "; %llu delivered, %llu failed, "    \
					 "%llu attempts, last error: %s",                          \
					 (p)->stats.delivered, (p)->stats.failed,                  \
					 (p)->stats.attempts, (p)->stats.last_error);              \
			turn(p, 1000);                                                             \
		}                                                                                  \
	} while (0)

/* A sum of `value`, as the daemon sends them, filled up with `padding` bytes of description. */
static inline void sum_body(const struct pushing *p, __u64 value, size_t padding,
			    struct buffer *out)
{
	buffer_add(out,
		   "{\"resourceMetrics\":[{\"resource\":{\"attributes\":[{\"key\":\"service.name\","
		   "\"value\":{\"stringValue\":\"test\"}}]},\"scopeMetrics\":[{\"metrics\":[{"
		   "\"name\":\"test.sum\",\"description\":\"");
	while (padding--)
		buffer_add_bytes(out, "x", 1);
	buffer_add(
		out,
		"\",\"sum\":{\"aggregationTemporality\":2,\"isMonotonic\":true,\"dataPoints\":[{"
		"\"startTimeUnixNano\":\"%llu\",\"timeUnixNano\":\"%llu\",\"asInt\":\"%llu\"}]}}]"
		"}]}]}",
		p->start_ns, clock_wall_ns(), value);
}

static inline void send_sum(struct pushing *p, __u64 value, size_t padding)
{
	struct buffer body = {0};

	sum_body(p, value, padding, &body);
	assert_int_equal(push_send(p->push, &body), 0);
	assert_null(body.text);
	push_stats(p->push, &p->stats);
}

/* ---- what is said on stderr ------------------------------------------------------------------ */

struct talk {
	int kept, file;
	char text[8192];
};

static inline void talk_begin(struct talk *talk)
{
	fflush(stderr);
	talk->kept = dup(2);
	talk->file = memfd_create("stderr", MFD_CLOEXEC);
	assert_true(talk->kept >= 0 && talk->file >= 0);
	assert_return_code(dup2(talk->file, 2), errno);
}

/* The lines said since. */
static inline size_t talk_end(struct talk *talk)
{
	ssize_t count;
	size_t lines = 0;
	char *c;

	fflush(stderr);
	dup2(talk->kept, 2);
	close(talk->kept);
	count = pread(talk->file, talk->text, sizeof(talk->text) - 1, 0);
	close(talk->file);
	talk->text[count > 0 ? count : 0] = '\0';
	for (c = talk->text; *c; c++)
		lines += *c == '\n';
	return lines;
}

#endif
