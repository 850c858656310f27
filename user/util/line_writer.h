/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Standard output of a program that must not block on its reader: it writes whole lines, and drops
 * the lines for which a slow reader leaves no room.
 */
#ifndef UTIL_LINE_WRITER_H
#define UTIL_LINE_WRITER_H

#include "util/buffer.h"

struct line_writer {
	int fd;
	int is_socket, is_own; /* is_own: a pipe that was opened again, not to change O_NONBLOCK for
				  others */
	struct buffer waiting; /* the rest of a line of which a part was written */
	size_t done;	       /* bytes of `waiting` that were written */
};

/* Opens a writer on `fd`. On a file, whose writes always block, it writes as usual. */
void line_writer_open(struct line_writer *writer, int fd);

/* Writes a line. 0; -EAGAIN: dropped, because the line before is not written yet; or -errno */
int line_writer_write(struct line_writer *writer, const struct buffer *line);

/* Returns the text of an error of line_writer_write(). */
const char *line_writer_error_text(int err);

/* Waits up to 1 s for the rest of the last line. */
void line_writer_close(struct line_writer *writer);

#endif
