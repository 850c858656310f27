/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The two ends of an episode's connections. */
#ifndef MODEL_STREAMS_ENDS_H
#define MODEL_STREAMS_ENDS_H

#include "../engine.h"

#define STREAM_LINK 2	/* the interface of all packets */
#define STREAM_MASTER 3 /* of which it is a port, where the ends are link-local */

struct stream_ends {
	const char *client, *resolver;
};

/*
 * Chooses the ends by an episode's seed: IPv4, IPv6, or link-local on a port of a bridge or bond,
 * whose resolver belongs to the master. After engine_start().
 */
static inline struct stream_ends stream_ends_of(uint64_t seed)
{
	switch (seed / 16 % 4) {
	case 0:
		return (struct stream_ends){"2001:db8:51::15", "2001:db8:113::2"};
	case 1:
		engine_port(STREAM_LINK, STREAM_MASTER, seed >> 6 & 1);
		return (struct stream_ends){"fe80::15", "fe80::2"};
	default:
		return (struct stream_ends){"192.51.100.15", "203.0.113.2"};
	}
}

#endif
