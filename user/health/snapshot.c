/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What whoever fills a snapshot has in common. See snapshot.h. */
#include "health/snapshot.h"

#include "util/address.h"

#include <stdlib.h>
#include <string.h>

static int by_key(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct resolver_key));
}

void snapshot_sort(struct snapshot *s)
{
	qsort(s->resolvers, s->count, sizeof(*s->resolvers), by_key);
}

size_t snapshot_resolver_count(const struct snapshot *s)
{
	size_t i, resolvers = 0;

	for (i = 0; i < s->count; i++)
		resolvers += !resolver_is_other(&s->resolvers[i].key);
	return resolvers;
}

void snapshot_count_open(struct snapshot *s, const struct resolver_key *resolver)
{
	struct resolver_snapshot *found =
		bsearch(resolver, s->resolvers, s->count, sizeof(*found), by_key);

	if (found)
		found->in_flight++;
	s->in_flight++;
}
