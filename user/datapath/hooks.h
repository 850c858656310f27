/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * One hook: one program on one side of one interface, by TCX or by clsact; and the lock on clsact.
 * attach.c decides which interfaces get hooks.
 */
#ifndef DATAPATH_HOOKS_H
#define DATAPATH_HOOKS_H

#include <stdbool.h>

#include "datapath/handover.h"
#include "datapath/netlink.h"
#include "datapath/tc_filters.h"

enum hook_type { HOOK_TCX, HOOK_CLSACT };
extern const char *const hook_type_names[]; /* "tcx", "clsact" */

/*
 * A program of ours on one side of an interface, in the order of attaching: a query must not be
 * counted whose outcome could not be.
 */
enum hook_slot {
	HOOK_HOST_OUTCOMES,
	HOOK_GUEST_OUTCOMES,
	HOOK_HOST_QUERIES,
	HOOK_GUEST_QUERIES,
	HOOK_SLOTS
};

static inline enum origin hook_origin_of(enum hook_slot slot)
{
	return slot == HOOK_GUEST_OUTCOMES || slot == HOOK_GUEST_QUERIES ? ORIGIN_GUEST
									 : ORIGIN_HOST;
}

/* The two origins look at an interface from its two sides. */
static inline enum hook_direction hook_direction_of(enum hook_slot slot)
{
	return slot == HOOK_HOST_OUTCOMES || slot == HOOK_GUEST_QUERIES ? HOOK_INGRESS
									: HOOK_EGRESS;
}

/* The state that all hooks of a run share. */
struct hooks {
	int program_fd[HOOK_SLOTS];
	__u32 program_id[HOOK_SLOTS];
	bool only_clsact;
	int lock_fd;  /* clsact_lock_take(), -1 while nothing of ours is on clsact */
	bool refused; /* another instance has clsact; this was logged */
	struct netlink netlink;
	struct handover *handover; /* or NULL */
	bool leave;		   /* detaching leaves TCX links attached, as they are handed on */

	/* Of the last failure: */
	const char *why; /* a text, where the errno says too little */
	bool is_global;	 /* every interface would fail alike */
};

struct hook_point {
	bool attached;
	enum hook_type hook;
	int link_fd;	/* TCX: the link lives as long as this */
	__u32 priority; /* clsact */
	bool preceded;	/* by a program of others; this was logged */
};

extern const char *const hook_direction_names[HOOK_DIRECTIONS]; /* "ingress", "egress" */

/* Opens a run's hooks, for the programs of each slot. Returns 0 or -errno. */
int hooks_open(struct hooks *hooks, const int program_fds[HOOK_SLOTS], bool only_clsact);
void hooks_close(struct hooks *hooks);

/*
 * Attaches by TCX, else by clsact. *clsact_is_ours becomes true when the qdisc was made for it, or
 * held a filter that an earlier run left. Returns 0, or -errno with hooks->why; with hooks->refused
 * the failure was logged.
 */
int hook_attach(struct hooks *hooks, int ifindex, enum hook_slot slot, struct hook_point *point,
		bool *clsact_is_ours);

/* Returns true when it is still there, also when that cannot be read. */
bool hook_is_attached(const struct hooks *hooks, int ifindex, enum hook_slot slot,
		      const struct hook_point *point);

/* Returns true when a program of others runs before ours: a packet that it ends is not seen. */
bool hook_is_preceded(struct hooks *hooks, int ifindex, enum hook_slot slot,
		      const struct hook_point *point);

/* Removes it, if it is still ours. Not attached is fine. */
void hook_detach(const struct hooks *hooks, int ifindex, enum hook_slot slot,
		 struct hook_point *point);

/* Removes the interface's clsact if no filter is left on either side. */
void hook_remove_clsact(struct netlink *netlink, int ifindex);

/* Removes the filters that a killed run left on one interface; with the lock held. */
int hook_remove_leftovers(struct netlink *netlink, int ifindex, size_t *count);

/*
 * Takes the lock on clsact. One instance a network namespace may have filters there: they carry the
 * same handle, so a second instance would replace the first one's. TCX needs no lock. Returns an fd
 * to close() in the end, or -errno after a message (-EBUSY: another instance has it). The lock ends
 * with the process, however it ends.
 */
int clsact_lock_take(void);

#endif
