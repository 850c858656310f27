// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Counts of askers at earlier moments, and the difference to now in open incidents. */
#include "health/incident_askers.h"

#include "health/asker.h"

#include <stdlib.h>
#include <string.h>

#define POINTS 40 /* an incident begins at most 5 min before it is noticed */
#define POINT_NS (10 * NS_PER_S)

struct asker_count {
	__u64 born; /* of the asker that had the number */
	__u64 queries, failed, errors;
};

/* Counts at a moment, by the number of the asker; `other` is at 0, and not used. */
struct asker_point {
	__u64 at_ns;
	size_t count;
	struct asker_count *counts;
};

/* Where the askers stood when an incident began. */
struct asker_base {
	__u64 id; /* of the incident */
	struct asker_point point;
	struct asker_base *next;
};

struct incident_askers {
	const struct snapshot *snapshot; /* of this tick */
	struct asker_point points[POINTS];
	__u64 point_count; /* taken so far */
	struct asker_base *bases;
};

struct incident_askers *incident_askers_new(void)
{
	return calloc(1, sizeof(struct incident_askers));
}

static void asker_base_free(struct asker_base **at)
{
	struct asker_base *base = *at;

	*at = base->next;
	free(base->point.counts);
	free(base);
}

void incident_askers_free(struct incident_askers *askers)
{
	size_t i;

	if (!askers)
		return;
	while (askers->bases)
		asker_base_free(&askers->bases);
	for (i = 0; i < POINTS; i++)
		free(askers->points[i].counts);
	free(askers);
}

/* ---- points -------------------------------------------------------------------------------- */

static size_t count_numbers(const struct snapshot *snapshot)
{
	size_t i, count = 1;

	for (i = 0; i < snapshot->asker_count; i++)
		if (snapshot->askers[i].number >= count)
			count = snapshot->askers[i].number + 1;
	return count;
}

/* Without memory the point before stays: then an incident may show too much, not too little. */
static void take_point(struct incident_askers *askers, const struct snapshot *snapshot)
{
	struct asker_point *point = &askers->points[askers->point_count % POINTS];
	size_t count = count_numbers(snapshot), i;
	struct asker_count *counts = realloc(point->counts, count * sizeof(*counts));

	if (!counts)
		return;
	memset(counts, 0, count * sizeof(*counts));
	for (i = 0; i < snapshot->asker_count; i++) {
		const struct asker_snapshot *asker = &snapshot->askers[i];

		counts[asker->number] = (struct asker_count){asker->born, asker->queries,
							     asker->failed, asker->errors};
	}
	*point = (struct asker_point){.at_ns = snapshot->at_ns, .count = count, .counts = counts};
	askers->point_count++;
}

void incident_askers_tick(struct incident_askers *askers, const struct snapshot *snapshot)
{
	__u64 last =
		askers->point_count ? askers->points[(askers->point_count - 1) % POINTS].at_ns : 0;

	askers->snapshot = snapshot;
	if (!askers->point_count || snapshot->at_ns >= last + POINT_NS)
		take_point(askers, snapshot);
}

/* Returns the latest point at `at_ns` or before; else the oldest one; NULL: there is none. */
static const struct asker_point *point_before(const struct incident_askers *askers, __u64 at_ns)
{
	__u64 kept = askers->point_count < POINTS ? askers->point_count : POINTS, i;
	const struct asker_point *point = NULL;

	for (i = 0; i < kept; i++) {
		point = &askers->points[(askers->point_count - 1 - i) % POINTS];
		if (point->at_ns <= at_ns)
			return point;
	}
	return point;
}

/* Moves what an asker had at a point to that of another one. Without memory too much is shown. */
static void point_move(struct asker_point *point, const struct asker_choice *move)
{
	__u32 from = move->command.number, to = move->command.to;
	size_t count = to < point->count ? point->count : to + 1ULL;
	struct asker_count *counts;

	if (from >= point->count || point->counts[from].born != move->born)
		return;
	counts = realloc(point->counts, count * sizeof(*counts));
	if (!counts)
		return;
	memset(&counts[point->count], 0, (count - point->count) * sizeof(*counts));
	point->counts = counts;
	point->count = count;
	if (counts[to].born != move->to_born)
		counts[to] = (struct asker_count){.born = move->to_born};
	counts[to].queries += counts[from].queries;
	counts[to].failed += counts[from].failed;
	counts[to].errors += counts[from].errors;
	counts[from] = (struct asker_count){0};
}

void incident_askers_move(struct incident_askers *askers, const struct asker_choice *move)
{
	struct asker_base *base;
	size_t i;

	if (!move->command.is_move || !move->command.to)
		return;
	for (i = 0; i < POINTS && i < askers->point_count; i++)
		point_move(&askers->points[i], move);
	for (base = askers->bases; base; base = base->next)
		point_move(&base->point, move);
}

/* ---- incidents ----------------------------------------------------------------------------- */

/* Returns where the pointer to the base of an incident is, or where one is to be added. */
static struct asker_base **find_base(struct incident_askers *askers, __u64 id)
{
	struct asker_base **at = &askers->bases;

	while (*at && (*at)->id != id)
		at = &(*at)->next;
	return at;
}

static struct asker_base *add_base(struct incident_askers *askers, struct asker_base **at,
				   const struct incident *incident)
{
	const struct snapshot *snapshot = askers->snapshot;
	__u64 offset_ns = snapshot->wall_ns - snapshot->at_ns;
	const struct asker_point *point = point_before(askers, incident->start_ns - offset_ns);
	struct asker_base *base = point ? calloc(1, sizeof(*base)) : NULL;

	if (!base)
		return NULL;
	base->id = incident->id;
	base->point.counts = malloc(point->count * sizeof(*point->counts));
	if (!base->point.counts) {
		free(base);
		return NULL;
	}
	base->point.count = point->count;
	memcpy(base->point.counts, point->counts, point->count * sizeof(*point->counts));
	*at = base;
	return base;
}

/* Returns the counts of an asker since then. */
static struct asker_snapshot asker_since(const struct asker_snapshot *now,
					 const struct asker_point *then)
{
	struct asker_snapshot since = *now;

	if (now->number < then->count && then->counts[now->number].born == now->born) {
		since.queries -= then->counts[now->number].queries;
		since.failed -= then->counts[now->number].failed;
		since.errors -= then->counts[now->number].errors;
	}
	return since;
}

/* Writes the askers of the incident's resolver with failures since then. Returns how many. */
static size_t list_suffering(const struct snapshot *snapshot, const struct resolver_key *resolver,
			     const struct asker_point *then, struct asker_snapshot *to)
{
	size_t i, count = 0;

	for (i = 0; i < snapshot->asker_count; i++) {
		const struct asker_snapshot *asker = &snapshot->askers[i];

		if (asker->is_other || asker->is_former ||
		    memcmp(&asker->resolver, resolver, sizeof(*resolver)))
			continue;
		to[count] = asker_since(asker, then);
		count += to[count].failed || to[count].errors;
	}
	return count;
}

static void set_askers(struct incident *incident, const struct snapshot *snapshot,
		       const struct asker_point *then)
{
	struct asker_sum worst[INCIDENT_ASKERS], rest;
	struct snapshot since = {0};
	size_t i, count;

	since.askers = calloc(snapshot->asker_count + 1, sizeof(*since.askers));
	if (!since.askers)
		return;
	since.asker_count = list_suffering(snapshot, &incident->resolver, then, since.askers);
	count = askers_select(&since, &incident->resolver, ASKERS_WORST, worst, INCIDENT_ASKERS,
			      &rest);
	for (i = 0; i < count; i++)
		incident->askers[i] = (struct incident_asker){.name = *worst[i].name,
							      .queries = worst[i].queries,
							      .failed = worst[i].failed,
							      .errors = worst[i].errors};
	incident->asker_count = (__u32)count;
	incident->askers_more = rest.queries > 0;
	free(since.askers);
}

void incident_askers_fill(struct incident *incident, void *context)
{
	struct incident_askers *askers = context;
	struct asker_base **at = find_base(askers, incident->id), *base = *at;

	if (!base && askers->snapshot)
		base = add_base(askers, at, incident);
	if (!base)
		return;
	set_askers(incident, askers->snapshot, &base->point);
	if (incident->closed_ns)
		asker_base_free(at);
}
