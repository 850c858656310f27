// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * `dnsreach check`: a monitoring plugin. It always prints one line and returns an exit code: an
 * error is UNKNOWN, with its message on standard output, where monitoring systems read.
 */
#include "check/check.h"

#include "util/log.h"
#include "util/address.h"
#include "util/clock.h"
#include "commands/commands.h"
#include "monitor/settings.h"
#include "health/status.h"
#include "util/json.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

/* The part of --timeout that is reserved for detaching and printing. */
#define MARGIN_S 0.5

static const struct option_row rows[] = {
	OPTION_TEXT_ROW("warning", 'w', "RANGE",
			"return WARNING when the metric is outside RANGE: 10, 10:, ~:10, 10:20, or "
			"inside it: "
			"@10:20",
			struct check_options, warning, NULL),
	OPTION_TEXT_ROW("critical", 'c', "RANGE",
			"return CRITICAL when the metric is outside RANGE", struct check_options,
			critical, NULL),
	OPTION_TEXT_ROW(
		"metric", 0, "METRIC",
		"metric for -w and -c (default bad_ratio, the percentage that failed or was "
		"answered with an error; with --probe: failed, the number of resolvers)",
		struct check_options, metric, NULL),
	OPTION_TEXT_ROW("window", 0, "WINDOW",
			"window of the metric and the perfdata: 1s, 10s, 1m or 5m (default 1m)",
			struct check_options, window, NULL),
	OPTION_RESOLVERS_ROW("resolver", 'r', "ADDRESS",
			     "check only resolver ADDRESS; repeat it or use commas (default: all)",
			     struct check_options, resolvers),
	OPTION_FLAG_ROW("no-forged", 0, "do not report WARNING for suspected forged ICMP",
			struct check_options, no_forged),
	OPTION_TEXT_ROW("url", 0, "URL",
			"URL of the daemon, or unix:/PATH (default unix:/run/dnsreach.sock, else "
			"http://127.0.0.1:9753, else a sample)",
			struct check_options, url, NULL),
	IDENTITY_ROWS(struct check_options, identity, "https:// and --probe-tls-name"),
	IDENTITY_CERT_ROWS(struct check_options, identity),
	OPTION_FLAG_ROW("sample", 0,
			"ask no daemon: attach and count for --interval seconds, as root",
			struct check_options, sample),
	OPTION_WHOLE_ROW("interval", 'I', "S", "seconds that a sample counts at least (default 5)",
			 struct check_options, interval_s, 1, 3600),
	OPTION_LIST_ROW("interface", 'i', "NAME",
			"interface of the sample (default: as for `dnsreach watch`)",
			struct check_options, interfaces, 0, interface_option_check),
	OPTION_PORTS_ROW("port", 'p', "P[,P...]",
			 "DNS ports of the sample; with --probe: port of the configured resolvers "
			 "(default 53)",
			 struct check_options, ports, 0),
	OPTION_FLAG_ROW(
		"probe", 0,
		"ask each resolver of resolv.conf, or of --resolver: one query, and up to three "
		"more while nothing comes back; needs no privileges",
		struct check_options, probe),
	OPTION_LIST_ROW(
		"probe-transport", 0, "TRANSPORT",
		"ask over TRANSPORT in a probe: udp, tcp or dot (TLS, port 853); repeat it or use "
		"commas (default udp)",
		struct check_options, transports, 3, check_transport_option),
	OPTION_TEXT_ROW("probe-tls-name", 0, "NAME",
			"over TLS ask only a resolver whose certificate is of NAME, and trusted by "
			"the system or --ca-file (default: not verified)",
			struct check_options, tls_name, check_tls_name_option),
	OPTION_TEXT_ROW(
		"name", 0, "NAME",
		"name whose A record --probe asks for (default: the NS records of the root)",
		struct check_options, name, NULL),
	OPTION_FLAG_ROW("json", 'j', "print one JSON object instead of the plugin's line",
			struct check_options, json),
	OPTION_SECONDS_ROW("timeout", 't', "S", "return UNKNOWN after S seconds (default 10)",
			   struct check_options, timeout_s, 1, 3600),
	OPTION_FLAG_ROW("verbose", 'v', "print the evidence for each resolver on lines of its own",
			struct check_options, verbose),
};

/* ---- output ------------------------------------------------------------------------------- */

/* Prints the line, or `object` (which is taken over); returns the exit code. */
static int check_print(const struct check_options *options, struct plugin_output *plugin,
		       json_t *object)
{
	struct json_build build = {0};
	struct buffer out = {0};
	int code = plugin->status;

	if (options->json) {
		if (!object)
			object = check_json_object(plugin, NULL, clock_wall_ns());
		if (json_build_write(&build, object, &out))
			out.failed = 1;
	} else {
		plugin_write(&out, plugin);
	}
	if (buffer_error(&out) || buffer_error(&plugin->text) || !out.used) {
		printf("DNSREACH UNKNOWN - out of memory\n");
		code = PLUGIN_UNKNOWN;
	} else if (buffer_write(&out, STDOUT_FILENO)) {
		code = PLUGIN_UNKNOWN;
	}
	buffer_free(&out);
	plugin_free(plugin);
	return code;
}

/* The output for a timeout, written before: a signal handler may only call write() and _exit(). */
static struct buffer timeout_output;

static void on_alarm(int signal)
{
	ssize_t written = write(STDOUT_FILENO, timeout_output.text, timeout_output.used);

	(void)written;
	_exit(PLUGIN_UNKNOWN);
}

static void check_start_timer(const struct check_options *options)
{
	struct itimerval timer = {.it_value.tv_sec = (time_t)options->timeout_s};
	struct plugin_output plugin = {.status = PLUGIN_UNKNOWN};

	timer.it_value.tv_usec =
		(suseconds_t)(1e6 * (options->timeout_s - (double)timer.it_value.tv_sec));
	buffer_add(&plugin.text, "no result within %g s (--timeout)", options->timeout_s);
	if (options->json)
		buffer_add(&timeout_output,
			   "{\"status\":\"UNKNOWN\",\"text\":\"%s\",\"source\":null,"
			   "\"resolvers\":[]}\n",
			   plugin.text.text);
	else
		plugin_write(&timeout_output, &plugin);
	plugin_free(&plugin);
	if (!buffer_error(&timeout_output)) {
		signal(SIGALRM, on_alarm);
		setitimer(ITIMER_REAL, &timer, NULL);
	}
}

/* ---- the command line --------------------------------------------------------------------- */

static int refuse_usage(const char *words)
{
	log_error("%s", words);
	return -EINVAL;
}

static int check_parse_range(const char *option, const char *text, struct plugin_range *ret)
{
	if (!text || !range_parse(text, ret))
		return 0;
	log_error("%s: '%s' is not a range such as 10, 10:, ~:10, 10:20 or @10:20", option, text);
	return -EINVAL;
}

/* Refuses -w 50 -c 5, which would never return WARNING. 0, or -EINVAL after a message */
static int check_range_order(const struct check_options *options, const struct check_rules *rules)
{
	if (!options->warning || !options->critical ||
	    !range_hides_warning(&rules->warning, &rules->critical))
		return 0;
	log_error("-w %s -c %s: each value that is a WARNING is CRITICAL too, so WARNING would "
		  "never be returned; swap them: -w %s -c %s",
		  options->warning, options->critical, options->critical, options->warning);
	return -EINVAL;
}

static int check_parse_window(const char *name, enum window *ret)
{
	unsigned int i;

	*ret = WINDOW_1M;
	for (i = 0; name && i < WINDOW_MAX; i++) {
		if (!strcmp(window_name(i), name)) {
			*ret = i;
			return 0;
		}
	}
	if (!name)
		return 0;
	log_error("--window: '%s' is not 1s, 10s, 1m or 5m", name);
	return -EINVAL;
}

static int check_parse_metric(const struct check_options *options, struct check_rules *rules)
{
	int ranges = options->warning || options->critical;
	int known = !options->metric || (options->probe ? check_probe_metric(options->metric)
							: check_metric(options->metric) != NULL);

	if (!known) {
		log_error("--metric: '%s' is not one of %s", options->metric,
			  options->probe ? check_probe_metric_names() : check_metric_names());
		return -EINVAL;
	}
	if (options->metric && !ranges)
		return refuse_usage("--metric: needs -w or -c");
	if (ranges && !options->probe)
		rules->metric = check_metric(options->metric ? options->metric : "bad_ratio");
	return 0;
}

static int has_transport(const struct check_options *o, const char *name)
{
	size_t i;

	for (i = 0; i < o->transports.count; i++)
		if (!strcmp(o->transports.items[i], name))
			return 1;
	return 0;
}

/* Checks the options of certificates and passwords. 0, or -EINVAL after a message */
static int check_identity(const struct check_options *o)
{
	const struct identity_files *files = &o->identity;

	if (o->tls_name && !(o->probe && has_transport(o, "dot")))
		return refuse_usage("--probe-tls-name: only with --probe --probe-transport dot");
	if (files->ca_file && !o->url && !o->tls_name)
		return refuse_usage("--ca-file needs --url or --probe-tls-name");
	if ((files->user_file || files->cert_file || files->key_file) && !o->url)
		return refuse_usage("--user-file, --cert-file and --key-file need --url");
	return 0;
}

/* Checks which options exclude each other. 0, or -EINVAL after a message */
static int check_combination(const struct check_options *o)
{
	if (check_identity(o))
		return -EINVAL;
	if (o->probe && (o->sample || o->url))
		return refuse_usage("--probe cannot be combined with --sample or --url");
	if (o->sample && o->url)
		return refuse_usage("--sample cannot be combined with --url");
	if (o->name && !o->probe)
		return refuse_usage("--name: only with --probe");
	if (o->transports.count && !o->probe)
		return refuse_usage("--probe-transport: only with --probe");
	if (!o->probe && !o->url && (double)o->interval_s + 1 > o->timeout_s)
		return refuse_usage(
			"--timeout must be at least 1 s longer than --interval, for the sample "
			"when no daemon answers; with --url there is no sample");
	return o->url ? check_url(o->url) : 0;
}

/* Parses the values into `rules`. 0, or -EINVAL after a message */
static int check_parse_rules(const struct check_options *options, struct check_rules *rules)
{
	size_t i;

	rules->warning_text = options->warning;
	rules->critical_text = options->critical;
	rules->forged_is_fine = options->no_forged;
	rules->window_is_given = options->window != NULL;
	if (check_combination(options) ||
	    check_parse_range("-w", options->warning, &rules->warning) ||
	    check_parse_range("-c", options->critical, &rules->critical) ||
	    check_range_order(options, rules) ||
	    check_parse_window(options->window, &rules->window) ||
	    check_parse_metric(options, rules))
		return -EINVAL;
	for (i = 0; i < options->resolvers.count; i++)
		if (!resolver_parse(options->resolvers.items[i], &rules->named[rules->named_count]))
			rules->named_count++;
	return 0;
}

/* 0; 1: it was --help or --version; -EINVAL and the reason in `plugin` */
static int check_parse_command_line(int argc, char **argv, struct check_options *options,
				    struct check_rules *rules, struct plugin_output *plugin)
{
	int err;

	buffer_add_bytes(&plugin->text, "", 0);
	log_set_sink(log_sink_buffer, &plugin->text);
	err = options_read(
		rows, sizeof(rows) / sizeof(*rows),
		"Usage: dnsreach check [OPTIONS]\n\n"
		"Monitoring plugin: are this host's resolvers failing? By default the worst state\n"
		"decides: down is CRITICAL, degraded is WARNING. Exit codes: 0 OK, 1 WARNING,\n"
		"2 CRITICAL, 3 UNKNOWN (also for --help and wrong usage).\n",
		argc, argv, options, NULL);
	if (!err)
		err = check_parse_rules(options, rules);
	log_set_sink(NULL, NULL);
	plugin->detail = options->verbose;
	return err;
}

/* ---- the check ---------------------------------------------------------------------------- */

static int check_run_status(const struct check_options *options, struct check_rules *rules,
			    __u64 deadline_ns, struct plugin_output *plugin)
{
	struct check_verdict verdict = {0};
	struct check_origin origin;
	struct parsed_status status;
	json_t *object = NULL;

	if (check_source(options, deadline_ns, &status, &origin, plugin))
		return check_print(options, plugin, NULL);
	rules->is_sample = !origin.url;
	if (check_judge(&status.status, rules, &verdict)) {
		plugin->text.failed = 1; /* check_print() says so */
	} else {
		check_write_text(&verdict, rules, &origin, plugin);
		if (options->json)
			object = check_json_object(plugin, origin.url ? "daemon" : "sample",
						   status.snapshot.wall_ns);
		if (object && check_write_json(object, &verdict, rules, &origin))
			plugin->text.failed = 1;
	}
	free(verdict.items);
	parsed_status_free(&status);
	return check_print(options, plugin, object);
}

static int check_run_probe(const struct check_options *options, const struct check_rules *rules,
			   __u64 deadline_ns, struct plugin_output *plugin)
{
	json_t *more = options->json ? json_object() : NULL, *object = NULL;

	if (more)
		json_object_set_new(more, "resolvers", json_array());
	check_probe(options, rules, deadline_ns, plugin, more);
	if (more)
		object = check_json_object(plugin, "probe", clock_wall_ns());
	if (object && json_object_update(object, more))
		plugin->text.failed = 1;
	json_decref(more);
	return check_print(options, plugin, object);
}

int command_check(int argc, char **argv)
{
	struct check_options options = {.timeout_s = 10, .interval_s = 5};
	struct plugin_output plugin = {.status = PLUGIN_UNKNOWN};
	struct check_rules rules = {0};
	__u64 deadline_ns;
	int err;

	err = check_parse_command_line(argc, argv, &options, &rules, &plugin);
	if (err > 0) {
		plugin_free(&plugin);
		return PLUGIN_UNKNOWN;
	}
	if (err)
		return check_print(&options, &plugin, NULL);
	check_start_timer(&options);
	deadline_ns =
		clock_monotonic_ns() + (__u64)((options.timeout_s - MARGIN_S) * (double)NS_PER_S);
	if (options.probe)
		err = check_run_probe(&options, &rules, deadline_ns, &plugin);
	else
		err = check_run_status(&options, &rules, deadline_ns, &plugin);
	buffer_free(&timeout_output);
	return err;
}
