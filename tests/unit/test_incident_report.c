// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The incident report in its four formats: what it must say of the reference incident, that
 * nothing from outside is more than text in any of them, and that there is no silence without an
 * incident. How it looks in a browser is checked elsewhere.
 */
#include "report_scene.h"

#include "view/tcpdump_line.h"

#include <jansson.h>
#include <stdio.h>

static char *reference_report(enum report_format format)
{
	struct incident_scene s;
	char *text = report_of_one(format, reference_incident(&s), &a_text);

	incidents_end(&s);
	return text;
}

/* ---- the reference incident ------------------------------------------------------------------ */

static void every_format_names_what_matters(void **state)
{
	static const char *const words[] = {
		"203.0.113.2", "192.51.100.15", "yummyrecipesforme.com", "13:24:32", "13:28:50",
		"3 of 3",      "port-closed",	"own firewall",		 "dig ",     "ss -lnup",
		"nc -vzu",     "tcpdump.txt",	"udp port 53",
	};
	enum report_format format;
	size_t i;
	char *text;

	(void)state;
	for (format = REPORT_TEXT; format < REPORT_FORMAT_MAX; format++) {
		text = reference_report(format);
		for (i = 0; i < sizeof(words) / sizeof(*words); i++)
			assert_says(text, words[i]);
		free(text);
	}
}

static void the_text_is_the_reference_one(void **state)
{
	char *text = reference_report(REPORT_TEXT);

	(void)state;
	assert_says(text, "DNS incident report: 203.0.113.2\n====");
	assert_says(text, "DNS resolver 203.0.113.2 failed for client 192.51.100.15 from 13:24:32 "
			  "to\n13:28:50 (4 min 18 s; time zone not known). 3 of 3 DNS transactions "
			  "failed\n(100%).");
	assert_says(text, "  Start          13:24:32.192571: the first query that failed\n");
	assert_says(text, "  First failure  13:24:36.098564: ICMP unreachable, 3.9 s after it\n");
	assert_says(text, "  End            13:28:50.022967: the last failure or late message\n");
	assert_says(text, "  Over           no\n");
	assert_says(text, "  Clients        192.51.100.15\n");
	assert_says(text, "  Names          yummyrecipesforme.com A\n");
	assert_says(text, "  13:24:36.098564 IP 203.0.113.2 > 192.51.100.15: ICMP 203.0.113.2 udp "
			  "port 53 unreachable\n      192.51.100.15.52444 > 203.0.113.2.53: 35084 "
			  "A? yummyrecipesforme.com.\n");
	assert_says(text, "  Reporter       203.0.113.2 (the resolver itself)\n");
	assert_says(text, "  unreachable (port unreachable: 1)             1    33%\n");
	assert_says(text, "  timed out                                     2    67%\n");
	assert_says(text, "  failed, of 3 settled                          3   100%\n");
	assert_says(text, "     1 |#              x              x\n");
	assert_says(text, "  late                      ^           ^\n");
	assert_words(text, "52444 is the client's port, 35084 the message ID (35084+: recursion "
			   "desired), A? asks for an IPv4 address.");
	assert_says(text, "2 ICMP messages came after the timeout");
	assert_says(text, "3 ICMP lines show no quoted query, and may be about others.");
	assert_says(text, "Date and time zone not known");
	assert_says_not(text, "1970");
	assert_says_not(text, "UTC");
	assert_says_not(text, "arrived with TTL");
	free(text);
}

static void the_text_is_78_columns_wide_but_for_the_log(void **state)
{
	char *text = reference_report(REPORT_TEXT), *line, *rest = text;

	(void)state;
	while ((line = strsep(&rest, "\n"))) {
		if (strstr(line, " > "))
			continue;
		if (strlen(line) > 78)
			fail_msg("%zu columns: %s", strlen(line), line);
		if (*line && line[strlen(line) - 1] == ' ')
			fail_msg("a blank at the end of: \"%s\"", line);
	}
	free(text);
}

static void a_known_date_is_shown(void **state)
{
	struct incident_scene s;
	struct incident incident = *reference_incident(&s);
	char *text;

	(void)state;
	incident.start_ns += 1769817600 * NS_PER_S;
	incident.end_ns += 1769817600 * NS_PER_S;
	text = report_of_one(REPORT_TEXT, &incident, &a_capture);
	assert_words(text, "from 2026-01-31 13:24:32 to 13:28:50 UTC (4 min 18 s).");
	assert_words(text, "They arrived with TTL 64.");
	free(text);
	incidents_end(&s);
}

static void html_needs_nothing_else(void **state)
{
	char *text = reference_report(REPORT_HTML);

	(void)state;
	assert_says(text, "<!DOCTYPE html>");
	assert_says(text, "<meta charset=\"utf-8\">");
	assert_says(text, "prefers-color-scheme:dark");
	assert_says(text, "@media print");
	assert_says(text, "default-src 'none'");
	assert_says(text, "<svg viewBox=");
	assert_says(text, "role=\"img\" aria-labelledby=\"title-1 desc-1\"");
	assert_says(text, "unreachable: 1, timed out: 2, unsent: 0, answered: 0, late message: 2");
	assert_says_not(text, "http:");
	assert_says_not(text, "https:");
	assert_says_not(text, "<script");
	assert_says_not(text, "src=");
	assert_says_not(text, "href=");
	assert_says_not(text, "url(");
	assert_says_not(text, "nan");
	free(text);
}

static void json_is_one_object_with_all_of_it(void **state)
{
	char *text = reference_report(REPORT_JSON);
	json_t *o = json_loads(text, 0, NULL), *i, *e;

	(void)state;
	assert_non_null(o);
	assert_string_equal(json_string_value(json_object_get(o, "kind")), "text");
	assert_true(json_is_false(json_object_get(o, "date_known")));
	assert_int_equal(json_integer_value(json_object_get(o, "inferred_quotes")), 3);
	i = json_array_get(json_object_get(o, "incidents"), 0);
	assert_string_equal(json_string_value(json_object_get(i, "cause")), "port-closed");
	assert_says(json_string_value(json_object_get(i, "summary")), "is port-closed: ");
	e = json_object_get(i, "explanation");
	assert_true(json_array_size(json_object_get(e, "evidence")) >= 2);
	assert_true(json_array_size(json_object_get(e, "alternatives")) >= 2);
	assert_true(json_array_size(json_object_get(e, "checks")) >= 5);
	json_decref(o);
	free(text);
}

/* ---- whatever comes from outside ------------------------------------------------------------- */

/* A name with what means something to HTML, Markdown, a terminal or a shell. */
static const unsigned char evil_name[] =
	"\x1c<script>alert(\"x\")</"
	"script>'\x0d`|*_[a](b)&~#\x07$(id);x\x08\x1b[31m\n\r\t\x05\xff\x80.\\\0\0\0\x01\0\x01";

static char *evil_report(enum report_format format)
{
	static const struct report_diagnostic diagnostic = {
		7, "<b>\x1b[2J|\n```\n# no heading\n| no row |"};
	struct report_source source = a_capture;
	struct incident_scene s;
	struct sample sample;
	char *text;
	int i;

	incidents_begin(&s);
	for (i = 0; i < 5; i++) {
		second_of(&s, 0, 0, 5);
		tick(&s);
	}
	sample = sample_of(&s.scene.resolvers[0].key, "192.0.2.7", "x");
	memcpy(sample.question, evil_name, sizeof(evil_name) - 1);
	sample.question_length = sizeof(evil_name) - 1;
	send_sample(&s, &sample, 5.5);
	assert_int_equal(incident_number(&s, 1)->name_count, 1);
	source.file = "<img src=x onerror=alert(1)>`|\x1b]0;x\a\xff\xe2\x80\xae.pcap";
	source.unreadable = source.diagnostic_count = 1;
	source.diagnostics = &diagnostic;
	text = report_of_one(format, incident_number(&s, 1), &source);
	incidents_end(&s);
	return text;
}

static void no_format_has_a_control_character(void **state)
{
	enum report_format format;
	char *text, *c;

	(void)state;
	for (format = REPORT_TEXT; format < REPORT_FORMAT_MAX; format++) {
		text = evil_report(format);
		for (c = text; *c; c++)
			if ((unsigned char)*c >= 0x7f || (*c < 0x20 && *c != '\n'))
				fail_msg("byte %d in format %d", *c, format);
		assert_says_not(text, "\xe2\x80\xae");
		free(text);
	}
}

static void html_escapes_all_of_it(void **state)
{
	char *text = evil_report(REPORT_HTML);

	(void)state;
	assert_says_not(text, "<script");
	assert_says_not(text, "<img");
	assert_says_not(text, "<b>");
	assert_says(text, "&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt;&#39;");
	assert_says(text, "&lt;img src=x onerror=alert(1)&gt;");
	free(text);
}

/* Outside of code, a '<' or a '|' stands behind a backslash; inside, nothing has a meaning. */
static void markdown_keeps_it_in_code(void **state)
{
	char *text = evil_report(REPORT_MARKDOWN), *line, *rest = text, *name;

	(void)state;
	name = strstr(text, "| Names | ``<script>");
	assert_non_null(name);
	assert_says(name, "`\\|*_[a](b)&~#");
	while ((line = strsep(&rest, "\n"))) {
		if (!strncmp(line, "# no heading", 12) || !strncmp(line, "| no row", 8))
			fail_msg("a line from outside: %s", line);
		if (strstr(line, "<img"))
			assert_non_null(strstr(line, "``<img src=x onerror=alert(1)>`|"));
	}
	free(text);
}

static void no_command_takes_it(void **state)
{
	char *text = evil_report(REPORT_TEXT), *checks = strstr(text, "Next checks");

	(void)state;
	assert_non_null(checks);
	assert_says(checks, "@192.0.2.1 example.com A\n");
	assert_says_not(checks, "$(");
	assert_says_not(checks, "script>a");
	free(text);
}

/* ---- other incidents ------------------------------------------------------------------------- */

static void every_cause_is_explained(void **state)
{
	struct incident incident;
	enum cause cause;
	json_t *o, *e;
	char *text;

	(void)state;
	for (cause = CAUSE_NONE + 1; cause < CAUSE_MAX; cause++) {
		incident = of_cause(cause);
		text = report_of_one(REPORT_JSON, &incident, &a_capture);
		o = json_loads(text, 0, NULL);
		e = json_object_get(json_array_get(json_object_get(o, "incidents"), 0),
				    "explanation");
		assert_true(json_array_size(json_object_get(e, "evidence")) >= 1);
		assert_true(json_array_size(json_object_get(e, "against")) >= 1);
		assert_true(json_array_size(json_object_get(e, "alternatives")) >= 2);
		assert_true(json_array_size(json_object_get(e, "confirmed_by")) >= 2);
		assert_true(json_array_size(json_object_get(e, "checks")) >= 3);
		json_decref(o);
		free(text);
	}
}

static void without_messages_the_first_signal_is_a_timeout(void **state)
{
	struct incident incident = of_cause(CAUSE_SILENT);
	char *text = report_of_one(REPORT_TEXT, &incident, &a_capture);

	(void)state;
	assert_says(text, "First failure  2026-01-31 00:00:05 UTC: no answer 5 s after it\n");
	assert_says(text, "No unreachable message came in.");
	assert_says(text, "DNS resolver [2001:db8::53]:5353 failed from");
	assert_words(text, "10 of 10 DNS transactions failed (100%).");
	assert_says(text, "dig -p 5353 +tries=1 +time=3 @2001:db8::53 example.com A");
	assert_says(text, "host 2001:db8::53 and udp port 5353) or icmp6");
	assert_says(text, "Clients        not known: no sample");
	free(text);
}

/* Both in one slot: a timeout has its time too. */
static void the_first_signal_is_the_earlier_one(void **state)
{
	struct incident incident = of_cause(CAUSE_PORT_CLOSED);
	char *text;

	(void)state;
	incident.slot_ns = 8 * NS_PER_S;
	incident.slots[0] = (struct incident_slot){.timed_out = 1, .unreachable = 1};
	incident.message_count = 1;
	incident.messages[0].sample = sample_of(&incident.resolver, "2001:db8::1", "x");
	incident.messages[0].wall_ns = incident.start_ns + 3 * NS_PER_S;
	text = report_of_one(REPORT_TEXT, &incident, &a_capture);
	assert_words(text, "First failure 2026-01-31 00:00:03 UTC: ICMP unreachable, 3 s after it");
	free(text);
	incident.messages[0].wall_ns = incident.start_ns + 27000;
	text = report_of_one(REPORT_TEXT, &incident, &a_capture);
	assert_words(text, "ICMP unreachable, 27 us after it");
	free(text);
	incident.messages[0].wall_ns = incident.start_ns + 6 * NS_PER_S;
	text = report_of_one(REPORT_TEXT, &incident, &a_capture);
	assert_says(text, "First failure  2026-01-31 00:00:05 UTC: no answer 5 s after it");
	free(text);
}

/* A text has no TTL, and may not have said what its messages quote. */
static void what_was_recorded_of_a_text_is_told_from_packets(void **state)
{
	static const struct report_source lines = {.kind = REPORT_OF_INCIDENTS, .date_known = 1};
	struct incident incident = of_cause(CAUSE_PORT_CLOSED);
	char *text;

	(void)state;
	incident.message_count = 1;
	incident.messages[0].sample = sample_of(&incident.resolver, "2001:db8::1", "x");
	text = report_of_one(REPORT_TEXT, &incident, &lines);
	assert_words(text, "The messages match by addresses, ports and message ID");
	assert_words(text, "the query that it quotes:");
	free(text);
	incident.messages[0].sample.ttl = 0;
	text = report_of_one(REPORT_TEXT, &incident, &lines);
	assert_says_not(text, "The messages match by addresses, ports and message ID");
	assert_says(text, "It was recorded of text that tcpdump had printed.");
	assert_words(text, "the query that was matched with it");
	free(text);
}

/* Lines are forwarded: the reader must see whose they are. The name may hold any bytes. */
static void the_host_that_counted_it_is_named(void **state)
{
	static const struct report_source lines = {.kind = REPORT_OF_INCIDENTS, .date_known = 1};
	static const struct report_source live = {.kind = REPORT_OF_TRAFFIC, .date_known = 1};
	struct incident incident = of_cause(CAUSE_PORT_CLOSED), other = incident;
	const struct incident *both[] = {&incident, &other};
	char *text;

	(void)state;
	text = report_of_one(REPORT_TEXT, &incident, &lines);
	assert_says_not(text, "which counted it");
	free(text);
	strcpy(incident.host, "web1");
	strcpy(other.host, "web2\033[2J");
	text = report_of_one(REPORT_TEXT, &incident, &lines);
	assert_says(text, "DNS incident report: [2001:db8::53]:5353 on web1\n====");
	assert_says(text, "  Host           web1, which counted it\n");
	free(text);
	text = report_of_one(REPORT_TEXT, &incident, &live);
	assert_says(text, "DNS incident report: [2001:db8::53]:5353\n====");
	assert_says(text, "  Host           web1, which counted it\n");
	free(text);
	text = report_of(REPORT_TEXT, both, 2, &lines);
	assert_says(text, "Incident 1: [2001:db8::53]:5353 on web1\n");
	assert_says(text, "Incident 2: [2001:db8::53]:5353 on web2?[2J\n");
	free(text);
}

static void what_points_elsewhere_speaks_against_it(void **state)
{
	struct incident incident = of_cause(CAUSE_PROHIBITED);
	char *text;

	(void)state;
	incident.counters.n[COUNTER_EVIDENCE_PROHIBITED] = 5;
	incident.counters.n[COUNTER_EVIDENCE_PORT] = 1;
	incident.counters.n[COUNTER_ANSWERED_NOERROR] = 4;
	text = report_of_one(REPORT_TEXT, &incident, &a_capture);
	assert_words(text, "5 ICMP messages say that a firewall prohibits the queries.");
	assert_words(text, "4 of 14 were answered without an error.");
	assert_says(text, "1 ICMP message points to port-closed instead.");
	assert_says(text, "10 timed out without any message about them.");
	free(text);
}

static void errors_are_no_failures_in_the_summary(void **state)
{
	struct incident incident = of_cause(CAUSE_SERVER_ERROR);
	char *text;

	(void)state;
	incident.counters.n[COUNTER_TIMED_OUT] = 0;
	incident.counters.n[COUNTER_ANSWERED_NOERROR] = 2;
	incident.counters.n[COUNTER_ANSWERED_SERVFAIL] = 7;
	incident.counters.n[COUNTER_ANSWERED_REFUSED] = 1;
	text = report_of_one(REPORT_MARKDOWN, &incident, &a_capture);
	assert_says(text, "8 of 10 DNS transactions");
	assert_says(text, "were answered with an error (SERVFAIL 7, REFUSED 1). No recovery");
	assert_says(text, "answered with errors from 2026-01-31");
	assert_words(text, "2 of 10 were answered without an error.");
	free(text);
}

/* Of TCP each query has a SYN as well, or many have one: they are not added. */
static void queries_over_tcp_are_counted_without_their_syns(void **state)
{
	struct incident incident = of_cause(CAUSE_SERVER_ERROR);
	char *text;

	(void)state;
	incident.resolver.transport = TRANSPORT_TCP;
	memset(&incident.counters, 0, sizeof(incident.counters));
	incident.counters.n[COUNTER_CONNECT_ATTEMPTS] = 7;
	incident.counters.n[COUNTER_CONNECT_ESTABLISHED] = 7;
	incident.counters.n[COUNTER_QUERIES] = 20;
	incident.counters.n[COUNTER_ANSWERED_SERVFAIL] = 20;
	text = report_of_one(REPORT_TEXT, &incident, &a_capture);
	assert_words(text, "no flood from these clients (20 queries).");
	free(text);
	incident.counters.n[COUNTER_CONNECT_REFUSED] = 30;
	incident.counters.n[COUNTER_CONNECT_ATTEMPTS] = 37;
	text = report_of_one(REPORT_TEXT, &incident, &a_capture);
	assert_words(text, "no flood from these clients (37 SYNs).");
	free(text);
}

static void several_incidents_come_with_an_overview(void **state)
{
	struct incident a = of_cause(CAUSE_SILENT), b = of_cause(CAUSE_INTERMITTENT);
	const struct incident *both[] = {&a, &b};
	char *text;

	(void)state;
	b.closed_ns = b.end_ns + NS_PER_S;
	text = report_of(REPORT_TEXT, both, 2, &a_capture);
	assert_says(text, "DNS incident report: 2 incidents");
	assert_says(text, "  1: [2001:db8::53]:5353\n    down, silent, 10 of 10 failed\n    from "
			  "2026-01-31 00:00:00 to 00:01:40 UTC, no recovery seen\n");
	assert_says(text, "\nIncident 2: [2001:db8::53]:5353\n----");
	assert_says(text, "\nLikely cause: intermittent\n~~~~");
	free(text);
	text = report_of(REPORT_HTML, both, 2, &a_capture);
	assert_says(text, "<h2>Incident 2: [2001:db8::53]:5353</h2>");
	assert_says(text, "aria-labelledby=\"title-2 desc-2\"");
	free(text);
}

/* The status page links to them. In a file, incidents of several runs can have the same id. */
static void incidents_of_this_host_have_anchors(void **state)
{
	struct incident a = of_cause(CAUSE_SILENT), b = of_cause(CAUSE_INTERMITTENT);
	const struct report_source live = {.kind = REPORT_OF_TRAFFIC,
					   .date_known = 1,
					   .zone_known = 1};
	const struct incident *both[] = {&a, &b};
	char *text;

	(void)state;
	a.id = 7;
	b.id = 8;
	text = report_of(REPORT_HTML, both, 2, &live);
	assert_says(text, "<a id=\"incident-7\"></a>\n<h2>Incident ");
	assert_says(text, "<a id=\"incident-8\"></a>\n<h2>Incident ");
	free(text);
	text = report_of(REPORT_HTML, both, 1, &live);
	assert_says(text, "<a id=\"incident-7\"></a>");
	free(text);
	text = report_of(REPORT_MARKDOWN, both, 2, &live);
	assert_says_not(text, "incident-7");
	free(text);
	text = report_of(REPORT_HTML, both, 2, &a_capture);
	assert_says_not(text, "<a ");
	free(text);
}

/* The number that is shown is the one that ?id= takes: it leads to the report of it alone. */
static void the_number_of_an_incident_of_this_host_is_its_id(void **state)
{
	struct incident a = of_cause(CAUSE_SILENT), b = of_cause(CAUSE_INTERMITTENT);
	const struct report_source live = {.kind = REPORT_OF_TRAFFIC,
					   .date_known = 1,
					   .zone_known = 1};
	const struct incident *many[40] = {&b}, *both[] = {&a, &b};
	char *text;
	int i;

	(void)state;
	a.id = 71;
	b.id = 80;
	for (i = 0; i < 40; i++)
		many[i] = i == 20 ? &b : &a;
	text = report_of(REPORT_HTML, many, 40, &live);
	assert_says(text, "<td><a href=\"?id=80\">80</a>: <code>[2001:db8::53]:5353</code></td>");
	assert_says(text, "<h2>Incident <a href=\"?id=80\">80</a>: [2001:db8::53]:5353</h2>");
	assert_says_not(text, ">Incident 13");
	free(text);
	text = report_of(REPORT_HTML, many + 20, 1, &live);
	assert_says(text, "<th scope=\"row\">Incident</th><td><a href=\"?id=80\">80</a></td>");
	free(text);
	text = report_of(REPORT_MARKDOWN, both, 2, &live);
	assert_says(text, "Incident 80: ");
	assert_says_not(text, "\004");
	free(text);
	text = report_of(REPORT_HTML, both, 2, &a_capture);
	assert_says(text, "<h2>Incident 2: ");
	assert_says_not(text, "?id=");
	free(text);
}

static void very_many_incidents_are_not_all_told(void **state)
{
	struct incident one = of_cause(CAUSE_SILENT);
	const struct incident *many[100];
	char *text;
	int i;

	(void)state;
	for (i = 0; i < 100; i++)
		many[i] = &one;
	text = report_of(REPORT_TEXT, many, 100, &a_capture);
	assert_says(text, "The latest 32 of the 100 incidents");
	assert_says_not(text, "Incident 33");
	free(text);
}

/* A file may lie about its slots: the pictures stand it. */
static void odd_timelines_are_drawn(void **state)
{
	struct incident incident = of_cause(CAUSE_SILENT);
	enum report_format format;
	__u32 i;

	(void)state;
	for (format = REPORT_TEXT; format < REPORT_FORMAT_MAX; format++) {
		incident.slot_count = 0;
		free(report_of_one(format, &incident, &a_capture));
		incident.slot_count = 1;
		free(report_of_one(format, &incident, &a_capture));
		incident.slot_count = TIMELINE_SLOTS;
		for (i = 0; i < TIMELINE_SLOTS; i++)
			incident.slots[i] = (struct incident_slot){1, 1ULL << 53, i, 1, 1ULL << 53};
		free(report_of_one(format, &incident, &a_capture));
	}
}

/* ---- none ------------------------------------------------------------------------------------ */

static void no_incident_is_said_with_totals(void **state)
{
	struct incident_scene s;
	struct report_source source = a_capture;
	enum report_format format;
	char *text;

	(void)state;
	incidents_begin(&s);
	second_of(&s, 0, 100, 1);
	tick(&s);
	source.totals = &s.scene.status;
	for (format = REPORT_TEXT; format < REPORT_JSON; format++) {
		text = report_of(format, NULL, 0, &source);
		assert_says(text, "No incident: of the 1 resolver that could be judged, none was");
		assert_says(text, "192.0.2.1");
		assert_says(text, "healthy");
		assert_says(text, "100 answered, 1 timed out");
		free(text);
	}
	text = report_of(REPORT_JSON, NULL, 0, &source);
	assert_says(text, "\"incidents\":[]");
	free(text);
	incidents_end(&s);
}

static void too_few_to_judge_is_said(void **state)
{
	struct incident_scene s;
	struct report_source source = a_capture;
	char *text;

	(void)state;
	incidents_begin(&s);
	second_of(&s, 0, 0, 2);
	tick(&s);
	source.totals = &s.scene.status;
	text = report_of(REPORT_TEXT, NULL, 0, &source);
	assert_says(text, "DNS incident report: too few transactions to judge\n");
	assert_words(text, "No query was answered: 2 failed. A resolver is judged");
	assert_says(text, "This is no all-clear.");
	assert_says(text, "192.0.2.1  too few to judge  2 timed out\n");
	assert_says_not(text, "no incident");
	free(text);
	incidents_end(&s);
}

static void formats_are_known_by_name(void **state)
{
	enum report_format format;

	(void)state;
	assert_int_equal(report_format_parse("html", &format), 0);
	assert_int_equal(format, REPORT_HTML);
	assert_int_equal(report_format_parse("markdown", &format), 0);
	assert_int_equal(format, REPORT_MARKDOWN);
	assert_true(report_format_parse("pdf", &format) < 0);
}

/* ---- tcpdump's own form ---------------------------------------------------------------------- */

static void assert_line(const struct sample *sample, const char *expected)
{
	struct incident_message message = {.wall_ns = 3723 * NS_PER_S + 4000, .sample = *sample};
	struct buffer line = {0};

	tcpdump_line_write(&line, &message);
	assert_string_equal(line.text, expected);
	buffer_free(&line);
}

static void messages_look_as_tcpdump_prints_them(void **state)
{
	struct resolver_key key = scene_key("203.0.113.2"), key6 = scene_key("2001:db8::53");
	struct sample sample = sample_of(&key, "192.0.2.7", "x");

	(void)state;
	sample.code = 1;
	assert_line(
		&sample,
		"01:02:03.000004 IP 203.0.113.2 > 192.0.2.7: ICMP host 203.0.113.2 unreachable");
	sample.code = 13;
	assert_line(&sample, "01:02:03.000004 IP 203.0.113.2 > 192.0.2.7: ICMP host 203.0.113.2 "
			     "unreachable - admin prohibited filter");
	sample.type = 11;
	sample.code = 0;
	assert_line(&sample,
		    "01:02:03.000004 IP 203.0.113.2 > 192.0.2.7: ICMP time exceeded in-transit");
	sample = sample_of(&key6, "2001:db8::1", "x");
	sample.version = 6;
	sample.type = 1;
	sample.code = 4;
	assert_line(&sample, "01:02:03.000004 IP6 2001:db8::53 > 2001:db8::1: ICMP6, destination "
			     "unreachable, unreachable port, 2001:db8::53 udp port 53");
	sample.type = sample.code = 255;
	assert_line(&sample,
		    "01:02:03.000004 IP6 2001:db8::53 > 2001:db8::1: ICMP6, type 255, code 255");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_format_names_what_matters),
		cmocka_unit_test(the_text_is_the_reference_one),
		cmocka_unit_test(the_text_is_78_columns_wide_but_for_the_log),
		cmocka_unit_test(a_known_date_is_shown),
		cmocka_unit_test(html_needs_nothing_else),
		cmocka_unit_test(json_is_one_object_with_all_of_it),
		cmocka_unit_test(no_format_has_a_control_character),
		cmocka_unit_test(html_escapes_all_of_it),
		cmocka_unit_test(markdown_keeps_it_in_code),
		cmocka_unit_test(no_command_takes_it),
		cmocka_unit_test(every_cause_is_explained),
		cmocka_unit_test(without_messages_the_first_signal_is_a_timeout),
		cmocka_unit_test(the_first_signal_is_the_earlier_one),
		cmocka_unit_test(what_was_recorded_of_a_text_is_told_from_packets),
		cmocka_unit_test(the_host_that_counted_it_is_named),
		cmocka_unit_test(what_points_elsewhere_speaks_against_it),
		cmocka_unit_test(errors_are_no_failures_in_the_summary),
		cmocka_unit_test(queries_over_tcp_are_counted_without_their_syns),
		cmocka_unit_test(several_incidents_come_with_an_overview),
		cmocka_unit_test(incidents_of_this_host_have_anchors),
		cmocka_unit_test(the_number_of_an_incident_of_this_host_is_its_id),
		cmocka_unit_test(very_many_incidents_are_not_all_told),
		cmocka_unit_test(odd_timelines_are_drawn),
		cmocka_unit_test(no_incident_is_said_with_totals),
		cmocka_unit_test(too_few_to_judge_is_said),
		cmocka_unit_test(formats_are_known_by_name),
		cmocka_unit_test(messages_look_as_tcpdump_prints_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
