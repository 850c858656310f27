// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Connected clients: deadlines, and whether a Host header is local (docs/daemon.md says why). */
#include "http/peer.h"

#include "util/socket_owner.h"
#include "util/clock.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#define CHECK_INTERVAL_NS NS_PER_S /* of deadlines, while a client is connected */
#define HOST_SIZE 256

/* ---- deadlines ---------------------------------------------------------------------------- */

static int address_is_loopback(const struct sockaddr *address)
{
	const struct sockaddr_in *ipv4 = (const struct sockaddr_in *)address;
	const struct in6_addr *ipv6 = &((const struct sockaddr_in6 *)address)->sin6_addr;

	if (address->sa_family == AF_INET)
		return ntohl(ipv4->sin_addr.s_addr) >> 24 == 127;
	if (address->sa_family != AF_INET6)
		return 0;
	return IN6_IS_ADDR_LOOPBACK(ipv6) ||
	       (IN6_IS_ADDR_V4MAPPED(ipv6) && ipv6->s6_addr[12] == 127);
}

/* Finds out whether the server's end is on loopback, and then which user has the other end. */
static void peer_identify(struct peer *peer)
{
	struct sockaddr_storage own = {0}, other = {0};
	socklen_t length = sizeof(own), other_length = sizeof(other);
	uid_t uid;

	peer->user = USER_REMOTE;
	if (getsockname(peer->fd, (struct sockaddr *)&own, &length) ||
	    getpeername(peer->fd, (struct sockaddr *)&other, &other_length) ||
	    !address_is_loopback((struct sockaddr *)&own))
		return;
	peer->loopback = 1;
	peer->user = USER_UNKNOWN;
	if (!socket_owner((struct sockaddr *)&other, (struct sockaddr *)&own, &uid))
		peer->user = (int)uid;
}

unsigned int peers_per_user(int user)
{
	if (user == USER_REMOTE || user == 0)
		return PEERS_MAX;
	return user == USER_UNKNOWN ? PEERS_PER_ADDRESS : PEERS_PER_USER;
}

static unsigned int peers_of_user(const struct peers *peers, int user)
{
	unsigned int i, count = 0;

	for (i = 0; i < PEERS_MAX; i++)
		count += peers->all[i].used && peers->all[i].user == user;
	return count;
}

int peers_is_full_for(const struct peers *peers, const struct sockaddr *own,
		      const struct sockaddr *other)
{
	uid_t uid;

	return address_is_loopback(own) && address_is_loopback(other) &&
	       !socket_owner(other, own, &uid) &&
	       peers_of_user(peers, (int)uid) >= peers_per_user((int)uid);
}

struct peer *peers_add(struct peers *peers, int fd, __u64 now_ns)
{
	size_t i;

	for (i = 0; i < PEERS_MAX; i++) {
		struct peer *peer = &peers->all[i];

		if (peer->used)
			continue;
		*peer = (struct peer){.used = 1, .fd = fd};
		peer_identify(peer);
		peer_extend_deadline(peer, now_ns);
		if (peers_of_user(peers, peer->user) > peers_per_user(peer->user))
			shutdown(fd, SHUT_RDWR);
		return peer;
	}
	return NULL;
}

void peer_extend_deadline(struct peer *peer, __u64 now_ns)
{
	peer->deadline_ns = now_ns + REQUEST_TIMEOUT_S * NS_PER_S;
}

void peer_extend_deadline_for(struct peer *peer, __u64 now_ns, size_t bytes)
{
	peer_extend_deadline(peer, now_ns + bytes * NS_PER_S / RESPONSE_BYTES_PER_S);
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

int host_is_local(const char *host, const struct host_names *own)
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
	       (*own->host && !strcasecmp(name, own->host)) ||
	       (*own->full && !strcasecmp(name, own->full));
}
