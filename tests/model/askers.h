/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The model's askers: pairs of a resolver's entry and the cgroup that has queried it, each with its
 * counters, however many there are. Where a pair counts is rows.h's. With config.askers only.
 */
#ifndef MODEL_ASKERS_H
#define MODEL_ASKERS_H

#include <stdint.h>

#include <dnsreach.h>

enum place {
	PLACE_PENDING, /* it has asked without a row, and the engine is not yet asked for one */
	PLACE_OTHER,   /* no row: it counts in the resolver's `other` */
	PLACE_UNTOLD,  /* the engine does not tell: see has_no_askers() */
	PLACE_ROW,
	PLACE_LEFT, /* no lookup finds its row any more */
	PLACE_NONE  /* its counts were moved */
};

/* A cgroup that comes back after its row was left is one more pair. */
struct asker_pair {
	unsigned entry; /* number */
	uint64_t cgroup;
	struct asker_counters counters;
	enum place place;
	uint32_t number; /* of its row */
	uint64_t first;	 /* when the first of those that count here got its row, as a number */
	int is_misfit;	 /* it has got no row though one was free */
	unsigned next;	 /* of the same bucket: its number + 1; 0: none */
};

#define ASKER_BUCKETS 1024
#define PENDING_MOST 16 /* of one packet */

struct asker_list {
	struct asker_pair *pairs; /* in the order of their first queries */
	unsigned count, room;
	unsigned buckets[ASKER_BUCKETS]; /* number + 1 of the first pair; 0: none */
	unsigned pending[PENDING_MOST], pending_count;
	unsigned at_number[ASKERS_MAX + 1]; /* the pair of a row, + 1; 0: the row is free */
	unsigned rows, untold;		    /* that are in use or left; that may be in use */
	uint64_t given, last_given;	    /* rows, ever; the `first` of the last one */
	unsigned wrong;			    /* rows given that are not free, or in another order */
};

/* Finds a pair that counts at this place. Returns its number, or -1. */
int asker_list_find(const struct asker_list *l, unsigned entry, uint64_t cgroup, enum place place);
/* Counts queries. Returns the number of the pair + 1. */
unsigned asker_list_count(struct asker_list *l, unsigned entry, uint64_t cgroup, unsigned n);
/* Removes the pair that was added last. */
void asker_list_remove_last(struct asker_list *l);
void asker_add_counters(struct asker_counters *to, const struct asker_counters *c);
void asker_list_copy(struct asker_list *to, const struct asker_list *from);
void asker_list_free(struct asker_list *l);

#endif
