/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Values written one behind the other, and read back in the same order, for the next process of the
 * same version on the same host. memory.h checks the whole; a read beyond its end fails here.
 */
#ifndef HEALTH_SAVED_H
#define HEALTH_SAVED_H

#include "health/counters_delta.h"
#include "util/buffer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct saved {
	const char *at, *end;
	int failed;
};

#define SAVE(out, value) buffer_add_bytes(out, (const char *)&(value), sizeof(value))
#define LOAD(from, value) saved_read(from, &(value), sizeof(value))

/* Reads `count` bytes; zeroes them when there are not as many. */
static inline void saved_read(struct saved *from, void *to, size_t count)
{
	if (from->failed || (size_t)(from->end - from->at) < count) {
		from->failed = 1;
		memset(to, 0, count);
		return;
	}
	memcpy(to, from->at, count);
	from->at += count;
}

/* Reads an array of `count` elements, at most `most`; NULL for none, or when it fails. */
static inline void *saved_read_array(struct saved *from, size_t count, size_t most, size_t size)
{
	void *array;

	if (!count || from->failed)
		return NULL;
	array = count <= most && (size_t)(from->end - from->at) / size >= count
			? malloc(count * size)
			: NULL;
	if (!array) {
		from->failed = 1;
		return NULL;
	}
	saved_read(from, array, count * size);
	return array;
}

static inline void delta_save(struct buffer *out, const struct counters_delta *delta)
{
	SAVE(out, delta->length);
	if (delta->length)
		buffer_add_bytes(out, (const char *)delta->bytes, delta->length);
}

/* Fails when the bytes are no difference of counters. */
static inline void delta_load(struct saved *from, struct counters_delta *delta)
{
	struct resolver_counters counters = {0};

	LOAD(from, delta->length);
	delta->bytes = saved_read_array(from, delta->length, COUNTERS_DELTA_MAX, 1);
	if (from->failed)
		delta->length = 0;
	else if (counters_delta_add(&counters, delta->bytes, delta->length))
		from->failed = 1;
}

#endif
