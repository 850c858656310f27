/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The protocols that tcpdump names in a line: those around IP, before the two sides, and those
 * beside UDP and ICMP, behind them. They tell other traffic from lines that cannot be read.
 */
#ifndef CAPTURE_TCPDUMP_PROTOCOLS_H
#define CAPTURE_TCPDUMP_PROTOCOLS_H

/* Skip interface and direction of `eth0  Out IP ...`. Returns where the text goes on. */
const char *text_behind_interface(const char *text);

/* `eth0 IP `, without a direction */
int text_is_interface_and_ip(const char *text);

/* Is the first word one of a line about IP, or about a protocol that carries IP? */
int text_has_ip_head(const char *text);

/* Is the first word one of a line about another protocol, where no two sides are named? */
int text_has_other_head(const char *text);

/* A line without two addresses: is it of another protocol that tcpdump names? */
int text_is_other_protocol(const char *text);

/* Is `text`, behind two sides with ports, of other traffic on a port of DNS? */
int text_is_other_on_port(const char *text);

/* Is `text`, behind two sides without ports, of another protocol than UDP and ICMP errors? */
int text_is_other_transport(const char *text);

#endif
