/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The rules about one message at a time; between model.c, which knows packets, and tables.h. */
#ifndef COUNTING_H
#define COUNTING_H

#include "tables.h"

/* model.c's: what comes before a packet counts. */
int begin_packet(struct model *m, struct course *c);
struct key packet_key(const struct model *m, const struct model_packet *p, const struct seen *s);

/* Whether a short quote could be about any of several, once others have ended. */
int is_any_of_same_age(const struct model *m, const struct key *key);

int is_too_old(const struct model *m, const struct transaction_ *t);
int is_remembered(const struct model *m, const struct transaction_ *t);
void time_out(struct model *m, struct transaction_ **at);
void remember(struct model *m, struct transaction_ *t);
/* Whether it is an entry `other`. */
int is_other(const struct entry *e);
struct entry *entry_for(struct model *m, const struct key *key);
void forget_expired(struct model *m, struct transaction_ **t);

int is_on_lo(const struct model_packet *p);
/* The key of the same client, port and ID, and the i-th resolver that was queried on `lo`. */
struct key key_on_lo(const struct model *m, const struct key *key, unsigned i);
/* Returns 1 when this query is the first of its resolver on `lo`. */
int note_on_lo(struct model *m, const struct key *key);
/* Notes the length of a SYN's data. */
void note_fast_open(struct model *m, const struct key *key, uint32_t data);
/* Return the entry that the query counts for. `cgroup`: of its sender. */
struct entry *count_query(struct model *m, const struct key *key, uint64_t cgroup);
struct entry *count_busy_query(struct model *m, const struct key *key, uint64_t cgroup);
struct entry *count_queries_beyond(struct model *m, const struct key *key, uint64_t cgroup,
				   unsigned n);
void note_asked(struct model *m, const struct key *key);
void count_response(struct model *m, const struct key *key, const struct message *r, int on_lo);
void count_unmatched_responses(struct model *m, const struct key *key, unsigned n);
/* The transaction that a short quote is about, into *key; 0: none. */
int choose_oldest(struct model *m, struct key *key, int on_lo);
void count_arrived_unreachable(struct model *m, const struct model_packet *p, const struct key *key,
			       const struct seen *s, const struct key *chosen);
void count_too_big(struct model *m, const struct key *key, const struct seen *s);

#endif
