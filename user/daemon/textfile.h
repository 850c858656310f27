/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The metrics in a file, for the textfile collector of node_exporter. */
#ifndef DAEMON_TEXTFILE_H
#define DAEMON_TEXTFILE_H

#include "util/buffer.h"

/*
 * Replaces the file at `path` (mode 0644) by `text`: written beside it, synced, and renamed, so
 * that a reader finds the old or the new file whole. Returns 0, or -errno; then the old file is as
 * it was, and nothing is left beside it.
 */
int textfile_replace(const char *path, const struct buffer *text);

#endif
