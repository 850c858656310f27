/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The incident report, for a person to send on: a summary to read aloud, the details for the
 * operator, and the method and limits of the numbers.
 */
#ifndef REPORT_REPORT_H
#define REPORT_REPORT_H

#include "report/report_source.h"
#include "util/buffer.h"

/* Parses "text", "markdown", "html" or "json". Returns 0 or -EINVAL. */
int report_format_parse(const char *text, enum report_format *format);

/* Adds the whole report of `count` incidents, 0 too. Returns 0 or -ENOMEM. */
int report_add(struct buffer *out, const struct report_style *style,
	       const struct incident *const *incidents, size_t count,
	       const struct report_source *source);

#endif
