// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* JSON as a status. */
#include "view/status_read.h"

#include "health/counters.h"
#include "health/names.h"
#include "util/json.h"

#include <arpa/inet.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MOST_RESOLVERS 70000 /* what --max-resolvers allows, and those of configuration */
#define MOST_INTERFACES 65536

_Static_assert(STATUS_ERROR_SIZE == JSON_ERROR_SIZE, "one reader for both");

static double read_real(struct json_get *r, const json_t *object, const char *key, double most)
{
	json_t *value = json_object_get(object, key);
	double real = json_number_value(value);

	if (json_is_null(value))
		return NAN;
	if (!json_is_number(value) || !(real >= 0 && real <= most)) {
		char what[60];

		snprintf(what, sizeof(what), "a number from 0 to %g, or null", most);
		json_get_expected(r, key, what);
		return NAN;
	}
	return real;
}

static void read_windows(struct json_get *r, const json_t *object, struct resolver_status *to)
{
	json_t *windows = json_get_member(r, object, "windows", JSON_OBJECT), *from;
	unsigned int i;

	for (i = 0; i < WINDOW_MAX && !r->failed; i++) {
		struct rates *rates = &to->windows[i];

		from = json_get_member(r, windows, window_name(i), JSON_OBJECT);
		rates->queries_per_s = read_real(r, from, "queries_per_s", 1e15);
		rates->settled = json_get_count(r, from, "settled", JSON_COUNT_MAX);
		rates->failure_ratio = read_real(r, from, "failure_ratio", 1);
		rates->error_ratio = read_real(r, from, "error_ratio", 1);
		rates->port_unreachables_per_query =
			read_real(r, from, "port_unreachables_per_query", 1e15);
		rates->rtt_p50_s = read_real(r, from, "rtt_p50_s", 1e6);
		rates->rtt_p95_s = read_real(r, from, "rtt_p95_s", 1e6);
		rates->rtt_p99_s = read_real(r, from, "rtt_p99_s", 1e6);
	}
}

/* A daemon that was started before an update of dnsreach may lack some. */
static void read_counters(struct json_get *r, const json_t *object,
			  struct resolver_counters *counters)
{
	unsigned int i;

	for (i = 0; i < COUNTER_MAX && !r->failed; i++) {
		const struct counter_row *row = &counter_rows[i];
		const json_t *group = row->group ? json_object_get(object, row->group) : object;

		if (row->exported == EXPORTED_COUNTER && json_object_get(group, row->name))
			counters->n[i] = json_get_count(r, group, row->name, JSON_COUNT_MAX);
	}
}

static void read_state(struct json_get *r, const json_t *object, struct resolver_status *to)
{
	const char *state = json_get_text(r, object, "state");
	const char *cause = json_get_text_or_null(r, object, "cause");
	unsigned int i;

	for (i = 0; state && i < STATE_MAX && strcmp(state_name(i), state);)
		i++;
	if (state && i == STATE_MAX)
		json_get_expected(r, "state", "the name of a state");
	else if (state)
		to->state = i;
	for (i = CAUSE_NONE + 1; cause && i < CAUSE_MAX && strcmp(cause_name(i), cause);)
		i++;
	if (cause && i == CAUSE_MAX)
		json_get_expected(r, "cause", "the name of a cause, or null");
	else if (cause)
		to->cause = i;
}

static void read_key(struct json_get *r, const json_t *object, struct resolver_key *key)
{
	const char *transport = json_get_text(r, object, "transport");

	json_get_address(r, object, "address", &key->address, &key->scope);
	key->port = htons((__u16)json_get_count(r, object, "port", 65535));
	key->transport = TRANSPORT_UDP;
	if (transport && strcmp(transport, "udp"))
		json_get_expected(r, "transport", "\"udp\"");
	if (!r->failed && resolver_is_other(key))
		json_get_expected(r, "address", "an IP address");
}

static void read_resolver(struct json_get *r, const json_t *object, struct resolver_snapshot *now,
			  struct resolver_status *judged)
{
	const char *address = json_get_text(r, object, "address");
	const char *suspicion = json_get_text_or_null(r, object, "suspicion");

	if (address && strcmp(address, "other")) {
		read_key(r, object, &now->key);
		read_state(r, object, judged);
	}
	if (suspicion && strcmp(suspicion, "forged"))
		json_get_expected(r, "suspicion", "\"forged\" or null");
	judged->forged = suspicion != NULL;
	now->in_flight = json_get_count(r, object, "in_flight", JSON_COUNT_MAX);
	read_counters(r, object, &now->counters);
	read_windows(r, object, judged);
	judged->now = now;
}

static int read_resolvers(struct json_get *r, const json_t *object, struct parsed_status *ret)
{
	json_t *array = json_get_array(r, object, "resolvers", MOST_RESOLVERS);
	size_t i, count = json_array_size(array);

	if (r->failed)
		return -EINVAL;
	ret->snapshot.resolvers = calloc(count + 1, sizeof(*ret->snapshot.resolvers));
	ret->judged = calloc(count + 1, sizeof(*ret->judged));
	if (!ret->snapshot.resolvers || !ret->judged)
		return -ENOMEM;
	for (i = 0; i < count && !r->failed; i++)
		read_resolver(r, json_array_get(array, i), &ret->snapshot.resolvers[i],
			      &ret->judged[i]);
	ret->snapshot.count = ret->status.count = count;
	ret->status.snapshot = &ret->snapshot;
	ret->status.resolvers = ret->judged;
	return r->failed ? -EINVAL : 0;
}

static void read_interface(struct json_get *r, const json_t *object, struct status_interface *to)
{
	const char *name = json_get_text(r, object, "name");
	const char *hook = json_get_text(r, object, "hook");
	int is_tcx = hook && !strcmp(hook, "tcx");

	if (hook && !is_tcx && strcmp(hook, "clsact"))
		json_get_expected(r, "hook", "\"tcx\" or \"clsact\"");
	snprintf(to->name, sizeof(to->name), "%s", name ? name : "");
	to->hook = is_tcx ? "tcx" : "clsact";
}

static int read_interfaces(struct json_get *r, const json_t *object, struct parsed_status *ret)
{
	json_t *array = json_get_array(r, object, "interfaces", MOST_INTERFACES);
	size_t i, count = json_array_size(array);

	if (r->failed)
		return -EINVAL;
	ret->interfaces = calloc(count + 1, sizeof(*ret->interfaces));
	if (!ret->interfaces)
		return -ENOMEM;
	for (i = 0; i < count && !r->failed; i++)
		read_interface(r, json_array_get(array, i), &ret->interfaces[i]);
	ret->status.interfaces = ret->interfaces;
	ret->status.interface_count = count;
	return r->failed ? -EINVAL : 0;
}

static int read_object(struct json_get *r, const json_t *object, struct parsed_status *ret)
{
	int err;

	if (!json_is_object(object))
		json_get_expected(r, NULL, "an object");
	ret->snapshot.wall_ns = json_get_time(r, object, "time");
	ret->status.interval_s = read_real(r, object, "interval_s", 1e9);
	err = r->failed ? -EINVAL : read_interfaces(r, object, ret);
	return err ? err : read_resolvers(r, object, ret);
}

int status_json_parse(const char *text, size_t length, struct parsed_status *ret,
		      char error[STATUS_ERROR_SIZE])
{
	struct json_get r = {.error = error};
	json_error_t where;
	json_t *object;
	int err;

	memset(ret, 0, sizeof(*ret));
	error[0] = '\0';
	object = json_loadb(text ? text : "", length, JSON_REJECT_DUPLICATES, &where);
	if (!object) {
		snprintf(error, STATUS_ERROR_SIZE, "%.160s", where.text);
		return json_error_code(&where) == json_error_out_of_memory ? -ENOMEM : -EINVAL;
	}
	err = read_object(&r, object, ret);
	json_decref(object);
	if (err)
		parsed_status_free(ret);
	return err;
}

void parsed_status_free(struct parsed_status *status)
{
	free(status->snapshot.resolvers);
	free(status->judged);
	free(status->interfaces);
	memset(status, 0, sizeof(*status));
}
