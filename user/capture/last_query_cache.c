// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* See last_query_cache.h. */
#include "capture/last_query_cache.h"

#include <stdlib.h>
#include <string.h>

#define RECENT_NS 60000000000ULL /* as long as the engine remembers a timed out transaction */
#define CHAIN_MAX 4096		 /* queries looked at for one ICMP message */

static __u32 mix(__u32 hash, const struct ip_address *a)
{
	size_t i;

	for (i = 0; i < 4; i++) {
		hash = (hash ^ a->w[i]) * 0x9e3779b1u;
		hash ^= hash >> 15;
	}
	return hash;
}

static __u32 pair_hash(const struct ip_address *client, const struct ip_address *resolver)
{
	return mix(mix(0, client), resolver) % QUERY_CACHE_SIZE;
}

static __u32 key_hash(const struct endpoint *client, const struct endpoint *resolver, __u16 id)
{
	__u32 hash = mix(mix(0, &client->address), &resolver->address);

	hash = (hash ^ ((__u32)client->port << 16 | id)) * 0x9e3779b1u;
	hash ^= hash >> 15;
	return (hash ^ resolver->port) * 0x9e3779b1u % QUERY_CACHE_SIZE;
}

static struct known_query *find_key(struct last_query_cache *c, const struct endpoint *client,
				    const struct endpoint *resolver, __u16 id)
{
	__u32 at = c->by_key[key_hash(client, resolver, id)];
	struct known_query *q;

	for (; at; at = q->next_of_key) {
		q = &c->query[at - 1];
		if (q->dns.id == id && endpoint_equal(&q->client, client) &&
		    endpoint_equal(&q->resolver, resolver))
			return q;
	}
	return NULL;
}

/* Take the oldest query, which stands at the end of its chains, out of them. */
static void cache_remove(struct last_query_cache *c, __u32 index)
{
	struct known_query *q = &c->query[index];
	__u32 *at = &c->by_key[key_hash(&q->client, &q->resolver, q->dns.id)];

	while (*at && *at != index + 1)
		at = &c->query[*at - 1].next_of_key;
	*at = q->next_of_key;
	at = &c->by_pair[pair_hash(&q->client.address, &q->resolver.address)];
	while (*at && *at != index + 1)
		at = &c->query[*at - 1].next_of_pair;
	*at = q->next_of_pair;
}

static int is_open(const struct last_query_cache *c, const struct known_query *q, __u64 now)
{
	return !q->is_answered && !q->is_taken && now <= q->first_ns + c->timeout_ns;
}

void last_query_cache_free(struct last_query_cache *c)
{
	free(c->query);
	c->query = NULL;
	c->room = 0;
}

/* Make the place `index` one of `query`. Returns 0 when there is no memory. */
static int make_room(struct last_query_cache *c, __u32 index)
{
	size_t room = c->room ? 2 * c->room : 64;
	struct known_query *query;

	if (index < c->room)
		return 1;
	query = realloc(c->query, room * sizeof(*query));
	if (!query)
		return 0;
	c->query = query;
	c->room = room;
	return 1;
}

void last_query_note(struct last_query_cache *c, const struct endpoint *client,
		     const struct endpoint *resolver, const struct text_dns *dns, __u64 now)
{
	struct known_query *q = find_key(c, client, resolver, dns->id);
	__u32 index = (__u32)(c->count % QUERY_CACHE_SIZE), *key, *pair;

	if (q && is_open(c, q, now))
		return;
	if (!make_room(c, index))
		return;
	if (c->count >= QUERY_CACHE_SIZE)
		cache_remove(c, index);
	c->count++;
	q = &c->query[index];
	memset(q, 0, sizeof(*q));
	q->client = *client;
	q->resolver = *resolver;
	q->dns = *dns;
	q->first_ns = now;
	key = &c->by_key[key_hash(client, resolver, dns->id)];
	pair = &c->by_pair[pair_hash(&client->address, &resolver->address)];
	q->next_of_key = *key;
	q->next_of_pair = *pair;
	*key = *pair = index + 1;
}

const struct known_query *last_query_answer(struct last_query_cache *c,
					    const struct endpoint *client,
					    const struct endpoint *resolver, __u16 id)
{
	struct known_query *q = find_key(c, client, resolver, id);

	if (q)
		q->is_answered = 1;
	return q;
}

void last_query_quoted(struct last_query_cache *c, const struct endpoint *client,
		       const struct endpoint *resolver, __u16 id)
{
	struct known_query *q = find_key(c, client, resolver, id);

	if (q)
		q->is_taken = 1;
}

static int is_of_pair(const struct known_query *q, const struct ip_address *client,
		      const struct ip_address *resolver, __u16 port)
{
	return address_equal(&q->client.address, client) &&
	       address_equal(&q->resolver.address, resolver) && (!port || q->resolver.port == port);
}

/* A timed out query may be matched when it is young enough for the range. */
static int is_in_range(const struct last_query_cache *c, const struct known_query *q, __u64 now,
		       enum match_range range)
{
	if (range == MATCH_RECENT)
		return now <= q->first_ns + c->timeout_ns + RECENT_NS;
	return range == MATCH_ANY;
}

struct known_query *last_query_match(struct last_query_cache *c, const struct ip_address *client,
				     const struct ip_address *resolver, __u16 port, __u64 now,
				     enum match_range range)
{
	struct known_query *q, *oldest_open = NULL, *latest_timed_out = NULL;
	__u32 at = c->by_pair[pair_hash(client, resolver)], steps;

	/* From the latest to the oldest. */
	for (steps = 0; at && steps < CHAIN_MAX; steps++, at = q->next_of_pair) {
		q = &c->query[at - 1];
		if (!is_of_pair(q, client, resolver, port) || q->is_answered || q->is_taken)
			continue;
		if (is_open(c, q, now))
			oldest_open = q;
		else if (!latest_timed_out && is_in_range(c, q, now, range))
			latest_timed_out = q;
	}
	return oldest_open ? oldest_open : latest_timed_out;
}

const struct known_query *last_query_latest(const struct last_query_cache *c,
					    const struct ip_address *client,
					    const struct ip_address *resolver)
{
	__u32 at = c->by_pair[pair_hash(client, resolver)];

	for (; at; at = c->query[at - 1].next_of_pair) {
		if (is_of_pair(&c->query[at - 1], client, resolver, 0))
			return &c->query[at - 1];
	}
	return NULL;
}

int last_query_is_open(const struct last_query_cache *c, const struct ip_address *client, __u64 now)
{
	__u64 left = c->count < CHAIN_MAX ? c->count : CHAIN_MAX;
	const struct known_query *q;

	for (; left; left--) {
		q = &c->query[(c->count - left) % QUERY_CACHE_SIZE];
		if (address_equal(&q->client.address, client) && is_open(c, q, now))
			return 1;
	}
	return 0;
}
