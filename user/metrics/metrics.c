// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * All metrics, family by family: first those of the resolvers, then those of dnsreach itself. The
 * labels are made before the first family is visited, so that memory can only run out while nothing
 * has been written yet.
 */
#include "metrics/metrics.h"

#include "health/asker.h"
#include "health/counters.h"
#include "metrics/labels.h"
#include "health/status.h"
#include "util/address.h"
#include "util/clock.h"
#include "util/text.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- families ----------------------------------------------------------------------------- */

#define FAMILY_LABELS_SIZE 64

/*
 * Makes the family of a row. `labels`: those before the row's own, "" for none. `room` holds the
 * joined labels and must live as long as the family.
 */
static struct metric_family row_family(const struct counter_row *row, const char *labels,
				       char room[FAMILY_LABELS_SIZE])
{
	struct metric_family family = {row->metric, METRIC_COUNTER, NULL, room, row->help};

	snprintf(room, FAMILY_LABELS_SIZE, "%s%s%s", labels, *labels && row->label ? ", " : "",
		 row->label ? row->label : "");
	return family;
}

/* Returns the index behind the last row that shares the metric of rows[from]. */
static size_t rows_end(const struct counter_row *rows, size_t from, size_t count)
{
	size_t end = from + 1;

	while (end < count && rows[end].exported == EXPORTED_COUNTER && rows[end].metric &&
	       !strcmp(rows[end].metric, rows[from].metric))
		end++;
	return end;
}

/* Adds a label; none when `name` is NULL. */
static void sample_add_label(struct metric_sample *sample, const char *name, const char *value)
{
	if (name)
		sample->labels[sample->label_count++] = (struct metric_label){name, value};
}

/* ---- resolvers ---------------------------------------------------------------------------- */

#define LABELS "resolver, port, transport, origin"
#define EDGES (RTT_EDGE_LAST - RTT_EDGE_FIRST + 1)

static const struct metric_family in_flight_family = {
	"dnsreach_transactions_in_flight", METRIC_GAUGE, NULL, LABELS,
	"Open transactions now, counted in the table itself."};
static const struct metric_family connects_in_flight_family = {
	"dnsreach_connects_in_flight", METRIC_GAUGE, NULL, LABELS,
	"Open connects now, counted in the table itself."};
static const struct metric_family sessions_in_flight_family = {
	"dnsreach_sessions_in_flight", METRIC_GAUGE, NULL, LABELS,
	"Open sessions now, counted in the table itself."};
static const struct metric_family connect_seconds_family = {
	"dnsreach_connect_seconds", METRIC_HISTOGRAM, "seconds", LABELS,
	"Time from the SYN to the SYN-ACK, of connects that were not retransmitted."};
static const struct metric_family state_family = {
	"dnsreach_resolver_state", METRIC_GAUGE, NULL, LABELS ", state",
	"1 for the current state of the resolver, 0 for the others."};
static const struct metric_family cause_family = {
	"dnsreach_resolver_cause", METRIC_GAUGE, NULL, LABELS ", cause",
	"1 for the likely cause of the state, 0 for the others. All are 0 while idle, pending or "
	"healthy."};
static const struct metric_family suspicion_family = {
	"dnsreach_resolver_suspicion", METRIC_GAUGE, NULL, LABELS ", suspicion",
	"1 while ICMP unreachables that match no query of this host keep arriving."};

static struct metric_sample resolver_sample(const struct labelled_resolver *resolver)
{
	return (struct metric_sample){.labels = {{"resolver", resolver->address},
						 {"port", resolver->port},
						 {"transport", resolver->transport},
						 {"origin", resolver->origin}},
				      .label_count = 4};
}

static void visit_whole(const struct metric_visitor *visitor, const struct metric_family *family,
			const struct labelled_resolver *resolver, const char *label,
			const char *value, __u64 whole)
{
	struct metric_sample sample = resolver_sample(resolver);

	sample_add_label(&sample, label, value);
	sample.whole = whole;
	visitor->sample(family, &sample, visitor->context);
}

/* Returns whether the row counts connects, or messages. A row of TCP counts both. */
static int is_row_of(const struct labelled_resolver *resolver, int of_connects)
{
	const struct resolver_key *key = &resolver->now->key;

	return of_connects ? resolver_is_connects(key) : resolver_is_messages(key);
}

/*
 * Starts a family of messages, or of connects. Returns whether it is wanted: without a row of
 * connects there are no families of connects.
 */
static int visit_family_of(const struct metric_visitor *visitor,
			   const struct labelled_resolvers *resolvers,
			   const struct metric_family *family, int of_connects)
{
	size_t i;

	for (i = 0; of_connects && i < resolvers->count; i++)
		if (is_row_of(&resolvers->each[i], of_connects))
			break;
	if (of_connects && i == resolvers->count)
		return 0;
	visitor->family(family, visitor->context);
	return 1;
}

static int is_of_sessions(const struct labelled_resolver *resolver)
{
	return resolver->now->key.transport == TRANSPORT_DOT;
}

static int is_counter_of(const struct labelled_resolver *resolver, size_t counter)
{
	return counter_is_shown((unsigned int)counter, resolver->now->key.transport);
}

/* Returns whether the family is wanted: those of UDP always, others with a row that has them. */
static int is_family_of_any(const struct labelled_resolvers *resolvers, size_t counter)
{
	size_t i;

	if (counter_is_shown((unsigned int)counter, TRANSPORT_UDP))
		return 1;
	for (i = 0; i < resolvers->count; i++)
		if (is_counter_of(&resolvers->each[i], counter))
			return 1;
	return 0;
}

static void visit_rows(const struct metric_visitor *visitor,
		       const struct labelled_resolvers *resolvers, size_t first, size_t end)
{
	char room[FAMILY_LABELS_SIZE];
	const struct metric_family family = row_family(&counter_rows[first], LABELS, room);
	size_t i, row;

	if (!is_family_of_any(resolvers, first))
		return;
	visitor->family(&family, visitor->context);
	for (i = 0; i < resolvers->count; i++)
		for (row = first; row < end && is_counter_of(&resolvers->each[i], row); row++)
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
		if (counter_rows[first].exported != EXPORTED_COUNTER || !counter_rows[first].metric)
			continue;
		end = rows_end(counter_rows, first, COUNTER_MAX);
		visit_rows(visitor, resolvers, first, end);
	}
}

static void visit_ended(const struct metric_visitor *visitor,
			const struct labelled_resolvers *resolvers, const struct sum_row *rows,
			size_t outcomes, int of_connects)
{
	char room[FAMILY_LABELS_SIZE];
	const struct metric_family family = row_family(&rows[0].row, LABELS, room);
	const struct sum_row *sum;
	size_t i;

	if (!visit_family_of(visitor, resolvers, &family, of_connects))
		return;
	for (i = 0; i < resolvers->count; i++)
		for (sum = rows; sum < rows + outcomes; sum++)
			if (is_row_of(&resolvers->each[i], of_connects) &&
			    is_counter_of(&resolvers->each[i], sum->first))
				visit_whole(visitor, &family, &resolvers->each[i], sum->row.label,
					    sum->row.value,
					    counters_sum(&resolvers->each[i].now->counters,
							 sum->first, sum->last));
}

/* Visits the rows from `first` to `end` of session_rows: one family, of the rows of DNS over TLS.
 */
static void visit_session_rows(const struct metric_visitor *visitor,
			       const struct labelled_resolvers *resolvers, size_t first, size_t end)
{
	char room[FAMILY_LABELS_SIZE];
	const struct metric_family family = row_family(&session_rows[first].row, LABELS, room);
	const struct sum_row *sum;
	size_t i;

	visitor->family(&family, visitor->context);
	for (i = 0; i < resolvers->count; i++)
		for (sum = session_rows + first; sum < session_rows + end; sum++)
			if (is_of_sessions(&resolvers->each[i]))
				visit_whole(visitor, &family, &resolvers->each[i], sum->row.label,
					    sum->row.value,
					    counters_sum(&resolvers->each[i].now->counters,
							 sum->first, sum->last));
}

/* Visits the families of sessions. Without a row of DNS over TLS there are none. */
static void visit_sessions(const struct metric_visitor *visitor,
			   const struct labelled_resolvers *resolvers)
{
	size_t i, some = 0;

	for (i = 0; i < resolvers->count; i++)
		some += is_of_sessions(&resolvers->each[i]);
	if (!some)
		return;
	for (i = 0; i < SESSION_ENDED_FIRST; i++)
		visit_session_rows(visitor, resolvers, i, i + 1);
	visit_session_rows(visitor, resolvers, SESSION_ENDED_FIRST, SESSION_ROWS);
	visitor->family(&sessions_in_flight_family, visitor->context);
	for (i = 0; i < resolvers->count; i++)
		if (is_of_sessions(&resolvers->each[i]))
			visit_whole(visitor, &sessions_in_flight_family, &resolvers->each[i], NULL,
				    NULL, resolvers->each[i].now->messages_in_flight);
}

/*
 * Takes the count from the buckets, not from COUNTER_RTT_COUNT: a read during traffic may find the
 * two one apart, and Prometheus expects the +Inf bucket to equal the count.
 */
static void visit_histogram(const struct metric_visitor *visitor,
			    const struct metric_family *family,
			    const struct labelled_resolver *resolver, int of_connects,
			    const double *le_s)
{
	const struct resolver_counters *counters = &resolver->now->counters;
	const __u64 *buckets = of_connects ? counters->connect_rtt : counters->rtt;
	struct metric_sample sample = resolver_sample(resolver);
	struct metric_histogram histogram = {.le_s = le_s, .bounds = EDGES};
	__u64 cumulative[EDGES];
	unsigned int i;

	for (i = 0; i < EDGES; i++)
		cumulative[i] = rtt_at_most(buckets, RTT_EDGE_FIRST + i);
	for (i = 0; i < RTT_BUCKETS; i++)
		histogram.count += buckets[i];
	histogram.cumulative = cumulative;
	histogram.sum_s =
		(double)counters->n[of_connects ? COUNTER_CONNECT_RTT_SUM_NS : COUNTER_RTT_SUM_NS] /
		NS_PER_S;
	sample.histogram = &histogram;
	visitor->sample(family, &sample, visitor->context);
}

static void visit_rtt(const struct metric_visitor *visitor,
		      const struct labelled_resolvers *resolvers, int of_connects)
{
	const struct counter_row *row = &counter_rows[COUNTER_RTT_COUNT];
	const struct metric_family messages = {row->metric, METRIC_HISTOGRAM, "seconds", LABELS,
					       row->help};
	const struct metric_family *family = of_connects ? &connect_seconds_family : &messages;
	double le_s[EDGES];
	size_t i;

	for (i = 0; i < EDGES; i++)
		le_s[i] = rtt_edge_s(RTT_EDGE_FIRST + (unsigned int)i);
	if (!visit_family_of(visitor, resolvers, family, of_connects))
		return;
	for (i = 0; i < resolvers->count; i++)
		if (is_row_of(&resolvers->each[i], of_connects))
			visit_histogram(visitor, family, &resolvers->each[i], of_connects, le_s);
}

/* ---- askers ------------------------------------------------------------------------------- */

static const struct metric_family asker_families[] = {
	{"dnsreach_asker_queries_total", METRIC_COUNTER, NULL, LABELS ", asker",
	 "Queries by the service, container or pod that sent them."},
	{"dnsreach_asker_failed_total", METRIC_COUNTER, NULL, LABELS ", asker",
	 "Its transactions that were unreachable or timed out."},
	{"dnsreach_asker_errors_total", METRIC_COUNTER, NULL, LABELS ", asker",
	 "Its transactions that were answered with an error."},
};

static void visit_asker(const struct metric_visitor *visitor, size_t family,
			const struct labelled_resolver *resolver, const struct asker_sum *asker)
{
	const __u64 values[] = {asker->queries, asker->failed, asker->errors};

	visit_whole(visitor, &asker_families[family], resolver, "asker", asker->name->text,
		    values[family]);
}

static void visit_askers_of(const struct metric_visitor *visitor, size_t family,
			    const struct snapshot *now, const struct labelled_resolver *resolver)
{
	struct asker_sum askers[ASKERS_EXPORTED], rest;
	size_t count = askers_select(now, &resolver->now->key, ASKERS_FIRST, askers,
				     ASKERS_EXPORTED, &rest);
	size_t i;

	for (i = 0; i < count; i++)
		visit_asker(visitor, family, resolver, &askers[i]);
	visit_asker(visitor, family, resolver, &rest);
}

static void visit_askers(const struct metric_visitor *visitor, const struct metrics_source *source,
			 const struct labelled_resolvers *resolvers)
{
	size_t family, i;

	if (!source->with_askers || !source->now->counts_askers)
		return;
	for (family = 0; family < sizeof(asker_families) / sizeof(*asker_families); family++) {
		visitor->family(&asker_families[family], visitor->context);
		for (i = 0; i < resolvers->count; i++)
			visit_askers_of(visitor, family, source->now, &resolvers->each[i]);
	}
}

static __u64 in_flight_of(const struct resolver_snapshot *now, int of_connects)
{
	return !of_connects && now->key.transport == TRANSPORT_TCP ? now->messages_in_flight
								   : now->in_flight;
}

static void visit_in_flight(const struct metric_visitor *visitor,
			    const struct labelled_resolvers *resolvers, int of_connects)
{
	const struct metric_family *family =
		of_connects ? &connects_in_flight_family : &in_flight_family;
	size_t i;

	if (!visit_family_of(visitor, resolvers, family, of_connects))
		return;
	for (i = 0; i < resolvers->count; i++)
		if (is_row_of(&resolvers->each[i], of_connects))
			visit_whole(visitor, family, &resolvers->each[i], NULL, NULL,
				    in_flight_of(resolvers->each[i].now, of_connects));
}

static void visit_state(const struct metric_visitor *visitor,
			const struct labelled_resolver *resolver)
{
	unsigned int state;

	for (state = 0; state < STATE_MAX; state++)
		visit_whole(visitor, &state_family, resolver, "state", state_name(state),
			    resolver->state == state);
}

static void visit_cause(const struct metric_visitor *visitor,
			const struct labelled_resolver *resolver)
{
	unsigned int cause;

	for (cause = CAUSE_NONE + 1; cause < CAUSE_MAX; cause++)
		visit_whole(visitor, &cause_family, resolver, "cause", cause_name(cause),
			    resolver->cause == cause);
}

static void visit_suspicion(const struct metric_visitor *visitor,
			    const struct labelled_resolver *resolver)
{
	visit_whole(visitor, &suspicion_family, resolver, "suspicion", "forged",
		    resolver->forged != 0);
}

/* Visits all but the entry `other`, which holds many resolvers and has no verdict. */
static void
visit_judged(const struct metric_visitor *visitor, const struct labelled_resolvers *resolvers,
	     const struct metric_family *family,
	     void (*visit)(const struct metric_visitor *, const struct labelled_resolver *))
{
	size_t i;

	visitor->family(family, visitor->context);
	for (i = 0; i < resolvers->count; i++)
		if (!resolvers->each[i].other)
			visit(visitor, &resolvers->each[i]);
}

static void visit_resolvers(const struct metric_visitor *visitor,
			    const struct labelled_resolvers *resolvers)
{
	visit_counters(visitor, resolvers);
	visit_ended(visitor, resolvers, ended_rows, OUTCOME_MAX, 0);
	visit_ended(visitor, resolvers, connect_ended_rows, CONNECT_OUTCOME_MAX, 1);
	visit_sessions(visitor, resolvers);
	visit_rtt(visitor, resolvers, 0);
	visit_rtt(visitor, resolvers, 1);
	visit_in_flight(visitor, resolvers, 0);
	visit_in_flight(visitor, resolvers, 1);
	visit_judged(visitor, resolvers, &state_family, visit_state);
	visit_judged(visitor, resolvers, &cause_family, visit_cause);
	visit_judged(visitor, resolvers, &suspicion_family, visit_suspicion);
}

/* ---- dnsreach itself ---------------------------------------------------------------------- */

static const struct metric_family interface_family = {
	"dnsreach_interface_attached", METRIC_GAUGE, NULL, "interface, hook",
	"1 for each interface that dnsreach is attached to, and the kind of hook; not for "
	"guests'."};
static const struct metric_family guests_family = {
	"dnsreach_guest_interfaces", METRIC_GAUGE, NULL, "",
	"Interfaces of containers and virtual machines that dnsreach is attached to."};
static const struct metric_family build_family = {"dnsreach_build_info", METRIC_GAUGE, NULL,
						  "version, libbpf, kernel",
						  "1; the labels are the versions."};
static const struct metric_family entries_family = {"dnsreach_self_table_entries", METRIC_GAUGE,
						    NULL, "table", "Entries in use, by table."};
static const struct metric_family capacity_family = {"dnsreach_self_table_capacity", METRIC_GAUGE,
						     NULL, "table", "Entries that fit, by table."};

enum self_number {
	NUMBER_IN_FLIGHT_CAPACITY,
	NUMBER_RESOLVERS,
	NUMBER_RESOLVERS_CAPACITY,
	NUMBER_SAMPLES_DROPPED,
	NUMBER_HEARTBEATS,
	NUMBER_INCIDENTS_OPEN,
	NUMBER_INCIDENTS_OPENED,
	NUMBER_SCRAPE_DURATION,
	NUMBER_PUSHES,
	NUMBER_PUSHES_FAILED,
	NUMBER_PUSH_QUEUE,
	NUMBER_TEXTFILE_ERRORS,
	NUMBER_INCIDENT_ERRORS,
	NUMBER_CPU,
	NUMBER_RESIDENT,
	NUMBER_OPEN_FDS,
	NUMBER_MAX_FDS,
	NUMBER_START_TIME,
	NUMBER_MAX
};

/* Families without labels. */
static const struct metric_family number_families[] = {
	[NUMBER_IN_FLIGHT_CAPACITY] = {"dnsreach_self_in_flight_capacity", METRIC_GAUGE, NULL, "",
				       "Open transactions that fit in the table."},
	[NUMBER_RESOLVERS] = {"dnsreach_self_resolvers", METRIC_GAUGE, NULL, "",
			      "Resolvers with an entry of their own."},
	[NUMBER_RESOLVERS_CAPACITY] = {"dnsreach_self_resolvers_capacity", METRIC_GAUGE, NULL, "",
				       "Resolvers that fit in the table."},
	[NUMBER_SAMPLES_DROPPED] = {"dnsreach_self_samples_dropped_total", METRIC_COUNTER, NULL, "",
				    "Samples of failures dropped: too many at once, or no room."},
	[NUMBER_HEARTBEATS] = {"dnsreach_self_heartbeats_total", METRIC_COUNTER, NULL, "",
			       "Queries that dnsreach itself sent to configured resolvers."},
	[NUMBER_INCIDENTS_OPEN] = {"dnsreach_incidents_open", METRIC_GAUGE, NULL, "",
				   "Open incidents."},
	[NUMBER_INCIDENTS_OPENED] = {"dnsreach_incidents_opened_total", METRIC_COUNTER, NULL, "",
				     "Incidents opened."},
	[NUMBER_SCRAPE_DURATION] = {"dnsreach_scrape_duration_seconds", METRIC_GAUGE, "seconds", "",
				    "Time to read the tables for these metrics."},
	[NUMBER_PUSHES] = {"dnsreach_self_pushes_total", METRIC_COUNTER, NULL, "",
			   "OTLP requests delivered."},
	[NUMBER_PUSHES_FAILED] = {"dnsreach_self_pushes_failed_total", METRIC_COUNTER, NULL, "",
				  "OTLP requests dropped without delivery."},
	[NUMBER_PUSH_QUEUE] = {"dnsreach_self_push_queue_bytes", METRIC_GAUGE, "bytes", "",
			       "Size of the OTLP requests that wait for delivery."},
	[NUMBER_TEXTFILE_ERRORS] = {"dnsreach_self_textfile_errors_total", METRIC_COUNTER, NULL, "",
				    "Failed writes of the textfile."},
	[NUMBER_INCIDENT_ERRORS] = {"dnsreach_self_incident_errors_total", METRIC_COUNTER, NULL, "",
				    "Incident lines that could not be written."},
	[NUMBER_CPU] = {"process_cpu_seconds_total", METRIC_COUNTER, "seconds", "",
			"CPU time of this process, user and system."},
	[NUMBER_RESIDENT] = {"process_resident_memory_bytes", METRIC_GAUGE, "bytes", "",
			     "Resident memory of this process."},
	[NUMBER_OPEN_FDS] = {"process_open_fds", METRIC_GAUGE, NULL, "",
			     "Open file descriptors of this process."},
	[NUMBER_MAX_FDS] = {"process_max_fds", METRIC_GAUGE, NULL, "",
			    "Limit of open file descriptors of this process."},
	[NUMBER_START_TIME] = {"process_start_time_seconds", METRIC_GAUGE, "seconds", "",
			       "Start of this process, since 1970-01-01 UTC."},
};

_Static_assert(sizeof(number_families) / sizeof(*number_families) == NUMBER_MAX,
	       "a number has no family");

/* Visits a sample with one label, or none when `label` is NULL. */
static void visit_self_sample(const struct metric_visitor *visitor,
			      const struct metric_family *family, const char *label,
			      const char *value, __u64 whole)
{
	struct metric_sample sample = {.whole = whole};

	sample_add_label(&sample, label, value);
	visitor->sample(family, &sample, visitor->context);
}

static void visit_interfaces(const struct metric_visitor *visitor,
			     const struct labelled_interfaces *interfaces)
{
	size_t i;

	visitor->family(&interface_family, visitor->context);
	for (i = 0; i < interfaces->count; i++) {
		struct metric_sample sample = {.whole = 1};

		sample_add_label(&sample, "interface", interfaces->each[i].name);
		sample_add_label(&sample, "hook", interfaces->each[i].hook);
		visitor->sample(&interface_family, &sample, visitor->context);
	}
	visitor->family(&guests_family, visitor->context);
	visitor->sample(&guests_family, &(struct metric_sample){.whole = interfaces->guests},
			visitor->context);
}

static void visit_build(const struct metric_visitor *visitor, const struct metrics_self *self)
{
	char version[128], libbpf[128], kernel[256];
	struct metric_sample sample = {.whole = 1};

	utf8_replace_invalid(self->version ? self->version : "", version, sizeof(version));
	utf8_replace_invalid(self->libbpf ? self->libbpf : "", libbpf, sizeof(libbpf));
	utf8_replace_invalid(self->kernel ? self->kernel : "", kernel, sizeof(kernel));
	sample_add_label(&sample, "version", version);
	sample_add_label(&sample, "libbpf", libbpf);
	sample_add_label(&sample, "kernel", kernel);
	visitor->family(&build_family, visitor->context);
	visitor->sample(&build_family, &sample, visitor->context);
}

static void visit_self_counters(const struct metric_visitor *visitor,
				const struct self_counters *counters)
{
	char room[FAMILY_LABELS_SIZE];
	size_t i, end;

	for (i = 0; i < SELF_MAX;) {
		const struct metric_family family = row_family(&self_rows[i], "", room);

		end = rows_end(self_rows, i, SELF_MAX);
		visitor->family(&family, visitor->context);
		for (; i < end; i++)
			visit_self_sample(visitor, &family, self_rows[i].label, self_rows[i].value,
					  counters->n[i]);
	}
}

/* Returns whether the run has the function that the number is about. */
static int is_number_enabled(const struct metrics_source *source, enum self_number number)
{
	const struct metrics_self *self = source->self;

	switch (number) {
	case NUMBER_PUSHES:
	case NUMBER_PUSHES_FAILED:
	case NUMBER_PUSH_QUEUE:
		return self->pushing;
	case NUMBER_TEXTFILE_ERRORS:
		return self->textfile;
	case NUMBER_INCIDENT_ERRORS:
		return self->incident_lines;
	case NUMBER_CPU:
	case NUMBER_RESIDENT:
	case NUMBER_OPEN_FDS:
	case NUMBER_MAX_FDS:
	case NUMBER_START_TIME:
		return !source->without_process;
	default:
		return 1;
	}
}

#define WHOLE(value)                                                                               \
	{                                                                                          \
		.whole = (value)                                                                   \
	}
#define REAL(value)                                                                                \
	{                                                                                          \
		.is_real = 1, .real = (value)                                                      \
	}

static void visit_numbers(const struct metric_visitor *visitor, const struct metrics_source *source)
{
	const struct metrics_self *self = source->self;
	const struct snapshot *now = source->now;
	const struct metric_sample samples[NUMBER_MAX] = {
		[NUMBER_IN_FLIGHT_CAPACITY] = WHOLE(now->in_flight_capacity),
		[NUMBER_RESOLVERS] = WHOLE(snapshot_resolver_count(now)),
		[NUMBER_RESOLVERS_CAPACITY] = WHOLE(now->resolvers_capacity),
		[NUMBER_SAMPLES_DROPPED] = WHOLE(now->samples_dropped),
		[NUMBER_HEARTBEATS] = WHOLE(now->heartbeats),
		[NUMBER_INCIDENTS_OPEN] = WHOLE(self->incidents_open),
		[NUMBER_INCIDENTS_OPENED] = WHOLE(self->incidents_opened),
		[NUMBER_SCRAPE_DURATION] = REAL(self->collect_s),
		[NUMBER_PUSHES] = WHOLE(self->pushes),
		[NUMBER_PUSHES_FAILED] = WHOLE(self->pushes_failed),
		[NUMBER_PUSH_QUEUE] = WHOLE(self->push_queue_bytes),
		[NUMBER_TEXTFILE_ERRORS] = WHOLE(self->textfile_errors),
		[NUMBER_INCIDENT_ERRORS] = WHOLE(self->incident_errors),
		[NUMBER_CPU] = REAL(self->cpu_s),
		[NUMBER_RESIDENT] = WHOLE(self->resident_bytes),
		[NUMBER_OPEN_FDS] = WHOLE(self->open_fds),
		[NUMBER_MAX_FDS] = WHOLE(self->max_fds),
		[NUMBER_START_TIME] = REAL(self->process_started_s),
	};
	unsigned int i;

	for (i = 0; i < NUMBER_MAX; i++) {
		if (!is_number_enabled(source, i))
			continue;
		visitor->family(&number_families[i], visitor->context);
		visitor->sample(&number_families[i], &samples[i], visitor->context);
	}
}

static void visit_tables(const struct metric_visitor *visitor, const struct metrics_self *self)
{
	size_t i;

	visitor->family(&entries_family, visitor->context);
	for (i = 0; i < self->table_count; i++)
		visit_self_sample(visitor, &entries_family, "table", self->tables[i].name,
				  self->tables[i].entries);
	visitor->family(&capacity_family, visitor->context);
	for (i = 0; i < self->table_count; i++)
		visit_self_sample(visitor, &capacity_family, "table", self->tables[i].name,
				  self->tables[i].capacity);
}

static void visit_self(const struct metric_visitor *visitor, const struct metrics_source *source,
		       const struct labelled_interfaces *interfaces)
{
	visit_interfaces(visitor, interfaces);
	visit_build(visitor, source->self);
	visit_self_counters(visitor, &source->now->self);
	visit_tables(visitor, source->self);
	visit_numbers(visitor, source);
}

/* ---- the iterator ------------------------------------------------------------------------- */

double metric_start_s(const struct metric_family *family, const struct metrics_self *self)
{
	return strncmp(family->name, "process_", 8) ? self->started_s : self->process_started_s;
}

int metrics_visit(const struct metrics_source *source, const struct metric_visitor *visitor)
{
	struct labelled_interfaces interfaces;
	struct labelled_resolvers resolvers;
	const struct snapshot *now = source->now;
	size_t first = source->part == METRICS_OF_RESOLVERS ? source->first : 0;
	size_t end = first + (source->part == METRICS_OF_RESOLVERS ? source->count
			      : source->part == METRICS_OF_SELF	   ? 0
								   : now->count);
	int err;

	if (end > now->count)
		end = now->count;
	err = labelled_resolvers_init(source->now, first, end, source->status, &resolvers);
	if (err)
		return err;
	err = labelled_interfaces_init(source->status, &interfaces);
	if (err)
		goto free_resolvers;
	visit_resolvers(visitor, &resolvers);
	visit_askers(visitor, source, &resolvers);
	if (source->part != METRICS_OF_RESOLVERS)
		visit_self(visitor, source, &interfaces);
	free(interfaces.each);
free_resolvers:
	free(resolvers.each);
	return err;
}
