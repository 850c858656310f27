/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The three programs. They only observe: each lets the next one on the hook run (TC_ACT_UNSPEC,
 * which is also TCX_NEXT) and alters nothing.
 */
#include "datapath.h"
#include "sweep.h"

#define TC_ACT_UNSPEC (-1)

char LICENSE[] SEC("license") = "Dual BSD/GPL";

/* Egress: our queries. */
SEC("tc")
int count_queries(struct __sk_buff *skb)
{
	process_packet(skb, DIRECTION_OUT);
	return TC_ACT_UNSPEC;
}

/* Ingress: what comes back, responses and ICMP. */
SEC("tc")
int count_outcomes(struct __sk_buff *skb)
{
	process_packet(skb, DIRECTION_IN);
	return TC_ACT_UNSPEC;
}

/* By test run, about once a second: ends what has timed out. The packet does not matter. */
SEC("tc")
int sweep(struct __sk_buff *skb)
{
	sweep_all();
	return TC_ACT_UNSPEC;
}
