// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * For the benchmark, the counter-measurement: what the bare operations take here, of which no
 * program that tells an ICMP message about one of our queries from a forged one can leave out any.
 * IPv4 without options only, nothing odd is looked after, no law is kept. Each does what the one
 * before does, and more.
 */
#include <vmlinux.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#define TC_ACT_UNSPEC (-1)

char LICENSE[] SEC("license") = "Dual BSD/GPL";

#define ROWS(name, bytes, n)                                                                       \
	struct name {                                                                              \
		__u64 w[bytes / 8];                                                                \
	};                                                                                         \
	struct {                                                                                   \
		__uint(type, BPF_MAP_TYPE_ARRAY);                                                  \
		__type(key, __u32);                                                                \
		__type(value, struct name);                                                        \
		__uint(max_entries, n);                                                            \
	} name##s SEC(".maps")

ROWS(line, 64, 512);
ROWS(resolver, 32, 512);
ROWS(bucket, 256, 1024);
ROWS(counter_row, 512, 1024);

#define array_elem(table, number)                                                                  \
	({                                                                                         \
		__u32 number_ = (number);                                                          \
		bpf_map_lookup_elem(&(table), &number_);                                           \
	})

__u64 seed = 0x5851f42d4c957f2dULL, sink;

struct quote {
	__u32 client, resolver, reporter;
	__u16 port, id;
};

struct ipv4 {
	__u8 version_length, service;
	__be16 length, id, fragment;
	__u8 ttl, protocol;
	__be16 checksum;
	__be32 source, destination;
};

/* Ethernet, IPv4, ICMP, the quoted IPv4 and UDP, and the first 4 bytes of DNS. */
struct headers {
	__u8 ethernet[14];
	struct ipv4 ip;
	__u8 type, code;
	__u8 rest[6];
	struct ipv4 quoted;
	__be16 source, destination, length, checksum;
	__be16 id;
	__u8 flags, rcode;
} __attribute__((packed, aligned(2)));

static __always_inline int read(struct __sk_buff *skb, struct quote *t)
{
	const struct headers *h = (void *)(long)skb->data;

	if ((void *)(h + 1) > (void *)(long)skb->data_end || skb->protocol != bpf_htons(0x0800))
		return 0;
	if (h->ip.protocol != 1 || h->ip.fragment & bpf_htons(0x3fff) || h->type != 3)
		return 0;
	if (h->quoted.protocol != 17 || h->quoted.fragment & bpf_htons(0x3fff) ||
	    h->destination != bpf_htons(53) || h->flags & 0x80)
		return 0;
	if (h->quoted.source != h->ip.destination || h->length < bpf_htons(20))
		return 0;
	t->client = h->quoted.source;
	t->resolver = h->quoted.destination;
	t->reporter = h->ip.source;
	t->port = h->source;
	t->id = h->id;
	return 1;
}

static __always_inline __u64 hash_mix(__u64 hash, __u64 word)
{
	hash = (hash ^ word) * 0x9fb21c651e98df25ULL;
	return hash ^ hash >> 32;
}

/* The resolver's slot, and whether anything like it is open: two hashes, three rows. */
static __always_inline __u32 lookup(const struct quote *t, __u64 *match)
{
	__u64 resolver = hash_mix(seed, t->resolver), key = hash_mix(resolver ^ t->client, t->port);
	struct line *line = array_elem(lines, resolver & 511);
	struct bucket *b;
	struct resolver *s;
	__u32 number;

	key = hash_mix(key, t->id);
	b = array_elem(buckets, key & 1023);
	if (!line || !b)
		return 0;
	number = line->w[0] & 511;
	s = array_elem(resolvers, number);
	if (!s || s->w[1] > t->resolver)
		return 0;
	*match = b->w[0] ^ key >> 56;
	return number + 1;
}

SEC("tc")
int bare_read(struct __sk_buff *skb)
{
	struct quote t;

	if (read(skb, &t))
		sink += t.client ^ t.resolver ^ t.reporter ^ t.port ^ t.id;
	return TC_ACT_UNSPEC;
}

SEC("tc")
int bare_look_up(struct __sk_buff *skb)
{
	__u64 match = 0;
	struct quote t;

	if (read(skb, &t) && lookup(&t, &match))
		sink += match ^ t.reporter;
	return TC_ACT_UNSPEC;
}

/* The three counters of one that fits nothing. */
SEC("tc")
int bare_count(struct __sk_buff *skb)
{
	__u64 match = 0;
	struct counter_row *l;
	struct quote t;
	__u32 number;

	if (!read(skb, &t))
		return TC_ACT_UNSPEC;
	number = lookup(&t, &match);
	l = array_elem(counter_rows, bpf_get_smp_processor_id() * 512 + number);
	if (!number || !l)
		return TC_ACT_UNSPEC;
	l->w[match & 1]++;
	l->w[2 + (t.reporter != t.resolver)]++;
	l->w[5]++;
	return TC_ACT_UNSPEC;
}

SEC("tc")
int bare_clock(struct __sk_buff *skb)
{
	sink += bpf_ktime_get_ns();
	return TC_ACT_UNSPEC;
}

/* ---- for the real path: open and end, one at a time ---------------------------------------- */

struct query_headers {
	__u8 ethernet[14];
	struct ipv4 ip;
	__be16 source, destination, length, checksum;
	__be16 id;
	__u8 flags, rcode;
} __attribute__((packed, aligned(2)));

/* The word of a transaction: one of six in its 4-tuple's bucket. */
static __always_inline __u64 *state_of(const struct quote *t, struct bucket **b)
{
	__u64 hash = hash_mix(hash_mix(hash_mix(seed, t->resolver) ^ t->client, t->port), 0);

	*b = array_elem(buckets, hash & 1023);
	return *b ? &(*b)->w[1 + (bpf_ntohs(t->id) & 3)] : 0;
}

static __always_inline struct counter_row *counters_of(const struct quote *t)
{
	return array_elem(counter_rows,
			  bpf_get_smp_processor_id() * 512 + (bpf_ntohl(t->resolver) & 255));
}

/* A query: the time, its word by compare-and-swap, its key, two counters. */
SEC("tc")
int bare_open(struct __sk_buff *skb)
{
	const struct query_headers *h = (void *)(long)skb->data;
	struct quote t = {};
	struct bucket *b;
	struct counter_row *l;
	__u64 *word, old;

	if ((void *)(h + 1) > (void *)(long)skb->data_end || skb->protocol != bpf_htons(0x0800) ||
	    h->ip.protocol != 17 || h->destination != bpf_htons(53) || h->flags & 0x80)
		return TC_ACT_UNSPEC;
	t.client = h->ip.source;
	t.resolver = h->ip.destination;
	t.port = h->source;
	t.id = h->id;
	word = state_of(&t, &b);
	l = counters_of(&t);
	if (!word || !l)
		return TC_ACT_UNSPEC;
	old = *word;
	__sync_val_compare_and_swap(word, old, bpf_ktime_get_ns() << 8 | 1);
	b->w[8] = (__u64)t.client << 32 | t.resolver;
	b->w[9] = (__u64)t.port << 16 | t.id;
	l->w[0]++;
	l->w[1]++;
	return TC_ACT_UNSPEC;
}

/* Its ICMP message: the key compared, the word by compare-and-swap, the time, three counters. */
SEC("tc")
int bare_end(struct __sk_buff *skb)
{
	struct quote t = {};
	struct bucket *b;
	struct counter_row *l;
	__u64 *word, old;

	if (!read(skb, &t))
		return TC_ACT_UNSPEC;
	word = state_of(&t, &b);
	l = counters_of(&t);
	if (!word || !l || b->w[8] != ((__u64)t.client << 32 | t.resolver))
		return TC_ACT_UNSPEC;
	old = *word;
	if (!(old & 1) || __sync_val_compare_and_swap(word, old, 0) != old)
		return TC_ACT_UNSPEC;
	l->w[2]++;
	l->w[3]++;
	l->w[16] = bpf_ktime_get_ns();
	return TC_ACT_UNSPEC;
}
