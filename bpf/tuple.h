/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Which message IDs of a 4-tuple are in flight outside its own bucket: what a short quote, which
 * holds none, is looked up by. An index and no more: transaction.h holds the truth. A place belongs
 * to the transaction whose ID it holds, and who ends that one gives it back.
 */
#ifndef TUPLE_H
#define TUPLE_H

#include "bucket.h"

TABLE(tuples, struct tuple_places);

#define PLACE_USED 0x80000000U

/* One place after the other, until one does it. Sixteen, as SHORT_QUOTES_FINDABLE says. */
#define any_place(f, ...)                                                                          \
	(f(0, __VA_ARGS__) || f(1, __VA_ARGS__) || f(2, __VA_ARGS__) || f(3, __VA_ARGS__) ||       \
	 f(4, __VA_ARGS__) || f(5, __VA_ARGS__) || f(6, __VA_ARGS__) || f(7, __VA_ARGS__) ||       \
	 f(8, __VA_ARGS__) || f(9, __VA_ARGS__) || f(10, __VA_ARGS__) || f(11, __VA_ARGS__) ||     \
	 f(12, __VA_ARGS__) || f(13, __VA_ARGS__) || f(14, __VA_ARGS__) || f(15, __VA_ARGS__))
_Static_assert(SHORT_QUOTES_FINDABLE == 16, "any_place() knows sixteen");

static __always_inline int swap_place(__u32 i, struct tuple_places *p, __u32 from, __u32 to)
{
	return load_once(p->place[i]) == from && compare_and_swap(&p->place[i], from, to) == from;
}

/* What stands in a place: a tag of the 4-tuple, and the message ID. */
static __always_inline __u32 place_of(__u64 tuple, __u16 id)
{
	return PLACE_USED | (tuple >> 49) << 16 | id;
}

/* A 4-tuple has two rows, the second for when the first is full. */
static __always_inline struct tuple_places *places_of(__u64 tuple, __u32 second)
{
	return row(tuples, (tuple ^ second) & sizes.tuple_mask);
}

/* Swap one place of the 4-tuple. Returns 1, or 0 when none holds `from`. */
OWN_FUNCTION int tuple_swap(__u64 tuple, __u32 from, __u32 to)
{
	struct tuple_places *p = places_of(tuple, 0);

	if (p && any_place(swap_place, p, from, to))
		return 1;
	p = places_of(tuple, 1);
	return p && any_place(swap_place, p, from, to);
}

/* With all places taken no short quote finds the transaction. */
static __always_inline int tuple_hold(__u64 tuple, __u16 id)
{
	return tuple_swap(tuple, 0, place_of(tuple, id));
}

static __always_inline void tuple_release(__u64 tuple, __u16 id)
{
	tuple_swap(tuple, place_of(tuple, id), 0);
}

/* The message ID in place i of 0 to 31. Returns 1 when there is one of this 4-tuple. */
static __always_inline int tuple_id(__u64 tuple, __u32 i, __u16 *id)
{
	struct tuple_places *p = places_of(tuple, i / SHORT_QUOTES_FINDABLE);
	__u32 place;

	i %= SHORT_QUOTES_FINDABLE;
	settle(i);
	if (!p || i >= SHORT_QUOTES_FINDABLE)
		return 0;
	place = load_once(p->place[i]);
	*id = place;
	return place >> 16 == place_of(tuple, 0) >> 16;
}

#endif
