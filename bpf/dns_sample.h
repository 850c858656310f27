/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Samples of queries, and of responses with an error RCODE. A sampled query's transaction is
 * marked, so that a second sample tells when it times out.
 */
#ifndef DNS_SAMPLE_H
#define DNS_SAMPLE_H

#include "account.h"
#include "icmp_sample.h"

/*
 * Sends a sample of the message that begins `from` bytes into the payload, if one is due: of a
 * query that has opened the transaction of *ctx, or of a response with an error RCODE that has
 * ended it.
 */
__noinline int sample_send_dns(struct __sk_buff *skb, const struct pkt_info *info,
			       const struct pkt_ctx *ctx, __u32 from)
{
	struct sample *sample;
	int is_query;

	if (!info || !ctx || ctx->flow_number == RESOLVER_OTHER)
		return 0;
	is_query = info->kind == PKT_QUERY;
	if (is_query ? !query_sample_take(ctx->flow_number, ctx->now)
		     : !failure_sample_take(ctx->flow_number, ctx->now))
		return 0;
	sample = bpf_ringbuf_reserve(&samples, sizeof(*sample), 0);
	if (!sample) {
		sample_drop(array_elem(cpus, kernel_cpu()));
		return 0;
	}
	__builtin_memset(sample, 0, SAMPLE_HEAD);
	sample->kind = is_query ? SAMPLE_QUERY : SAMPLE_ANSWERED;
	sample->time_ns = ctx->now;
	sample->opened_ns = ctx->opened;
	sample->key = info->key;
	sample->rcode = info->rcode;
	sample->short_quote = !!ctx->connect;
	sample_copy_question(skb, info, from, sample);
	bpf_ringbuf_submit(sample, 0);
	if (is_query)
		flow_mark_sampled(&ctx->flow, ctx->opened);
	return 0;
}

/* Sends the sample that the fast path has found to be due. Returns as sample_send_dns(). */
__noinline int sample_send_fast(struct __sk_buff *skb, const struct pkt_info *info,
				struct cpu_record *record)
{
	struct pkt_ctx *ctx;

	if (!info || !record)
		return 0;
	ctx = pkt_ctx_init(record);
	ctx->now = record->clock;
	ctx->opened = record->opened;
	ctx->client_hash = info->client_hash;
	ctx->resolver_hash = record->resolver_cache.hash;
	pkt_ctx_set_flow(ctx, &info->key, record->resolver_cache.number);
	return sample_send_dns(skb, info, ctx, 0);
}

#endif
