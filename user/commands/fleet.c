/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * `dnsreach fleet`: one query to Prometheus, and a table of the resolvers of all hosts: for how
 * many hosts each fails, and which hosts differ. Prometheus stores and merges the data.
 */
#include "util/options.h"
#include "util/log.h"
#include "commands/commands.h"
#include "fleet/header_file.h"
#include "fleet/query.h"
#include "fleet/output.h"
#include "http/identity.h"
#include "datapath/privileges.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MOST_BYTES (32u << 20) /* some 100,000 pairs of host and resolver */
#define EXIT_UNKNOWN 3	       /* that of monitoring plugins; 0 to 2 are the verdicts */

struct fleet_options {
	struct fleet_query query;
	const char *window, *header_file;
	struct identity_files identity;
	int json;
};

static const struct option_row rows[] = {
	OPTION_TEXT_ROW("prometheus", 0, "URL", "base URL of Prometheus, as http://localhost:9090",
			struct fleet_options, query.base, NULL),
	OPTION_TEXT_ROW("window", 0, "WINDOW",
			"time over which shares of failed transactions are taken, as 30s, 5m or 1h "
			"(default 5m)",
			struct fleet_options, window, NULL),
	OPTION_TEXT_ROW("match", 0, "MATCHERS",
			"use only series with these labels, as 'dc=\"a\"' (default: all)",
			struct fleet_options, query.match, NULL),
	OPTION_SECONDS_ROW("timeout", 't', "S",
			   "give up on Prometheus after S seconds (default 10)",
			   struct fleet_options, query.timeout_s, 0.01, 600),
	OPTION_TEXT_ROW("header-file", 0, "FILE",
			"file with HTTP headers to send, one 'Name: value' a line",
			struct fleet_options, header_file, NULL),
	IDENTITY_ROWS(struct fleet_options, identity, "https://"),
	IDENTITY_CERT_ROWS(struct fleet_options, identity),
	OPTION_FLAG_ROW("json", 'j', "print one JSON object", struct fleet_options, json),
};

/* Parses "90", "90s", "5m", "1h" or "1d", from a second to a day. 0, or -EINVAL after a message */
static int fleet_parse_window(const char *text, double *ret)
{
	static const char units[] = "smhd";
	static const double seconds[] = {1, 60, 3600, 86400};
	const char *unit;
	char *end;

	*ret = strtod(text, &end);
	unit = *end ? strchr(units, *end) : units;
	if (end != text && unit && (!*end || !end[1])) {
		*ret *= seconds[unit - units];
		if (*ret >= 1 && *ret <= 86400)
			return 0;
	}
	log_error("--window: '%s' is not a time from 1s to 1d, such as 30s or 5m", text);
	return -EINVAL;
}

static int fleet_fetch(const struct fleet_options *o, const char *const *headers,
		       const struct http_identity *identity, struct http_fetch_result *ret)
{
	struct buffer url = {0};
	int err;

	err = fleet_query_write(&url, &o->query);
	if (err) {
		if (err == -EINVAL)
			log_error("--prometheus: '%s' is not a URL of http:// or https:// without "
				  "'?' and '#'; write it as in http://localhost:9090",
				  strchr(o->query.base, '@') ? "(not shown)" : o->query.base);
		else
			log_error("--prometheus: %s", strerror(-err));
		goto out;
	}
	err = http_fetch(&(struct http_fetch_options){.url = url.text,
						      .timeout_s = o->query.timeout_s,
						      .most_bytes = MOST_BYTES,
						      .headers = headers,
						      .identity = *identity},
			 ret);
	if (err)
		log_error("Prometheus: %s%s", ret->error,
			  err == -E2BIG		 ? "; ask for less with --match"
			  : err == -EKEYREJECTED ? "; or name it by --ca-file"
						 : "");
out:
	buffer_free(&url);
	return err;
}

static int fleet_print(const struct fleet_options *o, const struct fleet_answer *answer)
{
	struct fleet fleet;
	struct fleet_output shown = {&fleet, answer->time_s, o->query.window_s};
	struct buffer out = {0};
	int code = EXIT_UNKNOWN, err;

	err = fleet_rank(answer->rows, answer->count, &fleet);
	if (!err)
		err = o->json ? fleet_json_write(&out, &shown) : fleet_text_write(&out, &shown);
	if (!err)
		err = buffer_write(&out, STDOUT_FILENO);
	if (err && err != -EPIPE)
		log_error("cannot write: %s", strerror(-err));
	else
		code = (int)fleet_verdict(&fleet);
	buffer_free(&out);
	fleet_free(&fleet);
	return code;
}

static int fleet_print_answer(const struct fleet_options *o,
			      const struct http_fetch_result *fetched)
{
	struct fleet_answer answer;
	int code = EXIT_UNKNOWN, err;

	err = fleet_answer_parse(fetched->status, fetched->body.text, fetched->body.used, &answer);
	if (err)
		log_error("Prometheus: %s", err == -ENOMEM ? "out of memory" : answer.why);
	else if (!answer.count)
		log_error("this Prometheus has no metrics of dnsreach%s; does it scrape hosts "
			  "where `dnsreach run` listens?",
			  o->query.match ? " that --match leaves" : "");
	else
		code = fleet_print(o, &answer);
	if (!err && answer.why[0])
		log_error("Prometheus: %s", answer.why);
	fleet_answer_free(&answer);
	return code;
}

int command_fleet(int argc, char **argv)
{
	struct fleet_options o = {.query = {.timeout_s = 10}, .window = "5m"};
	struct http_fetch_result fetched = {0};
	struct header_file headers = {0};
	struct identity identity = {0};
	int code = EXIT_UNKNOWN, err;

	err = options_read(
		rows, sizeof(rows) / sizeof(rows[0]),
		"Usage: dnsreach fleet --prometheus URL [OPTIONS]\n\n"
		"Asks Prometheus for how many hosts each resolver fails, and on which hosts all\n"
		"resolvers fail. Exit codes: 0 OK, 1 WARNING (a resolver fails for a part of the\n"
		"fleet, or a host has no working resolver or does not answer), 2 CRITICAL (a\n"
		"resolver fails for the fleet), 3 UNKNOWN (also for --help and wrong usage).\n",
		argc, argv, &o, NULL);
	if (err)
		return EXIT_UNKNOWN;
	if (!o.query.base) {
		log_error("--prometheus URL is missing; try: %s --help", argv[0]);
		return EXIT_UNKNOWN;
	}
	if (fleet_parse_window(o.window, &o.query.window_s))
		return EXIT_UNKNOWN;
	if (o.header_file && header_file_read(o.header_file, &headers))
		goto out;
	if (identity_read(&o.identity, &identity))
		goto out;
	if (privileges_drop_all()) /* all further input is from outside */
		goto out;
	if (!fleet_fetch(&o, headers.headers, &identity.http, &fetched))
		code = fleet_print_answer(&o, &fetched);
	buffer_free(&fetched.body);
out:
	identity_free(&identity);
	header_file_free(&headers);
	return code;
}
