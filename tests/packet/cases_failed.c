/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Samples of transactions that no ICMP message ends: of queries, of answers with an error, and of
 * what timed out. Which there are, how many, and that each is of the transaction that it names.
 */
#include "rig.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

static const char question[] = "\x11yummyrecipesforme\x03"
			       "com\0\0\1\0\1";

#define SERVFAIL 2
#define NXDOMAIN 3
#define REFUSED 5

static void expect_transaction(const struct sample *s, double opened, int port, int id)
{
	expect(s->opened_ns, opened * 1e9 + 0.5);
	expect(ntohs(s->key.client_port), port);
	expect(ntohs(s->key.id), id);
	expect(ntohs(s->key.resolver_port), 53);
	expect(s->key.transport, TRANSPORT_UDP);
}

static void expect_question(const struct sample *s)
{
	expect(s->question_length, sizeof(question) - 1);
	expect(memcmp(s->question, question, sizeof(question) - 1), 0);
}

CASE(sample_of_a_query)
{
	struct sample s;

	query();
	expect(samples_of(SAMPLE_QUERY), 1);
	s = latest_of(SAMPLE_QUERY);
	expect(s.time_ns, 1000000000000);
	expect_transaction(&s, 1000, 52444, 35084);
	expect_question(&s);
	query(); /* a retransmission */
	expect(samples_of(SAMPLE_QUERY), 1);
	at(1001);
	query(.id = 2); /* by the fast path: its resolver has an entry */
	s = latest_of(SAMPLE_QUERY);
	expect(samples_of(SAMPLE_QUERY), 2);
	expect_transaction(&s, 1001, 52444, 2);
	expect_question(&s);
}

CASE(sample_of_what_timed_out)
{
	struct sample s, of_query;

	at(1000);
	query(.id = 1);
	at(1000.5);
	query(.id = 2);
	of_query = latest_of(SAMPLE_QUERY);
	response(.id = 1);
	at(1010);
	run_sweep();
	expect(samples_of(SAMPLE_TIMED_OUT), 1);
	s = latest_of(SAMPLE_TIMED_OUT);
	expect_transaction(&s, 1000.5, 52444, 2);
	expect(s.time_ns, 1005500000000);
	expect(s.question_length, 0);
	expect(memcmp(&s.key, &of_query.key, sizeof(s.key)), 0);
	response(.id = 2); /* comes late */
	want(TIMED_OUT, 1);
	want(LATE_RESPONSES, 1);
	expect(samples_of(SAMPLE_TIMED_OUT), 1);
	expect(samples_of(SAMPLE_ANSWERED), 0);
}

/* The age decides, whatever finds it first; and there is a sample, whatever has found it. */
CASE(sample_of_what_a_late_answer_times_out)
{
	query();
	at(1005.5);
	response(.rcode = SERVFAIL);
	want(TIMED_OUT, 1);
	want(LATE_RESPONSES, 1);
	expect(samples_of(SAMPLE_TIMED_OUT), 1);
	expect(samples_of(SAMPLE_ANSWERED), 0); /* it was no outcome */
}

CASE(sample_of_what_the_next_query_times_out)
{
	struct sample s;

	query();
	at(1006);
	query();
	want(TIMED_OUT, 1);
	expect(samples_of(SAMPLE_TIMED_OUT), 1);
	s = latest_of(SAMPLE_TIMED_OUT);
	expect_transaction(&s, 1000, 52444, 35084);
	expect(samples_of(SAMPLE_QUERY), 2);
	at(1012);
	run_sweep();
	s = latest_of(SAMPLE_TIMED_OUT);
	expect(samples_of(SAMPLE_TIMED_OUT), 2);
	expect_transaction(&s, 1006, 52444, 35084);
}

CASE(sample_of_an_answer_with_an_error)
{
	struct sample s;

	query(.id = 1);
	at(1000.25);
	response(.id = 1, .rcode = SERVFAIL);
	expect(samples_of(SAMPLE_ANSWERED), 1);
	s = latest_of(SAMPLE_ANSWERED);
	expect(s.time_ns, 1000250000000);
	expect(s.rcode, SERVFAIL);
	expect_transaction(&s, 1000, 52444, 1);
	expect_question(&s);
	query(.id = 2);
	query(.id = 2); /* retransmitted */
	at(1000.5);
	response(.id = 2, .rcode = REFUSED);
	s = latest_of(SAMPLE_ANSWERED);
	expect(samples_of(SAMPLE_ANSWERED), 2);
	expect(s.rcode, REFUSED);
	expect_transaction(&s, 1000.25, 52444, 2);
	response(.id = 2, .rcode = REFUSED); /* it fits nothing */
	expect(samples_of(SAMPLE_ANSWERED), 2);
}

CASE(no_sample_of_good_answers)
{
	query(.id = 1);
	response(.id = 1);
	query(.id = 2);
	response(.id = 2, .rcode = NXDOMAIN);
	at(1010);
	run_sweep();
	expect(samples_of(SAMPLE_QUERY), 2);
	expect(samples_of(SAMPLE_ANSWERED), 0);
	expect(samples_of(SAMPLE_TIMED_OUT), 0);
}

/* Tagged packets. */
CASE(samples_by_the_slow_path)
{
	struct sample s;

	query(.id = 1);
	at(1000.1);
	query(.id = 2, .tags = 1);
	expect(samples_of(SAMPLE_QUERY), 2);
	s = latest_of(SAMPLE_QUERY);
	expect_transaction(&s, 1000.1, 52444, 2);
	expect_question(&s);
	response(.id = 2, .tags = 1, .rcode = SERVFAIL);
	expect(samples_of(SAMPLE_ANSWERED), 1);
	s = latest_of(SAMPLE_ANSWERED);
	expect_transaction(&s, 1000.1, 52444, 2);
	expect_question(&s);
	at(1010);
	run_sweep();
	expect(samples_of(SAMPLE_TIMED_OUT), 1);
}

CASE(a_query_for_nothing_has_no_question)
{
	struct frame f = udp_frame((struct udp_spec){.id = 1});
	uint32_t counts = f.length - (sizeof(question) - 1) - 8;

	expect(f.bytes[counts + 1], 1);
	f.bytes[counts + 1] = 0; /* QDCOUNT: a query with a cookie only (RFC 7873, 5.4) */
	queries(f);
	expect(samples_of(SAMPLE_QUERY), 1);
	expect(latest_of(SAMPLE_QUERY).question_length, 0);
}

/* ---- limits ---------------------------------------------------------------------------- */

CASE(a_busy_resolver_leaves_samples_to_the_others)
{
	struct sample s;
	int i;

	for (i = 1; i <= 1000; i++) {
		query(.id = i);
		response(.id = i);
	}
	expect(samples_of(SAMPLE_QUERY), SAMPLES_OF_RESOLVER_BURST);
	query(.id = 1, .destination = other_text());
	s = latest_of(SAMPLE_QUERY);
	expect(samples_of(SAMPLE_QUERY), SAMPLES_OF_RESOLVER_BURST + 1);
	expect_transaction(&s, 1000, 52444, 1);
	for (i = 1; i <= 1000; i++) {
		query(.id = i);
		response(.id = i, .rcode = SERVFAIL);
	}
	expect(samples_of(SAMPLE_ANSWERED), SAMPLES_OF_RESOLVER_BURST);
	response(.id = 1, .source = other_text(), .rcode = REFUSED);
	expect(samples_of(SAMPLE_ANSWERED), SAMPLES_OF_RESOLVER_BURST + 1);
	expect(samples_dropped(), 0);
}

CASE(samples_of_a_resolver_come_again_with_time)
{
	int i;

	for (i = 1; i <= 50; i++)
		query(.id = i);
	expect(samples_of(SAMPLE_QUERY), SAMPLES_OF_RESOLVER_BURST);
	at(1001);
	for (i = 51; i <= 100; i++)
		query(.id = i);
	expect(samples_of(SAMPLE_QUERY), SAMPLES_OF_RESOLVER_BURST + SAMPLES_OF_RESOLVER_MAX);
	at(1020);
	for (i = 101; i <= 150; i++)
		query(.id = i);
	expect(samples_of(SAMPLE_QUERY), 2 * SAMPLES_OF_RESOLVER_BURST + SAMPLES_OF_RESOLVER_MAX);
}

/* With many resolvers each has a smaller share. */
CASE(samples_of_many_resolvers_are_bounded)
{
	struct engine_config c = config_without_streams();
	char text[64];
	int i, second, seen = 0;

	c.max_resolvers = 256;
	c.max_in_flight = IN_FLIGHT_DEFAULT;
	restart(&c);
	for (second = 0; second < 20; second++) {
		at(1000 + second);
		for (i = 0; i < 128; i++) {
			snprintf(text, sizeof(text), family == 4 ? "198.51.100.%d" : "2001:db8::%d",
				 i);
			query(.id = second * 128 + i, .destination = text);
		}
		seen = samples_of(SAMPLE_QUERY);
		if (second == 0)
			expect(seen, 128); /* each new resolver's first query */
	}
	/* Each has eight at once, then one every two seconds: 128 resolvers share 64 a second. */
	expect(seen <= 128 * 8 + 20 * 64, 1);
	expect(seen >= 128 * 8, 1);
	expect(samples_dropped(), 0);
}

/* Each that is sampled tells its timeout; of the others some do, without their question. */
CASE(timeouts_of_a_burst)
{
	int i;

	for (i = 1; i <= 500; i++)
		query(.id = i, .source_port = 40000 + i);
	at(1010);
	run_sweep();
	want(TIMED_OUT, 500);
	expect(samples_of(SAMPLE_QUERY), SAMPLES_OF_RESOLVER_BURST);
	expect(samples_of(SAMPLE_TIMED_OUT), 2 * SAMPLES_OF_RESOLVER_BURST);
}

/*
 * All that is sampled tells its timeout, whichever table holds its transaction. Other failures have
 * used up what there is for transactions whose query was not sampled.
 */
static void each_table(uint32_t max_in_flight)
{
	struct engine_config c = config_without_streams();
	int i;

	c.max_in_flight = max_in_flight;
	restart(&c);
	for (i = 1; i <= 25; i++) /* of one socket: one bucket of the first table is full soon */
		query(.id = i);
	at(1002);
	for (i = 26; i <= 50; i++)
		query(.id = i);
	expect(samples_of(SAMPLE_QUERY), 2 * SAMPLES_OF_RESOLVER_BURST);
	at(1007.5);
	for (i = 101; i <= 110; i++) {
		query(.id = i);
		response(.id = i, .rcode = SERVFAIL);
	}
	expect(samples_of(SAMPLE_ANSWERED), SAMPLES_OF_RESOLVER_BURST);
	run_sweep();
	want(TIMED_OUT, 50);
	expect(samples_of(SAMPLE_TIMED_OUT), 2 * SAMPLES_OF_RESOLVER_BURST);
}

CASE(timeouts_of_samples_in_each_table)
{
	each_table(1024);
}

CASE(timeouts_of_samples_in_a_small_table)
{
	each_table(64);
}

/* An ICMP message that quotes no ID names the transaction that it ended by its opening time. */
CASE(sample_of_a_short_quote_names_its_transaction)
{
	query(.id = 7);
	at(1000.5);
	icmp(.quote_payload = -1);
	expect(latest_of(SAMPLE_ICMP).opened_ns, 1000000000000);
	query(.id = 8);
	at(1001);
	icmp(.quoted = {.id = 8});
	expect(latest_of(SAMPLE_ICMP).opened_ns, 1000500000000);
	icmp(.quoted = {.id = 8});
	expect(latest_of(SAMPLE_ICMP).matched, 0);
	expect(latest_of(SAMPLE_ICMP).opened_ns, 0);
}

CASE_KERNEL(timeouts_are_dropped_when_nobody_reads)
{
	struct engine_config c = config_without_streams();
	int i, second;

	c.max_in_flight = IN_FLIGHT_DEFAULT;
	restart(&c);
	for (second = 0; second < 200; second++) {
		at(1000 + second);
		for (i = 0; i < 8; i++)
			query(.id = 8 * second + i);
		run_sweep();
	}
	expect(samples_dropped() > 0, 1);
	expect(samples_of(SAMPLE_QUERY) <= SAMPLES_ROOM / sizeof(struct sample), 1);
	want(TIMED_OUT, 8 * 194); /* a timeout is an age of more than 5 s */
}
