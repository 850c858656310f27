// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* See socket_owner.h. One request and one answer, so no library is needed. */
#include "http/socket_owner.h"

#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <string.h>
#include <unistd.h>

#define ANSWER_TIMEOUT_MS 200

struct owner_request {
	struct nlmsghdr header;
	struct inet_diag_req_v2 what;
};

/* Copies address and port; an IPv4 address in IPv6 is one of IPv4. Returns the family. */
static int copy_address(const struct sockaddr *from, __be32 address[4], __be16 *port)
{
	const struct sockaddr_in *ipv4 = (const struct sockaddr_in *)from;
	const struct sockaddr_in6 *ipv6 = (const struct sockaddr_in6 *)from;

	if (from->sa_family == AF_INET) {
		address[0] = ipv4->sin_addr.s_addr;
		*port = ipv4->sin_port;
		return AF_INET;
	}
	*port = ipv6->sin6_port;
	if (IN6_IS_ADDR_V4MAPPED(&ipv6->sin6_addr)) {
		memcpy(address, ipv6->sin6_addr.s6_addr + 12, 4);
		return AF_INET;
	}
	memcpy(address, &ipv6->sin6_addr, 16);
	return AF_INET6;
}

static int receive_owner(int fd, uid_t *ret)
{
	union {
		struct nlmsghdr header;
		char bytes[1024];
	} answer;
	const struct inet_diag_msg *found = NLMSG_DATA(&answer.header);
	const struct nlmsgerr *error = NLMSG_DATA(&answer.header);
	ssize_t got = recv(fd, &answer, sizeof(answer), 0);

	if (got < (ssize_t)NLMSG_LENGTH(sizeof(int)))
		return got < 0 ? -errno : -EIO;
	if (answer.header.nlmsg_type == NLMSG_ERROR)
		return error->error ? error->error : -EIO;
	if (answer.header.nlmsg_type != SOCK_DIAG_BY_FAMILY ||
	    got < (ssize_t)NLMSG_LENGTH(sizeof(*found)))
		return -EIO;
	*ret = found->idiag_uid;
	return 0;
}

int socket_owner(const struct sockaddr *local, const struct sockaddr *remote, uid_t *ret)
{
	const struct timeval timeout = {.tv_usec = ANSWER_TIMEOUT_MS * 1000};
	struct owner_request request = {.header = {.nlmsg_len = sizeof(request),
						   .nlmsg_type = SOCK_DIAG_BY_FAMILY,
						   .nlmsg_flags = NLM_F_REQUEST},
					.what = {.sdiag_protocol = IPPROTO_TCP,
						 .idiag_states = ~0U,
						 .id.idiag_cookie = {INET_DIAG_NOCOOKIE,
								     INET_DIAG_NOCOOKIE}}};
	struct inet_diag_sockid *id = &request.what.id;
	int fd, err;

	request.what.sdiag_family = copy_address(local, id->idiag_src, &id->idiag_sport);
	if (remote &&
	    copy_address(remote, id->idiag_dst, &id->idiag_dport) != request.what.sdiag_family)
		return -EINVAL;
	fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
	if (fd < 0)
		return -errno;
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout));
	err = send(fd, &request, sizeof(request), 0) < 0 ? -errno : receive_owner(fd, ret);
	close(fd);
	return err;
}
