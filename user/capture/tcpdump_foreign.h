/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Lines that another program than tcpdump has printed of packets: tshark, Wireshark, tables. */
#ifndef CAPTURE_TCPDUMP_FOREIGN_H
#define CAPTURE_TCPDUMP_FOREIGN_H

#include "capture/tcpdump_lexer.h"

enum foreign_kind { FOREIGN_NONE, FOREIGN_TSHARK, FOREIGN_TABLE };

/*
 * Tell which other program a line is of. `sides`: those that lexer_sides() found in it, of `kind`.
 * Returns the program; in *is_about_dns, 1 when the line is about DNS or ICMP.
 */
enum foreign_kind text_foreign_kind(const char *line, enum sides_kind kind,
				    const struct sides *sides, int *is_about_dns);

#endif
