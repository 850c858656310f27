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
	__u32 slot;	/* that of the transaction: the resolver's, or SLOT_OTHER */
	__u32 listed;	/* the resolver's, 0 when it has no entry */
};

/*
 * The resolver of this key: its hash and slot into the message. Returns the hash of its address.
 */
static __always_inline __u64 recognize(struct known_resolver *known,
				       const struct transaction_key *key, struct message *m)
{
	__u64 address;

	if (same_resolver(&known->key.address, &key->resolver) && known->slot) {
		m->resolver = known->hash;
		m->listed = known->slot;
		return known->address_hash;
	}
	address = hash_address(sizes.seed, &key->resolver);
	m->resolver = mix(address, key->resolver_port); /* as hash_resolver() */
	m->listed = slot_find(key, m->resolver);
	if (m->listed && !key->scope) {
		known->key = resolver_of(key);
		known->address_hash = address;
		known->hash = m->resolver;
		known->slot = m->listed;
	}
	return address;
}

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

/* All of the transaction but its key: most of what fits nothing never needs that. */
static __always_inline void begin_subject(struct message *m, const struct transaction_key *key,
					  __u32 slot)
{
	m->subject.base = tuple_word(m->client, key->client_port, mark_of(m->resolver, key->scope));
	m->subject.whole = hash_whole(m->subject.base, key->id);
	m->slot = slot;
}

/*
 * The transaction's key: the resolver by its slot; by a hash of its address when it has none, or
 * when it had none at the time.
 */
static __always_inline void set_subject_key(struct message *m, const struct transaction_key *key)
{
	__u32 resolver = m->slot;

	if (!resolver)
		resolver = RESOLVER_UNLISTED | mark_of(m->resolver, key->scope);
	set_key_words(&m->subject.key, &key->client, key->client_port, key->id, resolver);
}

static __always_inline void set_subject(struct message *m, const struct transaction_key *key,
					__u32 slot)
{
	begin_subject(m, key, slot);
	set_subject_key(m, key);
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

/* Age decides, not who looks first: an arrival that has ended one too old has timed it out. */
static __always_inline __u64 not_timed_out(struct message *m, __u64 word)
{
	if (age_of(word, time_of(m)) <= config.timeout_ns)
		return word;
	time_out(&m->subject, word, m->now);
	return 0;
}

/*
 * An arrival looks for its transaction, begin_subject() done. Returns the word of the one that it
 * ends, or 0.
 */
static __always_inline __u64 end_by_arrival(struct message *m, const struct transaction_key *key)
{
	struct bucket *b;
	struct look l;
	__u64 word;

	if (!transaction_look(&m->subject, &b, &l))
		return 0;
	set_subject_key(m, key);
	word = transaction_end(&m->subject, b, &l);
	return word ? not_timed_out(m, word) : 0;
}

/* The word of the remembered transaction that this arrival is late for, or 0. */
static __always_inline __u64 recall(struct message *m, const struct transaction_key *key)
{
	if (!may_recall(m->subject.whole))
		return 0;
	set_subject_key(m, key);
	return recall_oldest(&m->subject, time_of(m), config.timeout_ns);
}

static __always_inline void count_query(struct lane *l, enum opened result)
{
	count(l, COUNTER_QUERIES);
	if (result == OPENED)
		count(l, COUNTER_TRANSACTIONS);
	else if (result == RETRANSMITTED)
		count(l, COUNTER_RETRANSMISSIONS);
	else
		count(l, COUNTER_UNTRACKED);
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
		word = end_elsewhere(&m->subject);
		if (word)
			time_out(&m->subject, word, m->now);
	} else if (word) {
		struct opening o = {.now = m->now, .timeout = config.timeout_ns};
		struct lane *l = lane_of(SLOT_OTHER);

		transaction_open(&m->subject, &o);
		count_query(l, o.result);
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
	begin_subject(m, key, SLOT_OTHER);
	word = end_by_arrival(m, key);
	if (!word && recalls) {
		word = recall(m, key);
		*recalled = !!word;
	}
	if (!word)
		begin_subject(m, key, slot);
	return word;
}

/*
 * What an arrival finds, begin_subject() done: the word of the transaction that it ends, or with
 * *late set, that it is late for. 0: nothing.
 */
static __always_inline __u64 find_outcome(struct message *m, const struct transaction_key *key,
					  int recalls, int *late)
{
	__u64 word = end_by_arrival(m, key);

	*late = 0;
	if (word)
		return word;
	if (may_be_unlisted(m)) /* these were first: it is late for the oldest */
		word = end_unlisted(m, key, recalls, late);
	if (!word && recalls) {
		word = recall(m, key);
		*late = !!word;
	}
	return word;
}

#endif
