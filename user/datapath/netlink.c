// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Lists over rtnetlink, in one piece or not at all: a dump that the kernel marks as interrupted is
 * asked for again, because a row missing from it would look like an interface that is gone.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <libmnl/libmnl.h>

#include "datapath/netlink.h"

#define BUFFER_SIZE 32768 /* what the kernel puts into one message of a dump at most */
#define TRIES 20

struct gathering {
	struct netlink_list list;
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

static int make_room(struct gathering *g)
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

static int gather(const struct nlmsghdr *message, void *data)
{
	struct gathering *g = data;
	void *row;

	if (make_room(g)) {
		errno = ENOMEM;
		return MNL_CB_ERROR;
	}
	row = (char *)g->list.rows + g->list.count * g->row_size;
	memset(row, 0, g->row_size);
	if (g->parse(message, row, g->arg))
		g->list.count++;
	return MNL_CB_OK;
}

static int ask_once(struct netlink *netlink, struct nlmsghdr *request, struct gathering *g)
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
		more = mnl_cb_run(buffer, n, request->nlmsg_seq, port, gather, g);
	} while (more > MNL_CB_STOP);
	return more < 0 ? -errno : 0;
}

/* The rest of a failed dump is still in the socket: a new one is simpler than emptying it. */
static int start_over(struct netlink *netlink)
{
	netlink_close(netlink);
	return netlink_open(netlink);
}

int netlink_list(struct netlink *netlink, struct nlmsghdr *request, size_t row_size,
		 netlink_parse *parse, const void *arg, struct netlink_list *ret)
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
		err = ask_once(netlink, request, &g);
		if (!err)
			break;
		if (start_over(netlink))
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
