/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The outputs of `dnsreach run`: HTTP pages, a textfile, OTLP, JSON lines, incidents. The failure
 * of one does not stop the others, nor the counting.
 */
#ifndef DAEMON_EXPORTS_H
#define DAEMON_EXPORTS_H

#include "daemon/export_texts.h"
#include "daemon/file_writer.h"
#include "daemon/incident_file.h"
#include "daemon/pages.h"
#include "daemon/web_access.h"
#include "http/push.h"
#include "http/server.h"
#include "monitor/live.h"
#include "util/clock.h"
#include "util/event_loop.h"
#include "util/line_writer.h"
#include "util/options.h"

#define LISTENERS_MAX 8
#define LISTEN_NONE "none"

/* ---- options ---- */

struct export_options {
	struct option_list listen;
	const char *textfile, *otlp, *otlp_header, *incidents, *web_config;
	double textfile_interval_s, otlp_interval_s;
	int json, askers_metric;
	unsigned long long interval_s; /* of JSON lines */
};

/* Check one value each: an option_check of util/options.h. They open nothing. */
int check_listen(const char *text, char why[OPTION_WHY_SIZE]);
int check_textfile(const char *text, char why[OPTION_WHY_SIZE]);
int check_otlp(const char *text, char why[OPTION_WHY_SIZE]);
int check_otlp_header(const char *text, char why[OPTION_WHY_SIZE]);

/* Checks what one value alone does not show. 0, or -EINVAL after a message */
int exports_check(const struct export_options *options);

/* ---- the outputs ---- */

struct exports {
	const struct export_options *options;
	struct live *live;
	struct sparklines *sparklines;
	struct pages pages;
	struct http_server *servers[2 * LISTENERS_MAX]; /* of sockets and of --listen */
	unsigned int server_count;
	const char *taken[LISTENERS_MAX]; /* addresses that another program has; tried again */
	unsigned int taken_count;
	struct web_access web;
	struct loop *loop;
	struct push *push;
	size_t push_next;		/* the first resolver of the next request; 0: none is due */
	struct line_writer out;		/* standard output */
	struct incident_file incidents; /* with a FILE: written by `files` */
	struct file_writer *files;	/* NULL: no file is written */
	int incidents_failing;
	unsigned int sentences; /* logged in this tick; beyond the most, only counted */
	struct start_time counting, process;
	__u64 incidents_opened;
	struct export_texts texts;
	double push_due_s;	    /* in seconds since the start */
	unsigned long long seconds; /* since the start */
	int sockets[LISTENERS_MAX]; /* from the service manager */
	int socket_count;
	char kernel[128], host[256];
};

/*
 * Adds a listening socket from the service manager, before exports_open(). With one or more of them
 * the default of --listen is not used. Returns 0; -ENOTSOCK when it does not listen, or -E2BIG:
 * then it stays the caller's.
 */
int exports_add_socket(struct exports *exports, int fd);

/* Opens sockets and files, before privileges are dropped. 0, or -errno after a message */
int exports_open(struct exports *exports, const struct export_options *options);

/* An incident_fn; `context` is the struct exports. */
void exports_write_incident(const struct incident *incident, enum incident_event event,
			    void *context);

/*
 * Adds the outputs to the loop. `started_ns`: when counting began, on the wall clock; 0 for now.
 * 0, or -errno after a message
 */
int exports_start(struct exports *exports, struct live *live, __u64 started_ns, struct loop *loop);

/*
 * Logs in one sentence that it runs: version, interfaces, addresses of the pages, memory of the BPF
 * maps; on a terminal also how to end it.
 */
void exports_log_start(const struct exports *exports);

/* Writes what is due after a live_tick(); `seconds` since the last call. */
void exports_tick(struct exports *exports, unsigned long long seconds);

/*
 * Opens the file of incidents again, and reads that of --web-config (SIGHUP); one that cannot be
 * used leaves the certificate and the users as they are.
 */
void exports_reopen(struct exports *exports);

/* Writes everything a last time, after live_finish(). */
void exports_finish(struct exports *exports);

void exports_close(struct exports *exports);

#endif
