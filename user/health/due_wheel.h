/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Resolvers by the moment at which they are to be looked at next: a wheel of one-second slots
 * (hashed timing wheel, Varghese and Lauck 1987). Setting and taking cost the same for any number.
 */
#ifndef HEALTH_DUE_WHEEL_H
#define HEALTH_DUE_WHEEL_H

#include <dnsreach.h>

#define DUE_NEVER (~0ULL)
#define DUE_SLOTS 512 /* seconds; a power of two, more than the longest window has */

/* Part of what is in the wheel. Zeroed is in no wheel. */
struct due_node {
	struct due_node *next, **link; /* link: what points here; NULL: in no wheel */
	__u64 due_ns;
};

/* Zeroed is empty. */
struct due_wheel {
	struct due_node *slots[DUE_SLOTS];
	__u64 used[DUE_SLOTS / 64]; /* a bit for each slot that may hold something */
	__u64 taken_s;		    /* all before this second was taken */
};

/* Sets when a node is due; DUE_NEVER takes it out. */
void due_wheel_set(struct due_wheel *wheel, struct due_node *node, __u64 due_ns);

/* Sets an earlier moment; a later one changes nothing. */
void due_wheel_advance(struct due_wheel *wheel, struct due_node *node, __u64 due_ns);

/* Takes out all that are due at `now_ns`. Returns them in a chain by `next`, in no order. */
struct due_node *due_wheel_take(struct due_wheel *wheel, __u64 now_ns);

/* Returns the earliest moment at which a node is due; DUE_NEVER: the wheel is empty. */
__u64 due_wheel_next(const struct due_wheel *wheel);

#endif
