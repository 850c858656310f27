/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What an observation does to the accounts: a query opens a transaction, an arrival ends one, the
 * sweep ends those that nobody answered. The four laws (docs/counters.md) are kept here: each
 * message adds one to its side of a law and one to exactly one term of the other.
 */
#ifndef ENGINE_H
#define ENGINE_H

#include "icmp.h"
#include "remembered.h"
#include "samples.h"
#include "stacked.h"

/* The time of this packet: packet time never runs backwards. */
static __always_inline __u64 engine_clock(void)
{
	if (!config.clock_injected)
		return kernel_clock();
	if (engine.now > engine.highest)
		engine.highest = engine.now;
	return engine.highest;
}

/* ---- outcomes --------------------------------------------------------------------------- */

/*
 * The transaction with this state word has timed out: counted, and remembered for a while. Returns
 * 0 when that was impossible, for want of room.
 */
static __always_inline int time_out_once(const struct transaction_key *key, __u64 word, __u64 now)
{
	struct resolver_counters *c = resolver_by_state(key, word);

	count(c, COUNTER_TIMED_OUT);
	note_failure(c, opened_at(word), opened_at(word) + config.timeout_ns);
	if (!is_remembered(word, now, config.timeout_ns))
		return 1;
	return remember(key, word, now, config.timeout_ns);
}

static __always_inline void time_out(const struct transaction_key *key, __u64 word, __u64 now)
{
	if (!time_out_once(key, word, now))
		count_self(SELF_FORGOTTEN);
}

/*
 * An arrival looks for its transaction. Returns the word of the one that it ends, or 0. One that
 * is too old is ended as timed out on the way: age decides, not who looks first. If that one finds
 * no room among the remembered, the arrival is late for it all the same: *late is its word.
 */
static __always_inline __u64 end_by_arrival(const struct transaction_key *key, __u64 now,
					    __u64 *late)
{
	__u64 word = transaction_end(key, now, 0);

	if (word && age_of(word, now) > config.timeout_ns) {
		if (!time_out_once(key, word, now))
			*late = word;
		return 0;
	}
	return word;
}

static __always_inline __u32 answered_by_rcode(__u32 rcode)
{
	__u32 c = COUNTER_ANSWERED_NOERROR + rcode;

	return c < COUNTER_ANSWERED_OTHER ? c : COUNTER_ANSWERED_OTHER;
}

/* ---- queries ---------------------------------------------------------------------------- */

static __always_inline void on_query(const struct transaction_key *key, __u64 now)
{
	struct opening o = {.now = now, .timeout = config.timeout_ns, .index = config.short_quotes};
	struct resolver_counters *c;

	c = resolver_learn(key, &engine, config.max_resolvers, &o.flags);
	transaction_open(key, &o);
	if (o.aged)
		time_out(key, o.aged, now);
	if (o.result == RETRANSMITTED && (o.state & STATE_OTHER) != o.flags)
		c = resolver_by_state(key, o.state);
	count(c, COUNTER_QUERIES);
	if (o.result == OPENED)
		count(c, COUNTER_TRANSACTIONS);
	else if (o.result == RETRANSMITTED)
		count(c, COUNTER_RETRANSMISSIONS);
	else
		count(c, COUNTER_UNTRACKED);
}

/* ---- responses -------------------------------------------------------------------------- */

static __always_inline void on_answered(const struct observation *o,
					const struct transaction_key *key, __u64 word, __u64 now)
{
	struct resolver_counters *c = resolver_by_state(key, word);

	count(c, COUNTER_RESPONSES);
	count(c, answered_by_rcode(o->rcode));
	if (o->truncated)
		count(c, COUNTER_TRUNCATED);
	if (c && (o->rcode == RCODE_NOERROR || o->rcode == RCODE_NXDOMAIN))
		c->at[MOMENT_LAST_ANSWERED] = now;
	else
		note_failure(c, opened_at(word), now);
	if (!(word & STATE_RETRANSMITTED))
		count_rtt(c, age_of(word, now));
}

static __always_inline void on_response(const struct observation *o,
					const struct transaction_key *key, __u64 now)
{
	struct resolver_counters *c;
	__u64 word, late = 0;

	word = end_by_arrival(key, now, &late);
	if (word)
		return on_answered(o, key, word, now);
	word = late ? late : recall(key, now, config.timeout_ns);
	c = word ? resolver_by_state(key, word) : resolver_find(key);
	if (!c)
		return count_self(SELF_UNMATCHED_RESPONSES);
	count(c, COUNTER_RESPONSES);
	count(c, word ? COUNTER_LATE_RESPONSES : COUNTER_UNMATCHED_RESPONSES);
}

/* ---- unreachables ----------------------------------------------------------------------- */

/* The packet itself, whatever it ended. */
static __always_inline void count_unreachable(struct resolver_counters *c,
					      const struct observation *o, int elsewhere)
{
	count(c, COUNTER_ICMP_PORT + o->reason);
	if (elsewhere)
		count(c, COUNTER_ICMP_FROM_ELSEWHERE);
	if (o->short_quote)
		count(c, COUNTER_ICMP_SHORT_QUOTES);
}

/* For the likely cause: only what a query of ours has really met. */
static __always_inline void count_evidence(struct resolver_counters *c, const struct observation *o,
					   int elsewhere)
{
	if (o->reason == REASON_PROHIBITED)
		count(c, COUNTER_EVIDENCE_PROHIBITED);
	else if (o->reason == REASON_HOST || o->reason == REASON_NETWORK)
		count(c, COUNTER_EVIDENCE_NO_ROUTE);
	else if (elsewhere)
		count(c, COUNTER_EVIDENCE_ON_PATH);
	else if (o->reason == REASON_PORT)
		count(c, COUNTER_EVIDENCE_PORT);
}

/*
 * This host's own stack refused to send: it tells itself on `lo`, from the address that the query
 * would have had. It cannot come from outside, so it may create the resolver's entry.
 */
static __always_inline int is_own_refusal(const struct observation *o, __u32 ifindex)
{
	return ifindex == LOOPBACK_IFINDEX && same_address(&o->reporter, &o->key.client);
}

static __always_inline void on_own_refusal(const struct observation *o,
					   const struct transaction_key *key, __u64 now)
{
	struct resolver_counters *c;
	__u32 which = COUNTER_UNSENT_OTHER;
	__u64 flags = 0;

	if (o->reason == REASON_HOST || o->reason == REASON_NETWORK ||
	    o->reason == REASON_PROHIBITED)
		which = COUNTER_UNSENT_HOST + o->reason - REASON_HOST;
	c = resolver_learn(key, &engine, config.max_resolvers, &flags);
	count(c, which);
	note_failure(c, now, now);
}

static __always_inline enum effect
on_unreachable(const struct observation *o, struct transaction_key *key, __u32 ifindex, __u64 now)
{
	int elsewhere = !same_address(&o->reporter, &key->resolver);
	struct resolver_counters *c;
	__u64 word = 0, late = 0;

	if (!o->short_quote ||
	    (config.short_quotes && transaction_oldest(key, now, config.timeout_ns)))
		word = end_by_arrival(key, now, &late);
	if (!word && is_own_refusal(o, ifindex)) {
		on_own_refusal(o, key, now);
		return EFFECT_UNSENT;
	}
	if (!word && !late && !o->short_quote)
		late = recall(key, now, config.timeout_ns);
	c = word | late ? resolver_by_state(key, word | late) : resolver_find(key);
	if (!c) {
		count_self(SELF_UNMATCHED_UNREACHABLES);
		return EFFECT_NONE;
	}
	count_unreachable(c, o, elsewhere);
	count(c, word	? COUNTER_UNREACHABLE_PORT + o->reason
		 : late ? COUNTER_LATE_UNREACHABLES
			: COUNTER_UNMATCHED_UNREACHABLES);
	if (!(word | late))
		return EFFECT_NONE;
	count_evidence(c, o, elsewhere);
	note_failure(c, opened_at(word | late), now);
	return EFFECT_FITS;
}

/* About a query, and no outcome: counts where its transaction does, else at its resolver. */
static __always_inline void on_too_big(const struct observation *o,
				       const struct transaction_key *key, __u64 now)
{
	struct resolver_counters *c;
	__u64 word = 0;

	if (!o->short_quote && find_transaction(key, &word) && word & STATE_OPEN &&
	    age_of(word, now) <= config.timeout_ns)
		c = resolver_by_state(key, word);
	else
		c = resolver_find(key);
	count(c, COUNTER_TOO_BIG);
}

/* ---- messages of one packet ------------------------------------------------------------- */

/* Returns enum effect. */
OWN_FUNCTION int on_message(const struct observation *o, __u32 ifindex, __u64 now)
{
	struct transaction_key key;

	if (!o)
		return 0;
	key = o->key;
	if (o->kind == KIND_QUERY)
		on_query(&key, now);
	else if (o->kind == KIND_RESPONSE)
		on_response(o, &key, now);
	else if (o->kind == KIND_UNREACHABLE)
		return on_unreachable(o, &key, ifindex, now);
	else if (o->kind == KIND_TOO_BIG)
		on_too_big(o, &key, now);
	return 0;
}

/* Messages that are not looked into keep laws 2 and 3. */
OWN_FUNCTION int on_unparsed_segments(const struct observation *o, __u64 n)
{
	struct transaction_key key;
	struct resolver_counters *c;
	__u64 flags = 0;

	if (!o)
		return 0;
	key = o->key;
	count_self_by(SELF_UNPARSED_SEGMENTS, n);
	if (o->kind == KIND_QUERY) {
		c = resolver_learn(&key, &engine, config.max_resolvers, &flags);
		count_by(c, COUNTER_QUERIES, n);
		count_by(c, COUNTER_UNTRACKED, n);
		return 0;
	}
	c = resolver_find(&key);
	if (!c)
		count_self_by(SELF_UNMATCHED_RESPONSES, n);
	count_by(c, COUNTER_RESPONSES, n);
	count_by(c, COUNTER_UNMATCHED_RESPONSES, n);
	return 0;
}

#endif
