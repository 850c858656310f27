// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* One query, its response, and the errors that come instead. */
#include "probe/query.h"

#include "util/address.h"
#include "util/clock.h"
#include "probe/reason.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/types.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <linux/errqueue.h>

#define RESPONSE_SIZE 4096
#define AT_ONCE 64 /* messages read before the others have their turn */

union any_address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

/* ---- addresses ---------------------------------------------------------------------------- */

static socklen_t to_socket(const struct resolver_key *key, union any_address *to)
{
	memset(to, 0, sizeof(*to));
	if (address_is_ipv4(&key->address)) {
		to->v4.sin_family = AF_INET;
		to->v4.sin_port = key->port;
		to->v4.sin_addr.s_addr = key->address.w[3];
		return sizeof(to->v4);
	}
	to->v6.sin6_family = AF_INET6;
	to->v6.sin6_port = key->port;
	to->v6.sin6_scope_id = key->scope;
	memcpy(&to->v6.sin6_addr, &key->address, sizeof(key->address));
	return sizeof(to->v6);
}

/* -EINVAL: no IP address, as of an offender that is not known */
static int from_socket(const union any_address *from, struct ip_address *to)
{
	if (from->any.sa_family == AF_INET)
		*to = (struct ip_address){{0, 0, htonl(0xffff), from->v4.sin_addr.s_addr}};
	else if (from->any.sa_family == AF_INET6)
		memcpy(to, &from->v6.sin6_addr, sizeof(*to));
	else
		return -EINVAL;
	return 0;
}

static int is_same(const struct ip_address *a, const struct ip_address *b)
{
	return !memcmp(a, b, sizeof(*a));
}

/* ---- sending ------------------------------------------------------------------------------ */

static void end(struct probe_query *query, struct probe_result *result, enum probe_outcome outcome)
{
	result->outcome = outcome;
	query_close(query);
}

static void end_by_errno(struct probe_query *query, struct probe_result *result, int error,
			 enum probe_outcome outcome)
{
	result->error = error;
	result->reason = reason_of_errno(error);
	result->has_icmp = 0;
	end(query, result, outcome);
}

/* 0 or -errno */
static int connect_to(struct probe_query *query, const struct resolver_key *key)
{
	union any_address to, self = {0};
	socklen_t length = to_socket(key, &to), self_length = sizeof(self);
	int level = query->is_ipv4 ? IPPROTO_IP : IPPROTO_IPV6;
	int option = query->is_ipv4 ? IP_RECVERR : IPV6_RECVERR, on = 1;

	query->fd = socket(to.any.sa_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (query->fd < 0 || setsockopt(query->fd, level, option, &on, sizeof(on)) ||
	    connect(query->fd, &to.any, length) || getsockname(query->fd, &self.any, &self_length))
		return -errno;
	return from_socket(&self, &query->self);
}

/* 0 or -errno */
static int make_and_send(struct probe_query *query, const struct dns_question *question,
			 const struct resolver_key *key)
{
	int length, err;
	__u16 id;

	if (getrandom(&id, sizeof(id), 0) != sizeof(id))
		return -EIO;
	length = message_query(question, id, query->bytes);
	if (length < 0)
		return length;
	query->length = (size_t)length;
	err = connect_to(query, key);
	query->sent_ns = clock_monotonic_ns();
	if (!err && send(query->fd, query->bytes, query->length, MSG_NOSIGNAL) < 0)
		err = -errno;
	return err;
}

void query_send(struct probe_query *query, const struct dns_question *question,
		struct probe_result *result)
{
	int err;

	query->fd = -1;
	query->is_ipv4 = address_is_ipv4(&result->resolver.address);
	err = make_and_send(query, question, &result->resolver);
	if (err)
		end_by_errno(query, result, -err, PROBE_NOT_SENT);
}

/* ---- receiving ---------------------------------------------------------------------------- */

/* The stack's words on an error of this socket; NULL: none. */
static const struct sock_extended_err *error_of(struct msghdr *message)
{
	struct cmsghdr *c;

	for (c = CMSG_FIRSTHDR(message); c; c = CMSG_NXTHDR(message, c)) {
		if ((c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_RECVERR) ||
		    (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_RECVERR))
			return (const struct sock_extended_err *)CMSG_DATA(c);
	}
	return NULL;
}

/*
 * An ICMP message that this host told itself is its own refusal: nothing has left. (A resolver on
 * this host has the same address as its client, and is a resolver first.)
 */
static void take_icmp(struct probe_query *query, struct probe_result *result,
		      const struct sock_extended_err *error)
{
	enum reason reason = reason_of_icmp(query->is_ipv4, error->ee_type, error->ee_code);
	union any_address from = {0};
	int is_own;

	if (reason == REASON_MAX)
		return;
	memcpy(&from, SO_EE_OFFENDER(error), query->is_ipv4 ? sizeof(from.v4) : sizeof(from.v6));
	result->has_icmp = !from_socket(&from, &result->reporter);
	result->icmp_type = error->ee_type;
	result->icmp_code = error->ee_code;
	result->reason = reason;
	result->error = (int)error->ee_errno;
	is_own = result->has_icmp && is_same(&result->reporter, &query->self) &&
		 !is_same(&result->reporter, &result->resolver.address);
	end(query, result, is_own ? PROBE_NOT_SENT : PROBE_UNREACHABLE);
}

/* One message of the error queue. Returns 0 when there is none (more). */
static int receive_error(struct probe_query *query, struct probe_result *result)
{
	_Alignas(struct cmsghdr) char control[512];
	__u8 quoted[MESSAGE_SIZE];
	struct iovec to = {quoted, sizeof(quoted)};
	struct msghdr message = {.msg_iov = &to,
				 .msg_iovlen = 1,
				 .msg_control = control,
				 .msg_controllen = sizeof(control)};
	const struct sock_extended_err *error;
	ssize_t length = recvmsg(query->fd, &message, MSG_ERRQUEUE);

	if (length < 0)
		return 0;
	error = error_of(&message);
	if (!error)
		return 1;
	/* A quote that goes so far must have our message ID. */
	if (length >= 2 && memcmp(quoted, query->bytes, 2))
		result->ignored++;
	else if (error->ee_origin == SO_EE_ORIGIN_ICMP || error->ee_origin == SO_EE_ORIGIN_ICMP6)
		take_icmp(query, result, error);
	else if (error->ee_origin == SO_EE_ORIGIN_LOCAL)
		end_by_errno(query, result, (int)error->ee_errno, PROBE_NOT_SENT);
	return 1;
}

/* One datagram. Returns 0 when there is none (more). */
static int receive_datagram(struct probe_query *query, struct probe_result *result)
{
	__u8 bytes[RESPONSE_SIZE];
	ssize_t length = recv(query->fd, bytes, sizeof(bytes), 0);
	struct message_answer answer;

	if (length < 0 && errno != EAGAIN && errno != EINTR)
		end_by_errno(query, result, errno, PROBE_UNREACHABLE);
	if (length < 0)
		return 0;
	if (message_answers(query->bytes, query->length, bytes, (size_t)length, &answer)) {
		result->ignored++;
		return 1;
	}
	result->rtt_s = (double)(clock_monotonic_ns() - query->sent_ns) / NS_PER_S;
	result->rcode = answer.rcode;
	result->truncated = answer.truncated;
	end(query, result, PROBE_ANSWERED);
	return 0;
}

void query_receive(struct probe_query *query, struct probe_result *result)
{
	int left = AT_ONCE;

	/* The error queue first: to read it takes the error from the socket, with all that it says.
	 */
	while (query->fd >= 0 && left && receive_error(query, result))
		left--;
	while (query->fd >= 0 && left && receive_datagram(query, result))
		left--;
}

void query_close(struct probe_query *query)
{
	if (query->fd >= 0)
		close(query->fd);
	query->fd = -1;
}
