/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the engine must know of interfaces that lie on each other: whose tagged packets to skip, and
 * where the addresses of a port live. Only attached interfaces are entered; attach.c marks them
 * as chosen.
 */
#ifndef DATAPATH_STACKED_H
#define DATAPATH_STACKED_H

#include "datapath/attach.h"
#include "datapath/links.h"

/* Before attaching: enter what the chosen links give. Returns 0 or the first -errno. */
int stacked_enter(const struct attach_maps *maps, const struct links *links);

/* Afterwards: remove what no chosen link gives. */
void stacked_prune(const struct attach_maps *maps, const struct links *links);

#endif
