/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * An ICMP message that fits nothing, told from its headers before anything of it is noted: what a
 * forger sends any number of. Only about the resolver that this CPU met last, and only where one
 * look into one bucket is enough; engine.h has the whole truth, and this is the same in short.
 */
#ifndef NOTHING_H
#define NOTHING_H

#include "engine.h"

/* An ICMP message about a query of ours. Addresses by their halves, the rest in network order. */
struct told {
	__u64 client[2], resolver[2], reporter[2];
	__u64 digest; /* icmp_digest() */
	__u32 reason;
	__u16 client_port, resolver_port, id;
};

enum nothing { FITS_PERHAPS, COUNTED, COUNTED_WANTS_SAMPLE };

static __always_inline int is_known(const struct known_resolver *known, const struct told *t)
{
	return half(&known->key.address, 1) == t->resolver[1] &&
	       half(&known->key.address, 0) == t->resolver[0] &&
	       half(&known->key.address, 2) == resolver_end(0, t->resolver_port) && known->slot;
}

/* Neither open, nor remembered, nor of a time when its resolver had no entry. */
static __always_inline int is_nowhere(__u64 client, const struct known_resolver *known,
				      const struct told *t)
{
	__u64 base = tuple_word(client, t->client_port, mark_of(known->hash, 0));
	__u64 whole = hash_whole(base, t->id);
	struct bucket *b = row(first, hash_tuple(base) & sizes.first_mask);

	return b && !tags_like(load_first(b->head), tag_of(whole)) && !load_once(b->spilled) &&
	       !load_once(engine.unlisted) && !may_recall(whole);
}

static __always_inline int is_refusal(const struct told *t, __u32 ifindex)
{
	return ifindex == LOOPBACK_IFINDEX && t->reporter[0] == t->client[0] &&
	       t->reporter[1] == t->client[1];
}

/* As on_unreachable() does it for such a one. */
static __always_inline void count_nothing(const struct told *t, __u32 slot)
{
	struct lane *l = lane_of(slot);

	count(l, COUNTER_ICMP_PORT + t->reason);
	if (t->reporter[0] != t->resolver[0] || t->reporter[1] != t->resolver[1])
		count(l, COUNTER_ICMP_FROM_ELSEWHERE);
	count(l, COUNTER_UNMATCHED_UNREACHABLES);
}

static __always_inline enum nothing fits_nothing(struct cpu_record *r, const struct told *t,
						 __u32 ifindex)
{
	const struct known_resolver *known = &r->known;
	__u64 client, digest, now;

	if (!sizes.has_buckets || !is_known(known, t) || is_refusal(t, ifindex))
		return FITS_PERHAPS;
	client = hash_halves(sizes.seed, t->client[0], t->client[1]);
	if (!is_nowhere(client, known, t))
		return FITS_PERHAPS;
	now = config.clock_injected ? engine_clock() : 0;
	digest = digest_of(DIRECTION_IN, client, known->address_hash, t->client_port,
			   t->resolver_port, t->id, t->digest);
	if (seen_before(r, digest, ifindex, &now))
		return COUNTED;
	count_nothing(t, known->slot);
	r->time = now;
	if (!is_sample_refused(EFFECT_NONE, now))
		return COUNTED_WANTS_SAMPLE;
	drop_sample(r);
	return COUNTED;
}

#endif
