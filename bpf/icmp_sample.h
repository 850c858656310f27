/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Samples of unreachables: each with the question that it quotes. Rate and room are bounded, and
 * dropped samples are counted.
 */
#ifndef ICMP_SAMPLE_H
#define ICMP_SAMPLE_H

#include "parse.h"
#include "samples.h"

static __always_inline __u64 samples_max(enum icmp_effect effect)
{
	return effect == ICMP_UNMATCHED ? SAMPLES_UNMATCHED_PER_SECOND : SAMPLES_PER_SECOND;
}

/*
 * Tests whether a sample would be over the rate of this second. With `now` 0, when the clock was
 * not read for an unmatched one: whether a sample was dropped in this jiffy already.
 */
static __always_inline int is_sample_refused(enum icmp_effect effect, __u64 now)
{
	if (!now)
		return engine.sample_tick && engine.sample_tick == kernel_tick();
	return engine.sample_second == now >> 30 && engine.samples_sent >= samples_max(effect);
}

/* Takes one of the samples of this second. All CPUs share them; a race may cost or give one. */
static __always_inline int is_sample_due(enum icmp_effect effect, __u64 now)
{
	__u64 this_second = now >> 30;

	if (engine.sample_second != this_second) {
		engine.sample_second = this_second;
		engine.samples_sent = 0;
	}
	if (engine.samples_sent >= samples_max(effect))
		return 0;
	atomic_add(&engine.samples_sent, 1);
	return 1;
}

/*
 * Copies what follows the DNS header of the message that begins `from` bytes into the payload, if
 * the header tells one question.
 */
static __always_inline void sample_copy_question(struct __sk_buff *skb, const struct pkt_info *info,
						 __u32 from, struct sample *sample)
{
	__u32 length = info->length - from, at = info->payload + from;
	__u16 questions = 0;

	sample->question_length = 0;
	if (info->length <= from + sizeof(struct dns_header) ||
	    bpf_skb_load_bytes(skb, at + DNS_QUESTIONS_AT, &questions, sizeof(questions)) ||
	    questions != bpf_htons(1))
		return;
	at += sizeof(struct dns_header);
	length -= sizeof(struct dns_header);
	if (length > QUESTION_MAX)
		length = QUESTION_MAX;
	/* Linux 6.1 learns no lower bound from a test for 0, so the range is that of the length
	 * - 1. */
	length--;
	barrier_index(length);
	if (length < QUESTION_MAX && !bpf_skb_load_bytes(skb, at, sample->question, length + 1))
		sample->question_length = length + 1;
}

/* Sends a sample of an unreachable. `opened`: of the transaction that it is about, 0: none. */
__noinline int sample_send_icmp(struct __sk_buff *skb, const struct pkt_info *info, int effect,
				__u64 now, __u64 opened)
{
	struct sample *sample;

	if (!info)
		return 0;
	if (!now)
		now = engine_clock();
	sample = is_sample_due(effect, now) ? bpf_ringbuf_reserve(&samples, sizeof(*sample), 0) : 0;
	if (!sample) {
		if (effect == ICMP_UNMATCHED)
			engine.sample_tick = kernel_tick();
		sample_drop(array_elem(cpus, kernel_cpu()));
		return 0;
	}
	sample->time_ns = now;
	sample->opened_ns = opened;
	sample->key = info->key;
	sample->kind = SAMPLE_ICMP;
	sample->rcode = 0;
	sample->reporter = info->reporter;
	sample->type = info->type;
	sample->code = info->code;
	sample->version = info->version;
	sample->ttl = info->ttl;
	sample->reason = info->reason;
	sample->matched = effect == ICMP_MATCHED;
	sample->short_quote = info->short_quote || info->key.transport != TRANSPORT_UDP;
	sample->unsent = effect == ICMP_UNSENT;
	sample_copy_question(skb, info, 0, sample);
	bpf_ringbuf_submit(sample, 0);
	return 0;
}

#endif
