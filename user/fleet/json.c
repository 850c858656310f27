// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The fleet as one JSON object; docs/fleet.md describes it. */
#include "util/clock.h"
#include "fleet/output.h"
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

/* ---- objects from tables of their members -------------------------------------------------- */

struct json_member {
	const char *key;
	json_t *(*make)(struct json_build *build, const void *from);
	size_t offset; /* of what it is made from */
};

struct json_kind {
	const struct json_member *members;
	size_t count, size; /* of what an object is made from */
};

#define KIND(type, members)                                                                        \
	{                                                                                          \
		members, sizeof(members) / sizeof(*(members)), sizeof(type)                        \
	}

static json_t *json_object_of(struct json_build *build, const struct json_kind *kind,
			      const void *from)
{
	json_t *object = json_object();
	const struct json_member *m;

	for (m = kind->members; m < kind->members + kind->count; m++)
		json_build_set(build, object, m->key,
			       m->make(build, (const char *)from + m->offset));
	return object;
}

static json_t *json_array_of(struct json_build *build, const struct json_kind *kind,
			     const void *first, size_t count)
{
	json_t *array = json_array();
	size_t i;

	for (i = 0; i < count; i++)
		json_build_append(build, array,
				  json_object_of(build, kind,
						 (const char *)first + i * kind->size));
	return array;
}

static json_t *json_text_at(struct json_build *build, const void *from)
{
	return json_build_text(*(const char *const *)from);
}

static json_t *json_count_at(struct json_build *build, const void *from)
{
	return json_build_count(*(const size_t *)from);
}

static json_t *json_port_at(struct json_build *build, const void *from)
{
	const char *port = *(const char *const *)from;
	char *end;
	unsigned long number = strtoul(port, &end, 10);

	return *port && !*end && number <= 65535 ? json_build_count(number) : json_null();
}

static json_t *json_scope_at(struct json_build *build, const void *from)
{
	return json_build_text(scopes[*(const enum fleet_scope *)from]);
}

/* ---- the kinds ----------------------------------------------------------------------------- */

static const struct json_member view_members[] = {
	{"instance", json_text_at, offsetof(struct fleet_view, instance)},
	{"state", json_text_at, offsetof(struct fleet_view, state)},
	{"cause", json_text_at, offsetof(struct fleet_view, cause)},
};
static const struct json_kind view = KIND(struct fleet_view, view_members);

static json_t *failing_hosts(struct json_build *build, const void *from)
{
	const struct fleet_resolver *r = from;
	json_t *array = json_array();
	size_t i;

	for (i = 0; i < r->asked; i++) {
		if (r->views[i].failing)
			json_build_append(build, array, json_object_of(build, &view, &r->views[i]));
	}
	return array;
}

static json_t *failure_ratio(struct json_build *build, const void *from)
{
	const struct fleet_resolver *r = from;

	return json_build_real(r->settled > 0 ? r->failed / r->settled : NAN);
}

static const struct json_member resolver_members[] = {
	{"job", json_text_at, offsetof(struct fleet_resolver, job)},
	{"address", json_text_at, offsetof(struct fleet_resolver, resolver)},
	{"port", json_port_at, offsetof(struct fleet_resolver, port)},
	{"transport", json_text_at, offsetof(struct fleet_resolver, transport)},
	{"fails_for", json_scope_at, offsetof(struct fleet_resolver, scope)},
	{"hosts_asking", json_count_at, offsetof(struct fleet_resolver, asked)},
	{"hosts_failing", json_count_at, offsetof(struct fleet_resolver, failing)},
	{"cause", json_text_at, offsetof(struct fleet_resolver, cause)},
	{"cause_hosts", json_count_at, offsetof(struct fleet_resolver, cause_hosts)},
	{"failure_ratio", failure_ratio, 0}, /* from all of it */
	{"failing_hosts", failing_hosts, 0},
};
static const struct json_kind resolver = KIND(struct fleet_resolver, resolver_members);

static const struct json_member odd_members[] = {
	{"job", json_text_at, offsetof(struct fleet_host, job)},
	{"instance", json_text_at, offsetof(struct fleet_host, instance)},
	{"resolvers", json_count_at, offsetof(struct fleet_host, asked)},
	{"cause", json_text_at, offsetof(struct fleet_host, cause)},
};
static const struct json_kind odd_host = KIND(struct fleet_host, odd_members);

static const struct json_member missing_members[] = {
	{"job", json_text_at, offsetof(struct fleet_row, job)},
	{"instance", json_text_at, offsetof(struct fleet_row, instance)},
};
static const struct json_kind missing_host = KIND(struct fleet_row, missing_members);

/* ---- all of it ----------------------------------------------------------------------------- */

/* Returns null for a time that is not within the range of a clock. */
static json_t *json_time(double time_s)
{
	char time[CLOCK_TEXT_SIZE];

	if (!(time_s > 0 && time_s < 1e10))
		return json_null();
	return json_build_text(clock_rfc3339((__u64)llround(time_s * 1e6) * 1000, time));
}

static json_t *fleet_object(struct json_build *build, const struct fleet_output *output)
{
	const struct fleet *fleet = output->fleet;
	json_t *object = json_object(), *missing = json_array();
	size_t i;

	for (i = 0; i < fleet->missing_count; i++)
		json_build_append(build, missing,
				  json_object_of(build, &missing_host, fleet->missing[i]));
	json_build_set(build, object, "time", json_time(output->time_s));
	json_build_set(build, object, "window_s", json_build_real(output->window_s));
	json_build_set(build, object, "status",
		       json_build_text(fleet_verdict_name(fleet_verdict(fleet))));
	json_build_set(build, object, "hosts", json_build_count(fleet->hosts));
	json_build_set(build, object, "resolvers",
		       json_array_of(build, &resolver, fleet->resolvers, fleet->resolver_count));
	json_build_set(build, object, "odd_hosts",
		       json_array_of(build, &odd_host, fleet->odd, fleet->odd_count));
	json_build_set(build, object, "missing_hosts", missing);
	return object;
}

int fleet_json_write(struct buffer *out, const struct fleet_output *output)
{
	struct json_build build = {0};
	json_t *object = fleet_object(&build, output);
	char *text = build.failed ? NULL : json_dumps(object, JSON_BUILD_FLAGS);

	json_decref(object);
	if (!text)
		return -ENOMEM;
	buffer_add(out, "%s\n", text);
	free(text);
	return buffer_error(out);
}
