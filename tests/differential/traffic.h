/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Random traffic, the same for the same seed: few clients, ports and message IDs, so that packets
 * meet each other, and some of everything that a parser may be shown.
 */
#ifndef TRAFFIC_H
#define TRAFFIC_H

#include "../packet/frames.h"

#define TRAFFIC_PORTS 48
#define TRAFFIC_RESOLVERS 6 /* a family */

struct traffic {
	uint64_t seed;
	uint32_t links[2];  /* interfaces */
	int first_port;	    /* two of these never meet each other's transactions */
	int ids;	    /* message IDs of one socket */
	int once_per_epoch; /* one query of a 4-tuple in an epoch, whose packets share their time */
	uint32_t epoch;
	uint32_t asked[2][TRAFFIC_PORTS][TRAFFIC_RESOLVERS];
};

struct shown {
	struct frame frame;
	uint32_t ifindex;
	int out;
};

uint64_t traffic_random(struct traffic *t);
void traffic_next(struct traffic *t, struct shown *ret);
/* A query to each resolver on each interface in turn, from a port that nothing else uses. */
void traffic_first(const struct traffic *t, int i, struct shown *ret);

#endif
