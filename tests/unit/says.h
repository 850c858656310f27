/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Words in a text, or not in it; the text is shown when that is not so. After cmocka.h. */
#ifndef SAYS_H
#define SAYS_H

#include <string.h>

#define assert_says(in, what)                                                                      \
	do {                                                                                       \
		if (!strstr(in, what))                                                             \
			fail_msg("\"%s\" is not in:\n%s", what, in);                               \
	} while (0)
#define assert_says_not(in, what)                                                                  \
	do {                                                                                       \
		if (strstr(in, what))                                                              \
			fail_msg("\"%s\" is in:\n%s", what, in);                                   \
	} while (0)

#endif
