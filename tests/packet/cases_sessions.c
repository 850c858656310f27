/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Sessions of DNS over TLS: the first bytes of the client on a connection, and what ends them
 * (docs/counters.md).
 */
#include "rig.h"

#include <arpa/inet.h>
#include <stdio.h>

#define ISN 0x89abcdefU
#define SERVER_ISN 77U

/* A segment from the client, or from the resolver; `at`: bytes of its direction before it. */
#define out(flags, at, ...)                                                                        \
	queries(udp_frame((struct udp_spec){.tcp = (flags) | TCP_FLAG_ACK,                         \
					    .destination_port = 853,                               \
					    .sequence = ISN + 1 + (at),                            \
					    .acknowledgment = SERVER_ISN + 1,                      \
					    ##__VA_ARGS__}))
#define in(flags, at, ...)                                                                         \
	outcomes(udp_frame((struct udp_spec){.tcp = (flags) | TCP_FLAG_ACK,                        \
					     .response = 1,                                        \
					     .destination_port = 853,                              \
					     .sequence = SERVER_ISN + 1 + (at),                    \
					     .acknowledgment = ISN + 1,                            \
					     ##__VA_ARGS__}))

static const uint8_t client_hello[] = {22, 3, 1, 0, 200, 1, 0, 0, 196};
static const uint8_t server_hello[] = {22, 3, 3, 0, 90, 2, 0, 0, 86};
static const uint8_t alert[] = {21, 3, 3, 0, 2, 2, 70};
static const uint8_t no_tls[] = "SSH-2.0-";

#define BYTES(of) .bytes = (of), .data = sizeof(of)
#define hello(...) out(0, 0, BYTES(client_hello), ##__VA_ARGS__)
#define answer(...) in(0, 0, BYTES(server_hello), ##__VA_ARGS__)

static const char *dot_row(void)
{
	static char text[80];

	snprintf(text, sizeof(text), "%s/dot", frame_resolver());
	return text;
}

#define want_dot(counter, n)                                                                       \
	expect_(__FILE__, __LINE__, #counter, counter_of(dot_row(), COUNTER_##counter), n)

static void syn(void)
{
	queries(udp_frame(
		(struct udp_spec){.tcp = TCP_FLAG_SYN, .destination_port = 853, .sequence = ISN}));
}

static void syn_ack(void)
{
	outcomes(udp_frame((struct udp_spec){.tcp = TCP_FLAG_SYN | TCP_FLAG_ACK,
					     .response = 1,
					     .destination_port = 853,
					     .sequence = SERVER_ISN,
					     .acknowledgment = ISN + 1}));
}

static void established(void)
{
	syn();
	syn_ack();
}

CASE(session_is_started_by_the_first_bytes)
{
	established();
	want_dot(TRANSACTIONS, 0);
	want_in_flight(0);
	out(0, 0); /* a pure ACK */
	want_dot(TRANSACTIONS, 0);
	hello();
	want_dot(TRANSACTIONS, 1);
	want_in_flight(1);
	hello();
	out(0, sizeof(client_hello), BYTES(client_hello));
	want_dot(TRANSACTIONS, 1);
	want_dot(CONNECT_UNFOLLOWED, 0);
	want_self(UNPARSED_STREAM, 0);
}

CASE(session_is_answered_by_the_first_bytes)
{
	established();
	hello();
	at(1000.020);
	answer();
	want_dot(ANSWERED_NOERROR, 1);
	want_dot(ANSWERED_REFUSED, 0);
	want_in_flight(0);
	expect(moment_of(dot_row(), MOMENT_LAST_ANSWERED), 1000020000000);
	in(0, sizeof(server_hello), BYTES(server_hello));
	out(0, sizeof(client_hello), BYTES(client_hello));
	in(TCP_FLAG_FIN, 400);
	want_dot(TRANSACTIONS, 1);
	want_dot(ANSWERED_NOERROR, 1);
	want_dot(CLOSED_FIN, 0);
	want_in_flight(0);
}

CASE(session_has_the_time_of_its_first_answer)
{
	established();
	want_dot(RTT_COUNT, 0);
	hello();
	at(1000.020);
	answer();
	want_dot(RTT_COUNT, 1);
	want_dot(RTT_SUM_NS, 20000000);
	want_dot(CONNECT_RTT_COUNT, 1);
}

/* A session has message ID 0, which tells it from a connect, of which no ID is known. */
static void expect_session_sample(enum sample_kind kind, double opened, double ended)
{
	struct sample s = latest_of(kind);

	expect(s.kind, kind);
	expect(s.opened_ns, (uint64_t)(opened * 1e9 + 0.5));
	expect(s.time_ns, (uint64_t)(ended * 1e9 + 0.5));
	expect(s.short_quote, 0);
	expect(s.key.id, 0);
	expect(s.key.transport, TRANSPORT_DOT);
	expect(s.key.client_port, htons(52444));
	expect(s.question_length, 0);
}

CASE(sample_of_a_closed_session)
{
	established();
	hello();
	at(1000.25);
	in(TCP_FLAG_FIN, 0);
	expect(samples_of(SAMPLE_CLOSED), 1);
	expect_session_sample(SAMPLE_CLOSED, 1000, 1000.25);
	expect(samples_of(SAMPLE_QUERY), 0);
}

CASE(sample_of_a_refused_session)
{
	established();
	hello();
	at(1000.25);
	in(TCP_FLAG_FIN, 0, BYTES(alert));
	expect(samples_of(SAMPLE_ANSWERED), 1);
	expect_session_sample(SAMPLE_ANSWERED, 1000, 1000.25);
	expect(samples_of(SAMPLE_CLOSED), 0);
}

CASE(sample_of_a_session_that_timed_out)
{
	established();
	hello();
	at(1007);
	run_sweep();
	expect(samples_of(SAMPLE_TIMED_OUT), 1);
	expect_session_sample(SAMPLE_TIMED_OUT, 1000, 1005);
}

CASE(session_is_refused_by_an_alert)
{
	established();
	hello();
	at(1000.030);
	in(TCP_FLAG_FIN, 0, BYTES(alert));
	want_dot(ANSWERED_NOERROR, 0);
	want_dot(ANSWERED_REFUSED, 1);
	want_dot(CLOSED_FIN, 0);
	want_in_flight(0);
	expect(moment_of(dot_row(), MOMENT_LAST_FAILURE), 1000030000000);
}

CASE(session_is_refused_by_bytes_that_are_no_tls)
{
	established();
	hello();
	in(0, 0, BYTES(no_tls));
	want_dot(ANSWERED_REFUSED, 1);
}

CASE(bytes_behind_the_first_are_told_from_no_alert)
{
	established();
	hello();
	in(0, sizeof(server_hello), BYTES(no_tls)); /* the segment before it was reordered */
	want_dot(ANSWERED_NOERROR, 1);
	want_dot(ANSWERED_REFUSED, 0);
}

CASE(session_is_closed_by_fin_or_rst_without_bytes)
{
	established();
	hello();
	in(TCP_FLAG_FIN, 0);
	want_dot(CLOSED_FIN, 1);
	want_in_flight(0);
	in(TCP_FLAG_RST, 0);
	want_dot(CLOSED_RST, 0);
}

CASE(session_is_closed_by_rst_of_the_resolver)
{
	established();
	hello();
	in(TCP_FLAG_RST, 0);
	want_dot(CLOSED_RST, 1);
	want_in_flight(0);
}

CASE(session_is_closed_by_rst_of_the_client)
{
	established();
	hello();
	out(TCP_FLAG_RST, sizeof(client_hello));
	want_dot(CLOSED_RST, 1);
	want_in_flight(0);
}

CASE(resolver_closes_before_the_client_sends)
{
	established();
	in(TCP_FLAG_FIN, 0);
	want_dot(TRANSACTIONS, 0);
	hello();
	want_dot(TRANSACTIONS, 1);
	want_dot(CLOSED_FIN, 1);
	want_in_flight(0);
}

CASE(connection_without_bytes_is_no_session)
{
	established();
	in(TCP_FLAG_FIN, 0);
	out(TCP_FLAG_FIN, 0);
	in(TCP_FLAG_RST, 0);
	want_dot(TRANSACTIONS, 0);
	want_dot(CLOSED_FIN, 0);
	want_dot(CLOSED_RST, 0);
	want_dot(CONNECT_ESTABLISHED, 1);
}

CASE(session_times_out)
{
	established();
	at(1001);
	hello();
	at(1005.9);
	run_sweep();
	want_in_flight(1);
	at(1006.1);
	run_sweep();
	want_dot(TIMED_OUT, 1);
	want_in_flight(0);
	answer();
	want_dot(ANSWERED_NOERROR, 0);
}

CASE(session_times_out_by_age_without_a_sweep)
{
	established();
	hello();
	at(1007);
	answer();
	want_dot(TIMED_OUT, 1);
	want_dot(ANSWERED_NOERROR, 0);
	want_in_flight(0);
}

CASE(end_of_a_session_off_its_path_is_none)
{
	established();
	hello();
	in(TCP_FLAG_RST, 1);
	in(TCP_FLAG_RST, (uint32_t)-1);
	in(TCP_FLAG_FIN, 1);
	in(0, 1U << 30, BYTES(server_hello));
	in(0, (uint32_t)-1, BYTES(alert));
	in(0, 0, BYTES(alert), .source_port = 52445);
	want_in_flight(1);
	want_dot(CLOSED_RST, 0);
	want_dot(CLOSED_FIN, 0);
	answer();
	want_dot(ANSWERED_NOERROR, 1);
}

CASE(same_client_port_is_another_session)
{
	established();
	hello();
	at(1001);
	queries(udp_frame((struct udp_spec){.tcp = TCP_FLAG_SYN,
					    .destination_port = 853,
					    .sequence = ISN + 5000}));
	outcomes(udp_frame((struct udp_spec){.tcp = TCP_FLAG_SYN | TCP_FLAG_ACK,
					     .response = 1,
					     .destination_port = 853,
					     .sequence = SERVER_ISN,
					     .acknowledgment = ISN + 5001}));
	out(0, 5000, BYTES(client_hello));
	want_dot(TRANSACTIONS, 2);
	want_dot(CLOSED_RST, 1);
	want_in_flight(1);
}

CASE(session_of_a_syn_with_data)
{
	queries(udp_frame((struct udp_spec){.tcp = TCP_FLAG_SYN,
					    .destination_port = 853,
					    .sequence = ISN,
					    BYTES(client_hello)}));
	want_dot(TRANSACTIONS, 1);
	want_dot(CONNECT_OPENED, 1);
	want_in_flight(2);
	syn_ack(); /* it acknowledges the SYN alone: the client sends its bytes again */
	hello();
	want_dot(TRANSACTIONS, 1);
	want_in_flight(1);
	answer();
	want_dot(ANSWERED_NOERROR, 1);
}

CASE(refused_syn_with_data_closes_its_session)
{
	queries(udp_frame((struct udp_spec){.tcp = TCP_FLAG_SYN,
					    .destination_port = 853,
					    .sequence = ISN,
					    BYTES(client_hello)}));
	outcomes(udp_frame((struct udp_spec){.tcp = TCP_FLAG_RST | TCP_FLAG_ACK,
					     .response = 1,
					     .destination_port = 853,
					     .acknowledgment = ISN + 1}));
	want_dot(CONNECT_REFUSED, 1);
	want_dot(CLOSED_RST, 1);
	want_in_flight(0);
}

CASE(connection_from_before_is_no_session)
{
	hello();
	answer();
	expect(has_entry(dot_row()), 0);
	want_self(UNPARSED_STREAM, 0);
	want_in_flight(0);
}

CASE(sessions_that_are_not_wanted)
{
	struct engine_config c = config_without_streams();

	restart(&c);
	established();
	hello();
	want_dot(TRANSACTIONS, 0);
	want_dot(CONNECT_UNFOLLOWED, 1);
	want_in_flight(0);
}

CASE(session_without_a_row_is_unfollowed)
{
	struct engine_config c = ordinary_config();
	unsigned i;

	c.max_streams = STREAM_WAYS;
	restart(&c);
	for (i = 0; i < STREAM_WAYS + 1; i++) {
		queries(udp_frame((struct udp_spec){.tcp = TCP_FLAG_SYN,
						    .destination_port = 853,
						    .source_port = 40000 + i,
						    .sequence = ISN}));
		outcomes(udp_frame((struct udp_spec){.tcp = TCP_FLAG_SYN | TCP_FLAG_ACK,
						     .response = 1,
						     .destination_port = 853,
						     .source_port = 40000 + i,
						     .sequence = SERVER_ISN,
						     .acknowledgment = ISN + 1}));
		hello(.source_port = 40000 + i);
	}
	want_dot(TRANSACTIONS, STREAM_WAYS);
	want_dot(CONNECT_UNFOLLOWED, 1);
	want_self(UNPARSED_STREAM, 1);
	for (i = 0; i < STREAM_WAYS; i++)
		answer(.source_port = 40000 + i);
	want_dot(ANSWERED_NOERROR, STREAM_WAYS);
	want_in_flight(0);
}

/* ---- later segments, which the fast path passes over ------------------------------------- */

static void syn_of_another(void)
{
	queries(udp_frame((struct udp_spec){.tcp = TCP_FLAG_SYN,
					    .source_port = 40001,
					    .destination_port = 853,
					    .sequence = ISN}));
	outcomes(udp_frame((struct udp_spec){.tcp = TCP_FLAG_SYN | TCP_FLAG_ACK,
					     .response = 1,
					     .source_port = 40001,
					     .destination_port = 853,
					     .sequence = SERVER_ISN,
					     .acknowledgment = ISN + 1}));
}

static void more_of_it(void)
{
	out(0, 9, BYTES(client_hello));
	in(0, 9, BYTES(server_hello));
	in(TCP_FLAG_FIN, 18, BYTES(alert));
	out(TCP_FLAG_RST, 18);
}

CASE(later_segments_of_an_answered_session_count_nothing)
{
	established();
	hello();
	answer();
	more_of_it();
	more_of_it();
	want_dot(TRANSACTIONS, 1);
	want_dot(ANSWERED_NOERROR, 1);
	want_dot(SESSION_REFUSED, 0);
	want_dot(CLOSED_RST, 0);
	want_in_flight(0);
}

CASE(later_segments_of_a_session_in_flight_are_looked_at)
{
	established();
	hello();
	out(0, 9, BYTES(client_hello));
	out(TCP_FLAG_RST, 18);
	want_dot(CLOSED_RST, 1);
	more_of_it();
	want_dot(TRANSACTIONS, 1);
	want_in_flight(0);
}

/* The row of a session that is over is another connection's after the next SYN-ACK. */
CASE(later_segments_are_no_later_ones_after_another_syn)
{
	established();
	hello();
	answer();
	more_of_it();
	queries(udp_frame((struct udp_spec){.tcp = TCP_FLAG_SYN,
					    .destination_port = 853,
					    .sequence = ISN + 5000}));
	outcomes(udp_frame((struct udp_spec){.tcp = TCP_FLAG_SYN | TCP_FLAG_ACK,
					     .response = 1,
					     .destination_port = 853,
					     .sequence = SERVER_ISN,
					     .acknowledgment = ISN + 5001}));
	out(0, 5000, BYTES(client_hello));
	want_dot(TRANSACTIONS, 2);
	answer();
	want_dot(ANSWERED_NOERROR, 2);
	want_in_flight(0);
}

/* What was asked by one client is another one's first bytes, and another resolver's. */
CASE(later_segments_are_those_of_one_connection)
{
	established();
	hello();
	answer();
	syn_of_another();
	hello(.source_port = 40001);
	want_dot(TRANSACTIONS, 2);
	answer(.source_port = 40001);
	want_dot(ANSWERED_NOERROR, 2);
}

/* Behind a redirect on `lo`, the answer has the address that was asked. */
CASE(later_segments_on_lo_are_looked_for_under_each_resolver)
{
	queries(udp_frame((struct udp_spec){.tcp = TCP_FLAG_SYN,
					    .destination_port = 853,
					    .sequence = ISN,
					    .ifindex = LINK_LO}));
	outcomes(udp_frame((struct udp_spec){.tcp = TCP_FLAG_SYN | TCP_FLAG_ACK,
					     .response = 1,
					     .source = other_text(),
					     .destination_port = 853,
					     .sequence = SERVER_ISN,
					     .acknowledgment = ISN + 1,
					     .ifindex = LINK_LO}));
	hello(.ifindex = LINK_LO);
	want_dot(TRANSACTIONS, 1);
	answer(.source = other_text(), .ifindex = LINK_LO);
	want_dot(ANSWERED_NOERROR, 1);
	in(0, 9, BYTES(server_hello), .source = other_text(), .ifindex = LINK_LO);
	want_dot(ANSWERED_NOERROR, 1);
	want_in_flight(0);
}

CASE_GUESTS(later_segments_of_a_guest_are_not_the_hosts)
{
	established();
	hello();
	answer();
	guest_queries(udp_frame(
		(struct udp_spec){.tcp = TCP_FLAG_SYN, .destination_port = 853, .sequence = ISN}));
	guest_outcomes(udp_frame((struct udp_spec){.tcp = TCP_FLAG_SYN | TCP_FLAG_ACK,
						   .response = 1,
						   .destination_port = 853,
						   .sequence = SERVER_ISN,
						   .acknowledgment = ISN + 1}));
	guest_queries(udp_frame((struct udp_spec){.tcp = TCP_FLAG_ACK,
						  .destination_port = 853,
						  .sequence = ISN + 1,
						  .acknowledgment = SERVER_ISN + 1,
						  BYTES(client_hello)}));
	want_in_flight(1);
}

CASE_V6(later_segments_to_a_link_local_resolver)
{
	const char *resolver = "fe80::53";

	queries(udp_frame((struct udp_spec){.tcp = TCP_FLAG_SYN,
					    .destination = resolver,
					    .destination_port = 853,
					    .sequence = ISN}));
	outcomes(udp_frame((struct udp_spec){.tcp = TCP_FLAG_SYN | TCP_FLAG_ACK,
					     .response = 1,
					     .source = resolver,
					     .destination_port = 853,
					     .sequence = SERVER_ISN,
					     .acknowledgment = ISN + 1}));
	hello(.destination = resolver);
	answer(.source = resolver);
	answer(.source = resolver);
	want_of("fe80::53/dot", TRANSACTIONS, 1);
	want_of("fe80::53/dot", ANSWERED_NOERROR, 1);
	want_in_flight(0);
}

/* In a recording, they are packets that were looked into: what is open ages by them. */
CASE(later_segments_move_the_clock)
{
	established();
	hello();
	answer();
	query();
	at(1006);
	more_of_it();
	at(1001);
	response();
	want(TIMED_OUT, 1);
	want(LATE_RESPONSES, 1);
}
