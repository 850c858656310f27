/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The interfaces that have our hooks, kept in line with a list of links that says which are wanted,
 * for which origins. attach.c makes that list.
 */
#ifndef DATAPATH_HOOKED_IFS_H
#define DATAPATH_HOOKED_IFS_H

#include "datapath/hooks.h"

#include <stddef.h>

/* An interface that has our hooks, or should. */
struct hooked_if {
	char name[IFNAMSIZ];
	int ifindex;
	unsigned int wanted; /* origins to count there, as bits */
	bool unwanted;	     /* any more */
	struct hook_point points[HOOK_DIRECTIONS];
	int peer, peer_netns; /* of a guest's veth, as in struct link_info */
	bool is_bypassed;     /* packets reach the guest past our hook */
	bool clsact_is_ours;
	bool lost;	  /* others removed its hooks */
	bool is_reported; /* its failure, once */
	bool has_failed;  /* in this round */
	bool is_checked;  /* in this round: nothing of it can have changed */
};

struct hooked_ifs {
	struct hooked_if *all;
	size_t count;
	size_t bypass_next; /* which is looked at next for packets that pass it by */
	bool is_behind;	    /* the time of hooked_ifs_attach() was over before the last of them */
	struct hooks hooks;
};

struct attached_if {
	char name[16];
	int ifindex;
	enum hook_type hook;
	unsigned int origins; /* bits of enum origin */
};

/* A failure ends nothing; or the round, when every interface would fail alike; or the round. */
enum on_error { ON_ERROR_CONTINUE, ON_ERROR_STOP_IF_GLOBAL, ON_ERROR_STOP };

/* Returns what is counted on an interface, as bits; 0: nothing, or it is not attached. */
unsigned int hooked_ifs_origins(const struct hooked_ifs *ifs, int ifindex);

/*
 * Detaches an interface that is gone from this network namespace: where it moved to, it would still
 * have the TCX link. Its ifindex may belong to another interface by now, whose clsact is not ours.
 */
void hooked_ifs_forget(struct hooked_ifs *ifs, int ifindex);

/* Forgets those that are gone, takes over new names, and detaches what is not wanted any more. */
void hooked_ifs_update(struct hooked_ifs *ifs, const struct link_list *links);

/* Looks for hooks that others removed. */
void hooked_ifs_find_missing(struct hooked_ifs *ifs);

/* Adds each link with an origin that is not there yet. Returns 0 or -ENOMEM. */
int hooked_ifs_add(struct hooked_ifs *ifs, const struct link_list *links);

/*
 * Attaches the hooks that are missing; with ON_ERROR_CONTINUE for a bounded time only, and the next
 * call goes on. `check`: looks for programs before all hooks, not only the
 * new ones. Returns the first error, or 0; each is logged once.
 */
int hooked_ifs_attach(struct hooked_ifs *ifs, enum on_error on_error, bool check);

/* Looks at some interfaces, others each time. Returns true when packets pass one of them by. */
bool hooked_ifs_are_bypassed(struct hooked_ifs *ifs);

/* Puts an array of those that are attached, sorted, in place of *list. Returns 0 or -ENOMEM. */
int hooked_ifs_list(const struct hooked_ifs *ifs, struct attached_if **list, size_t *count);

/* Detaches all, and frees. */
void hooked_ifs_close(struct hooked_ifs *ifs);

#endif
