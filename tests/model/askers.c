/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* See askers.h. */
#include "askers.h"

#include <stdlib.h>
#include <string.h>

static unsigned bucket_of_pair(unsigned entry, uint64_t cgroup)
{
	return (entry * 31 + cgroup) % ASKER_BUCKETS;
}

int asker_list_find(const struct asker_list *l, unsigned entry, uint64_t cgroup)
{
	unsigned i = l->buckets[bucket_of_pair(entry, cgroup)];

	while (i && (l->pairs[i - 1].entry != entry || l->pairs[i - 1].cgroup != cgroup))
		i = l->pairs[i - 1].next;
	return (int)i - 1;
}

static void asker_list_reserve(struct asker_list *l, unsigned room)
{
	if (room <= l->room)
		return;
	l->room = 2 * room;
	l->pairs = realloc(l->pairs, l->room * sizeof(*l->pairs));
	if (!l->pairs)
		abort();
}

static int asker_list_add(struct asker_list *l, unsigned entry, uint64_t cgroup)
{
	unsigned *first = &l->buckets[bucket_of_pair(entry, cgroup)];

	asker_list_reserve(l, l->count + 1);
	l->pairs[l->count] = (struct asker_pair){.entry = entry, .cgroup = cgroup, .next = *first};
	*first = ++l->count;
	return (int)l->count - 1;
}

unsigned asker_list_count(struct asker_list *l, unsigned entry, uint64_t cgroup, unsigned n)
{
	int i = asker_list_find(l, entry, cgroup);

	if (i < 0)
		i = asker_list_add(l, entry, cgroup);
	l->pairs[i].counters.queries += n;
	return i + 1;
}

void asker_list_copy(struct asker_list *to, const struct asker_list *from)
{
	if (!from->count && !to->count)
		return;
	asker_list_reserve(to, from->count);
	if (from->count)
		memcpy(to->pairs, from->pairs, from->count * sizeof(*from->pairs));
	to->count = from->count;
	memcpy(to->buckets, from->buckets, sizeof(to->buckets));
}

void asker_list_free(struct asker_list *l)
{
	free(l->pairs);
}
