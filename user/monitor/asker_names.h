/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Names of askers: the ID of a cgroup is the inode of its directory in the cgroup file system. The
 * directories are walked when an unknown ID comes, at most twice a second and a fiftieth of the
 * time. A name is kept after its directory is gone. The cgroup of dnsreach itself is `dnsreach`,
 * where no other process is in it.
 */
#ifndef MONITOR_ASKER_NAMES_H
#define MONITOR_ASKER_NAMES_H

#include "health/status.h"

struct asker_names;

/*
 * Opens the cgroup file system (v2) that is mounted below `root`, or at root/unified. Logs a
 * warning when there is none: then names are IDs. Returns 0 and *ret, to be freed with
 * asker_names_close(), or -ENOMEM.
 */
int asker_names_open(const char *root, struct asker_names **ret);

/* Sets the names of the snapshot's askers; `now_ns`: of the monotonic clock. */
void asker_names_lookup(struct asker_names *names, struct snapshot *snapshot, __u64 now_ns);

/* Lets the next lookup walk, however long ago the last walk was: for the end of a run. */
void asker_names_allow_walk(struct asker_names *names);

void asker_names_close(struct asker_names *names); /* NULL is fine */

#endif
