/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The HTTP pages of `dnsreach run` (docs/daemon.md): /metrics, / (the status page), /healthz,
 * /api/v1/status, /api/v1/trends, /api/v1/incidents, /incidents.html.
 */
#ifndef DAEMON_PAGES_H
#define DAEMON_PAGES_H

#include "daemon/page_cache.h"
#include "monitor/live.h"
#include "http/server.h"
#include "health/sparkline.h"
#include "metrics/metrics.h"

struct pages {
	struct live *live;
	const struct sparklines *sparklines;
	double interval_s; /* of the status object */
	/* Reads the counters for /metrics. 0; or -errno after a message. Valid until the next call.
	 */
	int (*collect)(void *context, struct metrics_source *ret);
	void *context;
	struct page_cache cache;
};

/* An http_handler; `context` is the struct pages. */
void pages_answer(const struct http_request *request, struct http_response *response,
		  void *context);

#endif
