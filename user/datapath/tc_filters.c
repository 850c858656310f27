// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Filters and the clsact qdisc over rtnetlink. Filters are identified by name, not by program ID:
 * the names need no CAP_SYS_ADMIN.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <arpa/inet.h>
#include <libmnl/libmnl.h>
#include <linux/if_ether.h>
#include <linux/pkt_cls.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>

#include "datapath/netlink.h"
#include "datapath/tc_filters.h"

#define CLSACT_HANDLE TC_H_MAKE(TC_H_CLSACT, 0)

static const __u32 parents[HOOK_DIRECTIONS] = {
	[HOOK_INGRESS] = TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_INGRESS),
	[HOOK_EGRESS] = TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_EGRESS),
};

/* libbpf names a filter by the first 15 bytes of its program's name, as the kernel keeps them. */
static const char *const our_programs[] = {"count_queries:[",	"count_outcomes:[",
					   "count_guest_que:[", "count_guest_out:[",
					   "count_both_in:[",	"count_both_out:["};

static void parse_options(const struct nlattr *nest, struct tc_filter *filter)
{
	const struct nlattr *attribute;

	mnl_attr_for_each_nested (attribute, nest) {
		if (mnl_attr_get_type(attribute) == TCA_BPF_NAME)
			snprintf(filter->name, sizeof(filter->name), "%s",
				 mnl_attr_get_str(attribute));
	}
}

static bool parse_filter(const struct nlmsghdr *message, void *row, const void *arg)
{
	const struct tcmsg *tc = mnl_nlmsg_get_payload(message);
	const struct nlattr *attribute, *options = NULL;
	struct tc_filter *filter = row;

	(void)arg;
	filter->handle = tc->tcm_handle;
	filter->priority = TC_H_MAJ(tc->tcm_info) >> 16;
	filter->protocol = TC_H_MIN(tc->tcm_info);
	mnl_attr_for_each (attribute, message, sizeof(*tc)) {
		switch (mnl_attr_get_type(attribute)) {
		case TCA_KIND:
			snprintf(filter->kind, sizeof(filter->kind), "%s",
				 mnl_attr_get_str(attribute));
			break;
		case TCA_CHAIN:
			filter->chain = mnl_attr_get_u32(attribute);
			break;
		case TCA_OPTIONS:
			options = attribute;
			break;
		}
	}
	if (options && strcmp(filter->kind, "bpf") == 0)
		parse_options(options, filter);
	return message->nlmsg_type == RTM_NEWTFILTER;
}

static struct tcmsg *tc_request_init(char *buffer, int type, int ifindex)
{
	struct nlmsghdr *request = mnl_nlmsg_put_header(buffer);
	struct tcmsg *tc = mnl_nlmsg_put_extra_header(request, sizeof(*tc));

	request->nlmsg_type = type;
	tc->tcm_ifindex = ifindex;
	return tc;
}

int tc_filters_read(struct netlink *netlink, int ifindex, enum hook_direction direction,
		    struct tc_filters *ret)
{
	char buffer[256];
	struct netlink_rows list;
	int err;

	tc_request_init(buffer, RTM_GETTFILTER, ifindex)->tcm_parent = parents[direction];
	err = netlink_read_list(netlink, (struct nlmsghdr *)buffer, sizeof(*ret->all), parse_filter,
				NULL, &list);
	ret->all = list.rows;
	ret->count = list.count;
	return err == -ENODEV ? 0 : err;
}

void tc_filters_free(struct tc_filters *filters)
{
	free(filters->all);
	filters->all = NULL;
	filters->count = 0;
}

bool tc_filter_is_ours(const struct tc_filter *filter)
{
	size_t i;

	if (strcmp(filter->kind, "bpf") != 0 || filter->handle != OUR_HANDLE || filter->chain ||
	    filter->priority < OUR_PRIORITY_FIRST || filter->priority > OUR_PRIORITY_LAST)
		return false;
	for (i = 0; i < sizeof(our_programs) / sizeof(*our_programs); i++)
		if (strncmp(filter->name, our_programs[i], strlen(our_programs[i])) == 0)
			return true;
	return false;
}

const struct tc_filter *tc_filters_find_ours(const struct tc_filters *filters)
{
	size_t i;

	for (i = 0; i < filters->count; i++)
		if (tc_filter_is_ours(&filters->all[i]))
			return &filters->all[i];
	return NULL;
}

/* Returns true when the filter leaves no room for ours at this priority, which takes one kind and
 * one protocol, and each handle once. */
static bool priority_is_blocked(const struct tc_filter *filter, __u32 priority)
{
	return filter->priority == priority && filter->chain == 0 &&
	       (strcmp(filter->kind, "bpf") != 0 || filter->protocol != htons(ETH_P_ALL) ||
		filter->handle == OUR_HANDLE);
}

__u32 tc_filters_free_priority(const struct tc_filters *filters)
{
	__u32 priority;
	size_t i;

	for (priority = OUR_PRIORITY_FIRST; priority <= OUR_PRIORITY_LAST; priority++) {
		for (i = 0; i < filters->count; i++)
			if (priority_is_blocked(&filters->all[i], priority))
				break;
		if (i == filters->count)
			return priority;
	}
	return 0;
}

/* Parses a clsact of one interface. The kernel lists the qdiscs of all, whatever is asked for. */
static bool parse_qdisc(const struct nlmsghdr *message, void *row, const void *arg)
{
	const struct tcmsg *tc = mnl_nlmsg_get_payload(message);
	const int *ifindex = arg;
	const struct nlattr *attribute;
	bool *clsact = row;

	if (tc->tcm_ifindex != *ifindex || tc->tcm_handle != CLSACT_HANDLE)
		return false;
	mnl_attr_for_each (attribute, message, sizeof(*tc)) {
		if (mnl_attr_get_type(attribute) == TCA_KIND)
			*clsact = strcmp(mnl_attr_get_str(attribute), "clsact") == 0;
	}
	return true;
}

int tc_clsact_lookup(struct netlink *netlink, int ifindex)
{
	char buffer[256];
	struct netlink_rows list;
	int err;

	tc_request_init(buffer, RTM_GETQDISC, ifindex);
	err = netlink_read_list(netlink, (struct nlmsghdr *)buffer, sizeof(bool), parse_qdisc,
				&ifindex, &list);
	if (!err && list.count)
		err = *(bool *)list.rows ? 1 : -EEXIST;
	free(list.rows);
	return err;
}

int tc_clsact_is_empty(struct netlink *netlink, int ifindex)
{
	struct tc_filters filters;
	int direction, err;
	size_t count;

	err = tc_clsact_lookup(netlink, ifindex);
	if (err <= 0)
		return err == -EEXIST ? 0 : err;
	for (direction = 0; direction < HOOK_DIRECTIONS; direction++) {
		err = tc_filters_read(netlink, ifindex, direction, &filters);
		count = filters.count;
		tc_filters_free(&filters);
		if (err || count)
			return err;
	}
	return 1;
}
