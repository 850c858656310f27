// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The judge that looks at what has changed, beside one that judges each second (plain_judge.h):
 * random scenes through both. States, causes, suspicions, windows, incidents with all they hold,
 * and the order of their events are the same. SEED=N repeats a scene, SCENES=N plays so many.
 */
#include "plain_judge.h"

#include "health/memory.h"
#include "util/buffer.h"
#include "view/incident_json.h"

#include <stdio.h>

#define SCENES 16
#define SECONDS 4000
#define EVENTS_MAX 4096

struct told {
	enum incident_event event;
	struct buffer line;
};

struct teller {
	struct told told[EVENTS_MAX];
	size_t count;
};

struct sparse_scene {
	__u64 random;
	struct plain_judge plain;
	struct incidents *plain_incidents, *incidents;
	struct judge *judge;
	struct teller plain_teller, teller;
	struct resolver_snapshot rows[PLAIN_RESOLVERS], changed[PLAIN_RESOLVERS];
	int is_changed[PLAIN_RESOLVERS], is_self_changed;
	unsigned int mood[PLAIN_RESOLVERS]; /* what its transactions end by */
	struct snapshot snapshot; /* of the plain judge: its time, and the self counters */
	__u64 ticked_ns;	  /* by the judge that looks at what has changed */
	unsigned int looked_at;
	int is_grim; /* nothing ever answers */
};

static void tell(const struct incident *incident, enum incident_event event, void *context)
{
	struct teller *teller = context;
	struct told *told = &teller->told[teller->count++];

	assert_true(teller->count < EVENTS_MAX);
	told->event = event;
	assert_int_equal(incident_json_write(&told->line, incident, event), 0);
}

static unsigned int any(struct sparse_scene *s, unsigned int below)
{
	s->random ^= s->random << 13;
	s->random ^= s->random >> 7;
	s->random ^= s->random << 17;
	return (unsigned int)(s->random >> 20) % below;
}

static void scene_open(struct sparse_scene *s, __u64 seed)
{
	static const char *const names[PLAIN_RESOLVERS] = {"192.0.2.1", "192.0.2.2", "198.51.100.7",
							   "203.0.113.2"};
	struct resolver_key keys[PLAIN_RESOLVERS];
	unsigned int r;

	memset(s, 0, sizeof(*s));
	s->is_grim = seed % 4 == 0;
	s->random = seed * 0x9e3779b97f4a7c15ULL + 1;
	for (r = 0; r < PLAIN_RESOLVERS; r++)
		s->rows[r].key = keys[r] = scene_key(names[r]);
	plain_begin(&s->plain, keys, SCENE_START_NS, 2 * SECONDS);
	s->judge = judge_new(SCENE_START_NS, NULL);
	s->plain_incidents = incidents_new(&s->plain.map, tell, &s->plain_teller);
	s->incidents = incidents_new(judge_resolvers(s->judge), tell, &s->teller);
	s->snapshot.at_ns = s->ticked_ns = SCENE_START_NS;
}

static void teller_free(struct teller *teller)
{
	while (teller->count)
		buffer_free(&teller->told[--teller->count].line);
}

static void scene_close(struct sparse_scene *s)
{
	incidents_free(s->plain_incidents);
	incidents_free(s->incidents);
	plain_end(&s->plain);
	judge_free(s->judge);
	teller_free(&s->plain_teller);
	teller_free(&s->teller);
}

/* ---- what happens -----------------------------------------------------------------------------
 */

enum mood {
	MOOD_WELL,
	MOOD_SILENT,
	MOOD_CLOSED,
	MOOD_MIXED,
	MOOD_SERVFAIL,
	MOOD_UNSENT,
	MOOD_LATE,
	MOOD_FLOODED,
	MOOD_MAX
};

static enum counter outcome_of(struct sparse_scene *s, enum mood mood)
{
	switch (mood) {
	case MOOD_SILENT:
	case MOOD_LATE:
		return COUNTER_TIMED_OUT;
	case MOOD_CLOSED:
		return any(s, 4) ? COUNTER_TIMED_OUT : COUNTER_UNREACHABLE_PORT;
	case MOOD_MIXED:
		return any(s, 3) ? COUNTER_ANSWERED_NOERROR : COUNTER_TIMED_OUT;
	case MOOD_SERVFAIL:
		return any(s, 4) ? COUNTER_ANSWERED_SERVFAIL : COUNTER_ANSWERED_NXDOMAIN;
	case MOOD_UNSENT:
		return COUNTER_UNSENT_HOST + any(s, 4);
	default:
		return any(s, 40) ? COUNTER_ANSWERED_NOERROR : COUNTER_TIMED_OUT;
	}
}

/* One transaction of resolver `r` ends, within the second before the next tick. */
static void happen(struct sparse_scene *s, unsigned int r)
{
	struct resolver_counters *c = &s->rows[r].counters;
	enum counter outcome = outcome_of(s, s->mood[r]);
	__u64 now_ns = s->snapshot.at_ns + any(s, 1000) * 1000000;

	c->n[COUNTER_QUERIES]++;
	c->n[outcome]++;
	c->n[COUNTER_CONNECT_ESTABLISHED] += !any(s, 20);
	if (outcome == COUNTER_ANSWERED_NOERROR || outcome == COUNTER_ANSWERED_NXDOMAIN) {
		c->at[MOMENT_LAST_ANSWERED] = now_ns;
		c->rtt[20 + any(s, 8)]++;
		c->n[COUNTER_RTT_COUNT]++;
		c->n[COUNTER_RTT_SUM_NS] += any(s, 1000000);
		return;
	}
	if (outcome == COUNTER_ANSWERED_SERVFAIL)
		return;
	if (c->at[MOMENT_LAST_ANSWERED] >= c->at[MOMENT_LAST_FAILURE])
		c->at[MOMENT_RUN_START] = now_ns - any(s, 5) * NS_PER_S;
	c->at[MOMENT_LAST_FAILURE] = now_ns;
	c->n[COUNTER_CONNECT_TIMED_OUT] += !any(s, 10);
	c->n[COUNTER_CLOSED_RST] += !any(s, 10);
	c->n[COUNTER_EVIDENCE_PORT] += outcome == COUNTER_UNREACHABLE_PORT;
	c->n[COUNTER_LATE_RESPONSES] += s->mood[r] == MOOD_LATE && !any(s, 3);
}

/* Messages that count for no transaction, and the engine's own counter. */
static void happen_beside(struct sparse_scene *s, unsigned int r)
{
	__u64 *n = s->rows[r].counters.n;

	switch (any(s, 5)) {
	case 4:
		s->snapshot.self.n[SELF_UNMATCHED_RESPONSES] += any(s, 40);
		s->is_self_changed = 1;
		return;
	case 0:
		n[COUNTER_UNMATCHED_UNREACHABLES] += s->mood[r] == MOOD_FLOODED ? 6 : 1;
		break;
	case 1:
		n[COUNTER_UNMATCHED_RESPONSES]++;
		break;
	case 2:
		s->snapshot.self.n[SELF_FORGOTTEN] += s->mood[r] == MOOD_FLOODED ? any(s, 12) : 0;
		s->is_self_changed = 1;
		return;
	default:
		n[COUNTER_LATE_UNREACHABLES]++;
		n[COUNTER_EVIDENCE_PORT]++;
		s->rows[r].counters.at[MOMENT_LAST_FAILURE] = s->snapshot.at_ns;
	}
	s->is_changed[r] = 1;
}

/* A second of resolver `r`: bursts, now and then one, silences of minutes; moods that change. */
static void pass(struct sparse_scene *s, unsigned int r)
{
	static const unsigned int paces[] = {1, 3, 20, 70, 200, 700};
	unsigned int pace = paces[(s->snapshot.at_ns / NS_PER_S / 500 + r * 3) % 6], i;

	if (!any(s, 90)) {
		s->mood[r] = any(s, 2) ? MOOD_WELL : any(s, MOOD_MAX);
		if (s->is_grim)
			s->mood[r] = any(s, 3) ? MOOD_SILENT : MOOD_CLOSED;
	}
	if (!any(s, 300))
		happen_beside(s, r);
	if (any(s, pace))
		return;
	for (i = 1 + any(s, any(s, 5) ? 3 : 300); i; i--)
		happen(s, r);
	s->is_changed[r] = 1;
	if (!any(s, 5))
		happen_beside(s, r);
}

static void fail_sample(struct sparse_scene *s, unsigned int r)
{
	struct failed_query failed = {.time_ns = s->snapshot.at_ns,
				      .key = {.resolver = s->rows[r].key.address,
					      .resolver_port = s->rows[r].key.port,
					      .transport = s->rows[r].key.transport,
					      .client_port = (__u16)any(s, 9)}};

	failed.key.client.w[3] = any(s, 20);
	incidents_add_failed(s->plain_incidents, &failed);
	incidents_add_failed(s->incidents, &failed);
}

/* ---- both judges ------------------------------------------------------------------------------
 */

/* Ticks the judge of what has changed: the seconds since its last tick passed with nothing. */
static void tick_sparse(struct sparse_scene *s, __u64 quiet_until_ns)
{
	struct snapshot snapshot = s->snapshot;
	struct judged_now judged;
	unsigned int r;
	int got;

	snapshot.quiet_until_ns = quiet_until_ns > s->ticked_ns ? quiet_until_ns : 0;
	snapshot.resolvers = s->changed;
	snapshot.count = 0;
	for (r = 0; r < PLAIN_RESOLVERS; r++)
		if (s->is_changed[r])
			s->changed[snapshot.count++] = s->rows[r];
	memset(s->is_changed, 0, sizeof(s->is_changed));
	s->is_self_changed = 0;
	assert_int_equal(judge_begin(s->judge, &snapshot), 0);
	while ((got = judge_next(s->judge, &judged)) > 0) {
		s->looked_at++;
		assert_int_equal(incidents_follow(s->incidents, &judged, &snapshot), 0);
	}
	assert_int_equal(got, 0);
	incidents_end_second(s->incidents, &snapshot);
	s->ticked_ns = snapshot.at_ns;
}

static const struct plain_resolver *plain_of(const struct sparse_scene *s,
					     const struct resolver_key *key)
{
	unsigned int r;

	for (r = 0; memcmp(&s->rows[r].key, key, sizeof(*key)); r++)
		assert_true(r + 1 < PLAIN_RESOLVERS);
	return &s->plain.resolvers[r];
}

static void assert_same_rates(const struct rates *a, const struct rates *b)
{
	const double *x = &a->failure_ratio, *y = &b->failure_ratio;
	unsigned int i;

	assert_int_equal(a->settled, b->settled);
	assert_true(a->queries_per_s == b->queries_per_s ||
		    (isnan(a->queries_per_s) && isnan(b->queries_per_s)));
	for (i = 0; i < 6; i++)
		assert_true(x[i] == y[i] || (isnan(x[i]) && isnan(y[i])));
}

/* With `windows` behind a tick of both; else their rates are not of the same second. */
static void assert_same_status(struct sparse_scene *s, int windows)
{
	struct resolver_snapshot rows[PLAIN_RESOLVERS];
	struct resolver_status out[PLAIN_RESOLVERS];
	struct resolver_counters window;
	struct rates rates;
	size_t i, w;

	assert_int_equal(judge_status(s->judge, rows, out), 0);
	for (i = 0; i < judge_count(s->judge); i++) {
		const struct plain_resolver *plain = plain_of(s, &rows[i].key);

		assert_int_equal(out[i].state, plain->verdict.state);
		assert_int_equal(out[i].cause, plain->verdict.cause);
		assert_int_equal(out[i].judged_by, plain->verdict.judged_by);
		assert_int_equal(out[i].is_judged, plain->is_judged);
		assert_int_equal(out[i].forged, plain->is_forged);
		assert_memory_equal(&rows[i].counters, &plain->at[s->plain.ticks],
				    sizeof(rows[i].counters));
		for (w = 0; windows && w < WINDOW_MAX; w++) {
			size_t start = plain_start(&s->plain, w);

			plain_window(&s->plain, plain, w, &window);
			rates_of(&window,
				 (double)(s->snapshot.at_ns - s->plain.times[start]) /
					 (double)NS_PER_S,
				 &rates);
			assert_same_rates(&out[i].windows[w], &rates);
		}
	}
}

/* Fails with what stands around the first difference of two lines. */
static void assert_same_line(const char *line, const char *expected)
{
	size_t i = 0, from;

	while (line[i] && line[i] == expected[i])
		i++;
	if (line[i] == expected[i])
		return;
	from = i > 300 ? i - 300 : 0;
	fail_msg("...%.340s, second by second: %.40s", line + from, expected + i);
}

static void assert_same_told(const struct sparse_scene *s)
{
	size_t i;

	assert_int_equal(s->teller.count, s->plain_teller.count);
	for (i = 0; i < s->teller.count; i++) {
		assert_int_equal(s->teller.told[i].event, s->plain_teller.told[i].event);
		assert_same_line(s->teller.told[i].line.text, s->plain_teller.told[i].line.text);
	}
}

/* ---- scenes -----------------------------------------------------------------------------------
 */

static int is_due(const struct sparse_scene *s)
{
	unsigned int r;

	for (r = 0; r < PLAIN_RESOLVERS; r++)
		if (s->is_changed[r])
			return 1;
	return s->is_self_changed || judge_next_due_ns(s->judge) <= s->snapshot.at_ns ||
	       incidents_need_each_second(s->incidents);
}

/* Ticks both at `at_ns`; the judge of what has changed only where that is due, or `always`. */
static void tick_both(struct sparse_scene *s, __u64 at_ns, __u64 quiet_until_ns, int always)
{
	int ticks;

	s->snapshot.at_ns = at_ns;
	s->snapshot.wall_ns = at_ns + 1600000000 * NS_PER_S;
	plain_tick(&s->plain, &s->snapshot, s->rows, s->plain_incidents);
	ticks = always || is_due(s);
	if (ticks)
		tick_sparse(s, quiet_until_ns);
	assert_same_status(s, ticks);
	assert_int_equal(s->teller.count, s->plain_teller.count);
}

static void happen_all(struct sparse_scene *s)
{
	unsigned int r;

	for (r = 0; r < PLAIN_RESOLVERS; r++) {
		pass(s, r);
		if (s->is_changed[r] ? !any(s, 4) : !any(s, 200))
			fail_sample(s, r);
	}
}

/* A recording: whole seconds, and a last tick between two of them. */
static void play_recording(struct sparse_scene *s)
{
	unsigned int second;
	__u64 last_ns;

	for (second = 1; second <= SECONDS; second++) {
		happen_all(s);
		tick_both(s, SCENE_START_NS + second * NS_PER_S,
			  SCENE_START_NS + (second - 1) * NS_PER_S, 0);
	}
	last_ns = s->snapshot.at_ns;
	happen_all(s);
	tick_both(s, last_ns + any(s, 999) * 1000000, last_ns, 1);
}

/* The judge of what has changed is saved, and a new one goes on. */
static void restart(struct sparse_scene *s)
{
	struct buffer memory = {0};

	assert_int_equal(memory_write(&memory, s->judge, s->incidents), 0);
	incidents_free(s->incidents);
	judge_free(s->judge);
	s->judge = judge_new(SCENE_START_NS, NULL);
	s->incidents = incidents_new(judge_resolvers(s->judge), tell, &s->teller);
	assert_int_equal(memory_read(memory.text, memory.used, s->judge, s->incidents), 0);
	buffer_free(&memory);
}

/* A host: each second a tick, early or late, some left out. */
static void play_live(struct sparse_scene *s)
{
	__u64 second = 1;

	for (; second <= SECONDS; second += any(s, 50) ? 1 : 1 + any(s, 4)) {
		happen_all(s);
		tick_both(s, SCENE_START_NS + second * NS_PER_S + any(s, 200) * 1000000, 0, 1);
		if (!any(s, 150))
			restart(s);
		if (any(s, 30))
			continue;
		happen_all(s); /* one too soon */
		tick_both(s, s->snapshot.at_ns + 300000000, 0, 1);
	}
}

/* `n` transactions of the first resolver end, at the time of the next tick. */
static void settle_first(struct sparse_scene *s, enum counter outcome, unsigned int n)
{
	struct resolver_counters *c = &s->rows[0].counters;
	int failed = outcome == COUNTER_TIMED_OUT;

	c->n[COUNTER_QUERIES] += n;
	c->n[outcome] += n;
	c->at[failed ? MOMENT_LAST_FAILURE : MOMENT_LAST_ANSWERED] = s->snapshot.at_ns + NS_PER_S;
	s->is_changed[0] = 1;
}

static void tick_at(struct sparse_scene *s, __u64 milliseconds)
{
	tick_both(s, SCENE_START_NS + milliseconds * 1000000, 0, 1);
}

/*
 * The last three settled are judged by for an hour. When it is over nothing is, although queries
 * are sent: the first judgement after that is none too soon behind another, and counts.
 */
static void play_an_hour_of_the_last_settled(struct sparse_scene *s)
{
	unsigned int second;

	settle_first(s, COUNTER_TIMED_OUT, 1);
	settle_first(s, COUNTER_ANSWERED_NOERROR, 2);
	for (second = 1; second < 3700; second++) {
		if (second % 200 == 0) {
			s->rows[0].counters.n[COUNTER_QUERIES]++;
			s->is_changed[0] = 1;
		}
		tick_at(s, second * 1000);
	}
	tick_at(s, 3699700);
	for (second = 3700; second < 3710; second++) {
		settle_first(s, COUNTER_ANSWERED_NOERROR, 3);
		tick_at(s, second * 1000);
	}
}

static void play(void (*scene)(struct sparse_scene *), __u64 seed)
{
	struct sparse_scene *s = calloc(1, sizeof(*s));

	assert_non_null(s);
	print_message("seed %llu\n", (unsigned long long)seed);
	scene_open(s, seed);
	scene(s);
	incidents_finish(s->plain_incidents);
	incidents_finish(s->incidents);
	assert_same_told(s);
	assert_true(s->looked_at < PLAIN_RESOLVERS * SECONDS);
	scene_close(s);
	free(s);
}

static void play_all(void (*scene)(struct sparse_scene *))
{
	const char *seed = getenv("SEED"), *more = getenv("SCENES");
	__u64 i, scenes = more ? strtoull(more, NULL, 10) : SCENES;

	for (i = 1; !seed && i <= scenes; i++)
		play(scene, i);
	if (seed)
		play(scene, strtoull(seed, NULL, 10));
}

static void recordings_are_judged_as_second_by_second(void **state)
{
	(void)state;
	play_all(play_recording);
}

static void hosts_are_judged_as_second_by_second(void **state)
{
	(void)state;
	play_all(play_live);
}

static void the_last_settled_are_judged_by_for_an_hour(void **state)
{
	(void)state;
	play(play_an_hour_of_the_last_settled, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(recordings_are_judged_as_second_by_second),
		cmocka_unit_test(hosts_are_judged_as_second_by_second),
		cmocka_unit_test(the_last_settled_are_judged_by_for_an_hour),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
