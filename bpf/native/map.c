/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Maps of the native engine: hashes of fixed size with chained buckets, and arrays. A full hash
 * returns -E2BIG, as in the kernel. Memory is allocated at first use.
 */
#include "compat.h"
#include "native.h"

static __u32 align_8(__u32 n)
{
	return (n + 7) & ~7u;
}

static void *map_row(struct native_map *m, __u32 i)
{
	return m->entries + (size_t)i * m->value_size;
}

static unsigned char *entry_key(struct native_map *m, __u32 i)
{
	return m->entries + (size_t)i * (align_8(m->key_size) + align_8(m->value_size));
}

static void *entry_value(struct native_map *m, __u32 i)
{
	return entry_key(m, i) + align_8(m->key_size);
}

static void *taken(size_t count, size_t size)
{
	void *p = calloc(count, size);

	if (!p)
		abort(); /* the engine cannot report it */
	return p;
}

static void map_alloc(struct native_map *m)
{
	__u32 i;

	if (m->type == NATIVE_ARRAY) {
		m->entries = taken(m->max_entries, m->value_size);
		if (m->has_content)
			m->marks = taken(m->max_entries / 64 + 1, sizeof(*m->marks));
		return;
	}
	for (m->buckets = 1; m->buckets < m->max_entries; m->buckets *= 2)
		;
	m->heads = taken(m->buckets, sizeof(*m->heads));
	m->next = taken(m->max_entries, sizeof(*m->next));
	m->entries = taken(m->max_entries, align_8(m->key_size) + align_8(m->value_size));
	for (i = 0; i < m->max_entries; i++)
		m->next[i] = i + 1 < m->max_entries ? i + 2 : 0;
	m->free = 1;
}

static __u32 bucket_of(struct native_map *m, const unsigned char *key)
{
	__u64 h = 0x9e3779b97f4a7c15ULL, w;
	__u32 i;

	for (i = 0; i < m->key_size; i += 4) { /* all keys are whole words */
		w = 0;
		memcpy(&w, key + i, 4);
		h = (h ^ w) * 0xff51afd7ed558ccdULL;
		h ^= h >> 32;
	}
	return h & (m->buckets - 1);
}

/* Returns the link to the entry with this key, or to the end of its chain. */
static __u32 *map_link(struct native_map *m, const void *key)
{
	__u32 *link = &m->heads[bucket_of(m, key)];

	while (*link && memcmp(entry_key(m, *link - 1), key, m->key_size) != 0)
		link = &m->next[*link - 1];
	return link;
}

void *native_lookup(struct native_map *m, const void *key)
{
	__u32 *link;

	if (!m->entries)
		map_alloc(m);
	if (m->type == NATIVE_ARRAY)
		return *(const __u32 *)key < m->max_entries ? map_row(m, *(const __u32 *)key)
							    : NULL;
	link = map_link(m, key);
	return *link ? entry_value(m, *link - 1) : NULL;
}

long native_update(struct native_map *m, const void *key, const void *value, __u64 flags)
{
	void *old = native_lookup(m, key);
	__u32 *link, i;

	if (old && flags == BPF_NOEXIST)
		return -EEXIST;
	if (old) {
		memcpy(old, value, m->value_size);
		return 0;
	}
	if (!m->free)
		return -E2BIG;
	i = m->free - 1;
	m->free = m->next[i];
	memcpy(entry_key(m, i), key, m->key_size);
	memcpy(entry_value(m, i), value, m->value_size);
	link = &m->heads[bucket_of(m, key)];
	m->next[i] = *link;
	*link = i + 1;
	m->count++;
	return 0;
}

long native_delete(struct native_map *m, const void *key)
{
	__u32 *link, i;

	if (!native_lookup(m, key))
		return -ENOENT;
	link = map_link(m, key);
	i = *link - 1;
	*link = m->next[i];
	m->next[i] = m->free;
	m->free = i + 1;
	m->count--;
	return 0;
}

void native_mark(struct native_map *m, const void *row)
{
	__u64 from = (__u64)(uintptr_t)m->entries, at = (__u64)(uintptr_t)row;
	__u64 i = (at - from) / m->value_size;

	if (m->marks && at >= from && i < m->max_entries && !(m->marks[i / 64] >> i % 64 & 1))
		__sync_fetch_and_or(&m->marks[i / 64], 1ULL << i % 64);
}

/*
 * Calls f for each marked row until f returns other than 0, and removes the marks of empty rows. A
 * mark is removed before its row is read: another CPU that fills the row later marks it again.
 */
static void map_each_marked(struct native_map *m,
			    long (*f)(struct native_map *, const void *key, void *value,
				      void *context),
			    void *context)
{
	__u32 word, i;

	for (word = 0; word <= m->max_entries / 64; word++) {
		__u64 left = m->marks[word];

		for (; left; left &= left - 1) {
			long stop;

			i = word * 64 + (__u32)__builtin_ctzll(left);
			__sync_fetch_and_and(&m->marks[word], ~(1ULL << i % 64));
			stop = f(m, &i, map_row(m, i), context);
			if (m->has_content(map_row(m, i)))
				__sync_fetch_and_or(&m->marks[word], 1ULL << i % 64);
			if (stop)
				return;
		}
	}
}

int native_has_marks(const struct native_map *m)
{
	__u32 word;

	for (word = 0; m->marks && word <= m->max_entries / 64; word++)
		if (m->marks[word])
			return 1;
	return 0;
}

void native_for_each(struct native_map *m,
		     long (*f)(struct native_map *, const void *key, void *value, void *context),
		     void *context)
{
	__u32 b, i, next;

	if (!m->entries || (m->type == NATIVE_HASH && !m->count))
		return;
	if (m->marks) {
		map_each_marked(m, f, context);
		return;
	}
	for (i = 0; m->type == NATIVE_ARRAY && i < m->max_entries; i++) {
		if (f(m, &i, map_row(m, i), context))
			return;
	}
	for (b = 0; b < m->buckets; b++) {
		for (i = m->heads[b]; i; i = next) {
			next = m->next[i - 1];
			if (f(m, entry_key(m, i - 1), entry_value(m, i - 1), context))
				return;
		}
	}
}

/* Frees the memory; the next use starts empty, with max_entries as it is then. */
void native_map_empty(struct native_map *m)
{
	free(m->heads);
	free(m->next);
	free(m->entries);
	free(m->marks);
	m->marks = NULL;
	m->heads = m->next = NULL;
	m->entries = NULL;
	m->count = m->free = 0;
}
