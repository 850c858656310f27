// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The incident report for machines: the incidents, and their explanations as plain text. */
#include "report/report_json.h"

#include "util/text.h"
#include "view/incident_json.h"
#include "health/counters.h"
#include "health/status.h"
#include "report/explain.h"
#include "report/incident_summary.h"
#include "report/unjudged.h"
#include "util/address.h"
#include "util/clock.h"
#include "util/dns.h"

#include <arpa/inet.h>
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
					const struct explanation *e,
					const struct incident *incident,
					const struct report_source *source)
{
	struct buffer meaning = {0}, attack = {0};

	const char *why;

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
	json_build_set(build, object, "confidence",
		       json_build_text(
			       confidence_name(incident_confidence(incident, source, &why))));
	json_build_set(build, object, "confidence_why", json_build_text(why));
	incident_add_attack(&attack, incident);
	json_build_set(build, object, "attack", report_json_words(build, &attack));
	json_build_set(build, object, "next_step", json_build_text(incident_next_step(incident)));
	buffer_free(&attack);
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
	incident_add_summary(&summary, incident, source);
	json_build_set(build, object, "summary", report_json_words(build, &summary));
	report_json_set_explanation(build, about, e, incident, source);
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
	json_build_set(build, object, "zone_known", json_boolean(source->zone_known));
	json_build_set(build, object, "offsets", json_boolean(source->offsets));
	json_build_set(build, object, "reordered", json_boolean(source->reordered));
	json_build_set(build, object, "odd_times", json_build_count(source->odd_times));
	json_build_set(build, object, "damaged", json_boolean(source->damaged));
	json_build_set(build, object, "repeated", json_build_count(source->quoted_again));
	json_build_set(build, object, "inferred_quotes", json_build_count(source->inferred_quotes));
	json_build_set(build, object, "unreadable", json_build_count(source->unreadable));
	json_build_set(build, object, "dns_lost", json_build_count(source->dns_lost));
	json_build_set(build, object, "complaints", diagnostics(build, source));
}

/* ---- resolvers with too few transactions to judge ---------------------------------------------
 */

static json_t *report_json_time(__u64 wall_ns)
{
	char time[CLOCK_TEXT_SIZE];

	return wall_ns ? json_build_text(clock_rfc3339(wall_ns, time)) : json_null();
}

static json_t *report_json_transaction(struct json_build *build,
				       const struct excerpt_transaction *from,
				       const struct report_source *source)
{
	static const char *const outcomes[] = {
		[EXCERPT_OPEN] = NULL,
		[EXCERPT_ANSWERED] = "answered",
		[EXCERPT_UNREACHABLE] = "unreachable",
		[EXCERPT_UNSENT] = "unsent",
		[EXCERPT_TIMED_OUT] = "timed_out",
	};
	char client[ADDRESS_TEXT_SIZE], type[DNS_TYPE_SIZE];
	json_t *object = json_object();
	struct buffer text = {0};

	json_build_set(build, object, "sent", report_json_time(from->sent_ns));
	json_build_set(build, object, "client",
		       json_build_text(address_text(&from->client, 0, client)));
	json_build_set(build, object, "client_port", json_build_count(ntohs(from->client_port)));
	json_build_set(build, object, "name", json_build_text(*from->name ? from->name : NULL));
	json_build_set(build, object, "type",
		       json_build_text(from->type ? dns_type_text(from->type, type) : NULL));
	json_build_set(build, object, "queries", json_build_count(from->queries));
	json_build_set(build, object, "outcome", json_build_text(outcomes[from->outcome]));
	json_build_set(build, object, "ended", report_json_time(from->outcome_ns));
	json_build_set(build, object, "late", report_json_time(from->late_ns));
	unjudged_add_outcome(&text, from, source);
	json_build_set(build, object, "text", report_json_words(build, &text));
	buffer_free(&text);
	return object;
}

static json_t *report_json_unjudged(struct json_build *build, const struct report_source *source)
{
	json_t *array = json_array();
	size_t i, t;

	for (i = 0; source->totals && i < source->totals->count; i++) {
		const struct resolver_key *key = &source->totals->resolvers[i].now->key;
		const struct excerpt *excerpt = report_find_excerpt(source, key);
		json_t *object, *transactions;
		char resolver[RESOLVER_TEXT_SIZE];

		if (source->totals->resolvers[i].is_judged || !excerpt)
			continue;
		object = json_object();
		transactions = json_array();
		json_build_set(build, object, "resolver",
			       json_build_text(resolver_text(key, resolver)));
		for (t = 0; t < excerpt->count; t++)
			json_build_append(build, transactions,
					  report_json_transaction(build, &excerpt->transactions[t],
								  source));
		json_build_set(build, object, "transactions", transactions);
		json_build_set(build, object, "more", json_boolean(excerpt->more));
		json_build_append(build, array, object);
	}
	return array;
}

/* ---- what is known beside the incidents ------------------------------------------------------ */

static json_t *report_json_judged(struct json_build *build, const struct status *totals)
{
	json_t *array = json_array();
	char text[RESOLVER_TEXT_SIZE];
	size_t i;

	for (i = 0; totals && i < totals->count; i++) {
		const struct resolver_status *resolver = &totals->resolvers[i];
		json_t *object;

		if (!resolver->is_judged)
			continue;
		object = json_object();
		json_build_set(build, object, "resolver",
			       json_build_text(resolver_text(&resolver->now->key, text)));
		json_build_set(build, object, "state",
			       json_build_text(state_name(resolver->state)));
		json_build_set(build, object, "judged_by",
			       json_build_text(judged_by_name(resolver->judged_by)));
		json_build_append(build, array, object);
	}
	return array;
}

/* Sets what could not be parsed, by reason, and the messages that match no query. */
static void report_json_set_unread(struct json_build *build, json_t *object,
				   const struct report_source *source)
{
	json_t *unparsed = json_object(), *array = json_array();
	const struct self_counters *self;
	size_t i;

	self = source->totals ? &source->totals->snapshot->self : NULL;
	for (i = SELF_UNPARSED_SHORT; i <= SELF_UNPARSED_TUNNEL; i++)
		json_build_set(build, unparsed, self_rows[i].name,
			       self ? json_build_count(self->n[i]) : json_null());
	json_build_set(build, object, "unparsed", unparsed);
	json_build_set(build, object, "unmatched_unreachables",
		       self ? json_build_count(self->n[SELF_UNMATCHED_UNREACHABLES]) : json_null());
	for (i = 0; i < source->unmatched_count; i++)
		json_build_append(build, array,
				  incident_json_message(build, &source->unmatched[i]));
	json_build_set(build, object, "unmatched_messages", array);
}

static void report_json_set_made(struct json_build *build, json_t *object,
				 const struct report_style *style)
{
	json_build_set(build, object, "host", json_build_text(style->host));
	json_build_set(build, object, "version", json_build_text(style->version));
	json_build_set(build, object, "made", report_json_time(style->made_ns));
}

int report_json_add(struct buffer *out, const struct report_style *style,
		    const struct incident *const *incidents, size_t count,
		    const struct report_source *source)
{
	json_t *object = json_object(), *array = json_array();
	struct json_build build = {0};
	size_t i;

	report_json_set_source(&build, object, source);
	report_json_set_made(&build, object, style);
	for (i = 0; i < count; i++)
		json_build_append(&build, array,
				  report_json_incident(&build, incidents[i], source));
	json_build_set(&build, object, "incidents", array);
	json_build_set(&build, object, "judged", report_json_judged(&build, source->totals));
	json_build_set(&build, object, "too_few", report_json_unjudged(&build, source));
	report_json_set_unread(&build, object, source);
	return json_build_write(&build, object, out);
}
