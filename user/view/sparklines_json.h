/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The sparklines of all resolvers as JSON: the trends of /api/v1/trends. */
#ifndef VIEW_SPARKLINES_JSON_H
#define VIEW_SPARKLINES_JSON_H

#include "health/sparkline.h"
#include "health/status.h"
#include "util/buffer.h"

/* Writes the sparklines of the status's resolvers, and a newline. Returns 0 or -ENOMEM. */
int sparklines_json_write(struct buffer *out, const struct status *status,
			  const struct sparklines *sparklines);

#endif
