/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * From a message to the transaction that it belongs to: the one it ends, the one it is late for, or
 * none. Counts timeouts, since whoever meets one that is too old ends it so; all else is
 * engine.h's.
 *
 * The clock is a call, so nobody looks at it before it matters: `now` is 0 until then.
 */
#ifndef OUTCOME_H
#define OUTCOME_H

#include "oldest.h"
#include "remembered.h"

/* One message on its way through the accounts. */
struct pkt_ctx {
	struct flow flow;
	__u64 now;
	__u64 resolver_hash;   /* hash of the resolver's address and port */
	__u64 client_hash;     /* of the client's address */
	__u32 flow_number;     /* that of the transaction: the resolver's, or SLOT_OTHER */
	__u32 resolver_number; /* the resolver's, 0 when it has no entry */
};

/*
 * The resolver of this key: its hash and slot into the message. Returns the hash of its address.
 */
static __always_inline __u64 resolver_cache_lookup(struct resolver_cache *cache,
						   const struct transaction_key *key,
						   struct pkt_ctx *ctx)
{
	__u64 address;

	if (resolver_equal(&cache->key.address, &key->resolver) && cache->number) {
		ctx->resolver_hash = cache->hash;
		ctx->resolver_number = cache->number;
		return cache->address_hash;
	}
	address = addr_hash(sizes.seed, &key->resolver);
	ctx->resolver_hash = hash_mix(address, key->resolver_port); /* as resolver_hash() */
	ctx->resolver_number = resolver_lookup(key, ctx->resolver_hash);
	if (ctx->resolver_number && !key->scope) {
		cache->key = resolver_key_of(key);
		cache->address_hash = address;
		cache->hash = ctx->resolver_hash;
		cache->number = ctx->resolver_number;
	}
	return address;
}

static __always_inline __u64 pkt_time(struct pkt_ctx *ctx)
{
	if (!ctx->now)
		ctx->now = engine_clock();
	return ctx->now;
}

/* The lane that a transaction with this key counts in. */
static __always_inline __u32 flow_resolver(const struct flow_key *key)
{
	return key->resolver & RESOLVER_UNLISTED ? RESOLVER_OTHER : key->resolver;
}

/* All of the transaction but its key: most of what fits nothing never needs that. */
static __always_inline void pkt_ctx_set_hash(struct pkt_ctx *ctx, const struct transaction_key *key,
					     __u32 number)
{
	ctx->flow.tuple = tuple_word(ctx->client_hash, key->client_port,
				     resolver_hash31(ctx->resolver_hash, key->scope));
	ctx->flow.hash = flow_hash(ctx->flow.tuple, key->id);
	ctx->flow_number = number;
}

/*
 * The transaction's key: the resolver by its slot; by a hash of its address when it has none, or
 * when it had none at the time.
 */
static __always_inline void pkt_ctx_set_key(struct pkt_ctx *ctx, const struct transaction_key *key)
{
	__u32 resolver = ctx->flow_number;

	if (!resolver)
		resolver = RESOLVER_UNLISTED | resolver_hash31(ctx->resolver_hash, key->scope);
	flow_set_key(&ctx->flow.key, &key->client, key->client_port, key->id, resolver);
}

static __always_inline void pkt_ctx_set_flow(struct pkt_ctx *ctx, const struct transaction_key *key,
					     __u32 number)
{
	pkt_ctx_set_hash(ctx, key, number);
	pkt_ctx_set_key(ctx, key);
}

/* ---- outcomes --------------------------------------------------------------------------- */

/*
 * The transaction with this state word has timed out: counted, and remembered for a while. In the
 * sweep too, so nothing is added that a packet could come between.
 */
__noinline int flow_time_out(const struct flow *flow, __u64 word, __u64 now)
{
	struct percpu_counters *cnt;

	if (!flow)
		return 0;
	cnt = counters_of(flow_resolver(&flow->key));
	count_atomic(cnt, COUNTER_TIMED_OUT);
	update_failure(cnt, flow_opened_at(word), flow_opened_at(word) + config.timeout_ns);
	if (is_expired_kept(word, now, config.timeout_ns))
		expired_add(flow, word, now, config.timeout_ns);
	return 0;
}

/* Age decides, not who looks first: an arrival that has ended one too old has timed it out. */
static __always_inline __u64 word_in_time(struct pkt_ctx *ctx, __u64 word)
{
	if (flow_age(word, pkt_time(ctx)) <= config.timeout_ns)
		return word;
	flow_time_out(&ctx->flow, word, ctx->now);
	return 0;
}

/*
 * An arrival looks for its transaction, pkt_ctx_set_hash() done. Returns the word of the one that
 * it ends, or 0.
 */
static __always_inline __u64 close_by_arrival(struct pkt_ctx *ctx,
					      const struct transaction_key *key)
{
	struct bucket *b;
	struct bucket_probe probe;
	__u64 word;

	if (!flow_probe(&ctx->flow, &b, &probe))
		return 0;
	pkt_ctx_set_key(ctx, key);
	word = flow_close(&ctx->flow, b, &probe);
	return word ? word_in_time(ctx, word) : 0;
}

/* The word of the remembered transaction that this arrival is late for, or 0. */
static __always_inline __u64 take_expired(struct pkt_ctx *ctx, const struct transaction_key *key)
{
	if (!may_be_expired(ctx->flow.hash))
		return 0;
	pkt_ctx_set_key(ctx, key);
	return expired_take(&ctx->flow, pkt_time(ctx), config.timeout_ns);
}

static __always_inline void count_query(struct percpu_counters *cnt, enum open_result result)
{
	count_one(cnt, COUNTER_QUERIES);
	if (result == OPEN_NEW)
		count_one(cnt, COUNTER_TRANSACTIONS);
	else if (result == OPEN_RETRANSMITTED)
		count_one(cnt, COUNTER_RETRANSMISSIONS);
	else
		count_one(cnt, COUNTER_UNTRACKED);
}

/* ---- resolvers without an entry at the time ---------------------------------------------- */

/* Only once any was opened so: an entry may have been made since, and the transaction be open. */
static __always_inline int may_be_unlisted(const struct pkt_ctx *ctx)
{
	return ctx->flow_number && READ_ONCE(engine.unlisted);
}

/*
 * A query of a resolver that now has an entry, but may have had none: 1 when it belonged to a
 * transaction from that time, and has been counted there.
 */
__noinline int account_unlisted_query(struct pkt_ctx *ctx, const struct transaction_key *key)
{
	__u64 word;
	__u32 number;

	if (!ctx || !key)
		return 0;
	number = ctx->flow_number;
	pkt_ctx_set_flow(ctx, key, RESOLVER_OTHER);
	word = flow_lookup_word(&ctx->flow);
	if (word && flow_age(word, ctx->now) > config.timeout_ns) {
		word = flow_close_slow(&ctx->flow);
		if (word)
			flow_time_out(&ctx->flow, word, ctx->now);
	} else if (word) {
		struct open_request req = {.now = ctx->now, .timeout = config.timeout_ns};
		struct percpu_counters *cnt = counters_of(RESOLVER_OTHER);

		flow_open(&ctx->flow, &req);
		count_query(cnt, req.result);
		return 1;
	}
	pkt_ctx_set_flow(ctx, key, number);
	return 0;
}

/* The same for an arrival: *recalled says that the word is one that it is late for. */
__noinline __u64 close_unlisted(struct pkt_ctx *ctx, const struct transaction_key *key,
				int may_be_late, int *taken)
{
	__u64 word;
	__u32 number;

	if (!ctx || !key || !taken)
		return 0;
	number = ctx->flow_number;
	pkt_ctx_set_hash(ctx, key, RESOLVER_OTHER);
	word = close_by_arrival(ctx, key);
	if (!word && may_be_late) {
		word = take_expired(ctx, key);
		*taken = !!word;
	}
	if (!word)
		pkt_ctx_set_hash(ctx, key, number);
	return word;
}

/*
 * What an arrival finds, pkt_ctx_set_hash() done: the word of the transaction that it ends, or with
 * *late set, that it is late for. 0: nothing.
 */
static __always_inline __u64 find_outcome(struct pkt_ctx *ctx, const struct transaction_key *key,
					  int may_be_late, int *late)
{
	__u64 word = close_by_arrival(ctx, key);

	*late = 0;
	if (word)
		return word;
	if (may_be_unlisted(ctx)) /* these were first: it is late for the oldest */
		word = close_unlisted(ctx, key, may_be_late, late);
	if (!word && may_be_late) {
		word = take_expired(ctx, key);
		*late = !!word;
	}
	return word;
}

#endif
