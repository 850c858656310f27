/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* See push_log.h. */
#include "http/push_log.h"

#include "util/log.h"
#include "util/clock.h"

#include <stdio.h>

#define SILENT_FOR_NS (600 * NS_PER_S)

void push_log_failed(struct push_log *talk, const char *why, int again, __u64 given_up,
		     __u64 now_ns)
{
	if (talk->failing)
		return;
	talk->failing = 1;
	talk->given_up_then = given_up;
	talk->failing_told = !talk->told_ns || now_ns - talk->told_ns >= SILENT_FOR_NS;
	if (!talk->failing_told)
		return;
	talk->told_ns = now_ns;
	log_warn("metrics are not delivered: %s; %s", why,
		 again ? "trying again, less and less often"
		       : "these are given up, the next ones will be tried");
}

void push_log_delivered(struct push_log *talk, const char *peer, __u64 given_up, __u64 now_ns)
{
	__u64 lost = given_up - talk->given_up_then;

	if (talk->failing && talk->failing_told && lost)
		log_info("metrics are delivered to %s again; given up in between: %llu", peer,
			 (unsigned long long)lost);
	else if (talk->failing && talk->failing_told)
		log_info("metrics are delivered to %s again", peer);
	talk->failing = 0;
}

void push_log_not_otlp(struct push_log *talk, const char *peer)
{
	if (!talk->odd_told)
		log_warn("%s accepts the metrics, but does not answer like an OTLP receiver; is "
			 "the URL right?",
			 peer);
	talk->odd_told = 1;
}

void push_log_partial(struct push_log *talk, const char *peer, const struct otlp_answer *answer)
{
	if (!talk->partial_told)
		log_warn("%s refuses a part of the metrics (%llu data points): %s", peer,
			 (unsigned long long)answer->rejected,
			 answer->message[0] ? answer->message : "it does not say why");
	talk->partial_told = 1;
}

void push_log_undelivered(const struct push_log *talk, const char *peer, __u64 left)
{
	if (left && !talk->failing)
		log_warn("ended before %s took the last metrics", peer);
}
