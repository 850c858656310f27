// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* See text.h. */
#include "util/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- UTF-8 -------------------------------------------------------------------------------- */

int utf8_decode(const char *text, unsigned long *number)
{
	static const unsigned long least[] = {0, 0, 0x80, 0x800, 0x10000};
	const unsigned char *c = (const unsigned char *)text;
	int length = c[0] < 0x80 ? 1 : c[0] < 0xc2 ? 0 : c[0] < 0xe0 ? 2 : c[0] < 0xf0 ? 3 : 4;
	int i;

	*number = length == 1 ? c[0] : c[0] & (0x7fU >> length);
	for (i = 1; i < length; i++) {
		if ((c[i] & 0xc0) != 0x80)
			return 0;
		*number = *number << 6 | (c[i] & 0x3f);
	}
	if (!length || c[0] > 0xf4 || *number < least[length] || *number > 0x10ffff ||
	    (*number >= 0xd800 && *number < 0xe000))
		return 0;
	return length;
}

const char *utf8_replace_invalid(const char *words, char *out, size_t room)
{
	static const char replacement[] = "\xef\xbf\xbd";
	unsigned long number;
	size_t used = 0;

	while (*words) {
		size_t length = (size_t)utf8_decode(words, &number);
		const char *from = length ? words : replacement;
		size_t count = length ? length : sizeof(replacement) - 1;

		if (used + count >= room)
			break;
		memcpy(out + used, from, count);
		used += count;
		words += length ? length : 1;
	}
	out[used] = '\0';
	return out;
}

/* ---- safe to print ------------------------------------------------------------------------ */

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

/* ---- numbers ------------------------------------------------------------------------------ */

const char *text_format_real(double real, char out[TEXT_REAL_SIZE])
{
	int digits;

	for (digits = 6; digits <= 17; digits++) {
		snprintf(out, TEXT_REAL_SIZE, "%.*g", digits, real);
		if (strtod(out, NULL) == real)
			break;
	}
	if (!strpbrk(out, ".e"))
		strcat(out, ".0");
	return out;
}
