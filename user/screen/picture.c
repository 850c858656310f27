// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* See picture.h. */
#include "screen/picture.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Returns a copy of `count` elements, also of none; NULL: no memory. */
static void *copy_array(const void *from, size_t count, size_t size)
{
	void *to = calloc(count + 1, size);

	if (to && count)
		memcpy(to, from, count * size);
	return to;
}

/* Each asker gets a name of its own here: those of the source are in a table of its. */
static void copy_names(struct picture *picture)
{
	size_t i;

	for (i = 0; i < picture->snapshot.asker_count; i++) {
		struct asker_snapshot *asker = &picture->askers[i];

		if (!asker->name)
			continue;
		picture->names[i] = *asker->name;
		asker->name = &picture->names[i];
	}
}

/* Points the copies at each other. */
static void connect_copies(struct picture *picture, const struct status *from)
{
	size_t i;

	for (i = 0; i < from->count; i++) {
		size_t number = (size_t)(from->resolvers[i].now - from->snapshot->resolvers);

		picture->judged[i].now = &picture->resolvers[number];
		picture->judged[i].entry = NULL;
	}
	copy_names(picture);
	picture->snapshot.resolvers = picture->resolvers;
	picture->snapshot.askers = picture->askers;
	picture->status.snapshot = &picture->snapshot;
	picture->status.resolvers = picture->judged;
	picture->status.interfaces = picture->interfaces;
	snprintf(picture->host, sizeof(picture->host), "%s", from->host ? from->host : "");
	picture->status.host = from->host ? picture->host : NULL;
}

int picture_copy(struct picture *picture, const struct status *status)
{
	const struct snapshot *snapshot = status->snapshot;

	picture_free(picture);
	picture->status = *status;
	picture->snapshot = *snapshot;
	picture->resolvers =
		copy_array(snapshot->resolvers, snapshot->count, sizeof(*snapshot->resolvers));
	picture->judged = copy_array(status->resolvers, status->count, sizeof(*status->resolvers));
	picture->interfaces = copy_array(status->interfaces, status->interface_count,
					 sizeof(*status->interfaces));
	picture->askers =
		copy_array(snapshot->askers, snapshot->asker_count, sizeof(*snapshot->askers));
	picture->names = calloc(snapshot->asker_count + 1, sizeof(*picture->names));
	if (!picture->resolvers || !picture->judged || !picture->interfaces || !picture->askers ||
	    !picture->names) {
		picture_free(picture);
		return -ENOMEM;
	}
	connect_copies(picture, status);
	return 0;
}

void picture_free(struct picture *picture)
{
	free(picture->resolvers);
	free(picture->judged);
	free(picture->interfaces);
	free(picture->askers);
	free(picture->names);
	memset(picture, 0, sizeof(*picture));
	picture->status.snapshot = &picture->snapshot;
}
