/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The one query about the fleet to Prometheus' HTTP API, and its answer. The query reads the raw
 * metrics of dnsreach: it needs no recording rule, and all its parts are of the same moment. The
 * answer may hold anything: an answer that does not parse is an error with a message.
 */
#ifndef FLEET_QUERY_H
#define FLEET_QUERY_H

#include "fleet/row.h"
#include "util/buffer.h"

#include <jansson.h>

struct fleet_query {
	const char *base;  /* URL of Prometheus; it may have a path */
	const char *match; /* more label matchers, as `dc="a",job=~"dns.*"`; NULL: none */
	double window_s;   /* of the failure ratio */
	double timeout_s;
};

/*
 * Appends the URL of the query. Returns 0, -EINVAL (not an HTTP URL, or it has a query of its own)
 * or -ENOMEM.
 */
int fleet_query_write(struct buffer *url, const struct fleet_query *query);

#define FLEET_WHY_SIZE 400

struct fleet_answer {
	json_t *root; /* the rows point into it */
	struct fleet_row *rows;
	size_t count;
	double time_s;		  /* of the query, since 1970; 0 with no rows */
	char why[FLEET_WHY_SIZE]; /* the error, one sanitized line; without one: a warning, or "" */
};

/*
 * Parses the body of an answer with the HTTP status `status`. Returns 0, -EPROTO with `why`, or
 * -ENOMEM; fleet_answer_free() in any case.
 */
int fleet_answer_parse(long status, const char *text, size_t length, struct fleet_answer *ret);
void fleet_answer_free(struct fleet_answer *answer);

#endif
