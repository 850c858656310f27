/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What a bridge sends although it came in by one of its own ports: netfilter translates it there,
 * and its answer does not pass the bridge. It is no query of this host's (docs/counters.md).
 */
#include "rig.h"

#include <stdio.h>

#define ISN 0x89abcdefU

/* link_b is a port, link_a what it is a port of. */
#define bridge() make_port(link_b, link_a, 1)
#define bond() make_port(link_b, link_a, 0)
#define within(...) query(.ifindex = link_a, .came_in = link_b, ##__VA_ARGS__)

static uint64_t connects(void)
{
	char row[80];

	snprintf(row, sizeof(row), "%s/tcp", frame_resolver());
	return counter_of(row, COUNTER_CONNECT_ATTEMPTS);
}

CASE(bridge_sends_what_its_port_received)
{
	bridge();
	within();
	within(.id = 2, .messages = 3, .segment = 40, .gso_size = 40);
	within(.tags = 1, .vlan = 7);
	expect(has_entry(frame_resolver()), 0);
	want_in_flight(0);
	query(.ifindex = link_a); /* its entry makes the fast path count */
	within(.id = 3);
	within(.id = 3);
	want(QUERIES, 1);
	want(FORWARDED, 0);
	want_in_flight(1);
}

CASE(bridge_sends_the_connect_that_its_port_received)
{
	bridge();
	within(.tcp = TCP_FLAG_SYN, .sequence = ISN);
	expect(connects(), 0);
	query(.ifindex = link_a, .tcp = TCP_FLAG_SYN, .sequence = ISN);
	within(.tcp = TCP_FLAG_SYN, .sequence = ISN);
	expect(connects(), 1);
	want_in_flight(1);
}

CASE(bridge_sends_what_cannot_be_read)
{
	bridge();
	within(.payload = 5);
	want_self(UNPARSED_SHORT, 0);
	query(.ifindex = link_b, .came_in = link_b, .payload = 5);
	want_self(UNPARSED_SHORT, 1);
}

CASE_V6(bridge_sends_to_a_link_local_resolver)
{
	bridge();
	within(.destination = "fe80::53");
	expect(has_entry("fe80::53"), 0);
	query(.destination = "fe80::53", .ifindex = link_b);
	want_of("fe80::53", QUERIES, 1); /* on a port, the scope is the bridge */
}

/* The bridge has passed it up, and it is routed. */
CASE(bridge_sends_what_it_received_itself)
{
	bridge();
	query(.ifindex = link_a, .came_in = link_a);
	query(.ifindex = link_a, .came_in = LINK_LO, .id = 2);
	want(QUERIES, 2);
	want(FORWARDED, 2);
}

CASE(bridge_is_passed_by_what_a_port_sends_elsewhere)
{
	bridge();
	query(.ifindex = LINK_LO, .came_in = link_b);
	want(QUERIES, 1);
	query(.ifindex = link_b, .came_in = link_a, .id = 2);
	want(QUERIES, 2);
}

/* A port of a bond is no guest's interface: what goes on by the bond leaves this host. */
CASE(bond_sends_what_its_port_received)
{
	bond();
	query(.ifindex = link_a, .came_in = link_b);
	want(QUERIES, 1);
	want(FORWARDED, 1);
}

CASE_GUESTS(bridge_and_the_guests_view)
{
	bridge();
	guest_query(.ifindex = link_b, .came_in = link_b);
	within();
	within();
	want_guest(QUERIES, 1);
	expect(has_entry(frame_resolver()), 0);
	guest_response(.ifindex = link_b);
	want_guest(ANSWERED_NOERROR, 1);
	guest_query(.ifindex = link_a, .came_in = link_b, .id = 2); /* a bridge as a guest */
	want_guest(QUERIES, 2);
}
