/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Which message IDs of a 4-tuple are in flight outside its own bucket: what a short quote, which
 * holds none, is looked up by. An index and no more: transaction.h holds the truth. A place belongs
 * to the transaction whose ID it holds, and who ends that one gives it back.
 */
#ifndef TUPLE_H
#define TUPLE_H

#include "bucket.h"

MMAP_ARRAY(tuple_index, struct tuple_index_row);

#define TUPLE_ID_USED 0x80000000U

/* One place after the other, until one does it. Sixteen, as SHORT_QUOTES_FINDABLE says. */
#define tuple_any_id(f, ...)                                                                       \
	(f(0, __VA_ARGS__) || f(1, __VA_ARGS__) || f(2, __VA_ARGS__) || f(3, __VA_ARGS__) ||       \
	 f(4, __VA_ARGS__) || f(5, __VA_ARGS__) || f(6, __VA_ARGS__) || f(7, __VA_ARGS__) ||       \
	 f(8, __VA_ARGS__) || f(9, __VA_ARGS__) || f(10, __VA_ARGS__) || f(11, __VA_ARGS__) ||     \
	 f(12, __VA_ARGS__) || f(13, __VA_ARGS__) || f(14, __VA_ARGS__) || f(15, __VA_ARGS__))
_Static_assert(TUPLE_INDEX_IDS == 16, "any_place() knows sixteen");

static __always_inline int tuple_id_swap(__u32 i, struct tuple_index_row *row, __u32 from, __u32 to)
{
	return READ_ONCE(row->id[i]) == from && compare_and_swap(&row->id[i], from, to) == from;
}

/* What stands in a place: a tag of the 4-tuple, and the message ID. */
static __always_inline __u32 tuple_id_word(__u64 tuple, __u16 id)
{
	return TUPLE_ID_USED | (tuple >> 49) << 16 | id;
}

/* A 4-tuple has two rows, the second for when the first is full. */
static __always_inline struct tuple_index_row *tuple_index_row_of(__u64 tuple, __u32 second)
{
	return array_elem(tuple_index, (tuple ^ second) & sizes.tuple_index_mask);
}

/* Swap one place of the 4-tuple. Returns 1, or 0 when none holds `from`. */
__noinline int tuple_index_swap(__u64 tuple, __u32 from, __u32 to)
{
	struct tuple_index_row *row = tuple_index_row_of(tuple, 0);

	if (row && tuple_any_id(tuple_id_swap, row, from, to))
		return 1;
	row = tuple_index_row_of(tuple, 1);
	return row && tuple_any_id(tuple_id_swap, row, from, to);
}

/* With all places taken no short quote finds the transaction. */
static __always_inline int tuple_index_add(__u64 tuple, __u16 id)
{
	return tuple_index_swap(tuple, 0, tuple_id_word(tuple, id));
}

static __always_inline void tuple_index_del(__u64 tuple, __u16 id)
{
	tuple_index_swap(tuple, tuple_id_word(tuple, id), 0);
}

/* The message ID in place i of 0 to 31. Returns 1 when there is one of this 4-tuple. */
static __always_inline int tuple_index_id(__u64 tuple, __u32 i, __u16 *id)
{
	struct tuple_index_row *row = tuple_index_row_of(tuple, i / TUPLE_INDEX_IDS);
	__u32 word;

	i %= TUPLE_INDEX_IDS;
	barrier_var(i);
	if (!row || i >= TUPLE_INDEX_IDS)
		return 0;
	word = READ_ONCE(row->id[i]);
	*id = word;
	return word >> 16 == tuple_id_word(tuple, 0) >> 16;
}

#endif
