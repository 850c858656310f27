/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A progress bar on standard error, when that is a terminal and reading takes a while. */
#ifndef MONITOR_PROGRESS_H
#define MONITOR_PROGRESS_H

#include "capture/source.h"

struct progress {
	int wanted, shown;
	__u64 packets, started_ns, next_ns;
};

void progress_open(struct progress *p);
void progress_update(struct progress *p, const struct source *s); /* after each packet */
void progress_close(struct progress *p);

#endif
