// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Incidents as JSON, parsed. A file of them may come from any program: types and ranges are
 * checked, and the first value that is not as expected is named.
 */
#include "view/incident_json.h"

#include "health/counters.h"
#include "util/address.h"
#include "util/clock.h"
#include "util/dns.h"
#include "view/joined_json.h"
#include "view/sessions_json.h"
#include "view/status_json.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define INCIDENT_SECONDS_MAX 1e6 /* of an RTT */

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
		json_get_unknown(get, "cause", "the name of a cause, or null", name);
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

	for (i = 0; state && i < STATE_MAX && strcmp(state_name(i), state); i++)
		;
	if (state && i == STATE_MAX)
		json_get_unknown(get, "state", "\"degraded\" or \"down\"", state);
	else if (state && i < STATE_DEGRADED)
		json_get_expected(get, "state", "\"degraded\" or \"down\"");
	incident->state = i < STATE_MAX ? i : STATE_DEGRADED;
	incident->cause = parse_cause(get, cause);
	if (suspicion && strcmp(suspicion, "forged"))
		json_get_unknown(get, "suspicion", "\"forged\" or null", suspicion);
	incident->forged = suspicion != NULL;
	incident->fails_inside = json_is_true(json_object_get(object, "fails_inside"));
	joined_json_parse(get, object, &incident->joined);
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
	if (transport == TRANSPORT_DOT)
		sessions_json_parse(get, from, counters);
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
		json_get_unknown(get, key, "a query type, as A or TYPE65280, or null", text);
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
		json_get_unknown(get, "reason", "the name of a reason", text);
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
	sample->version = address_is_ipv4(&key->client) ? 4 : 6;
	if (sample->version == 6 && json_get_is_null(from, "code"))
		sample->code = ICMP6_CODE_NOT_KNOWN;
	else
		sample->code = (__u8)json_get_count(get, from, "code", 255);
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
		json_get_unknown(get, "rcode", "an RCODE, as SERVFAIL or RCODE14, or null", text);
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

/* Reads what failed: lines of older versions do not say it. */
static __u8 parse_failed_what(struct json_get *get, const json_t *from)
{
	const char *what;
	__u8 i;

	if (!json_object_get(from, "what"))
		return FAILED_QUERY;
	what = json_get_text(get, from, "what");
	for (i = 0; what && i < FAILED_WHAT_MAX; i++)
		if (!strcmp(incident_failed_whats[i], what))
			return i;
	if (what)
		json_get_unknown(get, "what", "the name of what failed", what);
	return FAILED_QUERY;
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
		if (!strcmp(incident_outcomes[i], outcome))
			break;
	if (outcome && i == FAILED_MAX)
		json_get_unknown(get, "outcome", "the name of an outcome that is a failure",
				 outcome);
	query->outcome = (__u8)i;
	query->what = parse_failed_what(get, from);
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

static void parse_host(struct json_get *get, const json_t *object, struct incident *incident)
{
	const char *host;

	if (!json_object_get(object, "host")) /* older lines lack it */
		return;
	host = json_get_text_or_null(get, object, "host");
	if (!host)
		return;
	if (!*host || strlen(host) >= sizeof(incident->host))
		json_get_expected(get, "host", "a name of 1 to 199 bytes, or null");
	else
		strcpy(incident->host, host);
}

static void parse_incident(struct json_get *get, const json_t *object, struct incident *incident)
{
	incident->id = json_get_count(get, object, "id", JSON_COUNT_MAX);
	parse_host(get, object, incident);
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
