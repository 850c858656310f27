// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The maps of stacked interfaces, kept in line with the links. The maps themselves hold what was
 * inserted before.
 */
#include <errno.h>

#include <bpf/bpf.h>
#include <dnsreach.h>

#include "datapath/interface_maps.h"
#include "datapath/hooks.h"

#define MASTERS_MAX 8 /* port, bond, bridge: no stack is higher */

/* Returns the interface with the addresses, the top of the stack: for a bond in a bridge the
 * bridge. */
static __u32 scope_of(const struct link_list *links, const struct link_info *port)
{
	const struct link_info *master;
	__u32 scope = 0;
	int i;

	for (i = 0; i < MASTERS_MAX && port && link_is_enslaved(port); i++) {
		master = link_list_find(links, port->master);
		if (master)
			scope = master->ifindex;
		port = master;
	}
	return scope;
}

/*
 * Writes what is above a port. Ports without hooks are in the map too: the engine must know them
 * when it sees their packets on the bridge. Returns false for another link.
 */
static bool master_of(const struct link_list *links, const struct link_info *port,
		      struct if_master *ret)
{
	ret->scope = scope_of(links, port);
	ret->bridge = strcmp(port->slave_kind, "bridge") == 0 ? (__u32)port->master : 0;
	return ret->scope != 0;
}

static bool tagged_key_of(const struct link_info *link, struct vlan_dev_key *key)
{
	if (strcmp(link->kind, "vlan") != 0 || !link->parent || !(link->origins & ORIGINS_HOST))
		return false;
	key->ifindex = link->parent;
	key->vlan = link->vlan;
	return true;
}

static int interface_maps_insert_one(const struct interface_maps *maps,
				     const struct link_list *links, const struct link_info *link)
{
	__u32 port = link->ifindex;
	struct vlan_dev_key key;
	struct if_master master;
	__u8 one = 1;

	if (master_of(links, link, &master) &&
	    bpf_map_update_elem(maps->if_masters_fd, &port, &master, BPF_ANY))
		return -errno;
	if (tagged_key_of(link, &key) &&
	    bpf_map_update_elem(maps->vlan_devs_fd, &key, &one, BPF_ANY))
		return -errno;
	return 0;
}

int interface_maps_insert(const struct interface_maps *maps, const struct link_list *links)
{
	int err, first = 0;
	size_t i;

	for (i = 0; i < links->count; i++) {
		err = interface_maps_insert_one(maps, links, &links->all[i]);
		if (err && !first)
			first = err;
	}
	return first;
}

static bool master_is_current(const struct link_list *links, const void *key)
{
	const struct link_info *link = link_list_find(links, *(const __u32 *)key);
	struct if_master master;

	return link && master_of(links, link, &master);
}

static bool tagged_is_current(const struct link_list *links, const void *key)
{
	struct vlan_dev_key given;
	size_t i;

	for (i = 0; i < links->count; i++)
		if (tagged_key_of(&links->all[i], &given) &&
		    memcmp(&given, key, sizeof(given)) == 0)
			return true;
	return false;
}

static void map_prune(int fd, bool (*given)(const struct link_list *, const void *),
		      const struct link_list *links)
{
	struct vlan_dev_key key = {0}, next = {0}; /* the larger of the two key types */
	bool more = bpf_map_get_next_key(fd, NULL, &key) == 0;

	while (more) {
		more = bpf_map_get_next_key(fd, &key, &next) == 0;
		if (!given(links, &key))
			bpf_map_delete_elem(fd, &key);
		key = next;
	}
}

void interface_maps_prune(const struct interface_maps *maps, const struct link_list *links)
{
	map_prune(maps->if_masters_fd, master_is_current, links);
	map_prune(maps->vlan_devs_fd, tagged_is_current, links);
}
