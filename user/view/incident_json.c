// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Incidents as lines of JSON. The way back is incident_json_read.c. */
#include "view/incident_json.h"

#include "util/address.h"
#include "util/clock.h"
#include "health/counters.h"
#include "util/dns.h"
#include "health/names.h"
#include "view/incident_object.h"
#include "view/tcpdump_line.h"

#include <arpa/inet.h>
#include <errno.h>

static json_t *time_value(__u64 wall_ns)
{
	char time[CLOCK_TEXT_SIZE];

	return json_string(clock_rfc3339(wall_ns, time));
}

static json_t *address_value(const struct ip_address *address, __u32 scope)
{
	char text[ADDRESS_TEXT_SIZE];

	return maker_text(address_text(address, scope, text));
}

static json_t *addresses(struct maker *maker, const struct ip_address *from, __u32 count)
{
	json_t *array = json_array();
	__u32 i;

	for (i = 0; i < count; i++)
		maker_append(maker, array, address_value(&from[i], 0));
	return array;
}

static json_t *type_value(__u16 type)
{
	char text[QUESTION_TYPE_SIZE];

	return type ? json_string(qtype_text(type, text)) : json_null();
}

static json_t *resolver(struct maker *maker, const struct resolver_key *key)
{
	json_t *object = json_object();

	maker_set(maker, object, "address", address_value(&key->address, key->scope));
	maker_set(maker, object, "port", maker_count(ntohs(key->port)));
	maker_set(maker, object, "transport", maker_text(transport_text(key->transport)));
	return object;
}

static json_t *counts(struct maker *maker, const struct resolver_counters *counters)
{
	json_t *object = json_object(), *group;
	unsigned int i;

	for (i = 0; i < COUNTER_MAX; i++) {
		const struct counter_row *row = &counter_rows[i];

		if (row->exported != EXPORTED_COUNTER)
			continue;
		group = row->group ? json_object_get(object, row->group) : object;
		if (!group) {
			group = json_object();
			maker_set(maker, object, row->group, group);
		}
		maker_set(maker, group, row->name, maker_count(counters->n[i]));
	}
	return object;
}

static json_t *evidence(struct maker *maker, const struct resolver_counters *counters)
{
	json_t *object = json_object();

	maker_set(maker, object, "prohibited",
		  maker_count(counters->n[COUNTER_EVIDENCE_PROHIBITED]));
	maker_set(maker, object, "port", maker_count(counters->n[COUNTER_EVIDENCE_PORT]));
	maker_set(maker, object, "no_route", maker_count(counters->n[COUNTER_EVIDENCE_NO_ROUTE]));
	maker_set(maker, object, "on_path", maker_count(counters->n[COUNTER_EVIDENCE_ON_PATH]));
	return object;
}

static json_t *names(struct maker *maker, const struct incident *incident)
{
	json_t *array = json_array();
	__u32 i;

	for (i = 0; i < incident->name_count; i++) {
		json_t *object = json_object();

		maker_set(maker, object, "name", maker_text(incident->names[i]));
		maker_set(maker, object, "type", type_value(incident->types[i]));
		maker_append(maker, array, object);
	}
	return array;
}

static void set_question(struct maker *maker, json_t *object, const struct sample *sample)
{
	struct question question;
	int none = question_read(sample->question, sample->question_length, &question);

	maker_set(maker, object, "id",
		  sample->short_quote ? json_null() : maker_count(ntohs(sample->key.id)));
	maker_set(maker, object, "name", maker_text(none ? NULL : question.name));
	maker_set(maker, object, "qtype", none ? json_null() : type_value(question.type));
}

static json_t *message(struct maker *maker, const struct incident_message *from)
{
	const struct sample *sample = &from->sample;
	json_t *object = json_object();
	struct buffer text = {0};

	maker_set(maker, object, "time", time_value(from->wall_ns));
	maker_set(maker, object, "client", address_value(&sample->key.client, 0));
	maker_set(maker, object, "client_port", maker_count(ntohs(sample->key.client_port)));
	maker_set(maker, object, "resolver",
		  address_value(&sample->key.resolver, sample->key.scope));
	maker_set(maker, object, "port", maker_count(ntohs(sample->key.resolver_port)));
	maker_set(maker, object, "reporter", address_value(&sample->reporter, 0));
	maker_set(maker, object, "type", maker_count(sample->type));
	maker_set(maker, object, "code", maker_count(sample->code));
	maker_set(maker, object, "reason",
		  maker_text(counter_rows[COUNTER_ICMP_PORT + sample->reason % REASON_MAX].name));
	maker_set(maker, object, "ttl", sample->ttl ? maker_count(sample->ttl) : json_null());
	maker_set(maker, object, "unsent", json_boolean(sample->unsent));
	set_question(maker, object, sample);
	tcpdump_message(&text, from);
	maker_set(maker, object, "text", buffer_error(&text) ? NULL : maker_text(text.text));
	buffer_free(&text);
	return object;
}

static json_t *messages(struct maker *maker, const struct incident *incident)
{
	json_t *array = json_array();
	__u32 i;

	for (i = 0; i < incident->message_count; i++)
		maker_append(maker, array, message(maker, &incident->messages[i]));
	return array;
}

static json_t *timeline(struct maker *maker, const struct incident *incident)
{
	json_t *object = json_object(), *slots = json_array();
	__u32 i;

	for (i = 0; i < incident->slot_count; i++) {
		const struct incident_slot *from = &incident->slots[i];
		json_t *slot = json_array();

		maker_append(maker, slot, maker_count(from->answered));
		maker_append(maker, slot, maker_count(from->unreachable));
		maker_append(maker, slot, maker_count(from->timed_out));
		maker_append(maker, slot, maker_count(from->unsent));
		maker_append(maker, slot, maker_count(from->late));
		maker_append(maker, slots, slot);
	}
	maker_set(maker, object, "start", time_value(incident->slot_start_ns));
	maker_set(maker, object, "slot_s", maker_count(incident->slot_ns / NS_PER_S));
	maker_set(maker, object, "slots", slots);
	return object;
}

static void set_times(struct maker *maker, json_t *object, const struct incident *incident)
{
	double duration_s = (double)(incident->end_ns - incident->start_ns) / NS_PER_S;

	maker_set(maker, object, "start", time_value(incident->start_ns));
	maker_set(maker, object, "end", time_value(incident->end_ns));
	maker_set(maker, object, "noticed", time_value(incident->noticed_ns));
	maker_set(maker, object, "closed",
		  incident->closed_ns ? time_value(incident->closed_ns) : json_null());
	maker_set(maker, object, "duration_s", maker_real(duration_s));
}

static void set_samples(struct maker *maker, json_t *object, const struct incident *incident)
{
	maker_set(maker, object, "reporters",
		  addresses(maker, incident->reporters, incident->reporter_count));
	maker_set(maker, object, "reporters_more", json_boolean(incident->reporters_more));
	maker_set(maker, object, "clients",
		  addresses(maker, incident->clients, incident->client_count));
	maker_set(maker, object, "clients_more", json_boolean(incident->clients_more));
	maker_set(maker, object, "names", names(maker, incident));
	maker_set(maker, object, "names_more", json_boolean(incident->names_more));
	maker_set(maker, object, "messages", messages(maker, incident));
}

json_t *incident_object(struct maker *maker, const struct incident *incident, const char *event)
{
	json_t *object = json_object();

	maker_set(maker, object, "id", maker_count(incident->id));
	if (event)
		maker_set(maker, object, "event", json_string(event));
	maker_set(maker, object, "resolver", resolver(maker, &incident->resolver));
	maker_set(maker, object, "state", maker_text(state_name(incident->state)));
	maker_set(maker, object, "cause", maker_text(cause_name(incident->cause)));
	maker_set(maker, object, "suspicion", maker_text(incident->forged ? "forged" : NULL));
	set_times(maker, object, incident);
	maker_set(maker, object, "counts", counts(maker, &incident->counters));
	maker_set(maker, object, "evidence", evidence(maker, &incident->counters));
	maker_set(maker, object, "failure_ratio",
		  maker_real(counters_failure_ratio(&incident->counters)));
	set_samples(maker, object, incident);
	maker_set(maker, object, "timeline", timeline(maker, incident));
	return object;
}

static int add_bytes(const char *bytes, size_t size, void *out)
{
	buffer_add_bytes(out, bytes, size);
	return 0;
}

int incident_json_add(struct buffer *out, const struct incident *incident,
		      enum incident_event event)
{
	static const char *const events[] = {
		[INCIDENT_OPENED] = "opened",
		[INCIDENT_UPDATED] = "updated",
		[INCIDENT_CLOSED] = "closed",
	};
	struct maker maker = {0};
	json_t *object = incident_object(&maker, incident, events[event]);

	if (json_dump_callback(object, add_bytes, out, MAKER_FLAGS))
		maker.failed = 1;
	json_decref(object);
	buffer_add_bytes(out, "\n", 1);
	return maker.failed ? -ENOMEM : buffer_error(out);
}
