// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * pcap and pcapng by libpcap, which is given its bytes by the input. Link-layer headers are read
 * in link.c.
 */
#include "capture/link.h"
#include "capture/pcapng.h"
#include "capture/reader.h"

#include <errno.h>
#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NS_PER_S 1000000000ULL
#define SECONDS_MAX                                                                                \
	0xffffffffULL /* of pcap's 32-bit seconds; more is damage, and would overflow              \
		       */

struct pcap_state {
	pcap_t *pcap;
	FILE *stream; /* of `pcap`, which closes it */
	struct pcapng *pcapng;
	struct input *input;
	int type;
	int refused_type; /* of the latest packet whose link type is not read */
	__u64 refused, read;
};

static ssize_t stream_read(void *cookie, char *to, size_t room)
{
	struct pcap_state *p = cookie;
	ssize_t n = input_read(p->input, to, room);

	if (n < 0) {
		errno = (int)-n;
		return -1;
	}
	if (p->pcapng)
		pcapng_pass(p->pcapng, (unsigned char *)to, (size_t)n);
	return n;
}

static int is_pcapng(struct input *in)
{
	const unsigned char *bytes = NULL;

	return input_peek(in, 4, &bytes) >= 4 && bytes[0] == 0x0a;
}

static const char *link_name(int type)
{
	const char *name = pcap_datalink_val_to_description(type);

	return name ? name : "unknown";
}

static int unsupported(struct source *s, int type)
{
	return input_error(&s->input, -ENOTSUP,
			   "its link type, %s (%d), is not read; Ethernet, Linux cooked, raw IP, "
			   "loopback, PPP, 802.11, PFLOG, NFLOG and PKTAP are",
			   link_name(type), type);
}

/* libpcap's own words. */
static int cannot_read(struct source *s, const char *why)
{
	return input_error(&s->input, -EBADMSG, "cannot be read: %s", why);
}

static int open_stream(struct source *s, struct pcap_state *p)
{
	static const cookie_io_functions_t functions = {.read = stream_read};
	char why[PCAP_ERRBUF_SIZE];
	int err;

	p->stream = fopencookie(p, "r", functions);
	if (!p->stream)
		return input_error(&s->input, -ENOMEM, "out of memory");
	setvbuf(p->stream, NULL, _IOFBF, INPUT_BUFFER);
	p->pcap = pcap_fopen_offline_with_tstamp_precision(p->stream, PCAP_TSTAMP_PRECISION_NANO,
							   why);
	if (!p->pcap) {
		err = cannot_read(s, why);
		fclose(p->stream);
		return err;
	}
	p->type = pcap_datalink(p->pcap);
	if (p->pcapng || !link_supported(p->type))
		return 0; /* the link types of pcapng come with the packets */
	err = unsupported(s, p->type);
	pcap_close(p->pcap);
	return err;
}

static int pcap_reader_open(struct source *s)
{
	struct pcap_state *p = calloc(1, sizeof(*p));
	int err = -ENOMEM;

	if (!p)
		return input_error(&s->input, err, "out of memory");
	p->input = &s->input;
	if (is_pcapng(p->input)) {
		p->pcapng = pcapng_new();
		if (!p->pcapng) {
			input_error(&s->input, err, "out of memory");
			goto free_state;
		}
	}
	err = open_stream(s, p);
	if (err)
		goto free_pcapng;
	s->state = p;
	s->stats.date_known = s->stats.zone_known = 1;
	return 0;
free_pcapng:
	pcapng_free(p->pcapng);
free_state:
	free(p);
	return err;
}

/*
 * A file that ends within a packet was cut off while it was written, as is common: what came
 * before counts. Anything else means that what follows is lost.
 */
static int end_badly(struct source *s, struct pcap_state *p)
{
	__u64 packet = s->stats.packets + 1;

	if (packet == 1)
		return cannot_read(s, pcap_geterr(p->pcap));
	if (feof(p->stream)) {
		source_add_diagnostic(s, WEIGHT_MIDDLE, packet,
				      "the file ends within this packet; those before it count");
		return 0;
	}
	s->stats.damaged = 1;
	input_error(&s->input, 0,
		    "damaged at packet %llu (%s); only the packets before it are judged", packet,
		    pcap_geterr(p->pcap));
	return 0;
}

/* A pcapng file in which no packet has a link type that is read is refused, as pcap is. */
static int end_well(struct source *s, struct pcap_state *p)
{
	return p->refused && !p->read ? unsupported(s, p->refused_type) : 0;
}

static __u64 time_of(const struct pcap_pkthdr *header)
{
	__u64 seconds = (__u64)header->ts.tv_sec;

	if (header->ts.tv_sec < 0) /* pcap's 32 bits, read with a sign */
		seconds = (__u32)header->ts.tv_sec;
	if (seconds > SECONDS_MAX)
		seconds = SECONDS_MAX;
	return seconds * NS_PER_S + (__u32)header->ts.tv_usec; /* which holds ns, as asked for */
}

/* Set what pcapng tells of the packet. Returns its link type. */
static int read_interface(struct pcap_state *p, struct captured *ret)
{
	struct pcapng_packet packet;

	ret->ifindex = INTERFACE_UNKNOWN;
	if (!p->pcapng)
		return p->type;
	packet = pcapng_next_packet(p->pcapng);
	ret->ifindex = packet.ifindex;
	if (packet.wire_length) {
		ret->wire_length = packet.wire_length;
		if (ret->length > ret->wire_length)
			ret->length = ret->wire_length;
	}
	return packet.type;
}

static int pcap_reader_next(struct source *s, struct captured *ret)
{
	struct pcap_state *p = s->state;
	struct pcap_pkthdr *header;
	int result = pcap_next_ex(p->pcap, &header, &ret->bytes), type;

	if (result == PCAP_ERROR_BREAK)
		return end_well(s, p);
	if (result != 1)
		return end_badly(s, p);
	ret->length = header->caplen;
	ret->wire_length = header->len > header->caplen ? header->len : header->caplen;
	ret->time_ns = time_of(header);
	type = read_interface(p, ret);
	if (link_supported(type)) {
		p->refused_type = type;
		p->refused++;
		source_add_diagnostic(s, WEIGHT_MIDDLE, s->stats.packets + 1,
				      "its link type, %s, is not read", link_name(type));
	} else {
		p->read++;
	}
	link_read(type, ret);
	return 1;
}

static void pcap_reader_close(struct source *s)
{
	struct pcap_state *p = s->state;

	pcap_close(p->pcap);
	pcapng_free(p->pcapng);
	free(p);
}

const struct source_ops pcap_source_ops = {pcap_reader_open, pcap_reader_next, pcap_reader_close};
