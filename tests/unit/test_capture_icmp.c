// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* ICMP messages in tcpdump's text: their forms, and which query they are about. */
#include "recorded.h"

#define QUERY "10:00:00.000000 IP 192.0.2.1.40000 > 192.0.2.53.53: 7+ A? a.example. (27)\n"
#define QUERY_V6 "10:00:00.000000 IP6 2001:db8::1.40000 > 2001:db8::53.53: 7+ A? a.example. (27)\n"

static struct recorded got;
static char text[65536];

static struct recorded_packet *only(const char *what)
{
	read_text(what, &got);
	if (got.result || got.count != 1 || got.stats.unreadable)
		fail_msg("%d, %zu packets of one, %s: %s%s", got.result, got.count,
			 got.stats.diagnostics[0].what, what, got.message);
	assert_true(got.seen[0].checksums_right);
	return &got.seen[0];
}

static const struct {
	int version;
	const char *text;
	unsigned int type, code, mtu;
} icmp_rows[] = {
	{4, "ICMP 192.0.2.53 udp port 53 unreachable, length 63", 3, 3, 0},
	{4, "ICMP 192.0.2.53\nudp port domain unreachable length 254", 3, 3, 0},
	{4, "ICMP host 192.0.2.53 unreachable, length 63", 3, 1, 0},
	{4, "ICMP net 192.0.2.53 unreachable, length 63", 3, 0, 0},
	{4, "ICMP 192.0.2.53 protocol 17 unreachable, length 63", 3, 2, 0},
	{4, "ICMP 192.0.2.53 unreachable - need to frag (mtu 1400), length 63", 3, 4, 1400},
	{4, "ICMP 192.0.2.53 unreachable - need to frag, length 63", 3, 4, 0},
	{4, "ICMP 192.0.2.53 unreachable - source route failed, length 63", 3, 5, 0},
	{4, "ICMP net 192.0.2.53 unreachable - unknown, length 63", 3, 6, 0},
	{4, "ICMP host 192.0.2.53 unreachable - unknown, length 63", 3, 7, 0},
	{4, "ICMP 192.0.2.53 unreachable - source host isolated, length 63", 3, 8, 0},
	{4, "ICMP net 192.0.2.53 unreachable - admin prohibited, length 63", 3, 9, 0},
	{4, "ICMP host 192.0.2.53 unreachable - admin\nprohibited, length 63", 3, 10, 0},
	{4, "ICMP net 192.0.2.53 unreachable - tos prohibited, length 63", 3, 11, 0},
	{4, "ICMP host 192.0.2.53 unreachable - tos prohibited, length 63", 3, 12, 0},
	{4, "ICMP host 192.0.2.53 unreachable - admin prohibited filter, length 63", 3, 13, 0},
	{4, "ICMP host 192.0.2.53 unreachable - host precedence violation, length 63", 3, 14, 0},
	{4, "ICMP host 192.0.2.53 unreachable - precedence cutoff, length 63", 3, 15, 0},
	{4, "icmp: 192.0.2.53 udp port 53 unreachable", 3, 3, 0},
	{4, "icmp 67: 192.0.2.53 udp port domain unreachable (DF)", 3, 3, 0},
	{4, "icmp: host 192.0.2.53 unreachable [tos 0xc0]", 3, 1, 0},
	{4, "ICMP net 192.0.2.53 unreachable - #16, length 63", 3, 16, 0},
	{6, "ICMP6, destination unreachable, unreachable port, 2001:db8::53 udp port 53, length 83",
	 1, 4, 0},
	{6, "ICMP6, destination unreachable, unreachable route 2001:db8::53, length 83", 1, 0, 0},
	{6, "ICMP6, destination unreachable,  unreachable prohibited 2001:db8::53, length 83", 1, 1,
	 0},
	{6, "ICMP6, destination unreachable, beyond scope 2001:db8::53, source address 2001:db8::1",
	 1, 2, 0},
	{6, "ICMP6, destination unreachable, unreachable address 2001:db8::53, length 83", 1, 3, 0},
	{6, "icmp6: 2001:db8::53 udp port 53 unreachable", 1, 4, 0},
	{6, "icmp6: 2001:db8::53 unreachable prohibited", 1, 1, 0},
	{6, "ICMP6, time exceeded in-transit for 2001:db8::53, length 83", 3, 0, 0},
};

static void every_icmp_error_quotes_the_open_query(void **state)
{
	const struct recorded_packet *s;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(icmp_rows) / sizeof(*icmp_rows); i++) {
		int v4 = icmp_rows[i].version == 4;

		snprintf(text, sizeof(text), "%s10:00:01.0 IP%s %s: %s\n", v4 ? QUERY : QUERY_V6,
			 v4 ? "" : "6",
			 v4 ? "198.51.100.9 > 192.0.2.1" : "2001:db8:9::9 > 2001:db8::1",
			 icmp_rows[i].text);
		read_text(text, &got);
		s = &got.seen[1];
		if (got.count != 2 || s->type != icmp_rows[i].type ||
		    s->code != icmp_rows[i].code || s->mtu != icmp_rows[i].mtu)
			fail_msg("%s: %zu packets, type %u, code %u, mtu %u", icmp_rows[i].text,
				 got.count, s->type, s->code, s->mtu);
		assert_string_equal(s->from, v4 ? "198.51.100.9" : "2001:db8:9::9");
		assert_string_equal(s->to, v4 ? "192.0.2.1" : "2001:db8::1");
		assert_string_equal(s->quoted_from, s->to);
		assert_string_equal(s->quoted_to, v4 ? "192.0.2.53" : "2001:db8::53");
		assert_int_equal(s->from_port, 40000);
		assert_int_equal(s->id, 7);
		assert_string_equal(s->name, "a.example.");
		assert_true(s->checksums_right);
		assert_int_equal(got.stats.inferred_quotes, 1);
		assert_int_equal(got.stats.unreadable, 0);
	}
}

/* A message that names no port and shows no quote is not about DNS. */
static void icmp_that_names_nothing_is_not_about_dns(void **state)
{
	static const char *const messages[] = {
		"IP 198.51.100.9 > 192.0.2.1: ICMP time exceeded in-transit, length 63",
		"IP 198.51.100.9 > 192.0.2.1: ICMP ip reassembly time exceeded, length 63",
		"IP 198.51.100.9 > 192.0.2.1: ICMP parameter problem - octet 20, length 63",
		"IP 192.0.2.53 > 192.0.2.1: ICMP time exceeded in-transit, length 63",
		"IP 198.51.100.9 > 192.0.2.1: ICMP host 198.51.100.80 unreachable, length 63",
		"IP6 2001:db8:9::9 > 2001:db8::1: ICMP6, packet too big, mtu 1280, length 83",
		"IP6 2001:db8:9::9 > 2001:db8::1: ICMP6, time exceeded in-transit (reassembly)",
		"IP6 2001:db8:9::9 > 2001:db8::1: ICMP6, parameter problem, next header - octet 6",
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(messages) / sizeof(*messages); i++) {
		snprintf(text, sizeof(text), "%s%s10:00:01.0 %s\n", QUERY, QUERY_V6, messages[i]);
		read_text(text, &got);
		if (got.count != 2 || got.stats.unreadable)
			fail_msg("%s: %zu packets", messages[i], got.count);
	}
}

/* It is not counted, but it may be about a query that is open: then it is said. */
static void an_unreachable_of_icmpv6_that_names_nothing_is_said(void **state)
{
	static const char line[] = "10:00:01.0 IP6 2001:db8:9::9 > 2001:db8::1: ICMP6, destination "
				   "unreachable, unknown unreach code (5)\n";

	(void)state;
	snprintf(text, sizeof(text), "%s%s", QUERY_V6, line);
	read_text(text, &got);
	assert_int_equal(got.count, 1);
	assert_int_equal(got.stats.unreadable, 1);
	assert_int_equal(got.stats.dns_lost, 0);
	assert_non_null(strstr(got.stats.diagnostics[0].what, "does not say what it is about"));
	snprintf(text, sizeof(text), "%s%s", QUERY, line);
	read_text(text, &got);
	assert_int_equal(got.count, 1);
	assert_int_equal(got.stats.unreadable, 0);
}

/* The bytes below a line of -x or -X are the packet: its quote is read, not inferred. */
static void a_quote_in_the_bytes_of_a_packet_is_read(void **state)
{
	static const char lines[] =
		QUERY "10:00:00.5 IP 192.0.2.1.40001 > 192.0.2.53.53: 8+ A? b.example. (27)\n"
		      "10:00:01.0 IP 192.0.2.53 > 192.0.2.1: ICMP 192.0.2.53 udp port 53 "
		      "unreachable, length 63\n"
		      "\t0x0000:  45c0 0053 0001 0000 4001 0000 c000 0235  E..S....@......5\n"
		      "\t0x0010:  c000 0201 0303 0000 0000 0000 4500 0037  ............E..7\n"
		      "\t0x0020:  0000 4000 4011 0000 c000 0201 c000 0235  ..@.@..........5\n"
		      "\t0x0030:  9c41 0035 0023 0000 0008 0100 0001 0000  .A.5.#..........\n"
		      "\t0x0040:  0000 0000 0162 0765 7861 6d70 6c65 0000  .....b.example..\n"
		      "\t0x0050:  0100 01                                  ...\n";

	(void)state;
	read_text(lines, &got);
	assert_int_equal(got.count, 3);
	assert_int_equal(got.stats.unreadable, 0);
	assert_int_equal(got.stats.inferred_quotes, 0);
	assert_int_equal(got.seen[2].from_port, 40001);
	assert_int_equal(got.seen[2].id, 8);
	assert_string_equal(got.seen[2].name, "b.example.");
}

/* A person has added the zone; the number behind its last dot is the port. */
static void an_address_may_have_a_zone(void **state)
{
	(void)state;
	read_text("10:00:00.0 IP6 fe80::2.40000 > fe80::1%eth0.53: 7+ A? a.example. (27)\n"
		  "10:00:00.1 IP6 fe80::1%eth0.53 > fe80::2%wlan0.40000: 7 1/0/0 A 192.0.2.1 (43)\n"
		  "10:00:01.0 IP6 fe80::2%eth0.7.40001 > fe80::1%eth0.7.53: 8+ A? b.example. (27)\n"
		  "10:00:01.1 IP6 fe80::1%eth0 > fe80::2%eth0: ICMP6, destination unreachable, "
		  "unreachable port, fe80::1 udp port 53, length 83\n",
		  &got);
	assert_int_equal(got.stats.unreadable, 0);
	assert_int_equal(got.count, 4);
	assert_int_equal(got.seen[0].from_port, 40000);
	assert_string_equal(got.seen[0].name, "a.example.");
	assert_int_equal(got.seen[2].from_port, 40001);
	assert_int_equal(got.seen[2].id, 8);
	assert_int_equal(got.seen[3].type, 1);
	assert_int_equal(got.seen[3].from_port, 40001);
}

/*
 * A zone may look like a port, as that of a VLAN. Behind an address that has a port the last number
 * is the port; in a line of ICMP, whose addresses have none, all of it is the zone.
 */
static void a_zone_that_looks_like_a_port_loses_no_line(void **state)
{
	static const char *const zones[][2] = {
		{"", ""},
		{"%eth0", "%eth0"},
		{"%eth0.100", "%eth0.100"},
		{"%eth0.70000", "%eth0.70000"},
		{"%eth0.53", "%eth0.53"},
		{"%br-1.53", "%br-1.53"},
		{"%br-lan", "%br-lan"},
		{"%br.lan", "%br.lan"},
		{"%3", "%3"},
		{"%53", "%53"},
		{"%veth1.2.3", "%wg0"},
		{"", "%eth0.53"},
		{"%eth0.domain", ""},
	};
	static const char *const marks[] = {"", "[icmp6 sum ok] ", "HBH "};
	size_t i, j;

	(void)state;
	for (i = 0; i < sizeof(zones) / sizeof(*zones); i++) {
		for (j = 0; j < 3; j++) {
			const char *client = zones[i][0], *resolver = zones[i][1];

			snprintf(
				text, sizeof(text),
				"10:00:00.0 IP6 fe80::2%s.40001 > fe80::1%s.53: 8+ A? b.ex. (22)\n"
				"10:00:00.1 IP6 fe80::1%s > fe80::2%s: %sICMP6, destination "
				"unreachable, unreachable port, fe80::1%s udp port 53, length 85\n",
				client, resolver, resolver, client, marks[j], resolver);
			read_text(text, &got);
			if (got.count != 2 || got.stats.unreadable || got.seen[1].type != 1 ||
			    got.seen[1].from_port != 40001 || got.seen[1].id != 8)
				fail_msg("%s: %zu packets, %llu not read", text, got.count,
					 (unsigned long long)got.stats.unreadable);
		}
	}
}

/* Other lines without ports, in one of which the zone is no port of DNS. */
static void a_zone_of_other_traffic_is_no_port(void **state)
{
	static const char *const others[] = {"ESP(spi=0x1,seq=0x1), length 90", "OSPFv3, Hello",
					     "frag (1448|52)", "DSTOPT (padn) no next header"};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(others) / sizeof(*others); i++) {
		snprintf(text, sizeof(text),
			 "%s10:00:01.0 IP6 fe80::1%%eth0.53 > fe80::2%%eth0.53: %s\n", QUERY_V6,
			 others[i]);
		read_text(text, &got);
		if (got.count != 1 || got.stats.unreadable)
			fail_msg("%s: %zu packets: %s", others[i], got.count,
				 got.stats.diagnostic_count ? got.stats.diagnostics[0].what : "");
	}
}

/* RFC 4007: a zone is that of an IPv6 address. The line is not read, and that is said. */
static void ipv4_has_no_zone(void **state)
{
	(void)state;
	read_text("10:00:00.0 IP 192.0.2.1%eth0.40000 > 192.0.2.53.53: 7+ A? a.example. (27)\n"
		  "10:00:01.0 IP 192.0.2.1.40001 > 192.0.2.53.53: 8+ A? b.example. (27)\n"
		  "10:00:01.1 IP 192.0.2.53 > 192.0.2.1: ICMP 192.0.2.53%eth0 udp port 53 "
		  "unreachable, length 48\n",
		  &got);
	assert_int_equal(got.count, 1);
	assert_int_equal(got.stats.unreadable, 2);
	assert_int_equal(got.stats.dns_lost, 2);
}

static void an_unreachable_of_icmpv6_from_the_resolver_itself_is_about_its_query(void **state)
{
	static const struct {
		const char *text;
		unsigned int code;
	} rows[] = {{"destination unreachable[|icmp6]", 255},
		    {"destination unreachable, [|icmp6]", 255},
		    {"destination unreachable, unknown unreach code (5)", 5}};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		snprintf(text, sizeof(text),
			 "%s10:00:01.0 IP6 2001:db8::53 > 2001:db8::1: ICMP6, %s\n", QUERY_V6,
			 rows[i].text);
		read_text(text, &got);
		assert_int_equal(got.count, 2);
		assert_int_equal(got.seen[1].type, 1);
		assert_int_equal(got.seen[1].code, rows[i].code);
		assert_int_equal(got.seen[1].from_port, 40000);
		assert_int_equal(got.seen[1].id, 7);
	}
	/* With no query left that it could be about, a cut one is lost, and said to be. */
	snprintf(text, sizeof(text), "%s%s%s", QUERY_V6,
		 "10:00:01.0 IP6 2001:db8::53 > 2001:db8::1: ICMP6, destination "
		 "unreachable[|icmp6]\n",
		 "10:00:01.1 IP6 2001:db8::53 > 2001:db8::1: ICMP6, destination "
		 "unreachable[|icmp6]\n");
	read_text(text, &got);
	assert_int_equal(got.count, 2);
	assert_int_equal(got.stats.dns_lost, 1);
}

#define QUERY_OF(time, port, id)                                                                   \
	time " IP 192.0.2.1." #port " > 192.0.2.53.53: " #id "+ A? a. (20)\n"
#define REFUSED_AT(time)                                                                           \
	time " IP 192.0.2.53 > 192.0.2.1: ICMP 192.0.2.53 udp port 53 unreachable, length 63\n"

static void each_icmp_message_takes_the_oldest_open_query_that_none_has_taken(void **state)
{
	(void)state;
	read_text(QUERY_OF("10:00:00.0", 1001, 1) QUERY_OF("10:00:00.1", 1001, 2)
			  QUERY_OF("10:00:00.2", 1002,
				   3) "10:00:00.3 IP 192.0.2.53.53 > 192.0.2.1.1001: 2 0/0/0 "
				      "(20)\n" REFUSED_AT("10:00:00.4") REFUSED_AT("10:00:00.5")
					      REFUSED_AT("10:00:00.6"),
		  &got);
	assert_int_equal(got.count, 7);
	assert_int_equal(got.seen[4].id, 1);
	assert_int_equal(got.seen[5].id, 3);
	assert_int_equal(got.seen[6].from_port, 1); /* none is left: unmatched */
	assert_int_equal(got.stats.inferred_quotes, 2);
	assert_int_equal(got.stats.unquoted_icmp, 3);
}

static void the_latest_timed_out_query_is_taken_when_none_is_open(void **state)
{
	(void)state;
	read_text(QUERY_OF("10:00:00.0", 1001, 1) QUERY_OF("10:00:10.0", 1002, 2)
			  QUERY_OF("10:00:20.0", 1003, 3) REFUSED_AT("10:00:25.0")
				  REFUSED_AT("10:00:25.1") REFUSED_AT("10:00:25.2"),
		  &got);
	assert_int_equal(got.count, 6);
	assert_int_equal(got.seen[3].id, 3); /* 5 s old: open still */
	assert_int_equal(got.seen[4].id, 2);
	assert_int_equal(got.seen[5].id, 1);
}

static void the_latest_query_is_that_of_the_client_resolver_and_port(void **state)
{
	static const char log[] =
		"10:00:00.0 IP 192.0.2.1.1001 > 192.0.2.53.53: 1+ A? a. (20)\n"
		"10:00:00.1 IP 192.0.2.2.1002 > 192.0.2.53.53: 2+ A? a. (20)\n"
		"10:00:00.2 IP 192.0.2.1.1003 > 192.0.2.54.53: 3+ A? a. (20)\n"
		"10:00:00.3 IP 192.0.2.1.1004 > 192.0.2.53.5353: 4+ A? a. (20)\n"
		"10:00:01.0 IP 192.0.2.53 > 192.0.2.1: ICMP 192.0.2.53 udp port 53 unreachable, "
		"length 63\n"
		"10:00:01.1 IP 192.0.2.9 > 192.0.2.1: ICMP host 192.0.2.54 unreachable, length 63\n"
		"10:00:01.2 IP 192.0.2.9 > 192.0.2.2: ICMP host 192.0.2.53 unreachable, length 63\n"
		"10:00:01.3 IP 192.0.2.9 > 192.0.2.1: ICMP net 192.0.2.53 unreachable, length 63\n";
	static const unsigned int ids[] = {1, 3, 2, 4};
	static const __u16 ports[] = {53, 5353};
	struct source_options options = {.ports = ports, .port_count = 2};
	size_t i;

	(void)state;
	write_bytes(log, sizeof(log) - 1);
	read_path(recorded_path, &options, 1, &got);
	assert_int_equal(got.count, 8);
	for (i = 0; i < 4; i++)
		assert_int_equal(got.seen[4 + i].id, ids[i]);
	assert_int_equal(got.stats.inferred_quotes, 4);
}

static void no_query_known_makes_a_quote_that_fits_none(void **state)
{
	const struct recorded_packet *s;

	(void)state;
	s = only("10:00:01.0 IP 192.0.2.53 > 192.0.2.1: ICMP 192.0.2.53 udp port 53 unreachable, "
		 "length 63\n");
	assert_int_equal(s->from_port, 1);
	assert_int_equal(s->to_port, 53);
	assert_int_equal(s->id, 0);
	assert_int_equal(s->quoted_dns, 12);
	assert_int_equal(got.stats.inferred_quotes, 0);
}

static void a_quote_that_is_shown_is_taken(void **state)
{
	static const char shown[] =
		"10:00:00.0 IP 192.0.2.1.40009 > 192.0.2.53.53: 9+ A? b.example. (27)\n"
		"10:00:01.0 IP (tos 0xc0, ttl 64, id 1, offset 0, flags [none], proto ICMP (1), "
		"length 83)\n"
		"    192.0.2.53 > 192.0.2.1: ICMP 192.0.2.53 udp port 53 unreachable, length 63\n"
		"\tIP (tos 0x0, ttl 64, id 2, offset 0, flags [DF], proto UDP (17), length 55)\n"
		"    192.0.2.1.40000 > 192.0.2.53.53: ";

	(void)state;
	snprintf(text, sizeof(text), "%s7+ A? a.example. (27)\n", shown);
	read_text(text, &got);
	assert_int_equal(got.count, 2);
	assert_int_equal(got.seen[1].from_port, 40000);
	assert_int_equal(got.seen[1].id, 7);
	assert_string_equal(got.seen[1].name, "a.example.");
	assert_int_equal(got.stats.inferred_quotes, 0);
	snprintf(text, sizeof(text), "%s [|domain]\n", shown);
	read_text(text, &got);
	assert_int_equal(got.count, 2);
	assert_int_equal(got.seen[1].from_port, 40000);
	assert_int_equal(got.seen[1].quoted_dns, 0); /* a short quote */
}

/* Lines between the query and an ICMP message that names only the resolver's address. */
static const struct {
	const char *line;
	int version, is_other; /* is_other: the message may be about this packet */
} others[] = {
	{"IP 192.0.2.1.45000 > 192.0.2.53.853: Flags [S], seq 1, win 64240, length 0", 4, 1},
	{"IP 192.0.2.1.45000 > 192.0.2.53.53: Flags [S], seq 1, win 64240, length 0", 4, 1},
	{"IP 192.0.2.1 > 192.0.2.53: ICMP echo request, id 1, seq 1, length 64", 4, 1},
	{"IP 192.0.2.1.45000 > 192.0.2.53.33434: UDP, length 32", 4, 1},
	{"IP 192.0.2.1 > 192.0.2.53: ESP(spi=0x00000001,seq=0x1), length 132", 4, 1},
	{"IP 192.0.2.1.53 > 192.0.2.53.40000: 9 1/0/0 A 203.0.113.1 (44)", 4, 1},
	{"00:00:5e:00:53:01 > 00:00:5e:00:53:02, ethertype IPv4 (0x0800), length 74: "
	 "192.0.2.1.45000 > 192.0.2.53.853: Flags [S], seq 1, win 64240, length 0",
	 4, 1},
	{"IP (tos 0x0, ttl 64, id 1, offset 0, flags [DF], proto TCP (6), length 60)\n"
	 "    192.0.2.1.45000 > 192.0.2.53.853: Flags [S], cksum 0x1 (correct), seq 1, length 0",
	 4, 1},
	{"IP 192.0.2.1.45000 > 192.0.2.5\n3.853: Flags [S], seq 1, win 64240, length 0", 4, 1},
	{"IP6 2001:db8::1.45000 > 2001:db8::53.853: Flags [S], seq 1, length 0", 6, 1},
	{"IP6 2001:db8::1 > 2001:db8::53: ICMP6, echo request, id 1, seq 1, length 64", 6, 1},
	{"IP6 2001:db8::1.45000 > 2001:db8::53.33434: UDP, length 32", 6, 1},
	{"IP 192.0.2.2.45000 > 192.0.2.53.853: Flags [S], seq 1, win 64240, length 0", 4, 0},
	{"IP 192.0.2.1.45000 > 192.0.2.54.853: Flags [S], seq 1, win 64240, length 0", 4, 0},
	{"IP 192.0.2.53.853 > 192.0.2.1.45000: Flags [R.], seq 0, ack 1, win 0, length 0", 4, 0},
	{"IP 192.0.2.1 > 192.0.2.53: ICMP 192.0.2.1 udp port 40001 unreachable, length 80", 4, 0},
	{"IP6 2001:db8::2.45000 > 2001:db8::53.853: Flags [S], seq 1, length 0", 6, 0},
	{"ARP, Request who-has 192.0.2.53 tell 192.0.2.1, length 28", 4, 0},
};

#define HOST "IP 198.51.100.9 > 192.0.2.1: ICMP host 192.0.2.53 unreachable - admin prohibited"
#define HOST_V6                                                                                    \
	"IP6 2001:db8:9::9 > 2001:db8::1: ICMP6, destination unreachable, unreachable route "      \
	"2001:db8::53"

/* Read `text`, whose last line is the message: is it about the query 7? Else it must be said. */
static int is_about_query(__u64 line)
{
	read_text(text, &got);
	if (got.stats.inferred_quotes == 1 && !got.stats.unreadable &&
	    got.seen[got.count - 1].id == 7)
		return 1;
	if (got.stats.inferred_quotes || got.stats.unquoted_icmp || got.stats.unreadable != 1 ||
	    got.stats.dns_lost != 1 || got.stats.diagnostics[0].line != line ||
	    !strstr(got.stats.diagnostics[0].what,
		    "names no port, and the client also sent other packets to that address"))
		fail_msg("neither counted nor said at line %llu: %s%s", line, text,
			 got.stats.diagnostics[0].what);
	return 0;
}

static void a_message_that_names_only_an_address_is_not_counted_beside_other_traffic(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(others) / sizeof(*others); i++) {
		const char *query = others[i].version == 4 ? QUERY : QUERY_V6;
		const char *message = others[i].version == 4 ? HOST : HOST_V6;
		const char *line = others[i].line;
		int is_split = !!strchr(line, '\n');

		snprintf(text, sizeof(text),
			 "%s10:00:00.100000 %s\n10:00:00.200000 %s, length 48\n", query, line,
			 message);
		if (is_about_query(is_split ? 4 : 3) == others[i].is_other)
			fail_msg("behind the query: %s", line);
		snprintf(text, sizeof(text),
			 "09:59:59.000000 %s\n%s10:00:00.200000 %s, length 48\n", line, query,
			 message);
		if (is_about_query(is_split ? 4 : 3) == others[i].is_other)
			fail_msg("before the query: %s", line);
	}
}

static void other_traffic_long_before_the_query_or_behind_the_message_changes_nothing(void **state)
{
	(void)state;
	snprintf(text, sizeof(text), "09:59:54.900000 %s\n%s10:00:00.200000 %s, length 48\n",
		 others[0].line, QUERY, HOST);
	assert_true(is_about_query(3));
	snprintf(text, sizeof(text), "09:59:55.000000 %s\n%s10:00:00.200000 %s, length 48\n",
		 others[0].line, QUERY, HOST);
	assert_false(is_about_query(3));
	snprintf(text, sizeof(text), "%s10:00:00.200000 %s, length 48\n10:00:00.300000 %s\n", QUERY,
		 HOST, others[0].line);
	read_text(text, &got);
	assert_int_equal(got.stats.inferred_quotes, 1);
	assert_int_equal(got.stats.unreadable, 0);
}

/* The message names its port: it is about DNS, whatever else the client sent. */
static void a_message_that_names_a_port_is_counted_beside_other_traffic(void **state)
{
	(void)state;
	snprintf(text, sizeof(text),
		 "%s10:00:00.100000 %s\n10:00:00.200000 IP 192.0.2.53 > 192.0.2.1: ICMP 192.0.2.53 "
		 "udp port 53 unreachable, length 48\n",
		 QUERY, others[0].line);
	assert_true(is_about_query(3));
}

static void a_further_query_is_no_other_traffic(void **state)
{
	(void)state;
	snprintf(text, sizeof(text), "%s%s10:00:00.200000 %s, length 48\n", QUERY,
		 "10:00:00.100000 IP 192.0.2.1.40001 > 192.0.2.53.53: 8+ AAAA? a.example. (27)\n",
		 HOST);
	assert_true(is_about_query(3));
}

/* It takes no query: the next message that names the port gets it. */
static void a_message_that_is_not_counted_leaves_the_query(void **state)
{
	(void)state;
	snprintf(text, sizeof(text),
		 "%s10:00:00.100000 %s\n10:00:00.200000 %s, length 48\n10:00:00.300000 "
		 "IP 192.0.2.53 > 192.0.2.1: ICMP 192.0.2.53 udp port 53 unreachable, length 48\n",
		 QUERY, others[0].line, HOST);
	read_text(text, &got);
	assert_int_equal(got.count, 3); /* the query, the SYN and the message with the port */
	assert_int_equal(got.seen[2].id, 7);
	assert_int_equal(got.stats.unreadable, 1);
}

/* Such a message may be about the connect, which came long after the answer. */
static void a_message_about_a_resolver_that_answered_is_said_beside_other_traffic(void **state)
{
	(void)state;
	snprintf(text, sizeof(text),
		 "%s10:00:00.010000 IP 192.0.2.53.53 > 192.0.2.1.40000: 7 0/0/0 (27)\n"
		 "10:10:00.000000 %s\n10:10:00.200000 %s, length 48\n",
		 QUERY, others[0].line, HOST);
	assert_false(is_about_query(4));
}

/* An open query is matched, and an older packet counts for it, though a later query is there. */
static void other_traffic_counts_from_the_query_that_the_message_fits(void **state)
{
	(void)state;
	snprintf(text, sizeof(text),
		 "%s10:00:00.100000 %s\n10:00:30.000000 IP 192.0.2.1.40001 > 192.0.2.53.53: 8+ A? "
		 "a. (19)\n10:00:30.010000 IP 192.0.2.53.53 > 192.0.2.1.40001: 8 0/0/0 (19)\n"
		 "10:00:31.000000 %s, length 48\n",
		 QUERY, others[0].line, HOST);
	assert_false(is_about_query(5));
}

/* Pairs that gave way in a text of many clients are not taken for pairs that sent nothing. */
static void other_traffic_of_many_pairs_is_not_forgotten(void **state)
{
	size_t length, i;
	char *many = malloc(2000000);

	(void)state;
	assert_non_null(many);
	length = (size_t)sprintf(many, "%s10:00:00.100000 %s\n", QUERY, others[0].line);
	for (i = 0; i < 20000; i++)
		length += (size_t)sprintf(many + length,
					  "10:00:00.150000 IP 203.0.%zu.%zu.1 > 198.51.100.1.2: "
					  "UDP, length 1\n",
					  i / 256, i % 256);
	sprintf(many + length, "10:00:00.200000 %s, length 48\n", HOST);
	read_text(many, &got);
	free(many);
	assert_int_equal(got.stats.inferred_quotes, 0);
	assert_int_equal(got.stats.unreadable, 1);
	assert_int_equal(got.stats.diagnostics[0].line, 20003);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_icmp_error_quotes_the_open_query),
		cmocka_unit_test(icmp_that_names_nothing_is_not_about_dns),
		cmocka_unit_test(an_unreachable_of_icmpv6_that_names_nothing_is_said),
		cmocka_unit_test(a_quote_in_the_bytes_of_a_packet_is_read),
		cmocka_unit_test(an_address_may_have_a_zone),
		cmocka_unit_test(a_zone_that_looks_like_a_port_loses_no_line),
		cmocka_unit_test(a_zone_of_other_traffic_is_no_port),
		cmocka_unit_test(ipv4_has_no_zone),
		cmocka_unit_test(
			an_unreachable_of_icmpv6_from_the_resolver_itself_is_about_its_query),
		cmocka_unit_test(each_icmp_message_takes_the_oldest_open_query_that_none_has_taken),
		cmocka_unit_test(the_latest_timed_out_query_is_taken_when_none_is_open),
		cmocka_unit_test(the_latest_query_is_that_of_the_client_resolver_and_port),
		cmocka_unit_test(no_query_known_makes_a_quote_that_fits_none),
		cmocka_unit_test(a_quote_that_is_shown_is_taken),
		cmocka_unit_test(
			a_message_that_names_only_an_address_is_not_counted_beside_other_traffic),
		cmocka_unit_test(
			other_traffic_long_before_the_query_or_behind_the_message_changes_nothing),
		cmocka_unit_test(a_message_that_names_a_port_is_counted_beside_other_traffic),
		cmocka_unit_test(a_further_query_is_no_other_traffic),
		cmocka_unit_test(a_message_that_is_not_counted_leaves_the_query),
		cmocka_unit_test(
			a_message_about_a_resolver_that_answered_is_said_beside_other_traffic),
		cmocka_unit_test(other_traffic_counts_from_the_query_that_the_message_fits),
		cmocka_unit_test(other_traffic_of_many_pairs_is_not_forgotten),
	};

	return cmocka_run_group_tests(tests, NULL, remove_recorded);
}
