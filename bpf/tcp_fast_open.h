/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * TCP Fast Open (RFC 7413, 4.1.3): a SYN with data. The server acknowledges either the SYN alone or
 * the data too. So that the answer of the second kind is matched by its whole number as well, a
 * table keeps the length of the data by 4-tuple and number that would acknowledge it. An entry that
 * is overwritten by another's makes that connect time out.
 */
#ifndef TCP_FAST_OPEN_H
#define TCP_FAST_OPEN_H

#include "account.h"

#define FAST_OPEN_ROWS 1024
#define FAST_OPEN_LENGTH_BITS 16

/* A row: a tag of the 4-tuple and number << 16 | length of the data; 0: free. */
MAP(ARRAY, fast_open_syns, __u32, __u64, FAST_OPEN_ROWS);

/* Returns the hash of a 4-tuple with the ISN that its SYN would have had without the data. */
static __always_inline __u64 fast_open_hash(const struct pkt_ctx *ctx,
					    const struct transaction_key *key, __u32 isn)
{
	__u64 tuple = tuple_word(ctx->client_hash, key->client_port,
				 resolver_hash_bits(ctx->resolver_hash, key));

	return hash_mix(hash_mix(sizes.seed, tuple), isn);
}

static __always_inline __u64 fast_open_tag(__u64 hash)
{
	return hash >> FAST_OPEN_LENGTH_BITS << FAST_OPEN_LENGTH_BITS;
}

/* Keeps the length of a SYN's data. */
__noinline int fast_open_add(const struct pkt_info *info, struct pkt_ctx *ctx)
{
	__u64 hash, *row;

	if (!info || !ctx || !info->length)
		return 0;
	hash = fast_open_hash(ctx, &info->key, bpf_ntohl(info->isn) + info->length);
	row = array_elem(fast_open_syns, hash & (FAST_OPEN_ROWS - 1));
	if (row)
		store_release(*row, fast_open_tag(hash) | info->length);
	return 0;
}

/* Writes the ISN of the SYN whose data an arrival acknowledges, if there was such a SYN. */
__noinline int fast_open_find(struct pkt_info *info, struct pkt_ctx *ctx)
{
	__u64 hash, *row, word;
	__u32 isn;

	if (!info || !ctx)
		return 0;
	isn = bpf_ntohl(info->isn);
	hash = fast_open_hash(ctx, &info->key, isn);
	row = array_elem(fast_open_syns, hash & (FAST_OPEN_ROWS - 1));
	word = row ? load_acquire(*row) : 0;
	if (!word || fast_open_tag(word) != fast_open_tag(hash))
		return 0;
	pkt_ctx_set_transport(ctx, info->key.transport, info->isn);
	pkt_ctx_set_flow(ctx, &info->key, ctx->resolver_number);
	if (flow_lookup_word(&ctx->flow))
		return 0; /* of a SYN with that very number */
	info->isn = bpf_htonl(isn - (word & ((1 << FAST_OPEN_LENGTH_BITS) - 1)));
	info->key.id = info->isn;
	return 0;
}

/* Prepares the context for a message of this transport, before it is accounted. */
static __always_inline void pkt_ctx_begin(struct pkt_info *info, struct pkt_ctx *ctx,
					  enum pkt_direction direction)
{
	if (is_connect(info->key.transport) && direction == DIRECTION_OUT)
		fast_open_add(info, ctx);
	else if (is_connect(info->key.transport) && info->kind != PKT_UNREACHABLE)
		fast_open_find(info, ctx);
	pkt_ctx_set_transport(ctx, info->key.transport, info->isn);
}

#endif
