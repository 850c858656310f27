/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Bytes of a text to clean lines: UTF-16 and UTF-8, HTML tags and entities, Markdown escapes, a
 * terminal's escape sequences, typographic characters. The first step of the normaliser; it knows
 * nothing of tcpdump. Memory does not grow with the text.
 */
#ifndef CAPTURE_TCPDUMP_DECODE_H
#define CAPTURE_TCPDUMP_DECODE_H

#include <linux/types.h>
#include <stddef.h>
#include <sys/types.h>

#define LINE_MAX_SIZE 8192    /* bytes; a longer line is handed out in parts */
#define DECODE_LOOKAHEAD 2048 /* bytes; the longest HTML tag that is recognised */

/* Read up to `room` bytes: their number, 0 at the end, or -errno. */
typedef ssize_t decode_read_fn(void *context, void *to, size_t room);

enum text_encoding { ENCODING_UNKNOWN, ENCODING_UTF8, ENCODING_UTF16_LE, ENCODING_UTF16_BE };

/* One line as it stands in the text, with the white space at its beginning and end. */
struct text_line {
	__u64 number;	/* from 1 */
	size_t chars;	/* its width in characters, a tab as one */
	size_t columns; /* its width in columns, a tab up to the next multiple of eight */
	size_t bytes;  /* its end in the line of the source, in bytes before anything was decoded */
	size_t length; /* bytes of `text` */
	int is_part;   /* the next line is the rest of this one (it was too long) */
	char text[LINE_MAX_SIZE + 1]; /* printable ASCII and UTF-8; tabs are spaces */
};

struct decoder {
	decode_read_fn *read;
	void *context;
	enum text_encoding encoding;
	int at_end, after_return, is_part;
	int is_begun, is_html;
	int error; /* -errno of the last read */
	__u64 number;
	size_t bytes;		/* of the line of the source, as far as it was handed out */
	const char *skip_until; /* inside <script> or <style>: the tag that ends it; at the end of
				   the text: it is missing */
	size_t start, end;	/* of `window`: UTF-8 that is not decoded yet */
	unsigned char window[2 * DECODE_LOOKAHEAD + 8];
	size_t raw_start, raw_end;
	unsigned char raw[4096];
};

void decoder_init(struct decoder *d, decode_read_fn *read, void *context);

/* Read the next line. Returns 1, 0 at the end, -errno. */
int decoder_next(struct decoder *d, struct text_line *line);

#endif
