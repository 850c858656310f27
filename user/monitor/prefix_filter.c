/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Prefixes parsed, and the addresses of a packet compared with them. */
#include "monitor/prefix_filter.h"

#include "capture/link.h"
#include "util/log.h"
#include "util/address.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int parse_prefix(const char *text, struct ip_address *address, unsigned *length)
{
	const char *slash = strchr(text, '/');
	char plain[64], *end;
	unsigned long bits;
	int most;

	snprintf(plain, sizeof(plain), "%.*s", slash ? (int)(slash - text) : (int)strlen(text),
		 text);
	if (inet_pton(AF_INET, plain, &address->w[3]) == 1) {
		address->w[0] = address->w[1] = 0;
		address->w[2] = htonl(0xffff);
	} else if (inet_pton(AF_INET6, plain, address) != 1) {
		return -EINVAL;
	}
	most = address_is_ipv4(address) ? 32 : 128;
	bits = slash ? strtoul(slash + 1, &end, 10) : (unsigned long)most;
	if (slash && (slash[1] < '0' || slash[1] > '9' || *end || end == slash + 1 ||
		      bits > (unsigned long)most))
		return -EINVAL;
	*length = 128 - most + bits;
	return 0;
}

int prefix_filter_parse(const struct option_list *list, struct prefix_filter *ret)
{
	size_t i;

	ret->count = 0;
	for (i = 0; i < list->count; i++) {
		if (parse_prefix(list->items[i], &ret->of[i].address, &ret->of[i].length)) {
			log_error("--local: '%s' is not a prefix such as 192.0.2.0/24",
				  list->items[i]);
			return -EINVAL;
		}
		ret->count++;
	}
	return 0;
}

static int is_within(const struct ip_address *a, const struct ip_address *prefix, unsigned bits)
{
	__u32 i, mask;

	for (i = 0; i < 4 && bits; i++) {
		/* cppcheck-suppress shiftTooManyBits ; bits is at least 1 here */
		mask = bits >= 32 ? 0xffffffff : htonl(0xffffffffU << (32 - bits));
		if ((a->w[i] ^ prefix->w[i]) & mask)
			return 0;
		bits -= bits >= 32 ? 32 : bits;
	}
	return 1;
}

static int is_local(const struct prefix_filter *filter, const struct ip_address *a)
{
	size_t i;

	for (i = 0; i < filter->count; i++) {
		if (is_within(a, &filter->of[i].address, filter->of[i].length))
			return 1;
	}
	return 0;
}

/* Reads the packet's addresses, behind tags. Returns 1, or 0: there is no whole IP header. */
static int packet_addresses(const struct captured *c, struct ip_address *source,
			    struct ip_address *destination)
{
	__u32 at;
	__u16 type = link_find_ip(c, &at);

	if (type == 0x0800 && at + 20 <= c->length) {
		*source = *destination = (struct ip_address){{0, 0, htonl(0xffff), 0}};
		memcpy(&source->w[3], c->bytes + at + 12, 4);
		memcpy(&destination->w[3], c->bytes + at + 16, 4);
		return 1;
	}
	if (type == 0x86dd && at + 40 <= c->length) {
		memcpy(source, c->bytes + at + 8, 16);
		memcpy(destination, c->bytes + at + 24, 16);
		return 1;
	}
	return 0;
}

int prefix_filter_sends(const struct prefix_filter *filter, const struct captured *c)
{
	struct ip_address source, destination;

	return !filter->count ||
	       (packet_addresses(c, &source, &destination) && is_local(filter, &source));
}

int prefix_filter_receives(const struct prefix_filter *filter, const struct captured *c)
{
	struct ip_address source, destination;

	return !filter->count ||
	       (packet_addresses(c, &source, &destination) && is_local(filter, &destination));
}
