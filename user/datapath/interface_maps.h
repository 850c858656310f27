/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The maps about stacked interfaces (VLAN on Ethernet, port of a bridge or bond): whose tagged
 * packets the engine skips, and what is above a port. attach.c sets the origins of the links.
 */
#ifndef DATAPATH_INTERFACE_MAPS_H
#define DATAPATH_INTERFACE_MAPS_H

#include "datapath/netlink.h"

/* Their descriptors. */
struct interface_maps {
	int vlan_devs_fd;  /* key struct vlan_dev_key, value __u8 1: a VLAN device */
	int if_masters_fd; /* key __u32 ifindex of a port, value struct if_master */
};

/*
 * Inserts the entries of VLAN devices that count for the host, and of all ports; before attaching.
 * Returns 0 or the first -errno.
 */
int interface_maps_insert(const struct interface_maps *maps, const struct link_list *links);

/* Removes the entries of no such link; after attaching. */
void interface_maps_prune(const struct interface_maps *maps, const struct link_list *links);

#endif
