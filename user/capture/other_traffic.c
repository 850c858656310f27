// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* See other_traffic.h. */
#include "capture/other_traffic.h"

#include <string.h>

static __u32 set_index(const struct ip_address *from, const struct ip_address *to)
{
	__u32 hash = 0;
	size_t i;

	for (i = 0; i < 8; i++) {
		hash = (hash ^ (i < 4 ? from->w[i] : to->w[i - 4])) * 0x9e3779b1u;
		hash ^= hash >> 15;
	}
	return hash % OTHER_SETS;
}

static int is_pair(const struct other_pair *p, const struct ip_address *from,
		   const struct ip_address *to)
{
	return p->latest && !memcmp(&p->from, from, sizeof(*from)) &&
	       !memcmp(&p->to, to, sizeof(*to));
}

void other_traffic_note(struct other_traffic *o, const struct ip_address *from,
			const struct ip_address *to, __u64 now)
{
	struct other_set *set = &o->set[set_index(from, to)];
	struct other_pair *p, *oldest = &set->pair[0];

	for (p = set->pair; p < set->pair + OTHER_PAIRS_OF_SET; p++) {
		if (is_pair(p, from, to)) {
			p->latest = now + 1 > p->latest ? now + 1 : p->latest;
			return;
		}
		if (p->latest < oldest->latest)
			oldest = p;
	}
	if (oldest->latest > set->forgotten)
		set->forgotten = oldest->latest;
	oldest->from = *from;
	oldest->to = *to;
	oldest->latest = now + 1;
}

int other_traffic_is_since(const struct other_traffic *o, const struct ip_address *from,
			   const struct ip_address *to, __u64 since_ns)
{
	const struct other_set *set = &o->set[set_index(from, to)];
	const struct other_pair *p;

	for (p = set->pair; p < set->pair + OTHER_PAIRS_OF_SET; p++) {
		if (is_pair(p, from, to))
			return p->latest > since_ns;
	}
	return set->forgotten > since_ns;
}
