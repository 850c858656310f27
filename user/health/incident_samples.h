/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* An incident: the bounded examples that it keeps, and its outcomes over time. */
#ifndef HEALTH_INCIDENT_SAMPLES_H
#define HEALTH_INCIDENT_SAMPLES_H

#include "health/status.h"
#include "util/clock.h"

#define INCIDENT_SAMPLES 8  /* of each kind kept */
#define NAME_TEXT_SIZE 1024 /* 255 bytes, each escaped as \DDD (RFC 4343, 2.1) */
#define TIMELINE_SLOTS 60
#define CAUSE_PERIOD_LEAST_NS (60 * NS_PER_S)

/* The code of an ICMPv6 message whose text was cut before it: RFC 4443 assigns no such code. */
#define ICMP6_CODE_NOT_KNOWN 255

struct incident_message { /* a sample, as it came */
	__u64 wall_ns;
	struct sample sample;
};

enum failed_outcome {
	FAILED_TIMED_OUT,
	FAILED_ANSWERED, /* with an error RCODE */
	FAILED_UNREACHABLE,
	FAILED_UNSENT,
	FAILED_REFUSED, /* a connect, by an RST; a session, by something else than TLS */
	FAILED_CLOSED,	/* its connection ended without the answer */
	FAILED_MAX
};

enum failed_what { FAILED_QUERY, FAILED_CONNECT, FAILED_SESSION, FAILED_WHAT_MAX };

#define PROCESS_NAME_SIZE 16 /* TASK_COMM_LEN of Linux */

/* The process whose socket sent a query: best effort, from a look at the socket some time later. */
struct query_process {
	char name[PROCESS_NAME_SIZE]; /* sanitized */
	__u32 pid;		      /* 0: the process is not known */
	__u32 user_id;
	__u8 has_user_id; /* 0: the socket is not known */
	__u8 pad[7];
};

/* A transaction that failed: of a query, a connect or a session. */
struct failed_query {
	__u64 time_ns; /* of its first query, on the counters' clock */
	struct transaction_key key;
	__u16 question_length; /* 0: its question is not known */
	__u8 outcome;	       /* enum failed_outcome */
	__u8 rcode;	       /* of FAILED_ANSWERED */
	__u8 has_id;	       /* 0: an ICMP message ended it that quotes none, or it has none */
	__u8 what;	       /* enum failed_what */
	__u8 pad[6];
	struct query_process process;
	__u8 question[QUESTION_MAX]; /* as in struct sample */
};

/* One in an incident. */
struct incident_failed {
	__u64 wall_ns; /* of its first query */
	struct failed_query query;
};

/* A time in which a resolver's cause now was the same, for CAUSE_PERIOD_LEAST_NS or longer. */
struct cause_period {
	enum cause cause;
	__u64 from_ns, until_ns; /* since 1970-01-01 UTC; until_ns 0: it lasts */
};

/* An asker that suffered in an incident. */
#define INCIDENT_ASKERS 5
struct incident_asker {
	struct cgroup_name name;
	__u64 queries, failed, errors; /* since the incident began */
};

/* Outcomes in one slot of the timeline. */
struct incident_slot {
	__u64 answered, unreachable, timed_out, unsent, late;
};

#define INCIDENT_HOST_SIZE 200 /* a name of Linux, with three bytes for each that is no UTF-8 */

struct incident {
	__u64 id;		       /* counts up from 1 in a run */
	char host[INCIDENT_HOST_SIZE]; /* that counted it; "": a recording, or not known */
	struct resolver_key resolver;
	enum state state; /* the worst it had */
	enum cause cause; /* over its own span: see incident_cause.h */
	int forged;
	int fails_inside;	/* of guests: while it failed, nothing behind this host did */
	struct joined joined;	/* the last one that it had */
	int zone_unknown;	/* its times are not UTC, but of a time zone that is not known */
	__u64 start_ns, end_ns; /* since 1970-01-01 UTC: first query of the failing run; last packet
				   or timeout that counted in it */
	__u64 noticed_ns;	/* when the state was entered */
	__u64 closed_ns;	/* 0: not closed */
	struct resolver_counters counters; /* what was counted from its start to its end */
	__u64 rtt_ns, healthy_rtt_ns;	   /* medians in its span and before; 0: too few samples */

	/* Bounded samples; *_count: how many are kept, *_more: further different ones were seen. */
	struct ip_address reporters[INCIDENT_SAMPLES];
	struct ip_address clients[INCIDENT_SAMPLES];
	char names[INCIDENT_SAMPLES][NAME_TEXT_SIZE]; /* escaped */
	__u16 types[INCIDENT_SAMPLES];		      /* of each name: QTYPE */
	struct incident_message messages[INCIDENT_SAMPLES];
	struct incident_failed failed[INCIDENT_SAMPLES]; /* the first ones and the latest ones */
	__u32 reporter_count, client_count, name_count, message_count, failed_count;
	int reporters_more, clients_more, names_more;

	struct incident_asker askers[INCIDENT_ASKERS]; /* the worst first; none: not counted */
	__u32 asker_count;
	int askers_more;

	/* Of more than INCIDENT_SAMPLES, the first ones and the latest ones. The cause has changed
	 * when there are two or more. */
	struct cause_period causes[INCIDENT_SAMPLES];
	__u32 cause_count;
	int causes_more;

	/* From slot_start_ns, slots of slot_ns each; slots merge in pairs when there are too many.
	 */
	__u64 slot_start_ns, slot_ns;
	struct incident_slot slots[TIMELINE_SLOTS];
	__u32 slot_count;
};

/* CHANGED: another state or cause; UPDATED: more of the same, every 10 minutes at most. */
enum incident_event { INCIDENT_OPENED, INCIDENT_CHANGED, INCIDENT_UPDATED, INCIDENT_CLOSED };

typedef void incident_fn(const struct incident *incident, enum incident_event event, void *context);

/* Completes an incident before the caller is told of it. */
typedef void incident_fill_fn(struct incident *incident, void *context);

/*
 * Returns the index for one more of INCIDENT_SAMPLES entries of `size` bytes, of which the first
 * ones and the latest ones are kept.
 */
__u32 incident_samples_add(void *entries, __u32 *count, size_t size);

/*
 * Keeps what there is room for of a sample: of addresses and names the first ones, of messages the
 * first ones and the latest ones.
 */
void incident_add_sample(struct incident *incident, const struct incident_message *message);

/* Keeps a transaction that failed, whose first query was sent at `wall_ns`, with client and name.
 */
void incident_add_failed(struct incident *incident, __u64 wall_ns,
			 const struct failed_query *failed);

/* Begins the timeline at the whole second before `start_ns` (since 1970). */
void incident_slots_init(struct incident *incident, __u64 start_ns);

/* Adds outcomes to the slot of a moment (since 1970). Slots merge in pairs when they are many. */
void incident_add_outcomes(struct incident *incident, __u64 wall_ns,
			   const struct incident_slot *outcomes);

#endif
