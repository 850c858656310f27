/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * `dnsreach report`: writes the incident report of a recording, or of a file that --incidents of
 * another command has written.
 */
#include "capture/input.h"
#include "util/log.h"
#include "commands/commands.h"
#include "monitor/replay.h"
#include "datapath/privileges.h"
#include "view/incident_lines.h"
#include "report/report.h"
#include "util/address.h"
#include "util/clock.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

struct report_options {
	struct replay_settings replay;
	const char *format;
	int full, local_time;
};

static const struct option_row rows[] = {
	OPTION_TEXT_ROW("format", 'f', "FORMAT",
			"format of the report: text, markdown, html or json (default text)",
			struct report_options, format, NULL),
	OPTION_FLAG_ROW(
		"full", 0,
		"write all messages, alternatives, checks and rules (default: about two pages)",
		struct report_options, full),
	OPTION_FLAG_ROW(
		"local-time", 0,
		"show times in the time zone of this machine, where theirs is known (default "
		"UTC)",
		struct report_options, local_time),
	REPLAY_ROWS(struct report_options, replay),
};

static int report_print(const struct report_options *o, enum report_format format,
			const struct incident *const *incidents, size_t count,
			const struct report_source *source)
{
	struct report_style style = {.format = format, .full = o->full, .version = VERSION};
	struct buffer out = {0};
	char host[256] = "";
	int err;

	gethostname(host, sizeof(host) - 1);
	style.host = host;
	style.made_ns = clock_wall_ns();
	err = report_add(&out, &style, incidents, count, source);
	if (!err)
		err = buffer_write(&out, STDOUT_FILENO);
	buffer_free(&out);
	if (err && err != -EPIPE)
		log_error("cannot write the report: %s", strerror(-err));
	return err == -EPIPE ? 0 : err;
}

/* ---- from a recording --------------------------------------------------------------------- */

static int report_from_recording(struct input *in, const char *file, struct report_options *o,
				 enum report_format format)
{
	struct report_diagnostic diagnostics[DIAGNOSTICS_KEPT];
	const struct incident *const *incidents;
	const struct source_stats *s;
	struct report_source source;
	struct replay *r = NULL;
	size_t count, i;
	int err;

	o->replay.opened = in;
	err = replay_open(file, &o->replay, NULL, NULL, &r);
	if (err)
		return err;
	s = replay_stats(r);
	for (i = 0; i < s->diagnostic_count; i++)
		diagnostics[i] =
			(struct report_diagnostic){s->diagnostics[i].line, s->diagnostics[i].what};
	source = (struct report_source){.kind = s->is_text ? REPORT_OF_TEXT : REPORT_OF_CAPTURE,
					.file = file,
					.engine = replay_engine_name(r),
					.packets = s->packets,
					.cut = s->cut,
					.odd_times = replay_odd_times(r),
					.damaged = s->damaged,
					.date_known = s->date_known,
					.zone_known = s->zone_known,
					.local_time = o->local_time,
					.offsets = s->times_are_offsets && !s->date_known,
					.offsets_summed = s->differences_summed,
					.times_uncertain = s->times_uncertain,
					.reordered = s->reordered,
					.newest_first = s->newest_first,
					.quoted_again = s->quoted_again,
					.inferred_quotes = s->inferred_quotes,
					.unreadable = s->unreadable,
					.dns_lost = s->dns_lost,
					.diagnostics = diagnostics,
					.diagnostic_count = s->diagnostic_count,
					.timeout_ns = o->replay.counting.timeout_s * 1e9,
					.totals = replay_status(r)};
	incidents = incidents_list(replay_incidents(r), &count);
	source.excerpts = replay_excerpts(r, &source.excerpt_count);
	source.unmatched = replay_unmatched(r, &source.unmatched_count);
	err = report_print(o, format, incidents, count, &source);
	if (!err && s->damaged)
		err = -EBADMSG;
	replay_close(r);
	return err ? -EIO : 0;
}

/* ---- from lines of JSON ------------------------------------------------------------------- */

static ssize_t read_input_cookie(void *in, char *to, size_t room)
{
	ssize_t n = input_read(in, to, room);

	if (n >= 0)
		return n;
	errno = (int)-n;
	return -1;
}

/* Lines of a file that are no incidents. */
struct bad_lines {
	struct report_diagnostic all[DIAGNOSTICS_KEPT];
	char texts[DIAGNOSTICS_KEPT][JSON_ERROR_SIZE];
	size_t kept;
	__u64 count;
};

static void bad_lines_add(struct bad_lines *bad, const struct incident_lines *lines)
{
	const char *what = strstr(lines->error, ": ");

	bad->count++;
	if (bad->kept == DIAGNOSTICS_KEPT)
		return;
	snprintf(bad->texts[bad->kept], JSON_ERROR_SIZE, "%s", what ? what + 2 : lines->error);
	bad->all[bad->kept] = (struct report_diagnostic){lines->line, bad->texts[bad->kept]};
	bad->kept++;
}

static void bad_lines_log(const struct input *in, const struct bad_lines *bad)
{
	size_t i;

	for (i = 0; i < bad->kept; i++)
		input_error(in, 0, "line %llu: %s; it is not in the report",
			    (unsigned long long)bad->all[i].line, bad->all[i].what);
}

/* Describes a file that has no line of an incident. */
struct file_shape {
	int is_status; /* as `watch --json` prints it */
	int is_page;   /* of it, or the whole page, /api/v1/incidents */
	int is_spread; /* an object takes many lines, as jq prints it */
	int is_array;
};

/* Returns whether the line has a member of this name whose value begins with `begin`. */
static int line_has_member(const char *line, const char *name, char begin)
{
	const char *at = strstr(line, name);

	if (!at)
		return 0;
	at += strlen(name);
	at += strspn(at, " ");
	if (*at++ != ':')
		return 0;
	return at[strspn(at, " ")] == begin;
}

static void file_shape_update(struct file_shape *shape, const char *line, int is_first)
{
	line += input_text_begin((const unsigned char *)line, strlen(line));
	shape->is_status |= line_has_member(line, "\"resolvers\"", '[') &&
			    line_has_member(line, "\"self\"", '{');
	shape->is_page |= line_has_member(line, "\"open\"", '[');
	if (!is_first)
		return;
	shape->is_spread = *line == '{' && !line[1 + strspn(line + 1, " \t\r\n")];
	shape->is_array = *line == '[';
}

/* Logs that a file is a page with many incidents in one object. Returns -EINVAL. */
static int report_incidents_page(struct input *in)
{
	return input_error(in, -EINVAL,
			   "is the page /api/v1/incidents, one object with all incidents; put each "
			   "on its own line: jq -c '.open[], .closed[]' FILE | dnsreach report -");
}

/* Logs that a file has no incident at all. Returns -EINVAL. */
static int report_no_incident_line(struct input *in, const struct bad_lines *bad,
				   const struct file_shape *shape)
{
	if (shape->is_status)
		return input_error(in, -EINVAL,
				   "is the output of watch --json or run --json: counters, and no "
				   "incidents; use a file of --incidents, or a capture");
	if (shape->is_page)
		return report_incidents_page(in);
	if (shape->is_array)
		return input_error(in, -EINVAL,
				   "is an array of JSON; put each incident on its own line: "
				   "jq -c '.[]' FILE | dnsreach report -");
	if (shape->is_spread)
		return input_error(in, -EINVAL,
				   "has objects of JSON that take many lines; put each incident on "
				   "its own line: jq -c . FILE | dnsreach report -");
	return input_error(in, -EINVAL, "line %llu: %s", (unsigned long long)bad->all[0].line,
			   bad->all[0].what);
}

/* Returns whether the line is a whole page /api/v1/incidents. */
static int is_incidents_page(const char *line)
{
	return line_has_member(line, "\"open\"", '[') && line_has_member(line, "\"closed\"", '[');
}

static int report_read_incidents(struct input *in, struct incident_lines *lines,
				 struct bad_lines *bad)
{
	FILE *f = fopencookie(in, "r", (cookie_io_functions_t){.read = read_input_cookie});
	char *line = NULL;
	size_t room = 0;
	ssize_t length;
	struct file_shape shape = {0};
	int err = 0;

	if (!f)
		return input_error(in, -ENOMEM, "out of memory");
	while (err != -ENOMEM && (length = getline(&line, &room, f)) >= 0) {
		if (is_incidents_page(line)) {
			err = report_incidents_page(in);
			goto close;
		}
		err = incident_lines_add(lines, line, length);
		if (err == -EINVAL) {
			bad_lines_add(bad, lines);
			file_shape_update(&shape, line, bad->count == 1);
		}
	}
	if (err == -ENOMEM)
		input_error(in, err, "%s", lines->error);
	else if (ferror(f))
		err = input_error(in, -EIO, "cannot read: %s", strerror(errno));
	else
		err = !lines->count && bad->count ? report_no_incident_line(in, bad, &shape) : 0;
	if (!err)
		bad_lines_log(in, bad);
close:
	free(line);
	fclose(f);
	return err;
}

static int report_from_incidents(struct input *in, const char *file, const struct report_options *o,
				 enum report_format format)
{
	struct report_source source = {.kind = REPORT_OF_INCIDENTS, .file = file};
	struct incident_lines lines = {0};
	struct bad_lines bad = {.count = 0};
	int err;

	address_use_recorded_scopes();
	err = report_read_incidents(in, &lines, &bad);
	source.date_known = incident_lines_date_known(&lines);
	source.zone_known = incident_lines_zone_known(&lines);
	source.local_time = o->local_time;
	source.unreadable = bad.count;
	source.diagnostics = bad.all;
	source.diagnostic_count = bad.kept;
	source.left_out = lines.left_out;
	if (!err)
		err = report_print(o, format, (const struct incident *const *)lines.incidents,
				   lines.count, &source);
	incident_lines_free(&lines);
	return err ? -EIO : 0;
}

/* Returns whether there is no byte in it. */
static int input_is_empty(struct input *in)
{
	const unsigned char *bytes;

	return input_peek(in, 1, &bytes) == 0;
}

/* Logs what an empty file can be. Returns -EIO. */
static int report_empty(struct input *in)
{
	input_error(in, 0,
		    "is empty: a file of --incidents is, when there was no incident; a capture or "
		    "tcpdump's text is not");
	return -EIO;
}

/*
 * Returns whether it is a file of incidents: behind white space that begins with '{', or with '['
 * and '{', and no recording does.
 */
static int input_holds_incidents(struct input *in)
{
	const unsigned char *bytes;
	size_t at = 0, length = 0;
	ssize_t n;

	do { /* more, as long as there is white space alone; a byte order mark has 3 bytes */
		n = input_peek(in, length + 4, &bytes);
		if (n < 0 || (size_t)n == length)
			return 0;
		length = (size_t)n;
		at = input_text_begin(bytes, length);
		if (at < length && bytes[at] == '[')
			at += 1 + input_text_begin(bytes + at + 1, length - at - 1);
	} while (at == length && length + 4 <= INPUT_BUFFER);
	return at < length && bytes[at] == '{';
}

/* Returns whether it is such a file in UTF-16, as PowerShell writes it. */
static int input_holds_utf16_incidents(struct input *in)
{
	const unsigned char *bytes;

	return input_peek(in, 4, &bytes) >= 4 &&
	       (!memcmp(bytes, "\xff\xfe{\0", 4) || !memcmp(bytes, "\xfe\xff\0{", 4));
}

static int report_utf16(struct input *in)
{
	return input_error(in, -EINVAL,
			   "is JSON in UTF-16; try: iconv -f UTF-16 -t UTF-8 FILE | dnsreach "
			   "report -");
}

/* ---- the command -------------------------------------------------------------------------- */

static int report_uses_kernel(const struct report_options *o)
{
	return o->replay.engine && !strcmp(o->replay.engine, "kernel");
}

int command_report(int argc, char **argv)
{
	struct report_options o = {.replay.counting = settings_default, .format = "text"};
	enum report_format format;
	struct input in;
	const char *file;
	int err;

	err = options_read(
		rows, sizeof(rows) / sizeof(rows[0]),
		"Usage: dnsreach report [OPTIONS] FILE|-\n\n"
		"Writes an incident report from a capture, from text printed by `tcpdump -n`,\n"
		"or from a file written by --incidents. `-` is standard input.\n",
		argc, argv, &o, &file);
	if (err)
		return err > 0 ? EXIT_FINE : EXIT_USAGE;
	if (report_format_parse(o.format, &format)) {
		log_error("--format: '%s' is not text, markdown, html or json", o.format);
		return EXIT_USAGE;
	}
	tzset(); /* before the file of the time zone may be out of reach */
	if (input_open(&in, file))
		return EXIT_FAILED;
	if (!report_uses_kernel(&o) && privileges_drop_all()) /* the file is untrusted */
		return EXIT_FAILED;
	if (input_is_empty(&in))
		err = report_empty(&in);
	else if (input_holds_incidents(&in))
		err = report_from_incidents(&in, file, &o, format);
	else if (input_holds_utf16_incidents(&in))
		err = report_utf16(&in);
	else
		err = report_from_recording(&in, file, &o, format);
	input_close(&in);
	if (err == -EINVAL)
		return EXIT_USAGE;
	return err ? EXIT_FAILED : EXIT_FINE;
}
