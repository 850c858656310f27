// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * For the benchmark: test run repeats one packet, and a transaction wants another one each time. So
 * `vary` writes a new port and message ID into the packet and goes on into whatever program stands
 * in `next`: the shipped one, or `nothing`, which makes the floor.
 */
#include <vmlinux.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
#include "vary.h"

#define TC_ACT_UNSPEC (-1)

char LICENSE[] SEC("license") = "Dual BSD/GPL";

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__type(key, __u32);
	__type(value, __u32);
	__uint(max_entries, 1);
} next SEC(".maps");

struct varying varying;

static __always_inline int put(struct __sk_buff *skb, __u32 at, __u16 value)
{
	void *data = (void *)(long)skb->data;
	__u16 *to;

	if (at > 256)
		return -1;
	to = data + at;
	if ((void *)(to + 1) > (void *)(long)skb->data_end)
		return -1;
	*to = bpf_htons(value);
	return 0;
}

SEC("tc")
int vary(struct __sk_buff *skb)
{
	__u64 n = varying.n++;

	if (put(skb, varying.port_at, varying.first_port + (n >> varying.port_shift)) ||
	    put(skb, varying.id_at, n))
		return TC_ACT_UNSPEC;
	bpf_tail_call_static(skb, &next, 0);
	return TC_ACT_UNSPEC;
}

SEC("tc")
int nothing(struct __sk_buff *skb)
{
	return TC_ACT_UNSPEC;
}
