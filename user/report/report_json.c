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
static json_t *words(struct maker *maker, const struct buffer *from)
{
	struct buffer plain = {0};
	json_t *value;
	const char *c;

	for (c = from->text ? from->text : ""; *c; c++)
		if (!strchr(CODE END BREAK, *c))
			buffer_add_bytes(&plain, c, 1);
	maker->failed |= plain.failed | from->failed;
	value = maker_text(plain.text ? plain.text : "");
	buffer_free(&plain);
	return value;
}

static json_t *sentences(struct maker *maker, const struct lines *lines)
{
	json_t *array = json_array();
	size_t i;

	for (i = 0; i < lines->count; i++)
		maker_append(maker, array, words(maker, &lines->line[i]));
	return array;
}

static json_t *checks(struct maker *maker, const struct explanation *e)
{
	json_t *array = json_array();
	size_t i;

	for (i = 0; i < e->check_count; i++) {
		json_t *object = json_object();

		maker_set(maker, object, "on",
			  maker_text(e->checks[i].on_resolver ? "resolver" : "client"));
		maker_set(maker, object, "command", words(maker, &e->checks[i].command));
		maker_set(maker, object, "tells", maker_text(e->checks[i].tells));
		maker_append(maker, array, object);
	}
	return array;
}

static void set_explanation(struct maker *maker, json_t *object, const struct explanation *e)
{
	struct buffer meaning = {0};

	buffer_add(&meaning, "%s", e->meaning);
	maker_set(maker, object, "meaning", words(maker, &meaning));
	maker_set(maker, object, "evidence", sentences(maker, &e->evidence));
	maker_set(maker, object, "against", sentences(maker, &e->against));
	maker_set(maker, object, "alternatives", sentences(maker, &e->alternatives));
	maker_set(maker, object, "confirmed_by", sentences(maker, &e->confirmed_by));
	maker_set(maker, object, "checks", checks(maker, e));
	buffer_free(&meaning);
}

static json_t *explained(struct maker *maker, const struct incident *incident,
			 const struct report_origin *origin)
{
	json_t *object = incident_object(maker, incident, NULL), *about = json_object();
	struct explanation *e = calloc(1, sizeof(*e));
	struct buffer summary = {0};

	if (!e) {
		maker->failed = 1;
		json_decref(about);
		return object;
	}
	explain(e, incident, origin);
	add_summary(&summary, incident, origin);
	maker_set(maker, object, "summary", words(maker, &summary));
	set_explanation(maker, about, e);
	maker_set(maker, object, "explanation", about);
	explanation_free(e);
	free(e);
	buffer_free(&summary);
	return object;
}

static json_t *complaints(struct maker *maker, const struct report_origin *origin)
{
	json_t *array = json_array();
	size_t i;

	for (i = 0; i < origin->complaint_count; i++) {
		json_t *object = json_object();

		maker_set(maker, object, "line", maker_count(origin->complaints[i].line));
		maker_set(maker, object, "what", maker_text(origin->complaints[i].what));
		maker_append(maker, array, object);
	}
	return array;
}

static void set_origin(struct maker *maker, json_t *object, const struct report_origin *origin)
{
	static const char *const kinds[] = {
		[ORIGIN_LIVE] = "live",
		[ORIGIN_CAPTURE] = "capture",
		[ORIGIN_TEXT] = "text",
		[ORIGIN_INCIDENTS] = "incidents",
	};

	maker_set(maker, object, "source", maker_text(origin->source));
	maker_set(maker, object, "kind", maker_text(kinds[origin->kind]));
	maker_set(maker, object, "engine", maker_text(origin->engine));
	maker_set(maker, object, "packets", maker_count(origin->packets));
	maker_set(maker, object, "cut", maker_count(origin->cut));
	maker_set(maker, object, "date_known", json_boolean(origin->date_known));
	maker_set(maker, object, "inferred_quotes", maker_count(origin->inferred_quotes));
	maker_set(maker, object, "unreadable", maker_count(origin->unreadable));
	maker_set(maker, object, "complaints", complaints(maker, origin));
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
	struct maker maker = {0};
	size_t i;

	set_origin(&maker, object, origin);
	for (i = 0; i < count; i++)
		maker_append(&maker, array, explained(&maker, incidents[i], origin));
	maker_set(&maker, object, "incidents", array);
	if (json_dump_callback(object, add_bytes, out, MAKER_FLAGS))
		maker.failed = 1;
	json_decref(object);
	buffer_add_bytes(out, "\n", 1);
	return maker.failed ? -ENOMEM : buffer_error(out);
}
