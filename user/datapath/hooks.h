/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * One hook: one program on one side of one interface, by TCX or by clsact. Which interfaces get
 * hooks, and what is told of it, is left to attach.c.
 */
#ifndef DATAPATH_HOOKS_H
#define DATAPATH_HOOKS_H

#include <stdbool.h>

#include "datapath/attach.h"
#include "datapath/handover.h"
#include "datapath/netlink.h"
#include "datapath/tc_filters.h"

/* What all hooks of a run share. */
struct hooks {
	int program_fd[DIRECTIONS];
	__u32 program_id[DIRECTIONS];
	bool only_clsact;
	int lock_fd;  /* instance_lock(), -1 while nothing of ours is on clsact */
	bool refused; /* another instance has clsact; it has been told */
	struct netlink netlink;
	struct handover *handover; /* or NULL */
	bool leave;		   /* detaching leaves the links to who keeps them */

	/* Of the last failure: */
	const char *why; /* in words, where an errno says too little */
	bool everywhere; /* no other interface would fare better */
};

struct hook_point {
	bool attached;
	enum hook hook;
	int link_fd;	/* TCX: the link lives as long as this */
	__u32 priority; /* clsact */
	bool preceded;	/* by a program of somebody else; it has been told */
};

extern const char *const direction_names[DIRECTIONS]; /* "ingress", "egress" */

int hooks_open(struct hooks *hooks, const struct attach_maps *maps, bool only_clsact);
void hooks_close(struct hooks *hooks);

/*
 * Attach by TCX, else by clsact. *clsact_is_ours becomes true when the qdisc was made for it, or
 * held a filter that an earlier run left. Returns 0 or -errno and hooks->why. After hooks->refused
 * there is nothing left to say.
 */
int hook_attach(struct hooks *hooks, int ifindex, enum direction direction,
		struct hook_point *point, bool *clsact_is_ours);

/* Is it still there? When we cannot know, it is. */
bool hook_there(const struct hooks *hooks, int ifindex, enum direction direction,
		const struct hook_point *point);

/* Does a program of somebody else run before ours there? What that one ends we do not see. */
bool hook_preceded(struct hooks *hooks, int ifindex, enum direction direction,
		   const struct hook_point *point);

/* Remove it, if it is still ours. Not attached is fine. */
void hook_detach(const struct hooks *hooks, int ifindex, enum direction direction,
		 struct hook_point *point);

/* Remove the interface's clsact if no filter is left on either side. */
void hook_drop_clsact(struct netlink *netlink, int ifindex);

/* Remove the filters that a killed run left on one interface, under instance_lock(). */
int hook_remove_leftovers(struct netlink *netlink, int ifindex, size_t *count);

#endif
