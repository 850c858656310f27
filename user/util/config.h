/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The configuration file: `name = value` lines, which set the options of the same table as the
 * command line.
 */
#ifndef UTIL_CONFIG_H
#define UTIL_CONFIG_H

#include "util/options.h"

/* Owns the texts that the options point into. Zeroed is empty. */
struct config {
	char **texts;
	size_t count;
};

/*
 * Reads `file` into `target`. Returns 0; -ENOENT without a message: there is no such file; or,
 * after a message, -EINVAL (with file, line and column) or -errno.
 */
int config_read(struct config *config, const char *file, const struct option_row *rows,
		size_t count, void *target);

/* Returns a copy of `text` that `config` owns; NULL: out of memory. */
char *config_keep(struct config *config, const char *text);

void config_free(struct config *config);

#endif
