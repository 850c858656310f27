/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* One plain sentence in the log when an incident opens, changes its state or cause, and closes. */
#ifndef DAEMON_INCIDENT_LOG_H
#define DAEMON_INCIDENT_LOG_H

#include "health/incident.h"
#include "util/buffer.h"

/* Writes the sentence; "" for an event that the log does not get. */
void incident_sentence(struct buffer *out, const struct incident *incident,
		       enum incident_event event);

/* Logs the sentence: a warning, or (closed) information. */
void incident_log(const struct incident *incident, enum incident_event event);

#endif
