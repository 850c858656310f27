/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Says to other processes of this network namespace which BPF programs are of dnsreach. The kernel
 * tells the ID of a program on a hook to anyone, but its name only to CAP_SYS_ADMIN. So each
 * process binds an abstract Unix socket with the ID in its name, and needs no file and no message.
 * A process that claims the ID of another program only hides a warning.
 */
#ifndef DATAPATH_PROGRAM_NAMES_H
#define DATAPATH_PROGRAM_NAMES_H

#include <linux/types.h>
#include <stdbool.h>

/* Claims the program for dnsreach until the returned descriptor is closed; -1: it cannot. */
int program_claim(__u32 id);

/* Returns true when a process of dnsreach has claimed the program. */
bool program_is_claimed(__u32 id);

#endif
