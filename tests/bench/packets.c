/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * `make bench`: what a packet costs, in ns over an empty TC program in the same run, by test run on
 * the shipped object, loaded as an ordinary user with the three capabilities; and how many calls it
 * makes (calls.h). Prints one JSON object a line.
 */
#include "../default_config.h"
#include "bare.skel.h"
#include "calls.h"
#include "datapath/loader.h"
#include "datapath/privileges.h"
#include "datapath/map_reader.h"
#include "measure.h"
#include "segments.h"

#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define RUNS 1000 /* of one sample of a packet that stays the same: too few to be put aside */
#define PAIR_ROUNDS 200
#define MANY 100 /* of one socket: its own bucket and its places in the index are full */

static struct loader *loader;
static struct loader_programs programs;
static int rounds = 101;

static void open_bench(struct bench *b)
{
	open_into(&b->floor, 0);
	open_into(&b->queries, programs.count_queries);
	open_into(&b->outcomes, programs.count_outcomes);
}

/* The programs of a guest's interface. */
static void open_guest_bench(struct bench *b)
{
	open_into(&b->floor, 0);
	open_into(&b->queries, programs.count_guest_queries);
	open_into(&b->outcomes, programs.count_guest_outcomes);
}

/* ---- packets that stay the same ---------------------------------------------------------- */

static struct frame other_protocol(struct frame f)
{
	f.bytes[f.protocol == 0x86dd ? 20 : 23] = 6;
	return f;
}

struct still {
	const char *what;
	double goal;
	int calls_goal;
	struct frame frame;
	int program;
	int calls;
	struct samples samples;
};

static struct still stills[40];
static int still_count;

static void measure_stills(struct bench *b)
{
	double before, value, after;
	struct still *s;
	int r;

	for (r = 0; r < rounds * 4; r++) {
		for (s = stills; s < stills + still_count; s++) {
			if (s->samples.count >= rounds)
				continue;
			before = measure_run(b->floor.nothing, &s->frame, RUNS);
			value = measure_run(s->program, &s->frame, RUNS);
			after = measure_run(b->floor.nothing, &s->frame, RUNS);
			measure_over(&s->samples, before, value, after);
		}
	}
	for (s = stills; s < stills + still_count; s++)
		row_with_calls("packet", s->what, "ns", s->goal, &s->samples,
			       (struct row_calls){s->calls, s->calls_goal});
}

#define V4 .source = "192.51.100.15", .destination = "203.0.113.2"
#define V6 .source = "2001:db8:51::15", .destination = "2001:db8:113::2"
#define R4 .source = "203.0.113.2", .destination = "192.51.100.15"
#define R6 .source = "2001:db8:113::2", .destination = "2001:db8:51::15"
#define udp(...) udp_frame((struct udp_spec){__VA_ARGS__})
#define response(...) udp_frame((struct udp_spec){.response = 1, __VA_ARGS__})
#define ack(port, ...) udp(.tcp = TCP_FLAG_ACK, .destination_port = (port), __VA_ARGS__)

static struct frame unreachable(int v6, const char *resolver)
{
	struct icmp_spec s = {.type = v6 ? 1 : 3, .code = v6 ? 4 : 3, .reporter = resolver};

	s.quoted = v6 ? (struct udp_spec){V6} : (struct udp_spec){V4};
	s.quoted.destination = resolver;
	s.quoted.source_port = 40000;
	s.to = s.quoted.source;
	return icmp_frame(s);
}

/* What the same machine takes for the bare operations: bare.bpf.c, by how much they do. */
static int bare_program(const struct bare *b, int n)
{
	if (!b)
		fail("cannot load the bare programs");
	return bpf_program__fd(n == 0	? b->progs.bare_read
			       : n == 1 ? b->progs.bare_look_up
			       : n == 2 ? b->progs.bare_count
					: b->progs.bare_clock);
}

static void make_stills(int nothing)
{
	int out = programs.count_queries, in = programs.count_outcomes, i;
	int guest = programs.count_guest_queries, to_guest = programs.count_guest_outcomes;
	struct bare *bare = bare__open_and_load();
	const struct {
		const char *what;
		double goal;
		int calls_goal;
		struct frame frame;
		int program;
	} all[] = {
		{"a second empty program", -1, -1, udp(V4), nothing},
		{"TCP, v4, out", 3, 0, other_protocol(udp(V4, .destination_port = 443)), out},
		{"TCP, v4, in", 3, 0, other_protocol(udp(R4, .destination_port = 443)), in},
		{"TCP, v6, out", 3, 0, other_protocol(udp(V6, .destination_port = 443)), out},
		{"TCP, v6, in", 3, 0, other_protocol(udp(R6, .destination_port = 443)), in},
		{"ACK of DNS over TCP, v4, out", 6, 0, ack(53, V4), out},
		{"ACK of DNS over TCP, v4, in", 6, 0, ack(53, R4, .response = 1), in},
		{"ACK of DNS over TLS, v4, out", 6, 0, ack(853, V4), out},
		{"ACK of DNS over TLS, v4, in", 6, 0, ack(853, R4, .response = 1), in},
		{"UDP to 443, v4, out", 3, 0, udp(V4, .destination_port = 443), out},
		{"UDP from 443, v4, in", 3, 0, udp(R4, .destination_port = 443), in},
		{"UDP to 443, v6, out", 3, 0, udp(V6, .destination_port = 443), out},
		{"UDP from 443, v6, in", 3, 0, udp(R6, .destination_port = 443), in},
		{"TCP, v4, from a guest", 3, -1, other_protocol(udp(V4, .destination_port = 443)),
		 guest},
		{"TCP, v4, to a guest", 3, -1, other_protocol(udp(R4, .destination_port = 443)),
		 to_guest},
		{"UDP to 443, v4, from a guest", 3, -1, udp(V4, .destination_port = 443), guest},
		{"UDP from 443, v4, to a guest", 3, -1, udp(R4, .destination_port = 443), to_guest},
		{"response that fits nothing, v4", 15, -1, response(R4), in},
		{"response that fits nothing, v6", 15, -1, response(R6), in},
		{"response of no resolver, v4", 15, -1,
		 response(.source = "203.0.113.9", .destination = "192.51.100.15"), in},
		{"ICMP that fits nothing, v4", 15, -1, unreachable(0, "203.0.113.2"), in},
		{"ICMP that fits nothing, v6", 15, -1, unreachable(1, "2001:db8:113::2"), in},
		{"ICMP about no resolver, v4", 15, -1, unreachable(0, "203.0.113.9"), in},
		{"response to what was answered already, v4", 15, -1,
		 response(R4, .source_port = 40001), in},
		{"retransmission, v4", -1, -1, udp(V4, .source_port = 40001), out},
		{"bare: ICMP message read", -1, -1, unreachable(0, "203.0.113.2"),
		 bare_program(bare, 0)},
		{"bare: and looked up", -1, -1, unreachable(0, "203.0.113.2"),
		 bare_program(bare, 1)},
		{"bare: and counted", -1, -1, unreachable(0, "203.0.113.2"), bare_program(bare, 2)},
		{"bare: a look at the clock", -1, -1, udp(V4), bare_program(bare, 3)},
	};

	still_count = sizeof(all) / sizeof(*all);
	for (i = 0; i < still_count; i++)
		stills[i] = (struct still){.what = all[i].what,
					   .goal = all[i].goal,
					   .calls_goal = all[i].calls_goal,
					   .frame = all[i].frame,
					   .program = all[i].program};
}

/* ---- calls, before anything is measured -------------------------------------------------- */

/* Of a query that opens a transaction, and of both. */
struct pair_calls {
	int open, both;
};

static struct pair_calls calls_v4, calls_v6, calls_one_socket, calls_askers_v4, calls_askers_v6;

static int query_calls(struct calls *c, int v6, int port, int id)
{
	struct frame f = v6 ? udp(V6, .source_port = port, .id = id)
			    : udp(V4, .source_port = port, .id = id);

	return calls_of(c, programs.count_queries, &f);
}

static struct pair_calls pair(struct calls *c, int v6, int port, int id)
{
	struct frame f = v6 ? response(R6, .source_port = port, .id = id)
			    : response(R4, .source_port = port, .id = id);
	int open = query_calls(c, v6, port, id), end = calls_of(c, programs.count_outcomes, &f);
	int known = open != CALLS_UNKNOWN && end != CALLS_UNKNOWN;

	return (struct pair_calls){open, known ? open + end : CALLS_UNKNOWN};
}

/* As it is measured: the packet comes again and again, and both resolvers are known. */
static void count_stills(struct calls *c)
{
	struct still *s;

	for (s = stills; s < stills + still_count; s++) {
		s->calls = CALLS_NOT_COUNTED;
		if (s->program != programs.count_queries && s->program != programs.count_outcomes)
			continue;
		calls_reset(c);
		pair(c, 1, 40001, 1);
		pair(c, 0, 40001, 0); /* with the ordinary message ID, as in some of the rows */
		calls_of(c, s->program, &s->frame);
		s->calls = calls_of(c, s->program, &s->frame);
	}
}

/* The first query of a resolver makes its entry, and samples are taken of some. */
static void use_up_samples(struct calls *c, int v6)
{
	int id;

	for (id = 1; id <= SAMPLES_OF_RESOLVER_BURST + 1; id++)
		pair(c, v6, 10000, id);
}

static void count_calls(const struct engine_config *config)
{
	struct calls *c = calls_open(config, loader);
	int id;

	calls_reset(c);
	use_up_samples(c, 0);
	calls_v4 = pair(c, 0, 10001, 2);
	use_up_samples(c, 1);
	calls_v6 = pair(c, 1, 10001, 2);
	for (id = 1; id <= MANY; id++)
		query_calls(c, 0, 20000, id);
	calls_one_socket = pair(c, 0, 20000, id);
	count_stills(c);
	calls_close(c);
}

static void count_calls_with_askers(const struct engine_config *config)
{
	struct calls *c = calls_open(config, loader);

	calls_reset(c);
	use_up_samples(c, 0);
	calls_askers_v4 = pair(c, 0, 10001, 2);
	use_up_samples(c, 1);
	calls_askers_v6 = pair(c, 1, 10001, 2);
	calls_close(c);
}

/* ---- transactions ------------------------------------------------------------------------ */

struct pairs {
	struct bench *bench;
	struct frame query, response;
	struct samples open, end, both;
	int v6, first_port;
	int port_shift;
};

static double timed(struct pairs *p, struct into *into, int response)
{
	int v6 = p->v6;

	into->object->bss->varying = (struct varying){.port_at = (v6 ? 54 : 34) + 2 * response,
						      .id_at = v6 ? 62 : 42,
						      .first_port = p->first_port,
						      .port_shift = p->port_shift};
	return measure_run(into->vary, response ? &p->response : &p->query, PAIRS);
}

/* Opens PAIRS transactions and ends them. */
static void one_round(struct pairs *p)
{
	int open_kept = p->open.count, end_kept = p->end.count;
	struct bench *b = p->bench;
	double f[4], open, end;

	f[0] = timed(p, &b->floor, 0);
	open = timed(p, &b->queries, 0);
	f[1] = timed(p, &b->floor, 0);
	f[2] = timed(p, &b->floor, 1);
	end = timed(p, &b->outcomes, 1);
	f[3] = timed(p, &b->floor, 1);
	measure_over(&p->open, f[0], open, f[1]);
	measure_over(&p->end, f[2], end, f[3]);
	p->both.tried++;
	if (p->open.count == open_kept || p->end.count == end_kept)
		return;
	p->both.v[p->both.count++] = p->open.v[open_kept] + p->end.v[end_kept];
}

static void make_pairs(struct pairs *p, struct bench *b, int v6, int first_port, int port_shift)
{
	memset(p, 0, sizeof(*p));
	p->bench = b;
	p->v6 = v6;
	p->first_port = first_port;
	p->port_shift = port_shift;
	p->query = v6 ? udp(V6) : udp(V4);
	p->response = v6 ? response(R6) : response(R4);
}

static volatile int stopping;

static void *another_cpu(void *argument)
{
	struct pairs *p = argument;

	on_cpu(0);
	while (!stopping) {
		timed(p, &p->bench->queries, 0);
		timed(p, &p->bench->outcomes, 1);
	}
	return NULL;
}

static void run_pairs(struct pairs *p, struct bench *b, int v6, int port_shift)
{
	int r;

	make_pairs(p, b, v6, 10000, port_shift);
	for (r = 0; r < PAIR_ROUNDS; r++)
		one_round(p);
}

static void with_company(struct pairs *p, struct bench *b, struct bench *second)
{
	static struct pairs other;
	pthread_t thread;

	make_pairs(&other, second, 0, 30000, 0);
	if (pthread_create(&thread, NULL, another_cpu, &other))
		fail("thread");
	usleep(1000);
	run_pairs(p, b, 0, 0);
	stopping = 1;
	pthread_join(thread, NULL);
}

static void row_of_open(const char *what, double goal, struct pairs *p, struct pair_calls c,
			int calls_goal)
{
	row_with_calls("packet", what, "ns", goal, &p->open,
		       (struct row_calls){c.open, calls_goal});
}

static void row_of_both(const char *what, double goal, struct pairs *p, struct pair_calls c)
{
	row_with_calls("packet", what, "ns", goal, &p->both, (struct row_calls){c.both, -1});
}

/* A guest's queries, set against the host's in the same run. */
static void with_guests(double host_v4, double host_v6)
{
	static struct pairs p;
	struct bench b;

	open_guest_bench(&b);
	run_pairs(&p, &b, 0, 0);
	row("packet", "query of a guest, v4", "ns", 66, &p.open);
	row("packet", "open and end by a response, of a guest, v4", "ns", 132, &p.both);
	row_value("packet", "query of a guest, v4, times a host's", "x", 1.1,
		  samples_median(&p.open) / host_v4);
	run_pairs(&p, &b, 1, 0);
	row("packet", "query of a guest, v6", "ns", 66, &p.open);
	row("packet", "open and end by a response, of a guest, v6", "ns", 132, &p.both);
	row_value("packet", "query of a guest, v6, times a host's", "x", 1.1,
		  samples_median(&p.open) / host_v6);
}

/* Returns what a query over UDP takes. */
static double transactions(struct bench *b, struct bench *second)
{
	static struct pairs p;
	double alone, host_v4, host_v6;

	run_pairs(&p, b, 0, 0);
	alone = samples_median(&p.both);
	host_v4 = samples_median(&p.open);
	row_of_open("query that opens a transaction, v4", 60, &p, calls_v4, 1);
	row_of_both("open and end by a response, v4", 120, &p, calls_v4);
	run_pairs(&p, b, 1, 0);
	row_of_open("query that opens a transaction, v6", 60, &p, calls_v6, 1);
	row_of_both("open and end by a response, v6", 120, &p, calls_v6);
	host_v6 = samples_median(&p.open);
	with_guests(host_v4, host_v6);
	if (sysconf(_SC_NPROCESSORS_ONLN) > 1) {
		with_company(&p, b, second);
		row("packet", "open and end, another CPU in the same table", "ns", -1, &p.both);
		row_value("packet", "the same, times what it takes alone", "x", 1.5,
			  samples_median(&p.both) / alone);
	}
	run_pairs(&p, b, 0, 10);
	row_of_open("open, 1,000 from one socket", -1, &p, calls_one_socket, -1);
	row_of_both("open and end, 1,000 from one socket", -1, &p, calls_one_socket);
	return host_v4;
}

/* The same with --askers: another object, in which the branches that count askers are there. */
static void with_askers(struct engine_config config)
{
	static struct pairs p;
	struct bench b;

	config.askers = 1;
	if (loader_open(&config, &loader))
		exit(1);
	programs = loader_programs(loader);
	count_calls_with_askers(&config);
	open_bench(&b);
	run_pairs(&p, &b, 0, 0);
	row_of_open("query, --askers, v4", 70, &p, calls_askers_v4, 2);
	row_of_both("open and end by a response, --askers, v4", 135, &p, calls_askers_v4);
	run_pairs(&p, &b, 1, 0);
	row_of_open("query, --askers, v6", 70, &p, calls_askers_v6, 2);
	row_of_both("open and end by a response, --askers, v6", 135, &p, calls_askers_v6);
	loader_close(loader);
}

/* ---- all of it --------------------------------------------------------------------------- */

int main(int argc, char **argv)
{
	struct engine_config config = default_config();
	struct bench b[2];
	double query;

	if (argc > 1)
		rounds = atoi(argv[1]);
	measure_make_link();
	if (privileges_become_user(65534))
		fail("cannot become an ordinary user");
	if (loader_open(&config, &loader))
		return 1;
	programs = loader_programs(loader);
	on_cpu(sysconf(_SC_NPROCESSORS_ONLN) - 1);
	open_bench(&b[0]);
	open_bench(&b[1]);
	make_stills(b[0].floor.nothing);
	count_calls(&config);
	query = transactions(&b[0], &b[1]);
	measure_segments(&b[0], loader, &config, query);
	measure_stills(&b[0]);
	loader_close(loader);
	with_askers(config);
	return 0;
}
