// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Differences of counters, word by word. */
#include "health/counters_delta.h"

#include "health/short_number.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

size_t counters_delta_encode(const struct resolver_counters *from,
			     const struct resolver_counters *to, __u8 bytes[COUNTERS_DELTA_MAX])
{
	const __u64 *a = (const __u64 *)from, *b = (const __u64 *)to;
	__u8 *end = bytes;
	unsigned int i = counters_next_change(from, to, 0);

	for (; i < COUNTERS_WORDS; i = counters_next_change(from, to, i + 1)) {
		end = number_write(end, i);
		end = number_write(end, sign_fold(b[i] - a[i]));
	}
	return (size_t)(end - bytes);
}

int counters_delta_add(struct resolver_counters *counters, const __u8 *bytes, size_t length)
{
	const __u8 *at = bytes, *end = bytes + length;
	__u64 *words = (__u64 *)counters, folded, i;

	while (at < end) {
		if (number_read(&at, end, &i) || i >= COUNTERS_WORDS ||
		    number_read(&at, end, &folded))
			return -EINVAL;
		words[i] += sign_unfold(folded);
	}
	return 0;
}

void counters_delta_subtract(struct resolver_counters *counters, const struct counters_delta *delta)
{
	const __u8 *at = delta->bytes, *end = at + delta->length;
	__u64 *words = (__u64 *)counters, folded, i;

	while (at < end && !number_read(&at, end, &i) && !number_read(&at, end, &folded))
		words[i] -= sign_unfold(folded);
}

int counters_delta_set(struct counters_delta *delta, const struct resolver_counters *from,
		       const struct resolver_counters *to)
{
	__u8 bytes[COUNTERS_DELTA_MAX], *room = delta->bytes;
	size_t length = counters_delta_encode(from, to, bytes);

	if (length != delta->length) {
		room = realloc(delta->bytes, length ? length : 1);
		if (!room)
			return -ENOMEM;
	}
	if (length)
		memcpy(room, bytes, length);
	delta->bytes = room;
	delta->length = (__u32)length;
	return 0;
}

void counters_delta_get(const struct counters_delta *delta, struct resolver_counters *ret)
{
	memset(ret, 0, sizeof(*ret));
	counters_delta_add(ret, delta->bytes, delta->length);
}

void counters_delta_free(struct counters_delta *delta)
{
	free(delta->bytes);
	*delta = (struct counters_delta){0};
}
