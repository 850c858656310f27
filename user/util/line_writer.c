/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* See line_writer.h. */
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

/* O_NONBLOCK belongs to the open file, which other processes may share: a pipe is opened again. */
void line_writer_open(struct line_writer *writer, int fd)
{
	char path[40];
	struct stat st;
	int own;

	*writer = (struct line_writer){.fd = fd};
	if (fstat(fd, &st))
		return;
	writer->is_socket = S_ISSOCK(st.st_mode);
	if (!S_ISFIFO(st.st_mode))
		return;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	own = open(path, O_WRONLY | O_NONBLOCK | O_CLOEXEC);
	if (own < 0)
		return;
	writer->fd = own;
	writer->is_own = 1;
}

static ssize_t line_writer_send(const struct line_writer *writer, const char *text, size_t length)
{
	if (writer->is_socket)
		return send(writer->fd, text, length, MSG_DONTWAIT | MSG_NOSIGNAL);
	return write(writer->fd, text, length);
}

/* Writes as much as there is room for. 0; -EAGAIN: not all; or -errno */
static int line_writer_write_rest(const struct line_writer *writer, const struct buffer *text,
				  size_t *done)
{
	ssize_t count;

	while (*done < text->used) {
		count = line_writer_send(writer, text->text + *done, text->used - *done);
		if (count >= 0)
			*done += (size_t)count;
		else if (errno != EINTR)
			return -errno;
	}
	return 0;
}

static int line_writer_finish_waiting(struct line_writer *writer)
{
	int err = line_writer_write_rest(writer, &writer->waiting, &writer->done);

	if (err == -EAGAIN)
		return err;
	buffer_reset(&writer->waiting);
	writer->done = 0;
	return err;
}

int line_writer_write(struct line_writer *writer, const struct buffer *line)
{
	size_t done = 0;
	int err = buffer_error(line);

	if (!err)
		err = line_writer_finish_waiting(writer);
	if (err)
		return err;
	err = line_writer_write_rest(writer, line, &done);
	if (err != -EAGAIN || !done)
		return err;
	buffer_add_bytes(&writer->waiting, line->text + done, line->used - done);
	return buffer_error(&writer->waiting);
}

const char *line_writer_error_text(int err)
{
	return err == -EAGAIN ? "its reader is too slow" : strerror(-err);
}

void line_writer_close(struct line_writer *writer)
{
	struct pollfd writable = {.fd = writer->fd, .events = POLLOUT};

	if (writer->waiting.used && line_writer_finish_waiting(writer) == -EAGAIN &&
	    poll(&writable, 1, LAST_LINE_MS) > 0)
		line_writer_finish_waiting(writer);
	buffer_free(&writer->waiting);
	if (writer->is_own)
		close(writer->fd);
	writer->is_own = 0;
}
