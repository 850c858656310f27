// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* tcpdump's text: forms of lines, times, what pasting does, and the packets that come of it. */
#include "recorded.h"

#include <sys/stat.h>

#define S_NS 1000000000ULL
#define DAY_NS (86400 * S_NS)
#define QUERY "10:00:00.000000 IP 192.0.2.1.40000 > 192.0.2.53.53: 7+ A? a.example. (27)\n"

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

static void assert_query(const struct recorded_packet *s)
{
	assert_string_equal(s->from, "192.0.2.1");
	assert_string_equal(s->to, "192.0.2.53");
	assert_int_equal(s->from_port, 40000);
	assert_int_equal(s->to_port, 53);
	assert_int_equal(s->id, 7);
	assert_int_equal(s->flags, 0x01);
	assert_string_equal(s->name, "a.example.");
	assert_int_equal(s->qtype, 1);
}

/* ---- the reference ---------------------------------------------------------------------- */

static void the_reference_log_is_six_packets(void **state)
{
	static const __u64 at_us[] = {48272192571, 48276098564, 48392192571,
				      48435934126, 48512192571, 48530022967};
	const struct recorded_packet *s;
	size_t i;

	(void)state;
	read_path("tests/capture/reference.txt", NULL, 1, &got);
	assert_int_equal(got.result, 0);
	assert_int_equal(got.count, 6);
	assert_int_equal(got.stats.unreadable, 0);
	assert_int_equal(got.stats.inferred_quotes, 3);
	assert_false(got.stats.date_known);
	assert_true(got.stats.is_text);
	for (i = 0; i < 6; i++) {
		s = &got.seen[i];
		assert_int_equal(s->time_ns, at_us[i] * 1000);
		assert_int_equal(s->from_port, 52444);
		assert_int_equal(s->to_port, 53);
		assert_int_equal(s->id, 35084);
		assert_string_equal(s->name, "yummyrecipesforme.com.");
		assert_int_equal(s->qtype, 1);
		assert_true(s->checksums_right);
		assert_int_equal(s->ttl, 0); /* the log has none */
		assert_string_equal(i % 2 ? s->quoted_from : s->from, "192.51.100.15");
		assert_string_equal(i % 2 ? s->from : s->to, "203.0.113.2");
		assert_string_equal(i % 2 ? s->quoted_to : s->to, "203.0.113.2");
		/* 39 bytes of DNS, whatever the log says */
		assert_int_equal(s->length, i % 2 ? 20 + 8 + 20 + 8 + 39 : 20 + 8 + 39);
		assert_int_equal(s->type, i % 2 ? 3 : 0);
		assert_int_equal(s->code, i % 2 ? 3 : 0);
	}
}

static void assert_log(const char *name, size_t packets, __u64 inferred, __u64 unreadable)
{
	char path[128];

	snprintf(path, sizeof(path), "tests/capture/%s.txt", name);
	read_path(path, NULL, 1, &got);
	assert_int_equal(got.result, 0);
	assert_int_equal(got.count, packets);
	assert_int_equal(got.stats.inferred_quotes, inferred);
	assert_int_equal(got.stats.unreadable, unreadable);
}

static void further_logs_are_read_whole(void **state)
{
	(void)state;
	assert_log("answers", 22, 1, 0);
	assert_true(got.stats.date_known);
	assert_log("ipv6", 13, 5, 0);
	assert_int_equal(got.seen[7].time_ns, DAY_NS + 3900000000);
	assert_log("pasted", 9, 1, 2);
	assert_int_equal(got.stats.diagnostics[0].line, 1);
	assert_int_equal(got.stats.diagnostics[1].line, 20);
}

/* ---- how an entry may look -------------------------------------------------------------- */

static void one_query_in_many_forms(void **state)
{
	static const char *const forms[] = {
		QUERY,
		"10:00:00.000000 IP 192.0.2.1.40000 > 192.0.2.53.domain: 7+ A? a.example. (27)",
		"10:00:00.000000 IP 192.0.2.1.40000 \xe2\x80\xba 192.0.2.53. domain: 7+ A?\n"
		"a.example. (24)\n",
		"10:00:00 IP 192.0.2.1.40000 > 192.0.2.53.53: 7+ A? a.example. (27)",
		"   10:00:00.0 "
		"IP\n192.0.2.1.40000\n>\n192.0.2.53.domain:\n7+\nA?\na.example.\n(27)",
		"10:00:00.000000 IP 192.0.2.1.40000 &gt; 192.0.2.53.53: 7+ A? a.example. (27)",
		"10:00:00.000000 IP 192.0.2.1.40000\x9b 192.0.2.53.53: 7+ A? a.example. (27)",
		"\xef\xbb\xbf" QUERY,
		"\"10:00:00.000000 IP 192.0.2.1.40000 > 192.0.2.53.53: 7+ A? a.example. (27)\"\r\n",
		"> > 10:00:00.0 IP 192.0.2.1.40000 > 192.0.2.53.53: 7+ A?\n> > a.example. (27)\n",
		"10:00:00.000000\xc2\xa0IP\xc2\xa0"
		"192.0.2.1.40000 > 192.0.2.53.53:\t7+ A? a.ex\xc2\xad"
		"ample. (27)\n",
		"- 10:00:00.000000 IP 192.0.2.1.40000 > 192.0.2.53.53: 7+ A? a.example. (27)\n",
		"   12  10:00:00.0 IP 192.0.2.1.40000 > 192.0.2.53.53: 7+ A? a.example. (27)\n",
		"\x1b[32m10:00:00.0\x1b[0m IP 192.0.2.1.40000 > 192.0.2.53.53: 7+ A? a.example. "
		"(27)",
		"10:00:00.000000 eth0  Out IP 192.0.2.1.40000 > 192.0.2.53.53: 7+ A? a.example. "
		"(27)",
		"10:00:00.000000 00:00:5e:00:53:01 > 00:00:5e:00:53:02, ethertype IPv4 (0x0800), "
		"length 69: 192.0.2.1.40000 > 192.0.2.53.53: 7+ A? a.example. (27)",
		"10:00:00.000000 IP (tos 0x0, ttl 64, id 1, offset 0, flags [DF], proto UDP (17), "
		"length 55)\n    192.0.2.1.40000 > 192.0.2.53.53: [udp sum ok] 7+ A? a.example. "
		"(27)",
		"10:00:00.000000 IP 192.0.2.1.40000 > 192.0.2.53.53: 7+ A? a.example.",
		"10:00:00.0 IP 192.0.2.1.40000 > 192.0.2.53.53: 7+ [1au] A? a.exam\nple. (38)",
		"10:00:00.0 IP 192.0.2.1.40000>192.0.2.53.53: 7+ A? a.example (27)",
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(forms) / sizeof(*forms); i++) {
		assert_query(only(forms[i]));
		assert_int_equal(got.seen[0].time_ns, 36000 * S_NS);
		assert_int_equal(got.seen[0].ethernet, 0);
		assert_int_equal(got.seen[0].network, 0);
		assert_int_equal(got.seen[0].protocol, 0x0800);
		assert_int_equal(got.seen[0].ifindex, 2);
	}
}

static void ipv6_is_read_as_ipv4_is(void **state)
{
	const struct recorded_packet *s;

	(void)state;
	s = only("10:00:00.000000 IP6 2001:db8::1.40000 \xe2\x80\xba 2001:db8::53. domain: 7+ "
		 "AAAA?\na.example. (27)\n");
	assert_int_equal(s->version, 6);
	assert_int_equal(s->protocol, 0x86dd);
	assert_string_equal(s->from, "2001:db8::1");
	assert_string_equal(s->to, "2001:db8::53");
	assert_int_equal(s->from_port, 40000);
	assert_int_equal(s->to_port, 53);
	assert_int_equal(s->qtype, 28);
	s = only("10:00:00.0 IP6 ::ffff:192.0.2.1.40000 > ::ffff:192.0.2.53.53: 7+ A? a. (20)\n");
	assert_int_equal(s->version, 6);
	assert_string_equal(s->to, "::ffff:192.0.2.53");
}

static void an_interface_that_is_named_has_a_number(void **state)
{
	(void)state;
	read_text("10:00:00.0 lo    In  IP 127.0.0.1.40000 > 127.0.0.53.53: 7+ A? a. (20)\n"
		  "10:00:00.1 eth0  Out IP 192.0.2.1.40000 > 192.0.2.53.53: 7+ A? a. (20)\n"
		  "10:00:00.2 wg0   Out IP 192.0.2.1.40000 > 192.0.2.53.53: 7+ A? a. (20)\n"
		  "10:00:00.3 eth0  In  IP 192.0.2.53.53 > 192.0.2.1.40000: 7 0/0/0 (20)\n",
		  &got);
	assert_int_equal(got.count, 4);
	assert_int_equal(got.seen[0].ifindex, 1);
	assert_int_equal(got.seen[1].ifindex, 2);
	assert_int_equal(got.seen[2].ifindex, 3);
	assert_int_equal(got.seen[3].ifindex, 2);
}

static void a_line_that_lost_its_breaks_is_several_entries(void **state)
{
	size_t i, used = 0;

	(void)state;
	for (i = 0; i < 200; i++)
		used += (size_t)snprintf(text + used, sizeof(text) - used,
					 "10:00:%02zu.%06zu IP 192.0.2.1.%zu > 192.0.2.53.53: %zu+ "
					 "A? n%zu.example. (30) ",
					 i / 4, i, 40000 + i, i, i);
	assert_true(used > 10000);
	read_text(text, &got);
	assert_int_equal(got.count, 200);
	assert_int_equal(got.stats.unreadable, 0);
	for (i = 0; i < 200; i++)
		assert_int_equal(got.seen[i].id, i);
	assert_string_equal(got.seen[199].name, "n199.example.");
}

/* ---- times ------------------------------------------------------------------------------ */

static void times_may_have_dates_or_count_seconds(void **state)
{
	static const struct {
		const char *time;
		__u64 ns;
		int dated;
	} rows[] = {
		{"2024-02-29 13:14:32.192571", 1709212472192571000, 1},
		{"2024-02-29T13:14:32.192571Z", 1709212472192571000, 1},
		{"1709212472.192571", 1709212472192571000, 1},
		{"1709212472.192571321", 1709212472192571321, 1},
		{"2000-03-01 00:00:00.000000001", 951868800000000001, 1},
		{"1999-12-31 23:59:59.999999", 946684799999999000, 1},
		{"13:14:32.192571", 47672192571000, 0},
		{"13:14:32.192571321", 47672192571321, 0},
		{"9:14:32.5", 33272500000000, 0},
	};
	char entry[256];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		snprintf(entry, sizeof(entry), "%s%s", rows[i].time, &QUERY[15]);
		assert_query(only(entry));
		assert_int_equal(got.seen[0].time_ns, rows[i].ns);
		assert_int_equal(got.stats.date_known, rows[i].dated);
	}
}

static void what_is_no_time_begins_no_entry(void **state)
{
	static const char *const times[] = {
		"24:00:00.000000",	 "10:60:00.000000",	  "10:00:61.000000",
		"2023-02-29 10:00:00.0", "2024-13-01 10:00:00.0", "1969-12-31 10:00:00.0",
		"10:00:00.0000000001",	 "99999999999.000000",	  "10:00",
	};
	char entry[256];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(times) / sizeof(*times); i++) {
		snprintf(entry, sizeof(entry), "%s%s", times[i], &QUERY[15]);
		read_text(entry, &got);
		assert_int_equal(got.result, -EINVAL);
		assert_int_equal(got.count, 0);
	}
}

static void midnight_begins_another_day_and_disorder_does_not(void **state)
{
	struct source_options options = {.date_ns = 19783 * DAY_NS};
	static const char log[] = "23:59:59.0" /* the date's own day */
				  " IP 192.0.2.1.40000 > 192.0.2.53.53: 7+ A? a. (20)\n"
				  "00:00:01.0 IP 192.0.2.1.40000 > 192.0.2.53.53: 7+ A? a. (20)\n"
				  "00:00:00.9 IP 192.0.2.1.40000 > 192.0.2.53.53: 7+ A? a. (20)\n"
				  "12:00:00.0 IP 192.0.2.1.40000 > 192.0.2.53.53: 7+ A? a. (20)\n"
				  "11:59:59.9 IP 192.0.2.1.40000 > 192.0.2.53.53: 7+ A? a. (20)\n"
				  "08:00:00.0 IP 192.0.2.1.40000 > 192.0.2.53.53: 7+ A? a. (20)\n";
	static const __u64 tenths[] = {863990, 864010, 864009, 1296000, 1295999, 2016000};
	size_t i;

	(void)state;
	write_bytes(log, sizeof(log) - 1);
	read_path(recorded_path, &options, 1, &got);
	assert_int_equal(got.count, 6);
	assert_true(got.stats.date_known);
	for (i = 0; i < 6; i++)
		assert_int_equal(got.seen[i].time_ns, options.date_ns + tenths[i] * S_NS / 10);
}

/* ---- DNS -------------------------------------------------------------------------------- */

struct message_row {
	const char *message;
	unsigned int flags, rcode, qtype;
	const char *name;
};

/* Of a query, or of a response when flags have 0x80. */
static const struct message_row message_rows[] = {
	{"7+ A? a.example. (27)", 0x01, 0, 1, "a.example."},
	{"7 A? a.example. (27)", 0, 0, 1, "a.example."},
	{"7+% [1au] AAAA? a.example. (38)", 0x01, 0x10, 28, "a.example."},
	{"7+ Type65? a.example. (27)", 0x01, 0, 65, "a.example."},
	{"7+ HTTPS? a.example. (27)", 0x01, 0, 65, "a.example."},
	{"7+ TXT CHAOS? version.bind. (30)", 0x01, 0, 16, "version.bind."},
	{"7+ NS? . (17)", 0x01, 0, 2, ""},
	{"7 notify SOA? a.example. (27)", 0x20, 0, 6, "a.example."},
	{"7 update [1a] SOA? a.example. (27)", 0x28, 0, 6, "a.example."},
	{"7+ [0q] (12)", 0x01, 0, 0, ""},
	{"7+ [b2&3=0x182] A? a.example. (27)", 0x01, 0, 1, "a.example."},
	{"7+ A? a.exa[|domain]", 0x01, 0, 0, ""},
	{"7+[|domain]", 0x01, 0, 0, ""},
	{"7+ PTR (QM)? a.example. (27)", 0x01, 0, 12, "a.example."},
	{"7+ A? a..example. (27)", 0x01, 0, 0, ""},
	{"7 1/0/0 A 192.0.2.80 (43)", 0x81, 0x80, 0, ""},
	{"7- 0/13/0 (200)", 0x81, 0, 0, ""},
	{"7*-$ 0/1/0 (80)", 0x85, 0x20, 0, ""},
	{"7*| 0/0/0 (27)", 0x87, 0x80, 0, ""},
	{"7 NXDomain 0/1/0 (80)", 0x81, 0x83, 0, ""},
	{"7 NXDomain*- 0/1/0 (80)", 0x85, 0x03, 0, ""},
	{"7 ServFail 0/0/0 (27)", 0x81, 0x82, 0, ""},
	{"7 Refused- 0/0/0 (27)", 0x81, 0x05, 0, ""},
	{"7 FormErr 0/0/0 (12)", 0x81, 0x81, 0, ""},
	{"7 NotImp 0/0/0 (27)", 0x81, 0x84, 0, ""},
	{"7 NXDomain$ q: A? a.example. 0/1/0 ns: example. SOA a. b. 1 2 3 4 5 (80)", 0x81, 0xa3, 1,
	 "a.example."},
	{"7 1/0/0 TXT \"what? (24)\" (57)", 0x81, 0x80, 0, ""},
};

static void every_form_of_a_message_is_understood(void **state)
{
	const struct message_row *row = message_rows;
	char entry[512];
	struct recorded_packet *s;

	(void)state;
	for (; row < message_rows + sizeof(message_rows) / sizeof(*message_rows); row++) {
		snprintf(entry, sizeof(entry), "10:00:00.000000 IP %s: %s\n",
			 row->flags & 0x80 ? "192.0.2.53.53 > 192.0.2.1.40000"
					   : "192.0.2.1.40000 > 192.0.2.53.53",
			 row->message);
		s = only(entry);
		if (s->id != 7 || s->flags != row->flags || s->rcode != row->rcode ||
		    s->qtype != row->qtype || strcmp(s->name, row->name) != 0)
			fail_msg("%s: ID %u, flags %02x %02x, type %u, name %s", row->message,
				 s->id, s->flags, s->rcode, s->qtype, s->name);
	}
}

static void a_response_has_the_question_of_its_query(void **state)
{
	(void)state;
	read_text(QUERY
		  "10:00:00.1 IP 192.0.2.53.53 > 192.0.2.1.40000: 7 1/0/0 A 192.0.2.80 (43)\n"
		  "10:00:00.2 IP 192.0.2.53.53 > 192.0.2.1.40000: 8 1/0/0 A 192.0.2.80 (43)\n",
		  &got);
	assert_int_equal(got.count, 3);
	assert_string_equal(got.seen[1].name, "a.example.");
	assert_string_equal(got.seen[2].name, "");
}

static void the_longest_name_is_whole_and_a_longer_one_left_out(void **state)
{
	char name[300], entry[512];
	size_t i;

	(void)state;
	for (i = 0; i < 254; i++)
		name[i] = i % 64 == 63 ? '.' : 'x';
	strcpy(name + 253, ".");
	snprintf(entry, sizeof(entry), "10:00:00.0 IP 192.0.2.1.1 > 192.0.2.53.53: 0+ A? %s (1)",
		 name);
	assert_string_equal(only(entry)->name, name);
	assert_int_equal(got.seen[0].length, 28 + 12 + 255 + 4);
	name[253] = 'x';
	strcpy(name + 254, ".");
	snprintf(entry, sizeof(entry), "10:00:00.0 IP 192.0.2.1.1 > 192.0.2.53.53: 0+ A? %s (1)",
		 name);
	assert_int_equal(only(entry)->questions, 0);
}

static void other_ports_are_dns_when_they_are_watched(void **state)
{
	static const __u16 ports[] = {5300};
	struct source_options options = {.ports = ports, .port_count = 1};
	static const char log[] =
		"10:00:00.0 IP 192.0.2.1.40000 > 192.0.2.53.5300: 7+ A? a.example. (27)\n"
		"10:00:00.1 IP 192.0.2.53 > 192.0.2.1: ICMP 192.0.2.53 udp port 5300 unreachable, "
		"length 63\n"
		"10:00:00.2 IP 192.0.2.1.40000 > 192.0.2.53.53: 7+ A? a.example. (27)\n"
		"10:00:00.3 IP 192.0.2.53 > 192.0.2.1: ICMP 192.0.2.53 udp port 53 unreachable, "
		"length 63\n"
		"10:00:00.4 IP 192.0.2.1.40000 > 192.0.2.53.5300: UDP, length 27\n";

	(void)state;
	write_bytes(log, sizeof(log) - 1);
	read_path(recorded_path, &options, 1, &got);
	assert_int_equal(got.count, 2);
	assert_int_equal(got.seen[1].to_port, 5300);
	assert_int_equal(got.seen[1].from_port, 40000);
	assert_int_equal(got.stats.unreadable, 1);
	assert_non_null(strstr(got.stats.diagnostics[0].what, "-T domain"));
}

/* ---- connects over TCP --------------------------------------------------------------------- */

#define SYN                                                                                        \
	"10:00:00.0 IP 192.0.2.1.40000 > 192.0.2.53.53: Flags [S], seq 3086123124, win 64240, "    \
	"length 0\n"

static void assert_segment(const struct recorded_packet *s, unsigned int flags,
			   unsigned int sequence, unsigned int acknowledgment)
{
	assert_int_equal(s->transport, 6);
	assert_true(s->checksums_right);
	assert_int_equal(s->flags, flags);
	assert_int_equal(s->sequence, sequence);
	assert_int_equal(s->acknowledgment, acknowledgment);
}

static void a_syn_is_a_packet(void **state)
{
	static const char *const lines[] = {
		SYN,
		"10:00:00.0 IP 192.0.2.1.40000 > 192.0.2.53.domain: Flags [SEW], seq 3086123124, "
		"win 1, "
		"options [mss 1460,sackOK,TS val 1 ecr 0,nop,wscale 7], length 0\n",
		"10:00:00.0 IP (tos 0x0, ttl 64, id 1, offset 0, flags [DF], proto TCP (6), length "
		"60)\n"
		"    192.0.2.1.40000 > 192.0.2.53.53: Flags [S], cksum 0x1 (correct), seq "
		"3086123124, win "
		"1, length 0\n",
		"10:00:00.0 IP 192.0.2.1.40000 > 192.0.2.53.853: Flags [S], seq 3086123124, length "
		"0\n",
		"10:00:00.0 192.0.2.1.40000 > 192.0.2.53.53: S 3086123124:3086123124(0) win 5840 "
		"<mss "
		"1460> (DF)\n",
		"10:00:00.0 IP 192.0.2.1.40000 > 192.0.2.53.53: Flags [S], seq "
		"3086123124:3086123156, win "
		"1, length 32 7+ A? a.example. (27)\n",
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(lines) / sizeof(*lines); i++) {
		const struct recorded_packet *s = only(lines[i]);

		assert_segment(s, s->flags & 0x02 ? s->flags : 0, 3086123124, 0);
		assert_int_equal(s->flags & 0x17, 0x02);
		assert_string_equal(s->from, "192.0.2.1");
		assert_int_equal(s->from_port, 40000);
		assert_int_equal(s->to_port, i == 3 ? 853 : 53);
	}
}

static void answers_of_a_syn_are_packets(void **state)
{
	(void)state;
	assert_segment(only("10:00:00.0 IP 192.0.2.53.53 > 192.0.2.1.40000: Flags [S.], seq 7, ack "
			    "3086123125, win 1, length 0\n"),
		       0x12, 7, 3086123125);
	assert_segment(only("10:00:00.0 IP 192.0.2.53.53 > 192.0.2.1.40000: Flags [R.], seq 0, ack "
			    "3086123125, win 0, length 0\n"),
		       0x14, 0, 3086123125);
	assert_segment(only("10:00:00.0 192.0.2.53.53 > 192.0.2.1.40000: R 0:0(0) ack 3086123125 "
			    "win 0\n"),
		       0x14, 0, 3086123125);
	assert_segment(
		only("10:00:00.0 IP6 2001:db8::53.53 > 2001:db8::1.40000: Flags [S.], seq 7, "
		     "ack 4294967295, win 1, length 0\n"),
		0x12, 7, 4294967295U);
}

/* The second RST to one client port: tcpdump knows the stream, and counts from its beginning. */
static void a_relative_number_is_that_of_the_syn(void **state)
{
	(void)state;
	read_text(SYN
		  "10:00:00.1 IP 192.0.2.53.53 > 192.0.2.1.40000: Flags [R.], seq 0, ack 1, win "
		  "0, length 0\n",
		  &got);
	assert_int_equal(got.count, 2);
	assert_segment(&got.seen[1], 0x14, 0, 3086123125);
}

static void other_segments_are_none(void **state)
{
	static const char *const lines[] = {
		"10:00:00.0 IP 192.0.2.1.40000 > 192.0.2.53.53: Flags [.], ack 1, win 1, length "
		"0\n",
		"10:00:00.0 IP 192.0.2.1.40000 > 192.0.2.53.53: Flags [P.], seq 1:30, ack 1, win "
		"1, "
		"length 29 7+ A? a.example. (27)\n",
		"10:00:00.0 IP 192.0.2.53.53 > 192.0.2.1.40000: Flags [F.], seq 1, ack 1, length "
		"0\n",
		"10:00:00.0 IP 192.0.2.53.53 > 192.0.2.1.40000: Flags [R], seq 1, win 0, length "
		"0\n",
		"10:00:00.0 IP 192.0.2.53.53 > 192.0.2.1.40000: Flags [S], seq 1, win 0, length "
		"0\n",
		"10:00:00.0 IP 192.0.2.1.40000 > 192.0.2.53.53: Flags [S.], seq 1, ack 2, length "
		"0\n",
		"10:00:00.0 IP 192.0.2.1.40000 > 192.0.2.53.53: Flags [none], win 0, length 0\n",
		"10:00:00.0 IP 192.0.2.1.40000 > 192.0.2.53.80: Flags [S], seq 1, win 0, length "
		"0\n",
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(lines) / sizeof(*lines); i++) {
		read_text(lines[i], &got);
		assert_int_equal(got.result, 0);
		assert_int_equal(got.count, 0);
		assert_int_equal(got.stats.unreadable, 0);
	}
}

static void a_syn_without_its_number_is_said(void **state)
{
	(void)state;
	read_text(QUERY "10:00:00.1 IP 192.0.2.1.40000 > 192.0.2.53.53: Flags [S], win 64240\n",
		  &got);
	assert_int_equal(got.count, 1);
	assert_int_equal(got.stats.unreadable, 1);
	assert_non_null(strstr(got.stats.diagnostics[0].what, "is cut before its end"));
}

static void icmp_about_a_connect_quotes_its_syn(void **state)
{
	static const char *const messages[] = {
		"10:00:00.1 IP 192.0.2.9 > 192.0.2.1: ICMP 192.0.2.53 tcp port 53 unreachable, "
		"length 68\n",
		"10:00:00.1 IP 192.0.2.9 > 192.0.2.1: ICMP host 192.0.2.53 unreachable - admin "
		"prohibited, "
		"length 68\n",
		"10:00:00.1 IP (tos 0x0, ttl 64, id 1, offset 0, flags [none], proto ICMP (1), "
		"length 88)\n"
		"    192.0.2.9 > 192.0.2.1: ICMP host 192.0.2.53 unreachable - admin prohibited, "
		"length 68\n"
		"\tIP (tos 0x0, ttl 63, id 1, offset 0, flags [DF], proto TCP (6), length 60)\n"
		"    192.0.2.1.40000 > 192.0.2.53.53: Flags [S], cksum 0x1 (correct), seq "
		"3086123124, win 1, "
		"length 0\n",
	};
	char both[2048];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(messages) / sizeof(*messages); i++) {
		snprintf(both, sizeof(both), "%s%s", SYN, messages[i]);
		read_text(both, &got);
		if (got.count != 2)
			fail_msg("%zu packets: %s", got.count, both);
		assert_int_equal(got.seen[1].transport, 1);
		assert_int_equal(got.seen[1].code, i ? 10 : 3);
		assert_int_equal(got.seen[1].quoted_transport, 6);
		assert_string_equal(got.seen[1].quoted_to, "192.0.2.53");
		assert_int_equal(got.seen[1].from_port, 40000);
		assert_int_equal(got.seen[1].to_port, 53);
		assert_int_equal(got.seen[1].sequence, 3086123124);
		assert_int_equal(got.seen[1].flags, 0x02);
		assert_int_equal(got.stats.inferred_quotes, i < 2);
	}
}

/* ---- what is not ours, and what cannot be read ------------------------------------------ */

static void other_traffic_is_passed_over_in_silence(void **state)
{
	(void)state;
	read_text(
		"tcpdump: verbose output suppressed, use -v[v]... for full protocol decode\n"
		"listening on eth0, link-type EN10MB (Ethernet), snapshot length 262144 bytes\n"
		"10:00:00.0 IP 192.0.2.1.40000 > 192.0.2.80.443: Flags [S], seq 1, length 0\n"
		"10:00:00.0 IP 192.0.2.1.40000 > 192.0.2.53.53: Flags [P.], seq 1:5, length 4\n"
		"10:00:00.0 IP 192.0.2.1.40000 > 192.0.2.80.123: NTPv4, Client, length 48\n"
		"10:00:00.0 IP 192.0.2.1 > 192.0.2.80: ICMP echo request, id 1, seq 1, length 64\n"
		"10:00:00.0 IP 192.0.2.9 > 192.0.2.1: ICMP 192.0.2.80 tcp port 53 unreachable, "
		"length 68\n"
		"10:00:00.0 IP 192.0.2.9 > 192.0.2.1: ICMP 192.0.2.80 udp port 33434 unreachable, "
		"length 68\n"
		"10:00:00.0 IP 192.0.2.9 > 192.0.2.1: ICMP host 192.0.2.80 unreachable, length 68\n"
		"10:00:00.0 IP 192.0.2.9 > 192.0.2.1: ICMP time exceeded in-transit, length 68\n"
		"10:00:00.0 ARP, Request who-has 192.0.2.1 tell 192.0.2.2, length 28\n"
		"10:00:00.0 IP6 fe80::1 > ff02::1: ICMP6, router advertisement, length 64\n"
		"10:00:00.0 STP 802.1d, Config, Flags [none], length 35\n"
		"\t0x0000:  0000 0000 0080 0000 0000 0000 0000\n" QUERY
		"\t0x0000:  4500 0037 0000 4000 4011 0000 c000 0201\n"
		"14 packets captured\n0 packets dropped by kernel\n",
		&got);
	assert_int_equal(got.result, 0);
	assert_int_equal(got.count, 1);
	assert_int_equal(got.stats.unreadable, 0);
	assert_query(&got.seen[0]);
	read_text("10:00:00.0 IP 192.0.2.1.1 > 192.0.2.2.443: Flags [S], seq 1, length 0\n", &got);
	assert_int_equal(got.result, 0);
	assert_int_equal(got.count, 0);
}

static void what_cannot_be_read_is_counted_and_shown(void **state)
{
	size_t i;

	(void)state;
	read_text("Dear all,\n\n" QUERY "see above\n"
		  "10:00:01.0 IP host.example.40000 > dns.example.domain: 7+ A? a. (20)\n"
		  "10:00:02.0 IP 192.0.2.1.40000 > 192.0.2.53.53: gibberish\n"
		  "10:00:03.0 what I said\n\none\n\ntwo\n\nthree\n",
		  &got);
	assert_int_equal(got.result, 0);
	assert_int_equal(got.count, 1);
	assert_true(got.stats.unreadable >= DIAGNOSTICS_KEPT);
	assert_int_equal(got.stats.diagnostic_count, DIAGNOSTICS_KEPT);
	assert_int_equal(got.stats.diagnostics[0].line, 1);
	assert_int_equal(got.stats.diagnostics[1].line, 4);
	assert_int_equal(got.stats.diagnostics[2].line, 5);
	assert_int_equal(got.stats.diagnostics[3].line, 6);
	assert_non_null(strstr(got.stats.diagnostics[0].what, "Dear all,"));
	assert_non_null(strstr(got.stats.diagnostics[2].what, "tcpdump -n"));
	for (i = 0; i < DIAGNOSTICS_KEPT; i++)
		assert_true(strlen(got.stats.diagnostics[i].what) > 0);
}

static void nothing_readable_is_an_error(void **state)
{
	(void)state;
	read_text("Nothing to see here.\n", &got);
	assert_int_equal(got.result, -EINVAL);
	assert_one_message(&got);
	assert_non_null(strstr(got.message, "line 1"));
	assert_non_null(strstr(got.message, "tcpdump -n"));
	read_text("10:00:00.0 IP\n", &got);
	assert_int_equal(got.result, -EINVAL);
	read_text("\n\n\n", &got);
	assert_int_equal(got.result, -EINVAL);
	assert_one_message(&got);
}

static void diagnostics_hold_nothing_that_moves_a_terminal(void **state)
{
	size_t i;

	(void)state;
	read_text("10:00:00.0 \x1b]0;title\x07 \xe2\x80\xae \x7f\n" QUERY, &got);
	assert_int_equal(got.stats.diagnostic_count, 1);
	for (i = 0; got.stats.diagnostics[0].what[i]; i++) {
		assert_true(got.stats.diagnostics[0].what[i] >= ' ');
		assert_true(got.stats.diagnostics[0].what[i] <= '~');
	}
}

static void a_log_may_be_cut_anywhere(void **state)
{
	size_t length, i;
	FILE *in = fopen("tests/capture/pasted.txt", "r");

	(void)state;
	assert_non_null(in);
	length = fread(text, 1, sizeof(text), in);
	fclose(in);
	for (i = 1; i < length; i++) {
		read_bytes(text, i, 1, &got);
		assert_true(got.count <= 9);
	}
}

static void endless_lines_take_no_endless_memory(void **state)
{
	size_t i;

	(void)state;
	memset(text, 'x', sizeof(text) - 1);
	memcpy(text, QUERY, strlen(QUERY));
	read_bytes(text, sizeof(text) - 1, 1, &got);
	assert_int_equal(got.count, 1);
	for (i = 100; i < sizeof(text) - 1; i += 7)
		text[i] = ' ';
	memcpy(text, QUERY, strlen(QUERY) - 5); /* goes on and on */
	read_bytes(text, sizeof(text) - 1, 1, &got);
	assert_int_equal(got.count, 1);
	assert_int_equal(got.seen[0].id, 7);
}

/* A packet of a log holds lines of tcpdump; -A prints them behind its header. */
static void a_line_in_a_dump_of_ascii_is_no_packet(void **state)
{
	static const char *const dumps[] = {
		"E.....@.@..?...........<13>Mar  1 10:00:00 r tcpdump: ",
		"E...@.@...<13>",
		"E(....@.@.......",
		"`.{T..4.@......:.......<13>Mar  1 10:00:00 r tcpdump: ",
		"`.......",
	};
	static const char *const entries[] = {
		"10:00:00.000000 IP 192.0.2.1.514 > 192.0.2.9.514: SYSLOG user.notice, length: 140",
		"10:00:00.000000 IP 192.0.2.1.514 > 192.0.2.9.514: UDP, length 140",
		"10:00:00.000000 IP 192.0.2.53.53 > 192.0.2.1.40009: 9 1/0/0 A 203.0.113.1 (44)",
	};
	static const char line[] =
		"09:59:59.5 IP 192.0.2.1.40001 > 192.0.2.53.53: 8+ A? b.example. (27)\n";
	size_t i, j;

	(void)state;
	for (i = 0; i < sizeof(dumps) / sizeof(*dumps); i++) {
		for (j = 0; j < sizeof(entries) / sizeof(*entries); j++) {
			snprintf(text, sizeof(text), "%s\n%s%s%s", entries[j], dumps[i], line,
				 QUERY);
			read_text(text, &got);
			if (got.count != 1 + (j == 2) || got.stats.unreadable)
				fail_msg("%zu packets, %s: %s", got.count,
					 got.stats.diagnostics[0].what, text);
			assert_query(&got.seen[got.count - 1]);
		}
	}
}

/* A prefix that looks like the beginning of such a dump, but stands behind no entry. */
static void a_prefix_of_letters_is_no_dump(void **state)
{
	(void)state;
	assert_query(only("E... " QUERY));
	read_text("ERROR.. " QUERY "ERROR.. 10:00:00.1 IP 192.0.2.53.53 > 192.0.2.1.40000: 7 0/0/0 "
		  "(27)\n",
		  &got);
	assert_int_equal(got.count, 2);
}

/* ---- tcpdump itself --------------------------------------------------------------------- */

static void write_raw_pcap(const char *path)
{
	static const __u32 header[] = {0xa1b2c3d4, 0x00040002, 0, 0, 65535, 101};
	struct source_options options = {.date_ns = 19783 * DAY_NS};
	struct captured c;
	struct source *s;
	FILE *out = fopen(path, "w");

	fwrite(header, sizeof(header), 1, out);
	assert_int_equal(source_open("tests/capture/ipv6.txt", &options, &s), 0);
	while (source_next(s, &c) == 1) {
		__u32 record[] = {(__u32)(c.time_ns / S_NS), (__u32)(c.time_ns % S_NS / 1000),
				  c.length, c.length};

		fwrite(record, sizeof(record), 1, out);
		fwrite(c.bytes, c.length, 1, out);
	}
	source_close(s);
	fclose(out);
}

/* Text to packets, to tcpdump's text, and to packets again: with its quotes shown, or not. */
static void what_tcpdump_prints_of_our_packets_reads_back(void **state)
{
	static const char *const options[] = {"-n -tt",		"-n -tttt",  "-n -tt -v",
					      "-n -tt -vvv -x", "-n -tt -e", "-n -tttt -X",
					      "-n -tt -#"};
	static struct recorded first;
	char command[256], printed[64], packets[64];
	size_t i;

	(void)state;
	write_bytes("", 0);
	snprintf(packets, sizeof(packets), "%s.pcap", recorded_path);
	snprintf(printed, sizeof(printed), "%s.txt", recorded_path);
	write_raw_pcap(packets);
	read_path(packets, NULL, 1, &first);
	assert_int_equal(first.count, 13);
	for (i = 0; i < sizeof(options) / sizeof(*options); i++) {
		snprintf(command, sizeof(command), "TZ=UTC tcpdump %s -r %s >%s 2>/dev/null",
			 options[i], packets, printed);
		if (system(command))
			break; /* no tcpdump: nothing to compare with */
		read_path(printed, NULL, 1, &got);
		assert_int_equal(got.count, first.count);
		assert_int_equal(got.stats.unreadable, 0);
		assert_memory_equal(got.seen, first.seen, sizeof(got.seen));
	}
	unlink(packets);
	unlink(printed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_reference_log_is_six_packets),
		cmocka_unit_test(further_logs_are_read_whole),
		cmocka_unit_test(one_query_in_many_forms),
		cmocka_unit_test(ipv6_is_read_as_ipv4_is),
		cmocka_unit_test(an_interface_that_is_named_has_a_number),
		cmocka_unit_test(a_line_that_lost_its_breaks_is_several_entries),
		cmocka_unit_test(times_may_have_dates_or_count_seconds),
		cmocka_unit_test(what_is_no_time_begins_no_entry),
		cmocka_unit_test(midnight_begins_another_day_and_disorder_does_not),
		cmocka_unit_test(every_form_of_a_message_is_understood),
		cmocka_unit_test(a_response_has_the_question_of_its_query),
		cmocka_unit_test(the_longest_name_is_whole_and_a_longer_one_left_out),
		cmocka_unit_test(other_ports_are_dns_when_they_are_watched),
		cmocka_unit_test(a_syn_is_a_packet),
		cmocka_unit_test(answers_of_a_syn_are_packets),
		cmocka_unit_test(a_relative_number_is_that_of_the_syn),
		cmocka_unit_test(other_segments_are_none),
		cmocka_unit_test(a_syn_without_its_number_is_said),
		cmocka_unit_test(icmp_about_a_connect_quotes_its_syn),
		cmocka_unit_test(other_traffic_is_passed_over_in_silence),
		cmocka_unit_test(what_cannot_be_read_is_counted_and_shown),
		cmocka_unit_test(nothing_readable_is_an_error),
		cmocka_unit_test(diagnostics_hold_nothing_that_moves_a_terminal),
		cmocka_unit_test(a_log_may_be_cut_anywhere),
		cmocka_unit_test(endless_lines_take_no_endless_memory),
		cmocka_unit_test(a_line_in_a_dump_of_ascii_is_no_packet),
		cmocka_unit_test(a_prefix_of_letters_is_no_dump),
		cmocka_unit_test(what_tcpdump_prints_of_our_packets_reads_back),
	};

	return cmocka_run_group_tests(tests, NULL, remove_recorded);
}
