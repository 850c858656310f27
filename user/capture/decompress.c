// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Decompression by zlib and libzstd behind one read(2)-like function. */
#include "capture/decompress.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>
#ifdef HAVE_ZSTD
#include <zstd.h>
#endif

#define RAW_ROOM 65536
#define MAGIC_LENGTH 4
#define GZIP_WINDOW (15 + 16) /* zlib: the largest window, with gzip's header */

enum compression { COMPRESSION_UNKNOWN, COMPRESSION_NONE, COMPRESSION_GZIP, COMPRESSION_ZSTD };

struct decompressor {
	int fd;
	enum compression compression;
	unsigned char raw[RAW_ROOM];
	size_t start, end; /* of what is in `raw` and not taken yet */
	__u64 taken;
	int at_boundary; /* between two members or frames: the data may end here */
	const char *error;
	z_stream gzip;
#ifdef HAVE_ZSTD
	ZSTD_DStream *zstd;
#endif
};

struct decompressor *decompressor_new(int fd)
{
	struct decompressor *d = calloc(1, sizeof(*d));

	if (d)
		d->fd = fd;
	return d;
}

void decompressor_free(struct decompressor *d)
{
	if (!d)
		return;
	if (d->compression == COMPRESSION_GZIP)
		inflateEnd(&d->gzip);
#ifdef HAVE_ZSTD
	ZSTD_freeDStream(d->zstd);
#endif
	free(d);
}

const char *decompressor_error(const struct decompressor *d)
{
	return d->error;
}

int decompressor_is_active(const struct decompressor *d)
{
	return d->compression > COMPRESSION_NONE;
}

__u64 decompressor_taken(const struct decompressor *d)
{
	return d->taken;
}

static ssize_t read_fd(int fd, void *to, size_t room)
{
	ssize_t n;

	do {
		n = read(fd, to, room);
	} while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : n;
}

/* Read until `want` bytes are in `raw`. Returns how many there are, fewer at the end; or -errno. */
static ssize_t decompressor_fill(struct decompressor *d, size_t want)
{
	ssize_t n;

	if (d->start == d->end)
		d->start = d->end = 0;
	while (d->end - d->start < want) {
		n = read_fd(d->fd, d->raw + d->end, RAW_ROOM - d->end);
		if (n < 0)
			return n;
		if (!n)
			break;
		d->end += (size_t)n;
	}
	return (ssize_t)(d->end - d->start);
}

static int decompressor_init_zstd(struct decompressor *d)
{
#ifdef HAVE_ZSTD
	static const unsigned char zstd[] = {0x28, 0xb5, 0x2f, 0xfd};

	if (d->end < sizeof(zstd) || memcmp(d->raw, zstd, sizeof(zstd)) != 0)
		return 0;
	d->zstd = ZSTD_createDStream();
	if (!d->zstd)
		return -ENOMEM;
	d->compression = COMPRESSION_ZSTD;
	d->at_boundary = 1;
#else
	(void)d;
#endif
	return 0;
}

/* Find out by the first bytes which compression it is. Returns 0 or -errno. */
static int decompressor_init(struct decompressor *d)
{
	ssize_t n = decompressor_fill(d, MAGIC_LENGTH);

	if (n < 0)
		return (int)n;
	d->compression = COMPRESSION_NONE;
	if (n >= 2 && d->raw[0] == 0x1f && d->raw[1] == 0x8b) {
		if (inflateInit2(&d->gzip, GZIP_WINDOW) != Z_OK)
			return -ENOMEM;
		d->compression = COMPRESSION_GZIP;
		d->at_boundary = 1;
		return 0;
	}
	return decompressor_init_zstd(d);
}

/* Inflate into `to`. Returns how many bytes came out; sets `error` where the data is damaged. */
static size_t decompressor_step_gzip(struct decompressor *d, void *to, size_t room)
{
	int result;

	if (d->at_boundary)
		inflateReset(&d->gzip);
	d->at_boundary = 0;
	d->gzip.next_in = d->raw + d->start;
	d->gzip.avail_in = (uInt)(d->end - d->start);
	d->gzip.next_out = to;
	d->gzip.avail_out = room > RAW_ROOM ? RAW_ROOM : (uInt)room;
	room = d->gzip.avail_out;
	result = inflate(&d->gzip, Z_NO_FLUSH);
	d->taken += d->end - d->start - d->gzip.avail_in;
	d->start = d->end - d->gzip.avail_in;
	if (result == Z_STREAM_END)
		d->at_boundary = 1;
	else if (result != Z_OK && result != Z_BUF_ERROR)
		d->error = "the gzip data is damaged";
	return room - d->gzip.avail_out;
}

#ifdef HAVE_ZSTD
static size_t decompressor_step_zstd(struct decompressor *d, void *to, size_t room)
{
	ZSTD_inBuffer in = {d->raw, d->end, d->start};
	ZSTD_outBuffer out = {to, room, 0};
	size_t result = ZSTD_decompressStream(d->zstd, &out, &in);

	if (ZSTD_isError(result))
		d->error = "the zstd data is damaged";
	d->taken += in.pos - d->start;
	d->start = in.pos;
	d->at_boundary = result == 0;
	return out.pos;
}
#endif

static size_t decompressor_step(struct decompressor *d, void *to, size_t room)
{
#ifdef HAVE_ZSTD
	if (d->compression == COMPRESSION_ZSTD)
		return decompressor_step_zstd(d, to, room);
#endif
	return decompressor_step_gzip(d, to, room);
}

static ssize_t decompressor_read_plain(struct decompressor *d, void *to, size_t room)
{
	size_t n = d->end - d->start;
	ssize_t got;

	if (n) {
		n = n < room ? n : room;
		memcpy(to, d->raw + d->start, n);
		d->start += n;
		d->taken += n;
		return (ssize_t)n;
	}
	got = read_fd(d->fd, to, room);
	if (got > 0)
		d->taken += (__u64)got;
	return got;
}

ssize_t decompressor_read(struct decompressor *d, void *to, size_t room)
{
	int err = d->compression == COMPRESSION_UNKNOWN ? decompressor_init(d) : 0;
	size_t out;
	ssize_t n;

	if (err)
		return err;
	if (d->compression == COMPRESSION_NONE)
		return decompressor_read_plain(d, to, room);
	for (;;) {
		if (d->error)
			return -EBADMSG;
		n = decompressor_fill(d, 1);
		if (n < 0 || (!n && d->at_boundary))
			return n;
		out = decompressor_step(d, to, room);
		if (out)
			return (ssize_t)out;
		if (!n && !d->at_boundary)
			d->error = "the compressed data ends early";
	}
}
