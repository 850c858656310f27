// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Words from outside made harmless to print (UTF-8 as RFC 3629 has it). */
#include "output/plain.h"

/* The bytes of the character at `c`, and its number; 0: no UTF-8. */
static int decode(const unsigned char *c, unsigned long *number)
{
	static const unsigned long least[] = {0, 0, 0x80, 0x800, 0x10000};
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

static int is_harmless(unsigned long c)
{
	return c >= 0x20 && (c < 0x7f || c >= 0xa0) && c != 0x61c && c != 0xfeff &&
	       !(c >= 0x200b && c <= 0x200f) && !(c >= 0x2028 && c <= 0x202e) &&
	       !(c >= 0x2060 && c <= 0x206f) && !(c >= 0xfff0 && c <= 0xfffb);
}

void plain_add(struct buffer *out, const char *words)
{
	unsigned long number;
	int length;

	while (*words) {
		length = decode((const unsigned char *)words, &number);
		if (length && is_harmless(number))
			buffer_add_bytes(out, words, (size_t)length);
		else
			buffer_add_bytes(out, "?", 1);
		words += length ? length : 1;
	}
}
