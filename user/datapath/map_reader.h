/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Reads the maps into a struct snapshot, mapped into memory: without a system call but for the hash
 * of transactions, and the CPUs added up. Reads the ring of samples, too. Never writes.
 */
#ifndef DATAPATH_MAP_READER_H
#define DATAPATH_MAP_READER_H

#include "health/status.h"
#include "datapath/loader.h"

struct map_reader;

/* Opens the maps. Returns 0 and *ret, to be freed with map_reader_close(), or -errno. */
int map_reader_open(const struct loader_maps *maps, const struct engine_config *config,
		    struct map_reader **ret);

/*
 * Reads the counters as they are now; the caller sets the times. *ret points into the reader and is
 * valid until the next call. Returns 0 or -errno.
 */
int map_reader_snapshot(struct map_reader *r, struct snapshot *ret);

/*
 * Reads as map_reader_snapshot(), but only the resolvers whose counters have moved since the last
 * call, and new ones.
 */
int map_reader_changes(struct map_reader *r, struct snapshot *ret);

/* Returns how many resolvers the last call has found, `other` included. */
__u32 map_reader_count(const struct map_reader *r);

void map_reader_close(struct map_reader *r); /* NULL is fine */

struct sample_reader;

typedef void sample_fn(const struct sample *sample, void *context);

/* Opens the ring of samples. Returns 0 and *ret, to be freed with samples_close(), or -errno. */
int samples_open(int ring_fd, sample_fn *f, void *context, struct sample_reader **ret);

/* Calls `f` for each sample that has come in since. Returns 0 or -errno. */
int samples_read(struct sample_reader *r);

void samples_close(struct sample_reader *r); /* NULL is fine */

#endif
