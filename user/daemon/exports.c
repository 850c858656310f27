/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* See exports.h. */
#include "daemon/exports.h"

#include "util/log.h"
#include "util/clock.h"
#include "daemon/process.h"
#include "view/status_json.h"
#include "metrics/otlp.h"
#include "metrics/prometheus.h"
#include "daemon/textfile.h"

#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#define DEFAULT_LISTEN "127.0.0.1:9753"
#define PUSH_MOST_BYTES (16U << 20) /* that wait for a collector which is away */
#define LAST_PUSH_S 2.0		    /* that the end waits for the last one */

/* ---- what is said of dnsreach itself ------------------------------------------------------ */

static void describe_tables(const struct exports *e, struct metrics_table tables[2])
{
	const struct snapshot *now = live_status(e->live, 1)->snapshot;

	tables[0] = (struct metrics_table){"in_flight", now->in_flight, now->in_flight_capacity};
	tables[1] = (struct metrics_table){"resolvers", snapshot_resolver_count(now),
					   now->resolvers_capacity};
}

static __u64 open_incidents(const struct exports *e)
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

static const struct metrics_self *describe(struct exports *e, double collect_s)
{
	static struct metrics_table tables[2];
	static struct metrics_self self;
	static char libbpf[32];
	struct process_usage usage;
	struct push_stats pushes = {0};

	process_usage(&usage);
	describe_tables(e, tables);
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
		.incidents_open = open_incidents(e),
		.incidents_opened = e->incidents_opened,
		.tables = tables,
		.table_count = 2,
		.pushing = e->push != NULL,
		.pushes = pushes.delivered,
		.pushes_failed = pushes.failed,
		.push_queue_bytes = pushes.waiting_bytes,
		.textfile = e->options->textfile != NULL,
		.textfile_errors = e->textfile_errors,
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
	ret->self = describe(e, (double)(clock_monotonic_ns() - from) / 1e9);
	return 0;
}

/* ---- open -------------------------------------------------------------------------------- */

static int listens(const struct export_options *o)
{
	return !o->listen.count || strcmp(o->listen.items[0], LISTEN_NONE) != 0;
}

static int listen_on(struct exports *e, const char *where)
{
	int err = http_server_open(where, pages_answer, &e->pages, &e->servers[e->server_count]);

	if (!err)
		e->server_count++;
	return err;
}

void exports_take_socket(struct exports *e, int fd)
{
	if (e->socket_count < LISTENERS_MAX)
		e->sockets[e->socket_count++] = fd;
	else
		close(fd);
}

static int open_servers(struct exports *e)
{
	const struct option_list *list = &e->options->listen;
	char where[16];
	int err = 0, i;

	for (i = 0; !err && i < e->socket_count; i++) {
		snprintf(where, sizeof(where), "fd:%d", e->sockets[i]);
		err = listen_on(e, where);
	}
	if (e->socket_count || !listens(e->options))
		return err;
	if (!list->count)
		return listen_on(e, DEFAULT_LISTEN);
	for (i = 0; !err && i < (int)list->count; i++)
		err = listen_on(e, list->items[i]);
	return err;
}

static int open_push(const struct export_options *o, struct push **ret)
{
	const char *headers[] = {o->otlp_header, NULL};
	struct push_options options = {.url = o->otlp,
				       .content_type = "application/json",
				       .headers = headers,
				       .timeout_s = 10,
				       .most_bytes = PUSH_MOST_BYTES,
				       .is_otlp = 1};

	return o->otlp ? push_open(&options, ret) : 0;
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
	err = open_servers(e);
	if (!err)
		err = open_push(options, &e->push);
	if (!err && strcmp(options->incidents, "none") != 0)
		err = incident_file_open(options->incidents, &e->incidents);
	if (e->incidents.brief)
		e->incidents.outlet = &e->out;
	return err;
}

static void on_http(void *context)
{
	http_server_run(context);
}

static void on_push(void *context)
{
	push_run(context);
}

/* The process's is a value of its own; the sums' would mean that they begin anew. */
static void set_beginnings(struct exports *e, __u64 started_ns)
{
	__u64 wall = clock_wall_ns(), boot = clock_boottime_ns(),
	      process = process_started_boot_ns();

	e->counting = (struct start_time){started_ns ? started_ns : wall, boot, 0};
	e->process = (struct start_time){wall - (boot - process), process, 1};
}

int exports_start(struct exports *e, struct live *live, __u64 started_ns, struct loop *loop)
{
	unsigned int i;
	int err = 0;

	e->live = live;
	e->pages.live = live;
	e->trends = sparklines_new(live_resolvers(live));
	if (!e->trends)
		return -ENOMEM;
	e->pages.trends = e->trends;
	set_beginnings(e, started_ns);
	/* The first second is in no slot, and neither is what a run before has counted. */
	err = sparklines_prime(e->trends, live_status(live, 1)->snapshot);
	for (i = 0; !err && i < e->server_count; i++)
		err = loop_add(loop, http_server_fd(e->servers[i]), on_http, e->servers[i]);
	if (!err && e->push)
		err = loop_add(loop, push_fd(e->push), on_push, e->push);
	return err;
}

void exports_tell(const struct exports *e)
{
	const struct option_list *list = &e->options->listen;
	struct buffer line = {0};
	size_t count, i;

	log_info("its tables take %.1f MB in the kernel", (double)live_memory_bytes(e->live) / 1e6);
	if (!isatty(STDERR_FILENO))
		return;
	count = live_status(e->live, 1)->interface_count;
	buffer_add(&line, "counts on %zu interface%s until Ctrl-C", count, count == 1 ? "" : "s");
	if (e->server_count)
		buffer_add(&line, "; its pages are at");
	if (e->server_count && !list->count)
		buffer_add(&line, " http://" DEFAULT_LISTEN "/");
	for (i = 0; e->server_count && i < list->count; i++)
		buffer_add(&line, "%s %s", i ? "," : "", list->items[i]);
	if (!buffer_error(&line))
		log_info("%s", line.text);
	buffer_free(&line);
}

/* ---- running ----------------------------------------------------------------------------- */

void exports_incident(const struct incident *incident, enum incident_event event, void *context)
{
	struct exports *e = context;

	e->incidents_opened += event == INCIDENT_OPENED;
	incident_file_write(incident, event, &e->incidents);
}

void exports_reopen(struct exports *e)
{
	incident_file_reopen(&e->incidents);
}

static void write_textfile(struct exports *e)
{
	struct metrics_source source;
	struct buffer page = {0};
	int err = metrics_collect(e, &source);

	source.without_process = 1; /* node_exporter has its own, and complains of two */
	if (!err)
		err = prometheus_write(&page, PROMETHEUS_TEXT, &source);
	if (!err)
		err = textfile_replace(e->options->textfile, &page);
	buffer_free(&page);
	e->textfile_errors += err != 0;
	if (err && !e->textfile_failing)
		log_warn(
			"--textfile: cannot write %s: %s; tried again every %g s, counting goes on",
			e->options->textfile, strerror(-err), e->options->textfile_interval_s);
	else if (!err && e->textfile_failing)
		log_info("--textfile: %s is written again", e->options->textfile);
	e->textfile_failing = err != 0;
}

static void push_now(struct exports *e)
{
	struct otlp_resource resource = {.host_name = e->host};
	struct metrics_source source;
	struct buffer body = {0};

	if (!metrics_collect(e, &source) &&
	    !otlp_write(&body, &source, &resource, source.now->wall_ns))
		push_send(e->push, &body);
	buffer_free(&body);
}

static void print_json(struct exports *e)
{
	struct buffer line = {0};
	int err = status_json_write(&line, live_status(e->live, (double)e->options->interval_s),
				    NULL);

	if (!err)
		err = line_writer_write(&e->out, &line);
	buffer_free(&line);
	if (err && !e->json_failing)
		log_warn("--json: cannot write: %s; counting goes on without it",
			 line_writer_why(err));
	e->json_failing = err != 0;
}

void exports_tick(struct exports *e, unsigned long long seconds)
{
	const struct export_options *o = e->options;

	e->seconds += seconds;
	sparklines_tick(e->trends, live_status(e->live, 1));
	if (o->json && e->seconds % o->interval_s < seconds)
		print_json(e);
	if (o->textfile && (double)e->seconds >= e->textfile_due_s) {
		e->textfile_due_s = (double)e->seconds + o->textfile_interval_s;
		write_textfile(e);
	}
	if (e->push && (double)e->seconds >= e->push_due_s) {
		e->push_due_s = (double)e->seconds + o->otlp_interval_s;
		push_now(e);
	}
}

void exports_finish(struct exports *e)
{
	if (e->options->json)
		print_json(e);
	if (e->options->textfile)
		write_textfile(e);
	if (e->push)
		push_now(e);
}

void exports_close(struct exports *e)
{
	unsigned int i;

	for (i = 0; i < e->server_count; i++)
		http_server_close(e->servers[i]);
	push_close(e->push, LAST_PUSH_S);
	sparklines_free(e->trends);
	incident_file_close(&e->incidents);
	line_writer_close(&e->out);
}
