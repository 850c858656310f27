/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The interfaces of this network namespace, as rtnetlink tells of them, and which of them automatic
 * mode wants. Attaching to them is left to attach.c.
 */
#ifndef DATAPATH_LINKS_H
#define DATAPATH_LINKS_H

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include <linux/types.h>

struct mnl_socket;
struct netlink;

struct link_info {
	int ifindex;
	int master; /* ifindex, 0: none */
	int parent; /* ifindex of the link below, 0: none, or in another network namespace */
	__u32 vlan; /* VLAN ID, where kind is "vlan" */
	bool up;
	bool chosen; /* attach.c's mark, see stacked.h */
	char name[IFNAMSIZ];
	char kind[16];
	char slave_kind[16]; /* kind of the master, as "bridge", "bond", "vrf" */
};

struct links {
	struct link_info *all; /* by ifindex */
	size_t count;
};

/* A port of a bridge, bond or the like shows its packets on the master too; one of a vrf is a
 * routed interface with its own addresses. */
static inline bool link_enslaved(const struct link_info *link)
{
	return link->master && strcmp(link->slave_kind, "vrf") != 0;
}

/* Does automatic mode listen on it? */
static inline bool link_wanted(const struct link_info *link)
{
	return link->up && !link_enslaved(link);
}

/* Returns 0 or -errno (-EAGAIN as in netlink.h). Free with links_free(). */
int links_list(struct netlink *netlink, struct links *ret);
void links_free(struct links *links);

/* NULL: there is no such link. */
struct link_info *links_find(const struct links *links, int ifindex);
struct link_info *links_find_name(const struct links *links, const char *name);

/* A socket that becomes readable when a link comes, goes or changes. */
int link_events_open(struct mnl_socket **ret);
int link_events_fd(const struct mnl_socket *events);
void link_events_close(struct mnl_socket *events);

/*
 * Read what is there. deleted() is called for each link that went away (deleted, or moved to
 * another network namespace): its ifindex may belong to a new one already. Events that were lost
 * need no care beyond that; the caller lists all links anyway.
 */
void link_events_drain(struct mnl_socket *events, void (*deleted)(int ifindex, void *arg),
		       void *arg);

#endif
