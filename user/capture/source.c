// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Opens a recording and finds out by its first bytes which reader it needs. What a packet is made
 * of is for the readers.
 */
#include "capture/source.h"

#include "capture/reader.h"

#include "util/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PEEK 512

struct beginning {
	unsigned char bytes[6];
	size_t length;
	const char *unpack; /* what to do first; NULL: libpcap reads it */
};

static const struct beginning beginnings[] = {
	{{0xa1, 0xb2, 0xc3, 0xd4}, 4, NULL}, /* pcap, microseconds, both byte orders */
	{{0xd4, 0xc3, 0xb2, 0xa1}, 4, NULL},
	{{0xa1, 0xb2, 0x3c, 0x4d}, 4, NULL}, /* nanoseconds */
	{{0x4d, 0x3c, 0xb2, 0xa1}, 4, NULL},
	{{0xa1, 0xb2, 0xcd, 0x34}, 4, NULL}, /* Kuznetzov's */
	{{0x34, 0xcd, 0xb2, 0xa1}, 4, NULL},
	{{0x0a, 0x0d, 0x0d, 0x0a}, 4, NULL}, /* pcapng */
	{{'B', 'Z', 'h'}, 3, "is compressed; try: bzcat FILE | dnsreach ... -"},
	{{0x28, 0xb5, 0x2f, 0xfd}, 4, "is compressed; try: zstdcat FILE | dnsreach ... -"},
	{{0xfd, '7', 'z', 'X', 'Z', 0}, 6, "is compressed; try: xzcat FILE | dnsreach ... -"},
	{{'P', 'K', 3, 4},
	 4,
	 "is an archive or a document; take the capture or the text out first"},
};

static const struct beginning *beginning_of(const unsigned char *bytes, size_t length)
{
	const struct beginning *b;
	size_t i;

	for (i = 0; i < sizeof(beginnings) / sizeof(*beginnings); i++) {
		b = &beginnings[i];
		if (length >= b->length && !memcmp(bytes, b->bytes, b->length))
			return b;
	}
	return NULL;
}

/* Lines of JSON that dnsreach itself writes: counters and incidents, of which none is a packet. */
static const struct own_output {
	const char *first, *key; /* the key stands within the first PEEK bytes */
	const char *message;
} own_outputs[] = {
	{"\"time\":", "\"interfaces\":",
	 "is the output of watch --json or run --json: counters, and no packets; use a capture, or "
	 "what tcpdump -n prints"},
	{"\"time\":", "\"open\":",
	 "is the page /api/v1/incidents: no packets; try: dnsreach report FILE"},
	{"\"id\":", "\"resolver\":",
	 "is a file of --incidents: no packets; try: dnsreach report FILE"},
};

/* Returns what to say of such lines; NULL: they are others. */
static const char *own_output_message(const unsigned char *bytes, size_t length)
{
	const struct own_output *o = own_outputs;
	size_t i, at = input_text_begin(bytes, length);

	if (at == length || bytes[at] != '{')
		return NULL;
	at++;
	at += input_text_begin(bytes + at, length - at); /* jq prints each key on its own line */
	for (i = 0; i < sizeof(own_outputs) / sizeof(*own_outputs); i++, o++) {
		if (length - at >= strlen(o->first) &&
		    !memcmp(bytes + at, o->first, strlen(o->first)) &&
		    memmem(bytes, length, o->key, strlen(o->key)))
			return o->message;
	}
	return NULL;
}

/* Text in UTF-16 begins with a byte order mark (RFC 2781 section 3.2). */
static int is_utf16(const unsigned char *bytes, size_t length)
{
	return length >= 2 &&
	       ((bytes[0] == 0xff && bytes[1] == 0xfe) || (bytes[0] == 0xfe && bytes[1] == 0xff));
}

static int choose_reader(struct source *s)
{
	const struct beginning *b;
	const unsigned char *bytes = NULL;
	const char *own;
	ssize_t length = input_peek(&s->input, PEEK, &bytes);

	if (length < 0)
		return input_error(&s->input, (int)length, "cannot read it: %s",
				   strerror((int)-length));
	if (!length)
		return input_error(&s->input, -EINVAL,
				   "is empty; a capture or tcpdump's text is expected");
	b = beginning_of(bytes, (size_t)length);
	if (b && b->unpack)
		return input_error(&s->input, -EINVAL, "%s", b->unpack);
	if (!b && !is_utf16(bytes, (size_t)length) && memchr(bytes, 0, (size_t)length))
		return input_error(&s->input, -EINVAL,
				   "is neither a capture (pcap, pcapng) nor tcpdump's text");
	own = own_output_message(bytes, (size_t)length);
	if (own)
		return input_error(&s->input, -EINVAL, "%s", own);
	s->stats.is_text = !b;
	s->reader = b ? &pcap_source_ops : &text_source_ops;
	return 0;
}

static void take_options(struct source *s, const struct source_options *options)
{
	size_t i;

	if (options) {
		s->date_ns = options->date_ns;
		s->timeout_ns = options->timeout_ns;
		for (i = 0; i < options->port_count && i < PORTS_MAX; i++)
			s->ports[s->port_count++] = options->ports[i];
	}
	if (!s->port_count)
		s->ports[s->port_count++] = 53;
}

static int take_input(struct source *s, struct input *opened)
{
	if (!opened)
		return input_open(&s->input, s->path);
	s->input = *opened;
	opened->fd = -1;
	opened->stream = NULL;
	return 0;
}

int source_open(const char *path, const struct source_options *options, struct source **ret)
{
	struct source *s = calloc(1, sizeof(*s) + strlen(path) + 1);
	int err;

	if (!s) {
		log_error("%s: out of memory", path);
		return -ENOMEM;
	}
	strcpy(s->path, path);
	take_options(s, options);
	err = take_input(s, options ? options->opened : NULL);
	if (err)
		goto free_source;
	err = choose_reader(s);
	if (err)
		goto close_input;
	err = s->reader->open(s);
	if (err)
		goto close_input;
	*ret = s;
	return 0;
close_input:
	input_close(&s->input);
free_source:
	free(s);
	return err;
}

void source_close(struct source *s)
{
	if (!s)
		return;
	s->reader->close(s);
	input_close(&s->input);
	free(s);
}

int source_next(struct source *s, struct captured *ret)
{
	int result = s->reader->next(s, ret);

	if (result == 1) {
		s->stats.packets++;
		s->stats.cut += ret->length < ret->wire_length;
	}
	s->stats.damaged |= s->input.damaged;
	return result;
}

const struct source_stats *source_stats(const struct source *s)
{
	return &s->stats;
}

void source_progress(const struct source *s, __u64 *done, __u64 *all)
{
	*done = s->input.done;
	*all = s->input.all;
}

/* Find the place of a diagnostic among those kept, sorted by line; NULL: it says less than all. */
static struct source_diagnostic *make_place(struct source_stats *stats,
					    enum diagnostic_weight weight)
{
	struct source_diagnostic *d = stats->diagnostics, *worst = d;
	size_t i;

	if (stats->diagnostic_count < DIAGNOSTICS_KEPT)
		return &d[stats->diagnostic_count++];
	for (i = 1; i < DIAGNOSTICS_KEPT; i++) {
		if (d[i].weight <= worst->weight)
			worst = &d[i];
	}
	if (worst->weight >= weight)
		return NULL;
	memmove(worst, worst + 1, (size_t)(d + DIAGNOSTICS_KEPT - 1 - worst) * sizeof(*d));
	return &d[DIAGNOSTICS_KEPT - 1];
}

void source_add_diagnostic(struct source *s, enum diagnostic_weight weight, __u64 line,
			   const char *format, ...)
{
	struct source_diagnostic *d = make_place(&s->stats, weight);
	va_list arguments;

	s->stats.unreadable++;
	if (!d)
		return;
	d->line = line;
	d->weight = weight;
	va_start(arguments, format);
	vsnprintf(d->what, sizeof(d->what), format, arguments);
	va_end(arguments);
}

void source_count_reason(struct source *s, const char *what)
{
	size_t i;

	for (i = 0; i < s->stats.reason_count; i++) {
		if (s->stats.reasons[i].what == what)
			break;
	}
	if (i == REASONS_KEPT)
		return;
	s->stats.reasons[i].what = what;
	s->stats.reasons[i].count++;
	if (i == s->stats.reason_count)
		s->stats.reason_count++;
}
