/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The joined verdict as keys of a resolver and of an incident (docs/json.md). */
#ifndef VIEW_JOINED_JSON_H
#define VIEW_JOINED_JSON_H

#include "health/status.h"
#include "util/json.h"

/* Sets the keys `joined` and `tcp_needed`. */
void joined_json_set(struct json_build *build, json_t *object, const struct joined *joined);

/* Parses both keys. Lines of older versions lack them: then there is none. */
void joined_json_parse(struct json_get *get, const json_t *object, struct joined *ret);

#endif
