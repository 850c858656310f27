/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* See traffic.h. */
#include "traffic.h"

#include <string.h>

uint64_t traffic_random(struct traffic *t)
{
	t->seed ^= t->seed << 13;
	t->seed ^= t->seed >> 7;
	t->seed ^= t->seed << 17;
	return t->seed;
}

static const char *const clients[2][2] = {{"192.51.100.15", "192.51.100.16"},
					  {"2001:db8:51::15", "2001:db8:51::16"}};
static const char *const resolvers[2][TRAFFIC_RESOLVERS] = {
	{"203.0.113.1", "203.0.113.2", "203.0.113.3", "203.0.113.4", "198.51.100.1", "127.0.0.1"},
	{"2001:db8:113::1", "2001:db8:113::2", "2001:db8:113::3", "2001:db8:113::4", "fe80::53",
	 "::1"}};
static const char *const routers[2] = {"198.51.100.254", "2001:db8:198::fe"};

struct pick {
	int v6, port, resolver, response;
	struct udp_spec spec;
};

/*
 * The interface of a fe80 address is that of whoever asked last: not the same twice when two CPUs
 * ask at once.
 */
static const char *resolver_of(const struct traffic *t, int v6, int i)
{
	return v6 && i == 4 && t->once_per_epoch ? "2001:db8:113::5" : resolvers[v6][i];
}

static struct pick pick_message(struct traffic *t, int response)
{
	uint64_t r = traffic_random(t);
	struct pick p = {.v6 = r & 1, .port = (r >> 8) % TRAFFIC_PORTS, .response = response};
	const char *client = clients[p.v6][(r >> 16) % 16 == 0], *resolver;

	p.resolver = (r >> 24) % TRAFFIC_RESOLVERS;
	resolver = resolver_of(t, p.v6, p.resolver);
	p.spec = (struct udp_spec){.source = response ? resolver : client,
				   .destination = response ? client : resolver,
				   .source_port = t->first_port + p.port,
				   .id = 1 + (r >> 32) % t->ids,
				   .response = response,
				   .ip_id = r >> 40};
	if (response) {
		p.spec.rcode = (r >> 48) % 4 ? 0 : (r >> 52) % 16;
		p.spec.truncated = (r >> 56) % 16 == 0;
	}
	return p;
}

/* Some of what is not plain: each is legal, or a lie that the parser must see through. */
static void twist(struct traffic *t, struct udp_spec *s, int v6)
{
	static const uint8_t extensions[] = {0, 60, 43, 44, 60, 0, 60};
	uint64_t r = traffic_random(t);

	switch (r % 12) {
	case 0:
		s->payload = 1 + (r >> 8) % 30;
		break;
	case 1:
		s->payload = -1;
		break;
	case 2:
		s->tags = 1 + (r >> 8) % 4;
		s->vlan = 1 + (r >> 16) % 4;
		break;
	case 3:
		if (!v6)
			s->options = 4 * (1 + (r >> 8) % 8);
		break;
	case 4:
		if (v6) {
			s->extensions = extensions + (r >> 8) % 3;
			s->extension_count = (r >> 16) % 5;
		}
		break;
	case 5:
		s->more = 1;
		s->offset = (r >> 8) % 4 == 0 ? 1 : 0;
		break;
	case 6: /* all of one age: from a port of their own, which no short quote names */
		s->messages = 2 + (r >> 8) % 18;
		s->segment = s->gso_size = 40 + (r >> 16) % 60;
		s->source_port = t->first_port + TRAFFIC_PORTS;
		break;
	case 7:
		s->udp_length = 1 + (r >> 8) % 90;
		break;
	case 8:
		s->ip_length = 1 + (r >> 8) % 120;
		break;
	case 9:
		s->qr = (r >> 8) & 1 ? 1 : -1;
		break;
	case 10:
		s->cut = 60 + (r >> 8) % 40;
		break;
	case 11:
		if (!v6)
			s->header_length = (r >> 8) % 16;
		break;
	}
}

static struct frame query_or_response(struct traffic *t, int response)
{
	struct pick p = pick_message(t, response);
	uint32_t *asked = &t->asked[p.v6][p.port][p.resolver];
	int tries;

	for (tries = 0; t->once_per_epoch && !response && *asked == t->epoch && tries < 50;
	     tries++) {
		p = pick_message(t, response);
		asked = &t->asked[p.v6][p.port][p.resolver];
	}
	if (!response && t->once_per_epoch && *asked == t->epoch)
		p.spec.payload = 3; /* too short to be a query */
	if (!response)
		*asked = t->epoch;
	if (traffic_random(t) % 16 == 0)
		twist(t, &p.spec, p.v6);
	return udp_frame(p.spec);
}

static struct frame unreachable(struct traffic *t, uint32_t *ifindex)
{
	static const uint8_t codes_v4[] = {3, 3, 3, 3, 1, 0, 13, 4, 2, 7, 12, 6, 11, 9, 10, 5},
			     codes_v6[] = {4, 4, 4, 4, 3, 0, 1, 5, 6, 2, 7};
	struct pick p = pick_message(t, 0);
	uint64_t r = traffic_random(t);
	struct icmp_spec s = {.quoted = p.spec,
			      .reporter = r % 4 ? p.spec.destination : routers[p.v6],
			      .to = p.spec.source,
			      .type = p.v6 ? 1 : 3,
			      .ip_id = r >> 32};

	s.code = p.v6 ? codes_v6[(r >> 8) % sizeof(codes_v6)]
		      : codes_v4[(r >> 8) % sizeof(codes_v4)];
	s.code_zero = !s.code;
	if ((r >> 16) % 16 == 0)
		s.type = p.v6 ? 2 + (r >> 20) % 3 : 11 + (r >> 20) % 2;
	if ((r >> 24) % 4 == 0)
		s.quote_payload = -1; /* a short quote */
	else if ((r >> 26) % 8 == 0)
		s.quote_payload = 1 + (r >> 40) % 20;
	if ((r >> 44) % 32 == 0)
		s.quote_udp = 1 + (r >> 50) % 7;
	if ((r >> 54) % 16 == 0)
		twist(t, &s.quoted, p.v6);
	if (s.quoted.messages) /* nor does this one: see twist() */
		s.quote_payload = s.quote_udp = 0;
	if ((r >> 58) % 8 == 0) { /* this host's own refusal */
		s.reporter = p.spec.source;
		*ifindex = 1;
	}
	return icmp_frame(s);
}

/* Another protocol, another port, or no packet at all. */
static struct frame not_ours(struct traffic *t)
{
	struct pick p = pick_message(t, 0);
	struct frame f;
	uint64_t r = traffic_random(t);

	p.spec.source_port = t->first_port + 2 * TRAFFIC_PORTS; /* it may be ours after all */
	if (r % 3 == 0)
		p.spec.destination_port = 443;
	f = udp_frame(p.spec);
	if (r % 3 == 1)
		f.bytes[p.v6 ? 20 : 23] = r >> 8;
	if (r % 3 == 2) { /* 12 bytes of addresses stay, so that it is still a frame */
		unsigned i;

		for (i = 14; i < f.length; i++)
			f.bytes[i] = traffic_random(t) >> 16;
	}
	return f;
}

void traffic_next(struct traffic *t, struct shown *ret)
{
	uint64_t r = traffic_random(t);
	unsigned kind = r % 64;

	ret->ifindex = t->links[(r >> 8) % 8 == 0];
	ret->out = kind < 30;
	if (kind < 29)
		ret->frame = query_or_response(t, 0);
	else if (kind == 29)
		ret->frame = not_ours(t);
	else if (kind < 48)
		ret->frame = query_or_response(t, 1);
	else if (kind < 62)
		ret->frame = unreachable(t, &ret->ifindex);
	else
		ret->frame = not_ours(t);
	if (!t->once_per_epoch &&
	    (r >> 16) % 64 == 0) /* a byte that is not what it was, behind the addresses */
		ret->frame.bytes[14 + (r >> 24) % 60] ^= 1 << ((r >> 40) % 8);
	if ((r >> 48) % 128 == 0)
		ret->out = !ret->out;
}

void traffic_first(const struct traffic *t, int i, struct shown *ret)
{
	int v6 = i & 1;

	ret->ifindex = t->links[(i >> 1) & 1];
	ret->out = 1;
	ret->frame = udp_frame(
		(struct udp_spec){.source = clients[v6][0],
				  .destination = resolver_of(t, v6, (i >> 2) % TRAFFIC_RESOLVERS),
				  .source_port = t->first_port + TRAFFIC_PORTS + 1 + i,
				  .destination_port = 53,
				  .id = 1 + i});
}
