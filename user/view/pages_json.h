/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Trends and incidents as one JSON object each; keys are docs/daemon.md. */
#ifndef VIEW_PAGES_JSON_H
#define VIEW_PAGES_JSON_H

#include "util/buffer.h"
#include "health/incident.h"
#include "health/status.h"
#include "health/sparkline.h"

#define CLOSED_SHOWN 20

/* Of the status's resolvers, those that have a trend. One object and a newline; 0 or -ENOMEM */
int trends_json_write(struct buffer *out, const struct status *status,
		      const struct sparklines *trends);

/* All that are open, and the latest CLOSED_SHOWN closed ones; the latest first. 0 or -ENOMEM */
int incidents_json_write(struct buffer *out, const struct status *status,
			 const struct incidents *incidents);

#endif
