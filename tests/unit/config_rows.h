/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* One option of each kind, for who tries what a file can say of them. */
#ifndef CONFIG_ROWS_H
#define CONFIG_ROWS_H

#include "util/options.h"

#include <errno.h>
#include <string.h>

struct target {
	int flag;
	unsigned long long whole;
	double seconds, percent;
	const char *text;
	struct option_list list, ports, resolvers, even;
	const char *word;
};

/* An even number of characters, so that a value that is looked into is there too. */
static inline int check_even(const char *text, char why[OPTION_WHY_SIZE])
{
	if (strlen(text) % 2 == 0)
		return 0;
	snprintf(why, OPTION_WHY_SIZE, "'%.100s' is odd", text);
	return -EINVAL;
}

static const struct option_row rows[] = {
	OPTION_FLAG_ROW("flag", 0, "a flag", struct target, flag),
	OPTION_WHOLE_ROW("whole", 0, "N", "a number", struct target, whole, 1, 100),
	OPTION_SECONDS_ROW("seconds", 0, "S", "a time", struct target, seconds, 0.01, 60),
	OPTION_PERCENT_ROW("percent", 0, "P", "a share", struct target, percent, 0.01, 1),
	OPTION_TEXT_ROW("text", 0, "T", "words", struct target, text, NULL),
	OPTION_LIST_ROW("list", 0, "L", "a list", struct target, list, 0, NULL),
	OPTION_PORTS_ROW("port", 0, "P", "ports", struct target, ports, 0),
	OPTION_RESOLVERS_ROW("resolver", 0, "A", "addresses", struct target, resolvers),
	OPTION_LIST_ROW("even", 0, "E", "words", struct target, even, 3, check_even),
	OPTION_TEXT_ROW("word", 0, "W", "a word", struct target, word, check_even),
};

#define ROWS (sizeof(rows) / sizeof(rows[0]))

#endif
