/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the model keeps: lists, for itself alone. The rules that work on them: counting.c, model.c.
 */
#ifndef TABLES_H
#define TABLES_H

#include "askers.h"
#include "model.h"

#define BUCKETS 256
#define RESOLVERS_MOST 4096
#define LINKS_MOST 64
#define FAST_OPENS 64 /* SYNs with data that are remembered */

struct entry { /* of a resolver */
	struct resolver_key key;
	struct resolver_counters counters;
	uint64_t in_flight;
	unsigned number;
	struct asker_counters former; /* of askers whose rows were given to others */
};

struct key {
	struct four_tuple tuple;
	uint32_t scope;
	uint32_t id;
	enum origin origin;
	enum transport transport;
};

struct transaction_ { /* open, or timed out and remembered */
	struct key key;
	uint64_t opened;
	int retransmitted;
	int crowded;	     /* opened beside as many of its 4-tuple as must be findable */
	int sampled;	     /* its query was */
	unsigned asker;	     /* its number + 1; 0: they are not counted */
	struct entry *entry; /* "A transaction is counted to its end where it was opened." */
	struct transaction_ *next;
};

struct last_packet {
	uint8_t digest[160];
	unsigned length;
	uint32_t ifindex;
	enum origin origin; /* whose program was shown it */
	uint64_t time;
	uint32_t gso_size;
	uint8_t bytes[8192]; /* from the IP header on */
	uint32_t byte_count;
};

struct asked { /* on which interface an fe80 resolver was last asked */
	uint8_t address[16];
	uint32_t scope;
};

struct model {
	struct engine_config config;
	uint64_t now;
	struct entry *entries[RESOLVERS_MOST]; /* the first is `other` */
	unsigned entry_count, created;
	struct transaction_ *open[BUCKETS], *remembered[BUCKETS]; /* oldest first */
	struct self_counters self;
	struct asker_list askers;
	uint64_t sampled_timed_out;
	/* Timed out and about to be remembered, by who met them. */
	struct transaction_ *held[MODEL_ACTORS];
	int holder; /* who is at it now; -1: what is met is remembered at once */
	struct last_packet last[MODEL_CPUS][ORIGIN_MAX];
	struct asked asked[RESOLVERS_MOST];
	unsigned asked_count;
	unsigned lo[LO_RESOLVERS_MAX]; /* entries that were queried on `lo`, in this order */
	unsigned lo_count;
	uint32_t masters[LINKS_MOST]; /* by port: its bridge or bond; 0: it is no port */
	int is_bridge[LINKS_MOST];    /* by port: that is a bridge */
	struct vlan_dev_key tagged[LINKS_MOST];
	unsigned tagged_count;
	/* SYNs with data: the key that an answer to the data too would have, and its length. */
	struct key fast_open[FAST_OPENS];
	uint32_t fast_open_data[FAST_OPENS];
	unsigned fast_open_count;
	char rule[160];
};

/* By 4-tuple, so that a short quote finds its transactions in one list. */
unsigned bucket_of(const struct four_tuple *t);
int same_tuple(const struct key *a, const struct key *b);
int same_key(const struct key *a, const struct key *b);

/* Where the oldest with this key hangs in its list; NULL: nowhere. */
struct transaction_ **find(struct transaction_ **list, const struct key *key);
/* The same, of those that count for this entry. */
struct transaction_ **find_of(struct transaction_ **list, const struct key *key,
			      const struct entry *entry);
struct transaction_ *take(struct transaction_ **at);
void append(struct transaction_ **list, struct transaction_ *t);
void empty(struct transaction_ **list);
void copy_list(struct model *to, struct transaction_ **list, const struct transaction_ *from);

struct resolver_key resolver_of(const struct key *key);
struct entry *entry_of(const struct model *m, const struct resolver_key *key);
struct entry *add_entry(struct model *m, const struct resolver_key *key);

#endif
