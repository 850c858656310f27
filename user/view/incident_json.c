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

static json_t *addresses(struct json_build *build, const struct ip_address *from, __u32 count)
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

static json_t *resolver(struct json_build *build, const struct resolver_key *key)
{
	json_t *object = json_object();

	json_build_set(build, object, "address", address_value(&key->address, key->scope));
	json_build_set(build, object, "port", json_build_count(ntohs(key->port)));
	json_build_set(build, object, "transport", json_build_text(transport_text(key->transport)));
	return object;
}

static json_t *counts(struct json_build *build, const struct resolver_counters *counters)
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
			json_build_set(build, object, row->group, group);
		}
		json_build_set(build, group, row->name, json_build_count(counters->n[i]));
	}
	return object;
}

static json_t *evidence(struct json_build *build, const struct resolver_counters *counters)
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

static json_t *names(struct json_build *build, const struct incident *incident)
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

static void set_question(struct json_build *build, json_t *object, const struct sample *sample)
{
	struct dns_question question;
	int none = dns_question_parse(sample->question, sample->question_length, &question);

	json_build_set(build, object, "id",
		       sample->short_quote ? json_null() : json_build_count(ntohs(sample->key.id)));
	json_build_set(build, object, "name", json_build_text(none ? NULL : question.name));
	json_build_set(build, object, "qtype", none ? json_null() : type_value(question.type));
}

static json_t *message(struct json_build *build, const struct incident_message *from)
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
	set_question(build, object, sample);
	tcpdump_line_write(&text, from);
	json_build_set(build, object, "text",
		       buffer_error(&text) ? NULL : json_build_text(text.text));
	buffer_free(&text);
	return object;
}

static json_t *messages(struct json_build *build, const struct incident *incident)
{
	json_t *array = json_array();
	__u32 i;

	for (i = 0; i < incident->message_count; i++)
		json_build_append(build, array, message(build, &incident->messages[i]));
	return array;
}

static json_t *timeline(struct json_build *build, const struct incident *incident)
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

static void set_times(struct json_build *build, json_t *object, const struct incident *incident)
{
	double duration_s = (double)(incident->end_ns - incident->start_ns) / NS_PER_S;

	json_build_set(build, object, "start", time_value(incident->start_ns));
	json_build_set(build, object, "end", time_value(incident->end_ns));
	json_build_set(build, object, "noticed", time_value(incident->noticed_ns));
	json_build_set(build, object, "closed",
		       incident->closed_ns ? time_value(incident->closed_ns) : json_null());
	json_build_set(build, object, "duration_s", json_build_real(duration_s));
}

static void set_samples(struct json_build *build, json_t *object, const struct incident *incident)
{
	json_build_set(build, object, "reporters",
		       addresses(build, incident->reporters, incident->reporter_count));
	json_build_set(build, object, "reporters_more", json_boolean(incident->reporters_more));
	json_build_set(build, object, "clients",
		       addresses(build, incident->clients, incident->client_count));
	json_build_set(build, object, "clients_more", json_boolean(incident->clients_more));
	json_build_set(build, object, "names", names(build, incident));
	json_build_set(build, object, "names_more", json_boolean(incident->names_more));
	json_build_set(build, object, "messages", messages(build, incident));
}

json_t *incident_json_object(struct json_build *build, const struct incident *incident,
			     const char *event)
{
	json_t *object = json_object();

	json_build_set(build, object, "id", json_build_count(incident->id));
	if (event)
		json_build_set(build, object, "event", json_string(event));
	json_build_set(build, object, "resolver", resolver(build, &incident->resolver));
	json_build_set(build, object, "state", json_build_text(state_name(incident->state)));
	json_build_set(build, object, "cause", json_build_text(cause_name(incident->cause)));
	json_build_set(build, object, "suspicion",
		       json_build_text(incident->forged ? "forged" : NULL));
	set_times(build, object, incident);
	json_build_set(build, object, "counts", counts(build, &incident->counters));
	json_build_set(build, object, "evidence", evidence(build, &incident->counters));
	json_build_set(build, object, "failure_ratio",
		       json_build_real(counters_failure_ratio(&incident->counters)));
	json_build_set(build, object, "rtt_p50_s", seconds_value(incident->rtt_ns));
	json_build_set(build, object, "healthy_rtt_p50_s", seconds_value(incident->healthy_rtt_ns));
	set_samples(build, object, incident);
	json_build_set(build, object, "timeline", timeline(build, incident));
	return object;
}

static int add_bytes(const char *bytes, size_t size, void *out)
{
	buffer_add_bytes(out, bytes, size);
	return 0;
}

int incident_json_write(struct buffer *out, const struct incident *incident,
			enum incident_event event)
{
	static const char *const events[] = {
		[INCIDENT_OPENED] = "opened",
		[INCIDENT_UPDATED] = "updated",
		[INCIDENT_CLOSED] = "closed",
	};
	struct json_build build = {0};
	json_t *object = incident_json_object(&build, incident, events[event]);

	if (json_dump_callback(object, add_bytes, out, JSON_BUILD_FLAGS))
		build.failed = 1;
	json_decref(object);
	buffer_add_bytes(out, "\n", 1);
	return build.failed ? -ENOMEM : buffer_error(out);
}
