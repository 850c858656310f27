/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The picture of one moment that every output receives: the counters of all resolvers (struct
 * snapshot), and what the judge makes of them (struct status). Plain data: an output never changes
 * it. user/datapath/ fills a snapshot live, the native engine fills it in a replay.
 */
#ifndef HEALTH_STATUS_H
#define HEALTH_STATUS_H

#include "util/cgroup_name.h"

#include <dnsreach.h>
#include <stddef.h>

struct resolver_snapshot {
	struct resolver_key key; /* all zero: the entry `other` */
	__u64 in_flight; /* open transactions, counted from the table; of TCP the connects */
	__u64 messages_in_flight; /* open transactions over TCP, sessions over TLS */
	struct resolver_counters counters;
};

/* Counts of the queries that the sockets of one cgroup sent to a resolver. */
struct asker_snapshot {
	struct resolver_key resolver;
	__u64 cgroup;	 /* ID; 0: the queries had no socket on this host */
	__u32 number;	 /* of its row, which another asker may get later; 0: of a sum */
	__u64 born;	 /* which one of all that ever had a row */
	__u64 first;	 /* order of the first query of all that are counted here */
	int is_other;	 /* the sum of those that have no row of their own */
	int is_former;	 /* the sum of those that have lost their row */
	int is_unlinked; /* it loses its row soon: nothing more is counted */
	__u64 queries, failed, errors;
	const struct cgroup_name *name; /* NULL: not looked up */
};

/* The counters as read at one moment. The caller that fills `resolvers` owns it. */
struct snapshot {
	__u64 at_ns;   /* the clock that ages are measured with: CLOCK_MONOTONIC, or packet time */
	__u64 wall_ns; /* the same moment since 1970-01-01 UTC, ns */
	/* Seconds from the snapshot before up to here passed with nothing counted; 0: none did. */
	__u64 quiet_until_ns;
	struct resolver_snapshot *resolvers; /* sorted by key */
	size_t count;
	struct asker_snapshot *askers; /* sorted by resolver; those with queries */
	size_t asker_count;
	int counts_askers;
	struct self_counters self;
	__u64 in_flight;       /* open transactions in all */
	__u64 samples_dropped; /* samples of failures that were left out, a count since the start */
	__u64 heartbeats;      /* queries of our own, a count since the start of the process */
	__u32 in_flight_capacity;
	__u32 resolvers_capacity;
	int guests_bypassed; /* answers to guests pass our hooks by: see resolver_is_unanswered() */
};

enum window { WINDOW_1S, WINDOW_10S, WINDOW_1M, WINDOW_5M, WINDOW_MAX };

/*
 * In the order of how bad they are. PENDING: asked, and too little settled to be judged. UNCLEAR:
 * timeouts that the responses which match no query explain: see translated.h.
 */
enum state {
	STATE_IDLE,
	STATE_PENDING,
	STATE_HEALTHY,
	STATE_UNCLEAR,
	STATE_DEGRADED,
	STATE_DOWN,
	STATE_MAX
};

enum cause {
	CAUSE_NONE,
	CAUSE_NOT_SENT,
	CAUSE_PROHIBITED,
	CAUSE_PORT_CLOSED,
	CAUSE_NO_ROUTE,
	CAUSE_REJECTED_ON_PATH,
	CAUSE_SERVER_ERROR,
	CAUSE_NOT_SERVED,
	CAUSE_TLS_REFUSED,
	CAUSE_REWRITTEN,
	CAUSE_INTERMITTENT,
	CAUSE_SILENT,
	CAUSE_MAX
};

/* The counters that the state was last judged by. */
enum judged_by {
	JUDGED_BY_NONE, /* never judged, or idle since */
	JUDGED_BY_10S,
	JUDGED_BY_1M,
	JUDGED_BY_5M,
	JUDGED_BY_LAST_SETTLED, /* since the last 3 settled */
	JUDGED_BY_MAX
};

/* Over one window. A double that is undefined (nothing settled, no RTT sample) is NAN. */
struct rates {
	double queries_per_s, connects_per_s;
	double sessions_per_s; /* of a row over TLS: sessions started */
	__u64 settled;
	double failure_ratio;
	double error_ratio;
	double port_unreachables_per_query, port_unreachables_per_connect;
	double rtt_p50_s, rtt_p95_s, rtt_p99_s;
	double connect_rtt_p50_s, connect_rtt_p95_s, connect_rtt_p99_s;
};

/* The joined verdict of the rows of one address over several transports: see joined.h. */
enum joined_verdict {
	JOINED_NONE,
	JOINED_SERVICE_DOWN, /* refused over UDP and over TCP */
	JOINED_UDP_BLOCKED,  /* silent over UDP, while TCP works */
	JOINED_TCP_BLOCKED,  /* silent over TCP, while UDP works */
	JOINED_TLS_BLOCKED,  /* silent over TLS, while UDP or TCP works */
	JOINED_MAX
};

struct joined {
	enum joined_verdict verdict;
	int tcp_needed; /* it fails over TCP, while responses over UDP are truncated */
};

struct health_entry;

struct resolver_status {
	const struct resolver_snapshot *now;
	struct health_entry *entry; /* in the table of resolvers (resolver_map.h) */
	enum state state;
	enum cause cause;
	enum judged_by judged_by;
	int is_judged;	  /* at least once so far */
	int forged;	  /* suspicion: unreachables that match no query keep coming */
	int fails_inside; /* for guests, while nothing behind this host fails */
	int refused;	  /* connects were, in the last 5 minutes */
	int truncated;	  /* responses were, in the last 5 minutes */
	struct joined joined;
	struct rates windows[WINDOW_MAX];
};

struct status_interface {
	char name[16];
	const char *hook;     /* "tcx", "clsact" */
	unsigned int origins; /* bits 1 << enum origin: what is counted there */
};

struct status {
	const struct snapshot *snapshot;
	const char *host; /* this host's name; NULL: of a recording */
	double interval_s;
	const struct status_interface *interfaces;
	size_t interface_count;
	const struct resolver_status *resolvers; /* in the snapshot's order */
	size_t count;
};

/* Sorts the resolvers by key: `other` comes first. */
void snapshot_sort(struct snapshot *snapshot);

/*
 * Returns 1 for a resolver that guests ask and that has never answered them, neither by a response
 * nor by ICMP. While resolvers of origin host do answer, perhaps answers pass our hooks by.
 */
int resolver_is_unanswered(const struct resolver_key *key,
			   const struct resolver_counters *counters);

/* Returns 1 for a resolver of origin host that has answered. */
int resolver_has_answered_host(const struct resolver_key *key,
			       const struct resolver_counters *counters);

/* Returns how many resolvers have an entry of their own; `other` has none. */
size_t snapshot_resolver_count(const struct snapshot *snapshot);

/* Counts an open transaction or connect, for its resolver and in all. The resolvers must be sorted.
 */
void snapshot_count_open(struct snapshot *snapshot, const struct resolver_key *resolver,
			 int is_connect);

/*
 * Sets `fails_inside` of each resolver: it is a row of what guests ask, it fails, and behind this
 * host nothing does. The row of origin host for the same address decides; where there is none (the
 * address is a service's), no row of origin host may fail. The rows are sorted by key.
 */
void status_set_fails_inside(struct resolver_status *resolvers, size_t count);
#define FAILS_INSIDE "fails inside this host"

/* Returns 1 for degraded and down. */
int state_is_failing(enum state state);

/* Returns 1 for a state that a judgement has set: neither idle nor pending. */
int state_is_judged(enum state state);

/* Returns 1 for a row of origin host, asked now, that shows that nothing fails behind this host. */
int state_works_behind(enum state state);

/* Returns "idle", "pending", "healthy", "unclear", "degraded" or "down". */
const char *state_name(enum state state);

/* Returns "port-closed" and so on; NULL for CAUSE_NONE. */
const char *cause_name(enum cause cause);

/* Returns one line that explains the cause to a person; NULL for CAUSE_NONE. */
const char *cause_meaning(enum cause cause);

/* Returns "service-down" and so on; NULL for JOINED_NONE. */
const char *joined_name(enum joined_verdict verdict);

/* Returns one line that explains the verdict to a person; NULL for JOINED_NONE. */
const char *joined_meaning(enum joined_verdict verdict);
#define TCP_NEEDED "answers over UDP are truncated: their clients need TCP"

/* Returns "10s", "1m", "5m" or "last_settled"; NULL for JUDGED_BY_NONE. */
const char *judged_by_name(enum judged_by judged_by);

/* Returns "1s", "10s", "1m" or "5m". */
const char *window_name(enum window window);

#endif
