// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The incident report for machines: the incidents, and what is said about them, as plain text. */
#include "report/report_json.h"

#include "util/text_sanitize.h"
#include "view/incident_object.h"
#include "report/explain.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* The marks around what is code are for pages only. */
static json_t *words(struct json_build *build, const struct buffer *from)
{
	struct buffer plain = {0};
	json_t *value;
	const char *c;

	for (c = from->text ? from->text : ""; *c; c++)
		if (!strchr(CODE END BREAK, *c))
			buffer_add_bytes(&plain, c, 1);
	build->failed |= plain.failed | from->failed;
	value = json_build_text(plain.text ? plain.text : "");
	buffer_free(&plain);
	return value;
}

static json_t *sentences(struct json_build *build, const struct lines *lines)
{
	json_t *array = json_array();
	size_t i;

	for (i = 0; i < lines->count; i++)
		json_build_append(build, array, words(build, &lines->line[i]));
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
		json_build_set(build, object, "command", words(build, &e->checks[i].command));
		json_build_set(build, object, "tells", json_build_text(e->checks[i].tells));
		json_build_append(build, array, object);
	}
	return array;
}

static void set_explanation(struct json_build *build, json_t *object, const struct explanation *e)
{
	struct buffer meaning = {0};

	buffer_add(&meaning, "%s", e->meaning);
	json_build_set(build, object, "meaning", words(build, &meaning));
	json_build_set(build, object, "evidence", sentences(build, &e->evidence));
	json_build_set(build, object, "against", sentences(build, &e->against));
	json_build_set(build, object, "alternatives", sentences(build, &e->alternatives));
	json_build_set(build, object, "confirmed_by", sentences(build, &e->confirmed_by));
	json_build_set(build, object, "checks", checks(build, e));
	buffer_free(&meaning);
}

static json_t *explained(struct json_build *build, const struct incident *incident,
			 const struct report_origin *origin)
{
	json_t *object = incident_object(build, incident, NULL), *about = json_object();
	struct explanation *e = calloc(1, sizeof(*e));
	struct buffer summary = {0};

	if (!e) {
		build->failed = 1;
		json_decref(about);
		return object;
	}
	explain(e, incident, origin);
	add_summary(&summary, incident, origin);
	json_build_set(build, object, "summary", words(build, &summary));
	set_explanation(build, about, e);
	json_build_set(build, object, "explanation", about);
	explanation_free(e);
	free(e);
	buffer_free(&summary);
	return object;
}

static json_t *diagnostics(struct json_build *build, const struct report_origin *origin)
{
	json_t *array = json_array();
	size_t i;

	for (i = 0; i < origin->diagnostic_count; i++) {
		json_t *object = json_object();

		json_build_set(build, object, "line",
			       json_build_count(origin->diagnostics[i].line));
		json_build_set(build, object, "what", json_build_text(origin->diagnostics[i].what));
		json_build_append(build, array, object);
	}
	return array;
}

static void set_origin(struct json_build *build, json_t *object, const struct report_origin *origin)
{
	static const char *const kinds[] = {
		[ORIGIN_LIVE] = "live",
		[ORIGIN_CAPTURE] = "capture",
		[ORIGIN_TEXT] = "text",
		[ORIGIN_INCIDENTS] = "incidents",
	};

	json_build_set(build, object, "source", json_build_text(origin->source));
	json_build_set(build, object, "kind", json_build_text(kinds[origin->kind]));
	json_build_set(build, object, "engine", json_build_text(origin->engine));
	json_build_set(build, object, "packets", json_build_count(origin->packets));
	json_build_set(build, object, "cut", json_build_count(origin->cut));
	json_build_set(build, object, "date_known", json_boolean(origin->date_known));
	json_build_set(build, object, "inferred_quotes", json_build_count(origin->inferred_quotes));
	json_build_set(build, object, "unreadable", json_build_count(origin->unreadable));
	json_build_set(build, object, "complaints", diagnostics(build, origin));
}

static int add_bytes(const char *bytes, size_t size, void *out)
{
	buffer_add_bytes(out, bytes, size);
	return 0;
}

int incident_report_json(struct buffer *out, const struct incident *const *incidents, size_t count,
			 const struct report_origin *origin)
{
	json_t *object = json_object(), *array = json_array();
	struct json_build build = {0};
	size_t i;

	set_origin(&build, object, origin);
	for (i = 0; i < count; i++)
		json_build_append(&build, array, explained(&build, incidents[i], origin));
	json_build_set(&build, object, "incidents", array);
	if (json_dump_callback(object, add_bytes, out, JSON_BUILD_FLAGS))
		build.failed = 1;
	json_decref(object);
	buffer_add_bytes(out, "\n", 1);
	return build.failed ? -ENOMEM : buffer_error(out);
}
