/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The one query about the fleet, as a URL of Prometheus' HTTP API. It reads the raw metrics of
 * dnsreach: no recording rule is needed, and all parts are of one moment.
 */
#ifndef FLEET_QUERY_H
#define FLEET_QUERY_H

#include "util/buffer.h"

/* What a user asks for. */
struct fleet_query {
	const char *base;  /* URL of Prometheus, also with a path */
	const char *match; /* further label matchers, as `dc="a",job=~"dns.*"`; NULL: none */
	double window_s;   /* of the failure ratio */
	double timeout_s;
};

/* 0, -EINVAL (no HTTP URL, or one with a query of its own) or -ENOMEM. */
int fleet_query_add(struct buffer *url, const struct fleet_query *query);

#endif
