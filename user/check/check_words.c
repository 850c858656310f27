// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* What `dnsreach check` says of a report that was judged: one line, perfdata, detail. */
#include "check/check.h"

#include "util/address.h"
#include "health/counters.h"
#include "health/status.h"
#include "view/cells.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define SETTLED_ENOUGH 3 /* to be judged by */

/* ---- the sentence ------------------------------------------------------------------------- */

static const char *name_of(const struct check_item *item, char out[RESOLVER_TEXT_SIZE])
{
	return resolver_text(&item->resolver->now->key, out);
}

static void add_cause(struct buffer *out, enum cause cause)
{
	if (cause)
		buffer_add(out, " (%s: %s)", cause_name(cause), cause_meaning(cause));
}

/* ", 100% of 12 failed in 1m" */
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

/* The shortest that holds enough, as the judge does it: what is said fits the state. */
static enum window judged_window(const struct resolver_status *resolver,
				 const struct check_rules *rules)
{
	enum window window;

	for (window = WINDOW_10S; !rules->window_is_given && window < WINDOW_MAX; window++)
		if (resolver->windows[window].settled >= SETTLED_ENOUGH)
			return window;
	return rules->window;
}

static void add_worst(struct buffer *out, const struct check_item *worst,
		      const struct check_rules *rules)
{
	const struct resolver_status *resolver = worst->resolver;
	char name[RESOLVER_TEXT_SIZE];

	buffer_add(out, "%s is %s", name_of(worst, name), state_name(resolver->state));
	add_cause(out, resolver->cause);
	add_rates(out, resolver, judged_window(resolver, rules));
	if (resolver->forged)
		buffer_add(out, ", and ICMP that fits no query of ours keeps coming (forged?)");
}

/* "3 resolvers: 1 down, 2 healthy"; `other` is none of them. */
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

/* The one with the largest share of failures, if any failed. */
static void add_most_failing(struct buffer *out, const struct check_verdict *verdict,
			     enum window window)
{
	const struct check_item *most = NULL;
	char name[RESOLVER_TEXT_SIZE];
	double ratio = 0;
	size_t i;

	for (i = 0; i < verdict->count; i++) {
		double here = verdict->items[i].resolver->windows[window].failure_ratio;

		if (here > ratio) {
			ratio = here;
			most = &verdict->items[i];
		}
	}
	if (!most)
		return;
	buffer_add(out, "; most failed: %s", name_of(most, name));
	add_rates(out, most->resolver, window);
}

static void add_by_state(struct buffer *out, const struct check_verdict *verdict,
			 const struct check_rules *rules)
{
	size_t i, idle = 0;

	if (verdict->items[0].status != PLUGIN_OK) {
		add_worst(out, &verdict->items[0], rules);
		if (verdict->count > 1) {
			buffer_add(out, "; ");
			add_states(out, verdict);
		}
		return;
	}
	for (i = 0; i < verdict->count; i++)
		idle += verdict->items[i].resolver->state == STATE_IDLE;
	add_states(out, verdict);
	if (idle == verdict->count)
		buffer_add(out, " (too few queries to judge by)");
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
	if (!judged) {
		buffer_add(out, "%s: nothing to judge by in %s; ", rules->metric->name,
			   window_name(rules->window));
		add_states(out, verdict);
		return;
	}
	buffer_add(out, "%s: ", name_of(worst, name));
	add_value(out, rules, worst->value);
	if (alerting) {
		buffer_add(out, " is %s; the resolver is %s",
			   worst->status == PLUGIN_CRITICAL ? "critical" : "a warning",
			   state_name(worst->resolver->state));
		add_cause(out, worst->resolver->cause);
	}
	buffer_add(out, "; %zu of %zu alert", alerting, judged);
	if (judged < verdict->count)
		buffer_add(out, ", %zu had nothing to judge by", verdict->count - judged);
}

static void add_origin(struct buffer *out, const struct check_origin *origin)
{
	if (!origin->url)
		buffer_add(out, "; own sample of %llu s", origin->sample_s);
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
		buffer_add(out, "no resolver is known: no DNS query was seen and none is "
				"configured; --probe asks by itself");
	if (verdict->absent)
		buffer_add(out, "%s%s is not known: it was never asked", verdict->count ? "; " : "",
			   resolver_text(verdict->absent, name));
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
	plugin_add_data(plugin, name_of(item, name), data, count);
}

static void add_detail(struct plugin_output *plugin, const struct check_item *item,
		       const struct check_rules *rules)
{
	const struct rates *rates = &item->resolver->windows[rules->window];
	const struct resolver_counters *c = &item->resolver->now->counters;
	enum cause cause = item->resolver->cause;
	char name[RESOLVER_TEXT_SIZE], cells[5][CELL_SIZE];

	plugin_add_line(
		plugin,
		"%s: %s%s%s%s; in %s %s settled, %s failed, %s errors, %s queries/s, RTT p95 %s",
		name_of(item, name),
		resolver_is_other(&item->resolver->now->key) ? "not judged"
							     : state_name(item->resolver->state),
		cause ? ", " : "", cause ? cause_name(cause) : "",
		item->resolver->forged ? ", forged?" : "", window_name(rules->window),
		cell_format_count(rates->settled, cells[0]),
		cell_format_ratio(rates->failure_ratio, cells[1]),
		cell_format_ratio(rates->error_ratio, cells[2]),
		cell_format_rate(rates->queries_per_s, cells[3]),
		cell_format_seconds(rates->rtt_p95_s, cells[4]));
	plugin_add_line(
		plugin,
		"  since start: %llu queries, %llu answered, %llu unreachable, %llu timed out, "
		"%llu not sent; ICMP port %llu host %llu network %llu prohibited %llu other %llu, "
		"%llu from elsewhere",
		(unsigned long long)c->n[COUNTER_QUERIES], (unsigned long long)counters_answered(c),
		(unsigned long long)counters_unreachable(c),
		(unsigned long long)c->n[COUNTER_TIMED_OUT], (unsigned long long)counters_unsent(c),
		(unsigned long long)c->n[COUNTER_ICMP_PORT],
		(unsigned long long)c->n[COUNTER_ICMP_HOST],
		(unsigned long long)c->n[COUNTER_ICMP_NETWORK],
		(unsigned long long)c->n[COUNTER_ICMP_PROHIBITED],
		(unsigned long long)c->n[COUNTER_ICMP_OTHER],
		(unsigned long long)c->n[COUNTER_ICMP_FROM_ELSEWHERE]);
}

void check_words(const struct check_verdict *verdict, const struct check_rules *rules,
		 const struct check_origin *origin, struct plugin_output *plugin)
{
	size_t i;

	plugin->status = verdict->status;
	add_sentence(&plugin->text, verdict, rules, origin);
	for (i = 0; i < verdict->count; i++)
		add_data(plugin, &verdict->items[i], rules);
	for (i = 0; plugin->detail && i < verdict->count; i++)
		add_detail(plugin, &verdict->items[i], rules);
}
