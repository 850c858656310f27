/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* See rig.h. */
#include "rig.h"

#include "../../bpf/native.h"
#include "dnsreach.skel.h"

#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* The context that BPF_PROG_TEST_RUN takes: struct __sk_buff up to gso_size (uapi/linux/bpf.h). */
#include <linux/bpf.h>

struct test_case *cases;
uint32_t link_a, link_b;
int failures;

static enum engine_kind engine;
static struct dnsreach *object;
static struct ring_buffer *ring;
static uint64_t now;

static unsigned sample_count;
static struct sample sample;

static void on_sample(const struct sample *s, void *context)
{
	(void)context;
	sample = *s;
	sample_count++;
}

static int on_record(void *context, void *record, size_t size)
{
	(void)context;
	expect(size, sizeof(struct sample));
	on_sample(record, NULL);
	return 0;
}

/* ---- start and end ---------------------------------------------------------------------- */

struct engine_config ordinary_config(void)
{
	struct engine_config c = {.timeout_ns = TIMEOUT_DEFAULT_NS,
				  .max_resolvers = 64,
				  .max_in_flight = 1024,
				  .ports = {htons(53)},
				  .port_count = 1,
				  .short_quotes = 1,
				  .clock_injected = 1};

	return c;
}

static void fail(const char *what)
{
	fprintf(stderr, "packet: %s: %s\n", what, strerror(errno));
	exit(1);
}

static struct engine_config loaded; /* the configuration that `object` has */

static void create_other(void)
{
	static const struct resolver_key other;
	static struct resolver_counters none[1024];

	if (bpf_map_update_elem(bpf_map__fd(object->maps.resolvers), &other, none, BPF_NOEXIST))
		fail("cannot create the entry `other`");
}

static void empty_hash(struct bpf_map *map)
{
	unsigned char key[64];

	while (!bpf_map_get_next_key(bpf_map__fd(map), NULL, key))
		bpf_map_delete_elem(bpf_map__fd(map), key);
}

static void empty_array(struct bpf_map *map)
{
	static unsigned char zero[65536];
	__u32 first = 0;

	bpf_map_update_elem(bpf_map__fd(map), &first, zero, BPF_ANY);
}

/* As good as loaded anew, and much quicker where the kernel is emulated. */
static void empty_all(void)
{
	empty_hash(object->maps.resolvers);
	empty_hash(object->maps.transactions);
	empty_hash(object->maps.tuples);
	empty_hash(object->maps.remembered);
	empty_hash(object->maps.link_local);
	empty_array(object->maps.self);
	empty_array(object->maps.last_packet);
	memset(&object->bss->engine, 0, sizeof(object->bss->engine));
	create_other();
}

static void load(const struct engine_config *c)
{
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
	loaded = *c;
	create_other();
}

void restart(const struct engine_config *c)
{
	if (engine == ENGINE_NATIVE) {
		native_on_sample(on_sample, NULL);
		return native_start(c);
	}
	if (object && !memcmp(c, &loaded, sizeof(loaded)))
		return empty_all();
	ring_buffer__free(ring);
	dnsreach__destroy(object);
	load(c);
	ring = ring_buffer__new(bpf_map__fd(object->maps.samples), on_record, NULL, NULL);
	if (!ring)
		fail("cannot read the ring of samples");
}

void rig_open(enum engine_kind kind)
{
	struct engine_config c = ordinary_config();

	engine = kind;
	now = 0;
	at(1000);
	if (ring)
		ring_buffer__consume(ring);
	restart(&c);
	sample_count = 0;
}

void rig_close(void)
{
	if (engine == ENGINE_NATIVE)
		native_stop();
}

/* ---- packets ---------------------------------------------------------------------------- */

void at(double seconds)
{
	now = seconds * 1e9 + 0.5;
}

static void run_native(const struct frame *f, int out)
{
	struct native_packet p = {.bytes = f->bytes,
				  .length = f->length,
				  .protocol = htons(f->protocol),
				  .network = f->network,
				  .ifindex = f->ifindex ? f->ifindex : link_a,
				  .gso_size = f->gso_size,
				  .tagged = f->tagged,
				  .vlan_tci = f->vlan_tci};

	if (out)
		native_queries(&p, now);
	else
		native_outcomes(&p, now);
}

static void run_kernel(const struct frame *f, struct bpf_program *program)
{
	struct __sk_buff context = {.ifindex = f->ifindex ? f->ifindex : link_a,
				    .gso_size = f->gso_size};
	uint8_t after[sizeof(f->bytes)];
	LIBBPF_OPTS(bpf_test_run_opts, o, .data_in = f->bytes, .data_size_in = f->length,
		    .data_out = after, .data_size_out = sizeof(after), .ctx_in = &context,
		    .ctx_size_in = sizeof(context));

	object->bss->engine.now = now;
	if (bpf_prog_test_run_opts(bpf_program__fd(program), &o)) {
		fprintf(stderr, "# test run of %u bytes: %s\n", f->length, strerror(errno));
		failures++;
		return;
	}
	expect((uint32_t)o.retval, (uint32_t)-1);
	expect(o.data_size_out, f->length);
	expect(memcmp(after, f->bytes, f->length), 0);
}

/* What test run refuses to take (IPv4 under 34, IPv6 under 54 bytes) is run natively only. */
static int kernel_takes(const struct frame *f)
{
	return !f->native_only && !f->tagged && f->length >= (f->protocol == 0x86dd ? 54 : 34);
}

static void run(const struct frame *f, int out)
{
	struct frame before = *f;

	if (engine == ENGINE_NATIVE) {
		run_native(f, out);
		expect(memcmp(&before, f, sizeof(before)), 0);
	} else if (kernel_takes(f)) {
		run_kernel(f, out ? object->progs.count_queries : object->progs.count_outcomes);
	}
}

void queries(struct frame f)
{
	run(&f, 1);
}

void outcomes(struct frame f)
{
	run(&f, 0);
}

void run_sweep(void)
{
	struct frame nothing = {.length = 64};

	if (engine == ENGINE_NATIVE)
		native_sweep(now);
	else
		do {
			run_kernel(&nothing, object->progs.sweep);
		} while (object->bss->engine.unswept);
}

/* ---- reading ---------------------------------------------------------------------------- */

static struct resolver_key key_of(const char *text)
{
	struct resolver_key key = {.port = htons(53), .transport = TRANSPORT_UDP};
	const char *port = strchr(text, '#');
	char host[64];

	if (!strcmp(text, "other"))
		return (struct resolver_key){0};
	snprintf(host, sizeof(host), "%.*s", port ? (int)(port - text) : (int)strlen(text), text);
	if (port)
		key.port = htons(atoi(port + 1));
	if (strchr(host, ':')) {
		inet_pton(AF_INET6, host, &key.address);
	} else {
		key.address.w[2] = htonl(0xffff);
		inet_pton(AF_INET, host, &key.address.w[3]);
	}
	if (!strncmp(host, "fe80", 4))
		key.scope = link_a;
	return key;
}

struct found {
	struct resolver_key key;
	struct resolver_counters sum;
	int here;
};

static void add_native(const struct resolver_key *key, const struct resolver_counters *c, void *to)
{
	struct found *f = to;

	if (memcmp(key, &f->key, sizeof(*key)) != 0)
		return;
	f->here = 1;
	f->sum = *c;
}

static struct found find(struct resolver_key key)
{
	int cpus = libbpf_num_possible_cpus(), i;
	struct resolver_counters each[cpus];
	struct found f = {.key = key};
	size_t j;

	if (engine == ENGINE_NATIVE) {
		native_each_resolver(add_native, &f);
		return f;
	}
	if (bpf_map_lookup_elem(bpf_map__fd(object->maps.resolvers), &key, each))
		return f;
	f.here = 1;
	for (i = 0; i < cpus; i++) {
		for (j = 0; j < COUNTER_MAX; j++)
			f.sum.n[j] += each[i].n[j];
		for (j = 0; j < RTT_BUCKETS; j++)
			f.sum.rtt[j] += each[i].rtt[j];
		for (j = 0; j < MOMENT_MAX; j++) { /* of one CPU: a case runs on one */
			if (each[i].at[j] > f.sum.at[j])
				f.sum.at[j] = each[i].at[j];
		}
	}
	return f;
}

uint64_t counter_of(const char *address, enum counter c)
{
	return find(key_of(address)).sum.n[c];
}

int has_entry(const char *address)
{
	return find(key_of(address)).here;
}

uint64_t moment_of(const char *address, enum moment m)
{
	return find(key_of(address)).sum.at[m];
}

unsigned samples_seen(void)
{
	if (engine == ENGINE_KERNEL)
		ring_buffer__consume(ring);
	return sample_count;
}

struct sample latest_sample(void)
{
	samples_seen();
	return sample;
}

uint64_t samples_dropped(void)
{
	return engine == ENGINE_NATIVE ? native_samples_dropped()
				       : object->bss->engine.samples_dropped;
}

uint64_t rtt_bucket(unsigned i)
{
	return find(key_of(resolver_text())).sum.rtt[i];
}

uint64_t self_of(enum self_counter c)
{
	int cpus = libbpf_num_possible_cpus(), i;
	struct self_counters each[cpus];
	uint64_t sum = 0;
	uint32_t zero = 0;

	if (engine == ENGINE_NATIVE)
		return native_self()->n[c];
	if (bpf_map_lookup_elem(bpf_map__fd(object->maps.self), &zero, each))
		fail("cannot read the map self");
	for (i = 0; i < cpus; i++)
		sum += each[i].n[c];
	return sum;
}

struct open_count {
	const struct resolver_key *key; /* NULL: of all */
	uint64_t n;
};

static void count_open(const struct transaction_key *key, const struct transaction *t, void *to)
{
	struct open_count *c = to;
	struct resolver_key resolver = {.address = key->resolver,
					.scope = key->scope,
					.port = key->resolver_port,
					.transport = key->transport};

	if (!(t->state & STATE_OPEN))
		return;
	if (t->state & STATE_OTHER)
		memset(&resolver, 0, sizeof(resolver));
	if (!c->key || !memcmp(c->key, &resolver, sizeof(resolver)))
		c->n++;
}

static uint64_t open_of(const struct resolver_key *of)
{
	struct open_count c = {.key = of};
	struct transaction_key key, *last = NULL;
	struct transaction t;
	int fd;

	if (engine == ENGINE_NATIVE) {
		native_each_transaction(count_open, &c);
		return c.n;
	}
	fd = bpf_map__fd(object->maps.transactions);
	while (!bpf_map_get_next_key(fd, last, &key)) {
		last = &key;
		if (!bpf_map_lookup_elem(fd, &key, &t))
			count_open(&key, &t, &c);
	}
	return c.n;
}

uint64_t in_flight(void)
{
	return open_of(NULL);
}

void reserve(const char *address)
{
	static struct resolver_counters none[1024];
	struct resolver_key key = key_of(address);

	if (engine == ENGINE_NATIVE) {
		native_reserve(&key);
		return;
	}
	bpf_map_update_elem(bpf_map__fd(object->maps.resolvers), &key, none, BPF_NOEXIST);
}

/* ---- expectations ----------------------------------------------------------------------- */

void expect_(const char *file, int line, const char *what, uint64_t got, uint64_t want)
{
	if (got == want)
		return;
	printf("# %s:%d: %s is %llu, should be %llu\n", strrchr(file, '/') + 1, line, what,
	       (unsigned long long)got, (unsigned long long)want);
	failures++;
}

static uint64_t sum(const struct resolver_counters *c, int from, int to)
{
	uint64_t n = 0;

	for (; from <= to; from++)
		n += c->n[from];
	return n;
}

static void laws_of(const struct resolver_key *key, const struct resolver_counters *c)
{
	uint64_t answered = sum(c, COUNTER_ANSWERED_NOERROR, COUNTER_ANSWERED_OTHER);
	uint64_t unreachable = sum(c, COUNTER_UNREACHABLE_PORT, COUNTER_UNREACHABLE_OTHER);
	const __u64 *n = c->n;
	uint64_t samples = 0;
	int i;

	for (i = 0; i < RTT_BUCKETS; i++)
		samples += c->rtt[i];
	expect(samples, n[COUNTER_RTT_COUNT]);
	expect(n[COUNTER_TRANSACTIONS],
	       answered + unreachable + n[COUNTER_TIMED_OUT] + open_of(key));
	expect(n[COUNTER_QUERIES],
	       n[COUNTER_TRANSACTIONS] + n[COUNTER_RETRANSMISSIONS] + n[COUNTER_UNTRACKED]);
	expect(n[COUNTER_RESPONSES],
	       answered + n[COUNTER_LATE_RESPONSES] + n[COUNTER_UNMATCHED_RESPONSES]);
	expect(sum(c, COUNTER_ICMP_PORT, COUNTER_ICMP_OTHER),
	       unreachable + n[COUNTER_LATE_UNREACHABLES] + n[COUNTER_UNMATCHED_UNREACHABLES]);
}

static void laws_native(const struct resolver_key *key, const struct resolver_counters *c, void *to)
{
	(void)to;
	laws_of(key, c);
}

void rig_laws(void)
{
	struct resolver_key key, *last = NULL;
	struct found f;
	int fd;

	if (engine == ENGINE_NATIVE)
		return native_each_resolver(laws_native, NULL);
	fd = bpf_map__fd(object->maps.resolvers);
	while (!bpf_map_get_next_key(fd, last, &key)) {
		last = &key;
		f = find(key);
		laws_of(&key, &f.sum);
	}
}
