// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* How bad a status is for `dnsreach check`: by state, or by a metric and two ranges. */
#include "check/check.h"

#include "util/address.h"
#include "view/table.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- ranges ------------------------------------------------------------------------------- */

/*
 * Parses a decimal: strtod() alone would also take "nan", "inf", hexadecimal and blanks. Returns
 * the text behind it, or NULL.
 */
static const char *range_parse_number(const char *text, double *ret)
{
	const char *digits = text + (*text == '-' || *text == '+');
	size_t whole = strspn(digits, "0123456789"), fraction = 0;
	const char *end = digits + whole;

	if (*end == '.') {
		fraction = strspn(end + 1, "0123456789");
		end += 1 + fraction;
	}
	if (!whole && !fraction)
		return NULL;
	*ret = strtod(text, NULL);
	return isfinite(*ret) ? end : NULL;
}

/* Parses the text before a colon; an empty one is 0. Returns the text behind the colon, or NULL. */
static const char *range_parse_start(const char *text, double *ret)
{
	if (*text == '~') {
		*ret = -INFINITY;
		text++;
	} else if (*text != ':') {
		text = range_parse_number(text, ret);
	}
	return text && *text == ':' ? text + 1 : NULL;
}

int range_parse(const char *text, struct plugin_range *ret)
{
	*ret = (struct plugin_range){.start = 0, .end = INFINITY};
	if (*text == '@') {
		ret->inside = 1;
		text++;
	}
	if (strchr(text, ':')) {
		text = range_parse_start(text, &ret->start);
		if (text && !*text)
			return 0;
	}
	text = text ? range_parse_number(text, &ret->end) : NULL;
	return text && !*text && ret->start <= ret->end ? 0 : -EINVAL;
}

int range_alerts(const struct plugin_range *range, double value)
{
	int within = value >= range->start && value <= range->end;

	return range->inside ? within : !within;
}

/* ---- metrics ------------------------------------------------------------------------------ */

static const struct check_metric metrics[] = {
	{"failure_ratio", "%", 100, 100, offsetof(struct rates, failure_ratio), 0},
	{"error_ratio", "%", 100, 100, offsetof(struct rates, error_ratio), 0},
	{"rtt_p50_s", "s", 1, NAN, offsetof(struct rates, rtt_p50_s), 0},
	{"rtt_p95_s", "s", 1, NAN, offsetof(struct rates, rtt_p95_s), 0},
	{"rtt_p99_s", "s", 1, NAN, offsetof(struct rates, rtt_p99_s), 0},
	{"queries_per_s", "", 1, NAN, offsetof(struct rates, queries_per_s), 0},
	{"port_unreachables_per_query", "", 1, NAN,
	 offsetof(struct rates, port_unreachables_per_query), 0},
	{"in_flight", "", 1, NAN, 0, 1},
};

#define METRICS (sizeof(metrics) / sizeof(*metrics))

const struct check_metric *check_metric(const char *name)
{
	size_t i;

	for (i = 0; i < METRICS; i++)
		if (!strcmp(metrics[i].name, name))
			return &metrics[i];
	return NULL;
}

const char *check_metric_names(void)
{
	static char names[200];
	size_t i;

	if (!*names)
		for (i = 0; i < METRICS; i++)
			strcat(strcat(names, i ? ", " : ""), metrics[i].name);
	return names;
}

double check_value(const struct check_metric *metric, const struct resolver_status *resolver,
		   enum window window)
{
	const char *rates = (const char *)&resolver->windows[window];
	double value;

	if (metric->in_flight)
		return (double)resolver->now->in_flight;
	memcpy(&value, rates + metric->offset, sizeof(value));
	return metric->factor * value;
}

enum plugin_status check_ranges(const struct check_rules *rules, double value)
{
	if (rules->critical_text && range_alerts(&rules->critical, value))
		return PLUGIN_CRITICAL;
	if (rules->warning_text && range_alerts(&rules->warning, value))
		return PLUGIN_WARNING;
	return PLUGIN_OK;
}

/* The entry `other` has no state: it is many resolvers. */
static enum plugin_status status_by_state(const struct resolver_status *resolver,
					  const struct check_rules *rules)
{
	if (!resolver_is_other(&resolver->now->key) && resolver->state == STATE_DOWN)
		return PLUGIN_CRITICAL;
	if (!resolver_is_other(&resolver->now->key) &&
	    (resolver->state == STATE_DEGRADED || resolver->state == STATE_UNCLEAR))
		return PLUGIN_WARNING;
	return resolver->forged && !rules->forged_is_fine ? PLUGIN_WARNING : PLUGIN_OK;
}

static struct check_item judge_item(const struct resolver_status *resolver,
				    const struct check_rules *rules)
{
	struct check_item item = {.resolver = resolver, .value = NAN};

	if (!rules->metric) {
		item.status = status_by_state(resolver, rules);
		return item;
	}
	item.value = check_value(rules->metric, resolver, rules->window);
	item.status = isnan(item.value) ? PLUGIN_OK : check_ranges(rules, item.value);
	return item;
}

static int has_key(const struct resolver_status *resolver, const struct resolver_key *key)
{
	return !memcmp(&resolver->now->key, key, sizeof(*key));
}

static int is_wanted(const struct resolver_status *resolver, const struct check_rules *rules)
{
	size_t i;

	for (i = 0; i < rules->named_count; i++)
		if (has_key(resolver, &rules->named[i]))
			return 1;
	return !rules->named_count;
}

static const struct resolver_key *find_absent(const struct check_verdict *verdict,
					      const struct check_rules *rules)
{
	size_t i, n;

	for (i = 0; i < rules->named_count; i++) {
		for (n = 0; n < verdict->count; n++)
			if (has_key(verdict->items[n].resolver, &rules->named[i]))
				break;
		if (n == verdict->count)
			return &rules->named[i];
	}
	return NULL;
}

/* Sorts by status, worst first; then by the value of a metric, highest first; then by state. */
static int compare_items(const void *left, const void *right)
{
	const struct check_item *a = left, *b = right;
	double a_value = isnan(a->value) ? -1 : a->value, b_value = isnan(b->value) ? -1 : b->value;

	if (a->status != b->status)
		return (int)b->status - (int)a->status;
	if (a_value != b_value)
		return a_value > b_value ? -1 : 1;
	return a->resolver->state != b->resolver->state
		       ? (int)b->resolver->state - (int)a->resolver->state
		       : memcmp(&a->resolver->now->key, &b->resolver->now->key,
				sizeof(a->resolver->now->key));
}

int check_judge(const struct status *report, const struct check_rules *rules,
		struct check_verdict *ret)
{
	const struct resolver_status **sorted;
	size_t count, i;

	memset(ret, 0, sizeof(*ret));
	sorted = status_sort_worst_first(report, &count);
	ret->items = sorted ? calloc(count + 1, sizeof(*ret->items)) : NULL;
	if (!ret->items) {
		free(sorted);
		return -ENOMEM;
	}
	for (i = 0; i < count; i++)
		if (is_wanted(sorted[i], rules))
			ret->items[ret->count++] = judge_item(sorted[i], rules);
	free(sorted);
	qsort(ret->items, ret->count, sizeof(*ret->items), compare_items);
	ret->absent = find_absent(ret, rules);
	ret->status = ret->absent || !ret->count ? PLUGIN_UNKNOWN : PLUGIN_OK;
	for (i = 0; i < ret->count; i++)
		ret->status = plugin_status_worse(ret->status, ret->items[i].status);
	return 0;
}
