/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * `dnsreach run`: counts under a service manager and exports the results (daemon/exports.h).
 * Options come from a file and from the command line.
 */
#include "commands/commands.h"
#include "util/log.h"
#include "util/config.h"
#include "daemon/exports.h"
#include "daemon/heartbeat.h"
#include "daemon/notify.h"
#include "daemon/save_pace.h"
#include "health/status.h"
#include "datapath/handover.h"

#include "util/address.h"
#include "util/buffer.h"
#include "util/clock.h"
#include "util/memory.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define DEFAULT_FILE "/etc/dnsreach.conf"
#define FAILED_TICKS_MAX 10 /* in succession, before it ends */

struct run_options {
	struct settings settings;
	struct export_options exports;
	const char *config;
	double heartbeat_s; /* 0: never */
	const char *heartbeat_name;
	int check_config, dump_config, start_clean;
};

#define COMMAND_LINE_ROWS 3 /* the first rows, which a file cannot have */

static const struct option_row rows[] = {
	OPTION_TEXT_ROW("config", 'c', "FILE",
			"read options from FILE first (default " DEFAULT_FILE ", if it exists)",
			struct run_options, config, NULL),
	OPTION_FLAG_ROW("check-config", 0, "check the options and the file, and exit",
			struct run_options, check_config),
	OPTION_FLAG_ROW("dump-config", 0, "print all options in the format of the file, and exit",
			struct run_options, dump_config),
	OPTION_LIST_ROW(
		"listen", 'L', "ADDRESS:PORT",
		"serve /metrics and the status page at ADDRESS:PORT or unix:/PATH; repeat it "
		"or use commas; none: do not listen (default 127.0.0.1:9753)",
		struct run_options, exports.listen, LISTENERS_MAX, check_listen),
	OPTION_TEXT_ROW("web-config", 0, "FILE",
			"serve TCP by TLS and ask for passwords as FILE says, Prometheus' web "
			"configuration file (default: neither)",
			struct run_options, exports.web_config, NULL),
	OPTION_TEXT_ROW("textfile", 0, "FILE",
			"write the metrics to FILE for node_exporter; FILE must end in .prom",
			struct run_options, exports.textfile, check_textfile),
	OPTION_SECONDS_ROW("textfile-interval", 0, "S",
			   "seconds between writes of the textfile (default 15)",
			   struct run_options, exports.textfile_interval_s, 1, 3600),
	OPTION_TEXT_ROW("otlp", 0, "URL",
			"push the metrics to URL by OTLP/HTTP, as http://collector:4318/v1/metrics",
			struct run_options, exports.otlp, check_otlp),
	OPTION_SECONDS_ROW("otlp-interval", 0, "S", "seconds between OTLP pushes (default 30)",
			   struct run_options, exports.otlp_interval_s, 1, 3600),
	OPTION_SECRET_ROW(
		"otlp-header", 0, "HEADER",
		"HTTP header to send with each OTLP push, as `Authorization: Bearer TOKEN`",
		struct run_options, exports.otlp_header, check_otlp_header),
	OPTION_TEXT_ROW(
		"incidents", 0, "FILE",
		"append incidents to FILE, one JSON object a line, for `dnsreach report`; -: "
		"print them when they open and close; none: log them only (default none)",
		struct run_options, exports.incidents, NULL),
	OPTION_SECONDS_ROW("heartbeat", 0, "S",
			   "ask each configured resolver one question every S seconds, so that one "
			   "that nobody asks is judged too; 60 is enough; 0: never (default 0)",
			   struct run_options, heartbeat_s, 0, 3600),
	OPTION_TEXT_ROW("heartbeat-name", 0, "NAME",
			"ask for the address (A) of NAME in heartbeats (default: the root's name "
			"servers)",
			struct run_options, heartbeat_name, check_heartbeat_name),
	OPTION_FLAG_ROW("start-clean", 0,
			"count from zero, even if the service manager kept the counters of the "
			"previous process",
			struct run_options, start_clean),
	OPTION_FLAG_ROW("askers-metric", 0,
			"export dnsreach_asker_*_total with a label for the asker, at most 20 a "
			"resolver; sets --askers",
			struct run_options, exports.askers_metric),
	OPTION_FLAG_ROW("json", 'j', "print one JSON object per interval to standard output",
			struct run_options, exports.json),
	OPTION_WHOLE_ROW("interval", 'I', "S", "seconds between JSON lines (default 60)",
			 struct run_options, exports.interval_s, 1, 3600),
	SETTINGS_ROWS(struct run_options, settings),
};

#define ROWS (sizeof(rows) / sizeof(rows[0]))

struct run {
	const struct run_options *options;
	struct loop loop;
	struct live *live;
	struct handover *handover;
	struct exports exports;
	struct heartbeat *heartbeat; /* NULL: none */
	unsigned int failed_ticks;   /* in succession */
	struct save_pace save_pace;
	unsigned long told_changes; /* live_changes() that the service manager was told of */
	double watchdog_s;
};

/* ---- options ------------------------------------------------------------------------------ */

static const struct run_options options_default = {
	.exports = {.textfile_interval_s = 15,
		    .otlp_interval_s = 30,
		    .incidents = "none",
		    .interval_s = 60},
};

/* Checks what one value alone does not show. 0, or -EINVAL after a message */
static int run_check_options(const struct run_options *o)
{
	struct resolver_key named[OPTION_LIST_MAX];
	struct engine_config config;

	if (settings_config(&o->settings, &config) ||
	    settings_resolvers(&o->settings, &config, named) < 0)
		return -EINVAL;
	if (o->heartbeat_s > 0 && o->heartbeat_s < HEARTBEAT_LEAST_S)
		return options_refuse("heartbeat", NULL,
				      "%g is too often; give at least %d seconds, or 0 for never",
				      o->heartbeat_s, HEARTBEAT_LEAST_S);
	if (o->heartbeat_name && o->heartbeat_s <= 0)
		return options_refuse("heartbeat-name", NULL, "needs heartbeat: nothing is asked");
	return exports_check(&o->exports);
}

static const char usage[] =
	"Usage: dnsreach run [OPTIONS]\n\n"
	"Counts in the foreground and exports the results, under a service manager. Each\n"
	"option can also stand in a file, as `name = value`; the command line overrides\n"
	"the file. SIGINT and SIGTERM end it. SIGHUP opens the file of incidents again and\n"
	"reads the file of --web-config again.\n";

/* Reads --config of the command line into *ret, NULL without it. Returns as options_read(). */
static int run_find_config(int argc, char **argv, struct config *config, const char **ret)
{
	struct run_options first = options_default;
	char *words[argc + 1];
	int err, i;

	/* Copies, because parsing a list cuts its text. */
	for (i = 0; i < argc; i++) {
		words[i] = config_keep(config, argv[i]);
		if (!words[i])
			return -ENOMEM;
	}
	words[argc] = NULL;
	err = options_read(rows, ROWS, usage, argc, words, &first, NULL);
	*ret = first.config;
	return err;
}

/* Reads the file, then the command line, which overrides it. Returns as options_read(). */
static int run_read_options(int argc, char **argv, struct config *config, struct run_options *ret)
{
	const char *file;
	int err = run_find_config(argc, argv, config, &file);

	if (err)
		return err;
	*ret = options_default;
	ret->settings = settings_default;
	err = config_read(config, file ? file : DEFAULT_FILE, rows + COMMAND_LINE_ROWS,
			  ROWS - COMMAND_LINE_ROWS, ret);
	if (err == -ENOENT && file)
		log_error("--config: cannot read %s: no such file", file);
	if (err && (err != -ENOENT || file))
		return -EINVAL;
	err = options_read(rows, ROWS, usage, argc, argv, ret, NULL);
	if (!err)
		err = options_fit(rows + COMMAND_LINE_ROWS, ROWS - COMMAND_LINE_ROWS, ret);
	return err;
}

/* Prints all options; EPIPE, when the reader has closed, is not an error. */
static int run_dump_config(const struct run_options *o)
{
	struct buffer text = {0};
	FILE *out = open_memstream(&text.text, &text.used);
	int err = -ENOMEM;

	if (out) {
		options_dump(rows + COMMAND_LINE_ROWS, ROWS - COMMAND_LINE_ROWS, o, out);
		if (!fclose(out))
			err = buffer_write(&text, STDOUT_FILENO);
	}
	buffer_free(&text);
	if (!err || err == -EPIPE)
		return 0;
	log_error("--dump-config: cannot write: %s", strerror(-err));
	return err == -EINVAL ? -EIO : err; /* the command line was fine */
}

/* ---- running ------------------------------------------------------------------------------ */

/* Sends "1 down, 0 degraded, 0 unclear, 2 healthy resolvers; worst: 203.0.113.2 (port-closed)" to
 * systemctl.
 */
static void run_notify_status(struct run *r)
{
	const struct status *status = live_status(r->live, 1);
	const struct resolver_status *worst = NULL, *each;
	unsigned int by_state[STATE_MAX] = {0};
	char name[RESOLVER_TEXT_SIZE];
	const char *cause;

	r->told_changes = live_changes(r->live);
	for (each = status->resolvers; each < status->resolvers + status->count; each++) {
		if (resolver_is_other(&each->now->key))
			continue;
		by_state[each->state]++;
		if (each->state >= STATE_UNCLEAR && (!worst || each->state > worst->state))
			worst = each;
	}
	if (!worst) {
		notify_send("STATUS=%u healthy, %u pending, %u idle resolvers; %zu interfaces",
			    by_state[STATE_HEALTHY], by_state[STATE_PENDING], by_state[STATE_IDLE],
			    status->interface_count);
		return;
	}
	cause = cause_name(worst->cause);
	notify_send("STATUS=%u down, %u degraded, %u unclear, %u healthy resolvers; worst: %s (%s)",
		    by_state[STATE_DOWN], by_state[STATE_DEGRADED], by_state[STATE_UNCLEAR],
		    by_state[STATE_HEALTHY], resolver_text(&worst->now->key, name),
		    cause ? cause : "no cause yet");
}

static void run_heartbeat(struct run *r)
{
	struct resolver_key resolvers[CONFIGURED_MAX];
	size_t count;

	if (!r->heartbeat)
		return;
	count = live_configured(r->live, resolvers);
	live_add_heartbeats(r->live,
			    heartbeat_tick(r->heartbeat, resolvers, count, clock_monotonic_ns()));
}

/* Saves states and incidents, and notes what that took. */
static void run_save(struct run *r)
{
	__u64 before_ns = clock_cpu_ns();

	live_save(r->live);
	save_pace_saved(&r->save_pace, clock_cpu_ns() - before_ns);
}

/* Ends the loop after FAILED_TICKS_MAX failed ticks, each of which live_tick() logs. */
static int on_tick(unsigned long long seconds, void *context)
{
	struct run *r = context;
	int err = live_tick(r->live);

	r->failed_ticks = err ? r->failed_ticks + 1 : 0;
	if (err)
		return r->failed_ticks < FAILED_TICKS_MAX ? 0 : err;
	run_heartbeat(r);
	if (r->loop.hung_up) {
		r->loop.hung_up = 0;
		exports_reopen(&r->exports);
	}
	exports_tick(&r->exports, seconds);
	if (save_pace_tick(&r->save_pace, seconds))
		run_save(r);
	notify_flush();
	if (r->watchdog_s > 0)
		notify_send("WATCHDOG=1");
	if (live_changes(r->live) != r->told_changes)
		run_notify_status(r);
	return 0;
}

static void on_link_event(void *context)
{
	struct run *r = context;

	live_update_interfaces(r->live);
	r->told_changes = 0; /* the status has their number */
}

static void run_store_fd(int fd, const char *name, void *context)
{
	notify_push_fd(fd, name);
}

/*
 * Receives a descriptor: a map or link of the previous process, or a listening socket. What a later
 * version has left there stays with the service manager, for the way back to it.
 */
static void run_receive_fd(int fd, const char *name, void *context)
{
	struct run *r = context;

	if (handover_add_fd(r->handover, fd, name) || !exports_add_socket(&r->exports, fd))
		return;
	log_info("descriptor '%s' of the service manager is of another kind than this version "
		 "knows: not used",
		 name);
	close(fd);
}

static int run_receive_fds(struct run *r)
{
	r->handover = handover_new(run_store_fd, notify_store_room(), NULL);
	if (!r->handover)
		return -ENOMEM;
	notify_receive_fds(run_receive_fd, r);
	if (r->options->start_clean)
		handover_discard(r->handover);
	return 0;
}

static int run_daemon(struct run *r)
{
	struct settings settings = r->options->settings;
	int err = loop_open(&r->loop);

	settings.askers_exported = r->options->exports.askers_metric;
	settings.askers |= settings.askers_exported;

	if (!err)
		err = run_receive_fds(r);
	if (!err)
		err = exports_open(&r->exports, &r->options->exports);
	if (!err)
		err = live_open_from(&settings, r->handover, exports_write_incident, &r->exports,
				     &r->live);
	if (!err)
		err = loop_add(&r->loop, live_fd(r->live), on_link_event, r);
	if (!err && r->options->heartbeat_s > 0)
		err = heartbeat_open(r->options->heartbeat_s, settings.timeout_s,
				     r->options->heartbeat_name, &r->heartbeat);
	if (!err)
		err = live_tick(r->live);
	if (!err)
		err = exports_start(&r->exports, r->live, handover_started_ns(r->handover),
				    &r->loop);
	if (err)
		return err;
	notify_send_ready();
	exports_log_start(&r->exports);
	run_notify_status(r);
	err = loop_run(&r->loop, on_tick, r);
	notify_send("STOPPING=1");
	if (!err)
		err = live_finish(r->live);
	if (err)
		return err;
	live_save(r->live);
	exports_finish(&r->exports);
	return 0;
}

int command_run(int argc, char **argv)
{
	struct run_options options;
	struct config config = {0};
	struct run r = {.options = &options, .watchdog_s = notify_watchdog_s()};
	int err = run_read_options(argc, argv, &config, &options), code;

	memory_return_large_blocks(); /* the rows of all resolvers are tens of MB, for a moment */
	if (err) {
		config_free(&config);
		return err > 0 ? EXIT_FINE : EXIT_USAGE;
	}
	if (options.dump_config)
		err = run_dump_config(&options);
	if (!err)
		err = run_check_options(&options);
	if (!err && options.check_config)
		log_info("the configuration is valid");
	if (!err && !options.dump_config && !options.check_config)
		err = run_daemon(&r);
	code = err == -EINVAL ? EXIT_USAGE : err ? EXIT_FAILED : EXIT_FINE;
	if (r.options && r.exports.options)
		exports_close(&r.exports);
	if (r.loop.epoll)
		loop_close(&r.loop);
	heartbeat_close(r.heartbeat);
	live_close(r.live);
	handover_free(r.handover);
	config_free(&config);
	return code;
}
