// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* A report as one line of JSON. */
#include "view/status_json.h"

#include "util/address.h"
#include "util/clock.h"
#include "health/counters.h"
#include "health/rtt.h"
#include "health/names.h"
#include "util/json_build.h"

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
static json_t *child(struct maker *maker, json_t *object, const char *name)
{
	json_t *found = json_object_get(object, name);

	if (found)
		return found;
	maker_set(maker, object, name, json_object());
	return json_object_get(object, name);
}

static void set_counter(struct maker *maker, json_t *object, const struct counter_row *row,
			__u64 number)
{
	json_t *holder = row->group ? child(maker, object, row->group) : object;

	maker_set(maker, holder, row->name, maker_count(number));
}

static void set_rtt(struct maker *maker, json_t *object, const struct resolver_counters *counters)
{
	json_t *rtt = child(maker, object, "rtt"), *buckets = json_array();
	unsigned int edge;

	for (edge = RTT_EDGE_FIRST; edge <= RTT_EDGE_LAST; edge++) {
		json_t *bucket = json_array();

		maker_append(maker, bucket, json_real(rtt_edge_s(edge)));
		maker_append(maker, bucket, maker_count(rtt_at_most(counters->rtt, edge)));
		maker_append(maker, buckets, bucket);
	}
	maker_set(maker, rtt, "count", maker_count(counters->n[COUNTER_RTT_COUNT]));
	maker_set(maker, rtt, "sum_s",
		  maker_real((double)counters->n[COUNTER_RTT_SUM_NS] / NS_PER_S));
	maker_set(maker, rtt, "buckets", buckets);
}

static json_t *window(struct maker *maker, const struct rates *rates)
{
	json_t *object = json_object();

	maker_set(maker, object, "queries_per_s", maker_real(rates->queries_per_s));
	maker_set(maker, object, "settled", maker_count(rates->settled));
	maker_set(maker, object, "failure_ratio", maker_real(rates->failure_ratio));
	maker_set(maker, object, "error_ratio", maker_real(rates->error_ratio));
	maker_set(maker, object, "port_unreachables_per_query",
		  maker_real(rates->port_unreachables_per_query));
	maker_set(maker, object, "rtt_p50_s", maker_real(rates->rtt_p50_s));
	maker_set(maker, object, "rtt_p95_s", maker_real(rates->rtt_p95_s));
	maker_set(maker, object, "rtt_p99_s", maker_real(rates->rtt_p99_s));
	return object;
}

static void set_key(struct maker *maker, json_t *object, const struct report_resolver *resolver)
{
	const struct resolver_key *key = &resolver->now->key;
	int other = resolver_is_other(key);
	char address[ADDRESS_TEXT_SIZE];

	maker_set(maker, object, "address",
		  text(other ? "other" : address_text(&key->address, key->scope, address)));
	maker_set(maker, object, "port", other ? json_null() : maker_count(ntohs(key->port)));
	maker_set(maker, object, "transport", text(transport_text(key->transport)));
	maker_set(maker, object, "state", text(other ? NULL : state_name(resolver->state)));
	maker_set(maker, object, "cause", text(other ? NULL : cause_name(resolver->cause)));
	maker_set(maker, object, "suspicion", text(resolver->forged ? "forged" : NULL));
}

static json_t *resolver_object(struct maker *maker, const struct report_resolver *resolver)
{
	const struct resolver_counters *counters = &resolver->now->counters;
	json_t *object = json_object(), *windows;
	unsigned int i;

	set_key(maker, object, resolver);
	for (i = 0; i < COUNTER_MAX; i++)
		if (counter_rows[i].exported == EXPORTED_COUNTER)
			set_counter(maker, object, &counter_rows[i], counters->n[i]);
	set_rtt(maker, object, counters);
	maker_set(maker, object, "in_flight", maker_count(resolver->now->in_flight));
	windows = child(maker, object, "windows");
	for (i = 0; i < WINDOW_MAX; i++)
		maker_set(maker, windows, window_name(i), window(maker, &resolver->windows[i]));
	return object;
}

static json_t *self_object(struct maker *maker, const struct snapshot *snapshot)
{
	json_t *object = json_object();
	unsigned int i;

	for (i = 0; i < SELF_MAX; i++)
		set_counter(maker, object, &self_rows[i], snapshot->self.n[i]);
	maker_set(maker, object, "in_flight_capacity", maker_count(snapshot->in_flight_capacity));
	maker_set(maker, object, "resolvers", maker_count(snapshot_resolver_count(snapshot)));
	maker_set(maker, object, "resolvers_capacity", maker_count(snapshot->resolvers_capacity));
	return object;
}

static json_t *interfaces(struct maker *maker, const struct report *report)
{
	json_t *array = json_array();
	size_t i;

	for (i = 0; i < report->interface_count; i++) {
		json_t *object = json_object();

		maker_set(maker, object, "name", text(report->interfaces[i].name));
		maker_set(maker, object, "hook", text(report->interfaces[i].hook));
		maker_append(maker, array, object);
	}
	return array;
}

static void set_origin(struct maker *maker, json_t *object, const struct replay_origin *origin)
{
	maker_set(maker, object, "source", text(origin->source));
	maker_set(maker, object, "packets", maker_count(origin->packets));
	maker_set(maker, object, "engine", text(origin->engine));
	maker_set(maker, object, "date_known", json_boolean(origin->date_known));
}

static json_t *report_object(struct maker *maker, const struct report *report,
			     const struct replay_origin *origin)
{
	json_t *object = json_object(), *resolvers = json_array();
	char time[CLOCK_TEXT_SIZE];
	size_t i;

	for (i = 0; i < report->count; i++)
		maker_append(maker, resolvers, resolver_object(maker, &report->resolvers[i]));
	maker_set(maker, object, "time", text(clock_rfc3339(report->snapshot->wall_ns, time)));
	maker_set(maker, object, "interval_s", maker_real(report->interval_s));
	if (origin)
		set_origin(maker, object, origin);
	maker_set(maker, object, "interfaces", interfaces(maker, report));
	maker_set(maker, object, "resolvers", resolvers);
	maker_set(maker, object, "self", self_object(maker, report->snapshot));
	return object;
}

static int add_bytes(const char *bytes, size_t size, void *out)
{
	buffer_add_bytes(out, bytes, size);
	return 0;
}

int json_add(struct buffer *out, const struct report *report, const struct replay_origin *origin)
{
	struct maker maker = {0};
	json_t *object = report_object(&maker, report, origin);

	if (json_dump_callback(object, add_bytes, out, MAKER_FLAGS))
		maker.failed = 1;
	json_decref(object);
	buffer_add_bytes(out, "\n", 1);
	return maker.failed ? -ENOMEM : buffer_error(out);
}

int json_print(int fd, const struct report *report, const struct replay_origin *origin)
{
	struct buffer out = {0};
	int err;

	err = json_add(&out, report, origin);
	if (!err)
		err = buffer_write(&out, fd);
	buffer_free(&out);
	return err;
}
