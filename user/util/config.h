/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A configuration file: `name = value` lines (inih) that set the same table of options as the
 * command line does. What the options mean is for the command that has them.
 */
#ifndef UTIL_CONFIG_H
#define UTIL_CONFIG_H

#include "util/options.h"

/* Holds the text that the options then point into. Zeroed is empty. */
struct config {
	char **texts;
	size_t count;
};

/*
 * Read FILE into `target`. Returns 0; -ENOENT without a message: there is no such file; -EINVAL
 * after a message with file, line and column that says what was expected; or -errno after one.
 */
int config_read(struct config *config, const char *file, const struct option_row *rows,
		size_t count, void *target);

/* A copy of `text` that lives as long; NULL: out of memory. */
char *config_keep(struct config *config, const char *text);

void config_free(struct config *config);

#endif
