/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* See gzip.h. */
#include "util/gzip.h"

#include <errno.h>
#include <string.h>
#include <sys/types.h>

#define GZIP_WINDOW (15 + 16) /* zlib: 32 kB, and the header of gzip instead of its own */
#define DEFLATE_BYTES (64 * 1024)
#define DEFLATE_MEMORY 9

/* Compresses `count` bytes. `flush`: Z_NO_FLUSH, or Z_FINISH at the end. */
static int gzip_writer_deflate(struct gzip_writer *w, const char *bytes, size_t count, int flush)
{
	char out[DEFLATE_BYTES];

	w->stream.next_in = (unsigned char *)bytes;
	w->stream.avail_in = (uInt)count;
	do {
		w->stream.next_out = (unsigned char *)out;
		w->stream.avail_out = sizeof(out);
		if (deflate(&w->stream, flush) == Z_STREAM_ERROR)
			return -EINVAL;
		buffer_add_bytes(&w->out, out, sizeof(out) - w->stream.avail_out);
	} while (!w->stream.avail_out);
	return buffer_error(&w->out);
}

static int gzip_writer_add(const char *bytes, size_t count, void *context)
{
	struct gzip_writer *w = context;

	w->text_bytes += count;
	return gzip_writer_deflate(w, bytes, count, Z_NO_FLUSH);
}

int gzip_writer_open(struct gzip_writer *w)
{
	memset(w, 0, sizeof(*w));
	w->text.drain = gzip_writer_add;
	w->text.context = w;
	return deflateInit2(&w->stream, Z_BEST_SPEED, Z_DEFLATED, GZIP_WINDOW, DEFLATE_MEMORY,
			    Z_DEFAULT_STRATEGY) == Z_OK
		       ? 0
		       : -ENOMEM;
}

int gzip_writer_finish(struct gzip_writer *w)
{
	int err;

	buffer_drain(&w->text);
	err = buffer_error(&w->text);
	return err ? err : gzip_writer_deflate(w, "", 0, Z_FINISH);
}

void gzip_writer_close(struct gzip_writer *w)
{
	deflateEnd(&w->stream);
	buffer_free(&w->text);
	buffer_free(&w->out);
}

int gzip_reader_open(struct gzip_reader *r, const char *bytes, size_t count)
{
	memset(r, 0, sizeof(*r));
	r->stream.next_in = (unsigned char *)bytes;
	r->stream.avail_in = (uInt)count;
	return inflateInit2(&r->stream, GZIP_WINDOW) == Z_OK ? 0 : -ENOMEM;
}

ssize_t gzip_reader_read(struct gzip_reader *r, char *to, size_t most)
{
	int code;

	r->stream.next_out = (unsigned char *)to;
	r->stream.avail_out = (uInt)most;
	code = inflate(&r->stream, Z_NO_FLUSH);
	if (code != Z_OK && code != Z_STREAM_END && code != Z_BUF_ERROR)
		return -EINVAL;
	return (ssize_t)(most - r->stream.avail_out);
}

void gzip_reader_close(struct gzip_reader *r)
{
	inflateEnd(&r->stream);
}
