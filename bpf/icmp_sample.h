/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Samples for the incident report: an unreachable with the question that it quotes. Rate and room
 * are bounded, and dropped samples are counted. No counter depends on samples.
 */
#ifndef ICMP_SAMPLE_H
#define ICMP_SAMPLE_H

#include "counters.h"
#include "parse.h"

RING(samples, SAMPLES_ROOM);

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

static __always_inline void sample_copy_question(struct __sk_buff *skb, const struct pkt_info *info,
						 struct sample *sample)
{
	__u32 length = info->length, at = info->payload + sizeof(struct dns_header);

	sample->question_length = 0;
	if (length <= sizeof(struct dns_header))
		return;
	length -= sizeof(struct dns_header);
	if (length > QUESTION_MAX)
		length = QUESTION_MAX;
	barrier_index(length);
	if (length > 0 && length <= QUESTION_MAX &&
	    !bpf_skb_load_bytes(skb, at, sample->question, length))
		sample->question_length = length;
}

/* Counts a dropped sample, on each CPU apart: under a flood all CPUs drop samples. */
static __always_inline void sample_drop(struct cpu_record *record)
{
	if (record)
		record->samples_dropped++;
}

__noinline int sample_send(struct __sk_buff *skb, const struct pkt_info *info, int effect,
			   __u64 now)
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
	sample->key = info->key;
	sample->reporter = info->reporter;
	sample->type = info->type;
	sample->code = info->code;
	sample->version = info->version;
	sample->ttl = info->ttl;
	sample->reason = info->reason;
	sample->matched = effect == ICMP_MATCHED;
	sample->short_quote = info->short_quote;
	sample->unsent = effect == ICMP_UNSENT;
	sample_copy_question(skb, info, sample);
	bpf_ringbuf_submit(sample, 0);
	return 0;
}

#endif
