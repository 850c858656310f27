/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Askers: the cgroup that sent a query, and what failed of it. After each case the askers of a
 * resolver must add up to its counters (rig.c).
 */
#include "rig.h"

#define SERVFAIL 2

#define NGINX 100
#define CRON 200

static void count_askers(uint32_t max_in_flight)
{
	struct engine_config c = config_without_streams();

	c.askers = 1;
	c.max_in_flight = max_in_flight;
	restart(&c);
}

static void expect_asker(uint64_t cgroup, uint64_t queries, uint64_t failed, uint64_t errors)
{
	struct asker_counters a = asker_of(frame_resolver(), cgroup);

	expect(a.queries, queries);
	expect(a.failed, failed);
	expect(a.errors, errors);
}

CASE(askers_of_all_outcomes)
{
	count_askers(1024);
	from_cgroup(NGINX);
	query(.id = 1);
	query(.id = 2);
	query(.id = 3);
	query(.id = 3); /* a retransmission is a query */
	from_cgroup(CRON);
	query(.id = 4);
	query(.id = 5);
	query(.id = 6);
	from_cgroup(0); /* what comes back has no socket */
	response(.id = 1);
	response(.id = 2, .rcode = SERVFAIL);
	icmp(.quoted = {.id = 4});
	response(.id = 5, .rcode = 3); /* NXDOMAIN */
	at(1010);
	run_sweep(); /* 3 and 6 */
	expect_asker(NGINX, 4, 1, 1);
	expect_asker(CRON, 3, 2, 0);
	expect_asker(0, 0, 0, 0);
	expect_asker(OTHER_ASKERS, 0, 0, 0);
	response(.id = 3); /* what comes late changes nothing */
	icmp(.quoted = {.id = 6});
	want(LATE_RESPONSES, 1);
	want(LATE_UNREACHABLES, 1);
	expect_asker(NGINX, 4, 1, 1);
	expect_asker(CRON, 3, 2, 0);
}

CASE(askers_of_forwarded_queries)
{
	count_askers(1024);
	from_cgroup(0); /* no socket of this host sent them */
	query(.id = 1);
	query(.id = 2);
	at(1010);
	run_sweep();
	expect_asker(0, 2, 2, 0);
}

/* A failure is that of the cgroup that opened the transaction. */
CASE(askers_of_a_retransmission_by_another)
{
	count_askers(1024);
	from_cgroup(NGINX);
	query(.id = 1);
	from_cgroup(CRON);
	query(.id = 1);
	at(1010);
	run_sweep();
	expect_asker(NGINX, 1, 1, 0);
	expect_asker(CRON, 1, 0, 0);
}

/* The same key again, after the timeout and before the sweep. */
CASE(askers_of_a_transaction_that_is_opened_anew)
{
	count_askers(1024);
	from_cgroup(NGINX);
	query(.id = 1);
	at(1006);
	from_cgroup(CRON);
	query(.id = 1);
	expect_asker(NGINX, 1, 1, 0);
	expect_asker(CRON, 1, 0, 0);
	icmp(.quoted = {.id = 1});
	expect_asker(NGINX, 1, 1, 0);
	expect_asker(CRON, 1, 1, 0);
}

CASE(askers_of_each_resolver)
{
	count_askers(1024);
	from_cgroup(NGINX);
	query(.id = 1);
	query(.id = 1, .destination = other_text());
	icmp(.quoted = {.id = 1});
	expect_asker(NGINX, 1, 1, 0);
	expect(asker_of(other_text(), NGINX).queries, 1);
	expect(asker_of(other_text(), NGINX).failed, 0);
}

/* Whichever table holds the transaction. */
static void askers_in_each_table(uint32_t max_in_flight)
{
	int i;

	count_askers(max_in_flight);
	for (i = 1; i <= 60; i++) { /* one socket, so that one bucket is full soon */
		from_cgroup(NGINX + i % 3);
		query(.id = i);
	}
	for (i = 1; i <= 60; i++) {
		if (i % 4 == 0)
			response(.id = i);
		else if (i % 4 == 1)
			icmp(.quoted = {.id = i});
		else if (i % 4 == 2)
			response(.id = i, .rcode = SERVFAIL);
	}
	at(1010);
	run_sweep();
	for (i = 0; i < 3; i++)
		expect_asker(NGINX + i, 20, 10, 5);
}

CASE(askers_in_the_buckets)
{
	askers_in_each_table(1024);
}

CASE(askers_in_a_small_table)
{
	askers_in_each_table(64);
}

CASE(askers_of_short_quotes)
{
	count_askers(1024);
	from_cgroup(NGINX);
	query(.id = 1);
	from_cgroup(CRON);
	query(.id = 2);
	icmp(.quote_payload = -1); /* ends the older one */
	expect_asker(NGINX, 1, 1, 0);
	expect_asker(CRON, 1, 0, 0);
}

CASE(askers_of_several_messages_in_one_packet)
{
	count_askers(1024);
	from_cgroup(NGINX);
	query(.messages = 20, .segment = 48, .gso_size = 48);
	expect_asker(NGINX, counter_of(frame_resolver(), COUNTER_QUERIES), 0, 0);
}

CASE(askers_without_a_row_are_other)
{
	int i;

	count_askers(IN_FLIGHT_DEFAULT);
	for (i = 1; i <= 3000; i++) {
		from_cgroup(i);
		query(.id = i, .source_port = 40000 + i % 1000);
		if (i % 2)
			icmp(.quoted = {.id = i, .source_port = 40000 + i % 1000});
	}
	for (i = 1; i <= 3000; i += 7)
		if (asker_of(frame_resolver(), i).queries)
			expect_asker(i, 1, i % 2, 0);
	expect_asker(1, 1, 1, 0);
	expect_asker(3000, 0, 0, 0);
	expect(asker_of(frame_resolver(), OTHER_ASKERS).queries, 3000 - ASKERS_MAX);
	want(UNREACHABLE_PORT, 1500);
}

CASE(askers_of_resolvers_without_an_entry)
{
	struct engine_config c = config_without_streams();

	c.askers = 1;
	c.max_resolvers = 1;
	restart(&c);
	from_cgroup(NGINX);
	query(.id = 1);
	query(.id = 2, .destination = other_text());
	query(.id = 2, .destination = other_text());
	at(1010);
	run_sweep();
	expect(asker_of("other", NGINX).queries, 2);
	expect(asker_of("other", NGINX).failed, 1);
}

/* ---- rows that are given back: numbers are in the order of the first queries --------------- */

#define COUNTS(queries_, failed_, errors_)                                                         \
	((struct asker_counters){.queries = queries_, .failed = failed_, .errors = errors_})

/* Both rows of a cgroup: one that was unlinked, and the one that it got then. */
CASE(askers_that_come_back_have_another_row)
{
	count_askers(1024);
	from_cgroup(NGINX);
	query(.id = 1);
	query(.id = 2);
	icmp(.quoted = {.id = 1});
	from_cgroup(CRON);
	query(.id = 3);
	unlink_asker(1);
	expect_asker(NGINX, 2, 1, 0);
	from_cgroup(NGINX);
	query(.id = 4);
	at(1010);
	run_sweep(); /* 2 of the first row, 4 of the other, and 3 */
	expect_asker(NGINX, 3, 3, 0);
	move_asker(1, 3, COUNTS(2, 2, 0));
	expect_asker(NGINX, 3, 3, 0);
	expect_asker(OTHER_ASKERS, 0, 0, 0);
	from_cgroup(NGINX);
	query(.id = 5);
	expect_asker(NGINX, 4, 3, 0);
	expect_asker(CRON, 1, 1, 0);
}

CASE(askers_without_an_heir_are_former)
{
	count_askers(1024);
	from_cgroup(NGINX);
	query(.id = 1);
	response(.id = 1, .rcode = SERVFAIL);
	unlink_asker(1);
	move_asker(1, 0, COUNTS(1, 0, 1));
	expect_asker(NGINX, 0, 0, 0);
	expect_asker(OTHER_ASKERS, 1, 0, 1);
	from_cgroup(NGINX); /* anew, from 0 */
	query(.id = 2);
	expect_asker(NGINX, 1, 0, 0);
	expect_asker(OTHER_ASKERS, 1, 0, 1);
}

/* An heir must be in use, and of the same resolver: else no counts change their resolver. */
CASE(askers_have_no_heir_of_another_resolver)
{
	count_askers(1024);
	from_cgroup(NGINX);
	query(.id = 1);
	query(.id = 1, .destination = other_text()); /* number 2 */
	unlink_asker(1);
	move_asker(1, 2, COUNTS(1, 0, 0));
	expect_asker(OTHER_ASKERS, 1, 0, 0);
	expect(asker_of(other_text(), NGINX).queries, 1);
	from_cgroup(CRON);
	query(.id = 2); /* number 3 */
	from_cgroup(NGINX);
	query(.id = 3); /* number 4 */
	unlink_asker(3);
	unlink_asker(4);
	move_asker(4, 3, COUNTS(1, 0, 0));
	expect_asker(OTHER_ASKERS, 2, 0, 0);
	expect_asker(CRON, 1, 0, 0);
}

CASE(askers_are_moved_only_when_unlinked)
{
	count_askers(1024);
	from_cgroup(NGINX);
	query(.id = 1);
	move_asker(1, 0, COUNTS(1, 0, 0));
	expect_asker(NGINX, 1, 0, 0);
	unlink_asker(1);
	unlink_asker(1);
	move_asker(1, 0, COUNTS(1, 0, 0));
	move_asker(1, 0, COUNTS(1, 0, 0));
	unlink_asker(1); /* free */
	unlink_asker(0);
	unlink_asker(ASKERS_MAX + 1);
	unlink_asker(~0U);
	expect_asker(NGINX, 0, 0, 0);
	expect_asker(OTHER_ASKERS, 1, 0, 0);
}

static void ask_once(uint64_t cgroup)
{
	from_cgroup(cgroup);
	query(.id = cgroup % 65536, .source_port = 40000 + cgroup % 1000);
}

#define SPARE 8 /* askers whose words of the index may all be taken are rare */

/* Asks from so many cgroups. Returns how many of them have a row. */
static uint64_t ask_from(uint64_t first, uint64_t count)
{
	uint64_t i, rows = 0;

	for (i = 0; i < count; i++)
		ask_once(first + i);
	for (i = 0; i < count; i++)
		rows += asker_of(frame_resolver(), first + i).queries;
	return rows;
}

/* All rows in use, given back and in use again, three times over. Each query is somewhere, once. */
CASE(askers_use_each_row_again)
{
	uint64_t cgroup = 1, round, i;

	count_askers(IN_FLIGHT_DEFAULT);
	expect(ask_from(cgroup, ASKERS_MAX + SPARE), ASKERS_MAX);
	cgroup += ASKERS_MAX + SPARE;
	for (round = 0; round < 3; round++) {
		for (i = 1; i <= ASKERS_MAX; i += 16) {
			unlink_asker(i);
			move_asker(i, 0, COUNTS(1, 0, 0));
		}
		expect(ask_from(cgroup, ASKERS_MAX / 16 + SPARE), ASKERS_MAX / 16);
		cgroup += ASKERS_MAX / 16 + SPARE;
	}
	expect_asker(OTHER_ASKERS, cgroup - 1 - ASKERS_MAX, 0, 0);
	want(QUERIES, cgroup - 1);
}

CASE(no_askers_unless_wanted)
{
	from_cgroup(NGINX);
	query(.id = 1);
	icmp(.quoted = {.id = 1});
	expect_asker(NGINX, 0, 0, 0);
}
