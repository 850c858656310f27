/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What fills an incident beside its numbers: the samples that it keeps, and the slots of its
 * timeline. When it opens and closes is incident.c.
 */
#ifndef HEALTH_INCIDENT_DETAIL_H
#define HEALTH_INCIDENT_DETAIL_H

#include "health/incident.h"

/* Keeps what there is room for: of the messages the first ones and the latest ones. */
void incident_add_sample(struct incident *incident, const struct incident_message *message);

/* Adds the client and the name of a transaction that failed. */
void incident_add_failed(struct incident *incident, const struct failed_query *failed);

/* Those of them that came since it began; sets their wall_ns, by the clock of samples and an
 * offset. */
void incident_add_waiting(struct incident *incident, struct incident_message *messages, __u32 count,
			  __u64 wall_offset_ns);

/* The timeline begins at the whole second before `start_ns` (since 1970). */
void incident_slots_begin(struct incident *incident, __u64 start_ns);

/* What was counted from `before` to `now`, which was read at `wall_ns`. */
void incident_slots_add(struct incident *incident, __u64 wall_ns,
			const struct resolver_counters *before,
			const struct resolver_counters *now);

/* now - before, each counter and bucket; moments are left at 0. */
struct resolver_counters counters_since(const struct resolver_counters *before,
					const struct resolver_counters *now);

#endif
