/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A strict reader of ExportMetricsServiceRequest in OTLP's JSON encoding. It takes nothing for
 * granted that a real receiver might not take: unknown fields, numbers where decimal strings
 * belong, sums that go back, histograms that do not add up. Knows what came before.
 */
#ifndef OTLP_CHECK_H
#define OTLP_CHECK_H

#include <jansson.h>
#include <stdio.h>

struct otlp_check {
	json_t *latest;	  /* "name{attributes}\tresource" -> {"kind", "point"} */
	json_t *seen;	  /* the same, of this request */
	json_t *resource; /* of what is being read */
	const char *metric;
	int restarts; /* a start time may move, behind all that came before */
	char why[400];
};

/* Zeroed is ready, but for `restarts`. 0; or -1 with `why`. `keep`: compare the next ones to it. */
int otlp_check(struct otlp_check *c, const char *text, size_t length, int keep);

/* Lines `name{attribute=value,...} number`; of histograms name_count, name_sum, name_bucket. */
void otlp_check_latest(const struct otlp_check *c, FILE *out);

#endif
