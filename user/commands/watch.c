/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * `dnsreach watch`: counts while it runs, or asks a running daemon. It shows a screen on a
 * terminal, else it prints a table or JSON lines. One epoll loop for the tick each second, signals,
 * changes of interfaces, keys, and answers of the daemon.
 */
#include "util/address.h"
#include "util/clock.h"
#include "util/log.h"
#include "commands/commands.h"
#include "daemon/incident_file.h"
#include "monitor/live.h"
#include "screen/attached.h"
#include "screen/screen.h"
#include "screen/terminal.h"
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
	struct option_list attach;
	struct identity_files identity;
	int json;
	const char *json_file, *incidents;
	unsigned long long count, duration_s, interval_s;
};

static const struct option_row rows[] = {
	OPTION_IMPLIED_LIST_ROW("attach", "URL", ATTACHED_DEFAULT,
				"show what a running daemon counts, and count nothing: http://, "
				"https:// or unix:/PATH; no URL: the daemon of this host",
				struct watch_options, attach, attached_check_url),
	IDENTITY_ROWS(struct watch_options, identity, "https://"),
	IDENTITY_CERT_ROWS(struct watch_options, identity),
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
	struct live *live;	    /* NULL: attached to a daemon */
	struct attached *attached;  /* or NULL */
	struct screen screen;	    /* or a table */
	struct open_incident *open; /* of the screen's status */
	struct table table;
	char ports[64];
	unsigned long long ticks, shown;
	struct loop loop;
	int json_fd; /* of --json-file, or -1 */
	struct incident_file incidents;
	int reader_closed; /* EPIPE */
	int attach_err;	   /* -errno of an answer of the daemon */
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

/* Writes the line of --json-file. 0, or -errno after a message */
static int watch_write_json_file(struct watch *w, const struct status *status)
{
	int err;

	if (w->json_fd < 0)
		return 0;
	err = status_json_print(w->json_fd, status, NULL);
	if (err)
		log_error("--json-file: cannot write %s: %s", w->options->json_file,
			  strerror(-err));
	return err;
}

/* Prints one update. EPIPE, when the reader has closed, ends the loop without an error. 0 or -errno
 */
static int watch_print(struct watch *w, const struct status *status)
{
	int err;

	watch_measure_terminal(w);
	err = watch_write_json_file(w, status);
	if (err)
		return err;
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

/* ---- the screen ----------------------------------------------------------------------------- */

/* Returns the open incident of a resolver, else its latest closed one; NULL: none is known. */
static const struct incident *watch_find_incident(const struct resolver_key *key, void *context)
{
	const struct watch *w = context;
	const struct incident *found = NULL, *const * list;
	size_t count;

	list = incidents_list(live_incidents(w->live), &count);
	while (count-- && !(found && !found->closed_ns))
		if (!memcmp(&list[count]->resolver, key, sizeof(*key)) &&
		    (!found || !list[count]->closed_ns))
			found = list[count];
	return found;
}

/* Lists the open incidents in w->open. Returns 0 or -ENOMEM. */
static int watch_list_open(struct watch *w, size_t *ret_count)
{
	const struct incident *const *list;
	size_t i, count, open = 0;

	list = incidents_list(live_incidents(w->live), &count);
	free(w->open);
	w->open = calloc(count + 1, sizeof(*w->open));
	if (!w->open)
		return -ENOMEM;
	for (i = 0; i < count; i++) {
		if (list[i]->closed_ns)
			continue;
		w->open[open].resolver = list[i]->resolver;
		w->open[open++].start_ns = list[i]->start_ns;
	}
	*ret_count = open;
	return 0;
}

/* Shows a status of this host on the screen. 0, or -errno after a message */
static int watch_show(struct watch *w, const struct status *status)
{
	size_t count;
	int err = watch_write_json_file(w, status);

	if (err)
		return err;
	err = watch_list_open(w, &count);
	if (!err)
		err = screen_update(&w->screen, status, w->open, count);
	w->shown++;
	if (err)
		log_error("cannot show the screen: %s", strerror(-err));
	return err;
}

/* Opens the screen where there is a terminal for one. 0, or -errno after a message */
static int watch_open_screen(struct watch *w)
{
	struct model_source source = {.from_zero = 1,
				      .ports = w->table.options.ports ? w->table.options.ports
								      : "53",
				      .find_incident = watch_find_incident,
				      .context = w};
	int err;

	if (w->options->json || !terminal_is_usable())
		return 0;
	if (w->attached)
		attached_set_source(w->attached, &source);
	err = screen_open(&w->screen, &w->loop, &source);
	return err == -ENOTTY ? 0 : err;
}

static int watch_update(struct watch *w)
{
	const struct status *status = live_status(w->live, (double)w->options->interval_s);

	return w->screen.is_open ? watch_show(w, status) : watch_print(w, status);
}

/* ---- the end -------------------------------------------------------------------------------- */

/* Detaches, and prints the final totals. 0 or -errno */
static int watch_finish(struct watch *w)
{
	int err = live_finish(w->live), had_screen = w->screen.is_open;
	const struct status *status;

	screen_close(&w->screen);
	if (err || w->reader_closed)
		return err;
	status = live_status(w->live, (double)w->options->interval_s);
	err = had_screen ? watch_write_json_file(w, status) : watch_print(w, status);
	if (!err && !w->reader_closed && !w->options->json)
		err = summary_print(STDOUT_FILENO, status, NULL);
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
		err = watch_update(w);
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

/* Counts on this host. 0 or -errno after a message; *usage is 1 for wrong settings */
static int watch_host(struct watch *w, int *usage)
{
	const struct watch_options *options = w->options;
	int err = watch_open_json_file(w);

	if (!err)
		err = incident_file_open(options->incidents, &w->incidents);
	if (!err) {
		err = live_open(&options->settings, incident_file_write, &w->incidents, &w->live);
		*usage = err == -EINVAL;
	}
	if (!err)
		err = loop_add(&w->loop, live_fd(w->live), on_link_event, w);
	if (!err)
		err = watch_open_screen(w);
	if (!err)
		err = loop_run(&w->loop, on_tick, w);
	if (!err)
		err = watch_finish(w);
	return err;
}

/* ---- attached to a daemon ------------------------------------------------------------------- */

/* Shows what the daemon has answered last. 0, or -errno after a message */
static int watch_show_attached(struct watch *w)
{
	const char *failure = attached_failure(w->attached);
	const struct open_incident *open;
	size_t count;
	int err;

	if (!w->screen.is_open && failure) {
		log_error("--attach: %s", failure);
		return -EIO;
	}
	if (!w->screen.is_open)
		return watch_print(w, attached_status(w->attached));
	open = attached_incidents(w->attached, &count);
	model_set_message(&w->screen.model, failure);
	err = screen_update(&w->screen, attached_status(w->attached), open, count);
	w->shown++;
	return err;
}

static void on_answer(void *context)
{
	struct watch *w = context;

	if (!attached_run(w->attached) || w->loop.ended)
		return;
	w->attach_err = watch_show_attached(w);
	if (w->attach_err || (w->options->count && w->shown >= w->options->count))
		w->loop.ended = 1;
}

/* Asks the daemon each interval. 0 or -errno */
static int on_attached_tick(unsigned long long seconds, void *context)
{
	struct watch *w = context;

	w->ticks += seconds;
	if (w->options->duration_s && w->ticks >= w->options->duration_s) {
		w->loop.ended = 1;
		return 0;
	}
	return w->ticks % w->options->interval_s < seconds ? attached_ask(w->attached) : 0;
}

/* Returns whether an option says what is counted here: none can, of a daemon. */
static int has_counting_options(const struct watch_options *o)
{
	const struct settings *s = &o->settings, *d = &settings_default;

	return s->interfaces.count || s->guests.count || s->ports.count || s->resolvers.count ||
	       s->timeout_s != d->timeout_s || s->max_resolvers != d->max_resolvers ||
	       s->max_in_flight != d->max_in_flight ||
	       s->failure_threshold != d->failure_threshold ||
	       s->error_threshold != d->error_threshold || s->no_short_quotes || s->clsact ||
	       s->askers || o->json || o->json_file || o->incidents;
}

static int watch_check_attach(const struct watch_options *o)
{
	if (o->attach.count > 1)
		return options_refuse("attach", NULL, "only one daemon can be shown; give one URL");
	if (o->attach.count && has_counting_options(o))
		return options_refuse(
			"attach", NULL,
			"the daemon decides what is counted and written; leave out all options but "
			"--count, --duration, --interval and those of HTTPS");
	if (!o->attach.count && (o->identity.ca_file || o->identity.user_file ||
				 o->identity.cert_file || o->identity.key_file))
		return options_refuse("attach", NULL,
				      "--ca-file, --user-file, --cert-file and --key-file are "
				      "for --attach=URL; add it, or leave them out");
	return 0;
}

/* Shows what a daemon counts. 0, or -errno after a message */
static int watch_daemon(struct watch *w)
{
	const struct attached_options from = {.url = w->options->attach.items[0],
					      .identity = w->options->identity};
	int err;

	address_use_recorded_scopes(); /* the interfaces of fe80 addresses are the daemon's host's
					*/
	err = attached_open(&from, &w->attached);
	if (!err)
		err = loop_add(&w->loop, attached_fd(w->attached), on_answer, w);
	if (!err)
		err = watch_open_screen(w);
	if (!err)
		err = watch_show_attached(w);
	if (!err && w->options->count && w->shown >= w->options->count)
		return 0;
	if (!err)
		err = attached_ask(w->attached);
	if (!err)
		err = loop_run(&w->loop, on_attached_tick, w);
	screen_close(&w->screen);
	return err ? err : w->attach_err;
}

int command_watch(int argc, char **argv)
{
	struct watch_options options = {.settings = settings_default, .interval_s = 1};
	struct watch w = {.options = &options, .json_fd = -1, .incidents = {.fd = -1}};
	int err, usage = 0;

	err = options_read(rows, sizeof(rows) / sizeof(rows[0]),
			   "Usage: dnsreach watch [OPTIONS]\n\n"
			   "Follows each DNS query of this host to its outcome, and shows the "
			   "resolvers: on a\n"
			   "terminal a screen (? lists its keys), else a table. q or Ctrl-C ends "
			   "it and prints a\n"
			   "summary; nothing stays attached.\n",
			   argc, argv, &options, NULL);
	if (err)
		return err > 0 ? EXIT_FINE : EXIT_USAGE;
	if (watch_check_attach(&options))
		return EXIT_USAGE;
	watch_init_table(&w);
	err = loop_open(&w.loop);
	w.loop.hangup_ends = 1;
	if (!err)
		err = options.attach.count ? watch_daemon(&w) : watch_host(&w, &usage);
	screen_close(&w.screen);
	loop_close(&w.loop);
	if (w.json_fd >= 0)
		close(w.json_fd);
	live_close(w.live);
	attached_close(w.attached);
	free(w.open);
	incident_file_close(&w.incidents);
	if (usage)
		return EXIT_USAGE;
	return err ? EXIT_FAILED : EXIT_FINE;
}
