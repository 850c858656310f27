/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * `make bench`: what the tables hold, take and cost to read: transactions of few sockets, the
 * memory of all maps together, a poll of 10 and of 65,536 resolvers. Prints one JSON object a line.
 */
#include "datapath/loader.h"
#include "datapath/privileges.h"
#include "datapath/map_reader.h"
#include "measure.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define POLLS 51

static struct engine_config config = {.timeout_ns = TIMEOUT_DEFAULT_NS,
				      .max_resolvers = RESOLVERS_DEFAULT,
				      .max_in_flight = IN_FLIGHT_DEFAULT,
				      .max_streams = STREAMS_DEFAULT,
				      .port_count = 1,
				      .short_quotes = 1};

struct opened {
	struct loader *loader;
	struct map_reader *reader;
	struct loader_programs programs;
};

static struct opened open_engine(void)
{
	struct opened o;
	struct loader_maps maps;

	if (loader_open(&config, &o.loader))
		exit(1);
	maps = loader_maps(o.loader);
	o.programs = loader_programs(o.loader);
	if (map_reader_open(&maps, &config, &o.reader))
		fail("cannot open the reader");
	return o;
}

static void close_engine(struct opened *o)
{
	map_reader_close(o->reader);
	loader_close(o->loader);
}

/* A query: resolver, client port and message ID written into an ordinary one. */
static void ask(const struct opened *o, __u32 resolver, __u32 port, __u32 id)
{
	static struct frame f;
	__u32 to = htonl((198U << 24 | 18U << 16) + resolver); /* 198.18.0.0/15 is for this */
	__u16 source = htons(port), message = htons(id);

	if (!f.length)
		f = udp_frame(
			(struct udp_spec){.source = "192.51.100.15", .destination = "198.18.0.0"});
	memcpy(f.bytes + 30, &to, sizeof(to));
	memcpy(f.bytes + 34, &source, sizeof(source));
	memcpy(f.bytes + 42, &message, sizeof(message));
	measure_run(o->programs.count_queries, &f, 1);
}

static struct snapshot look(const struct opened *o)
{
	struct snapshot s = {0};

	if (map_reader_snapshot(o->reader, &s))
		fail("cannot read the maps");
	return s;
}

static __u64 total(const struct snapshot *s, enum counter c)
{
	__u64 n = 0;
	size_t i;

	for (i = 0; i < s->count; i++)
		n += s->resolvers[i].counters.n[c];
	return n;
}

/* How many of `queries` from so many sockets are not tracked. */
static void tracked(const char *what, unsigned queries, unsigned sockets)
{
	struct opened o;
	struct snapshot s;
	unsigned i;

	config.timeout_ns = 600000000000ULL; /* however long this takes, they are all in flight */
	o = open_engine();
	for (i = 0; i < queries; i++)
		ask(&o, 1, 40000 + i % sockets, i / sockets);
	s = look(&o);
	row_value("tables", what, "untracked", 0,
		  total(&s, COUNTER_UNTRACKED) + (double)queries - (double)s.in_flight);
	close_engine(&o);
	config.timeout_ns = TIMEOUT_DEFAULT_NS;
}

static void memory(void)
{
	struct loader *l;

	if (loader_open_for(&config, 64, &l))
		exit(1);
	row_value("tables", "memory of all maps, by default, 64 CPUs", "MB", 16,
		  loader_memory_bytes(l) / 1e6);
	loader_close(l);
	if (loader_open(&config, &l))
		exit(1);
	row_value("tables", "memory of all maps, by default, this machine", "MB", -1,
		  loader_memory_bytes(l) / 1e6);
	loader_close(l);
}

static void poll(const char *what, unsigned resolvers, double goal)
{
	struct samples samples = {0};
	struct opened o;
	unsigned i;

	config.max_resolvers = resolvers > RESOLVERS_DEFAULT ? resolvers : RESOLVERS_DEFAULT;
	o = open_engine();
	for (i = 0; i < resolvers; i++)
		ask(&o, i, 40000 + i % 10000, i);
	look(&o); /* the first one sorts them */
	for (i = 0; i < POLLS; i++) {
		double start = now_ns();
		struct snapshot s = look(&o);

		samples.v[samples.count++] = (now_ns() - start) / 1e6;
		if (s.count != resolvers + 1)
			fail("a poll that does not see all");
	}
	samples.tried = samples.count;
	row("tables", what, "ms", goal, &samples);
	close_engine(&o);
	config.max_resolvers = RESOLVERS_DEFAULT;
}

int main(void)
{
	config.ports[0] = htons(53);
	if (privileges_become_user(65534))
		fail("cannot become an ordinary user");
	on_cpu(sysconf(_SC_NPROCESSORS_ONLN) - 1);
	tracked("1,000 in flight from one socket", 1000, 1);
	tracked("50,000 in flight from four sockets", 50000, 4);
	memory();
	poll("poll with 10 resolvers", 10, 0.1);
	poll("poll with 65,536 resolvers", 65536, 30);
	return 0;
}
