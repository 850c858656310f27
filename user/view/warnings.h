/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* When the numbers are not the whole truth: what dnsreach could not follow, in plain words. */
#ifndef VIEW_WARNINGS_H
#define VIEW_WARNINGS_H

#include "util/buffer.h"
#include "health/status.h"

enum warning {
	WARNING_UNTRACKED,
	WARNING_UNPARSED,
	WARNING_FORGOTTEN,
	WARNING_BUSY,
	WARNING_OTHER,
	WARNING_MAX
};

/* Adds its text, without a newline, and returns 1 when there is cause for it. */
int warning_text(const struct status *status, enum warning warning, struct buffer *out);

#endif
