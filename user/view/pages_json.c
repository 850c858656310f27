// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Trends and incidents as JSON, for those who look at the daemon from outside. */
#include "view/pages_json.h"

#include "util/address.h"
#include "util/clock.h"
#include "view/incident_object.h"
#include "util/json_build.h"

#include <arpa/inet.h>
#include <errno.h>

static int add_bytes(const char *bytes, size_t size, void *out)
{
	buffer_add_bytes(out, bytes, size);
	return 0;
}

/* Frees the object. */
static int add_object(struct buffer *out, struct maker *maker, json_t *object)
{
	if (json_dump_callback(object, add_bytes, out, MAKER_FLAGS))
		maker->failed = 1;
	json_decref(object);
	buffer_add_bytes(out, "\n", 1);
	return maker->failed ? -ENOMEM : buffer_error(out);
}

static json_t *begin(struct maker *maker, const struct report *report)
{
	json_t *object = json_object();
	char time[CLOCK_TEXT_SIZE];

	maker_set(maker, object, "time",
		  maker_text(clock_rfc3339(report->snapshot->wall_ns, time)));
	return object;
}

static json_t *trend_object(struct maker *maker, const struct resolver_key *key,
			    const struct trend_slot slots[TREND_SLOTS])
{
	json_t *object = json_object(), *array = json_array();
	int other = resolver_is_other(key);
	char address[ADDRESS_TEXT_SIZE];
	size_t i;

	for (i = 0; i < TREND_SLOTS; i++) {
		json_t *slot = json_array();

		maker_append(maker, slot, maker_count(slots[i].queries));
		maker_append(maker, slot, maker_count(slots[i].settled));
		maker_append(maker, slot, maker_count(slots[i].failed));
		maker_append(maker, array, slot);
	}
	maker_set(maker, object, "address",
		  maker_text(other ? "other" : address_text(&key->address, key->scope, address)));
	maker_set(maker, object, "port", other ? json_null() : maker_count(ntohs(key->port)));
	maker_set(maker, object, "transport", maker_text(transport_text(key->transport)));
	maker_set(maker, object, "slots", array);
	return object;
}

int trends_json_add(struct buffer *out, const struct report *report, const struct trends *trends)
{
	struct trend_slot slots[TREND_SLOTS];
	struct maker maker = {0};
	json_t *object = begin(&maker, report), *array = json_array();
	size_t i;

	for (i = 0; i < report->count; i++) {
		const struct resolver_key *key = &report->resolvers[i].now->key;

		if (trends_of(trends, key, slots))
			maker_append(&maker, array, trend_object(&maker, key, slots));
	}
	maker_set(&maker, object, "slot_s", maker_count(TREND_SLOT_S));
	maker_set(&maker, object, "resolvers", array);
	return add_object(out, &maker, object);
}

int incidents_json_add(struct buffer *out, const struct report *report,
		       const struct incidents *incidents)
{
	const struct incident *const *list;
	struct maker maker = {0};
	json_t *object = begin(&maker, report), *open = json_array(), *closed = json_array();
	size_t count;

	list = incidents_list(incidents, &count);
	while (count--) {
		const struct incident *incident = list[count];

		if (!incident->closed_ns)
			maker_append(&maker, open, incident_object(&maker, incident, NULL));
		else if (json_array_size(closed) < CLOSED_SHOWN)
			maker_append(&maker, closed, incident_object(&maker, incident, NULL));
	}
	maker_set(&maker, object, "open", open);
	maker_set(&maker, object, "closed", closed);
	return add_object(out, &maker, object);
}
