/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * An unreachable as a line of a log, in tcpdump's own form (-n), for readers who know that form.
 * Lengths and flags are not in a sample, so they are left out.
 */
#ifndef REPORT_TCPDUMP_LINE_H
#define REPORT_TCPDUMP_LINE_H

#include "util/buffer.h"
#include "health/incident.h"

/* "13:24:36.098564 IP R > C: ICMP R udp port 53 unreachable", no newline. */
void tcpdump_line_write(struct buffer *out, const struct incident_message *message);

/* The query that it quotes, as -v shows it: "C.52444 > R.53: 35084 A? name." or nothing. */
void tcpdump_line_write_query(struct buffer *out, const struct incident_message *message);

#endif
