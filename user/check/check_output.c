// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The output of `dnsreach check`: one line, perfdata and detail, or one JSON object (docs/json.md).
 */
#include "check/check.h"

#include "health/counters.h"
#include "health/status.h"
#include "util/address.h"
#include "util/clock.h"
#include "util/json.h"
#include "view/cells.h"
#include "view/joined_json.h"
#include "view/status_json.h"

#include <arpa/inet.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* ---- text --------------------------------------------------------------------------------- */

/* ---- the sentence ------------------------------------------------------------------------- */

static const char *item_name(const struct check_item *item, char out[RESOLVER_TEXT_SIZE])
{
	return resolver_text(&item->resolver->now->key, out);
}

static void add_cause(struct buffer *out, enum cause cause)
{
	if (cause)
		buffer_add(out, " (%s: %s)", cause_name(cause), cause_meaning(cause));
}

/* Appends ", 100% of 12 failed in 1m". */
static void add_rates(struct buffer *out, const struct resolver_status *resolver,
		      enum window window)
{
	const struct rates *rates = &resolver->windows[window];
	char cell[CELL_SIZE];

	if (!rates->settled) {
		buffer_add(out, ", nothing settled in %s", window_name(window));
		return;
	}
	buffer_add(out, ", %s of %llu failed", cell_format_ratio(rates->failure_ratio, cell),
		   (unsigned long long)rates->settled);
	if (rates->error_ratio > 0)
		buffer_add(out, " and %s answered with an error",
			   cell_format_ratio(rates->error_ratio, cell));
	buffer_add(out, " in %s", window_name(window));
}

static void add_worst(struct buffer *out, const struct check_item *worst,
		      const struct check_rules *rules)
{
	const struct resolver_status *resolver = worst->resolver;
	char name[RESOLVER_TEXT_SIZE];

	buffer_add(out, "%s is %s", item_name(worst, name), state_name(resolver->state));
	add_cause(out, resolver->cause);
	add_rates(out, resolver, check_judged_window(resolver, rules));
	if (check_only_failed(resolver, rules))
		buffer_add(out, " (too few to judge%s)",
			   resolver->windows[WINDOW_5M].settled ? "" : "; no answer yet");
	if (resolver->fails_inside)
		buffer_add(out, ", and " FAILS_INSIDE);
	if (resolver->joined.verdict)
		buffer_add(out, "; %s", joined_meaning(resolver->joined.verdict));
	if (resolver->joined.tcp_needed)
		buffer_add(out, "; " TCP_NEEDED);
	if (resolver->forged)
		buffer_add(out, ", and ICMP messages that match no query keep coming (forged?)");
}

/* Appends "3 resolvers: 1 down, 2 healthy", without the entry `other`. */
static void add_states(struct buffer *out, const struct check_verdict *verdict)
{
	size_t counts[STATE_MAX] = {0}, all = 0, i, said = 0;

	for (i = 0; i < verdict->count; i++) {
		if (resolver_is_other(&verdict->items[i].resolver->now->key))
			continue;
		counts[verdict->items[i].resolver->state]++;
		all++;
	}
	buffer_add(out, "%zu resolver%s", all, all == 1 ? "" : "s");
	for (i = STATE_MAX; i--;)
		if (counts[i])
			buffer_add(out, "%s%zu %s", said++ ? ", " : ": ", counts[i], state_name(i));
}

/* Appends the resolver with the largest share of failures, if any failed. */
static void add_most_failing(struct buffer *out, const struct check_verdict *verdict,
			     enum window window)
{
	const struct check_item *most = NULL;
	char name[RESOLVER_TEXT_SIZE];
	double ratio = 0;
	size_t i;

	for (i = 0; i < verdict->count; i++) {
		double here = check_bad_ratio(verdict->items[i].resolver, window);

		if (here > ratio) {
			ratio = here;
			most = &verdict->items[i];
		}
	}
	if (!most)
		return;
	buffer_add(out, "; most failed: %s", item_name(most, name));
	add_rates(out, most->resolver, window);
}

static void add_by_state(struct buffer *out, const struct check_verdict *verdict,
			 const struct check_rules *rules)
{
	size_t i, judged = 0;

	if (verdict->items[0].status != PLUGIN_OK) {
		add_worst(out, &verdict->items[0], rules);
		if (verdict->count > 1) {
			buffer_add(out, "; ");
			add_states(out, verdict);
		}
		return;
	}
	for (i = 0; i < verdict->count; i++)
		judged += state_is_judged(verdict->items[i].resolver->state);
	add_states(out, verdict);
	if (!judged)
		buffer_add(out, " (too few queries to judge)");
	add_most_failing(out, verdict, rules->window);
}

static void add_value(struct buffer *out, const struct check_rules *rules, double value)
{
	const struct check_metric *metric = rules->metric;

	buffer_add(out, "%s %.4g%s", metric->name, value, metric->unit);
	if (!metric->in_flight)
		buffer_add(out, " in %s", window_name(rules->window));
}

static void add_by_metric(struct buffer *out, const struct check_verdict *verdict,
			  const struct check_rules *rules)
{
	const struct check_item *worst = &verdict->items[0];
	size_t judged = 0, alerting = 0, i;
	char name[RESOLVER_TEXT_SIZE];

	for (i = 0; i < verdict->count; i++) {
		judged += !isnan(verdict->items[i].value);
		alerting += verdict->items[i].status != PLUGIN_OK;
	}
	if (isnan(worst->value) && alerting) {
		add_worst(out, worst, rules);
		buffer_add(out, "; %s has no value in %s", rules->metric->name,
			   window_name(rules->window));
		return;
	}
	if (!judged) {
		buffer_add(out, "%s: no value in %s; ", rules->metric->name,
			   window_name(rules->window));
		add_states(out, verdict);
		return;
	}
	buffer_add(out, "%s: ", item_name(worst, name));
	add_value(out, rules, worst->value);
	if (alerting) {
		buffer_add(out, " is %s; the resolver is %s",
			   worst->status == PLUGIN_CRITICAL ? "critical" : "a warning",
			   state_name(worst->resolver->state));
		add_cause(out, worst->resolver->cause);
	}
	buffer_add(out, "; %zu of %zu alert", alerting, judged);
	if (judged < verdict->count)
		buffer_add(out, ", %zu without a value", verdict->count - judged);
}

static void add_origin(struct buffer *out, const struct check_origin *origin)
{
	if (!origin->url)
		buffer_add(out, "; sample of %llu s", origin->sample_s);
	else if (origin->skew_s)
		buffer_add(out, "; the daemon's clock is %.0f s %s", fabs(origin->skew_s),
			   origin->skew_s > 0 ? "ahead" : "behind");
}

static void add_sentence(struct buffer *out, const struct check_verdict *verdict,
			 const struct check_rules *rules, const struct check_origin *origin)
{
	char name[RESOLVER_TEXT_SIZE];

	if (verdict->count && rules->metric)
		add_by_metric(out, verdict, rules);
	else if (verdict->count)
		add_by_state(out, verdict, rules);
	else if (!verdict->absent)
		buffer_add(out, "no resolver is known: no DNS query was seen, and none is "
				"configured; use --probe to send queries");
	if (verdict->absent)
		buffer_add(out, "%s%s is not known: no query was sent to it",
			   verdict->count ? "; " : "", resolver_text(verdict->absent, name));
	add_origin(out, origin);
}

/* ---- perfdata and detail ------------------------------------------------------------------ */

static void add_data(struct plugin_output *plugin, const struct check_item *item,
		     const struct check_rules *rules)
{
	static const char *const shown[] = {"failure_ratio", "queries_per_s", "rtt_p95_s",
					    "in_flight"};
	const struct check_metric *metric = rules->metric;
	struct plugin_datum data[5];
	char name[RESOLVER_TEXT_SIZE];
	size_t i, count = 0;
	int is_shown = 0;

	for (i = 0; i <= sizeof(shown) / sizeof(*shown); i++) {
		const struct check_metric *m =
			i < sizeof(shown) / sizeof(*shown) ? check_metric(shown[i]) : metric;

		if (!m || (m == metric && is_shown))
			continue;
		is_shown |= m == metric;
		data[count++] = (struct plugin_datum){
			.name = m->name,
			.value = check_value(m, item->resolver, rules->window),
			.unit = m->unit,
			.warning = m == metric ? rules->warning_text : NULL,
			.critical = m == metric ? rules->critical_text : NULL,
			.least = 0,
			.most = m->most,
		};
	}
	plugin_add_data(plugin, item_name(item, name), data, count);
}

/* Adds what a row of TCP counts of messages, beside its connects. */
static void add_message_totals(struct plugin_output *plugin, const __u64 n[COUNTER_MAX],
			       const struct resolver_counters *c)
{
	plugin_add_line(plugin,
			"  since start: %llu queries, %llu answered, %llu closed, %llu timed out, "
			"%llu not followed",
			(unsigned long long)n[COUNTER_QUERIES],
			(unsigned long long)counters_sum(c, COUNTER_ANSWERED_NOERROR,
							 COUNTER_ANSWERED_OTHER),
			(unsigned long long)counters_closed(c),
			(unsigned long long)n[COUNTER_TIMED_OUT],
			(unsigned long long)n[COUNTER_UNFOLLOWED]);
}

static void add_totals(struct plugin_output *plugin, const struct resolver_key *key,
		       const struct resolver_counters *c)
{
	int is_connects = resolver_is_connects(key);
	const __u64 *n = c->n;
	char refused[40] = "";

	if (is_connects)
		snprintf(refused, sizeof(refused), ", %llu refused",
			 (unsigned long long)n[COUNTER_CONNECT_REFUSED]);
	plugin_add_line(
		plugin,
		"  since start: %llu %s, %llu %s%s, %llu unreachable, %llu timed out, %llu not "
		"sent; ICMP port %llu host %llu network %llu prohibited %llu other %llu, %llu from "
		"other hosts",
		(unsigned long long)n[is_connects ? COUNTER_CONNECT_ATTEMPTS : COUNTER_QUERIES],
		is_connects ? "connect attempts" : "queries",
		(unsigned long long)(is_connects ? n[COUNTER_CONNECT_ESTABLISHED]
						 : counters_answered(c)),
		is_connects ? "established" : "answered", refused,
		(unsigned long long)counters_unreachable(c),
		(unsigned long long)n[is_connects ? COUNTER_CONNECT_TIMED_OUT : COUNTER_TIMED_OUT],
		(unsigned long long)counters_unsent(c), (unsigned long long)n[COUNTER_ICMP_PORT],
		(unsigned long long)n[COUNTER_ICMP_HOST],
		(unsigned long long)n[COUNTER_ICMP_NETWORK],
		(unsigned long long)n[COUNTER_ICMP_PROHIBITED],
		(unsigned long long)n[COUNTER_ICMP_OTHER],
		(unsigned long long)n[COUNTER_ICMP_FROM_ELSEWHERE]);
	if (key->transport == TRANSPORT_DOT && n[COUNTER_TRANSACTIONS])
		plugin_add_line(plugin,
				"  sessions: %llu started, %llu answered, of them %llu by no TLS "
				"handshake, %llu closed, %llu timed out",
				(unsigned long long)n[COUNTER_TRANSACTIONS],
				(unsigned long long)counters_sum(c, COUNTER_ANSWERED_NOERROR,
								 COUNTER_ANSWERED_OTHER),
				(unsigned long long)n[COUNTER_SESSION_REFUSED],
				(unsigned long long)counters_closed(c),
				(unsigned long long)n[COUNTER_TIMED_OUT]);
	if (is_connects && resolver_is_messages(key) && n[COUNTER_QUERIES])
		add_message_totals(plugin, n, c);
}

/* Adds a line, with `verbose` two, about a resolver. */
static void add_detail(struct plugin_output *plugin, const struct check_item *item,
		       const struct check_rules *rules, int verbose)
{
	const struct rates *rates = &item->resolver->windows[rules->window];
	const struct resolver_counters *c = &item->resolver->now->counters;
	int is_messages = resolver_is_messages(&item->resolver->now->key);
	const char *joined = joined_name(item->resolver->joined.verdict);
	enum cause cause = item->resolver->cause;
	char name[RESOLVER_TEXT_SIZE], cells[5][CELL_SIZE];

	plugin_add_line(
		plugin,
		"%s: %s%s%s%s%s%s%s%s; in %s %s settled, %s failed, %s errors, %s %s/s, RTT p95 %s",
		item_name(item, name),
		resolver_is_other(&item->resolver->now->key) ? "not judged"
							     : state_name(item->resolver->state),
		cause ? ", " : "", cause ? cause_name(cause) : "",
		item->resolver->fails_inside ? ", " FAILS_INSIDE : "", joined ? ", " : "",
		joined ? joined : "", item->resolver->joined.tcp_needed ? ", tcp-needed" : "",
		item->resolver->forged ? ", forged?" : "", window_name(rules->window),
		cell_format_count(rates->settled, cells[0]),
		cell_format_ratio(rates->failure_ratio, cells[1]),
		cell_format_ratio(rates->error_ratio, cells[2]),
		cell_format_rate(is_messages ? rates->queries_per_s : rates->connects_per_s,
				 cells[3]),
		is_messages ? "queries" : "connects",
		cell_format_seconds(is_messages ? rates->rtt_p95_s : rates->connect_rtt_p95_s,
				    cells[4]));
	if (verbose)
		add_totals(plugin, &item->resolver->now->key, c);
}

void check_write_text(const struct check_verdict *verdict, const struct check_rules *rules,
		      const struct check_origin *origin, struct plugin_output *plugin)
{
	int verbose = plugin->detail;
	size_t i;

	plugin->status = verdict->status;
	plugin->detail |= verdict->count && verdict->items[0].status != PLUGIN_OK;
	add_sentence(&plugin->text, verdict, rules, origin);
	for (i = 0; i < verdict->count; i++)
		add_data(plugin, &verdict->items[i], rules);
	for (i = 0; i < verdict->count; i++)
		if (verbose || verdict->items[i].status != PLUGIN_OK)
			add_detail(plugin, &verdict->items[i], rules, verbose);
}

/* ---- JSON --------------------------------------------------------------------------------- */

json_t *check_json_object(const struct plugin_output *plugin, const char *source, __u64 wall_ns)
{
	struct json_build build = {0};
	json_t *object = json_object();
	char time[CLOCK_TEXT_SIZE];

	json_build_set(&build, object, "time", json_build_text(clock_rfc3339(wall_ns, time)));
	json_build_set(&build, object, "status",
		       json_build_text(plugin_status_name(plugin->status)));
	json_build_set(&build, object, "text",
		       json_build_text(plugin->text.used ? plugin->text.text : ""));
	json_build_set(&build, object, "source", json_build_text(source));
	json_build_set(&build, object, "resolvers", json_array());
	if (!build.failed)
		return object;
	json_decref(object);
	return NULL;
}

/* ---- JSON of a status --------------------------------------------------------------------------
 */

static json_t *item_object(struct json_build *build, const struct check_item *item,
			   const struct check_rules *rules)
{
	const struct resolver_status *resolver = item->resolver;
	const struct rates *rates = &resolver->windows[rules->window];
	int other = resolver_is_other(&resolver->now->key);
	int is_messages = resolver_is_messages(&resolver->now->key);
	json_t *object = json_object();

	status_json_set_key(build, object, &resolver->now->key);
	json_build_set(build, object, "status", json_build_text(plugin_status_name(item->status)));
	json_build_set(build, object, "state",
		       json_build_text(other ? NULL : state_name(resolver->state)));
	json_build_set(build, object, "cause", json_build_text(cause_name(resolver->cause)));
	json_build_set(build, object, "suspicion",
		       json_build_text(resolver->forged ? "forged" : NULL));
	json_build_set(build, object, "fails_inside", json_boolean(resolver->fails_inside));
	joined_json_set(build, object, &resolver->joined);
	json_build_set(build, object, "value", json_build_real(item->value));
	json_build_set(build, object, "settled", json_build_count(rates->settled));
	json_build_set(build, object, "failure_ratio", json_build_real(rates->failure_ratio));
	json_build_set(build, object, "error_ratio", json_build_real(rates->error_ratio));
	json_build_set(build, object, "queries_per_s",
		       json_build_real(is_messages ? rates->queries_per_s : rates->connects_per_s));
	json_build_set(build, object, "rtt_p95_s",
		       json_build_real(is_messages ? rates->rtt_p95_s : rates->connect_rtt_p95_s));
	json_build_set(build, object, "in_flight",
		       json_build_count(resolver->now->in_flight +
					resolver->now->messages_in_flight));
	return object;
}

int check_write_json(json_t *object, const struct check_verdict *verdict,
		     const struct check_rules *rules, const struct check_origin *origin)
{
	json_t *resolvers = json_object_get(object, "resolvers");
	struct json_build build = {0};
	size_t i;

	json_build_set(&build, object, "url", json_build_text(origin->url));
	json_build_set(&build, object, "sample_s",
		       origin->url ? json_null() : json_build_count(origin->sample_s));
	json_build_set(&build, object, "window", json_build_text(window_name(rules->window)));
	json_build_set(&build, object, "metric",
		       json_build_text(rules->metric ? rules->metric->name : NULL));
	for (i = 0; i < verdict->count; i++)
		json_build_append(&build, resolvers,
				  item_object(&build, &verdict->items[i], rules));
	return build.failed ? -ENOMEM : 0;
}

/* ---- JSON of a probe ---------------------------------------------------------------------------
 */

/* The names of RCODEs and reasons are those of the counters. */
static const char *rcode_label(__u8 rcode)
{
	unsigned int counter = COUNTER_ANSWERED_NOERROR + rcode;

	return counter_rows[counter < COUNTER_ANSWERED_OTHER ? counter : COUNTER_ANSWERED_OTHER]
		.value;
}

static const char *reason_label(enum reason reason)
{
	return counter_rows[COUNTER_UNREACHABLE_PORT + reason].value;
}

static void json_set_failure(struct json_build *build, json_t *object,
			     const struct probe_result *result)
{
	int failed = result->outcome == PROBE_UNREACHABLE || result->outcome == PROBE_NOT_SENT;
	int icmp = failed && result->has_icmp;
	char address[ADDRESS_TEXT_SIZE];

	json_build_set(build, object, "reason",
		       json_build_text(failed ? reason_label(result->reason) : NULL));
	json_build_set(build, object, "errno",
		       failed ? json_build_count((__u64)result->error) : json_null());
	json_build_set(build, object, "reporter",
		       json_build_text(icmp ? address_text(&result->reporter, 0, address) : NULL));
	json_build_set(build, object, "icmp_type",
		       icmp ? json_build_count(result->icmp_type) : json_null());
	json_build_set(build, object, "icmp_code",
		       icmp ? json_build_count(result->icmp_code) : json_null());
}

/* Returns what is known of TLS; null for a resolver over another transport. */
static json_t *tls_object(struct json_build *build, const struct probe_result *result)
{
	static const char *const failures[] = {NULL,	      "alert",	    "not_tls",
					       "not_trusted", "wrong_name", "other"};
	const struct probe_tls *tls = &result->tls;
	json_t *ret;

	if (result->resolver.transport != TRANSPORT_DOT)
		return json_null();
	ret = json_object();
	json_build_set(build, ret, "version", json_build_text(tls->version));
	json_build_set(build, ret, "verified", json_boolean(tls->verified));
	json_build_set(build, ret, "failure", json_build_text(failures[tls->failure]));
	json_build_set(build, ret, "alert",
		       tls->failure == TLS_FAILURE_ALERT ? json_build_count((__u64)tls->alert)
							 : json_null());
	json_build_set(build, ret, "why", json_build_text(tls->why[0] ? tls->why : NULL));
	return ret;
}

static json_t *result_object(struct json_build *build, const struct probe_result *result,
			     const struct joined *joined)
{
	static const char *const outcomes[] = {"timed_out", "not_sent",	  "unreachable",
					       "closed",    "tls_failed", "answered"};
	int answered = result->outcome == PROBE_ANSWERED;
	json_t *object = json_object();

	status_json_set_key(build, object, &result->resolver);
	json_build_set(build, object, "status",
		       json_build_text(plugin_status_name(check_probe_status(result))));
	json_build_set(build, object, "outcome", json_build_text(outcomes[result->outcome]));
	json_build_set(build, object, "cause",
		       json_build_text(cause_name(check_probe_cause(result))));
	joined_json_set(build, object, joined);
	json_build_set(build, object, "tries", json_build_count(result->tries));
	json_build_set(build, object, "rcode",
		       json_build_text(answered ? rcode_label(result->rcode) : NULL));
	json_build_set(build, object, "truncated",
		       answered ? json_boolean(result->truncated) : json_null());
	json_build_set(build, object, "rtt_s", json_build_real(answered ? result->rtt_s : NAN));
	json_build_set(build, object, "answered_try",
		       answered ? json_build_count(result->answered_try) : json_null());
	json_set_failure(build, object, result);
	json_build_set(build, object, "tls", tls_object(build, result));
	json_build_set(build, object, "ignored", json_build_count(result->ignored));
	return object;
}

int check_write_probe_json(json_t *object, const struct probe_options *options,
			   const struct probe_result *results, size_t count)
{
	json_t *resolvers = json_object_get(object, "resolvers"), *question = json_object();
	char type[DNS_TYPE_SIZE];
	struct json_build build = {0};
	size_t i;

	json_build_set(&build, question, "name", json_build_text(options->question.name));
	json_build_set(&build, question, "type",
		       json_build_text(dns_type_text(options->question.type, type)));
	json_build_set(&build, object, "question", question);
	for (i = 0; i < count; i++) {
		struct joined joined = check_probe_joined(&results[i], results, count);

		json_build_append(&build, resolvers, result_object(&build, &results[i], &joined));
	}
	return build.failed ? -ENOMEM : 0;
}
