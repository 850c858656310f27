// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * How long the pages of metrics take, and how big they are: metrics_pages [RESOLVERS]. Each counter
 * has a value of some digits.
 */
#include "util/clock.h"
#include "metrics/otlp.h"
#include "metrics/prometheus.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>

static void fill(struct resolver_snapshot *resolvers, size_t count)
{
	size_t i, n;

	for (i = 0; i < count; i++) {
		resolvers[i].key.address.w[2] = htonl(0xffff);
		resolvers[i].key.address.w[3] = htonl(0x0a000000 + (__u32)i);
		resolvers[i].key.port = htons(53);
		resolvers[i].key.transport = TRANSPORT_UDP;
		for (n = 0; n < COUNTER_MAX; n++)
			resolvers[i].counters.n[n] = (i + 1) * (n + 1) * 977 % 10000000;
		resolvers[i].counters.rtt[60] = i;
	}
}

static int add_page(struct buffer *out, const char *name, const struct metrics_source *source)
{
	const struct otlp_resource resource = {"host.example", NULL};

	if (*name == 'O' && name[1] == 'T')
		return otlp_write(out, source, &resource, clock_wall_ns());
	return prometheus_write(out, *name == 'O' ? PROMETHEUS_OPENMETRICS : PROMETHEUS_TEXT,
				source);
}

static int measure(const char *name, const struct metrics_source *source)
{
	__u64 from = clock_monotonic_ns();
	struct buffer out = {0};
	double ms;
	int err;

	err = add_page(&out, name, source);
	ms = (double)(clock_monotonic_ns() - from) / 1e6;
	if (!err)
		printf("%-12s %zu resolvers: %.1f ms, %zu bytes (%.0f a resolver)\n", name,
		       source->now->count, ms, out.used,
		       (double)out.used / (double)source->now->count);
	buffer_free(&out);
	return err;
}

int main(int argc, char **argv)
{
	size_t count = argc > 1 ? strtoul(argv[1], NULL, 10) : 256;
	struct snapshot now = {.resolvers = calloc(count + 1, sizeof(*now.resolvers)),
			       .count = count};
	const struct metrics_self self = {.version = "0", .started_s = 1.7e9};
	const struct metrics_source source = {.now = &now, .self = &self};
	int failed;

	if (!count || !now.resolvers)
		return 1;
	fill(now.resolvers, count);
	failed = measure("text", &source) || measure("OpenMetrics", &source) ||
		 measure("OTLP", &source);
	free(now.resolvers);
	return failed;
}
