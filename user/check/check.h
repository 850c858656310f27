/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The parts of `dnsreach check`: where the status is from (check_source.c), how bad it is
 * (check_threshold.c), what is printed (check_output.c), and the same for --probe (check_probe.c).
 */
#ifndef CHECK_CHECK_H
#define CHECK_CHECK_H

#include "http/identity.h"
#include "probe/probe.h"
#include "util/options.h"
#include "view/plugin.h"
#include "view/status_json.h"

#include <jansson.h>

struct check_options {
	const char *url, *window, *metric, *warning, *critical, *name, *tls_name;
	struct option_list resolvers, interfaces, ports, transports;
	struct identity_files identity;
	double timeout_s;
	unsigned long long interval_s;
	int sample, probe, json, verbose, no_forged;
};

/* ---- ranges of -w and -c, as the Monitoring Plugins Development Guidelines have them ---- */

struct plugin_range {
	double start, end; /* both are in it; may be infinite */
	int inside;	   /* alert on a value in it, not on one outside */
};

/*
 * Parses `10` (0 to 10), `10:`, `~:10` or `10:20`, each with an @ in front to alert inside. Plain
 * decimals only. 0 or -EINVAL
 */
int range_parse(const char *text, struct plugin_range *ret);

/* Returns whether `value`, a number, alerts. A value that is NAN is not judged. */
int range_alerts(const struct plugin_range *range, double value);

/*
 * Returns whether WARNING can never be returned: every value that alerts by `warning` alerts by
 * `critical` too, and not the other way round. Metrics have no values below 0.
 */
int range_hides_warning(const struct plugin_range *warning, const struct plugin_range *critical);

/* ---- the verdict: check_threshold.c ---- */

struct check_metric {
	const char *name, *unit;
	double factor; /* from the value in JSON to `unit` */
	double most;   /* NAN: no limit */
	size_t offset; /* in struct rates; or: */
	int in_flight;
	size_t added;	    /* offset of a second ratio, which is added to the first; 0: none */
	size_t of_connects; /* offset for a row without messages; 0: none */
};

/* The options, parsed. */
struct check_rules {
	enum window window;
	int window_is_given;			  /* else the text has the window of the verdict */
	const struct check_metric *metric;	  /* NULL: judged by state */
	const char *warning_text, *critical_text; /* NULL: not given */
	struct plugin_range warning, critical;
	struct resolver_key named[OPTION_LIST_MAX];
	size_t named_count; /* 0: all resolvers */
	int forged_is_fine;
	int is_sample; /* the status is of an own sample, not of a daemon */
};

struct check_item {
	const struct resolver_status *resolver;
	enum plugin_status status;
	double value; /* of the metric, in its unit; NAN: no value */
};

/* The resolvers that were judged, worst first. */
struct check_verdict {
	enum plugin_status status;
	struct check_item *items;
	size_t count;
	const struct resolver_key *absent; /* of --resolver, but not in the status; or NULL */
};

/* Returns the metric of that name, or NULL. */
const struct check_metric *check_metric(const char *name);
/* Returns the names of all metrics, with ", " between them. */
const char *check_metric_names(void);
double check_value(const struct check_metric *metric, const struct resolver_status *resolver,
		   enum window window);
/*
 * Returns the share, from 0 to 1, of what settled in `window` that failed or was answered with an
 * error; NAN: nothing settled.
 */
double check_bad_ratio(const struct resolver_status *resolver, enum window window);
/*
 * Returns whether a resolver has too little settled to be judged, and all of it in the last 5
 * minutes failed or was answered with an error. One that was asked and has nothing settled yet
 * counts too, but not at the end of a sample, which has begun a moment ago.
 */
int check_only_failed(const struct resolver_status *resolver, const struct check_rules *rules);
/* Returns the shortest window with enough settled transactions, as the verdict uses it. */
enum window check_judged_window(const struct resolver_status *resolver,
				const struct check_rules *rules);
/* Judges by the two ranges, of which each may be missing (text NULL). */
enum plugin_status check_ranges(const struct check_rules *rules, double value);
/* Judges the resolvers of a status. 0 or -ENOMEM; the caller frees the items. */
int check_judge(const struct status *status, const struct check_rules *rules,
		struct check_verdict *ret);

/* ---- the status: check_source.c ---- */

struct check_origin {
	const char *url;	     /* of the daemon; NULL: a sample */
	unsigned long long sample_s; /* how long the sample took */
	double skew_s;		     /* how far the daemon's clock is ahead; 0: less than 10 s */
};

/* Checks the value of --url. 0, or -EINVAL after a message */
int check_url(const char *url);
/*
 * Gets a status from a daemon or a sample, until `deadline_ns` (monotonic clock). Fills `status`,
 * to be freed; or returns an error, and `plugin` has the message.
 */
int check_source(const struct check_options *options, __u64 deadline_ns,
		 struct parsed_status *status, struct check_origin *origin,
		 struct plugin_output *plugin);

/* ---- the output: check_output.c ---- */

void check_write_text(const struct check_verdict *verdict, const struct check_rules *rules,
		      const struct check_origin *origin, struct plugin_output *plugin);
/* Returns the keys that all objects have; `source` is "daemon", "sample", "probe", or NULL. */
json_t *check_json_object(const struct plugin_output *plugin, const char *source, __u64 wall_ns);
/* Add the other keys. 0 or -ENOMEM */
int check_write_json(json_t *object, const struct check_verdict *verdict,
		     const struct check_rules *rules, const struct check_origin *origin);
int check_write_probe_json(json_t *object, const struct probe_options *options,
			   const struct probe_result *results, size_t count);

/* ---- the probe: check_probe.c ---- */

/* Returns whether --probe has a metric of that name; its metrics are others than a status has. */
int check_probe_metric(const char *name);
const char *check_probe_metric_names(void);

/* Checks a value of --probe-transport. 0, or -EINVAL and the reason */
int check_transport_option(const char *text, char why[OPTION_WHY_SIZE]);
/* Checks the value of --probe-tls-name. */
int check_tls_name_option(const char *text, char why[OPTION_WHY_SIZE]);
enum plugin_status check_probe_status(const struct probe_result *result);
enum cause check_probe_cause(const struct probe_result *result);

/* Returns the joined verdict of a result, by the results of all. */
struct joined check_probe_joined(const struct probe_result *result,
				 const struct probe_result *results, size_t count);
/*
 * Probes until `deadline_ns` (monotonic clock), judges, and fills `plugin`, and `more` (NULL: not)
 * for --json. 0 or -errno
 */
int check_probe(const struct check_options *options, const struct check_rules *rules,
		__u64 deadline_ns, struct plugin_output *plugin, json_t *more);

#endif
