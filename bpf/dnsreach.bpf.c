/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The programs. They only observe: each returns TC_ACT_UNSPEC (equal to TCX_NEXT), so that
 * the next program on the hook runs, and alters no packet.
 */
#include "datapath.h"
#include "sweep.h"

#define TC_ACT_UNSPEC (-1)

char LICENSE[] SEC("license") = "Dual BSD/GPL";

/* Egress: queries. */
SEC("tc")
int count_queries(struct __sk_buff *skb)
{
	process_packet(skb, DIRECTION_OUT, ORIGIN_HOST);
	return TC_ACT_UNSPEC;
}

/* Ingress: responses and ICMP messages. */
SEC("tc")
int count_outcomes(struct __sk_buff *skb)
{
	process_packet(skb, DIRECTION_IN, ORIGIN_HOST);
	return TC_ACT_UNSPEC;
}

/* Ingress of a guest's interface, on the host's side: what the guest sends are queries. */
SEC("tc")
int count_guest_queries(struct __sk_buff *skb)
{
	process_packet(skb, DIRECTION_OUT, ORIGIN_GUEST);
	return TC_ACT_UNSPEC;
}

/* Egress there: responses and ICMP messages to the guest. */
SEC("tc")
int count_guest_outcomes(struct __sk_buff *skb)
{
	process_packet(skb, DIRECTION_IN, ORIGIN_GUEST);
	return TC_ACT_UNSPEC;
}

/* By test run, about once a second. Ignores its packet. */
SEC("tc")
int sweep(struct __sk_buff *skb)
{
	sweep_all();
	return TC_ACT_UNSPEC;
}
