/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The rules about one message at a time; between model.c, which knows packets, and tables.h. */
#ifndef COUNTING_H
#define COUNTING_H

#include "tables.h"

int is_too_old(const struct model *m, const struct transaction_ *t);
void time_out(struct model *m, struct transaction_ **at);
void forget_expired(struct model *m, struct transaction_ **t);

void count_query(struct model *m, const struct key *key);
void count_queries_beyond(struct model *m, const struct key *key, unsigned n);
void note_asked(struct model *m, const struct key *key);
void count_response(struct model *m, const struct key *key, const struct message *r);
void count_unmatched_responses(struct model *m, const struct key *key, unsigned n);
void count_arrived_unreachable(struct model *m, const struct model_packet *p, const struct key *key,
			       const struct seen *s);
void count_too_big(struct model *m, const struct key *key, const struct seen *s);

#endif
