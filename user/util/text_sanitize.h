/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Words from outside made harmless to print: a file may be named with anything. What a format
 * needs escaped on top of that is for its own writer.
 */
#ifndef UTIL_TEXT_SANITIZE_H
#define UTIL_TEXT_SANITIZE_H

#include "util/buffer.h"

#include <stdarg.h>

/*
 * Adds `words` with a '?' for each byte that is no UTF-8, and for each character that controls
 * (line ends too) or turns the direction of writing.
 */
void text_sanitize(struct buffer *out, const char *words);

/* Such words as one line on standard error, behind "dnsreach: ". */
void plain_say(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The same with what they are about before them, and a colon; NULL: nothing. */
void plain_say_of(const char *about, const char *format, va_list values)
	__attribute__((format(printf, 2, 0)));

#endif
