/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The difference of two sets of counters as a few bytes: for each word that differs its index and
 * by how much. Most counters of most resolvers never move, so that a set of 1.2 kB is some 50
 * bytes.
 */
#ifndef HEALTH_COUNTERS_DELTA_H
#define HEALTH_COUNTERS_DELTA_H

#include <dnsreach.h>
#include <stddef.h>

#define COUNTERS_WORDS (sizeof(struct resolver_counters) / sizeof(__u64))
#define COUNTERS_DELTA_MAX                                                                         \
	(COUNTERS_WORDS * 12) /* 2 for the index, 10 for 64 bits in groups of 7 */

/*
 * Returns the first word from `i` on in which two sets differ; COUNTERS_WORDS: none does. Passes
 * over four words at a time, since few differ.
 */
static inline unsigned int counters_next_change(const struct resolver_counters *from,
						const struct resolver_counters *to, unsigned int i)
{
	const __u64 *a = (const __u64 *)from, *b = (const __u64 *)to;

	while (i + 4 <= COUNTERS_WORDS && !((a[i] ^ b[i]) | (a[i + 1] ^ b[i + 1]) |
					    (a[i + 2] ^ b[i + 2]) | (a[i + 3] ^ b[i + 3])))
		i += 4;
	while (i < COUNTERS_WORDS && a[i] == b[i])
		i++;
	return i;
}

/* Bytes of counters_delta_encode(), owned. Zeroed is no difference. */
struct counters_delta {
	__u8 *bytes;
	__u32 length;
};

/* Returns how many bytes it has written to `bytes`. */
size_t counters_delta_encode(const struct resolver_counters *from,
			     const struct resolver_counters *to, __u8 bytes[COUNTERS_DELTA_MAX]);

/* Adds a difference to *counters. Returns 0; -EINVAL: the bytes are no difference. */
int counters_delta_add(struct resolver_counters *counters, const __u8 *bytes, size_t length);

/* Takes a difference away from *counters. */
void counters_delta_subtract(struct resolver_counters *counters,
			     const struct counters_delta *delta);

/* Replaces *delta by the difference of two sets. Returns 0, or -ENOMEM: it is as before. */
int counters_delta_set(struct counters_delta *delta, const struct resolver_counters *from,
		       const struct resolver_counters *to);

/* Fills *ret with the counters of a difference from zero. */
void counters_delta_get(const struct counters_delta *delta, struct resolver_counters *ret);

void counters_delta_free(struct counters_delta *delta);

#endif
