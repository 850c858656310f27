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

static __always_inline void on_query(const struct transaction_key *key, struct message *m)
{
	struct opening o = {.timeout = config.timeout_ns, .index = config.short_quotes};

	o.now = time_of(m);
	if (!m->listed)
		m->listed = slot_learn(key, m->resolver);
	if (!m->listed)
		engine.unlisted = 1;
	set_subject(m, key, m->listed);
	if (may_be_unlisted(m) && on_unlisted_query(m, key))
		return;
	transaction_open(&m->subject, &o);
	if (o.aged)
		time_out(&m->subject, o.aged, m->now);
	count_query(lane_of(m->slot), o.result);
}

/* ---- responses -------------------------------------------------------------------------- */

#define RCODE_OTHER (COUNTER_ANSWERED_OTHER - COUNTER_ANSWERED_NOERROR)

/* The response that ended the transaction with this state word. */
static __always_inline void count_answered(__u32 slot, __u32 rcode, int truncated, __u64 word,
					   __u64 now)
{
	struct lane *l = lane_of(slot);

	if (!l)
		return;
	count(l, COUNTER_RESPONSES);
	count_of(l, COUNTER_ANSWERED_NOERROR, rcode < RCODE_OTHER ? rcode : RCODE_OTHER);
	if (truncated)
		count(l, COUNTER_TRUNCATED);
	if (rcode == RCODE_NOERROR || rcode == RCODE_NXDOMAIN)
		l->at[MOMENT_LAST_ANSWERED] = now;
	else
		note_failure(l, opened_at(word), now);
	if (!(word & STATE_RETRANSMITTED))
		count_rtt(l, slot, age_of(word, now));
}

static __always_inline void on_response(const struct observation *o, struct message *m)
{
	__u32 slot = m->listed;
	struct lane *l;
	__u64 word = 0;
	int late = 0;

	if (slot || load_once(engine.unlisted)) {
		begin_subject(m, &o->key, slot);
		word = find_outcome(m, &o->key, 1, &late);
		if (word && !late)
			return count_answered(m->slot, o->rcode, o->truncated, word, time_of(m));
	}
	if (!word && !slot)
		return count_self(SELF_UNMATCHED_RESPONSES);
	l = lane_of(word ? m->slot : slot);
	count(l, COUNTER_RESPONSES);
	if (word)
		count(l, COUNTER_LATE_RESPONSES);
	else
		count(l, COUNTER_UNMATCHED_RESPONSES);
}

/* ---- unreachables ----------------------------------------------------------------------- */

/* The packet itself, whatever it ended. */
static __always_inline void count_unreachable(struct lane *l, __u32 reason, int elsewhere)
{
	count_of(l, COUNTER_ICMP_PORT, reason);
	if (elsewhere)
		count(l, COUNTER_ICMP_FROM_ELSEWHERE);
}

/* For the likely cause: only what a query of ours has really met. */
static __always_inline void count_evidence(struct lane *l, __u32 reason, int elsewhere)
{
	if (reason == REASON_PROHIBITED)
		count(l, COUNTER_EVIDENCE_PROHIBITED);
	else if (reason == REASON_HOST || reason == REASON_NETWORK)
		count(l, COUNTER_EVIDENCE_NO_ROUTE);
	else if (elsewhere)
		count(l, COUNTER_EVIDENCE_ON_PATH);
	else if (reason == REASON_PORT)
		count(l, COUNTER_EVIDENCE_PORT);
}

/*
 * This host's own stack refused to send: it tells itself on `lo`, from the address that the query
 * would have had. It cannot come from outside, so it may create the resolver's entry.
 */
static __always_inline int is_own_refusal(const struct observation *o, __u32 ifindex)
{
	return ifindex == LOOPBACK_IFINDEX && same_address(&o->reporter, &o->key.client);
}

OWN_FUNCTION int on_own_refusal(const struct observation *o, struct message *m)
{
	__u32 reason = REASON_OTHER;
	struct lane *l;

	if (!o || !m)
		return 0;
	if (o->reason == REASON_HOST || o->reason == REASON_NETWORK ||
	    o->reason == REASON_PROHIBITED)
		reason = o->reason;
	if (!m->listed)
		m->listed = slot_learn(&o->key, m->resolver);
	l = lane_of(m->listed);
	count_of(l, COUNTER_UNSENT_HOST, reason - REASON_HOST);
	time_of(m); /* it may be the first to look at the clock */
	note_failure(l, m->now, m->now);
	return 0;
}

/* A quote without a message ID ends the oldest open one of its 4-tuple. Returns its word, or 0. */
OWN_FUNCTION __u64 on_short_quote(struct message *m, const struct transaction_key *key)
{
	__u64 word;
	int found = 0;
	__u32 slot;

	if (!config.short_quotes || !m || !key)
		return 0;
	slot = m->slot;
	if (may_be_unlisted(m)) { /* these were first */
		set_subject(m, key, SLOT_OTHER);
		found = transaction_oldest(&m->subject, time_of(m), config.timeout_ns);
	}
	if (!found) {
		set_subject(m, key, slot);
		found = transaction_oldest(&m->subject, time_of(m), config.timeout_ns);
	}
	word = found ? end_elsewhere(&m->subject) : 0;
	return word ? not_timed_out(m, word) : 0;
}

static __always_inline __u64 find_unreached(const struct observation *o, struct message *m,
					    int refusal, int *late)
{
	*late = 0;
	if (o->short_quote)
		return on_short_quote(m, &o->key);
	return find_outcome(m, &o->key, !refusal, late);
}

static __always_inline enum effect on_unreachable(const struct observation *o, struct message *m,
						  __u32 ifindex)
{
	int elsewhere = !same_address(&o->reporter, &o->key.resolver), late = 0;
	int refusal = is_own_refusal(o, ifindex);
	__u32 slot = m->listed;
	struct lane *l;
	__u64 word = 0;

	if (slot || load_once(engine.unlisted)) {
		begin_subject(m, &o->key, slot);
		word = find_unreached(o, m, refusal, &late);
	}
	if (!word && refusal) {
		on_own_refusal(o, m);
		return EFFECT_UNSENT;
	}
	if (!word && !slot) {
		count_self(SELF_UNMATCHED_UNREACHABLES);
		return EFFECT_NONE;
	}
	l = lane_of(word ? m->slot : slot);
	count_unreachable(l, o->reason, elsewhere);
	if (o->short_quote)
		count(l, COUNTER_ICMP_SHORT_QUOTES);
	if (!word) {
		count(l, COUNTER_UNMATCHED_UNREACHABLES);
		return EFFECT_NONE;
	}
	if (late)
		count(l, COUNTER_LATE_UNREACHABLES);
	else
		count_of(l, COUNTER_UNREACHABLE_PORT, o->reason);
	count_evidence(l, o->reason, elsewhere);
	note_failure(l, opened_at(word), time_of(m));
	return EFFECT_FITS;
}

/* Was this query's transaction opened while its resolver had no entry, and is it open still? */
static __always_inline int is_open_unlisted(const struct observation *o, struct message *m)
{
	__u64 word;

	if (o->short_quote || !load_once(engine.unlisted))
		return 0;
	set_subject(m, &o->key, SLOT_OTHER);
	word = transaction_word(&m->subject);
	return word && age_of(word, time_of(m)) <= config.timeout_ns;
}

/* About a query, and no outcome: counts where its transaction does, else at its resolver. */
static __always_inline void on_too_big(const struct observation *o, struct message *m)
{
	__u32 slot = m->listed;

	if (is_open_unlisted(o, m))
		count(lane_of(SLOT_OTHER), COUNTER_TOO_BIG);
	else if (slot)
		count(lane_of(slot), COUNTER_TOO_BIG);
}

/* ---- messages of one packet ------------------------------------------------------------- */

/* Returns enum effect. */
static __always_inline int on_message(const struct observation *o, struct message *m, __u32 ifindex,
				      enum direction direction)
{
	if (direction == DIRECTION_OUT)
		on_query(&o->key, m);
	else if (o->kind == KIND_RESPONSE)
		on_response(o, m);
	else if (o->kind == KIND_UNREACHABLE)
		return on_unreachable(o, m, ifindex);
	else
		on_too_big(o, m);
	return EFFECT_NONE;
}

/* Messages that are not looked into keep laws 2 and 3. */
OWN_FUNCTION int on_unparsed_segments(const struct transaction_key *key, struct message *m, __u64 n,
				      int out)
{
	struct lane *l;

	if (!key || !m)
		return 0;
	count_self_by(SELF_UNPARSED_SEGMENTS, n);
	if (!m->listed && out)
		m->listed = slot_learn(key, m->resolver);
	else if (!m->listed)
		return count_self_by(SELF_UNMATCHED_RESPONSES, n), 0;
	l = lane_of(m->listed);
	if (out) {
		count_by(l, COUNTER_QUERIES, n);
		count_by(l, COUNTER_UNTRACKED, n);
	} else {
		count_by(l, COUNTER_RESPONSES, n);
		count_by(l, COUNTER_UNMATCHED_RESPONSES, n);
	}
	return 0;
}

#endif
