// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The pages for Prometheus: read back line by line by a reader of this test's own that refuses
 * whatever the formats do not allow, and by promtool and the Python client where they are there.
 */
#include "metrics_scene.h"
#include "says.h"
#include "tool.h"

#include "util/text.h"
#include "util/buffer.h"
#include "metrics/prometheus.h"

#include <stdio.h>
#include <stdlib.h>

static struct buffer page_of(const struct metrics_scene *scene, enum prometheus_format format)
{
	struct buffer page = {0};

	assert_int_equal(prometheus_write(&page, format, &scene->source), 0);
	assert_int_equal(strlen(page.text), page.used);
	return page;
}

/* ---- a strict reader --------------------------------------------------------------------- */

struct reader {
	int open; /* OpenMetrics */
	char family[64], type[16];
	int step; /* of the metadata that came: how many */
	int ended;
};

static int starts(const char *line, const char *with)
{
	return !strncmp(line, with, strlen(with));
}

/* Metadata: in the order of the format, each about the same family. */
static void read_metadata(struct reader *reader, const char *line)
{
	static const char *const order[2][3] = {{"HELP", "TYPE"}, {"TYPE", "UNIT", "HELP"}};
	char keyword[8], name[64], rest[256];
	int first;

	if (!strcmp(line, "# EOF")) {
		assert_true(reader->open);
		reader->ended = 1;
		return;
	}
	assert_int_equal(sscanf(line, "# %7s %63s %255[^\n]", keyword, name, rest), 3);
	first = !strcmp(keyword, order[reader->open][0]);
	if (first) {
		assert_string_not_equal(name, reader->family);
		strcpy(reader->family, name);
		reader->step = 0;
	}
	if (reader->step == 1 && reader->open && !strcmp(keyword, "HELP"))
		reader->step++; /* a family without a unit */
	assert_true(reader->step < 3 && order[reader->open][reader->step]);
	assert_string_equal(keyword, order[reader->open][reader->step]);
	assert_string_equal(name, reader->family);
	reader->step++;
	if (!strcmp(keyword, "TYPE"))
		snprintf(reader->type, sizeof(reader->type), "%.15s", rest);
	if (!strcmp(keyword, "UNIT")) {
		assert_true(strlen(name) > strlen(rest));
		assert_string_equal(name + strlen(name) - strlen(rest), rest);
	}
}

/* What may follow the family's name in the name of a sample. */
static void check_suffix(const struct reader *reader, const char *suffix)
{
	static const char *const histogram[] = {"_bucket", "_count", "_sum"};
	unsigned int i;

	if (reader->open && strcmp(reader->type, "gauge") && !strcmp(suffix, "_created"))
		return;
	if (!strcmp(reader->type, "counter")) {
		assert_string_equal(suffix, reader->open ? "_total" : "");
		return;
	}
	if (!strcmp(reader->type, "gauge")) {
		assert_string_equal(suffix, "");
		return;
	}
	assert_string_equal(reader->type, "histogram");
	for (i = 0; i < 3; i++)
		if (!strcmp(suffix, histogram[i]))
			return;
	fail_msg("a histogram's sample ends in %s", suffix);
}

/* At the first quote; returns behind the last one. */
static const char *read_value(const char *at)
{
	unsigned long number;
	int length;

	assert_int_equal(*at++, '"');
	for (; *at != '"'; at += length) {
		length = utf8_decode(at, &number);
		assert_true(length > 0 && *at);
		if (*at == '\\') {
			length = 2;
			assert_non_null(strchr("\\\"n", at[1]));
		}
	}
	return at + 1;
}

static const char *read_labels(const char *at)
{
	const char *names = "abcdefghijklmnopqrstuvwxyz_";

	do {
		size_t length = strspn(++at, names);

		assert_true(length > 0 && at[length] == '=');
		at = read_value(at + length + 1);
	} while (*at == ',');
	assert_int_equal(*at, '}');
	return at + 1;
}

/* Cuts the value off, so that lines can be compared. */
static void read_sample(struct reader *reader, char *line)
{
	size_t name = strcspn(line, "{ "), family = strlen(reader->family);
	char suffix[32], *end;
	const char *at = line + name;

	assert_true(starts(line, reader->family) && name - family < sizeof(suffix));
	memcpy(suffix, line + family, name - family);
	suffix[name - family] = '\0';
	check_suffix(reader, suffix);
	if (*at == '{')
		at = read_labels(at);
	assert_int_equal(*at, ' ');
	line[at - line] = '\0';
	assert_true(strtod(at + 1, &end) >= 0);
	assert_true(end > at + 1 && !*end);
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Returns how many samples there are. */
static size_t read_page(const struct buffer *page, enum prometheus_format format)
{
	struct reader reader = {.open = format == PROMETHEUS_OPENMETRICS};
	char *copy = strdup(page->text), *rest = copy, *line;
	char **lines = calloc(page->used, sizeof(*lines));
	size_t i, count = 0;

	assert_true(copy && lines && page->text[page->used - 1] == '\n');
	copy[page->used - 1] = '\0';
	while ((line = strsep(&rest, "\n"))) {
		assert_false(reader.ended);
		if (*line == '#') {
			read_metadata(&reader, line);
		} else {
			read_sample(&reader, line);
			lines[count++] = line;
		}
	}
	assert_int_equal(reader.ended, reader.open);
	qsort(lines, count, sizeof(*lines), by_text);
	for (i = 1; i < count; i++)
		assert_string_not_equal(lines[i - 1], lines[i]);
	free(lines);
	free(copy);
	return count;
}

/* ---- tests ------------------------------------------------------------------------------- */

static void both_pages_are_well_formed_and_without_duplicates(void **state)
{
	struct metrics_scene scene;
	struct buffer page;

	(void)state;
	metrics_full(&scene);
	page = page_of(&scene, PROMETHEUS_TEXT);
	assert_true(read_page(&page, PROMETHEUS_TEXT) > 400);
	buffer_free(&page);
	page = page_of(&scene, PROMETHEUS_OPENMETRICS);
	assert_true(read_page(&page, PROMETHEUS_OPENMETRICS) > 600);
	buffer_free(&page);
	metrics_begin(&scene);
	page = page_of(&scene, PROMETHEUS_OPENMETRICS);
	read_page(&page, PROMETHEUS_OPENMETRICS);
	buffer_free(&page);
}

static void many_resolvers_are_many_series(void **state)
{
	enum { MANY = 500 };
	struct resolver_snapshot *many = calloc(MANY, sizeof(*many));
	struct metrics_scene scene;
	struct buffer page;
	size_t i, before;

	(void)state;
	assert_non_null(many);
	metrics_begin(&scene);
	page = page_of(&scene, PROMETHEUS_TEXT);
	before = read_page(&page, PROMETHEUS_TEXT);
	buffer_free(&page);
	for (i = 0; i < MANY; i++) {
		many[i].key = scene_key("192.0.2.1");
		many[i].key.address.w[3] = htonl(0x0a000000 + (__u32)i / 2);
		many[i].key.port = htons(i % 2 ? 5353 : 53);
	}
	scene.now.resolvers = many;
	scene.now.count = MANY;
	page = page_of(&scene, PROMETHEUS_TEXT);
	/* 36 counters, 3 outcomes, 19 of the histogram, in flight, state, cause, suspicion */
	assert_int_equal(read_page(&page, PROMETHEUS_TEXT) - before,
			 MANY * (36 + 3 + 19 + 1 + 6 + 11 + 1));
	buffer_free(&page);
	free(many);
}

static void text_reads_as_prometheus_writes_it(void **state)
{
	struct metrics_scene scene;
	struct buffer page;

	(void)state;
	metrics_full(&scene);
	page = page_of(&scene, PROMETHEUS_TEXT);
	assert_true(starts(page.text,
			   "# HELP dnsreach_queries_total Query messages sent, retransmissions "
			   "included.\n"
			   "# TYPE dnsreach_queries_total counter\n"
			   "dnsreach_queries_total{resolver=\"other\",port=\"\",transport=\"\","
			   "origin=\"\"} 7\n"
			   "dnsreach_queries_total{resolver=\"192.0.2.1\",port=\"53\","
			   "transport=\"udp\",origin=\"host\"} 0\n"
			   "dnsreach_queries_total{resolver=\"192.0.2.2\",port=\"5353\","
			   "transport=\"udp\",origin=\"host\"} 0\n"));
	assert_says(page.text,
		    "\n# TYPE dnsreach_self_resolvers gauge\ndnsreach_self_resolvers 5\n");
	assert_says(page.text, "\nprocess_cpu_seconds_total 1.5\n");
	assert_says_not(page.text, "_created");
	assert_says_not(page.text, "# UNIT");
	assert_says_not(page.text, "# EOF");
	buffer_free(&page);
}

#define UDP "resolver=\"192.0.2.1\",port=\"53\",transport=\"udp\",origin=\"host\""

static void openmetrics_reads_as_its_standard_has_it(void **state)
{
	struct metrics_scene scene;
	struct buffer page;

	(void)state;
	metrics_full(&scene);
	page = page_of(&scene, PROMETHEUS_OPENMETRICS);
	assert_says(page.text, "# TYPE dnsreach_transactions_timed_out counter\n"
			       "# HELP dnsreach_transactions_timed_out Transactions");
	assert_says(page.text, "\ndnsreach_transactions_timed_out_total{" UDP "} 3\n"
			       "dnsreach_transactions_timed_out_created{" UDP "} 1700000000.25\n");
	assert_says(page.text,
		    "\n# TYPE process_cpu_seconds counter\n# UNIT process_cpu_seconds seconds\n"
		    "# HELP process_cpu_seconds CPU");
	assert_says(page.text, "\nprocess_cpu_seconds_total 1.5\n"
			       "process_cpu_seconds_created 1700000000.125\n");
	assert_says(page.text, "\ndnsreach_rtt_seconds_sum{" UDP "} 0.002\n"
			       "dnsreach_rtt_seconds_created{" UDP "} 1700000000.25\n");
	assert_says_not(page.text, "in_flight_created");
	assert_string_equal(page.text + page.used - 6, "# EOF\n");
	buffer_free(&page);
}

/* The same in both formats: another spelling would be another series. */
static void bounds_are_canonical(void **state)
{
	static const char *const le[] = {"0.000256", "0.000512", "0.001024", "0.002048", "0.004096",
					 "0.008192", "0.016384", "0.032768", "0.065536", "0.131072",
					 "0.262144", "0.524288", "1.048576", "2.097152", "4.194304",
					 "8.388608", "+Inf"};
	struct metrics_scene scene;
	char line[160];
	unsigned int i, format;

	(void)state;
	metrics_full(&scene);
	for (format = PROMETHEUS_TEXT; format <= PROMETHEUS_OPENMETRICS; format++) {
		struct buffer page = page_of(&scene, format);

		for (i = 0; i < sizeof(le) / sizeof(*le); i++) {
			snprintf(line, sizeof(line),
				 "\ndnsreach_rtt_seconds_bucket{%s,le=\"%s\"} %d\n", UDP, le[i],
				 i >= 2 ? 2 : 0);
			assert_says(page.text, line);
		}
		assert_says(page.text, "\ndnsreach_rtt_seconds_count{" UDP "} 2\n");
		buffer_free(&page);
	}
}

static void label_values_are_escaped(void **state)
{
	struct metrics_scene scene;
	struct buffer page;

	(void)state;
	metrics_full(&scene);
	page = page_of(&scene, PROMETHEUS_TEXT);
	assert_says(page.text,
		    "\ndnsreach_interface_attached{interface=\"e\\\"\\\\\\n\xef\xbf\xbd\","
		    "hook=\"clsact\"} 1\n");
	assert_says(page.text, "kernel=\"6.1 \\\"quoted\\\" \\\\ \\n\xc3\xa4\xef\xbf\xbd\"} 1\n");
	assert_says(page.text, "{resolver=\"fe80::1%\xef\xbf\xbd\\\"/6\",");
	buffer_free(&page);
}

static void reals_come_back_as_they_were(void **state)
{
	static const struct {
		double real;
		const char *text;
	} expected[] = {
		{0, "0.0"},
		{1, "1.0"},
		{10, "10.0"},
		{0.001, "0.001"},
		{0.0001, "0.0001"},
		{0.00001, "1e-05"},
		{100000, "100000.0"},
		{1e6, "1e+06"},
		{1e10, "1e+10"},
		{0.1, "0.1"},
		{1e-10, "1e-10"},
		{0.1 + 0.2, "0.30000000000000004"},
		{1.0 / 3, "0.3333333333333333"},
		{1700000000.25, "1700000000.25"},
	};
	char text[TEXT_REAL_SIZE];
	double real;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(expected) / sizeof(*expected); i++)
		assert_string_equal(text_format_real(expected[i].real, text), expected[i].text);
	for (real = 1e-300; real < 1e300; real *= 1.2345e7)
		assert_true(strtod(text_format_real(real, text), NULL) == real);
}

static void wholes_are_exact(void **state)
{
	struct buffer out = {0};

	(void)state;
	buffer_add_whole(&out, 0);
	buffer_add_bytes(&out, " ", 1);
	buffer_add_whole(&out, 9007199254740993ULL);
	buffer_add_bytes(&out, " ", 1);
	buffer_add_whole(&out, ~0ULL);
	assert_string_equal(out.text, "0 9007199254740993 18446744073709551615");
	buffer_free(&out);
}

static void bytes_that_are_no_utf_8_are_replaced(void **state)
{
	char out[16];

	(void)state;
	assert_string_equal(utf8_replace_invalid("a\xc3\xa4\n", out, sizeof(out)), "a\xc3\xa4\n");
	assert_string_equal(utf8_replace_invalid("\xc3", out, sizeof(out)), "\xef\xbf\xbd");
	assert_string_equal(utf8_replace_invalid("\xed\xa0\x80", out, sizeof(out)),
			    "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");
	assert_string_equal(utf8_replace_invalid("\xc0\x80x", out, sizeof(out)),
			    "\xef\xbf\xbd\xef\xbf\xbdx");
	assert_string_equal(utf8_replace_invalid("\xff\xff\xff\xff\xff\xff", out, sizeof(out)),
			    "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");
	assert_string_equal(utf8_replace_invalid("abc", out, 3), "ab");
	assert_string_equal(utf8_replace_invalid("a\xc3\xa4", out, 3), "a");
}

static void the_accept_header_decides(void **state)
{
	static const struct {
		const char *accept;
		enum prometheus_format wanted;
	} asks[] = {
		{NULL, PROMETHEUS_TEXT},
		{"", PROMETHEUS_TEXT},
		{"*/*", PROMETHEUS_TEXT},
		/* Prometheus 2.42, an older one, 3.0; curl; a browser */
		{"application/openmetrics-text;version=1.0.0,application/openmetrics-text;"
		 "version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
		 PROMETHEUS_OPENMETRICS},
		{"application/openmetrics-text; version=0.0.1,text/plain;version=0.0.4;q=0.5,"
		 "*/*;q=0.1",
		 PROMETHEUS_TEXT},
		{"application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,"
		 "application/openmetrics-text;version=0.0.1;q=0.4,text/plain;version=1.0.0;"
		 "escaping=allow-utf-8;q=0.3,text/plain;version=0.0.4;q=0.2,*/*;q=0.1",
		 PROMETHEUS_OPENMETRICS},
		{"text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
		 PROMETHEUS_TEXT},
		{"application/openmetrics-text", PROMETHEUS_OPENMETRICS},
		{"Application/OpenMetrics-Text ; Version=\"1.0.0\" ; Q=0.3",
		 PROMETHEUS_OPENMETRICS},
		{"application/openmetrics-text;q=0", PROMETHEUS_TEXT},
		{"application/openmetrics-text;q=0.5,text/plain;q=0.6", PROMETHEUS_TEXT},
		{"application/openmetrics-text;q=0.61 , text/plain;q=0.6", PROMETHEUS_OPENMETRICS},
		{"text/plain,application/openmetrics-text", PROMETHEUS_TEXT},
		{"application/openmetrics-text;q=0.2,*/*;q=0.1", PROMETHEUS_OPENMETRICS},
		/* the more specific range counts, not the better one */
		{"application/openmetrics-text;q=0.2,*/*;q=0.9", PROMETHEUS_TEXT},
		{"application/openmetrics-text;q=0.2,text/plain;q=0.1,*/*;q=0.9",
		 PROMETHEUS_OPENMETRICS},
		{"application/openmetrics-text;version=1.0.0;q=0,application/openmetrics-text",
		 PROMETHEUS_TEXT},
		{"application/*,text/*;q=0.5", PROMETHEUS_OPENMETRICS},
		/* what makes no sense asks for nothing */
		{"application/openmetrics-text;q=1.5", PROMETHEUS_TEXT},
		{"application/openmetrics-text;q=0x1", PROMETHEUS_TEXT},
		{"application/openmetrics-text;q=", PROMETHEUS_TEXT},
		{"application/openmetrics-text;q", PROMETHEUS_OPENMETRICS},
		{"application/openmetrics-text;version=2.0.0", PROMETHEUS_TEXT},
		{",,;;=,\"", PROMETHEUS_TEXT},
		{"x;y=\"application/openmetrics-text,\\\",application/openmetrics-text\"",
		 PROMETHEUS_TEXT},
		{"application/openmetrics-text;v=\"a,b;q=0\"", PROMETHEUS_OPENMETRICS},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(asks) / sizeof(*asks); i++)
		if (prometheus_negotiate_format(asks[i].accept) != asks[i].wanted)
			fail_msg("wrong for %s", asks[i].accept);
}

static void each_format_says_what_it_is(void **state)
{
	(void)state;
	assert_string_equal(prometheus_content_type(PROMETHEUS_TEXT),
			    "text/plain; version=0.0.4; charset=utf-8");
	assert_string_equal(prometheus_content_type(PROMETHEUS_OPENMETRICS),
			    "application/openmetrics-text; version=1.0.0; charset=utf-8");
}

static void promtool_finds_nothing_wrong(void **state)
{
	struct metrics_scene scene;
	struct buffer page;

	(void)state;
	tool_needed("promtool", "command -v promtool >/dev/null");
	metrics_full(&scene);
	page = page_of(&scene, PROMETHEUS_TEXT);
	tool_says_nothing_to("promtool check metrics", &page);
	buffer_free(&page);
}

/* It refuses what OpenMetrics does not allow; Prometheus itself is milder. */
static void the_python_client_reads_openmetrics(void **state)
{
	static const char read[] =
		"/usr/bin/python3 -c 'import sys; from prometheus_client.openmetrics.parser import "
		"text_string_to_metric_families as read; "
		"assert len(list(read(sys.stdin.buffer.read().decode(\"utf-8\")))) == 53'";
	struct metrics_scene scene;
	struct buffer page;

	(void)state;
	tool_needed(
		"the Python client of Prometheus",
		"/usr/bin/python3 -c 'import prometheus_client.openmetrics.parser' 2>/dev/null");
	metrics_full(&scene);
	page = page_of(&scene, PROMETHEUS_OPENMETRICS);
	tool_says_nothing_to(read, &page);
	buffer_free(&page);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_pages_are_well_formed_and_without_duplicates),
		cmocka_unit_test(many_resolvers_are_many_series),
		cmocka_unit_test(text_reads_as_prometheus_writes_it),
		cmocka_unit_test(openmetrics_reads_as_its_standard_has_it),
		cmocka_unit_test(bounds_are_canonical),
		cmocka_unit_test(label_values_are_escaped),
		cmocka_unit_test(reals_come_back_as_they_were),
		cmocka_unit_test(wholes_are_exact),
		cmocka_unit_test(bytes_that_are_no_utf_8_are_replaced),
		cmocka_unit_test(the_accept_header_decides),
		cmocka_unit_test(each_format_says_what_it_is),
		cmocka_unit_test(promtool_finds_nothing_wrong),
		cmocka_unit_test(the_python_client_reads_openmetrics),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
