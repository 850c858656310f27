/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Messages over TCP: the rules of docs/counters.md about one message, and how segments cut it. */
#include "connection.h"

/* ---- one message ------------------------------------------------------------------------ */

CASE(query_over_tcp_opens_a_transaction)
{
	established();
	put_query(7);
	rest(OUT, 0);
	want_tcp(QUERIES, 1);
	want_tcp(TRANSACTIONS, 1);
	want_tcp(CONNECT_ESTABLISHED, 1);
	want_tcp(CONNECT_UNFOLLOWED, 0);
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

CASE_GUESTS(guest_messages_count_apart)
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
