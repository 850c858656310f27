/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Feeds bytes to a source as a file does, through the same code as `dnsreach replay FILE`. */
#ifndef FED_H
#define FED_H

#include "capture/source.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What must be so of each packet, and of the numbers. */
#define MUST(what)                                                                                 \
	do {                                                                                       \
		if (!(what))                                                                       \
			abort();                                                                   \
	} while (0)

/* Calls `each` for every packet. */
static inline void feed(const uint8_t *data, size_t size,
			void (*each)(const struct captured *c, int is_text))
{
	int fd = memfd_create("fuzz", 0);
	const struct source_stats *stats;
	struct captured c;
	struct source *s;
	char path[64];
	size_t packets = 0;

	MUST(fd >= 0);
	MUST(write(fd, data, size) == (ssize_t)size);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (!source_open(path, NULL, &s)) {
		while (source_next(s, &c) == 1) {
			MUST(c.network <= c.length && c.length <= c.wire_length && c.ifindex);
			packets++;
			each(&c, source_stats(s)->is_text);
		}
		stats = source_stats(s);
		MUST(stats->packets == packets && packets <= size);
		MUST(stats->diagnostic_count <= DIAGNOSTICS_KEPT);
		MUST(stats->diagnostic_count <= stats->unreadable);
		source_close(s);
	}
	close(fd);
}

#endif
