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
struct message {
	struct subject subject;
	__u64 now;
	__u64 resolver; /* hash of the resolver's address and port */
	__u64 client;	/* of the client's address */
	__u32 slot;	/* the resolver's, or SLOT_OTHER */
	__u32 pad;
};

static __always_inline __u64 time_of(struct message *m)
{
	if (!m->now)
		m->now = engine_clock();
	return m->now;
}

/* The lane that a transaction with this key counts in. */
static __always_inline __u32 slot_of(const struct flight_key *key)
{
	return key->resolver & RESOLVER_UNLISTED ? SLOT_OTHER : key->resolver;
}

/*
 * The transaction's key: the resolver by its slot; by a hash of its address when it has none, or
 * when it had none at the time.
 */
static __always_inline void set_subject(struct message *m, const struct transaction_key *key,
					__u32 slot)
{
	__u32 resolver = slot;

	if (!slot)
		resolver = RESOLVER_UNLISTED | (__u32)(mix(m->resolver, key->scope) >> 33);
	set_key_words(&m->subject.key, &key->client, key->client_port, key->id, resolver);
	m->subject.tuple = hash_tuple(m->client, key->client_port, resolver);
	m->subject.whole = mix(m->subject.tuple, key->id);
	m->slot = slot;
}

/* ---- outcomes --------------------------------------------------------------------------- */

/*
 * The transaction with this state word has timed out: counted, and remembered for a while. In the
 * sweep too, so nothing is added that a packet could come between.
 */
OWN_FUNCTION int time_out(const struct subject *s, __u64 word, __u64 now)
{
	struct lane *l;

	if (!s)
		return 0;
	l = lane_of(slot_of(&s->key));
	count_rarely(l, COUNTER_TIMED_OUT);
	note_failure(l, opened_at(word), opened_at(word) + config.timeout_ns);
	if (is_remembered(word, now, config.timeout_ns))
		remember(s, word, now, config.timeout_ns);
	return 0;
}

/*
 * An arrival looks for its transaction. Returns the word of the one that it ends, or 0. One that
 * is too old is ended as timed out on the way: age decides, not who looks first.
 */
static __always_inline __u64 end_by_arrival(struct message *m)
{
	__u64 word = transaction_end(&m->subject);

	if (word && age_of(word, time_of(m)) > config.timeout_ns) {
		time_out(&m->subject, word, m->now);
		return 0;
	}
	return word;
}

/* The word of the remembered transaction that this arrival is late for, or 0. */
static __always_inline __u64 recall(struct message *m)
{
	if (!may_recall(&m->subject))
		return 0;
	return recall_oldest(&m->subject, time_of(m), config.timeout_ns);
}

static __always_inline __u32 answered_by_rcode(__u32 rcode)
{
	__u32 c = COUNTER_ANSWERED_NOERROR + rcode;

	return c < COUNTER_ANSWERED_OTHER ? c : COUNTER_ANSWERED_OTHER;
}

/* ---- resolvers without an entry at the time ---------------------------------------------- */

/* Only once any was opened so: an entry may have been made since, and the transaction be open. */
static __always_inline int may_be_unlisted(const struct message *m)
{
	return m->slot && load_once(engine.unlisted);
}

/*
 * A query of a resolver that now has an entry, but may have had none: 1 when it belonged to a
 * transaction from that time, and has been counted there.
 */
OWN_FUNCTION int on_unlisted_query(struct message *m, const struct transaction_key *key)
{
	__u64 word;
	__u32 slot;

	if (!m || !key)
		return 0;
	slot = m->slot;
	set_subject(m, key, SLOT_OTHER);
	word = transaction_word(&m->subject);
	if (word && age_of(word, m->now) > config.timeout_ns) {
		word = transaction_end(&m->subject);
		if (word)
			time_out(&m->subject, word, m->now);
	} else if (word) {
		struct opening o = {.now = m->now, .timeout = config.timeout_ns};
		struct lane *l = lane_of(SLOT_OTHER);

		transaction_open(&m->subject, &o);
		count(l, COUNTER_QUERIES);
		count(l, o.result == OPENED	     ? COUNTER_TRANSACTIONS
			 : o.result == RETRANSMITTED ? COUNTER_RETRANSMISSIONS
						     : COUNTER_UNTRACKED);
		return 1;
	}
	set_subject(m, key, slot);
	return 0;
}

/* The same for an arrival: *recalled says that the word is one that it is late for. */
OWN_FUNCTION __u64 end_unlisted(struct message *m, const struct transaction_key *key, int recalls,
				int *recalled)
{
	__u64 word;
	__u32 slot;

	if (!m || !key || !recalled)
		return 0;
	slot = m->slot;
	set_subject(m, key, SLOT_OTHER);
	word = end_by_arrival(m);
	if (!word && recalls) {
		word = recall(m);
		*recalled = !!word;
	}
	if (!word)
		set_subject(m, key, slot);
	return word;
}

/*
 * What an arrival finds: the word of the transaction that it ends, or with *late set, that it is
 * late for. 0: nothing.
 */
static __always_inline __u64 find_outcome(struct message *m, const struct transaction_key *key,
					  int recalls, int *late)
{
	__u64 word = end_by_arrival(m);

	*late = 0;
	if (word)
		return word;
	if (may_be_unlisted(m)) /* these were first: it is late for the oldest */
		word = end_unlisted(m, key, recalls, late);
	if (!word && recalls) {
		word = recall(m);
		*late = !!word;
	}
	return word;
}

#endif
