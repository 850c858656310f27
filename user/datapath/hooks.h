/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * One hook: one program on one side of one interface, by TCX or by clsact; and the lock on clsact.
 * attach.c decides which interfaces get hooks.
 */
#ifndef DATAPATH_HOOKS_H
#define DATAPATH_HOOKS_H

#include <stdbool.h>

#include <dnsreach.h>

#include "datapath/handover.h"
#include "datapath/netlink.h"
#include "datapath/tc_filters.h"

enum hook_type { HOOK_TCX, HOOK_CLSACT };
extern const char *const hook_type_names[]; /* "tcx", "clsact" */

/* Bits for what is counted on an interface; each combination has programs of its own. */
#define ORIGIN_BIT(origin) (1U << (origin))
#define ORIGINS_HOST ORIGIN_BIT(ORIGIN_HOST)
#define ORIGINS_GUEST ORIGIN_BIT(ORIGIN_GUEST)
#define ORIGINS_BOTH (ORIGINS_HOST | ORIGINS_GUEST)
#define ORIGINS_MAX (ORIGINS_BOTH + 1)

/* The programs, by side and origins; those for no origin are not used. */
typedef int hook_programs[HOOK_DIRECTIONS][ORIGINS_MAX];

/* The state that all hooks of a run share. */
struct hooks {
	hook_programs program_fd;
	__u32 program_id[HOOK_DIRECTIONS][ORIGINS_MAX];
	int claim_fd[HOOK_DIRECTIONS][ORIGINS_MAX]; /* program_claim(); -1: none */
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
	unsigned int origins; /* whose program it is */
	enum hook_type hook;
	int link_fd;	/* TCX: the link lives as long as this */
	__u32 priority; /* clsact */
	bool preceded;	/* by a program of others; this was logged */
};

extern const char *const hook_direction_names[HOOK_DIRECTIONS]; /* "ingress", "egress" */

/* Opens a run's hooks, for these programs. Returns 0 or -errno. */
int hooks_open(struct hooks *hooks, const hook_programs programs, bool only_clsact);
void hooks_close(struct hooks *hooks);

/*
 * Attaches the program for these origins by TCX, else by clsact; a link that was taken over gets
 * the program for `later` at once, as it counts for that already. *clsact_is_ours becomes true when
 * the qdisc was made for it, or held a filter that an earlier run left. Returns 0, or -errno with
 * hooks->why; with hooks->refused the failure was logged.
 */
int hook_attach(struct hooks *hooks, int ifindex, enum hook_direction direction,
		unsigned int origins, unsigned int later, struct hook_point *point,
		bool *clsact_is_ours);

/* Puts the program for these origins in place of the one that is attached. Returns 0 or -errno. */
int hook_set_origins(struct hooks *hooks, int ifindex, enum hook_direction direction,
		     unsigned int origins, struct hook_point *point);

/* Returns true when it is still there, also when that cannot be read. */
bool hook_is_attached(const struct hooks *hooks, int ifindex, enum hook_direction direction,
		      const struct hook_point *point);

/* Returns true when a program of others runs before ours: a packet that it ends is not seen. */
bool hook_is_preceded(struct hooks *hooks, int ifindex, enum hook_direction direction,
		      const struct hook_point *point);

/* Removes it, if it is still ours. Not attached is fine. */
void hook_detach(const struct hooks *hooks, int ifindex, enum hook_direction direction,
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
