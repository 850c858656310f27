// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* See plain.h. */
#include "util/text_sanitize.h"

#include "util/utf8.h"

#include <stdio.h>
#include <stdlib.h>

static int is_harmless(unsigned long c)
{
	return c >= 0x20 && (c < 0x7f || c >= 0xa0) && c != 0x61c && c != 0xfeff &&
	       !(c >= 0x200b && c <= 0x200f) && !(c >= 0x2028 && c <= 0x202e) &&
	       !(c >= 0x2060 && c <= 0x206f) && !(c >= 0xfff0 && c <= 0xfffb);
}

void text_sanitize(struct buffer *out, const char *words)
{
	unsigned long number;
	int length;

	while (*words) {
		length = utf8_decode(words, &number);
		if (length && is_harmless(number))
			buffer_add_bytes(out, words, (size_t)length);
		else
			buffer_add_bytes(out, "?", 1);
		words += length ? length : 1;
	}
}

void plain_say_of(const char *about, const char *format, va_list values)
{
	struct buffer line = {0};
	char *words = NULL;

	if (vasprintf(&words, format, values) < 0)
		words = NULL;
	if (about) {
		text_sanitize(&line, about);
		buffer_add(&line, ": ");
	}
	text_sanitize(&line, words ? words : "out of memory");
	fprintf(stderr, "dnsreach: %s\n", buffer_error(&line) ? "out of memory" : line.text);
	buffer_free(&line);
	free(words);
}

void plain_say(const char *format, ...)
{
	va_list values;

	va_start(values, format);
	plain_say_of(NULL, format, values);
	va_end(values);
}
