/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * One TCP connection for the cases: the bytes of both directions, sent in segments of the case's
 * choice, [from, to) of the stream.
 */
#ifndef PACKET_CONNECTION_H
#define PACKET_CONNECTION_H

#include "rig.h"

#include <stdio.h>
#include <string.h>

#define ISN 0x89abcdefU
#define SERVER_ISN 77U
#define OUT 0
#define IN 1

static struct {
	uint8_t bytes[2][65536];
	uint32_t length[2];
	uint32_t base[2]; /* sequence number of the first byte */
	uint16_t port;
} stream;

static inline const char *tcp_row(void)
{
	static char text[80];

	snprintf(text, sizeof(text), "%s/tcp", frame_resolver());
	return text;
}

#define want_tcp(counter, n)                                                                       \
	expect_(__FILE__, __LINE__, #counter, counter_of(tcp_row(), COUNTER_##counter), n)

/* ---- bytes of the stream ---------------------------------------------------------------- */

static inline void put8(int way, unsigned v)
{
	stream.bytes[way][stream.length[way]++] = v;
}

static inline void put16(int way, unsigned v)
{
	put8(way, v >> 8);
	put8(way, v & 255);
}

/* Adds a message of so many bytes (at least 12) to the stream. */
static inline void put_message(int way, unsigned id, unsigned flags, unsigned bytes)
{
	uint32_t end = stream.length[way] + 2 + bytes;

	put16(way, bytes);
	put16(way, id);
	put16(way, flags);
	put16(way, 1);
	put16(way, 0);
	put16(way, 0);
	put16(way, 0);
	while (stream.length[way] < end)
		put8(way, 0xff); /* read as a length, this is far too long */
}

static inline void put_query(unsigned id)
{
	put_message(OUT, id, 0x0100, 39);
}

static inline void put_answer(unsigned id, unsigned rcode)
{
	put_message(IN, id, 0x8180 | rcode, 55);
}

/* ---- segments --------------------------------------------------------------------------- */

/* Sends the bytes [from, to) of a direction. */
static inline void segment_with(int way, uint32_t from, uint32_t to, int flags,
				uint32_t acknowledgment)
{
	struct udp_spec s = {.tcp = flags | TCP_FLAG_ACK,
			     .response = way == IN,
			     .source_port = stream.port,
			     .sequence = stream.base[way] + from,
			     .acknowledgment = acknowledgment,
			     .bytes = stream.bytes[way] + from,
			     .data = to - from};

	if (way == OUT)
		queries(udp_frame(s));
	else
		outcomes(udp_frame(s));
}

static inline void segment(int way, uint32_t from, uint32_t to)
{
	segment_with(way, from, to, 0, stream.base[!way]);
}

/* Sends all from `from` on. */
static inline void rest(int way, uint32_t from)
{
	segment(way, from, stream.length[way]);
}

static inline void fin(int way, uint32_t at)
{
	segment_with(way, at, at, TCP_FLAG_FIN, stream.base[!way]);
}

static inline void rst(int way, uint32_t at)
{
	segment_with(way, at, at, TCP_FLAG_RST, stream.base[!way]);
}

static inline void begin(void)
{
	memset(&stream, 0, sizeof(stream));
	stream.port = 52444;
	stream.base[OUT] = ISN + 1;
	stream.base[IN] = SERVER_ISN + 1;
}

static inline void syn(void)
{
	queries(udp_frame(
		(struct udp_spec){.tcp = TCP_FLAG_SYN, .sequence = stream.base[OUT] - 1}));
}

static inline void syn_ack(uint32_t acknowledgment)
{
	outcomes(udp_frame((struct udp_spec){.tcp = TCP_FLAG_SYN | TCP_FLAG_ACK,
					     .response = 1,
					     .sequence = stream.base[IN] - 1,
					     .acknowledgment = acknowledgment}));
}

static inline void established(void)
{
	begin();
	syn();
	syn_ack(stream.base[OUT]);
}

static inline void syn_with_data(void)
{
	queries(udp_frame((struct udp_spec){.tcp = TCP_FLAG_SYN,
					    .sequence = ISN,
					    .bytes = stream.bytes[OUT],
					    .data = stream.length[OUT]}));
}

/* Short ones: test run takes no packet longer than a page. */
static inline void put_short_queries(unsigned count)
{
	unsigned i;

	for (i = 0; i < count; i++)
		put_message(OUT, i, 0x0100, 12);
}

#endif
