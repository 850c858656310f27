/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The times of recorded packets, with wrong clocks told apart. A time that lies more than an hour
 * behind the highest, or more than a day ahead of all that follow it, is a wrong clock: that packet
 * takes the time of its neighbour and is counted. To see what follows, packets behind a jump of
 * more than a day are held back, at most PACKET_CLOCK_HELD of them.
 */
#ifndef MONITOR_PACKET_CLOCK_H
#define MONITOR_PACKET_CLOCK_H

#include "capture/source.h"

#define PACKET_CLOCK_HELD 64

struct packet_clock;

/*
 * Receives a packet and its time, in ns since 1970, in the order of the recording. Times never run
 * backwards. Returns 0, or -errno, which ends the replay.
 */
typedef int packet_clock_fn(const struct captured *c, __u64 time_ns, void *context);

/* Returns a clock, to be freed with packet_clock_free(); NULL: out of memory. */
struct packet_clock *packet_clock_new(packet_clock_fn *f, void *context);
void packet_clock_free(struct packet_clock *clock); /* NULL is fine */

/* Adds a packet with the time that it was recorded with. Returns 0 or -errno. */
int packet_clock_add(struct packet_clock *clock, const struct captured *c, __u64 time_ns);

/* Hands out what is held back, at the end of the recording. Returns 0 or -errno. */
int packet_clock_finish(struct packet_clock *clock);

/* Returns how many packets had a wrong clock. */
__u64 packet_clock_odd(const struct packet_clock *clock);

#endif
