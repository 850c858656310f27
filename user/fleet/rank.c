// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* See rank.h. The views are sorted by resolver; then pointers to them by host. */
#include "fleet/rank.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* A resolver fails for the fleet when it fails for half of its hosts, and for at least two. */
#define FLEET_SHARE 0.5
#define FLEET_HOSTS 2
/* Else it fails for a part of the fleet: for a tenth of its hosts, and for at least three. */
#define PART_SHARE 0.1
#define PART_HOSTS 3

#define CAUSES_MAX 16 /* of one resolver; there are eight */

int fleet_is_local(const char *resolver)
{
	static const char hex[] = "0123456789abcdef";

	if (!strcmp(resolver, "::1") || !strcmp(resolver, "other") || strchr(resolver, '%'))
		return 1;
	if (!strncmp(resolver, "127.", 4) || !strncmp(resolver, "169.254.", 8))
		return 1;
	return !strncmp(resolver, "fe", 2) && resolver[2] && strchr("89ab", resolver[2]) &&
	       resolver[3] && strchr(hex, resolver[3]) && resolver[4] == ':';
}

/* ---- order -------------------------------------------------------------------------------- */

static int compare_keys(const char *const a[], const char *const b[], size_t count)
{
	size_t i;
	int order = 0;

	for (i = 0; !order && i < count; i++)
		order = strcmp(a[i], b[i]);
	return order;
}

static int compare_by_resolver(const struct fleet_view *a, const struct fleet_view *b)
{
	const char *const ka[] = {a->job, a->resolver, a->port, a->transport, a->origin};
	const char *const kb[] = {b->job, b->resolver, b->port, b->transport, b->origin};

	return compare_keys(ka, kb, 5);
}

static int compare_by_resolver_and_host(const void *x, const void *y)
{
	const struct fleet_view *a = x, *b = y;
	int order = compare_by_resolver(a, b);

	return order ? order : strcmp(a->instance, b->instance);
}

static int compare_hosts(const struct fleet_view *a, const struct fleet_view *b)
{
	const char *const ka[] = {a->job, a->instance};
	const char *const kb[] = {b->job, b->instance};

	return compare_keys(ka, kb, 2);
}

static int compare_by_host(const void *x, const void *y)
{
	return compare_hosts(*(const struct fleet_view *const *)x,
			     *(const struct fleet_view *const *)y);
}

static int compare_by_key(const void *x, const void *y)
{
	const struct fleet_resolver *a = x, *b = y;
	const char *const ka[] = {a->job, a->resolver, a->port, a->transport, a->origin};
	const char *const kb[] = {b->job, b->resolver, b->port, b->transport, b->origin};

	return compare_keys(ka, kb, 5);
}

static double failing_share(const struct fleet_resolver *r)
{
	return (double)r->failing / (double)r->asked;
}

static int compare_worst_first(const void *x, const void *y)
{
	const struct fleet_resolver *a = x, *b = y;

	if (a->scope != b->scope)
		return a->scope > b->scope ? -1 : 1;
	if (failing_share(a) != failing_share(b))
		return failing_share(a) > failing_share(b) ? -1 : 1;
	if (a->failing != b->failing)
		return a->failing > b->failing ? -1 : 1;
	return compare_by_key(x, y);
}

/* ---- views -------------------------------------------------------------------------------- */

static struct fleet_view view_from_row(const struct fleet_row *row)
{
	return (struct fleet_view){
		.job = row->job,
		.instance = row->instance,
		.resolver = row->resolver,
		.port = row->port,
		.transport = row->transport,
		.origin = row->origin,
		.state = row->word,
		.failing = !strcmp(row->word, "down") || !strcmp(row->word, "degraded"),
		.local = fleet_is_local(row->resolver),
	};
}

/*
 * Merges the views of the same resolver and host, as two Prometheus behind one URL give them. The
 * result is failing when one of them is.
 */
static void merge_duplicate_views(struct fleet *fleet)
{
	struct fleet_view *views = fleet->views;
	size_t i, kept = 0;

	for (i = 0; i < fleet->view_count; i++) {
		if (!kept || compare_by_resolver_and_host(&views[kept - 1], &views[i]))
			views[kept++] = views[i];
		else if (views[i].failing)
			views[kept - 1] = views[i];
	}
	fleet->view_count = kept;
}

static int collect_views(struct fleet *fleet, const struct fleet_row *rows, size_t count)
{
	struct fleet_view key, *view;
	size_t i;

	fleet->views = calloc(count + 1, sizeof(*fleet->views));
	if (!fleet->views)
		return -ENOMEM;
	for (i = 0; i < count; i++)
		if (rows[i].kind == FLEET_STATE)
			fleet->views[fleet->view_count++] = view_from_row(&rows[i]);
	qsort(fleet->views, fleet->view_count, sizeof(*fleet->views), compare_by_resolver_and_host);
	merge_duplicate_views(fleet);
	for (i = 0; i < count; i++) {
		if (rows[i].kind != FLEET_CAUSE)
			continue;
		key = view_from_row(&rows[i]);
		view = bsearch(&key, fleet->views, fleet->view_count, sizeof(*fleet->views),
			       compare_by_resolver_and_host);
		if (view && view->failing)
			view->cause = rows[i].word;
	}
	return 0;
}

/* ---- resolvers ---------------------------------------------------------------------------- */

static void set_commonest_cause(struct fleet_resolver *r)
{
	const char *names[CAUSES_MAX];
	size_t hosts[CAUSES_MAX] = {0}, known = 0, i, c;

	for (i = 0; i < r->asked; i++) {
		const char *cause = r->views[i].cause;

		if (!cause)
			continue;
		for (c = 0; c < known && strcmp(names[c], cause); c++)
			;
		if (c == CAUSES_MAX)
			continue;
		if (c == known)
			names[known++] = cause;
		if (++hosts[c] > r->cause_hosts) {
			r->cause = names[c];
			r->cause_hosts = hosts[c];
		}
	}
}

static enum fleet_scope scope_of(const struct fleet_resolver *r)
{
	if (r->failing >= FLEET_HOSTS && failing_share(r) >= FLEET_SHARE)
		return FAILS_FOR_FLEET;
	if (r->failing >= PART_HOSTS && failing_share(r) >= PART_SHARE)
		return FAILS_FOR_PART;
	return r->failing ? FAILS_FOR_HOSTS : FAILS_FOR_NONE;
}

static int collect_resolvers(struct fleet *fleet)
{
	struct fleet_resolver *r = NULL;
	size_t i;

	fleet->resolvers = calloc(fleet->view_count + 1, sizeof(*fleet->resolvers));
	if (!fleet->resolvers)
		return -ENOMEM;
	for (i = 0; i < fleet->view_count; i++) {
		const struct fleet_view *v = &fleet->views[i];

		if (v->local)
			continue;
		if (!r || compare_by_resolver(r->views, v)) {
			r = &fleet->resolvers[fleet->resolver_count++];
			*r = (struct fleet_resolver){.job = v->job,
						     .resolver = v->resolver,
						     .port = v->port,
						     .transport = v->transport,
						     .origin = v->origin,
						     .views = v};
		}
		r->asked++;
		r->failing += v->failing;
	}
	for (i = 0; i < fleet->resolver_count; i++) {
		set_commonest_cause(&fleet->resolvers[i]);
		fleet->resolvers[i].scope = scope_of(&fleet->resolvers[i]);
	}
	return 0;
}

/* The resolvers are sorted by key here, as their views are. */
static void add_ratios(struct fleet *fleet, const struct fleet_row *rows, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++) {
		struct fleet_resolver key = {.job = rows[i].job,
					     .resolver = rows[i].resolver,
					     .port = rows[i].port,
					     .transport = rows[i].transport,
					     .origin = rows[i].origin};
		struct fleet_resolver *r;

		if (rows[i].kind != FLEET_FAILED && rows[i].kind != FLEET_SETTLED)
			continue;
		r = bsearch(&key, fleet->resolvers, fleet->resolver_count, sizeof(key),
			    compare_by_key);
		if (!r)
			continue;
		if (rows[i].kind == FLEET_FAILED)
			r->failed = rows[i].value;
		else
			r->settled = rows[i].value;
	}
}

static void link_views_to_resolvers(struct fleet *fleet)
{
	size_t i, v;

	for (i = 0; i < fleet->resolver_count; i++) {
		const struct fleet_resolver *r = &fleet->resolvers[i];
		size_t first = (size_t)(r->views - fleet->views);

		for (v = first; v < first + r->asked; v++)
			fleet->views[v].of = r;
	}
}

/* ---- hosts -------------------------------------------------------------------------------- */

/*
 * Returns whether all `count` views of a host fail, and not only because the shared resolvers among
 * them fail for the fleet.
 */
static int is_host_failing(const struct fleet_view *const *views, size_t count)
{
	size_t i, shared = 0, explained = 0;

	for (i = 0; i < count; i++) {
		if (!views[i]->failing)
			return 0;
		shared += !views[i]->local;
		explained += views[i]->of && views[i]->of->scope == FAILS_FOR_FLEET;
	}
	return !explained || explained < shared;
}

static void add_failing_host(struct fleet *fleet, const struct fleet_view *const *views,
			     size_t count)
{
	struct fleet_host *host = &fleet->odd[fleet->odd_count++];
	size_t i;

	*host = (struct fleet_host){.job = views[0]->job,
				    .instance = views[0]->instance,
				    .asked = count};
	for (i = 0; i < count && !host->cause; i++)
		host->cause = views[i]->cause;
}

/* By what a host itself asks: what fails for its guests alone is no broken host. */
static int collect_failing_hosts(struct fleet *fleet)
{
	const struct fleet_view **sorted = calloc(fleet->view_count + 1, sizeof(*sorted));
	size_t i, first = 0, count = 0;

	fleet->odd = calloc(fleet->view_count + 1, sizeof(*fleet->odd));
	if (!sorted || !fleet->odd) {
		free(sorted);
		return -ENOMEM;
	}
	for (i = 0; i < fleet->view_count; i++)
		if (strcmp(fleet->views[i].origin, "guest") != 0)
			sorted[count++] = &fleet->views[i];
	qsort(sorted, count, sizeof(*sorted), compare_by_host);
	for (i = 1; i <= count; i++) {
		if (i < count && !compare_hosts(sorted[first], sorted[i]))
			continue;
		if (is_host_failing(sorted + first, i - first))
			add_failing_host(fleet, sorted + first, i - first);
		first = i;
	}
	free(sorted);
	return 0;
}

static int count_hosts(struct fleet *fleet, const struct fleet_row *rows, size_t count)
{
	const char *job = NULL;
	size_t i;

	fleet->missing = calloc(count + 1, sizeof(*fleet->missing));
	if (!fleet->missing)
		return -ENOMEM;
	for (i = 0; i < count; i++) {
		fleet->hosts += rows[i].kind == FLEET_HOST;
		if (rows[i].kind == FLEET_MISSING)
			fleet->missing[fleet->missing_count++] = &rows[i];
		if (job && strcmp(job, rows[i].job))
			fleet->jobs_differ = 1;
		job = rows[i].job;
	}
	return 0;
}

/* ---- the whole ---------------------------------------------------------------------------- */

int fleet_rank(const struct fleet_row *rows, size_t count, struct fleet *ret)
{
	int err;

	memset(ret, 0, sizeof(*ret));
	err = collect_views(ret, rows, count);
	if (!err)
		err = collect_resolvers(ret);
	if (err)
		return err;
	add_ratios(ret, rows, count);
	qsort(ret->resolvers, ret->resolver_count, sizeof(*ret->resolvers), compare_worst_first);
	link_views_to_resolvers(ret);
	err = collect_failing_hosts(ret);
	if (!err)
		err = count_hosts(ret, rows, count);
	return err;
}

void fleet_free(struct fleet *fleet)
{
	free(fleet->missing);
	free(fleet->odd);
	free(fleet->resolvers);
	free(fleet->views);
	memset(fleet, 0, sizeof(*fleet));
}

enum fleet_verdict fleet_verdict(const struct fleet *fleet)
{
	/* worst first */
	enum fleet_scope worst = fleet->resolver_count ? fleet->resolvers[0].scope : FAILS_FOR_NONE;
	size_t failing = 0, i;

	/* Local resolvers and those of guests too: they are in `views` only. */
	for (i = 0; i < fleet->view_count; i++)
		failing += fleet->views[i].failing != 0;
	if (worst == FAILS_FOR_FLEET || (failing && failing == fleet->view_count))
		return FLEET_CRITICAL;
	return failing || fleet->missing_count ? FLEET_WARNING : FLEET_OK;
}
