/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* See engine.h. */
#include "engine.h"

#include "../../bpf/native/native.h"
#include "datapath/loader.h"
#include "datapath/map_reader.h"

#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static enum engine_kind engine;
static int counts_askers;
static struct loader *loader;
static struct map_reader *reader;

static void fail(const char *what)
{
	fprintf(stderr, "model: %s: %s\n", what, strerror(errno));
	exit(1);
}

/* ---- maps ------------------------------------------------------------------------------- */

static void load(const struct engine_config *c)
{
	struct loader_maps maps;

	if (loader_open(c, &loader))
		exit(1);
	maps = loader_maps(loader);
	if (map_reader_open(&maps, c, &reader))
		fail("cannot read the maps");
}

static void put_master(uint32_t port, const struct if_master *master)
{
	if (bpf_map_update_elem(loader_maps(loader).if_masters, &port, master, BPF_ANY))
		fail("cannot fill the map if_masters");
}

static void put_tagged(uint32_t ifindex, uint32_t vlan)
{
	struct vlan_dev_key key = {.ifindex = ifindex, .vlan = vlan};
	uint64_t one = 1;

	if (bpf_map_update_elem(loader_maps(loader).vlan_devs, &key, &one, BPF_ANY))
		fail("cannot fill the map tagged");
}

static struct engine_entry *add_entry(struct engine_counts *counts, const struct resolver_key *key,
				      const struct resolver_counters *c)
{
	struct engine_entry *e = &counts->entries[counts->entry_count++];

	if (counts->entry_count > ENGINE_ENTRIES_MOST)
		fail("more resolvers than this test has room for");
	memset(e, 0, sizeof(*e));
	e->key = *key;
	memcpy(e->counters.n, c->n, sizeof(e->counters.n));
	memcpy(e->counters.rtt, c->rtt, sizeof(e->counters.rtt));
	memcpy(e->counters.connect_rtt, c->connect_rtt, sizeof(e->counters.connect_rtt));
	memcpy(e->counters.at, c->at, sizeof(e->counters.at));
	return e;
}

static void add_resolver(const struct resolver_key *key, const struct resolver_counters *c,
			 void *to)
{
	add_entry(to, key, c);
}

static void add_open(const struct resolver_key *resolver, int is_connect, void *to)
{
	struct engine_counts *counts = to;
	unsigned i;

	(void)is_connect;
	for (i = 0; i < counts->entry_count; i++) {
		if (!memcmp(&counts->entries[i].key, resolver, sizeof(*resolver)))
			counts->entries[i].in_flight++;
	}
}

static void add_asker(const struct engine_asker *a, void *to)
{
	struct engine_counts *counts = to;
	const struct asker_counters *c = &a->counters;

	if (!c->queries && !c->failed && !c->errors)
		return;
	if (counts->asker_count == ENGINE_ASKERS_MOST)
		fail("more askers than the engine may have");
	counts->askers[counts->asker_count++] = *a;
}

struct asker_walk {
	void (*f)(const struct engine_asker *a, void *context);
	void *context;
};

static void visit_native(const struct resolver_key *resolver, const struct native_asker *from,
			 void *context)
{
	const struct asker_walk *walk = context;
	struct engine_asker a = {.resolver = *resolver,
				 .cgroup = from->cgroup,
				 .number = from->number,
				 .is_other = from->is_other,
				 .is_former = from->is_former,
				 .is_unlinked = from->is_unlinked,
				 .first = from->first,
				 .counters = from->counters};

	walk->f(&a, walk->context);
}

static void visit_kernel(const struct asker_snapshot *from, const struct asker_walk *walk)
{
	struct engine_asker a = {.resolver = from->resolver,
				 .cgroup = from->cgroup,
				 .number = from->number,
				 .is_other = from->is_other,
				 .is_former = from->is_former,
				 .is_unlinked = from->is_unlinked,
				 .first = from->first,
				 .counters = {.queries = from->queries,
					      .failed = from->failed,
					      .errors = from->errors}};

	walk->f(&a, walk->context);
}

static void read_kernel(struct engine_counts *counts)
{
	const struct asker_walk walk = {add_asker, counts};
	struct snapshot s;
	size_t i;

	if (map_reader_snapshot(reader, &s))
		fail("cannot read the maps");
	for (i = 0; i < s.count; i++)
		add_entry(counts, &s.resolvers[i].key, &s.resolvers[i].counters)->in_flight =
			s.resolvers[i].in_flight + s.resolvers[i].messages_in_flight;
	for (i = 0; i < s.asker_count; i++)
		visit_kernel(&s.askers[i], &walk);
	counts->self = s.self;
}

/* ---- start and end ---------------------------------------------------------------------- */

void engine_start(enum engine_kind kind, const struct engine_config *c)
{
	engine = kind;
	counts_askers = c->askers;
	if (kind == ENGINE_NATIVE)
		native_start(c);
	else
		load(c);
}

void engine_stop(void)
{
	if (engine == ENGINE_NATIVE)
		native_stop();
	map_reader_close(reader);
	loader_close(loader);
	reader = NULL;
	loader = NULL;
}

void engine_reserve(const struct resolver_key *key)
{
	if (engine == ENGINE_NATIVE)
		native_reserve(key);
	else if (loader_reserve(loader, key))
		fail("cannot create the entry of a resolver");
}

void engine_tagged(uint32_t ifindex, uint32_t vlan)
{
	if (engine == ENGINE_NATIVE)
		native_add_vlan_dev(ifindex, vlan);
	else
		put_tagged(ifindex, vlan);
}

void engine_port(uint32_t port, uint32_t master, int is_bridge)
{
	const struct if_master above = {.scope = master, .bridge = is_bridge ? master : 0};

	if (engine == ENGINE_NATIVE)
		native_set_master(port, &above);
	else
		put_master(port, &above);
}

/* ---- packets ---------------------------------------------------------------------------- */

int engine_takes(const struct step *s)
{
	const struct frame *f = &s->frame;

	if (!f->length || (!f->native_only && f->length < 14))
		return 0;
	if (engine == ENGINE_NATIVE)
		return 1;
	return !f->native_only && !f->tagged && f->length <= 3500 &&
	       f->length >= (f->protocol == 0x86dd ? 54 : 34);
}

static const char *run_kernel(const struct step *s, int program)
{
	const struct frame *f = &s->frame;
	struct __sk_buff context = {.ifindex = f->ifindex,
				    .ingress_ifindex = f->came_in,
				    .gso_size = f->gso_size,
				    .wire_len = f->wire_length > f->length ? f->wire_length : 0};
	uint8_t after[sizeof(f->bytes)];
	LIBBPF_OPTS(bpf_test_run_opts, o, .data_in = f->bytes, .data_size_in = f->length,
		    .data_out = after, .data_size_out = sizeof(after), .ctx_in = &context,
		    .ctx_size_in = sizeof(context));

	loader_set_clock(loader, s->now);
	loader_set_cgroup(loader, s->cgroup);
	if (bpf_prog_test_run_opts(program, &o))
		return "the test run was refused";
	if ((int)o.retval != -1)
		return "the verdict is not TC_ACT_UNSPEC";
	if (o.data_size_out != f->length || memcmp(after, f->bytes, f->length) != 0)
		return "the packet was altered";
	return NULL;
}

static const char *run_native(const struct step *s)
{
	const struct frame *f = &s->frame;
	uint8_t before[sizeof(f->bytes)];
	struct native_packet p = {.bytes = f->bytes,
				  .length = f->length,
				  .wire_length = f->wire_length,
				  .protocol = htons(f->protocol),
				  .network = f->network,
				  .ifindex = f->ifindex,
				  .ingress_ifindex = f->came_in,
				  .gso_size = f->gso_size,
				  .cgroup = s->cgroup,
				  .tagged = f->tagged,
				  .vlan_tci = f->vlan_tci};

	memcpy(before, f->bytes, f->length);
	if (f->guest && s->out)
		native_guest_queries(&p, s->now);
	else if (f->guest)
		native_guest_outcomes(&p, s->now);
	else if (s->out)
		native_queries(&p, s->now);
	else
		native_outcomes(&p, s->now);
	return memcmp(before, f->bytes, f->length) ? "the packet was altered" : NULL;
}

static int program_of(const struct step *s)
{
	struct loader_programs p = loader_programs(loader);

	if (s->frame.guest)
		return s->out ? p.count_guest_queries : p.count_guest_outcomes;
	return s->out ? p.count_queries : p.count_outcomes;
}

const char *engine_run(const struct step *s)
{
	if (engine == ENGINE_NATIVE)
		return run_native(s);
	return run_kernel(s, program_of(s));
}

const char *engine_sweep(uint64_t now)
{
	if (engine == ENGINE_NATIVE) {
		native_sweep(now);
		return NULL;
	}
	loader_set_clock(loader, now);
	return loader_sweep(loader) ? "the sweep was refused" : NULL;
}

void engine_asker_command(const struct asker_command *command)
{
	if (engine == ENGINE_NATIVE)
		native_add_asker_command(command);
	else if (loader_add_asker_command(loader, command))
		fail("too many commands for one sweep");
}

struct asker_search {
	const struct resolver_key *resolver;
	uint64_t cgroup;
	uint32_t number;
	uint64_t first;
};

static void look_for_asker(const struct engine_asker *a, void *context)
{
	struct asker_search *wanted = context;
	if (!a->number || a->is_unlinked || a->cgroup != wanted->cgroup ||
	    memcmp(&a->resolver, wanted->resolver, sizeof(a->resolver)) != 0)
		return;
	wanted->number = a->number;
	wanted->first = a->first;
}

static void walk_askers(struct asker_walk *walk)
{
	struct snapshot s;
	size_t i;

	if (engine == ENGINE_NATIVE)
		return native_each_asker(visit_native, walk);
	if (map_reader_snapshot(reader, &s))
		fail("cannot read the maps");
	for (i = 0; i < s.asker_count; i++)
		visit_kernel(&s.askers[i], walk);
}

uint32_t engine_asker_number(const struct resolver_key *resolver, uint64_t cgroup, uint64_t *first)
{
	struct asker_search wanted = {.resolver = resolver, .cgroup = cgroup};
	struct asker_walk walk = {look_for_asker, &wanted};

	walk_askers(&walk);
	*first = wanted.first;
	return wanted.number;
}

void engine_read(struct engine_counts *ret)
{
	struct asker_walk walk = {add_asker, ret};

	ret->entry_count = ret->asker_count = 0;
	ret->counts_askers = counts_askers;
	memset(&ret->self, 0, sizeof(ret->self));
	if (engine == ENGINE_NATIVE) {
		native_each_resolver(add_resolver, ret);
		native_each_open(add_open, ret);
		native_each_asker(visit_native, &walk);
		ret->self = *native_self();
	} else {
		read_kernel(ret);
	}
}
