/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * An ICMP unreachable as a line in the form of `tcpdump -n`. Lengths and flags are missing: a
 * sample does not hold them.
 */
#ifndef VIEW_TCPDUMP_LINE_H
#define VIEW_TCPDUMP_LINE_H

#include "util/buffer.h"
#include "health/incident.h"

/* Writes "13:24:36.098564 IP R > C: ICMP R udp port 53 unreachable", without a line end. */
void tcpdump_line_write(struct buffer *out, const struct incident_message *message);

/*
 * Writes the query that it quotes, as `tcpdump -v` does: "C.52444 > R.53: 35084 A? name."; nothing
 * when it quotes too little.
 */
void tcpdump_line_write_query(struct buffer *out, const struct incident_message *message);

#endif
