/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Text that grows. Running out of memory is remembered in the buffer and told once, by
 * buffer_error() or buffer_write(): whoever adds need not look.
 */
#ifndef UTIL_BUFFER_H
#define UTIL_BUFFER_H

#include <stddef.h>

/* Zeroed is empty and ready. `text` ends in NUL once anything was added. */
struct buffer {
	char *text;
	size_t used, room;
	int failed;
};

void buffer_add(struct buffer *buffer, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
void buffer_add_bytes(struct buffer *buffer, const char *bytes, size_t count);

/* Empty again; keeps the room. */
void buffer_reset(struct buffer *buffer);
void buffer_free(struct buffer *buffer);

/* 0, or -ENOMEM when something is missing from the text. */
int buffer_error(const struct buffer *buffer);

/* All of it in one write where the kernel takes it in one; 0 or -errno. */
int buffer_write(const struct buffer *buffer, int fd);

#endif
