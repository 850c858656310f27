// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* How bad a status is for `dnsreach check`: by state, or by a metric and two ranges. */
#include "check/check.h"

#include "util/address.h"
#include "view/table.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define SETTLED_ENOUGH 3 /* settled transactions that suffice to judge a resolver */

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

/* Returns whether all values from 0 that lie outside `outer` lie in `inner`. */
static int range_holds_outside_of(const struct plugin_range *inner,
				  const struct plugin_range *outer)
{
	int below = outer->start <= 0 || (inner->start <= 0 && inner->end >= outer->start),
	    above = isinf(outer->end) || (isinf(inner->end) && inner->start <= outer->end);

	return below && above;
}

/* Returns whether each value from 0 that alerts by `a` alerts by `b`. */
static int range_is_part(const struct plugin_range *a, const struct plugin_range *b)
{
	if (a->inside && b->inside)
		return b->start <= a->start && a->end <= b->end;
	if (a->inside)
		return a->end < b->start || a->start > b->end;
	if (b->inside)
		return range_holds_outside_of(b, a);
	return fmax(a->start, 0) <= fmax(b->start, 0) && a->end >= b->end;
}

/* `0:` and `~:` alert on no value: that is how one asks for no WARNING. */
static int range_never_alerts(const struct plugin_range *range)
{
	return range->inside ? range->end < 0 : range->start <= 0 && isinf(range->end);
}

int range_hides_warning(const struct plugin_range *warning, const struct plugin_range *critical)
{
	return !range_never_alerts(warning) && range_is_part(warning, critical) &&
	       !range_is_part(critical, warning);
}

/* ---- metrics ------------------------------------------------------------------------------ */

static const struct check_metric metrics[] = {
	{"bad_ratio", "%", 100, 100, offsetof(struct rates, failure_ratio), 0,
	 offsetof(struct rates, error_ratio), 0},
	{"failure_ratio", "%", 100, 100, offsetof(struct rates, failure_ratio), 0, 0, 0},
	{"error_ratio", "%", 100, 100, offsetof(struct rates, error_ratio), 0, 0, 0},
	{"rtt_p50_s", "s", 1, NAN, offsetof(struct rates, rtt_p50_s), 0, 0,
	 offsetof(struct rates, connect_rtt_p50_s)},
	{"rtt_p95_s", "s", 1, NAN, offsetof(struct rates, rtt_p95_s), 0, 0,
	 offsetof(struct rates, connect_rtt_p95_s)},
	{"rtt_p99_s", "s", 1, NAN, offsetof(struct rates, rtt_p99_s), 0, 0,
	 offsetof(struct rates, connect_rtt_p99_s)},
	{"queries_per_s", "", 1, NAN, offsetof(struct rates, queries_per_s), 0, 0,
	 offsetof(struct rates, connects_per_s)},
	{"port_unreachables_per_query", "", 1, NAN,
	 offsetof(struct rates, port_unreachables_per_query), 0, 0,
	 offsetof(struct rates, port_unreachables_per_connect)},
	{"in_flight", "", 1, NAN, 0, 1, 0, 0},
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
	size_t offset = metric->offset;
	double value, added = 0;

	if (metric->in_flight)
		return (double)(resolver->now->in_flight + resolver->now->messages_in_flight);
	if (metric->of_connects && !resolver_is_messages(&resolver->now->key))
		offset = metric->of_connects;
	memcpy(&value, rates + offset, sizeof(value));
	if (metric->added)
		memcpy(&added, rates + metric->added, sizeof(added));
	value = metric->factor * (value + added);
	return value > metric->most ? metric->most : value; /* a sum of two rounded ratios */
}

double check_bad_ratio(const struct resolver_status *resolver, enum window window)
{
	const struct rates *rates = &resolver->windows[window];

	return rates->settled ? fmin(1, rates->failure_ratio + rates->error_ratio) : NAN;
}

int check_only_failed(const struct resolver_status *resolver, const struct check_rules *rules)
{
	if (state_is_judged(resolver->state))
		return 0;
	if (!resolver->windows[WINDOW_5M].settled)
		return resolver->state == STATE_PENDING && !rules->is_sample;
	return check_bad_ratio(resolver, WINDOW_5M) >= 1;
}

enum window check_judged_window(const struct resolver_status *resolver,
				const struct check_rules *rules)
{
	enum window window;

	for (window = WINDOW_10S; !rules->window_is_given && window < WINDOW_MAX; window++)
		if (resolver->windows[window].settled >= SETTLED_ENOUGH)
			return window;
	return !rules->window_is_given && !resolver->windows[rules->window].settled ? WINDOW_5M
										    : rules->window;
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
	if (resolver_is_other(&resolver->now->key))
		return PLUGIN_OK;
	if (resolver->state == STATE_DOWN)
		return PLUGIN_CRITICAL;
	if (resolver->state == STATE_DEGRADED || resolver->state == STATE_UNCLEAR)
		return PLUGIN_WARNING;
	return check_only_failed(resolver, rules) ? PLUGIN_WARNING : PLUGIN_OK;
}

/*
 * A metric without a value leaves the state: a resolver that is down has no RTT, and one that
 * failed 2 minutes ago no ratio in the last one.
 */
static struct check_item judge_item(const struct resolver_status *resolver,
				    const struct check_rules *rules)
{
	struct check_item item = {.resolver = resolver, .value = NAN};

	if (rules->metric)
		item.value = check_value(rules->metric, resolver, rules->window);
	if (!isnan(item.value))
		item.status = check_ranges(rules, item.value);
	else
		item.status = status_by_state(resolver, rules);
	if (!rules->metric && resolver->forged && !rules->forged_is_fine)
		item.status = plugin_status_worse(item.status, PLUGIN_WARNING);
	return item;
}

/*
 * Tests for a row of the named address and port, of any transport and origin. Port 53 names DNS
 * over TLS at its own port too, as in a probe.
 */
static int is_row_of(const struct resolver_status *resolver, const struct resolver_key *named)
{
	struct resolver_key key = resolver->now->key, over_tls;

	key.origin = named->origin;
	if (key.transport == TRANSPORT_DOT && !resolver_over(named, TRANSPORT_DOT, &over_tls) &&
	    !memcmp(&key, &over_tls, sizeof(key)))
		return 1;
	key.transport = named->transport;
	return !memcmp(&key, named, sizeof(key));
}

static int is_wanted(const struct resolver_status *resolver, const struct check_rules *rules)
{
	size_t i;

	for (i = 0; i < rules->named_count; i++)
		if (is_row_of(resolver, &rules->named[i]))
			return 1;
	return !rules->named_count;
}

static const struct resolver_key *find_absent(const struct check_verdict *verdict,
					      const struct check_rules *rules)
{
	size_t i, n;

	for (i = 0; i < rules->named_count; i++) {
		for (n = 0; n < verdict->count; n++)
			if (is_row_of(verdict->items[n].resolver, &rules->named[i]))
				break;
		if (n == verdict->count)
			return &rules->named[i];
	}
	return NULL;
}

/* Returns the sign of `b` - `a`; a value that is NAN comes last. */
static int compare_values(double a, double b)
{
	double left = isnan(a) ? -1 : a, right = isnan(b) ? -1 : b;

	return (right > left) - (right < left);
}

/* Returns how many transactions failed or were answered with an error in 5 minutes. */
static double bad_count(const struct resolver_status *resolver)
{
	return check_bad_ratio(resolver, WINDOW_5M) * (double)resolver->windows[WINDOW_5M].settled;
}

/*
 * Sorts by status, worst first; then by the value of a metric, highest first; then by state, and
 * by what failed in 5 minutes.
 */
static int compare_items(const void *left, const void *right)
{
	const struct check_item *a = left, *b = right;
	int order = (int)b->status - (int)a->status;

	if (!order)
		order = compare_values(a->value, b->value);
	if (!order)
		order = (int)b->resolver->state - (int)a->resolver->state;
	if (!order)
		order = compare_values(bad_count(a->resolver), bad_count(b->resolver));
	return order ? order
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
