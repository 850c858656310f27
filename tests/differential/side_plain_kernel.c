/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The plain engine in the kernel (see tests/plain). */
#include <dnsreach.h> /* that of tests/plain: see the Makefile */

#include "plain.skel.h"
#include "side.h"

#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <stdlib.h>
#include <string.h>

static struct plain *object;
static struct resolver_counters *values; /* one for each CPU */
static int cpus;

static void start(const struct side_config *c)
{
	struct engine_config config = {.timeout_ns = c->timeout_ns,
				       .max_resolvers = c->max_resolvers,
				       .max_in_flight = c->max_in_flight,
				       .ports = {htons(53)},
				       .port_count = 1,
				       .short_quotes = c->short_quotes,
				       .clock_injected = 1};
	static const struct resolver_key other;

	cpus = libbpf_num_possible_cpus();
	values = calloc(cpus, sizeof(*values));
	object = plain__open();
	if (!object || !values)
		side_fail("cannot open the plain object");
	memcpy((void *)&object->rodata->config, &config, sizeof(config));
	bpf_map__set_max_entries(object->maps.resolvers, c->max_resolvers + RESOLVERS_RESERVED);
	bpf_map__set_max_entries(object->maps.transactions, c->max_in_flight);
	bpf_map__set_max_entries(object->maps.tuples, c->max_in_flight);
	bpf_map__set_max_entries(object->maps.remembered, c->max_in_flight);
	if (plain__load(object))
		side_fail("cannot load the plain object");
	if (bpf_map_update_elem(bpf_map__fd(object->maps.resolvers), &other, values, BPF_NOEXIST))
		side_fail("cannot create the entry `other`");
}

static void set_clock(uint64_t now)
{
	object->bss->engine.now = now;
}

static void packet(const struct frame *f, uint32_t ifindex, int out)
{
	if (side_takes(f))
		side_test_run(bpf_program__fd(out ? object->progs.count_queries
						  : object->progs.count_outcomes),
			      f, ifindex);
}

static void sweep(void)
{
	struct frame nothing = {.length = 64};

	do {
		side_test_run(bpf_program__fd(object->progs.sweep), &nothing, 1);
	} while (object->bss->engine.unswept);
}

static void latest(uint64_t to[MOMENT_MAX], const __u64 at[MOMENT_MAX])
{
	int i;

	for (i = MOMENT_RUN_START + 1; i < MOMENT_MAX; i++)
		to[i] = at[i] > to[i] ? at[i] : to[i];
}

static void read_resolvers(struct side_totals *t)
{
	int fd = bpf_map__fd(object->maps.resolvers), cpu;
	struct resolver_key key, *last = NULL;
	struct side_resolver *r;
	size_t i;

	while (!bpf_map_get_next_key(fd, last, &key)) {
		last = &key;
		r = &t->resolvers[t->count++];
		memcpy(r->key, &key, sizeof(key));
		if (bpf_map_lookup_elem(fd, &key, values))
			side_fail("cannot read a resolver");
		for (cpu = 0; cpu < cpus; cpu++) {
			for (i = 0; i < COUNTER_MAX + RTT_BUCKETS; i++)
				r->n[i] += ((const __u64 *)&values[cpu])[i];
			latest(r->n + i, values[cpu].at);
		}
	}
	side_sort(t);
}

static void count_open(struct side_totals *t, const struct transaction_key *key, __u64 state)
{
	struct resolver_key resolver = {.address = key->resolver,
					.scope = key->scope,
					.port = key->resolver_port,
					.transport = key->transport};
	size_t i;

	if (!(state & STATE_OPEN))
		return;
	if (state & STATE_OTHER)
		memset(&resolver, 0, sizeof(resolver));
	for (i = 0; i < t->count && memcmp(t->resolvers[i].key, &resolver, sizeof(resolver)); i++)
		;
	t->resolvers[i].in_flight++;
	t->in_flight++;
}

static void read_totals(struct side_totals *t)
{
	int fd = bpf_map__fd(object->maps.transactions), cpu;
	struct transaction_key key, *last = NULL;
	struct self_counters self[cpus];
	struct transaction x;
	__u32 zero = 0;
	size_t i;

	memset(t, 0, sizeof(*t));
	read_resolvers(t);
	while (!bpf_map_get_next_key(fd, last, &key)) {
		last = &key;
		if (!bpf_map_lookup_elem(fd, &key, &x))
			count_open(t, &key, x.state);
	}
	if (bpf_map_lookup_elem(bpf_map__fd(object->maps.self), &zero, self))
		side_fail("cannot read the map self");
	for (cpu = 0; cpu < cpus; cpu++) {
		for (i = 0; i < SELF_MAX; i++)
			t->self[i] += self[cpu].n[i];
	}
}

static void stop(void)
{
	plain__destroy(object);
	free(values);
}

const struct side plain_kernel = {"plain, kernel", start,	set_clock, packet,
				  sweep,	   read_totals, stop};
