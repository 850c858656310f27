/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The maps about stacked interfaces (VLAN on Ethernet, port of a bridge or bond): whose tagged
 * packets the engine skips, and which interface has the addresses of a port. Only attached
 * interfaces are in them; attach.c marks those as chosen.
 */
#ifndef DATAPATH_STACKED_H
#define DATAPATH_STACKED_H

#include "datapath/attach.h"
#include "datapath/links.h"

/* Inserts the entries of the chosen links; before attaching. Returns 0 or the first -errno. */
int stacked_maps_insert(const struct attach_maps *maps, const struct link_list *links);

/* Removes the entries of no chosen link; after attaching. */
void stacked_maps_prune(const struct attach_maps *maps, const struct link_list *links);

#endif
