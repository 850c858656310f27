/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * `dnsreach watch`: counts while it runs, and prints a live table, or JSON lines. One epoll loop
 * for the tick each second, signals, and changes of interfaces.
 */
#include "util/clock.h"
#include "util/log.h"
#include "commands/commands.h"
#include "daemon/incident_file.h"
#include "monitor/live.h"
#include "util/event_loop.h"
#include "view/status_json.h"
#include "view/summary.h"
#include "view/table.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

struct watch_options {
	struct settings settings;
	int json;
	const char *json_file, *incidents;
	unsigned long long count, duration_s, interval_s;
};

static const struct option_row rows[] = {
	OPTION_FLAG_ROW("json", 'j', "print one JSON object per interval, and nothing else",
			struct watch_options, json),
	OPTION_TEXT_ROW("json-file", 0, "FILE",
			"write the JSON lines to FILE too, beside the table", struct watch_options,
			json_file, NULL),
	OPTION_TEXT_ROW("incidents", 0, "FILE",
			"append incidents to FILE, one JSON object a line, for `dnsreach report`",
			struct watch_options, incidents, NULL),
	OPTION_WHOLE_ROW("count", 'n', "N", "end after N updates (default: end at a signal)",
			 struct watch_options, count, 1, 1e9),
	OPTION_WHOLE_ROW("duration", 'd', "S", "end after S seconds (default: end at a signal)",
			 struct watch_options, duration_s, 1, 1e9),
	OPTION_WHOLE_ROW("interval", 'I', "S", "seconds between two updates (default 1)",
			 struct watch_options, interval_s, 1, 3600),
	SETTINGS_ROWS(struct watch_options, settings),
};

struct watch {
	const struct watch_options *options;
	struct live *live;
	struct table table;
	char ports[64];
	unsigned long long ticks, shown;
	struct loop loop;
	int json_fd; /* of --json-file, or -1 */
	struct incident_file incidents;
	int reader_closed; /* EPIPE */
};

/* ---- output ------------------------------------------------------------------------------- */

static void watch_measure_terminal(struct watch *w)
{
	struct winsize size;

	if (!w->table.options.redraw || ioctl(STDOUT_FILENO, TIOCGWINSZ, &size))
		return;
	w->table.options.columns = size.ws_col;
	w->table.options.rows = size.ws_row;
}

/* Prints one update. EPIPE, when the reader has closed, ends the loop without an error. 0 or -errno
 */
static int watch_print(struct watch *w)
{
	const struct status *status = live_status(w->live, w->options->interval_s);
	int err;

	watch_measure_terminal(w);
	if (w->json_fd >= 0) {
		err = status_json_print(w->json_fd, status, NULL);
		if (err) {
			log_error("--json-file: cannot write %s: %s", w->options->json_file,
				  strerror(-err));
			return err;
		}
	}
	if (w->options->json)
		err = status_json_print(STDOUT_FILENO, status, NULL);
	else
		err = table_print(&w->table, STDOUT_FILENO, status);
	w->shown++;
	if (err == -EPIPE) {
		w->loop.ended = w->reader_closed = 1;
		return 0;
	}
	if (err)
		log_error("cannot write: %s", strerror(-err));
	return err;
}

/* Detaches, and prints the final totals. 0 or -errno */
static int watch_finish(struct watch *w)
{
	int err = live_finish(w->live);

	if (!err && !w->reader_closed)
		err = watch_print(w);
	if (!err && !w->reader_closed && !w->options->json)
		err = summary_print(STDOUT_FILENO, live_status(w->live, w->options->interval_s),
				    NULL);
	return err == -EPIPE ? 0 : err;
}

/* ---- the loop ----------------------------------------------------------------------------- */

static int watch_is_last(const struct watch *w, unsigned long long expired)
{
	const struct watch_options *o = w->options;

	if (o->duration_s && w->ticks >= o->duration_s)
		return 1;
	return o->count && w->shown + 1 >= o->count && w->ticks % o->interval_s < expired;
}

/* The tick each second. 0 or -errno */
static int on_tick(unsigned long long seconds, void *context)
{
	struct watch *w = context;
	int err;

	w->ticks += seconds;
	if (watch_is_last(w, seconds)) {
		w->loop.ended = 1;
		return 0;
	}
	err = live_tick(w->live);
	if (!err && w->ticks % w->options->interval_s < seconds)
		err = watch_print(w);
	return err;
}

static void on_link_event(void *context)
{
	struct watch *w = context;

	live_update_interfaces(w->live);
}

/* ---- the command -------------------------------------------------------------------------- */

static void watch_init_table(struct watch *w)
{
	const struct option_list *ports = &w->options->settings.ports;
	const char *no_colour = getenv("NO_COLOR"), *terminal = getenv("TERM");
	int tty = isatty(STDOUT_FILENO) && terminal && strcmp(terminal, "dumb") != 0;
	size_t i, used = 0;

	for (i = 0; i < ports->count && used < sizeof(w->ports); i++)
		used += snprintf(w->ports + used, sizeof(w->ports) - used, "%s%s", i ? ", " : "",
				 ports->items[i]);
	w->table.options.redraw = tty;
	w->table.options.colour = tty && !(no_colour && *no_colour);
	w->table.options.ports = ports->count ? w->ports : NULL;
}

/* Opens --json-file, before privileges are dropped. 0, or -errno after a message */
static int watch_open_json_file(struct watch *w)
{
	const char *path = w->options->json_file;

	if (!path)
		return 0;
	w->json_fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (w->json_fd >= 0)
		return 0;
	log_error("--json-file: cannot write %s: %s", path, strerror(errno));
	return -EIO;
}

int command_watch(int argc, char **argv)
{
	struct watch_options options = {.settings = settings_default, .interval_s = 1};
	struct watch w = {.options = &options, .json_fd = -1, .incidents = {.fd = -1}};
	int err, usage = 0;

	err = options_read(
		rows, sizeof(rows) / sizeof(rows[0]),
		"Usage: dnsreach watch [OPTIONS]\n\n"
		"Follows each DNS query of this host to its outcome, and shows a live table of\n"
		"the resolvers. Ctrl-C ends it and prints a summary; nothing stays attached.\n",
		argc, argv, &options, NULL);
	if (err)
		return err > 0 ? EXIT_FINE : EXIT_USAGE;
	watch_init_table(&w);
	err = loop_open(&w.loop);
	w.loop.hangup_ends = 1;
	if (!err)
		err = watch_open_json_file(&w);
	if (!err)
		err = incident_file_open(options.incidents, &w.incidents);
	if (!err) {
		err = live_open(&options.settings, incident_file_write, &w.incidents, &w.live);
		usage = err == -EINVAL;
	}
	if (!err)
		err = loop_add(&w.loop, live_fd(w.live), on_link_event, &w);
	if (!err)
		err = loop_run(&w.loop, on_tick, &w);
	if (!err)
		err = watch_finish(&w);
	loop_close(&w.loop);
	if (w.json_fd >= 0)
		close(w.json_fd);
	live_close(w.live);
	incident_file_close(&w.incidents);
	if (usage)
		return EXIT_USAGE;
	return err ? EXIT_FAILED : EXIT_FINE;
}
