/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* See invent.h. */
#include "invent.h"

#include <string.h>

unsigned below(struct generator *g, unsigned n)
{
	return random_next(&g->random) % n;
}

int percent(struct generator *g, unsigned n)
{
	return below(g, 100) < n;
}

/* ---- who and what ----------------------------------------------------------------------- */

static const char *const clients_v4[] = {"192.51.100.15", "192.51.100.16", "127.0.0.1"};
static const char *const clients_v6[] = {"2001:db8:51::15", "2001:db8:51::16", "fe80::15"};
static const char *const resolvers_v4[] = {"203.0.113.2", "203.0.113.2", "203.0.113.3", "127.0.0.1",
					   "198.51.100.1"};
static const char *const resolvers_v6[] = {"2001:db8:113::2", "2001:db8:113::2", "fe80::53",
					   "fe80::54", "2001:db8:113::3"};
static const char *const strangers_v4[] = {"203.0.113.99", "198.51.100.1"};
static const char *const strangers_v6[] = {"2001:db8:113::99", "fe80::1"};
static const uint16_t client_ports[] = {52444, 52444, 52445, 53};
static const uint16_t ids[] = {35084, 35084, 1, 2, 3, 0x0100, 0};

static int coin_v6(struct generator *g)
{
	return percent(g, 45);
}

static const char *client_of(struct generator *g, int v6)
{
	return v6 ? ONE_OF(g, clients_v6) : ONE_OF(g, clients_v4);
}

static const char *resolver_of(struct generator *g, int v6)
{
	return v6 ? ONE_OF(g, resolvers_v6) : ONE_OF(g, resolvers_v4);
}

static const char *stranger_of(struct generator *g, int v6)
{
	return v6 ? ONE_OF(g, strangers_v6) : ONE_OF(g, strangers_v4);
}

static int is_v6(const struct udp_spec *s)
{
	return strchr(s->source, ':') != NULL;
}

uint32_t some_link(struct generator *g)
{
	unsigned n = below(g, 10);

	return n < 6 ? g->links.a : n < 9 ? g->links.b : LOOPBACK_IFINDEX;
}

static void some_id(struct generator *g, struct udp_spec *s)
{
	s->id = ONE_OF(g, ids);
	s->id_zero = !s->id;
	s->ip_id = percent(g, 70) ? 0x1234 : 1 + below(g, 65535);
}

/* ---- odd headers ------------------------------------------------------------------------ */

static void odd_extensions(struct generator *g, struct udp_spec *s)
{
	static const uint8_t chains[][8] = {{60},
					    {0, 60},
					    {43},
					    {0, 43, 60},
					    {44, 60},
					    {60, 44},
					    {0, 60, 43, 44, 60, 60},
					    {60, 60, 60, 60, 60, 60, 60},
					    {0, 43, 60, 44, 60, 60, 60, 60},
					    {51},
					    {44, 44}};
	static const uint8_t lengths[] = {1, 2, 1, 3, 2, 2, 6, 7, 8, 1, 2};
	unsigned i = below(g, COUNT(lengths));

	s->extensions = chains[i];
	s->extension_count = lengths[i];
}

static void odd_lengths(struct generator *g, struct udp_spec *s)
{
	static const int payloads[] = {-1, 1, 5, 11, 12, 13, 14};

	switch (below(g, 5)) {
	case 0:
		s->udp_length = 1 + below(g, percent(g, 50) ? 24 : 120);
		break;
	case 1:
		s->ip_length = 1 + below(g, percent(g, 50) ? 60 : 200);
		break;
	case 2:
		s->header_length = 1 + below(g, 15);
		break;
	default:
		s->payload = ONE_OF(g, payloads);
	}
}

static void many_messages(struct generator *g, struct udp_spec *s)
{
	static const int counts[] = {2, 3, 15, 16, 17, 20, 30};

	s->messages = ONE_OF(g, counts);
	s->segment = percent(g, 10) ? 4 + below(g, 12) : 40 + below(g, 60);
	s->gso_size = s->segment;
	if (percent(g, 40))
		s->last_segment = 1 + below(g, s->segment);
	if (percent(g, 10))
		s->gso_size = 1 + below(g, 200);
}

static void odd_headers(struct generator *g, struct udp_spec *s)
{
	if (is_v6(s) && percent(g, 25))
		odd_extensions(g, s);
	if (!is_v6(s) && percent(g, 15))
		s->options = 4 * (1 + below(g, 10));
	if (percent(g, 6))
		odd_lengths(g, s);
	else if (percent(g, 6))
		many_messages(g, s);
	if (percent(g, 5)) {
		s->more = percent(g, 70);
		s->offset = percent(g, 30) ? 1 + below(g, 100) : 0;
		if (percent(g, 30))
			s->payload = 1 + below(g, 14);
		if (percent(g, 50))
			s->udp_length = 100 + below(g, 1000);
	}
	if (percent(g, 10)) {
		s->tags = 1 + below(g, 4);
		s->vlan = percent(g, 50) ? 9 : 7;
	}
	if (percent(g, 4))
		s->qr = percent(g, 50) ? 1 : -1;
	s->no_ethernet = percent(g, 8);
}

/* ---- queries and responses -------------------------------------------------------------- */

static void make_syn(struct generator *g, struct udp_spec *s)
{
	static const uint32_t numbers[] = {7, 7, 0x10007, 0x80000007, 0xffffffff, 0};

	s->tcp = percent(g, 95) ? TCP_FLAG_SYN : 1 + below(g, 63);
	s->sequence = ONE_OF(g, numbers);
	if (percent(g, 30))
		s->destination_port = 853;
}

/* A SYN-ACK, an RST that answers a SYN or may be about an established connection, or any other. */
static void make_arrival(struct generator *g, const struct udp_spec *syn, struct udp_spec *s)
{
	unsigned n = below(g, 100);

	s->tcp = n < 55	  ? TCP_FLAG_SYN | TCP_FLAG_ACK
		 : n < 95 ? TCP_FLAG_RST | TCP_FLAG_ACK
			  : 1 + below(g, 63);
	s->acknowledgment = syn->sequence + 1;
	if (percent(g, 5))
		s->acknowledgment ^= 1U << below(g, 32);
	s->sequence = percent(g, 80) ? 0 : 1 + below(g, 1000);
}

struct udp_spec new_query(struct generator *g)
{
	int v6 = coin_v6(g);
	struct udp_spec s = {.source = client_of(g, v6), .destination = resolver_of(g, v6)};

	if (v6 && percent(g, 2))
		s.destination = "::ffff:203.0.113.2";
	if (v6 && percent(g, 1))
		s.source = "::ffff:192.51.100.15";
	s.source_port = ONE_OF(g, client_ports);
	if (g->more_ports)
		s.source_port += below(g, g->more_ports);
	s.destination_port = percent(g, 8) ? 5353 : percent(g, 2) ? 54 : 53;
	s.ifindex = some_link(g);
	s.guest = percent(g, 12);
	s.came_in = percent(g, 25) ? some_link(g) : 0;
	some_id(g, &s);
	if (percent(g, 20))
		make_syn(g, &s);
	odd_headers(g, &s);
	return s;
}

const struct sent *some_sent(struct generator *g)
{
	unsigned most = g->sent_count < HISTORY ? g->sent_count : HISTORY;
	unsigned back = percent(g, 60) ? below(g, 6) : below(g, HISTORY);

	return &g->sent[(g->sent_count - 1 - back % most) % HISTORY];
}

struct udp_spec plain(const struct udp_spec *s)
{
	struct udp_spec p = {.source = s->source,
			     .destination = s->destination,
			     .source_port = s->source_port,
			     .destination_port = s->destination_port,
			     .id = s->id,
			     .id_zero = s->id_zero,
			     .ip_id = s->ip_id,
			     .guest = s->guest,
			     .came_in = s->came_in,
			     .tcp = s->tcp,
			     .sequence = s->sequence,
			     .ifindex = s->ifindex};

	return p;
}

struct udp_spec old_query(struct generator *g)
{
	struct udp_spec s = some_sent(g)->spec;

	if (percent(g, 70))
		s = plain(&s);
	if (percent(g, 40))
		s.ip_id = 1 + below(g, 65535);
	if (percent(g, 20))
		s.ifindex = some_link(g);
	if (percent(g, 5))
		s.guest = !s.guest;
	return s;
}

/* On `lo` an arrival may have the address that was asked before a translation. */
static void translate(struct generator *g, const char **address, uint32_t ifindex, int v6)
{
	if (ifindex != LOOPBACK_IFINDEX || !percent(g, 40))
		return;
	*address = percent(g, 70) ? resolver_of(g, v6) : stranger_of(g, v6);
}

struct udp_spec response_to(struct generator *g, const struct sent *sent)
{
	struct udp_spec s = plain(&sent->spec);

	s.source = sent->spec.destination;
	s.destination = sent->spec.source;
	s.response = 1;
	s.rcode = percent(g, 60) ? 0 : below(g, 16);
	s.truncated = percent(g, 10);
	if (s.tcp)
		make_arrival(g, &sent->spec, &s);
	if (sent->spec.messages && percent(g, 70)) {
		s.messages = sent->spec.messages;
		s.segment = s.gso_size = sent->spec.segment;
	}
	if (percent(g, 6))
		some_id(g, &s);
	if (percent(g, 4))
		s.source = stranger_of(g, is_v6(&s));
	if (percent(g, 4))
		s.source_port++; /* the client's */
	if (percent(g, 8))
		s.ifindex = some_link(g);
	if (percent(g, 4))
		s.guest = !s.guest;
	translate(g, &s.source, s.ifindex, is_v6(&s));
	if (percent(g, 20))
		odd_headers(g, &s);
	return s;
}

/* ---- ICMP ------------------------------------------------------------------------------- */

static void some_type(struct generator *g, int v6, struct icmp_spec *i)
{
	static const int types_v4[] = {3, 3, 3, 3, 3, 3, 11, 12, 0, 4, 5, 8};
	static const int types_v6[] = {1, 1, 1, 1, 1, 1, 2, 3, 4, 128, 135, 127};

	i->type = v6 ? ONE_OF(g, types_v6) : ONE_OF(g, types_v4);
	i->code = below(g, v6 ? 9 : 17);
	if (percent(g, 5))
		i->code = below(g, 256);
	if (!i->type) /* zero means ordinary here */
		i->type = 13;
}

static void some_quote(struct generator *g, struct icmp_spec *i)
{
	static const int payloads[] = {-1, -1, -1, 1, 2, 3, 4, 11, 12, 13};
	int padded = !i->quoted.messages && i->quoted.extension_count <= 3 && percent(g, 20);

	if (i->quoted.tcp && percent(g, 60))
		i->quote_tcp = 4 + below(g, 17);
	else if (i->quoted.tcp)
		return;
	else if (percent(g, 30))
		i->quote_payload = ONE_OF(g, payloads);
	else if (percent(g, 6))
		i->quote_udp = 1 + below(g, 7);
	if (padded) {
		i->pad_to = is_v6(&i->quoted) ? 256 : 128;
		i->say_length = percent(g, 80);
	}
	if (percent(g, 5))
		i->raw_length = 1 + below(g, 40);
	if (percent(g, 8))
		i->quoted_total = 1 + below(g, 100);
	i->options = percent(g, 10) ? 4 * (1 + below(g, 10)) : 0;
}

struct icmp_spec icmp_about(struct generator *g, const struct sent *sent)
{
	struct icmp_spec i = {.quoted = sent->spec, .ifindex = sent->spec.ifindex};
	int v6 = is_v6(&sent->spec);

	if (percent(g, 60))
		i.quoted = plain(&sent->spec);
	if (i.quoted.messages)
		i.quoted.messages = i.quoted.segment = i.quoted.last_segment = 0;
	i.reporter = percent(g, 60) ? sent->spec.destination : stranger_of(g, v6);
	i.to = sent->spec.source;
	if (percent(g, 12)) {
		i.reporter = sent->spec.source;
		i.ifindex = LOOPBACK_IFINDEX;
	} else if (percent(g, 10)) {
		i.ifindex = some_link(g);
	}
	i.ip_id = 1 + below(g, 65535);
	i.tags = percent(g, 5);
	i.no_ethernet = percent(g, 5);
	some_type(g, v6, &i);
	some_quote(g, &i);
	if (percent(g, 8))
		some_id(g, &i.quoted);
	if (percent(g, 4))
		i.quoted.source_port++;
	if (percent(g, 4))
		i.to = client_of(g, v6);
	if (percent(g, 4))
		i.quoted.destination = stranger_of(g, v6);
	if (percent(g, 4))
		i.quoted.guest = !i.quoted.guest;
	translate(g, &i.quoted.destination, i.ifindex, v6);
	if (percent(g, 4))
		i.quoted.qr = 1;
	if (percent(g, 4))
		i.quoted.destination_port = 54;
	return i;
}
