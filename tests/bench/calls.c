/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* See calls.h. */
#include "calls.h"

#include "health/counters.h"
#include "datapath/map_reader.h"
#include "machine.h"
#include "measure.h"
#include "translated.h"

#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define MAPS_MOST 32
#define TICK 1000000 /* of the timer: all packets come within one */

/* A map of the interpreted object: what a program's pointer to it points to. */
struct used_map {
	int fd;
	struct bpf_map_info info;
	char *rows; /* of an array, where they lie; of a hash, a copy of the value found last */
	size_t bytes, row;
};

struct calls {
	struct engine_config config;
	struct loader *interpreted, *measured;
	struct map_reader *readers[2]; /* of the one, and of the other */
	const struct translated *queries, *outcomes;
	struct machine machine;
	struct used_map maps[MAPS_MOST];
	int map_count;
	struct __sk_buff context;
};

/* ---- maps -------------------------------------------------------------------------------- */

static void show_array(struct calls *c, struct used_map *m)
{
	size_t page = sysconf(_SC_PAGESIZE);
	int writable = !(m->info.map_flags & BPF_F_RDONLY_PROG);
	void *rows;

	m->row = (m->info.value_size + 7) / 8 * 8;
	m->bytes = (m->info.max_entries * m->row + page - 1) / page * page;
	rows = mmap(NULL, m->bytes, writable ? PROT_READ | PROT_WRITE : PROT_READ, MAP_SHARED,
		    m->fd, 0);
	if (rows == MAP_FAILED)
		fail("cannot map a table");
	m->rows = rows;
	machine_add_region(&c->machine, rows, m->info.max_entries * m->row, writable);
}

/* The program may look at the value that it found, and would miss its writing: refused. */
static void make_copy(struct calls *c, struct used_map *m)
{
	m->rows = calloc(1, m->info.value_size);
	if (!m->rows)
		fail("no memory");
	machine_add_region(&c->machine, m->rows, m->info.value_size, 0);
}

static struct used_map *map_of(struct calls *c, int fd)
{
	struct used_map *m;
	__u32 size = sizeof(m->info);

	for (m = c->maps; m < c->maps + c->map_count; m++) {
		if (m->fd == fd)
			return m;
	}
	if (c->map_count == MAPS_MOST)
		refuse("more maps than there is room for");
	c->map_count++;
	m->fd = fd;
	if (bpf_obj_get_info_by_fd(fd, &m->info, &size))
		fail("cannot ask for a map");
	if (m->info.type == BPF_MAP_TYPE_ARRAY)
		show_array(c, m);
	else if (m->info.type == BPF_MAP_TYPE_HASH)
		make_copy(c, m);
	else if (m->info.type != BPF_MAP_TYPE_RINGBUF)
		refuse("%s is of a kind that the machine does not know", m->info.name);
	return m;
}

static void unmap(struct used_map *m)
{
	if (m->bytes)
		munmap(m->rows, m->bytes);
	else
		free(m->rows);
}

static __u64 constant(struct machine *m, const struct bpf_insn *i)
{
	struct used_map *map;

	if (i->src_reg != BPF_PSEUDO_MAP_FD && i->src_reg != BPF_PSEUDO_MAP_VALUE)
		refuse("a constant of kind %d is unknown to the machine", i->src_reg);
	map = map_of(m->owner, i->imm);
	if (i->src_reg == BPF_PSEUDO_MAP_FD)
		return (__u64)map;
	if (!map->row)
		refuse("%s has no rows to point into", map->info.name);
	return (__u64)map->rows + (__u32)i[1].imm;
}

/* ---- helpers ----------------------------------------------------------------------------- */

static struct used_map *argument_map(const struct calls *c, __u64 r)
{
	__u64 i = (r - (__u64)c->maps) / sizeof(*c->maps);

	if (i >= (__u64)c->map_count || r != (__u64)&c->maps[i])
		refuse("a helper wants a map and gets something else");
	return (struct used_map *)r;
}

/* Operations on a map: the kernel does them, but for arrays, whose rows are here. */
static __u64 map_helper(struct machine *m, int number, const __u64 *r)
{
	struct used_map *map = argument_map(m->owner, r[1]);
	const void *key = machine_memory(m, r[2], map->info.key_size, 0), *value;
	__u32 row;

	if (number == BPF_FUNC_map_lookup_elem && map->row) {
		memcpy(&row, key, sizeof(row));
		return row < map->info.max_entries ? (__u64)map->rows + row * map->row : 0;
	}
	if (number == BPF_FUNC_map_lookup_elem)
		return bpf_map_lookup_elem(map->fd, key, map->rows) ? 0 : (__u64)map->rows;
	if (number == BPF_FUNC_map_delete_elem)
		return bpf_map_delete_elem(map->fd, key) ? (__u64)-errno : 0;
	value = machine_memory(m, r[3], map->info.value_size, 0);
	return bpf_map_update_elem(map->fd, key, value, r[4]) ? (__u64)-errno : 0;
}

static __u64 load_bytes(struct machine *m, const __u64 *r)
{
	__u64 at = (__u32)r[2], n = (__u32)r[4],
	      all = (const char *)m->data_end - (const char *)m->data;
	void *to = machine_memory(m, r[3], n, 1);

	if (at > all || n > all - at) {
		memset(to, 0, n);
		return (__u64)-EFAULT;
	}
	memcpy(to, (const char *)m->data + at, n);
	return 0;
}

static __u64 clock_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000ULL + t.tv_nsec;
}

static __u64 helper(struct machine *m, int number, const __u64 *r)
{
	switch (number) {
	case BPF_FUNC_map_lookup_elem:
	case BPF_FUNC_map_update_elem:
	case BPF_FUNC_map_delete_elem:
		return map_helper(m, number, r);
	case BPF_FUNC_ktime_get_ns:
		return clock_ns();
	case BPF_FUNC_jiffies64:
		return TICK;
	case BPF_FUNC_get_smp_processor_id:
		return sched_getcpu();
	case BPF_FUNC_skb_cgroup_id:
		return 1; /* the socket that test run makes is of the root cgroup */
	case BPF_FUNC_skb_load_bytes:
		return load_bytes(m, r);
	case BPF_FUNC_ringbuf_reserve:
		return 0; /* there is no room: a sample is never counted */
	default:
		refuse("helper %d is unknown to the machine", number);
	}
}

/* ---- begin and end ----------------------------------------------------------------------- */

static void open_reader(const struct calls *c, const struct loader *l, struct map_reader **ret)
{
	struct loader_maps maps = loader_maps(l);

	map_reader_close(*ret); /* it believes that an entry is there for good */
	if (map_reader_open(&maps, &c->config, ret))
		fail("cannot open the reader");
}

void calls_reset(struct calls *c)
{
	loader_reset(c->interpreted);
	loader_reset(c->measured);
	open_reader(c, c->interpreted, &c->readers[0]);
	open_reader(c, c->measured, &c->readers[1]);
}

struct calls *calls_open(const struct engine_config *config, struct loader *measured)
{
	struct calls *c = calloc(1, sizeof(*c));
	struct loader_programs mine, its;

	if (!c)
		fail("no memory");
	c->config = *config;
	c->measured = measured;
	translated_begin();
	if (loader_open(config, &c->interpreted))
		exit(1);
	translated_end();
	mine = loader_programs(c->interpreted);
	its = loader_programs(measured);
	c->queries = translated_of("count_queries", mine.count_queries, its.count_queries);
	c->outcomes = translated_of("count_outcomes", mine.count_outcomes, its.count_outcomes);
	c->machine.owner = c;
	c->machine.helper = helper;
	c->machine.constant = constant;
	c->machine.context = &c->context;
	machine_add_region(&c->machine, &c->context, sizeof(c->context), 0);
	machine_add_region(&c->machine, NULL, 0, 0); /* of the packet */
	return c;
}

void calls_close(struct calls *c)
{
	calls_reset(c);
	map_reader_close(c->readers[0]);
	map_reader_close(c->readers[1]);
	while (c->map_count)
		unmap(&c->maps[--c->map_count]);
	translated_forget();
	loader_close(c->interpreted);
	free(c);
}

/* ---- one packet -------------------------------------------------------------------------- */

/* As BPF_PROG_TEST_RUN makes it: linear, on the interface that is measured. */
static __u64 interpret(struct calls *c, const struct translated *t, const struct frame *f)
{
	struct machine *m = &c->machine;

	c->context = (struct __sk_buff){.len = f->length,
					.protocol = htons(f->protocol),
					.ifindex = measure_ifindex};
	m->code = t->code;
	m->length = t->length;
	m->cost = t->calls;
	m->data = f->bytes;
	m->data_end = f->bytes + f->length;
	m->regions[1] = (struct region){.from = (__u64)m->data, .to = (__u64)m->data_end};
	return machine_run(m);
}

static void run_in_kernel(int program, const struct frame *f, __u64 answer)
{
	static unsigned char out[sizeof(f->bytes)];
	struct __sk_buff context = {.ifindex = measure_ifindex};
	LIBBPF_OPTS(bpf_test_run_opts, o, .data_in = f->bytes, .data_size_in = f->length,
		    .data_out = out, .data_size_out = sizeof(out), .repeat = 1, .ctx_in = &context,
		    .ctx_size_in = sizeof(context));

	if (bpf_prog_test_run_opts(program, &o))
		fail("test run");
	if (o.retval != (__u32)answer)
		refuse("the kernel's program answers %d, the interpreted one %d", (int)o.retval,
		       (int)answer);
	if (o.data_size_out != f->length || memcmp(out, f->bytes, f->length) != 0)
		refuse("the kernel's program altered its packet");
}

static void compare_counter(const char *name, const char *value, __u64 interpreted, __u64 measured)
{
	if (interpreted != measured)
		refuse("%s%s%s: the interpreted program counts %llu, the kernel's %llu", name,
		       value ? " " : "", value ? value : "", interpreted, measured);
}

/* All but how long it took. */
static void compare_resolver(const struct resolver_snapshot *a, const struct resolver_snapshot *b)
{
	int i;

	if (memcmp(&a->key, &b->key, sizeof(a->key)) != 0)
		refuse("the interpreted program has met other resolvers than the kernel's");
	for (i = 0; i < COUNTER_MAX; i++) {
		if (i != COUNTER_RTT_SUM_NS)
			compare_counter(counter_rows[i].name, counter_rows[i].value,
					a->counters.n[i], b->counters.n[i]);
	}
	compare_counter("in flight", NULL, a->in_flight, b->in_flight);
}

static void compare(const struct calls *c)
{
	struct snapshot a = {0}, b = {0};
	size_t i;

	if (map_reader_snapshot(c->readers[0], &a) || map_reader_snapshot(c->readers[1], &b))
		fail("cannot read the maps");
	compare_counter("resolvers", NULL, a.count, b.count);
	for (i = 0; i < a.count; i++)
		compare_resolver(&a.resolvers[i], &b.resolvers[i]);
	for (i = 0; i < SELF_MAX; i++)
		compare_counter(self_rows[i].name, self_rows[i].value, a.self.n[i], b.self.n[i]);
}

int calls_of(struct calls *c, int program, const struct frame *f)
{
	int out = program == loader_programs(c->measured).count_queries;
	__u64 answer = interpret(c, out ? c->queries : c->outcomes, f);

	run_in_kernel(program, f, answer);
	compare(c);
	return c->machine.unknown ? CALLS_UNKNOWN : c->machine.spent;
}
