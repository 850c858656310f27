// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * docs/metrics.md says what the tables say: its table of all metrics is made of them (when it
 * differs, the new one is printed, to be pasted in), no metric is named that does not exist, every
 * value of a label is named, and promtool reads the queries. Runs in the repository's top
 * directory.
 */
#include "metrics_scene.h"
#include "tool.h"

#include "util/buffer.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

#define TABLE_BEGIN "<!-- made of the tables in user/: begin -->\n"
#define TABLE_END "<!-- made of the tables in user/: end -->\n"

static char *document;

static int read_document(void **state)
{
	FILE *file = fopen("docs/metrics.md", "r");
	size_t room = 0;

	(void)state;
	if (!file || getdelim(&document, &room, '\0', file) < 0)
		return -1;
	return fclose(file);
}

static int free_document(void **state)
{
	(void)state;
	free(document);
	return 0;
}

static void visit(const struct metrics_scene *scene, const struct metric_visitor *visitor)
{
	assert_int_equal(metrics_visit(&scene->source, visitor), 0);
}

/* Rows of TCP and of TLS have all that no row of UDP has. */
static void add_rows_of_connections(struct metrics_scene *scene)
{
	metrics_resolver(scene, "[2001:db8::53]:53");
	scene->resolvers[scene->now.count - 1].key.transport = TRANSPORT_TCP;
	metrics_resolver(scene, "[2001:db8::53]:853");
	scene->resolvers[scene->now.count - 1].key.transport = TRANSPORT_DOT;
}

static void no_family(const struct metric_family *family, void *context)
{
	(void)family;
	(void)context;
}

static void no_sample(const struct metric_family *family, const struct metric_sample *sample,
		      void *context)
{
	(void)family;
	(void)sample;
	(void)context;
}

static void add_row(const struct metric_family *family, void *context)
{
	static const char *const types[] = {"counter", "gauge", "histogram"};
	struct buffer *table = context;

	buffer_add(table, "| `%s` | %s | %s | %s |\n", family->name, types[family->type],
		   family->labels, family->help);
}

static void the_table_is_made_of_the_tables(void **state)
{
	struct buffer table = {0};
	const struct metric_visitor visitor = {add_row, no_sample, &table};
	const char *begin = strstr(document, TABLE_BEGIN), *end = strstr(document, TABLE_END);
	struct metrics_scene scene;

	(void)state;
	metrics_full(&scene);
	add_rows_of_connections(&scene);
	buffer_add(&table, "| metric | type | labels | what it is |\n|---|---|---|---|\n");
	visit(&scene, &visitor);
	assert_int_equal(buffer_error(&table), 0);
	assert_true(begin && end && begin < end);
	begin += strlen(TABLE_BEGIN);
	if ((size_t)(end - begin) != table.used || memcmp(begin, table.text, table.used)) {
		fprintf(stderr, "%s", table.text);
		buffer_free(&table);
		fail_msg("docs/metrics.md has another table than this");
	}
	buffer_free(&table);
}

struct wanted {
	const char *name;
	int found;
};

static void look_for(const struct metric_family *family, void *context)
{
	struct wanted *wanted = context;

	wanted->found |= !strcmp(family->name, wanted->name);
}

/* A histogram's parts, a counter as OTLP names it, and what OpenMetrics adds, are fine too. */
static int is_metric(const struct metrics_scene *scene, const char *name)
{
	static const char *const forms[] = {"%s", "%s_total"};
	static const char *const parts[] = {"_bucket", "_count", "_sum"};
	char plain[80], form[96];
	struct wanted wanted = {form, 0};
	const struct metric_visitor visitor = {look_for, no_sample, &wanted};
	size_t i;

	snprintf(plain, sizeof(plain), "%s", name);
	for (i = 0; i < 3; i++) {
		char *part = strstr(plain, parts[i]);

		if (part && !part[strlen(parts[i])])
			*part = '\0';
	}
	for (i = 0; i < 2; i++) {
		snprintf(form, sizeof(form), i ? forms[1] : forms[0], plain);
		visit(scene, &visitor);
	}
	return wanted.found;
}

static void no_other_metric_is_named(void **state)
{
	const char *at = document;
	struct metrics_scene scene;
	char name[80];
	int names = 0;

	(void)state;
	metrics_full(&scene);
	add_rows_of_connections(&scene);
	for (; (at = strstr(at, "dnsreach_")); at += strlen(name)) {
		snprintf(name, sizeof(name), "%.*s", (int)strspn(at, "abcdefghijklmnopqrstuvwxyz_"),
			 at);
		if (!strcmp(name, "dnsreach_")) /* the prefix itself */
			continue;
		names++;
		if (!is_metric(&scene, name))
			fail_msg("docs/metrics.md: there is no metric %s", name);
	}
	assert_true(names > 40);
}

static int is_of_this_host(const char *label)
{
	static const char *const words[] = {"resolver", "port",	  "transport", "interface", "hook",
					    "version",	"libbpf", "kernel",    "asker"};
	size_t i;

	for (i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (!strcmp(label, words[i]))
			return 1;
	return 0;
}

static void find_values(const struct metric_family *family, const struct metric_sample *sample,
			void *context)
{
	char word[80];
	size_t i;

	for (i = 0; i < sample->label_count; i++) {
		if (is_of_this_host(sample->labels[i].name) ||
		    !strcmp(sample->labels[i].name, "table"))
			continue;
		snprintf(word, sizeof(word), "`%s`", sample->labels[i].value);
		if (!strstr(document, word))
			fail_msg("docs/metrics.md lacks the value %s of %s", word,
				 sample->labels[i].name);
		++*(int *)context;
	}
	(void)family;
}

static void every_value_of_a_label_is_named(void **state)
{
	struct metrics_scene scene;
	int values = 0;
	const struct metric_visitor visitor = {no_family, find_values, &values};

	(void)state;
	metrics_full(&scene);
	add_rows_of_connections(&scene);
	visit(&scene, &visitor);
	assert_true(values > 50);
}

/* Each block of promql as a recording rule. */
static void promtool_reads_the_queries(void **state)
{
	struct buffer rules = {0};
	const char *at = document;
	int blocks = 0;

	(void)state;
	tool_needed("promtool", "command -v promtool >/dev/null");
	buffer_add(&rules, "groups:\n- name: docs\n  rules:\n");
	while ((at = strstr(at, "```promql\n"))) {
		const char *end = strstr(at += strlen("```promql\n"), "```\n");

		assert_non_null(end);
		buffer_add(&rules, "  - record: docs:query:%d\n    expr: |\n", ++blocks);
		while (at < end) {
			size_t line = strcspn(at, "\n") + 1;

			buffer_add(&rules, "      %.*s", (int)line, at);
			at += line;
		}
	}
	assert_true(blocks >= 5);
	tool_says_nothing_to("promtool check rules /dev/stdin >/dev/null", &rules);
	buffer_free(&rules);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_table_is_made_of_the_tables),
		cmocka_unit_test(no_other_metric_is_named),
		cmocka_unit_test(every_value_of_a_label_is_named),
		cmocka_unit_test(promtool_reads_the_queries),
	};

	return cmocka_run_group_tests(tests, read_document, free_document);
}
