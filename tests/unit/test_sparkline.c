// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Slots of the last minutes: what falls where, what is skipped, what is too much. */
#include "scene.h"

#include "health/sparkline.h"

#include <arpa/inet.h>
#include <stdlib.h>

/* SCENE_START_NS is the beginning of a slot. */
_Static_assert(SCENE_START_NS % (SPARKLINE_SLOT_S * NS_PER_S) == 0, "start");

static void tick(struct scene *scene, struct sparklines *sparklines, double second)
{
	scene_tick_at(scene, second);
	scene_count_sparklines(sparklines, &scene->status);
}

static void assert_slot(const struct sparkline_slot *slot, __u32 queries, __u32 settled,
			__u32 failed)
{
	assert_int_equal(slot->queries, queries);
	assert_int_equal(slot->settled, settled);
	assert_int_equal(slot->failed, failed);
}

static void slots_of(const struct scene *scene, const struct sparklines *sparklines,
		     struct sparkline_slot slots[SPARKLINE_SLOTS])
{
	assert_int_equal(sparklines_of(sparklines, &scene->resolvers[0].key, slots),
			 SPARKLINE_SLOTS);
}

static void a_resolver_never_asked_has_none(void **state)
{
	struct sparklines *sparklines;
	struct sparkline_slot slots[SPARKLINE_SLOTS];
	struct scene scene;

	(void)state;
	scene_begin(&scene, NULL);
	sparklines = sparklines_new(judge_resolvers(scene.judge));
	tick(&scene, sparklines, 1);
	assert_int_equal(sparklines_of(sparklines, &scene.resolvers[0].key, slots), 0);
	scene_counters(&scene)[COUNTER_UNSENT_HOST] +=
		2; /* refused by our own stack: it is there */
	tick(&scene, sparklines, 2);
	slots_of(&scene, sparklines, slots);
	assert_slot(&slots[SPARKLINE_SLOTS - 1], 0, 2, 2);
	sparklines_free(sparklines);
	scene_end(&scene);
}

static void each_second_falls_into_its_slot(void **state)
{
	struct sparklines *sparklines;
	struct sparkline_slot slots[SPARKLINE_SLOTS];
	struct scene scene;
	int second;

	(void)state;
	scene_begin(&scene, NULL);
	sparklines = sparklines_new(judge_resolvers(scene.judge));
	for (second = 1; second <= 11; second++) {
		scene_settle(&scene, COUNTER_ANSWERED_NOERROR, 3);
		if (second == 7)
			scene_settle(&scene, COUNTER_TIMED_OUT, 2);
		if (second == 10)
			scene_settle(&scene, COUNTER_ANSWERED_SERVFAIL, 4);
		tick(&scene, sparklines, second);
	}
	slots_of(&scene, sparklines, slots);
	assert_slot(&slots[SPARKLINE_SLOTS - 4], 0, 0, 0);
	assert_slot(&slots[SPARKLINE_SLOTS - 3], 12, 12, 0);
	assert_slot(&slots[SPARKLINE_SLOTS - 2], 17, 17, 2);
	assert_slot(&slots[SPARKLINE_SLOTS - 1], 10, 10, 0);
	assert_int_equal(slots[SPARKLINE_SLOTS - 2].errors, 0);
	assert_int_equal(slots[SPARKLINE_SLOTS - 1].errors, 4);
	sparklines_free(sparklines);
	scene_end(&scene);
}

/* What was counted meanwhile falls into the slot in which it was seen; the ones between are empty.
 */
static void skipped_slots_are_empty(void **state)
{
	struct sparklines *sparklines;
	struct sparkline_slot slots[SPARKLINE_SLOTS];
	struct scene scene;
	int i;

	(void)state;
	scene_begin(&scene, NULL);
	sparklines = sparklines_new(judge_resolvers(scene.judge));
	scene_settle(&scene, COUNTER_ANSWERED_NOERROR, 4);
	tick(&scene, sparklines, 1);
	scene_settle(&scene, COUNTER_TIMED_OUT, 5);
	tick(&scene, sparklines, 1 + 20 * SPARKLINE_SLOT_S);
	slots_of(&scene, sparklines, slots);
	for (i = 0; i < SPARKLINE_SLOTS; i++) {
		if (i == SPARKLINE_SLOTS - 21)
			assert_slot(&slots[i], 4, 4, 0);
		else if (i == SPARKLINE_SLOTS - 1)
			assert_slot(&slots[i], 5, 5, 5);
		else
			assert_slot(&slots[i], 0, 0, 0);
	}
	sparklines_free(sparklines);
	scene_end(&scene);
}

/* The oldest slot goes when a new one begins, and after a long pause all of them do. */
static void what_is_too_old_goes(void **state)
{
	static const double pauses[] = {SPARKLINE_SLOTS, SPARKLINE_SLOTS + 1, 7 * SPARKLINE_SLOTS,
					1e6};
	struct sparkline_slot slots[SPARKLINE_SLOTS];
	size_t p;
	int i;

	(void)state;
	for (p = 0; p < sizeof(pauses) / sizeof(*pauses); p++) {
		struct sparklines *sparklines;
		struct scene scene;

		scene_begin(&scene, NULL);
		sparklines = sparklines_new(judge_resolvers(scene.judge));
		scene_settle(&scene, COUNTER_ANSWERED_NOERROR, 4);
		tick(&scene, sparklines, 1);
		tick(&scene, sparklines, 1 + (SPARKLINE_SLOTS - 1) * SPARKLINE_SLOT_S);
		slots_of(&scene, sparklines, slots);
		assert_slot(&slots[0], 4, 4, 0);
		tick(&scene, sparklines, 1 + pauses[p] * SPARKLINE_SLOT_S);
		slots_of(&scene, sparklines, slots);
		for (i = 0; i < SPARKLINE_SLOTS; i++)
			assert_slot(&slots[i], 0, 0, 0);
		sparklines_free(sparklines);
		scene_end(&scene);
	}
}

static void a_slot_never_wraps_round(void **state)
{
	struct sparklines *sparklines;
	struct sparkline_slot slots[SPARKLINE_SLOTS];
	struct scene scene;

	(void)state;
	scene_begin(&scene, NULL);
	sparklines = sparklines_new(judge_resolvers(scene.judge));
	scene_counters(&scene)[COUNTER_QUERIES] = 0xfffffff0ULL;
	tick(&scene, sparklines, 1);
	scene_counters(&scene)[COUNTER_QUERIES] += 0x7000000000ULL;
	tick(&scene, sparklines, 2);
	slots_of(&scene, sparklines, slots);
	assert_slot(&slots[SPARKLINE_SLOTS - 1], 0xffffffff, 0, 0);
	sparklines_free(sparklines);
	scene_end(&scene);
}

/* More resolvers than are followed, in an order that is not that of their keys. */
static void there_is_an_end_to_their_number(void **state)
{
	enum { MANY = SPARKLINE_RESOLVERS + 100 };
	struct resolver_snapshot *resolvers = calloc(MANY, sizeof(*resolvers));
	struct resolver_status *judged = calloc(MANY, sizeof(*judged));
	struct snapshot snapshot = {.at_ns = SCENE_START_NS, .resolvers = resolvers, .count = MANY};
	struct status report = {.snapshot = &snapshot, .resolvers = judged, .count = MANY};
	struct resolver_map map = {0};
	struct sparklines *sparklines = sparklines_new(&map);
	struct sparkline_slot slots[SPARKLINE_SLOTS];
	size_t i, followed = 0;

	(void)state;
	for (i = 0; i < MANY; i++) {
		resolvers[i].key = scene_key("192.0.2.1");
		resolvers[i].key.port = htons((__u16)(1 + i * 37 % 1009));
		resolvers[i].counters.n[COUNTER_QUERIES] = i + 1;
		judged[i].now = &resolvers[i];
		judged[i].entry = resolver_map_insert(&map, &resolvers[i].key);
	}
	scene_count_sparklines(sparklines, &report);
	scene_count_sparklines(sparklines, &report);
	for (i = 0; i < MANY; i++) {
		int known = sparklines_of(sparklines, &resolvers[i].key, slots);

		followed += known > 0;
		assert_int_equal(known > 0, i < SPARKLINE_RESOLVERS);
		if (known)
			assert_slot(&slots[SPARKLINE_SLOTS - 1], (__u32)i + 1, 0, 0);
	}
	assert_int_equal(followed, SPARKLINE_RESOLVERS);
	sparklines_free(sparklines);
	resolver_map_free(&map);
	free(judged);
	free(resolvers);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_resolver_never_asked_has_none),
		cmocka_unit_test(each_second_falls_into_its_slot),
		cmocka_unit_test(skipped_slots_are_empty),
		cmocka_unit_test(what_is_too_old_goes),
		cmocka_unit_test(a_slot_never_wraps_round),
		cmocka_unit_test(there_is_an_end_to_their_number),
	};

	return cmocka_run_group_tests_name("sparkline", tests, NULL, NULL);
}
