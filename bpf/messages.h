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
__noinline int parse_next_message(struct __sk_buff *skb, struct pkt_info *o, __u32 i)
{
	struct pkt p = pkt_from_skb(skb);
	__u8 kind;

	if (!o)
		return 0;
	kind = o->kind;
	if (!parse_message(&p, i * o->segment, kind == PKT_QUERY ? DIRECTION_OUT : DIRECTION_IN, o))
		return 1;
	if (o->kind == PKT_UNPARSED)
		count_self(o->unparsed);
	o->kind = kind;
	return 0;
}

/* As account_message(), once more. */
__noinline int account_next_query(const struct pkt_info *o, struct pkt_ctx *m)
{
	return o && m ? account_message(o, m, 0, DIRECTION_OUT) : 0;
}

__noinline int account_next_response(const struct pkt_info *o, struct pkt_ctx *m)
{
	return o && m ? account_message(o, m, 0, DIRECTION_IN) : 0;
}

static __always_inline void account_segments(struct __sk_buff *skb, struct pkt_info *o,
					     struct pkt_ctx *m, enum pkt_direction direction)
{
	__u32 count = (o->length + o->segment - 1) / o->segment, i;
	__u32 within = 1 + (OFFSET_MAX - o->payload) / o->segment;
	int out = direction == DIRECTION_OUT;

	if (within > SEGMENTS_MAX)
		within = SEGMENTS_MAX;
	for (i = is_unread(o) ? 0 : 1; i < SEGMENTS_MAX && i < within && i < count; i++) {
		if (!parse_next_message(skb, o, i))
			continue;
		if (out)
			account_next_query(o, m);
		else
			account_next_response(o, m);
	}
	if (count > within)
		account_unparsed_segments(&o->key, m, count - within, out);
}

/* ---- the whole packet ------------------------------------------------------------------- */

/* What is not ordinary. Returns this CPU's record, or NULL when nothing of ours is in sight. */
static __always_inline struct cpu_record *parse_slow_path(struct __sk_buff *skb,
							  enum pkt_direction direction)
{
	struct cpu_record *r = cpu_record_lookup();
	struct parse_scratch *s;

	if (!r)
		return 0;
	s = parse_scratch_of(r);
	if (direction == DIRECTION_OUT)
		parse_packet_out(skb, s);
	else
		parse_packet_in(skb, s);
	if (s->o.kind == PKT_NONE || counted_on_vlan_dev(&s->o, skb->ifindex))
		return 0;
	s->o.client_hash = addr_hash(sizes.seed, &s->o.key.client);
	return r;
}

static __always_inline void sample_or_drop(struct __sk_buff *skb, const struct pkt_info *o,
					   struct cpu_record *record, int effect, __u64 now)
{
	if (is_sample_refused(effect, now))
		sample_drop(record);
	else
		sample_send(skb, o, effect, now);
}

/* On the stack there is no room for it beside the deepest calls. */
static __always_inline struct pkt_ctx *pkt_ctx_init(struct cpu_record *r)
{
	struct pkt_ctx *m = (struct pkt_ctx *)r->pkt_ctx;

	_Static_assert(sizeof(*m) <= sizeof(r->pkt_ctx), "room for a message");
	__builtin_memset(m, 0, sizeof(*m));
	if (config.clock_injected)
		m->now = engine_clock();
	return m;
}

static __always_inline void account_packet(struct __sk_buff *skb, struct pkt_info *o,
					   struct cpu_record *record, enum pkt_direction direction)
{
	struct pkt_ctx *m = pkt_ctx_init(record);
	__u64 address, digest;
	int effect;

	if (o->kind == PKT_UNPARSED) {
		if (!is_duplicate(record, o->digest, skb->ifindex, &m->now))
			atomic_add(&record->self.n[o->unparsed < SELF_MAX ? o->unparsed : 0], 1);
		return;
	}
	m->client_hash = o->client_hash;
	address = resolver_cache_lookup(&record->resolver_cache, &o->key, m);
	digest = pkt_digest(direction, o->client_hash, address, o->key.client_port,
			    o->key.resolver_port, o->key.id, o->digest);
	if (is_duplicate(record, digest, skb->ifindex, &m->now))
		return;
	if (o->key.scope) {
		pkt_info_set_scope(o);
		m->resolver_number = resolver_lookup(&o->key, m->resolver_hash);
	}
	effect = is_unread(o) ? ICMP_UNMATCHED : account_message(o, m, skb->ifindex, direction);
	if (direction == DIRECTION_IN && o->kind == PKT_UNREACHABLE)
		sample_or_drop(skb, o, record, effect, m->now);
	if (o->segment && is_dns(o))
		account_segments(skb, o, m, direction);
	record->time = m->now;
	if (m->now)
		record->clock = m->now;
}

static __always_inline void process_packet(struct __sk_buff *skb, enum pkt_direction direction)
{
	struct pkt p = pkt_from_skb(skb);
	struct cpu_record *record = 0;
	enum fast_result answer = fast_parse(&p, direction, &record);

	if (answer == FAST_IGNORE)
		return;
	if (answer >= FAST_SAMPLE_UNMATCHED && record) {
		sample_send(skb, &parse_scratch_of(record)->o,
			    answer == FAST_SAMPLE_MATCHED ? ICMP_MATCHED : ICMP_UNMATCHED, 0);
		return;
	}
	if (answer == FAST_FALLBACK)
		record = parse_slow_path(skb, direction);
	if (record)
		account_packet(skb, &parse_scratch_of(record)->o, record, direction);
}

/* ---- the sweep -------------------------------------------------------------------------- */

/* One of those that a run may end was ended. Returns 1 to end the walk, else 0. */
static __always_inline long sweep_use_budget(void)
{
	if (engine.sweep_budget > 1) {
		engine.sweep_budget--;
		return 0;
	}
	engine.sweep_again = 1;
	return 1;
}

/* One way of a bucket. Returns 1 when it ended what was there. */
static __always_inline int sweep_slot(struct bucket *b, __u32 i, __u64 now, int behind)
{
	__u64 word = load_acquire(b->state[i]);
	struct flow s;

	if (!(word & STATE_OPEN) || flow_age(word, now) <= config.timeout_ns)
		return 0;
	flow_key_copy(&s.key, &b->key[i]);
	if (!bucket_remove(b, i, word))
		return 0;
	flow_set_hash(&s);
	if (behind)
		flow_unlink_overflow(bucket_by_tuple(&s), &s, word);
	flow_time_out(&s, word, now);
	return 1;
}

static __always_inline long sweep_bucket(struct bucket *b, __u64 now, int behind)
{
	__u32 i;

	for (i = 0; i < BUCKET_SLOTS; i++) {
		if (sweep_slot(b, i, now, behind) && sweep_use_budget())
			return 1;
	}
	return 0;
}

CALLBACK sweep_by_tuple(map_ptr map, const void *key, void *value, void *context)
{
	return sweep_bucket(value, *(__u64 *)context, 0);
}

CALLBACK sweep_by_key(map_ptr map, const void *key, void *value, void *context)
{
	return sweep_bucket(value, *(__u64 *)context, 1);
}

CALLBACK sweep_overflow(map_ptr map, const void *key, void *value, void *context)
{
	__u64 word = READ_ONCE(((struct flow_state *)value)->state);
	__u64 now = *(__u64 *)context;
	struct flow s;

	flow_key_copy(&s.key, key);
	if (!(word & STATE_OPEN)) {
		overflow_collect(&s.key, now);
		return 0;
	}
	if (flow_age(word, now) <= config.timeout_ns)
		return 0;
	flow_set_hash(&s);
	word = flow_close_aged(&s, word);
	if (!word)
		return 0;
	flow_time_out(&s, word, now);
	return sweep_use_budget();
}

static __always_inline void sweep_all(void)
{
	__u64 now = engine_clock();

	if (engine.reserve_cmd == RESERVE_WANTED)
		resolver_reserve();
	engine.sweep_again = 0;
	engine.sweep_budget = SWEEP_BUDGET;
	if (sizes.has_buckets) {
		bpf_for_each_map_elem(&flows_by_tuple, sweep_by_tuple, &now, 0);
		bpf_for_each_map_elem(&flows_by_key, sweep_by_key, &now, 0);
	}
	bpf_for_each_map_elem(&flows_overflow, sweep_overflow, &now, 0);
	expired_reset(now, config.timeout_ns);
}

#endif
