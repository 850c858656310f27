/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The interfaces of this network namespace, read over rtnetlink, and which of them automatic mode
 * wants; and the lists over rtnetlink that tc_filters.c reads, too.
 */
#ifndef DATAPATH_NETLINK_H
#define DATAPATH_NETLINK_H

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include <linux/types.h>

struct mnl_socket;
struct nlmsghdr;

struct netlink {
	struct mnl_socket *socket;
	unsigned int sequence;
};

struct netlink_rows {
	void *rows; /* the caller's, to free() */
	size_t count;
};

/* Parses one message into a zeroed row. Returns false to leave it out. */
typedef bool netlink_parse(const struct nlmsghdr *message, void *row, const void *arg);

int netlink_open(struct netlink *netlink);
void netlink_close(struct netlink *netlink);

/*
 * Sends the request (type and body filled in) and gathers the answers in rows. Returns 0, or -errno
 * and no rows; -EAGAIN: what is listed changes too fast to be read in one piece.
 */
int netlink_read_list(struct netlink *netlink, struct nlmsghdr *request, size_t row_size,
		      netlink_parse *parse, const void *arg, struct netlink_rows *ret);

/*
 * Sends the request (type and body filled in) about one object, and parses the answer into the row.
 * Returns 0 or -errno.
 */
int netlink_read_one(struct netlink *netlink, struct nlmsghdr *request, netlink_parse *parse,
		     void *row);

struct link_info {
	int ifindex;
	int master; /* ifindex, 0: none */
	int parent; /* ifindex of the link below, 0: none, or in another network namespace */
	__u32 vlan; /* VLAN ID, where kind is "vlan" */
	bool up;
	bool peer_elsewhere;  /* a veth's other end, or the link below, is in another namespace */
	int peer;	      /* the ifindex of that other end, */
	int peer_netns;	      /* and the ID of its namespace here; -1: unknown */
	bool tap;	      /* a tun/tap device that carries Ethernet frames */
	bool default_route;   /* set by link_list_mark_default_routes() */
	unsigned int origins; /* set by attach.c, read by interface_maps.c: bits of the origins */
	char name[IFNAMSIZ];
	char kind[16];
	char slave_kind[16]; /* kind of the master, as "bridge", "bond", "vrf" */
};

struct link_list {
	struct link_info *all; /* by ifindex */
	size_t count;
};

/*
 * Returns true for a port of a bridge, bond or the like: its packets show on the master, too. A
 * port of a vrf is a routed interface with its own addresses.
 */
static inline bool link_is_enslaved(const struct link_info *link)
{
	return link->master && strcmp(link->slave_kind, "vrf") != 0;
}

/* Returns true when automatic mode attaches to it. */
static inline bool link_is_wanted(const struct link_info *link)
{
	return link->up && !link_is_enslaved(link);
}

/* Reads all links. Returns 0 or -errno (-EAGAIN as netlink_read_list()). Free by link_list_free().
 */
int link_list_read(struct netlink *netlink, struct link_list *ret);
void link_list_free(struct link_list *links);

/*
 * Sets `default_route` of each link that a default route of either family and any table goes out
 * of. Returns 0 or -errno.
 */
int link_list_mark_default_routes(struct netlink *netlink, struct link_list *links);

struct link_packets {
	__u64 received, sent;
};

/*
 * Reads how many packets a link of this network namespace, or of the one with this ID (-1: this
 * one), has received and sent. Another one takes CAP_NET_ADMIN there. Returns 0 or -errno.
 */
int link_packets_read(struct netlink *netlink, int netns, int ifindex, struct link_packets *ret);

/* Return NULL when there is no such link. */
struct link_info *link_list_find(const struct link_list *links, int ifindex);
struct link_info *link_list_find_name(const struct link_list *links, const char *name);

/* Opens a socket that becomes readable when a link comes, goes or changes. Returns 0 or -errno. */
int link_events_open(struct mnl_socket **ret);
int link_events_fd(const struct mnl_socket *events);
void link_events_close(struct mnl_socket *events);

/*
 * Reads the events. Calls deleted() for each link that was deleted, or moved to another network
 * namespace: its ifindex may belong to a new one already. Lost events do no harm: the caller lists
 * all links anyway.
 */
void link_events_drain(struct mnl_socket *events, void (*deleted)(int ifindex, void *arg),
		       void *arg);

#endif
