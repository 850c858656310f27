/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Fast path, second half: counts an ordinary message by one search in one bucket, from its headers
 * to its counters. Covers a query that opens a transaction, an arrival that ends one and an
 * unmatched arrival: nearly all messages. In any other case it returns FAST_FALLBACK before
 * changing state, and the slow path (account.h) handles the packet from the start. After
 * is_duplicate() a fallback is safe too: on the same interface a packet is never a duplicate.
 */
#ifndef FAST_COUNT_H
#define FAST_COUNT_H

#include "account.h"
#include "dedup.h"
#include "fast_parse.h"
#include "icmp_sample.h"

/* Hashes and number of a message's resolver and transaction. */
struct fast_lookup {
	__u64 client_hash, address_hash; /* of the two addresses */
	__u64 resolver_hash;		 /* of the resolver's address and port */
	__u64 tuple, hash;		 /* as in struct flow */
	__u32 number;			 /* 0: the resolver has no entry */
};

/* ---- the resolver ---------------------------------------------------------------------- */

/* Compares with a resolver that is not fe80::/10. */
static __always_inline int is_view_resolver(const struct resolver_key *key,
					    const struct pkt_view *view)
{
	return addr_u64(&key->address, 1) == view_resolver_u64(view, 1) &&
	       addr_u64(&key->address, 0) == view_resolver_u64(view, 0) &&
	       addr_u64(&key->address, 2) ==
		       resolver_tail(0, view_resolver_port(view), view->origin);
}

static __always_inline void resolver_cache_store(struct resolver_cache *cache,
						 const struct pkt_view *view,
						 const struct fast_lookup *found, __u32 flags)
{
	addr_set_u64(&cache->key.address, view_resolver_u64(view, 0), view_resolver_u64(view, 1));
	((u64_alias *)&cache->key)[2] = resolver_tail(0, view_resolver_port(view), view->origin);
	cache->address_hash = found->address_hash;
	cache->hash = found->resolver_hash;
	cache->number = found->number;
	cache->flags = flags;
}

/* Finds the resolver by at most one row of the table. Returns 0 when that does not suffice. */
static __always_inline int fast_find_resolver(struct resolver_cache *cache, struct pkt_view *view,
					      struct fast_lookup *found)
{
	struct resolver_line *line;
	struct resolver_entry *entry;
	__u64 word;

	if (is_view_resolver(&cache->key, view) && cache->number) {
		found->address_hash = cache->address_hash;
		found->resolver_hash = cache->hash;
		found->number = cache->number;
		return 1;
	}
	barrier_var(view->ip);
	found->address_hash =
		addr_hash_u64(sizes.seed, view_resolver_u64(view, 0), view_resolver_u64(view, 1));
	found->resolver_hash =
		hash_mix(found->address_hash, resolver_end(view_resolver_port(view), view->origin));
	line = array_elem(resolver_table, resolver_line_index(found->resolver_hash, 0));
	if (!line)
		return 0;
	barrier_var(view->ip);
	word = load_acquire(line->word[0]);
	found->number = word;
	if (!word)
		return 1;
	entry = array_elem(resolvers, found->number);
	if (word >> 32 != found->resolver_hash >> 32 || !entry ||
	    !is_view_resolver(&entry->key, view))
		return 0;
	resolver_cache_store(cache, view, found, READ_ONCE(entry->flags));
	return 1;
}

static __always_inline struct bucket *fast_find_bucket(struct pkt_view *view,
						       struct fast_lookup *found)
{
	barrier_var(view->ip);
	found->client_hash =
		addr_hash_u64(sizes.seed, view_client_u64(view, 0), view_client_u64(view, 1));
	found->tuple = tuple_word(found->client_hash, view_client_port(view),
				  resolver_hash30(found->resolver_hash, 0));
	found->hash = flow_hash(found->tuple, view_dns(view)->id);
	return array_elem(flows_by_tuple, tuple_hash(found->tuple) & sizes.flows_by_tuple_mask);
}

/* ---- the transaction ------------------------------------------------------------------- */

static __always_inline void view_set_flow_key(struct flow_key *k, struct pkt_view *view,
					      __u32 number)
{
	struct ip_address client;

	barrier_var(view->ip);
	addr_set_u64(&client, view_client_u64(view, 0), view_client_u64(view, 1));
	flow_set_key(k, &client, view_client_port(view), view_dns(view)->id, number);
}

/* Finds the open transaction of a message in one bucket; probe->slot of BUCKET_SLOTS: not there. */
static __always_inline void fast_find_flow(struct bucket *b, struct pkt_view *view,
					   const struct fast_lookup *found,
					   struct bucket_probe *probe)
{
	struct flow_key key;
	__u64 matches;

	bucket_probe_init(b, probe);
	matches = ctrl_match_tag(probe->ctrl, flow_tag(found->hash));
	if (!matches)
		return;
	view_set_flow_key(&key, view, found->number);
	bucket_find_key(b, &key, matches, probe);
}

/*
 * Tests that a transaction that is not in this bucket is in no later table and not among the
 * expired.
 */
static __always_inline int is_in_no_table(struct bucket *b, const struct fast_lookup *found)
{
	return !READ_ONCE(b->overflowed) && !may_be_expired(found->hash);
}

/*
 * Finds resolver and transaction of an arrival; probe->slot of BUCKET_SLOTS: unmatched. Returns 0
 * when one search does not suffice: on `lo` an unmatched one may be translated.
 */
static __always_inline int fast_find_arrival(struct cpu_record *record, struct pkt_view *view,
					     struct fast_lookup *found, struct bucket **b,
					     struct bucket_probe *probe, int on_lo)
{
	probe->slot = BUCKET_SLOTS;
	if (!sizes.has_buckets || READ_ONCE(engine.unlisted) ||
	    !fast_find_resolver(&record->resolver_cache, view, found))
		return 0;
	*b = fast_find_bucket(view, found);
	if (!*b)
		return 0;
	if (!found->number)
		return !on_lo;
	fast_find_flow(*b, view, found, probe);
	return probe->slot < BUCKET_SLOTS || (!on_lo && is_in_no_table(*b, found));
}

static __always_inline int fast_is_duplicate(struct cpu_record *record, struct pkt_view *view,
					     const struct fast_lookup *found, __u32 ifindex,
					     __u64 *now)
{
	__u64 digest;

	barrier_var(view->ip);
	digest = pkt_digest(view->kind == VIEW_QUERY ? DIRECTION_OUT : DIRECTION_IN,
			    found->client_hash, found->address_hash, view_client_port(view),
			    view_resolver_port(view), view_dns(view)->id, view_digest(view));
	if (config.clock_injected)
		*now = engine_clock();
	return is_duplicate(record, &record->last[view->origin], digest, ifindex, now);
}

static __always_inline __u64 read_clock(struct cpu_record *record, const struct pkt_view *view,
					__u64 now)
{
	if (!now)
		now = engine_clock();
	record->last[view->origin].time = now;
	record->clock = now;
	return now;
}

/* Notes the opening time of the transaction for a sample. */
static __always_inline enum fast_result fast_sample_dns(struct cpu_record *record, __u64 opened)
{
	record->opened = opened;
	return FAST_SAMPLE_DNS;
}

/* ---- queries --------------------------------------------------------------------------- */

/* Tests whether the slow path must add this resolver to those queried on `lo`. */
static __always_inline int is_new_on_lo(struct resolver_cache *cache, __u32 number)
{
	struct resolver_entry *entry;

	if (cache->flags & RESOLVER_ON_LO)
		return 0;
	entry = array_elem(resolvers, number);
	if (entry)
		cache->flags = READ_ONCE(entry->flags);
	return !(cache->flags & RESOLVER_ON_LO);
}

/*
 * Counts a query. `with_askers`: config.askers, as a constant, so that the compiler makes two of
 * this function, and counting askers costs nothing when it is off.
 */
static __always_inline enum fast_result fast_query(struct cpu_record *record, struct pkt_view *view,
						   const struct __sk_buff *skb, __u64 cgroup,
						   const int with_askers)
{
	struct flow_key key;
	struct bucket *b;
	struct fast_lookup found;
	__u64 now = 0, ctrl, matches;
	struct percpu_counters *cnt;
	struct bucket_probe probe;
	__u32 asker = 0;

	if (!sizes.has_buckets || !fast_find_resolver(&record->resolver_cache, view, &found) ||
	    !found.number)
		return FAST_FALLBACK; /* one that was opened without an entry has the same tag */
	if (is_on_lo(skb->ifindex, view->origin) &&
	    is_new_on_lo(&record->resolver_cache, found.number))
		return FAST_FALLBACK;
	b = fast_find_bucket(view, &found);
	if (!b || READ_ONCE(b->overflowed))
		return FAST_FALLBACK;
	bucket_probe_init(b, &probe);
	matches = ctrl_match_tag(probe.ctrl, flow_tag(found.hash));
	if (matches && !has_only_ended_matches(b, probe.ctrl, matches))
		return FAST_FALLBACK;
	bucket_find_free(b, &probe);
	if (probe.free >= BUCKET_SLOTS)
		return FAST_FALLBACK;
	ctrl = ctrl_claim(&probe, found.hash);
	if (fast_is_duplicate(record, view, &found, skb->ifindex, &now))
		return FAST_DONE;
	now = read_clock(record, view, now);
	if (with_askers)
		asker = asker_row(found.number, cgroup) + 1;
	view_set_flow_key(&key, view, found.number);
	if (!bucket_insert(b, &probe, ctrl, &key, flow_open_word(now), asker, with_askers))
		return FAST_FALLBACK;
	cnt = counters_of(found.number);
	count_query(cnt, OPEN_NEW, is_forwarded(skb, DIRECTION_OUT, view->origin));
	if (with_askers)
		count_asker_row(asker);
	return may_sample_query(cnt, now) ? fast_sample_dns(record, now) : FAST_DONE;
}

/* ---- responses ------------------------------------------------------------------------- */

/* Counts a response without a transaction; its resolver may have an entry. */
static __always_inline void count_unmatched_response(struct cpu_record *record, __u32 number)
{
	struct percpu_counters *cnt;

	if (!number)
		return atomic_add(&record->self.n[SELF_UNMATCHED_RESPONSES], 1);
	cnt = counters_of(number);
	count_one(cnt, COUNTER_RESPONSES);
	count_one(cnt, COUNTER_UNMATCHED_RESPONSES);
}

static __always_inline enum fast_result fast_response(struct cpu_record *record,
						      struct pkt_view *view, __u32 ifindex)
{
	struct bucket *b;
	struct fast_lookup found;
	struct bucket_probe probe;
	__u64 now = 0, asker;
	__u32 rcode;

	if (!fast_find_arrival(record, view, &found, &b, &probe, is_on_lo(ifindex, view->origin)))
		return FAST_FALLBACK;
	if (fast_is_duplicate(record, view, &found, ifindex, &now))
		return FAST_DONE;
	if (probe.slot >= BUCKET_SLOTS) {
		count_unmatched_response(record, found.number);
		return FAST_DONE;
	}
	now = read_clock(record, view, now);
	asker = bucket_asker(b, probe.slot);
	if (flow_age(probe.state, now) > config.timeout_ns ||
	    !bucket_remove(b, probe.slot, probe.state))
		return FAST_FALLBACK;
	barrier_var(view->ip);
	rcode = view_dns(view)->rcode & DNS_RCODE;
	count_answered(found.number, rcode, view_dns(view)->flags & DNS_TC, probe.state, now);
	if (is_rcode_error(rcode)) {
		count_asker_error(asker);
		return fast_sample_dns(record, flow_opened_at(probe.state));
	}
	return FAST_DONE;
}

/* ---- unreachables ---------------------------------------------------------------------- */

static __always_inline int is_from_elsewhere(struct pkt_view *view)
{
	barrier_var(view->ip);
	return view_reporter_u64(view, 1) != view_resolver_u64(view, 1) ||
	       view_reporter_u64(view, 0) != view_resolver_u64(view, 0);
}

/* Returns `result` when a sample is due, else counts a dropped sample and returns FAST_DONE. */
static __always_inline enum fast_result
fast_sample(struct cpu_record *record, enum icmp_effect effect, __u64 now, enum fast_result result)
{
	if (!is_sample_refused(effect, now))
		return result;
	sample_drop(record);
	return FAST_DONE;
}

static __always_inline enum fast_result fast_unmatched_unreachable(struct cpu_record *record,
								   struct pkt_view *view,
								   __u32 number, __u64 now)
{
	struct percpu_counters *cnt;

	record->opened = 0;
	if (!number) {
		atomic_add(&record->self.n[SELF_UNMATCHED_UNREACHABLES], 1);
	} else {
		cnt = counters_of(number);
		count_unreachable(cnt, view->reason, is_from_elsewhere(view));
		count_one(cnt, COUNTER_UNMATCHED_UNREACHABLES);
	}
	return fast_sample(record, ICMP_UNMATCHED, now, FAST_SAMPLE_UNMATCHED);
}

static __always_inline enum fast_result fast_unreachable(struct cpu_record *record,
							 struct pkt_view *view, __u32 ifindex)
{
	struct bucket *b;
	struct fast_lookup found;
	struct percpu_counters *cnt;
	struct bucket_probe probe;
	__u64 now = 0, asker;
	int elsewhere;

	if (!fast_find_arrival(record, view, &found, &b, &probe, is_on_lo(ifindex, view->origin)))
		return FAST_FALLBACK;
	if (fast_is_duplicate(record, view, &found, ifindex, &now))
		return FAST_DONE;
	record->last[view->origin].time = now;
	if (probe.slot >= BUCKET_SLOTS)
		return fast_unmatched_unreachable(record, view, found.number, now);
	now = clock_in_tick(record, flow_opened_at(probe.state));
	asker = bucket_asker(b, probe.slot);
	if (flow_age(probe.state, now) + CLOCK_IN_TICK_ERR >= config.timeout_ns ||
	    !bucket_remove(b, probe.slot, probe.state))
		return FAST_FALLBACK;
	cnt = counters_of(found.number);
	elsewhere = is_from_elsewhere(view);
	count_unreachable(cnt, view->reason, elsewhere);
	count_in_group(cnt, COUNTER_UNREACHABLE_PORT, view->reason);
	count_evidence(cnt, view->reason, elsewhere);
	update_failure(cnt, flow_opened_at(probe.state), now);
	count_asker_failed(asker);
	record->opened = flow_opened_at(probe.state);
	return fast_sample(record, ICMP_MATCHED, now, FAST_SAMPLE_MATCHED);
}

#endif
