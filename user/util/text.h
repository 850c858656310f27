/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Text from outside (names of files and interfaces, answers of peers) made safe to print, and UTF-8
 * (RFC 3629). A format that needs more escaped does that in its own writer.
 */
#ifndef UTIL_TEXT_H
#define UTIL_TEXT_H

#include "util/buffer.h"

/*
 * Append `text` with a '?' for each byte that is not UTF-8, and for each character that controls
 * the terminal, ends a line, or changes the direction of writing. The bytes end with a NUL, too.
 */
void text_sanitize(struct buffer *out, const char *text);
void text_sanitize_bytes(struct buffer *out, const char *bytes, size_t count);

/* Replaces the same in `text` itself, which never grows. */
void text_sanitize_in_place(char *text);

/*
 * Decodes the character at `text`, which ends with a NUL. Returns how many bytes it takes, and
 * *number; or 0 when it is not UTF-8.
 */
int utf8_decode(const char *text, unsigned long *number);

/*
 * Copies `text` to `out` with U+FFFD for each byte that is not UTF-8, cut between two characters
 * where `size` bytes are too few. Returns `out`.
 */
const char *utf8_replace_invalid(const char *text, char *out, size_t size);

#define TEXT_REAL_SIZE 32

/*
 * Writes a finite number with the fewest digits that give the same double again, and always with
 * a point or an exponent, as Prometheus text and JSON read it: 0.000256, 1.0, 1e+06. Returns `out`.
 */
const char *text_format_real(double real, char out[TEXT_REAL_SIZE]);

#endif
