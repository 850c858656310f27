/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* See outlet.h. */
#include "util/line_writer.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define LAST_LINE_MS 1000

/* O_NONBLOCK belongs to the open file, which others may share: a pipe is opened anew. */
void line_writer_open(struct line_writer *outlet, int fd)
{
	char path[40];
	struct stat st;
	int own;

	*outlet = (struct line_writer){.fd = fd};
	if (fstat(fd, &st))
		return;
	outlet->is_socket = S_ISSOCK(st.st_mode);
	if (!S_ISFIFO(st.st_mode))
		return;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	own = open(path, O_WRONLY | O_NONBLOCK | O_CLOEXEC);
	if (own < 0)
		return;
	outlet->fd = own;
	outlet->is_own = 1;
}

static ssize_t write_some(const struct line_writer *outlet, const char *text, size_t length)
{
	if (outlet->is_socket)
		return send(outlet->fd, text, length, MSG_DONTWAIT | MSG_NOSIGNAL);
	return write(outlet->fd, text, length);
}

/* As much as there is room for. -EAGAIN: not all. */
static int write_on(const struct line_writer *outlet, const struct buffer *text, size_t *done)
{
	ssize_t count;

	while (*done < text->used) {
		count = write_some(outlet, text->text + *done, text->used - *done);
		if (count >= 0)
			*done += (size_t)count;
		else if (errno != EINTR)
			return -errno;
	}
	return 0;
}

static int finish_last(struct line_writer *outlet)
{
	int err = write_on(outlet, &outlet->waiting, &outlet->done);

	if (err == -EAGAIN)
		return err;
	buffer_reset(&outlet->waiting);
	outlet->done = 0;
	return err;
}

int line_writer_write(struct line_writer *outlet, const struct buffer *line)
{
	size_t done = 0;
	int err = buffer_error(line);

	if (!err)
		err = finish_last(outlet);
	if (err)
		return err;
	err = write_on(outlet, line, &done);
	if (err != -EAGAIN || !done)
		return err;
	buffer_add_bytes(&outlet->waiting, line->text + done, line->used - done);
	return buffer_error(&outlet->waiting);
}

const char *line_writer_why(int err)
{
	return err == -EAGAIN ? "its reader is too slow" : strerror(-err);
}

void line_writer_close(struct line_writer *outlet)
{
	struct pollfd writable = {.fd = outlet->fd, .events = POLLOUT};

	if (outlet->waiting.used && finish_last(outlet) == -EAGAIN &&
	    poll(&writable, 1, LAST_LINE_MS) > 0)
		finish_last(outlet);
	buffer_free(&outlet->waiting);
	if (outlet->is_own)
		close(outlet->fd);
	outlet->is_own = 0;
}
