/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The interfaces that have our hooks, or should: what changes among them is carried out here, step
 * by step. Which of them are wanted is decided in attach.c, as the mark `chosen` on the links.
 */
#ifndef DATAPATH_HOOKED_IF_H
#define DATAPATH_HOOKED_IF_H

#include "datapath/hooks.h"
#include "datapath/links.h"

struct port {
	char name[IFNAMSIZ];
	int ifindex;
	struct hook_point points[DIRECTIONS];
	bool clsact_is_ours;
	bool unwanted;
	bool lost;   /* its hooks, to others */
	bool told;   /* its trouble, once */
	bool failed; /* in this round */
};

struct ports {
	struct port *all;
	size_t count;
	struct hooks hooks;
};

/* What ends a round of attaching early: no trouble, or one that every interface has, or any. */
enum patience { PATIENT, UNLESS_EVERYWHERE, IMPATIENT };

/* Both hooks are on it. */
bool ports_attached(const struct ports *ports, int ifindex);

/* It is gone from this network namespace. */
void ports_forget(struct ports *ports, int ifindex);

/* Forget those that are gone, take over new names, detach those that are not chosen. */
void ports_follow(struct ports *ports, const struct links *links);

/* Find hooks that others removed; ports_attach() brings them back, and says so. */
void ports_recheck(struct ports *ports);

/* A port for each chosen link that has none. Returns 0 or -ENOMEM. */
int ports_add(struct ports *ports, const struct links *links);

/* Attach what is not attached. Trouble is told once a port; returns the first, or 0. */
int ports_attach(struct ports *ports, enum patience patience);

/* An array of what is attached, sorted, in place of *list. Returns 0 or -ENOMEM. */
int ports_list(const struct ports *ports, struct attached_interface **list, size_t *count);

/* Detach everything, and free. */
void ports_close(struct ports *ports);

#endif
