/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The short way: an ordinary message whose outcome one look into one bucket tells, from its headers
 * to its counters without a note in memory between. A query that opens a transaction, what ends
 * one, and what fits nothing: nearly all there is. Whatever else it may be, nothing is changed and
 * the long way is gone from the beginning: engine.h has the whole truth, and this is the same in
 * short. (Also after seen_before(): on the same interface a packet is always a new one.)
 */
#ifndef SHORT_H
#define SHORT_H

#include "engine.h"
#include "told.h"

/* LONG: nothing is done yet. */
enum way { LONG, COUNTED, SAMPLE_OF_NOTHING, SAMPLE_OF_OUTCOME };

/* What is looked up for it. */
struct found {
	__u64 client, address; /* hashes of the two addresses */
	__u64 resolver;	       /* and with the port */
	__u64 base, whole;     /* as in struct subject */
	__u32 slot;	       /* 0: the resolver has no entry */
};

/* ---- the resolver ----------------------------------------------------------------------- */

/* Not of a link. */
static __always_inline int is_resolver(const struct resolver_key *key, const struct told *t)
{
	return half(&key->address, 1) == resolver_half(t, 1) &&
	       half(&key->address, 0) == resolver_half(t, 0) &&
	       half(&key->address, 2) == resolver_end(0, resolver_port(t));
}

static __always_inline void know(struct known_resolver *known, const struct told *t,
				 const struct found *f)
{
	set_halves(&known->key.address, resolver_half(t, 0), resolver_half(t, 1));
	((any64 *)&known->key)[2] = resolver_end(0, resolver_port(t));
	known->address_hash = f->address;
	known->hash = f->resolver;
	known->slot = f->slot;
}

/* Returns 0 when one look into the index does not tell. */
static __always_inline int find_resolver(struct known_resolver *known, struct told *t,
					 struct found *f)
{
	struct index_line *line;
	struct slot *s;
	__u64 word;

	if (is_resolver(&known->key, t) && known->slot) {
		f->address = known->address_hash;
		f->resolver = known->hash;
		f->slot = known->slot;
		return 1;
	}
	read_again(t);
	f->address = hash_halves(sizes.seed, resolver_half(t, 0), resolver_half(t, 1));
	f->resolver = mix(f->address, resolver_port(t));
	line = row(slot_index, line_of(f->resolver, 0));
	if (!line)
		return 0;
	read_again(t);
	word = load_first(line->word[0]);
	f->slot = word;
	if (!word)
		return 1;
	s = row(slots, f->slot);
	if (word >> 32 != f->resolver >> 32 || !s || !is_resolver(&s->key, t))
		return 0;
	know(known, t, f);
	return 1;
}

static __always_inline struct bucket *find_bucket(struct told *t, struct found *f)
{
	read_again(t);
	f->client = hash_halves(sizes.seed, client_half(t, 0), client_half(t, 1));
	f->base = tuple_word(f->client, client_port(t), mark_of(f->resolver, 0));
	f->whole = hash_whole(f->base, told_dns(t)->id);
	return row(first, hash_tuple(f->base) & sizes.first_mask);
}

/* ---- the transaction -------------------------------------------------------------------- */

static __always_inline void set_told_key(struct flight_key *k, struct told *t, __u32 slot)
{
	struct ip_address client;

	read_again(t);
	set_halves(&client, client_half(t, 0), client_half(t, 1));
	set_key_words(k, &client, client_port(t), told_dns(t)->id, slot);
}

/* The open transaction that it belongs to, into *l; l->way of WAYS: not in this bucket. */
static __always_inline void look_for_told(struct bucket *b, struct told *t, const struct found *f,
					  struct look *l)
{
	struct flight_key key;
	__u64 like;

	begin_look(b, l);
	like = tags_like(l->head, tag_of(f->whole));
	if (!like)
		return;
	set_told_key(&key, t, f->slot);
	look_for_key(b, &key, like, l);
}

/* Not in its own bucket: nor in another one, nor remembered. */
static __always_inline int is_nowhere(struct bucket *b, const struct found *f)
{
	return !load_once(b->spilled) && !may_recall(f->whole);
}

/*
 * An arrival's resolver and transaction: k->way of WAYS, it fits nothing. Returns 0 when that takes
 * more than one look.
 */
static __always_inline int find_arrival(struct cpu_record *r, struct told *t, struct found *f,
					struct bucket **b, struct look *k)
{
	k->way = WAYS;
	if (!sizes.has_buckets || load_once(engine.unlisted) || !find_resolver(&r->known, t, f))
		return 0;
	*b = find_bucket(t, f);
	if (!*b)
		return 0;
	if (!f->slot)
		return 1;
	look_for_told(*b, t, f, k);
	return k->way < WAYS || is_nowhere(*b, f);
}

static __always_inline int seen_elsewhere(struct cpu_record *r, struct told *t,
					  const struct found *f, __u32 ifindex, __u64 *now)
{
	__u64 digest;

	read_again(t);
	digest = digest_of(t->role == TOLD_QUERY ? DIRECTION_OUT : DIRECTION_IN, f->client,
			   f->address, client_port(t), resolver_port(t), told_dns(t)->id,
			   told_digest(t));
	if (config.clock_injected)
		*now = engine_clock();
	return seen_before(r, digest, ifindex, now);
}

static __always_inline __u64 look_at_clock(struct cpu_record *r, __u64 now)
{
	if (!now)
		now = engine_clock();
	r->time = now;
	r->clock = now;
	return now;
}

/* ---- queries ---------------------------------------------------------------------------- */

static __always_inline enum way short_query(struct cpu_record *r, struct told *t, __u32 ifindex)
{
	struct flight_key key;
	struct bucket *b;
	struct found f;
	__u64 now = 0, head, like;
	struct look k;

	if (!sizes.has_buckets || !find_resolver(&r->known, t, &f) || !f.slot)
		return LONG; /* one that was opened without an entry has the same tag */
	b = find_bucket(t, &f);
	if (!b || load_once(b->spilled))
		return LONG;
	begin_look(b, &k);
	like = tags_like(k.head, tag_of(f.whole));
	if (like && !all_ended(b, k.head, like))
		return LONG;
	look_for_room(b, &k);
	if (k.free >= WAYS)
		return LONG;
	head = head_with(&k, f.whole);
	if (seen_elsewhere(r, t, &f, ifindex, &now))
		return COUNTED;
	now = look_at_clock(r, now);
	set_told_key(&key, t, f.slot);
	if (!put_into(b, &k, head, &key, word_of(now)))
		return LONG;
	count_query(lane_of(f.slot), OPENED);
	return COUNTED;
}

/* ---- responses -------------------------------------------------------------------------- */

/* Of no transaction; the resolver may have an entry. */
static __always_inline void count_stray_response(struct cpu_record *r, __u32 slot)
{
	struct lane *l;

	if (!slot)
		return add(&r->self.n[SELF_UNMATCHED_RESPONSES], 1);
	l = lane_of(slot);
	count(l, COUNTER_RESPONSES);
	count(l, COUNTER_UNMATCHED_RESPONSES);
}

static __always_inline enum way short_response(struct cpu_record *r, struct told *t, __u32 ifindex)
{
	struct bucket *b;
	struct found f;
	struct look k;
	__u64 now = 0;

	if (!find_arrival(r, t, &f, &b, &k))
		return LONG;
	if (seen_elsewhere(r, t, &f, ifindex, &now))
		return COUNTED;
	if (k.way >= WAYS) {
		count_stray_response(r, f.slot);
		return COUNTED;
	}
	now = look_at_clock(r, now);
	if (age_of(k.state, now) > config.timeout_ns || !take_out(b, k.way, k.state))
		return LONG;
	read_again(t);
	count_answered(f.slot, told_dns(t)->rcode & DNS_RCODE, told_dns(t)->flags & DNS_TC, k.state,
		       now);
	return COUNTED;
}

/* ---- unreachables ----------------------------------------------------------------------- */

static __always_inline int is_refusal(const struct told *t, __u32 ifindex)
{
	return ifindex == LOOPBACK_IFINDEX && reporter_half(t, 1) == client_half(t, 1) &&
	       reporter_half(t, 0) == client_half(t, 0);
}

static __always_inline int is_from_elsewhere(struct told *t)
{
	read_again(t);
	return reporter_half(t, 1) != resolver_half(t, 1) ||
	       reporter_half(t, 0) != resolver_half(t, 0);
}

/* As drop_sample() and send_sample() share it out. */
static __always_inline enum way sample_or_not(struct cpu_record *r, enum effect effect, __u64 now,
					      enum way way)
{
	if (!is_sample_refused(effect, now))
		return way;
	drop_sample(r);
	return COUNTED;
}

static __always_inline enum way stray_unreachable(struct cpu_record *r, struct told *t, __u32 slot,
						  __u64 now)
{
	struct lane *l;

	if (!slot) {
		add(&r->self.n[SELF_UNMATCHED_UNREACHABLES], 1);
	} else {
		l = lane_of(slot);
		count_unreachable(l, t->reason, is_from_elsewhere(t));
		count(l, COUNTER_UNMATCHED_UNREACHABLES);
	}
	return sample_or_not(r, EFFECT_NONE, now, SAMPLE_OF_NOTHING);
}

static __always_inline enum way short_unreachable(struct cpu_record *r, struct told *t,
						  __u32 ifindex)
{
	struct bucket *b;
	struct found f;
	struct lane *l;
	struct look k;
	__u64 now = 0;
	int elsewhere;

	if (is_refusal(t, ifindex) || !find_arrival(r, t, &f, &b, &k))
		return LONG;
	if (seen_elsewhere(r, t, &f, ifindex, &now))
		return COUNTED;
	r->time = now;
	if (k.way >= WAYS)
		return stray_unreachable(r, t, f.slot, now);
	now = clock_of_tick(r, opened_at(k.state));
	if (age_of(k.state, now) + CLOCK_OF_TICK_ERR >= config.timeout_ns ||
	    !take_out(b, k.way, k.state))
		return LONG;
	l = lane_of(f.slot);
	elsewhere = is_from_elsewhere(t);
	count_unreachable(l, t->reason, elsewhere);
	count_of(l, COUNTER_UNREACHABLE_PORT, t->reason);
	count_evidence(l, t->reason, elsewhere);
	note_failure(l, opened_at(k.state), now);
	return sample_or_not(r, EFFECT_FITS, now, SAMPLE_OF_OUTCOME);
}

#endif
