/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * All metrics of docs/metrics.md, family by family: the one iterator behind Prometheus text,
 * OpenMetrics, OTLP and the reference page. Names and help of the counters come from
 * health/counters.c. prometheus.c and otlp.c are the visitors that write them.
 */
#ifndef METRICS_METRICS_H
#define METRICS_METRICS_H

#include "health/status.h"

enum metric_type { METRIC_COUNTER, METRIC_GAUGE, METRIC_HISTOGRAM };

struct metric_family {
	const char *name; /* as in Prometheus text: a counter's ends in _total */
	enum metric_type type;
	const char *unit;   /* "seconds", "bytes", or NULL */
	const char *labels; /* for the reference page: "resolver, port, transport, reason" */
	const char *help;
};

#define METRIC_LABELS_MAX 6

struct metric_label {
	const char *name, *value; /* the value is valid UTF-8, not escaped */
};

struct metric_histogram {
	const double *le_s;	 /* bounds, rising, without +Inf */
	const __u64 *cumulative; /* how many are not above each */
	size_t bounds;
	__u64 count;
	double sum_s;
};

struct metric_sample {
	struct metric_label labels[METRIC_LABELS_MAX];
	size_t label_count;
	int is_real; /* `real` holds the value, else `whole` */
	__u64 whole;
	double real;
	const struct metric_histogram *histogram; /* METRIC_HISTOGRAM only */
};

/* Called with each family, then with each of its samples; families never interleave. */
struct metric_visitor {
	void (*family)(const struct metric_family *family, void *context);
	void (*sample)(const struct metric_family *family, const struct metric_sample *sample,
		       void *context);
	void *context;
};

struct metrics_table { /* one of dnsreach's own tables */
	const char *name;
	__u64 entries, capacity;
};

/* Values about dnsreach itself; daemon/exports.c reads them. */
struct metrics_self {
	const char *version, *libbpf, *kernel;
	double started_s;	  /* since 1970: when counting began; start time of all sums */
	double process_started_s; /* since 1970 */
	double cpu_s;		  /* of this process, user and system */
	__u64 resident_bytes;
	__u64 open_fds, max_fds;
	double collect_s; /* time to read the tables for this page */
	__u64 incidents_open, incidents_opened;
	const struct metrics_table *tables;
	size_t table_count;
	__u64 pushes, pushes_failed, push_queue_bytes; /* OTLP; 0 unless `pushing` */
	int pushing;
	__u64 textfile_errors;
	int textfile;
	__u64 incident_errors;
	int incident_lines; /* incidents are written to a file or to standard output */
};

/* Resolvers alone, or all but them: where all of them at once are too many. */
enum metrics_part { METRICS_OF_ALL, METRICS_OF_RESOLVERS, METRICS_OF_SELF };

struct metrics_source {
	const struct status *status; /* of the last tick: state, cause, suspicion, interfaces */
	const struct snapshot *now;  /* the counters to be exported, sorted by key */
	const struct metrics_self *self;
	int with_askers; /* dnsreach_asker_*: labels that grow with the services of the host */
	enum metrics_part part;
	size_t first, count; /* of METRICS_OF_RESOLVERS: which ones of `now` */
	int without_process; /* omits process_*: node_exporter has families of these names */
};

/* Returns when a sum began to count, in seconds since 1970; process_*: when the process began. */
double metric_start_s(const struct metric_family *family, const struct metrics_self *self);

/* Visits all families. Returns 0; or -ENOMEM before the first one. */
int metrics_visit(const struct metrics_source *source, const struct metric_visitor *visitor);

#endif
