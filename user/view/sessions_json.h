/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The sessions of a row of DNS over TLS, as the key `sessions` (docs/json.md). */
#ifndef VIEW_SESSIONS_JSON_H
#define VIEW_SESSIONS_JSON_H

#include "util/json.h"

#include <dnsreach.h>

/* Sets the counters of session_rows. */
void sessions_json_set(struct json_build *build, json_t *object,
		       const struct resolver_counters *counters);

/* Parses them. */
void sessions_json_parse(struct json_get *get, const json_t *object, struct resolver_counters *ret);

/*
 * Parses them from a resolver's row, where an older version has none. Returns the number of open
 * sessions.
 */
__u64 sessions_json_parse_row(struct json_get *get, const json_t *object,
			      struct resolver_counters *ret);

#endif
