/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Lines of a text that are equal to an earlier one: a write-up quotes single lines of its log. */
#ifndef CAPTURE_TCPDUMP_REPEATS_H
#define CAPTURE_TCPDUMP_REPEATS_H

#include "capture/tcpdump_entry.h"

#define LINES_KNOWN 65536 /* hashes that are remembered */

struct repeats {
	__u64 known[LINES_KNOWN];
};

/* Returns a hash of all that counts of an entry, its time of day too; never 0. */
__u64 repeats_hash(const struct text_entry *e);

/* Note a hash. Returns 1 when it was known already. */
int repeats_note(struct repeats *r, __u64 hash);

/*
 * Note an entry, and tell whether it is quoted again: it is equal to an earlier one, and its time
 * is before that of the latest line. With the same time, and where times are differences, it is one
 * that is quoted when it `is_apart` from the line above. `clock` has the latest line.
 */
int repeats_is_quoted(struct repeats *r, const struct text_clock *clock,
		      const struct text_stamp *stamp, __u64 hash, int is_apart);

#endif
