/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Reads the filters on a clsact qdisc, and tells ours from those of others. Needs no capability.
 * hooks.c attaches and removes.
 */
#ifndef DATAPATH_TC_FILTERS_H
#define DATAPATH_TC_FILTERS_H

#include <stdbool.h>
#include <stddef.h>

#include <linux/types.h>

struct netlink;

/* Our filters: this handle, the first of these priorities that no other kind of filter has. */
#define OUR_HANDLE 0xd25
#define OUR_PRIORITY_FIRST 1
#define OUR_PRIORITY_LAST 3

enum hook_direction { HOOK_INGRESS, HOOK_EGRESS, HOOK_DIRECTIONS };

struct tc_filter {
	__u32 handle; /* 0: a row for the priority itself */
	__u32 priority;
	__u32 chain;
	__u16 protocol; /* network order */
	char kind[16];
	char name[64]; /* of a BPF filter */
};

struct tc_filters {
	struct tc_filter *all;
	size_t count;
};

/* Returns 0 or -errno. No such interface or no clsact: an empty list. Free with tc_filters_free().
 */
int tc_filters_read(struct netlink *netlink, int ifindex, enum hook_direction direction,
		    struct tc_filters *ret);
void tc_filters_free(struct tc_filters *filters);

/* Compares kind, handle, priority and the name that libbpf gave it, "program:[id]". */
bool tc_filter_is_ours(const struct tc_filter *filter);

/* Returns one of ours in the list, of any run, or NULL. */
const struct tc_filter *tc_filters_find_ours(const struct tc_filters *filters);

/* Returns the first of our priorities that can take a BPF filter with our handle; 0: none. */
__u32 tc_filters_free_priority(const struct tc_filters *filters);

/* Looks up the clsact qdisc. Returns 1: there; 0: nothing there; -EEXIST: another kind; or -errno.
 */
int tc_clsact_lookup(struct netlink *netlink, int ifindex);

/* Returns 1 when there is a clsact with no filter on either side, 0 when not, or -errno. */
int tc_clsact_is_empty(struct netlink *netlink, int ifindex);

#endif
