// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Incidents as JSON, written and parsed. A file of them may come from any program: types and ranges
 * are checked, and the first value that is not as expected is named.
 */
#include "view/incident_json.h"

#include "health/counters.h"
#include "health/status.h"
#include "util/address.h"
#include "util/clock.h"
#include "util/dns.h"
#include "view/status_json.h"
#include "view/tcpdump_line.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define INCIDENT_SECONDS_MAX 1e6 /* of an RTT */

/* ---- write -------------------------------------------------------------------------------- */

static json_t *time_value(__u64 wall_ns)
{
	char time[CLOCK_TEXT_SIZE];

	return json_string(clock_rfc3339(wall_ns, time));
}

/* Returns null for 0: not known. */
static json_t *seconds_value(__u64 ns)
{
	return ns ? json_build_real((double)ns / NS_PER_S) : json_null();
}

static json_t *address_value(const struct ip_address *address, __u32 scope)
{
	char text[ADDRESS_TEXT_SIZE];

	return json_build_text(address_text(address, scope, text));
}

static json_t *address_array(struct json_build *build, const struct ip_address *from, __u32 count)
{
	json_t *array = json_array();
	__u32 i;

	for (i = 0; i < count; i++)
		json_build_append(build, array, address_value(&from[i], 0));
	return array;
}

static json_t *type_value(__u16 type)
{
	char text[DNS_TYPE_SIZE];

	return type ? json_string(dns_type_text(type, text)) : json_null();
}

static json_t *resolver_object(struct json_build *build, const struct resolver_key *key)
{
	json_t *object = json_object();

	status_json_set_key(build, object, key);
	return object;
}

static json_t *counts_object(struct json_build *build, const struct resolver_counters *counters,
			     __u8 transport)
{
	json_t *object = json_object();
	unsigned int i;

	for (i = 0; i < COUNTER_MAX; i++)
		if (counter_is_shown(i, transport))
			status_json_set_counter(build, object, &counter_rows[i], counters->n[i]);
	return object;
}

static json_t *evidence_object(struct json_build *build, const struct resolver_counters *counters)
{
	json_t *object = json_object();

	json_build_set(build, object, "prohibited",
		       json_build_count(counters->n[COUNTER_EVIDENCE_PROHIBITED]));
	json_build_set(build, object, "port", json_build_count(counters->n[COUNTER_EVIDENCE_PORT]));
	json_build_set(build, object, "no_route",
		       json_build_count(counters->n[COUNTER_EVIDENCE_NO_ROUTE]));
	json_build_set(build, object, "on_path",
		       json_build_count(counters->n[COUNTER_EVIDENCE_ON_PATH]));
	return object;
}

static json_t *name_array(struct json_build *build, const struct incident *incident)
{
	json_t *array = json_array();
	__u32 i;

	for (i = 0; i < incident->name_count; i++) {
		json_t *object = json_object();

		json_build_set(build, object, "name", json_build_text(incident->names[i]));
		json_build_set(build, object, "type", type_value(incident->types[i]));
		json_build_append(build, array, object);
	}
	return array;
}

/* Sets the message ID, unless it is not known, and the name and the type of a question. */
static void set_question(struct json_build *build, json_t *object, __u16 id, int has_id,
			 const __u8 *bytes, __u32 length)
{
	struct dns_question question;
	int none = dns_question_parse(bytes, length, &question);

	json_build_set(build, object, "id", has_id ? json_build_count(ntohs(id)) : json_null());
	json_build_set(build, object, "name", json_build_text(none ? NULL : question.name));
	json_build_set(build, object, "qtype", none ? json_null() : type_value(question.type));
}

json_t *incident_json_message(struct json_build *build, const struct incident_message *from)
{
	const struct sample *sample = &from->sample;
	json_t *object = json_object();
	struct buffer text = {0};

	json_build_set(build, object, "time", time_value(from->wall_ns));
	json_build_set(build, object, "client", address_value(&sample->key.client, 0));
	json_build_set(build, object, "client_port",
		       json_build_count(ntohs(sample->key.client_port)));
	json_build_set(build, object, "resolver",
		       address_value(&sample->key.resolver, sample->key.scope));
	json_build_set(build, object, "port", json_build_count(ntohs(sample->key.resolver_port)));
	json_build_set(build, object, "reporter", address_value(&sample->reporter, 0));
	json_build_set(build, object, "type", json_build_count(sample->type));
	json_build_set(build, object, "code", json_build_count(sample->code));
	json_build_set(build, object, "reason",
		       json_build_text(
			       counter_rows[COUNTER_ICMP_PORT + sample->reason % REASON_MAX].name));
	json_build_set(build, object, "ttl",
		       sample->ttl ? json_build_count(sample->ttl) : json_null());
	json_build_set(build, object, "unsent", json_boolean(sample->unsent));
	set_question(build, object, sample->key.id, !sample->short_quote, sample->question,
		     sample->question_length);
	tcpdump_line_write(&text, from);
	json_build_set(build, object, "text",
		       buffer_error(&text) ? NULL : json_build_text(text.text));
	buffer_free(&text);
	return object;
}

static json_t *message_array(struct json_build *build, const struct incident *incident)
{
	json_t *array = json_array();
	__u32 i;

	for (i = 0; i < incident->message_count; i++)
		json_build_append(build, array,
				  incident_json_message(build, &incident->messages[i]));
	return array;
}

static const char *const failed_outcomes[FAILED_MAX] = {
	[FAILED_TIMED_OUT] = "timed_out",     [FAILED_ANSWERED] = "answered",
	[FAILED_UNREACHABLE] = "unreachable", [FAILED_UNSENT] = "unsent",
	[FAILED_REFUSED] = "refused",
};

/* Returns its name; "RCODE14" for one without a name. */
static json_t *rcode_value(__u8 rcode)
{
	const char *name = dns_rcode_name(rcode);

	return name ? json_string(name) : json_sprintf("RCODE%u", rcode);
}

/* Sets the process of a query and its user; both are best effort. */
static void set_process(struct json_build *build, json_t *object,
			const struct query_process *process)
{
	json_t *value = process->pid ? json_object() : json_null();

	if (process->pid) {
		json_build_set(build, value, "name", json_build_text(process->name));
		json_build_set(build, value, "pid", json_build_count(process->pid));
	}
	json_build_set(build, object, "process", value);
	json_build_set(build, object, "user_id",
		       process->has_user_id ? json_build_count(process->user_id) : json_null());
}

static json_t *failed_object(struct json_build *build, const struct incident_failed *from)
{
	const struct failed_query *query = &from->query;
	json_t *object = json_object();

	json_build_set(build, object, "time", time_value(from->wall_ns));
	json_build_set(build, object, "client", address_value(&query->key.client, 0));
	json_build_set(build, object, "client_port",
		       json_build_count(ntohs(query->key.client_port)));
	set_question(build, object, query->key.id, query->has_id, query->question,
		     query->question_length);
	json_build_set(build, object, "outcome",
		       json_string(failed_outcomes[query->outcome % FAILED_MAX]));
	json_build_set(build, object, "rcode",
		       query->outcome == FAILED_ANSWERED ? rcode_value(query->rcode) : json_null());
	set_process(build, object, &query->process);
	return object;
}

static json_t *failed_array(struct json_build *build, const struct incident *incident)
{
	json_t *array = json_array();
	__u32 i;

	for (i = 0; i < incident->failed_count; i++)
		json_build_append(build, array, failed_object(build, &incident->failed[i]));
	return array;
}

static json_t *timeline_object(struct json_build *build, const struct incident *incident)
{
	json_t *object = json_object(), *slots = json_array();
	__u32 i;

	for (i = 0; i < incident->slot_count; i++) {
		const struct incident_slot *from = &incident->slots[i];
		json_t *slot = json_array();

		json_build_append(build, slot, json_build_count(from->answered));
		json_build_append(build, slot, json_build_count(from->unreachable));
		json_build_append(build, slot, json_build_count(from->timed_out));
		json_build_append(build, slot, json_build_count(from->unsent));
		json_build_append(build, slot, json_build_count(from->late));
		json_build_append(build, slots, slot);
	}
	json_build_set(build, object, "start", time_value(incident->slot_start_ns));
	json_build_set(build, object, "slot_s", json_build_count(incident->slot_ns / NS_PER_S));
	json_build_set(build, object, "slots", slots);
	return object;
}

static json_t *cause_array(struct json_build *build, const struct incident *incident)
{
	json_t *array = json_array();
	__u32 i;

	for (i = 0; i < incident->cause_count; i++) {
		const struct cause_period *from = &incident->causes[i];
		json_t *object = json_object();

		json_build_set(build, object, "cause", json_build_text(cause_name(from->cause)));
		json_build_set(build, object, "from", time_value(from->from_ns));
		json_build_set(build, object, "until",
			       from->until_ns ? time_value(from->until_ns) : json_null());
		json_build_append(build, array, object);
	}
	return array;
}

/* The duration is that between the times as they are written, in whole microseconds. */
static void set_times(struct json_build *build, json_t *object, const struct incident *incident)
{
	__s64 duration_us = incident->end_ns / 1000 - incident->start_ns / 1000;

	json_build_set(build, object, "start", time_value(incident->start_ns));
	json_build_set(build, object, "end", time_value(incident->end_ns));
	json_build_set(build, object, "zone_known", json_boolean(!incident->zone_unknown));
	json_build_set(build, object, "noticed", time_value(incident->noticed_ns));
	json_build_set(build, object, "closed",
		       incident->closed_ns ? time_value(incident->closed_ns) : json_null());
	json_build_set(build, object, "duration_s", json_build_real((double)duration_us / 1e6));
}

static json_t *asker_array(struct json_build *build, const struct incident *incident)
{
	struct asker_sum askers[INCIDENT_ASKERS], rest = {0};
	__u32 i;

	for (i = 0; i < incident->asker_count; i++)
		askers[i] = (struct asker_sum){.name = &incident->askers[i].name,
					       .queries = incident->askers[i].queries,
					       .failed = incident->askers[i].failed,
					       .errors = incident->askers[i].errors};
	return status_json_askers(build, askers, incident->asker_count, &rest);
}

static void set_samples(struct json_build *build, json_t *object, const struct incident *incident)
{
	json_build_set(build, object, "reporters",
		       address_array(build, incident->reporters, incident->reporter_count));
	json_build_set(build, object, "reporters_more", json_boolean(incident->reporters_more));
	json_build_set(build, object, "clients",
		       address_array(build, incident->clients, incident->client_count));
	json_build_set(build, object, "clients_more", json_boolean(incident->clients_more));
	json_build_set(build, object, "names", name_array(build, incident));
	json_build_set(build, object, "names_more", json_boolean(incident->names_more));
	json_build_set(build, object, "messages", message_array(build, incident));
	json_build_set(build, object, "failed", failed_array(build, incident));
	json_build_set(build, object, "askers", asker_array(build, incident));
	json_build_set(build, object, "askers_more", json_boolean(incident->askers_more));
}

json_t *incident_json_object(struct json_build *build, const struct incident *incident,
			     const char *event)
{
	json_t *object = json_object();

	json_build_set(build, object, "id", json_build_count(incident->id));
	if (event)
		json_build_set(build, object, "event", json_string(event));
	json_build_set(build, object, "resolver", resolver_object(build, &incident->resolver));
	json_build_set(build, object, "state", json_build_text(state_name(incident->state)));
	json_build_set(build, object, "cause", json_build_text(cause_name(incident->cause)));
	json_build_set(build, object, "causes", cause_array(build, incident));
	json_build_set(build, object, "causes_more", json_boolean(incident->causes_more));
	json_build_set(build, object, "suspicion",
		       json_build_text(incident->forged ? "forged" : NULL));
	json_build_set(build, object, "fails_inside", json_boolean(incident->fails_inside));
	set_times(build, object, incident);
	json_build_set(build, object, "counts",
		       counts_object(build, &incident->counters, incident->resolver.transport));
	json_build_set(build, object, "evidence", evidence_object(build, &incident->counters));
	json_build_set(build, object, "failure_ratio",
		       json_build_real(counters_failure_ratio(&incident->counters)));
	json_build_set(build, object, "rtt_p50_s", seconds_value(incident->rtt_ns));
	json_build_set(build, object, "healthy_rtt_p50_s", seconds_value(incident->healthy_rtt_ns));
	set_samples(build, object, incident);
	json_build_set(build, object, "timeline", timeline_object(build, incident));
	return object;
}

int incident_json_write(struct buffer *out, const struct incident *incident,
			enum incident_event event)
{
	static const char *const events[] = {
		[INCIDENT_OPENED] = "opened",
		[INCIDENT_CHANGED] = "changed",
		[INCIDENT_UPDATED] = "updated",
		[INCIDENT_CLOSED] = "closed",
	};
	struct json_build build = {0};

	return json_build_write(&build, incident_json_object(&build, incident, events[event]), out);
}

/* Writes the open or the closed incidents, the latest first, at most `most`. */
static void write_incidents(struct json_stream *to, const struct incidents *incidents, int is_open,
			    size_t most)
{
	const struct incident *const *list;
	size_t count;

	json_stream_array_begin(to, is_open ? "open" : "closed");
	list = incidents_list(incidents, &count);
	while (count-- && most) {
		if ((list[count]->closed_ns == 0) != is_open)
			continue;
		json_stream_element(to, incident_json_object(&to->build, list[count], NULL));
		most--;
	}
	json_stream_array_end(to);
}

int incidents_json_write(struct buffer *out, const struct status *status,
			 const struct incidents *incidents)
{
	struct json_stream to;

	json_stream_begin(&to, out);
	json_stream_member(&to, "time", time_value(status->snapshot->wall_ns));
	write_incidents(&to, incidents, 1, ~(size_t)0);
	write_incidents(&to, incidents, 0, INCIDENTS_CLOSED_MAX);
	return json_stream_end(&to);
}

/* ---- parse -------------------------------------------------------------------------------- */

static void parse_resolver(struct json_get *get, const json_t *object, struct resolver_key *key)
{
	json_t *from = json_get_member(get, object, "resolver", JSON_OBJECT);

	json_get_address(get, from, "address", &key->address, &key->scope);
	key->port = htons((__u16)json_get_count(get, from, "port", 65535));
	status_json_parse_transport(get, from, key);
	status_json_parse_origin(get, from, key);
}

/* Returns the cause of this name; CAUSE_NONE, and a failure where one is expected, for others. */
static enum cause parse_cause(struct json_get *get, const char *name)
{
	unsigned int i;

	for (i = CAUSE_NONE + 1; name && i < CAUSE_MAX; i++)
		if (!strcmp(cause_name(i), name))
			return i;
	if (name)
		json_get_expected(get, "cause", "the name of a cause, or null");
	return CAUSE_NONE;
}

static void parse_causes(struct json_get *get, const json_t *object, struct incident *incident)
{
	json_t *array;
	size_t i, count;

	if (!json_object_get(object, "causes")) /* older lines lack it */
		return;
	array = json_get_array(get, object, "causes", INCIDENT_SAMPLES);
	count = json_array_size(array);
	for (i = 0; i < count && !get->failed; i++) {
		const json_t *from = json_array_get(array, i);
		struct cause_period *to = &incident->causes[i];

		to->cause = parse_cause(get, json_get_text(get, from, "cause"));
		to->from_ns = json_get_time(get, from, "from");
		to->until_ns = json_get_time_or_null(get, from, "until");
	}
	incident->cause_count = (__u32)count;
	incident->causes_more = json_get_flag(get, object, "causes_more");
}

static void parse_state(struct json_get *get, const json_t *object, struct incident *incident)
{
	const char *state = json_get_text(get, object, "state");
	const char *cause = json_get_text_or_null(get, object, "cause");
	const char *suspicion = json_get_text_or_null(get, object, "suspicion");
	unsigned int i;

	for (i = STATE_DEGRADED; state && i < STATE_MAX; i++)
		if (!strcmp(state_name(i), state))
			incident->state = i;
	if (state && !incident->state)
		json_get_expected(get, "state", "\"degraded\" or \"down\"");
	incident->cause = parse_cause(get, cause);
	if (suspicion && strcmp(suspicion, "forged"))
		json_get_expected(get, "suspicion", "\"forged\" or null");
	incident->forged = suspicion != NULL;
	incident->fails_inside = json_is_true(json_object_get(object, "fails_inside"));
}

static void parse_times(struct json_get *get, const json_t *object, struct incident *incident)
{
	incident->start_ns = json_get_time(get, object, "start");
	incident->end_ns = json_get_time(get, object, "end");
	incident->noticed_ns = json_get_time(get, object, "noticed");
	incident->closed_ns = json_get_time_or_null(get, object, "closed");
	if (json_object_get(object, "zone_known")) /* older lines lack it */
		incident->zone_unknown = !json_get_flag(get, object, "zone_known");
	if (incident->end_ns < incident->start_ns)
		json_get_expected(get, "end", "a time that is not before the start");
}

/* Returns ns; 0 for null, and where the key is not there, as in lines of older versions. */
static __u64 parse_seconds(struct json_get *get, const json_t *object, const char *key)
{
	const json_t *value = json_object_get(object, key);
	double seconds = json_number_value(value);

	if (!value || json_is_null(value))
		return 0;
	if (!json_is_number(value) || !(seconds >= 0 && seconds <= INCIDENT_SECONDS_MAX)) {
		json_get_expected(get, key, "seconds, or null");
		return 0;
	}
	return (__u64)(seconds * NS_PER_S + 0.5);
}

static void parse_counts(struct json_get *get, const json_t *object, __u8 transport,
			 struct resolver_counters *counters)
{
	json_t *from = json_get_member(get, object, "counts", JSON_OBJECT), *group;
	unsigned int i;

	for (i = 0; i < COUNTER_MAX; i++) {
		const struct counter_row *row = &counter_rows[i];

		if (!counter_is_shown(i, transport))
			continue;
		group = row->holder ? json_get_member(get, from, row->holder, JSON_OBJECT) : from;
		if (row->group)
			group = json_get_member(get, group, row->group, JSON_OBJECT);
		counters->n[i] = json_get_count(get, group, row->name, JSON_COUNT_MAX);
	}
	from = json_get_member(get, object, "evidence", JSON_OBJECT);
	counters->n[COUNTER_EVIDENCE_PROHIBITED] =
		json_get_count(get, from, "prohibited", JSON_COUNT_MAX);
	counters->n[COUNTER_EVIDENCE_PORT] = json_get_count(get, from, "port", JSON_COUNT_MAX);
	counters->n[COUNTER_EVIDENCE_NO_ROUTE] =
		json_get_count(get, from, "no_route", JSON_COUNT_MAX);
	counters->n[COUNTER_EVIDENCE_ON_PATH] =
		json_get_count(get, from, "on_path", JSON_COUNT_MAX);
}

static __u32 parse_addresses(struct json_get *get, const json_t *object, const char *key,
			     struct ip_address *to)
{
	json_t *array = json_get_array(get, object, key, INCIDENT_SAMPLES);
	size_t i, count = json_array_size(array);
	__u32 scope;

	for (i = 0; i < count; i++) {
		const char *text = json_string_value(json_array_get(array, i));

		if (!text || address_parse_any(text, &to[i], &scope))
			json_get_expected(get, key, "IP addresses");
	}
	return (__u32)count;
}

static __u16 parse_type(struct json_get *get, const json_t *object, const char *key)
{
	const char *text = json_get_text_or_null(get, object, key);
	__u16 type = 0;

	if (text && dns_type_parse(text, &type))
		json_get_expected(get, key, "a query type, as A or TYPE65280, or null");
	return type;
}

/* Writes the name as the bytes of a question, which checks it. Returns their length, or 0. */
static __u32 parse_question(struct json_get *get, const char *name, __u16 type,
			    __u8 bytes[QUESTION_MAX])
{
	struct dns_question question = {.type = type, .class = type ? 1 : 0};
	int length = -EINVAL;

	if (!name)
		return 0;
	if (strlen(name) < sizeof(question.name)) {
		strcpy(question.name, name);
		length = dns_question_write(&question, bytes, QUESTION_MAX);
	}
	if (length < 0)
		json_get_expected(get, "name", "a domain name");
	return length < 0 ? 0 : (__u32)length;
}

static void parse_names(struct json_get *get, const json_t *object, struct incident *incident)
{
	json_t *array = json_get_array(get, object, "names", INCIDENT_SAMPLES);
	size_t i, count = json_array_size(array);
	struct dns_question question;
	__u8 bytes[QUESTION_MAX];

	for (i = 0; i < count && !get->failed; i++) {
		const json_t *from = json_array_get(array, i);
		__u16 type = parse_type(get, from, "type");
		__u32 length = parse_question(get, json_get_text(get, from, "name"), type, bytes);

		if (get->failed || dns_question_parse(bytes, length, &question))
			return;
		strcpy(incident->names[i], question.name);
		incident->types[i] = question.type;
		incident->name_count++;
	}
}

static __u8 parse_reason(struct json_get *get, const json_t *object)
{
	const char *text = json_get_text(get, object, "reason");
	__u8 i;

	for (i = 0; text && i < REASON_MAX; i++)
		if (!strcmp(counter_rows[COUNTER_ICMP_PORT + i].name, text))
			return i;
	if (text)
		json_get_expected(get, "reason", "the name of a reason");
	return 0;
}

static void parse_message(struct json_get *get, const json_t *from, __u8 transport,
			  struct incident_message *to)
{
	struct sample *sample = &to->sample;
	struct transaction_key *key = &sample->key;
	__u32 scope;

	to->wall_ns = json_get_time(get, from, "time");
	json_get_address(get, from, "client", &key->client, &scope);
	key->client_port = htons((__u16)json_get_count(get, from, "client_port", 65535));
	json_get_address(get, from, "resolver", &key->resolver, &key->scope);
	key->resolver_port = htons((__u16)json_get_count(get, from, "port", 65535));
	key->transport = transport;
	json_get_address(get, from, "reporter", &sample->reporter, &scope);
	sample->type = (__u8)json_get_count(get, from, "type", 255);
	sample->code = (__u8)json_get_count(get, from, "code", 255);
	sample->version = address_is_ipv4(&key->client) ? 4 : 6;
	sample->reason = parse_reason(get, from);
	sample->ttl = (__u8)json_get_count_or_null(get, from, "ttl", 255);
	sample->unsent = (__u8)json_get_flag(get, from, "unsent");
	sample->matched = !sample->unsent;
	sample->short_quote = json_get_is_null(from, "id");
	key->id = htons((__u16)json_get_count_or_null(get, from, "id", 65535));
	sample->question_length = parse_question(get, json_get_text_or_null(get, from, "name"),
						 parse_type(get, from, "qtype"), sample->question);
	json_get_text(get, from, "text"); /* checked only: the other members contain it */
}

static void parse_messages(struct json_get *get, const json_t *object, struct incident *incident)
{
	json_t *array = json_get_array(get, object, "messages", INCIDENT_SAMPLES);
	size_t i, count = json_array_size(array);

	for (i = 0; i < count && !get->failed; i++)
		parse_message(get, json_array_get(array, i), incident->resolver.transport,
			      &incident->messages[i]);
	incident->message_count = (__u32)count;
}

static __u8 parse_rcode(struct json_get *get, const json_t *object)
{
	const char *text = json_get_text_or_null(get, object, "rcode");
	int rcode = text ? dns_rcode_lookup(text, strlen(text)) : 0;
	unsigned int number;

	if (rcode < 0 && sscanf(text, "RCODE%2u", &number) == 1)
		rcode = (int)number;
	if (rcode < 0 || rcode > 15)
		json_get_expected(get, "rcode", "an RCODE, as SERVFAIL or RCODE14, or null");
	return (__u8)(rcode & 15);
}

/* Copies a text that has room for `size` bytes; null is empty. */
static void parse_name(struct json_get *get, const json_t *object, const char *key, char *to,
		       size_t size)
{
	const char *text = json_get_text_or_null(get, object, key);

	if (text && strlen(text) >= size)
		json_get_expected(get, key, "a shorter text");
	else if (text)
		strcpy(to, text);
}

/* Reads the process of a query and its user; lines of older versions have neither. */
static void parse_process(struct json_get *get, const json_t *from, struct query_process *to)
{
	const json_t *process = json_object_get(from, "process");

	if (json_is_object(process)) {
		parse_name(get, process, "name", to->name, sizeof(to->name));
		to->pid = (__u32)json_get_count(get, process, "pid", 0xffffffffU);
	}
	to->has_user_id = json_is_integer(json_object_get(from, "user_id"));
	if (to->has_user_id)
		to->user_id = (__u32)json_get_count(get, from, "user_id", 0xffffffffU);
}

static void parse_failed_query(struct json_get *get, const json_t *from, struct incident_failed *to)
{
	const char *outcome = json_get_text(get, from, "outcome");
	struct failed_query *query = &to->query;
	__u32 scope, i;

	to->wall_ns = json_get_time(get, from, "time");
	json_get_address(get, from, "client", &query->key.client, &scope);
	query->key.client_port = htons((__u16)json_get_count(get, from, "client_port", 65535));
	query->has_id = !json_get_is_null(from, "id");
	query->key.id = htons((__u16)json_get_count_or_null(get, from, "id", 65535));
	query->question_length =
		(__u16)parse_question(get, json_get_text_or_null(get, from, "name"),
				      parse_type(get, from, "qtype"), query->question);
	query->rcode = parse_rcode(get, from);
	for (i = 0; outcome && i < FAILED_MAX; i++)
		if (!strcmp(failed_outcomes[i], outcome))
			break;
	if (outcome && i == FAILED_MAX)
		json_get_expected(get, "outcome", "the name of an outcome that is a failure");
	query->outcome = (__u8)i;
	parse_process(get, from, &query->process);
}

static void parse_failed(struct json_get *get, const json_t *object, struct incident *incident)
{
	size_t i, count;
	json_t *array;

	if (!json_object_get(object, "failed")) /* older lines lack it */
		return;
	array = json_get_array(get, object, "failed", INCIDENT_SAMPLES);
	count = json_array_size(array);
	for (i = 0; i < count && !get->failed; i++) {
		parse_failed_query(get, json_array_get(array, i), &incident->failed[i]);
		incident->failed[i].query.key.resolver = incident->resolver.address;
		incident->failed[i].query.key.resolver_port = incident->resolver.port;
		incident->failed[i].query.key.scope = incident->resolver.scope;
		incident->failed[i].query.key.transport = incident->resolver.transport;
		incident->failed[i].query.key.origin = incident->resolver.origin;
	}
	incident->failed_count = (__u32)count;
}

static void parse_asker(struct json_get *get, const json_t *from, struct incident_asker *to)
{
	parse_name(get, from, "asker", to->name.text, sizeof(to->name.text));
	parse_name(get, from, "unit", to->name.unit, sizeof(to->name.unit));
	parse_name(get, from, "container", to->name.container, sizeof(to->name.container));
	parse_name(get, from, "pod", to->name.pod, sizeof(to->name.pod));
	to->queries = json_get_count(get, from, "queries", JSON_COUNT_MAX);
	to->failed = json_get_count(get, from, "failed", JSON_COUNT_MAX);
	to->errors = json_get_count(get, from, "errors", JSON_COUNT_MAX);
}

static void parse_askers(struct json_get *get, const json_t *object, struct incident *incident)
{
	size_t i, count;
	json_t *array;

	if (!json_object_get(object, "askers")) /* older lines lack it */
		return;
	array = json_get_array(get, object, "askers", INCIDENT_ASKERS);
	count = json_array_size(array);
	for (i = 0; i < count && !get->failed; i++)
		parse_asker(get, json_array_get(array, i), &incident->askers[i]);
	incident->asker_count = (__u32)count;
	incident->askers_more = json_get_flag(get, object, "askers_more");
}

static void parse_slot(struct json_get *get, const json_t *from, struct incident_slot *slot)
{
	__u64 *to[] = {&slot->answered, &slot->unreachable, &slot->timed_out, &slot->unsent,
		       &slot->late};
	size_t i;

	if (json_array_size(from) != 5)
		json_get_expected(get, "slots", "arrays of 5 whole numbers");
	for (i = 0; i < 5 && !get->failed; i++) {
		json_int_t value = json_integer_value(json_array_get(from, i));

		if (!json_is_integer(json_array_get(from, i)) || value < 0 ||
		    value > JSON_COUNT_MAX)
			json_get_expected(get, "slots", "arrays of 5 whole numbers");
		*to[i] = (__u64)value;
	}
}

static void parse_timeline(struct json_get *get, const json_t *object, struct incident *incident)
{
	json_t *from = json_get_member(get, object, "timeline", JSON_OBJECT);
	json_t *array = json_get_array(get, from, "slots", TIMELINE_SLOTS);
	size_t i, count = json_array_size(array);

	incident->slot_start_ns = json_get_time(get, from, "start");
	incident->slot_ns = json_get_count(get, from, "slot_s", JSON_SLOT_MAX_S) * NS_PER_S;
	if (!incident->slot_ns)
		json_get_expected(get, "slot_s", "a number above 0");
	for (i = 0; i < count && !get->failed; i++)
		parse_slot(get, json_array_get(array, i), &incident->slots[i]);
	incident->slot_count = (__u32)count;
}

static void parse_incident(struct json_get *get, const json_t *object, struct incident *incident)
{
	incident->id = json_get_count(get, object, "id", JSON_COUNT_MAX);
	parse_resolver(get, object, &incident->resolver);
	parse_state(get, object, incident);
	parse_causes(get, object, incident);
	parse_times(get, object, incident);
	parse_counts(get, object, incident->resolver.transport, &incident->counters);
	incident->rtt_ns = parse_seconds(get, object, "rtt_p50_s");
	incident->healthy_rtt_ns = parse_seconds(get, object, "healthy_rtt_p50_s");
	incident->reporter_count = parse_addresses(get, object, "reporters", incident->reporters);
	incident->reporters_more = json_get_flag(get, object, "reporters_more");
	incident->client_count = parse_addresses(get, object, "clients", incident->clients);
	incident->clients_more = json_get_flag(get, object, "clients_more");
	parse_names(get, object, incident);
	incident->names_more = json_get_flag(get, object, "names_more");
	parse_messages(get, object, incident);
	parse_failed(get, object, incident);
	parse_askers(get, object, incident);
	parse_timeline(get, object, incident);
}

int incident_json_parse(const char *line, size_t length, struct incident *ret,
			char error[JSON_ERROR_SIZE])
{
	struct json_get get = {.error = error};
	json_error_t where;
	json_t *object = json_loadb(line, length, JSON_REJECT_DUPLICATES, &where);

	memset(ret, 0, sizeof(*ret));
	error[0] = '\0';
	if (!object && json_error_code(&where) == json_error_out_of_memory)
		return -ENOMEM;
	if (!json_is_object(object)) {
		json_get_expected(&get, NULL, "one whole JSON object");
		json_decref(object);
		return -EINVAL;
	}
	parse_incident(&get, object, ret);
	json_decref(object);
	return get.failed ? -EINVAL : 0;
}
