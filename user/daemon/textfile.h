/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A file that readers find whole or not at all: written beside its place, synced, renamed. For
 * node_exporter's textfile collector; what is in it is prometheus_text.h.
 */
#ifndef DAEMON_TEXTFILE_H
#define DAEMON_TEXTFILE_H

#include "util/buffer.h"

/*
 * Replace the file at `path` (mode 0644) by `text`. 0 or -errno; then the old one, if there was
 * one, is as it was, and nothing is left beside it.
 */
int textfile_replace(const char *path, const struct buffer *text);

#endif
