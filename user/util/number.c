// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Numbers for machines. NaN and infinity are for the writers: each format has its own. */
#include "util/number.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void number_add_whole(struct buffer *out, __u64 whole)
{
	char digits[NUMBER_SIZE];
	char *first = digits + sizeof(digits);

	do {
		*--first = (char)('0' + whole % 10);
		whole /= 10;
	} while (whole);
	buffer_add_bytes(out, first, (size_t)(digits + sizeof(digits) - first));
}

const char *number_real(double real, char out[NUMBER_SIZE])
{
	int digits;

	for (digits = 6; digits <= 17; digits++) {
		snprintf(out, NUMBER_SIZE, "%.*g", digits, real);
		if (strtod(out, NULL) == real)
			break;
	}
	if (!strpbrk(out, ".e"))
		strcat(out, ".0");
	return out;
}
