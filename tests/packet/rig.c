/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* See rig.h. */
#include "rig.h"

#include "../../bpf/native/native.h"
#include "datapath/loader.h"
#include "datapath/map_reader.h"

#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* The context that BPF_PROG_TEST_RUN takes: struct __sk_buff up to gso_size (uapi/linux/bpf.h). */
#include <linux/bpf.h>

struct test_case *cases;
uint32_t link_a, link_b;
int failures;

static enum rig_engine engine;
static struct loader *loader;
static struct map_reader *reader;
static struct ring_buffer *ring;
static uint64_t now, cgroup;
static int counts_askers, always_askers, changing_cgroup, has_guests;

#define SAMPLE_KINDS (SAMPLE_CLOSED + 1)
static unsigned sample_count[SAMPLE_KINDS];
static struct sample sample[SAMPLE_KINDS];

static void on_sample(const struct sample *s, void *context)
{
	(void)context;
	expect(s->kind < SAMPLE_KINDS, 1);
	sample[s->kind % SAMPLE_KINDS] = *s;
	sample_count[s->kind % SAMPLE_KINDS]++;
}

static int on_record(void *context, void *record, size_t size)
{
	struct sample s = {0};

	(void)context;
	memcpy(&s, record, size < sizeof(s) ? size : sizeof(s));
	expect(size, s.kind >= SAMPLE_TIMED_OUT ? offsetof(struct sample, question) : sizeof(s));
	on_sample(&s, NULL);
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
				  .max_streams = 64,
				  .short_quotes = 1,
				  .guests = has_guests,
				  .clock_injected = 1};

	return c;
}

struct engine_config config_without_streams(void)
{
	struct engine_config c = ordinary_config();

	c.max_streams = 0;
	return c;
}

static void fail(const char *what)
{
	fprintf(stderr, "packet: %s: %s\n", what, strerror(errno));
	exit(1);
}

/*
 * An object for each configuration that was asked for, loaded once: what a load costs is the
 * verifier's time, and that is most of these tests' where the kernel is emulated.
 */
enum { OBJECTS_MAX = 32 };
static struct object {
	struct engine_config config;
	struct loader *loader;
	struct ring_buffer *ring;
} objects[OBJECTS_MAX];
static unsigned object_count;

static struct object *load(const struct engine_config *c)
{
	struct object *o = &objects[object_count];
	struct loader_maps maps;

	if (object_count == OBJECTS_MAX) {
		fprintf(stderr, "packet: more than %d configurations\n", OBJECTS_MAX);
		exit(1);
	}
	if (loader_open(c, &o->loader))
		exit(1); /* it has said why */
	o->config = *c;
	maps = loader_maps(o->loader);
	o->ring = ring_buffer__new(maps.samples, on_record, NULL, NULL);
	if (!o->ring)
		fail("cannot read the ring of samples");
	object_count++;
	return o;
}

static struct object *object_for(const struct engine_config *c)
{
	unsigned i;

	for (i = 0; i < object_count; i++) {
		if (!memcmp(c, &objects[i].config, sizeof(*c)))
			return &objects[i];
	}
	return load(c);
}

/* Anew each time: it remembers what it has read, and that may be void. */
static void open_reader(const struct engine_config *c)
{
	struct loader_maps maps = loader_maps(loader);

	map_reader_close(reader);
	if (map_reader_open(&maps, c, &reader))
		fail("cannot open the reader");
}

void rig_count_askers(void)
{
	always_askers = 1;
}

void restart(const struct engine_config *wanted)
{
	struct engine_config with = *wanted;
	const struct engine_config *c = &with;
	struct object *o;

	with.askers |= always_askers && !wanted->askers;
	changing_cgroup = with.askers && !wanted->askers;
	counts_askers = c->askers;
	cgroup = 0;
	if (engine == ENGINE_NATIVE) {
		native_on_sample(on_sample, NULL);
		return native_start(c);
	}
	o = object_for(c);
	loader = o->loader;
	ring = o->ring;
	loader_reset(loader);
	ring_buffer__consume(ring); /* of a case before */
	memset(sample_count, 0, sizeof(sample_count));
	open_reader(c);
}

void rig_open(enum rig_engine kind, int guests)
{
	struct engine_config c;

	engine = kind;
	has_guests = guests;
	c = ordinary_config();
	now = 0;
	at(1000);
	restart(&c);
	memset(sample_count, 0, sizeof(sample_count));
}

void rig_close(void)
{
	if (engine == ENGINE_NATIVE)
		native_stop();
}

enum hook_program { QUERIES, OUTCOMES, GUEST_QUERIES, GUEST_OUTCOMES };

/* ---- packets ---------------------------------------------------------------------------- */

void from_cgroup(uint64_t id)
{
	cgroup = id;
}

void at(double seconds)
{
	now = seconds * 1e9 + 0.5;
}

static void run_native(const struct frame *f, enum hook_program program)
{
	static void (*const run_one[])(const struct native_packet *p,
				       __u64 now) = {native_queries, native_outcomes,
						     native_guest_queries, native_guest_outcomes};
	struct native_packet p = {.bytes = f->bytes,
				  .length = f->length,
				  .wire_length = f->wire_length,
				  .protocol = htons(f->protocol),
				  .network = f->network,
				  .ifindex = f->ifindex ? f->ifindex : link_a,
				  .ingress_ifindex = f->came_in,
				  .gso_size = f->gso_size,
				  .cgroup = cgroup,
				  .tagged = f->tagged,
				  .vlan_tci = f->vlan_tci};

	run_one[program](&p, now);
}

static void run_kernel(const struct frame *f, int program)
{
	struct __sk_buff context = {.ifindex = f->ifindex ? f->ifindex : link_a,
				    .ingress_ifindex = f->came_in,
				    .gso_size = f->gso_size,
				    .wire_len = f->wire_length};
	uint8_t after[sizeof(f->bytes)];
	LIBBPF_OPTS(bpf_test_run_opts, o, .data_in = f->bytes, .data_size_in = f->length,
		    .data_out = after, .data_size_out = sizeof(after), .ctx_in = &context,
		    .ctx_size_in = sizeof(context));

	loader_set_clock(loader, now);
	loader_set_cgroup(loader, cgroup);
	if (bpf_prog_test_run_opts(program, &o)) {
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

static int program_fd(enum hook_program program)
{
	struct loader_programs p = loader_programs(loader);
	const int fds[] = {p.count_queries, p.count_outcomes, p.count_guest_queries,
			   p.count_guest_outcomes};

	return fds[program];
}

static void run(const struct frame *f, enum hook_program program)
{
	struct frame before = *f;

	if (changing_cgroup)
		cgroup = (cgroup + 1) % 3;
	if (engine == ENGINE_NATIVE) {
		run_native(f, program);
		expect(memcmp(&before, f, sizeof(before)), 0);
	} else if (kernel_takes(f)) {
		run_kernel(f, program_fd(program));
	}
}

void queries(struct frame f)
{
	run(&f, QUERIES);
}

void outcomes(struct frame f)
{
	run(&f, OUTCOMES);
}

void guest_queries(struct frame f)
{
	run(&f, GUEST_QUERIES);
}

void guest_outcomes(struct frame f)
{
	run(&f, GUEST_OUTCOMES);
}

void run_sweep(void)
{
	if (engine == ENGINE_NATIVE)
		return native_sweep(now);
	loader_set_clock(loader, now);
	if (loader_sweep(loader))
		fail("sweep");
}

void make_port(uint32_t port, uint32_t master, int is_bridge)
{
	const struct if_master above = {.scope = master, .bridge = is_bridge ? master : 0};

	if (engine == ENGINE_NATIVE)
		return native_set_master(port, &above);
	if (bpf_map_update_elem(loader_maps(loader).if_masters, &port, &above, BPF_ANY))
		fail("cannot fill the map if_masters");
}

/* ---- reading ---------------------------------------------------------------------------- */

static struct resolver_key key_of(const char *text)
{
	struct resolver_key key = {.port = htons(53), .transport = TRANSPORT_UDP};
	const char *port = strchr(text, '#'), *transport = strchr(text, '/');
	char host[64];

	if (transport)
		key.transport = strcmp(transport, "/dot") ? TRANSPORT_TCP : TRANSPORT_DOT;
	if (transport && !strcmp(transport, "/dot"))
		key.port = htons(853);
	if (!strcmp(text, "other"))
		return (struct resolver_key){0};
	if (!strncmp(text, "other/", 6))
		return (struct resolver_key){.transport = key.transport};
	snprintf(host, sizeof(host), "%.*s", (int)strcspn(text, "#@/"), text);
	if (strstr(text, "@guest"))
		key.origin = ORIGIN_GUEST;
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

static struct snapshot snapshot(void)
{
	struct snapshot s = {0};

	if (map_reader_snapshot(reader, &s))
		fail("cannot read the maps");
	return s;
}

static struct found find(struct resolver_key key)
{
	struct found f = {.key = key};
	struct snapshot s;
	size_t i;

	if (engine == ENGINE_NATIVE) {
		native_each_resolver(add_native, &f);
		return f;
	}
	s = snapshot();
	for (i = 0; i < s.count; i++)
		add_native(&s.resolvers[i].key, &s.resolvers[i].counters, &f);
	return f;
}

uint64_t counter_of(const char *address, enum counter c)
{
	return find(key_of(address)).sum.n[c];
}

uint64_t guest_counter(enum counter c)
{
	struct resolver_key key = key_of(frame_resolver());

	key.origin = ORIGIN_GUEST;
	return find(key).sum.n[c];
}

int has_entry(const char *address)
{
	return find(key_of(address)).here;
}

uint64_t moment_of(const char *address, enum moment m)
{
	return find(key_of(address)).sum.at[m];
}

unsigned samples_of(enum sample_kind kind)
{
	if (engine == ENGINE_KERNEL)
		ring_buffer__consume(ring);
	return sample_count[kind];
}

struct sample latest_of(enum sample_kind kind)
{
	samples_of(kind);
	return sample[kind];
}

unsigned samples_seen(void)
{
	return samples_of(SAMPLE_ICMP);
}

struct sample latest_sample(void)
{
	return latest_of(SAMPLE_ICMP);
}

uint64_t samples_dropped(void)
{
	return engine == ENGINE_NATIVE ? native_samples_dropped() : loader_samples_dropped(loader);
}

uint64_t rtt_bucket(unsigned i)
{
	return find(key_of(frame_resolver())).sum.rtt[i];
}

uint64_t self_of(enum self_counter c)
{
	return engine == ENGINE_NATIVE ? native_self()->n[c] : snapshot().self.n[c];
}

struct open_count {
	const struct resolver_key *key; /* NULL: of all */
	uint64_t n;
};

static void count_open(const struct resolver_key *resolver, int is_connect, void *to)
{
	struct open_count *c = to;

	(void)is_connect;
	if (!c->key || !memcmp(c->key, resolver, sizeof(*resolver)))
		c->n++;
}

static uint64_t open_of(const struct resolver_key *of)
{
	struct open_count c = {.key = of};
	struct snapshot s;
	size_t i;

	if (engine == ENGINE_NATIVE) {
		native_each_open(count_open, &c);
		return c.n;
	}
	s = snapshot();
	for (i = 0; of && i < s.count; i++) {
		if (!memcmp(&s.resolvers[i].key, of, sizeof(*of)))
			return s.resolvers[i].in_flight + s.resolvers[i].messages_in_flight;
	}
	return of ? 0 : s.in_flight;
}

uint64_t in_flight(void)
{
	return open_of(NULL);
}

/* ---- askers ----------------------------------------------------------------------------- */

/* The sum over the askers of a resolver that are wanted. */
struct wanted_asker {
	struct resolver_key key;
	uint64_t cgroup;
	int of_all;
	struct asker_counters sum;
};

static void add_asker(const struct resolver_key *resolver, const struct native_asker *asker,
		      void *to)
{
	struct wanted_asker *s = to;
	int is_sum = asker->is_other || asker->is_former;

	if (memcmp(resolver, &s->key, sizeof(*resolver)) != 0)
		return;
	if (!s->of_all && (is_sum ? s->cgroup != OTHER_ASKERS : s->cgroup != asker->cgroup))
		return;
	s->sum.queries += asker->counters.queries;
	s->sum.failed += asker->counters.failed;
	s->sum.errors += asker->counters.errors;
}

static void sum_askers(struct wanted_asker *sum)
{
	const struct asker_snapshot *from;
	struct native_asker asker;
	struct snapshot s;
	size_t i;

	if (engine == ENGINE_NATIVE)
		return native_each_asker(add_asker, sum);
	s = snapshot();
	for (i = 0; i < s.asker_count; i++) {
		from = &s.askers[i];
		asker = (struct native_asker){.is_other = from->is_other,
					      .is_former = from->is_former,
					      .cgroup = from->cgroup,
					      .counters = {.queries = from->queries,
							   .failed = from->failed,
							   .errors = from->errors}};
		add_asker(&from->resolver, &asker, sum);
	}
}

struct asker_counters asker_of(const char *address, uint64_t id)
{
	struct wanted_asker sum = {.key = key_of(address), .cgroup = id};

	sum_askers(&sum);
	return sum.sum;
}

static void sweep_asker(struct asker_command command)
{
	if (engine == ENGINE_NATIVE)
		native_add_asker_command(&command);
	else if (loader_add_asker_command(loader, &command))
		fail("too many commands for one sweep");
	run_sweep();
}

void unlink_asker(uint32_t number)
{
	sweep_asker((struct asker_command){.number = number});
}

void move_asker(uint32_t number, uint32_t to, struct asker_counters counts)
{
	sweep_asker(
		(struct asker_command){.number = number, .is_move = 1, .to = to, .counts = counts});
}

void reserve(const char *address)
{
	struct resolver_key key = key_of(address);

	if (engine == ENGINE_NATIVE)
		native_reserve(&key);
	else if (loader_reserve(loader, &key))
		fail("cannot reserve an entry");
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

/* What was counted of the askers of a resolver adds up to what was counted of it. */
static void law_of_askers(const struct resolver_key *key, const struct resolver_counters *c)
{
	struct wanted_asker s = {.key = *key, .of_all = 1};

	if (!counts_askers)
		return;
	sum_askers(&s);
	expect(s.sum.queries, c->n[COUNTER_QUERIES]);
	expect(s.sum.failed, c->n[COUNTER_TIMED_OUT] +
				     sum(c, COUNTER_UNREACHABLE_PORT, COUNTER_UNREACHABLE_OTHER));
	expect(s.sum.errors, sum(c, COUNTER_ANSWERED_NOERROR, COUNTER_ANSWERED_OTHER) -
				     c->n[COUNTER_ANSWERED_NOERROR] -
				     c->n[COUNTER_ANSWERED_NXDOMAIN]);
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
	law_of_askers(key, c);
}

static uint64_t messages_ended(const struct resolver_counters *c)
{
	return sum(c, COUNTER_ANSWERED_NOERROR, COUNTER_ANSWERED_OTHER) +
	       sum(c, COUNTER_CLOSED_FIN, COUNTER_CLOSED_RST) + c->n[COUNTER_UNFOLLOWED] +
	       c->n[COUNTER_TIMED_OUT];
}

/* Returns how many times a histogram holds. */
static uint64_t histogram_count(const __u64 buckets[RTT_BUCKETS])
{
	uint64_t count = 0;
	int i;

	for (i = 0; i < RTT_BUCKETS; i++)
		count += buckets[i];
	return count;
}

/* Of messages over TCP: laws 2 and 3, and the histogram. */
static void message_laws_of(const struct resolver_counters *c)
{
	const __u64 *n = c->n;

	expect(histogram_count(c->rtt), n[COUNTER_RTT_COUNT]);
	expect(n[COUNTER_QUERIES],
	       n[COUNTER_TRANSACTIONS] + n[COUNTER_RETRANSMISSIONS] + n[COUNTER_UNTRACKED]);
	expect(n[COUNTER_RESPONSES], sum(c, COUNTER_ANSWERED_NOERROR, COUNTER_ANSWERED_OTHER) +
					     n[COUNTER_LATE_RESPONSES] + n[COUNTER_FURTHER] +
					     n[COUNTER_UNMATCHED_RESPONSES]);
	expect(sum(c, COUNTER_UNREACHABLE_PORT, COUNTER_UNREACHABLE_OTHER), 0);
}

/* A session is no message, and each answered one has an RTT. */
static void session_laws_of(const struct resolver_counters *c)
{
	const __u64 *n = c->n;

	expect(histogram_count(c->rtt), n[COUNTER_RTT_COUNT]);
	expect(n[COUNTER_RTT_COUNT], n[COUNTER_ANSWERED_NOERROR] + n[COUNTER_ANSWERED_REFUSED]);
	expect(n[COUNTER_QUERIES] + n[COUNTER_RESPONSES], 0);
}

/* Connects: the engine's counters of queries, as rows of TCP and TLS show them. */
static void connect_laws_of(const struct resolver_key *key, const struct resolver_counters *c)
{
	uint64_t unreachable =
		sum(c, COUNTER_CONNECT_UNREACHABLE_PORT, COUNTER_CONNECT_UNREACHABLE_OTHER);
	const __u64 *n = c->n;

	expect(histogram_count(c->connect_rtt), n[COUNTER_CONNECT_RTT_COUNT]);
	expect(n[COUNTER_CONNECT_OPENED] + n[COUNTER_TRANSACTIONS],
	       n[COUNTER_CONNECT_ESTABLISHED] + n[COUNTER_CONNECT_REFUSED] + unreachable +
		       n[COUNTER_CONNECT_TIMED_OUT] + messages_ended(c) + open_of(key));
	expect(n[COUNTER_CONNECT_ATTEMPTS], n[COUNTER_CONNECT_OPENED] +
						    n[COUNTER_CONNECT_RETRANSMISSIONS] +
						    n[COUNTER_CONNECT_UNTRACKED]);
	expect(n[COUNTER_CONNECT_ARRIVALS],
	       n[COUNTER_CONNECT_ESTABLISHED] + n[COUNTER_CONNECT_REFUSED] +
		       n[COUNTER_CONNECT_LATE] + n[COUNTER_CONNECT_UNMATCHED]);
	expect(sum(c, COUNTER_ICMP_PORT, COUNTER_ICMP_OTHER),
	       unreachable + n[COUNTER_LATE_UNREACHABLES] + n[COUNTER_UNMATCHED_UNREACHABLES]);
	if (key->transport == TRANSPORT_TCP)
		message_laws_of(c);
	else
		session_laws_of(c);
}

static void any_laws_of(const struct resolver_key *key, const struct resolver_counters *c)
{
	if (key->transport > TRANSPORT_UDP)
		connect_laws_of(key, c);
	else
		laws_of(key, c);
}

static void laws_native(const struct resolver_key *key, const struct resolver_counters *c, void *to)
{
	(void)to;
	any_laws_of(key, c);
}

void rig_laws(void)
{
	struct snapshot s;
	size_t i;

	if (engine == ENGINE_NATIVE)
		return native_each_resolver(laws_native, NULL);
	s = snapshot();
	for (i = 0; i < s.count; i++)
		any_laws_of(&s.resolvers[i].key, &s.resolvers[i].counters);
}
