/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The counters of all resolvers as read at one moment: made by user/datapath/ (live) or by the
 * native engine (replay), read by user/health/. Plain data; who fills `resolvers` owns it.
 */
#ifndef HEALTH_SNAPSHOT_H
#define HEALTH_SNAPSHOT_H

#include <dnsreach.h>
#include <stddef.h>

struct resolver_snapshot {
	struct resolver_key key; /* all zero: the entry `other` */
	__u64 in_flight;	 /* open transactions, counted from the table */
	struct resolver_counters counters;
};

struct snapshot {
	__u64 at_ns;   /* the clock that ages are measured with: CLOCK_MONOTONIC, or packet time */
	__u64 wall_ns; /* the same moment since 1970-01-01 UTC, ns */
	struct resolver_snapshot *resolvers;
	size_t count;
	struct self_counters self;
	__u64 in_flight;       /* open transactions in all */
	__u64 samples_dropped; /* samples of failures that were left out, a count since the start */
	__u32 in_flight_capacity;
	__u32 resolvers_capacity;
};

/* Put the resolvers into the order of their keys: `other` comes first. */
void snapshot_sort(struct snapshot *s);

/* How many have an entry of their own; `other` is none. */
size_t snapshot_resolver_count(const struct snapshot *s);

/* Count an open transaction, for its resolver and in all. The resolvers must be sorted. */
void snapshot_count_open(struct snapshot *s, const struct resolver_key *resolver);

#endif
