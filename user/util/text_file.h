/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Small text files, read whole. */
#ifndef UTIL_TEXT_FILE_H
#define UTIL_TEXT_FILE_H

#include "util/buffer.h"

/*
 * Appends the file to `text`, which ends with a NUL then. Returns 0; -errno; -EFBIG: it has more
 * than `most` bytes; -EILSEQ: it has a NUL byte, so that it is no text.
 */
int text_file_read(const char *path, size_t most, struct buffer *text);

/* Returns what to say of an error of text_file_read(). */
const char *text_file_error(int err);

#endif
