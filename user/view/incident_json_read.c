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
#include "util/json_get.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

_Static_assert(INCIDENT_ERROR_SIZE == JSON_ERROR_SIZE, "one reader for both");

static void read_resolver(struct reader *r, const json_t *object, struct resolver_key *key)
{
	json_t *from = reader_member(r, object, "resolver", JSON_OBJECT);
	const char *transport;

	reader_address(r, from, "address", &key->address, &key->scope);
	key->port = htons((__u16)reader_count(r, from, "port", 65535));
	transport = reader_text(r, from, "transport");
	if (transport && strcmp(transport, "udp"))
		reader_expected(r, "transport", "\"udp\"");
	key->transport = TRANSPORT_UDP;
}

static void read_state(struct reader *r, const json_t *object, struct incident *incident)
{
	const char *state = reader_text(r, object, "state");
	const char *cause = reader_text_or_null(r, object, "cause");
	const char *suspicion = reader_text_or_null(r, object, "suspicion");
	unsigned int i;

	for (i = STATE_DEGRADED; state && i < STATE_MAX; i++)
		if (!strcmp(state_name(i), state))
			incident->state = i;
	if (state && !incident->state)
		reader_expected(r, "state", "\"degraded\" or \"down\"");
	for (i = CAUSE_NONE + 1; cause && i < CAUSE_MAX; i++)
		if (!strcmp(cause_name(i), cause))
			incident->cause = i;
	if (cause && !incident->cause)
		reader_expected(r, "cause", "the name of a cause, or null");
	if (suspicion && strcmp(suspicion, "forged"))
		reader_expected(r, "suspicion", "\"forged\" or null");
	incident->forged = suspicion != NULL;
}

static void read_times(struct reader *r, const json_t *object, struct incident *incident)
{
	incident->start_ns = reader_time(r, object, "start");
	incident->end_ns = reader_time(r, object, "end");
	incident->noticed_ns = reader_time(r, object, "noticed");
	incident->closed_ns = reader_time_or_null(r, object, "closed");
	if (incident->end_ns < incident->start_ns)
		reader_expected(r, "end", "a time that is not before the start");
}

static void read_counts(struct reader *r, const json_t *object, struct resolver_counters *counters)
{
	json_t *from = reader_member(r, object, "counts", JSON_OBJECT), *group;
	unsigned int i;

	for (i = 0; i < COUNTER_MAX; i++) {
		const struct counter_row *row = &counter_rows[i];

		if (row->exported != EXPORTED_COUNTER)
			continue;
		group = row->group ? reader_member(r, from, row->group, JSON_OBJECT) : from;
		counters->n[i] = reader_count(r, group, row->name, READER_COUNT_MAX);
	}
	from = reader_member(r, object, "evidence", JSON_OBJECT);
	counters->n[COUNTER_EVIDENCE_PROHIBITED] =
		reader_count(r, from, "prohibited", READER_COUNT_MAX);
	counters->n[COUNTER_EVIDENCE_PORT] = reader_count(r, from, "port", READER_COUNT_MAX);
	counters->n[COUNTER_EVIDENCE_NO_ROUTE] =
		reader_count(r, from, "no_route", READER_COUNT_MAX);
	counters->n[COUNTER_EVIDENCE_ON_PATH] = reader_count(r, from, "on_path", READER_COUNT_MAX);
}

static __u32 read_addresses(struct reader *r, const json_t *object, const char *key,
			    struct ip_address *to)
{
	json_t *array = reader_array(r, object, key, INCIDENT_SAMPLES);
	size_t i, count = json_array_size(array);
	__u32 scope;

	for (i = 0; i < count; i++) {
		const char *text = json_string_value(json_array_get(array, i));

		if (!text || address_of(text, &to[i], &scope))
			reader_expected(r, key, "IP addresses");
	}
	return (__u32)count;
}

static __u16 read_type(struct reader *r, const json_t *object, const char *key)
{
	const char *text = reader_text_or_null(r, object, key);
	__u16 type = 0;

	if (text && qtype_parse(text, &type))
		reader_expected(r, key, "a query type, as A or TYPE65280, or null");
	return type;
}

/* As bytes, which checks it; the length of the question, or 0. */
static __u32 read_question(struct reader *r, const char *name, __u16 type, __u8 bytes[QUESTION_MAX])
{
	struct question question = {.type = type, .class = type ? 1 : 0};
	int length = -EINVAL;

	if (!name)
		return 0;
	if (strlen(name) < sizeof(question.name)) {
		strcpy(question.name, name);
		length = question_write(&question, bytes, QUESTION_MAX);
	}
	if (length < 0)
		reader_expected(r, "name", "a domain name");
	return length < 0 ? 0 : (__u32)length;
}

static void read_names(struct reader *r, const json_t *object, struct incident *incident)
{
	json_t *array = reader_array(r, object, "names", INCIDENT_SAMPLES);
	size_t i, count = json_array_size(array);
	struct question question;
	__u8 bytes[QUESTION_MAX];

	for (i = 0; i < count && !r->failed; i++) {
		const json_t *from = json_array_get(array, i);
		__u16 type = read_type(r, from, "type");
		__u32 length = read_question(r, reader_text(r, from, "name"), type, bytes);

		if (r->failed || question_read(bytes, length, &question))
			return;
		strcpy(incident->names[i], question.name);
		incident->types[i] = question.type;
		incident->name_count++;
	}
}

static __u8 read_reason(struct reader *r, const json_t *object)
{
	const char *text = reader_text(r, object, "reason");
	__u8 i;

	for (i = 0; text && i < REASON_MAX; i++)
		if (!strcmp(counter_rows[COUNTER_ICMP_PORT + i].name, text))
			return i;
	if (text)
		reader_expected(r, "reason", "the name of a reason");
	return 0;
}

static void read_message(struct reader *r, const json_t *from, struct incident_message *to)
{
	struct sample *sample = &to->sample;
	struct transaction_key *key = &sample->key;
	__u32 scope;

	to->wall_ns = reader_time(r, from, "time");
	reader_address(r, from, "client", &key->client, &scope);
	key->client_port = htons((__u16)reader_count(r, from, "client_port", 65535));
	reader_address(r, from, "resolver", &key->resolver, &key->scope);
	key->resolver_port = htons((__u16)reader_count(r, from, "port", 65535));
	key->transport = TRANSPORT_UDP;
	reader_address(r, from, "reporter", &sample->reporter, &scope);
	sample->type = (__u8)reader_count(r, from, "type", 255);
	sample->code = (__u8)reader_count(r, from, "code", 255);
	sample->version = address_is_ipv4(&key->client) ? 4 : 6;
	sample->reason = read_reason(r, from);
	sample->ttl = (__u8)reader_count_or_null(r, from, "ttl", 255);
	sample->unsent = (__u8)reader_flag(r, from, "unsent");
	sample->fits = !sample->unsent;
	sample->short_quote = reader_is_null(from, "id");
	key->id = htons((__u16)reader_count_or_null(r, from, "id", 65535));
	sample->question_length = read_question(r, reader_text_or_null(r, from, "name"),
						read_type(r, from, "qtype"), sample->question);
	reader_text(r, from, "text"); /* follows from the others */
}

static void read_messages(struct reader *r, const json_t *object, struct incident *incident)
{
	json_t *array = reader_array(r, object, "messages", INCIDENT_SAMPLES);
	size_t i, count = json_array_size(array);

	for (i = 0; i < count && !r->failed; i++)
		read_message(r, json_array_get(array, i), &incident->messages[i]);
	incident->message_count = (__u32)count;
}

static void read_slot(struct reader *r, const json_t *from, struct incident_slot *slot)
{
	__u64 *to[] = {&slot->answered, &slot->unreachable, &slot->timed_out, &slot->unsent,
		       &slot->late};
	size_t i;

	if (json_array_size(from) != 5)
		reader_expected(r, "slots", "arrays of 5 whole numbers");
	for (i = 0; i < 5 && !r->failed; i++) {
		json_int_t value = json_integer_value(json_array_get(from, i));

		if (!json_is_integer(json_array_get(from, i)) || value < 0 ||
		    value > READER_COUNT_MAX)
			reader_expected(r, "slots", "arrays of 5 whole numbers");
		*to[i] = (__u64)value;
	}
}

static void read_timeline(struct reader *r, const json_t *object, struct incident *incident)
{
	json_t *from = reader_member(r, object, "timeline", JSON_OBJECT);
	json_t *array = reader_array(r, from, "slots", TIMELINE_SLOTS);
	size_t i, count = json_array_size(array);

	incident->slot_start_ns = reader_time(r, from, "start");
	incident->slot_ns = reader_count(r, from, "slot_s", READER_SLOT_MAX_S) * NS_PER_S;
	if (!incident->slot_ns)
		reader_expected(r, "slot_s", "a number above 0");
	for (i = 0; i < count && !r->failed; i++)
		read_slot(r, json_array_get(array, i), &incident->slots[i]);
	incident->slot_count = (__u32)count;
}

static void read_incident(struct reader *r, const json_t *object, struct incident *incident)
{
	incident->id = reader_count(r, object, "id", READER_COUNT_MAX);
	read_resolver(r, object, &incident->resolver);
	read_state(r, object, incident);
	read_times(r, object, incident);
	read_counts(r, object, &incident->counters);
	incident->reporter_count = read_addresses(r, object, "reporters", incident->reporters);
	incident->reporters_more = reader_flag(r, object, "reporters_more");
	incident->client_count = read_addresses(r, object, "clients", incident->clients);
	incident->clients_more = reader_flag(r, object, "clients_more");
	read_names(r, object, incident);
	incident->names_more = reader_flag(r, object, "names_more");
	read_messages(r, object, incident);
	read_timeline(r, object, incident);
}

int incident_json_read(const char *line, size_t length, struct incident *ret,
		       char error[INCIDENT_ERROR_SIZE])
{
	struct reader r = {.error = error};
	json_error_t where;
	json_t *object = json_loadb(line, length, JSON_REJECT_DUPLICATES, &where);

	memset(ret, 0, sizeof(*ret));
	error[0] = '\0';
	if (!object && json_error_code(&where) == json_error_out_of_memory)
		return -ENOMEM;
	if (!json_is_object(object)) {
		reader_expected(&r, NULL, "one whole JSON object");
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
	err = incident_json_read(line, length, incident, error);
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
