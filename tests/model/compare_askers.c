/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The askers of the engine and of the model: who has which row, and the two sums of a resolver, of
 * those without a row and of former askers.
 */
#include "compare.h"
#include "rows.h"

#include "health/counters.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * The engine's index may have no free word within its reach, though rows are free. At a quarter
 * full that is rare: one for so many rows at most.
 */
#define ROWS_OF_ONE_MISFIT 64

static int differ_in_counters(const struct resolver_key *resolver, const char *who,
			      const struct asker_counters *engine,
			      const struct asker_counters *model, int quiet)
{
	char whose[160];

	snprintf(whose, sizeof(whose), "%s, asker %s", resolver_word(resolver), who);
	return differ(whose, "queries", engine->queries, model->queries, quiet) +
	       differ(whose, "failed", engine->failed, model->failed, quiet) +
	       differ(whose, "errors", engine->errors, model->errors, quiet);
}

/* Returns how many numbers differ in this row. Takes its pair out of at_number. */
static int compare_row(const struct engine_asker *a, const struct model *m, unsigned *at_number,
		       int quiet)
{
	unsigned i = at_number[a->number];
	const struct asker_pair *pair;
	struct resolver_key key;
	uint64_t in_flight;
	char who[32];

	snprintf(who, sizeof(who), "%" PRIu64, a->cgroup);
	if (!i)
		return differ(resolver_word(&a->resolver), "rows of nobody", 1, 0, quiet);
	at_number[a->number] = 0;
	pair = &model_asker_list(m)->pairs[i - 1];
	model_resolver(m, pair->entry, &key, &in_flight);
	if (memcmp(&key, &a->resolver, sizeof(key)) != 0)
		return differ(resolver_word(&a->resolver), "rows of another resolver", 1, 0, quiet);
	return differ(resolver_word(&key), "cgroup of a row", a->cgroup, pair->cgroup, quiet) +
	       differ(resolver_word(&key), "row is left", a->is_unlinked, pair->place == PLACE_LEFT,
		      quiet) +
	       differ(resolver_word(&key), "first of a row", a->first, pair->first, quiet) +
	       differ_in_counters(&key, who, &a->counters, &pair->counters, quiet);
}

static int compare_rows(const struct engine_counts *engine, const struct model *m, int quiet)
{
	const struct asker_list *l = model_asker_list(m);
	unsigned at_number[ASKERS_MAX + 1], i;
	const struct asker_counters *c;
	int bad = 0;

	memcpy(at_number, l->at_number, sizeof(at_number));
	for (i = 0; i < engine->asker_count; i++) {
		if (engine->askers[i].number)
			bad += compare_row(&engine->askers[i], m, at_number, quiet);
	}
	for (i = 1; i <= ASKERS_MAX; i++) {
		c = at_number[i] ? &l->pairs[at_number[i] - 1].counters : NULL;
		bad += c && (c->queries || c->failed || c->errors) &&
		       differ("askers", "row that is not there", 0, i, quiet);
	}
	return bad;
}

/* The sum of a resolver over those of its askers that have no row, or have lost it. */
static struct asker_counters engine_sum(const struct engine_counts *engine,
					const struct resolver_key *key, int former)
{
	struct asker_counters sum = {0};
	const struct engine_asker *a;
	unsigned i;

	for (i = 0; i < engine->asker_count; i++) {
		a = &engine->askers[i];
		if ((former ? a->is_former : a->is_other) &&
		    !memcmp(&a->resolver, key, sizeof(*key)))
			asker_add_counters(&sum, &a->counters);
	}
	return sum;
}

/* `other`: for each resolver of the model, the sum of its askers without a row. */
static int compare_sums(const struct engine_counts *engine, const struct model *m,
			const struct asker_counters *other, int quiet)
{
	struct asker_counters sum;
	struct resolver_key key;
	uint64_t in_flight;
	unsigned i;
	int bad = 0;

	for (i = 0; i < model_resolvers(m); i++) {
		model_resolver(m, i, &key, &in_flight);
		if (has_no_askers(&key))
			continue;
		sum = engine_sum(engine, &key, 0);
		bad += differ_in_counters(&key, "other", &sum, &other[i], quiet);
		sum = engine_sum(engine, &key, 1);
		bad += differ_in_counters(&key, "former", &sum, model_former(m, i), quiet);
	}
	return bad;
}

static unsigned sum_without_row(const struct asker_list *l, struct asker_counters *other)
{
	unsigned i, n = 0;

	for (i = 0; i < l->count; i++) {
		if (l->pairs[i].place == PLACE_OTHER) {
			asker_add_counters(&other[l->pairs[i].entry], &l->pairs[i].counters);
			n++;
		}
	}
	return n;
}

/* Whether rows were given as the rules want it. */
static int compare_giving(const struct asker_list *l, int quiet)
{
	unsigned i, misfits = 0;

	for (i = 0; i < l->count; i++)
		misfits += l->pairs[i].place == PLACE_OTHER && l->pairs[i].is_misfit;
	return differ("askers", "rows given that were not free", l->wrong, 0, quiet) +
	       (misfits > l->given / ROWS_OF_ONE_MISFIT &&
		differ("askers", "without a row though one was free", misfits, 0, quiet));
}

int compare_askers(const struct engine_counts *engine, const struct model *m, unsigned *without_row,
		   int quiet)
{
	struct asker_counters *other = calloc(model_resolvers(m), sizeof(*other));
	const struct asker_list *l = model_asker_list(m);
	int bad;

	if (!other)
		abort();
	*without_row = sum_without_row(l, other);
	bad = compare_giving(l, quiet) + compare_rows(engine, m, quiet) +
	      compare_sums(engine, m, other, quiet);
	free(other);
	return bad;
}

/* Of a resolver's counters: what its askers add up to. */
static struct asker_counters sums_of_row(const struct resolver_counters *c)
{
	return (struct asker_counters){.queries = counters_asked(c),
				       .failed = counters_unreachable(c) + counters_timed_out(c) +
						 c->n[COUNTER_CONNECT_REFUSED],
				       .errors = counters_answered(c) -
						 c->n[COUNTER_CONNECT_ESTABLISHED] -
						 c->n[COUNTER_ANSWERED_NOERROR] -
						 c->n[COUNTER_ANSWERED_NXDOMAIN]};
}

int compare_asker_laws(const struct engine_counts *engine, int quiet)
{
	const struct engine_entry *e;
	struct asker_counters sum, row;
	unsigned i, j;
	int bad = 0;

	for (i = 0; engine->counts_askers && i < engine->entry_count; i++) {
		e = &engine->entries[i];
		if (has_no_askers(&e->key))
			continue;
		memset(&sum, 0, sizeof(sum));
		for (j = 0; j < engine->asker_count; j++) {
			if (!memcmp(&engine->askers[j].resolver, &e->key, sizeof(e->key)))
				asker_add_counters(&sum, &engine->askers[j].counters);
		}
		row = sums_of_row(&e->counters);
		bad += differ_in_counters(&e->key, "all, against the row", &sum, &row, quiet);
	}
	return bad;
}
