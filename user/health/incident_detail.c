// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Samples and timeline of one incident. */
#include "health/incident_detail.h"

#include "util/clock.h"
#include "health/counters.h"
#include "util/dns.h"

#include <string.h>

#define FIRST_KEPT (INCIDENT_SAMPLES / 2) /* of the messages; the others are the latest ones */

_Static_assert(NAME_TEXT_SIZE == DNS_NAME_SIZE, "a name does not fit");

static void add_address(struct ip_address *kept, __u32 *count, int *more,
			const struct ip_address *address)
{
	__u32 i;

	for (i = 0; i < *count; i++)
		if (!memcmp(&kept[i], address, sizeof(*address)))
			return;
	if (*count < INCIDENT_SAMPLES)
		kept[(*count)++] = *address;
	else
		*more = 1;
}

static void add_question(struct incident *incident, const __u8 *bytes, __u32 length)
{
	struct dns_question question;
	__u32 i;

	if (length > QUESTION_MAX || dns_question_parse(bytes, length, &question))
		return;
	for (i = 0; i < incident->name_count; i++)
		if (incident->types[i] == question.type &&
		    !strcmp(incident->names[i], question.name))
			return;
	if (i == INCIDENT_SAMPLES) {
		incident->names_more = 1;
		return;
	}
	strcpy(incident->names[i], question.name);
	incident->types[i] = question.type;
	incident->name_count++;
}

static void add_message(struct incident *incident, const struct incident_message *message)
{
	struct incident_message *messages = incident->messages;

	if (incident->message_count == INCIDENT_SAMPLES) {
		incident->message_count--;
		memmove(&messages[FIRST_KEPT], &messages[FIRST_KEPT + 1],
			(INCIDENT_SAMPLES - FIRST_KEPT - 1) * sizeof(*messages));
	}
	messages[incident->message_count++] = *message;
}

void incident_add_sample(struct incident *incident, const struct incident_message *message)
{
	const struct sample *sample = &message->sample;

	add_address(incident->reporters, &incident->reporter_count, &incident->reporters_more,
		    &sample->reporter);
	add_address(incident->clients, &incident->client_count, &incident->clients_more,
		    &sample->key.client);
	add_question(incident, sample->question, sample->question_length);
	add_message(incident, message);
}

void incident_add_failed(struct incident *incident, const struct failed_query *failed)
{
	add_address(incident->clients, &incident->client_count, &incident->clients_more,
		    &failed->key.client);
	add_question(incident, failed->question, failed->question_length);
}

void incident_add_waiting(struct incident *incident, struct incident_message *messages, __u32 count,
			  __u64 wall_offset_ns)
{
	struct incident_message *each;

	for (each = messages; each < messages + count; each++) {
		each->wall_ns = each->sample.time_ns + wall_offset_ns;
		if (each->wall_ns >= incident->start_ns)
			incident_add_sample(incident, each);
	}
}

void incident_slots_begin(struct incident *incident, __u64 start_ns)
{
	incident->slot_start_ns = start_ns - start_ns % NS_PER_S;
	incident->slot_ns = NS_PER_S;
	incident->slot_count = 0;
}

static void add_slot(struct incident_slot *to, const struct incident_slot *from)
{
	to->answered += from->answered;
	to->unreachable += from->unreachable;
	to->timed_out += from->timed_out;
	to->unsent += from->unsent;
	to->late += from->late;
}

static void merge_in_pairs(struct incident *incident)
{
	static const struct incident_slot empty;
	struct incident_slot *slots = incident->slots;
	__u32 i;

	for (i = 0; i < TIMELINE_SLOTS; i += 2) {
		struct incident_slot pair = slots[i];

		add_slot(&pair, &slots[i + 1]);
		slots[i] = slots[i + 1] = empty;
		slots[i / 2] = pair;
	}
	incident->slot_ns *= 2;
	incident->slot_count = (incident->slot_count + 1) / 2;
}

_Static_assert(TIMELINE_SLOTS % 2 == 0, "slots merge in pairs");

/* A tick counts what was before it: on the border it belongs to the slot that ends there. */
static struct incident_slot *slot_at(struct incident *incident, __u64 wall_ns)
{
	__u64 past_ns = wall_ns > incident->slot_start_ns ? wall_ns - incident->slot_start_ns : 0;
	__u64 index;

	past_ns -= past_ns ? 1 : 0;
	while (past_ns / incident->slot_ns >= TIMELINE_SLOTS)
		merge_in_pairs(incident);
	index = past_ns / incident->slot_ns;
	if (incident->slot_count <= index)
		incident->slot_count = (__u32)index + 1;
	return &incident->slots[index];
}

void incident_slots_add(struct incident *incident, __u64 wall_ns,
			const struct resolver_counters *before, const struct resolver_counters *now)
{
	struct resolver_counters since = counters_since(before, now);
	struct incident_slot slot = {.answered = counters_answered(&since),
				     .unreachable = counters_unreachable(&since),
				     .timed_out = since.n[COUNTER_TIMED_OUT],
				     .unsent = counters_unsent(&since),
				     .late = counters_late(&since)};

	if (counters_settled(&since) || slot.late)
		add_slot(slot_at(incident, wall_ns), &slot);
}

struct resolver_counters counters_since(const struct resolver_counters *before,
					const struct resolver_counters *now)
{
	struct resolver_counters since = {0};
	unsigned int i;

	for (i = 0; i < COUNTER_MAX; i++)
		since.n[i] = now->n[i] - before->n[i];
	for (i = 0; i < RTT_BUCKETS; i++)
		since.rtt[i] = now->rtt[i] - before->rtt[i];
	return since;
}
