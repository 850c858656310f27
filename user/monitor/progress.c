/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* See progress.h. */
#include "monitor/progress.h"

#include "util/clock.h"

#include <stdio.h>
#include <unistd.h>

#define EVERY_PACKETS 16384 /* the clock is read no more often */
#define EVERY_NS (NS_PER_S / 5)
#define WIDTH 40

void progress_begin(struct progress *p)
{
	*p = (struct progress){.wanted = isatty(STDERR_FILENO)};
	p->started_ns = clock_monotonic_ns();
	p->next_ns = p->started_ns + 2 * EVERY_NS;
}

static void draw(struct progress *p, const struct source *s)
{
	__u64 done, all;
	int full, i;

	source_progress(s, &done, &all);
	if (!all) {
		fprintf(stderr, "\r%llu packets", (unsigned long long)p->packets);
		return;
	}
	full = (double)done / all * WIDTH;
	fprintf(stderr, "\r[");
	for (i = 0; i < WIDTH; i++)
		fputc(i < full ? '#' : ' ', stderr);
	fprintf(stderr, "] %3d %%  %llu packets", (int)(done * 100 / all),
		(unsigned long long)p->packets);
}

void progress_show(struct progress *p, const struct source *s)
{
	__u64 now;

	if (++p->packets % EVERY_PACKETS || !p->wanted)
		return;
	now = clock_monotonic_ns();
	if (now < p->next_ns)
		return;
	p->next_ns = now + EVERY_NS;
	p->shown = 1;
	draw(p, s);
}

void progress_end(struct progress *p)
{
	if (p->shown)
		fprintf(stderr, "\r\033[K");
}
