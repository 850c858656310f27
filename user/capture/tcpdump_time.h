/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The time that a line of tcpdump begins with: plain, -tt, -ttt, -tttt or -ttttt, and the moments
 * that the times of a whole text make. Time zones are unknown to it: a time is as it is written.
 */
#ifndef CAPTURE_TCPDUMP_TIME_H
#define CAPTURE_TCPDUMP_TIME_H

#include <linux/types.h>
#include <stddef.h>

struct text_stamp {
	__u64 ns;	  /* since 1970-01-01, or since midnight */
	int is_dated;	  /* since 1970-01-01 */
	int is_utc;	  /* of -tt, or with a Z: else its time zone is not known */
	int has_fraction; /* as tcpdump's own always has */
	int is_whole;	 /* two digits each and six or nine of the fraction, as tcpdump prints it */
	int is_negative; /* of -ttt: the packet is older than the one before it */
};

/* Parse the time at `text`. Returns where the line goes on behind it, or NULL for no time. */
const char *text_stamp_parse(const char *text, struct text_stamp *stamp);

/*
 * Find the next time in `text` from offset `from` on: at the beginning of a word, or in it where
 * the end of a line was lost (`length 6914:06:12.001000`). Returns its offset, and in *end where
 * the text goes on behind it, or -1.
 */
long text_stamp_find(const char *text, size_t from, struct text_stamp *stamp, const char **end);

/* The kinds of times in a text. */
enum time_mode {
	TIME_CLOCK,	  /* the time of day, or of a date */
	TIME_SINCE_FIRST, /* -ttttt: since the first packet */
	TIME_DIFFERENCES, /* -ttt: since the packet before */
	TIME_UNKNOWN,	  /* falling from line to line: newest first, or differences */
};

/* Facts that tell the modes apart; filled by time_shape_add() for each line of the beginning. */
struct time_shape {
	__u64 count, decreases, deep_decreases, repeats, hours;
	__u64 first_ns, last_ns, highest_ns;
	__u64 rises, falls; /* steps of the times of a clock from a line to the next one */
	__u64 far_falls; /* of them, by more than DISORDER_NS; lines that stand there twice do not
			    count, but where the first one was too early */
	__u64 clock_ns;	 /* of the line before, + 1; 0: none */
};

/* `is_repeated`: the whole line is equal to an earlier one. */
void time_shape_add(struct time_shape *shape, const struct text_stamp *stamp, int is_repeated);

/* *is_certain: 0 when -ttt and times of a clock, or of -ttttt, would look the same. */
enum time_mode time_shape_mode(const struct time_shape *shape, int *is_certain);

/* Is the newest line the first one, as log viewers show them? */
int time_shape_is_reversed(const struct time_shape *shape);

/* Are the lines in another order than their times, by more than a few packets' swap? */
int time_shape_is_disordered(const struct time_shape *shape);

/* Makes moments of times. Without dates another day begins when the time goes back by an hour. */
struct text_clock {
	enum time_mode mode;
	__u64 midnight; /* of the current day; of differences: the latest moment */
	__u64 latest;	/* time of day of the latest line, + 1; 0: none yet */
};

__u64 text_clock_moment(struct text_clock *clock, const struct text_stamp *stamp);

/* Is this time earlier than that of the latest line? -1 earlier, 0 equal, 1 later or none. */
int text_clock_compare(const struct text_clock *clock, const struct text_stamp *stamp);

#endif
