// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * A line of JSON as an incident. The file may come from anywhere: types and ranges are checked,
 * and the first thing that is not as expected is named.
 */
#include "view/incident_json.h"

#include "health/counters.h"
#include "health/names.h"
#include "util/clock.h"
#include "util/dns.h"
#include "util/json.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SECONDS_MAX 1e6

_Static_assert(INCIDENT_ERROR_SIZE == JSON_ERROR_SIZE, "one reader for both");

static void read_resolver(struct json_get *r, const json_t *object, struct resolver_key *key)
{
	json_t *from = json_get_member(r, object, "resolver", JSON_OBJECT);
	const char *transport;

	json_get_address(r, from, "address", &key->address, &key->scope);
	key->port = htons((__u16)json_get_count(r, from, "port", 65535));
	transport = json_get_text(r, from, "transport");
	if (transport && strcmp(transport, "udp"))
		json_get_expected(r, "transport", "\"udp\"");
	key->transport = TRANSPORT_UDP;
}

static void read_state(struct json_get *r, const json_t *object, struct incident *incident)
{
	const char *state = json_get_text(r, object, "state");
	const char *cause = json_get_text_or_null(r, object, "cause");
	const char *suspicion = json_get_text_or_null(r, object, "suspicion");
	unsigned int i;

	for (i = STATE_DEGRADED; state && i < STATE_MAX; i++)
		if (!strcmp(state_name(i), state))
			incident->state = i;
	if (state && !incident->state)
		json_get_expected(r, "state", "\"degraded\" or \"down\"");
	for (i = CAUSE_NONE + 1; cause && i < CAUSE_MAX; i++)
		if (!strcmp(cause_name(i), cause))
			incident->cause = i;
	if (cause && !incident->cause)
		json_get_expected(r, "cause", "the name of a cause, or null");
	if (suspicion && strcmp(suspicion, "forged"))
		json_get_expected(r, "suspicion", "\"forged\" or null");
	incident->forged = suspicion != NULL;
}

static void read_times(struct json_get *r, const json_t *object, struct incident *incident)
{
	incident->start_ns = json_get_time(r, object, "start");
	incident->end_ns = json_get_time(r, object, "end");
	incident->noticed_ns = json_get_time(r, object, "noticed");
	incident->closed_ns = json_get_time_or_null(r, object, "closed");
	if (incident->end_ns < incident->start_ns)
		json_get_expected(r, "end", "a time that is not before the start");
}

/* Returns ns; 0 for null, and where the key is not there, as in lines of older versions. */
static __u64 read_seconds(struct json_get *r, const json_t *object, const char *key)
{
	const json_t *value = json_object_get(object, key);
	double seconds = json_number_value(value);

	if (!value || json_is_null(value))
		return 0;
	if (!json_is_number(value) || !(seconds >= 0 && seconds <= SECONDS_MAX)) {
		json_get_expected(r, key, "seconds, or null");
		return 0;
	}
	return (__u64)(seconds * NS_PER_S + 0.5);
}

static void read_counts(struct json_get *r, const json_t *object,
			struct resolver_counters *counters)
{
	json_t *from = json_get_member(r, object, "counts", JSON_OBJECT), *group;
	unsigned int i;

	for (i = 0; i < COUNTER_MAX; i++) {
		const struct counter_row *row = &counter_rows[i];

		if (row->exported != EXPORTED_COUNTER)
			continue;
		group = row->group ? json_get_member(r, from, row->group, JSON_OBJECT) : from;
		counters->n[i] = json_get_count(r, group, row->name, JSON_COUNT_MAX);
	}
	from = json_get_member(r, object, "evidence", JSON_OBJECT);
	counters->n[COUNTER_EVIDENCE_PROHIBITED] =
		json_get_count(r, from, "prohibited", JSON_COUNT_MAX);
	counters->n[COUNTER_EVIDENCE_PORT] = json_get_count(r, from, "port", JSON_COUNT_MAX);
	counters->n[COUNTER_EVIDENCE_NO_ROUTE] =
		json_get_count(r, from, "no_route", JSON_COUNT_MAX);
	counters->n[COUNTER_EVIDENCE_ON_PATH] = json_get_count(r, from, "on_path", JSON_COUNT_MAX);
}

static __u32 read_addresses(struct json_get *r, const json_t *object, const char *key,
			    struct ip_address *to)
{
	json_t *array = json_get_array(r, object, key, INCIDENT_SAMPLES);
	size_t i, count = json_array_size(array);
	__u32 scope;

	for (i = 0; i < count; i++) {
		const char *text = json_string_value(json_array_get(array, i));

		if (!text || address_parse_any(text, &to[i], &scope))
			json_get_expected(r, key, "IP addresses");
	}
	return (__u32)count;
}

static __u16 read_type(struct json_get *r, const json_t *object, const char *key)
{
	const char *text = json_get_text_or_null(r, object, key);
	__u16 type = 0;

	if (text && dns_type_parse(text, &type))
		json_get_expected(r, key, "a query type, as A or TYPE65280, or null");
	return type;
}

/* As bytes, which checks it; the length of the question, or 0. */
static __u32 read_question(struct json_get *r, const char *name, __u16 type,
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
		json_get_expected(r, "name", "a domain name");
	return length < 0 ? 0 : (__u32)length;
}

static void read_names(struct json_get *r, const json_t *object, struct incident *incident)
{
	json_t *array = json_get_array(r, object, "names", INCIDENT_SAMPLES);
	size_t i, count = json_array_size(array);
	struct dns_question question;
	__u8 bytes[QUESTION_MAX];

	for (i = 0; i < count && !r->failed; i++) {
		const json_t *from = json_array_get(array, i);
		__u16 type = read_type(r, from, "type");
		__u32 length = read_question(r, json_get_text(r, from, "name"), type, bytes);

		if (r->failed || dns_question_parse(bytes, length, &question))
			return;
		strcpy(incident->names[i], question.name);
		incident->types[i] = question.type;
		incident->name_count++;
	}
}

static __u8 read_reason(struct json_get *r, const json_t *object)
{
	const char *text = json_get_text(r, object, "reason");
	__u8 i;

	for (i = 0; text && i < REASON_MAX; i++)
		if (!strcmp(counter_rows[COUNTER_ICMP_PORT + i].name, text))
			return i;
	if (text)
		json_get_expected(r, "reason", "the name of a reason");
	return 0;
}

static void read_message(struct json_get *r, const json_t *from, struct incident_message *to)
{
	struct sample *sample = &to->sample;
	struct transaction_key *key = &sample->key;
	__u32 scope;

	to->wall_ns = json_get_time(r, from, "time");
	json_get_address(r, from, "client", &key->client, &scope);
	key->client_port = htons((__u16)json_get_count(r, from, "client_port", 65535));
	json_get_address(r, from, "resolver", &key->resolver, &key->scope);
	key->resolver_port = htons((__u16)json_get_count(r, from, "port", 65535));
	key->transport = TRANSPORT_UDP;
	json_get_address(r, from, "reporter", &sample->reporter, &scope);
	sample->type = (__u8)json_get_count(r, from, "type", 255);
	sample->code = (__u8)json_get_count(r, from, "code", 255);
	sample->version = address_is_ipv4(&key->client) ? 4 : 6;
	sample->reason = read_reason(r, from);
	sample->ttl = (__u8)json_get_count_or_null(r, from, "ttl", 255);
	sample->unsent = (__u8)json_get_flag(r, from, "unsent");
	sample->matched = !sample->unsent;
	sample->short_quote = json_get_is_null(from, "id");
	key->id = htons((__u16)json_get_count_or_null(r, from, "id", 65535));
	sample->question_length = read_question(r, json_get_text_or_null(r, from, "name"),
						read_type(r, from, "qtype"), sample->question);
	json_get_text(r, from, "text"); /* follows from the others */
}

static void read_messages(struct json_get *r, const json_t *object, struct incident *incident)
{
	json_t *array = json_get_array(r, object, "messages", INCIDENT_SAMPLES);
	size_t i, count = json_array_size(array);

	for (i = 0; i < count && !r->failed; i++)
		read_message(r, json_array_get(array, i), &incident->messages[i]);
	incident->message_count = (__u32)count;
}

static void read_slot(struct json_get *r, const json_t *from, struct incident_slot *slot)
{
	__u64 *to[] = {&slot->answered, &slot->unreachable, &slot->timed_out, &slot->unsent,
		       &slot->late};
	size_t i;

	if (json_array_size(from) != 5)
		json_get_expected(r, "slots", "arrays of 5 whole numbers");
	for (i = 0; i < 5 && !r->failed; i++) {
		json_int_t value = json_integer_value(json_array_get(from, i));

		if (!json_is_integer(json_array_get(from, i)) || value < 0 ||
		    value > JSON_COUNT_MAX)
			json_get_expected(r, "slots", "arrays of 5 whole numbers");
		*to[i] = (__u64)value;
	}
}

static void read_timeline(struct json_get *r, const json_t *object, struct incident *incident)
{
	json_t *from = json_get_member(r, object, "timeline", JSON_OBJECT);
	json_t *array = json_get_array(r, from, "slots", TIMELINE_SLOTS);
	size_t i, count = json_array_size(array);

	incident->slot_start_ns = json_get_time(r, from, "start");
	incident->slot_ns = json_get_count(r, from, "slot_s", JSON_SLOT_MAX_S) * NS_PER_S;
	if (!incident->slot_ns)
		json_get_expected(r, "slot_s", "a number above 0");
	for (i = 0; i < count && !r->failed; i++)
		read_slot(r, json_array_get(array, i), &incident->slots[i]);
	incident->slot_count = (__u32)count;
}

static void read_incident(struct json_get *r, const json_t *object, struct incident *incident)
{
	incident->id = json_get_count(r, object, "id", JSON_COUNT_MAX);
	read_resolver(r, object, &incident->resolver);
	read_state(r, object, incident);
	read_times(r, object, incident);
	read_counts(r, object, &incident->counters);
	incident->rtt_ns = read_seconds(r, object, "rtt_p50_s");
	incident->healthy_rtt_ns = read_seconds(r, object, "healthy_rtt_p50_s");
	incident->reporter_count = read_addresses(r, object, "reporters", incident->reporters);
	incident->reporters_more = json_get_flag(r, object, "reporters_more");
	incident->client_count = read_addresses(r, object, "clients", incident->clients);
	incident->clients_more = json_get_flag(r, object, "clients_more");
	read_names(r, object, incident);
	incident->names_more = json_get_flag(r, object, "names_more");
	read_messages(r, object, incident);
	read_timeline(r, object, incident);
}

int incident_json_parse(const char *line, size_t length, struct incident *ret,
			char error[INCIDENT_ERROR_SIZE])
{
	struct json_get r = {.error = error};
	json_error_t where;
	json_t *object = json_loadb(line, length, JSON_REJECT_DUPLICATES, &where);

	memset(ret, 0, sizeof(*ret));
	error[0] = '\0';
	if (!object && json_error_code(&where) == json_error_out_of_memory)
		return -ENOMEM;
	if (!json_is_object(object)) {
		json_get_expected(&r, NULL, "one whole JSON object");
		json_decref(object);
		return -EINVAL;
	}
	read_incident(&r, object, ret);
	json_decref(object);
	return r.failed ? -EINVAL : 0;
}

/* ---- a file ------------------------------------------------------------------------------- */

/* A later line about the same incident replaces the earlier one. */
static struct incident **incident_lines_find(struct incident_lines *lines,
					     const struct incident *incident)
{
	size_t i;

	for (i = lines->count; i--;)
		if (lines->incidents[i]->id == incident->id &&
		    lines->incidents[i]->start_ns == incident->start_ns)
			return &lines->incidents[i];
	return NULL;
}

static int incident_lines_keep(struct incident_lines *lines, struct incident *incident)
{
	struct incident **old = incident_lines_find(lines, incident), **grown;
	size_t room = lines->room ? 2 * lines->room : 16;

	if (old) {
		free(*old);
		*old = incident;
		return 0;
	}
	if (lines->count == INCIDENTS_READ_MAX)
		return -E2BIG;
	if (lines->count == lines->room) {
		grown = realloc(lines->incidents, room * sizeof(*grown));
		if (!grown)
			return -ENOMEM;
		lines->incidents = grown;
		lines->room = room;
	}
	lines->incidents[lines->count++] = incident;
	return 0;
}

static int incident_lines_error(struct incident_lines *lines, int err, const char *what)
{
	snprintf(lines->error, sizeof(lines->error), "line %llu: %.160s", lines->line, what);
	return err;
}

int incident_lines_add(struct incident_lines *lines, const char *line, size_t length)
{
	struct incident *incident;
	char error[INCIDENT_ERROR_SIZE];
	int err;

	lines->line++;
	while (length && strchr(" \t\r\n", line[length - 1]))
		length--;
	if (!length)
		return 0;
	incident = malloc(sizeof(*incident));
	if (!incident)
		return incident_lines_error(lines, -ENOMEM, "out of memory");
	err = incident_json_parse(line, length, incident, error);
	if (!err)
		err = incident_lines_keep(lines, incident);
	if (!err)
		return 0;
	free(incident);
	if (err == -E2BIG)
		return incident_lines_error(lines, err, "more incidents than a report can hold");
	return incident_lines_error(lines, err, err == -ENOMEM ? "out of memory" : error);
}

int incident_lines_date_known(const struct incident_lines *lines)
{
	size_t i;

	for (i = 0; i < lines->count; i++)
		if (lines->incidents[i]->start_ns < 24 * 3600 * NS_PER_S)
			return 0;
	return 1;
}

void incident_lines_free(struct incident_lines *lines)
{
	size_t i;

	for (i = 0; i < lines->count; i++)
		free(lines->incidents[i]);
	free(lines->incidents);
	memset(lines, 0, sizeof(*lines));
}
