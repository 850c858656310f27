// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The fleet as one JSON object; docs/fleet.md describes it. */
#include "base/clock.h"
#include "fleet/show.h"
#include "output/maker.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

static const char *const scopes[] = {
	[FAILS_FOR_NONE] = NULL,
	[FAILS_FOR_HOSTS] = "hosts",
	[FAILS_FOR_PART] = "part",
	[FAILS_FOR_FLEET] = "fleet",
};

static json_t *port_object(const char *port)
{
	char *end;
	unsigned long number = strtoul(port, &end, 10);

	return *port && !*end && number <= 65535 ? maker_count(number) : json_null();
}

static json_t *views_array(struct maker *maker, const struct fleet_resolver *r)
{
	json_t *array = json_array();
	size_t i;

	for (i = 0; i < r->asked; i++) {
		json_t *view;

		if (!r->views[i].failing)
			continue;
		view = json_object();
		maker_set(maker, view, "instance", maker_text(r->views[i].instance));
		maker_set(maker, view, "state", maker_text(r->views[i].state));
		maker_set(maker, view, "cause", maker_text(r->views[i].cause));
		maker_append(maker, array, view);
	}
	return array;
}

static json_t *resolver_object(struct maker *maker, const struct fleet_resolver *r)
{
	json_t *object = json_object();

	maker_set(maker, object, "job", maker_text(r->job));
	maker_set(maker, object, "address", maker_text(r->resolver));
	maker_set(maker, object, "port", port_object(r->port));
	maker_set(maker, object, "transport", maker_text(r->transport));
	maker_set(maker, object, "fails_for", maker_text(scopes[r->scope]));
	maker_set(maker, object, "hosts_asking", maker_count(r->asked));
	maker_set(maker, object, "hosts_failing", maker_count(r->failing));
	maker_set(maker, object, "cause", maker_text(r->cause));
	maker_set(maker, object, "cause_hosts", maker_count(r->cause_hosts));
	maker_set(maker, object, "failure_ratio",
		  maker_real(r->settled > 0 ? r->failed / r->settled : NAN));
	maker_set(maker, object, "failing_hosts", views_array(maker, r));
	return object;
}

static json_t *odd_object(struct maker *maker, const struct fleet_host *host)
{
	json_t *object = json_object();

	maker_set(maker, object, "job", maker_text(host->job));
	maker_set(maker, object, "instance", maker_text(host->instance));
	maker_set(maker, object, "resolvers", maker_count(host->asked));
	maker_set(maker, object, "cause", maker_text(host->cause));
	return object;
}

static json_t *missing_object(struct maker *maker, const struct fleet_row *row)
{
	json_t *object = json_object();

	maker_set(maker, object, "job", maker_text(row->job));
	maker_set(maker, object, "instance", maker_text(row->instance));
	return object;
}

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
	json_t *object = json_object(), *resolvers = json_array(), *odd = json_array();
	json_t *missing = json_array();
	const struct fleet *fleet = shown->fleet;
	size_t i;

	for (i = 0; i < fleet->resolver_count; i++)
		maker_append(maker, resolvers, resolver_object(maker, &fleet->resolvers[i]));
	for (i = 0; i < fleet->odd_count; i++)
		maker_append(maker, odd, odd_object(maker, &fleet->odd[i]));
	for (i = 0; i < fleet->missing_count; i++)
		maker_append(maker, missing, missing_object(maker, fleet->missing[i]));
	maker_set(maker, object, "time", time_object(shown->time_s));
	maker_set(maker, object, "window_s", maker_real(shown->window_s));
	maker_set(maker, object, "status", maker_text(fleet_verdict_name(fleet_verdict(fleet))));
	maker_set(maker, object, "hosts", maker_count(fleet->hosts));
	maker_set(maker, object, "resolvers", resolvers);
	maker_set(maker, object, "odd_hosts", odd);
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
