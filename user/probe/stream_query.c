// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* See stream_query.h. */
#include "probe/stream_query.h"

#include "util/address.h"
#include "util/clock.h"

#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>

#define PREFIX STREAM_PREFIX_SIZE

/* ---- connecting and sending --------------------------------------------------------------- */

/*
 * Begins to connect. With IP_RECVERR the kernel tells an ICMP unreachable at once, and queues it
 * (since Linux 5.9).
 * 0 or -errno
 */
static int stream_connect(struct probe_query *query, const struct resolver_key *key)
{
	union socket_address to;
	socklen_t length = sockaddr_from_resolver(key, &to);
	int err = query_open_socket(query, SOCK_STREAM);

	if (err)
		return err;
	query->sent_ns = clock_monotonic_ns();
	if (connect(query->fd, &to.any, length) && errno != EINPROGRESS)
		return -errno;
	return query_set_self(query);
}

/* 0 or -errno */
static int stream_begin(struct probe_query *query, const struct dns_question *question,
			const struct resolver_key *key)
{
	__u16 id;
	int length;

	if (getrandom(&id, sizeof(id), 0) != sizeof(id))
		return -EIO;
	length = query_message_write(question, id, query->bytes);
	if (length < 0)
		return length;
	query->length = (size_t)length;
	return stream_connect(query, key);
}

void stream_query_send(struct probe_query *query, const struct dns_question *question,
		       struct probe_result *result)
{
	int err;

	*query = (struct probe_query){.fd = -1,
				      .events = POLLOUT,
				      .is_ipv4 = address_is_ipv4(&result->resolver.address)};
	err = stream_begin(query, question, &result->resolver);
	if (err)
		query_end_errno(query, result, -err, PROBE_NOT_SENT);
}

int stream_is_reset(int error)
{
	return error == ECONNRESET || error == EPIPE;
}

void stream_query_end_errno(struct probe_query *query, struct probe_result *result, int error)
{
	int is_closed = result->connected && stream_is_reset(error);

	query_end_errno(query, result, error, is_closed ? PROBE_CLOSED : PROBE_UNREACHABLE);
}

int stream_query_is_connected(struct probe_query *query, struct probe_result *result)
{
	socklen_t length = sizeof(int);
	int error = 0;

	if (result->connected)
		return 1;
	/* The error queue first: the socket's error does not tell an RST from an ICMP message. */
	while (query->fd >= 0 && query_receive_error(query, result))
		;
	if (query->fd < 0)
		return 0;
	if (getsockopt(query->fd, SOL_SOCKET, SO_ERROR, &error, &length))
		error = errno;
	/* An RST to the SYN is ECONNREFUSED: this one came on an established connection. */
	if (stream_is_reset(error))
		query->reset = error;
	else if (error)
		stream_query_end_errno(query, result, error);
	result->connected = !error || query->reset;
	return result->connected;
}

size_t stream_query_write(const struct probe_query *query, __u8 out[STREAM_QUERY_SIZE])
{
	out[0] = (__u8)(query->length >> 8);
	out[1] = (__u8)query->length;
	memcpy(out + PREFIX, query->bytes, query->length);
	return PREFIX + query->length;
}

/* Sends what is left of the query. Returns 1 when all is sent. */
static int stream_send_rest(struct probe_query *query, struct probe_result *result)
{
	__u8 bytes[STREAM_QUERY_SIZE];
	size_t all = stream_query_write(query, bytes);
	ssize_t sent;

	while (query->sent < all) {
		sent = send(query->fd, bytes + query->sent, all - query->sent, MSG_NOSIGNAL);
		if (sent < 0 && errno != EAGAIN && errno != EINTR)
			stream_query_end_errno(query, result, errno);
		if (sent < 0)
			return 0;
		query->sent += (size_t)sent;
	}
	query->events = POLLIN;
	return 1;
}

/* ---- receiving ---------------------------------------------------------------------------- */

/* Ends the query when the whole message is its response. Another one is ignored. */
static void stream_message(struct probe_query *query, struct probe_result *result, size_t length)
{
	size_t kept = length < sizeof(query->in) ? length : sizeof(query->in);
	struct response_info answer;

	query->received = 0;
	if (query_message_parse_response(query->bytes, query->length, query->in, kept, &answer)) {
		result->ignored++;
		return;
	}
	result->rtt_s = (double)(clock_monotonic_ns() - query->sent_ns) / NS_PER_S;
	result->rcode = answer.rcode;
	result->truncated = answer.truncated;
	query_end(query, result, PROBE_ANSWERED);
}

/* Takes the next byte of the stream. Of a message only what may be its question is kept. */
static void stream_byte(struct probe_query *query, struct probe_result *result, __u8 byte)
{
	size_t at = query->received++;

	if (at < PREFIX)
		query->in_length = (__u16)(query->in_length << 8 | byte);
	else if (at - PREFIX < sizeof(query->in))
		query->in[at - PREFIX] = byte;
	if (query->received >= PREFIX && query->received == (size_t)PREFIX + query->in_length)
		stream_message(query, result, query->in_length);
}

void stream_query_take(struct probe_query *query, struct probe_result *result, const __u8 *bytes,
		       size_t length)
{
	size_t i;

	for (i = 0; i < length && query->fd >= 0; i++)
		stream_byte(query, result, bytes[i]);
}

/* Reads what has come. Returns 0 when nothing more is there, or the query has ended. */
static int stream_receive_chunk(struct probe_query *query, struct probe_result *result)
{
	__u8 bytes[STREAM_CHUNK_SIZE];
	ssize_t length = recv(query->fd, bytes, sizeof(bytes), 0);

	if (!length)
		query_end_errno(query, result, 0, PROBE_CLOSED);
	else if (length < 0 && errno != EAGAIN && errno != EINTR)
		stream_query_end_errno(query, result, errno);
	if (length > 0)
		stream_query_take(query, result, bytes, (size_t)length);
	return length > 0 && query->fd >= 0;
}

void stream_query_receive(struct probe_query *query, struct probe_result *result)
{
	int left = STREAM_CHUNKS_PER_TURN;

	if (!stream_query_is_connected(query, result))
		return;
	if (query->reset) /* nothing was asked yet: what is queued is no answer */
		stream_query_end_errno(query, result, query->reset);
	if (query->fd < 0 || !stream_send_rest(query, result))
		return;
	while (left && stream_receive_chunk(query, result))
		left--;
}
