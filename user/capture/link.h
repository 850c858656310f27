/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Where the network header stands behind each kind of link-layer header, and which it is. */
#ifndef CAPTURE_LINK_H
#define CAPTURE_LINK_H

#include "capture/captured.h"

/* Return 0, or -ENOTSUP for a link type (libpcap's DLT_) that is not read. */
int link_supported(int type);

/* Return libpcap's DLT_ for a file's LINKTYPE_, -1 for a number that is none. */
int link_type_of_file(__u32 type);

/*
 * Find the IP header behind the Ethernet header, VLAN tags, PPPoE and MPLS of a packet as
 * link_read() leaves it. Returns its EtherType (host order) and its offset in *at; 0: neither IPv4
 * nor IPv6.
 */
__u16 link_find_ip(const struct captured *c, __u32 *at);

/*
 * Turn the packet in *c (`bytes`, `length`, `wire_length` with all headers) into what source.h says
 * of it: skips what is no Ethernet header, and sets `ifindex` when a header names the interface.
 */
void link_read(int type, struct captured *c);

#endif
