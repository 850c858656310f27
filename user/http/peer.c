// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Connected clients: deadlines, and whether a Host header is local (docs/daemon.md says why). */
#include "http/peer.h"

#include "util/clock.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#define CHECK_INTERVAL_NS NS_PER_S /* of deadlines, while a client is connected */
#define HOST_SIZE 256

/* ---- deadlines ---------------------------------------------------------------------------- */

static int socket_is_loopback(int fd)
{
	struct sockaddr_storage own = {0};
	const struct sockaddr_in *ipv4 = (const struct sockaddr_in *)&own;
	const struct in6_addr *ipv6 = &((const struct sockaddr_in6 *)&own)->sin6_addr;
	socklen_t length = sizeof(own);

	if (getsockname(fd, (struct sockaddr *)&own, &length))
		return 0;
	if (own.ss_family == AF_INET)
		return ntohl(ipv4->sin_addr.s_addr) >> 24 == 127;
	if (own.ss_family != AF_INET6)
		return 0;
	return IN6_IS_ADDR_LOOPBACK(ipv6) ||
	       (IN6_IS_ADDR_V4MAPPED(ipv6) && ipv6->s6_addr[12] == 127);
}

struct peer *peers_add(struct peers *peers, int fd, __u64 now_ns)
{
	size_t i;

	for (i = 0; i < PEERS_MAX; i++) {
		struct peer *peer = &peers->all[i];

		if (peer->used)
			continue;
		*peer = (struct peer){.used = 1, .fd = fd, .loopback = socket_is_loopback(fd)};
		peer_extend_deadline(peer, now_ns);
		return peer;
	}
	return NULL;
}

void peer_extend_deadline(struct peer *peer, __u64 now_ns)
{
	peer->deadline_ns = now_ns + REQUEST_TIMEOUT_S * NS_PER_S;
}

void peer_set_uri(struct peer *peer, const char *uri)
{
	size_t length = strlen(uri);

	peer->uri_too_long = length >= sizeof(peer->uri);
	if (peer->uri_too_long)
		length = 0;
	memcpy(peer->uri, uri, length);
	peer->uri[length] = '\0';
}

void peers_shutdown_expired(struct peers *peers, __u64 now_ns)
{
	size_t i;

	for (i = 0; i < PEERS_MAX; i++) {
		struct peer *peer = &peers->all[i];

		if (!peer->used || peer->deadline_ns > now_ns)
			continue;
		shutdown(peer->fd, SHUT_RDWR);
		peer->deadline_ns = now_ns + NS_PER_S;
	}
}

__u64 peers_next_check_ns(const struct peers *peers, __u64 now_ns)
{
	__u64 wait = ~0ULL;
	size_t i;

	for (i = 0; i < PEERS_MAX; i++) {
		const struct peer *peer = &peers->all[i];
		__u64 left = peer->deadline_ns > now_ns ? peer->deadline_ns - now_ns : 0;

		if (!peer->used)
			continue;
		if (left > CHECK_INTERVAL_NS)
			left = CHECK_INTERVAL_NS;
		if (left < wait)
			wait = left;
	}
	return wait;
}

/* ---- the Host header ---------------------------------------------------------------------- */

/* Copies the host without its port, brackets and final dot. Returns 0 when it is malformed. */
static int copy_host_name(const char *host, char out[HOST_SIZE])
{
	int bracketed = host[0] == '[';
	size_t length = strcspn(host + bracketed, bracketed ? "]" : ":");

	if (!length || length >= HOST_SIZE || (bracketed && host[1 + length] != ']'))
		return 0;
	memcpy(out, host + bracketed, length);
	if (out[length - 1] == '.')
		length--;
	out[length] = '\0';
	return 1;
}

static int ends_with(const char *text, const char *end)
{
	size_t length = strlen(text), by = strlen(end);

	return length > by && !strcasecmp(text + length - by, end);
}

int host_is_local(const char *host, const char *own)
{
	char name[HOST_SIZE];
	struct in6_addr address;

	if (!host)
		return 1;
	if (!copy_host_name(host, name))
		return 0;
	if (inet_pton(AF_INET, name, &address) == 1 || inet_pton(AF_INET6, name, &address) == 1)
		return 1;
	return !strcasecmp(name, "localhost") || ends_with(name, ".localhost") ||
	       (*own && !strcasecmp(name, own));
}
