// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* See query.h. */
#include "probe/query.h"

#include "util/address.h"
#include "util/clock.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/errqueue.h>
#include <linux/types.h>
#include <netinet/in.h>
#include <poll.h>
#include <reasons.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/* ---- the messages ------------------------------------------------------------------------- */

#define HEADER_SIZE 12
#define FLAG_QR 0x80 /* byte 2 */
#define FLAG_TC 0x02
#define FLAG_RD 0x01
#define OPCODE 0x78
#define RCODE 0x0f /* byte 3 */

int query_question_make(const char *name, struct dns_question *ret)
{
	size_t length = name ? strlen(name) : 0;
	__u8 bytes[QUERY_MESSAGE_SIZE];

	*ret = (struct dns_question){.name = ".", .type = DNS_TYPE_NS, .class = DNS_CLASS_IN};
	if (!name)
		return 0;
	if (!length || length >= sizeof(ret->name))
		return -EINVAL;
	ret->type = DNS_TYPE_A;
	strcpy(ret->name, name);
	if (length > 1 && name[length - 1] == '.' && !strchr("\\.", name[length - 2]))
		ret->name[length - 1] = '\0';
	return query_message_write(ret, 0, bytes) < 0 ? -EINVAL : 0;
}

int query_message_write(const struct dns_question *question, __u16 id, __u8 out[QUERY_MESSAGE_SIZE])
{
	int length =
		dns_question_write(question, out + HEADER_SIZE, QUERY_MESSAGE_SIZE - HEADER_SIZE);

	if (length < 0)
		return -EINVAL;
	memset(out, 0, HEADER_SIZE);
	out[0] = (__u8)(id >> 8);
	out[1] = (__u8)id;
	out[2] = FLAG_RD;
	out[5] = 1; /* one question */
	return HEADER_SIZE + length;
}

static __u8 ascii_lower(__u8 byte)
{
	return byte >= 'A' && byte <= 'Z' ? (__u8)(byte + ('a' - 'A')) : byte;
}

/*
 * Compares two questions of `length` bytes: the name in letters of either case (RFC 4343; lengths
 * of labels are below 64, so they are no letters), type and class exactly.
 */
static int is_same_question(const __u8 *a, const __u8 *b, size_t length)
{
	size_t i;

	for (i = 0; i < length - 4; i++) {
		if (ascii_lower(a[i]) != ascii_lower(b[i]))
			return 0;
	}
	return !memcmp(a + length - 4, b + length - 4, 4);
}

int query_message_parse_response(const __u8 *query, size_t query_length, const __u8 *bytes,
				 size_t length, struct response_info *ret)
{
	int questions;

	if (length < HEADER_SIZE || memcmp(query, bytes, 2) || !(bytes[2] & FLAG_QR) ||
	    bytes[2] & OPCODE)
		return -EINVAL;
	ret->rcode = bytes[3] & RCODE;
	ret->truncated = (bytes[2] & FLAG_TC) != 0;
	questions = bytes[4] << 8 | bytes[5];
	if (!questions && ret->rcode)
		return 0;
	if (questions != 1 || length < query_length ||
	    !is_same_question(query + HEADER_SIZE, bytes + HEADER_SIZE, query_length - HEADER_SIZE))
		return -EINVAL;
	return 0;
}

/* ---- reasons ------------------------------------------------------------------------------ */

static enum reason reason_of_icmp4(__u8 type, __u8 code)
{
	if (type == 11 || type == 12)
		return REASON_OTHER;
	return type == 3 && code != 4 ? (enum reason)reason_v4(code) : REASON_MAX;
}

static enum reason reason_of_icmp6(__u8 type, __u8 code)
{
	if (type == 3 || type == 4)
		return REASON_OTHER;
	return type == 1 ? (enum reason)reason_v6(code) : REASON_MAX;
}

enum reason reason_of_icmp(int is_ipv4, __u8 type, __u8 code)
{
	return is_ipv4 ? reason_of_icmp4(type, code) : reason_of_icmp6(type, code);
}

enum reason reason_of_errno(int error)
{
	switch (error) {
	case ECONNREFUSED:
		return REASON_PORT;
	case EHOSTUNREACH:
	case EHOSTDOWN:
		return REASON_HOST;
	case ENETUNREACH:
	case ENETDOWN:
		return REASON_NETWORK;
	case EACCES:
	case EPERM:
		return REASON_PROHIBITED;
	}
	return REASON_OTHER;
}

#define RESPONSE_SIZE 4096
#define MESSAGES_PER_TURN 64 /* then other resolvers have their turn */

/* ---- addresses ---------------------------------------------------------------------------- */

socklen_t sockaddr_from_resolver(const struct resolver_key *key, union socket_address *to)
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

/* Returns 0; -EINVAL: not an IP address, as when the offender is not known. */
static int address_from_sockaddr(const union socket_address *from, struct ip_address *to)
{
	if (from->any.sa_family == AF_INET)
		*to = (struct ip_address){{0, 0, htonl(0xffff), from->v4.sin_addr.s_addr}};
	else if (from->any.sa_family == AF_INET6)
		memcpy(to, &from->v6.sin6_addr, sizeof(*to));
	else
		return -EINVAL;
	return 0;
}

/* ---- sending ------------------------------------------------------------------------------ */

void query_end(struct probe_query *query, struct probe_result *result, enum probe_outcome outcome)
{
	result->outcome = outcome;
	query_close(query);
}

void query_end_errno(struct probe_query *query, struct probe_result *result, int error,
		     enum probe_outcome outcome)
{
	result->error = error;
	result->reason = reason_of_errno(error);
	result->has_icmp = 0;
	query_end(query, result, outcome);
}

int query_set_self(struct probe_query *query)
{
	union socket_address self = {0};
	socklen_t length = sizeof(self);

	if (getsockname(query->fd, &self.any, &length))
		return -errno;
	return address_from_sockaddr(&self, &query->self);
}

int query_open_socket(struct probe_query *query, int type)
{
	int level = query->is_ipv4 ? IPPROTO_IP : IPPROTO_IPV6;
	int option = query->is_ipv4 ? IP_RECVERR : IPV6_RECVERR, on = 1;

	query->fd =
		socket(query->is_ipv4 ? AF_INET : AF_INET6, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (query->fd < 0 || setsockopt(query->fd, level, option, &on, sizeof(on)))
		return -errno;
	return 0;
}

/* 0 or -errno */
static int query_connect(struct probe_query *query, const struct resolver_key *key)
{
	union socket_address to;
	socklen_t length = sockaddr_from_resolver(key, &to);
	int err = query_open_socket(query, SOCK_DGRAM);

	if (err)
		return err;
	if (connect(query->fd, &to.any, length))
		return -errno;
	return query_set_self(query);
}

/* 0 or -errno */
static int query_open_and_send(struct probe_query *query, const struct dns_question *question,
			       const struct resolver_key *key)
{
	int length, err;
	__u16 id;

	if (getrandom(&id, sizeof(id), 0) != sizeof(id))
		return -EIO;
	length = query_message_write(question, id, query->bytes);
	if (length < 0)
		return length;
	query->length = (size_t)length;
	err = query_connect(query, key);
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
	query->events = POLLIN;
	query->is_ipv4 = address_is_ipv4(&result->resolver.address);
	err = query_open_and_send(query, question, &result->resolver);
	if (err)
		query_end_errno(query, result, -err, PROBE_NOT_SENT);
}

/* ---- receiving ---------------------------------------------------------------------------- */

/* Returns the error that the stack attached to the message, or NULL. */
static const struct sock_extended_err *sock_error_of(struct msghdr *message)
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
 * Ends the query by an ICMP message. From this host's own address it means that the stack refused
 * to send; but a resolver on this host has its client's address, and then the resolver refused.
 */
static void query_end_icmp(struct probe_query *query, struct probe_result *result,
			   const struct sock_extended_err *error)
{
	enum reason reason = reason_of_icmp(query->is_ipv4, error->ee_type, error->ee_code);
	union socket_address from = {0};
	int is_own;

	if (reason == REASON_MAX)
		return;
	memcpy(&from, SO_EE_OFFENDER(error), query->is_ipv4 ? sizeof(from.v4) : sizeof(from.v6));
	result->has_icmp = !address_from_sockaddr(&from, &result->reporter);
	result->icmp_type = error->ee_type;
	result->icmp_code = error->ee_code;
	result->reason = reason;
	result->error = (int)error->ee_errno;
	is_own = result->has_icmp && address_equal(&result->reporter, &query->self) &&
		 !address_equal(&result->reporter, &result->resolver.address);
	query_end(query, result, is_own ? PROBE_NOT_SENT : PROBE_UNREACHABLE);
}

int query_receive_error(struct probe_query *query, struct probe_result *result)
{
	_Alignas(struct cmsghdr) char control[512];
	__u8 quoted[QUERY_MESSAGE_SIZE];
	struct iovec to = {quoted, sizeof(quoted)};
	struct msghdr message = {.msg_iov = &to,
				 .msg_iovlen = 1,
				 .msg_control = control,
				 .msg_controllen = sizeof(control)};
	const struct sock_extended_err *error;
	ssize_t length = recvmsg(query->fd, &message, MSG_ERRQUEUE);

	if (length < 0)
		return 0;
	error = sock_error_of(&message);
	if (!error)
		return 1;
	/* A quote that is long enough must have the message ID of the query. */
	if (!probe_is_stream(result) && length >= 2 && memcmp(quoted, query->bytes, 2))
		result->ignored++;
	else if (error->ee_origin == SO_EE_ORIGIN_ICMP || error->ee_origin == SO_EE_ORIGIN_ICMP6)
		query_end_icmp(query, result, error);
	else if (error->ee_origin == SO_EE_ORIGIN_LOCAL)
		query_end_errno(query, result, (int)error->ee_errno, PROBE_NOT_SENT);
	return 1;
}

/* Reads one datagram. Returns 0 when there is none, or the query has ended. */
static int query_receive_datagram(struct probe_query *query, struct probe_result *result)
{
	__u8 bytes[RESPONSE_SIZE];
	ssize_t length = recv(query->fd, bytes, sizeof(bytes), 0);
	struct response_info answer;

	if (length < 0 && errno != EAGAIN && errno != EINTR)
		query_end_errno(query, result, errno, PROBE_UNREACHABLE);
	if (length < 0)
		return 0;
	if (query_message_parse_response(query->bytes, query->length, bytes, (size_t)length,
					 &answer)) {
		result->ignored++;
		return 1;
	}
	result->rtt_s = (double)(clock_monotonic_ns() - query->sent_ns) / NS_PER_S;
	result->rcode = answer.rcode;
	result->truncated = answer.truncated;
	query_end(query, result, PROBE_ANSWERED);
	return 0;
}

void query_receive(struct probe_query *query, struct probe_result *result)
{
	int left = MESSAGES_PER_TURN;

	/* The error queue first: recv() would return the socket's error without the ICMP message.
	 */
	while (query->fd >= 0 && left && query_receive_error(query, result))
		left--;
	while (query->fd >= 0 && left && query_receive_datagram(query, result))
		left--;
}

void query_close(struct probe_query *query)
{
	if (query->fd >= 0)
		close(query->fd);
	query->fd = -1;
}
