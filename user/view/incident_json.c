// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Incidents as JSON, written. incident_parse.c reads them. */
#include "view/incident_json.h"

#include "health/counters.h"
#include "health/status.h"
#include "util/address.h"
#include "util/clock.h"
#include "util/dns.h"
#include "view/joined_json.h"
#include "view/status_json.h"
#include "view/tcpdump_line.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

	status_json_set_counters(build, object, counters, transport);
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
	json_build_set(build, object, "code",
		       sample->version == 6 && sample->code == ICMP6_CODE_NOT_KNOWN
			       ? json_null()
			       : json_build_count(sample->code));
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

const char *const incident_outcomes[FAILED_MAX] = {
	[FAILED_TIMED_OUT] = "timed_out",     [FAILED_ANSWERED] = "answered",
	[FAILED_UNREACHABLE] = "unreachable", [FAILED_UNSENT] = "unsent",
	[FAILED_REFUSED] = "refused",	      [FAILED_CLOSED] = "closed",
};

const char *const incident_failed_whats[FAILED_WHAT_MAX] = {
	[FAILED_QUERY] = "query",
	[FAILED_CONNECT] = "connect",
	[FAILED_SESSION] = "session",
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
	json_build_set(build, object, "what",
		       json_build_text(incident_failed_whats[query->what % FAILED_WHAT_MAX]));
	json_build_set(build, object, "outcome",
		       json_string(incident_outcomes[query->outcome % FAILED_MAX]));
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
	json_build_set(build, object, "host",
		       json_build_text(*incident->host ? incident->host : NULL));
	json_build_set(build, object, "resolver", resolver_object(build, &incident->resolver));
	json_build_set(build, object, "state", json_build_text(state_name(incident->state)));
	json_build_set(build, object, "cause", json_build_text(cause_name(incident->cause)));
	json_build_set(build, object, "causes", cause_array(build, incident));
	json_build_set(build, object, "causes_more", json_boolean(incident->causes_more));
	json_build_set(build, object, "suspicion",
		       json_build_text(incident->forged ? "forged" : NULL));
	json_build_set(build, object, "fails_inside", json_boolean(incident->fails_inside));
	joined_json_set(build, object, &incident->joined);
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
