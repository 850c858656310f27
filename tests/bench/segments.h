/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What segments of DNS over TCP and over TLS cost. */
#ifndef SEGMENTS_H
#define SEGMENTS_H

#include "datapath/loader.h"
#include "into.h"

/*
 * Prints the rows, over an empty program and as times what a query over UDP takes (`query`, ns).
 * Refuses to when the engine has not counted each connection and message.
 */
void measure_segments(struct bench *b, const struct loader *loader,
		      const struct engine_config *config, double query);

#endif
