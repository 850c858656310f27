// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The fleet as one JSON object; docs/fleet.md describes it. */
#include "util/clock.h"
#include "fleet/show.h"
#include "util/json.h"

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
	json_t *(*make)(struct json_build *build, const void *from);
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

static json_t *object_of(struct json_build *build, const struct kind *kind, const void *from)
{
	json_t *object = json_object();
	const struct member *m;

	for (m = kind->members; m < kind->members + kind->count; m++)
		json_build_set(build, object, m->key,
			       m->make(build, (const char *)from + m->offset));
	return object;
}

static json_t *array_of(struct json_build *build, const struct kind *kind, const void *first,
			size_t count)
{
	json_t *array = json_array();
	size_t i;

	for (i = 0; i < count; i++)
		json_build_append(build, array,
				  object_of(build, kind, (const char *)first + i * kind->size));
	return array;
}

static json_t *text_at(struct json_build *build, const void *from)
{
	return json_build_text(*(const char *const *)from);
}

static json_t *count_at(struct json_build *build, const void *from)
{
	return json_build_count(*(const size_t *)from);
}

static json_t *port_at(struct json_build *build, const void *from)
{
	const char *port = *(const char *const *)from;
	char *end;
	unsigned long number = strtoul(port, &end, 10);

	return *port && !*end && number <= 65535 ? json_build_count(number) : json_null();
}

static json_t *scope_at(struct json_build *build, const void *from)
{
	return json_build_text(scopes[*(const enum fleet_scope *)from]);
}

/* ---- the kinds ----------------------------------------------------------------------------------
 */

static const struct member view_members[] = {
	{"instance", text_at, offsetof(struct fleet_view, instance)},
	{"state", text_at, offsetof(struct fleet_view, state)},
	{"cause", text_at, offsetof(struct fleet_view, cause)},
};
static const struct kind view = KIND(struct fleet_view, view_members);

static json_t *failing_hosts(struct json_build *build, const void *from)
{
	const struct fleet_resolver *r = from;
	json_t *array = json_array();
	size_t i;

	for (i = 0; i < r->asked; i++) {
		if (r->views[i].failing)
			json_build_append(build, array, object_of(build, &view, &r->views[i]));
	}
	return array;
}

static json_t *failure_ratio(struct json_build *build, const void *from)
{
	const struct fleet_resolver *r = from;

	return json_build_real(r->settled > 0 ? r->failed / r->settled : NAN);
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
	return json_build_text(clock_rfc3339((__u64)llround(time_s * 1e6) * 1000, time));
}

static json_t *fleet_object(struct json_build *build, const struct fleet_shown *shown)
{
	const struct fleet *fleet = shown->fleet;
	json_t *object = json_object(), *missing = json_array();
	size_t i;

	for (i = 0; i < fleet->missing_count; i++)
		json_build_append(build, missing,
				  object_of(build, &missing_host, fleet->missing[i]));
	json_build_set(build, object, "time", time_object(shown->time_s));
	json_build_set(build, object, "window_s", json_build_real(shown->window_s));
	json_build_set(build, object, "status",
		       json_build_text(fleet_verdict_name(fleet_verdict(fleet))));
	json_build_set(build, object, "hosts", json_build_count(fleet->hosts));
	json_build_set(build, object, "resolvers",
		       array_of(build, &resolver, fleet->resolvers, fleet->resolver_count));
	json_build_set(build, object, "odd_hosts",
		       array_of(build, &odd_host, fleet->odd, fleet->odd_count));
	json_build_set(build, object, "missing_hosts", missing);
	return object;
}

int fleet_json_add(struct buffer *out, const struct fleet_shown *shown)
{
	struct json_build build = {0};
	json_t *object = fleet_object(&build, shown);
	char *text = build.failed ? NULL : json_dumps(object, JSON_BUILD_FLAGS);

	json_decref(object);
	if (!text)
		return -ENOMEM;
	buffer_add(out, "%s\n", text);
	free(text);
	return buffer_error(out);
}
