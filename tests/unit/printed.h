/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the outputs for people print of a scene. */
#ifndef PRINTED_H
#define PRINTED_H

#include "says.h"
#include "scene.h"

#include "util/buffer.h"

#include <stdio.h>

static const struct status_interface interfaces[] = {{"eth0", "tcx", 1U << ORIGIN_HOST},
						     {"lo", "clsact", 1U << ORIGIN_HOST}};

static char text[65536]; /* what was printed last */

static inline const char *printed(struct buffer *out)
{
	assert_int_equal(buffer_error(out), 0);
	assert_true(out->used < sizeof(text));
	memcpy(text, out->used ? out->text : "", out->used + 1);
	buffer_free(out);
	return text;
}

/* Four resolvers: healthy and busy, down, idle, degraded; the widest IPv4 text among them. */
static inline void scene_of_four(struct scene *scene)
{
	static const char *const keys[] = {"192.0.2.1", "255.255.255.255:65535", "198.51.100.100",
					   "203.0.113.2"};
	unsigned int i;

	scene_begin(scene, NULL);
	for (i = 0; i < 4; i++)
		scene->resolvers[i].key = scene_key(keys[i]);
	scene->snapshot.count = 4;
	scene_settle(scene, COUNTER_ANSWERED_NOERROR, 10000);
	scene_rtt(scene, 12000000, 10000);
	scene->resolvers[1].counters.n[COUNTER_QUERIES] = 12345678;
	scene->resolvers[1].counters.n[COUNTER_UNREACHABLE_PORT] = 12345678;
	scene->resolvers[1].counters.n[COUNTER_EVIDENCE_ON_PATH] = 1;
	scene->resolvers[1].counters.n[COUNTER_TIMED_OUT] = 87654321;
	scene->resolvers[1].in_flight = 65536;
	scene->resolvers[3].counters.n[COUNTER_QUERIES] = 30;
	scene->resolvers[3].counters.n[COUNTER_ANSWERED_NOERROR] = 20;
	scene->resolvers[3].counters.n[COUNTER_TIMED_OUT] = 10;
	scene->status.interfaces = interfaces;
	scene->status.interface_count = 2;
	scene_tick(scene);
}

#endif
