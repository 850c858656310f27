// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Links over rtnetlink: the list of all, and the socket that says when to look again. Events are
 * only a reason to look: what is true is always the list.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

#include <libmnl/libmnl.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>

#include "datapath/links.h"
#include "datapath/netlink.h"

#define EVENTS_AT_ONCE 4096 /* then the caller gets its turn, whatever the storm */

static void copy_text(char *to, size_t size, const struct nlattr *attribute)
{
	snprintf(to, size, "%s", mnl_attr_get_str(attribute));
}

static void parse_vlan(const struct nlattr *data, struct link_info *link)
{
	const struct nlattr *attribute;

	mnl_attr_for_each_nested (attribute, data) {
		if (mnl_attr_get_type(attribute) == IFLA_VLAN_ID)
			link->vlan = mnl_attr_get_u16(attribute);
	}
}

static void parse_kind(const struct nlattr *nest, struct link_info *link)
{
	const struct nlattr *attribute, *data = NULL;

	mnl_attr_for_each_nested (attribute, nest) {
		switch (mnl_attr_get_type(attribute)) {
		case IFLA_INFO_KIND:
			copy_text(link->kind, sizeof(link->kind), attribute);
			break;
		case IFLA_INFO_SLAVE_KIND:
			copy_text(link->slave_kind, sizeof(link->slave_kind), attribute);
			break;
		case IFLA_INFO_DATA:
			data = attribute;
			break;
		}
	}
	if (data && strcmp(link->kind, "vlan") == 0)
		parse_vlan(data, link);
}

static bool parse_link(const struct nlmsghdr *message, void *row, const void *arg)
{
	const struct ifinfomsg *info = mnl_nlmsg_get_payload(message);
	const struct nlattr *attribute;
	struct link_info *link = row;
	bool parent_elsewhere = false;

	(void)arg;
	link->ifindex = info->ifi_index;
	link->up = info->ifi_flags & IFF_UP;
	mnl_attr_for_each (attribute, message, sizeof(*info)) {
		switch (mnl_attr_get_type(attribute)) {
		case IFLA_IFNAME:
			copy_text(link->name, sizeof(link->name), attribute);
			break;
		case IFLA_MASTER:
			link->master = mnl_attr_get_u32(attribute);
			break;
		case IFLA_LINK:
			link->parent = mnl_attr_get_u32(attribute);
			break;
		case IFLA_LINK_NETNSID:
			parent_elsewhere = true;
			break;
		case IFLA_LINKINFO:
			parse_kind(attribute, link);
			break;
		}
	}
	if (parent_elsewhere)
		link->parent = 0;
	return message->nlmsg_type == RTM_NEWLINK && link->name[0];
}

static int by_ifindex(const void *a, const void *b)
{
	const struct link_info *x = a, *y = b;

	return (x->ifindex > y->ifindex) - (x->ifindex < y->ifindex);
}

int links_list(struct netlink *netlink, struct links *ret)
{
	char buffer[256];
	struct nlmsghdr *request = mnl_nlmsg_put_header(buffer);
	struct netlink_list list;
	int err;

	request->nlmsg_type = RTM_GETLINK;
	mnl_nlmsg_put_extra_header(request, sizeof(struct ifinfomsg));
	mnl_attr_put_u32(request, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
	err = netlink_list(netlink, request, sizeof(*ret->all), parse_link, NULL, &list);
	ret->all = list.rows;
	ret->count = list.count;
	if (list.count)
		qsort(ret->all, ret->count, sizeof(*ret->all), by_ifindex);
	return err;
}

void links_free(struct links *links)
{
	free(links->all);
	links->all = NULL;
	links->count = 0;
}

struct link_info *links_find(const struct links *links, int ifindex)
{
	struct link_info key = {.ifindex = ifindex};

	if (!links->count)
		return NULL;
	return bsearch(&key, links->all, links->count, sizeof(key), by_ifindex);
}

struct link_info *links_find_name(const struct links *links, const char *name)
{
	size_t i;

	for (i = 0; i < links->count; i++)
		if (strcmp(links->all[i].name, name) == 0)
			return &links->all[i];
	return NULL;
}

int link_events_open(struct mnl_socket **ret)
{
	struct mnl_socket *events;
	int err;

	events = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (!events)
		return -errno;
	if (mnl_socket_bind(events, RTMGRP_LINK, MNL_SOCKET_AUTOPID) < 0) {
		err = -errno;
		mnl_socket_close(events);
		return err;
	}
	*ret = events;
	return 0;
}

int link_events_fd(const struct mnl_socket *events)
{
	return mnl_socket_get_fd(events);
}

void link_events_close(struct mnl_socket *events)
{
	if (events)
		mnl_socket_close(events);
}

struct drain {
	void (*deleted)(int ifindex, void *arg);
	void *arg;
};

static int on_event(const struct nlmsghdr *message, void *data)
{
	const struct ifinfomsg *info = mnl_nlmsg_get_payload(message);
	const struct drain *drain = data;

	/* Of family AF_BRIDGE it only says that a port left its bridge. */
	if (message->nlmsg_type == RTM_DELLINK && info->ifi_family == AF_UNSPEC)
		drain->deleted(info->ifi_index, drain->arg);
	return MNL_CB_OK;
}

void link_events_drain(struct mnl_socket *events, void (*deleted)(int ifindex, void *arg),
		       void *arg)
{
	struct drain drain = {deleted, arg};
	char buffer[32768];
	ssize_t n;
	int i;

	for (i = 0; i < EVENTS_AT_ONCE; i++) {
		n = mnl_socket_recvfrom(events, buffer, sizeof(buffer));
		if (n >= 0)
			mnl_cb_run(buffer, n, 0, 0, on_event, &drain);
		else if (errno != ENOBUFS && errno != EINTR && errno != ENOSPC)
			break;
	}
}
