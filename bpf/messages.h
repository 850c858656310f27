/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The way of a packet from end to end, and the sweep: what the three programs call, and what the
 * native engine calls for replay and tests.
 */
#ifndef MESSAGES_H
#define MESSAGES_H

#include "quick.h"

/* ---- the other messages of one packet ---------------------------------------------------- */

/*
 * One packet may hold many messages (UDP GSO out, GRO in), the first of which is read already.
 * Message i into *o. Returns 1 when there is one, 0 when it is not ours or cannot be parsed.
 */
OWN_FUNCTION int next_message(struct __sk_buff *skb, struct observation *o, __u32 i)
{
	struct packet p = packet_of(skb);
	__u8 kind;

	if (!o)
		return 0;
	kind = o->kind;
	if (!read_message(&p, i * o->segment, kind == KIND_QUERY ? DIRECTION_OUT : DIRECTION_IN, o))
		return 1;
	if (o->kind == KIND_UNPARSED)
		count_self(o->unparsed);
	o->kind = kind;
	return 0;
}

/* As on_message(), once more. */
OWN_FUNCTION int on_query_again(const struct observation *o, struct message *m)
{
	return o && m ? on_message(o, m, 0, DIRECTION_OUT) : 0;
}

OWN_FUNCTION int on_response_again(const struct observation *o, struct message *m)
{
	return o && m ? on_message(o, m, 0, DIRECTION_IN) : 0;
}

static __always_inline void on_segments(struct __sk_buff *skb, struct observation *o,
					struct message *m, enum direction direction)
{
	__u32 count = (o->length + o->segment - 1) / o->segment, i;
	__u32 within = 1 + (OFFSET_MAX - o->payload) / o->segment;
	int out = direction == DIRECTION_OUT;

	if (within > SEGMENTS_MAX)
		within = SEGMENTS_MAX;
	for (i = is_unread(o) ? 0 : 1; i < SEGMENTS_MAX && i < within && i < count; i++) {
		if (!next_message(skb, o, i))
			continue;
		if (out)
			on_query_again(o, m);
		else
			on_response_again(o, m);
	}
	if (count > within)
		on_unparsed_segments(&o->key, m, count - within, out);
}

/* ---- the whole packet ------------------------------------------------------------------- */

/* What is not ordinary. Returns this CPU's record, or NULL when nothing of ours is in sight. */
static __always_inline struct cpu_record *look_closer(struct __sk_buff *skb,
						      enum direction direction)
{
	struct cpu_record *r = own_record();
	struct sight *s;

	if (!r)
		return 0;
	s = sight_of(r);
	if (direction == DIRECTION_OUT)
		observe_out(skb, s);
	else
		observe_in(skb, s);
	if (s->o.kind == KIND_NONE || left_to_vlan_device(&s->o, skb->ifindex))
		return 0;
	s->o.client_hash = hash_address(sizes.seed, &s->o.key.client);
	return r;
}

static __always_inline void sample(struct __sk_buff *skb, const struct observation *o,
				   struct cpu_record *record, int effect, __u64 now)
{
	if (is_sample_refused(effect, now))
		drop_sample(record);
	else
		send_sample(skb, o, effect, now);
}

/* On the stack there is no room for it beside the deepest calls. */
static __always_inline struct message *begin_message(struct cpu_record *r)
{
	struct message *m = (struct message *)r->message;

	_Static_assert(sizeof(*m) <= sizeof(r->message), "room for a message");
	__builtin_memset(m, 0, sizeof(*m));
	if (config.clock_injected)
		m->now = engine_clock();
	return m;
}

static __always_inline void on_observation(struct __sk_buff *skb, struct observation *o,
					   struct cpu_record *record, enum direction direction)
{
	struct message *m = begin_message(record);
	__u64 address, digest;
	int effect;

	if (o->kind == KIND_UNPARSED) {
		if (!seen_before(record, o->digest, skb->ifindex, &m->now))
			add(&record->self.n[o->unparsed < SELF_MAX ? o->unparsed : 0], 1);
		return;
	}
	m->client = o->client_hash;
	address = recognize(&record->known, &o->key, m);
	digest = digest_of(direction, o->client_hash, address, o->key.client_port,
			   o->key.resolver_port, o->key.id, o->digest);
	if (seen_before(record, digest, skb->ifindex, &m->now))
		return;
	if (o->key.scope) {
		set_scope(o);
		m->listed = slot_find(&o->key, m->resolver);
	}
	effect = is_unread(o) ? EFFECT_NONE : on_message(o, m, skb->ifindex, direction);
	if (direction == DIRECTION_IN && o->kind == KIND_UNREACHABLE)
		sample(skb, o, record, effect, m->now);
	if (o->segment && is_dns(o))
		on_segments(skb, o, m, direction);
	record->time = m->now;
	if (m->now)
		record->clock = m->now;
}

static __always_inline void on_packet(struct __sk_buff *skb, enum direction direction)
{
	struct packet p = packet_of(skb);
	struct cpu_record *record = 0;
	enum quick answer = quick_look(&p, direction, &record);

	if (answer == NOT_OURS)
		return;
	if (answer >= SAMPLE_NOTHING && record) {
		send_sample(skb, &sight_of(record)->o,
			    answer == SAMPLE_OUTCOME ? EFFECT_FITS : EFFECT_NONE, 0);
		return;
	}
	if (answer == LOOK_CLOSER)
		record = look_closer(skb, direction);
	if (record)
		on_observation(skb, &sight_of(record)->o, record, direction);
}

/* ---- the sweep -------------------------------------------------------------------------- */

/* One of those that a run may end was ended. Returns 1 to end the walk, else 0. */
static __always_inline long swept_one(void)
{
	if (engine.left > 1) {
		engine.left--;
		return 0;
	}
	engine.unswept = 1;
	return 1;
}

/* One way of a bucket. Returns 1 when it ended what was there. */
static __always_inline int sweep_way(struct bucket *b, __u32 i, __u64 now, int behind)
{
	__u64 word = load_first(b->state[i]);
	struct subject s;

	if (!(word & STATE_OPEN) || age_of(word, now) <= config.timeout_ns)
		return 0;
	copy_key(&s.key, &b->key[i]);
	if (!take_out(b, i, word))
		return 0;
	set_hashes(&s);
	if (behind)
		leave(first_of(&s), &s, word);
	time_out(&s, word, now);
	return 1;
}

static __always_inline long sweep_bucket(struct bucket *b, __u64 now, int behind)
{
	__u32 i;

	for (i = 0; i < WAYS; i++) {
		if (sweep_way(b, i, now, behind) && swept_one())
			return 1;
	}
	return 0;
}

CALLBACK sweep_first(any_map map, const void *key, void *value, void *context)
{
	return sweep_bucket(value, *(__u64 *)context, 0);
}

CALLBACK sweep_second(any_map map, const void *key, void *value, void *context)
{
	return sweep_bucket(value, *(__u64 *)context, 1);
}

CALLBACK sweep_overflow(any_map map, const void *key, void *value, void *context)
{
	__u64 word = load_once(((struct transaction *)value)->state);
	__u64 now = *(__u64 *)context;
	struct subject s;

	copy_key(&s.key, key);
	if (!(word & STATE_OPEN)) {
		overflow_collect(&s.key, now);
		return 0;
	}
	if (age_of(word, now) <= config.timeout_ns)
		return 0;
	set_hashes(&s);
	word = end_aged(&s, word);
	if (!word)
		return 0;
	time_out(&s, word, now);
	return swept_one();
}

static __always_inline void on_sweep(void)
{
	__u64 now = engine_clock();

	if (engine.reserve == RESERVE_WANTED)
		slot_reserve();
	engine.unswept = 0;
	engine.left = SWEEP_AT_ONCE;
	if (sizes.has_buckets) {
		bpf_for_each_map_elem(&first, sweep_first, &now, 0);
		bpf_for_each_map_elem(&second, sweep_second, &now, 0);
	}
	bpf_for_each_map_elem(&overflow, sweep_overflow, &now, 0);
	forget_all(now, config.timeout_ns);
}

#endif
