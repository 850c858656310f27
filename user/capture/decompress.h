/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The bytes of a file descriptor, decompressed when they are gzip (RFC 1952, zlib) or Zstandard
 * (RFC 8878, libzstd where it was there at build time). Other bytes pass unchanged.
 */
#ifndef CAPTURE_DECOMPRESS_H
#define CAPTURE_DECOMPRESS_H

#include <linux/types.h>
#include <stddef.h>
#include <sys/types.h>

struct decompressor;

/* Returns NULL when out of memory. `fd` stays the caller's. */
struct decompressor *decompressor_new(int fd);
void decompressor_free(struct decompressor *d); /* NULL is fine */

/*
 * Read up to `room` bytes into `to`. Returns how many, 0 at the end, -EBADMSG where compressed data
 * is damaged or ends early (decompressor_error() says how), or another -errno of read(2).
 */
ssize_t decompressor_read(struct decompressor *d, void *to, size_t room);

/* Return what is wrong with the compressed data, as "the gzip data is damaged". */
const char *decompressor_error(const struct decompressor *d);

/* Is the file compressed? Known after the first read. */
int decompressor_is_active(const struct decompressor *d);

/* Return how many bytes of the file were taken. */
__u64 decompressor_taken(const struct decompressor *d);

#endif
