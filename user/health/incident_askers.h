/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Who suffered in an incident: the askers with failures since it began. Counts of askers are kept
 * every 10 s for the time that an incident can begin before it is noticed.
 */
#ifndef HEALTH_INCIDENT_ASKERS_H
#define HEALTH_INCIDENT_ASKERS_H

#include "health/asker_places.h"
#include "health/incident.h"

struct incident_askers;

/* Returns an empty one, to be freed with incident_askers_free(); NULL: out of memory. */
struct incident_askers *incident_askers_new(void);

/* Notes the askers of a snapshot, which is valid until the next call; before incidents_tick(). */
void incident_askers_tick(struct incident_askers *askers, const struct snapshot *snapshot);

/* Follows a move of counts from one asker to another, before the snapshot that shows it. */
void incident_askers_move(struct incident_askers *askers, const struct asker_choice *move);

/* Sets the askers of an incident; an incident_fill_fn, `context`: the struct incident_askers. */
void incident_askers_fill(struct incident *incident, void *context);

void incident_askers_free(struct incident_askers *askers); /* NULL is fine */

#endif
