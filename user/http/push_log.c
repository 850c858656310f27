/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Messages about deliveries. */
#include "http/push_log.h"

#include "util/clock.h"
#include "util/log.h"

#define LOG_INTERVAL_NS (600 * NS_PER_S)

void push_log_failed(struct push_log *log, const char *error, int again, __u64 dropped,
		     __u64 now_ns)
{
	if (log->failing)
		return;
	log->failing = 1;
	log->dropped_at_failure = dropped;
	log->failure_logged = !log->logged_ns || now_ns - log->logged_ns >= LOG_INTERVAL_NS;
	if (!log->failure_logged)
		return;
	log->logged_ns = now_ns;
	log_warn("OTLP push failed: %s; %s", error,
		 again ? "retrying with back-off" : "this request is dropped, later ones are sent");
}

void push_log_delivered(struct push_log *log, const char *peer, __u64 dropped)
{
	__u64 lost = dropped - log->dropped_at_failure;

	if (log->failing && log->failure_logged && lost)
		log_info("OTLP push to %s works again; requests dropped in between: %llu", peer,
			 (unsigned long long)lost);
	else if (log->failing && log->failure_logged)
		log_info("OTLP push to %s works again", peer);
	log->failing = 0;
}

void push_log_not_otlp(struct push_log *log, const char *peer)
{
	if (!log->not_otlp_logged)
		log_warn("OTLP push: %s accepts the metrics, but its response is not OTLP's; check "
			 "the URL",
			 peer);
	log->not_otlp_logged = 1;
}

void push_log_partial(struct push_log *log, const char *peer, __u64 rejected, const char *message)
{
	if (!log->partial_logged)
		log_warn("OTLP push: %s rejects a part of the metrics (%llu data points): %s", peer,
			 (unsigned long long)rejected, *message ? message : "no reason given");
	log->partial_logged = 1;
}

void push_log_undelivered(const struct push_log *log, const char *peer, __u64 left)
{
	if (left && !log->failing)
		log_warn("OTLP push: ended before %s accepted the last metrics", peer);
}
