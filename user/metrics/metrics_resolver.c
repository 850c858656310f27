// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The families about resolvers: counters, RTT, open transactions, and what the judge says. */
#include "util/clock.h"
#include "health/rtt.h"
#include "health/names.h"
#include "metrics/metrics_parts.h"

#define LABELS "resolver, port, transport"
#define EDGES (RTT_EDGE_LAST - RTT_EDGE_FIRST + 1)

static const struct metric_family in_flight_family = {
	"dnsreach_transactions_in_flight", METRIC_GAUGE, NULL, LABELS,
	"Open transactions at this moment, counted from the table itself."};
static const struct metric_family state_family = {
	"dnsreach_resolver_state", METRIC_GAUGE, NULL, LABELS ", state",
	"1 for the state that the resolver is in, 0 for the others."};
static const struct metric_family cause_family = {
	"dnsreach_resolver_cause", METRIC_GAUGE, NULL, LABELS ", cause",
	"1 for the likely cause of its state, 0 for the others. All are 0 while idle or healthy."};
static const struct metric_family suspicion_family = {
	"dnsreach_resolver_suspicion", METRIC_GAUGE, NULL, LABELS ", suspicion",
	"1 while unreachables that fit no query of this host keep coming."};

static struct metric_sample sample_of(const struct labelled *resolver)
{
	return (struct metric_sample){.labels = {{"resolver", resolver->address},
						 {"port", resolver->port},
						 {"transport", resolver->transport}},
				      .label_count = 3};
}

static void visit_whole(const struct metric_visitor *visitor, const struct metric_family *family,
			const struct labelled *resolver, const char *label, const char *value,
			__u64 whole)
{
	struct metric_sample sample = sample_of(resolver);

	sample_label(&sample, label, value);
	sample.whole = whole;
	visitor->sample(family, &sample, visitor->context);
}

static void visit_rows(const struct metric_visitor *visitor,
		       const struct labelled_resolvers *resolvers, size_t first, size_t end)
{
	char room[FAMILY_LABELS_SIZE];
	const struct metric_family family = row_family(&counter_rows[first], LABELS, room);
	size_t i, row;

	visitor->family(&family, visitor->context);
	for (i = 0; i < resolvers->count; i++)
		for (row = first; row < end; row++)
			visit_whole(visitor, &family, &resolvers->each[i], counter_rows[row].label,
				    counter_rows[row].value,
				    resolvers->each[i].now->counters.n[row]);
}

static void visit_counters(const struct metric_visitor *visitor,
			   const struct labelled_resolvers *resolvers)
{
	size_t first, end;

	for (first = 0; first < COUNTER_MAX; first = end) {
		end = first + 1;
		if (counter_rows[first].exported != EXPORTED_COUNTER)
			continue;
		end = rows_end(counter_rows, first, COUNTER_MAX);
		visit_rows(visitor, resolvers, first, end);
	}
}

static void visit_ended(const struct metric_visitor *visitor,
			const struct labelled_resolvers *resolvers)
{
	char room[FAMILY_LABELS_SIZE];
	const struct metric_family family = row_family(&ended_rows[0].row, LABELS, room);
	size_t i, outcome;

	visitor->family(&family, visitor->context);
	for (i = 0; i < resolvers->count; i++)
		for (outcome = 0; outcome < OUTCOME_MAX; outcome++) {
			const struct sum_row *sum = &ended_rows[outcome];

			visit_whole(visitor, &family, &resolvers->each[i], sum->row.label,
				    sum->row.value,
				    counters_sum(&resolvers->each[i].now->counters, sum->first,
						 sum->last));
		}
}

/*
 * The count is that of the buckets, not COUNTER_RTT_COUNT: a read during traffic may find one of
 * the two further on, and a histogram must agree with itself.
 */
static void visit_histogram(const struct metric_visitor *visitor,
			    const struct metric_family *family, const struct labelled *resolver,
			    const double *le_s)
{
	const struct resolver_counters *counters = &resolver->now->counters;
	struct metric_sample sample = sample_of(resolver);
	struct metric_histogram histogram = {.le_s = le_s, .bounds = EDGES};
	__u64 cumulative[EDGES];
	unsigned int i;

	for (i = 0; i < EDGES; i++)
		cumulative[i] = rtt_at_most(counters->rtt, RTT_EDGE_FIRST + i);
	for (i = 0; i < RTT_BUCKETS; i++)
		histogram.count += counters->rtt[i];
	histogram.cumulative = cumulative;
	histogram.sum_s = (double)counters->n[COUNTER_RTT_SUM_NS] / NS_PER_S;
	sample.histogram = &histogram;
	visitor->sample(family, &sample, visitor->context);
}

static void visit_rtt(const struct metric_visitor *visitor,
		      const struct labelled_resolvers *resolvers)
{
	const struct counter_row *row = &counter_rows[COUNTER_RTT_COUNT];
	const struct metric_family family = {row->metric, METRIC_HISTOGRAM, "seconds", LABELS,
					     row->help};
	double le_s[EDGES];
	size_t i;

	for (i = 0; i < EDGES; i++)
		le_s[i] = rtt_edge_s(RTT_EDGE_FIRST + (unsigned int)i);
	visitor->family(&family, visitor->context);
	for (i = 0; i < resolvers->count; i++)
		visit_histogram(visitor, &family, &resolvers->each[i], le_s);
}

static void visit_in_flight(const struct metric_visitor *visitor,
			    const struct labelled_resolvers *resolvers)
{
	size_t i;

	visitor->family(&in_flight_family, visitor->context);
	for (i = 0; i < resolvers->count; i++)
		visit_whole(visitor, &in_flight_family, &resolvers->each[i], NULL, NULL,
			    resolvers->each[i].now->in_flight);
}

static void visit_state(const struct metric_visitor *visitor, const struct labelled *resolver)
{
	unsigned int state;

	for (state = 0; state < STATE_MAX; state++)
		visit_whole(visitor, &state_family, resolver, "state", state_name(state),
			    resolver->state == state);
}

static void visit_cause(const struct metric_visitor *visitor, const struct labelled *resolver)
{
	unsigned int cause;

	for (cause = CAUSE_NONE + 1; cause < CAUSE_MAX; cause++)
		visit_whole(visitor, &cause_family, resolver, "cause", cause_name(cause),
			    resolver->cause == cause);
}

static void visit_suspicion(const struct metric_visitor *visitor, const struct labelled *resolver)
{
	visit_whole(visitor, &suspicion_family, resolver, "suspicion", "forged",
		    resolver->forged != 0);
}

/* Many resolvers in one are not judged. */
static void visit_judged(const struct metric_visitor *visitor,
			 const struct labelled_resolvers *resolvers,
			 const struct metric_family *family,
			 void (*visit)(const struct metric_visitor *, const struct labelled *))
{
	size_t i;

	visitor->family(family, visitor->context);
	for (i = 0; i < resolvers->count; i++)
		if (!resolvers->each[i].other)
			visit(visitor, &resolvers->each[i]);
}

void visit_resolvers(const struct metric_visitor *visitor,
		     const struct labelled_resolvers *resolvers)
{
	visit_counters(visitor, resolvers);
	visit_ended(visitor, resolvers);
	visit_rtt(visitor, resolvers);
	visit_in_flight(visitor, resolvers);
	visit_judged(visitor, resolvers, &state_family, visit_state);
	visit_judged(visitor, resolvers, &cause_family, visit_cause);
	visit_judged(visitor, resolvers, &suspicion_family, visit_suspicion);
}
