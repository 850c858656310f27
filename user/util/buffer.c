// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* See buffer.h. */
#include "util/buffer.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FIRST_ROOM 256
#define WHOLE_TEXT_SIZE 20 /* 2^64 - 1 */

/* Makes room for `count` more bytes and the NUL: the only allocation. 0 or -ENOMEM */
static int buffer_reserve(struct buffer *buffer, size_t count)
{
	size_t room = buffer->room ? buffer->room : FIRST_ROOM;
	char *text;

	if (buffer->failed)
		return -ENOMEM;
	while (room - buffer->used <= count)
		room *= 2;
	if (room == buffer->room)
		return 0;
	text = realloc(buffer->text, room);
	if (!text) {
		buffer->failed = 1;
		return -ENOMEM;
	}
	buffer->text = text;
	buffer->room = room;
	return 0;
}

void buffer_drain(struct buffer *buffer)
{
	if (buffer->used && !buffer->failed &&
	    buffer->drain(buffer->text, buffer->used, buffer->context))
		buffer->failed = 1;
	buffer->used = 0;
}

static void buffer_drain_when_full(struct buffer *buffer)
{
	if (buffer->drain && buffer->used >= BUFFER_DRAIN_BYTES)
		buffer_drain(buffer);
}

void buffer_add_bytes(struct buffer *buffer, const char *bytes, size_t count)
{
	if (buffer_reserve(buffer, count))
		return;
	if (count) /* `bytes` may be NULL then */
		memcpy(buffer->text + buffer->used, bytes, count);
	buffer->used += count;
	buffer->text[buffer->used] = '\0';
	buffer_drain_when_full(buffer);
}

void buffer_add(struct buffer *buffer, const char *format, ...)
{
	va_list values;
	int length;

	va_start(values, format);
	length = vsnprintf(NULL, 0, format, values);
	va_end(values);
	if (length < 0 || buffer_reserve(buffer, (size_t)length)) {
		buffer->failed = 1;
		return;
	}
	va_start(values, format);
	vsnprintf(buffer->text + buffer->used, (size_t)length + 1, format, values);
	va_end(values);
	buffer->used += (size_t)length;
	buffer_drain_when_full(buffer);
}

void buffer_add_whole(struct buffer *out, __u64 whole)
{
	char digits[WHOLE_TEXT_SIZE];
	char *first = digits + sizeof(digits);

	do {
		*--first = (char)('0' + whole % 10);
		whole /= 10;
	} while (whole);
	buffer_add_bytes(out, first, (size_t)(digits + sizeof(digits) - first));
}

void buffer_reset(struct buffer *buffer)
{
	buffer->used = 0;
	buffer->failed = 0;
	if (buffer->text)
		buffer->text[0] = '\0';
}

void buffer_free(struct buffer *buffer)
{
	free(buffer->text);
	memset(buffer, 0, sizeof(*buffer));
}

int buffer_error(const struct buffer *buffer)
{
	return buffer->failed ? -ENOMEM : 0;
}

int buffer_write(const struct buffer *buffer, int fd)
{
	struct pollfd writable = {.fd = fd, .events = POLLOUT};
	size_t done = 0;
	ssize_t count;

	if (buffer->failed)
		return -ENOMEM;
	while (done < buffer->used) {
		count = write(fd, buffer->text + done, buffer->used - done);
		if (count >= 0)
			done += (size_t)count;
		else if (errno == EAGAIN) /* another process has made the terminal non-blocking */
			poll(&writable, 1, -1);
		else if (errno != EINTR)
			return -errno;
	}
	return 0;
}
