// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The fleet as one JSON object; docs/fleet.md describes it. */
#include "util/clock.h"
#include "fleet/show.h"
#include "util/json_build.h"

#include <errno.h>
#include <math.h>
#include <stddef.h>
#include <stdlib.h>

static const char *const scopes[] = {
	[FAILS_FOR_NONE] = NULL,
	[FAILS_FOR_HOSTS] = "hosts",
	[FAILS_FOR_PART] = "part",
	[FAILS_FOR_FLEET] = "fleet",
};

/* ---- objects from tables of their members -----------------------------------------------------
 */

struct member {
	const char *key;
	json_t *(*make)(struct maker *maker, const void *from);
	size_t offset; /* of what it is made from */
};

struct kind {
	const struct member *members;
	size_t count, size; /* of what an object is made from */
};

#define KIND(type, members)                                                                        \
	{                                                                                          \
		members, sizeof(members) / sizeof(*(members)), sizeof(type)                        \
	}

static json_t *object_of(struct maker *maker, const struct kind *kind, const void *from)
{
	json_t *object = json_object();
	const struct member *m;

	for (m = kind->members; m < kind->members + kind->count; m++)
		maker_set(maker, object, m->key, m->make(maker, (const char *)from + m->offset));
	return object;
}

static json_t *array_of(struct maker *maker, const struct kind *kind, const void *first,
			size_t count)
{
	json_t *array = json_array();
	size_t i;

	for (i = 0; i < count; i++)
		maker_append(maker, array,
			     object_of(maker, kind, (const char *)first + i * kind->size));
	return array;
}

static json_t *text_at(struct maker *maker, const void *from)
{
	return maker_text(*(const char *const *)from);
}

static json_t *count_at(struct maker *maker, const void *from)
{
	return maker_count(*(const size_t *)from);
}

static json_t *port_at(struct maker *maker, const void *from)
{
	const char *port = *(const char *const *)from;
	char *end;
	unsigned long number = strtoul(port, &end, 10);

	return *port && !*end && number <= 65535 ? maker_count(number) : json_null();
}

static json_t *scope_at(struct maker *maker, const void *from)
{
	return maker_text(scopes[*(const enum fleet_scope *)from]);
}

/* ---- the kinds ----------------------------------------------------------------------------------
 */

static const struct member view_members[] = {
	{"instance", text_at, offsetof(struct fleet_view, instance)},
	{"state", text_at, offsetof(struct fleet_view, state)},
	{"cause", text_at, offsetof(struct fleet_view, cause)},
};
static const struct kind view = KIND(struct fleet_view, view_members);

static json_t *failing_hosts(struct maker *maker, const void *from)
{
	const struct fleet_resolver *r = from;
	json_t *array = json_array();
	size_t i;

	for (i = 0; i < r->asked; i++) {
		if (r->views[i].failing)
			maker_append(maker, array, object_of(maker, &view, &r->views[i]));
	}
	return array;
}

static json_t *failure_ratio(struct maker *maker, const void *from)
{
	const struct fleet_resolver *r = from;

	return maker_real(r->settled > 0 ? r->failed / r->settled : NAN);
}

static const struct member resolver_members[] = {
	{"job", text_at, offsetof(struct fleet_resolver, job)},
	{"address", text_at, offsetof(struct fleet_resolver, resolver)},
	{"port", port_at, offsetof(struct fleet_resolver, port)},
	{"transport", text_at, offsetof(struct fleet_resolver, transport)},
	{"fails_for", scope_at, offsetof(struct fleet_resolver, scope)},
	{"hosts_asking", count_at, offsetof(struct fleet_resolver, asked)},
	{"hosts_failing", count_at, offsetof(struct fleet_resolver, failing)},
	{"cause", text_at, offsetof(struct fleet_resolver, cause)},
	{"cause_hosts", count_at, offsetof(struct fleet_resolver, cause_hosts)},
	{"failure_ratio", failure_ratio, 0}, /* from all of it */
	{"failing_hosts", failing_hosts, 0},
};
static const struct kind resolver = KIND(struct fleet_resolver, resolver_members);

static const struct member odd_members[] = {
	{"job", text_at, offsetof(struct fleet_host, job)},
	{"instance", text_at, offsetof(struct fleet_host, instance)},
	{"resolvers", count_at, offsetof(struct fleet_host, asked)},
	{"cause", text_at, offsetof(struct fleet_host, cause)},
};
static const struct kind odd_host = KIND(struct fleet_host, odd_members);

static const struct member missing_members[] = {
	{"job", text_at, offsetof(struct fleet_row, job)},
	{"instance", text_at, offsetof(struct fleet_row, instance)},
};
static const struct kind missing_host = KIND(struct fleet_row, missing_members);

/* ---- all of it
 * ----------------------------------------------------------------------------------- */

/* null when it is no time that a clock could show */
static json_t *time_object(double time_s)
{
	char time[CLOCK_TEXT_SIZE];

	if (!(time_s > 0 && time_s < 1e10))
		return json_null();
	return maker_text(clock_rfc3339((__u64)llround(time_s * 1e6) * 1000, time));
}

static json_t *fleet_object(struct maker *maker, const struct fleet_shown *shown)
{
	const struct fleet *fleet = shown->fleet;
	json_t *object = json_object(), *missing = json_array();
	size_t i;

	for (i = 0; i < fleet->missing_count; i++)
		maker_append(maker, missing, object_of(maker, &missing_host, fleet->missing[i]));
	maker_set(maker, object, "time", time_object(shown->time_s));
	maker_set(maker, object, "window_s", maker_real(shown->window_s));
	maker_set(maker, object, "status", maker_text(fleet_verdict_name(fleet_verdict(fleet))));
	maker_set(maker, object, "hosts", maker_count(fleet->hosts));
	maker_set(maker, object, "resolvers",
		  array_of(maker, &resolver, fleet->resolvers, fleet->resolver_count));
	maker_set(maker, object, "odd_hosts",
		  array_of(maker, &odd_host, fleet->odd, fleet->odd_count));
	maker_set(maker, object, "missing_hosts", missing);
	return object;
}

int fleet_json_add(struct buffer *out, const struct fleet_shown *shown)
{
	struct maker maker = {0};
	json_t *object = fleet_object(&maker, shown);
	char *text = maker.failed ? NULL : json_dumps(object, MAKER_FLAGS);

	json_decref(object);
	if (!text)
		return -ENOMEM;
	buffer_add(out, "%s\n", text);
	free(text);
	return buffer_error(out);
}
