// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* What people are shown first, and over which window. */
#include "view/order.h"

#include "util/address.h"
#include "health/counters.h"

#include <stdlib.h>
#include <string.h>

const struct rates *resolver_shown_rates(const struct resolver_status *resolver)
{
	const struct rates *ten_seconds = &resolver->windows[WINDOW_10S];

	return ten_seconds->settled ? ten_seconds : &resolver->windows[WINDOW_1M];
}

int resolver_was_queried(const struct resolver_status *resolver)
{
	const struct resolver_counters *counters = &resolver->now->counters;

	return counters->n[COUNTER_QUERIES] || counters_unsent(counters);
}

static int rank(const struct resolver_status *resolver)
{
	return resolver_is_other(&resolver->now->key) ? -1 : (int)resolver->state;
}

static int compare(const void *left, const void *right)
{
	const struct resolver_status *a = *(const struct resolver_status *const *)left;
	const struct resolver_status *b = *(const struct resolver_status *const *)right;
	double a_rate = resolver_shown_rates(a)->queries_per_s,
	       b_rate = resolver_shown_rates(b)->queries_per_s;

	if (rank(a) != rank(b))
		return rank(b) - rank(a);
	if (a_rate > b_rate)
		return -1;
	if (a_rate < b_rate)
		return 1;
	return memcmp(&a->now->key, &b->now->key, sizeof(a->now->key));
}

const struct resolver_status **status_sort_worst_first(const struct status *status, size_t *count)
{
	const struct resolver_status **sorted = malloc((status->count + 1) * sizeof(*sorted));
	size_t i;

	if (!sorted)
		return NULL;
	*count = 0;
	for (i = 0; i < status->count; i++) {
		const struct resolver_status *resolver = &status->resolvers[i];

		if (!resolver_is_other(&resolver->now->key) || resolver_was_queried(resolver))
			sorted[(*count)++] = resolver;
	}
	qsort(sorted, *count, sizeof(*sorted), compare);
	return sorted;
}
