/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Writes a pcap file for the benchmark. A dense one: N packets, in turn a query, its response, and
 * two TCP segments that are none of ours; every 50th query meets ICMP instead. A sparse one: a
 * query and its response every 2 s for 24 hours, to so many resolvers in turn.
 */
#include "../packet/frames.h"

#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SPARSE_SECONDS (24 * 3600)
#define SPARSE_EVERY_S 2

static void write_frame(pcap_dumper_t *d, const struct frame *f, unsigned long long us)
{
	struct pcap_pkthdr h = {.ts = {.tv_sec = 1700000000 + us / 1000000,
				       .tv_usec = us % 1000000},
				.caplen = f->length,
				.len = f->length};

	pcap_dump((unsigned char *)d, &h, f->bytes);
}

/* The same frame as TCP: another protocol, and ports of HTTPS. */
static struct frame tcp_frame(struct frame f)
{
	f.bytes[23] = 6;
	f.bytes[36] = 443 >> 8;
	f.bytes[37] = 443 & 255;
	return f;
}

static void write_dense(pcap_dumper_t *d, unsigned long count)
{
	struct udp_spec spec = {0};
	struct frame f;
	unsigned long n;

	for (n = 0; n < count; n++) {
		spec.id = 1 + n / 4 % 65535;
		spec.source_port = 10000 + n / 4 % 50000;
		spec.response = n % 4 == 1;
		f = udp_frame(spec);
		if (n % 200 == 1) {
			spec.response = 0;
			f = icmp_frame((struct icmp_spec){.quoted = spec});
		}
		if (n % 4 > 1)
			f = tcp_frame(f);
		write_frame(d, &f, n * 50);
	}
}

static void write_sparse(pcap_dumper_t *d, unsigned long resolvers)
{
	struct udp_spec spec = {0};
	char resolver[32];
	struct frame f;
	unsigned long n;

	for (n = 0; n < SPARSE_SECONDS / SPARSE_EVERY_S; n++) {
		unsigned long long us = n * SPARSE_EVERY_S * 1000000ULL + n * 7919 % 900000;

		spec.id = 1 + n % 65535;
		spec.source_port = 10000 + n % 50000;
		snprintf(resolver, sizeof(resolver), "198.51.%lu.%lu", n % resolvers / 250 % 250,
			 n % resolvers % 250 + 1);
		spec.source = NULL;
		spec.destination = resolver;
		spec.response = 0;
		f = udp_frame(spec);
		write_frame(d, &f, us);
		spec.source = resolver;
		spec.destination = NULL;
		spec.response = 1;
		f = udp_frame(spec);
		write_frame(d, &f, us + 3000 + n * 104729 % 20000);
	}
}

int main(int argc, char **argv)
{
	int is_sparse = argc == 4 && !strcmp(argv[1], "sparse");
	unsigned long count = argc > 2 ? strtoul(argv[argc - 2], NULL, 10) : 0;
	pcap_t *p = pcap_open_dead(DLT_EN10MB, 65535);
	pcap_dumper_t *d = argc > 2 ? pcap_dump_open(p, argv[argc - 1]) : NULL;

	if (!count || !d) {
		fprintf(stderr, "Usage: make_capture PACKETS FILE\n"
				"       make_capture sparse RESOLVERS FILE\n");
		return 2;
	}
	if (is_sparse)
		write_sparse(d, count);
	else
		write_dense(d, count);
	pcap_dump_close(d);
	pcap_close(p);
	return 0;
}
