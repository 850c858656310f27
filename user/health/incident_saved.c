// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The incidents of a run as bytes for the next process, and back. */
#include "health/followed.h"
#include "health/incident.h"
#include "health/quiet.h"
#include "health/saved.h"

/* Of another version, one of these differs. */
#define SIZES (sizeof(struct followed_resolver) + sizeof(struct incident))

_Static_assert(sizeof(struct incident) % sizeof(__u64) == 0, "whole words");

/*
 * Appends an incident, which is mostly room for samples that did not come, as runs of words: how
 * many are zero, how many after them are not, and these.
 */
static void incident_save(const struct incident *incident, struct buffer *out)
{
	const __u64 *words = (const __u64 *)(const void *)incident;
	size_t count = sizeof(*incident) / sizeof(*words), i = 0;

	while (i < count) {
		__u32 run[2] = {0};

		for (; i < count && !words[i]; i++)
			run[0]++;
		for (; i < count && words[i]; i++)
			run[1]++;
		SAVE(out, run);
		buffer_add_bytes(out, (const char *)(words + i - run[1]), run[1] * sizeof(*words));
	}
}

/* Returns NULL after an error, which `from` keeps. */
static struct incident *incident_load(struct saved *from)
{
	struct incident *incident = calloc(1, sizeof(*incident));
	__u64 *words = (__u64 *)(void *)incident;
	size_t count = sizeof(*incident) / sizeof(*words), i = 0;
	__u32 run[2];

	if (!incident)
		from->failed = 1;
	while (i < count && !from->failed) {
		LOAD(from, run);
		if (run[0] > count - i || run[1] > count - i - run[0] || !(run[0] | run[1])) {
			from->failed = 1;
			break;
		}
		saved_read(from, words + i + run[0], run[1] * sizeof(*words));
		i += run[0] + run[1];
	}
	if (!from->failed)
		return incident;
	free(incident);
	return NULL;
}

/* Returns where an incident is in the list, which is in the order of IDs, from 1 on; 0: nowhere. */
static __u64 incidents_place(const struct incidents *incidents, const struct incident *incident)
{
	size_t low = 0, high = incidents->listed_count, middle;

	while (incident && low < high) {
		middle = low + (high - low) / 2;
		if (incidents->listed[middle] == incident)
			return middle + 1;
		if (incidents->listed[middle]->id < incident->id)
			low = middle + 1;
		else
			high = middle;
	}
	return 0;
}

static void followed_save(const struct incidents *incidents, const struct health_entry *entry,
			  struct buffer *out)
{
	const struct followed_resolver *followed = entry->followed;
	__u64 open = incidents_place(incidents, followed->open);
	__u32 i, failed = followed->failed_count < INCIDENT_SAMPLES ? (__u32)followed->failed_count
								    : INCIDENT_SAMPLES;

	SAVE(out, entry->key);
	SAVE(out, *followed); /* the pointers in it mean nothing to the reader */
	hour_history_save(&followed->history, out);
	SAVE(out, open);
	delta_save(out, &followed->before);
	for (i = 0; i < followed->waiting_count; i++)
		SAVE(out, followed->waiting[i]);
	for (i = 0; i < failed; i++)
		SAVE(out, followed->failed[i]);
}

/* Saves the part of an entry that has one, quiet or not. Returns 1 when it has. */
static int followed_save_any(const struct incidents *incidents, const struct health_entry *entry,
			     struct buffer *out)
{
	struct health_entry awake;
	int has_followed;

	if (quiet_copy(entry, &awake)) {
		out->failed = 1;
		return 0;
	}
	has_followed = awake.followed != NULL;
	if (has_followed)
		followed_save(incidents, &awake, out);
	quiet_copy_free(entry, &awake);
	return has_followed;
}

void incidents_save(const struct incidents *incidents, struct buffer *out)
{
	const struct health_entry *entry;
	size_t position = 0, count = SIZES, count_at, i;

	SAVE(out, count);
	SAVE(out, incidents->last_id);
	SAVE(out, incidents->last_at_ns);
	SAVE(out, incidents->listed_count);
	for (i = 0; i < incidents->listed_count; i++)
		incident_save(incidents->listed[i], out);
	count_at = out->used;
	count = 0;
	SAVE(out, count);
	while ((entry = resolver_map_next(incidents->resolvers, &position)))
		if (entry_is_judged(entry))
			count += followed_save_any(incidents, entry, out);
	if (!buffer_error(out))
		memcpy(out->text + count_at, &count, sizeof(count));
}

/* Reads the samples that wait for an incident, into arrays of INCIDENT_SAMPLES. */
static void followed_load_samples(struct followed_resolver *followed, struct saved *from)
{
	__u32 i, failed;

	if (followed->waiting_count > INCIDENT_SAMPLES)
		from->failed = 1;
	if (!followed->waiting_count && !followed->failed_count)
		return;
	followed->waiting = calloc(INCIDENT_SAMPLES, sizeof(*followed->waiting));
	followed->failed = calloc(INCIDENT_SAMPLES, sizeof(*followed->failed));
	if (!followed->waiting || !followed->failed || from->failed) {
		followed->waiting_count = 0;
		from->failed = 1;
		return;
	}
	for (i = 0; i < followed->waiting_count; i++)
		LOAD(from, followed->waiting[i]);
	failed = followed->failed_count < INCIDENT_SAMPLES ? (__u32)followed->failed_count
							   : INCIDENT_SAMPLES;
	for (i = 0; i < failed; i++)
		LOAD(from, followed->failed[i]);
}

static void followed_load(struct incidents *incidents, struct saved *from)
{
	struct followed_resolver *followed;
	struct health_entry *entry;
	struct resolver_key key;
	__u64 open = 0;

	LOAD(from, key);
	entry = from->failed ? NULL : resolver_map_lookup(incidents->resolvers, &key);
	if (!entry || entry->followed || !followed_of(entry)) {
		from->failed = 1;
		return;
	}
	followed = entry->followed;
	LOAD(from, *followed);
	followed->history = (struct hour_history){0};
	followed->before = (struct counters_delta){0};
	followed->waiting = NULL;
	followed->failed = NULL;
	followed->open = NULL;
	hour_history_load(&followed->history, from);
	LOAD(from, open);
	delta_load(from, &followed->before);
	followed_load_samples(followed, from);
	if (open > incidents->listed_count || followed->cause_now.cause >= CAUSE_MAX)
		from->failed = 1;
	else if (open)
		followed->open = incidents->listed[open - 1];
}

void incidents_load(struct incidents *incidents, struct saved *from)
{
	size_t count = 0, i;

	LOAD(from, count);
	if (count != SIZES)
		from->failed = 1; /* another version's */
	LOAD(from, incidents->last_id);
	LOAD(from, incidents->last_at_ns);
	LOAD(from, count);
	for (i = 0; i < count && !from->failed; i++) {
		struct incident *incident = incident_load(from);

		if (incident && incidents_append(incidents, incident)) {
			free(incident);
			from->failed = 1;
		}
	}
	count = 0;
	LOAD(from, count);
	while (count-- && !from->failed)
		followed_load(incidents, from);
}
