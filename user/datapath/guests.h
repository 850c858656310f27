/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Which interfaces lead to guests (pods, containers, virtual machines): there, queries are counted
 * as their sender hands them to this host.
 */
#ifndef DATAPATH_GUESTS_H
#define DATAPATH_GUESTS_H

#include "datapath/netlink.h"

#include <stdbool.h>
#include <stddef.h>

#define GUESTS_AUTOMATIC "auto" /* in place of a pattern */

struct guest_patterns {
	const char *const *all; /* shell patterns of names, or GUESTS_AUTOMATIC */
	size_t count;		/* 0: no interface is a guest's */
};

/*
 * Returns true for the host side of a guest's interface. Automatic: a veth whose other end is in
 * another network namespace, or a tap, that no default route goes out of. A pattern chooses any
 * interface that it fits, but lo; and one with a default route only when it is the whole name.
 */
bool link_is_guest(const struct link_info *link, const struct guest_patterns *patterns);

/* Returns true when the choice among these links depends on their default routes. */
bool guests_need_routes(const struct link_list *links, const struct guest_patterns *patterns);

/* Logs, at the start, each pattern that chooses no link; counting goes on. */
void guests_log_missing(const struct link_list *links, const struct guest_patterns *patterns);

#endif
