/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* One option of each kind, for who tries what a file can say of them. */
#ifndef CONFIG_ROWS_H
#define CONFIG_ROWS_H

#include "base/options.h"

struct target {
	int flag;
	unsigned long long whole;
	double seconds, percent;
	const char *text;
	struct option_list list, ports, resolvers;
};

static const struct option_row rows[] = {
	{"flag", 0, OPTION_FLAG, NULL, "a flag", offsetof(struct target, flag), 0, 0},
	{"whole", 0, OPTION_WHOLE, "N", "a number", offsetof(struct target, whole), 1, 100},
	{"seconds", 0, OPTION_SECONDS, "S", "a time", offsetof(struct target, seconds), 0.01, 60},
	{"percent", 0, OPTION_PERCENT, "P", "a share", offsetof(struct target, percent), 0.01, 1},
	{"text", 0, OPTION_TEXT, "T", "words", offsetof(struct target, text), 0, 0},
	{"list", 0, OPTION_LIST, "L", "a list", offsetof(struct target, list), 0, 0},
	{"port", 0, OPTION_PORTS, "P", "ports", offsetof(struct target, ports), 0, 0},
	{"resolver", 0, OPTION_RESOLVERS, "A", "addresses", offsetof(struct target, resolvers), 0,
	 0},
};

#define ROWS (sizeof(rows) / sizeof(rows[0]))

#endif
