/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* See spoil.h. */
#include "spoil.h"
#include "generate.h"

#include <string.h>

static unsigned below(uint64_t *random, unsigned n)
{
	return random_next(random) % n;
}

static int has_ethernet(const struct frame *f)
{
	return !f->native_only;
}

/* What the kernel would say of it now (eth_type_trans). */
static void find_protocol(struct frame *f)
{
	uint16_t type;

	if (!has_ethernet(f) || f->length < 14)
		return;
	type = f->bytes[12] << 8 | f->bytes[13];
	f->protocol = type < 0x600 ? 4 : type;
}

void spoil_bytes(uint64_t *random, struct frame *f)
{
	static const uint8_t values[] = {0, 1, 4, 6, 17, 44, 53, 0x45, 0x60, 0x7f, 0x80, 0xff};
	unsigned n = 1 + below(random, 3), most = f->length, at;

	if (most > 120 && below(random, 4))
		most = 120;
	while (n-- && most) {
		at = below(random, most);
		if (below(random, 3) == 0)
			f->bytes[at] = values[below(random, sizeof(values))];
		else if (below(random, 2))
			f->bytes[at] ^= 1 << below(random, 8);
		else
			f->bytes[at] = below(random, 256);
	}
	find_protocol(f);
}

void spoil_length(uint64_t *random, struct frame *f)
{
	unsigned more = below(random, 64);

	if (below(random, 3) && f->length) {
		f->wire_length = below(random, 2) ? f->length : 0; /* a snap length, or a lie */
		f->length = 1 + below(random, f->length);
	} else if (f->length + more <= sizeof(f->bytes)) {
		memset(f->bytes + f->length, 0, more);
		f->length += more;
	}
	find_protocol(f);
}

/* An IPv6 header of 8 bytes more, behind the fixed one. */
static void insert_extension(uint64_t *random, struct frame *f)
{
	static const uint8_t kinds[] = {0, 43, 60, 44};
	uint8_t *ip = f->bytes + f->network;
	unsigned length;

	if (f->length < f->network + 40 || f->length + 8 > sizeof(f->bytes))
		return;
	memmove(ip + 48, ip + 40, f->length - f->network - 40);
	memset(ip + 40, 0, 8);
	ip[40] = ip[6];
	ip[6] = kinds[below(random, sizeof(kinds))];
	if (ip[6] == 44)
		ip[43] = below(random, 2);
	length = (ip[4] << 8 | ip[5]) + 8;
	ip[4] = length >> 8;
	ip[5] = length;
	f->length += 8;
}

/* A PPPoE header, or MPLS labels, behind the Ethernet header. */
static void insert_link(uint64_t *random, struct frame *f)
{
	static const uint8_t labels[] = {0, 1, 0, 64, 0, 2, 1, 64}; /* the last has its bit */
	unsigned v6 = f->protocol == 0x86dd, length = 8, pppoe = below(random, 2);
	uint8_t *at = f->bytes + 14;

	if (!has_ethernet(f) || f->network != 14 || (!v6 && f->protocol != 0x0800) ||
	    f->length < 14 || f->length + length > sizeof(f->bytes))
		return;
	memmove(at + length, at, f->length - 14);
	memset(at, 0, length);
	if (pppoe) {
		at[0] = 0x11;
		at[7] = v6 ? 0x57 : 0x21;
	} else {
		memcpy(at, labels, length);
	}
	memcpy(f->bytes + 12, pppoe ? "\x88\x64" : "\x88\x47", 2);
	f->network += length;
	f->length += length;
	if (f->wire_length)
		f->wire_length += length;
	find_protocol(f);
}

/* A packet of a tunnel: GRE, IP in IP, or UDP to a port of VXLAN or GENEVE. */
static void make_tunnel(uint64_t *random, struct frame *f)
{
	static const uint8_t protocols[] = {4, 41, 47};
	static const uint16_t ports[] = {4789, 8472, 6081};
	uint8_t *ip = f->bytes + f->network;
	unsigned v6 = ip[0] >> 4 == 6, udp = v6 ? 40 : 20;
	uint16_t port = ports[below(random, 3)];

	if (f->length < f->network + udp + 4)
		return;
	if (below(random, 2)) {
		ip[v6 ? 6 : 9] = protocols[below(random, 3)];
		return;
	}
	ip[udp + 2] = port >> 8;
	ip[udp + 3] = port;
	if (below(random, 2))
		ip[udp] = ip[udp + 1] = 0xee; /* a response's watched port */
}

void spoil_ip(uint64_t *random, struct frame *f)
{
	uint8_t *ip = f->bytes + f->network;

	switch (below(random, 6)) {
	case 4:
		insert_link(random, f);
		break;
	case 5:
		make_tunnel(random, f);
		break;
	case 0:
		if (f->length > f->network + 40 && ip[0] >> 4 == 6)
			insert_extension(random, f);
		else if (f->length > f->network + 20 && ip[0] >> 4 == 4)
			ip[6] ^= below(random, 2) ? 0x20 : 0x40;
		break;
	case 1:
		if (f->length > f->network + 40 && ip[0] >> 4 == 6)
			insert_extension(random, f);
		else if (f->length > f->network + 20 && ip[0] >> 4 == 4)
			ip[6 + below(random, 2)] = below(random, 256);
		break;
	case 2:
		f->gso_size = below(random, 2) ? 1 + below(random, 64) : 1 + below(random, 2000);
		break;
	default:
		f->tagged = 1;
		f->vlan_tci = below(random, 2) ? 9 : 7;
		f->vlan_tci |= below(random, 8) << 13;
	}
}

void spoil_random(uint64_t *random, struct frame *f)
{
	unsigned i;

	memset((char *)f + sizeof(f->bytes), 0, sizeof(*f) - sizeof(f->bytes));
	f->length = 14 + below(random, 200);
	for (i = 0; i < f->length; i++)
		f->bytes[i] = random_next(random);
	f->network = 14;
	if (below(random, 8)) {
		unsigned v6 = below(random, 2);

		memcpy(f->bytes + 12, v6 ? "\x86\xdd" : "\x08\x00", 2);
		f->bytes[14] = v6 ? 0x60 : 0x40 | (4 + below(random, 4));
		if (below(random, 2) && f->length > 34)
			f->bytes[14 + (v6 ? 6 : 9)] = below(random, 2) ? 17 : v6 ? 58 : 1;
	}
	find_protocol(f);
}
