// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* A status as one line of JSON. */
#include "view/status_json.h"

#include "util/address.h"
#include "util/clock.h"
#include "health/counters.h"
#include "health/rtt.h"
#include "health/names.h"
#include "util/json.h"

#include <arpa/inet.h>
#include <errno.h>
#include <jansson.h>

/* An interface or a file may be named with anything; JSON is UTF-8. */
static json_t *forced_text(const char *words)
{
	struct buffer plain = {0};
	json_t *string;

	for (; *words; words++)
		buffer_add(&plain, "%c", (unsigned char)*words < 0x80 ? *words : '?');
	string = buffer_error(&plain) ? NULL : json_string(plain.text);
	buffer_free(&plain);
	return string;
}

static json_t *text(const char *words)
{
	json_t *string;

	if (!words)
		return json_null();
	string = json_string(words);
	return string ? string : forced_text(words);
}

/* The object's object `name`, made when it is not there yet. */
static json_t *child(struct json_build *build, json_t *object, const char *name)
{
	json_t *found = json_object_get(object, name);

	if (found)
		return found;
	json_build_set(build, object, name, json_object());
	return json_object_get(object, name);
}

static void set_counter(struct json_build *build, json_t *object, const struct counter_row *row,
			__u64 number)
{
	json_t *holder = row->group ? child(build, object, row->group) : object;

	json_build_set(build, holder, row->name, json_build_count(number));
}

static void set_rtt(struct json_build *build, json_t *object,
		    const struct resolver_counters *counters)
{
	json_t *rtt = child(build, object, "rtt"), *buckets = json_array();
	unsigned int edge;

	for (edge = RTT_EDGE_FIRST; edge <= RTT_EDGE_LAST; edge++) {
		json_t *bucket = json_array();

		json_build_append(build, bucket, json_real(rtt_edge_s(edge)));
		json_build_append(build, bucket,
				  json_build_count(rtt_at_most(counters->rtt, edge)));
		json_build_append(build, buckets, bucket);
	}
	json_build_set(build, rtt, "count", json_build_count(counters->n[COUNTER_RTT_COUNT]));
	json_build_set(build, rtt, "sum_s",
		       json_build_real((double)counters->n[COUNTER_RTT_SUM_NS] / NS_PER_S));
	json_build_set(build, rtt, "buckets", buckets);
}

static json_t *window(struct json_build *build, const struct rates *rates)
{
	json_t *object = json_object();

	json_build_set(build, object, "queries_per_s", json_build_real(rates->queries_per_s));
	json_build_set(build, object, "settled", json_build_count(rates->settled));
	json_build_set(build, object, "failure_ratio", json_build_real(rates->failure_ratio));
	json_build_set(build, object, "error_ratio", json_build_real(rates->error_ratio));
	json_build_set(build, object, "port_unreachables_per_query",
		       json_build_real(rates->port_unreachables_per_query));
	json_build_set(build, object, "rtt_p50_s", json_build_real(rates->rtt_p50_s));
	json_build_set(build, object, "rtt_p95_s", json_build_real(rates->rtt_p95_s));
	json_build_set(build, object, "rtt_p99_s", json_build_real(rates->rtt_p99_s));
	return object;
}

static void set_key(struct json_build *build, json_t *object,
		    const struct resolver_status *resolver)
{
	const struct resolver_key *key = &resolver->now->key;
	int other = resolver_is_other(key);
	char address[ADDRESS_TEXT_SIZE];

	json_build_set(build, object, "address",
		       text(other ? "other" : address_text(&key->address, key->scope, address)));
	json_build_set(build, object, "port",
		       other ? json_null() : json_build_count(ntohs(key->port)));
	json_build_set(build, object, "transport", text(transport_text(key->transport)));
	json_build_set(build, object, "state", text(other ? NULL : state_name(resolver->state)));
	json_build_set(build, object, "cause", text(other ? NULL : cause_name(resolver->cause)));
	json_build_set(build, object, "suspicion", text(resolver->forged ? "forged" : NULL));
}

static json_t *resolver_object(struct json_build *build, const struct resolver_status *resolver)
{
	const struct resolver_counters *counters = &resolver->now->counters;
	json_t *object = json_object(), *windows;
	unsigned int i;

	set_key(build, object, resolver);
	for (i = 0; i < COUNTER_MAX; i++)
		if (counter_rows[i].exported == EXPORTED_COUNTER)
			set_counter(build, object, &counter_rows[i], counters->n[i]);
	set_rtt(build, object, counters);
	json_build_set(build, object, "in_flight", json_build_count(resolver->now->in_flight));
	windows = child(build, object, "windows");
	for (i = 0; i < WINDOW_MAX; i++)
		json_build_set(build, windows, window_name(i),
			       window(build, &resolver->windows[i]));
	return object;
}

static json_t *self_object(struct json_build *build, const struct snapshot *snapshot)
{
	json_t *object = json_object();
	unsigned int i;

	for (i = 0; i < SELF_MAX; i++)
		set_counter(build, object, &self_rows[i], snapshot->self.n[i]);
	json_build_set(build, object, "in_flight_capacity",
		       json_build_count(snapshot->in_flight_capacity));
	json_build_set(build, object, "resolvers",
		       json_build_count(snapshot_resolver_count(snapshot)));
	json_build_set(build, object, "resolvers_capacity",
		       json_build_count(snapshot->resolvers_capacity));
	return object;
}

static json_t *interfaces(struct json_build *build, const struct status *status)
{
	json_t *array = json_array();
	size_t i;

	for (i = 0; i < status->interface_count; i++) {
		json_t *object = json_object();

		json_build_set(build, object, "name", text(status->interfaces[i].name));
		json_build_set(build, object, "hook", text(status->interfaces[i].hook));
		json_build_append(build, array, object);
	}
	return array;
}

static void set_origin(struct json_build *build, json_t *object, const struct replay_info *origin)
{
	json_build_set(build, object, "source", text(origin->source));
	json_build_set(build, object, "packets", json_build_count(origin->packets));
	json_build_set(build, object, "engine", text(origin->engine));
	json_build_set(build, object, "date_known", json_boolean(origin->date_known));
}

static json_t *report_object(struct json_build *build, const struct status *status,
			     const struct replay_info *origin)
{
	json_t *object = json_object(), *resolvers = json_array();
	char time[CLOCK_TEXT_SIZE];
	size_t i;

	for (i = 0; i < status->count; i++)
		json_build_append(build, resolvers, resolver_object(build, &status->resolvers[i]));
	json_build_set(build, object, "time", text(clock_rfc3339(status->snapshot->wall_ns, time)));
	json_build_set(build, object, "interval_s", json_build_real(status->interval_s));
	if (origin)
		set_origin(build, object, origin);
	json_build_set(build, object, "interfaces", interfaces(build, status));
	json_build_set(build, object, "resolvers", resolvers);
	json_build_set(build, object, "self", self_object(build, status->snapshot));
	return object;
}

static int add_bytes(const char *bytes, size_t size, void *out)
{
	buffer_add_bytes(out, bytes, size);
	return 0;
}

int status_json_write(struct buffer *out, const struct status *status,
		      const struct replay_info *origin)
{
	struct json_build build = {0};
	json_t *object = report_object(&build, status, origin);

	if (json_dump_callback(object, add_bytes, out, JSON_BUILD_FLAGS))
		build.failed = 1;
	json_decref(object);
	buffer_add_bytes(out, "\n", 1);
	return build.failed ? -ENOMEM : buffer_error(out);
}

int status_json_print(int fd, const struct status *status, const struct replay_info *origin)
{
	struct buffer out = {0};
	int err;

	err = status_json_write(&out, status, origin);
	if (!err)
		err = buffer_write(&out, fd);
	buffer_free(&out);
	return err;
}
