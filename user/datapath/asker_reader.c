// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Counters of askers: the engine's rows (bpf/asker.h) to the snapshot's list. */
#include "datapath/asker_reader.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

struct asker_reader {
	__u32 entries, cpus;
	size_t askers_bytes, counters_bytes;
	const struct asker_entry *askers;
	const struct asker_counters *counters;
	struct asker_snapshot *list;
};

#define load_relaxed(x) __atomic_load_n(&(x), __ATOMIC_RELAXED)

static const void *map_rows(int fd, size_t rows, size_t row, size_t *bytes)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	void *p;

	*bytes = (rows * row + page - 1) / page * page;
	p = mmap(NULL, *bytes, PROT_READ, MAP_SHARED, fd, 0);
	return p == MAP_FAILED ? NULL : p;
}

int asker_reader_open(const struct loader_maps *maps, struct asker_reader **ret)
{
	const struct engine_sizes *s = &maps->sizes;
	struct asker_reader *r = calloc(1, sizeof(*r));
	int err = -ENOMEM;

	if (!r)
		return -ENOMEM;
	r->entries = s->entries;
	r->cpus = s->cpus;
	r->list = calloc(ASKER_ROWS(s->entries) + s->entries, sizeof(*r->list));
	if (!r->list)
		goto close;
	r->askers = map_rows(maps->askers, ASKERS_MAX + 1, sizeof(*r->askers), &r->askers_bytes);
	if (r->askers)
		r->counters = map_rows(maps->asker_counters,
				       (size_t)ASKER_COPIES(s->cpus) * ASKER_ROWS(s->entries),
				       sizeof(*r->counters), &r->counters_bytes);
	if (r->counters) {
		*ret = r;
		return 0;
	}
	err = -errno;
close:
	asker_reader_close(r);
	return err;
}

void asker_reader_close(struct asker_reader *r)
{
	if (!r)
		return;
	if (r->askers)
		munmap((void *)r->askers, r->askers_bytes);
	if (r->counters)
		munmap((void *)r->counters, r->counters_bytes);
	free(r->list);
	free(r);
}

/* Returns the sum of a row in copies `from` to `to` - 1. */
static struct asker_snapshot asker_sum(const struct asker_reader *r, __u32 row, __u32 from,
				       __u32 to)
{
	struct asker_snapshot sum = {0};
	const struct asker_counters *cnt;
	__u32 copy;

	for (copy = from; copy < to; copy++) {
		cnt = &r->counters[(size_t)copy * ASKER_ROWS(r->entries) + row];
		sum.queries += load_relaxed(cnt->queries);
		sum.failed += load_relaxed(cnt->failed);
		sum.errors += load_relaxed(cnt->errors);
	}
	return sum;
}

/* Adds it to the list, if queries were counted. */
static void list_add(struct asker_reader *r, const struct asker_snapshot *asker, size_t *count)
{
	if (asker->queries)
		r->list[(*count)++] = *asker;
}

/* Adds the rows of a resolver's number: `other`, and former askers. */
static void add_sums(struct asker_reader *r, __u32 number, const struct resolver_key *resolver,
		     size_t *count)
{
	struct asker_snapshot other = asker_sum(r, number, 0, r->cpus);
	struct asker_snapshot former = asker_sum(r, number, r->cpus, ASKER_COPIES(r->cpus));

	other.resolver = former.resolver = *resolver;
	other.is_other = former.is_former = 1;
	list_add(r, &other, count);
	list_add(r, &former, count);
}

static void add_asker(struct asker_reader *r, __u32 number, __u32 state,
		      const struct resolver_key *resolver, size_t *count)
{
	const struct asker_entry *entry = &r->askers[number];
	struct asker_snapshot asker = asker_sum(r, r->entries + number, 0, ASKER_COPIES(r->cpus));

	asker.resolver = *resolver;
	asker.cgroup = entry->cgroup;
	asker.born = entry->born;
	asker.first = entry->first;
	asker.number = number;
	asker.is_unlinked = state == ASKER_UNLINKED;
	list_add(r, &asker, count);
}

static int compare_askers(const void *a, const void *b)
{
	const struct asker_snapshot *x = a, *y = b;
	int order = memcmp(&x->resolver, &y->resolver, sizeof(x->resolver));

	return order ? order : (x->number > y->number) - (x->number < y->number);
}

/* Returns the key of a resolver's number; of `other` it is all zero. NULL: it has no entry. */
static const struct resolver_key *key_of_number(const struct asker_reader *r,
						const struct resolver_entry *entries, __u32 number)
{
	static const struct resolver_key other;

	if (number == RESOLVER_OTHER)
		return &other;
	if (number >= r->entries ||
	    !(__atomic_load_n(&entries[number].flags, __ATOMIC_ACQUIRE) & RESOLVER_PUBLISHED))
		return NULL;
	return &entries[number].key;
}

void asker_reader_read(struct asker_reader *r, const struct resolver_entry *entries,
		       struct snapshot *ret)
{
	const struct resolver_key *key;
	size_t count = 0;
	__u32 i, state;

	for (i = 0; i < r->entries; i++) {
		key = key_of_number(r, entries, i);
		if (key)
			add_sums(r, i, key, &count);
	}
	for (i = 1; i <= ASKERS_MAX; i++) {
		state = __atomic_load_n(&r->askers[i].state, __ATOMIC_ACQUIRE);
		if (state == ASKER_FREE)
			continue;
		key = key_of_number(r, entries, r->askers[i].resolver);
		if (key)
			add_asker(r, i, state, key, &count);
	}
	qsort(r->list, count, sizeof(*r->list), compare_askers);
	ret->askers = r->list;
	ret->asker_count = count;
}
