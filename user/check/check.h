/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the parts of `dnsreach check` share: check.c (the command line), check_source.c (where the
 * report is from), check_judge.c (how bad it is), check_words.c and check_json.c (what is said of
 * it), check_probe.c (the same for --probe).
 */
#ifndef CHECK_CHECK_H
#define CHECK_CHECK_H

#include "util/options.h"
#include "check/plugin_range.h"
#include "view/plugin.h"
#include "view/status_json.h"
#include "probe/probe.h"

#include <jansson.h>

struct check_options {
	const char *url, *window, *metric, *warning, *critical, *name;
	struct option_list resolvers, interfaces, ports;
	double timeout_s;
	unsigned long long interval_s;
	int sample, probe, json, verbose, version, no_forged;
};

struct check_metric {
	const char *name, *unit;
	double factor; /* from what JSON has to the unit */
	double most;   /* NAN: none */
	size_t offset; /* in struct rates; or: */
	int in_flight;
};

/* The options as they are to be used. */
struct check_rules {
	enum window window;
	int window_is_given;		   /* else a state is told with what it was judged by */
	const struct check_metric *metric; /* NULL: judged by state */
	const char *warning_text, *critical_text; /* NULL: not given */
	struct range warning, critical;
	struct resolver_key named[OPTION_LIST_MAX];
	size_t named_count; /* 0: all of them */
	int forged_is_fine;
};

struct check_item {
	const struct resolver_status *resolver;
	enum plugin_status status;
	double value; /* of the metric, in its unit; NAN: nothing to judge */
};

/* All that is judged, worst first. */
struct check_verdict {
	enum plugin_status status;
	struct check_item *items;
	size_t count;
	const struct resolver_key *absent; /* one that was named and is not known, or NULL */
};

/* Where a report is from. */
struct check_origin {
	const char *url;	     /* of the daemon; NULL: an own sample */
	unsigned long long sample_s; /* how long that took */
	double skew_s;		     /* how far the daemon's clock is ahead; 0: not much */
};

/* ---- check_judge.c ---- */

/* NULL: there is no such metric. */
const struct check_metric *check_metric(const char *name);
/* All of them, with blanks between. */
const char *check_metric_names(void);
double check_value(const struct check_metric *metric, const struct resolver_status *resolver,
		   enum window window);
/* By two ranges, of which each may be missing (text NULL). */
enum plugin_status check_ranges(const struct check_rules *rules, double value);
/* 0 or -ENOMEM; the caller frees the items. */
int check_judge(const struct status *report, const struct check_rules *rules,
		struct check_verdict *ret);

/* ---- check_words.c, check_json.c ---- */

void check_words(const struct check_verdict *verdict, const struct check_rules *rules,
		 const struct check_origin *origin, struct plugin_output *plugin);
/* What all answers have in common; `source` "daemon", "sample", "probe", or NULL. */
json_t *check_object(const struct plugin_output *plugin, const char *source, __u64 wall_ns);
/* Adds the rest. 0 or -ENOMEM */
int check_json(json_t *object, const struct check_verdict *verdict, const struct check_rules *rules,
	       const struct check_origin *origin);
int check_probe_json(json_t *object, const struct probe_options *options,
		     const struct probe_result *results, size_t count);

/* ---- check_source.c ---- */

/* Is it one? Says so on standard error if not. 0 or -EINVAL */
int check_url(const char *url);
/* Fills `status`, to be freed; or an error, and `plugin` says why. */
int check_source(const struct check_options *options, __u64 deadline_ns,
		 struct parsed_status *status, struct check_origin *origin,
		 struct plugin_output *plugin);

/* ---- check_sample.c ---- */

/* Counts for a while, and adds the JSON of `watch`. 0 or -errno after a message. */
int check_sample(const struct check_options *options, __u64 deadline_ns, struct buffer *json);

/* ---- check_probe.c ---- */

/* Is what was asked for a metric of the probe? Its metric is not the report's. */
int check_probe_metric(const char *name);
const char *check_probe_metric_names(void);
enum plugin_status check_probe_status(const struct probe_result *result);
enum cause check_probe_cause(const struct probe_result *result);
/* Asks, judges, and says it in `plugin`, and in `more` (NULL: not) for --json. 0 or -errno */
int check_probe(const struct check_options *options, const struct check_rules *rules,
		__u64 deadline_ns, struct plugin_output *plugin, json_t *more);

#endif
