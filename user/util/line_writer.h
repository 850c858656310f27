/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Standard output of a program that must not wait for who reads it: whole lines, and of a reader
 * that is too slow the lines that find no room are left out.
 */
#ifndef UTIL_LINE_WRITER_H
#define UTIL_LINE_WRITER_H

#include "util/buffer.h"

struct line_writer {
	int fd;
	int is_socket, is_own; /* a pipe is opened anew: that others block on it is theirs */
	struct buffer waiting; /* the rest of a line that was begun */
	size_t done;	       /* of it */
};

/* Where that is impossible, as with a file, it writes as usual. */
void line_writer_open(struct line_writer *outlet, int fd);

/* 0; -EAGAIN: left out, the one before is still under way; or -errno. */
int line_writer_write(struct line_writer *outlet, const struct buffer *line);

/* Why a line is missing, in words. */
const char *line_writer_why(int err);

/* The rest of the last line has a second. */
void line_writer_close(struct line_writer *outlet);

#endif
