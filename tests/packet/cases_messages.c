/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Messages over TCP: each rule of docs/counters.md about their stream. A case writes the bytes of
 * both directions, and sends them in segments of its choice: [from, to) of the stream.
 */
#include "rig.h"

#include <stdio.h>
#include <string.h>

#define ISN 0x89abcdefU
#define SERVER_ISN 77U
#define OUT 0
#define IN 1

static struct {
	uint8_t bytes[2][65536];
	uint32_t length[2];
	uint32_t base[2]; /* sequence number of the first byte */
	uint16_t port;
} stream;

static const char *tcp_row(void)
{
	static char text[80];

	snprintf(text, sizeof(text), "%s/tcp", frame_resolver());
	return text;
}

#define want_tcp(counter, n)                                                                       \
	expect_(__FILE__, __LINE__, #counter, counter_of(tcp_row(), COUNTER_##counter), n)

/* ---- bytes of the stream ---------------------------------------------------------------- */

static void put8(int way, unsigned v)
{
	stream.bytes[way][stream.length[way]++] = v;
}

static void put16(int way, unsigned v)
{
	put8(way, v >> 8);
	put8(way, v & 255);
}

/* Adds a message of so many bytes (at least 12) to the stream. */
static void put_message(int way, unsigned id, unsigned flags, unsigned bytes)
{
	uint32_t end = stream.length[way] + 2 + bytes;

	put16(way, bytes);
	put16(way, id);
	put16(way, flags);
	put16(way, 1);
	put16(way, 0);
	put16(way, 0);
	put16(way, 0);
	while (stream.length[way] < end)
		put8(way, 0xff); /* read as a length, this is far too long */
}

static void put_query(unsigned id)
{
	put_message(OUT, id, 0x0100, 39);
}

static void put_answer(unsigned id, unsigned rcode)
{
	put_message(IN, id, 0x8180 | rcode, 55);
}

/* ---- segments --------------------------------------------------------------------------- */

/* Sends the bytes [from, to) of a direction. */
static void segment_with(int way, uint32_t from, uint32_t to, int flags, uint32_t acknowledgment)
{
	struct udp_spec s = {.tcp = flags | TCP_FLAG_ACK,
			     .response = way == IN,
			     .source_port = stream.port,
			     .sequence = stream.base[way] + from,
			     .acknowledgment = acknowledgment,
			     .bytes = stream.bytes[way] + from,
			     .data = to - from};

	if (way == OUT)
		queries(udp_frame(s));
	else
		outcomes(udp_frame(s));
}

static void segment(int way, uint32_t from, uint32_t to)
{
	segment_with(way, from, to, 0, stream.base[!way]);
}

/* Sends all from `from` on. */
static void rest(int way, uint32_t from)
{
	segment(way, from, stream.length[way]);
}

static void fin(int way, uint32_t at)
{
	segment_with(way, at, at, TCP_FLAG_FIN, stream.base[!way]);
}

static void rst(int way, uint32_t at)
{
	segment_with(way, at, at, TCP_FLAG_RST, stream.base[!way]);
}

static void begin(void)
{
	memset(&stream, 0, sizeof(stream));
	stream.port = 52444;
	stream.base[OUT] = ISN + 1;
	stream.base[IN] = SERVER_ISN + 1;
}

static void syn(void)
{
	queries(udp_frame(
		(struct udp_spec){.tcp = TCP_FLAG_SYN, .sequence = stream.base[OUT] - 1}));
}

static void syn_ack(uint32_t acknowledgment)
{
	outcomes(udp_frame((struct udp_spec){.tcp = TCP_FLAG_SYN | TCP_FLAG_ACK,
					     .response = 1,
					     .sequence = stream.base[IN] - 1,
					     .acknowledgment = acknowledgment}));
}

static void established(void)
{
	begin();
	syn();
	syn_ack(stream.base[OUT]);
}

/* ---- one message ------------------------------------------------------------------------ */

CASE(query_over_tcp_opens_a_transaction)
{
	established();
	put_query(7);
	rest(OUT, 0);
	want_tcp(QUERIES, 1);
	want_tcp(TRANSACTIONS, 1);
	want_tcp(CONNECT_ESTABLISHED, 1);
	want_in_flight(1);
	expect(has_entry(frame_resolver()), 0);
}

CASE(response_over_tcp_answers_it)
{
	established();
	put_query(7);
	rest(OUT, 0);
	at(1000.030);
	put_answer(7, 3);
	rest(IN, 0);
	want_tcp(RESPONSES, 1);
	want_tcp(ANSWERED_NXDOMAIN, 1);
	want_tcp(RTT_COUNT, 1);
	want_tcp(RTT_SUM_NS, 30000000);
	want_in_flight(0);
}

CASE(pure_acknowledgment_changes_nothing)
{
	established();
	segment(OUT, 0, 0);
	segment(IN, 0, 0);
	want_tcp(QUERIES, 0);
	put_query(7);
	rest(OUT, 0);
	segment(IN, 0, 0);
	want_tcp(QUERIES, 1);
	want_self(UNPARSED_STREAM, 0);
}

CASE(message_over_tcp_times_out_and_is_late)
{
	established();
	put_query(7);
	rest(OUT, 0);
	at(1005.5);
	run_sweep();
	want_tcp(TIMED_OUT, 1);
	want_in_flight(0);
	put_answer(7, 0);
	rest(IN, 0);
	want_tcp(LATE_RESPONSES, 1);
	want_tcp(ANSWERED_NOERROR, 0);
}

CASE(answer_to_no_query_over_tcp_is_unmatched)
{
	established();
	put_query(7);
	rest(OUT, 0);
	put_answer(8, 0);
	rest(IN, 0);
	want_tcp(UNMATCHED_RESPONSES, 1);
	want_in_flight(1);
}

CASE(same_id_again_over_tcp_is_a_retransmission)
{
	established();
	put_query(7);
	put_query(7);
	rest(OUT, 0);
	want_tcp(QUERIES, 2);
	want_tcp(TRANSACTIONS, 1);
	want_tcp(RETRANSMISSIONS, 1);
	put_answer(7, 0);
	rest(IN, 0);
	want_tcp(ANSWERED_NOERROR, 1);
	want_tcp(RTT_COUNT, 0);
}

CASE(truncated_over_tcp)
{
	established();
	put_query(7);
	rest(OUT, 0);
	put_message(IN, 7, 0x8380, 55);
	rest(IN, 0);
	want_tcp(TRUNCATED, 1);
}

CASE(response_in_the_queries_direction_is_no_query)
{
	established();
	put_message(OUT, 5, 0x8180, 39);
	put_query(7);
	rest(OUT, 0);
	want_tcp(QUERIES, 1);
	put_message(IN, 7, 0x0100, 39);
	put_answer(7, 0);
	rest(IN, 0);
	want_tcp(RESPONSES, 1);
	want_tcp(ANSWERED_NOERROR, 1);
	want_self(UNPARSED_STREAM, 0);
}

/* ---- how messages are cut --------------------------------------------------------------- */

/* Short ones: test run takes no packet longer than a page. */
static void put_short_queries(unsigned count)
{
	unsigned i;

	for (i = 0; i < count; i++)
		put_message(OUT, i, 0x0100, 12);
}

CASE(many_messages_in_one_segment)
{
	unsigned i;

	established();
	put_short_queries(200);
	rest(OUT, 0);
	want_tcp(QUERIES, 200);
	want_in_flight(200);
	for (i = 0; i < 200; i++)
		put_message(IN, 199 - i, 0x8180, 12);
	rest(IN, 0);
	want_tcp(ANSWERED_NOERROR, 200);
	want_in_flight(0);
	want_self(UNPARSED_STREAM, 0);
}

CASE(message_in_many_segments)
{
	uint32_t i;

	established();
	put_query(7);
	rest(OUT, 0);
	put_message(IN, 7, 0x8180, 8000);
	put_message(IN, 8, 0x8180, 60);
	for (i = 0; i + 1000 < stream.length[IN]; i += 1000)
		segment(IN, i, i + 1000);
	rest(IN, i);
	want_tcp(ANSWERED_NOERROR, 1);
	want_tcp(UNMATCHED_RESPONSES, 1);
	want_self(UNPARSED_STREAM, 0);
}

CASE(byte_by_byte)
{
	uint32_t i;

	established();
	put_query(7);
	put_query(8);
	put_answer(8, 0);
	put_answer(7, 2);
	for (i = 0; i < stream.length[OUT]; i++)
		segment(OUT, i, i + 1);
	want_tcp(QUERIES, 2);
	for (i = 0; i < stream.length[IN]; i++)
		segment(IN, i, i + 1);
	want_tcp(ANSWERED_NOERROR, 1);
	want_tcp(ANSWERED_SERVFAIL, 1);
	want_in_flight(0);
}

CASE(prefix_and_message_apart)
{
	established();
	put_query(7);
	put_query(8);
	segment(OUT, 0, 2);
	segment(OUT, 2, 41);
	segment(OUT, 41, 43);
	segment(OUT, 43, 82);
	want_tcp(QUERIES, 2);
}

CASE(every_cut_of_two_messages)
{
	uint32_t cut;

	begin();
	put_query(7);
	put_query(8);
	put_answer(7, 0);
	put_answer(8, 0);
	for (cut = 1; cut < 82; cut++) {
		stream.base[OUT] += 1000;
		stream.base[IN] += 1000;
		syn();
		syn_ack(stream.base[OUT]);
		segment(OUT, 0, cut);
		rest(OUT, cut);
		want_tcp(QUERIES, 2 * cut);
		segment(IN, 0, cut);
		rest(IN, cut);
		want_tcp(ANSWERED_NOERROR, 2 * cut);
		want_in_flight(0);
		fin(IN, stream.length[IN]);
	}
	want_self(UNPARSED_STREAM, 0);
}

CASE(segment_of_more_messages_than_are_followed)
{
	established();
	put_short_queries(STREAM_SEGMENT_MAX + 1);
	rest(OUT, 0);
	want_tcp(QUERIES, STREAM_SEGMENT_MAX);
	want_tcp(UNFOLLOWED, STREAM_SEGMENT_MAX);
	want_self(UNPARSED_STREAM, 1);
	want_in_flight(0);
}

CASE(longest_message)
{
	uint32_t i;

	established();
	put_message(OUT, 7, 0x0100, 65500);
	for (i = 0; i + 3000 < stream.length[OUT]; i += 3000)
		segment(OUT, i, i + 3000);
	rest(OUT, i);
	want_tcp(QUERIES, 1);
	want_self(UNPARSED_STREAM, 0);
}

CASE(length_that_no_message_has_loses_the_stream)
{
	established();
	put_query(7);
	put16(OUT, 11);
	put16(OUT, 0);
	put16(OUT, 0);
	rest(OUT, 0);
	want_tcp(QUERIES, 1);
	want_tcp(UNFOLLOWED, 1);
	want_self(UNPARSED_STREAM, 1);
	want_in_flight(0);
}

/* ---- TCP Fast Open ---------------------------------------------------------------------- */

static void syn_with_data(void)
{
	queries(udp_frame((struct udp_spec){.tcp = TCP_FLAG_SYN,
					    .sequence = ISN,
					    .bytes = stream.bytes[OUT],
					    .data = stream.length[OUT]}));
}

CASE(query_in_the_syn)
{
	begin();
	put_query(7);
	syn_with_data();
	want_tcp(CONNECT_OPENED, 1);
	want_tcp(QUERIES, 1);
	syn_ack(stream.base[OUT] + stream.length[OUT]);
	want_tcp(CONNECT_ESTABLISHED, 1);
	put_answer(7, 0);
	rest(IN, 0);
	want_tcp(ANSWERED_NOERROR, 1);
	want_in_flight(0);
}

CASE(query_in_a_syn_that_the_server_ignores)
{
	begin();
	put_query(7);
	syn_with_data();
	syn_ack(stream.base[OUT]);
	rest(OUT, 0);
	want_tcp(QUERIES, 1);
	put_answer(7, 0);
	rest(IN, 0);
	want_tcp(ANSWERED_NOERROR, 1);
}

CASE(query_in_a_syn_that_is_refused)
{
	begin();
	put_query(7);
	syn_with_data();
	outcomes(udp_frame((struct udp_spec){.tcp = TCP_FLAG_RST | TCP_FLAG_ACK,
					     .response = 1,
					     .acknowledgment = ISN + 1}));
	want_tcp(CONNECT_REFUSED, 1);
	want_tcp(CLOSED_RST, 1);
	want_in_flight(0);
}

/* ---- retransmission, reordering, loss --------------------------------------------------- */

CASE(retransmitted_segments_count_once)
{
	established();
	put_query(7);
	put_query(8);
	segment(OUT, 0, 41);
	segment(OUT, 0, 41);
	rest(OUT, 0);
	segment(OUT, 0, 41);
	want_tcp(QUERIES, 2);
	put_answer(7, 0);
	rest(IN, 0);
	rest(IN, 0);
	want_tcp(RESPONSES, 1);
	want_tcp(UNMATCHED_RESPONSES, 0);
}

CASE(segments_in_the_wrong_order)
{
	established();
	put_query(7);
	put_query(8);
	put_query(9);
	segment(OUT, 41, 82);
	want_tcp(QUERIES, 1);
	segment(OUT, 82, 123);
	segment(OUT, 0, 41);
	want_tcp(QUERIES, 3);
	put_query(10);
	rest(OUT, 123);
	want_tcp(QUERIES, 4);
	want_self(UNPARSED_STREAM, 0);
}

CASE(lost_segment_is_sent_again_with_what_followed)
{
	established();
	put_query(7);
	put_query(8);
	put_query(9);
	segment(OUT, 41, 82);
	rest(OUT, 0);
	want_tcp(QUERIES, 3);
	want_self(UNPARSED_STREAM, 0);
}

CASE(two_gaps_at_once)
{
	unsigned i;

	established();
	for (i = 0; i < 5; i++)
		put_query(i);
	segment(OUT, 41, 82);
	segment(OUT, 123, 164);
	segment(OUT, 164, 205);
	want_tcp(QUERIES, 3);
	segment(OUT, 82, 123);
	segment(OUT, 0, 41);
	want_tcp(QUERIES, 5);
	want_self(UNPARSED_STREAM, 0);
}

CASE(split_header_behind_a_gap)
{
	established();
	put_query(7);
	put_query(8);
	put_query(9);
	segment(OUT, 41, 85);
	segment(OUT, 85, 123);
	want_tcp(QUERIES, 2);
	segment(OUT, 0, 41);
	want_tcp(QUERIES, 3);
	put_query(10);
	rest(OUT, 123);
	want_tcp(QUERIES, 4);
}

CASE(answers_in_the_wrong_order_of_segments)
{
	established();
	put_query(7);
	put_query(8);
	rest(OUT, 0);
	put_answer(7, 0);
	put_answer(8, 0);
	segment(IN, 57, 114);
	want_tcp(ANSWERED_NOERROR, 1);
	segment(IN, 0, 57);
	want_tcp(ANSWERED_NOERROR, 2);
	want_in_flight(0);
}

/* Behind a gap, a message that no segment begins with can not be found; that is told at once. */
CASE(message_in_the_midst_of_a_segment_behind_a_gap)
{
	established();
	put_query(7);
	put_query(8);
	put_query(9);
	segment(OUT, 60, 100);
	want_tcp(QUERIES, 0);
	segment(OUT, 0, 60);
	want_tcp(QUERIES, 2);
	want_tcp(UNFOLLOWED, 2);
	want_self(UNPARSED_STREAM, 1);
	put_query(10);
	segment(OUT, 123, 164);
	want_tcp(QUERIES, 3);
}

CASE(rest_of_a_message_behind_a_gap_is_harmless)
{
	established();
	put_query(7);
	put_query(8);
	put_query(9);
	segment(OUT, 60, 82);
	segment(OUT, 82, 123);
	want_tcp(QUERIES, 1);
	segment(OUT, 0, 60);
	want_tcp(QUERIES, 3);
	want_self(UNPARSED_STREAM, 0);
}

CASE(skipped_bytes_that_come_again)
{
	established();
	put_query(7);
	put_query(8);
	put_query(9);
	segment(OUT, 60, 100);
	segment(OUT, 0, 123);
	want_tcp(QUERIES, 3);
	want_self(UNPARSED_STREAM, 0);
}

CASE(lost_rest_of_a_message_is_not_missed)
{
	established();
	put_query(7);
	put_query(8);
	rest(OUT, 0);
	put_message(IN, 7, 0x8180, 3000);
	put_answer(8, 0);
	segment(IN, 0, 1000);
	segment(IN, 2000, stream.length[IN]);
	want_tcp(ANSWERED_NOERROR, 2);
	segment(IN, 1000, 2000);
	want_tcp(RESPONSES, 2);
	want_self(UNPARSED_STREAM, 0);
}

CASE(sequence_numbers_wrap)
{
	unsigned i;

	begin();
	stream.base[OUT] = 0U - 60;
	stream.base[IN] = 0U - 60;
	syn();
	syn_ack(stream.base[OUT]);
	for (i = 0; i < 4; i++) {
		put_query(i);
		put_answer(i, 0);
	}
	segment(OUT, 0, 41);
	segment(OUT, 82, 123);
	segment(OUT, 41, 82);
	rest(OUT, 123);
	want_tcp(QUERIES, 4);
	segment(IN, 57, 114);
	segment(IN, 0, 57);
	rest(IN, 114);
	want_tcp(ANSWERED_NOERROR, 4);
}

CASE(gap_that_the_client_has_acknowledged_is_given_up)
{
	established();
	put_query(7);
	rest(OUT, 0);
	put_answer(7, 0);
	put_query(8);
	segment_with(OUT, 41, 82, 0, stream.base[IN] + stream.length[IN]);
	want_tcp(UNFOLLOWED, 1);
	want_tcp(TRANSACTIONS, 2);
	want_self(UNPARSED_STREAM, 1);
	want_in_flight(1);
	put_answer(8, 0);
	rest(IN, 57);
	want_tcp(ANSWERED_NOERROR, 1);
	want_in_flight(0);
}

CASE(more_gaps_than_are_kept)
{
	unsigned i;

	established();
	for (i = 0; i < 8; i++)
		put_query(i);
	for (i = 1; i < 8; i += 2)
		segment(OUT, i * 41, i * 41 + 41);
	want_self(UNPARSED_STREAM, 2);
	want_tcp(QUERIES, 4);
	want_tcp(UNFOLLOWED, 3);
}

CASE(resync_at_the_next_query)
{
	established();
	put16(OUT, 3);
	put16(OUT, 0);
	put16(OUT, 0);
	rest(OUT, 0);
	want_self(UNPARSED_STREAM, 1);
	put_query(7);
	segment(OUT, 6, 20);
	want_tcp(QUERIES, 0);
	put_query(8);
	segment(OUT, 47, 88);
	want_tcp(QUERIES, 1);
	put_answer(8, 0);
	rest(IN, 0);
	want_tcp(ANSWERED_NOERROR, 1);
}

CASE(connection_from_before_is_followed_from_a_query_on)
{
	begin();
	put_query(7);
	put_query(8);
	segment(OUT, 10, 41);
	expect(has_entry(tcp_row()), 0);
	segment(OUT, 41, 82);
	want_tcp(QUERIES, 1);
	want_tcp(CONNECT_ATTEMPTS, 0);
	put_answer(7, 0);
	put_answer(8, 0);
	segment(IN, 0, 57);
	want_tcp(RESPONSES, 0);
	segment(IN, 57, 114);
	want_tcp(ANSWERED_NOERROR, 1);
	want_self(UNPARSED_STREAM, 0);
}

CASE(answers_alone_make_no_row)
{
	begin();
	put_answer(7, 0);
	rest(IN, 0);
	expect(has_entry(tcp_row()), 0);
	want_self(UNMATCHED_RESPONSES, 0);
}

/* ---- the end of a connection ------------------------------------------------------------ */

CASE(fin_closes_what_is_open)
{
	established();
	put_query(7);
	put_query(8);
	rest(OUT, 0);
	put_answer(7, 0);
	rest(IN, 0);
	fin(IN, stream.length[IN]);
	want_tcp(ANSWERED_NOERROR, 1);
	want_tcp(CLOSED_FIN, 1);
	want_in_flight(0);
}

CASE(fin_with_the_last_answer)
{
	established();
	put_query(7);
	rest(OUT, 0);
	put_answer(7, 0);
	segment_with(IN, 0, stream.length[IN], TCP_FLAG_FIN, 0);
	want_tcp(ANSWERED_NOERROR, 1);
	want_tcp(CLOSED_FIN, 0);
	want_in_flight(0);
}

CASE(fin_of_the_client_closes_nothing)
{
	established();
	put_query(7);
	rest(OUT, 0);
	fin(OUT, stream.length[OUT]);
	want_in_flight(1);
	put_answer(7, 0);
	rest(IN, 0);
	want_tcp(ANSWERED_NOERROR, 1);
}

CASE(fin_before_the_last_answer)
{
	established();
	put_query(7);
	put_query(8);
	rest(OUT, 0);
	put_answer(7, 0);
	fin(IN, stream.length[IN]);
	want_in_flight(2);
	rest(IN, 0);
	want_tcp(ANSWERED_NOERROR, 1);
	want_tcp(CLOSED_FIN, 1);
	want_in_flight(0);
}

CASE(fin_in_the_midst_of_an_answer)
{
	established();
	put_query(7);
	put_query(8);
	rest(OUT, 0);
	put_answer(7, 0);
	segment(IN, 0, 30);
	fin(IN, 30);
	want_tcp(ANSWERED_NOERROR, 1);
	want_tcp(CLOSED_FIN, 1);
}

CASE(rst_closes_what_is_open)
{
	established();
	put_query(7);
	rest(OUT, 0);
	rst(IN, 0);
	want_tcp(CLOSED_RST, 1);
	want_tcp(CONNECT_UNMATCHED, 0);
	want_in_flight(0);
}

CASE(rst_without_acknowledgment_too)
{
	established();
	put_query(7);
	rest(OUT, 0);
	outcomes(udp_frame((
		struct udp_spec){.tcp = TCP_FLAG_RST, .response = 1, .sequence = stream.base[IN]}));
	want_tcp(CLOSED_RST, 1);
}

CASE(rst_of_the_client_closes_too)
{
	established();
	put_query(7);
	rest(OUT, 0);
	rst(OUT, stream.length[OUT]);
	want_tcp(CLOSED_RST, 1);
}

CASE(forged_rst_closes_nothing)
{
	established();
	put_query(7);
	rest(OUT, 0);
	rst(IN, 1);
	rst(IN, 100000);
	want_tcp(CLOSED_RST, 0);
	want_in_flight(1);
}

CASE(all_of_hundreds_are_closed)
{
	established();
	put_short_queries(150);
	rest(OUT, 0);
	want_in_flight(150);
	rst(IN, 0);
	want_tcp(CLOSED_RST, 150);
	want_in_flight(0);
}

CASE(nothing_of_another_connection_is_closed)
{
	established();
	put_query(7);
	rest(OUT, 0);
	query(.id = 7);
	stream.port = 52445;
	segment(OUT, 0, stream.length[OUT]);
	want_tcp(QUERIES, 2);
	stream.port = 52444;
	rst(IN, 0);
	want_tcp(CLOSED_RST, 1);
	want_in_flight(2);
}

CASE(segments_after_the_end_are_passed_over)
{
	established();
	put_query(7);
	rest(OUT, 0);
	rst(IN, 0);
	rest(OUT, 0);
	put_query(8);
	rest(OUT, 41);
	want_tcp(QUERIES, 1);
}

CASE(next_connection_of_a_client_port)
{
	established();
	put_query(7);
	rest(OUT, 0);
	rst(IN, 0);
	begin();
	stream.base[OUT] += 100000;
	stream.base[IN] += 5000;
	syn();
	syn_ack(stream.base[OUT]);
	put_query(7);
	rest(OUT, 0);
	put_answer(7, 0);
	rest(IN, 0);
	want_tcp(CONNECT_ESTABLISHED, 2);
	want_tcp(QUERIES, 2);
	want_tcp(CLOSED_RST, 1);
	want_tcp(ANSWERED_NOERROR, 1);
}

CASE(retransmitted_syn_ack_begins_no_stream_anew)
{
	established();
	put_query(7);
	rest(OUT, 0);
	syn_ack(stream.base[OUT]);
	rest(OUT, 0);
	want_tcp(QUERIES, 1);
	want_tcp(CONNECT_UNMATCHED, 1);
}

/* ---- zone transfers --------------------------------------------------------------------- */

CASE(zone_transfer_is_one_transaction)
{
	unsigned i;

	established();
	put_query(7);
	rest(OUT, 0);
	for (i = 0; i < 5; i++)
		put_message(IN, 7, 0x8180, 600);
	rest(IN, 0);
	want_tcp(RESPONSES, 5);
	want_tcp(ANSWERED_NOERROR, 1);
	want_tcp(FURTHER, 4);
	want_tcp(UNMATCHED_RESPONSES, 0);
}

/* ---- the table of streams --------------------------------------------------------------- */

CASE(full_table_of_streams_is_counted)
{
	struct engine_config c = ordinary_config();
	unsigned i;

	c.max_streams = STREAM_WAYS;
	restart(&c);
	begin();
	put_query(7);
	for (i = 0; i < STREAM_WAYS + 3; i++) {
		stream.port = 40000 + i;
		rest(OUT, 0);
	}
	want_tcp(QUERIES, STREAM_WAYS);
	want_self(UNPARSED_STREAM, 3);
	stream.port = 40000;
	rst(IN, 0);
	rst(OUT, 41);
	stream.port = 40000 + STREAM_WAYS;
	rest(OUT, 0);
	want_tcp(QUERIES, STREAM_WAYS + 1);
}

CASE(idle_streams_give_way)
{
	struct engine_config c = ordinary_config();
	unsigned i;

	c.max_streams = STREAM_WAYS;
	restart(&c);
	begin();
	put_query(7);
	for (i = 0; i < STREAM_WAYS; i++) {
		stream.port = 40000 + i;
		rest(OUT, 0);
	}
	at(1070);
	run_sweep();
	stream.port = 41000;
	rest(OUT, 0);
	want_tcp(QUERIES, STREAM_WAYS + 1);
	want_self(UNPARSED_STREAM, 0);
}

CASE(flood_of_syns_fills_no_table_of_streams)
{
	struct engine_config c = ordinary_config();
	unsigned i;

	c.max_streams = STREAM_WAYS;
	restart(&c);
	for (i = 0; i < 100; i++)
		queries(udp_frame((struct udp_spec){.tcp = TCP_FLAG_SYN,
						    .sequence = ISN,
						    .source_port = 40000 + i}));
	established();
	put_query(7);
	rest(OUT, 0);
	want_tcp(QUERIES, 1);
	want_self(UNPARSED_STREAM, 0);
}

CASE(streams_that_are_not_wanted)
{
	struct engine_config c = ordinary_config();

	c.max_streams = 0;
	restart(&c);
	established();
	put_query(7);
	rest(OUT, 0);
	want_tcp(QUERIES, 0);
	want_tcp(CONNECT_ESTABLISHED, 1);
	want_self(UNPARSED_STREAM, 0);
}

CASE(messages_over_tls_are_not_followed)
{
	begin();
	put_query(7);
	queries(udp_frame((struct udp_spec){.tcp = TCP_FLAG_ACK,
					    .destination_port = 853,
					    .sequence = stream.base[OUT],
					    .bytes = stream.bytes[OUT],
					    .data = stream.length[OUT]}));
	want_self(UNPARSED_STREAM, 0);
	want_in_flight(0);
}

/* ---- more of the packet ----------------------------------------------------------------- */

CASE(one_segment_on_two_interfaces_counts_once)
{
	struct udp_spec s = {.tcp = TCP_FLAG_ACK};

	established();
	put_query(7);
	s.sequence = stream.base[OUT];
	s.bytes = stream.bytes[OUT];
	s.data = stream.length[OUT];
	s.ifindex = link_a;
	queries(udp_frame(s));
	s.ifindex = link_b;
	queries(udp_frame(s));
	want_tcp(QUERIES, 1);
	want_tcp(RETRANSMISSIONS, 0);
}

CASE(guest_messages_count_apart)
{
	begin();
	put_query(7);
	guest_queries(udp_frame((struct udp_spec){.tcp = TCP_FLAG_ACK,
						  .sequence = stream.base[OUT],
						  .bytes = stream.bytes[OUT],
						  .data = stream.length[OUT]}));
	rest(OUT, 0);
	want_tcp(QUERIES, 1);
	want_in_flight(2);
}

CASE(sampled_query_over_tcp_has_its_id)
{
	established();
	put_query(7);
	rest(OUT, 0);
	expect(samples_of(SAMPLE_QUERY), 1);
	expect(latest_of(SAMPLE_QUERY).key.id, 7 << 8);
	expect(latest_of(SAMPLE_QUERY).short_quote, 0);
	expect(latest_of(SAMPLE_QUERY).question_length, 27);
	at(1005.5);
	run_sweep();
	expect(samples_of(SAMPLE_TIMED_OUT), 1);
	expect(latest_of(SAMPLE_TIMED_OUT).short_quote, 0);
	expect(latest_of(SAMPLE_TIMED_OUT).key.id, 7 << 8);
}

CASE(snap_length_loses_the_stream)
{
	established();
	put_query(7);
	put_query(8);
	queries(udp_frame((struct udp_spec){.tcp = TCP_FLAG_ACK,
					    .sequence = stream.base[OUT],
					    .bytes = stream.bytes[OUT],
					    .data = stream.length[OUT],
					    .cut = 14 + (family == 4 ? 20 : 40) + 20 + 41}));
	want_tcp(QUERIES, 1);
	want_self(UNPARSED_STREAM, 1);
	want_tcp(UNFOLLOWED, 1);
}
