/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Text compressed while it is written, in the format of RFC 1952. A page of metrics takes about a
 * twentieth of its size.
 */
#ifndef UTIL_GZIP_H
#define UTIL_GZIP_H

#include "util/buffer.h"

#include <zlib.h>

/* Write the text to `text`; the compressed bytes gather in `out`. */
struct gzip_writer {
	z_stream stream;
	struct buffer text, out;
	size_t text_bytes;
};

/* Returns 0 or -ENOMEM; gzip_writer_close() in any case. */
int gzip_writer_open(struct gzip_writer *w);

/* Completes `out`. Returns 0, or -ENOMEM when something is missing. */
int gzip_writer_finish(struct gzip_writer *w);

void gzip_writer_close(struct gzip_writer *w);

/* Decompresses step by step. */
struct gzip_reader {
	z_stream stream;
};

/* `bytes` must live as long. Returns 0 or -ENOMEM; gzip_reader_close() after a 0. */
int gzip_reader_open(struct gzip_reader *r, const char *bytes, size_t count);

/* Fills `to`. Returns how many bytes; 0 at the end; or -EINVAL for damaged data. */
ssize_t gzip_reader_read(struct gzip_reader *r, char *to, size_t most);

void gzip_reader_close(struct gzip_reader *r);

#endif
