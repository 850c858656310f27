// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Bytes from a file or standard input, with a look at the first ones. What the bytes are is for
 * others.
 */
#include "capture/input.h"

#include "capture/decompress.h"
#include "util/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int input_error(const struct input *in, int code, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	log_error_about(in->name, format, arguments);
	va_end(arguments);
	return code;
}

int input_open(struct input *in, const char *path)
{
	int standard = !strcmp(path, "-");
	struct stat st;

	in->name = standard ? "standard input" : path;
	in->start = in->end = 0;
	in->done = in->all = 0;
	in->damaged = 0;
	in->stream = NULL;
	in->fd = standard ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
	if (in->fd < 0)
		return input_error(in, -errno, "cannot open it: %s", strerror(errno));
	in->stream = decompressor_new(in->fd);
	if (!in->stream) {
		input_close(in);
		return input_error(in, -ENOMEM, "out of memory");
	}
	if (fstat(in->fd, &st))
		return 0; /* only the progress is lost */
	if (S_ISDIR(st.st_mode)) {
		input_close(in);
		return input_error(in, -EISDIR, "is a directory; name the capture in it");
	}
	if (S_ISREG(st.st_mode))
		in->all = (__u64)st.st_size;
	return 0;
}

void input_close(struct input *in)
{
	if (in->fd > STDIN_FILENO)
		close(in->fd);
	in->fd = -1;
	decompressor_free(in->stream);
	in->stream = NULL;
}

static ssize_t input_fill(struct input *in, void *to, size_t room)
{
	ssize_t n;

	if (in->damaged)
		return 0;
	n = decompressor_read(in->stream, to, room);
	if (n != -EBADMSG)
		return n;
	in->damaged = 1;
	input_error(in, 0, "%s; only what comes before that is judged",
		    decompressor_error(in->stream));
	return 0;
}

ssize_t input_peek(struct input *in, size_t want, const unsigned char **bytes)
{
	ssize_t n;

	if (in->start) {
		memmove(in->buffer, in->buffer + in->start, in->end - in->start);
		in->end -= in->start;
		in->start = 0;
	}
	while (in->end < want) {
		n = input_fill(in, in->buffer + in->end, INPUT_BUFFER - in->end);
		if (n < 0)
			return n;
		if (!n)
			break;
		in->end += (size_t)n;
	}
	*bytes = in->buffer;
	return (ssize_t)in->end;
}

size_t input_text_begin(const unsigned char *bytes, size_t length)
{
	size_t at = length >= 3 && !memcmp(bytes, "\xef\xbb\xbf", 3) ? 3 : 0;

	while (at < length && bytes[at] && strchr(" \t\r\n", bytes[at]))
		at++;
	return at;
}

ssize_t input_read(struct input *in, void *to, size_t room)
{
	size_t there = in->end - in->start;
	ssize_t n;

	if (there) {
		n = (ssize_t)(there < room ? there : room);
		memcpy(to, in->buffer + in->start, (size_t)n);
		in->start += (size_t)n;
	} else {
		n = input_fill(in, to, room);
	}
	if (n > 0)
		in->done += (__u64)n;
	if (decompressor_is_active(in->stream))
		in->done = decompressor_taken(in->stream);
	return n;
}
