// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Incidents from opening to closing: the incident of tests/capture/reference.txt to the
 * microsecond, what keeps one incident together, where it starts and ends, what it keeps.
 */
#include "incident_cases.h"

#include "health/hour_history.h"
#include "health/counters.h"

#define DAY(hour, minute, second, us)                                                              \
	((((hour)*60ULL + (minute)) * 60 + (second)) * NS_PER_S + (us)*1000ULL)

/* One second: answers at once, and timeouts of queries that were sent 5 s before. */
static void timed_out_later(struct incident_scene *s, unsigned int answered, unsigned int timed_out)
{
	double now = s->scene.now_s;

	while (answered--)
		settle(s, 0, COUNTER_ANSWERED_NOERROR, now + 0.25, now + 0.5);
	while (timed_out--)
		settle(s, 0, COUNTER_TIMED_OUT, now + 0.25 - 5, now + 0.25);
	tick(s);
}

static void run_later(struct incident_scene *s, int seconds, unsigned int answered,
		      unsigned int timed_out)
{
	while (seconds--)
		timed_out_later(s, answered, timed_out);
}

/* ---- the scenes ------------------------------------------------------------------------------ */

static int begin_the_reference(void **state)
{
	reference_begin(&the_scene);
	*state = &the_scene;
	return 0;
}

/* All of it has been: its incident is number 1. */
static int see_the_reference(void **state)
{
	reference_incident(&the_scene);
	*state = &the_scene;
	return 0;
}

static size_t heard_of(const struct incident_scene *s, enum incident_event event)
{
	size_t i, count = 0;

	for (i = 0; i < s->heard_count; i++)
		count += s->heard[i].event == event;
	return count;
}

/* ---- the reference incident ------------------------------------------------------------------ */

static void the_reference_incident_is_as_documented(void **state)
{
	struct incident_scene *s = *state;
	const struct incident *i = incident_number(s, 1);

	assert_int_equal(incident_count(s), 1);
	assert_int_equal(i->id, 1);
	assert_int_equal(i->start_ns, DAY(13, 24, 32, 192571));
	assert_int_equal(i->end_ns, DAY(13, 28, 50, 22967));
	assert_int_equal(i->noticed_ns, DAY(13, 28, 38, 0));
	assert_int_equal(i->closed_ns, 0);
	assert_int_equal(i->state, STATE_DOWN);
	assert_int_equal(i->cause, CAUSE_PORT_CLOSED);
	assert_false(i->forged);
}

static void the_reference_incident_counts_from_its_first_query(void **state)
{
	struct incident_scene *s = *state;
	const struct incident *i = incident_number(s, 1);
	const __u64 *n = i->counters.n;

	assert_int_equal(n[COUNTER_QUERIES], 3);
	assert_int_equal(n[COUNTER_TRANSACTIONS], 3);
	assert_int_equal(n[COUNTER_ICMP_PORT], 3);
	assert_int_equal(n[COUNTER_UNREACHABLE_PORT], 1);
	assert_int_equal(n[COUNTER_TIMED_OUT], 2);
	assert_int_equal(n[COUNTER_LATE_UNREACHABLES], 2);
	assert_int_equal(n[COUNTER_EVIDENCE_PORT], 3);
	assert_near(counters_failure_ratio(&i->counters), 1);
}

static void the_reference_incident_keeps_who_and_what(void **state)
{
	struct incident_scene *s = *state;
	const struct incident *i = incident_number(s, 1);
	struct ip_address client = address("192.51.100.15"), resolver = address("203.0.113.2");

	assert_int_equal(i->message_count, 3);
	assert_int_equal(i->messages[0].wall_ns, DAY(13, 24, 36, 98564));
	assert_int_equal(i->messages[1].wall_ns, DAY(13, 27, 15, 934126));
	assert_int_equal(i->messages[2].wall_ns, DAY(13, 28, 50, 22967));
	assert_int_equal(i->client_count, 1);
	assert_memory_equal(&i->clients[0], &client, sizeof(client));
	assert_int_equal(i->reporter_count, 1);
	assert_memory_equal(&i->reporters[0], &resolver, sizeof(resolver));
	assert_int_equal(i->name_count, 1);
	assert_string_equal(i->names[0], "yummyrecipesforme.com");
	assert_int_equal(i->types[0], 1);
	assert_false(i->clients_more | i->reporters_more | i->names_more);
}

/* 258 s: slots of 8 s, from the whole second on. */
static void the_reference_incident_has_its_outcomes_in_their_slots(void **state)
{
	struct incident_scene *s = *state;
	const struct incident *i = incident_number(s, 1);

	assert_int_equal(i->slot_start_ns, DAY(13, 24, 32, 0));
	assert_int_equal(i->slot_ns, 8 * NS_PER_S);
	assert_int_equal(i->slot_count, 33);
	assert_int_equal(i->slots[0].unreachable, 1);
	assert_int_equal(i->slots[15].timed_out, 1);
	assert_int_equal(i->slots[20].late, 1);
	assert_int_equal(i->slots[30].timed_out, 1);
	assert_int_equal(i->slots[32].late, 1);
}

static void one_snapshot_at_the_end_opens_it_too(void **state)
{
	struct incident_scene *s = *state;
	const struct incident *i;
	size_t event;

	for (event = 0; event < REFERENCE_EVENTS; event++)
		reference_event(s, &reference_events[event]);
	tick_at(s, AT(13, 28, 51) - REFERENCE_BEGIN);
	i = incident_number(s, 1);
	assert_int_equal(i->start_ns, DAY(13, 24, 32, 192571));
	assert_int_equal(i->end_ns, DAY(13, 28, 50, 22967));
	assert_int_equal(i->counters.n[COUNTER_QUERIES], 3);
	assert_int_equal(i->message_count, 3);
}

static void falling_idle_closes_nothing(void **state)
{
	struct incident_scene *s = *state;

	reference_run(s, AT(13, 40, 0));
	assert_state(&s->scene, STATE_IDLE);
	assert_int_equal(incident_count(s), 1);
	assert_int_equal(incident_number(s, 1)->closed_ns, 0);
	assert_int_equal(incident_number(s, 1)->state, STATE_DOWN);
	assert_int_equal(incident_number(s, 1)->cause, CAUSE_PORT_CLOSED);
	assert_int_equal(incident_number(s, 1)->end_ns, DAY(13, 28, 50, 22967));
	assert_int_equal(heard_of(s, INCIDENT_CLOSED), 0);
}

static void after_idle_it_is_still_the_same_incident(void **state)
{
	struct incident_scene *s = *state;
	int second;

	reference_run(s, AT(13, 40, 0));
	for (second = 0; second < 10; second++) {
		second_of(s, 0, 0, 5);
		tick(s);
	}
	assert_state(&s->scene, STATE_DOWN);
	assert_int_equal(incident_count(s), 1);
	assert_int_equal(incident_number(s, 1)->counters.n[COUNTER_TIMED_OUT], 52);
}

/* ---- opening and closing --------------------------------------------------------------------- */

static void a_healthy_resolver_has_no_incident(void **state)
{
	struct incident_scene *s = *state;

	run(s, 60, 100, 1);
	incidents_finish(s->incidents);
	assert_state(&s->scene, STATE_HEALTHY);
	assert_int_equal(incident_count(s), 0);
	assert_int_equal(s->heard_count, 0);
}

static void it_opens_once_and_closes_once(void **state)
{
	struct incident_scene *s = *state;
	const struct incident *i;

	run(s, 20, 10, 0);
	run(s, 20, 0, 10);
	i = incident_number(s, 1);
	assert_int_equal(i->closed_ns, 0);
	assert_int_equal(i->state, STATE_DOWN);
	assert_int_equal(i->cause, CAUSE_SILENT);
	run(s, 30, 10, 0);
	assert_state(&s->scene, STATE_HEALTHY);
	assert_int_equal(i->closed_ns, s->heard[s->heard_count - 1].closed_ns);
	assert_true(i->closed_ns > i->end_ns);
	assert_int_equal(heard_of(s, INCIDENT_OPENED), 1);
	assert_int_equal(heard_of(s, INCIDENT_CLOSED), 1);
	assert_int_equal(s->heard[0].event, INCIDENT_OPENED);
}

/* Seconds 20 to 40 fail: the first query at 20.25, the last timeout at 39.75. */
static void it_starts_and_ends_with_what_failed(void **state)
{
	struct incident_scene *s = *state;
	const struct incident *i;

	run(s, 20, 10, 0);
	run(s, 20, 0, 10);
	run(s, 30, 10, 0);
	i = incident_number(s, 1);
	assert_int_equal(i->start_ns, clock_at(20.25) + WALL_NS);
	assert_int_equal(i->noticed_ns, clock_at(21) + WALL_NS);
	assert_int_equal(i->end_ns, clock_at(39.75) + WALL_NS);
	assert_int_equal(i->counters.n[COUNTER_TIMED_OUT], 200);
	assert_int_equal(i->counters.n[COUNTER_ANSWERED_NOERROR], 0);
}

/* An hour forward and two back while it lasts: told by the clock that it began with. */
static void who_sets_the_clock_changes_no_duration(void **state)
{
	struct incident_scene *s = *state;
	const struct incident *i;

	run(s, 20, 10, 0);
	run(s, 10, 0, 10);
	s->wall_ns += 3600 * NS_PER_S;
	run(s, 5, 0, 10);
	s->wall_ns -= 7200 * NS_PER_S;
	run(s, 5, 0, 10);
	run(s, 30, 10, 0);
	i = incident_number(s, 1);
	assert_int_equal(incident_count(s), 1);
	assert_int_equal(i->start_ns, clock_at(20.25) + WALL_NS);
	assert_int_equal(i->end_ns, clock_at(39.75) + WALL_NS);
	assert_true(i->closed_ns > i->end_ns && i->closed_ns < clock_at(71) + WALL_NS);
	assert_true(i->slot_count * i->slot_ns <= 60 * NS_PER_S);
}

/* What comes late about it counts in it, though it is not its end; answers after that do not. */
static void late_answers_after_its_end_are_counted(void **state)
{
	struct incident_scene *s = *state;
	const struct incident *i;

	run(s, 10, 0, 10);
	s->scene.resolvers[0].counters.n[COUNTER_LATE_RESPONSES] += 3;
	run(s, 1, 0, 0);
	run(s, 40, 10, 0);
	i = incident_number(s, 1);
	assert_int_equal(i->counters.n[COUNTER_LATE_RESPONSES], 3);
	assert_int_equal(i->counters.n[COUNTER_ANSWERED_NOERROR], 0);
	assert_int_equal(i->end_ns, clock_at(9.75) + WALL_NS);
	assert_true(i->closed_ns > 0);
}

/* A failure long ago, before answers, is not where this one begins. */
static void an_old_failure_is_not_its_start(void **state)
{
	struct incident_scene *s = *state;

	run(s, 10, 100, 0);
	run(s, 1, 100, 1);
	run(s, 100, 100, 0);
	run(s, 5, 0, 100);
	assert_int_equal(incident_number(s, 1)->start_ns, clock_at(111.25) + WALL_NS);
	assert_int_equal(incident_number(s, 1)->counters.n[COUNTER_TIMED_OUT], 500);
}

static void degraded_to_down_and_back_is_one_incident(void **state)
{
	struct incident_scene *s = *state;
	const struct incident *i;

	run(s, 20, 10, 0);
	run(s, 20, 8, 2);
	i = incident_number(s, 1);
	assert_int_equal(i->state, STATE_DEGRADED);
	assert_int_equal(i->cause, CAUSE_INTERMITTENT);
	run(s, 30, 0, 10);
	assert_int_equal(i->state, STATE_DOWN);
	run(s, 12, 8, 2);
	assert_state(&s->scene, STATE_DEGRADED);
	assert_int_equal(i->state, STATE_DOWN);
	assert_int_equal(incident_count(s), 1);
	assert_int_equal(i->start_ns, clock_at(20.25) + WALL_NS);
	assert_int_equal(heard_of(s, INCIDENT_OPENED), 1);
}

static void after_recovery_a_new_one_opens(void **state)
{
	struct incident_scene *s = *state;

	run(s, 10, 10, 0);
	run(s, 10, 0, 10);
	run(s, 40, 10, 0);
	run(s, 10, 0, 10);
	assert_int_equal(incident_count(s), 2);
	assert_int_equal(incident_number(s, 2)->id, 2);
	assert_int_equal(incident_number(s, 2)->start_ns, clock_at(60.25) + WALL_NS);
	assert_int_equal(incident_number(s, 2)->counters.n[COUNTER_TIMED_OUT], 100);
	assert_int_equal(incident_number(s, 1)->counters.n[COUNTER_TIMED_OUT], 100);
}

/* Recovered among so many answers that the old failures are still in the window. */
static void a_new_one_does_not_start_with_the_old(void **state)
{
	struct incident_scene *s = *state;

	run(s, 2, 0, 10);
	run(s, 5, 1000, 0);
	assert_state(&s->scene, STATE_HEALTHY);
	run(s, 1, 0, 5000);
	assert_int_equal(incident_count(s), 2);
	assert_int_equal(incident_number(s, 2)->start_ns, clock_at(7.25) + WALL_NS);
	assert_int_equal(incident_number(s, 2)->counters.n[COUNTER_TIMED_OUT], 5000);
}

static void two_resolvers_have_two_incidents(void **state)
{
	struct incident_scene *s = *state;
	struct sample sample;
	int second;

	s->scene.resolvers[1].key = scene_key("[2001:db8::53]:5353");
	s->scene.snapshot.count = 2;
	for (second = 0; second < 30; second++) {
		second_of(s, 0, 0, second < 20 ? 5 : 0);
		second_of(s, 1, second < 10 ? 5 : 0, second < 10 ? 0 : 7);
		sample = sample_of(&s->scene.resolvers[1].key, "192.0.2.99", "two.example");
		if (second == 15)
			send_sample(s, &sample, 15.5);
		tick(s);
	}
	assert_int_equal(incident_count(s), 2);
	assert_int_equal(incident_number(s, 1)->counters.n[COUNTER_TIMED_OUT], 100);
	assert_int_equal(incident_number(s, 2)->counters.n[COUNTER_TIMED_OUT], 140);
	assert_int_equal(incident_number(s, 1)->start_ns, clock_at(0.25) + WALL_NS);
	assert_int_equal(incident_number(s, 2)->start_ns, clock_at(10.25) + WALL_NS);
	assert_memory_equal(&incident_number(s, 2)->resolver, &s->scene.resolvers[1].key,
			    sizeof(struct resolver_key));
	assert_int_equal(incident_number(s, 1)->name_count, 0);
	assert_int_equal(incident_number(s, 2)->name_count, 1);
}

static void the_entry_other_has_no_incident(void **state)
{
	struct incident_scene *s = *state;

	memset(&s->scene.resolvers[0].key, 0, sizeof(struct resolver_key));
	run(s, 30, 0, 10);
	assert_int_equal(incident_count(s), 0);
}

/* A clean outage of 41 s among 10 queries a second; the last timeouts count while answers are back.
 */
static void a_clean_outage_stays_silent_when_it_is_over(void **state)
{
	struct incident_scene *s = *state;
	const struct incident *i;
	int second;

	run(s, 30, 10, 0);
	for (second = 0; second < 41 + 5; second++)
		timed_out_later(s, second < 41 ? 0 : 10, second >= 5 ? 10 : 0);
	i = incident_number(s, 1);
	assert_int_equal(i->counters.n[COUNTER_TIMED_OUT], 410);
	assert_int_equal(i->counters.n[COUNTER_ANSWERED_NOERROR], 50);
	assert_int_equal(i->cause, CAUSE_SILENT);
	run(s, 60, 10, 0);
	assert_true(i->closed_ns > 0);
	assert_int_equal(i->cause, CAUSE_SILENT);
}

static void answers_among_the_failures_make_it_intermittent(void **state)
{
	struct incident_scene *s = *state;
	const struct incident *i;

	run(s, 30, 10, 0);
	timed_out_later(s, 5, 0);
	run_later(s, 20, 5, 5);
	i = incident_number(s, 1);
	assert_int_equal(i->cause, CAUSE_INTERMITTENT);
	run(s, 60, 10, 0);
	assert_int_equal(i->cause, CAUSE_INTERMITTENT);
}

/* ---- causes over time ------------------------------------------------------------------------ */

/* Seconds of timeouts, in each of which one ICMP message of the resolver itself comes, or none. */
static void run_with_port(struct incident_scene *s, int seconds, unsigned int messages)
{
	struct resolver_counters *c = &s->scene.resolvers[0].counters;

	while (seconds--) {
		second_of(s, 0, 0, 5);
		c->n[COUNTER_EVIDENCE_PORT] += messages;
		c->n[COUNTER_LATE_UNREACHABLES] += messages;
		tick(s);
	}
}

static void assert_cause_period(const struct incident *incident, __u32 index, enum cause cause,
				double from, double until)
{
	const struct cause_period *period = &incident->causes[index];

	assert_true(index < incident->cause_count);
	assert_int_equal(period->cause, cause);
	assert_int_equal(period->from_ns, WALL_NS + clock_at(from));
	assert_int_equal(period->until_ns, until > 0 ? WALL_NS + clock_at(until) : 0);
}

static void one_cause_is_listed_after_a_minute(void **state)
{
	const struct incident *incident;

	run_with_port(*state, 60, 0);
	incident = incident_number(*state, 1);
	assert_int_equal(incident->cause_count, 0);
	run_with_port(*state, 1, 0);
	assert_int_equal(incident->cause_count, 1);
	assert_cause_period(incident, 0, CAUSE_SILENT, 0.25, 0);
}

static void causes_are_listed_with_their_times(void **state)
{
	const struct incident *incident;

	run_with_port(*state, 100, 0);
	run_with_port(*state, 100, 1);
	incident = incident_number(*state, 1);
	assert_int_equal(incident->cause_count, 2);
	assert_cause_period(incident, 0, CAUSE_SILENT, 0.25, 101);
	assert_cause_period(incident, 1, CAUSE_PORT_CLOSED, 101, 0);
	run(*state, 20, 5, 0);
	assert_true(incident->closed_ns);
	assert_int_equal(incident->cause_count, 2);
	assert_true(incident->causes[1].until_ns > incident->causes[1].from_ns);
	assert_false(incident->causes_more);
}

static void a_cause_of_less_than_a_minute_is_not_listed(void **state)
{
	const struct incident *incident;

	run_with_port(*state, 70, 0);
	run(*state, 50, 1, 4); /* intermittent */
	run_with_port(*state, 70, 0);
	incident = incident_number(*state, 1);
	assert_int_equal(incident->cause_count, 1);
	assert_cause_period(incident, 0, CAUSE_SILENT, 0.25, 0);
}

static void of_many_causes_the_first_and_the_latest_are_listed(void **state)
{
	const struct incident *incident;
	int i;

	for (i = 0; i < 10; i++) {
		run_with_port(*state, 80, 0);
		run(*state, 80, 1, 4);
	}
	incident = incident_number(*state, 1);
	assert_int_equal(incident->cause_count, INCIDENT_SAMPLES);
	assert_true(incident->causes_more);
	assert_int_equal(incident->causes[0].from_ns, WALL_NS + clock_at(0.25));
	assert_int_equal(incident->causes[INCIDENT_SAMPLES - 1].cause, CAUSE_INTERMITTENT);
	assert_int_equal(incident->causes[INCIDENT_SAMPLES - 1].until_ns, 0);
	for (i = 1; i < INCIDENT_SAMPLES; i++)
		assert_true(incident->causes[i].from_ns >= incident->causes[i - 1].until_ns);
}

static void rtt_is_kept_of_the_incident_and_of_before(void **state)
{
	struct incident_scene *s = *state;
	struct resolver_counters *c = &s->scene.resolvers[0].counters;
	const struct incident *i;
	int second;

	for (second = 0; second < 30; second++) {
		c->rtt[30] += 10;
		run(s, 1, 10, 0);
	}
	for (second = 0; second < 30; second++) {
		c->rtt[50] += 5;
		run_later(s, 1, 5, second >= 5 ? 5 : 0);
	}
	i = incident_number(s, 1);
	assert_int_equal(i->healthy_rtt_ns, (__u64)(rtt_middle_s(30) * NS_PER_S));
	assert_int_equal(i->rtt_ns, (__u64)(rtt_middle_s(50) * NS_PER_S));
}

static void errors_alone_open_one_too(void **state)
{
	struct incident_scene *s = *state;
	int i, second;

	run(s, 10, 10, 0);
	for (second = 0; second < 20; second++) {
		for (i = 0; i < 10; i++)
			settle(s, 0, COUNTER_ANSWERED_SERVFAIL, s->scene.now_s + 0.25,
			       s->scene.now_s + 0.5);
		tick(s);
	}
	assert_int_equal(incident_number(s, 1)->cause, CAUSE_SERVER_ERROR);
	assert_int_equal(incident_number(s, 1)->state, STATE_DEGRADED);
	assert_int_equal(incident_number(s, 1)->start_ns, clock_at(10.25) + WALL_NS);
	assert_int_equal(incident_number(s, 1)->end_ns, clock_at(29.5) + WALL_NS);
	assert_int_equal(incident_number(s, 1)->counters.n[COUNTER_ANSWERED_SERVFAIL], 200);
}

/* A query of resolver 0 that failed without an ICMP message. */
static void send_failed(struct incident_scene *s, const char *client, const char *name, double sent)
{
	struct sample sample = sample_of(&s->scene.resolvers[0].key, client, name);
	struct failed_query failed = {.time_ns = clock_at(sent),
				      .key = sample.key,
				      .question_length = sample.question_length};

	memcpy(failed.question, sample.question, sizeof(failed.question));
	incidents_add_failed(s->incidents, &failed);
}

static void timeouts_and_errors_give_clients_and_names(void **state)
{
	struct incident_scene *s = *state;
	const struct incident *i;

	run(s, 10, 10, 0);
	send_failed(s, "192.0.2.6", "long.ago.example", 3.5);
	send_failed(s, "192.0.2.7", "before.example", 10.5);
	run(s, 5, 0, 10);
	send_failed(s, "192.0.2.8", "while.example", 14.5);
	i = incident_number(s, 1);
	assert_int_equal(i->client_count, 2);
	assert_int_equal(i->name_count, 2);
	assert_string_equal(i->names[0], "before.example");
	assert_string_equal(i->names[1], "while.example");
	assert_int_equal(i->message_count, 0);
	assert_int_equal(i->reporter_count, 0);
}

static void of_failed_queries_the_latest_eight_wait(void **state)
{
	struct incident_scene *s = *state;
	char name[32];
	int n;

	run(s, 10, 10, 0);
	for (n = 0; n < 20; n++) {
		snprintf(name, sizeof(name), "n%d.example", n);
		send_failed(s, "192.0.2.7", name, 10.5);
	}
	run(s, 5, 0, 10);
	assert_int_equal(incident_number(s, 1)->name_count, INCIDENT_SAMPLES);
	assert_string_equal(incident_number(s, 1)->names[0], "n12.example");
	assert_string_equal(incident_number(s, 1)->names[7], "n19.example");
}

/* Three failures, 20 minutes from each other, and nothing else: the last three settled. */
static void a_slow_run_starts_with_its_first_query(void **state)
{
	struct incident_scene *s = *state;

	run(s, 1, 100, 0);
	run(s, 1199, 0, 0);
	run(s, 1, 0, 1);
	run(s, 1199, 0, 0);
	run(s, 1, 0, 1);
	run(s, 1199, 0, 0);
	assert_int_equal(incident_count(s), 1); /* two of the last three */
	assert_int_equal(incident_number(s, 1)->state, STATE_DEGRADED);
	run(s, 1, 0, 1);
	assert_int_equal(incident_number(s, 1)->state, STATE_DOWN);
	assert_int_equal(incident_number(s, 1)->start_ns, clock_at(1200.25) + WALL_NS);
	assert_int_equal(incident_number(s, 1)->counters.n[COUNTER_QUERIES], 3);
}

/* ---- being told ------------------------------------------------------------------------------ */

static void updates_come_every_10_minutes_at_most(void **state)
{
	struct incident_scene *s = *state;

	run(s, 1801, 0, 10);
	assert_int_equal(heard_of(s, INCIDENT_OPENED), 1);
	assert_int_equal(heard_of(s, INCIDENT_CHANGED), 0);
	assert_int_equal(heard_of(s, INCIDENT_UPDATED), 3);
}

/* Another state is told soon: a pager waits for it. */
static void a_change_is_told_within_10_seconds(void **state)
{
	struct incident_scene *s = *state;

	run(s, 60, 9, 1);
	assert_int_equal(heard_of(s, INCIDENT_OPENED), 1);
	assert_int_equal(incident_number(s, 1)->state, STATE_DEGRADED);
	run(s, 30, 0, 10);
	assert_int_equal(incident_number(s, 1)->state, STATE_DOWN);
	assert_true(heard_of(s, INCIDENT_CHANGED) >= 1);
	assert_int_equal(heard_of(s, INCIDENT_UPDATED), 0);
}

static void without_a_change_nothing_is_told(void **state)
{
	struct incident_scene *s = *state;
	size_t before;

	run(s, 11, 0, 10);
	run(s, 620, 0, 0);
	before = s->heard_count;
	run(s, 600, 0, 0);
	assert_int_equal(s->heard_count, before);
	incidents_finish(s->incidents);
	assert_int_equal(s->heard_count, before + 1);
	assert_int_equal(s->heard[before].event, INCIDENT_UPDATED);
}

static void finish_tells_only_of_open_ones(void **state)
{
	struct incident_scene *s = *state;
	size_t before;

	run(s, 10, 0, 10);
	run(s, 40, 10, 0);
	before = s->heard_count;
	incidents_finish(s->incidents);
	assert_int_equal(s->heard_count, before);
}

/* ---- timeline and room ----------------------------------------------------------------------- */

static void slots_merge_and_lose_nothing(void **state)
{
	struct incident_scene *s = *state;
	const struct incident *incident;
	__u64 timed_out = 0, answered = 0;
	__u32 i;

	run(s, 1000, 2, 1);
	incident = incident_number(s, 1);
	assert_true(incident->slot_count <= TIMELINE_SLOTS);
	assert_int_equal(incident->slot_ns, 32 * NS_PER_S);
	for (i = 0; i < incident->slot_count; i++) {
		timed_out += incident->slots[i].timed_out;
		answered += incident->slots[i].answered;
	}
	assert_int_equal(timed_out, 1000);
	assert_int_equal(answered, 2000);
	assert_int_equal(incident->counters.n[COUNTER_TIMED_OUT], 1000);
}

static void the_latest_256_are_kept(void **state)
{
	struct incident_scene *s = *state;
	size_t count;
	int i;

	for (i = 0; i < 300; i++) {
		s->heard_count = 0;
		run(s, 3, 0, 10);
		run(s, 14, 10, 0);
	}
	incidents_list(s->incidents, &count);
	assert_int_equal(count, 256);
	assert_int_equal(incident_number(s, 1)->id, 45);
	assert_int_equal(incident_number(s, 256)->id, 300);
	assert_null(incidents_lookup(s->incidents, 0));
	assert_null(incidents_lookup(s->incidents, 44));
	assert_ptr_equal(incidents_lookup(s->incidents, 45), incident_number(s, 1));
	assert_ptr_equal(incidents_lookup(s->incidents, 300), incident_number(s, 256));
	assert_null(incidents_lookup(s->incidents, 301));
}

/* The past is thinned out, but what it says of a moment is close to what was. */
static void the_past_is_sparse_but_right(void **state)
{
	struct resolver_counters now = {0}, last, before;
	struct hour_history past = {0};
	double found, wanted;
	__u64 t;

	(void)state;
	for (t = 1; t <= 3000; t++) {
		last = now;
		now.n[COUNTER_QUERIES] = t;
		assert_int_equal(hour_history_add(&past, (t - 1) * NS_PER_S, t * NS_PER_S, &last,
						  &now),
				 0);
	}
	for (t = 1; t <= 2000; t++) {
		wanted = (double)(3000 - t);
		hour_history_before(&past, (3000 - t) * NS_PER_S, &before);
		found = (double)before.n[COUNTER_QUERIES];
		assert_true(found <= wanted);
		assert_true(wanted - found <= 1 + 0.25 * (double)t);
	}
	hour_history_before(&past, 0, &before);
	assert_int_equal(before.n[COUNTER_QUERIES], 0);
	hour_history_free(&past);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_A_SCENE(the_reference_incident_is_as_documented, see_the_reference),
		IN_A_SCENE(the_reference_incident_counts_from_its_first_query, see_the_reference),
		IN_A_SCENE(the_reference_incident_keeps_who_and_what, see_the_reference),
		IN_A_SCENE(the_reference_incident_has_its_outcomes_in_their_slots,
			   see_the_reference),
		IN_A_SCENE(one_snapshot_at_the_end_opens_it_too, begin_the_reference),
		IN_A_SCENE(falling_idle_closes_nothing, begin_the_reference),
		IN_A_SCENE(after_idle_it_is_still_the_same_incident, begin_the_reference),
		IN_A_SCENE(a_healthy_resolver_has_no_incident, begin),
		IN_A_SCENE(it_opens_once_and_closes_once, begin),
		IN_A_SCENE(it_starts_and_ends_with_what_failed, begin),
		IN_A_SCENE(who_sets_the_clock_changes_no_duration, begin),
		IN_A_SCENE(late_answers_after_its_end_are_counted, begin),
		IN_A_SCENE(an_old_failure_is_not_its_start, begin),
		IN_A_SCENE(degraded_to_down_and_back_is_one_incident, begin),
		IN_A_SCENE(after_recovery_a_new_one_opens, begin),
		IN_A_SCENE(a_new_one_does_not_start_with_the_old, begin),
		IN_A_SCENE(two_resolvers_have_two_incidents, begin),
		IN_A_SCENE(the_entry_other_has_no_incident, begin),
		IN_A_SCENE(a_clean_outage_stays_silent_when_it_is_over, begin),
		IN_A_SCENE(answers_among_the_failures_make_it_intermittent, begin),
		IN_A_SCENE(one_cause_is_listed_after_a_minute, begin),
		IN_A_SCENE(causes_are_listed_with_their_times, begin),
		IN_A_SCENE(a_cause_of_less_than_a_minute_is_not_listed, begin),
		IN_A_SCENE(of_many_causes_the_first_and_the_latest_are_listed, begin),
		IN_A_SCENE(rtt_is_kept_of_the_incident_and_of_before, begin),
		IN_A_SCENE(errors_alone_open_one_too, begin),
		IN_A_SCENE(timeouts_and_errors_give_clients_and_names, begin),
		IN_A_SCENE(of_failed_queries_the_latest_eight_wait, begin),
		IN_A_SCENE(a_slow_run_starts_with_its_first_query, begin),
		IN_A_SCENE(updates_come_every_10_minutes_at_most, begin),
		IN_A_SCENE(a_change_is_told_within_10_seconds, begin),
		IN_A_SCENE(without_a_change_nothing_is_told, begin),
		IN_A_SCENE(finish_tells_only_of_open_ones, begin),
		IN_A_SCENE(slots_merge_and_lose_nothing, begin),
		IN_A_SCENE(the_latest_256_are_kept, begin),
		cmocka_unit_test(the_past_is_sparse_but_right),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
