// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* See socket_owner.h. One request and one answer: no library is needed. */
#include "util/socket_owner.h"

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

static int receive_owner(int fd, struct inet_diag_msg *ret)
{
	char answer[1024] __attribute__((aligned(NLMSG_ALIGNTO)));
	const struct nlmsghdr *header = (const struct nlmsghdr *)answer;
	const struct inet_diag_msg *found = NLMSG_DATA(header);
	const struct nlmsgerr *error = NLMSG_DATA(header);
	ssize_t got = recv(fd, answer, sizeof(answer), 0);

	if (got < (ssize_t)NLMSG_LENGTH(sizeof(int)))
		return got < 0 ? -errno : -EIO;
	if (header->nlmsg_type == NLMSG_ERROR)
		return error->error ? error->error : -EIO;
	if (header->nlmsg_type != SOCK_DIAG_BY_FAMILY ||
	    got < (ssize_t)NLMSG_LENGTH(sizeof(*found)))
		return -EIO;
	*ret = *found;
	return 0;
}

static struct owner_request owner_request_of(int protocol)
{
	return (struct owner_request){.header = {.nlmsg_len = sizeof(struct owner_request),
						 .nlmsg_type = SOCK_DIAG_BY_FAMILY,
						 .nlmsg_flags = NLM_F_REQUEST},
				      .what = {.sdiag_protocol = (__u8)protocol,
					       .idiag_states = ~0U,
					       .id.idiag_cookie = {INET_DIAG_NOCOOKIE,
								   INET_DIAG_NOCOOKIE}}};
}

/* Asks the kernel. Returns 0 and *ret, or -errno. */
static int ask_owner(const struct owner_request *request, struct inet_diag_msg *ret)
{
	const struct timeval timeout = {.tv_usec = ANSWER_TIMEOUT_MS * 1000};
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG), err;

	if (fd < 0)
		return -errno;
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout));
	err = send(fd, request, sizeof(*request), 0) < 0 ? -errno : receive_owner(fd, ret);
	close(fd);
	return err;
}

int socket_owner(const struct sockaddr *local, const struct sockaddr *remote, uid_t *ret)
{
	struct owner_request request = owner_request_of(IPPROTO_TCP);
	struct inet_diag_sockid *id = &request.what.id;
	struct inet_diag_msg found = {0};
	int err;

	request.what.sdiag_family = copy_address(local, id->idiag_src, &id->idiag_sport);
	if (remote &&
	    copy_address(remote, id->idiag_dst, &id->idiag_dport) != request.what.sdiag_family)
		return -EINVAL;
	err = ask_owner(&request, &found);
	if (!err)
		*ret = found.idiag_uid;
	return err;
}

/* Tests whether this host has the address, by binding a socket to it. Returns 0 or -errno. */
static int check_local(int family, const __be32 address[4], __u32 scope)
{
	struct sockaddr_in ipv4 = {.sin_family = AF_INET, .sin_addr.s_addr = address[0]};
	struct sockaddr_in6 ipv6 = {.sin6_family = AF_INET6, .sin6_scope_id = scope};
	int fd = socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0), err;

	if (fd < 0)
		return -errno;
	memcpy(&ipv6.sin6_addr, address, sizeof(ipv6.sin6_addr));
	err = family == AF_INET ? bind(fd, (struct sockaddr *)&ipv4, sizeof(ipv4))
				: bind(fd, (struct sockaddr *)&ipv6, sizeof(ipv6));
	if (err)
		err = -errno;
	close(fd);
	return err;
}

/*
 * Source and destination are those of a packet that arrives: udp_dump_one() swaps them, "for
 * historical reasons" (Linux 6.12, net/ipv4/udp_diag.c).
 */
int socket_lookup_udp(const struct sockaddr *local, const struct sockaddr *remote,
		      struct socket_identity *ret)
{
	struct owner_request request = owner_request_of(IPPROTO_UDP);
	struct inet_diag_sockid *id = &request.what.id;
	struct inet_diag_msg found = {0};
	int family, err;

	family = copy_address(local, id->idiag_dst, &id->idiag_dport);
	if (copy_address(remote, id->idiag_src, &id->idiag_sport) != family)
		return -EINVAL;
	if (family == AF_INET6 && local->sa_family == AF_INET6)
		id->idiag_if = ((const struct sockaddr_in6 *)local)->sin6_scope_id;
	request.what.sdiag_family = (__u8)family;
	err = check_local(family, id->idiag_dst, id->idiag_if);
	if (!err)
		err = ask_owner(&request, &found);
	if (!err && found.id.idiag_sport != id->idiag_dport)
		err = -ENOENT;
	if (!err)
		*ret = (struct socket_identity){found.idiag_uid, found.idiag_inode};
	return err;
}
