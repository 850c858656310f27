/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A bar of what is read so far, and the number of packets. */
#include "monitor/progress.h"

#include "util/buffer.h"
#include "util/clock.h"

#include <unistd.h>

#define EVERY_PACKETS 16384 /* the clock is read no more often */
#define EVERY_NS (NS_PER_S / 5)
#define WIDTH 40

void progress_open(struct progress *p)
{
	*p = (struct progress){.wanted = isatty(STDERR_FILENO)};
	p->started_ns = clock_monotonic_ns();
	p->next_ns = p->started_ns + 2 * EVERY_NS;
}

static void progress_draw(struct progress *p, const struct source *s)
{
	struct buffer bar = {0};
	__u64 done, all;
	int full, i;

	source_progress(s, &done, &all);
	buffer_add(&bar, "\r");
	if (all) {
		full = (double)done / all * WIDTH;
		buffer_add(&bar, "[");
		for (i = 0; i < WIDTH; i++)
			buffer_add(&bar, i < full ? "#" : " ");
		buffer_add(&bar, "] %3d %%  ", (int)(done * 100 / all));
	}
	buffer_add(&bar, "%llu packets", (unsigned long long)p->packets);
	buffer_write(&bar, STDERR_FILENO);
	buffer_free(&bar);
}

void progress_update(struct progress *p, const struct source *s)
{
	__u64 now;

	if (++p->packets % EVERY_PACKETS || !p->wanted)
		return;
	now = clock_monotonic_ns();
	if (now < p->next_ns)
		return;
	p->next_ns = now + EVERY_NS;
	p->shown = 1;
	progress_draw(p, s);
}

void progress_close(struct progress *p)
{
	static const char clear_line[] = "\r\033[K";

	if (p->shown && write(STDERR_FILENO, clear_line, sizeof(clear_line) - 1) < 0)
		p->shown = 0;
}
