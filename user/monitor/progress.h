/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A progress bar on stderr, when that is a terminal and the file is not read in no time. */
#ifndef MONITOR_PROGRESS_H
#define MONITOR_PROGRESS_H

#include "capture/source.h"

struct progress {
	int wanted, shown;
	__u64 packets, started_ns, next_ns;
};

void progress_begin(struct progress *p);
void progress_show(struct progress *p, const struct source *s); /* after each packet */
void progress_end(struct progress *p);

#endif
