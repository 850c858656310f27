/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Reads the maps into a struct snapshot: where they lie, without a system call but for the hash of
 * transactions, and the CPUs added up. Never writes.
 */
#ifndef DATAPATH_MAP_READER_H
#define DATAPATH_MAP_READER_H

#include "health/snapshot.h"
#include "datapath/loader.h"

struct reader;

/* Returns 0 and *ret, to be freed with reader_close(), or -errno. */
int reader_open(const struct loader_maps *maps, const struct engine_config *config,
		struct reader **ret);

/*
 * The counters as they are now; the times are the caller's to set. *ret points into the reader and
 * is valid until the next call. Returns 0 or -errno.
 */
int reader_snapshot(struct reader *r, struct snapshot *ret);

void reader_close(struct reader *r); /* NULL is fine */

#endif
