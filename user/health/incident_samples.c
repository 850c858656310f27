// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Bounded examples of an incident, and its outcomes over time. */
#include "health/incident_samples.h"

#include "util/dns.h"

#include <string.h>

#define FIRST_KEPT (INCIDENT_SAMPLES / 2) /* the others are the latest ones */

_Static_assert(NAME_TEXT_SIZE == DNS_NAME_SIZE, "a name does not fit");
_Static_assert(TIMELINE_SLOTS % 2 == 0, "slots merge in pairs");

/* ---- examples ---------------------------------------------------------------------------------
 */

static void incident_add_address(struct ip_address *kept, __u32 *count, int *more,
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

static void incident_add_question(struct incident *incident, const __u8 *bytes, __u32 length)
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

__u32 incident_samples_add(void *entries, __u32 *count, size_t size)
{
	char *from = (char *)entries + FIRST_KEPT * size;

	if (*count == INCIDENT_SAMPLES) {
		--*count;
		memmove(from, from + size, (INCIDENT_SAMPLES - FIRST_KEPT - 1) * size);
	}
	return (*count)++;
}

static void incident_add_message(struct incident *incident, const struct incident_message *message)
{
	__u32 i = incident_samples_add(incident->messages, &incident->message_count,
				       sizeof(*message));

	incident->messages[i] = *message;
}

void incident_add_sample(struct incident *incident, const struct incident_message *message)
{
	const struct sample *sample = &message->sample;

	incident_add_address(incident->reporters, &incident->reporter_count,
			     &incident->reporters_more, &sample->reporter);
	incident_add_address(incident->clients, &incident->client_count, &incident->clients_more,
			     &sample->key.client);
	incident_add_question(incident, sample->question, sample->question_length);
	incident_add_message(incident, message);
}

void incident_add_failed(struct incident *incident, __u64 wall_ns,
			 const struct failed_query *failed)
{
	__u32 i = incident_samples_add(incident->failed, &incident->failed_count,
				       sizeof(*incident->failed));

	incident->failed[i] = (struct incident_failed){.wall_ns = wall_ns, .query = *failed};
	incident_add_address(incident->clients, &incident->client_count, &incident->clients_more,
			     &failed->key.client);
	incident_add_question(incident, failed->question, failed->question_length);
}

/* ---- timeline ---------------------------------------------------------------------------------
 */

void incident_slots_init(struct incident *incident, __u64 start_ns)
{
	incident->slot_start_ns = start_ns - start_ns % NS_PER_S;
	incident->slot_ns = NS_PER_S;
	incident->slot_count = 0;
}

static void slot_add(struct incident_slot *to, const struct incident_slot *from)
{
	to->answered += from->answered;
	to->unreachable += from->unreachable;
	to->timed_out += from->timed_out;
	to->unsent += from->unsent;
	to->late += from->late;
}

/* Merges the slots in pairs, each of twice the length. */
static void incident_merge_slots(struct incident *incident)
{
	static const struct incident_slot empty;
	struct incident_slot *slots = incident->slots;
	__u32 i;

	for (i = 0; i < TIMELINE_SLOTS; i += 2) {
		struct incident_slot pair = slots[i];

		slot_add(&pair, &slots[i + 1]);
		slots[i] = slots[i + 1] = empty;
		slots[i / 2] = pair;
	}
	incident->slot_ns *= 2;
	incident->slot_count = (incident->slot_count + 1) / 2;
}

/* Returns the slot of a moment. */
static struct incident_slot *incident_slot_at(struct incident *incident, __u64 wall_ns)
{
	__u64 since_ns = wall_ns > incident->slot_start_ns ? wall_ns - incident->slot_start_ns : 0;
	__u64 index;

	while (since_ns / incident->slot_ns >= TIMELINE_SLOTS)
		incident_merge_slots(incident);
	index = since_ns / incident->slot_ns;
	if (incident->slot_count <= index)
		incident->slot_count = (__u32)index + 1;
	return &incident->slots[index];
}

void incident_add_outcomes(struct incident *incident, __u64 wall_ns,
			   const struct incident_slot *outcomes)
{
	slot_add(incident_slot_at(incident, wall_ns), outcomes);
}
