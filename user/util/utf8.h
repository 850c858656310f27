/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* UTF-8 as RFC 3629 has it. Which characters are wanted, and what is escaped, is for others. */
#ifndef UTIL_UTF8_H
#define UTIL_UTF8_H

#include <stddef.h>

/* The bytes of the character at `c`, and its number; 0: no UTF-8. Reads no further than a NUL. */
int utf8_decode(const char *c, unsigned long *number);

/*
 * `words` with U+FFFD for each byte that is no UTF-8; what has no `room` is cut off between two
 * characters. Returns `out`.
 */
const char *utf8_forced(const char *words, char *out, size_t room);

#endif
