/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Streams of messages over TCP: loss, reordering, the end of a connection, the table. */
#include "connection.h"

#include <arpa/inet.h>

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

/* What is open while answers pass that are not followed may have been answered: it is no failure.
 */
CASE(open_while_answers_are_not_followed)
{
	established();
	put_query(7);
	rest(OUT, 0);
	put16(IN, 3);
	put16(IN, 0);
	put16(IN, 0);
	rest(IN, 0);
	want_self(UNPARSED_STREAM, 1);
	want_tcp(UNFOLLOWED, 1);
	put_query(8);
	put_query(9);
	rest(OUT, 41);
	put_answer(8, 0);
	segment(IN, 20, 63);
	want_tcp(UNFOLLOWED, 3);
	want_in_flight(0);
	want_self(UNPARSED_STREAM, 1);
	put_query(10);
	rest(OUT, 123);
	put_answer(10, 0);
	rest(IN, 63);
	want_tcp(ANSWERED_NOERROR, 1);
	want_tcp(UNMATCHED_RESPONSES, 0);
}

/* A segment that is one whole answer to another query tells nothing of what is open. */
CASE(open_while_answers_to_others_pass)
{
	established();
	put_query(7);
	rest(OUT, 0);
	put16(IN, 3);
	put16(IN, 0);
	put16(IN, 0);
	rest(IN, 0);
	put_query(8);
	rest(OUT, 41);
	put_answer(7, 0);
	rest(IN, 6);
	want_in_flight(1);
	put_answer(8, 0);
	rest(IN, 63);
	want_tcp(ANSWERED_NOERROR, 1);
	want_tcp(UNFOLLOWED, 1);
	want_self(UNPARSED_STREAM, 1);
}

/* Bytes that come again from before the place where the stream was lost tell nothing. */
CASE(open_while_lost_answers_come_again)
{
	established();
	put_query(7);
	rest(OUT, 0);
	put16(IN, 3);
	put16(IN, 0);
	put16(IN, 0);
	rest(IN, 0);
	put_query(8);
	segment_with(OUT, 41, 82, 0, stream.base[IN] + stream.length[IN]);
	rest(IN, 0);
	want_in_flight(1);
	want_tcp(UNFOLLOWED, 1);
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

/* Each closed transaction whose query was sampled has a sample, that names it by its ID and time.
 */
CASE(samples_of_closed_transactions)
{
	struct sample s;

	established();
	put_query(7);
	put_query(8);
	rest(OUT, 0);
	expect(samples_of(SAMPLE_QUERY), 2);
	at(1000.25);
	put_answer(7, 0);
	rest(IN, 0);
	fin(IN, stream.length[IN]);
	expect(samples_of(SAMPLE_CLOSED), 1);
	s = latest_of(SAMPLE_CLOSED);
	expect(s.time_ns, 1000250000000);
	expect(s.opened_ns, latest_of(SAMPLE_QUERY).opened_ns);
	expect(s.key.id, 8 << 8);
	expect(s.key.client_port, htons(52444));
	expect(s.key.transport, TRANSPORT_TCP);
	expect(s.short_quote, 0);
	expect(s.question_length, 0);
	expect(samples_of(SAMPLE_TIMED_OUT), 0);
}

/* Those of one resolver are limited, also where all tables are searched. */
CASE(samples_of_hundreds_of_closed_ones)
{
	established();
	put_short_queries(150);
	rest(OUT, 0);
	rst(IN, 0);
	want_tcp(CLOSED_RST, 150);
	expect(samples_of(SAMPLE_QUERY), SAMPLES_OF_RESOLVER_BURST);
	expect(samples_of(SAMPLE_CLOSED), 2 * SAMPLES_OF_RESOLVER_BURST);
	expect(samples_dropped(), 0);
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

/* ---- moments --------------------------------------------------------------------------- */

/* A resolver that accepts connections and answers nothing fails all along. */
CASE(established_connect_ends_no_failing_run)
{
	begin();
	syn();
	outcomes(udp_frame((struct udp_spec){.tcp = TCP_FLAG_RST | TCP_FLAG_ACK,
					     .response = 1,
					     .acknowledgment = ISN + 1}));
	at(1001);
	established();
	expect(moment_of(tcp_row(), MOMENT_LAST_ANSWERED), 0);
	put_query(7);
	rest(OUT, 0);
	rst(IN, 0);
	expect(moment_of(tcp_row(), MOMENT_LAST_FAILURE), 1001000000000);
	expect(moment_of(tcp_row(), MOMENT_RUN_START), 1000000000000);
	at(1002);
	begin();
	stream.port = 40000;
	put_query(8);
	rest(OUT, 0);
	put_answer(8, 0);
	rest(IN, 0);
	expect(moment_of(tcp_row(), MOMENT_LAST_ANSWERED), 1002000000000);
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
	struct engine_config c = config_without_streams();

	restart(&c);
	established();
	put_query(7);
	rest(OUT, 0);
	want_tcp(QUERIES, 0);
	want_tcp(CONNECT_ESTABLISHED, 1);
	want_tcp(CONNECT_UNFOLLOWED, 1);
	want_self(UNPARSED_STREAM, 0);
}

CASE(established_connect_without_a_row_is_unfollowed)
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
	established();
	want_tcp(CONNECT_ESTABLISHED, 1);
	want_tcp(CONNECT_UNFOLLOWED, 1);
	want_self(UNPARSED_STREAM, 1);
}

CASE(late_connect_without_a_row_is_not_established)
{
	struct engine_config c = ordinary_config();
	unsigned i;

	c.max_streams = STREAM_WAYS;
	restart(&c);
	begin();
	syn();
	at(1006);
	run_sweep();
	put_query(7);
	for (i = 0; i < STREAM_WAYS; i++) {
		stream.port = 40000 + i;
		rest(OUT, 0);
	}
	syn_ack(stream.base[OUT]);
	want_tcp(CONNECT_LATE, 1);
	want_tcp(CONNECT_ESTABLISHED, 0);
	want_tcp(CONNECT_UNFOLLOWED, 0);
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
