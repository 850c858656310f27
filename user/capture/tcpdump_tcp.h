/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A segment of TCP as tcpdump prints it: `Flags [S.], seq 7, ack 9, win 64240, length 0`. */
#ifndef CAPTURE_TCPDUMP_TCP_H
#define CAPTURE_TCPDUMP_TCP_H

#include <dnsreach.h>

/* Bits of the flags (RFC 9293, 3.1). */
#define TEXT_FIN 0x01
#define TEXT_SYN 0x02
#define TEXT_RST 0x04
#define TEXT_PSH 0x08
#define TEXT_ACK 0x10
#define TEXT_URG 0x20
#define TEXT_ECE 0x40
#define TEXT_CWR 0x80

struct text_tcp {
	__u8 flags;
	int has_sequence, has_acknowledgment;
	__u32 sequence, acknowledgment; /* as the text has them: relative ones of a known stream */
};

/*
 * Parses what stands behind the two sides, also as tcpdump before 4.0 prints it:
 * `S 7:7(0) ack 9 win 64240`. Returns 1, or 0: it is no segment of TCP.
 */
int text_tcp_parse(const char *text, struct text_tcp *ret);

/* Tests for a SYN of a client. */
int text_tcp_opens(const struct text_tcp *tcp);

/* Tests for what may answer a SYN: a SYN-ACK, or an RST that acknowledges. */
int text_tcp_answers(const struct text_tcp *tcp);

#endif
