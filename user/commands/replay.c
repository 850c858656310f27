/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * `dnsreach replay`: runs a capture, or text printed by tcpdump, through the engine that counts
 * live, and prints the same summary or JSON.
 */
#include "commands/commands.h"
#include "util/log.h"
#include "daemon/incident_file.h"
#include "monitor/replay.h"
#include "view/status_json.h"
#include "view/summary.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct replay_options {
	struct replay_settings replay;
	int json;
	const char *incidents;
};

static const struct option_row rows[] = {
	OPTION_FLAG_ROW("json", 'j', "print one JSON object for the whole file",
			struct replay_options, json),
	OPTION_TEXT_ROW("incidents", 0, "FILE", "append incidents to FILE, one JSON object a line",
			struct replay_options, incidents, NULL),
	REPLAY_ROWS(struct replay_options, replay),
};

/* How a text was read where that is not plain. */
static void print_text_notes(const char *file, const struct source_stats *s)
{
	if (s->quoted_again)
		log_warn("%s: lines that repeat an earlier line, not counted again: %llu", file,
			 (unsigned long long)s->quoted_again);
	if (s->differences_summed)
		log_warn("%s: the times are differences (tcpdump -ttt); they were summed up", file);
	if (s->times_uncertain)
		log_warn("%s: the times may be differences (tcpdump -ttt), but were read as those "
			 "of a clock; print it with tcpdump -tttt",
			 file);
	if (s->reordered)
		log_warn("%s: the lines were put in the order of their times%s", file,
			 s->newest_first ? "; the newest one stood first" : "");
}

/* Logs what could not be read: standard output has the traffic only. */
static void replay_log_diagnostics(const char *file, const struct replay *r)
{
	const struct source_stats *s = replay_stats(r);
	size_t i;

	if (s->unreadable)
		log_warn("%s: %llu %s%s could not be read, %llu of them about DNS or ICMP", file,
			 (unsigned long long)s->unreadable, s->is_text ? "line" : "packet",
			 s->unreadable == 1 ? "" : "s", (unsigned long long)s->dns_lost);
	for (i = 0; i < s->diagnostic_count; i++)
		log_warn("%s: %s %llu: %s", file, s->is_text ? "line" : "packet",
			 (unsigned long long)s->diagnostics[i].line, s->diagnostics[i].what);
	for (i = 0; s->unreadable > s->diagnostic_count && i < s->reason_count; i++)
		log_warn("%s: %llu of them: %s", file, (unsigned long long)s->reasons[i].count,
			 s->reasons[i].what);
	print_text_notes(file, s);
	if (s->cut)
		log_warn("%s: %llu of %llu packets were cut by the snap length", file,
			 (unsigned long long)s->cut, (unsigned long long)s->packets);
	if (replay_odd_times(r))
		log_warn("%s: %llu %s the time of a wrong clock: more than an hour behind the "
			 "others, or more than a day ahead. Each takes the time of its neighbour",
			 file, (unsigned long long)replay_odd_times(r),
			 replay_odd_times(r) == 1 ? "packet has" : "packets have");
}

static int replay_print(const char *file, const struct replay_options *o, const struct replay *r)
{
	const struct source_stats *s = replay_stats(r);
	struct replay_info origin = {.source = file,
				     .packets = s->packets,
				     .engine = replay_engine_name(r),
				     .date_known = s->date_known,
				     .zone_known = s->zone_known,
				     .odd_times = replay_odd_times(r)};

	if (o->json)
		return status_json_print(STDOUT_FILENO, replay_status(r), &origin);
	return summary_print(STDOUT_FILENO, replay_status(r), &origin);
}

int command_replay(int argc, char **argv)
{
	struct replay_options o = {.replay.counting = settings_default};
	struct replay *r = NULL;
	struct incident_file incidents;
	const char *file;
	int err;

	err = options_read(
		rows, sizeof(rows) / sizeof(rows[0]),
		"Usage: dnsreach replay [OPTIONS] FILE|-\n\n"
		"Follows the DNS queries in a capture (pcap, pcapng), or in text printed by\n"
		"`tcpdump -n`, to their outcome, and prints a summary. `-` is standard input.\n",
		argc, argv, &o, &file);
	if (err)
		return err > 0 ? EXIT_FINE : EXIT_USAGE;
	if (incident_file_open(o.incidents, &incidents))
		return EXIT_FAILED;
	err = replay_open(file, &o.replay, incident_file_write, &incidents, &r);
	if (!err) {
		replay_log_diagnostics(file, r);
		err = replay_print(file, &o, r);
		if (err && err != -EPIPE)
			log_error("cannot write: %s", strerror(-err));
		if (!err && replay_stats(r)->damaged)
			err = -EBADMSG;
	}
	if (incident_file_close(&incidents) && !err)
		err = -EIO;
	replay_close(r);
	if (err == -EINVAL)
		return EXIT_USAGE;
	return err && err != -EPIPE ? EXIT_FAILED : EXIT_FINE;
}
