// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The incident report for machines: the incidents, and their explanations as plain text. */
#include "report/report_json.h"

#include "util/text.h"
#include "view/incident_json.h"
#include "report/explain.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Returns the words without their marks, which are for documents only. */
static json_t *report_json_words(struct json_build *build, const struct buffer *from)
{
	struct buffer plain = {0};
	json_t *value;
	const char *c;

	for (c = from->text ? from->text : ""; *c; c++)
		if (!strchr(MARK_CODE MARK_END MARK_BREAK, *c))
			buffer_add_bytes(&plain, c, 1);
	build->failed |= plain.failed | from->failed;
	value = json_build_text(plain.text ? plain.text : "");
	buffer_free(&plain);
	return value;
}

static json_t *report_json_sentences(struct json_build *build, const struct sentence_list *lines)
{
	json_t *array = json_array();
	size_t i;

	for (i = 0; i < lines->count; i++)
		json_build_append(build, array, report_json_words(build, &lines->line[i]));
	return array;
}

static json_t *checks(struct json_build *build, const struct explanation *e)
{
	json_t *array = json_array();
	size_t i;

	for (i = 0; i < e->check_count; i++) {
		json_t *object = json_object();

		json_build_set(build, object, "on",
			       json_build_text(e->checks[i].on_resolver ? "resolver" : "client"));
		json_build_set(build, object, "command",
			       report_json_words(build, &e->checks[i].command));
		json_build_set(build, object, "tells", json_build_text(e->checks[i].tells));
		json_build_append(build, array, object);
	}
	return array;
}

static void report_json_set_explanation(struct json_build *build, json_t *object,
					const struct explanation *e)
{
	struct buffer meaning = {0};

	buffer_add(&meaning, "%s", e->meaning);
	json_build_set(build, object, "meaning", report_json_words(build, &meaning));
	json_build_set(build, object, "evidence", report_json_sentences(build, &e->evidence));
	json_build_set(build, object, "against", report_json_sentences(build, &e->against));
	json_build_set(build, object, "alternatives",
		       report_json_sentences(build, &e->alternatives));
	json_build_set(build, object, "confirmed_by",
		       report_json_sentences(build, &e->confirmed_by));
	json_build_set(build, object, "checks", checks(build, e));
	buffer_free(&meaning);
}

static json_t *report_json_incident(struct json_build *build, const struct incident *incident,
				    const struct report_source *source)
{
	json_t *object = incident_json_object(build, incident, NULL), *about = json_object();
	struct explanation *e = calloc(1, sizeof(*e));
	struct buffer summary = {0};

	if (!e) {
		build->failed = 1;
		json_decref(about);
		return object;
	}
	explanation_fill(e, incident, source);
	explanation_add_summary(&summary, incident, source);
	json_build_set(build, object, "summary", report_json_words(build, &summary));
	report_json_set_explanation(build, about, e);
	json_build_set(build, object, "explanation", about);
	explanation_free(e);
	free(e);
	buffer_free(&summary);
	return object;
}

static json_t *diagnostics(struct json_build *build, const struct report_source *source)
{
	json_t *array = json_array();
	size_t i;

	for (i = 0; i < source->diagnostic_count; i++) {
		json_t *object = json_object();

		json_build_set(build, object, "line",
			       json_build_count(source->diagnostics[i].line));
		json_build_set(build, object, "what", json_build_text(source->diagnostics[i].what));
		json_build_append(build, array, object);
	}
	return array;
}

static void report_json_set_source(struct json_build *build, json_t *object,
				   const struct report_source *source)
{
	static const char *const kinds[] = {
		[REPORT_OF_TRAFFIC] = "live",
		[REPORT_OF_CAPTURE] = "capture",
		[REPORT_OF_TEXT] = "text",
		[REPORT_OF_INCIDENTS] = "incidents",
	};

	json_build_set(build, object, "source", json_build_text(source->file));
	json_build_set(build, object, "kind", json_build_text(kinds[source->kind]));
	json_build_set(build, object, "engine", json_build_text(source->engine));
	json_build_set(build, object, "packets", json_build_count(source->packets));
	json_build_set(build, object, "cut", json_build_count(source->cut));
	json_build_set(build, object, "date_known", json_boolean(source->date_known));
	json_build_set(build, object, "inferred_quotes", json_build_count(source->inferred_quotes));
	json_build_set(build, object, "unreadable", json_build_count(source->unreadable));
	json_build_set(build, object, "complaints", diagnostics(build, source));
}

int report_json_add(struct buffer *out, const struct incident *const *incidents, size_t count,
		    const struct report_source *source)
{
	json_t *object = json_object(), *array = json_array();
	struct json_build build = {0};
	size_t i;

	report_json_set_source(&build, object, source);
	for (i = 0; i < count; i++)
		json_build_append(&build, array,
				  report_json_incident(&build, incidents[i], source));
	json_build_set(&build, object, "incidents", array);
	return json_build_write(&build, object, out);
}
