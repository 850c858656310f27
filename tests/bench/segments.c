/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * See segments.h. A sample is a segment of PAIRS connections, one after the other: their SYNs, then
 * their SYN-ACKs, and so on. Each round has other sequence numbers, so that the ports can be the
 * same.
 */
#include "segments.h"

#include "datapath/map_reader.h"
#include "measure.h"

#include <string.h>

#define ROUNDS 100
#define ALL ((unsigned long long)ROUNDS * PAIRS)
#define FIRST_PORT 10000
#define ISN 0x10000000U
#define SERVER_ISN 77U
#define ROUND_NUMBERS 0x10000U /* sequence numbers of a round */

enum { PORT_AT = 34, WINDOW_AT = 48 }; /* bytes of a frame of IPv4, without IP options */

/* One DNS message with its length before it; and what a TLS client and server say first. */
static const uint8_t query_bytes[] = {0, 17, 0, 1, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 1};
static const uint8_t answer_bytes[] = {0, 17, 0, 1, 0x81, 0x80, 0, 1, 0, 0,
				       0, 0,  0, 0, 0,	  0,	1, 0, 1};
static const uint8_t client_hello[] = {22, 3, 1, 0, 200, 1, 0, 0, 196};
static const uint8_t server_hello[] = {22, 3, 3, 0, 90, 2, 0, 0, 86};
static const uint8_t tls_data[] = {23, 3, 3, 0, 90, 1, 2, 3, 4};

struct bench_segment {
	const char *what; /* NULL: no row of its own */
	double goal;	  /* times what a query over UDP takes; < 0: none */
	int is_in;
	int flags;
	const uint8_t *bytes;
	int length;
	uint32_t sequence, acknowledgment; /* in its round */
};

#define SEGMENT_BYTES(b) .bytes = (b), .length = sizeof(b)
#define CLIENT .sequence = 1, .acknowledgment = 1
#define SERVER .is_in = 1, .sequence = 1, .acknowledgment = 1

static const struct bench_segment tcp_segments[] = {
	{"SYN that opens a connect", 1, .flags = TCP_FLAG_SYN},
	{"SYN-ACK that ends it", -1, .is_in = 1, .flags = TCP_FLAG_SYN, .acknowledgment = 1},
	{"segment with one query over TCP", 1.5, CLIENT, SEGMENT_BYTES(query_bytes)},
	{"segment with its answer", -1, SERVER, SEGMENT_BYTES(answer_bytes)},
};

static const struct bench_segment tls_segments[] = {
	{NULL, -1, .flags = TCP_FLAG_SYN},
	{NULL, -1, .is_in = 1, .flags = TCP_FLAG_SYN, .acknowledgment = 1},
	{"first bytes over TLS, out", -1, CLIENT, SEGMENT_BYTES(client_hello)},
	{"first bytes over TLS, in", -1, SERVER, SEGMENT_BYTES(server_hello)},
	{"later segment over TLS, out", 1, CLIENT, SEGMENT_BYTES(tls_data)},
	{"later segment over TLS, in", 1, SERVER, SEGMENT_BYTES(tls_data)},
};

#define SEGMENTS_MOST 6

/* ---- a sample ---------------------------------------------------------------------------- */

static struct frame frame_of(const struct bench_segment *s, int port, uint32_t round)
{
	struct udp_spec spec = {.tcp = s->flags | (s->is_in || !s->flags ? TCP_FLAG_ACK : 0),
				.response = s->is_in,
				.destination_port = port,
				.bytes = s->bytes,
				.data = s->length};
	uint32_t client = ISN + round * ROUND_NUMBERS;

	spec.sequence = s->sequence + (s->is_in ? SERVER_ISN : client);
	spec.acknowledgment = s->acknowledgment + (s->is_in ? client : SERVER_ISN);
	return udp_frame(spec);
}

static double segment_run(struct into *into, const struct frame *f, int is_in)
{
	into->object->bss->varying = (struct varying){.port_at = PORT_AT + 2 * is_in,
						      .id_at = WINDOW_AT,
						      .first_port = FIRST_PORT};
	return measure_run(into->vary, f, PAIRS);
}

static void measure_segment(struct bench *b, const struct bench_segment *s, int port,
			    uint32_t round, struct samples *samples)
{
	struct frame f = frame_of(s, port, round);
	double before = segment_run(&b->floor, &f, s->is_in);
	double value = segment_run(s->is_in ? &b->outcomes : &b->queries, &f, s->is_in);

	measure_over(samples, before, value, segment_run(&b->floor, &f, s->is_in));
}

/* ---- what was counted --------------------------------------------------------------------- */

static const struct resolver_counters *row_of(const struct snapshot *s, __u32 transport)
{
	size_t i;

	for (i = 0; i < s->count; i++)
		if (s->resolvers[i].key.transport == transport && s->resolvers[i].key.port)
			return &s->resolvers[i].counters;
	refuse("no row of TCP");
}

/* A few connections find no room among the rows of `streams` that their hash gives them. */
static void check_counts(const struct loader *loader, const struct engine_config *config)
{
	static const __u32 transports[] = {TRANSPORT_TCP, TRANSPORT_DOT};
	struct loader_maps maps = loader_maps(loader);
	const struct resolver_counters *c;
	struct map_reader *reader;
	struct snapshot s;
	__u64 unfollowed;
	int i;

	if (map_reader_open(&maps, config, &reader) || map_reader_snapshot(reader, &s))
		fail("cannot read the maps");
	for (i = 0; i < 2; i++) {
		c = row_of(&s, transports[i]);
		unfollowed = c->n[COUNTER_CONNECT_UNFOLLOWED];
		if (c->n[COUNTER_CONNECT_ESTABLISHED] != ALL || unfollowed > ALL / 10 ||
		    c->n[COUNTER_ANSWERED_NOERROR] + unfollowed != ALL)
			refuse("of %llu connects %llu are established, %llu not followed, and %llu "
			       "answered",
			       ALL, (unsigned long long)c->n[COUNTER_CONNECT_ESTABLISHED],
			       (unsigned long long)unfollowed,
			       (unsigned long long)c->n[COUNTER_ANSWERED_NOERROR]);
	}
	map_reader_close(reader);
}

/* ---- rows --------------------------------------------------------------------------------- */

static void segment_row(const struct bench_segment *s, struct samples *samples, double query)
{
	char what[80];

	if (!s->what)
		return;
	row("packet", s->what, "ns", -1, samples);
	if (s->goal < 0)
		return;
	snprintf(what, sizeof(what), "%s, times a query over UDP", s->what);
	row_value("packet", what, "x", s->goal, samples_median(samples) / query);
}

static void measure_transport(struct bench *b, int port, const struct bench_segment *segments,
			      int count, double query)
{
	static struct samples samples[SEGMENTS_MOST];
	uint32_t round;
	int i;

	memset(samples, 0, sizeof(samples));
	for (round = 0; round < ROUNDS; round++)
		for (i = 0; i < count; i++)
			measure_segment(b, &segments[i], port, round, &samples[i]);
	for (i = 0; i < count; i++)
		segment_row(&segments[i], &samples[i], query);
}

void measure_segments(struct bench *b, const struct loader *loader,
		      const struct engine_config *config, double query)
{
	measure_transport(b, 53, tcp_segments, sizeof(tcp_segments) / sizeof(*tcp_segments), query);
	measure_transport(b, 853, tls_segments, sizeof(tls_segments) / sizeof(*tls_segments),
			  query);
	check_counts(loader, config);
}
