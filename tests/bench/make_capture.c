/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Writes a pcap file for the benchmark: N packets, in turn a query, its response, and two TCP
 * segments that are none of ours; every 50th query meets ICMP instead. Usage: make_capture N FILE
 */
#include "../packet/frames.h"

#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void write_frame(pcap_dumper_t *d, const struct frame *f, unsigned long n)
{
	struct pcap_pkthdr h = {.ts = {.tv_sec = 1700000000 + n / 20000, .tv_usec = n % 20000 * 50},
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

int main(int argc, char **argv)
{
	unsigned long count = argc > 2 ? strtoul(argv[1], NULL, 10) : 0, n;
	pcap_t *p = pcap_open_dead(DLT_EN10MB, 65535);
	pcap_dumper_t *d = argc > 2 ? pcap_dump_open(p, argv[2]) : NULL;
	struct udp_spec spec = {0};
	struct frame f;

	if (!count || !d) {
		fprintf(stderr, "Usage: make_capture N FILE\n");
		return 2;
	}
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
		write_frame(d, &f, n);
	}
	pcap_dump_close(d);
	pcap_close(p);
	return 0;
}
