/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The fast path: an ordinary message whose outcome one look into one bucket tells, from its headers
 * to its counters without a note in memory between. A query that opens a transaction, what ends
 * one, and what fits nothing: nearly all there is. Whatever else it may be, nothing is changed and
 * the slow path is gone from the beginning: engine.h has the whole truth, and this is the same in
 * short. (Also after is_duplicate(): on the same interface a packet is always a new one.)
 */
#ifndef SHORT_H
#define SHORT_H

#include "engine.h"
#include "told.h"

/* LONG: nothing is done yet. */
enum count_result { COUNT_FALLBACK, COUNT_DONE, COUNT_SAMPLE_UNMATCHED, COUNT_SAMPLE_MATCHED };

/* What is looked up for it. */
struct fast_lookup {
	__u64 client_hash, address_hash; /* hashes of the two addresses */
	__u64 resolver_hash;		 /* and with the port */
	__u64 tuple, hash;		 /* as in struct subject */
	__u32 number;			 /* 0: the resolver has no entry */
};

/* ---- the resolver ----------------------------------------------------------------------- */

/* Not of a link. */
static __always_inline int is_view_resolver(const struct resolver_key *key,
					    const struct pkt_view *t)
{
	return addr_u64(&key->address, 1) == view_resolver_u64(t, 1) &&
	       addr_u64(&key->address, 0) == view_resolver_u64(t, 0) &&
	       addr_u64(&key->address, 2) == resolver_tail(0, view_resolver_port(t));
}

static __always_inline void resolver_cache_store(struct resolver_cache *cache,
						 const struct pkt_view *t,
						 const struct fast_lookup *f)
{
	addr_set_u64(&cache->key.address, view_resolver_u64(t, 0), view_resolver_u64(t, 1));
	((u64_alias *)&cache->key)[2] = resolver_tail(0, view_resolver_port(t));
	cache->address_hash = f->address_hash;
	cache->hash = f->resolver_hash;
	cache->number = f->number;
}

/* Returns 0 when one look into the index does not tell. */
static __always_inline int fast_find_resolver(struct resolver_cache *cache, struct pkt_view *t,
					      struct fast_lookup *f)
{
	struct resolver_line *line;
	struct resolver_entry *s;
	__u64 word;

	if (is_view_resolver(&cache->key, t) && cache->number) {
		f->address_hash = cache->address_hash;
		f->resolver_hash = cache->hash;
		f->number = cache->number;
		return 1;
	}
	barrier_var(t->ip);
	f->address_hash =
		addr_hash_u64(sizes.seed, view_resolver_u64(t, 0), view_resolver_u64(t, 1));
	f->resolver_hash = hash_mix(f->address_hash, view_resolver_port(t));
	line = array_elem(resolver_table, resolver_line_index(f->resolver_hash, 0));
	if (!line)
		return 0;
	barrier_var(t->ip);
	word = load_acquire(line->word[0]);
	f->number = word;
	if (!word)
		return 1;
	s = array_elem(resolvers, f->number);
	if (word >> 32 != f->resolver_hash >> 32 || !s || !is_view_resolver(&s->key, t))
		return 0;
	resolver_cache_store(cache, t, f);
	return 1;
}

static __always_inline struct bucket *fast_find_bucket(struct pkt_view *t, struct fast_lookup *f)
{
	barrier_var(t->ip);
	f->client_hash = addr_hash_u64(sizes.seed, view_client_u64(t, 0), view_client_u64(t, 1));
	f->tuple = tuple_word(f->client_hash, view_client_port(t),
			      resolver_hash31(f->resolver_hash, 0));
	f->hash = flow_hash(f->tuple, view_dns(t)->id);
	return array_elem(flows_by_tuple, tuple_hash(f->tuple) & sizes.flows_by_tuple_mask);
}

/* ---- the transaction -------------------------------------------------------------------- */

static __always_inline void view_set_flow_key(struct flow_key *k, struct pkt_view *t, __u32 number)
{
	struct ip_address client;

	barrier_var(t->ip);
	addr_set_u64(&client, view_client_u64(t, 0), view_client_u64(t, 1));
	flow_set_key(k, &client, view_client_port(t), view_dns(t)->id, number);
}

/* The open transaction that it belongs to, into *l; l->way of WAYS: not in this bucket. */
static __always_inline void fast_find_flow(struct bucket *b, struct pkt_view *t,
					   const struct fast_lookup *f, struct bucket_probe *l)
{
	struct flow_key key;
	__u64 matches;

	bucket_probe_init(b, l);
	matches = ctrl_match_tag(l->ctrl, flow_tag(f->hash));
	if (!matches)
		return;
	view_set_flow_key(&key, t, f->number);
	bucket_find_key(b, &key, matches, l);
}

/* Not in its own bucket: nor in another one, nor remembered. */
static __always_inline int is_in_no_table(struct bucket *b, const struct fast_lookup *f)
{
	return !READ_ONCE(b->overflowed) && !may_be_expired(f->hash);
}

/*
 * An arrival's resolver and transaction: k->way of WAYS, it fits nothing. Returns 0 when that takes
 * more than one look.
 */
static __always_inline int fast_find_arrival(struct cpu_record *r, struct pkt_view *t,
					     struct fast_lookup *f, struct bucket **b,
					     struct bucket_probe *k)
{
	k->slot = BUCKET_SLOTS;
	if (!sizes.has_buckets || READ_ONCE(engine.unlisted) ||
	    !fast_find_resolver(&r->resolver_cache, t, f))
		return 0;
	*b = fast_find_bucket(t, f);
	if (!*b)
		return 0;
	if (!f->number)
		return 1;
	fast_find_flow(*b, t, f, k);
	return k->slot < BUCKET_SLOTS || is_in_no_table(*b, f);
}

static __always_inline int fast_is_duplicate(struct cpu_record *r, struct pkt_view *t,
					     const struct fast_lookup *f, __u32 ifindex, __u64 *now)
{
	__u64 digest;

	barrier_var(t->ip);
	digest = pkt_digest(t->kind == VIEW_QUERY ? DIRECTION_OUT : DIRECTION_IN, f->client_hash,
			    f->address_hash, view_client_port(t), view_resolver_port(t),
			    view_dns(t)->id, view_digest(t));
	if (config.clock_injected)
		*now = engine_clock();
	return is_duplicate(r, digest, ifindex, now);
}

static __always_inline __u64 read_clock(struct cpu_record *r, __u64 now)
{
	if (!now)
		now = engine_clock();
	r->time = now;
	r->clock = now;
	return now;
}

/* ---- queries ---------------------------------------------------------------------------- */

static __always_inline enum count_result fast_query(struct cpu_record *r, struct pkt_view *t,
						    __u32 ifindex)
{
	struct flow_key key;
	struct bucket *b;
	struct fast_lookup f;
	__u64 now = 0, ctrl, matches;
	struct bucket_probe k;

	if (!sizes.has_buckets || !fast_find_resolver(&r->resolver_cache, t, &f) || !f.number)
		return COUNT_FALLBACK; /* one that was opened without an entry has the same tag */
	b = fast_find_bucket(t, &f);
	if (!b || READ_ONCE(b->overflowed))
		return COUNT_FALLBACK;
	bucket_probe_init(b, &k);
	matches = ctrl_match_tag(k.ctrl, flow_tag(f.hash));
	if (matches && !has_only_ended_matches(b, k.ctrl, matches))
		return COUNT_FALLBACK;
	bucket_find_free(b, &k);
	if (k.free >= BUCKET_SLOTS)
		return COUNT_FALLBACK;
	ctrl = ctrl_claim(&k, f.hash);
	if (fast_is_duplicate(r, t, &f, ifindex, &now))
		return COUNT_DONE;
	now = read_clock(r, now);
	view_set_flow_key(&key, t, f.number);
	if (!bucket_insert(b, &k, ctrl, &key, flow_open_word(now)))
		return COUNT_FALLBACK;
	count_query(counters_of(f.number), OPEN_NEW);
	return COUNT_DONE;
}

/* ---- responses -------------------------------------------------------------------------- */

/* Of no transaction; the resolver may have an entry. */
static __always_inline void count_unmatched_response(struct cpu_record *r, __u32 number)
{
	struct percpu_counters *l;

	if (!number)
		return atomic_add(&r->self.n[SELF_UNMATCHED_RESPONSES], 1);
	l = counters_of(number);
	count_one(l, COUNTER_RESPONSES);
	count_one(l, COUNTER_UNMATCHED_RESPONSES);
}

static __always_inline enum count_result fast_response(struct cpu_record *r, struct pkt_view *t,
						       __u32 ifindex)
{
	struct bucket *b;
	struct fast_lookup f;
	struct bucket_probe k;
	__u64 now = 0;

	if (!fast_find_arrival(r, t, &f, &b, &k))
		return COUNT_FALLBACK;
	if (fast_is_duplicate(r, t, &f, ifindex, &now))
		return COUNT_DONE;
	if (k.slot >= BUCKET_SLOTS) {
		count_unmatched_response(r, f.number);
		return COUNT_DONE;
	}
	now = read_clock(r, now);
	if (flow_age(k.state, now) > config.timeout_ns || !bucket_remove(b, k.slot, k.state))
		return COUNT_FALLBACK;
	barrier_var(t->ip);
	count_answered(f.number, view_dns(t)->rcode & DNS_RCODE, view_dns(t)->flags & DNS_TC,
		       k.state, now);
	return COUNT_DONE;
}

/* ---- unreachables ----------------------------------------------------------------------- */

static __always_inline int is_view_refusal(const struct pkt_view *t, __u32 ifindex)
{
	return ifindex == LOOPBACK_IFINDEX && view_reporter_u64(t, 1) == view_client_u64(t, 1) &&
	       view_reporter_u64(t, 0) == view_client_u64(t, 0);
}

static __always_inline int is_from_elsewhere(struct pkt_view *t)
{
	barrier_var(t->ip);
	return view_reporter_u64(t, 1) != view_resolver_u64(t, 1) ||
	       view_reporter_u64(t, 0) != view_resolver_u64(t, 0);
}

/* As sample_drop() and sample_send() share it out. */
static __always_inline enum count_result fast_sample(struct cpu_record *r, enum icmp_effect effect,
						     __u64 now, enum count_result result)
{
	if (!is_sample_refused(effect, now))
		return result;
	sample_drop(r);
	return COUNT_DONE;
}

static __always_inline enum count_result
fast_unmatched_unreachable(struct cpu_record *r, struct pkt_view *t, __u32 number, __u64 now)
{
	struct percpu_counters *l;

	if (!number) {
		atomic_add(&r->self.n[SELF_UNMATCHED_UNREACHABLES], 1);
	} else {
		l = counters_of(number);
		count_unreachable(l, t->reason, is_from_elsewhere(t));
		count_one(l, COUNTER_UNMATCHED_UNREACHABLES);
	}
	return fast_sample(r, ICMP_UNMATCHED, now, COUNT_SAMPLE_UNMATCHED);
}

static __always_inline enum count_result fast_unreachable(struct cpu_record *r, struct pkt_view *t,
							  __u32 ifindex)
{
	struct bucket *b;
	struct fast_lookup f;
	struct percpu_counters *l;
	struct bucket_probe k;
	__u64 now = 0;
	int elsewhere;

	if (is_view_refusal(t, ifindex) || !fast_find_arrival(r, t, &f, &b, &k))
		return COUNT_FALLBACK;
	if (fast_is_duplicate(r, t, &f, ifindex, &now))
		return COUNT_DONE;
	r->time = now;
	if (k.slot >= BUCKET_SLOTS)
		return fast_unmatched_unreachable(r, t, f.number, now);
	now = clock_in_tick(r, flow_opened_at(k.state));
	if (flow_age(k.state, now) + CLOCK_IN_TICK_ERR >= config.timeout_ns ||
	    !bucket_remove(b, k.slot, k.state))
		return COUNT_FALLBACK;
	l = counters_of(f.number);
	elsewhere = is_from_elsewhere(t);
	count_unreachable(l, t->reason, elsewhere);
	count_in_group(l, COUNTER_UNREACHABLE_PORT, t->reason);
	count_evidence(l, t->reason, elsewhere);
	update_failure(l, flow_opened_at(k.state), now);
	return fast_sample(r, ICMP_MATCHED, now, COUNT_SAMPLE_MATCHED);
}

#endif
