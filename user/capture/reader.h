/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The inside of a source: its input, and one of the two readers. For user/capture/ alone. */
#ifndef CAPTURE_READER_H
#define CAPTURE_READER_H

#include <dnsreach.h>

#include "capture/captured.h"
#include "capture/input.h"

#define INTERFACE_UNKNOWN 2 /* where none is recorded: any but `lo` */

struct source {
	const struct source_ops *reader;
	void *state; /* the reader's own */
	struct source_stats stats;
	__u64 date_ns, timeout_ns;
	__u16 ports[PORTS_MAX]; /* host order */
	size_t port_count;
	struct input input;
	char path[];
};

/* open() sets `state` or returns -errno after a message; next() is source_next(). */
struct source_ops {
	int (*open)(struct source *s);
	int (*next)(struct source *s, struct captured *ret);
	void (*close)(struct source *s);
};

extern const struct source_ops pcap_source_ops, text_source_ops;

/*
 * Count one more line (or packet) that cannot be read. The few that say most are kept with the
 * reason, of equal ones the first.
 */
void source_add_diagnostic(struct source *s, enum diagnostic_weight weight, __u64 line,
			   const char *format, ...) __attribute__((format(printf, 4, 5)));

/* Count a reason; `what` lives as long as the program. */
void source_count_reason(struct source *s, const char *what);

#endif
