/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What every output receives: the counters at one moment with what the judge makes of them.
 * Outputs see this and nothing else; it is never changed after it was made.
 */
#ifndef HEALTH_STATUS_H
#define HEALTH_STATUS_H

#include "health/snapshot.h"

enum window { WINDOW_1S, WINDOW_10S, WINDOW_1M, WINDOW_5M, WINDOW_MAX };

enum state { STATE_IDLE, STATE_HEALTHY, STATE_DEGRADED, STATE_DOWN, STATE_MAX };

enum cause {
	CAUSE_NONE,
	CAUSE_NOT_SENT,
	CAUSE_PROHIBITED,
	CAUSE_PORT_CLOSED,
	CAUSE_NO_ROUTE,
	CAUSE_REJECTED_ON_PATH,
	CAUSE_SERVER_ERROR,
	CAUSE_INTERMITTENT,
	CAUSE_SILENT,
	CAUSE_MAX
};

/* Over one window. A double that is undefined (nothing settled, no RTT sample) is NAN. */
struct rates {
	double queries_per_s;
	__u64 settled;
	double failure_ratio;
	double error_ratio;
	double port_unreachables_per_query;
	double rtt_p50_s, rtt_p95_s, rtt_p99_s;
};

struct resolver_status {
	const struct resolver_snapshot *now;
	enum state state;
	enum cause cause;
	int forged; /* suspicion: unreachables that fit no query of ours keep coming */
	struct rates windows[WINDOW_MAX];
};

struct status_interface {
	char name[16];
	const char *hook; /* "tcx", "clsact" */
};

struct status {
	const struct snapshot *snapshot;
	double interval_s;
	const struct status_interface *interfaces;
	size_t interface_count;
	const struct resolver_status *resolvers; /* in the snapshot's order */
	size_t count;
};

#endif
