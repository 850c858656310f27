/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* See frames.h. */
#include "frames.h"

#include <arpa/inet.h>
#include <string.h>

int family = 4;

const char *client_text(void)
{
	return family == 4 ? "192.51.100.15" : "2001:db8:51::15";
}

const char *frame_resolver(void)
{
	return family == 4 ? "203.0.113.2" : "2001:db8:113::2";
}

const char *router_text(void)
{
	return family == 4 ? "198.51.100.1" : "2001:db8:198::1";
}

const char *other_text(void)
{
	return family == 4 ? "203.0.113.99" : "2001:db8:113::99";
}

/* ---- writing ---------------------------------------------------------------------------- */

static void put(struct frame *f, const void *bytes, size_t n)
{
	memcpy(f->bytes + f->length, bytes, n);
	f->length += n;
}

static void zeros(struct frame *f, size_t n)
{
	memset(f->bytes + f->length, 0, n);
	f->length += n;
}

static void put8(struct frame *f, unsigned v)
{
	f->bytes[f->length++] = v;
}

static void put16(struct frame *f, unsigned v)
{
	put8(f, v >> 8);
	put8(f, v & 255);
}

static void set16(struct frame *f, uint32_t at, unsigned v)
{
	f->bytes[at] = v >> 8;
	f->bytes[at + 1] = v;
}

static int is_v6(const char *text)
{
	return strchr(text, ':') != NULL;
}

static void put_address(struct frame *f, const char *text)
{
	uint8_t a[16];
	int v6 = is_v6(text);

	if (inet_pton(v6 ? AF_INET6 : AF_INET, text, a) != 1)
		__builtin_trap(); /* the test itself is wrong */
	put(f, a, v6 ? 16 : 4);
}

/* ---- headers ---------------------------------------------------------------------------- */

static void put_pppoe(struct frame *f, int v6) /* RFC 2516; its length is set by nobody here */
{
	put8(f, 0x11);
	put8(f, 0);
	put16(f, 7);
	put16(f, 0);
	put16(f, v6 ? 0x0057 : 0x0021);
}

static void put_mpls(struct frame *f, int labels) /* RFC 3032, 2.1 */
{
	int i;

	for (i = 0; i < labels; i++) {
		put16(f, 1);
		put8(f, i + 1 == labels);
		put8(f, 64);
	}
}

static void put_ethernet(struct frame *f, int v6, const struct udp_spec *s, uint16_t vlan)
{
	int type = s->pppoe ? 0x8864 : s->mpls ? 0x8847 : v6 ? 0x86dd : 0x0800, tags = s->tags, i;

	f->protocol = type;
	if (s->no_ethernet) {
		f->native_only = 1;
		return;
	}
	put(f, "\x02\0\0\0\0\x02\x02\0\0\0\0\x01", 12);
	for (i = 0; i < tags; i++) {
		put16(f, i + 1 < tags ? 0x88a8 : 0x8100);
		put16(f, i ? 100 + i : vlan);
	}
	if (tags)
		f->protocol = tags > 1 ? 0x88a8 : 0x8100;
	put16(f, type);
	if (s->pppoe)
		put_pppoe(f, v6);
	else
		put_mpls(f, s->mpls);
}

static void cut_frame(struct frame *f, int cut)
{
	if (!cut)
		return;
	f->wire_length = f->length;
	f->length = cut;
}

/* Returns where the IP header stands; finish_ip() sets the lengths. */
static uint32_t put_ipv4(struct frame *f, const struct udp_spec *s, int protocol,
			 const char *source, const char *destination)
{
	uint32_t at = f->length;
	int length = 5 + (s->options + 3) / 4;

	put8(f, 0x40 | (s->header_length ? s->header_length : length));
	put8(f, 0);
	put16(f, 0);
	put16(f, s->ip_id ? s->ip_id : 0x1234);
	put16(f, (s->more ? 0x2000 : 0) | s->offset);
	put8(f, 64);
	put8(f, protocol);
	put16(f, 0);
	put_address(f, source);
	put_address(f, destination);
	memset(f->bytes + f->length, 1, (length - 5) * 4); /* no-operation options */
	f->length += (length - 5) * 4;
	return at;
}

static void put_extension(struct frame *f, int kind, int next, const struct udp_spec *s)
{
	put8(f, next);
	if (kind == 44) { /* fragment */
		put8(f, 0);
		put16(f, s->offset << 3 | (s->more ? 1 : 0));
		put16(f, 0x1111);
		put16(f, 0x2222);
		return;
	}
	put8(f, kind == 43 ? 2 : 0); /* a routing header with one address, else the shortest */
	zeros(f, kind == 43 ? 22 : 6);
}

static uint32_t put_ipv6(struct frame *f, const struct udp_spec *s, int protocol,
			 const char *source, const char *destination)
{
	static const uint8_t fragment[] = {44};
	const uint8_t *kinds = s->extensions;
	int count = s->extension_count, i;
	uint32_t at = f->length;

	if (!count && (s->offset || s->more)) {
		kinds = fragment;
		count = 1;
	}
	put16(f, 0x6000);
	put16(f, 0);
	put16(f, 0);
	put8(f, count ? kinds[0] : protocol);
	put8(f, 64);
	put_address(f, source);
	put_address(f, destination);
	for (i = 0; i < count; i++)
		put_extension(f, kinds[i], i + 1 < count ? kinds[i + 1] : protocol, s);
	return at;
}

static void finish_ip(struct frame *f, uint32_t at, int v6, int length)
{
	if (v6)
		set16(f, at + 4, length ? length : (int)(f->length - at - 40));
	else
		set16(f, at + 2, length ? length : (int)(f->length - at));
}

/* ---- DNS and UDP ------------------------------------------------------------------------ */

static uint16_t id_of(const struct udp_spec *s, int i)
{
	if (s->id_zero)
		return 0;
	return (s->id ? s->id : 35084) + i;
}

/* `A? yummyrecipesforme.com.`, 39 bytes; a response has the answer too. */
static void put_dns(struct frame *f, const struct udp_spec *s, int i)
{
	int qr = s->qr ? s->qr > 0 : s->response;

	put16(f, id_of(s, i));
	put16(f, qr ? 0x8180 | s->rcode | (s->truncated ? 0x0200 : 0) : 0x0100);
	put16(f, 1);
	put16(f, s->response && !s->rcode ? 1 : 0);
	put16(f, 0);
	put16(f, 0);
	put(f,
	    "\x11yummyrecipesforme\x03"
	    "com\0\0\1\0\1",
	    27);
	if (s->response && !s->rcode)
		put(f, "\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4\xcb\0\x71\x16", 16);
}

static void put_payload(struct frame *f, const struct udp_spec *s)
{
	int count = s->messages ? s->messages : 1, i, length;
	uint32_t at;

	for (i = 0; i < count; i++) {
		at = f->length;
		put_dns(f, s, i);
		length = s->segment;
		if (i + 1 == count && s->last_segment)
			length = s->last_segment;
		if (!s->segment)
			continue;
		memset(f->bytes + f->length, 0, 512);
		f->length = at + length;
	}
}

static void put_udp(struct frame *f, const struct udp_spec *s)
{
	uint32_t at = f->length;
	uint16_t client = s->source_port ? s->source_port : 52444;
	uint16_t watched = s->destination_port ? s->destination_port : 53;

	put16(f, s->response ? watched : client);
	put16(f, s->response ? client : watched);
	put16(f, 0);
	put16(f, 0);
	if (s->payload >= 0)
		put_payload(f, s);
	if (s->payload > 0)
		f->length = at + 8 + s->payload;
	set16(f, at + 4, s->udp_length ? s->udp_length : (int)(f->length - at));
}

static void put_tcp(struct frame *f, const struct udp_spec *s) /* RFC 9293, 3.1 */
{
	uint32_t at = f->length;
	uint16_t client = s->source_port ? s->source_port : 52444;
	uint16_t watched = s->destination_port ? s->destination_port : 53;

	put16(f, s->response ? watched : client);
	put16(f, s->response ? client : watched);
	put16(f, s->sequence >> 16);
	put16(f, s->sequence);
	put16(f, s->acknowledgment >> 16);
	put16(f, s->acknowledgment);
	put8(f, (s->tcp_offset ? s->tcp_offset : 5) << 4);
	put8(f, s->tcp);
	put16(f, 64240);
	put16(f, 0);
	put16(f, 0);
	if (s->bytes)
		put(f, s->bytes, s->data);
	else
		zeros(f, s->data);
	if (s->tcp_header)
		f->length = at + s->tcp_header;
}

static const char *source_of(const struct udp_spec *s)
{
	if (s->source)
		return s->source;
	return s->response ? frame_resolver() : client_text();
}

static const char *destination_of(const struct udp_spec *s)
{
	if (s->destination)
		return s->destination;
	return s->response ? client_text() : frame_resolver();
}

static uint32_t put_datagram(struct frame *f, const struct udp_spec *s)
{
	int v6 = is_v6(source_of(s));
	uint32_t at;

	at = v6 ? put_ipv6(f, s, s->tcp ? 6 : 17, source_of(s), destination_of(s))
		: put_ipv4(f, s, s->tcp ? 6 : 17, source_of(s), destination_of(s));
	if (s->tcp)
		put_tcp(f, s);
	else
		put_udp(f, s);
	finish_ip(f, at, v6, s->ip_length);
	return at;
}

struct frame udp_frame(struct udp_spec s)
{
	struct frame f = {.ifindex = s.ifindex,
			  .came_in = s.came_in,
			  .guest = s.guest,
			  .gso_size = s.gso_size};

	put_ethernet(&f, is_v6(source_of(&s)), &s, s.vlan ? s.vlan : 7);
	f.network = put_datagram(&f, &s);
	cut_frame(&f, s.cut);
	return f;
}

/* ---- ICMP ------------------------------------------------------------------------------- */

static void put_quote(struct frame *f, const struct icmp_spec *s)
{
	struct frame whole = {0};
	uint32_t at, udp, length;

	at = put_datagram(&whole, &s->quoted);
	udp = whole.length - at;
	length = udp;
	if (s->quote_tcp)
		length = udp - 20 - s->quoted.data + s->quote_tcp;
	if (s->quote_payload || s->quote_udp) {
		/* cut after the UDP header, which stands before the payload */
		struct udp_spec headers = s->quoted;
		struct frame bare = {0};

		headers.payload = -1;
		put_datagram(&bare, &headers);
		length = bare.length;
		if (s->quote_udp)
			length -= 8 - s->quote_udp;
		else if (s->quote_payload > 0)
			length += s->quote_payload;
	}
	if (s->quoted_total)
		set16(&whole, 2, s->quoted_total);
	put(f, whole.bytes, length);
	if (s->pad_to) {
		zeros(f, s->pad_to - length);
		put(f, "\x20\0\0\0\0\x08\x01\x01\0\x01\x02\x03", 12); /* RFC 4950, an MPLS label */
	}
}

static int icmp_length(const struct icmp_spec *s, int v6)
{
	if (s->raw_length)
		return s->raw_length;
	return s->say_length ? s->pad_to / (v6 ? 8 : 4) : 0;
}

struct frame icmp_frame(struct icmp_spec s)
{
	const char *reporter = s.reporter ? s.reporter : frame_resolver();
	const char *to = s.to ? s.to : client_text();
	struct udp_spec outer = {.options = s.options,
				 .ip_id = s.ip_id,
				 .no_ethernet = s.no_ethernet,
				 .tags = s.tags,
				 .pppoe = s.pppoe,
				 .mpls = s.mpls};
	int v6 = is_v6(reporter), type = s.type, code = s.code;
	struct frame f = {.ifindex = s.ifindex, .guest = s.quoted.guest};
	uint32_t at, icmp;

	if (!type)
		type = v6 ? 1 : 3;
	if (!s.type && !code && !s.code_zero)
		code = v6 ? 4 : 3;
	put_ethernet(&f, v6, &outer, 7);
	f.network = f.length;
	at = v6 ? put_ipv6(&f, &outer, 58, reporter, to) : put_ipv4(&f, &outer, 1, reporter, to);
	icmp = f.length;
	put8(&f, type);
	put8(&f, code);
	zeros(&f, 6);
	f.bytes[icmp + (v6 ? 4 : 5)] = icmp_length(&s, v6);
	put_quote(&f, &s);
	finish_ip(&f, at, v6, 0);
	cut_frame(&f, s.cut);
	return f;
}
