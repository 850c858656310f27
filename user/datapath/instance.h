/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * One instance a network namespace may keep filters on clsact: they carry the same handle, so a
 * second one would take over the first one's. TCX needs no such lock.
 */
#ifndef DATAPATH_INSTANCE_H
#define DATAPATH_INSTANCE_H

/*
 * Returns an fd to close() in the end, or -errno after a message (-EBUSY: another instance runs).
 * The lock ends with the process, however it ends.
 */
int instance_lock(void);

#endif
