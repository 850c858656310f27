/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The askers of the engine and of the model. The model has all of them. The engine has rows for the
 * first 1,024, and adds up the others of each resolver in its row `other`. An asker has its row for
 * good, or never: so each row has all that its asker has, and `other` the rest.
 */
#include "compare.h"

#include "health/counters.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * The engine's index may have no free word within its reach, though rows are free. At a quarter
 * full that is rare: one of so many at most.
 */
#define ASKERS_OF_ONE_MISFIT 64

/* Whether an asker has a row, as far as the engine tells. */
enum { HAS_NO_ROW, HAS_ROW, MAY_HAVE_ROW };

/* Tests for the connects beyond the most resolvers. The engine tells no askers of theirs. */
static int has_no_askers(const struct resolver_key *key)
{
	return key->transport && !key->port;
}

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

static void add_counters(struct asker_counters *to, const struct asker_counters *c)
{
	to->queries += c->queries;
	to->failed += c->failed;
	to->errors += c->errors;
}

/* Returns how many numbers differ in this row. Notes in `has_row` which asker has it. */
static int compare_row(const struct engine_asker *a, const struct model *m, uint8_t *has_row,
		       int quiet)
{
	int i = model_find_asker(m, &a->resolver, a->cgroup);
	uint64_t cgroup;
	unsigned entry;
	char who[32];

	snprintf(who, sizeof(who), "%" PRIu64, a->cgroup);
	if (i < 0)
		return differ(resolver_word(&a->resolver), "askers that never asked", 1, 0, quiet);
	if (has_row[i])
		return differ(resolver_word(&a->resolver), "rows of an asker", 2, 1, quiet);
	has_row[i] = HAS_ROW;
	return differ_in_counters(&a->resolver, who, &a->counters,
				  model_asker(m, i, &entry, &cgroup), quiet);
}

/* `rest`: for each resolver of the model, the sum of its askers without a row. */
static int compare_others(const struct engine_counts *engine, const struct model *m,
			  const struct asker_counters *rest, int quiet)
{
	const struct engine_asker *a;
	struct asker_counters other;
	struct resolver_key key;
	uint64_t in_flight;
	unsigned i, j;
	int bad = 0;

	for (i = 0; i < model_resolvers(m); i++) {
		model_resolver(m, i, &key, &in_flight);
		memset(&other, 0, sizeof(other));
		for (j = 0; j < engine->asker_count; j++) {
			a = &engine->askers[j];
			if (a->is_other && !memcmp(&a->resolver, &key, sizeof(key)))
				add_counters(&other, &a->counters);
		}
		if (!has_no_askers(&key))
			bad += differ_in_counters(&key, "other", &other, &rest[i], quiet);
	}
	return bad;
}

/* Which of the askers have rows: the first ones, but for a few that have found no word. */
static int compare_who_has_rows(const uint8_t *has_row, unsigned n, int quiet)
{
	unsigned first = n < ASKERS_MAX ? n : ASKERS_MAX, misfits = 0, untold = 0, rows = 0, i;

	for (i = 0; i < n; i++) {
		rows += has_row[i] == HAS_ROW;
		misfits += i < first && has_row[i] == HAS_NO_ROW;
		untold += i < first && has_row[i] == MAY_HAVE_ROW;
	}
	for (i = ASKERS_MAX + misfits + untold; i < n; i++) {
		if (has_row[i] == HAS_ROW)
			return differ("askers", "a row after all were given", i, 0, quiet);
	}
	return (misfits > first / ASKERS_OF_ONE_MISFIT &&
		differ("askers", "without a row", misfits, 0, quiet)) +
	       (rows > ASKERS_MAX && differ("askers", "rows", rows, ASKERS_MAX, quiet));
}

/* Of these askers the engine does not tell which have rows. */
static void pass_untold(const struct model *m, uint8_t *has_row)
{
	struct resolver_key key;
	uint64_t in_flight, cgroup;
	unsigned i, entry;

	for (i = 0; i < model_askers(m); i++) {
		model_asker(m, i, &entry, &cgroup);
		model_resolver(m, entry, &key, &in_flight);
		if (has_no_askers(&key))
			has_row[i] = MAY_HAVE_ROW;
	}
}

static unsigned sum_without_row(const struct model *m, const uint8_t *has_row,
				struct asker_counters *rest)
{
	const struct asker_counters *c;
	unsigned i, entry, n = 0;
	uint64_t cgroup;

	for (i = 0; i < model_askers(m); i++) {
		c = model_asker(m, i, &entry, &cgroup);
		if (!has_row[i])
			add_counters(&rest[entry], c);
		n += !has_row[i];
	}
	return n;
}

int compare_askers(const struct engine_counts *engine, const struct model *m, unsigned *without_row,
		   int quiet)
{
	struct asker_counters *rest = calloc(model_resolvers(m), sizeof(*rest));
	uint8_t *has_row = calloc(model_askers(m) + 1, 1);
	unsigned i;
	int bad = 0;

	if (!rest || !has_row)
		abort();
	for (i = 0; i < engine->asker_count; i++) {
		if (!engine->askers[i].is_other)
			bad += compare_row(&engine->askers[i], m, has_row, quiet);
	}
	pass_untold(m, has_row);
	*without_row = sum_without_row(m, has_row, rest);
	bad += compare_who_has_rows(has_row, model_askers(m), quiet);
	bad += compare_others(engine, m, rest, quiet);
	free(rest);
	free(has_row);
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
				add_counters(&sum, &engine->askers[j].counters);
		}
		row = sums_of_row(&e->counters);
		bad += differ_in_counters(&e->key, "all, against the row", &sum, &row, quiet);
	}
	return bad;
}
