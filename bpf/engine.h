/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What an observation does to the accounts: a query opens a transaction, an arrival ends one, the
 * sweep ends those that nobody answered. The four laws (docs/counters.md) are kept here: each
 * message adds one to its side of a law and one to exactly one term of the other.
 */
#ifndef ENGINE_H
#define ENGINE_H

#include "outcome.h"
#include "samples.h"
#include "stacked.h"

/* ---- queries ---------------------------------------------------------------------------- */

static __always_inline void account_query(const struct transaction_key *key, struct pkt_ctx *m)
{
	struct open_request o = {.timeout = config.timeout_ns, .index = config.short_quotes};

	o.now = pkt_time(m);
	if (!m->resolver_number)
		m->resolver_number = resolver_insert_queried(key, m->resolver_hash);
	if (!m->resolver_number)
		engine.unlisted = 1;
	pkt_ctx_set_flow(m, key, m->resolver_number);
	if (may_be_unlisted(m) && account_unlisted_query(m, key))
		return;
	flow_open(&m->flow, &o);
	if (o.expired_word)
		flow_time_out(&m->flow, o.expired_word, m->now);
	count_query(counters_of(m->flow_number), o.result);
}

/* ---- responses -------------------------------------------------------------------------- */

#define RCODE_OTHER (COUNTER_ANSWERED_OTHER - COUNTER_ANSWERED_NOERROR)

/* The response that ended the transaction with this state word. */
static __always_inline void count_answered(__u32 number, __u32 rcode, int truncated, __u64 word,
					   __u64 now)
{
	struct percpu_counters *l = counters_of(number);

	if (!l)
		return;
	count_one(l, COUNTER_RESPONSES);
	count_in_group(l, COUNTER_ANSWERED_NOERROR, rcode < RCODE_OTHER ? rcode : RCODE_OTHER);
	if (truncated)
		count_one(l, COUNTER_TRUNCATED);
	if (rcode == RCODE_NOERROR || rcode == RCODE_NXDOMAIN)
		l->at[MOMENT_LAST_ANSWERED] = now;
	else
		update_failure(l, flow_opened_at(word), now);
	if (!(word & STATE_RETRANSMITTED))
		count_rtt(l, number, flow_age(word, now));
}

static __always_inline void account_response(const struct pkt_info *o, struct pkt_ctx *m)
{
	__u32 number = m->resolver_number;
	struct percpu_counters *l;
	__u64 word = 0;
	int late = 0;

	if (number || READ_ONCE(engine.unlisted)) {
		pkt_ctx_set_hash(m, &o->key, number);
		word = find_outcome(m, &o->key, 1, &late);
		if (word && !late)
			return count_answered(m->flow_number, o->rcode, o->truncated, word,
					      pkt_time(m));
	}
	if (!word && !number)
		return count_self(SELF_UNMATCHED_RESPONSES);
	l = counters_of(word ? m->flow_number : number);
	count_one(l, COUNTER_RESPONSES);
	if (word)
		count_one(l, COUNTER_LATE_RESPONSES);
	else
		count_one(l, COUNTER_UNMATCHED_RESPONSES);
}

/* ---- unreachables ----------------------------------------------------------------------- */

/* The packet itself, whatever it ended. */
static __always_inline void count_unreachable(struct percpu_counters *l, __u32 reason,
					      int elsewhere)
{
	count_in_group(l, COUNTER_ICMP_PORT, reason);
	if (elsewhere)
		count_one(l, COUNTER_ICMP_FROM_ELSEWHERE);
}

/* For the likely cause: only what a query of ours has really met. */
static __always_inline void count_evidence(struct percpu_counters *l, __u32 reason, int elsewhere)
{
	if (reason == REASON_PROHIBITED)
		count_one(l, COUNTER_EVIDENCE_PROHIBITED);
	else if (reason == REASON_HOST || reason == REASON_NETWORK)
		count_one(l, COUNTER_EVIDENCE_NO_ROUTE);
	else if (elsewhere)
		count_one(l, COUNTER_EVIDENCE_ON_PATH);
	else if (reason == REASON_PORT)
		count_one(l, COUNTER_EVIDENCE_PORT);
}

/*
 * This host's own stack refused to send: it tells itself on `lo`, from the address that the query
 * would have had. It cannot come from outside, so it may create the resolver's entry.
 */
static __always_inline int is_own_refusal(const struct pkt_info *o, __u32 ifindex)
{
	return ifindex == LOOPBACK_IFINDEX && addr_equal(&o->reporter, &o->key.client);
}

__noinline int account_unsent(const struct pkt_info *o, struct pkt_ctx *m)
{
	__u32 reason = REASON_OTHER;
	struct percpu_counters *l;

	if (!o || !m)
		return 0;
	if (o->reason == REASON_HOST || o->reason == REASON_NETWORK ||
	    o->reason == REASON_PROHIBITED)
		reason = o->reason;
	if (!m->resolver_number)
		m->resolver_number = resolver_insert_queried(&o->key, m->resolver_hash);
	l = counters_of(m->resolver_number);
	count_in_group(l, COUNTER_UNSENT_HOST, reason - REASON_HOST);
	pkt_time(m); /* it may be the first to look at the clock */
	update_failure(l, m->now, m->now);
	return 0;
}

/* A quote without a message ID ends the oldest open one of its 4-tuple. Returns its word, or 0. */
__noinline __u64 close_by_short_quote(struct pkt_ctx *m, const struct transaction_key *key)
{
	__u64 word;
	int found = 0;
	__u32 number;

	if (!config.short_quotes || !m || !key)
		return 0;
	number = m->flow_number;
	if (may_be_unlisted(m)) { /* these were first */
		pkt_ctx_set_flow(m, key, RESOLVER_OTHER);
		found = flow_find_oldest(&m->flow, pkt_time(m), config.timeout_ns);
	}
	if (!found) {
		pkt_ctx_set_flow(m, key, number);
		found = flow_find_oldest(&m->flow, pkt_time(m), config.timeout_ns);
	}
	word = found ? flow_close_slow(&m->flow) : 0;
	return word ? word_in_time(m, word) : 0;
}

static __always_inline __u64 find_unreachable(const struct pkt_info *o, struct pkt_ctx *m,
					      int refusal, int *late)
{
	*late = 0;
	if (o->short_quote)
		return close_by_short_quote(m, &o->key);
	return find_outcome(m, &o->key, !refusal, late);
}

static __always_inline enum icmp_effect account_unreachable(const struct pkt_info *o,
							    struct pkt_ctx *m, __u32 ifindex)
{
	int elsewhere = !addr_equal(&o->reporter, &o->key.resolver), late = 0;
	int refusal = is_own_refusal(o, ifindex);
	__u32 number = m->resolver_number;
	struct percpu_counters *l;
	__u64 word = 0;

	if (number || READ_ONCE(engine.unlisted)) {
		pkt_ctx_set_hash(m, &o->key, number);
		word = find_unreachable(o, m, refusal, &late);
	}
	if (!word && refusal) {
		account_unsent(o, m);
		return ICMP_UNSENT;
	}
	if (!word && !number) {
		count_self(SELF_UNMATCHED_UNREACHABLES);
		return ICMP_UNMATCHED;
	}
	l = counters_of(word ? m->flow_number : number);
	count_unreachable(l, o->reason, elsewhere);
	if (o->short_quote)
		count_one(l, COUNTER_ICMP_SHORT_QUOTES);
	if (!word) {
		count_one(l, COUNTER_UNMATCHED_UNREACHABLES);
		return ICMP_UNMATCHED;
	}
	if (late)
		count_one(l, COUNTER_LATE_UNREACHABLES);
	else
		count_in_group(l, COUNTER_UNREACHABLE_PORT, o->reason);
	count_evidence(l, o->reason, elsewhere);
	update_failure(l, flow_opened_at(word), pkt_time(m));
	return ICMP_MATCHED;
}

/* Was this query's transaction opened while its resolver had no entry, and is it open still? */
static __always_inline int is_open_unlisted(const struct pkt_info *o, struct pkt_ctx *m)
{
	__u64 word;

	if (o->short_quote || !READ_ONCE(engine.unlisted))
		return 0;
	pkt_ctx_set_flow(m, &o->key, RESOLVER_OTHER);
	word = flow_lookup_word(&m->flow);
	return word && flow_age(word, pkt_time(m)) <= config.timeout_ns;
}

/* About a query, and no outcome: counts where its transaction does, else at its resolver. */
static __always_inline void account_too_big(const struct pkt_info *o, struct pkt_ctx *m)
{
	__u32 number = m->resolver_number;

	if (is_open_unlisted(o, m))
		count_one(counters_of(RESOLVER_OTHER), COUNTER_TOO_BIG);
	else if (number)
		count_one(counters_of(number), COUNTER_TOO_BIG);
}

/* ---- messages of one packet ------------------------------------------------------------- */

/* Returns enum effect. */
static __always_inline int account_message(const struct pkt_info *o, struct pkt_ctx *m,
					   __u32 ifindex, enum pkt_direction direction)
{
	if (direction == DIRECTION_OUT)
		account_query(&o->key, m);
	else if (o->kind == PKT_RESPONSE)
		account_response(o, m);
	else if (o->kind == PKT_UNREACHABLE)
		return account_unreachable(o, m, ifindex);
	else
		account_too_big(o, m);
	return ICMP_UNMATCHED;
}

/* Messages that are not looked into keep laws 2 and 3. */
__noinline int account_unparsed_segments(const struct transaction_key *key, struct pkt_ctx *m,
					 __u64 n, int out)
{
	struct percpu_counters *l;

	if (!key || !m)
		return 0;
	count_self_n(SELF_UNPARSED_SEGMENTS, n);
	if (!m->resolver_number && out)
		m->resolver_number = resolver_insert_queried(key, m->resolver_hash);
	else if (!m->resolver_number)
		return count_self_n(SELF_UNMATCHED_RESPONSES, n), 0;
	l = counters_of(m->resolver_number);
	if (out) {
		count_n(l, COUNTER_QUERIES, n);
		count_n(l, COUNTER_UNTRACKED, n);
	} else {
		count_n(l, COUNTER_RESPONSES, n);
		count_n(l, COUNTER_UNMATCHED_RESPONSES, n);
	}
	return 0;
}

#endif
