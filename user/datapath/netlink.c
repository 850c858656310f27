// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Lists over rtnetlink, in one piece or not at all: a dump that the kernel marks as interrupted is
 * asked for again, because a row missing from it would look like an interface that is gone. Then
 * the links, and the socket for their events. An event is only a reason to read the list again.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

#include <libmnl/libmnl.h>
#include <linux/if_link.h>
#include <linux/if_tun.h>
#include <linux/rtnetlink.h>

#include "datapath/netlink.h"

/* ---- lists -------------------------------------------------------------------------------- */

#define BUFFER_SIZE 32768 /* what the kernel puts into one message of a dump at most */
#define TRIES 20

struct gathering {
	struct netlink_rows list;
	size_t room;
	size_t row_size;
	netlink_parse *parse;
	const void *arg;
};

int netlink_open(struct netlink *netlink)
{
	int err;

	netlink->socket = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
	if (!netlink->socket)
		return -errno;
	if (mnl_socket_bind(netlink->socket, 0, MNL_SOCKET_AUTOPID) == 0)
		return 0;
	err = -errno;
	netlink_close(netlink);
	return err;
}

void netlink_close(struct netlink *netlink)
{
	if (netlink->socket)
		mnl_socket_close(netlink->socket);
	netlink->socket = NULL;
}

static int gathering_make_room(struct gathering *g)
{
	size_t room = g->room ? 2 * g->room : 16;
	void *rows;

	if (g->list.count < g->room)
		return 0;
	rows = reallocarray(g->list.rows, room, g->row_size);
	if (!rows)
		return -ENOMEM;
	g->list.rows = rows;
	g->room = room;
	return 0;
}

static int on_list_message(const struct nlmsghdr *message, void *data)
{
	struct gathering *g = data;
	void *row;

	if (gathering_make_room(g)) {
		errno = ENOMEM;
		return MNL_CB_ERROR;
	}
	row = (char *)g->list.rows + g->list.count * g->row_size;
	memset(row, 0, g->row_size);
	if (g->parse(message, row, g->arg))
		g->list.count++;
	return MNL_CB_OK;
}

static int netlink_dump(struct netlink *netlink, struct nlmsghdr *request, struct gathering *g)
{
	unsigned int port = mnl_socket_get_portid(netlink->socket);
	char buffer[BUFFER_SIZE];
	ssize_t n;
	int more;

	request->nlmsg_seq = ++netlink->sequence;
	request->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	if (mnl_socket_sendto(netlink->socket, request, request->nlmsg_len) < 0)
		return -errno;
	do {
		n = mnl_socket_recvfrom(netlink->socket, buffer, sizeof(buffer));
		if (n < 0)
			return -errno;
		more = mnl_cb_run(buffer, n, request->nlmsg_seq, port, on_list_message, g);
	} while (more > MNL_CB_STOP);
	return more < 0 ? -errno : 0;
}

/* Opens the socket anew: the rest of a failed dump is still in the old one. */
static int netlink_reopen(struct netlink *netlink)
{
	netlink_close(netlink);
	return netlink_open(netlink);
}

int netlink_read_list(struct netlink *netlink, struct nlmsghdr *request, size_t row_size,
		      netlink_parse *parse, const void *arg, struct netlink_rows *ret)
{
	struct gathering g = {.row_size = row_size, .parse = parse, .arg = arg};
	int err, tries;

	memset(ret, 0, sizeof(*ret));
	if (!netlink->socket) {
		err = netlink_open(netlink);
		if (err)
			return err;
	}
	err = -EAGAIN;
	for (tries = 0; tries < TRIES; tries++) {
		g.list.count = 0;
		err = netlink_dump(netlink, request, &g);
		if (!err)
			break;
		if (netlink_reopen(netlink))
			break;
		if (err != -EINTR)
			break;
		err = -EAGAIN;
	}
	if (err) {
		free(g.list.rows);
		return err;
	}
	*ret = g.list;
	return 0;
}

struct one_row {
	netlink_parse *parse;
	void *row;
	bool is_parsed;
};

static int on_one_message(const struct nlmsghdr *message, void *data)
{
	struct one_row *one = data;

	one->is_parsed = one->parse(message, one->row, NULL);
	return MNL_CB_STOP;
}

int netlink_read_one(struct netlink *netlink, struct nlmsghdr *request, netlink_parse *parse,
		     void *row)
{
	struct one_row one = {.parse = parse, .row = row};
	char buffer[BUFFER_SIZE];
	ssize_t n;
	int err;

	err = netlink->socket ? 0 : netlink_open(netlink);
	if (err)
		return err;
	request->nlmsg_seq = ++netlink->sequence;
	request->nlmsg_flags = NLM_F_REQUEST;
	if (mnl_socket_sendto(netlink->socket, request, request->nlmsg_len) < 0)
		return -errno;
	n = mnl_socket_recvfrom(netlink->socket, buffer, sizeof(buffer));
	if (n < 0)
		return -errno;
	if (mnl_cb_run(buffer, n, request->nlmsg_seq, mnl_socket_get_portid(netlink->socket),
		       on_one_message, &one) < 0)
		return -errno;
	return one.is_parsed ? 0 : -ENOMSG;
}

/* ---- links -------------------------------------------------------------------------------- */

#define EVENTS_AT_ONCE 4096 /* read in one call; the rest waits for the next */

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

/* IFLA_TUN_TYPE: since Linux 4.20. */
static void parse_tun(const struct nlattr *data, struct link_info *link)
{
	const struct nlattr *attribute;

	mnl_attr_for_each_nested (attribute, data) {
		if (mnl_attr_get_type(attribute) == IFLA_TUN_TYPE)
			link->tap = mnl_attr_get_u8(attribute) == IFF_TAP;
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
	if (data && strcmp(link->kind, "tun") == 0)
		parse_tun(data, link);
}

static bool parse_link(const struct nlmsghdr *message, void *row, const void *arg)
{
	const struct ifinfomsg *info = mnl_nlmsg_get_payload(message);
	const struct nlattr *attribute;
	struct link_info *link = row;

	(void)arg;
	link->ifindex = info->ifi_index;
	link->up = info->ifi_flags & IFF_UP;
	link->peer_netns = -1;
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
			link->peer_elsewhere = true;
			link->peer_netns = (int)mnl_attr_get_u32(attribute);
			break;
		case IFLA_LINKINFO:
			parse_kind(attribute, link);
			break;
		}
	}
	if (link->peer_elsewhere) {
		link->peer = link->parent;
		link->parent = 0;
	}
	return message->nlmsg_type == RTM_NEWLINK && link->name[0];
}

static int compare_ifindex(const void *a, const void *b)
{
	const struct link_info *x = a, *y = b;

	return (x->ifindex > y->ifindex) - (x->ifindex < y->ifindex);
}

int link_list_read(struct netlink *netlink, struct link_list *ret)
{
	char buffer[256];
	struct nlmsghdr *request = mnl_nlmsg_put_header(buffer);
	struct netlink_rows list;
	int err;

	request->nlmsg_type = RTM_GETLINK;
	mnl_nlmsg_put_extra_header(request, sizeof(struct ifinfomsg));
	mnl_attr_put_u32(request, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
	err = netlink_read_list(netlink, request, sizeof(*ret->all), parse_link, NULL, &list);
	ret->all = list.rows;
	ret->count = list.count;
	if (list.count)
		qsort(ret->all, ret->count, sizeof(*ret->all), compare_ifindex);
	return err;
}

void link_list_free(struct link_list *links)
{
	free(links->all);
	links->all = NULL;
	links->count = 0;
}

struct link_info *link_list_find(const struct link_list *links, int ifindex)
{
	struct link_info key = {.ifindex = ifindex};

	if (!links->count)
		return NULL;
	return bsearch(&key, links->all, links->count, sizeof(key), compare_ifindex);
}

struct link_info *link_list_find_name(const struct link_list *links, const char *name)
{
	size_t i;

	for (i = 0; i < links->count; i++)
		if (strcmp(links->all[i].name, name) == 0)
			return &links->all[i];
	return NULL;
}

static bool parse_packets(const struct nlmsghdr *message, void *row, const void *arg)
{
	const struct nlattr *attribute;
	struct rtnl_link_stats64 stats;
	struct link_packets *ret = row;

	(void)arg;
	mnl_attr_for_each (attribute, message, sizeof(struct ifinfomsg)) {
		if (mnl_attr_get_type(attribute) != IFLA_STATS64 ||
		    mnl_attr_get_payload_len(attribute) <
			    offsetof(struct rtnl_link_stats64, rx_bytes))
			continue;
		memset(&stats, 0, sizeof(stats));
		memcpy(&stats, mnl_attr_get_payload(attribute),
		       offsetof(struct rtnl_link_stats64, rx_bytes));
		*ret = (struct link_packets){stats.rx_packets, stats.tx_packets};
		return true;
	}
	return false;
}

int link_packets_read(struct netlink *netlink, int netns, int ifindex, struct link_packets *ret)
{
	char buffer[256];
	struct nlmsghdr *request = mnl_nlmsg_put_header(buffer);
	struct ifinfomsg *info;

	request->nlmsg_type = RTM_GETLINK;
	info = mnl_nlmsg_put_extra_header(request, sizeof(*info));
	info->ifi_index = ifindex;
	if (netns >= 0)
		mnl_attr_put_u32(request, IFLA_TARGET_NETNSID, netns);
	return netlink_read_one(netlink, request, parse_packets, ret);
}

/* A row of netlink_read_list(): the interface of a default route; several for a multipath route. */
#define NEXT_HOPS_MAX 16

struct default_route {
	int ifindex[NEXT_HOPS_MAX];
	size_t count;
};

static void default_route_add(struct default_route *route, int ifindex)
{
	if (ifindex && route->count < NEXT_HOPS_MAX)
		route->ifindex[route->count++] = ifindex;
}

static void parse_next_hops(const struct nlattr *attribute, struct default_route *route)
{
	const struct rtnexthop *hop = mnl_attr_get_payload(attribute);
	int left = mnl_attr_get_payload_len(attribute);

	for (; RTNH_OK(hop, left); left -= RTNH_ALIGN(hop->rtnh_len), hop = RTNH_NEXT(hop))
		default_route_add(route, hop->rtnh_ifindex);
}

static bool parse_default_route(const struct nlmsghdr *message, void *row, const void *arg)
{
	const struct rtmsg *info = mnl_nlmsg_get_payload(message);
	const struct nlattr *attribute;
	struct default_route *route = row;

	(void)arg;
	if (message->nlmsg_type != RTM_NEWROUTE || info->rtm_dst_len ||
	    info->rtm_type != RTN_UNICAST)
		return false;
	mnl_attr_for_each (attribute, message, sizeof(*info)) {
		if (mnl_attr_get_type(attribute) == RTA_OIF)
			default_route_add(route, mnl_attr_get_u32(attribute));
		else if (mnl_attr_get_type(attribute) == RTA_MULTIPATH)
			parse_next_hops(attribute, route);
	}
	return route->count;
}

static int mark_default_routes_of(struct netlink *netlink, int family, struct link_list *links)
{
	char buffer[256];
	struct nlmsghdr *request = mnl_nlmsg_put_header(buffer);
	struct netlink_rows list;
	struct rtmsg *info;
	size_t i, hop;
	int err;

	request->nlmsg_type = RTM_GETROUTE;
	info = mnl_nlmsg_put_extra_header(request, sizeof(*info));
	info->rtm_family = family;
	err = netlink_read_list(netlink, request, sizeof(struct default_route), parse_default_route,
				NULL, &list);
	for (i = 0; i < list.count; i++) {
		const struct default_route *route = (const struct default_route *)list.rows + i;

		for (hop = 0; hop < route->count; hop++) {
			struct link_info *link = link_list_find(links, route->ifindex[hop]);

			if (link)
				link->default_route = true;
		}
	}
	free(list.rows);
	return err;
}

int link_list_mark_default_routes(struct netlink *netlink, struct link_list *links)
{
	int err = mark_default_routes_of(netlink, AF_INET, links);

	return err ? err : mark_default_routes_of(netlink, AF_INET6, links);
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

struct link_drain {
	void (*deleted)(int ifindex, void *arg);
	void *arg;
};

static int on_link_event(const struct nlmsghdr *message, void *data)
{
	const struct ifinfomsg *info = mnl_nlmsg_get_payload(message);
	const struct link_drain *drain = data;

	/* Of family AF_BRIDGE it means that a port left its bridge. */
	if (message->nlmsg_type == RTM_DELLINK && info->ifi_family == AF_UNSPEC)
		drain->deleted(info->ifi_index, drain->arg);
	return MNL_CB_OK;
}

void link_events_drain(struct mnl_socket *events, void (*deleted)(int ifindex, void *arg),
		       void *arg)
{
	struct link_drain drain = {deleted, arg};
	char buffer[32768];
	ssize_t n;
	int i;

	for (i = 0; i < EVENTS_AT_ONCE; i++) {
		n = mnl_socket_recvfrom(events, buffer, sizeof(buffer));
		if (n >= 0)
			mnl_cb_run(buffer, n, 0, 0, on_link_event, &drain);
		else if (errno != ENOBUFS && errno != EINTR && errno != ENOSPC)
			break;
	}
}
