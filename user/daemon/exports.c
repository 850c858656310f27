// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* See exports.h. */
#include "daemon/exports.h"

#include "daemon/incident_log.h"
#include "daemon/process.h"
#include "http/listen.h"
#include "metrics/otlp.h"
#include "metrics/prometheus.h"
#include "util/clock.h"
#include "util/log.h"
#include "view/incident_json.h"
#include "view/status_json.h"

#include <arpa/inet.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/utsname.h>
#include <unistd.h>

/* ---- values of the options ---------------------------------------------------------------- */

_Static_assert(OPTION_WHY_SIZE >= HTTP_SERVER_ERROR_SIZE, "room for http_server_check()");
_Static_assert(OPTION_WHY_SIZE >= PUSH_ERROR_SIZE, "room for push_check_url()");

int check_listen(const char *text, char why[OPTION_WHY_SIZE])
{
	return strcmp(text, LISTEN_NONE) ? http_server_check(text, why) : 0;
}

int check_textfile(const char *text, char why[OPTION_WHY_SIZE])
{
	size_t length = strlen(text);

	if (length > 5 && !strcmp(text + length - 5, ".prom"))
		return 0;
	snprintf(why, OPTION_WHY_SIZE,
		 "'%.120s' does not end in .prom; node_exporter reads no other file", text);
	return -EINVAL;
}

int check_otlp(const char *text, char why[OPTION_WHY_SIZE])
{
	return push_check_url(text, why);
}

int check_otlp_header(const char *text, char why[OPTION_WHY_SIZE])
{
	return push_check_header(text, why);
}

/* Returns whether both name the same address or path, however they are written. */
static int is_same_listener(const char *one, const char *other)
{
	struct listen_addr a, b;
	char why[LISTEN_ADDR_ERROR_SIZE];

	if (!strcmp(one, other))
		return 1;
	return !listen_addr_parse(one, &a, why) && !listen_addr_parse(other, &b, why) &&
	       a.kind == b.kind && a.fd == b.fd &&
	       !memcmp(&a.address, &b.address, sizeof(a.address));
}

static int exports_check_listeners(const struct option_list *list)
{
	size_t i, j;

	for (i = 0; i < list->count; i++)
		for (j = 0; j < i; j++)
			if (is_same_listener(list->items[i], list->items[j]))
				return options_refuse("listen", list->where[i],
						      "'%s' is given twice", list->items[i]);
	for (i = 0; list->count > 1 && i < list->count; i++)
		if (!strcmp(list->items[i], LISTEN_NONE))
			return options_refuse("listen", list->where[i],
					      "'none' cannot stand beside an address");
	return 0;
}

int exports_check(const struct export_options *o)
{
	if (exports_check_listeners(&o->listen))
		return -EINVAL;
	if (o->otlp_header && !o->otlp)
		return options_refuse("otlp-header", NULL,
				      "needs otlp: there is no push to send it with");
	return o->web_config ? web_access_check(o->web_config) : 0;
}

#define DEFAULT_LISTEN "127.0.0.1:9753"
#define PUSH_MOST_BYTES (16U << 20) /* that wait while the collector does not answer */
#define LISTEN_RETRY_S 10
#define SENTENCES_MAX 20   /* about incidents in a second, or an outage floods the log */
#define OTLP_RESOLVERS 500 /* in a request, 8 MB: collectors refuse more than some 20 MB */
#define OTLP_TICK_NS (NS_PER_S / 4)
#define LAST_PUSH_S 2.0	  /* the longest wait for the last push */
#define LAST_FILE_MS 2000 /* the longest wait for the last writing of files */
#define INCIDENTS_MAX_BYTES (32 << 20)

/* ---- metrics of dnsreach itself ----------------------------------------------------------- */

static void exports_table_sizes(const struct exports *e, struct metrics_table tables[2])
{
	const struct snapshot *now = live_status(e->live, 1)->snapshot;

	tables[0] = (struct metrics_table){"in_flight", now->in_flight, now->in_flight_capacity};
	tables[1] = (struct metrics_table){"resolvers", snapshot_resolver_count(now),
					   now->resolvers_capacity};
}

static __u64 count_open_incidents(const struct exports *e)
{
	size_t count, i;
	const struct incident *const *all = incidents_list(live_incidents(e->live), &count);
	__u64 open = 0;

	for (i = 0; i < count; i++)
		open += !all[i]->closed_ns;
	return open;
}

static double begun_s(struct start_time *begun)
{
	return (double)start_time_wall_ns(begun, clock_wall_ns(), clock_boottime_ns()) / 1e9;
}

static const struct metrics_self *exports_describe_self(struct exports *e, double collect_s)
{
	static struct metrics_table tables[2];
	static struct metrics_self self;
	static char libbpf[32];
	struct process_usage usage;
	struct push_stats pushes = {0};

	process_usage(&usage);
	exports_table_sizes(e, tables);
	if (e->push)
		push_stats(e->push, &pushes);
	snprintf(libbpf, sizeof(libbpf), "%s", libbpf_version_string());
	self = (struct metrics_self){
		.version = VERSION,
		.libbpf = libbpf,
		.kernel = e->kernel,
		.started_s = begun_s(&e->counting),
		.process_started_s = begun_s(&e->process),
		.cpu_s = usage.cpu_s,
		.resident_bytes = usage.resident_bytes,
		.open_fds = usage.open_fds,
		.max_fds = usage.max_fds,
		.collect_s = collect_s,
		.incidents_open = count_open_incidents(e),
		.incidents_opened = e->incidents_opened,
		.tables = tables,
		.table_count = 2,
		.pushing = e->push != NULL,
		.pushes = pushes.delivered,
		.pushes_failed = pushes.failed,
		.push_queue_bytes = pushes.waiting_bytes,
		.textfile = e->options->textfile != NULL,
		.textfile_errors = e->texts.textfile_errors,
		.incident_lines = e->incidents.fd >= 0,
		.incident_errors = e->incidents.missing,
	};
	return &self;
}

/*
 * Reads the counters as they are now and adds the last verdicts: the source of the textfile, the
 * OTLP request and /metrics. `context`: the struct exports. Returns 0, or -errno after a message.
 */
static int metrics_collect(void *context, struct metrics_source *ret)
{
	struct exports *e = context;
	__u64 from = clock_monotonic_ns();
	const struct snapshot *now;
	int err = live_collect(e->live, &now);

	if (err)
		return err;
	ret->status = live_status(e->live, (double)e->options->interval_s);
	ret->now = now;
	ret->without_process = 0;
	ret->part = METRICS_OF_ALL;
	ret->with_askers = e->options->askers_metric;
	ret->self = exports_describe_self(e, (double)(clock_monotonic_ns() - from) / 1e9);
	return 0;
}

/* ---- open --------------------------------------------------------------------------------- */

static int has_listeners(const struct export_options *o)
{
	return !o->listen.count || strcmp(o->listen.items[0], LISTEN_NONE) != 0;
}

static int exports_listen(struct exports *e, const char *where)
{
	int err = http_server_open(where, pages_answer, &e->pages, &e->servers[e->server_count]);

	if (err)
		return err;
	err = web_access_protect(&e->web, e->servers[e->server_count]);
	if (err)
		http_server_close(e->servers[e->server_count]);
	else
		e->server_count++;
	return err;
}

/* Returns whether a socket of the service manager has this address. */
static int is_passed_socket(const struct exports *e, const char *where)
{
	struct sockaddr_storage own;
	struct listen_addr addr;
	char why[LISTEN_ADDR_ERROR_SIZE];
	socklen_t length;
	int i;

	if (listen_addr_parse(where, &addr, why))
		return 0;
	for (i = 0; i < e->socket_count; i++) {
		memset(&own, 0, sizeof(own));
		length = sizeof(own);
		if (!getsockname(e->sockets[i], (struct sockaddr *)&own, &length) &&
		    !memcmp(&own, &addr.address, sizeof(own)))
			return 1;
	}
	return 0;
}

/*
 * Listens at an address of --listen. One that another program has does not end the counting, or any
 * user could prevent it: it is tried again. Returns 0, or another -errno after a message.
 */
static int exports_listen_or_wait(struct exports *e, const char *where)
{
	int err = is_passed_socket(e, where) ? 0 : exports_listen(e, where);

	if (err != -EADDRINUSE)
		return err;
	log_warn("counting goes on without a page at %s; trying again every %d s", where,
		 LISTEN_RETRY_S);
	e->taken[e->taken_count++] = where;
	return 0;
}

static void on_http_event(void *context)
{
	http_server_run(context);
}

/* Tries again to listen where another program did. */
static void exports_retry_listen(struct exports *e)
{
	struct buffer said = {0};
	unsigned int i, left = 0;
	int err;

	for (i = 0; i < e->taken_count; i++) {
		log_set_sink(log_sink_buffer, &said);
		err = exports_listen(e, e->taken[i]);
		log_set_sink(NULL, NULL);
		if (!err)
			err = loop_add(e->loop, http_server_fd(e->servers[e->server_count - 1]),
				       on_http_event, e->servers[e->server_count - 1]);
		if (err)
			e->taken[left++] = e->taken[i];
		else
			log_info("the page is at %s now", e->taken[i]);
	}
	e->taken_count = left;
	buffer_free(&said);
}

int exports_add_socket(struct exports *e, int fd)
{
	int listening = 0;
	socklen_t length = sizeof(listening);

	if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &length) || !listening)
		return -ENOTSOCK;
	if (e->socket_count == LISTENERS_MAX)
		return -E2BIG;
	e->sockets[e->socket_count++] = fd;
	return 0;
}

static int exports_open_servers(struct exports *e)
{
	const struct option_list *list = &e->options->listen;
	char where[16];
	int err = 0, i;

	for (i = 0; !err && i < e->socket_count; i++) {
		snprintf(where, sizeof(where), "fd:%d", e->sockets[i]);
		err = exports_listen(e, where);
	}
	if (err || !has_listeners(e->options))
		return err;
	if (!list->count)
		return e->socket_count ? 0 : exports_listen_or_wait(e, DEFAULT_LISTEN);
	for (i = 0; !err && i < (int)list->count; i++)
		err = exports_listen_or_wait(e, list->items[i]);
	return err;
}

static int exports_open_push(const struct export_options *o, struct push **ret)
{
	const char *headers[] = {"Content-Encoding: gzip", o->otlp_header, NULL};
	struct push_options options = {.url = o->otlp,
				       .content_type = "application/json",
				       .headers = headers,
				       .timeout_s = 10,
				       .most_bytes = PUSH_MOST_BYTES,
				       .is_otlp = 1};

	return o->otlp ? push_open(&options, ret) : 0;
}

/* Opens the file of incidents, and starts the process that writes files, before all others. */
static int exports_open_files(struct exports *e, const struct export_options *o)
{
	struct written_files files = {.textfile = o->textfile};
	int err = 0;

	if (strcmp(o->incidents, "none") != 0)
		err = incident_file_open(o->incidents, &e->incidents);
	e->incidents.max_bytes = INCIDENTS_MAX_BYTES;
	if (e->incidents.brief)
		e->incidents.writer = &e->out;
	else if (e->incidents.fd >= 0)
		files.incidents = &e->incidents;
	if (err || (!files.textfile && !files.incidents))
		return err;
	return file_writer_open(&files, &e->files);
}

int exports_open(struct exports *e, const struct export_options *options)
{
	struct utsname names;
	int err;

	e->options = options;
	e->incidents.fd = -1;
	e->pages = (struct pages){.interval_s = (double)options->interval_s,
				  .collect = metrics_collect,
				  .context = e};
	if (!uname(&names)) {
		snprintf(e->kernel, sizeof(e->kernel), "%s", names.release);
		snprintf(e->host, sizeof(e->host), "%s", names.nodename);
	}
	line_writer_open(&e->out, STDOUT_FILENO);
	err = exports_open_files(e, options);
	e->texts = (struct export_texts){.textfile = options->textfile,
					 .textfile_interval_s = options->textfile_interval_s,
					 .json = options->json,
					 .json_interval_s = options->interval_s,
					 .pages = &e->pages,
					 .files = e->files,
					 .out = &e->out};
	if (!err && options->web_config)
		err = web_access_read(&e->web, options->web_config);
	if (!err)
		err = exports_open_servers(e);
	return err ? err : exports_open_push(options, &e->push);
}

/* A child has made a page: those that wait for one are answered, or wait for the next. */
static void on_page_made(void *context)
{
	struct exports *e = context;
	unsigned int i;

	if (!page_cache_run(&e->pages.cache))
		return;
	for (i = 0; i < e->server_count; i++)
		http_server_wake(e->servers[i]);
}

static void on_push_event(void *context)
{
	push_run(context);
}

/*
 * The start of the process may follow a wall clock that is set. That of the counters may not: a
 * changed start time means to a receiver that they were reset.
 */
static void exports_set_start_times(struct exports *e, __u64 started_ns)
{
	__u64 wall = clock_wall_ns(), boot = clock_boottime_ns(),
	      process = process_started_boot_ns();

	e->counting = (struct start_time){started_ns ? started_ns : wall, boot, 0};
	e->process = (struct start_time){wall - (boot - process), process, 1};
}

int exports_start(struct exports *e, struct live *live, __u64 started_ns, struct loop *loop)
{
	unsigned int i;
	int err = 0, fd;

	e->live = live;
	e->loop = loop;
	e->pages.live = live;
	e->sparklines = sparklines_new(live_resolvers(live));
	if (!e->sparklines)
		return -ENOMEM;
	e->pages.sparklines = e->sparklines;
	exports_set_start_times(e, started_ns);
	/* No slot has the first second, nor the counters of a previous process. */
	err = sparklines_prime(e->sparklines, live_status(live, 1)->snapshot);
	live_set_sparklines(live, e->sparklines);
	for (i = 0; !err && i < e->server_count; i++)
		err = loop_add(loop, http_server_fd(e->servers[i]), on_http_event, e->servers[i]);
	if (!err && !page_cache_open(&e->pages.cache, &fd))
		err = loop_add(loop, fd, on_page_made, e);
	if (!err && e->push)
		err = loop_add(loop, push_fd(e->push), on_push_event, e->push);
	return err;
}

/* Appends the address of a socket from the service manager. */
static void add_socket_address(struct buffer *line, int fd)
{
	union {
		struct sockaddr any;
		struct sockaddr_in v4;
		struct sockaddr_in6 v6;
		struct sockaddr_un path;
	} own = {.any.sa_family = AF_UNSPEC};
	socklen_t length = sizeof(own);
	char text[INET6_ADDRSTRLEN] = "";

	if (getsockname(fd, &own.any, &length))
		return;
	if (own.any.sa_family == AF_UNIX)
		buffer_add(line, "unix:%.*s", (int)sizeof(own.path.sun_path), own.path.sun_path);
	else if (own.any.sa_family == AF_INET)
		buffer_add(line, "%s:%u", inet_ntop(AF_INET, &own.v4.sin_addr, text, sizeof(text)),
			   ntohs(own.v4.sin_port));
	else
		buffer_add(line, "[%s]:%u",
			   inet_ntop(AF_INET6, &own.v6.sin6_addr, text, sizeof(text)),
			   ntohs(own.v6.sin6_port));
}

static int is_taken(const struct exports *e, const char *where)
{
	unsigned int i;

	for (i = 0; i < e->taken_count; i++)
		if (!strcmp(e->taken[i], where))
			return 1;
	return 0;
}

/* Appends where the pages are; without any, that there are none. */
static void add_page_addresses(const struct exports *e, struct buffer *line)
{
	const struct option_list *list = &e->options->listen;
	unsigned int said = 0;
	size_t i;
	int n;

	if (!e->server_count) {
		buffer_add(line, "without pages");
		return;
	}
	for (n = 0; n < e->socket_count; n++) {
		buffer_add(line, "%s", said++ ? ", " : "pages at ");
		add_socket_address(line, e->sockets[n]);
	}
	if (!list->count && !e->socket_count)
		buffer_add(line, "pages at " DEFAULT_LISTEN);
	for (i = 0; i < list->count; i++)
		if (!is_taken(e, list->items[i]) && !is_passed_socket(e, list->items[i]))
			buffer_add(line, "%s%s", said++ ? ", " : "pages at ", list->items[i]);
}

#define INTERFACES_SAID 8

/* Appends the names of the interfaces, those of guests as a number. */
static void add_interfaces(struct buffer *line, const struct status *status)
{
	size_t i, said = 0, more = 0, guests = 0;

	for (i = 0; i < status->interface_count; i++) {
		if (!(status->interfaces[i].origins & 1U << ORIGIN_HOST))
			guests++;
		else if (said == INTERFACES_SAID)
			more++;
		else
			buffer_add(line, "%s%s", said++ ? ", " : "", status->interfaces[i].name);
	}
	if (!said)
		buffer_add(line, "no interface");
	if (more)
		buffer_add(line, " and %zu more", more);
	if (guests)
		buffer_add(line, " and %zu of guests", guests);
}

void exports_log_start(const struct exports *e)
{
	struct buffer line = {0};

	buffer_add(&line, "version " VERSION " counts on ");
	add_interfaces(&line, live_status(e->live, 1));
	buffer_add(&line, "; ");
	add_page_addresses(e, &line);
	buffer_add(&line, "; %sthe BPF maps take %.1f MB in the kernel",
		   isatty(STDERR_FILENO) ? "Ctrl-C ends it; " : "",
		   (double)live_memory_bytes(e->live) / 1e6);
	if (!buffer_error(&line))
		log_info("%s", line.text);
	buffer_free(&line);
}

/* ---- running ------------------------------------------------------------------------------ */

/* Notes how the writing of a line of incidents went, and logs when that changes. */
static void exports_note_incident(struct exports *e, int err)
{
	const char *why = err == -EAGAIN ? "its disk or reader is too slow" : strerror(-err);

	e->incidents.missing += err != 0;
	if (err && !e->incidents_failing)
		log_warn("--incidents: cannot write %s: %s; counting continues, and each new line "
			 "is tried",
			 e->options->incidents, why);
	else if (!err && e->incidents_failing)
		log_info("--incidents: %s is written again", e->options->incidents);
	e->incidents_failing = err != 0;
}

static void on_file_result(enum file_job job, int err, void *context)
{
	struct exports *e = context;

	if (job == JOB_TEXTFILE)
		export_texts_note_file(&e->texts, err);
	else if (job == JOB_INCIDENT)
		exports_note_incident(e, err);
}

void exports_write_incident(const struct incident *incident, enum incident_event event,
			    void *context)
{
	struct exports *e = context;
	struct buffer line = {0};
	int err;

	e->incidents_opened += event == INCIDENT_OPENED;
	if (event != INCIDENT_UPDATED && e->sentences++ < SENTENCES_MAX)
		incident_log(incident, event);
	if (e->incidents.brief || e->incidents.fd < 0) {
		incident_file_write(incident, event, &e->incidents);
		return;
	}
	err = incident_json_write(&line, incident, event);
	if (!err)
		err = file_writer_send(e->files, JOB_INCIDENT, &line);
	if (err)
		exports_note_incident(e, err);
	buffer_free(&line);
}

/* Reads --web-config again; the servers keep the old one until all of them have the new one. */
static void exports_reread_web_config(struct exports *e)
{
	struct web_access old = e->web;
	unsigned int i;

	e->web = (struct web_access){0};
	if (web_access_read(&e->web, e->options->web_config)) {
		log_warn("--web-config: the certificate and the users stay as they were");
		e->web = old;
		return;
	}
	for (i = 0; i < e->server_count; i++)
		web_access_protect(&e->web, e->servers[i]);
	web_access_free(&old);
	log_info("--web-config: %s was read again", e->options->web_config);
}

void exports_reopen(struct exports *e)
{
	if (e->options->web_config)
		exports_reread_web_config(e);
	if (e->files && file_writer_send(e->files, JOB_REOPEN, NULL))
		log_warn("--incidents: cannot open %s again: its disk does not answer",
			 e->options->incidents);
}

/* Sends one request, compressed. Returns 0 or -errno. */
static int exports_push_part(struct exports *e, const struct metrics_source *source)
{
	struct otlp_resource resource = {.host_name = e->host, .instance_id = e->host};
	struct gzip_writer writer;
	int err = gzip_writer_open(&writer);

	if (!err)
		err = otlp_write(&writer.text, source, &resource, source->now->wall_ns);
	if (!err)
		err = gzip_writer_finish(&writer);
	if (!err)
		err = push_send(e->push, &writer.out);
	gzip_writer_close(&writer);
	return err;
}

/*
 * Sends the metrics: in one request; or those of many resolvers in requests of
 * OTLP_RESOLVERS each, and the rest in a last one. Stops after OTLP_TICK_NS (0: does not), and the
 * next tick goes on.
 */
static void exports_push(struct exports *e, __u64 most_ns)
{
	__u64 from = clock_monotonic_ns();
	struct metrics_source source;

	if (metrics_collect(e, &source))
		return;
	if (source.now->count <= OTLP_RESOLVERS) {
		e->push_next = 0;
		exports_push_part(e, &source);
		return;
	}
	source.part = METRICS_OF_RESOLVERS;
	source.count = OTLP_RESOLVERS;
	while (e->push_next < source.now->count) {
		if (most_ns && clock_monotonic_ns() - from >= most_ns)
			return;
		source.first = e->push_next;
		exports_push_part(e, &source);
		e->push_next += OTLP_RESOLVERS;
	}
	source.part = METRICS_OF_SELF;
	exports_push_part(e, &source);
	e->push_next = 0;
}

void exports_tick(struct exports *e, unsigned long long seconds)
{
	const struct export_options *o = e->options;

	e->seconds += seconds;
	page_cache_tick(&e->pages.cache);
	if (e->sentences > SENTENCES_MAX)
		log_warn("%u more incidents have opened, changed or closed; the pages and a file "
			 "of --incidents have them all",
			 e->sentences - SENTENCES_MAX);
	e->sentences = 0;
	if (e->taken_count && e->seconds % LISTEN_RETRY_S < seconds)
		exports_retry_listen(e);
	if (e->files)
		file_writer_collect(e->files, on_file_result, e);
	export_texts_tick(&e->texts, e->seconds, seconds);
	if (e->push && !e->push_next && (double)e->seconds >= e->push_due_s) {
		e->push_due_s = (double)e->seconds + o->otlp_interval_s;
		exports_push(e, OTLP_TICK_NS);
	} else if (e->push && e->push_next) {
		exports_push(e, OTLP_TICK_NS);
	}
}

void exports_finish(struct exports *e)
{
	/* The textfile of the last tick may still be written. */
	if (e->options->textfile)
		file_writer_wait(e->files, LAST_FILE_MS, on_file_result, e);
	export_texts_finish(&e->texts);
	e->push_next = 0;
	if (e->push)
		exports_push(e, 0);
}

void exports_close(struct exports *e)
{
	unsigned int i;

	for (i = 0; i < e->server_count; i++)
		http_server_close(e->servers[i]);
	web_access_free(&e->web);
	page_cache_close(&e->pages.cache);
	export_texts_close(&e->texts);
	push_close(e->push, LAST_PUSH_S);
	sparklines_free(e->sparklines);
	file_writer_close(e->files, LAST_FILE_MS, on_file_result, e);
	incident_file_close(&e->incidents);
	line_writer_close(&e->out);
}
