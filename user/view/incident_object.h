/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* An incident as a JSON value, for those who put it into a line or into a report. */
#ifndef VIEW_INCIDENT_OBJECT_H
#define VIEW_INCIDENT_OBJECT_H

#include "health/incident.h"
#include "util/json.h"

/* `event` NULL: without that key. The keys are docs/incidents.md. */
json_t *incident_json_object(struct json_build *build, const struct incident *incident,
			     const char *event);

#endif
