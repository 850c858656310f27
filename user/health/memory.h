/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The memory of the judge and of the incidents as bytes, for the next process: a restart changes no
 * rate, no state and no incident. Only the same version on the same running host can read them.
 */
#ifndef HEALTH_MEMORY_H
#define HEALTH_MEMORY_H

#include "health/incident.h"
#include "health/judge.h"
#include "util/buffer.h"

/* Writes the memory. Returns 0 or -ENOMEM. */
int memory_write(struct buffer *out, const struct judge *judge, const struct incidents *incidents);

/*
 * Reads the memory into a new judge and its new incidents. Returns 0; -EINVAL: it is damaged, or of
 * another version; -ENOMEM. Unless 0, both must be made anew.
 */
int memory_read(const void *bytes, size_t length, struct judge *judge, struct incidents *incidents);

#endif
