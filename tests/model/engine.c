/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* See engine.h. */
#include "engine.h"

#include "../../bpf/native.h"
#include "dnsreach.skel.h"

#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static enum engine_kind engine;
static struct dnsreach *object;

static void fail(const char *what)
{
	fprintf(stderr, "model: %s: %s\n", what, strerror(errno));
	exit(1);
}

/* ---- maps ------------------------------------------------------------------------------- */

static void create_entry(const struct resolver_key *key)
{
	static struct resolver_counters none[1024]; /* one for each CPU */

	if (bpf_map_update_elem(bpf_map__fd(object->maps.resolvers), key, none, BPF_NOEXIST))
		fail("cannot create the entry of a resolver");
}

static void load(const struct engine_config *c)
{
	static const struct resolver_key other;

	object = dnsreach__open();
	if (!object)
		fail("cannot open the BPF object");
	memcpy((void *)&object->rodata->config, c, sizeof(*c));
	bpf_map__set_max_entries(object->maps.resolvers, c->max_resolvers + RESOLVERS_RESERVED);
	bpf_map__set_max_entries(object->maps.transactions, c->max_in_flight);
	bpf_map__set_max_entries(object->maps.tuples, c->max_in_flight);
	bpf_map__set_max_entries(object->maps.remembered, c->max_in_flight);
	if (dnsreach__load(object))
		fail("cannot load the BPF object");
	create_entry(&other);
}

static void put_scope(uint32_t ifindex, uint32_t master)
{
	if (bpf_map_update_elem(bpf_map__fd(object->maps.scopes), &ifindex, &master, BPF_ANY))
		fail("cannot fill the map scopes");
}

static void put_tagged(uint32_t ifindex, uint32_t vlan)
{
	struct tagged_key key = {.ifindex = ifindex, .vlan = vlan};
	uint64_t one = 1;

	if (bpf_map_update_elem(bpf_map__fd(object->maps.tagged), &key, &one, BPF_ANY))
		fail("cannot fill the map tagged");
}

static void add_counters(struct resolver_counters *to, const struct resolver_counters *c)
{
	unsigned i;

	for (i = 0; i < COUNTER_MAX; i++)
		to->n[i] += c->n[i];
	for (i = 0; i < RTT_BUCKETS; i++)
		to->rtt[i] += c->rtt[i];
}

static void add_resolver(const struct resolver_key *key, const struct resolver_counters *c,
			 void *to)
{
	struct engine_counts *counts = to;
	struct engine_entry *e = &counts->entries[counts->entry_count++];

	if (counts->entry_count > ENGINE_ENTRIES_MOST)
		fail("more resolvers than this test has room for");
	memset(e, 0, sizeof(*e));
	e->key = *key;
	add_counters(&e->counters, c);
}

static void add_open(const struct transaction_key *key, const struct transaction *t, void *to)
{
	struct engine_counts *counts = to;
	struct resolver_key resolver = {.address = key->resolver,
					.scope = key->scope,
					.port = key->resolver_port,
					.transport = key->transport};
	unsigned i;

	if (!(t->state & STATE_OPEN))
		return;
	if (t->state & STATE_OTHER)
		memset(&resolver, 0, sizeof(resolver));
	for (i = 0; i < counts->entry_count; i++) {
		if (!memcmp(&counts->entries[i].key, &resolver, sizeof(resolver)))
			counts->entries[i].in_flight++;
	}
}

static void read_resolvers(struct engine_counts *counts)
{
	int cpus = libbpf_num_possible_cpus(), fd = bpf_map__fd(object->maps.resolvers), i;
	struct resolver_counters each[cpus], sum;
	struct resolver_key key, *last = NULL;

	while (!bpf_map_get_next_key(fd, last, &key)) {
		last = &key;
		if (bpf_map_lookup_elem(fd, &key, each))
			fail("cannot read the map resolvers");
		memset(&sum, 0, sizeof(sum));
		for (i = 0; i < cpus; i++)
			add_counters(&sum, &each[i]);
		add_resolver(&key, &sum, counts);
	}
}

static void read_open(struct engine_counts *counts)
{
	int fd = bpf_map__fd(object->maps.transactions);
	struct transaction_key key, *last = NULL;
	struct transaction t;

	while (!bpf_map_get_next_key(fd, last, &key)) {
		last = &key;
		if (!bpf_map_lookup_elem(fd, &key, &t))
			add_open(&key, &t, counts);
	}
}

static void read_self(struct engine_counts *counts)
{
	int cpus = libbpf_num_possible_cpus(), i, j;
	struct self_counters each[cpus];
	uint32_t zero = 0;

	if (bpf_map_lookup_elem(bpf_map__fd(object->maps.self), &zero, each))
		fail("cannot read the map self");
	for (i = 0; i < cpus; i++) {
		for (j = 0; j < SELF_MAX; j++)
			counts->self.n[j] += each[i].n[j];
	}
}

/* ---- start and end ---------------------------------------------------------------------- */

void engine_start(enum engine_kind kind, const struct engine_config *c)
{
	engine = kind;
	if (kind == ENGINE_NATIVE)
		native_start(c);
	else
		load(c);
}

void engine_stop(void)
{
	if (engine == ENGINE_NATIVE)
		native_stop();
	else
		dnsreach__destroy(object);
	object = NULL;
}

void engine_reserve(const struct resolver_key *key)
{
	if (engine == ENGINE_NATIVE)
		native_reserve(key);
	else
		create_entry(key);
}

void engine_tagged(uint32_t ifindex, uint32_t vlan)
{
	if (engine == ENGINE_NATIVE)
		native_set_tagged(ifindex, vlan);
	else
		put_tagged(ifindex, vlan);
}

void engine_scope(uint32_t ifindex, uint32_t master)
{
	if (engine == ENGINE_NATIVE)
		native_set_scope(ifindex, master);
	else
		put_scope(ifindex, master);
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

static const char *run_kernel(const struct frame *f, struct bpf_program *program, uint64_t now)
{
	struct __sk_buff context = {.ifindex = f->ifindex, .gso_size = f->gso_size};
	static uint8_t after[sizeof(f->bytes)];
	LIBBPF_OPTS(bpf_test_run_opts, o, .data_in = f->bytes, .data_size_in = f->length,
		    .data_out = after, .data_size_out = sizeof(after), .ctx_in = &context,
		    .ctx_size_in = sizeof(context));

	object->bss->engine.now = now;
	if (bpf_prog_test_run_opts(bpf_program__fd(program), &o))
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
	static uint8_t before[sizeof(f->bytes)];
	struct native_packet p = {.bytes = f->bytes,
				  .length = f->length,
				  .protocol = htons(f->protocol),
				  .network = f->network,
				  .ifindex = f->ifindex,
				  .gso_size = f->gso_size,
				  .tagged = f->tagged,
				  .vlan_tci = f->vlan_tci};

	memcpy(before, f->bytes, f->length);
	if (s->out)
		native_queries(&p, s->now);
	else
		native_outcomes(&p, s->now);
	return memcmp(before, f->bytes, f->length) ? "the packet was altered" : NULL;
}

const char *engine_run(const struct step *s)
{
	if (engine == ENGINE_NATIVE)
		return run_native(s);
	return run_kernel(&s->frame,
			  s->out ? object->progs.count_queries : object->progs.count_outcomes,
			  s->now);
}

const char *engine_sweep(uint64_t now)
{
	static const struct frame nothing = {.length = 64, .ifindex = LOOPBACK_IFINDEX};
	const char *wrong;

	if (engine == ENGINE_NATIVE) {
		native_sweep(now);
		return NULL;
	}
	do {
		wrong = run_kernel(&nothing, object->progs.sweep, now);
	} while (!wrong && object->bss->engine.unswept);
	return wrong;
}

void engine_read(struct engine_counts *ret)
{
	ret->entry_count = 0;
	memset(&ret->self, 0, sizeof(ret->self));
	if (engine == ENGINE_NATIVE) {
		native_each_resolver(add_resolver, ret);
		native_each_transaction(add_open, ret);
		ret->self = *native_self();
	} else {
		read_resolvers(ret);
		read_open(ret);
		read_self(ret);
	}
}
