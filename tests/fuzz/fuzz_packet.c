// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The packet parser and the engine, natively, under libFuzzer: a sequence of packets with any bytes
 * in any order, and time that passes. Whatever comes, the four laws hold. Each packet is a head of
 * four bytes (direction and sweep, time, length of two) and its bytes.
 */
#include "../../bpf/native/native.h"

#include <arpa/inet.h>
#include <connects.h>
#include <stdlib.h>
#include <string.h>

static __u64 open_count, open_connects, open_sessions;

static void count_open(const struct resolver_key *resolver, int is_connect, void *context)
{
	(void)context;
	if (is_connect)
		open_connects++;
	else if (resolver->transport == TRANSPORT_DOT)
		open_sessions++;
	else
		open_count++;
}

static __u64 sum(const struct resolver_counters *c, int from, int to)
{
	__u64 n = 0;

	for (; from <= to; from++)
		n += c->n[from];
	return n;
}

static void add_up(const struct resolver_key *key, const struct resolver_counters *c, void *context)
{
	struct resolver_counters *all = context; /* [1]: of sessions */
	int i, is_session;

	for (i = 0; i < COUNTER_MAX; i++) {
		is_session = key->transport == TRANSPORT_DOT && is_session_counter(i);
		all[is_session].n[i] += c->n[i];
	}
}

static void require(int law)
{
	if (!law)
		abort();
}

static void laws_of_connects(const struct resolver_counters *c, __u64 unreachable)
{
	require(c->n[COUNTER_CONNECT_OPENED] ==
		c->n[COUNTER_CONNECT_ESTABLISHED] + c->n[COUNTER_CONNECT_REFUSED] + unreachable +
			c->n[COUNTER_CONNECT_TIMED_OUT] + open_connects);
	require(c->n[COUNTER_CONNECT_ATTEMPTS] == c->n[COUNTER_CONNECT_OPENED] +
							  c->n[COUNTER_CONNECT_RETRANSMISSIONS] +
							  c->n[COUNTER_CONNECT_UNTRACKED]);
	require(c->n[COUNTER_CONNECT_ARRIVALS] ==
		c->n[COUNTER_CONNECT_ESTABLISHED] + c->n[COUNTER_CONNECT_REFUSED] +
			c->n[COUNTER_CONNECT_LATE] + c->n[COUNTER_CONNECT_UNMATCHED]);
	require(c->n[COUNTER_CONNECT_UNFOLLOWED] <= c->n[COUNTER_CONNECT_ESTABLISHED]);
}

/* docs/counters.md, "Sessions over TLS" */
static void law_of_sessions(const struct resolver_counters *c)
{
	require(c->n[COUNTER_TRANSACTIONS] ==
		sum(c, COUNTER_ANSWERED_NOERROR, COUNTER_ANSWERED_OTHER) +
			sum(c, COUNTER_CLOSED_FIN, COUNTER_CLOSED_RST) + c->n[COUNTER_TIMED_OUT] +
			open_sessions);
	require(c->n[COUNTER_SESSION_REFUSED] == c->n[COUNTER_ANSWERED_REFUSED]);
}

static void laws(void)
{
	struct resolver_counters all[2] = {0}, c;
	__u64 answered, unreachable, refused, closed;

	open_count = open_connects = open_sessions = 0;
	native_each_resolver(add_up, all);
	c = all[0];
	native_each_open(count_open, NULL);
	answered = sum(&c, COUNTER_ANSWERED_NOERROR, COUNTER_ANSWERED_OTHER);
	unreachable = sum(&c, COUNTER_UNREACHABLE_PORT, COUNTER_UNREACHABLE_OTHER);
	closed = sum(&c, COUNTER_CLOSED_FIN, COUNTER_CLOSED_RST) + c.n[COUNTER_UNFOLLOWED];
	refused = sum(&c, COUNTER_CONNECT_UNREACHABLE_PORT, COUNTER_CONNECT_UNREACHABLE_OTHER);
	require(c.n[COUNTER_TRANSACTIONS] ==
		answered + unreachable + c.n[COUNTER_TIMED_OUT] + closed + open_count);
	require(c.n[COUNTER_QUERIES] ==
		c.n[COUNTER_TRANSACTIONS] + c.n[COUNTER_RETRANSMISSIONS] + c.n[COUNTER_UNTRACKED]);
	require(c.n[COUNTER_RESPONSES] == answered + c.n[COUNTER_LATE_RESPONSES] +
						  c.n[COUNTER_UNMATCHED_RESPONSES] +
						  c.n[COUNTER_FURTHER]);
	require(sum(&c, COUNTER_ICMP_PORT, COUNTER_ICMP_OTHER) ==
		unreachable + refused + c.n[COUNTER_LATE_UNREACHABLES] +
			c.n[COUNTER_UNMATCHED_UNREACHABLES]);
	laws_of_connects(&c, refused);
	law_of_sessions(&all[1]);
}

/* Behind a made-up Ethernet header, so that all the bytes are IP's. */
static void play(const unsigned char *head, const unsigned char *bytes, size_t length, __u64 now)
{
	unsigned char *frame = malloc(14 + length);
	struct native_packet p = {.bytes = frame,
				  .length = 14 + length,
				  .network = 14,
				  .ifindex = 1 + (head[0] >> 4 & 1),
				  .gso_size = head[0] & 8 ? 16 : 0};

	p.protocol = length && bytes[0] >> 4 == 6 ? htons(0x86dd) : htons(0x0800);
	memset(frame, 0, 12);
	memcpy(frame + 12, &p.protocol, 2);
	memcpy(frame + 14, bytes, length);
	if (head[0] & 1)
		native_queries(&p, now);
	else
		native_outcomes(&p, now);
	free(frame);
}

static void no_sample(const struct sample *s, void *context)
{
	(void)context;
	require(s->question_length <= QUESTION_MAX);
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);
int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	struct engine_config config = {.timeout_ns = TIMEOUT_DEFAULT_NS,
				       .max_resolvers = 2,
				       .max_in_flight = 4,
				       .max_streams = 8,
				       .ports = {htons(53)},
				       .port_count = 1,
				       .short_quotes = 1};
	__u64 now = 1000000000000ULL;

	native_start(&config);
	native_on_sample(no_sample, NULL);
	while (size >= 4) {
		const unsigned char *head = data;
		size_t length = head[2] << 8 | head[3];

		data += 4;
		size -= 4;
		if (length > size)
			length = size;
		now += head[1] * 100000000ULL;
		play(head, data, length, now);
		if (head[0] & 2)
			native_sweep(now);
		data += length;
		size -= length;
	}
	laws();
	native_stop();
	return 0;
}
