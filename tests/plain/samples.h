/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Examples of what failed, for the incident report: an unreachable with the question that it
 * quotes. Bounded in rate and room, and what is left out is counted; no counter depends on them.
 */
#ifndef SAMPLES_H
#define SAMPLES_H

#include "packet.h"

RING(samples, SAMPLES_ROOM);

/* What an unreachable did. */
enum effect { EFFECT_NONE, EFFECT_FITS, EFFECT_UNSENT };

/* The places of a second are shared by all CPUs; a race may cost or give one. */
static __always_inline int is_sample_due(enum effect effect, __u64 now)
{
	__u64 second = now >> 30;

	if (engine.sample_second != second) {
		engine.sample_second = second;
		engine.samples_sent = 0;
	}
	if (engine.samples_sent >=
	    (effect == EFFECT_NONE ? SAMPLES_UNMATCHED_PER_SECOND : SAMPLES_PER_SECOND))
		return 0;
	add(&engine.samples_sent, 1);
	return 1;
}

static __always_inline void copy_question(struct __sk_buff *skb, const struct observation *o,
					  struct sample *s)
{
	__u32 length = o->length, at = o->payload + sizeof(struct dns_header);

	s->question_length = 0;
	if (length <= sizeof(struct dns_header))
		return;
	length -= sizeof(struct dns_header);
	if (length > QUESTION_MAX)
		length = QUESTION_MAX;
	settle(length);
	if (length > 0 && length <= QUESTION_MAX &&
	    !bpf_skb_load_bytes(skb, at, s->question, length))
		s->question_length = length;
}

OWN_FUNCTION int send_sample(struct __sk_buff *skb, const struct observation *o, int effect,
			     __u64 now)
{
	struct sample *s;

	if (!o)
		return 0;
	s = is_sample_due(effect, now) ? bpf_ringbuf_reserve(&samples, sizeof(*s), 0) : 0;
	if (!s) {
		add(&engine.samples_dropped, 1);
		return 0;
	}
	s->time_ns = now;
	s->key = o->key;
	s->reporter = o->reporter;
	s->type = o->type;
	s->code = o->code;
	s->version = o->version;
	s->ttl = o->ttl;
	s->reason = o->reason;
	s->fits = effect == EFFECT_FITS;
	s->short_quote = o->short_quote;
	s->unsent = effect == EFFECT_UNSENT;
	copy_question(skb, o, s);
	bpf_ringbuf_submit(s, 0);
	return 0;
}

#endif
