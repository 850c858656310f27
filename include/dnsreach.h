/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Keys, values and counters by number that the kernel side and user space share; engine_limits.h
 * has the limits. docs/counters.md gives the meaning of each counter; user/health/counters.c has
 * their names for output.
 *
 * Fixed-width types, explicit padding, no bool, no size_t, no bitfield. Append only.
 */
#ifndef DNSREACH_H
#define DNSREACH_H

#ifndef __VMLINUX_H__
#include <linux/types.h>
#endif

#include "engine_limits.h"

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__ && !defined(DNSREACH_BIG_ENDIAN)
#error "dnsreach was never tested on a big-endian machine; to build it untested: make BIG_ENDIAN=1"
#endif

/* ---- keys ------------------------------------------------------------------------------- */

/* Network order; IPv4 as ::ffff:a.b.c.d (RFC 4291, 2.5.5.2). */
struct ip_address {
	__u32 w[4];
};

/* Of TCP and TLS, an entry counts the connects: SYN, and what answers it. */
enum transport {
	TRANSPORT_NONE,
	TRANSPORT_UDP,
	TRANSPORT_TCP,
	TRANSPORT_DOT, /* DNS over TLS, RFC 7858 */
	TRANSPORT_MAX
};

/*
 * Where a query is counted: at the egress of an interface (this host's own, and what it forwards),
 * or at the ingress of a guest's interface (docs/counters.md).
 */
enum origin { ORIGIN_HOST, ORIGIN_GUEST, ORIGIN_MAX };

/*
 * Port in network order. Scope: the interface of an fe80::/10 address, else 0. All zero: `other`.
 */
struct resolver_key {
	struct ip_address address;
	__u32 scope;
	__u16 port;
	__u8 transport;
	__u8 origin;
};

/* A transaction as on the wire: ports and message ID in network order. */
struct transaction_key {
	struct ip_address client;
	struct ip_address resolver; /* from here to `origin` as in struct resolver_key */
	__u32 scope;
	__u16 resolver_port;
	__u8 transport;
	__u8 origin;
	__u16 client_port;
	__u16 id;
};

/* ---- transactions in flight ------------------------------------------------------------- */

/*
 * A resolver's number, from 1 on; 0 is the entry `other`. A number never changes and is never given
 * to another resolver.
 */
#define RESOLVER_OTHER 0
/* In place of a number, for a resolver without an entry: this and a hash of it. */
#define RESOLVER_UNLISTED 0x80000000U
/* In the word beside a number: an open connect (connects.h). */
#define RESOLVER_CONNECT 0x40000000U

/* An open transaction in the tables. Network order. Short, so that a bucket holds six. */
struct flow_key {
	struct ip_address client;
	__u16 client_port;
	__u16 id;
	__u32 resolver; /* number, or RESOLVER_UNLISTED | hash */
} __attribute__((aligned(8)));

/*
 * The state word of a transaction: time of its first query in ns << STATE_SHIFT, and flags. No two
 * transactions have the same word. Without STATE_OPEN the slot holds no transaction.
 */
#define STATE_SHIFT 5
#define STATE_OPEN 1ULL		 /* waits for its outcome */
#define STATE_RETRANSMITTED 2ULL /* no RTT sample (Karn's algorithm, RFC 6298, 3) */
#define STATE_GEN 4ULL		 /* generation of a bucket's slot: bpf/flow_bucket.h */
#define STATE_INDEXED 8ULL	 /* a row of its 4-tuple's index holds its message ID */
#define STATE_SAMPLED 16ULL	 /* a sample of its query was due: see struct sample */

/*
 * Six slots: control words and state words in one cache line, keys in the next three. `ctrl` holds
 * a tag and a generation for each slot, and a version (bpf/flow_bucket.h). `overflowed` counts the
 * open transactions that hash to this bucket and are in a later table.
 */
#define BUCKET_SLOTS 6
struct bucket {
	__u64 ctrl;
	__u64 overflowed;
	__u64 state[BUCKET_SLOTS];
	struct flow_key key[BUCKET_SLOTS];
	__u64 asker[BUCKET_SLOTS]; /* of each slot, with config.askers: row + 1 (bpf/asker.h) */
};

/* The value of the hash that holds the transactions without a slot; its key is struct flow_key. */
struct flow_state {
	__u64 state;
	__u64 asker; /* as in struct bucket */
};

/* Message IDs by 4-tuple, for quotes that are too short to hold one. */
struct tuple_index_row {
	__u32 id[TUPLE_INDEX_IDS];
};

/* ---- streams: TCP connections whose messages are followed -------------------------------- */

#define STREAM_HEADER 6 /* bytes of a message that are read: length, ID, flags */

/*
 * A position in one direction of a connection: `next` is the sequence number of the first byte that
 * was not looked at and must be. With `have` 0, a message begins there; else it is behind the first
 * `have` bytes of one. `from` is where the bytes begin that led to it. With STREAM_SKIPPED, the
 * bytes from `from` to `next` came behind a gap and could not be followed.
 */
#define STREAM_SKIPPED 0xff
struct stream_cursor {
	__u32 from, next;
	__u8 have;
	__u8 header[STREAM_HEADER + 1];
};

#define STREAM_CURSORS (1 + STREAM_AHEAD_MAX)
#define STREAM_SYNCED 1U   /* cursor[0] is valid */
#define STREAM_POSITION 2U /* `seen` is valid */
#define STREAM_FIN 4U	   /* `fin` is valid */

/* One direction. The cursors behind the first are those of bytes behind a gap, in their order. */
struct stream_side {
	__u32 lock;  /* 1: a CPU follows a segment */
	__u32 seen;  /* sequence number behind the last byte that was seen in order */
	__u32 fin;   /* sequence number of the FIN */
	__u16 flags; /* STREAM_SYNCED and the like */
	__u16 ahead; /* cursors behind the first that are in use */
	struct stream_cursor cursor[STREAM_CURSORS];
};

#define STREAM_OPEN 1ULL
#define STREAM_CLOSED 2ULL  /* it has ended; kept, so that no late segment opens it anew */
#define STREAM_CROWDED 4ULL /* a message of it may be in no row of the index of 4-tuples */
/* Of DNS over TLS: */
#define STREAM_STARTED 8ULL   /* the client has sent bytes */
#define STREAM_FINISHED 16ULL /* the resolver has sent its FIN, and no bytes */

/* `state`: time of its beginning in ns << STATE_SHIFT and flags. Sides: enum pkt_direction. */
struct stream {
	__u64 state;
	__u64 used;	     /* ns: last segment */
	struct flow_key key; /* ID 0; the resolver's number is that of its messages */
	__u32 isn;	     /* of the client's SYN, host order; 0: not seen */
	__u16 last_id;	     /* of the last response that ended a transaction */
	__u16 has_last_id;
	struct stream_side side[2];
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
	COUNTER_UNSENT_HOST, /* + enum reason - 1; reason `port` counts as `other` here */
	COUNTER_UNSENT_NETWORK,
	COUNTER_UNSENT_PROHIBITED,
	COUNTER_UNSENT_OTHER,
	COUNTER_TRUNCATED,
	COUNTER_FORWARDED,
	COUNTER_RTT_COUNT,
	COUNTER_RTT_SUM_NS,
	/*
	 * Evidence for the cause: unreachables that ended a transaction or came late. Not exported.
	 */
	COUNTER_EVIDENCE_PROHIBITED,
	COUNTER_EVIDENCE_PORT,	   /* reason port, from the resolver itself */
	COUNTER_EVIDENCE_NO_ROUTE, /* reasons host and network */
	COUNTER_EVIDENCE_ON_PATH,  /* reasons port and other, not from the resolver */
	COUNTER_ENGINE_LAST = COUNTER_EVIDENCE_ON_PATH,
	/* Of connects. The engine counts them as it counts queries: connects.h. */
	COUNTER_CONNECT_ATTEMPTS,
	COUNTER_CONNECT_OPENED,
	COUNTER_CONNECT_RETRANSMISSIONS,
	COUNTER_CONNECT_UNTRACKED,
	COUNTER_CONNECT_ESTABLISHED,
	COUNTER_CONNECT_UNFOLLOWED, /* of the established ones, those whose messages are not
				       followed */
	COUNTER_CONNECT_REFUSED,
	COUNTER_CONNECT_UNREACHABLE_PORT, /* + enum reason */
	COUNTER_CONNECT_UNREACHABLE_HOST,
	COUNTER_CONNECT_UNREACHABLE_NETWORK,
	COUNTER_CONNECT_UNREACHABLE_PROHIBITED,
	COUNTER_CONNECT_UNREACHABLE_OTHER,
	COUNTER_CONNECT_TIMED_OUT,
	COUNTER_CONNECT_LATE,
	COUNTER_CONNECT_UNMATCHED,
	COUNTER_CONNECT_ARRIVALS, /* SYN-ACKs, and RSTs that answer a SYN. Not exported. */
	COUNTER_CONNECT_RTT_COUNT,
	COUNTER_CONNECT_RTT_SUM_NS,
	/* Of messages over TCP, beside those of queries: connects.h. */
	COUNTER_CLOSED_FIN,
	COUNTER_CLOSED_RST,
	COUNTER_UNFOLLOWED,
	COUNTER_FURTHER,	 /* responses after the first of one transaction: a zone transfer */
	COUNTER_SESSION_REFUSED, /* of DNS over TLS, as COUNTER_ANSWERED_REFUSED: connects.h */
	COUNTER_MAX
};

/*
 * RTT histogram, in microseconds: buckets 0 to 3 hold 0 to 3 us, then four an octave up to 2^27 us
 * (134 s). A bucket's middle is at most 12.5 % off.
 */
#define RTT_OCTAVE_FIRST 2
#define RTT_OCTAVE_LAST 26
#define RTT_BUCKETS (4 + 4 * (RTT_OCTAVE_LAST - RTT_OCTAVE_FIRST + 1))

/*
 * Points in time, on the clock that ages are measured with (0: never). A failing run begins with
 * the first failure after an answer without error and ends with the next such answer. Each CPU has
 * its own.
 */
enum moment {
	MOMENT_RUN_START,     /* first query of the latest failing run */
	MOMENT_LAST_FAILURE,  /* last failure, late unreachable or unsent query */
	MOMENT_LAST_ANSWERED, /* last answer with NOERROR or NXDOMAIN */
	MOMENT_MAX
};

/* The sum over all CPUs, for readers. */
struct resolver_counters {
	__u64 n[COUNTER_MAX];
	__u64 rtt[RTT_BUCKETS];
	__u64 connect_rtt[RTT_BUCKETS]; /* of a row of TCP or TLS */
	__u64 at[MOMENT_MAX];
};

/* One resolver; a histogram is shared by some of the CPUs. */
struct rtt_histogram {
	__u64 n[RTT_BUCKETS];
};

#define RESOLVER_PUBLISHED 1U /* without it no field is valid */
#define RESOLVER_ON_LO 2U     /* it was queried on `lo`: engine_state.lo_resolvers has its number */
/*
 * A resolver of TCP has two entries: one counts its connects, the other its messages. The second is
 * added with the first connection that is followed. The upper half of `flags` of each has the
 * number of the other, 0: there is none.
 */
#define RESOLVER_MESSAGES 4U /* it counts the messages of another entry */
#define RESOLVER_PAIR_SHIFT 16
struct resolver_entry {
	struct resolver_key key;
	__u32 flags;
	__u32 hash30; /* of key and port, in the hashes of its transactions */
};

/* A row of the hash table from resolvers to numbers; each word is a tag << 32 | number, or 0. */
#define RESOLVER_LINE_WORDS 8
struct resolver_line {
	__u64 word[RESOLVER_LINE_WORDS];
};

/* ---- askers ------------------------------------------------------------------------------ */

/* Life of an asker's entry: numbers are given again (bpf/asker.h). */
enum asker_state {
	ASKER_FREE,
	ASKER_USED,	/* in the index */
	ASKER_UNLINKED, /* no lookup finds it any more; a query that was under way may count there
			 */
};

/* A cgroup that has queried a resolver. While it is free no other field but free_number is valid.
 */
struct asker_entry {
	__u64 cgroup;	/* its ID: the inode of its directory below /sys/fs/cgroup; 0: no socket */
	__u64 born;	/* which one of all that ever were: 1 is the first */
	__u64 first;	/* the least `born` of those whose counts it has */
	__u32 resolver; /* number */
	__u32 state;	/* enum asker_state */
	__u32 free_number; /* not of this asker: the entries are a ring of free numbers, too */
	__u32 pad;
};

/* On one CPU; a row for each asker, and `other` of each resolver (bpf/asker.h). */
struct asker_counters {
	__u64 queries;
	__u64 failed; /* transactions that were unreachable or timed out */
	__u64 errors; /* transactions answered with an error RCODE */
	__u64 pad;
};

#define ASKER_ROWS(entries) ((entries) + ASKERS_MAX + 1)
/*
 * Behind the copies of all CPUs comes one that only the sweep writes. There the row of an asker
 * takes away what was moved elsewhere, and a resolver's row has the counts of former askers.
 */
#define ASKER_COPIES(cpus) ((cpus) + 1)

/* Asks the sweep to unlink an asker, or to move its counts and free its number. */
struct asker_command {
	__u32 number;
	__u32 is_move; /* 0: unlink */
	__u32 to;      /* the number of an asker of the same resolver; 0: former askers */
	__u32 pad;
	struct asker_counters counts; /* all that the asker has */
};

/* ---- counters of dnsreach itself --------------------------------------------------------- */

enum self_counter {
	SELF_UNPARSED_SHORT,
	SELF_UNPARSED_FRAGMENT,
	SELF_UNPARSED_EXTENSION,
	SELF_UNPARSED_MAPPED,
	SELF_UNPARSED_SEGMENTS,
	SELF_UNPARSED_MALFORMED,
	SELF_UNPARSED_TUNNEL, /* on each interface: not deduplicated */
	SELF_UNPARSED_STREAM, /* TCP connections that could not be followed, or no longer */
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
#define PKT_CTX_WORDS 29
/* The last packet that a CPU counted. */
struct dedup_record {
	__u64 digest;
	__u64 time; /* ns; 0: the clock was not read */
	__u64 tick; /* of the timer (jiffies) */
	__u32 ifindex;
	__u32 pad;
};

/*
 * The resolver with an entry that this CPU counted last, and most often counts next. Never an
 * fe80::/10 one, whose number depends on the interface. Number 0: none yet.
 */
struct resolver_cache {
	struct resolver_key key;
	__u64 address_hash, hash;
	__u32 number;
	__u32 flags; /* some of the entry's flags, perhaps not the latest */
};

/*
 * One record for each CPU: its own counters, and the last packet of each origin, so that the views
 * of host and guest never take each other's packets for duplicates.
 */
struct cpu_record {
	struct self_counters self;
	struct dedup_record last[ORIGIN_MAX];
	__u64 samples_dropped; /* over the rate, or no room in the ring */
	__u64 clock;	       /* ns: last reading of the clock in this tick; 0: none */
	__u64 opened;	       /* ns: opening of the transaction that a sample is wanted of */
	struct resolver_cache resolver_cache;
	__u64 scratch[PARSE_SCRATCH_WORDS]; /* struct parse_scratch, bpf/parse.h */
	__u64 pkt_ctx[PKT_CTX_WORDS];	    /* struct pkt_ctx, bpf/account.h */
};

/* ---- samples of what failed ------------------------------------------------------------- */

#define QUESTION_MAX 272 /* a name of 255 bytes, type and class, rounded up */

enum sample_kind {
	SAMPLE_ICMP,	  /* an unreachable, with the question that it quotes */
	SAMPLE_QUERY,	  /* a query that opened a transaction */
	SAMPLE_ANSWERED,  /* a response with an error RCODE that ended a transaction */
	SAMPLE_TIMED_OUT, /* a transaction that timed out; without a question */
	SAMPLE_CLOSED	  /* one that was open when its connection ended; without a question */
};

/*
 * An example, bounded in number and rate, never a count. `question` holds `question_length` bytes
 * of the DNS message from behind its header, unchecked (0: there is none). A query is sampled when
 * it opens its transaction, since nothing of it is left when that times out. Then a second sample
 * names the transaction by its key and opening time.
 */
#define SAMPLES_PER_SECOND 16 /* unreachables that matched, or were unsent */
#define SAMPLES_UNMATCHED_PER_SECOND                                                               \
	4			/* other unreachables, so that forged ones cannot crowd them out */
#define SAMPLES_OF_RESOLVERS 64 /* a second, of all resolvers in equal shares */
#define SAMPLES_OF_RESOLVER_MAX 4   /* a second, of one resolver */
#define SAMPLES_OF_RESOLVER_BURST 8 /* of one resolver at once */
#define SAMPLES_QUERIES_MAX 128	    /* queries a second, though a scan has many resolvers */
#define SAMPLES_ROOM (128 * 1024)   /* bytes of the ring */

struct sample {
	__u64 time_ns;	 /* of the packet, or when it timed out */
	__u64 opened_ns; /* first query of its transaction; 0: not known */
	struct transaction_key key;
	struct ip_address reporter;
	__u8 type, code;  /* of the ICMP message */
	__u8 version;	  /* of IP: 4, 6 */
	__u8 ttl;	  /* of the packet that brought it, as received */
	__u8 reason;	  /* enum reason */
	__u8 matched;	  /* 1: it ended a transaction or came late; 0: it matched none */
	__u8 short_quote; /* 1: no message ID is known; a connect has none, a session has 0 */
	__u8 unsent;	  /* refused by this host itself */
	__u16 question_length;
	__u8 kind; /* enum sample_kind; the fields from `reporter` to `unsent` are of SAMPLE_ICMP */
	__u8 rcode; /* of SAMPLE_ANSWERED */
	__u8 question[QUESTION_MAX];
};

/* Times (ns) before which no sample of a resolver is taken: of its queries, of its failures. */
struct sample_limit {
	__u64 query_at, failure_at;
};

/* ---- set by user space ------------------------------------------------------------------ */

struct engine_config {
	__u64 timeout_ns;
	__u32 max_resolvers;	/* entries that queries may create */
	__u32 max_in_flight;	/* open transactions; the maps are sized by it */
	__u16 ports[PORTS_MAX]; /* watched, network order */
	__u32 port_count;
	__u8 short_quotes;   /* 1: an 8-byte quote may end a transaction */
	__u8 clock_injected; /* 1: time and cgroup are those of engine_state, not the kernel's */
	__u8 askers;	     /* 1: count by the cgroup that asks */
	__u8 guests;	     /* 1: the programs for the interfaces of guests are loaded */
	__u32 max_streams;   /* TCP connections whose messages are followed; 0: none */
	__u32 pad2;
};

/*
 * Sizes of the tables, made by engine_sizes() (sizes.h). The fields that each packet reads are in
 * one cache line with engine_config.
 */
struct engine_sizes {
	__u64 seed; /* of all hashes, so that nobody outside can choose keys of one bucket */
	__u32 entries;
	__u32 has_buckets; /* 0: the table is too small for buckets, the overflow hash holds all */
	__u32 flows_by_tuple_mask; /* buckets by 4-tuple, less 1; masks below likewise */
	__u32 resolver_table_mask; /* rows of the table of resolvers */
	__u32 rtt_mask;		   /* histograms of one resolver */
	__u32 flows_by_key_mask;   /* buckets by the whole key */
	__u32 tuple_index_mask, expired_mask;
	__u32 overflow;	    /* entries of the overflow hash */
	__u32 cpus;	    /* copies of the counters */
	__u32 streams_mask; /* rows of the table of streams */
	__u32 pad;
};

/*
 * Shared and writable. The fields that each packet reads are seldom written and share one cache
 * line.
 */
struct engine_state {
	__u64 unlisted;	     /* 1: a transaction of a resolver without an entry was opened */
	__u64 has_expired;   /* 1: timed-out transactions may be kept */
	__u64 sample_second; /* samples sent in this second (of 2^30 ns) */
	__u64 samples_sent;
	__u64 sample_tick;  /* jiffy in which the last unmatched sample was dropped: no other is
			       tried in it */
	__u64 resolvers;    /* entries that queries have created */
	__u64 entries;	    /* numbers given so far; `other` is none of them */
	__u64 last_expired; /* ns: when a transaction was kept last */
	__u64 now;	    /* ns; used when clock_injected */
	__u64 cgroup;	    /* of the sender; used when clock_injected */
	__u64 askers;	    /* numbers of askers given so far, also again */
	__u64 highest;	    /* ns: highest `now` seen, since packet time never runs backwards */
	__u64 sweep_again;  /* 1: the last sweep reached SWEEP_BUDGET: run it again */
	__u64 sweep_budget; /* transactions that the running sweep may still end; in memory, so that
			       the verifier does not track it */
	__u64 reserve_cmd;  /* enum reserve_cmd: what the sweep does with reserve_key */
	struct resolver_key reserve_key;
	__u64 seed;	       /* of engine_sizes, for a later process that reuses these tables */
	__u64 query_sample_at; /* as in struct sample_limit, for the queries of all resolvers */
	__u64 lo_count;	       /* numbers ever added to lo_resolvers */
	__u32 lo_resolvers[LO_RESOLVERS_MAX]; /* numbers of those queried on `lo`, in this order */
	__u64 askers_freed;		      /* numbers given back so far */
	__u64 asker_command_count;
	struct asker_command asker_commands[ASKER_COMMANDS]; /* for the next sweep */
};

/*
 * Asks the sweep for a resolver's entry. Only the kernel side adds entries, so additions need no
 * lock.
 */
enum reserve_cmd { RESERVE_NOTHING, RESERVE_WANTED, RESERVE_DONE, RESERVE_EXISTS, RESERVE_NO_ROOM };

/* A parent interface and VLAN whose tagged packets are counted on the VLAN's own device. */
struct vlan_dev_key {
	__u32 ifindex;
	__u32 vlan;
};

/* The masters of a port of a bridge, bond or the like. */
struct if_master {
	__u32 scope;  /* ifindex of the top of its stack, which has the addresses */
	__u32 bridge; /* ifindex of the bridge that it is a port of; 0: of none */
};

/* ---- sizes that both compilers must agree on -------------------------------------------- */

_Static_assert(sizeof(struct resolver_key) == 24, "resolver_key");
_Static_assert(__builtin_offsetof(struct resolver_key, scope) == 16, "resolver_key.scope");
_Static_assert(__builtin_offsetof(struct resolver_key, port) == 20, "resolver_key.port");
_Static_assert(__builtin_offsetof(struct resolver_key, transport) == 22, "resolver_key.transport");
_Static_assert(__builtin_offsetof(struct resolver_key, origin) == 23, "resolver_key.origin");
_Static_assert(sizeof(struct transaction_key) == 44, "transaction_key");
_Static_assert(__builtin_offsetof(struct transaction_key, scope) == 32, "transaction_key.scope");
_Static_assert(__builtin_offsetof(struct transaction_key, id) == 42, "transaction_key.id");
_Static_assert(sizeof(struct flow_key) == 24, "flow_key");
_Static_assert(__builtin_offsetof(struct flow_key, id) == 18, "flow_key.id");
_Static_assert(__builtin_offsetof(struct flow_key, resolver) == 20, "flow_key.resolver");
_Static_assert(sizeof(struct bucket) == 256, "bucket");
_Static_assert(__builtin_offsetof(struct bucket, key) == 64, "bucket.key");
_Static_assert(sizeof(struct flow_state) == 16, "flow_state");
_Static_assert(sizeof(struct tuple_index_row) == 64, "tuple_index_row");
_Static_assert(sizeof(struct resolver_entry) == 32, "resolver_entry");
_Static_assert(sizeof(struct resolver_line) == 64, "resolver_line");
_Static_assert(sizeof(struct cpu_record) == 704, "cpu_record");
_Static_assert(sizeof(struct engine_sizes) == 56, "engine_sizes");
_Static_assert(sizeof(struct resolver_counters) == 8 * (COUNTER_MAX + 2 * RTT_BUCKETS + MOMENT_MAX),
	       "counters");
_Static_assert(sizeof(struct sample) == 16 + 44 + 16 + 8 + 4 + QUESTION_MAX, "sample");
_Static_assert(sizeof(struct sample_limit) == 16, "sample_limit");
_Static_assert(sizeof(struct self_counters) == 8 * SELF_MAX, "self_counters");
_Static_assert(sizeof(struct stream) == 176, "stream");
_Static_assert(sizeof(struct engine_config) == 48, "engine_config");
_Static_assert(__builtin_offsetof(struct engine_config, ports) == 16, "engine_config.ports");
_Static_assert(__builtin_offsetof(struct engine_config, port_count) == 32,
	       "engine_config.port_count");
_Static_assert(sizeof(struct engine_state) == 216 + 48 * ASKER_COMMANDS, "engine_state");
_Static_assert(sizeof(struct asker_entry) == 40, "asker_entry");
_Static_assert(sizeof(struct asker_command) == 48, "asker_command");
_Static_assert(sizeof(struct asker_counters) == 32, "asker_counters");
_Static_assert(sizeof(struct vlan_dev_key) == 8, "vlan_dev_key");
_Static_assert(sizeof(struct if_master) == 8, "if_master");
_Static_assert(COUNTER_ICMP_OTHER - COUNTER_ICMP_PORT == REASON_OTHER, "reasons of ICMP");
_Static_assert(COUNTER_UNREACHABLE_OTHER - COUNTER_UNREACHABLE_PORT == REASON_OTHER, "reasons");
_Static_assert(COUNTER_UNSENT_OTHER - COUNTER_UNSENT_HOST == REASON_OTHER - 1, "unsent reasons");
_Static_assert(COUNTER_ANSWERED_REFUSED - COUNTER_ANSWERED_NOERROR == 5, "RCODEs");

#endif
