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

/*
 * On a guest's interface that the host's own queries can leave by, too: one program a side for both
 * origins. A TCX link takes an RCU grace period under the lock of rtnetlink, so two are better than
 * four. Each origin has a frame of its own: inlined into one, the two exceed the stack of BPF.
 */
__noinline int process_host_query(struct __sk_buff *skb)
{
	process_packet(skb, DIRECTION_OUT, ORIGIN_HOST);
	return 0;
}

__noinline int process_host_outcome(struct __sk_buff *skb)
{
	process_packet(skb, DIRECTION_IN, ORIGIN_HOST);
	return 0;
}

__noinline int process_guest_query(struct __sk_buff *skb)
{
	process_packet(skb, DIRECTION_OUT, ORIGIN_GUEST);
	return 0;
}

__noinline int process_guest_outcome(struct __sk_buff *skb)
{
	process_packet(skb, DIRECTION_IN, ORIGIN_GUEST);
	return 0;
}

SEC("tc")
int count_both_in(struct __sk_buff *skb)
{
	process_guest_query(skb);
	process_host_outcome(skb);
	return TC_ACT_UNSPEC;
}

SEC("tc")
int count_both_out(struct __sk_buff *skb)
{
	process_host_query(skb);
	process_guest_outcome(skb);
	return TC_ACT_UNSPEC;
}

/* By test run, about once a second. Ignores its packet. */
SEC("tc")
int sweep(struct __sk_buff *skb)
{
	sweep_all();
	return TC_ACT_UNSPEC;
}
