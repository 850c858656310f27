// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The times of recorded packets: jumps, and which of them are wrong clocks. */
#include "monitor/packet_clock.h"

#include "util/clock.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define BEHIND_NS (3600 * NS_PER_S)
#define AHEAD_NS (24 * 3600 * NS_PER_S)

struct held_packet {
	struct captured captured;
	unsigned char *bytes;
	size_t room;
	__u64 time_ns;
};

/* held[0] is the one whose time is in question. */
struct packet_clock {
	packet_clock_fn *f;
	void *context;
	__u64 highest_ns;
	int begun; /* `highest_ns` is that of a packet */
	__u64 odd;
	struct held_packet held[PACKET_CLOCK_HELD];
	size_t count;
};

struct packet_clock *packet_clock_new(packet_clock_fn *f, void *context)
{
	struct packet_clock *clock = calloc(1, sizeof(*clock));

	if (clock) {
		clock->f = f;
		clock->context = context;
	}
	return clock;
}

void packet_clock_free(struct packet_clock *clock)
{
	size_t i;

	if (!clock)
		return;
	for (i = 0; i < PACKET_CLOCK_HELD; i++)
		free(clock->held[i].bytes);
	free(clock);
}

__u64 packet_clock_odd(const struct packet_clock *clock)
{
	return clock->odd;
}

static int is_jump(const struct packet_clock *clock, __u64 time_ns)
{
	return !clock->begun ||
	       (time_ns > clock->highest_ns && time_ns - clock->highest_ns > AHEAD_NS);
}

/* Hands out a packet whose time is no jump. */
static int packet_clock_emit(struct packet_clock *clock, const struct captured *c, __u64 time_ns)
{
	clock->odd += clock->highest_ns > time_ns && clock->highest_ns - time_ns > BEHIND_NS;
	clock->begun = 1;
	if (time_ns > clock->highest_ns)
		clock->highest_ns = time_ns;
	return clock->f(c, clock->highest_ns, clock->context);
}

static int packet_clock_hold(struct packet_clock *clock, const struct captured *c, __u64 time_ns)
{
	struct held_packet *held = &clock->held[clock->count];
	unsigned char *bytes;

	if (c->length > held->room) {
		bytes = realloc(held->bytes, c->length);
		if (!bytes)
			return -ENOMEM;
		held->bytes = bytes;
		held->room = c->length;
	}
	if (c->length)
		memcpy(held->bytes, c->bytes, c->length);
	held->captured = *c;
	held->captured.bytes = held->bytes;
	held->time_ns = time_ns;
	clock->count++;
	return 0;
}

static int packet_clock_emit_held(struct packet_clock *clock, __u64 time_ns)
{
	struct held_packet first = clock->held[0];

	clock->count--;
	memmove(clock->held, clock->held + 1, clock->count * sizeof(first));
	clock->held[clock->count] = first; /* its room is used again; the bytes stay until then */
	return packet_clock_emit(clock, &clock->held[clock->count].captured, time_ns);
}

/* Returns 1 when a packet behind the first held one has a time that agrees with it. */
static int is_confirmed(const struct packet_clock *clock)
{
	__u64 time_ns = clock->held[0].time_ns;
	size_t i;

	for (i = 1; i < clock->count; i++)
		if (clock->held[i].time_ns + AHEAD_NS >= time_ns)
			return 1;
	return 0;
}

/* Gives the first held packet, whose clock is wrong, the time of the packet before or behind it. */
static int packet_clock_emit_odd(struct packet_clock *clock)
{
	__u64 time_ns = clock->highest_ns;

	if (!clock->begun)
		time_ns = clock->held[1].time_ns;
	clock->odd++;
	return packet_clock_emit_held(clock, time_ns);
}

/*
 * Decide about the held packets as far as can be told. `last`: nothing follows them. A last packet
 * is right: nothing speaks against it.
 */
static int packet_clock_decide(struct packet_clock *clock, int last)
{
	int err = 0;

	while (!err && clock->count) {
		if (!is_jump(clock, clock->held[0].time_ns) || is_confirmed(clock) ||
		    (last && clock->count == 1))
			err = packet_clock_emit_held(clock, clock->held[0].time_ns);
		else if (last || clock->count == PACKET_CLOCK_HELD)
			err = packet_clock_emit_odd(clock);
		else
			break;
	}
	return err;
}

int packet_clock_add(struct packet_clock *clock, const struct captured *c, __u64 time_ns)
{
	int err;

	if (!clock->count && !is_jump(clock, time_ns))
		return packet_clock_emit(clock, c, time_ns);
	err = packet_clock_hold(clock, c, time_ns);
	return err ? err : packet_clock_decide(clock, 0);
}

int packet_clock_finish(struct packet_clock *clock)
{
	return packet_clock_decide(clock, 1);
}
