/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the kernel side and the user side share, and nothing else: keys, values, the counters by
 * number, limits. The meaning of each counter is docs/counters.md; their names for people and
 * machines are one table, user/health/counters.c.
 *
 * Fixed-width types, explicit padding, no bool, no size_t, no bitfield. Append only.
 */
#ifndef DNSREACH_H
#define DNSREACH_H

#ifndef __VMLINUX_H__
#include <linux/types.h>
#endif

/* ---- limits ----------------------------------------------------------------------------- */

#define PORTS_MAX 8		 /* watched ports */
#define EXTENSION_HEADERS_MAX 6	 /* IPv6 extension headers followed in one packet */
#define VLAN_TAGS_MAX 3		 /* VLAN tags followed in the packet's bytes */
#define SEGMENTS_MAX 16		 /* messages parsed in one GSO or GRO packet */
#define SHORT_QUOTES_FINDABLE 16 /* transactions of one 4-tuple that a short quote can find */
#define REMEMBERED_PER_KEY 4	 /* timed-out transactions remembered for one key */
#define RESOLVERS_DEFAULT 256	 /* entries that queries may create */
#define RESOLVERS_RESERVED 33	 /* room beyond those: 32 configured ones and `other` */
#define IN_FLIGHT_DEFAULT 65536	 /* open transactions */
#define TIMEOUT_DEFAULT_NS 5000000000ULL
#define REMEMBER_NS 60000000000ULL /* a timed-out transaction is remembered this long */
#define SAME_PACKET_NS 1000000ULL  /* one packet reaches its other interfaces within this */
#define SWEEP_AT_ONCE 4096 /* entries ended by one run of the sweep, which keeps softirqs off */
#define LOOPBACK_IFINDEX 1 /* `lo`, in every network namespace */

/* ---- keys ------------------------------------------------------------------------------- */

/* Network order; IPv4 as ::ffff:a.b.c.d (RFC 4291, 2.5.5.2). */
struct ip_address {
	__u32 w[4];
};

enum transport { TRANSPORT_NONE, TRANSPORT_UDP, TRANSPORT_MAX };

/* Port in network order. Scope: the interface of an fe80::/10 address, else 0. All zero: `other`.
 */
struct resolver_key {
	struct ip_address address;
	__u32 scope;
	__u16 port;
	__u8 transport;
	__u8 pad;
};

/* Ports and message ID in network order, as on the wire. */
struct transaction_key {
	struct ip_address client;
	struct ip_address resolver;
	__u32 scope;
	__u16 client_port;
	__u16 resolver_port;
	__u16 id;
	__u8 transport;
	__u8 pad;
};

/* ---- transactions ----------------------------------------------------------------------- */

/*
 * One word says all of an entry: the time of its first query in ns << STATE_SHIFT, and flags.
 * Without STATE_OPEN the entry has ended (then the time is the end) and is being removed by
 * whoever ended it.
 */
#define STATE_SHIFT 4
#define STATE_OPEN 1ULL		 /* waits for its outcome */
#define STATE_RETRANSMITTED 2ULL /* no RTT sample (Karn) */
#define STATE_OTHER 4ULL	 /* counted under the entry `other` */
#define STATE_INDEXED 8ULL	 /* holds a reference on its 4-tuple */

struct transaction {
	__u64 state;
};

/* ---- counters, per resolver ------------------------------------------------------------- */

enum reason {
	REASON_PORT,
	REASON_HOST,
	REASON_NETWORK,
	REASON_PROHIBITED,
	REASON_OTHER,
	REASON_MAX
};

enum counter {
	COUNTER_QUERIES,
	COUNTER_RESPONSES,
	COUNTER_ICMP_PORT, /* + enum reason */
	COUNTER_ICMP_HOST,
	COUNTER_ICMP_NETWORK,
	COUNTER_ICMP_PROHIBITED,
	COUNTER_ICMP_OTHER,
	COUNTER_ICMP_FROM_ELSEWHERE,
	COUNTER_ICMP_SHORT_QUOTES,
	COUNTER_TOO_BIG,
	COUNTER_TRANSACTIONS,
	COUNTER_ANSWERED_NOERROR, /* + RCODE while below `other` (RFC 1035, 4.1.1) */
	COUNTER_ANSWERED_FORMERR,
	COUNTER_ANSWERED_SERVFAIL,
	COUNTER_ANSWERED_NXDOMAIN,
	COUNTER_ANSWERED_NOTIMP,
	COUNTER_ANSWERED_REFUSED,
	COUNTER_ANSWERED_OTHER,
	COUNTER_UNREACHABLE_PORT, /* + enum reason */
	COUNTER_UNREACHABLE_HOST,
	COUNTER_UNREACHABLE_NETWORK,
	COUNTER_UNREACHABLE_PROHIBITED,
	COUNTER_UNREACHABLE_OTHER,
	COUNTER_TIMED_OUT,
	COUNTER_RETRANSMISSIONS,
	COUNTER_UNTRACKED,
	COUNTER_LATE_RESPONSES,
	COUNTER_LATE_UNREACHABLES,
	COUNTER_UNMATCHED_RESPONSES,
	COUNTER_UNMATCHED_UNREACHABLES,
	COUNTER_UNSENT_HOST, /* + enum reason - 1; what has reason `port` is `other` here */
	COUNTER_UNSENT_NETWORK,
	COUNTER_UNSENT_PROHIBITED,
	COUNTER_UNSENT_OTHER,
	COUNTER_TRUNCATED,
	COUNTER_RTT_COUNT,
	COUNTER_RTT_SUM_NS,
	/* Evidence for the cause: unreachables that ended a transaction or came late. Not exported.
	 */
	COUNTER_EVIDENCE_PROHIBITED,
	COUNTER_EVIDENCE_PORT,	   /* reason port, from the resolver itself */
	COUNTER_EVIDENCE_NO_ROUTE, /* reasons host and network */
	COUNTER_EVIDENCE_ON_PATH,  /* reasons port and other, from elsewhere */
	COUNTER_MAX
};

/*
 * RTT histogram, in microseconds: bucket 0 to 3 hold 0 to 3 us, then four to an octave up to
 * 2^27 us (134 s). Taking a bucket's middle errs by at most 12.5 %.
 */
#define RTT_OCTAVE_FIRST 2
#define RTT_OCTAVE_LAST 26
#define RTT_BUCKETS (4 + 4 * (RTT_OCTAVE_LAST - RTT_OCTAVE_FIRST + 1))

/*
 * When, on the clock that ages are measured with (0: never). A failing run begins with the first
 * failure after an answer without error and ends with the next such answer; each CPU has its own.
 */
enum moment {
	MOMENT_RUN_START,     /* first query of the latest failing run */
	MOMENT_LAST_FAILURE,  /* last failure, late unreachable or unsent query */
	MOMENT_LAST_ANSWERED, /* last answer with NOERROR or NXDOMAIN */
	MOMENT_MAX
};

struct resolver_counters {
	__u64 n[COUNTER_MAX];
	__u64 rtt[RTT_BUCKETS];
	__u64 at[MOMENT_MAX];
};

/* ---- what the tool says of itself ------------------------------------------------------- */

enum self_counter {
	SELF_UNPARSED_SHORT,
	SELF_UNPARSED_FRAGMENT,
	SELF_UNPARSED_EXTENSION,
	SELF_UNPARSED_MAPPED,
	SELF_UNPARSED_SEGMENTS,
	SELF_UNPARSED_MALFORMED,
	SELF_UNMATCHED_RESPONSES,
	SELF_UNMATCHED_UNREACHABLES,
	SELF_FORGOTTEN,
	SELF_BUSY,
	SELF_MAX
};

struct self_counters {
	__u64 n[SELF_MAX];
};

/* ---- samples of what failed ------------------------------------------------------------- */

#define QUESTION_MAX 272 /* a name of 255 bytes, type and class, and some room */

/*
 * One unreachable, with the question that it quotes. Bounded in number and rate: an example, never
 * a count. `question`: the quote's DNS message from its header's end on, as on the wire, not
 * checked; `question_length` bytes of it (0: none was quoted).
 */
#define SAMPLES_PER_SECOND 16	       /* of those that fit a transaction, or were unsent */
#define SAMPLES_UNMATCHED_PER_SECOND 4 /* of the others: a forger cannot crowd them out */
#define SAMPLES_ROOM (64 * 1024)       /* bytes of the ring */

struct sample {
	__u64 time_ns;
	struct transaction_key key;
	struct ip_address reporter;
	__u8 type, code; /* of the ICMP message */
	__u8 version;	 /* of IP: 4, 6 */
	__u8 ttl;	 /* of the packet that brought it, as received */
	__u8 reason;	 /* enum reason */
	__u8 fits;	 /* 1: it ended a transaction or came late; 0: it fitted none */
	__u8 short_quote;
	__u8 unsent; /* this host's own refusal */
	__u32 question_length;
	__u8 question[QUESTION_MAX];
};

/* ---- what user space tells the kernel side ---------------------------------------------- */

struct engine_config {
	__u64 timeout_ns;
	__u32 max_resolvers;	/* entries that queries may create */
	__u32 max_in_flight;	/* room for open transactions (maps are sized by it) */
	__u16 ports[PORTS_MAX]; /* watched, network order */
	__u32 port_count;
	__u8 short_quotes;   /* 1: an 8-byte quote may end a transaction */
	__u8 clock_injected; /* 1: the time is engine_state.now, not the kernel's */
	__u8 pad[2];
};

/* Shared and writable: the injected clock, and how many resolver entries there are. */
struct engine_state {
	__u64 now;     /* ns; used when clock_injected */
	__u64 highest; /* highest `now` seen: packet time never runs backwards */
	__u64 resolvers;
	__u64 unswept;	     /* the last sweep ended early, at SWEEP_AT_ONCE: run it again */
	__u64 sample_second; /* of the samples sent in this second (of 2^30 ns): how many */
	__u64 samples_sent;
	__u64 samples_dropped; /* beyond the rate, or no room; a count since start */
	__u64 left; /* what the running sweep may still end: here, where no verifier counts it */
};

/* Tagged packets of (interface, VLAN) are skipped: the VLAN's own device is attached. */
struct tagged_key {
	__u32 ifindex;
	__u32 vlan;
};

/* ---- sizes that both compilers must agree on -------------------------------------------- */

_Static_assert(sizeof(struct resolver_key) == 24, "resolver_key");
_Static_assert(__builtin_offsetof(struct resolver_key, scope) == 16, "resolver_key.scope");
_Static_assert(__builtin_offsetof(struct resolver_key, port) == 20, "resolver_key.port");
_Static_assert(__builtin_offsetof(struct resolver_key, transport) == 22, "resolver_key.transport");
_Static_assert(sizeof(struct transaction_key) == 44, "transaction_key");
_Static_assert(__builtin_offsetof(struct transaction_key, scope) == 32, "transaction_key.scope");
_Static_assert(__builtin_offsetof(struct transaction_key, id) == 40, "transaction_key.id");
_Static_assert(sizeof(struct transaction) == 8, "transaction");
_Static_assert(sizeof(struct resolver_counters) == 8 * (COUNTER_MAX + RTT_BUCKETS + MOMENT_MAX),
	       "counters");
_Static_assert(sizeof(struct sample) == 8 + 44 + 16 + 8 + 4 + QUESTION_MAX, "sample");
_Static_assert(sizeof(struct self_counters) == 8 * SELF_MAX, "self_counters");
_Static_assert(sizeof(struct engine_config) == 40, "engine_config");
_Static_assert(__builtin_offsetof(struct engine_config, ports) == 16, "engine_config.ports");
_Static_assert(__builtin_offsetof(struct engine_config, port_count) == 32,
	       "engine_config.port_count");
_Static_assert(sizeof(struct engine_state) == 64, "engine_state");
_Static_assert(sizeof(struct tagged_key) == 8, "tagged_key");
_Static_assert(COUNTER_ICMP_OTHER - COUNTER_ICMP_PORT == REASON_OTHER, "reasons of ICMP");
_Static_assert(COUNTER_UNREACHABLE_OTHER - COUNTER_UNREACHABLE_PORT == REASON_OTHER, "reasons");
_Static_assert(COUNTER_UNSENT_OTHER - COUNTER_UNSENT_HOST == REASON_OTHER - 1, "unsent reasons");
_Static_assert(COUNTER_ANSWERED_REFUSED - COUNTER_ANSWERED_NOERROR == 5, "RCODEs");

#endif
