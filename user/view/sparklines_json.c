// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The sparklines as one line of JSON. The keys are documented in docs/daemon.md. */
#include "view/sparklines_json.h"

#include "util/clock.h"
#include "util/json.h"
#include "view/status_json.h"

static json_t *sparkline_object(struct json_build *build, const struct resolver_key *key,
				const struct sparkline_slot slots[SPARKLINE_SLOTS])
{
	json_t *object = json_object(), *array = json_array();
	size_t i;

	for (i = 0; i < SPARKLINE_SLOTS; i++) {
		json_t *slot = json_array();

		json_build_append(build, slot, json_build_count(slots[i].queries));
		json_build_append(build, slot, json_build_count(slots[i].settled));
		json_build_append(build, slot, json_build_count(slots[i].failed));
		json_build_append(build, slot, json_build_count(slots[i].errors));
		json_build_append(build, array, slot);
	}
	status_json_set_key(build, object, key);
	json_build_set(build, object, "slots", array);
	return object;
}

int sparklines_json_write(struct buffer *out, const struct status *status,
			  const struct sparklines *sparklines)
{
	struct sparkline_slot slots[SPARKLINE_SLOTS];
	char time[CLOCK_TEXT_SIZE];
	struct json_stream to;
	size_t i;

	json_stream_begin(&to, out);
	json_stream_member(&to, "time",
			   json_build_text(clock_rfc3339(status->snapshot->wall_ns, time)));
	json_stream_member(&to, "slot_s", json_build_count(SPARKLINE_SLOT_S));
	json_stream_array_begin(&to, "resolvers");
	for (i = 0; i < status->count; i++) {
		const struct resolver_key *key = &status->resolvers[i].now->key;

		if (sparklines_of(sparklines, key, slots))
			json_stream_element(&to, sparkline_object(&to.build, key, slots));
	}
	json_stream_array_end(&to);
	return json_stream_end(&to);
}
