/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The grammar: one logical line of tcpdump's text to an entry. It knows no other line, and makes no
 * packet.
 */
#ifndef CAPTURE_TCPDUMP_ENTRY_H
#define CAPTURE_TCPDUMP_ENTRY_H

#include "capture/tcpdump_lexer.h"
#include "capture/tcpdump_tcp.h"
#include "capture/tcpdump_time.h"

#define QUESTION_BYTES 259 /* a name of 255 bytes, type, class (RFC 1035, 4.1.2) */

struct text_dns {
	__u16 id;
	__u8 flags, rcode;     /* the third and the fourth byte of the header */
	__u16 question_length; /* 0: the question is not known */
	__u8 question[QUESTION_BYTES];
	int is_name_joined; /* the name was put together of several words */
};

/* Facts in an ICMP error about a packet that it does not show. */
struct text_icmp {
	__u8 type, code;
	__u8 version; /* of `resolver`: where the packet went; 0: the line does not say */
	__u16 port;   /* UDP port it went to; 0: the line does not say */
	__u32 mtu;
	int is_about_tcp; /* `port` is a TCP port */
	int is_cut;	  /* the type is known, the rest of the message was not captured */
	struct ip_address resolver;
};

enum text_kind {
	TEXT_OTHER, /* known other traffic */
	TEXT_DNS,
	TEXT_ICMP,
	TEXT_CONNECT, /* a SYN to a DNS port, or what answers one */
};

enum text_quote { QUOTE_NONE, QUOTE_SHORT, QUOTE_WHOLE };

/* Why a line is no entry. */
enum text_fault {
	FAULT_NONE,
	FAULT_PROSE,
	FAULT_WORDS,
	FAULT_TIME,
	FAULT_NO_TIME,
	FAULT_NAMES,
	FAULT_NO_SIDES,
	FAULT_TSHARK,
	FAULT_TABLE,
	FAULT_VERSIONS,
	FAULT_UNDECODED,
	FAULT_NOT_DNS,
	FAULT_CUT,
	FAULT_ICMP,
	FAULT_PROTOCOL,
	FAULT_TUNNEL,
	FAULT_NO_QUOTE,
	FAULT_NO_PORT,
	FAULT_FOLD,
	FAULT_FURTHER,
	FAULT_QUOTE,
	FAULT_MAX,
};

struct text_entry {
	struct text_stamp stamp;
	int version; /* of IP: 4, 6 */
	enum text_kind kind;
	struct endpoint from, to;
	struct text_dns dns; /* of an ICMP message: the quoted one, where the text shows it (-v) */
	struct text_icmp icmp;
	struct text_tcp tcp; /* of an ICMP message: of the SYN that it quotes */
	enum text_quote quote;
	struct endpoint quoted_from, quoted_to;
	char interface[INTERFACE_NAME_SIZE]; /* empty: not named */
	__u16 unwatched_port;		     /* TEXT_OTHER: a DNS query went there; 0: none */
	int is_icmp_error; /* no further ICMP error is about it (RFC 1122, 3.2.2) */
	int holds_further; /* two more sides stand behind it: a line that is lost */
	int is_weak;	   /* a quote is shown, but cannot be read */
	int is_about_dns; /* of a line that is no entry: it is one about DNS or ICMP that is lost */
};

struct text_ports {
	const __u16 *ports; /* host order */
	size_t count;
};

int text_port_is_watched(const struct text_ports *ports, __u16 port);

/* Tests a TCP port: also that of DNS over TLS (RFC 7858, 3.1). */
int text_tcp_port_is_watched(const struct text_ports *ports, __u16 port);

/* Parse a line from its time on. Returns why it is no entry; *e has the time in any case. */
enum text_fault text_entry_parse(const char *line, const struct text_ports *ports,
				 struct text_entry *e);

/* Tell why a line without a time of tcpdump is no entry, and whether it is one that is lost. */
enum text_fault text_loose_fault(const char *line, const struct text_ports *ports,
				 int *is_about_dns);

/* The sentence for a reason, which goes on behind the quoted line. */
const char *text_fault_sentence(enum text_fault reason);

/* Does what stands behind a time look like the beginning of a line of tcpdump? */
int text_entry_begins(const char *text);

/* Is a line, as far as it goes, at its end: `(24)`, `length 254`, and no bracket is open? */
int text_entry_is_complete(const char *line);

/* The parts of the grammar. */

/* `to_resolver`: what has lost its end is a query. Returns FAULT_NONE or why it is no message. */
enum text_fault text_dns_parse(const char *text, int to_resolver, struct text_dns *dns);

enum icmp_kind {
	ICMP_OTHER,   /* known, and no error about UDP */
	ICMP_ERROR,   /* *icmp is filled */
	ICMP_UNKNOWN, /* in a form that is not known */
};

/* Parse an ICMP message from the word `ICMP` or `icmp` on; *behind: where a quote may begin. */
enum icmp_kind text_icmp_parse(const char *text, int version, struct text_icmp *icmp,
			       const char **behind);

#endif
