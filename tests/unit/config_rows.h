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
	{"flag", 0, OPTION_FLAG, NULL, "a flag", offsetof(struct target, flag), 0, 0, NULL},
	{"whole", 0, OPTION_WHOLE, "N", "a number", offsetof(struct target, whole), 1, 100, NULL},
	{"seconds", 0, OPTION_SECONDS, "S", "a time", offsetof(struct target, seconds), 0.01, 60,
	 NULL},
	{"percent", 0, OPTION_PERCENT, "P", "a share", offsetof(struct target, percent), 0.01, 1,
	 NULL},
	{"text", 0, OPTION_TEXT, "T", "words", offsetof(struct target, text), 0, 0, NULL},
	{"list", 0, OPTION_LIST, "L", "a list", offsetof(struct target, list), 0, 0, NULL},
	{"port", 0, OPTION_PORTS, "P", "ports", offsetof(struct target, ports), 0, 0, NULL},
	{"resolver", 0, OPTION_RESOLVERS, "A", "addresses", offsetof(struct target, resolvers), 0,
	 0, NULL},
	{"even", 0, OPTION_LIST, "E", "words", offsetof(struct target, even), 0, 3, check_even},
	{"word", 0, OPTION_TEXT, "W", "a word", offsetof(struct target, word), 0, 0, check_even},
};

#define ROWS (sizeof(rows) / sizeof(rows[0]))

#endif
