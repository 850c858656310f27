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
 * Sets all askers of `ret`, also those of resolvers that it does not hold. `entries`: the
 * resolvers, by number. The askers are valid until the next call.
 */
void asker_reader_read(struct asker_reader *r, const struct resolver_entry *entries,
		       struct snapshot *ret);

void asker_reader_close(struct asker_reader *r); /* NULL is fine */

#endif
