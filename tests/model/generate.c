/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* See generate.h. Single packets are invent.c's, changed and random bytes spoil.c's. */
#include "invent.h"
#include "spoil.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

/* splitmix64 */
uint64_t random_next(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15ULL;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ z >> 27) * 0x94d049bb133111ebULL;
	return z ^ z >> 31;
}

void note_sent(struct generator *g, const struct udp_spec *s)
{
	g->sent[g->sent_count++ % HISTORY] = (struct sent){.spec = *s, .time = g->now};
}

/* ---- time ------------------------------------------------------------------------------- */

/* Just before, at, and just after a moment that decides something about an earlier query. */
static void go_to_border(struct generator *g)
{
	const struct sent *s = some_sent(g);
	uint64_t to = s->time + g->timeout - 1 + below(g, 3);

	if (percent(g, 50))
		to += EXPIRED_KEEP_NS;
	if (to > g->now)
		g->now = to;
}

static void pass_time(struct generator *g)
{
	static const uint32_t same_packet[] = {0, 500000, 999999, 1000000, 1000001};
	unsigned n = below(g, 1000);

	if (n < 550)
		g->now += below(g, 200000);
	else if (n < 750)
		g->now += ONE_OF(g, same_packet);
	else if (n < 900)
		g->now += below(g, 100000000);
	else if (n < 960)
		g->now += below(g, 2000000000);
	else if (n < 990 && g->sent_count)
		go_to_border(g);
	else if (n < 993)
		g->now += (uint64_t)below(g, 70) * 1000000000;
	else if (n < 997)
		g->now -= below(g, 2000000000); /* time runs backwards: for one packet or more */
}

void generate_later(struct generator *g)
{
	uint64_t was = g->now;

	pass_time(g);
	if (g->now <= was)
		g->now = was + 1;
}

/* ---- one step --------------------------------------------------------------------------- */

static void send_query(struct generator *g, const struct udp_spec *s, struct step *step)
{
	note_sent(g, s);
	step->out = 1;
	step->frame = udp_frame(*s);
}

/* Answered after a round number of microseconds, or one nanosecond off. */
static void precise_response(struct generator *g, struct step *step)
{
	const struct sent *s = &g->sent[(g->sent_count - 1) % HISTORY];
	uint64_t to = s->time + (1000ULL << below(g, 24)) - 1 + below(g, 3);

	if (to > g->now)
		g->now = to;
	step->frame = udp_frame(response_to(g, s));
}

/* Who asks on and on with the same ID: more time-outs of one key than are remembered. */
static void insist(struct generator *g, struct step *step)
{
	struct udp_spec s = plain(&g->sent[(g->sent_count - 1) % HISTORY].spec);

	g->insisting--;
	g->now += g->timeout + below(g, 3);
	send_query(g, &s, step);
}

static void again_elsewhere(struct generator *g, struct step *step)
{
	static const uint32_t after[] = {0, 1000, 999999, 1000000, 1000001};

	*step = g->last[g->cpu];
	g->now += ONE_OF(g, after);
	step->frame.ifindex = some_link(g);
}

/* One that was asked already becomes a configured one: it may have counted under `other`. */
static int reserve_late(struct generator *g, struct step *step)
{
	const struct udp_spec *s = &some_sent(g)->spec;
	struct ip_address *a = &step->reserved.address;

	if (!strncmp(s->destination, "fe80", 4))
		return 0; /* its interface is the engine's to find */
	if (inet_pton(AF_INET, s->destination, &a->w[3]) == 1)
		a->w[2] = htonl(0xffff);
	else if (inet_pton(AF_INET6, s->destination, a) != 1)
		abort();
	step->reserved.port = htons(s->destination_port);
	step->reserved.transport = TRANSPORT_UDP;
	step->reserve = 1;
	return 1;
}

static void choose_step(struct generator *g, struct step *step)
{
	unsigned n = below(g, 1000);
	struct udp_spec s;

	if (g->insisting && percent(g, 80)) {
		insist(g, step);
	} else if (n < 280 || !g->sent_count) {
		s = new_query(g);
		send_query(g, &s, step);
	} else if (n < 380) {
		s = old_query(g);
		send_query(g, &s, step);
	} else if (n < 600) {
		step->frame = udp_frame(response_to(g, some_sent(g)));
	} else if (n < 640) {
		precise_response(g, step);
	} else if (n < 860) {
		step->frame = icmp_frame(icmp_about(g, some_sent(g)));
	} else if (n < 940) {
		again_elsewhere(g, step);
	} else if (n < 980) {
		spoil_random(&g->random, &step->frame);
		step->frame.ifindex = some_link(g);
		step->out = below(g, 2);
	} else if (n < 983) {
		g->insisting = below(g, 9);
		step->frame = udp_frame(response_to(g, some_sent(g)));
	} else {
		step->sweep = percent(g, 40);
		step->frame = udp_frame(response_to(g, some_sent(g)));
	}
	if (percent(g, 2))
		step->out = !step->out; /* the other direction is not ours */
}

/*
 * Anyone may repeat a query of another, and what comes in has a cgroup, too: the one that sent does
 * count. What is forwarded has no socket.
 */
static uint64_t some_cgroup(struct generator *g, const struct frame *f)
{
	if (!g->cgroups)
		return 0;
	if (percent(g, 5) || (f->came_in && !f->guest))
		return 0;
	return 1000 + below(g, g->cgroups);
}

void generate_step(struct generator *g, struct step *step)
{
	memset(step, 0, offsetof(struct step, frame));
	pass_time(g);
	step->now = g->now;
	if (g->sent_count && !below(g, 2000) && reserve_late(g, step))
		return;
	choose_step(g, step);
	if (percent(g, 12))
		spoil_bytes(&g->random, &step->frame);
	if (percent(g, 2))
		spoil_length(&g->random, &step->frame);
	if (percent(g, 3))
		spoil_ip(&g->random, &step->frame);
	/* The kernel says either, where there are tags: received, or sent by a VLAN device. */
	if (!step->frame.native_only && percent(g, 50))
		step->frame.network = 14;
	step->cgroup = some_cgroup(g, &step->frame);
	step->now = g->now;
	g->last[g->cpu] = *step;
}

/* ---- start ------------------------------------------------------------------------------ */

struct generator *generate_start(uint64_t seed, const struct ifindex_pair *links)
{
	struct generator *g = calloc(1, sizeof(*g));

	if (!g)
		abort();
	g->random = seed;
	g->links = *links;
	g->now = 1000000000000ULL + below(g, 1000000000);
	return g;
}

void generate_stop(struct generator *g)
{
	free(g);
}

void generate_config(struct generator *g, struct engine_config *c)
{
	static const uint64_t timeouts[] = {TIMEOUT_DEFAULT_NS, TIMEOUT_DEFAULT_NS, 1000000000,
					    200000000000};

	*c = (struct engine_config){.timeout_ns = ONE_OF(g, timeouts),
				    .max_resolvers = percent(g, 50) ? 64 : 5,
				    .ports = {htons(53), htons(5353)},
				    .port_count = 1 + below(g, 2),
				    .short_quotes = percent(g, 80),
				    .guests = 1,
				    .clock_injected = 1};
	g->timeout = c->timeout_ns;
}

void generate_spread(struct generator *g)
{
	g->more_ports = 48;
}

void generate_askers(struct generator *g, unsigned cgroups)
{
	g->cgroups = cgroups;
}

/* Places kept for configured resolvers: one that is asked, one that is not. */
unsigned generate_reserved(struct generator *g, struct resolver_key *keys, unsigned most)
{
	unsigned n = below(g, 3), i;

	for (i = 0; i < n && i < most; i++) {
		keys[i] = (struct resolver_key){.port = htons(53), .transport = TRANSPORT_UDP};
		keys[i].address.w[2] = htonl(0xffff);
		inet_pton(AF_INET, i ? "203.0.113.99" : "203.0.113.3", &keys[i].address.w[3]);
	}
	return i;
}
