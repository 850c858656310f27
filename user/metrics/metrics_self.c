// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The families about dnsreach itself: where it is attached, what it missed, what it costs. */
#include "metrics/metrics_parts.h"

#include "util/text.h"

static const struct metric_family interface_family = {
	"dnsreach_interface_attached", METRIC_GAUGE, NULL, "interface, hook",
	"1 for each interface whose packets are seen, and the kind of hook there."};
static const struct metric_family build_family = {"dnsreach_build_info", METRIC_GAUGE, NULL,
						  "version, libbpf, kernel",
						  "1; what runs is in the labels."};
static const struct metric_family entries_family = {"dnsreach_self_table_entries", METRIC_GAUGE,
						    NULL, "table", "Entries in use, by table."};
static const struct metric_family capacity_family = {"dnsreach_self_table_capacity", METRIC_GAUGE,
						     NULL, "table",
						     "Entries that there is room for, by table."};

enum number {
	IN_FLIGHT_CAPACITY,
	RESOLVERS,
	RESOLVERS_CAPACITY,
	SAMPLES_DROPPED,
	INCIDENTS_OPEN,
	INCIDENTS_OPENED,
	SCRAPE_DURATION,
	PUSHES,
	PUSHES_FAILED,
	PUSH_QUEUE,
	TEXTFILE_ERRORS,
	INCIDENT_ERRORS,
	CPU,
	RESIDENT,
	OPEN_FDS,
	MAX_FDS,
	START_TIME,
	NUMBER_MAX
};

/* Without labels. */
static const struct metric_family number_families[] = {
	[IN_FLIGHT_CAPACITY] = {"dnsreach_self_in_flight_capacity", METRIC_GAUGE, NULL, "",
				"Open transactions that there is room for."},
	[RESOLVERS] = {"dnsreach_self_resolvers", METRIC_GAUGE, NULL, "",
		       "Resolvers with an entry of their own."},
	[RESOLVERS_CAPACITY] = {"dnsreach_self_resolvers_capacity", METRIC_GAUGE, NULL, "",
				"Resolvers that there is room for."},
	[SAMPLES_DROPPED] = {"dnsreach_self_samples_dropped_total", METRIC_COUNTER, NULL, "",
			     "Samples of failures that were left out: too many, or no room."},
	[INCIDENTS_OPEN] = {"dnsreach_incidents_open", METRIC_GAUGE, NULL, "",
			    "Incidents that are not closed."},
	[INCIDENTS_OPENED] = {"dnsreach_incidents_opened_total", METRIC_COUNTER, NULL, "",
			      "Incidents opened."},
	[SCRAPE_DURATION] = {"dnsreach_scrape_duration_seconds", METRIC_GAUGE, "seconds", "",
			     "Time it took to read the tables for these metrics."},
	[PUSHES] = {"dnsreach_self_pushes_total", METRIC_COUNTER, NULL, "",
		    "OTLP requests delivered."},
	[PUSHES_FAILED] = {"dnsreach_self_pushes_failed_total", METRIC_COUNTER, NULL, "",
			   "OTLP requests given up."},
	[PUSH_QUEUE] = {"dnsreach_self_push_queue_bytes", METRIC_GAUGE, "bytes", "",
			"OTLP requests that wait to be delivered."},
	[TEXTFILE_ERRORS] = {"dnsreach_self_textfile_errors_total", METRIC_COUNTER, NULL, "",
			     "Times that the text file could not be written."},
	[INCIDENT_ERRORS] = {"dnsreach_self_incident_errors_total", METRIC_COUNTER, NULL, "",
			     "Lines about incidents that could not be written."},
	[CPU] = {"process_cpu_seconds_total", METRIC_COUNTER, "seconds", "",
		 "CPU time of this process, user and system."},
	[RESIDENT] = {"process_resident_memory_bytes", METRIC_GAUGE, "bytes", "",
		      "Resident memory of this process."},
	[OPEN_FDS] = {"process_open_fds", METRIC_GAUGE, NULL, "",
		      "File descriptors that this process has open."},
	[MAX_FDS] = {"process_max_fds", METRIC_GAUGE, NULL, "",
		     "File descriptors that this process may have open."},
	[START_TIME] = {"process_start_time_seconds", METRIC_GAUGE, "seconds", "",
			"When this process started, since 1970-01-01 UTC."},
};

_Static_assert(sizeof(number_families) / sizeof(*number_families) == NUMBER_MAX,
	       "a number has no family");

/* With one label, or none when `label` is NULL. */
static void visit_one(const struct metric_visitor *visitor, const struct metric_family *family,
		      const char *label, const char *value, __u64 whole)
{
	struct metric_sample sample = {.whole = whole};

	sample_label(&sample, label, value);
	visitor->sample(family, &sample, visitor->context);
}

static void visit_interfaces(const struct metric_visitor *visitor,
			     const struct attached_interfaces *interfaces)
{
	size_t i;

	visitor->family(&interface_family, visitor->context);
	for (i = 0; i < interfaces->count; i++) {
		struct metric_sample sample = {.whole = 1};

		sample_label(&sample, "interface", interfaces->each[i].name);
		sample_label(&sample, "hook", interfaces->each[i].hook);
		visitor->sample(&interface_family, &sample, visitor->context);
	}
}

static void visit_build(const struct metric_visitor *visitor, const struct metrics_self *self)
{
	char version[128], libbpf[128], kernel[256];
	struct metric_sample sample = {.whole = 1};

	utf8_replace_invalid(self->version ? self->version : "", version, sizeof(version));
	utf8_replace_invalid(self->libbpf ? self->libbpf : "", libbpf, sizeof(libbpf));
	utf8_replace_invalid(self->kernel ? self->kernel : "", kernel, sizeof(kernel));
	sample_label(&sample, "version", version);
	sample_label(&sample, "libbpf", libbpf);
	sample_label(&sample, "kernel", kernel);
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
			visit_one(visitor, &family, self_rows[i].label, self_rows[i].value,
				  counters->n[i]);
	}
}

static int is_asked_for(const struct metrics_source *source, enum number number)
{
	const struct metrics_self *self = source->self;

	switch (number) {
	case PUSHES:
	case PUSHES_FAILED:
	case PUSH_QUEUE:
		return self->pushing;
	case TEXTFILE_ERRORS:
		return self->textfile;
	case INCIDENT_ERRORS:
		return self->incident_lines;
	case CPU:
	case RESIDENT:
	case OPEN_FDS:
	case MAX_FDS:
	case START_TIME:
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
		[IN_FLIGHT_CAPACITY] = WHOLE(now->in_flight_capacity),
		[RESOLVERS] = WHOLE(snapshot_resolver_count(now)),
		[RESOLVERS_CAPACITY] = WHOLE(now->resolvers_capacity),
		[SAMPLES_DROPPED] = WHOLE(now->samples_dropped),
		[INCIDENTS_OPEN] = WHOLE(self->incidents_open),
		[INCIDENTS_OPENED] = WHOLE(self->incidents_opened),
		[SCRAPE_DURATION] = REAL(self->collect_s),
		[PUSHES] = WHOLE(self->pushes),
		[PUSHES_FAILED] = WHOLE(self->pushes_failed),
		[PUSH_QUEUE] = WHOLE(self->push_queue_bytes),
		[TEXTFILE_ERRORS] = WHOLE(self->textfile_errors),
		[INCIDENT_ERRORS] = WHOLE(self->incident_errors),
		[CPU] = REAL(self->cpu_s),
		[RESIDENT] = WHOLE(self->resident_bytes),
		[OPEN_FDS] = WHOLE(self->open_fds),
		[MAX_FDS] = WHOLE(self->max_fds),
		[START_TIME] = REAL(self->process_started_s),
	};
	unsigned int i;

	for (i = 0; i < NUMBER_MAX; i++) {
		if (!is_asked_for(source, i))
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
		visit_one(visitor, &entries_family, "table", self->tables[i].name,
			  self->tables[i].entries);
	visitor->family(&capacity_family, visitor->context);
	for (i = 0; i < self->table_count; i++)
		visit_one(visitor, &capacity_family, "table", self->tables[i].name,
			  self->tables[i].capacity);
}

void visit_self(const struct metric_visitor *visitor, const struct metrics_source *source,
		const struct attached_interfaces *interfaces)
{
	visit_interfaces(visitor, interfaces);
	visit_build(visitor, source->self);
	visit_self_counters(visitor, &source->now->self);
	visit_tables(visitor, source->self);
	visit_numbers(visitor, source);
}
