/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * When a text last showed a packet of other traffic from one address to another: an ICMP message
 * that names no port may be about that packet. A bounded number of pairs of addresses is kept; of
 * those that gave way, only the time is.
 */
#ifndef CAPTURE_OTHER_TRAFFIC_H
#define CAPTURE_OTHER_TRAFFIC_H

#include <dnsreach.h>

#define OTHER_SETS 1024
#define OTHER_PAIRS_OF_SET 4

struct other_pair {
	struct ip_address from, to;
	__u64 latest; /* time of the latest packet, in ns, + 1; 0: no pair */
};

/* The pairs of the same hash. */
struct other_set {
	struct other_pair pair[OTHER_PAIRS_OF_SET];
	__u64 forgotten; /* `latest` of the latest pair that gave way; 0: none did */
};

/* Zeroed is empty. */
struct other_traffic {
	struct other_set set[OTHER_SETS];
};

/* Note a packet at `now`, in ns. The pair that was seen longest ago gives way. */
void other_traffic_note(struct other_traffic *o, const struct ip_address *from,
			const struct ip_address *to, __u64 now);

/*
 * Tell whether a packet went from one address to the other at `since_ns` or later. Where pairs gave
 * way since then, it may have been one of them. Returns 1 or 0.
 */
int other_traffic_is_since(const struct other_traffic *o, const struct ip_address *from,
			   const struct ip_address *to, __u64 since_ns);

#endif
