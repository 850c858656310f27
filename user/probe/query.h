/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * One DNS query of the probe, on a connected UDP socket of its own. So the source port is fresh and
 * random, the kernel accepts only what comes from the resolver, and an error comes with the ICMP
 * message that caused it (IP_RECVERR). probe.c decides when to send and how long to wait.
 */
#ifndef PROBE_QUERY_H
#define PROBE_QUERY_H

#include "util/dns.h"

#include <dnsreach.h>
#include <netinet/in.h>
#include <sys/socket.h>

#define QUERY_MESSAGE_SIZE (12 + 255 + 4) /* a header, the longest name, type and class */

/* ---- the messages: bytes from anyone ---- */

struct response_info {
	__u8 rcode;
	int truncated;
};

/*
 * Makes the question for the address (A) of a name, which may end with a dot; NULL: for the name
 * servers of the root, which each resolver has in its cache. 0; -EINVAL: the name is not one
 */
int query_question_make(const char *name, struct dns_question *ret);

/* Writes a query with RD=1 and without EDNS. Returns its length; -EINVAL: the name is not one. */
int query_message_write(const struct dns_question *question, __u16 id,
			__u8 out[QUERY_MESSAGE_SIZE]);

/*
 * Parses `bytes` as the response to `query`: it has the same message ID and question. A response
 * with an RCODE and without a question is accepted too: some servers send such a FORMERR.
 * 0 or -EINVAL
 */
int query_message_parse_response(const __u8 *query, size_t query_length, const __u8 *bytes,
				 size_t length, struct response_info *ret);

/* ---- reasons; those of the engine are in bpf/ ---- */

/*
 * Returns the reason of an ICMP type and code (RFC 792, RFC 1812, RFC 4443). REASON_MAX: it is not
 * an unreachable message (fragmentation needed, packet too big, anything else).
 */
enum reason reason_of_icmp(int is_ipv4, __u8 type, __u8 code);

/* Returns the reason of an errno, where the stack gives nothing else. */
enum reason reason_of_errno(int error);

/* ---- the query ---- */

enum probe_outcome {
	PROBE_TIMED_OUT,
	PROBE_NOT_SENT,	   /* the stack of this host refused */
	PROBE_UNREACHABLE, /* by an ICMP message; a connection that was refused, too */
	PROBE_CLOSED,	   /* the connection, before the response */
	PROBE_TLS_FAILED,  /* the resolver refused TLS, or its certificate was refused */
	PROBE_ANSWERED
};

enum tls_failure {
	TLS_FAILURE_NONE,
	TLS_FAILURE_ALERT,	 /* from the resolver */
	TLS_FAILURE_NOT_TLS,	 /* the resolver answers by something else */
	TLS_FAILURE_NOT_TRUSTED, /* the certificate, for another reason than its name */
	TLS_FAILURE_WRONG_NAME,
	TLS_FAILURE_OTHER
};

#define TLS_WHY_SIZE 160

/* The TLS of a query over it. */
struct probe_tls {
	int established;     /* the handshake is over */
	int verified;	     /* the certificate was, and is the one that was asked for */
	const char *version; /* of an established session, such as TLS1.3 */
	enum tls_failure failure;
	int alert;		/* its number */
	char why[TLS_WHY_SIZE]; /* the alert's name, what is wrong with the certificate, ... */
};

struct probe_result {
	struct resolver_key resolver; /* set by the caller; probe_all() sets the rest */
	enum probe_outcome outcome;
	unsigned int tries;
	/* datagrams and errors from the resolver that did not match a query: */
	__u64 ignored;
	int connected; /* over TCP or TLS: the connection was established */
	struct probe_tls tls;
	/* answered: */
	double rtt_s; /* of the query that was answered, with its connect and handshake, */
	unsigned int answered_try; /* from 1 */
	int truncated;
	__u8 rcode;
	/* unreachable, and not sent: */
	__u8 icmp_type, icmp_code; /* these two and `reporter` are known when has_icmp */
	int has_icmp;
	struct ip_address reporter;
	enum reason reason;
	int error; /* errno */
};

/* Returns 1 for a resolver that is asked over a connection. */
static inline int probe_is_stream(const struct probe_result *result)
{
	return result->resolver.transport != TRANSPORT_UDP;
}

struct probe_query {
	int fd;	      /* -1: it has ended */
	short events; /* of poll(), that it waits for */
	int is_ipv4;
	__u64 sent_ns;
	struct ip_address self; /* the address it was sent from */
	__u8 bytes[QUERY_MESSAGE_SIZE];
	size_t length;
	/* of stream_query.c and tls_query.c: */
	size_t sent,
		received; /* bytes with the length in front; received: of the message that comes */
	__u16 in_length;
	__u8 in[QUERY_MESSAGE_SIZE]; /* the beginning of that message */
	int reset; /* errno of an RST that came before `connected` was noted; 0: none */
};

/* Sends the query. When that fails, the query has ended, and `result` has the reason. */
void query_send(struct probe_query *query, const struct dns_question *question,
		struct probe_result *result);

/* Reads what has come. With an outcome, which goes to `result`, the query has ended. */
void query_receive(struct probe_query *query, struct probe_result *result);

void query_close(struct probe_query *query);

/* ---- for stream_query.c and tls_query.c ---- */

union socket_address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

/* Writes the address of a resolver to *to. Returns its length. */
socklen_t sockaddr_from_resolver(const struct resolver_key *key, union socket_address *to);

/*
 * Opens a socket of this type (SOCK_DGRAM, SOCK_STREAM) that tells ICMP errors with their messages.
 * The descriptor is the query's, also after an error. 0 or -errno
 */
int query_open_socket(struct probe_query *query, int type);

/* Notes the address that the socket of the query has. 0 or -errno */
int query_set_self(struct probe_query *query);

/*
 * Reads one message of the socket's error queue, which may end the query: an ICMP message, or this
 * host's refusal. Returns 0 when the queue is empty.
 */
int query_receive_error(struct probe_query *query, struct probe_result *result);

/* Ends the query with this outcome; the second one with an errno too. */
void query_end(struct probe_query *query, struct probe_result *result, enum probe_outcome outcome);
void query_end_errno(struct probe_query *query, struct probe_result *result, int error,
		     enum probe_outcome outcome);

#endif
