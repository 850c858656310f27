// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Trends and incidents as JSON, for those who look at the daemon from outside. */
#include "view/pages_json.h"

#include "util/address.h"
#include "util/clock.h"
#include "view/incident_object.h"
#include "util/json.h"

#include <arpa/inet.h>
#include <errno.h>

static int add_bytes(const char *bytes, size_t size, void *out)
{
	buffer_add_bytes(out, bytes, size);
	return 0;
}

/* Frees the object. */
static int add_object(struct buffer *out, struct json_build *build, json_t *object)
{
	if (json_dump_callback(object, add_bytes, out, JSON_BUILD_FLAGS))
		build->failed = 1;
	json_decref(object);
	buffer_add_bytes(out, "\n", 1);
	return build->failed ? -ENOMEM : buffer_error(out);
}

static json_t *begin(struct json_build *build, const struct status *status)
{
	json_t *object = json_object();
	char time[CLOCK_TEXT_SIZE];

	json_build_set(build, object, "time",
		       json_build_text(clock_rfc3339(status->snapshot->wall_ns, time)));
	return object;
}

static json_t *trend_object(struct json_build *build, const struct resolver_key *key,
			    const struct sparkline_slot slots[SPARKLINE_SLOTS])
{
	json_t *object = json_object(), *array = json_array();
	int other = resolver_is_other(key);
	char address[ADDRESS_TEXT_SIZE];
	size_t i;

	for (i = 0; i < SPARKLINE_SLOTS; i++) {
		json_t *slot = json_array();

		json_build_append(build, slot, json_build_count(slots[i].queries));
		json_build_append(build, slot, json_build_count(slots[i].settled));
		json_build_append(build, slot, json_build_count(slots[i].failed));
		json_build_append(build, array, slot);
	}
	json_build_set(build, object, "address",
		       json_build_text(other ? "other"
					     : address_text(&key->address, key->scope, address)));
	json_build_set(build, object, "port",
		       other ? json_null() : json_build_count(ntohs(key->port)));
	json_build_set(build, object, "transport", json_build_text(transport_text(key->transport)));
	json_build_set(build, object, "slots", array);
	return object;
}

int trends_json_write(struct buffer *out, const struct status *status,
		      const struct sparklines *trends)
{
	struct sparkline_slot slots[SPARKLINE_SLOTS];
	struct json_build build = {0};
	json_t *object = begin(&build, status), *array = json_array();
	size_t i;

	for (i = 0; i < status->count; i++) {
		const struct resolver_key *key = &status->resolvers[i].now->key;

		if (sparklines_of(trends, key, slots))
			json_build_append(&build, array, trend_object(&build, key, slots));
	}
	json_build_set(&build, object, "slot_s", json_build_count(SPARKLINE_SLOT_S));
	json_build_set(&build, object, "resolvers", array);
	return add_object(out, &build, object);
}

int incidents_json_write(struct buffer *out, const struct status *status,
			 const struct incidents *incidents)
{
	const struct incident *const *list;
	struct json_build build = {0};
	json_t *object = begin(&build, status), *open = json_array(), *closed = json_array();
	size_t count;

	list = incidents_list(incidents, &count);
	while (count--) {
		const struct incident *incident = list[count];

		if (!incident->closed_ns)
			json_build_append(&build, open,
					  incident_json_object(&build, incident, NULL));
		else if (json_array_size(closed) < CLOSED_SHOWN)
			json_build_append(&build, closed,
					  incident_json_object(&build, incident, NULL));
	}
	json_build_set(&build, object, "open", open);
	json_build_set(&build, object, "closed", closed);
	return add_object(out, &build, object);
}
