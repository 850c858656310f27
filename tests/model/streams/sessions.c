/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Sessions of DNS over TLS: random connections, whose every event is decided here, and whose end is
 * written down from docs/counters.md at once. Their segments come in turn, again, and beside forged
 * ones. Nothing here knows how the engine keeps a session.
 */
#include "sessions.h"

#include "ends.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CONNECTIONS 12
#define EVENTS 150
#define DOT 853

enum stage { STAGE_NEW, STAGE_ESTABLISHED, STAGE_STARTED, STAGE_OVER };

struct tls_connection {
	uint16_t port;
	uint32_t isn, server_isn;
	enum stage stage;
	int finished; /* the resolver has sent its FIN and no byte */
	uint64_t started;
	uint32_t out, in; /* bytes sent by either side */
};

static uint64_t random_state, now, sent;
static struct stream_ends ends;
static struct {
	uint64_t connects, started, answered, refused, closed, timed_out;
} truth;

static unsigned below(unsigned n)
{
	return random_next(&random_state) % n;
}

static int percent(unsigned n)
{
	return below(100) < n;
}

static void send_segment(const struct tls_connection *c, int out, uint32_t sequence, int flags,
			 const uint8_t *bytes, unsigned length)
{
	struct step step = {.out = out, .now = now};
	const char *wrong;

	step.frame = udp_frame((struct udp_spec){.source = out ? ends.client : ends.resolver,
						 .destination = out ? ends.resolver : ends.client,
						 .source_port = c->port,
						 .destination_port = DOT,
						 .response = !out,
						 .tcp = flags,
						 .sequence = sequence,
						 .acknowledgment = out ? c->server_isn + 1 + c->in
								       : c->isn + 1 + c->out,
						 .bytes = bytes,
						 .data = length,
						 .ifindex = STREAM_LINK});
	sent++;
	wrong = engine_run(&step);
	if (wrong) {
		printf("# %s\n", wrong);
		exit(1);
	}
}

static void from_client(const struct tls_connection *c, uint32_t at, int flags, unsigned length)
{
	static const uint8_t bytes[64] = {22, 3, 1};

	send_segment(c, 1, c->isn + 1 + at, flags | TCP_FLAG_ACK, bytes, length);
}

static void from_resolver(const struct tls_connection *c, uint32_t at, int flags, uint8_t type,
			  unsigned length)
{
	uint8_t bytes[64] = {type, 3, 3};

	send_segment(c, 0, c->server_isn + 1 + at, flags | TCP_FLAG_ACK, bytes, length);
}

/* Of a timeout: the age decides. Called before each event of a connection. */
static void age(struct tls_connection *c)
{
	if (c->stage != STAGE_STARTED || now - c->started <= TIMEOUT_DEFAULT_NS)
		return;
	truth.timed_out++;
	c->stage = STAGE_OVER;
}

static void end(struct tls_connection *c, uint64_t *as)
{
	(*as)++;
	c->stage = STAGE_OVER;
}

/* ---- events ------------------------------------------------------------------------------- */

static void establish(struct tls_connection *c, unsigned number)
{
	/* A client port that was used before, by a connection that is over, or by another one. */
	c->port = 40000 + number + (percent(50) ? 0 : 100 * below(50));
	c->isn = random_next(&random_state);
	c->server_isn = random_next(&random_state);
	c->finished = 0;
	c->out = c->in = 0;
	c->stage = STAGE_ESTABLISHED;
	send_segment(c, 1, c->isn, TCP_FLAG_SYN, NULL, 0);
	send_segment(c, 0, c->server_isn, TCP_FLAG_SYN | TCP_FLAG_ACK, NULL, 0);
	truth.connects++;
}

static void client_sends(struct tls_connection *c)
{
	unsigned length = 1 + below(60);

	from_client(c, c->out, 0, length);
	if (percent(30))
		from_client(c, c->out, 0, length); /* a retransmission */
	c->out += length;
	if (c->stage != STAGE_ESTABLISHED)
		return;
	truth.started++;
	c->started = now;
	c->stage = STAGE_STARTED;
	if (c->finished)
		end(c, &truth.closed);
}

static void resolver_sends(struct tls_connection *c)
{
	static const uint8_t types[] = {22, 22, 22, 21, 'S', 0};
	uint8_t type = types[below(sizeof(types))];
	unsigned length = 1 + below(60), at = c->in;
	int is_behind = percent(20);

	if (c->stage != STAGE_STARTED)
		return;
	/* With a segment before it that is late, the first byte is not known. */
	from_resolver(c, at + (is_behind ? 100 : 0), percent(20) ? TCP_FLAG_FIN : 0, type, length);
	c->in += length;
	truth.refused += !is_behind && type != 22;
	end(c, &truth.answered);
}

static void resolver_finishes(struct tls_connection *c)
{
	if (c->stage == STAGE_OVER || c->in)
		return;
	from_resolver(c, 0, TCP_FLAG_FIN, 0, 0);
	c->finished = 1;
	if (c->stage == STAGE_STARTED)
		end(c, &truth.closed);
}

static void reset(struct tls_connection *c)
{
	if (percent(50))
		from_client(c, c->out, TCP_FLAG_RST, 0);
	else if (!c->in)
		from_resolver(c, 0, TCP_FLAG_RST, 0, 0);
	else
		return;
	if (c->stage == STAGE_STARTED)
		truth.closed++;
	c->stage = STAGE_OVER;
}

/* Of somebody off the path, or late: it changes nothing. */
static void nothing(const struct tls_connection *c)
{
	uint32_t far = 0x500000 + below(0x7fffffff);

	switch (below(6)) {
	case 0:
		return from_resolver(c, far, TCP_FLAG_RST, 0, 0);
	case 1:
		return from_resolver(c, far, TCP_FLAG_FIN, 0, 0);
	case 2:
		return from_resolver(c, far, 0, 21, 7);
	case 3:
		return from_client(c, c->out, 0, 0);
	case 4:
		return from_resolver(c, 0, 0, 0, 0);
	default:
		if (c->stage == STAGE_OVER)
			from_resolver(c, c->in, 0, 21, 7);
	}
}

static void event(struct tls_connection *c, unsigned number)
{
	now += percent(3) ? below(2000000000) : below(100000000);
	age(c);
	if (c->stage == STAGE_NEW || (c->stage == STAGE_OVER && percent(30)))
		return establish(c, number);
	switch (below(8)) {
	case 0:
	case 1:
	case 2:
		return client_sends(c);
	case 3:
	case 4:
		return resolver_sends(c);
	case 5:
		return percent(40) ? resolver_finishes(c) : nothing(c);
	case 6:
		return percent(30) ? reset(c) : nothing(c);
	default:
		nothing(c);
	}
}

/* ---- comparison --------------------------------------------------------------------------- */

static int differ(const char *what, uint64_t engine, uint64_t model)
{
	if (engine == model)
		return 0;
	printf("# sessions %s: the engine has %" PRIu64 ", it should be %" PRIu64 "\n", what,
	       engine, model);
	return 1;
}

static int compare(void)
{
	static struct engine_counts counts;
	const struct engine_entry *e = &counts.entries[1];
	const __u64 *n = e->counters.n;

	engine_read(&counts);
	if (counts.entry_count != 2 || e->key.transport != TRANSPORT_DOT)
		return printf("# %u resolvers\n", counts.entry_count);
	return differ("started", n[COUNTER_TRANSACTIONS], truth.started) +
	       differ("answered", n[COUNTER_ANSWERED_NOERROR], truth.answered - truth.refused) +
	       differ("refused", n[COUNTER_ANSWERED_REFUSED], truth.refused) +
	       differ("closed", n[COUNTER_CLOSED_FIN] + n[COUNTER_CLOSED_RST], truth.closed) +
	       differ("timed_out", n[COUNTER_TIMED_OUT], truth.timed_out) +
	       differ("in flight", e->in_flight,
		      truth.started - truth.answered - truth.closed - truth.timed_out) +
	       differ("established", n[COUNTER_CONNECT_ESTABLISHED], truth.connects) +
	       differ("unfollowed", n[COUNTER_CONNECT_UNFOLLOWED], 0) +
	       differ("unparsed", counts.self.n[SELF_UNPARSED_STREAM], 0);
}

int sessions_run_episode(enum engine_kind engine, uint64_t seed, uint64_t *total)
{
	struct tls_connection connections[CONNECTIONS] = {0};
	struct engine_config config = {.timeout_ns = TIMEOUT_DEFAULT_NS,
				       .max_resolvers = 8,
				       .max_in_flight = 4096,
				       .max_streams = 4096,
				       .ports = {htons(53)},
				       .port_count = 1,
				       .clock_injected = 1};
	unsigned i, events, bad;

	random_state = seed;
	memset(&truth, 0, sizeof(truth));
	now = 1000000000000ULL;
	sent = 0;
	engine_start(engine, &config);
	ends = stream_ends_of(seed);
	for (events = 0; events < EVENTS; events++) {
		i = below(CONNECTIONS);
		event(&connections[i], i);
	}
	engine_sweep(now);
	for (i = 0; i < CONNECTIONS; i++)
		age(&connections[i]);
	bad = compare();
	engine_stop();
	if (bad)
		printf("# the first that differs is the episode of sessions of seed %" PRIu64 "\n",
		       seed);
	*total += sent;
	return bad;
}
