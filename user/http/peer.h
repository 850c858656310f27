/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Connected clients: the deadline of each, the address it requested, and the check of its Host
 * header. libmicrohttpd only knows an idle timeout, so a client that sends a byte at a time, or
 * never reads, is disconnected here. Requests and responses are server.h.
 */
#ifndef HTTP_PEER_H
#define HTTP_PEER_H

#include <linux/types.h>

#define PEERS_MAX 32
#define URI_SIZE 512 /* the longest address of a page has under 32 bytes */

/*
 * Seconds for each of these steps, however busy the client is: from accept to the end of the
 * request line; from there to the end of the response; from there to the next request line.
 */
#define REQUEST_TIMEOUT_S 10

struct peer {
	int used, fd;
	int loopback; /* the server's end of the connection has a loopback address */
	int uri_too_long;
	__u64 deadline_ns;
	char uri[URI_SIZE]; /* as requested */
};

/* Zeroed is empty. */
struct peers {
	struct peer all[PEERS_MAX];
};

/* Adds the connection `fd`. Returns NULL when there are PEERS_MAX already. */
struct peer *peers_add(struct peers *peers, int fd, __u64 now_ns);

/* Sets the deadline anew, after one of the steps above. */
void peer_extend_deadline(struct peer *peer, __u64 now_ns);

/* Stores the requested address; one that is too long is stored as "", with uri_too_long set. */
void peer_set_uri(struct peer *peer, const char *uri);

/* Shuts down each connection whose deadline has passed. */
void peers_shutdown_expired(struct peers *peers, __u64 now_ns);

/* Returns the nanoseconds until peers_shutdown_expired() is due; ~0 without connections. */
__u64 peers_next_check_ns(const struct peers *peers, __u64 now_ns);

/*
 * Checks a Host header against DNS rebinding: a web page's own name that is made to point at this
 * host's loopback, so that a browser gives dnsreach's page to that web page's script. Local is an
 * IP address, localhost, or `own`, this host's name; each with a port or without. NULL is local:
 * no browser leaves the header out.
 */
int host_is_local(const char *host, const char *own);

#endif
