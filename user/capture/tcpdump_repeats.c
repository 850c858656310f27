// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* See tcpdump_repeats.h. */
#include "capture/tcpdump_repeats.h"

#include <string.h>

#define NS_PER_DAY 86400000000000ULL

static __u64 hash_bytes(__u64 hash, const void *bytes, size_t length)
{
	const __u8 *at = bytes;

	while (length--)
		hash = (hash ^ *at++) * 0x100000001b3ULL; /* FNV-1a */
	return hash;
}

__u64 repeats_hash(const struct text_entry *e)
{
	__u64 ns = e->stamp.ns % NS_PER_DAY, hash = 0xcbf29ce484222325ULL;

	hash = hash_bytes(hash, &ns, sizeof(ns));
	hash = hash_bytes(hash, &e->kind, sizeof(e->kind));
	hash = hash_bytes(hash, &e->from, sizeof(e->from));
	hash = hash_bytes(hash, &e->to, sizeof(e->to));
	hash = hash_bytes(hash, &e->dns.id, sizeof(e->dns.id));
	hash = hash_bytes(hash, &e->dns.flags, 2);
	hash = hash_bytes(hash, &e->icmp, sizeof(e->icmp));
	hash = hash_bytes(hash, &e->tcp, sizeof(e->tcp));
	hash = hash_bytes(hash, e->interface, strlen(e->interface));
	return hash ? hash : 1;
}

int repeats_note(struct repeats *r, __u64 hash)
{
	__u64 *place = &r->known[hash % LINES_KNOWN];
	int is_known = *place == hash;

	*place = hash;
	return is_known;
}

int repeats_is_quoted(struct repeats *r, const struct text_clock *clock,
		      const struct text_stamp *stamp, __u64 hash, int is_apart)
{
	int order;

	if (!repeats_note(r, hash))
		return 0;
	if (clock->mode == TIME_DIFFERENCES)
		return is_apart;
	order = text_clock_compare(clock, stamp);
	return order < 0 || (!order && is_apart);
}
