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

#define PORTS_MAX 8		/* watched ports */
#define EXTENSION_HEADERS_MAX 6 /* IPv6 extension headers followed in one packet */
#define VLAN_TAGS_MAX 3		/* VLAN tags followed in the packet's bytes */
#define SEGMENTS_MAX 16		/* messages parsed in one GSO or GRO packet */
#define TUPLE_INDEX_IDS 16	/* transactions of one 4-tuple that a short quote can find */
#define EXPIRED_PER_KEY 4	/* timed-out transactions remembered for one key */
#define RESOLVERS_DEFAULT 256	/* entries that queries may create */
#define RESOLVERS_RESERVED 33	/* room beyond those: 32 configured ones and `other` */
#define RESOLVERS_SPARE 7	/* two CPUs that meet a resolver first may lose one */
#define IN_FLIGHT_DEFAULT 65536 /* open transactions */
#define TIMEOUT_DEFAULT_NS 5000000000ULL
#define EXPIRED_KEEP_NS 60000000000ULL /* a timed-out transaction is remembered this long */
#define DUPLICATE_NS 1000000ULL	       /* one packet reaches its other interfaces within this */
#define SWEEP_BUDGET 4096  /* entries ended by one run of the sweep, which keeps softirqs off */
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

/* A transaction as on the wire: ports and message ID in network order. */
struct transaction_key {
	struct ip_address client;
	struct ip_address resolver; /* from here to `pad` as in struct resolver_key */
	__u32 scope;
	__u16 resolver_port;
	__u8 transport;
	__u8 pad;
	__u16 client_port;
	__u16 id;
};

/* ---- transactions in flight ------------------------------------------------------------- */

/*
 * A resolver's number, from 1 on; 0 is the entry `other`. It never changes and is never given
 * again.
 */
#define RESOLVER_OTHER 0
/* Instead of a number, for a resolver that has no entry: this and a hash of it. */
#define RESOLVER_UNLISTED 0x80000000U

/* Whose transaction: all that tells it from others, in as few bytes as may be. Network order. */
struct flow_key {
	struct ip_address client;
	__u16 client_port;
	__u16 id;
	__u32 resolver; /* slot, or RESOLVER_UNLISTED | hash */
} __attribute__((aligned(8)));

/*
 * One word says all of an entry: the time of its first query in ns << STATE_SHIFT, and flags. It
 * differs for every transaction. Without STATE_OPEN there is none.
 */
#define STATE_SHIFT 4
#define STATE_OPEN 1ULL		 /* waits for its outcome */
#define STATE_RETRANSMITTED 2ULL /* no RTT sample (Karn) */
#define STATE_GEN 4ULL		 /* of a way in a bucket: see bpf/bucket.h */
#define STATE_INDEXED 8ULL	 /* its 4-tuple's places hold its message ID */

/*
 * A few entries that stand together: the words in one cache line, their keys in the next three.
 * `head` holds, for each way, a tag and a turn (bpf/bucket.h). `overflowed` counts the open ones
 * that belong here and found no room.
 */
#define BUCKET_SLOTS 6
struct bucket {
	__u64 ctrl;
	__u64 overflowed;
	__u64 state[BUCKET_SLOTS];
	struct flow_key key[BUCKET_SLOTS];
	__u64 room[6];
};

/* What no bucket had room for: a value in a hash by struct flight_key. */
struct flow_state {
	__u64 state;
};

/* Where the message IDs of some 4-tuples are: for short quotes, which hold none. */
struct tuple_index_row {
	__u32 id[TUPLE_INDEX_IDS];
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

/* All CPUs together: what readers hand out. */
struct resolver_counters {
	__u64 n[COUNTER_MAX];
	__u64 rtt[RTT_BUCKETS];
	__u64 at[MOMENT_MAX];
};

/* One resolver, on some of the CPUs. */
struct rtt_histogram {
	__u64 n[RTT_BUCKETS];
};

/* An entry of a resolver. Without `published` nothing else of it is valid. */
struct resolver_entry {
	struct resolver_key key;
	__u32 published;
	__u32 hash31; /* what of it is in its transactions' hashes */
};

/* Where a resolver's slot is found: each word is a tag << 32 | slot, or 0. */
#define RESOLVER_LINE_WORDS 8
struct resolver_line {
	__u64 word[RESOLVER_LINE_WORDS];
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

#define PARSE_SCRATCH_WORDS 30
#define PKT_CTX_WORDS 12
/* What each CPU keeps for itself: its own counters, and the last packet that was ours. */
/*
 * The resolver with an entry that this CPU met last, and mostly meets next: what it would look up,
 * and its slot. Never one of a link; a slot of 0: none yet.
 */
struct resolver_cache {
	struct resolver_key key;
	__u64 address_hash, hash;
	__u32 number, pad;
};

struct cpu_record {
	struct self_counters self;
	__u64 digest;
	__u64 time; /* 0: nobody looked at the clock */
	__u64 tick; /* of the timer; rough, but for free */
	__u32 ifindex;
	__u32 pad;
	__u64 samples_dropped; /* beyond the rate, or no room */
	__u64 clock;	       /* ns: as this CPU has read it last in this tick; 0: it has not */
	struct resolver_cache resolver_cache;
	__u64 scratch[PARSE_SCRATCH_WORDS]; /* its observation in the making: bpf/icmp.h */
	__u64 pkt_ctx[PKT_CTX_WORDS];	    /* its way through the accounts: bpf/outcome.h */
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
	__u8 matched;	 /* 1: it ended a transaction or came late; 0: it fitted none */
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

/* How large the tables are: made by engine_sizes() (sizes.h) from the above. */
struct engine_sizes { /* what each packet asks first: one cache line with engine_config */
	__u64 seed;   /* of all hashes: nobody outside can say what meets in one bucket */
	__u32 entries;
	__u32 has_buckets; /* 0: the table is too small for them, the hash is all there is */
	__u32 flows_by_tuple_mask; /* buckets by 4-tuple, less 1; likewise below */
	__u32 resolver_table_mask; /* lines of the index of slots */
	__u32 rtt_mask;		   /* histograms of one resolver */
	__u32 flows_by_key_mask;   /* buckets by the whole key */
	__u32 tuple_index_mask, expired_mask;
	__u32 overflow; /* room in that hash */
	__u32 cpus;	/* lanes */
};

/* Shared and writable: the injected clock, and how many resolver entries there are. */
struct engine_state {	     /* what packets ask, which is seldom written, in one cache line */
	__u64 unlisted;	     /* 1: a transaction was opened by a resolver without an entry */
	__u64 has_expired;   /* 1: timed-out transactions may be remembered */
	__u64 sample_second; /* of the samples sent in this second (of 2^30 ns): how many */
	__u64 samples_sent;
	__u64 sample_tick; /* in this tick of the timer nothing more is sent of what fits nothing */
	__u64 resolvers;   /* entries that queries have created */
	__u64 entries;	   /* given so far; `other` is none of them */
	__u64 last_expired; /* ns: when the latest of `remembers` was */
	__u64 now;	    /* ns; used when clock_injected */
	__u64 highest;	    /* highest `now` seen: packet time never runs backwards */
	__u64 sweep_again;  /* the last sweep ended early, at SWEEP_AT_ONCE: run it again */
	__u64 sweep_budget; /* what the running sweep may still end: here, where no verifier counts
			       it */
	__u64 reserve_cmd;  /* what the sweep shall do with `reserved`: enum reserve */
	struct resolver_key reserve_key;
	__u64 seed; /* that of engine_sizes, for the run that takes these tables over */
	__u64 pad[1];
};

/* A resolver's entry on request. Only the kernel side makes entries: nobody else is in its way. */
enum reserve_cmd { RESERVE_NOTHING, RESERVE_WANTED, RESERVE_DONE, RESERVE_EXISTS, RESERVE_NO_ROOM };

/* Tagged packets of (interface, VLAN) are skipped: the VLAN's own device is attached. */
struct vlan_dev_key {
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
_Static_assert(__builtin_offsetof(struct transaction_key, id) == 42, "transaction_key.id");
_Static_assert(sizeof(struct flow_key) == 24, "flow_key");
_Static_assert(__builtin_offsetof(struct flow_key, id) == 18, "flow_key.id");
_Static_assert(__builtin_offsetof(struct flow_key, resolver) == 20, "flow_key.resolver");
_Static_assert(sizeof(struct bucket) == 256, "bucket");
_Static_assert(__builtin_offsetof(struct bucket, key) == 64, "bucket.key");
_Static_assert(sizeof(struct flow_state) == 8, "transaction");
_Static_assert(sizeof(struct tuple_index_row) == 64, "tuple_places");
_Static_assert(sizeof(struct resolver_entry) == 32, "slot");
_Static_assert(sizeof(struct resolver_line) == 64, "index_line");
_Static_assert(sizeof(struct cpu_record) == 512, "cpu_record");
_Static_assert(sizeof(struct engine_sizes) == 48, "engine_sizes");
_Static_assert(sizeof(struct resolver_counters) == 8 * (COUNTER_MAX + RTT_BUCKETS + MOMENT_MAX),
	       "counters");
_Static_assert(sizeof(struct sample) == 8 + 44 + 16 + 8 + 4 + QUESTION_MAX, "sample");
_Static_assert(sizeof(struct self_counters) == 8 * SELF_MAX, "self_counters");
_Static_assert(sizeof(struct engine_config) == 40, "engine_config");
_Static_assert(__builtin_offsetof(struct engine_config, ports) == 16, "engine_config.ports");
_Static_assert(__builtin_offsetof(struct engine_config, port_count) == 32,
	       "engine_config.port_count");
_Static_assert(sizeof(struct engine_state) == 144, "engine_state");
_Static_assert(sizeof(struct vlan_dev_key) == 8, "tagged_key");
_Static_assert(COUNTER_ICMP_OTHER - COUNTER_ICMP_PORT == REASON_OTHER, "reasons of ICMP");
_Static_assert(COUNTER_UNREACHABLE_OTHER - COUNTER_UNREACHABLE_PORT == REASON_OTHER, "reasons");
_Static_assert(COUNTER_UNSENT_OTHER - COUNTER_UNSENT_HOST == REASON_OTHER - 1, "unsent reasons");
_Static_assert(COUNTER_ANSWERED_REFUSED - COUNTER_ANSWERED_NOERROR == 5, "RCODEs");

#endif
