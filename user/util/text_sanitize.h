/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Text from outside (names of files and interfaces, answers of peers) made safe to print. A format
 * that needs more escaped does that in its own writer.
 */
#ifndef UTIL_TEXT_SANITIZE_H
#define UTIL_TEXT_SANITIZE_H

#include "util/buffer.h"

/*
 * Append `text` with a '?' for each byte that is not UTF-8, and for each character that controls
 * the terminal, ends a line, or changes the direction of writing. The bytes end with a NUL, too.
 */
void text_sanitize(struct buffer *out, const char *text);
void text_sanitize_bytes(struct buffer *out, const char *bytes, size_t count);

/* Replaces the same in `text` itself, which never grows. */
void text_sanitize_in_place(char *text);

#endif
