/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Text that grows. When memory runs out, the buffer keeps that as its error: buffer_error() and
 * buffer_write() return it, so that the calls that add need no check.
 */
#ifndef UTIL_BUFFER_H
#define UTIL_BUFFER_H

#include <linux/types.h>
#include <stddef.h>

#define BUFFER_DRAIN_BYTES (64 * 1024)

/* Receives bytes. Returns 0, or -errno: then the buffer has failed. */
typedef int buffer_drain_fn(const char *bytes, size_t count, void *context);

/*
 * Zeroed is empty. `text` is NULL until something was added, then it ends with a NUL. With `drain`
 * the buffer is a pipe: from BUFFER_DRAIN_BYTES on it gives all it has to that function, and is
 * empty again. buffer_drain() gives the rest.
 */
struct buffer {
	char *text;
	size_t used, room;
	buffer_drain_fn *drain;
	void *context; /* of `drain` */
	int failed;
};

void buffer_add(struct buffer *buffer, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
void buffer_add_bytes(struct buffer *buffer, const char *bytes, size_t count);

/* Appends `whole` in decimal, faster than buffer_add(): a page of metrics has many numbers. */
void buffer_add_whole(struct buffer *buffer, __u64 whole);

/* Gives what is left to `drain`. */
void buffer_drain(struct buffer *buffer);

/* Empties it, and keeps the memory. */
void buffer_reset(struct buffer *buffer);
void buffer_free(struct buffer *buffer);

/* Returns 0, or -ENOMEM when something is missing from the text. */
int buffer_error(const struct buffer *buffer);

/* Writes all of it to `fd`, in one write(2) where the kernel takes it in one. 0 or -errno */
int buffer_write(const struct buffer *buffer, int fd);

#endif
