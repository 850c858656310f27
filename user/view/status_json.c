// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The status as one line of JSON, and such a line parsed again. The keys are documented in
 * docs/json.md.
 */
#include "view/status_json.h"

#include "health/counters.h"
#include "health/status.h"
#include "util/address.h"
#include "util/clock.h"
#include "util/text.h"
#include "view/joined_json.h"
#include "view/sessions_json.h"

#include <arpa/inet.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- the status --------------------------------------------------------------------------- */

/* Returns the member object `name`, created when it is missing. */
static json_t *json_child(struct json_build *build, json_t *object, const char *name)
{
	json_t *found = json_object_get(object, name);

	if (found)
		return found;
	json_build_set(build, object, name, json_object());
	return json_object_get(object, name);
}

void status_json_set_counter(struct json_build *build, json_t *object,
			     const struct counter_row *row, __u64 number)
{
	json_t *outer = row->holder ? json_child(build, object, row->holder) : object;
	json_t *holder = row->group ? json_child(build, outer, row->group) : outer;

	json_build_set(build, holder, row->name, json_build_count(number));
}

static void set_rtt(struct json_build *build, json_t *object, const char *name,
		    const __u64 histogram[RTT_BUCKETS], const __u64 *count_and_sum_ns)
{
	json_t *rtt = json_child(build, object, name), *buckets = json_array();
	unsigned int edge;

	for (edge = RTT_EDGE_FIRST; edge <= RTT_EDGE_LAST; edge++) {
		json_t *bucket = json_array();

		json_build_append(build, bucket, json_real(rtt_edge_s(edge)));
		json_build_append(build, bucket, json_build_count(rtt_at_most(histogram, edge)));
		json_build_append(build, buckets, bucket);
	}
	json_build_set(build, rtt, "count", json_build_count(count_and_sum_ns[0]));
	json_build_set(build, rtt, "sum_s",
		       json_build_real((double)count_and_sum_ns[1] / NS_PER_S));
	json_build_set(build, rtt, "buckets", buckets);
}

enum window_of { OF_ALL, OF_MESSAGES, OF_CONNECTS, OF_SESSIONS };

/* The members of a window: of all rows, of those with messages, connects, sessions. */
static const struct {
	enum window_of of;
	const char *name;
	size_t offset; /* in struct rates */
	double most;
} window_reals[] = {
	{OF_MESSAGES, "queries_per_s", offsetof(struct rates, queries_per_s), 1e15},
	{OF_CONNECTS, "connects_per_s", offsetof(struct rates, connects_per_s), 1e15},
	{OF_SESSIONS, "sessions_per_s", offsetof(struct rates, sessions_per_s), 1e15},
	{OF_ALL, "failure_ratio", offsetof(struct rates, failure_ratio), 1},
	{OF_ALL, "error_ratio", offsetof(struct rates, error_ratio), 1},
	{OF_MESSAGES, "port_unreachables_per_query",
	 offsetof(struct rates, port_unreachables_per_query), 1e15},
	{OF_CONNECTS, "port_unreachables_per_connect",
	 offsetof(struct rates, port_unreachables_per_connect), 1e15},
	{OF_MESSAGES, "rtt_p50_s", offsetof(struct rates, rtt_p50_s), 1e6},
	{OF_MESSAGES, "rtt_p95_s", offsetof(struct rates, rtt_p95_s), 1e6},
	{OF_MESSAGES, "rtt_p99_s", offsetof(struct rates, rtt_p99_s), 1e6},
	{OF_CONNECTS, "connect_rtt_p50_s", offsetof(struct rates, connect_rtt_p50_s), 1e6},
	{OF_CONNECTS, "connect_rtt_p95_s", offsetof(struct rates, connect_rtt_p95_s), 1e6},
	{OF_CONNECTS, "connect_rtt_p99_s", offsetof(struct rates, connect_rtt_p99_s), 1e6},
};

#define WINDOW_REALS (sizeof(window_reals) / sizeof(*window_reals))

/*
 * Returns whether a row has the member. The ratio per query is of UDP alone: no ICMP message is
 * about a message over TCP.
 */
static int window_has_real(size_t i, const struct resolver_key *key)
{
	if (window_reals[i].of == OF_ALL)
		return 1;
	if (window_reals[i].of == OF_CONNECTS)
		return resolver_is_connects(key);
	if (window_reals[i].of == OF_SESSIONS)
		return key->transport == TRANSPORT_DOT;
	if (window_reals[i].offset == offsetof(struct rates, port_unreachables_per_query))
		return !resolver_is_connects(key);
	return resolver_is_messages(key);
}

static json_t *window_object(struct json_build *build, const struct resolver_key *key,
			     const struct rates *rates)
{
	json_t *object = json_object();
	const double *real;
	size_t i;

	for (i = 0; i < WINDOW_REALS; i++) {
		real = (const void *)((const char *)rates + window_reals[i].offset);
		if (offsetof(struct rates, failure_ratio) == window_reals[i].offset)
			json_build_set(build, object, "settled", json_build_count(rates->settled));
		if (window_has_real(i, key))
			json_build_set(build, object, window_reals[i].name, json_build_real(*real));
	}
	return object;
}

void status_json_set_key(struct json_build *build, json_t *object, const struct resolver_key *key)
{
	int other = resolver_is_other(key);
	char address[ADDRESS_TEXT_SIZE];

	json_build_set(build, object, "address",
		       json_build_text(other ? "other"
					     : address_text(&key->address, key->scope, address)));
	json_build_set(build, object, "port",
		       other ? json_null() : json_build_count(ntohs(key->port)));
	json_build_set(build, object, "transport", json_build_text(transport_text(key->transport)));
	json_build_set(build, object, "origin",
		       json_build_text(other ? NULL : origin_text(key->origin)));
}

static void set_verdict(struct json_build *build, json_t *object,
			const struct resolver_status *resolver)
{
	int other = resolver_is_other(&resolver->now->key);

	json_build_set(build, object, "state",
		       json_build_text(other ? NULL : state_name(resolver->state)));
	json_build_set(build, object, "cause",
		       json_build_text(other ? NULL : cause_name(resolver->cause)));
	json_build_set(build, object, "judged_by",
		       json_build_text(other ? NULL : judged_by_name(resolver->judged_by)));
	json_build_set(build, object, "suspicion",
		       json_build_text(resolver->forged ? "forged" : NULL));
	json_build_set(build, object, "fails_inside", json_boolean(resolver->fails_inside));
	joined_json_set(build, object, &resolver->joined);
}

static json_t *asker_object(struct json_build *build, const struct asker_sum *asker)
{
	const struct cgroup_name *name = asker->name;
	json_t *object = json_object();

	json_build_set(build, object, "asker", json_build_text(name->text));
	json_build_set(build, object, "unit", json_build_text(name->unit[0] ? name->unit : NULL));
	json_build_set(build, object, "container",
		       json_build_text(name->container[0] ? name->container : NULL));
	json_build_set(build, object, "pod", json_build_text(name->pod[0] ? name->pod : NULL));
	json_build_set(build, object, "queries", json_build_count(asker->queries));
	json_build_set(build, object, "failed", json_build_count(asker->failed));
	json_build_set(build, object, "errors", json_build_count(asker->errors));
	return object;
}

json_t *status_json_askers(struct json_build *build, const struct asker_sum *askers, size_t count,
			   const struct asker_sum *rest)
{
	json_t *array = json_array();
	size_t i;

	for (i = 0; i < count; i++)
		json_build_append(build, array, asker_object(build, &askers[i]));
	if (rest->queries)
		json_build_append(build, array, asker_object(build, rest));
	return array;
}

static void set_askers(struct json_build *build, json_t *object, const struct status *status,
		       const struct resolver_key *resolver)
{
	struct asker_sum worst[ASKERS_SHOWN], rest;
	size_t count;

	if (!status->snapshot->counts_askers)
		return;
	count = askers_select(status->snapshot, resolver, ASKERS_WORST, worst, ASKERS_SHOWN, &rest);
	json_build_set(build, object, "askers", status_json_askers(build, worst, count, &rest));
}

void status_json_set_counters(struct json_build *build, json_t *object,
			      const struct resolver_counters *counters, __u8 transport)
{
	unsigned int i;

	for (i = 0; i < COUNTER_MAX; i++)
		if (counter_is_shown(i, transport))
			status_json_set_counter(build, object, &counter_rows[i], counters->n[i]);
	if (transport == TRANSPORT_DOT)
		sessions_json_set(build, object, counters);
}

static void set_histograms_and_gauges(struct json_build *build, json_t *object,
				      const struct resolver_snapshot *now)
{
	const struct resolver_counters *c = &now->counters;
	int is_connects = resolver_is_connects(&now->key);

	if (resolver_is_messages(&now->key)) {
		set_rtt(build, object, "rtt", c->rtt, &c->n[COUNTER_RTT_COUNT]);
		json_build_set(build, object, "in_flight",
			       json_build_count(is_connects ? now->messages_in_flight
							    : now->in_flight));
	}
	if (is_connects) {
		set_rtt(build, object, "connect_rtt", c->connect_rtt,
			&c->n[COUNTER_CONNECT_RTT_COUNT]);
		json_build_set(build, json_child(build, object, "connects"), "in_flight",
			       json_build_count(now->in_flight));
	}
	if (now->key.transport == TRANSPORT_DOT) {
		json_build_set(build, json_child(build, object, "sessions"), "in_flight",
			       json_build_count(now->messages_in_flight));
	}
}

static json_t *resolver_object(struct json_build *build, const struct status *status,
			       const struct resolver_status *resolver)
{
	const struct resolver_counters *counters = &resolver->now->counters;
	const struct resolver_key *key = &resolver->now->key;
	json_t *object = json_object(), *windows;
	unsigned int i;

	status_json_set_key(build, object, key);
	set_verdict(build, object, resolver);
	status_json_set_counters(build, object, counters, key->transport);
	set_histograms_and_gauges(build, object, resolver->now);
	set_askers(build, object, status, key);
	windows = json_child(build, object, "windows");
	for (i = 0; i < WINDOW_MAX; i++)
		json_build_set(build, windows, window_name(i),
			       window_object(build, key, &resolver->windows[i]));
	return object;
}

static json_t *self_object(struct json_build *build, const struct snapshot *snapshot)
{
	json_t *object = json_object();
	unsigned int i;

	for (i = 0; i < SELF_MAX; i++)
		status_json_set_counter(build, object, &self_rows[i], snapshot->self.n[i]);
	json_build_set(build, object, "heartbeats", json_build_count(snapshot->heartbeats));
	json_build_set(build, object, "in_flight_capacity",
		       json_build_count(snapshot->in_flight_capacity));
	json_build_set(build, object, "resolvers",
		       json_build_count(snapshot_resolver_count(snapshot)));
	json_build_set(build, object, "resolvers_capacity",
		       json_build_count(snapshot->resolvers_capacity));
	json_build_set(build, object, "guests_bypassed", json_boolean(snapshot->guests_bypassed));
	return object;
}

static json_t *origin_array(struct json_build *build, unsigned int origins)
{
	json_t *array = json_array();
	unsigned int i;

	for (i = 0; i < ORIGIN_MAX; i++)
		if (origins & 1U << i)
			json_build_append(build, array, json_build_text(origin_text(i)));
	return array;
}

static json_t *interface_array(struct json_build *build, const struct status *status)
{
	json_t *array = json_array();
	size_t i;

	for (i = 0; i < status->interface_count; i++) {
		json_t *object = json_object();

		json_build_set(build, object, "name", json_build_text(status->interfaces[i].name));
		json_build_set(build, object, "hook", json_build_text(status->interfaces[i].hook));
		json_build_set(build, object, "origins",
			       origin_array(build, status->interfaces[i].origins));
		json_build_append(build, array, object);
	}
	return array;
}

static void write_replay_info(struct json_stream *to, const struct replay_info *info)
{
	json_stream_member(to, "source", json_build_text(info->source));
	json_stream_member(to, "packets", json_build_count(info->packets));
	json_stream_member(to, "engine", json_build_text(info->engine));
	json_stream_member(to, "date_known", json_boolean(info->date_known));
	json_stream_member(to, "odd_times", json_build_count(info->odd_times));
	json_stream_member(to, "zone_known", json_boolean(info->zone_known));
}

int status_json_write(struct buffer *out, const struct status *status,
		      const struct replay_info *info)
{
	char time[CLOCK_TEXT_SIZE];
	struct json_stream to;
	size_t i;

	json_stream_begin(&to, out);
	json_stream_member(&to, "time",
			   json_build_text(clock_rfc3339(status->snapshot->wall_ns, time)));
	json_stream_member(&to, "interval_s", json_build_real(status->interval_s));
	if (info)
		write_replay_info(&to, info);
	else
		json_stream_member(&to, "host", json_build_text(status->host));
	json_stream_member(&to, "interfaces", interface_array(&to.build, status));
	json_stream_array_begin(&to, "resolvers");
	for (i = 0; i < status->count; i++)
		json_stream_element(&to, resolver_object(&to.build, status, &status->resolvers[i]));
	json_stream_array_end(&to);
	json_stream_member(&to, "self", self_object(&to.build, status->snapshot));
	return json_stream_end(&to);
}

int status_json_print(int fd, const struct status *status, const struct replay_info *info)
{
	struct buffer out = {0};
	int err;

	err = status_json_write(&out, status, info);
	if (!err)
		err = buffer_write(&out, fd);
	buffer_free(&out);
	return err;
}

/* ---- parse -------------------------------------------------------------------------------- */

#define MOST_RESOLVERS 70000 /* the most of --max-resolvers, and those of configuration */
#define MOST_INTERFACES 65536

static double parse_real(struct json_get *get, const json_t *object, const char *key, double most)
{
	json_t *value = json_object_get(object, key);
	double real = json_number_value(value);

	if (json_is_null(value))
		return NAN;
	if (!json_is_number(value) || !(real >= 0 && real <= most)) {
		char what[60];

		snprintf(what, sizeof(what), "a number from 0 to %g, or null", most);
		json_get_expected(get, key, what);
		return NAN;
	}
	return real;
}

static void parse_window(struct json_get *get, const json_t *from, const struct resolver_key *key,
			 struct rates *rates)
{
	double *real;
	size_t i;

	for (i = 0; i < WINDOW_REALS; i++) {
		real = (void *)((char *)rates + window_reals[i].offset);
		/* A daemon of an earlier version has no rate of sessions. */
		*real = window_has_real(i, key) && (window_reals[i].of != OF_SESSIONS ||
						    json_object_get(from, window_reals[i].name))
				? parse_real(get, from, window_reals[i].name, window_reals[i].most)
				: NAN;
	}
	rates->settled = json_get_count(get, from, "settled", JSON_COUNT_MAX);
}

static void parse_windows(struct json_get *get, const json_t *object,
			  const struct resolver_key *key, struct resolver_status *to)
{
	json_t *windows = json_get_member(get, object, "windows", JSON_OBJECT), *from;
	unsigned int i;

	for (i = 0; i < WINDOW_MAX && !get->failed; i++) {
		from = json_get_member(get, windows, window_name(i), JSON_OBJECT);
		parse_window(get, from, key, &to->windows[i]);
	}
}

/* Reads the counters that are there: a daemon of an earlier version may lack some. */
static void parse_counters(struct json_get *get, const json_t *object,
			   struct resolver_counters *counters)
{
	unsigned int i;

	for (i = 0; i < COUNTER_MAX && !get->failed; i++) {
		const struct counter_row *row = &counter_rows[i];
		const json_t *holder = row->holder ? json_object_get(object, row->holder) : object;
		const json_t *group = row->group ? json_object_get(holder, row->group) : holder;

		if (row->exported == EXPORTED_COUNTER && json_object_get(group, row->name))
			counters->n[i] = json_get_count(get, group, row->name, JSON_COUNT_MAX);
	}
}

/* Returns the bucket whose upper edge is 2^edge us. */
static unsigned int bucket_below_edge(unsigned int edge)
{
	unsigned int bucket = 0;

	while (bucket + 1 < RTT_BUCKETS && rtt_lower_edge_us(bucket + 1) < 1ULL << edge)
		bucket++;
	return bucket;
}

/* Reads the number of a pair [le, n], which is cumulative, and adds what is new to its bucket. */
static void parse_bucket(struct json_get *get, const json_t *pair, unsigned int edge, __u64 *below,
			 __u64 histogram[RTT_BUCKETS])
{
	const json_t *count = json_array_get(pair, 1);
	__u64 n = (__u64)json_integer_value(count);

	if (!json_is_integer(count) || json_integer_value(count) > JSON_COUNT_MAX ||
	    json_integer_value(count) < (json_int_t)*below ||
	    fabs(json_number_value(json_array_get(pair, 0)) - rtt_edge_s(edge)) > 1e-9) {
		json_get_expected(get, "buckets", "pairs [le, n] whose n never decreases");
		return;
	}
	histogram[bucket_below_edge(edge)] += n - *below;
	*below = n;
}

/* Reads the histogram, if there is one. It is as fine as it is in JSON: one bucket an edge. */
static void parse_rtt(struct json_get *get, const json_t *object, const char *key,
		      __u64 histogram[RTT_BUCKETS], __u64 *count)
{
	const json_t *rtt = json_object_get(object, key);
	const json_t *buckets = json_object_get(rtt, "buckets");
	unsigned int edge;
	__u64 below = 0;

	if (!buckets)
		return;
	if (json_array_size(buckets) != RTT_EDGE_LAST - RTT_EDGE_FIRST + 1)
		json_get_expected(get, "buckets", "an array of 16 pairs [le, n]");
	for (edge = RTT_EDGE_FIRST; edge <= RTT_EDGE_LAST && !get->failed; edge++)
		parse_bucket(get, json_array_get(buckets, edge - RTT_EDGE_FIRST), edge, &below,
			     histogram);
	*count = json_get_count(get, rtt, "count", JSON_COUNT_MAX);
	if (*count < below)
		json_get_expected(get, "count", "at least the last of the buckets");
	else
		histogram[RTT_BUCKETS - 1] += *count - below;
}

static void parse_state(struct json_get *get, const json_t *object, struct resolver_status *to)
{
	const char *state = json_get_text(get, object, "state");
	const char *cause = json_get_text_or_null(get, object, "cause");
	unsigned int i;

	for (i = 0; state && i < STATE_MAX && strcmp(state_name(i), state);)
		i++;
	if (state && i == STATE_MAX)
		json_get_expected(get, "state", "the name of a state");
	else if (state)
		to->state = i;
	for (i = CAUSE_NONE + 1; cause && i < CAUSE_MAX && strcmp(cause_name(i), cause);)
		i++;
	if (cause && i == CAUSE_MAX)
		json_get_expected(get, "cause", "the name of a cause, or null");
	else if (cause)
		to->cause = i;
}

void status_json_parse_origin(struct json_get *get, const json_t *object, struct resolver_key *key)
{
	const char *origin;

	key->origin = ORIGIN_HOST;
	if (!json_object_get(object, "origin")) /* of a version without guests */
		return;
	origin = json_get_text(get, object, "origin");
	if (origin && origin_parse(origin, &key->origin))
		json_get_unknown(get, "origin", "\"host\" or \"guest\"", origin);
}

void status_json_parse_transport(struct json_get *get, const json_t *object,
				 struct resolver_key *key)
{
	const char *transport = json_get_text(get, object, "transport");

	key->transport = TRANSPORT_UDP;
	if (transport && transport_parse(transport, &key->transport))
		json_get_unknown(get, "transport", "\"udp\", \"tcp\" or \"dot\"", transport);
}

/* The key of the entry `other` of UDP is all zero. */
static void parse_other(struct json_get *get, const json_t *object, struct resolver_key *key)
{
	status_json_parse_transport(get, object, key);
	if (key->transport == TRANSPORT_UDP)
		key->transport = TRANSPORT_NONE;
}

void status_json_parse_key(struct json_get *get, const json_t *object, struct resolver_key *key)
{
	json_get_address(get, object, "address", &key->address, &key->scope);
	key->port = htons((__u16)json_get_count(get, object, "port", 65535));
	status_json_parse_transport(get, object, key);
	status_json_parse_origin(get, object, key);
	if (!get->failed && resolver_is_other(key))
		json_get_expected(get, "address", "an IP address");
}

static void parse_resolver(struct json_get *get, const json_t *object,
			   struct resolver_snapshot *now, struct resolver_status *judged)
{
	const char *address = json_get_text(get, object, "address");
	const char *suspicion = json_get_text_or_null(get, object, "suspicion");
	const json_t *connects = json_object_get(object, "connects");

	if (address && !strcmp(address, "other"))
		parse_other(get, object, &now->key);
	else if (address) {
		status_json_parse_key(get, object, &now->key);
		parse_state(get, object, judged);
	}
	if (suspicion && strcmp(suspicion, "forged"))
		json_get_expected(get, "suspicion", "\"forged\" or null");
	judged->forged = suspicion != NULL;
	judged->fails_inside = json_is_true(json_object_get(object, "fails_inside"));
	joined_json_parse(get, object, &judged->joined);
	now->in_flight = json_get_count(get, resolver_is_connects(&now->key) ? connects : object,
					"in_flight", JSON_COUNT_MAX);
	if (now->key.transport == TRANSPORT_TCP)
		now->messages_in_flight = json_get_count(get, object, "in_flight", JSON_COUNT_MAX);
	parse_counters(get, object, &now->counters);
	if (now->key.transport == TRANSPORT_DOT)
		now->messages_in_flight = sessions_json_parse_row(get, object, &now->counters);
	parse_rtt(get, object, "rtt", now->counters.rtt, &now->counters.n[COUNTER_RTT_COUNT]);
	parse_rtt(get, object, "connect_rtt", now->counters.connect_rtt,
		  &now->counters.n[COUNTER_CONNECT_RTT_COUNT]);
	parse_windows(get, object, &now->key, judged);
	judged->now = now;
}

static int parse_resolvers(struct json_get *get, const json_t *object, struct parsed_status *ret)
{
	json_t *array = json_get_array(get, object, "resolvers", MOST_RESOLVERS);
	size_t i, count = json_array_size(array);

	if (get->failed)
		return -EINVAL;
	ret->snapshot.resolvers = calloc(count + 1, sizeof(*ret->snapshot.resolvers));
	ret->judged = calloc(count + 1, sizeof(*ret->judged));
	if (!ret->snapshot.resolvers || !ret->judged)
		return -ENOMEM;
	for (i = 0; i < count && !get->failed; i++)
		parse_resolver(get, json_array_get(array, i), &ret->snapshot.resolvers[i],
			       &ret->judged[i]);
	ret->snapshot.count = ret->status.count = count;
	ret->status.snapshot = &ret->snapshot;
	ret->status.resolvers = ret->judged;
	return get->failed ? -EINVAL : 0;
}

/* ---- askers, and dnsreach itself ---- */

#define MOST_ASKERS 64 /* of a resolver: a later version may show more than this one */

/* Copies a text, sanitized: two that look the same are the same, for the sums by name. */
static void copy_text(struct json_get *get, const json_t *object, const char *key, char *to,
		      size_t size)
{
	const char *text = json_get_text_or_null(get, object, key);

	snprintf(to, size, "%s", text ? text : "");
	text_sanitize_in_place(to);
}

static void parse_asker(struct json_get *get, const json_t *object, struct asker_snapshot *to,
			struct cgroup_name *name)
{
	copy_text(get, object, "asker", name->text, sizeof(name->text));
	copy_text(get, object, "unit", name->unit, sizeof(name->unit));
	copy_text(get, object, "container", name->container, sizeof(name->container));
	copy_text(get, object, "pod", name->pod, sizeof(name->pod));
	to->name = name;
	to->is_other = !strcmp(name->text, "other") && !name->unit[0] && !name->container[0];
	to->queries = json_get_count(get, object, "queries", JSON_COUNT_MAX);
	to->failed = json_get_count(get, object, "failed", JSON_COUNT_MAX);
	to->errors = json_get_count(get, object, "errors", JSON_COUNT_MAX);
}

/* Appends the askers of a row, in whose order they are first. There is room for them. */
static void parse_askers(struct json_get *get, const json_t *object, size_t row,
			 struct parsed_status *ret)
{
	json_t *array = json_get_array(get, object, "askers", MOST_ASKERS);
	size_t i, count = json_array_size(array);
	__u64 sum = 0; /* those of one name are added up, and written as one number again */

	for (i = 0; i < count && !get->failed; i++) {
		size_t number = ret->snapshot.asker_count++;
		struct asker_snapshot *to = &ret->snapshot.askers[number];

		to->resolver = ret->snapshot.resolvers[row].key;
		to->cgroup = row + 1;
		to->number = (__u32)number + 1;
		to->first = number + 1;
		parse_asker(get, json_array_get(array, i), to, &ret->asker_names[number]);
		sum += to->queries + to->failed + to->errors;
	}
	if (sum > JSON_COUNT_MAX)
		json_get_expected(get, "askers", "counts whose sum is at most 2^53");
}

static int compare_askers(const void *left, const void *right)
{
	const struct asker_snapshot *a = left, *b = right;
	int found = memcmp(&a->resolver, &b->resolver, sizeof(a->resolver));

	return found ? found : (a->first > b->first) - (a->first < b->first);
}

/* Sorts the askers by resolver, and drops those of a second row of the same resolver. */
static void sort_askers(struct snapshot *snapshot)
{
	struct asker_snapshot *askers = snapshot->askers;
	size_t i, kept = 0;

	qsort(askers, snapshot->asker_count, sizeof(*askers), compare_askers);
	for (i = 0; i < snapshot->asker_count; i++)
		if (!kept ||
		    memcmp(&askers[kept - 1].resolver, &askers[i].resolver,
			   sizeof(askers->resolver)) ||
		    askers[kept - 1].cgroup == askers[i].cgroup)
			askers[kept++] = askers[i];
	snapshot->asker_count = kept;
}

/* Reads the askers of all resolvers, which have been read before. */
static int parse_all_askers(struct json_get *get, const json_t *resolvers,
			    struct parsed_status *ret)
{
	struct snapshot *snapshot = &ret->snapshot;
	size_t i, total = 0;

	for (i = 0; i < snapshot->count; i++) {
		const json_t *askers = json_object_get(json_array_get(resolvers, i), "askers");

		snapshot->counts_askers |= askers != NULL;
		total += json_array_size(askers);
	}
	if (!snapshot->counts_askers)
		return 0;
	snapshot->askers = calloc(total + 1, sizeof(*snapshot->askers));
	ret->asker_names = calloc(total + 1, sizeof(*ret->asker_names));
	if (!snapshot->askers || !ret->asker_names)
		return -ENOMEM;
	for (i = 0; i < snapshot->count && !get->failed; i++) {
		const json_t *object = json_array_get(resolvers, i);

		if (json_object_get(object, "askers"))
			parse_askers(get, object, i, ret);
	}
	sort_askers(snapshot);
	return get->failed ? -EINVAL : 0;
}

/* Reads what is there of `self`: a daemon of an earlier version may lack some. */
static void parse_self(struct json_get *get, const json_t *object, struct snapshot *snapshot)
{
	const json_t *self = json_object_get(object, "self");
	unsigned int i;

	for (i = 0; i < SELF_MAX && !get->failed; i++) {
		const struct counter_row *row = &self_rows[i];
		const json_t *group = row->group ? json_object_get(self, row->group) : self;

		if (json_object_get(group, row->name))
			snapshot->self.n[i] = json_get_count(get, group, row->name, JSON_COUNT_MAX);
	}
	if (json_object_get(self, "in_flight_capacity"))
		snapshot->in_flight_capacity =
			(__u32)json_get_count(get, self, "in_flight_capacity", 1U << 31);
	if (json_object_get(self, "resolvers_capacity"))
		snapshot->resolvers_capacity =
			(__u32)json_get_count(get, self, "resolvers_capacity", 1U << 31);
	snapshot->guests_bypassed = json_is_true(json_object_get(self, "guests_bypassed"));
}

static void parse_host(struct json_get *get, const json_t *object, struct parsed_status *ret)
{
	if (!json_is_string(json_object_get(object, "host"))) /* of a recording */
		return;
	copy_text(get, object, "host", ret->host, sizeof(ret->host));
	ret->status.host = ret->host;
}

static void parse_interface(struct json_get *get, const json_t *object, struct status_interface *to)
{
	const char *name = json_get_text(get, object, "name");
	const char *hook = json_get_text(get, object, "hook");
	int is_tcx = hook && !strcmp(hook, "tcx");

	if (hook && !is_tcx && strcmp(hook, "clsact"))
		json_get_expected(get, "hook", "\"tcx\" or \"clsact\"");
	snprintf(to->name, sizeof(to->name), "%s", name ? name : "");
	to->hook = is_tcx ? "tcx" : "clsact";
	to->origins = 1U << ORIGIN_HOST;
}

static int parse_interfaces(struct json_get *get, const json_t *object, struct parsed_status *ret)
{
	json_t *array = json_get_array(get, object, "interfaces", MOST_INTERFACES);
	size_t i, count = json_array_size(array);

	if (get->failed)
		return -EINVAL;
	ret->interfaces = calloc(count + 1, sizeof(*ret->interfaces));
	if (!ret->interfaces)
		return -ENOMEM;
	for (i = 0; i < count && !get->failed; i++)
		parse_interface(get, json_array_get(array, i), &ret->interfaces[i]);
	ret->status.interfaces = ret->interfaces;
	ret->status.interface_count = count;
	return get->failed ? -EINVAL : 0;
}

static int parse_object(struct json_get *get, const json_t *object, struct parsed_status *ret)
{
	int err;

	if (!json_is_object(object))
		json_get_expected(get, NULL, "an object");
	ret->snapshot.wall_ns = json_get_time(get, object, "time");
	ret->status.interval_s = parse_real(get, object, "interval_s", 1e9);
	parse_host(get, object, ret);
	parse_self(get, object, &ret->snapshot);
	err = get->failed ? -EINVAL : parse_interfaces(get, object, ret);
	if (!err)
		err = parse_resolvers(get, object, ret);
	return err ? err : parse_all_askers(get, json_object_get(object, "resolvers"), ret);
}

int status_json_parse(const char *text, size_t length, struct parsed_status *ret,
		      char error[JSON_ERROR_SIZE])
{
	struct json_get get = {.error = error};
	json_error_t where;
	json_t *object;
	int err;

	memset(ret, 0, sizeof(*ret));
	error[0] = '\0';
	object = json_loadb(text ? text : "", length, JSON_REJECT_DUPLICATES, &where);
	if (!object) {
		snprintf(error, JSON_ERROR_SIZE, "%.160s", where.text);
		return json_error_code(&where) == json_error_out_of_memory ? -ENOMEM : -EINVAL;
	}
	err = parse_object(&get, object, ret);
	json_decref(object);
	if (err)
		parsed_status_free(ret);
	return err;
}

void parsed_status_move(struct parsed_status *to, struct parsed_status *from)
{
	*to = *from;
	to->status.snapshot = &to->snapshot;
	if (to->status.host)
		to->status.host = to->host;
	memset(from, 0, sizeof(*from));
}

void parsed_status_free(struct parsed_status *parsed)
{
	free(parsed->snapshot.resolvers);
	free(parsed->judged);
	free(parsed->interfaces);
	free(parsed->snapshot.askers);
	free(parsed->asker_names);
	memset(parsed, 0, sizeof(*parsed));
}
