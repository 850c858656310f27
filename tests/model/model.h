/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A second reading of docs/counters.md, in plain C: the value of every counter after a run of
 * packets. Written from that page and the RFCs alone, to be compared with the engine; it shares
 * no line with it, only the numbers of the counters. Slow and obvious. How packets are made is
 * generate.h's, how they reach the engine is main.c's.
 *
 * The details come from there and from include/dnsreach.h:
 *  - limits: 6 extension headers, 3 VLAN tags in the bytes, 16 messages of a packet, 16 findable
 *    transactions of a 4-tuple, 4 remembered of a key (a fifth takes the oldest's place), 1 ms
 *  - an ICMP `port` is `other` among the unsent; a short quote is never late, and with
 *    --no-short-quotes always unmatched
 *  - what is `short`, `fragment`, `extension`, `mapped`, `malformed`, and what is not counted at
 * all; these are taken after one packet on several interfaces has been recognised
 *  - a refusal about an fe80 resolver belongs to the interface on which it was last asked
 *  - of the askers (docs/containers.md) each has all it asked and the transactions it opened
 *  - the buckets of the RTT histogram; which unreachables are evidence of what
 * Where neither of them says anything, the choice made here is marked CHOICE.
 *
 * Not modelled: when a failing run began (it follows the order in which time-outs are noticed,
 * which docs/counters.md leaves free), which queries are sampled, and full tables (main.c's `tiny`
 * mode asserts the laws there).
 *
 * One packet takes effect at one moment, or at a few (steps.c). On one CPU that is the same; on
 * two, two_cpus/ looks for an order of these moments that comes to the engine's counters.
 */
#ifndef MODEL_H
#define MODEL_H

#include <stdint.h>

#include <dnsreach.h>

struct model_packet {
	int out; /* sent; else received */
	uint32_t ifindex;
	uint32_t came_in; /* 0, or the interface by which one that is sent came in */
	enum origin origin;
	int ethernet; /* the bytes begin with an Ethernet header; else with the IP header, and */
	uint16_t protocol; /* this is the EtherType, host order */
	int tagged;	   /* a VLAN tag that the device has taken out: */
	uint16_t vlan_tci;
	uint32_t gso_size;
	const uint8_t *bytes;
	uint32_t length;
	uint32_t wire_length; /* 0: the same */
	uint64_t now;	      /* ns */
	uint64_t cgroup;      /* of its sender; 0: none is known */
	unsigned cpu;
};

#define MODEL_CPUS 2
#define MODEL_ACTORS 8 /* who may do something at the same time */

/* Client, resolver and ports as far as they are known; ports in host order. */
struct four_tuple {
	uint8_t client[16], resolver[16];
	uint16_t client_port, resolver_port;
};

enum seen_kind { SEEN_NOTHING, SEEN_UNPARSED, SEEN_MESSAGES, SEEN_UNREACHABLE, SEEN_TOO_BIG };

enum message_kind { MESSAGE_OURS, MESSAGE_UNPARSED, MESSAGE_NOT_OURS };

struct message {
	enum message_kind kind;
	enum self_counter unparsed;
	uint32_t id; /* of a connect: its initial sequence number, as on the wire */
	uint8_t rcode, truncated;
	uint32_t data;	      /* bytes behind a SYN */
	uint8_t only_if_open; /* an RST that is about no SYN, unless it fits one */
};

/* What one packet is, before anything is known of other packets. */
struct seen {
	enum seen_kind kind;
	enum self_counter unparsed;
	struct four_tuple tuple;

	unsigned messages; /* of DNS, in `message` */
	unsigned beyond;   /* more of them, not looked at */
	struct message message[SEGMENTS_MAX];

	uint8_t reporter[16];
	enum reason reason;
	int short_quote;
	uint32_t id;
	enum transport transport;

	int vlan;	     /* of the outer tag; -1: none */
	uint32_t network;    /* offset of the IP header */
	uint8_t digest[160]; /* same packet, same digest */
	unsigned digest_length;
};

/* A number as it stands on the wire, read as the machine reads it; and the other way round. */
uint32_t on_wire(uint32_t number);

void model_see(const struct engine_config *c, const struct model_packet *p, struct seen *s);

/*
 * How far a packet is. It takes effect at one moment, or at a few, between which others may come:
 * see steps.c.
 */
struct course {
	struct model_packet packet;
	struct seen seen;
	unsigned actor;
	int begun, done;
	unsigned message; /* of its messages, the next */
	unsigned part;	  /* of what is done for that one */
	int chosen;	  /* a short quote has chosen a transaction: seen.id, and */
	struct four_tuple chosen_tuple;
	uint32_t chosen_scope;
};

struct model;
struct model *model_new(const struct engine_config *c);
void model_free(struct model *m);

void model_reserve(struct model *m, const struct resolver_key *key);
void model_tagged(struct model *m, uint32_t ifindex, uint32_t vlan);
void model_port(struct model *m, uint32_t port, uint32_t master, int is_bridge);

/* NULL, or the point of this packet that docs/counters.md leaves free: do not run it. */
const char *model_undecided(struct model *m, const struct model_packet *p);
/* As above, where it is free which transactions are tracked. */
const char *model_undecided_in_full_tables(struct model *m, const struct model_packet *p);
void model_packet(struct model *m, const struct model_packet *p);
void model_sweep(struct model *m, uint64_t now);

/* It is this late, whatever comes. */
void model_clock(struct model *m, uint64_t now);
/* One moment of the packet; it is over when c->done. */
void model_step(struct model *m, struct course *c);
/* The query that is next finds its place taken: returns 0 when it is none. */
int model_step_busy(struct model *m, struct course *c);

/* A copy for trying what happens; `to` is a model of the same configuration. */
void model_copy(struct model *to, const struct model *from);

/* Two with the same counters, of the same packets, go on the same if these are the same. */
uint64_t model_hash(const struct model *m);

/* What has timed out and stands in the table still: their keys, at most `most`; returns how many.
 */
struct key;
unsigned model_aged(const struct model *m, struct key *keys, unsigned most);
/* The two moments at which the sweep ends this one. */
void model_sweep_key(struct model *m, const struct key *key, unsigned actor);
void model_sweep_remember(struct model *m, unsigned actor);
/* What the model took the last packet for, in words. */
const char *model_rule(const struct model *m);

const struct self_counters *model_self(const struct model *m);
unsigned model_resolvers(const struct model *m);
/*
 * The engine has sampled the query that opened this transaction at `opened`. Returns 0 when no such
 * transaction is open.
 */
int model_mark(struct model *m, const struct transaction_key *key, uint64_t opened);
/* How many of those have timed out. */
uint64_t model_marked_timed_out(const struct model *m);
void model_set_moment(struct model *m, unsigned i, enum moment which, uint64_t when);
/* The i-th entry; of the moments, not when a failing run began. */
const struct resolver_counters *model_resolver(const struct model *m, unsigned i,
					       struct resolver_key *key, uint64_t *in_flight);

#endif
