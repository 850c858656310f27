/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A copy of a status that outlives its source: the screen shows it while it is paused, and between
 * two answers of a daemon.
 */
#ifndef SCREEN_PICTURE_H
#define SCREEN_PICTURE_H

#include "health/status.h"

#define PICTURE_HOST_SIZE 256

/* Zeroed is empty. `status` points into the other members. */
struct picture {
	struct status status;
	struct snapshot snapshot;
	struct resolver_snapshot *resolvers;
	struct resolver_status *judged;
	struct status_interface *interfaces;
	struct asker_snapshot *askers;
	struct cgroup_name *names;
	char host[PICTURE_HOST_SIZE];
};

/* Copies a status in place of the one before. Returns 0, or -ENOMEM: then it is empty. */
int picture_copy(struct picture *picture, const struct status *status);
void picture_free(struct picture *picture);

#endif
