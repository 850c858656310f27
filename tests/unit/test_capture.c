// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* pcap and pcapng files: link types, times, interfaces, and what damage does. */
#include "captures.h"

#include <dirent.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <zlib.h>
#ifdef HAVE_ZSTD
#include <zstd.h>
#endif

#define AT_NS 1709212472192571000ULL

static struct file file;
static struct recorded got;

static void read_file(int whole)
{
	read_bytes(file.bytes, file.length, whole, &got);
}

static void assert_query(const struct recorded_packet *s, int version)
{
	assert_int_equal(s->version, version);
	assert_string_equal(s->from, version == 4 ? "192.0.2.1" : "2001:db8::1");
	assert_string_equal(s->to, version == 4 ? "192.0.2.53" : "2001:db8::53");
	assert_int_equal(s->from_port, 40000);
	assert_int_equal(s->to_port, 53);
	assert_int_equal(s->id, 0x1234);
	assert_string_equal(s->name, "a.example.");
}

/* ---- link types ------------------------------------------------------------------------- */

struct link_row {
	const char *name;
	unsigned int link;
	const char *header;
	unsigned int header_length, network, protocol, ifindex;
	int version;
};

static const struct link_row link_rows[] = {
	{"Ethernet, IPv4", 1, ETHERNET "\x08\0", 14, 14, 0x0800, 2, 4},
	{"Ethernet, IPv6", 1, ETHERNET "\x86\xdd", 14, 14, 0x86dd, 2, 6},
	{"cooked, IPv4", 113, "\0\4\0\1\0\6\0\0\x5e\0\x53\1\0\0\x08\0", 16, 0, 0x0800, 2, 4},
	{"cooked, IPv6", 113, "\0\0\0\1\0\6\0\0\x5e\0\x53\1\0\0\x86\xdd", 16, 0, 0x86dd, 2, 6},
	{"cooked with a tag", 113, "\0\0\0\1\0\6\0\0\x5e\0\x53\1\0\0\x81\0\0\7\x08\0", 20, 0,
	 0x0800, 2, 4},
	{"cooked v2", 276, "\x08\0\0\0\0\0\0\7\0\1\0\6\0\0\x5e\0\x53\1\0\0", 20, 0, 0x0800, 7, 4},
	{"cooked v2, lo", 276, "\x86\xdd\0\0\0\0\0\1\3\4\0\6\0\0\0\0\0\0\0\0", 20, 0, 0x86dd, 1, 6},
	{"cooked v2, none", 276, "\x08\0\0\0\0\0\0\0\0\1\0\6\0\0\x5e\0\x53\1\0\0", 20, 0, 0x0800, 2,
	 4},
	{"raw, IPv4", 101, "", 0, 0, 0x0800, 2, 4},
	{"raw, IPv6", 101, "", 0, 0, 0x86dd, 2, 6},
	{"IPv4", 228, "", 0, 0, 0x0800, 2, 4},
	{"IPv6", 229, "", 0, 0, 0x86dd, 2, 6},
	{"NULL, little-endian", 0, "\2\0\0\0", 4, 0, 0x0800, 2, 4},
	{"NULL, big-endian", 0, "\0\0\0\2", 4, 0, 0x0800, 2, 4},
	{"NULL, macOS", 0, "\x1e\0\0\0", 4, 0, 0x86dd, 2, 6},
	{"NULL, FreeBSD", 0, "\x1c\0\0\0", 4, 0, 0x86dd, 2, 6},
	{"LOOP, OpenBSD", 108, "\0\0\0\x18", 4, 0, 0x86dd, 2, 6},
	{"PPP", 9, "\xff\3\0\x21", 4, 0, 0x0800, 2, 4},
	{"PPP, no address and control", 9, "\0\x57", 2, 0, 0x86dd, 2, 6},
	{"PPP, short protocol", 9, "\x21", 1, 0, 0x0800, 2, 4},
	{"PPP in HDLC", 50, "\xff\3\0\x57", 4, 0, 0x86dd, 2, 6},
	{"Cisco HDLC", 50, "\x0f\0\x08\0", 4, 0, 0x0800, 2, 4},
	{"PPPoE", 51, "\x11\0\0\1\0\x39\0\x21", 8, 0, 0x0800, 2, 4},
	{"pppd, sent", 166, "\1\3\0\x21", 4, 0, 0x0800, 2, 4},
	{"PPP with MPLS", 9, "\xff\3\2\x81\0\1\1\x40", 8, 0, 0x0800, 2, 4},
	{"cooked, lo", 113, "\0\0\3\4\0\6\0\0\0\0\0\0\0\0\x08\0", 16, 0, 0x0800, 1, 4},
	{"cooked, PPPoE", 113, "\0\0\0\1\0\6\0\0\x5e\0\x53\1\0\0\x88\x64\x11\0\0\7\0\x39\0\x57", 24,
	 0, 0x86dd, 2, 6},
	{"cooked, two MPLS labels", 113,
	 "\0\0\0\1\0\6\0\0\x5e\0\x53\1\0\0\x88\x47\0\1\0\x40\0\2\1\x40", 24, 0, 0x0800, 2, 4},
	{"Cisco HDLC of its own", 104, "\x0f\0\x08\0", 4, 0, 0x0800, 2, 4},
	{"PFLOG", 117,
	 "\x3d\2\0\0em0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
	 "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0",
	 64, 0, 0x0800, 2, 4},
	{"NFLOG, little-endian", 239,
	 "\2\0\0\1\x08\0\1\0\x08\0\0\0\x05\0\x0a\0\0\0\0\0\x3b\0\x09\0", 24, 0, 0x0800, 2, 4},
	{"NFLOG, big-endian", 239, "\2\0\0\1\0\x08\0\1\x08\0\0\0\0\x05\0\x0a\0\0\0\0\0\x3b\0\x09",
	 24, 0, 0x0800, 2, 4},
	{"PKTAP of raw", 258, "\x1c\0\0\0\1\0\0\0\x65\0\0\0en0\0\0\0\0\0\0\0\0\0\0\0\0\0", 28, 0,
	 0x0800, 2, 4},
	{"PPI of 802.11", 192,
	 "\0\0\x08\0\x69\0\0\0\x08\2\0\0\2\0\0\0\0\1\2\0\0\0\0\2\2\0\0\0\0\3\0\0\xaa\xaa\3\0\0\0"
	 "\x08\0",
	 40, 0, 0x0800, 2, 4},
	{"802.11, QoS", 105,
	 "\x88\1\0\0\2\0\0\0\0\1\2\0\0\0\0\2\2\0\0\0\0\3\0\0\0\0\xaa\xaa\3\0\0\0\x86\xdd", 34, 0,
	 0x86dd, 2, 6},
	{"radiotap, padded", 127,
	 "\0\0\x09\0\2\0\0\0\x20\x88\1\0\0\2\0\0\0\0\1\2\0\0\0\0\2\2\0\0\0\0\3\0\0\0\0\0\0"
	 "\xaa\xaa\3\0\0\0\x08\0",
	 45, 0, 0x0800, 2, 4},
	{"AVS", 163,
	 "\x80\x21\x10\1\0\0\0\x08\x08\2\0\0\2\0\0\0\0\1\2\0\0\0\0\2\2\0\0\0\0\3\0\0\xaa\xaa\3"
	 "\0\0\0\x08\0",
	 40, 0, 0x0800, 2, 4},
	{"cooked, LLC and SNAP", 113, "\0\0\0\1\0\6\0\0\x5e\0\x53\1\0\0\0\4\xaa\xaa\3\0\0\0\x08\0",
	 24, 0, 0x0800, 2, 4},
	{"cooked v2, LLC and SNAP", 276,
	 "\0\4\0\0\0\0\0\7\0\1\0\6\0\0\x5e\0\x53\1\0\0\xaa\xaa\3\0\0\0\x86\xdd", 28, 0, 0x86dd, 7,
	 6},
	{"IPOIB", 242,
	 "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x08\0\0"
	 "\0",
	 44, 0, 0x0800, 2, 4},
	{"IPNET", 226, "\1\2\0\0\0\0\0\x37\0\0\0\2\0\0\0\0\0\0\0\0\0\0\0\0", 24, 0, 0x0800, 2, 4},
	{"Juniper Ethernet, no link header", 178, "MGC\x82\0\2\0\0\0\0\0\2", 12, 0, 0x0800, 2, 4},
};

static void every_link_type_finds_the_network_header(void **state)
{
	const struct link_row *row = link_rows;

	(void)state;
	for (; row < link_rows + sizeof(link_rows) / sizeof(*link_rows); row++) {
		begin_pcap(&file, 0, 0, row->link);
		if (row->version == 4)
			put_packet(&file, row->header, row->header_length, query_v4,
				   sizeof(query_v4));
		else
			put_packet(&file, row->header, row->header_length, query_v6,
				   sizeof(query_v6));
		read_file(1);
		if (got.result || got.count != 1 || got.seen[0].protocol != row->protocol ||
		    got.seen[0].network != row->network || got.seen[0].ifindex != row->ifindex)
			fail_msg("%s: %d, %zu packets, protocol %04x at %u, interface %u: %s",
				 row->name, got.result, got.count, got.seen[0].protocol,
				 got.seen[0].network, got.seen[0].ifindex, got.message);
		assert_int_equal(got.seen[0].ethernet, row->link == 1);
		assert_query(&got.seen[0], row->version);
	}
}

/* A length in place of the EtherType: IP behind LLC and SNAP, tagged or not; other LLC is not IP.
 */
static void frames_of_802_3_are_read_by_their_snap_header(void **state)
{
	static const char plain[] = ETHERNET "\0\x40\xaa\xaa\3\0\0\0\x08\0",
			  tagged[] = ETHERNET "\x81\0\0\7\0\x40\xaa\xaa\3\0\0\xf8\x86\xdd",
			  other[] = ETHERNET "\0\x40\x42\x42\3\0\0\0\x08\0";

	(void)state;
	begin_pcap(&file, 0, 0, 1);
	put_packet(&file, plain, sizeof(plain) - 1, query_v4, sizeof(query_v4));
	put_packet(&file, tagged, sizeof(tagged) - 1, query_v6, sizeof(query_v6));
	read_file(1);
	assert_int_equal(got.count, 2);
	assert_query(&got.seen[0], 4);
	assert_query(&got.seen[1], 6);
	begin_pcap(&file, 0, 0, 1);
	put_packet(&file, other, sizeof(other) - 1, query_v4, sizeof(query_v4));
	read_file(0);
	assert_int_equal(got.seen[0].protocol, 0);
}

static void a_vlan_tag_stays_where_it_is(void **state)
{
	static const char tagged[] = ETHERNET "\x81\0\0\7\x08\0",
			  twice[] = ETHERNET "\x88\xa8\0\7\x81\0\0\x08\x86\xdd";

	(void)state;
	begin_pcap(&file, 0, 0, 1);
	put_packet(&file, tagged, 18, query_v4, sizeof(query_v4));
	put_packet(&file, twice, 22, query_v6, sizeof(query_v6));
	read_file(0);
	assert_int_equal(got.count, 2);
	assert_int_equal(got.seen[0].protocol, 0x8100);
	assert_int_equal(got.seen[1].protocol, 0x88a8);
	assert_int_equal(got.seen[1].network, 14);
	assert_int_equal(got.seen[1].length, 22 + sizeof(query_v6));
}

static void what_is_not_ip_has_no_protocol(void **state)
{
	(void)state;
	begin_pcap(&file, 0, 0, 1);
	put_packet(&file, ETHERNET "\x08\6", 14, "\0\1", 2); /* ARP */
	put_packet(&file, ETHERNET, 12, "", 0);
	put_packet(&file, "", 0, "", 0);
	read_file(0);
	assert_int_equal(got.count, 3);
	assert_int_equal(got.seen[0].protocol, 0);
	assert_int_equal(got.seen[1].protocol, 0);
	assert_int_equal(got.seen[2].protocol, 0);
	assert_int_equal(got.seen[2].network, 0);
}

static void headers_cut_short_never_reach_beyond_the_packet(void **state)
{
	static const unsigned int links[] = {1,	  113, 276, 101, 228, 229, 0,	108,
					     9,	  50,  51,  166, 104, 117, 239, 258,
					     192, 105, 127, 119, 163, 242, 226, 178};
	static const char zeros[160];
	size_t i, length;

	(void)state;
	for (i = 0; i < sizeof(links) / sizeof(*links); i++) {
		for (length = 0; length < sizeof(zeros); length++) {
			begin_pcap(&file, 0, 0, links[i]);
			put_packet(&file, zeros, length, "", 0);
			read_file(0);
			assert_int_equal(got.count, 1);
			assert_true(got.seen[0].network <= got.seen[0].length);
			assert_true(got.seen[0].length <= length);
			assert_int_equal(got.seen[0].protocol, 0);
		}
	}
}

static void other_link_types_are_refused_by_name(void **state)
{
	(void)state;
	begin_pcap(&file, 0, 0, 189);
	read_file(0);
	assert_int_equal(got.result, -ENOTSUP);
	assert_one_message(&got);
	assert_non_null(strstr(got.message, "USB"));
	file.length = 0;
	put_section(&file, 0);
	put_interface(&file, 189, "usb0");
	put_block(&file, BLOCK_ENHANCED, 0);
	read_file(0);
	assert_int_equal(got.result, -ENOTSUP);
	assert_non_null(strstr(got.message, "USB"));
}

static void encrypted_and_later_fragments_of_wireless_are_not_ip(void **state)
{
	static const char *frames[] = {
		"\x08\x42\0\0\2\0\0\0\0\1\2\0\0\0\0\2\2\0\0\0\0\3\0\0\xaa\xaa\3\0\0\0\x08\0",
		"\x08\2\0\0\2\0\0\0\0\1\2\0\0\0\0\2\2\0\0\0\0\3\1\0\xaa\xaa\3\0\0\0\x08\0",
		"\x80\0\0\0\2\0\0\0\0\1\2\0\0\0\0\2\2\0\0\0\0\3\0\0\xaa\xaa\3\0\0\0\x08\0",
		"\x48\2\0\0\2\0\0\0\0\1\2\0\0\0\0\2\2\0\0\0\0\3\0\0\xaa\xaa\3\0\0\0\x08\0",
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(frames) / sizeof(*frames); i++) {
		begin_pcap(&file, 0, 0, 105);
		put_packet(&file, frames[i], 32, query_v4, sizeof(query_v4));
		read_file(0);
		assert_int_equal(got.count, 1);
		assert_int_equal(got.seen[0].protocol, 0);
	}
}

/* ---- times and lengths ------------------------------------------------------------------ */

static void times_are_nanoseconds_from_every_kind_of_file(void **state)
{
	int swapped, nanoseconds;

	(void)state;
	for (swapped = 0; swapped < 2; swapped++) {
		for (nanoseconds = 0; nanoseconds < 2; nanoseconds++) {
			begin_pcap(&file, swapped, nanoseconds, 101);
			put_record(&file, 1709212472, nanoseconds ? 192571321 : 192571,
				   sizeof(query_v4), sizeof(query_v4));
			put(&file, query_v4, sizeof(query_v4));
			read_file(1);
			assert_int_equal(got.seen[0].time_ns, AT_NS + (nanoseconds ? 321 : 0));
			assert_query(&got.seen[0], 4);
			assert_true(got.stats.date_known);
			assert_false(got.stats.is_text);
		}
	}
}

static void seconds_go_on_after_2038(void **state)
{
	(void)state;
	begin_pcap(&file, 0, 0, 101);
	put_record(&file, 0xfffffff0, 1, sizeof(query_v4), sizeof(query_v4));
	put(&file, query_v4, sizeof(query_v4));
	read_file(1);
	assert_int_equal(got.seen[0].time_ns, 0xfffffff0ULL * 1000000000 + 1000);
}

static void what_the_snap_length_cut_is_counted(void **state)
{
	(void)state;
	begin_pcap(&file, 0, 0, 1);
	put_record(&file, 1, 0, 14 + 20, 14 + 55);
	put(&file, ETHERNET "\x08\0", 14);
	put(&file, query_v4, 20);
	put_packet(&file, ETHERNET "\x08\0", 14, query_v4, sizeof(query_v4));
	read_file(0);
	assert_int_equal(got.stats.packets, 2);
	assert_int_equal(got.stats.cut, 1);
	assert_int_equal(got.seen[0].length, 34);
	assert_int_equal(got.seen[0].wire_length, 69);
	assert_int_equal(got.seen[1].length, got.seen[1].wire_length);
}

/* ---- interfaces ------------------------------------------------------------------------- */

static void pcapng_tells_the_interface_of_each_packet(void **state)
{
	static const unsigned int expected[] = {3, 1, 2, 2, 4, 3};
	size_t i;
	int swapped;

	(void)state;
	for (swapped = 0; swapped < 2; swapped++) {
		file.length = 0;
		put_section(&file, swapped);
		put_interface(&file, 1, "eth0");
		put_interface(&file, 1, "eth1");
		put_block(&file, BLOCK_ENHANCED, 1);
		put_interface(&file, 1, "lo");
		put_block(&file, BLOCK_ENHANCED, 2);
		put_block(&file, BLOCK_ENHANCED, 0);
		put_block(&file, BLOCK_SIMPLE, 0);
		put_section(&file, swapped);
		put_interface(&file, 1, NULL);
		put_interface(&file, 1, "lo0");
		put_interface(&file, 1, "l");
		put_block(&file, BLOCK_ENHANCED, 2);
		put_block(&file, BLOCK_PACKET, 1);
		read_file(1);
		assert_int_equal(got.count, 6);
		for (i = 0; i < 6; i++) {
			assert_int_equal(got.seen[i].ifindex, expected[i]);
			assert_query(&got.seen[i], 4);
		}
		assert_int_equal(got.seen[0].time_ns, AT_NS);
	}
}

/* Wireshark writes such files when it captures on Ethernet and on a tunnel; mergecap, too. */
static void pcapng_may_mix_link_types_and_snap_lengths(void **state)
{
	int swapped;

	(void)state;
	for (swapped = 0; swapped < 2; swapped++) {
		file.length = 0;
		put_section(&file, swapped);
		put_snapped_interface(&file, 101, "tun0", 68);
		put_snapped_interface(&file, 1, "eth0", 262144);
		put_interface(&file, 189, "usb0");
		put_enhanced(&file, 0, "", 0, query_v6, sizeof(query_v6));
		put_block(&file, BLOCK_ENHANCED, 1);
		put_enhanced(&file, 0, "", 0, query_v4, sizeof(query_v4));
		put_enhanced(&file, 2, "", 0, query_v4, sizeof(query_v4));
		put_section(&file, swapped);
		put_interface(&file, 276, "any");
		put_enhanced(&file, 0, "\x08\0\0\0\0\0\0\7\0\1\0\6\0\0\x5e\0\x53\1\0\0", 20,
			     query_v4, sizeof(query_v4));
		read_file(1);
		assert_int_equal(got.result, 0);
		assert_int_equal(got.count, 5);
		assert_query(&got.seen[0], 6);
		assert_query(&got.seen[1], 4);
		assert_query(&got.seen[2], 4);
		assert_query(&got.seen[4], 4);
		assert_int_equal(got.seen[0].network, 0);
		assert_int_equal(got.seen[1].network, 14);
		assert_int_equal(got.seen[3].protocol, 0);
		assert_int_equal(got.seen[4].ifindex, 7);
		assert_int_equal(got.stats.unreadable, 1);
		assert_non_null(strstr(got.stats.diagnostics[0].what, "USB"));
	}
}

/* A simple packet holds as much as its interface's snap length, and says its length on the wire. */
static void pcapng_simple_packets_are_cut_by_the_snap_length(void **state)
{
	const __u32 kept = 14 + 28;

	(void)state;
	file.length = 0;
	put_section(&file, 0);
	put_snapped_interface(&file, 1, "eth0", kept);
	put_u32(&file, BLOCK_SIMPLE);
	put_u32(&file, 16 + 44);
	put_u32(&file, 14 + sizeof(query_v4));
	put(&file, ETHERNET "\x08\0", 14);
	put(&file, query_v4, 28);
	put(&file, "\0\0", 2);
	put_u32(&file, 16 + 44);
	put_block(&file, BLOCK_SIMPLE, 0);
	read_file(0);
	assert_int_equal(got.result, 0);
	assert_int_equal(got.count, 2);
	assert_true(got.seen[0].length >= kept && got.seen[0].length < kept + 4);
	assert_int_equal(got.seen[0].wire_length, 14 + sizeof(query_v4));
	assert_int_equal(got.stats.cut, 1);
}

static void interfaces_are_right_beyond_what_is_read_at_once(void **state)
{
	struct source *s;
	struct captured c;
	FILE *out;
	int i;

	(void)state;
	file.length = 0;
	put_section(&file, 0);
	put_interface(&file, 1, "eth0");
	put_interface(&file, 1, "lo");
	put_interface(&file, 1, "eth1");
	write_bytes(file.bytes, file.length);
	out = fopen(recorded_path, "a");
	for (i = 0; i < 10000; i++) {
		file.length = 0;
		put_block(&file, i % 5 ? BLOCK_ENHANCED : BLOCK_SIMPLE,
			  i % 5 ? (unsigned int)i % 3 : 0);
		fwrite(file.bytes, 1, file.length, out);
	}
	fclose(out);
	assert_int_equal(source_open(recorded_path, NULL, &s), 0);
	for (i = 0; source_next(s, &c) == 1; i++) {
		int interface = i % 5 ? i % 3 : 0;

		assert_int_equal(c.ifindex, interface == 1 ? 1 : 2 + interface);
	}
	assert_int_equal(i, 10000);
	source_close(s);
}

/* ---- where it comes from ---------------------------------------------------------------- */

static void a_pipe_loses_nothing_of_its_beginning(void **state)
{
	int ends[2], kept = dup(STDIN_FILENO);

	(void)state;
	begin_pcap(&file, 0, 0, 101);
	put_packet(&file, "", 0, query_v4, sizeof(query_v4));
	put_packet(&file, "", 0, query_v6, sizeof(query_v6));
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(write(ends[1], file.bytes, file.length), file.length);
	close(ends[1]);
	dup2(ends[0], STDIN_FILENO);
	close(ends[0]);
	read_path("-", NULL, 1, &got);
	dup2(kept, STDIN_FILENO);
	close(kept);
	assert_int_equal(got.result, 0);
	assert_int_equal(got.count, 2);
	assert_query(&got.seen[0], 4);
	assert_query(&got.seen[1], 6);
}

static void progress_is_told_in_bytes_of_the_file(void **state)
{
	struct captured c;
	struct source *s;
	__u64 done, all;

	(void)state;
	begin_pcap(&file, 0, 0, 101);
	put_packet(&file, "", 0, query_v4, sizeof(query_v4));
	write_bytes(file.bytes, file.length);
	assert_int_equal(source_open(recorded_path, NULL, &s), 0);
	while (source_next(s, &c) == 1)
		;
	source_progress(s, &done, &all);
	assert_int_equal(done, file.length);
	assert_int_equal(all, file.length);
	source_close(s);
	source_close(NULL);
}

static void what_is_no_recording_is_refused_with_a_remedy(void **state)
{
	static const struct {
		const char *bytes;
		size_t length;
		const char *says;
	} rows[] = {
		{"", 0, "is empty"},
		{"BZh9", 4, "bzcat"},
		{"\xfd"
		 "7zXZ\0",
		 6, "xzcat"},
		{"PK\3\4", 4, "archive"},
		{"\xff\xfe"
		 "1\0003\0",
		 6, "holds nothing"},
		{"\x7f"
		 "ELF\2\1\1\0",
		 8, "neither"},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		read_bytes(rows[i].bytes, rows[i].length, 0, &got);
		assert_int_equal(got.result, -EINVAL);
		assert_one_message(&got);
		assert_non_null(strstr(got.message, rows[i].says));
	}
	read_path("/tmp", NULL, 0, &got);
	assert_int_equal(got.result, -EISDIR);
	assert_string_equal(got.message,
			    "dnsreach: /tmp: is a directory; name the capture in it\n");
	read_path("/no/such/file", NULL, 0, &got);
	assert_int_equal(got.result, -ENOENT);
	assert_one_message(&got);
}

/* ---- damage ----------------------------------------------------------------------------- */

static void small_pcap(void)
{
	begin_pcap(&file, 0, 0, 1);
	put_packet(&file, ETHERNET "\x08\0", 14, query_v4, sizeof(query_v4));
	put_packet(&file, ETHERNET "\x86\xdd", 14, query_v6, sizeof(query_v6));
}

static void small_pcapng(void)
{
	file.length = 0;
	put_section(&file, 0);
	put_interface(&file, 1, "eth0");
	put_block(&file, BLOCK_ENHANCED, 0);
	put_block(&file, BLOCK_SIMPLE, 0);
}

/* A cut file gives the packets that are whole, or one message. */
static void cut_anywhere(void (*make)(void))
{
	size_t whole, length;

	make();
	read_file(0);
	assert_int_equal(got.result, 0);
	whole = got.count;
	assert_int_equal(whole, 2);
	for (length = file.length - 1; length; length--) {
		read_bytes(file.bytes, length, 0, &got);
		assert_true(got.count < whole);
		if (got.result) {
			assert_int_equal(got.count, 0);
			assert_one_message(&got);
		} else if (got.stats.unreadable) {
			assert_int_equal(got.stats.diagnostics[0].line, got.count + 1);
		}
	}
}

static void a_file_may_be_cut_anywhere(void **state)
{
	(void)state;
	cut_anywhere(small_pcap);
	cut_anywhere(small_pcapng);
}

static void flip_everywhere(void (*make)(void))
{
	static const unsigned char flips[] = {0x01, 0x80, 0xff};
	size_t at, i;

	make();
	for (at = 0; at < file.length; at++) {
		for (i = 0; i < sizeof(flips); i++) {
			file.bytes[at] ^= flips[i];
			read_file(0);
			assert_true(got.count <= 3);
			if (got.result)
				assert_one_message(&got);
			file.bytes[at] ^= flips[i];
		}
	}
}

static void every_byte_may_be_flipped(void **state)
{
	(void)state;
	flip_everywhere(small_pcap);
	flip_everywhere(small_pcapng);
}

static void lengths_that_lie_are_an_error_or_an_end(void **state)
{
	static const __u32 lies[] = {0, 1, 0x7fffffff, 0x80000000, 0xfffffffc, 0xffffffff};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(lies) / sizeof(*lies); i++) {
		small_pcap();
		memcpy(file.bytes + 24 + 8, &lies[i], 4);
		read_file(0);
		assert_true(got.count <= 2);
		small_pcapng();
		memcpy(file.bytes + 28 + 4, &lies[i], 4);
		read_file(0);
		assert_true(got.result < 0);
		assert_one_message(&got);
	}
}

static void damage_within_a_file_ends_it_after_the_packets_before_it(void **state)
{
	(void)state;
	small_pcap();
	memset(file.bytes + 24 + 16 + 14 + sizeof(query_v4) + 8, 0xff, 8);
	read_file(0);
	assert_int_equal(got.count, 1);
	assert_int_equal(got.result, 0);
	assert_int_equal(got.stats.damaged, 1);
	assert_one_message(&got);
	assert_non_null(strstr(got.message, "packet 2"));
}

/* ---- compression -------------------------------------------------------------------------- */

static unsigned char packed[2 * sizeof(file.bytes)];

static size_t pack_gzip(size_t from, size_t to, size_t used)
{
	z_stream z = {.next_in = file.bytes + from,
		      .avail_in = (uInt)(to - from),
		      .next_out = packed + used,
		      .avail_out = (uInt)(sizeof(packed) - used)};

	assert_int_equal(deflateInit2(&z, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
	assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
	used = sizeof(packed) - z.avail_out;
	deflateEnd(&z);
	return used;
}

static void gzip_is_read_also_of_several_members(void **state)
{
	size_t used;

	(void)state;
	small_pcap();
	used = pack_gzip(0, 30, 0);
	used = pack_gzip(30, file.length, used);
	read_bytes(packed, used, 1, &got);
	assert_int_equal(got.result, 0);
	assert_int_equal(got.count, 2);
	assert_int_equal(got.stats.damaged, 0);
	assert_query(&got.seen[0], 4);
}

static void damaged_gzip_is_said_and_judged_up_to_there(void **state)
{
	size_t used;

	(void)state;
	small_pcap();
	used = pack_gzip(0, file.length, 0);
	read_bytes(packed, used - 9, 0, &got); /* within the compressed data */
	assert_int_equal(got.stats.damaged, 1);
	assert_non_null(strstr(got.message, "ends early"));
	used = pack_gzip(0, file.length, 0);
	packed[used - 8] ^= 1; /* the checksum, RFC 1952, 2.3.1 */
	read_bytes(packed, used, 0, &got);
	assert_int_equal(got.stats.damaged, 1);
	assert_int_equal(got.count, 2);
	assert_non_null(strstr(got.message, "the gzip data is damaged"));
}

static void zstd_is_read(void **state)
{
	(void)state;
#ifdef HAVE_ZSTD
	size_t used;

	small_pcap();
	used = ZSTD_compress(packed, sizeof(packed), file.bytes, file.length, 3);
	assert_false(ZSTD_isError(used));
	read_bytes(packed, used, 1, &got);
	assert_int_equal(got.result, 0);
	assert_int_equal(got.count, 2);
	read_bytes(packed, used - 1, 0, &got); /* its only block */
	assert_true(got.result < 0);
	assert_non_null(strstr(got.message, "the compressed data ends early"));
#else
	skip(); /* built without libzstd */
#endif
}

/* What fuzzing found once, and the like: whatever comes of it, it ends. */
static void files_that_were_trouble_once_are_none_again(void **state)
{
	const char *folder = "tests/capture/damaged";
	struct dirent *entry;
	struct captured c;
	struct source *s;
	char path[512];
	DIR *d = opendir(folder);

	(void)state;
	assert_non_null(d);
	assert_non_null(freopen("/dev/null", "w", stderr));
	while ((entry = readdir(d))) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
		if (source_open(path, NULL, &s))
			continue;
		while (source_next(s, &c) == 1)
			;
		source_close(s);
	}
	closedir(d);
}

/* ---- what other programs write ---------------------------------------------------------- */

/* The file that `command` makes of ours has the same packets. */
static void other_programs_file(const char *format)
{
	char command[256], path[sizeof(recorded_path) + 4];
	static struct recorded other;

	snprintf(path, sizeof(path), "%s.out", recorded_path);
	snprintf(command, sizeof(command), "editcap -F %s %s %s >/dev/null 2>&1", format,
		 recorded_path, path);
	if (system(command)) { /* no editcap: nothing to compare with */
		unlink(path);
		return;
	}
	read_path(path, NULL, 1, &other);
	unlink(path);
	assert_int_equal(other.result, 0);
	assert_int_equal(other.count, got.count);
	assert_memory_equal(other.seen, got.seen, sizeof(got.seen));
}

static void editcaps_files_hold_the_same_packets(void **state)
{
	(void)state;
	small_pcap();
	read_file(1);
	other_programs_file("pcapng");
	other_programs_file("nsecpcap");
	other_programs_file("pcap");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_link_type_finds_the_network_header),
		cmocka_unit_test(frames_of_802_3_are_read_by_their_snap_header),
		cmocka_unit_test(a_vlan_tag_stays_where_it_is),
		cmocka_unit_test(what_is_not_ip_has_no_protocol),
		cmocka_unit_test(headers_cut_short_never_reach_beyond_the_packet),
		cmocka_unit_test(other_link_types_are_refused_by_name),
		cmocka_unit_test(encrypted_and_later_fragments_of_wireless_are_not_ip),
		cmocka_unit_test(pcapng_may_mix_link_types_and_snap_lengths),
		cmocka_unit_test(pcapng_simple_packets_are_cut_by_the_snap_length),
		cmocka_unit_test(gzip_is_read_also_of_several_members),
		cmocka_unit_test(damaged_gzip_is_said_and_judged_up_to_there),
		cmocka_unit_test(zstd_is_read),
		cmocka_unit_test(times_are_nanoseconds_from_every_kind_of_file),
		cmocka_unit_test(seconds_go_on_after_2038),
		cmocka_unit_test(what_the_snap_length_cut_is_counted),
		cmocka_unit_test(pcapng_tells_the_interface_of_each_packet),
		cmocka_unit_test(interfaces_are_right_beyond_what_is_read_at_once),
		cmocka_unit_test(a_pipe_loses_nothing_of_its_beginning),
		cmocka_unit_test(progress_is_told_in_bytes_of_the_file),
		cmocka_unit_test(what_is_no_recording_is_refused_with_a_remedy),
		cmocka_unit_test(a_file_may_be_cut_anywhere),
		cmocka_unit_test(every_byte_may_be_flipped),
		cmocka_unit_test(lengths_that_lie_are_an_error_or_an_end),
		cmocka_unit_test(damage_within_a_file_ends_it_after_the_packets_before_it),
		cmocka_unit_test(files_that_were_trouble_once_are_none_again),
		cmocka_unit_test(editcaps_files_hold_the_same_packets),
	};

	return cmocka_run_group_tests(tests, NULL, remove_recorded);
}
