// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Askers of one resolver: counts by name, in order. */
#include "health/asker.h"

#include <stdlib.h>
#include <string.h>

static const struct cgroup_name name_not_known = {.text = "not known"};
static const struct cgroup_name name_other = {.text = "other"};

static int compare_names(const void *a, const void *b)
{
	const struct asker_sum *x = a, *y = b;
	int order = strcmp(x->name->text, y->name->text);

	return order ? order : (x->first > y->first) - (x->first < y->first);
}

static int compare_first(const void *a, const void *b)
{
	const struct asker_sum *x = a, *y = b;

	return (x->first > y->first) - (x->first < y->first);
}

static int compare_counts(__u64 x, __u64 y)
{
	return (x < y) - (x > y);
}

static int compare_worst(const void *a, const void *b)
{
	const struct asker_sum *x = a, *y = b;
	int order = compare_counts(x->failed, y->failed);

	if (!order)
		order = compare_counts(x->errors, y->errors);
	if (!order)
		order = compare_counts(x->queries, y->queries);
	return order ? order : compare_first(a, b);
}

static void asker_sum_add(struct asker_sum *to, const struct asker_sum *from)
{
	to->queries += from->queries;
	to->failed += from->failed;
	to->errors += from->errors;
}

static struct asker_sum asker_sum_of(const struct asker_snapshot *asker)
{
	return (struct asker_sum){.name = asker->name ? asker->name : &name_not_known,
				  .first = asker->first,
				  .queries = asker->queries,
				  .failed = asker->failed,
				  .errors = asker->errors};
}

/* Merges the sorted ones of the same name. Returns how many there are then. */
static size_t merge_names(struct asker_sum *list, size_t count)
{
	size_t i, merged = 0;

	for (i = 0; i < count; i++) {
		if (merged && !strcmp(list[merged - 1].name->text, list[i].name->text))
			asker_sum_add(&list[merged - 1], &list[i]);
		else
			list[merged++] = list[i];
	}
	return merged;
}

size_t askers_select(const struct snapshot *snapshot, const struct resolver_key *resolver,
		     enum askers_order order, struct asker_sum *to, size_t room,
		     struct asker_sum *rest)
{
	struct asker_sum *list;
	size_t i, count = 0;

	*rest = (struct asker_sum){.name = &name_other};
	if (!snapshot->asker_count)
		return 0;
	list = malloc(snapshot->asker_count * sizeof(*list));
	for (i = 0; i < snapshot->asker_count; i++) {
		const struct asker_snapshot *asker = &snapshot->askers[i];
		struct asker_sum sum = asker_sum_of(asker);

		if (memcmp(&asker->resolver, resolver, sizeof(*resolver)))
			continue;
		if (asker->is_other || asker->is_former ||
		    !list) /* without memory all are others */
			asker_sum_add(rest, &sum);
		else
			list[count++] = sum;
	}
	if (count)
		qsort(list, count, sizeof(*list), compare_names);
	count = merge_names(list, count);
	if (count)
		qsort(list, count, sizeof(*list),
		      order == ASKERS_WORST ? compare_worst : compare_first);
	for (i = 0; i < count; i++) {
		if (i < room)
			to[i] = list[i];
		else
			asker_sum_add(rest, &list[i]);
	}
	free(list);
	return count < room ? count : room;
}
