/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Connected clients: the deadline of each, the address it requested, and the check of its Host
 * header. libmicrohttpd only knows an idle timeout, so a client that sends a byte at a time, or
 * never reads, is disconnected here. Requests and responses are server.h.
 */
#ifndef HTTP_PEER_H
#define HTTP_PEER_H

#include "util/host_names.h"

#include <linux/types.h>
#include <stddef.h>
#include <sys/socket.h>

#define PEERS_MAX 32
#define PEERS_PER_USER 8     /* on loopback, where one user has all addresses; root: any number */
#define PEERS_PER_ADDRESS 16 /* one client cannot take all PEERS_MAX */
#define URI_SIZE 512	     /* the longest address of a page has under 32 bytes */

/*
 * Seconds for each of these steps, however busy the client is: from accept to the end of the
 * request line; from there to the end of the response; from there to the next request line.
 */
#define REQUEST_TIMEOUT_S 10
#define PAGE_WAIT_S 20			/* for a page that is being made */
#define RESPONSE_BYTES_PER_S (4U << 20) /* a large response gets more time: a second for this */

enum { USER_UNKNOWN = -1, USER_REMOTE = -2 };

struct peer {
	int used, fd;
	int loopback; /* the server's end of the connection has a loopback address */
	int uri_too_long;
	int user; /* who is there, on loopback: a user ID; USER_UNKNOWN, or USER_REMOTE */
	__u64 deadline_ns;
	void *suspended;    /* the connection whose request waits for its page; NULL: none does */
	__u64 waits_to_ns;  /* when the request that has waited is refused; 0: it has not */
	char uri[URI_SIZE]; /* as requested */
};

/* Zeroed is empty. */
struct peers {
	struct peer all[PEERS_MAX];
};

/*
 * Adds the connection `fd`. One beyond PEERS_PER_USER is shut down. Returns NULL when there are
 * PEERS_MAX already.
 */
struct peer *peers_add(struct peers *peers, int fd, __u64 now_ns);

/*
 * Returns whether one more connection from `other` to `own`, both on loopback, is beyond
 * PEERS_PER_USER; 0 when `own` is any address, so that only peers_add() can know.
 */
int peers_is_full_for(const struct peers *peers, const struct sockaddr *own,
		      const struct sockaddr *other);

/* Returns how many connections `user` may have here. */
unsigned int peers_per_user(int user);

/* Sets the deadline anew, after one of the steps above. */
void peer_extend_deadline(struct peer *peer, __u64 now_ns);

/* Sets the deadline for receiving a response of `bytes`. */
void peer_extend_deadline_for(struct peer *peer, __u64 now_ns, size_t bytes);

/* Stores the requested address; one that is too long is stored as "", with uri_too_long set. */
void peer_set_uri(struct peer *peer, const char *uri);

/* Shuts down each connection whose deadline has passed. */
void peers_shutdown_expired(struct peers *peers, __u64 now_ns);

/* Returns the nanoseconds until peers_shutdown_expired() is due; ~0 without connections. */
__u64 peers_next_check_ns(const struct peers *peers, __u64 now_ns);

/*
 * Checks a Host header against DNS rebinding: a web page's own name that is made to point at this
 * host's loopback, so that a browser gives dnsreach's page to that web page's script. Local is an
 * IP address, localhost, or one of `own`, this host's names; each with a port or without. NULL is
 * local: no browser leaves the header out.
 */
int host_is_local(const char *host, const struct host_names *own);

#endif
