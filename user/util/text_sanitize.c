// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* See text_sanitize.h. */
#include "util/text_sanitize.h"

#include "util/utf8.h"

#include <string.h>

/*
 * Returns 1 for a character that neither controls a terminal, nor ends a line (U+2028, U+2029), nor
 * changes the direction of writing (U+061C, U+200E, U+202A to U+202E, U+2066 to U+2069), nor is
 * invisible.
 */
static int is_harmless(unsigned long c)
{
	return c >= 0x20 && (c < 0x7f || c >= 0xa0) && c != 0x61c && c != 0xfeff &&
	       !(c >= 0x200b && c <= 0x200f) && !(c >= 0x2028 && c <= 0x202e) &&
	       !(c >= 0x2060 && c <= 0x206f) && !(c >= 0xfff0 && c <= 0xfffb);
}

void text_sanitize_bytes(struct buffer *out, const char *bytes, size_t count)
{
	const char *end = bytes + count;
	unsigned long number;

	while (bytes < end) {
		int length = utf8_decode(bytes, &number);

		if (length && length <= end - bytes && is_harmless(number))
			buffer_add_bytes(out, bytes, (size_t)length);
		else
			buffer_add_bytes(out, "?", 1);
		bytes += length ? length : 1;
	}
}

void text_sanitize(struct buffer *out, const char *text)
{
	text_sanitize_bytes(out, text, strlen(text));
}

void text_sanitize_in_place(char *text)
{
	unsigned long number;
	char *to = text;

	while (*text) {
		int length = utf8_decode(text, &number);

		if (length && is_harmless(number)) {
			memmove(to, text, (size_t)length);
			to += length;
		} else {
			*to++ = '?';
		}
		text += length ? length : 1;
	}
	*to = '\0';
}
