// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Who is connected, and for how long. The protocol is libmicrohttpd's. */
#include "http/peer.h"

#include "util/clock.h"
#include "http/host.h"

#include <string.h>
#include <sys/socket.h>

#define LOOK_AGAIN_NS NS_PER_S /* while anyone is connected */

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
		if (left > LOOK_AGAIN_NS)
			left = LOOK_AGAIN_NS;
		if (left < wait)
			wait = left;
	}
	return wait;
}
