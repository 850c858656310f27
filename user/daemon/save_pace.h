/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * When states and incidents are saved for the next process. A save takes as long as there are
 * resolvers, so the time to the next one grows with what the last one took. Pure: times are
 * arguments.
 */
#ifndef DAEMON_SAVE_PACE_H
#define DAEMON_SAVE_PACE_H

#include <linux/types.h>

#define SAVE_LEAST_S 10	    /* between two saves */
#define SAVE_MOST_S 300	    /* what a crash may lose of states and incidents */
#define SAVE_TIMES_COST 250 /* time between two saves, in what one takes: 0.4 % of a CPU */

/* Zeroed: nothing was saved yet. */
struct save_pace {
	__u64 passed_s; /* since the last save */
	__u64 cost_ns;	/* time on a CPU that the last save took */
};

/* Adds the seconds of a tick. Returns 1 when it is time to save. */
int save_pace_tick(struct save_pace *pace, __u64 seconds);

/* Notes that a save took so long on a CPU. */
void save_pace_saved(struct save_pace *pace, __u64 cost_ns);

#endif
