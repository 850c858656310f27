/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The labels of resolvers and interfaces, unique and valid UTF-8. */
#ifndef METRICS_LABELS_H
#define METRICS_LABELS_H

#include "health/status.h"

/* IPv6, '%', a name of 15 times U+FFFD, '/', the interface's number */
#define LABEL_ADDRESS_SIZE 112

/* One resolver of `now`, with its labels and its verdict. */
struct labelled_resolver {
	char address[LABEL_ADDRESS_SIZE];
	char port[8];
	const char *transport, *origin;
	const struct resolver_snapshot *now;
	enum state state;
	enum cause cause;
	int forged;
	int other; /* the entry `other`, which has no verdict */
};

struct labelled_resolvers {
	struct labelled_resolver *each;
	size_t count;
};

struct labelled_interface {
	char name[3 * 16 + 1];
	const char *hook;
};

struct labelled_interfaces {
	struct labelled_interface *each;
	size_t count;
	size_t guests; /* that have no label: they come and go with each container */
};

/*
 * Makes the labels of the resolvers from number `first` to before `end`; no two are alike. Returns
 * 0, freed by free(ret->each); or -ENOMEM.
 */
int labelled_resolvers_init(const struct snapshot *now, size_t first, size_t end,
			    const struct status *status, struct labelled_resolvers *ret);

/*
 * Makes the labels; interfaces that print alike become one, for the status has only their names.
 * Returns 0, freed by free(ret->each); or -ENOMEM.
 */
int labelled_interfaces_init(const struct status *status, struct labelled_interfaces *ret);

#endif
