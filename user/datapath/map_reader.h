/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Reads the maps into a struct snapshot: where they lie, without a system call but for the hash of
 * transactions, and the CPUs added up. Never writes.
 */
#ifndef DATAPATH_MAP_READER_H
#define DATAPATH_MAP_READER_H

#include "health/status.h"
#include "datapath/loader.h"

struct map_reader;

/* Returns 0 and *ret, to be freed with map_reader_close(), or -errno. */
int map_reader_open(const struct loader_maps *maps, const struct engine_config *config,
		    struct map_reader **ret);

/*
 * The counters as they are now; the times are the caller's to set. *ret points into the reader and
 * is valid until the next call. Returns 0 or -errno.
 */
int map_reader_snapshot(struct map_reader *r, struct snapshot *ret);

void map_reader_close(struct map_reader *r); /* NULL is fine */

#endif
