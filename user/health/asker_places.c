// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Askers that lose their rows: how long each has been idle, and the choice. */
#include "health/asker_places.h"

#include "health/asker.h"
#include "util/clock.h"

#include <stdlib.h>
#include <string.h>

#define IDLE_NS (60 * NS_PER_S)
#define CALM_NS (10 * NS_PER_S) /* after the timeout: the sweep has ended all transactions */

struct asker_place {
	__u64 born, sum;
	__u64 since_ns; /* of the last change */
	int is_unlinked;
	int is_chosen;	 /* to be unlinked: no heir of others */
	int is_exported; /* set where one may be unlinked: it has metrics of its own */
};

struct idle_asker {
	const struct asker_snapshot *asker;
	__u64 since_ns;
};

struct asker_places {
	__u64 calm_ns, idle_ns;
	int keeps_exported;
	struct asker_place place[ASKERS_MAX + 1];
	struct idle_asker idle[ASKERS_MAX]; /* of this snapshot */
};

struct asker_places *asker_places_new(__u64 timeout_ns, int keeps_exported)
{
	struct asker_places *places = calloc(1, sizeof(*places));

	if (!places)
		return NULL;
	places->calm_ns = timeout_ns + CALM_NS;
	places->idle_ns = places->calm_ns > IDLE_NS ? places->calm_ns : IDLE_NS;
	places->keeps_exported = keeps_exported;
	return places;
}

void asker_places_free(struct asker_places *places)
{
	free(places);
}

static int has_row(const struct asker_snapshot *asker)
{
	return asker->number && asker->number <= ASKERS_MAX;
}

static void place_update(struct asker_place *place, const struct asker_snapshot *asker, __u64 now)
{
	__u64 sum = asker->queries + asker->failed + asker->errors;

	if (place->born == asker->born && place->sum == sum &&
	    place->is_unlinked == asker->is_unlinked)
		return;
	place->is_chosen = place->born == asker->born && place->is_chosen;
	place->born = asker->born;
	place->sum = sum;
	place->is_unlinked = asker->is_unlinked;
	place->since_ns = now;
}

/* ---- moving ------------------------------------------------------------------------------ */

/* Returns an asker of the same resolver and name that stays; NULL: there is none. */
static const struct asker_snapshot *find_heir(const struct asker_places *places,
					      const struct snapshot *snapshot,
					      const struct asker_snapshot *asker)
{
	size_t i;

	for (i = 0; asker->name && i < snapshot->asker_count; i++) {
		const struct asker_snapshot *other = &snapshot->askers[i];

		if (has_row(other) && other->number != asker->number && !other->is_unlinked &&
		    !places->place[other->number].is_chosen && other->name &&
		    !strcmp(other->name->text, asker->name->text) &&
		    !memcmp(&other->resolver, &asker->resolver, sizeof(other->resolver)))
			return other;
	}
	return NULL;
}

static struct asker_choice choose_move(const struct asker_places *places,
				       const struct snapshot *snapshot,
				       const struct asker_snapshot *asker)
{
	const struct asker_snapshot *heir = find_heir(places, snapshot, asker);

	return (struct asker_choice){
		.command = {.number = asker->number,
			    .is_move = 1,
			    .to = heir ? heir->number : 0,
			    .counts = {.queries = asker->queries,
				       .failed = asker->failed,
				       .errors = asker->errors}},
		.born = asker->born,
		.to_born = heir ? heir->born : 0,
	};
}

static size_t choose_moves(const struct asker_places *places, const struct snapshot *snapshot,
			   struct asker_choice to[ASKER_COMMANDS])
{
	size_t i, count = 0;

	for (i = 0; i < snapshot->asker_count && count < ASKER_COMMANDS; i++) {
		const struct asker_snapshot *asker = &snapshot->askers[i];

		if (has_row(asker) && asker->is_unlinked &&
		    snapshot->at_ns - places->place[asker->number].since_ns >= places->calm_ns)
			to[count++] = choose_move(places, snapshot, asker);
	}
	return count;
}

/* ---- unlinking --------------------------------------------------------------------------- */

/* Tests whether one of `exported` has the asker's name; one without a name may be any of them. */
static int is_exported(const struct asker_sum *exported, size_t count,
		       const struct asker_snapshot *asker)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (!asker->name || !strcmp(exported[i].name->text, asker->name->text))
			return 1;
	return 0;
}

/* Marks the askers that have metrics of their own; a snapshot has those of a resolver together. */
static void mark_exported(struct asker_places *places, const struct snapshot *snapshot)
{
	struct asker_sum exported[ASKERS_EXPORTED], rest;
	const struct resolver_key *resolver = NULL;
	size_t i, count = 0;

	for (i = 0; i < snapshot->asker_count; i++) {
		const struct asker_snapshot *asker = &snapshot->askers[i];

		if (!resolver || memcmp(resolver, &asker->resolver, sizeof(*resolver)) != 0) {
			resolver = &asker->resolver;
			count = askers_select(snapshot, resolver, ASKERS_FIRST, exported,
					      ASKERS_EXPORTED, &rest);
		}
		if (has_row(asker))
			places->place[asker->number].is_exported =
				is_exported(exported, count, asker);
	}
}

static int may_unlink(const struct asker_places *places, const struct snapshot *snapshot,
		      const struct asker_snapshot *asker)
{
	return !places->keeps_exported || !places->place[asker->number].is_exported ||
	       find_heir(places, snapshot, asker);
}

static int compare_idle(const void *a, const void *b)
{
	const struct idle_asker *x = a, *y = b;

	return (x->since_ns > y->since_ns) - (x->since_ns < y->since_ns);
}

/* Lists those that are idle, the longest first. Sets *used to the rows that will stay in use. */
static size_t list_idle(struct asker_places *places, const struct snapshot *snapshot, size_t *used)
{
	size_t i, count = 0;
	__u64 since_ns;

	*used = 0;
	for (i = 0; i < snapshot->asker_count; i++) {
		const struct asker_snapshot *asker = &snapshot->askers[i];

		if (!has_row(asker) || asker->is_unlinked)
			continue;
		++*used;
		since_ns = places->place[asker->number].since_ns;
		if (snapshot->at_ns - since_ns >= places->idle_ns && count < ASKERS_MAX)
			places->idle[count++] = (struct idle_asker){asker, since_ns};
	}
	return count;
}

static size_t choose_unlinks(struct asker_places *places, const struct snapshot *snapshot,
			     struct asker_choice *to, size_t room)
{
	size_t used, idle = list_idle(places, snapshot, &used), i, count = 0;

	if (used <= ASKERS_WANTED)
		return 0;
	if (places->keeps_exported)
		mark_exported(places, snapshot);
	qsort(places->idle, idle, sizeof(*places->idle), compare_idle);
	for (i = 0; i < idle && count < room && used - count > ASKERS_WANTED; i++) {
		const struct asker_snapshot *asker = places->idle[i].asker;

		if (!may_unlink(places, snapshot, asker))
			continue;
		places->place[asker->number].is_chosen = 1;
		to[count++] = (struct asker_choice){.command = {.number = asker->number},
						    .born = asker->born};
	}
	return count;
}

size_t asker_places_choose(struct asker_places *places, const struct snapshot *snapshot,
			   struct asker_choice to[ASKER_COMMANDS])
{
	size_t i, count;

	for (i = 0; i < snapshot->asker_count; i++) {
		const struct asker_snapshot *asker = &snapshot->askers[i];

		if (has_row(asker))
			place_update(&places->place[asker->number], asker, snapshot->at_ns);
	}
	count = choose_moves(places, snapshot, to);
	return count + choose_unlinks(places, snapshot, &to[count], ASKER_COMMANDS - count);
}
