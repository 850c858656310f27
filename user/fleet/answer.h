/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Reads what Prometheus' HTTP API answers to the query of query.h. It may answer anything: what is
 * not understood is said in words, never guessed at.
 */
#ifndef FLEET_ANSWER_H
#define FLEET_ANSWER_H

#include "fleet/row.h"

#include <jansson.h>

#define FLEET_WHY_SIZE 400

struct fleet_answer {
	json_t *root; /* the rows point into it */
	struct fleet_row *rows;
	size_t count;
	double time_s;		  /* of the query, since 1970; 0 with no rows */
	char why[FLEET_WHY_SIZE]; /* after an error: one line, plain. After none: a warning, or ""
				   */
};

/* `status` is HTTP's. 0, -EPROTO with `why`, or -ENOMEM; fleet_answer_free() in any case. */
int fleet_answer_read(long status, const char *text, size_t length, struct fleet_answer *ret);
void fleet_answer_free(struct fleet_answer *answer);

#endif
