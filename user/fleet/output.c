/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* See output.h. */
#include "fleet/output.h"

#include "util/clock.h"
#include "util/address.h"
#include "util/json.h"
#include "util/text.h"
#include "view/cells.h"

#include <errno.h>
#include <math.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#define NAMES_SHOWN 5	/* hosts in one row */
#define ROWS_SHOWN 20	/* hosts in a list */
#define NAME_LONGEST 80 /* bytes; a longer name would break the table */

static const char *const scopes[] = {
	[FAILS_FOR_NONE] = NULL,
	[FAILS_FOR_HOSTS] = "hosts",
	[FAILS_FOR_PART] = "part",
	[FAILS_FOR_FLEET] = "fleet",
};

static const char *const verdict_names[] = {
	[FLEET_OK] = "OK",
	[FLEET_WARNING] = "WARNING",
	[FLEET_CRITICAL] = "CRITICAL",
};

const char *fleet_verdict_name(enum fleet_verdict verdict)
{
	return verdict_names[verdict];
}

static void add_name_limited(struct buffer *out, const char *name)
{
	struct buffer plain = {0};

	text_sanitize(&plain, *name ? name : "?");
	if (buffer_error(&plain))
		out->failed = 1;
	else if (plain.used <= NAME_LONGEST)
		buffer_add_bytes(out, plain.text, plain.used);
	else
		buffer_add(out, "%.*s...", NAME_LONGEST - 3, plain.text);
	buffer_free(&plain);
}

/* Appends the address; its port, transport and origin when they are not 53, udp and host. */
static void add_resolver(struct buffer *out, const struct fleet_resolver *r)
{
	int bare = !strcmp(r->port, strcmp(r->transport, "dot") ? "53" : "853");
	int brackets = !bare && strchr(r->resolver, ':') != NULL;

	buffer_add(out, "%s", brackets ? "[" : "");
	add_name_limited(out, r->resolver);
	buffer_add(out, "%s", brackets ? "]" : "");
	if (!bare) {
		buffer_add(out, ":");
		add_name_limited(out, r->port);
	}
	if (strcmp(r->transport, "udp")) {
		buffer_add(out, "/");
		add_name_limited(out, r->transport);
	}
	if (!strcmp(r->origin, origin_text(ORIGIN_GUEST)))
		buffer_add(out, " (guests)");
}

/* ---- text: the first line ----------------------------------------------------------------- */

static size_t count_scope(const struct fleet *fleet, enum fleet_scope scope)
{
	size_t i, count = 0;

	for (i = 0; i < fleet->resolver_count; i++)
		count += fleet->resolvers[i].scope == scope;
	return count;
}

static void add_summary(struct buffer *out, const struct fleet *fleet)
{
	size_t for_fleet = count_scope(fleet, FAILS_FOR_FLEET);
	size_t for_part = count_scope(fleet, FAILS_FOR_PART);
	size_t for_hosts = count_scope(fleet, FAILS_FOR_HOSTS);

	buffer_add(out, "DNS FLEET %s - %zu of %zu resolvers fail%s for the fleet",
		   fleet_verdict_name(fleet_verdict(fleet)), for_fleet, fleet->resolver_count,
		   for_fleet == 1 ? "s" : "");
	if (for_part)
		buffer_add(out, ", %zu for a part of it", for_part);
	if (for_hosts)
		buffer_add(out, ", %zu for single hosts", for_hosts);
	if (fleet->odd_count)
		buffer_add(out, "; %zu host%s no working resolver", fleet->odd_count,
			   fleet->odd_count == 1 ? " has" : "s have");
	if (fleet->missing_count)
		buffer_add(out, "; %zu host%s not answer", fleet->missing_count,
			   fleet->missing_count == 1 ? " does" : "s do");
	buffer_add(out, "\n");
}

/* ---- text: the table ---------------------------------------------------------------------- */

/* Appends the hosts that differ: where it fails for the fleet, those where it works; else those
 * where it fails. */
static void add_differing_hosts(struct buffer *out, const struct fleet_resolver *r)
{
	int fails = r->scope == FAILS_FOR_FLEET;
	size_t of = fails ? r->asked - r->failing : r->failing, shown = 0, i;

	for (i = 0; i < r->asked && shown < NAMES_SHOWN; i++) {
		if (r->views[i].failing == fails)
			continue;
		buffer_add(out, "%s", shown++ ? ", " : fails ? "not: " : "");
		add_name_limited(out, r->views[i].instance);
	}
	if (of > shown)
		buffer_add(out, " and %zu more", of - shown);
	if (!of)
		buffer_add(out, "-");
}

static void add_padding(struct buffer *out, size_t from, size_t width)
{
	size_t used = out->used - from;

	buffer_add(out, "%*s", used < width ? (int)(width - used) : 0, "");
}

static void add_row(struct buffer *out, const struct fleet *fleet, const struct fleet_resolver *r,
		    size_t width)
{
	char ratio[CELL_SIZE];
	size_t from = out->used;

	add_resolver(out, r);
	if (fleet->jobs_differ) {
		buffer_add(out, " (");
		add_name_limited(out, r->job);
		buffer_add(out, ")");
	}
	add_padding(out, from, width);
	cell_format_ratio(r->settled > 0 ? r->failed / r->settled : NAN, ratio);
	buffer_add(out, "  %-9s  %5zu of %-5zu  %6s  ", r->scope ? scopes[r->scope] : "nobody",
		   r->failing, r->asked, ratio);
	from = out->used;
	if (r->cause)
		add_name_limited(out, r->cause);
	else
		buffer_add(out, "-");
	add_padding(out, from, 16);
	buffer_add(out, "  ");
	add_differing_hosts(out, r);
	buffer_add(out, "\n");
}

static size_t first_column_width(const struct fleet *fleet)
{
	size_t widest = strlen("RESOLVER"), i;
	struct buffer cell = {0};

	for (i = 0; i < fleet->resolver_count; i++) {
		buffer_reset(&cell);
		add_resolver(&cell, &fleet->resolvers[i]);
		if (fleet->jobs_differ) {
			buffer_add(&cell, " ()");
			add_name_limited(&cell, fleet->resolvers[i].job);
		}
		if (cell.used > widest)
			widest = cell.used;
	}
	buffer_free(&cell);
	return widest;
}

static void add_table(struct buffer *out, const struct fleet *fleet)
{
	size_t width = first_column_width(fleet), i;

	if (!fleet->resolver_count) {
		buffer_add(out,
			   "\nNo host has queried a resolver that other hosts can query too.\n");
		return;
	}
	buffer_add(out, "\n%-*s  %-9s  %-14s  %6s  %-16s  %s\n", (int)width, "RESOLVER",
		   "FAILS FOR", "HOSTS", "FAILED", "CAUSE", "ODD ONES OUT");
	for (i = 0; i < fleet->resolver_count; i++)
		add_row(out, fleet, &fleet->resolvers[i], width);
}

/* ---- text: hosts -------------------------------------------------------------------------- */

static void add_more(struct buffer *out, size_t shown, size_t of)
{
	if (of > shown)
		buffer_add(out, "  and %zu more\n", of - shown);
}

static void add_odd_hosts(struct buffer *out, const struct fleet *fleet)
{
	size_t i;

	if (!fleet->odd_count)
		return;
	buffer_add(out, "\nHosts where all resolvers fail, though not for the whole fleet:\n");
	for (i = 0; i < fleet->odd_count && i < ROWS_SHOWN; i++) {
		const struct fleet_host *host = &fleet->odd[i];

		buffer_add(out, "  ");
		add_name_limited(out, host->instance);
		buffer_add(out, "  %zu of %zu fail", host->asked, host->asked);
		if (host->cause) {
			buffer_add(out, "  ");
			add_name_limited(out, host->cause);
		}
		buffer_add(out, "\n");
	}
	add_more(out, i, fleet->odd_count);
}

static void add_missing_hosts(struct buffer *out, const struct fleet *fleet)
{
	size_t i;

	if (!fleet->missing_count)
		return;
	buffer_add(out, "\nHosts where dnsreach does not answer Prometheus:\n");
	for (i = 0; i < fleet->missing_count && i < ROWS_SHOWN; i++) {
		buffer_add(out, "  ");
		add_name_limited(out, fleet->missing[i]->instance);
		buffer_add(out, "\n");
	}
	add_more(out, i, fleet->missing_count);
}

int fleet_text_write(struct buffer *out, const struct fleet_output *output)
{
	const struct fleet *fleet = output->fleet;

	add_summary(out, fleet);
	buffer_add(out, "%zu host%s; shares of failed transactions over %g s\n", fleet->hosts,
		   fleet->hosts == 1 ? "" : "s", output->window_s);
	add_table(out, fleet);
	add_odd_hosts(out, fleet);
	add_missing_hosts(out, fleet);
	return buffer_error(out);
}

/* ---- JSON: objects from tables of their members ------------------------------------------- */

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

/* ---- JSON: the kinds ---------------------------------------------------------------------- */

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
	{"origin", json_text_at, offsetof(struct fleet_resolver, origin)},
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

/* ---- JSON: the whole ---------------------------------------------------------------------- */

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

	return json_build_write(&build, fleet_object(&build, output), out);
}
