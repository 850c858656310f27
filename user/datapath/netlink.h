/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * One thing over rtnetlink: ask for a list and parse it into rows. What the rows are, and what is
 * done with them, is left to links.c and tc_filters.c.
 */
#ifndef DATAPATH_NETLINK_H
#define DATAPATH_NETLINK_H

#include <stdbool.h>
#include <stddef.h>

struct mnl_socket;
struct nlmsghdr;

struct netlink {
	struct mnl_socket *socket;
	unsigned int sequence;
};

struct netlink_list {
	void *rows; /* the caller's, to free() */
	size_t count;
};

/* Parse one message into a zeroed row; false: leave it out. */
typedef bool netlink_parse(const struct nlmsghdr *message, void *row, const void *arg);

int netlink_open(struct netlink *netlink);
void netlink_close(struct netlink *netlink);

/*
 * Send the request (type and body filled in) and gather the answers. Returns 0, or -errno and an
 * empty list; -EAGAIN: what is listed changes too fast to be read in one piece.
 */
int netlink_list(struct netlink *netlink, struct nlmsghdr *request, size_t row_size,
		 netlink_parse *parse, const void *arg, struct netlink_list *ret);

#endif
