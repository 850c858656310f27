// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The latest query of each client to each resolver and port, a bounded number of them. */
#include "capture/text_pairs.h"

#include <string.h>

static int same(const struct ip_address *a, const struct ip_address *b)
{
	return !memcmp(a, b, sizeof(*a));
}

static __u32 mix(__u32 hash, const struct ip_address *a)
{
	size_t i;

	for (i = 0; i < 4; i++) {
		hash = (hash ^ a->w[i]) * 0x9e3779b1u;
		hash ^= hash >> 15;
	}
	return hash;
}

static size_t set_of(const struct ip_address *client, const struct ip_address *resolver)
{
	return mix(mix(0, client), resolver) % PAIR_SETS;
}

/* Its own place, or a free one, or the oldest one's. */
static struct text_query *place_for(struct text_query set[PAIR_WAYS],
				    const struct text_side *client,
				    const struct text_side *resolver)
{
	struct text_query *oldest = &set[0], *q;

	for (q = set; q < set + PAIR_WAYS; q++) {
		if (q->number && same(&q->client.address, &client->address) &&
		    same(&q->resolver.address, &resolver->address) &&
		    q->resolver.port == resolver->port)
			return q;
		if (q->number < oldest->number)
			oldest = q;
	}
	return oldest;
}

void text_pairs_note(struct text_pairs *p, const struct text_side *client,
		     const struct text_side *resolver, const struct text_dns *dns)
{
	struct text_query *q;

	q = place_for(p->queries[set_of(&client->address, &resolver->address)], client, resolver);
	q->client = *client;
	q->resolver = *resolver;
	q->dns = *dns;
	q->number = ++p->latest;
	p->of_client[mix(0, &client->address) % CLIENTS] = q;
}

const struct text_query *text_pairs_find(const struct text_pairs *p,
					 const struct ip_address *client,
					 const struct ip_address *resolver, __u16 port)
{
	const struct text_query *q = p->queries[set_of(client, resolver)], *best = NULL;
	const struct text_query *end = q + PAIR_WAYS;

	for (; q < end; q++) {
		if (!q->number || !same(&q->client.address, client) ||
		    !same(&q->resolver.address, resolver) || (port && q->resolver.port != port))
			continue;
		if (!best || q->number > best->number)
			best = q;
	}
	return best;
}

const struct text_query *text_pairs_of_client(const struct text_pairs *p,
					      const struct ip_address *client)
{
	const struct text_query *q = p->of_client[mix(0, client) % CLIENTS];

	return q && same(&q->client.address, client) ? q : NULL;
}
