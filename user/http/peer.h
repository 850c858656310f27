/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Who is connected, and for how long they may go on like that. libmicrohttpd only knows idle
 * clients; one that trickles bytes, or never reads, is cut here. What they ask is for others.
 */
#ifndef HTTP_PEER_H
#define HTTP_PEER_H

#include <linux/types.h>

#define PEERS_MAX 32
#define URI_SIZE 512 /* ours are short */

/*
 * From accepting to the end of the request line, from there to the end of the reply, and from
 * there to the end of the next request line: each takes this at most, however busy the client is.
 */
#define REQUEST_TIMEOUT_S 10

struct peer {
	int used, fd;
	int loopback; /* our end of the connection */
	int uri_too_long;
	__u64 deadline_ns;
	char uri[URI_SIZE]; /* as asked */
};

/* Zeroed is empty. */
struct peers {
	struct peer all[PEERS_MAX];
};

/* NULL: there are too many. */
struct peer *peers_add(struct peers *peers, int fd, __u64 now_ns);

/* It has done what it had to: its time begins again. */
void peer_extend_deadline(struct peer *peer, __u64 now_ns);

void peer_set_uri(struct peer *peer, const char *uri);

/* Those whose time is over lose their connection: it ends as if they had closed it. */
void peers_shutdown_expired(struct peers *peers, __u64 now_ns);

/* When to look at them again; ~0: there are none. */
__u64 peers_next_check_ns(const struct peers *peers, __u64 now_ns);

#endif
