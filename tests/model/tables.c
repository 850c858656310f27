/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* See tables.h. */
#include "tables.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

/* ---- lists ------------------------------------------------------------------------------ */

unsigned bucket_of(const struct four_tuple *t)
{
	const uint8_t *b = (const uint8_t *)t;
	unsigned h = 2166136261u, i;

	for (i = 0; i < sizeof(*t); i++)
		h = (h ^ b[i]) * 16777619u;
	return (h ^ h >> 15) % BUCKETS;
}

int same_tuple(const struct key *a, const struct key *b)
{
	return !memcmp(&a->tuple, &b->tuple, sizeof(a->tuple)) && a->scope == b->scope &&
	       a->origin == b->origin && a->transport == b->transport;
}

int same_key(const struct key *a, const struct key *b)
{
	return a->id == b->id && same_tuple(a, b);
}

struct transaction_ **find(struct transaction_ **list, const struct key *key)
{
	struct transaction_ **t;

	for (t = &list[bucket_of(&key->tuple)]; *t; t = &(*t)->next) {
		if (same_key(&(*t)->key, key))
			return t;
	}
	return NULL;
}

struct transaction_ **find_of(struct transaction_ **list, const struct key *key,
			      const struct entry *entry)
{
	struct transaction_ **t;

	for (t = &list[bucket_of(&key->tuple)]; *t; t = &(*t)->next) {
		if ((*t)->entry == entry && same_key(&(*t)->key, key))
			return t;
	}
	return NULL;
}

struct transaction_ *take(struct transaction_ **at)
{
	struct transaction_ *t = *at;

	*at = t->next;
	t->next = NULL;
	return t;
}

void append(struct transaction_ **list, struct transaction_ *t)
{
	struct transaction_ **end = &list[bucket_of(&t->key.tuple)];

	while (*end)
		end = &(*end)->next;
	*end = t;
}

void empty(struct transaction_ **list)
{
	int i;

	for (i = 0; i < BUCKETS; i++) {
		while (list[i])
			free(take(&list[i]));
	}
}

/* The same transactions, in the same order. */
void copy_list(struct model *to, struct transaction_ **list, const struct transaction_ *from)
{
	struct transaction_ *t, *next;

	for (; from; from = from->next) {
		if (!*list)
			*list = calloc(1, sizeof(**list));
		t = *list;
		next = t->next;
		*t = *from;
		t->next = next;
		t->entry = to->entries[from->entry->number];
		list = &t->next;
	}
	while (*list)
		free(take(list));
}

/* ---- resolvers -------------------------------------------------------------------------- */

struct resolver_key resolver_of(const struct key *key)
{
	struct resolver_key r = {.scope = key->scope,
				 .port = htons(key->tuple.resolver_port),
				 .transport = key->transport,
				 .origin = key->origin};

	memcpy(&r.address, key->tuple.resolver, 16);
	return r;
}

struct entry *entry_of(const struct model *m, const struct resolver_key *key)
{
	unsigned i;

	for (i = 0; i < m->entry_count; i++) {
		if (!memcmp(&m->entries[i]->key, key, sizeof(*key)))
			return m->entries[i];
	}
	return NULL;
}

struct entry *add_entry(struct model *m, const struct resolver_key *key)
{
	struct entry *e = calloc(1, sizeof(*e));

	if (!e || m->entry_count == RESOLVERS_MOST)
		abort();
	e->key = *key;
	e->number = m->entry_count;
	m->entries[m->entry_count++] = e;
	return e;
}
