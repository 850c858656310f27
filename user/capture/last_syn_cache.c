// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* See last_syn_cache.h. */
#include "capture/last_syn_cache.h"

static size_t kept(const struct last_syn_cache *c)
{
	return c->count < SYN_CACHE_SIZE ? c->count : SYN_CACHE_SIZE;
}

/* Returns the SYN that was noted `back` ones before the latest. */
static struct known_syn *syn_before_latest(struct last_syn_cache *c, size_t back)
{
	return &c->syn[(c->count - 1 - back) % SYN_CACHE_SIZE];
}

struct known_syn *last_syn_find(struct last_syn_cache *c, const struct endpoint *client,
				const struct endpoint *resolver)
{
	struct known_syn *syn;
	size_t i;

	for (i = 0; i < kept(c); i++) {
		syn = syn_before_latest(c, i);
		if (endpoint_equal(&syn->client, client) &&
		    endpoint_equal(&syn->resolver, resolver))
			return syn;
	}
	return NULL;
}

void last_syn_note(struct last_syn_cache *c, const struct endpoint *client,
		   const struct endpoint *resolver, __u32 sequence, __u64 now)
{
	const struct known_syn *known = last_syn_find(c, client, resolver);

	if (known && known->sequence == sequence && !known->is_ended)
		return;
	c->syn[c->count++ % SYN_CACHE_SIZE] = (struct known_syn){.client = *client,
								 .resolver = *resolver,
								 .sequence = sequence,
								 .first_ns = now};
}

struct known_syn *last_syn_match(struct last_syn_cache *c, const struct ip_address *client,
				 const struct ip_address *resolver, __u16 port, __u64 now,
				 __u64 timeout_ns)
{
	struct known_syn *syn;
	size_t i;

	for (i = kept(c); i--;) {
		syn = syn_before_latest(c, i);
		if (!syn->is_ended && address_equal(&syn->client.address, client) &&
		    address_equal(&syn->resolver.address, resolver) &&
		    (!port || syn->resolver.port == port) && now - syn->first_ns <= timeout_ns)
			return syn;
	}
	return NULL;
}
