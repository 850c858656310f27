/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The BPF object opened, its maps sized, its programs loaded and run. */
#include "datapath/loader.h"

#include "util/log.h"
#include "dnsreach.skel.h"
#include "datapath/handover.h"
#include "datapath/privileges.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sizes.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <unistd.h>

#define SWEEP_RUNS_MAX 1024

struct loader {
	struct dnsreach *object;
	struct engine_sizes sizes;
	unsigned reserved;  /* entries that no query has created */
	int has_taken_over; /* counters that an earlier run has begun */
};

/* Logs the lines of libbpf and of the verifier, when DNSREACH_DEBUG is set. */
static int libbpf_log(enum libbpf_print_level level, const char *format, va_list arguments)
{
	char *words, *rest, *line;

	if (level > LIBBPF_WARN || !getenv("DNSREACH_DEBUG"))
		return 0;
	if (vasprintf(&words, format, arguments) < 0)
		return 0;
	rest = words;
	while ((line = strsep(&rest, "\n")))
		if (*line)
			log_warn("libbpf: %s", line);
	free(words);
	return 0;
}

/* ---- why it was not loaded --------------------------------------------------------------- */

/* The newest thing the programs need: a helper of Linux 5.13 (with 5.12's atomics before it). */
static int kernel_is_too_old(void)
{
	return libbpf_probe_bpf_helper(BPF_PROG_TYPE_SCHED_CLS, BPF_FUNC_for_each_map_elem, NULL) ==
	       0;
}

/*
 * Asks by a program that calls the helper, and not by libbpf's probe: libbpf 1.1 does not know the
 * words by which Linux 6.7 and later refuse a helper.
 */
int loader_can_tell_cgroups(void)
{
	static const struct bpf_insn insns[] = {
		{.code = BPF_JMP | BPF_CALL, .imm = BPF_FUNC_skb_cgroup_id}, /* r1: the packet */
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0},
		{.code = BPF_JMP | BPF_EXIT},
	};
	int fd = bpf_prog_load(BPF_PROG_TYPE_SCHED_CLS, "cgroup_probe", "GPL", insns,
			       sizeof(insns) / sizeof(*insns), NULL);

	if (fd < 0)
		return fd != -EINVAL; /* other failures are told when the programs are loaded */
	close(fd);
	return 1;
}

static void log_load_failure(int err)
{
	struct utsname u;

	uname(&u);
	if (kernel_is_too_old())
		log_error("kernel %s is too old: dnsreach needs Linux 5.15, or a distribution's "
			  "kernel with the BPF of that time (RHEL 9, Debian 12, Ubuntu 22.04)",
			  u.release);
	else if (err == -EPERM)
		log_error("the kernel refused to load the BPF programs: %s; run as root, and check "
			  "kernel lockdown and container limits",
			  strerror(-err));
	else if (err == -ENOMEM || err == -E2BIG)
		log_error("no memory for the BPF maps: try a smaller --max-in-flight or "
			  "--max-resolvers");
	else
		log_error("kernel %s refused the BPF programs: %s; run with DNSREACH_DEBUG=1 and "
			  "report the verifier's messages",
			  u.release, strerror(-err));
}

/* ---- load -------------------------------------------------------------------------------- */

/* Returns the highest number that a CPU may have, plus one; the list may have gaps. */
static unsigned possible_cpus(void)
{
	FILE *f = fopen("/sys/devices/system/cpu/possible", "r");
	unsigned n, most = 0;

	while (f && fscanf(f, "%u", &n) == 1) {
		most = n + 1;
		if (fgetc(f) == EOF)
			break;
	}
	if (f)
		fclose(f);
	if (!most && libbpf_num_possible_cpus() > 0)
		most = libbpf_num_possible_cpus();
	return most ? most : 1;
}

static int map_set_rows(struct bpf_map *m, __u64 rows)
{
	if (rows * bpf_map__value_size(m) >= 1ULL << 32) /* what an array of the kernel can be */
		return -E2BIG;
	return bpf_map__set_max_entries(m, rows);
}

static int maps_set_rows(struct dnsreach *o, const struct engine_sizes *s, int askers)
{
	const struct {
		struct bpf_map *map;
		__u64 rows;
	} tables[] = {{o->maps.resolvers, s->entries},
		      {o->maps.resolver_table, s->resolver_table_mask + 1ULL},
		      {o->maps.counters, (__u64)s->cpus * s->entries},
		      {o->maps.histograms, (s->rtt_mask + 1ULL) * s->entries},
		      {o->maps.cpus, s->cpus},
		      {o->maps.sample_limits, s->entries},
		      {o->maps.asker_index, askers ? ASKER_INDEX_MASK + 1ULL : 1},
		      {o->maps.askers, askers ? ASKERS_MAX + 1ULL : 1},
		      {o->maps.asker_counters,
		       askers ? (__u64)ASKER_COPIES(s->cpus) * ASKER_ROWS(s->entries) : 1},
		      {o->maps.flows_by_tuple, s->flows_by_tuple_mask + 1ULL},
		      {o->maps.flows_by_key, s->flows_by_key_mask + 1ULL},
		      {o->maps.flows_overflow, s->overflow},
		      {o->maps.tuple_index, s->tuple_index_mask + 1ULL},
		      {o->maps.expired, s->expired_mask + 1ULL},
		      {o->maps.streams, s->streams_mask + 1ULL}};
	int err = 0;
	size_t i;

	for (i = 0; !err && i < sizeof(tables) / sizeof(*tables); i++)
		err = map_set_rows(tables[i].map, tables[i].rows);
	return err;
}

/* Returns a random seed, so that no sender of packets can predict which flows share a bucket. */
static __u64 random_seed(void)
{
	__u64 seed = 0;

	if (getrandom(&seed, sizeof(seed), 0) != sizeof(seed))
		seed = (__u64)getpid() * 0x9e3779b97f4a7c15ULL;
	return seed;
}

static struct engine_sizes sizes_for(const struct engine_config *config, unsigned cpus)
{
	struct engine_sizes s = engine_sizes(config, cpus);

	s.seed = random_seed();
	return s;
}

/*
 * Takes over the maps of an earlier run, with its seed: their entries are placed by its hashes.
 * Returns 0 or -errno.
 */
static int loader_take_over(struct loader *l, struct handover *handover)
{
	struct dnsreach__bss *old;
	__u32 zero = 0;
	int used = handover_reuse_maps(handover, l->object->obj), err;

	if (used <= 0)
		return used;
	old = calloc(1, bpf_map__value_size(l->object->maps.bss));
	err = old ? bpf_map_lookup_elem(bpf_map__fd(l->object->maps.bss), &zero, old) : -ENOMEM;
	if (!err)
		l->sizes.seed = old->engine.seed;
	l->has_taken_over = !err;
	free(old);
	return err;
}

/*
 * Leaves out the programs for guests' interfaces, where none are counted: the verifier takes three
 * times as long for all.
 */
static void leave_out_guest_programs(struct dnsreach *o)
{
	bpf_program__set_autoload(o->progs.count_guest_queries, false);
	bpf_program__set_autoload(o->progs.count_guest_outcomes, false);
	bpf_program__set_autoload(o->progs.count_both_in, false);
	bpf_program__set_autoload(o->progs.count_both_out, false);
}

static int loader_load(struct loader *l, const struct engine_config *config,
		       struct handover *handover)
{
	int err = loader_take_over(l, handover);

	memcpy((void *)&l->object->rodata->config, config, sizeof(*config));
	memcpy((void *)&l->object->rodata->sizes, &l->sizes, sizeof(l->sizes));
	if (!config->guests)
		leave_out_guest_programs(l->object);
	if (!err)
		err = dnsreach__load(l->object);
	if (!err)
		l->object->bss->engine.seed = l->sizes.seed;
	return err;
}

static int loader_open_with(const struct engine_config *config, unsigned cpus,
			    struct handover *handover, __u64 wall_ns, struct loader **ret)
{
	struct rlimit unlimited = {RLIM_INFINITY, RLIM_INFINITY};
	struct loader *l = calloc(1, sizeof(*l));
	int err;

	if (!l)
		return -ENOMEM;
	libbpf_set_print(libbpf_log);
	err = privileges_check_loading();
	if (err)
		goto free_loader;
	setrlimit(RLIMIT_MEMLOCK, &unlimited); /* only kernels before 5.11 ask for it */
	l->object = dnsreach__open();
	err = l->object ? 0 : -errno;
	l->sizes = sizes_for(config, cpus);
	if (!err)
		err = maps_set_rows(l->object, &l->sizes, config->askers);
	if (err) {
		log_error("cannot open the BPF object: %s", strerror(-err));
		goto close_object;
	}
	err = loader_load(l, config, handover);
	if (err) {
		log_load_failure(err);
		goto close_object;
	}
	handover_push_maps(handover, l->object->obj, wall_ns);
	*ret = l;
	return 0;

close_object:
	dnsreach__destroy(l->object);
free_loader:
	free(l);
	return err;
}

int loader_open(const struct engine_config *config, struct loader **ret)
{
	return loader_open_with(config, possible_cpus(), NULL, 0, ret);
}

int loader_open_for(const struct engine_config *config, unsigned cpus, struct loader **ret)
{
	return loader_open_with(config, cpus, NULL, 0, ret);
}

int loader_open_from(const struct engine_config *config, struct handover *handover, __u64 wall_ns,
		     struct loader **ret)
{
	return loader_open_with(config, possible_cpus(), handover, wall_ns, ret);
}

void loader_close(struct loader *l)
{
	if (!l)
		return;
	dnsreach__destroy(l->object);
	free(l);
}

/* ---- use --------------------------------------------------------------------------------- */

struct loader_maps loader_maps(const struct loader *l)
{
	return (struct loader_maps){.resolvers = bpf_map__fd(l->object->maps.resolvers),
				    .counters = bpf_map__fd(l->object->maps.counters),
				    .histograms = bpf_map__fd(l->object->maps.histograms),
				    .cpus = bpf_map__fd(l->object->maps.cpus),
				    .flows_by_tuple = bpf_map__fd(l->object->maps.flows_by_tuple),
				    .flows_by_key = bpf_map__fd(l->object->maps.flows_by_key),
				    .flows_overflow = bpf_map__fd(l->object->maps.flows_overflow),
				    .vlan_devs = bpf_map__fd(l->object->maps.vlan_devs),
				    .if_masters = bpf_map__fd(l->object->maps.if_masters),
				    .samples = bpf_map__fd(l->object->maps.samples),
				    .askers = bpf_map__fd(l->object->maps.askers),
				    .asker_counters = bpf_map__fd(l->object->maps.asker_counters),
				    .sizes = l->sizes};
}

static __u64 map_memory_bytes(int fd)
{
	unsigned long long bytes = 0;
	char line[256];
	FILE *f;

	snprintf(line, sizeof(line), "/proc/self/fdinfo/%d", fd);
	f = fopen(line, "r");
	while (f && fgets(line, sizeof(line), f)) {
		if (sscanf(line, "memlock: %llu", &bytes) == 1)
			break;
	}
	if (f)
		fclose(f);
	return bytes;
}

__u64 loader_memory_bytes(const struct loader *l)
{
	struct bpf_map *m;
	__u64 bytes = 0;

	bpf_object__for_each_map(m, l->object->obj) bytes += map_memory_bytes(bpf_map__fd(m));
	return bytes;
}

struct loader_programs loader_programs(const struct loader *l)
{
	return (struct loader_programs){
		.count_queries = bpf_program__fd(l->object->progs.count_queries),
		.count_outcomes = bpf_program__fd(l->object->progs.count_outcomes),
		.sweep = bpf_program__fd(l->object->progs.sweep),
		.count_guest_queries = bpf_program__fd(l->object->progs.count_guest_queries),
		.count_guest_outcomes = bpf_program__fd(l->object->progs.count_guest_outcomes),
		.count_both_in = bpf_program__fd(l->object->progs.count_both_in),
		.count_both_out = bpf_program__fd(l->object->progs.count_both_out)};
}

void loader_count_reserved(struct loader *l, size_t entries)
{
	__u64 others = 1 + __atomic_load_n(&l->object->bss->engine.resolvers, __ATOMIC_RELAXED);

	l->reserved = entries > others ? entries - others : 0;
}

int loader_has_taken_over(const struct loader *l)
{
	return l->has_taken_over;
}

unsigned loader_reserved(const struct loader *l)
{
	return l->reserved;
}

int loader_reserve(struct loader *l, const struct resolver_key *key)
{
	struct engine_state *e = &l->object->bss->engine;
	int err;

	e->reserve_key = *key;
	__atomic_store_n(&e->reserve_cmd, RESERVE_WANTED, __ATOMIC_RELEASE);
	err = loader_sweep(l);
	if (err)
		return err;
	if (e->reserve_cmd == RESERVE_DONE)
		l->reserved++;
	return e->reserve_cmd == RESERVE_NO_ROOM ? -E2BIG : 0;
}

__u64 loader_samples_dropped(const struct loader *l)
{
	struct cpu_record r;
	__u64 dropped = 0;
	__u32 cpu;

	for (cpu = 0; cpu < l->sizes.cpus; cpu++) {
		if (!bpf_map_lookup_elem(bpf_map__fd(l->object->maps.cpus), &cpu, &r))
			dropped += r.samples_dropped;
	}
	return dropped;
}

int loader_add_asker_command(struct loader *l, const struct asker_command *command)
{
	struct engine_state *e = &l->object->bss->engine;

	if (e->asker_command_count >= ASKER_COMMANDS)
		return -EAGAIN;
	e->asker_commands[e->asker_command_count] = *command;
	__atomic_store_n(&e->asker_command_count, e->asker_command_count + 1, __ATOMIC_RELEASE);
	return 0;
}

void loader_set_clock(struct loader *l, __u64 now)
{
	l->object->bss->engine.now = now;
}

void loader_set_cgroup(struct loader *l, __u64 cgroup)
{
	l->object->bss->engine.cgroup = cgroup;
}

static void map_clear(const struct bpf_map *m)
{
	size_t bytes = (size_t)bpf_map__max_entries(m) * bpf_map__value_size(m);
	unsigned char key[64];
	void *rows;

	if (bpf_map__type(m) == BPF_MAP_TYPE_HASH) {
		while (!bpf_map_get_next_key(bpf_map__fd(m), NULL, key))
			bpf_map_delete_elem(bpf_map__fd(m), key);
		return;
	}
	if (bpf_map__type(m) != BPF_MAP_TYPE_ARRAY || strstr(bpf_map__name(m), ".rodata"))
		return;
	rows = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, bpf_map__fd(m), 0);
	if (rows == MAP_FAILED)
		return;
	memset(rows, 0, bytes);
	munmap(rows, bytes);
}

void loader_reset(struct loader *l)
{
	struct bpf_map *m;

	bpf_object__for_each_map(m, l->object->obj) map_clear(m);
	l->reserved = 0;
}

int loader_sweep(struct loader *l)
{
	unsigned char nothing[64] = {0};
	LIBBPF_OPTS(bpf_test_run_opts, o, .data_in = nothing, .data_size_in = sizeof(nothing));
	int runs;

	for (runs = 0; runs < SWEEP_RUNS_MAX; runs++) {
		if (bpf_prog_test_run_opts(bpf_program__fd(l->object->progs.sweep), &o))
			return -errno;
		if (!__atomic_load_n(&l->object->bss->engine.sweep_again, __ATOMIC_RELAXED))
			break;
	}
	return 0; /* the next second ends what is left */
}
