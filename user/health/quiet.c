// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * A quiet resolver as bytes: the words of its structures that are not zero, its checkpoints as
 * differences, and its other counters by the checkpoint at which they were the same.
 */
#include "health/quiet.h"

#include "health/followed.h"
#include "health/judged.h"
#include "health/saved.h"
#include "health/short_number.h"
#include "util/memory.h"

#include <stdlib.h>
#include <string.h>

/* A quiet resolver that is read. */
struct quiet_view {
	const __u8 *at, *end;
	struct judged_resolver judged; /* its pointers are NULL, as in `followed` */
	struct followed_resolver followed;
	int has_followed;
	struct checkpoint points[CHECKPOINTS_MAX];
	const __u8 *bytes; /* of the checkpoints */
};

static const struct resolver_counters zero;

/* ---- writing ----------------------------------------------------------------------------------
 */

static void add_number(struct buffer *out, __u64 number)
{
	__u8 bytes[SHORT_NUMBER_MAX];

	buffer_add_bytes(out, (const char *)bytes, (size_t)(number_write(bytes, number) - bytes));
}

/* Adds the words that are not zero, each with the distance from the one before, and ends with 0. */
static void add_words(struct buffer *out, const void *from, size_t size)
{
	const __u64 *words = from;
	size_t count = size / sizeof(*words), last = 0, i;

	for (i = 1; i <= count; i++) {
		if (!words[i - 1])
			continue;
		add_number(out, i - last);
		add_number(out, words[i - 1]);
		last = i;
	}
	add_number(out, 0);
}

_Static_assert(sizeof(struct judged_resolver) % sizeof(__u64) == 0, "whole words");
_Static_assert(sizeof(struct followed_resolver) % sizeof(__u64) == 0, "whole words");
_Static_assert(sizeof(struct incident_message) % sizeof(__u64) == 0, "whole words");
_Static_assert(sizeof(struct failed_query) % sizeof(__u64) == 0, "whole words");

static void add_judged(struct buffer *out, const struct judged_resolver *from)
{
	struct judged_resolver judged = *from;
	unsigned int i;

	judged.history.latest = (struct counters_delta){0};
	for (i = 0; i < SETTLED_AT_KEPT; i++)
		judged.history.settled[i].before = (struct counters_delta){0};
	add_words(out, &judged, sizeof(judged));
}

static void add_followed(struct buffer *out, const struct followed_resolver *from)
{
	struct followed_resolver followed = *from;

	followed.history.points = NULL;
	followed.history.bytes = NULL;
	followed.history.room = followed.history.bytes_room = 0;
	followed.waiting = NULL;
	followed.failed = NULL;
	followed.before = (struct counters_delta){0};
	add_words(out, &followed, sizeof(followed));
}

static void add_points(struct buffer *out, const struct hour_history *history)
{
	struct checkpoint before = {0};
	size_t i;

	for (i = 0; i < history->count; i++) {
		const struct checkpoint *point = &history->points[i];

		add_number(out, point->at_ns - before.at_ns);
		add_number(out, point->failing_from_ns
					? sign_fold(point->at_ns - point->failing_from_ns) + 1
					: 0);
		add_number(out, point->settled - before.settled);
		add_number(out, point->length);
		before = *point;
	}
	buffer_add_bytes(out, (const char *)history->bytes, history->length);
}

/* Adds 1 + the checkpoint at which the counters were these; 0 and the counters: at none. */
static void add_counters(struct buffer *out, const struct hour_history *history,
			 const struct counters_delta *counters)
{
	struct resolver_counters wanted, at_point = {0};
	size_t i;

	counters_delta_get(counters, &wanted);
	for (i = 0; i < history->count; i++) {
		hour_history_step(history, i, &at_point);
		if (memcmp(&at_point, &wanted, sizeof(wanted)) != 0)
			continue;
		add_number(out, i + 1);
		return;
	}
	add_number(out, 0);
	add_number(out, counters->length);
	buffer_add_bytes(out, (const char *)counters->bytes, counters->length);
}

/* Returns how many of the ring of failed transactions are in use. */
static __u32 failed_kept(const struct followed_resolver *followed)
{
	return followed->failed_count < INCIDENT_SAMPLES ? (__u32)followed->failed_count
							 : INCIDENT_SAMPLES;
}

static void add_samples(struct buffer *out, const struct followed_resolver *followed)
{
	__u32 i;

	for (i = 0; i < followed->waiting_count; i++)
		add_words(out, &followed->waiting[i], sizeof(*followed->waiting));
	for (i = 0; i < failed_kept(followed); i++)
		add_words(out, &followed->failed[i], sizeof(*followed->failed));
}

static void add_entry(struct buffer *out, const struct health_entry *entry)
{
	static const struct followed_resolver none;
	const struct followed_resolver *followed = entry->followed ? entry->followed : &none;
	const struct history *history = &entry->judged->history;
	unsigned int i;

	add_judged(out, entry->judged);
	add_number(out, entry->followed != NULL);
	add_followed(out, followed);
	add_points(out, &followed->history);
	add_counters(out, &followed->history, &history->latest);
	for (i = 0; i < history->settled_count; i++)
		add_counters(out, &followed->history, &history->settled[i].before);
	add_samples(out, followed);
}

/* Returns 1 when nothing is left that time alone would change, and no incident is open. */
static int is_at_rest(const struct health_entry *entry)
{
	const struct judged_resolver *judged = entry->judged;
	const struct followed_resolver *followed = entry->followed;

	return judged && !judged->history.recent && judged->selected == JUDGED_BY_NONE &&
	       judged->verdict.state == STATE_IDLE && !entry->due.link &&
	       !(followed && (followed->open || followed->before.length));
}

/* ---- the store --------------------------------------------------------------------------------
 */

/*
 * The bytes of one entry are smaller than what was freed for them. Beside that, they would keep its
 * pages. So they are in blocks of their own, one behind the other, and are moved together when most
 * of the blocks is no longer used.
 */
#define BLOCK_BYTES (64 * 1024)
#define RESTED_TOGETHER 1024 /* entries, between two times that free pages are given back */

struct quiet_block {
	struct quiet_block *next;
	size_t used, room;
	__u8 bytes[];
};

/* Returns the room that an entry of so many bytes takes. */
static size_t room_of(size_t length)
{
	size_t whole = sizeof(struct quiet_resolver) + length;

	return (whole + sizeof(__u32) - 1) / sizeof(__u32) * sizeof(__u32);
}

/* Returns room for so many bytes; NULL when out of memory. */
static struct quiet_resolver *store_take(struct quiet_store *store, size_t length)
{
	struct quiet_block *block = store->blocks;
	size_t room = room_of(length), whole = room > BLOCK_BYTES ? room : BLOCK_BYTES;
	struct quiet_resolver *quiet;

	if (!block || block->room - block->used < room) {
		block = malloc(sizeof(*block) + whole);
		if (!block)
			return NULL;
		*block = (struct quiet_block){.next = store->blocks, .room = whole};
		store->blocks = block;
	}
	quiet = (struct quiet_resolver *)(void *)(block->bytes + block->used);
	quiet->length = (__u32)length;
	block->used += room;
	store->used += room;
	store->live += room;
	return quiet;
}

static void blocks_free(struct quiet_block *block)
{
	struct quiet_block *next;

	for (; block; block = next) {
		next = block->next;
		free(block);
	}
}

/* Moves all quiet entries into new blocks. Out of memory, the old blocks stay beside these. */
static void store_move_together(struct resolver_map *map)
{
	struct quiet_store *store = &map->quiet, old = *store;
	struct quiet_resolver *moved;
	struct health_entry *entry;
	struct quiet_block **end;
	size_t position = 0;

	*store = (struct quiet_store){.rested = old.rested, .rested_before = old.rested_before};
	while ((entry = resolver_map_next(map, &position))) {
		if (!entry->quiet)
			continue;
		moved = store_take(store, entry->quiet->length);
		if (!moved) {
			for (end = &store->blocks; *end; end = &(*end)->next)
				;
			*end = old.blocks;
			store->used += old.used;
			store->live = old.live;
			return;
		}
		memcpy(moved->bytes, entry->quiet->bytes, moved->length);
		entry->quiet = moved;
	}
	blocks_free(old.blocks);
}

/* Gives back what a quiet entry has in the store. */
static void store_give_back(struct resolver_map *map, struct health_entry *entry)
{
	struct quiet_store *store = &map->quiet;

	store->live -= room_of(entry->quiet->length);
	entry->quiet = NULL;
	if (store->used > 2 * store->live + BLOCK_BYTES)
		store_move_together(map);
}

void quiet_free_all(struct resolver_map *map)
{
	blocks_free(map->quiet.blocks);
	map->quiet = (struct quiet_store){0};
}

static void give_memory_back(struct resolver_map *map)
{
	map->quiet.rested = 0;
	memory_give_back();
}

void quiet_rest(struct resolver_map *map, struct health_entry *entry)
{
	struct buffer out = {0};

	if (!is_at_rest(entry))
		return;
	add_entry(&out, entry);
	if (!buffer_error(&out))
		entry->quiet = store_take(&map->quiet, out.used);
	if (entry->quiet) {
		memcpy(entry->quiet->bytes, out.text, out.used);
		judged_free(entry->judged);
		entry->judged = NULL;
		followed_free(entry);
		map->quiet.rested++;
	}
	buffer_free(&out);
	if (map->quiet.rested >= RESTED_TOGETHER)
		give_memory_back(map);
}

void quiet_end_second(struct resolver_map *map)
{
	if (map->quiet.rested && map->quiet.rested == map->quiet.rested_before)
		give_memory_back(map);
	map->quiet.rested_before = map->quiet.rested;
}

/* ---- reading ----------------------------------------------------------------------------------
 */

static __u64 next_number(struct quiet_view *view)
{
	__u64 number = 0;

	number_read(&view->at, view->end, &number); /* they are our own: none is cut */
	return number;
}

static void next_words(struct quiet_view *view, void *to, size_t size)
{
	__u64 *words = to, distance;
	size_t i = 0;

	memset(to, 0, size);
	while ((distance = next_number(view)) && i + distance <= size / sizeof(*words)) {
		i += distance;
		words[i - 1] = next_number(view);
	}
}

static void next_points(struct quiet_view *view)
{
	struct hour_history *history = &view->followed.history;
	struct checkpoint before = {0};
	__u64 failing;
	size_t i;

	for (i = 0; i < history->count; i++) {
		struct checkpoint *point = &view->points[i];

		point->at_ns = before.at_ns + next_number(view);
		failing = next_number(view);
		point->failing_from_ns = failing ? point->at_ns - sign_unfold(failing - 1) : 0;
		point->settled = before.settled + next_number(view);
		point->length = (__u32)next_number(view);
		point->pad = 0;
		before = *point;
	}
	view->bytes = view->at;
	view->at += history->length;
}

/* Begins to read: the counters come next, the latest ones first. */
static void view_open(struct quiet_view *view, const struct health_entry *entry)
{
	view->at = entry->quiet->bytes;
	view->end = view->at + entry->quiet->length;
	next_words(view, &view->judged, sizeof(view->judged));
	view->has_followed = (int)next_number(view);
	next_words(view, &view->followed, sizeof(view->followed));
	next_points(view);
}

static void next_counters(struct quiet_view *view, struct resolver_counters *ret)
{
	__u64 points = next_number(view), length, i;
	size_t at_length = 0;

	memset(ret, 0, sizeof(*ret));
	if (points) {
		for (i = 0; i < points; i++)
			at_length += view->points[i].length;
		counters_delta_add(ret, view->bytes, at_length);
		return;
	}
	length = next_number(view);
	counters_delta_add(ret, view->at, length);
	view->at += length;
}

void quiet_read_judged(const struct health_entry *entry, struct judged_resolver *judged,
		       struct resolver_counters *latest)
{
	struct quiet_view view;

	view_open(&view, entry);
	*judged = view.judged;
	next_counters(&view, latest);
}

/* Returns a copy of `size` bytes; NULL: there are none, or no memory is left, which sets *err. */
static void *copy_of(const void *from, size_t size, int *err)
{
	void *copy = size ? malloc(size) : NULL;

	if (copy)
		memcpy(copy, from, size);
	else if (size)
		*err = -ENOMEM;
	return copy;
}

/* Reads samples into an array of INCIDENT_SAMPLES; NULL for none, or as copy_of(). */
static void *next_samples(struct quiet_view *view, __u32 count, size_t size, int *err)
{
	char *samples = count ? calloc(INCIDENT_SAMPLES, size) : NULL;
	__u32 i;

	if (count && !samples)
		*err = -ENOMEM;
	for (i = 0; samples && i < count; i++)
		next_words(view, samples + i * size, size);
	return samples;
}

static struct judged_resolver *view_judged(struct quiet_view *view, int *err)
{
	struct judged_resolver *judged = copy_of(&view->judged, sizeof(*judged), err);
	struct resolver_counters counters;
	unsigned int i;

	if (!judged)
		return NULL;
	next_counters(view, &counters);
	*err = counters_delta_set(&judged->history.latest, &zero, &counters);
	for (i = 0; !*err && i < judged->history.settled_count; i++) {
		next_counters(view, &counters);
		*err = counters_delta_set(&judged->history.settled[i].before, &zero, &counters);
	}
	return judged;
}

static struct followed_resolver *view_followed(struct quiet_view *view, int *err)
{
	struct followed_resolver *followed = copy_of(&view->followed, sizeof(*followed), err);
	struct hour_history *history;

	if (!followed)
		return NULL;
	history = &followed->history;
	history->points = copy_of(view->points, history->count * sizeof(*history->points), err);
	history->bytes = copy_of(view->bytes, history->length, err);
	history->room = history->count;
	history->bytes_room = history->length;
	followed->waiting =
		next_samples(view, followed->waiting_count, sizeof(*followed->waiting), err);
	followed->failed =
		next_samples(view, failed_kept(followed), sizeof(*followed->failed), err);
	return followed;
}

int quiet_copy(const struct health_entry *entry, struct health_entry *ret)
{
	struct quiet_view view;
	int err = 0;

	*ret = *entry;
	if (!entry->quiet)
		return 0;
	view_open(&view, entry);
	ret->judged = view_judged(&view, &err);
	if (!err && view.has_followed)
		ret->followed = view_followed(&view, &err);
	if (err)
		quiet_copy_free(entry, ret);
	return err;
}

void quiet_copy_free(const struct health_entry *entry, struct health_entry *copy)
{
	if (!entry->quiet)
		return;
	judged_free(copy->judged);
	followed_free(copy);
	copy->judged = NULL;
}

int quiet_wake(struct resolver_map *map, struct health_entry *entry)
{
	struct health_entry awake;

	if (!entry->quiet)
		return 0;
	if (quiet_copy(entry, &awake))
		return -ENOMEM;
	entry->judged = awake.judged;
	entry->followed = awake.followed;
	store_give_back(map, entry);
	return 0;
}
