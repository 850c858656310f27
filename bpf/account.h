/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Slow path: what a query, a response and an unreachable change in tables and counters. A query
 * opens a transaction, an arrival ends one or is late for one. The four laws (docs/counters.md) are
 * kept here: each message adds one to its side of a law and one to exactly one term of the other
 * side.
 *
 * Reading the clock is a call, so `now` is 0 until the time matters.
 */
#ifndef ACCOUNT_H
#define ACCOUNT_H

#include "asker.h"
#include "expired.h"
#include "flow_table.h"
#include "parse.h"
#include "resolver.h"
#include "samples.h"

/* Context of one message. */
struct pkt_ctx {
	struct flow flow;
	__u64 now;
	__u64 opened;	       /* of the transaction that a sample is wanted of; 0: none is */
	__u64 cgroup;	       /* of the query's sender, with config.askers */
	__u64 resolver_hash;   /* of the resolver's address and port */
	__u64 client_hash;     /* of the client's address */
	__u32 flow_number;     /* the transaction counts for it: as below, or RESOLVER_OTHER */
	__u32 resolver_number; /* the resolver's, 0 without an entry */
	__u32 on_lo;	       /* 1: it is on `lo`, where addresses may be translated */
	__u32 forwarded;       /* 1: a query that came in by another interface */
	__u32 connect;	       /* of a connect: what its key holds beside the number; else 0 */
	__u32 other;	       /* number of the entry `other` of this transport */
	__u32 matched;	       /* 1: an arrival ended a transaction, or was late for one */
	/* Of a segment that a stream is followed by: */
	__u32 messages;	 /* number of the entry that counts the resolver's messages */
	__u32 side;	 /* enum pkt_direction */
	__u32 cursor;	 /* of the side, that follows the segment */
	__u32 data;	 /* offset of the segment's data in the packet */
	__u32 connected; /* number of the resolver of the connect that a SYN-ACK ended */
	__u32 late;	 /* 1: that SYN-ACK came after the timeout */
	struct open_request open;
};

/*
 * Looks up the resolver of this key, first in this CPU's cache. Writes its hash and number to *ctx.
 * Returns the hash of its address.
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
	ctx->resolver_hash = hash_mix(address, resolver_end_of(key)); /* as resolver_hash() */
	ctx->resolver_number = resolver_lookup(key, ctx->resolver_hash);
	if (ctx->resolver_number && !key->scope) {
		cache->key = resolver_key_of(key);
		cache->address_hash = address;
		cache->hash = ctx->resolver_hash;
		cache->number = ctx->resolver_number;
		cache->flags = 0;
	}
	return address;
}

static __always_inline __u64 pkt_time(struct pkt_ctx *ctx)
{
	if (!ctx->now)
		ctx->now = engine_clock();
	return ctx->now;
}

/* Writes what the transport of this key and the ISN of a connect make of the context. */
static __always_inline void pkt_ctx_set_transport(struct pkt_ctx *ctx, __u32 transport, __u32 isn)
{
	ctx->other = resolver_other(transport, sizes.entries);
	ctx->connect = 0;
	if (is_connect(transport)) /* `id` of the key holds the other half */
		ctx->connect = RESOLVER_CONNECT | isn >> 16 << CONNECT_NUMBER_BITS;
}

/* Returns the number of the entry that counts for a resolver: `other` without an entry. */
static __always_inline __u32 counted_number(const struct pkt_ctx *ctx, __u32 number)
{
	return number ? number : ctx->other;
}

/* Returns the number of the resolver that a transaction with this key counts for. */
static __always_inline __u32 flow_resolver(const struct flow_key *key)
{
	return flow_resolver_number(key, sizes.entries);
}

/* Computes the hashes of the transaction, but not its key: most unmatched arrivals need no key. */
static __always_inline void pkt_ctx_set_hash(struct pkt_ctx *ctx, const struct transaction_key *key,
					     __u32 number)
{
	ctx->flow.tuple = tuple_word(ctx->client_hash, key->client_port,
				     resolver_hash_bits(ctx->resolver_hash, key));
	ctx->flow.hash = flow_hash(ctx->flow.tuple, key->id);
	ctx->flow_number = number;
}

/*
 * Writes the transaction's key: with the resolver's number, or a hash of its address while it has
 * no entry.
 */
static __always_inline void pkt_ctx_set_key(struct pkt_ctx *ctx, const struct transaction_key *key)
{
	__u32 resolver = ctx->flow_number;

	if (!resolver) {
		resolver = RESOLVER_UNLISTED | resolver_hash_bits(ctx->resolver_hash, key);
		if (key->transport == TRANSPORT_DOT)
			resolver |= CONNECT_UNLISTED_DOT;
	}
	flow_set_key(&ctx->flow.key, &key->client, key->client_port, key->id,
		     resolver | ctx->connect);
}

static __always_inline void pkt_ctx_set_flow(struct pkt_ctx *ctx, const struct transaction_key *key,
					     __u32 number)
{
	pkt_ctx_set_hash(ctx, key, number);
	pkt_ctx_set_key(ctx, key);
}

/*
 * Zeroes this CPU's packet context. It is not on the stack, where the deepest calls need the room.
 */
static __always_inline struct pkt_ctx *pkt_ctx_init(struct cpu_record *record)
{
	struct pkt_ctx *ctx = (struct pkt_ctx *)record->pkt_ctx;

	_Static_assert(sizeof(*ctx) <= sizeof(record->pkt_ctx), "pkt_ctx");
	__builtin_memset(ctx, 0, sizeof(*ctx));
	if (config.clock_injected)
		ctx->now = engine_clock();
	return ctx;
}

/* ---- outcomes -------------------------------------------------------------------------- */

/*
 * Counts a timed-out transaction and keeps it for late arrivals. The sweep calls this too, so all
 * additions are atomic.
 */
__noinline int flow_time_out(const struct flow *flow, __u64 word, __u64 now)
{
	struct percpu_counters *cnt;

	if (!flow)
		return 0;
	cnt = counters_of(flow_resolver(&flow->key));
	count_atomic(cnt, COUNTER_TIMED_OUT);
	count_asker_failed(flow->asker);
	update_failure(cnt, flow_opened_at(word), flow_opened_at(word) + config.timeout_ns);
	if (is_expired_kept(word, now, config.timeout_ns))
		expired_add(flow, word, now, config.timeout_ns);
	if (!(flow->key.resolver & RESOLVER_UNLISTED))
		sample_ended(flow, array_elem(resolvers, flow_resolver(&flow->key)), word, now,
			     SAMPLE_TIMED_OUT);
	return 0;
}

/*
 * Returns `word` if the transaction that an arrival has ended is in time; else counts it as timed
 * out and returns 0. The age decides, whatever finds it first.
 */
static __always_inline __u64 word_in_time(struct pkt_ctx *ctx, __u64 word)
{
	if (flow_age(word, pkt_time(ctx)) <= config.timeout_ns)
		return word;
	flow_time_out(&ctx->flow, word, ctx->now);
	return 0;
}

/*
 * Ends the transaction of an arrival, after pkt_ctx_set_hash(). Returns its state word, 0: none in
 * time.
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

/* Removes the kept transaction that an arrival is late for. Returns its state word, 0: none. */
static __always_inline __u64 take_expired(struct pkt_ctx *ctx, const struct transaction_key *key)
{
	if (!may_be_expired(ctx->flow.hash))
		return 0;
	pkt_ctx_set_key(ctx, key);
	return expired_take(&ctx->flow, pkt_time(ctx), config.timeout_ns);
}

/* Tests for a query that leaves on another interface than it came in by. */
static __always_inline int is_forwarded(const struct __sk_buff *skb, enum pkt_direction direction,
					enum origin origin)
{
	return direction == DIRECTION_OUT && origin == ORIGIN_HOST && skb->ingress_ifindex;
}

static __always_inline void count_query(struct percpu_counters *cnt, enum open_result result,
					int forwarded)
{
	count_one(cnt, COUNTER_QUERIES);
	if (forwarded)
		count_one(cnt, COUNTER_FORWARDED);
	if (result == OPEN_NEW)
		count_one(cnt, COUNTER_TRANSACTIONS);
	else if (result == OPEN_RETRANSMITTED)
		count_one(cnt, COUNTER_RETRANSMISSIONS);
	else
		count_one(cnt, COUNTER_UNTRACKED);
}

/* ---- resolvers without an entry at the time -------------------------------------------- */

/* Tests whether the transaction may have been opened before its resolver got an entry. */
static __always_inline int may_be_unlisted(const struct pkt_ctx *ctx)
{
	return ctx->flow_number && READ_ONCE(engine.unlisted);
}

/*
 * Sets the flow to the transaction of this query from before its resolver got an entry. Returns 1
 * when it is open; else 0, after ending one that has timed out. Apart from repeat_unlisted(), so
 * that the calls within need little stack.
 */
__noinline int find_unlisted(struct pkt_ctx *ctx, const struct transaction_key *key)
{
	__u64 word;

	if (!ctx || !key)
		return 0;
	pkt_ctx_set_flow(ctx, key, RESOLVER_OTHER);
	word = flow_lookup_word(&ctx->flow);
	if (!word || flow_age(word, ctx->now) <= config.timeout_ns)
		return !!word;
	word = flow_close_slow(&ctx->flow);
	if (word)
		flow_time_out(&ctx->flow, word, ctx->now);
	return 0;
}

/* Opens the transaction again that find_unlisted() has found. Returns enum open_result. */
__noinline int repeat_unlisted(struct pkt_ctx *ctx, __u64 asker)
{
	struct open_request req = {.timeout = config.timeout_ns, .asker = asker};

	if (!ctx)
		return OPEN_NO_ROOM;
	req.now = ctx->now;
	flow_open_slow(&ctx->flow, &req);
	return req.result;
}

/*
 * Accounts a query whose resolver got an entry meanwhile. Returns 1 when it belonged to a
 * transaction from before, and is counted under `other`.
 */
static __always_inline int account_unlisted_query(struct pkt_ctx *ctx,
						  const struct transaction_key *key)
{
	__u64 asker;
	__u32 result;

	if (find_unlisted(ctx, key)) {
		asker = count_asker_queries(ctx->other, ctx->cgroup, 1);
		result = repeat_unlisted(ctx, asker);
		count_query(counters_of(ctx->other), result, ctx->forwarded);
		return 1;
	}
	pkt_ctx_set_flow(ctx, key, ctx->resolver_number);
	return 0;
}

/* Ends the transaction of an arrival as above. *taken is 1 when the arrival is late for it. */
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

/* ---- translated on `lo` ---------------------------------------------------------------- */

/*
 * On `lo` a query is seen behind its translation (redirect, DNAT to an address of this host), while
 * its answer and its ICMP message have the address that was asked: they are translated back before
 * (netfilter's POSTROUTING). So an arrival there that fits no transaction of its own address is
 * tried for each resolver that was queried on `lo`, by client, port and ID.
 */
__noinline int pkt_ctx_set_on_lo(struct pkt_ctx *ctx, const struct transaction_key *key, __u32 i)
{
	__u32 number = lo_resolver(i);

	if (!ctx || !key || !number)
		return 0;
	ctx->flow.tuple =
		tuple_word(ctx->client_hash, key->client_port, resolver_hash_bits_at(number));
	ctx->flow.hash = flow_hash(ctx->flow.tuple, key->id);
	ctx->flow_number = number;
	pkt_ctx_set_key(ctx, key);
	return 1;
}

/* Ends the transaction of the resolver set in *ctx. Returns as find_outcome(). */
static __always_inline __u64 close_set(struct pkt_ctx *ctx)
{
	__u64 word;

	if (!ctx)
		return 0;
	word = flow_close_slow(&ctx->flow);
	return word ? word_in_time(ctx, word) : 0;
}

/*
 * Finds the transaction of a translated arrival on `lo`: first an open one, then, with
 * `may_be_late`, one that has timed out; of several the one whose resolver was queried on `lo`
 * first. Returns as find_outcome().
 */
__noinline __u64 find_outcome_on_lo(struct pkt_ctx *ctx, const struct transaction_key *key,
				    int may_be_late, int *late)
{
	__u64 word;
	__u32 i;

	if (!ctx || !key || !late)
		return 0;
	for (i = 0; i < LO_RESOLVERS_MAX && pkt_ctx_set_on_lo(ctx, key, i); i++) {
		word = close_set(ctx);
		if (word)
			return word;
	}
	if (!may_be_late || !READ_ONCE(engine.has_expired))
		return 0;
	for (i = 0; i < LO_RESOLVERS_MAX && pkt_ctx_set_on_lo(ctx, key, i); i++) {
		word = expired_take(&ctx->flow, pkt_time(ctx), config.timeout_ns);
		*late = !!word;
		if (word)
			return word;
	}
	return 0;
}

/*
 * Finds the transaction of an arrival, after pkt_ctx_set_hash(). Returns its state word: ended now,
 * or with *late set, timed out before; 0: none.
 */
static __always_inline __u64 find_outcome(struct pkt_ctx *ctx, const struct transaction_key *key,
					  int may_be_late, int *late)
{
	__u64 word = close_by_arrival(ctx, key);

	*late = 0;
	if (word)
		return word;
	if (may_be_unlisted(ctx)) /* older transactions first: it is late for the oldest */
		word = close_unlisted(ctx, key, may_be_late, late);
	if (!word && may_be_late) {
		word = take_expired(ctx, key);
		*late = !!word;
	}
	if (!word && ctx->on_lo)
		word = find_outcome_on_lo(ctx, key, may_be_late, late);
	return word;
}

/* ---- queries --------------------------------------------------------------------------- */

static __always_inline void account_query(const struct transaction_key *key, struct pkt_ctx *ctx)
{
	struct open_request req = {.timeout = config.timeout_ns,
				   .index = config.short_quotes && !ctx->connect};
	struct percpu_counters *cnt;

	req.now = pkt_time(ctx);
	if (!ctx->resolver_number)
		ctx->resolver_number = resolver_insert_queried(key, ctx->resolver_hash);
	if (!ctx->resolver_number)
		engine.unlisted = 1;
	else if (ctx->on_lo)
		lo_resolver_add(ctx->resolver_number);
	pkt_ctx_set_flow(ctx, key, ctx->resolver_number);
	if (may_be_unlisted(ctx) && account_unlisted_query(ctx, key))
		return;
	req.asker = count_asker_queries(counted_number(ctx, ctx->flow_number), ctx->cgroup, 1);
	flow_open(&ctx->flow, &req);
	ctx->flow.asker = req.expired_asker;
	if (req.expired_word)
		flow_time_out(&ctx->flow, req.expired_word, ctx->now);
	cnt = counters_of(counted_number(ctx, ctx->flow_number));
	count_query(cnt, req.result, ctx->forwarded);
	if (req.result == OPEN_NEW && !ctx->connect && may_sample_query(cnt, ctx->now))
		ctx->opened = ctx->now;
}

/* ---- responses ------------------------------------------------------------------------- */

#define RCODE_OTHER (COUNTER_ANSWERED_OTHER - COUNTER_ANSWERED_NOERROR)

static __always_inline int is_rcode_error(__u32 rcode)
{
	return rcode != RCODE_NOERROR && rcode != RCODE_NXDOMAIN;
}

/* Counts the response that ended the transaction with this state word. */
static __always_inline void count_answered(__u32 number, __u32 rcode, int truncated, __u64 word,
					   __u64 now)
{
	struct percpu_counters *cnt = counters_of(number);

	if (!cnt)
		return;
	count_one(cnt, COUNTER_RESPONSES);
	count_in_group(cnt, COUNTER_ANSWERED_NOERROR, rcode < RCODE_OTHER ? rcode : RCODE_OTHER);
	if (truncated)
		count_one(cnt, COUNTER_TRUNCATED);
	if (!is_rcode_error(rcode))
		cnt->at[MOMENT_LAST_ANSWERED] = now;
	else
		update_failure(cnt, flow_opened_at(word), now);
	if (!(word & STATE_RETRANSMITTED))
		count_rtt(cnt, number, flow_age(word, now));
}

/* An RST is no measure of the time that a connection takes. */
static __always_inline void account_answered(const struct pkt_info *info, struct pkt_ctx *ctx,
					     __u64 word)
{
	if (is_rcode_error(info->rcode))
		ctx->opened = flow_opened_at(word);
	if (ctx->connect && info->rcode) {
		count_asker_failed(ctx->flow.asker);
		word |= STATE_RETRANSMITTED;
	} else if (is_rcode_error(info->rcode)) {
		count_asker_error(ctx->flow.asker);
	}
	count_answered(counted_number(ctx, ctx->flow_number), info->rcode, info->truncated, word,
		       pkt_time(ctx));
}

static __always_inline void account_response(const struct pkt_info *info, struct pkt_ctx *ctx)
{
	__u32 number = ctx->resolver_number;
	struct percpu_counters *cnt;
	__u64 word = 0;
	int late = 0;

	if (number || ctx->on_lo || READ_ONCE(engine.unlisted)) {
		pkt_ctx_set_hash(ctx, &info->key, number);
		word = find_outcome(ctx, &info->key, 1, &late);
		ctx->matched = !!word;
		ctx->connected = ctx->flow_number;
		ctx->late = late;
		if (word && !late)
			return account_answered(info, ctx, word);
	}
	if (!word && info->kind == PKT_RESET)
		return; /* of a connection that was established */
	if (!word && !number)
		return count_self(SELF_UNMATCHED_RESPONSES);
	cnt = counters_of(word ? counted_number(ctx, ctx->flow_number) : number);
	count_one(cnt, COUNTER_RESPONSES);
	if (word)
		count_one(cnt, COUNTER_LATE_RESPONSES);
	else
		count_one(cnt, COUNTER_UNMATCHED_RESPONSES);
}

/* ---- unreachables ---------------------------------------------------------------------- */

/* Counts the message itself, whatever it ended. */
static __always_inline void count_unreachable(struct percpu_counters *cnt, __u32 reason,
					      int elsewhere)
{
	count_in_group(cnt, COUNTER_ICMP_PORT, reason);
	if (elsewhere)
		count_one(cnt, COUNTER_ICMP_FROM_ELSEWHERE);
}

/* Counts evidence for the cause: only of messages that belong to a query. */
static __always_inline void count_evidence(struct percpu_counters *cnt, __u32 reason, int elsewhere)
{
	if (reason == REASON_PROHIBITED)
		count_one(cnt, COUNTER_EVIDENCE_PROHIBITED);
	else if (reason == REASON_HOST || reason == REASON_NETWORK)
		count_one(cnt, COUNTER_EVIDENCE_NO_ROUTE);
	else if (elsewhere)
		count_one(cnt, COUNTER_EVIDENCE_ON_PATH);
	else if (reason == REASON_PORT)
		count_one(cnt, COUNTER_EVIDENCE_PORT);
}

/*
 * Counts a refusal of this host's own stack: an unreachable on `lo` that fits no open transaction.
 * Netfilter translates its reporter with the query, so that any address may report. No such message
 * comes from outside, so it may add the resolver's entry.
 */
__noinline int account_unsent(const struct pkt_info *info, struct pkt_ctx *ctx)
{
	__u32 reason = REASON_OTHER;
	struct percpu_counters *cnt;

	if (!info || !ctx)
		return 0;
	if (info->reason == REASON_HOST || info->reason == REASON_NETWORK ||
	    info->reason == REASON_PROHIBITED)
		reason = info->reason;
	if (!ctx->resolver_number)
		ctx->resolver_number = resolver_insert_queried(&info->key, ctx->resolver_hash);
	cnt = counters_of(counted_number(ctx, ctx->resolver_number));
	count_in_group(cnt, COUNTER_UNSENT_HOST, reason - REASON_HOST);
	pkt_time(ctx); /* it may be the first to read the clock */
	update_failure(cnt, ctx->now, ctx->now);
	return 0;
}

/*
 * Ends the oldest open transaction of the 4-tuple, for a quote without message ID. Returns its
 * state word, 0: none.
 */
__noinline __u64 close_by_short_quote(struct pkt_ctx *ctx, const struct transaction_key *key)
{
	int found = 0;
	__u32 number;

	if (!config.short_quotes || !ctx || !key)
		return 0;
	number = ctx->flow_number;
	if (may_be_unlisted(ctx)) { /* older transactions first */
		pkt_ctx_set_flow(ctx, key, RESOLVER_OTHER);
		found = flow_find_oldest(&ctx->flow, pkt_time(ctx), config.timeout_ns);
	}
	if (!found) {
		pkt_ctx_set_flow(ctx, key, number);
		found = flow_find_oldest(&ctx->flow, pkt_time(ctx), config.timeout_ns);
	}
	return found ? close_set(ctx) : 0;
}

/* Ends as close_by_short_quote() that of a translated quote on `lo`. */
__noinline __u64 close_by_short_quote_on_lo(struct pkt_ctx *ctx, const struct transaction_key *key)
{
	__u32 i;

	if (!config.short_quotes || !ctx || !key)
		return 0;
	for (i = 0; i < LO_RESOLVERS_MAX && pkt_ctx_set_on_lo(ctx, key, i); i++) {
		if (flow_find_oldest(&ctx->flow, pkt_time(ctx), config.timeout_ns))
			return close_set(ctx);
	}
	return 0;
}

static __always_inline __u64 find_unreachable(const struct pkt_info *info, struct pkt_ctx *ctx,
					      int *late)
{
	__u64 word;

	*late = 0;
	if (!info->short_quote)
		return find_outcome(ctx, &info->key, !ctx->on_lo, late);
	word = close_by_short_quote(ctx, &info->key);
	if (!word && ctx->on_lo)
		word = close_by_short_quote_on_lo(ctx, &info->key);
	return word;
}

static __always_inline enum icmp_effect account_unreachable(const struct pkt_info *info,
							    struct pkt_ctx *ctx)
{
	int elsewhere = !addr_equal(&info->reporter, &info->key.resolver), late = 0;
	__u32 number = ctx->resolver_number;
	struct percpu_counters *cnt;
	__u64 word = 0;

	if (number || ctx->on_lo || READ_ONCE(engine.unlisted)) {
		pkt_ctx_set_hash(ctx, &info->key, number);
		word = find_unreachable(info, ctx, &late);
	}
	if (!word && ctx->on_lo) {
		account_unsent(info, ctx);
		return ICMP_UNSENT;
	}
	if (!word && !number) {
		count_self(SELF_UNMATCHED_UNREACHABLES);
		return ICMP_UNMATCHED;
	}
	cnt = counters_of(word ? counted_number(ctx, ctx->flow_number) : number);
	count_unreachable(cnt, info->reason, elsewhere);
	if (info->short_quote)
		count_one(cnt, COUNTER_ICMP_SHORT_QUOTES);
	if (!word) {
		count_one(cnt, COUNTER_UNMATCHED_UNREACHABLES);
		return ICMP_UNMATCHED;
	}
	if (late) {
		count_one(cnt, COUNTER_LATE_UNREACHABLES);
	} else {
		count_in_group(cnt, COUNTER_UNREACHABLE_PORT, info->reason);
		count_asker_failed(ctx->flow.asker);
	}
	count_evidence(cnt, info->reason, elsewhere);
	update_failure(cnt, flow_opened_at(word), pkt_time(ctx));
	ctx->opened = flow_opened_at(word);
	return ICMP_MATCHED;
}

/*
 * Tests whether this query's transaction was opened before its resolver got an entry, and is open.
 */
static __always_inline int is_open_unlisted(const struct pkt_info *info, struct pkt_ctx *ctx)
{
	__u64 word;

	if (info->short_quote || !READ_ONCE(engine.unlisted))
		return 0;
	pkt_ctx_set_flow(ctx, &info->key, RESOLVER_OTHER);
	word = flow_lookup_word(&ctx->flow);
	return word && flow_age(word, pkt_time(ctx)) <= config.timeout_ns;
}

/*
 * Counts a Packet Too Big, which is no outcome: for the transaction's resolver, else for the quoted
 * one.
 */
static __always_inline void account_too_big(const struct pkt_info *info, struct pkt_ctx *ctx)
{
	__u32 number = ctx->resolver_number;

	if (is_open_unlisted(info, ctx))
		count_one(counters_of(RESOLVER_OTHER), COUNTER_TOO_BIG);
	else if (number)
		count_one(counters_of(number), COUNTER_TOO_BIG);
}

/* ---- messages of one packet ------------------------------------------------------------ */

/* Accounts one message. Returns enum icmp_effect. */
static __always_inline int account_message(const struct pkt_info *info, struct pkt_ctx *ctx,
					   enum pkt_direction direction)
{
	if (direction == DIRECTION_OUT)
		account_query(&info->key, ctx);
	else if (info->kind == PKT_RESPONSE || info->kind == PKT_RESET)
		account_response(info, ctx);
	else if (info->kind == PKT_UNREACHABLE)
		return account_unreachable(info, ctx);
	else
		account_too_big(info, ctx);
	return ICMP_UNMATCHED;
}

/* Counts messages that are not parsed, so that laws 2 and 3 hold. */
__noinline int account_unparsed_segments(const struct transaction_key *key, struct pkt_ctx *ctx,
					 __u64 n, int out)
{
	struct percpu_counters *cnt;

	if (!key || !ctx)
		return 0;
	count_self_n(SELF_UNPARSED_SEGMENTS, n);
	if (!ctx->resolver_number && out)
		ctx->resolver_number = resolver_insert_queried(key, ctx->resolver_hash);
	else if (!ctx->resolver_number)
		return count_self_n(SELF_UNMATCHED_RESPONSES, n), 0;
	cnt = counters_of(ctx->resolver_number);
	if (out) {
		count_n(cnt, COUNTER_QUERIES, n);
		count_n(cnt, COUNTER_UNTRACKED, n);
		if (ctx->forwarded)
			count_n(cnt, COUNTER_FORWARDED, n);
		count_asker_queries(ctx->resolver_number, ctx->cgroup, n);
	} else {
		count_n(cnt, COUNTER_RESPONSES, n);
		count_n(cnt, COUNTER_UNMATCHED_RESPONSES, n);
	}
	return 0;
}

#endif
