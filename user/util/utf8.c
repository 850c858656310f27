// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* UTF-8, read and enforced. */
#include "util/utf8.h"

#include <string.h>

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

const char *utf8_forced(const char *words, char *out, size_t room)
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
