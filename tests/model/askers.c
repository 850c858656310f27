/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* See askers.h. */
#include "askers.h"

#include <stdlib.h>
#include <string.h>

static unsigned bucket_of_pair(unsigned entry, uint64_t cgroup)
{
	return (entry * 31 + cgroup) % ASKER_BUCKETS;
}

int asker_list_find(const struct asker_list *l, unsigned entry, uint64_t cgroup, enum place place)
{
	unsigned i = l->buckets[bucket_of_pair(entry, cgroup)];

	while (i && (l->pairs[i - 1].entry != entry || l->pairs[i - 1].cgroup != cgroup ||
		     l->pairs[i - 1].place != place))
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
	if (l->pending_count == PENDING_MOST)
		abort();
	return (int)(l->pending[l->pending_count++] = l->count - 1);
}

unsigned asker_list_count(struct asker_list *l, unsigned entry, uint64_t cgroup, unsigned n)
{
	static const enum place places[] = {PLACE_ROW, PLACE_PENDING, PLACE_UNTOLD};
	int i = -1;
	unsigned p;

	for (p = 0; i < 0 && p < sizeof(places) / sizeof(*places); p++)
		i = asker_list_find(l, entry, cgroup, places[p]);
	if (i < 0)
		i = asker_list_add(l, entry, cgroup);
	l->pairs[i].counters.queries += n;
	return i + 1;
}

void asker_list_remove_last(struct asker_list *l)
{
	const struct asker_pair *pair = &l->pairs[--l->count];

	l->buckets[bucket_of_pair(pair->entry, pair->cgroup)] = pair->next;
}

void asker_add_counters(struct asker_counters *to, const struct asker_counters *c)
{
	to->queries += c->queries;
	to->failed += c->failed;
	to->errors += c->errors;
}

void asker_list_copy(struct asker_list *to, const struct asker_list *from)
{
	struct asker_pair *pairs;
	unsigned room;

	if (!from->count && !to->count)
		return;
	asker_list_reserve(to, from->count);
	pairs = to->pairs;
	room = to->room;
	if (from->count)
		memcpy(pairs, from->pairs, from->count * sizeof(*pairs));
	*to = *from;
	to->pairs = pairs;
	to->room = room;
}

void asker_list_free(struct asker_list *l)
{
	free(l->pairs);
}
