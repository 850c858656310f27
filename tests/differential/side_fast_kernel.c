/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The engine in bpf/, in the kernel, loaded and read as dnsreach itself does it. */
#include "datapath/loader.h"
#include "datapath/map_reader.h"
#include "side.h"

#include <arpa/inet.h>
#include <string.h>

static struct loader *loader;
static struct map_reader *reader;
static struct loader_programs programs;

static void start(const struct side_config *c)
{
	struct engine_config config = {.timeout_ns = c->timeout_ns,
				       .max_resolvers = c->max_resolvers,
				       .max_in_flight = c->max_in_flight * SIDE_ROOM,
				       .ports = {htons(53)},
				       .port_count = 1,
				       .short_quotes = c->short_quotes,
				       .clock_injected = 1};
	struct loader_maps maps;

	if (loader_open(&config, &loader))
		side_fail("cannot load the object");
	maps = loader_maps(loader);
	programs = loader_programs(loader);
	if (map_reader_open(&maps, &config, &reader))
		side_fail("cannot open the reader");
}

static void set_clock(uint64_t now)
{
	loader_set_clock(loader, now);
}

static void packet(const struct frame *f, uint32_t ifindex, int out)
{
	if (side_takes(f))
		side_test_run(out ? programs.count_queries : programs.count_outcomes, f, ifindex);
}

static void sweep(void)
{
	if (loader_sweep(loader))
		side_fail("sweep");
}

static void read_totals(struct side_totals *t)
{
	struct snapshot s = {0};
	size_t i;

	memset(t, 0, sizeof(*t));
	if (map_reader_snapshot(reader, &s))
		side_fail("cannot read the maps");
	for (i = 0; i < s.count; i++) {
		memcpy(t->resolvers[i].key, &s.resolvers[i].key, sizeof(s.resolvers[i].key));
		memcpy(t->resolvers[i].n, &s.resolvers[i].counters,
		       sizeof(s.resolvers[i].counters));
		t->resolvers[i].n[COUNTER_MAX + RTT_BUCKETS + MOMENT_RUN_START] = 0;
		t->resolvers[i].in_flight = s.resolvers[i].in_flight;
	}
	t->count = s.count;
	t->in_flight = s.in_flight;
	memcpy(t->self, s.self.n, sizeof(s.self.n));
	side_sort(t);
}

static void stop(void)
{
	map_reader_close(reader);
	loader_close(loader);
}

const struct side fast_kernel = {"fast, kernel", start,	      set_clock, packet,
				 sweep,		 read_totals, stop};
