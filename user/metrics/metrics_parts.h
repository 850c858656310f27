/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the parts of the metrics' iterator share: the resolvers with their labels ready, and how a
 * family is made from rows of health/counters.c. Whoever writes metrics includes metrics.h alone.
 */
#ifndef METRICS_METRICS_PARTS_H
#define METRICS_METRICS_PARTS_H

#include "util/address.h"
#include "health/counters.h"
#include "metrics/metrics.h"

/* IPv6, '%', an interface's name of U+FFFD alone, '/', its number. */
#define LABEL_ADDRESS_SIZE 112

/* One resolver of `now`, and what the status says of it. */
struct labelled {
	char address[LABEL_ADDRESS_SIZE];
	char port[8];
	const char *transport;
	const struct resolver_snapshot *now;
	enum state state;
	enum cause cause;
	int forged;
	int other; /* the entry `other`: it is not judged */
};

struct labelled_resolvers {
	struct labelled *each;
	size_t count;
};

/* No two have the same labels. 0, to be freed with free(ret->each), or -ENOMEM. */
int labelled_make(const struct metrics_source *source, struct labelled_resolvers *ret);

/* The same for interfaces. */
struct attached {
	char name[3 * 16 + 1];
	const char *hook;
};

struct attached_interfaces {
	struct attached *each;
	size_t count;
};

int attached_make(const struct status *status, struct attached_interfaces *ret);

#define FAMILY_LABELS_SIZE 64

/* The family of `row`; `labels`: those before the row's own, "" for none. */
struct metric_family row_family(const struct counter_row *row, const char *labels,
				char room[FAMILY_LABELS_SIZE]);

/* Where the rows end that are of one metric with rows[from]. */
size_t rows_end(const struct counter_row *rows, size_t from, size_t count);

/* Nothing is added for NULL. */
void sample_label(struct metric_sample *sample, const char *name, const char *value);

void visit_resolvers(const struct metric_visitor *visitor,
		     const struct labelled_resolvers *resolvers);
void visit_self(const struct metric_visitor *visitor, const struct metrics_source *source,
		const struct attached_interfaces *interfaces);

#endif
