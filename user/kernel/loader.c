/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* See loader.h. */
#include "kernel/loader.h"

#include "dnsreach.skel.h"
#include "kernel/handover.h"
#include "kernel/privileges.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/utsname.h>

#define SWEEP_RUNS_MAX 1024

struct loader {
	struct dnsreach *object;
	unsigned reserved; /* entries that no query has created */
	int goes_on;
};

/* What libbpf and the verifier said; shown only when DNSREACH_DEBUG is set. */
static int say_libbpf(enum libbpf_print_level level, const char *format, va_list arguments)
{
	if (level > LIBBPF_WARN || !getenv("DNSREACH_DEBUG"))
		return 0;
	return vfprintf(stderr, format, arguments);
}

/* ---- why it was not loaded --------------------------------------------------------------- */

/* The newest thing the programs need: a helper of Linux 5.13 (with 5.12's atomics before it). */
static int kernel_is_too_old(void)
{
	return libbpf_probe_bpf_helper(BPF_PROG_TYPE_SCHED_CLS, BPF_FUNC_for_each_map_elem, NULL) ==
	       0;
}

static void explain(int err)
{
	struct utsname u;

	uname(&u);
	if (kernel_is_too_old())
		fprintf(stderr,
			"dnsreach: kernel %s is too old: dnsreach needs Linux 5.15, or a "
			"distribution's kernel with the BPF of that time (RHEL 9, Debian 12, "
			"Ubuntu 22.04)\n",
			u.release);
	else if (err == -EPERM)
		fprintf(stderr,
			"dnsreach: the kernel refused to load the BPF programs: %s; run as root, "
			"and check kernel lockdown and container limits\n",
			strerror(-err));
	else if (err == -ENOMEM || err == -E2BIG)
		fprintf(stderr,
			"dnsreach: no memory for the BPF maps: try a smaller --max-in-flight or "
			"--max-resolvers\n");
	else
		fprintf(stderr,
			"dnsreach: kernel %s refused the BPF programs: %s; run with "
			"DNSREACH_DEBUG=1 for the verifier's words and report them\n",
			u.release, strerror(-err));
}

/* ---- load -------------------------------------------------------------------------------- */

static int size_maps(struct dnsreach *o, const struct engine_config *c)
{
	int err =
		bpf_map__set_max_entries(o->maps.resolvers, c->max_resolvers + RESOLVERS_RESERVED);

	if (!err)
		err = bpf_map__set_max_entries(o->maps.transactions, c->max_in_flight);
	if (!err)
		err = bpf_map__set_max_entries(o->maps.tuples, c->max_in_flight);
	if (!err)
		err = bpf_map__set_max_entries(o->maps.remembered, c->max_in_flight);
	return err;
}

/* A value for each possible CPU, all zero. NULL: out of memory. */
static void *no_counts(void)
{
	int cpus = libbpf_num_possible_cpus();

	return cpus < 0 ? NULL : calloc(cpus, sizeof(struct resolver_counters));
}

/* -EEXIST when the entry is there already. */
static int create_entry(struct loader *l, const struct resolver_key *key)
{
	void *zero = no_counts();
	int err;

	if (!zero)
		return -ENOMEM;
	err = bpf_map_update_elem(bpf_map__fd(l->object->maps.resolvers), key, zero, BPF_NOEXIST);
	err = err ? -errno : 0;
	free(zero);
	return err;
}

/* The entry `other`, and the count of what is reserved beside it. */
static int begin_or_go_on(struct loader *l)
{
	static const struct resolver_key other;
	int err = create_entry(l, &other);

	return l->goes_on && err == -EEXIST ? 0 : err;
}

int loader_open(const struct engine_config *config, struct loader **ret)
{
	return loader_open_from(config, NULL, 0, ret);
}

int loader_open_from(const struct engine_config *config, struct handover *handover, __u64 wall_ns,
		     struct loader **ret)
{
	struct rlimit unlimited = {RLIM_INFINITY, RLIM_INFINITY};
	struct loader *l = calloc(1, sizeof(*l));
	int err;

	if (!l)
		return -ENOMEM;
	libbpf_set_print(say_libbpf);
	err = privileges_check_loading();
	if (err)
		goto free_loader;
	setrlimit(RLIMIT_MEMLOCK, &unlimited); /* only kernels before 5.11 ask for it */
	l->object = dnsreach__open();
	err = l->object ? 0 : -errno;
	if (!err)
		err = size_maps(l->object, config);
	if (err) {
		fprintf(stderr, "dnsreach: cannot open the BPF object: %s\n", strerror(-err));
		goto close_object;
	}
	memcpy((void *)&l->object->rodata->config, config, sizeof(*config));
	err = handover_use_maps(handover, l->object->obj);
	l->goes_on = err > 0;
	if (err >= 0)
		err = dnsreach__load(l->object);
	if (!err)
		err = begin_or_go_on(l);
	if (err) {
		explain(err);
		goto close_object;
	}
	handover_keep_maps(handover, l->object->obj, wall_ns);
	*ret = l;
	return 0;

close_object:
	dnsreach__destroy(l->object);
free_loader:
	free(l);
	return err;
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
				    .transactions = bpf_map__fd(l->object->maps.transactions),
				    .self = bpf_map__fd(l->object->maps.self),
				    .tagged = bpf_map__fd(l->object->maps.tagged),
				    .scopes = bpf_map__fd(l->object->maps.scopes),
				    .samples = bpf_map__fd(l->object->maps.samples)};
}

struct loader_programs loader_programs(const struct loader *l)
{
	return (struct loader_programs){.count_queries =
						bpf_program__fd(l->object->progs.count_queries),
					.count_outcomes =
						bpf_program__fd(l->object->progs.count_outcomes),
					.sweep = bpf_program__fd(l->object->progs.sweep)};
}

void loader_took_over(struct loader *l, size_t entries)
{
	__u64 others = 1 + __atomic_load_n(&l->object->bss->engine.resolvers, __ATOMIC_RELAXED);

	l->reserved = entries > others ? entries - others : 0;
}

int loader_goes_on(const struct loader *l)
{
	return l->goes_on;
}

unsigned loader_reserved(const struct loader *l)
{
	return l->reserved;
}

int loader_reserve(struct loader *l, const struct resolver_key *key)
{
	int err = create_entry(l, key);

	if (!err)
		l->reserved++;
	return err == -EEXIST ? 0 : err;
}

__u64 loader_samples_dropped(const struct loader *l)
{
	return __atomic_load_n(&l->object->bss->engine.samples_dropped, __ATOMIC_RELAXED);
}

void loader_set_clock(struct loader *l, __u64 now)
{
	l->object->bss->engine.now = now;
}

int loader_sweep(struct loader *l)
{
	unsigned char nothing[64] = {0};
	LIBBPF_OPTS(bpf_test_run_opts, o, .data_in = nothing, .data_size_in = sizeof(nothing));
	int runs;

	for (runs = 0; runs < SWEEP_RUNS_MAX; runs++) {
		if (bpf_prog_test_run_opts(bpf_program__fd(l->object->progs.sweep), &o))
			return -errno;
		if (!__atomic_load_n(&l->object->bss->engine.unswept, __ATOMIC_RELAXED))
			break;
	}
	return 0; /* what is left then, the next second ends */
}
