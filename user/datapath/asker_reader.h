/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Reads the counters of askers, mapped into memory, and adds up those of all CPUs. */
#ifndef DATAPATH_ASKER_READER_H
#define DATAPATH_ASKER_READER_H

#include "datapath/loader.h"
#include "health/status.h"

struct asker_reader;

/* Opens the maps. Returns 0 and *ret, to be freed with asker_reader_close(), or -errno. */
int asker_reader_open(const struct loader_maps *maps, struct asker_reader **ret);

/*
 * Sets the askers of `ret`. `numbers`: of all resolvers, in the order of their keys. The askers are
 * valid until the next call.
 */
void asker_reader_read(struct asker_reader *r, const __u32 *numbers, size_t resolver_count,
		       struct snapshot *ret);

void asker_reader_close(struct asker_reader *r); /* NULL is fine */

#endif
