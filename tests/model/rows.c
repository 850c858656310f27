/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* See rows.h. */
#include "rows.h"

#include "tables.h"

#include <string.h>

int has_no_askers(const struct resolver_key *key)
{
	return key->transport && !key->port;
}

const struct asker_list *model_asker_list(const struct model *m)
{
	return &m->askers;
}

const struct asker_counters *model_former(const struct model *m, unsigned i)
{
	return &m->entries[i]->former;
}

/* ---- rows that are given ------------------------------------------------------------------ */

static void give_row(struct asker_list *l, unsigned i, uint32_t number, uint64_t first)
{
	struct asker_pair *pair = &l->pairs[i];

	pair->place = PLACE_ROW;
	pair->number = number;
	pair->first = first;
	l->given++;
	if (number > ASKERS_MAX || l->at_number[number] || first <= l->last_given) {
		l->wrong++;
		return;
	}
	l->last_given = first;
	l->at_number[number] = i + 1;
	l->rows++;
}

/* What was opened by one is of the other from now on. */
static void hand_over_open(struct model *m, unsigned from, unsigned to)
{
	struct transaction_ *t;
	unsigned i;

	for (i = 0; i < BUCKETS; i++) {
		for (t = m->open[i]; t; t = t->next) {
			if (t->asker == from + 1)
				t->asker = to + 1;
		}
	}
}

/* It counts in `other`, with what it counted there before. */
static void give_no_row(struct model *m, unsigned i)
{
	struct asker_list *l = &m->askers;
	struct asker_pair *pair = &l->pairs[i], *before;
	int at = asker_list_find(l, pair->entry, pair->cgroup, PLACE_OTHER);

	before = at < 0 ? pair : &l->pairs[at];
	before->is_misfit |= l->rows + l->untold < ASKERS_MAX;
	pair->place = PLACE_OTHER;
	if (at < 0)
		return;
	asker_add_counters(&before->counters, &pair->counters);
	hand_over_open(m, i, at);
	memset(&pair->counters, 0, sizeof(pair->counters));
	pair->place = PLACE_NONE;
	if (i + 1 == l->count)
		asker_list_remove_last(l);
}

static void settle_asker(struct model *m, unsigned i, asker_number_fn *number_of)
{
	struct asker_pair *pair = &m->askers.pairs[i];
	const struct resolver_key *key = &m->entries[pair->entry]->key;
	uint64_t first = 0;
	uint32_t number;

	if (has_no_askers(key)) {
		pair->place = PLACE_UNTOLD;
		m->askers.untold++;
		return;
	}
	number = number_of(key, pair->cgroup, &first);
	if (number)
		give_row(&m->askers, i, number, first);
	else
		give_no_row(m, i);
}

void model_settle_askers(struct model *m, asker_number_fn *number_of)
{
	unsigned i;

	for (i = 0; i < m->askers.pending_count; i++)
		settle_asker(m, m->askers.pending[i], number_of);
	m->askers.pending_count = 0;
}

/* ---- rows that are given back -------------------------------------------------------------- */

static struct asker_pair *pair_at(struct asker_list *l, uint32_t number, enum place place)
{
	unsigned i = number <= ASKERS_MAX ? l->at_number[number] : 0;

	return i && l->pairs[i - 1].place == place ? &l->pairs[i - 1] : NULL;
}

static void move_counts(struct asker_counters *to, struct asker_counters *from,
			const struct asker_counters *counts)
{
	asker_add_counters(to, counts);
	from->queries -= counts->queries;
	from->failed -= counts->failed;
	from->errors -= counts->errors;
}

static enum command_done move_asker(struct model *m, const struct asker_command *command)
{
	struct asker_pair *pair = pair_at(&m->askers, command->number, PLACE_LEFT), *heir;

	if (!pair)
		return COMMAND_IGNORED;
	pair->place = PLACE_NONE;
	m->askers.at_number[command->number] = 0;
	m->askers.rows--;
	heir = pair_at(&m->askers, command->to, PLACE_ROW);
	if (!heir || heir->entry != pair->entry) {
		move_counts(&m->entries[pair->entry]->former, &pair->counters, &command->counts);
		return COMMAND_TO_FORMER;
	}
	move_counts(&heir->counters, &pair->counters, &command->counts);
	if (pair->first < heir->first)
		heir->first = pair->first;
	return COMMAND_TO_HEIR;
}

enum command_done model_asker_command(struct model *m, const struct asker_command *command)
{
	struct asker_pair *pair = pair_at(&m->askers, command->number, PLACE_ROW);

	if (command->is_move)
		return move_asker(m, command);
	if (!pair)
		return COMMAND_IGNORED;
	pair->place = PLACE_LEFT;
	return COMMAND_LEFT;
}

void model_open_rows(const struct model *m, uint8_t is_open[ASKERS_MAX + 1])
{
	const struct transaction_ *t;
	unsigned i;

	memset(is_open, 0, ASKERS_MAX + 1);
	for (i = 0; i < BUCKETS; i++) {
		for (t = m->open[i]; t; t = t->next) {
			if (t->asker)
				is_open[m->askers.pairs[t->asker - 1].number] = 1;
		}
	}
}
