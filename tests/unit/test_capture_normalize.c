// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The normaliser of tcpdump's text alone, bytes to logical lines, and the grammar alone. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "capture/tcpdump_entry.h"
#include "capture/tcpdump_normalize.h"

#include <string.h>

#define LINE "10:00:00.000000 IP 192.0.2.1.40000 > 192.0.2.53.53: 7+ A? a.example. (27)"

static struct normalizer normalizer;
static struct logical_line line;
static const char *left;

static ssize_t read_text(void *context, void *to, size_t room)
{
	size_t n = strlen(left) < room ? strlen(left) : room;

	(void)context;
	memcpy(to, left, n);
	left += n;
	return (ssize_t)n;
}

static void begin(const char *text)
{
	left = text;
	normalizer_init(&normalizer, read_text, NULL);
}

/* Is `text` one of the forms of the current line? */
static int has_form(const char *text)
{
	size_t i;

	for (i = 0; i < line.form_count; i++) {
		if (!strcmp(line.text[i], text))
			return 1;
	}
	return 0;
}

static void assert_only_line(const char *text)
{
	begin(text);
	assert_int_equal(normalizer_next(&normalizer, &line), 1);
	if (line.kind != LOGICAL_ENTRY || !has_form(LINE))
		fail_msg("%s: '%s'", text, line.text[0]);
	assert_int_equal(normalizer_next(&normalizer, &line), 0);
}

static void what_stands_before_the_time_is_dropped(void **state)
{
	(void)state;
	assert_only_line(LINE);
	assert_only_line("sniffer-1  | " LINE "\n");
	assert_only_line("Mar 01 10:00:09 host tcpdump[12]: " LINE "\n");
	assert_only_line("2024-03-01T10:00:09.200000000Z " LINE "\n");
	assert_only_line("^C" LINE "\n");
	assert_only_line("dump.txt:12:" LINE "\n");
	assert_only_line("| 12 | " LINE " |\n");
}

static void a_wrapped_line_is_put_together(void **state)
{
	(void)state;
	assert_only_line("10:00:00.000000 IP 192.0.2.1.40000 > 192.0.2.53.53: 7+ A?\n"
			 "a.example. (27)\n");
	assert_only_line("10:00:00.000000 IP 192.0.2.1.40\n000 > 192.0.2.53.53: 7+ A? a.ex\n"
			 "ample. (27)\n");
	assert_only_line("> 10:00:00.000000 IP 192.0.2.1.40\n> 000 > 192.0.2.53.53: 7+ A? a.ex\n"
			 "> ample. (27)\n");
	assert_only_line(
		"log: 10:00:00.00\n0000 IP 192.0.2.1.40000 > 192.0.2.53.53: 7+ A? a.example."
		" (27)\n");
}

static void documents_are_decoded(void **state)
{
	(void)state;
	assert_only_line("<p>10:00:00.000000 IP <b>192.0.2.1</b>.40000 &gt; 192.0.2.53.53: 7+ A?"
			 "&#x20;a.example. (27)</p>");
	assert_only_line("10:00:00.000000 IP 192.0.2.1.40000 \\> 192.0.2.53.53: 7\\+ A?\\\n\n"
			 "a.example. (27)\\\n");
	assert_only_line("\xef\xbb\xbf" LINE "\r\n");
}

static void entries_and_loose_lines_have_their_numbers(void **state)
{
	(void)state;
	begin("The log:\n\n" LINE "\n" LINE "\nThe end.\n");
	assert_int_equal(normalizer_next(&normalizer, &line), 1);
	assert_int_equal(line.kind, LOGICAL_LOOSE);
	assert_int_equal(line.number, 1);
	assert_string_equal(line.text[0], "The log:");
	assert_int_equal(normalizer_next(&normalizer, &line), 1);
	assert_int_equal(line.number, 3);
	assert_int_equal(normalizer_next(&normalizer, &line), 1);
	assert_int_equal(line.number, 4);
	assert_int_equal(normalizer_next(&normalizer, &line), 1);
	assert_int_equal(line.kind, LOGICAL_LOOSE);
	assert_int_equal(line.number, 5);
	assert_int_equal(normalizer_next(&normalizer, &line), 0);
}

/* ---- the grammar -------------------------------------------------------------------------- */

static const __u16 port = 53;
static const struct text_ports ports = {&port, 1};

static void the_true_reason_is_told(void **state)
{
	static const struct {
		const char *text;
		enum text_fault fault;
		int is_about_dns;
	} rows[] = {
		{LINE, FAULT_NONE, 0},
		{"10:00:00.0 IP 192.0.2.1.400 00 > 192.0.2.53.53: 7+ A? a. (20)", FAULT_NO_SIDES,
		 1},
		{"10:00:00.0 IP host.40000 > dns.domain: 7+ A? a. (20)", FAULT_NAMES, 1},
		{"10:00:00.0 IP 192.0.2.1.40000 > 192.0.2.53.53: UDP, length 20", FAULT_UNDECODED,
		 1},
		{"10:00:00.0 IP 192.0.2.53.53 > 192.0.2.1.40000: 7", FAULT_CUT, 1},
		{"10:00:00.0 IP 192.0.2.53.53 > 192.0.2.1.40000: 7 NXDo", FAULT_NOT_DNS, 1},
		{"10:00:00.0 IP 192.0.2.53 > 192.0.2.1: ICMP 192.0.2.53 udp port 53 unreach",
		 FAULT_ICMP, 1},
		{"10:00:00.0 IP 192.0.2.53 > 192.0.2.1: [|icmp]", FAULT_PROTOCOL, 1},
		{"10:00:00.0 192.0.2.1 > 192.0.2.53 DNS 75 Standard query 0x0007 A a", FAULT_TSHARK,
		 1},
		{"10:00:00.0 IP host.22 > other.40000: Flags [P.], seq 1:2", FAULT_NONE, 0},
		{"10:00:00.0 ARP, Request who-has 192.0.2.1 tell 192.0.2.2, length 28", FAULT_NONE,
		 0},
	};
	struct text_entry e;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		enum text_fault fault = text_entry_parse(rows[i].text, &ports, &e);

		if (fault != rows[i].fault || e.is_about_dns != rows[i].is_about_dns)
			fail_msg("%s: %s, about DNS: %d", rows[i].text, text_fault_sentence(fault),
				 e.is_about_dns);
	}
}

static void a_loose_line_that_is_about_dns_is_lost(void **state)
{
	static const struct {
		const char *text;
		enum text_fault fault;
		int is_about_dns;
	} rows[] = {
		{"IP 192.0.2.1.40000 > 192.0.2.53.53: 7+ A? a. (20)", FAULT_NO_TIME, 1},
		{"IP 192.0.2.53 > 192.0.2.1: ICMP 192.0.2.53 udp port 53 unreachable",
		 FAULT_NO_TIME, 1},
		{"1 0.0 192.0.2.1 > 192.0.2.53 DNS 75 Standard query", FAULT_TSHARK, 1},
		{"7+ A? a. (20)", FAULT_WORDS, 1},
		{"The port was unreachable all day", FAULT_WORDS, 0},
		{"It began at 10:00:00.5 or so", FAULT_TIME, 0},
		{"Dear all,", FAULT_PROSE, 0},
	};
	int is_about_dns;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		enum text_fault fault = text_loose_fault(rows[i].text, &ports, &is_about_dns);

		if (fault != rows[i].fault || is_about_dns != rows[i].is_about_dns)
			fail_msg("%s: %s, about DNS: %d", rows[i].text, text_fault_sentence(fault),
				 is_about_dns);
	}
}

/* A time that is cut, behind two addresses or behind another time: it begins once, where it begins.
 */
static void a_cut_time_begins_an_entry_where_it_begins(void **state)
{
	(void)state;
	begin("192.0.2.1 > 192.0.2.53: 10:00:00.0 I\nP 192.0.2.1.4 > 192.0.2.53.53: 7+ A? b. "
	      "(20)\n");
	assert_int_equal(normalizer_next(&normalizer, &line), 1);
	assert_int_equal(line.kind, LOGICAL_LOOSE);
	assert_string_equal(line.text[0], "192.0.2.1 > 192.0.2.53:");
	assert_int_equal(normalizer_next(&normalizer, &line), 1);
	assert_int_equal(line.kind, LOGICAL_ENTRY);
	assert_int_equal(line.number, 1);
	assert_true(has_form("10:00:00.0 IP 192.0.2.1.4 > 192.0.2.53.53: 7+ A? b. (20)"));
	assert_int_equal(normalizer_next(&normalizer, &line), 0);

	begin(")00:00:00.000123 IP 10:00:00.0 \n\n");
	assert_int_equal(normalizer_next(&normalizer, &line), 1);
	assert_int_equal(line.form_count, 1);
	assert_string_equal(line.text[0], "00:00:00.000123 IP 10:00:00.0");
	assert_int_equal(normalizer_next(&normalizer, &line), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_stands_before_the_time_is_dropped),
		cmocka_unit_test(a_wrapped_line_is_put_together),
		cmocka_unit_test(documents_are_decoded),
		cmocka_unit_test(entries_and_loose_lines_have_their_numbers),
		cmocka_unit_test(a_cut_time_begins_an_entry_where_it_begins),
		cmocka_unit_test(the_true_reason_is_told),
		cmocka_unit_test(a_loose_line_that_is_about_dns_is_lost),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
