/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Where `dnsreach run` sends what it knows: HTTP pages, a textfile, OTLP, JSON lines, incidents.
 * Each of them may fail without harm to the others or to the counting.
 */
#ifndef DAEMON_EXPORTS_H
#define DAEMON_EXPORTS_H

#include "util/clock.h"
#include "util/options.h"
#include "daemon/incident_file.h"
#include "monitor/live.h"
#include "util/event_loop.h"
#include "util/line_writer.h"
#include "daemon/pages.h"
#include "http/push.h"
#include "http/server.h"

#define LISTENERS_MAX 8
#define LISTEN_NONE "none"

struct export_options {
	struct option_list listen;
	const char *textfile, *otlp, *otlp_header, *incidents;
	double textfile_interval_s, otlp_interval_s;
	int json;
	unsigned long long interval_s; /* of JSON lines */
};

struct exports {
	const struct export_options *options;
	struct live *live;
	struct sparklines *trends;
	struct pages pages;
	struct http_server *servers[LISTENERS_MAX];
	unsigned int server_count;
	struct push *push;
	struct line_writer out; /* standard output */
	struct incident_file incidents;
	struct start_time counting, process; /* when they began */
	__u64 incidents_opened;
	double textfile_due_s, push_due_s; /* seconds of the run */
	unsigned long long seconds;
	__u64 textfile_errors;
	int textfile_failing, json_failing;
	int sockets[LISTENERS_MAX]; /* of the service manager */
	int socket_count;
	char kernel[128], host[256];
};

/* Do they make sense together? 0, or -EINVAL after a message. */
int exports_check(const struct export_options *options);

/* A socket that the service manager has opened: it stands for --listen. Before exports_open(). */
void exports_take_socket(struct exports *exports, int fd);

/* Opens sockets and files; before privileges are given up. 0 or -errno after a message. */
int exports_open(struct exports *exports, const struct export_options *options);

/* An incident_fn; `context` is the struct exports. */
void exports_incident(const struct incident *incident, enum incident_event event, void *context);

/*
 * Joins the loop. `started_ns`: when counting began, 0 for now. 0 or -errno after a message.
 */
int exports_start(struct exports *exports, struct live *live, __u64 started_ns, struct loop *loop);

/*
 * At the start: what memory the tables take; and to a person at a terminal, who would see nothing
 * else, that it runs, and where to look.
 */
void exports_tell(const struct exports *exports);

/* After each live_tick(); `seconds` since the last one. */
void exports_tick(struct exports *exports, unsigned long long seconds);

/* Incident files anew (SIGHUP). */
void exports_reopen(struct exports *exports);

/* After live_finish(): what goes out a last time. */
void exports_finish(struct exports *exports);

void exports_close(struct exports *exports);

#endif
