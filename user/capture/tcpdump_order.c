// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* See tcpdump_order.h. */
#include "capture/tcpdump_order.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int line_order_add(struct line_order *o, const struct read_line *line)
{
	size_t room = o->room ? 2 * o->room : 64;
	struct read_line *grown;

	if (o->count == ORDER_MAX)
		return -E2BIG;
	if (o->count == o->room) {
		grown = realloc(o->line, room * sizeof(*grown));
		if (!grown)
			return -ENOMEM;
		o->line = grown;
		o->room = room;
	}
	o->line[o->count++] = *line;
	return 0;
}

/* Turn the lines round. What sets a line apart from the one above sets that one apart now. */
static void reverse(struct read_line *line, size_t count)
{
	struct read_line other;
	size_t i;

	for (i = 0; i < count / 2; i++) {
		other = line[i];
		line[i] = line[count - 1 - i];
		line[count - 1 - i] = other;
	}
	for (i = count; i > 1; i--)
		line[i - 1].is_apart = line[i - 2].is_apart;
}

/* ---- lines that are quoted before the log ------------------------------------------------- */

struct known_line {
	__u64 hash;
	size_t last; /* the last place where it stands */
};

static int compare_hashes(const void *a, const void *b)
{
	const struct known_line *one = a, *other = b;

	if (one->hash != other->hash)
		return one->hash < other->hash ? -1 : 1;
	return one->last < other->last ? -1 : one->last > other->last;
}

/* Find the last place where a line like this one stands. `known` is sorted. */
static size_t last_place(const struct known_line *known, size_t count, __u64 hash)
{
	size_t low = 0, high = count;

	while (low < high) { /* the first one with a greater hash */
		size_t middle = low + (high - low) / 2;

		if (known[middle].hash <= hash)
			low = middle + 1;
		else
			high = middle;
	}
	return known[low - 1].last;
}

/* The end of the piece that begins at `from`: there the time goes back. */
static size_t piece_end(const struct read_line *line, size_t from, size_t count)
{
	size_t at = from + 1;

	while (at < count && line[at].entry.stamp.ns >= line[at - 1].entry.stamp.ns)
		at++;
	return at;
}

/*
 * Leave out each piece of a text whose lines all stand in a later piece again. Returns how many
 * lines are left; without memory, all.
 */
static size_t drop_quoted_before(struct read_line *line, size_t count)
{
	struct known_line *known = calloc(count, sizeof(*known));
	size_t from, end, i, kept = 0;

	if (!known)
		return count;
	for (i = 0; i < count; i++)
		known[i] = (struct known_line){line[i].hash, i};
	qsort(known, count, sizeof(*known), compare_hashes);
	for (from = 0; from < count; from = end) {
		end = piece_end(line, from, count);
		for (i = from; i < end && last_place(known, count, line[i].hash) >= end; i++)
			;
		if (i == end)
			continue;
		memmove(line + kept, line + from, (end - from) * sizeof(*line));
		kept += end - from;
	}
	free(known);
	return kept;
}

/* ---- the order of time -------------------------------------------------------------------- */

static int compare_lines(const void *a, const void *b)
{
	const struct read_line *one = a, *other = b;

	if (one->moment_ns != other->moment_ns)
		return one->moment_ns < other->moment_ns ? -1 : 1;
	return one->place < other->place ? -1 : one->place > other->place;
}

/* Give the lines their moments, in the order in which they stand. Returns how many are left. */
static size_t give_moments(struct line_order *o, struct text_clock *clock, struct repeats *repeats)
{
	size_t i, kept = o->arranged;

	for (i = o->arranged; i < o->count; i++) {
		struct read_line *l = &o->line[i];

		if (repeats_is_quoted(repeats, clock, &l->entry.stamp, l->hash, l->is_apart))
			continue;
		l->moment_ns = text_clock_moment(clock, &l->entry.stamp);
		l->place = o->places++;
		if (kept != i)
			o->line[kept] = *l;
		kept++;
	}
	return kept;
}

size_t line_order_arrange(struct line_order *o, struct text_clock *clock, struct repeats *repeats,
			  int is_end)
{
	size_t before = o->count;

	if (!o->count)
		return 0;
	if (o->is_reversed)
		reverse(o->line, o->count);
	o->count = o->arranged + drop_quoted_before(o->line + o->arranged, o->count - o->arranged);
	o->count = give_moments(o, clock, repeats);
	o->arranged = o->count;
	qsort(o->line, o->count, sizeof(*o->line), compare_lines);
	o->limit = is_end ? o->count : o->count / 2;
	return before - o->count;
}

struct read_line *line_order_next(struct line_order *o)
{
	if (o->next < o->limit)
		return &o->line[o->next++];
	o->count -= o->next;
	o->arranged -= o->next;
	if (o->count)
		memmove(o->line, o->line + o->next, o->count * sizeof(*o->line));
	o->next = o->limit = 0;
	return NULL;
}

void line_order_free(struct line_order *o)
{
	free(o->line);
	o->line = NULL;
}
