/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The memory of the judge for one resolver: for judge.c and quiet.c alone. */
#ifndef HEALTH_JUDGED_H
#define HEALTH_JUDGED_H

#include "health/history.h"
#include "health/state.h"
#include "health/translated.h"

#include <stdlib.h>

struct judged_resolver {
	struct history history;
	struct verdict verdict;
	struct translation translated;
	enum judged_by selected; /* the counters that it is judged by each second */
	int is_judged;		 /* at least once so far */
	int is_forged;
	int is_held;	 /* the last judgement was too soon after the one before to count */
	__u32 tick;	 /* in which it was looked at last */
	__u64 judged_ns; /* time of the last judgement */
	__u64 in_flight, messages_in_flight;
};

/* Frees it, and its history. NULL is fine. */
static inline void judged_free(struct judged_resolver *judged)
{
	if (judged)
		history_free(&judged->history);
	free(judged);
}

#endif
