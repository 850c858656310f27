/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The time that a tcpdump entry starts with: plain, -tt or -tttt, with any fraction. */
#ifndef CAPTURE_TEXT_TIME_H
#define CAPTURE_TEXT_TIME_H

#include <linux/types.h>

struct text_stamp {
	__u64 ns; /* since 1970-01-01, or since midnight */
	int dated;
	int fraction; /* it has one, as tcpdump's own always does */
};

/* Where the entry goes on behind its time, or NULL: no time stands here. */
const char *text_stamp_read(const char *text, struct text_stamp *stamp);

/* The same, with a packet's number before it (tcpdump -#) or without. */
const char *text_stamp_read_numbered(const char *text, struct text_stamp *stamp);

/* Makes moments out of times without date: another day begins when time goes back. */
struct text_days {
	__u64 midnight; /* of the current day */
	__u64 latest;	/* time of day of the latest entry, + 1; 0: none yet */
};

__u64 text_moment(struct text_days *days, const struct text_stamp *stamp);

#endif
