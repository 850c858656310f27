// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * One line of tcpdump from its time to its end: interface and link layer (-e), IP header (-v), the
 * two sides, and which of DNS, ICMP and other traffic it is. Between the time and the sides stands
 * what the link layer prints: Ethernet, VLAN, PPPoE, MPLS, PPP, loopback, cooked, NFLOG, pflog,
 * pktap. The grammar takes the first two addresses with a `>` between them as the sides, so that
 * none of these needs a case of its own; the outer header of a tunnel comes first.
 */
#include "capture/tcpdump_entry.h"

#include "capture/tcpdump_foreign.h"
#include "capture/tcpdump_protocols.h"
#include "util/address.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

int text_port_is_watched(const struct text_ports *ports, __u16 port)
{
	size_t i;

	for (i = 0; i < ports->count; i++) {
		if (port && ports->ports[i] == port)
			return 1;
	}
	return 0;
}

int text_tcp_port_is_watched(const struct text_ports *ports, __u16 port)
{
	return port == DOT_PORT || text_port_is_watched(ports, port);
}

const char *text_fault_sentence(enum text_fault reason)
{
	static const char *const sentences[FAULT_MAX] = {
		[FAULT_NONE] = "",
		[FAULT_PROSE] = "is not a line of tcpdump output",
		[FAULT_WORDS] = "speaks of DNS or ICMP, but is not a line of tcpdump output",
		[FAULT_TIME] = "has a time, but is not a line of tcpdump output",
		[FAULT_NO_TIME] = "has no time: print it with tcpdump -n, without -t",
		[FAULT_NAMES] = "has no two addresses as numbers: print it with tcpdump -n",
		[FAULT_NO_SIDES] = "names no two addresses",
		[FAULT_TSHARK] = "is a line of tshark: give the capture itself",
		[FAULT_TABLE] =
			"is a row of a table, as of tshark -T fields: give the capture itself",
		[FAULT_VERSIONS] = "goes from one version of IP to the other",
		[FAULT_UNDECODED] =
			"is not decoded: print it with tcpdump -n -T domain, without -q",
		[FAULT_NOT_DNS] = "is on a DNS port, but neither a query nor a response",
		[FAULT_CUT] = "is cut before its end: print it with tcpdump -n -s 0",
		[FAULT_ICMP] = "is an ICMP message in a form that is not known",
		[FAULT_PROTOCOL] = "is of a protocol that is not known",
		[FAULT_TUNNEL] = "holds a DNS packet in another protocol, which is not looked into",
		[FAULT_NO_QUOTE] = "does not say what it is about: print it with tcpdump -n -x",
		[FAULT_NO_PORT] =
			"names no port, and the client also sent other packets to that address",
		[FAULT_FOLD] = "can be read in two ways where it is wrapped",
		[FAULT_FURTHER] = "holds a further line, which cannot be read",
		[FAULT_QUOTE] = "shows a quote that cannot be read: it is counted without",
	};

	return sentences[reason];
}

/* ---- between the time and the sides ------------------------------------------------------- */

/* The name of `eth0  Out IP ...` (-i any), `(en0, proc dig:1, out) IP` (pktap), `on em0:` (pflog).
 */
static void read_interface(const char *head, char name[INTERFACE_NAME_SIZE])
{
	size_t length = strcspn(head, " ");
	const char *second = head + length + strspn(head + length, " "), *found;

	if (text_behind_interface(head) > second || text_is_interface_and_ip(head)) {
		snprintf(name, INTERFACE_NAME_SIZE, "%.*s", (int)length, head);
	} else if (*head == '(' && strchr(head, ',') && !lexer_behind(head, "(tos ")) {
		snprintf(name, INTERFACE_NAME_SIZE, "%.*s", (int)strcspn(head + 1, ", )"),
			 head + 1);
	} else if (lexer_behind(head, "rule ")) {
		found = strstr(head, " on ");
		if (found)
			snprintf(name, INTERFACE_NAME_SIZE, "%.*s", (int)strcspn(found + 4, ": "),
				 found + 4);
	}
}

/*
 * `00:00:5e:00:53:01 > `, `0:0:5e:0:53:1 0:0:5e:...`, `192.0.2.1.53 > `, `2001:db8::1.53 > `, but
 * no time.
 */
static int is_address_word(const char *text)
{
	size_t length = strspn(text, "0123456789abcdefABCDEF.:"), i;
	size_t dots = 0, colons = 0;
	struct text_stamp stamp;

	if (text_stamp_parse(text, &stamp))
		return 0;
	for (i = 0; i < length; i++) {
		dots += text[i] == '.';
		colons += text[i] == ':';
	}
	return dots >= 3 || colons >= 2;
}

int text_entry_begins(const char *text)
{
	const char *behind = text_behind_interface(text), *sign;
	struct text_stamp stamp;
	struct sides sides;

	if (text_stamp_parse(text, &stamp)) /* that was the time of a log */
		return 0;
	if (!*text || !strcmp(text, "IP") || !strcmp(text, "IP6") || !strcmp(text, "AF"))
		return 1;
	if (text_has_ip_head(behind) || text_has_other_head(behind))
		return 1;
	if (is_address_word(behind))
		return 1;
	if (behind != text || text_is_interface_and_ip(text))
		return 1;
	sign = strchr(text, '>');
	if (*text == '(' && sign)
		return 1;
	if (strstr(text, " Mb/s ") || strstr(text, " MHz ") ||
	    lexer_behind(text + strspn(text, "0123456789"), "us ")) /* radiotap */
		return 1;
	return sign && sign - text < 100 && lexer_sides(text, &sides) == SIDES_NAMES;
}

/* Skip `(tos 0x0, ttl 64, ...)` of -v. */
static const char *behind_parentheses(const char *text)
{
	const char *at;
	int depth = 0;

	text += strspn(text, " ");
	if (*text != '(')
		return text;
	for (at = text; *at; at++) {
		depth += (*at == '(') - (*at == ')');
		if (!depth)
			return at + 1;
	}
	return at;
}

/* ---- what it is --------------------------------------------------------------------------- */

static int is_icmp(const char *text, int version)
{
	if (version == 6)
		return lexer_behind(text, "ICMP6") || lexer_behind(text, "icmp6") ||
		       lexer_behind(text, "[icmp6") || lexer_behind(text, "[bad icmp6");
	return lexer_behind(text, "ICMP") || lexer_behind(text, "icmp");
}

/* Is it an ICMP error that names a watched UDP port? */
static int is_icmp_about_dns(const char *text, int version, const struct text_ports *ports)
{
	struct text_icmp icmp;
	const char *behind;

	return is_icmp(text, version) &&
	       text_icmp_parse(text, version, &icmp, &behind) == ICMP_ERROR &&
	       text_port_is_watched(ports, icmp.port);
}

/* Is the packet that a tunnel carries, `IP 192.0.2.1.53 > ...`, about a watched port? */
static int has_dns_inside(const char *text, const struct text_ports *ports)
{
	struct sides inner;

	return lexer_sides(text, &inner) == SIDES_NUMBERS &&
	       (text_port_is_watched(ports, inner.named_from) ||
		text_port_is_watched(ports, inner.named_to) ||
		is_icmp_about_dns(inner.behind, inner.from.version, ports));
}

/* 224.0.0.0/4 (RFC 5771), ff00::/8 (RFC 4291, 2.7) */
static int is_multicast(const struct endpoint *e)
{
	const __u8 *bytes = (const __u8 *)&e->address;

	return e->version == 4 ? bytes[12] >> 4 == 14 : bytes[0] == 0xff;
}

/*
 * Parse what stands behind two sides whose ports are not watched. A query to a port of a single
 * address is one to a resolver, unlike those of mDNS (RFC 6762) and LLMNR (RFC 4795).
 */
static enum text_fault read_other_ports(const char *text, const struct text_ports *ports,
					struct text_entry *e)
{
	struct text_dns dns;

	if (has_dns_inside(text, ports)) {
		e->is_about_dns = 1;
		return FAULT_TUNNEL;
	}
	if (e->from.port != e->to.port && !is_multicast(&e->to) && !text_is_other_on_port(text) &&
	    text_dns_parse(text, 1, &dns) == FAULT_NONE && dns.question_length &&
	    !(dns.flags & 0x80))
		e->unwatched_port = e->to.port;
	return FAULT_NONE;
}

/*
 * Parses a segment of TCP that opens a connect, or answers one. Returns 0 when it is none. A SYN
 * without its number is cut.
 */
static int read_connect(const char *text, const struct text_ports *ports, struct text_entry *e,
			enum text_fault *fault)
{
	int opens, answers;

	if (!text_tcp_parse(text, &e->tcp))
		return 0;
	opens = text_tcp_port_is_watched(ports, e->to.port) && text_tcp_opens(&e->tcp);
	answers = text_tcp_port_is_watched(ports, e->from.port) && text_tcp_answers(&e->tcp);
	if (!opens && !answers)
		return 0;
	*fault = FAULT_NONE;
	e->kind = TEXT_CONNECT;
	if (opens ? e->tcp.has_sequence : e->tcp.has_acknowledgment)
		return 1;
	e->kind = TEXT_OTHER;
	e->is_about_dns = 1;
	*fault = FAULT_CUT;
	return 1;
}

static enum text_fault read_dns_side(const char *text, const struct text_ports *ports,
				     struct text_entry *e)
{
	int to_resolver = text_port_is_watched(ports, e->to.port);
	enum text_fault reason;

	if (read_connect(text, ports, e, &reason))
		return reason;
	if (!to_resolver && !text_port_is_watched(ports, e->from.port))
		return read_other_ports(text, ports, e);
	if (text_is_other_on_port(text))
		return FAULT_NONE;
	reason = text_dns_parse(text, to_resolver, &e->dns);
	if (reason == FAULT_NONE)
		e->kind = TEXT_DNS;
	else
		e->is_about_dns = 1;
	e->holds_further = has_dns_inside(text, ports);
	return reason;
}

/*
 * Parse `53 > 51851: 40849*- ...`, which stands behind the extension headers of IPv6. Of a later
 * fragment the ports are not there.
 */
static enum text_fault read_ports(const char *text, const struct text_ports *ports,
				  struct text_entry *e)
{
	char from[WORD_SIZE], sign[WORD_SIZE], to[WORD_SIZE];
	const char *at = lexer_word(text, from), *end;

	if (!at || !isalnum((unsigned char)from[0]))
		return FAULT_NONE;
	at = lexer_word(at, sign);
	if (!at || strcmp(sign, ">"))
		return FAULT_NONE;
	end = lexer_word(at, to);
	if (!end || to[strlen(to) - 1] != ':')
		return FAULT_NOT_DNS;
	to[strlen(to) - 1] = '\0';
	e->from.port = lexer_port(from);
	e->to.port = lexer_port(to);
	return read_dns_side(end + strspn(end, " "), ports, e);
}

/*
 * Skip `HBH `, `DSTOPT (padn)`, `RT6 (len=2, ...) `: the extension headers of IPv6 (RFC 8200, 4.1)
 * before the ports. Returns where the text goes on.
 */
static const char *skip_extensions(const char *text)
{
	static const char *const names[] = {"HBH ", "DSTOPT ", "RT6 ", "srcrt ", NULL};
	const char *const *name, *at, *end;

	for (name = names; *name;) {
		at = lexer_behind(text, *name);
		if (!at) {
			name++;
			continue;
		}
		for (; *at == '('; at = end + 1 + strspn(end + 1, " ")) {
			end = strchr(at, ')');
			if (!end)
				return text;
		}
		text = at;
		name = names;
	}
	return text;
}

static const char *find_quote(const char *text)
{
	static const char *const beginnings[] = {" IP (",    " IP6 (",	" (tos ", " (flowlabel ",
						 " (class ", " (hlim ", NULL};
	const char *const *b, *found, *first = NULL;

	for (b = beginnings; *b; b++) {
		found = strstr(text, *b);
		if (found && (!first || found < first))
			first = found;
	}
	return first ? strchr(first, '(') : NULL;
}

/* Parses a quoted SYN to a DNS port. Returns 0 when it is none. */
static int read_quoted_syn(const char *text, const struct text_ports *ports, struct text_entry *e)
{
	if (!text_tcp_port_is_watched(ports, e->quoted_to.port) || !text_tcp_parse(text, &e->tcp) ||
	    !text_tcp_opens(&e->tcp) || !e->tcp.has_sequence)
		return 0;
	e->icmp.is_about_tcp = 1;
	e->quote = QUOTE_WHOLE;
	e->is_weak = 0;
	return 1;
}

/* Parse the packet that ICMP quotes (-v): `... IP (tos ...) a > b: ...`, with -e without `IP`. */
static void read_quote(const char *text, const struct text_ports *ports, struct text_entry *e)
{
	const char *quote = find_quote(text);
	enum text_fault fault;
	struct sides sides;

	if (!quote) {
		e->holds_further = has_dns_inside(text, ports);
		return;
	}
	quote = behind_parentheses(quote);
	e->is_weak = 1;
	if (lexer_sides(quote, &sides) != SIDES_NUMBERS || sides.from.version != e->version ||
	    sides.to.version != e->version)
		return;
	if (!sides.from.port || !sides.to.port) {
		if (text_is_other_transport(sides.behind) &&
		    strncasecmp(sides.behind, "udp", 3) != 0)
			e->kind = TEXT_OTHER;
		return;
	}
	e->quoted_from = sides.from;
	e->quoted_to = sides.to;
	if (read_quoted_syn(sides.behind, ports, e))
		return;
	fault = text_dns_parse(sides.behind, 1, &e->dns);
	e->is_weak = fault != FAULT_NONE && fault != FAULT_CUT;
	e->quote = fault ? QUOTE_SHORT : QUOTE_WHOLE;
	if (text_is_other_on_port(sides.behind) || !text_port_is_watched(ports, sides.to.port)) {
		e->kind = TEXT_OTHER;
		e->is_weak = 0;
	}
}

static enum text_fault read_icmp(const char *text, const struct text_ports *ports,
				 struct text_entry *e)
{
	const char *behind = text;
	enum icmp_kind kind = text_icmp_parse(text, e->version, &e->icmp, &behind);

	e->is_about_dns = kind == ICMP_UNKNOWN;
	e->is_icmp_error = kind == ICMP_ERROR || e->icmp.version;
	if (kind == ICMP_UNKNOWN)
		return strstr(text, "[|icmp") ? FAULT_CUT : FAULT_ICMP;
	if (kind == ICMP_OTHER)
		return FAULT_NONE;
	if (e->icmp.port && !(e->icmp.is_about_tcp ? text_tcp_port_is_watched
						   : text_port_is_watched)(ports, e->icmp.port))
		return FAULT_NONE;
	e->kind = TEXT_ICMP;
	read_quote(behind, ports, e);
	return FAULT_NONE;
}

/* Parse a line whose two sides are addresses. */
static enum text_fault read_sides(const struct sides *sides, const struct text_ports *ports,
				  struct text_entry *e)
{
	const char *text = skip_extensions(sides->behind), *end;

	e->from = sides->from;
	e->to = sides->to;
	e->version = e->from.version;
	if (e->to.version != e->version) {
		e->is_about_dns = 1;
		return FAULT_VERSIONS;
	}
	if (e->from.port && e->to.port)
		return read_dns_side(text, ports, e);
	if (is_icmp(text, e->version))
		return read_icmp(text, ports, e);
	if (lexer_behind(text, "frag (") && e->version == 6) {
		end = strchr(text, ')');
		return end ? read_ports(end + 1, ports, e) : FAULT_CUT;
	}
	if (text != sides->behind && isdigit((unsigned char)*text))
		return read_ports(text, ports, e);
	e->is_about_dns = lexer_has_dns_words(text) || has_dns_inside(text, ports);
	if (!text_is_other_transport(text))
		return e->is_about_dns && lexer_behind(text, "IP") ? FAULT_TUNNEL : FAULT_PROTOCOL;
	return e->is_about_dns ? FAULT_TUNNEL : FAULT_NONE;
}

/* A line with names: is it about DNS, so that it is lost? */
static int is_named_dns(const char *text, const struct sides *sides, const struct text_ports *ports)
{
	if (text_port_is_watched(ports, sides->named_from) ||
	    text_port_is_watched(ports, sides->named_to))
		return !text_is_other_on_port(sides->behind);
	if (sides->named_from && sides->named_to && !lexer_has_dns_words(sides->behind))
		return 0;
	return lexer_has_dns_words(text) && !lexer_behind(sides->behind, "ICMP echo") &&
	       !lexer_behind(sides->behind, "ICMP6, ") && !text_is_other_on_port(sides->behind);
}

static int is_about_port(const struct sides *sides, const struct text_ports *ports)
{
	return text_port_is_watched(ports, sides->named_from) ||
	       text_port_is_watched(ports, sides->named_to);
}

/* Is there an address with a watched port among the words, though no two sides are? */
static int has_watched_endpoint(const char *text, const struct text_ports *ports)
{
	char word[WORD_SIZE];

	while ((text = lexer_word(text, word))) {
		if (text_port_is_watched(ports, lexer_port_of_endpoint(word)))
			return 1;
	}
	return 0;
}

static const enum text_fault foreign_faults[] = {
	[FOREIGN_NONE] = FAULT_NONE,
	[FOREIGN_TSHARK] = FAULT_TSHARK,
	[FOREIGN_TABLE] = FAULT_TABLE,
};

/* A line without two addresses as numbers. */
static enum text_fault read_without_sides(const char *text, enum sides_kind kind,
					  const struct sides *sides, const struct text_ports *ports,
					  struct text_entry *e)
{
	enum foreign_kind foreign = text_foreign_kind(text, kind, sides, &e->is_about_dns);

	if (foreign != FOREIGN_NONE)
		return foreign_faults[foreign];
	if (kind == SIDES_NAMES && is_named_dns(text, sides, ports)) {
		e->is_about_dns = 1;
		return FAULT_NAMES;
	}
	if (kind != SIDES_ARROW && text_is_other_protocol(text) &&
	    !has_watched_endpoint(text, ports) && !strstr(text, " unreachable"))
		return FAULT_NONE;
	if (kind == SIDES_NAMES && sides->has_colon)
		return text_has_ip_head(text_behind_interface(text)) ||
				       text_is_other_on_port(sides->behind)
			       ? FAULT_NONE
			       : FAULT_TIME;
	e->is_about_dns = lexer_has_dns_words(text) || is_about_port(sides, ports) ||
			  has_watched_endpoint(text, ports);
	return e->is_about_dns || text_has_ip_head(text_behind_interface(text)) || strchr(text, '>')
		       ? FAULT_NO_SIDES
		       : FAULT_TIME;
}

/* Is what stands right before the sides the end of a header: `IP`, `length 68:`, `(tos ...)`? */
static int is_head_end(const char *text, const char *begin)
{
	static const char *const words[] = {"IP ", "IP6 ", "In ", "Out ", NULL};
	const char *word;

	while (begin > text && begin[-1] == ' ')
		begin--;
	if (begin == text || strchr(":),!]", begin[-1]))
		return 1;
	for (word = begin; word > text && word[-1] != ' '; word--)
		;
	return !!lexer_begins_with(word, words);
}

enum text_fault text_entry_parse(const char *line, const struct text_ports *ports,
				 struct text_entry *e)
{
	enum sides_kind kind;
	struct sides sides;
	const char *text;

	memset(e, 0, sizeof(*e));
	text = text_stamp_parse(line + (*line == '-'), &e->stamp);
	if (!text) {
		e->is_about_dns = lexer_sides(line, &sides) == SIDES_NUMBERS &&
				  (is_about_port(&sides, ports) || lexer_has_dns_words(line));
		return e->is_about_dns ? FAULT_NO_TIME : FAULT_PROSE;
	}
	e->stamp.is_negative = *line == '-';
	kind = lexer_sides(text, &sides);
	read_interface(text, e->interface);
	if (kind >= SIDES_NAMES && kind != SIDES_ARROW && !is_head_end(text, sides.begin)) {
		e->is_about_dns = is_about_port(&sides, ports) || lexer_has_dns_words(text);
		return FAULT_NO_SIDES;
	}
	if (kind == SIDES_NUMBERS && text_entry_begins(text))
		return read_sides(&sides, ports, e);
	if (kind == SIDES_NUMBERS) {
		e->is_about_dns = is_about_port(&sides, ports) || lexer_has_dns_words(text);
		return FAULT_PROTOCOL;
	}
	return read_without_sides(text, kind, &sides, ports, e);
}

/* ---- lines that are no entries ------------------------------------------------------------ */

/* `35084+ A? example.org. (29)`, `192.0.2.53.53: 35084+ A?`: the first half is elsewhere. */
static int is_rest_of_message(const char *line)
{
	const char *colon = strstr(line, ": ");
	struct text_dns dns;

	return text_dns_parse(line, 1, &dns) == FAULT_NONE ||
	       (colon && text_dns_parse(colon + 2, 1, &dns) == FAULT_NONE);
}

enum text_fault text_loose_fault(const char *line, const struct text_ports *ports,
				 int *is_about_dns)
{
	int has_words = lexer_has_dns_words(line), has_time;
	enum sides_kind kind;
	enum foreign_kind foreign;
	struct text_stamp stamp;
	struct sides sides;
	const char *end;

	kind = lexer_sides(line, &sides);
	has_time = text_stamp_find(line, 0, &stamp, &end) >= 0;
	foreign = text_foreign_kind(line, kind, &sides, is_about_dns);
	if (foreign != FOREIGN_NONE)
		return foreign_faults[foreign];
	if (kind == SIDES_NUMBERS || (kind == SIDES_NAMES && text_has_ip_head(line))) {
		*is_about_dns = is_about_port(&sides, ports) ||
				(!sides.from.port && is_icmp(sides.behind, 4) && has_words) ||
				(!sides.from.port && is_icmp(sides.behind, 6) && has_words);
		if (has_time && stamp.has_fraction)
			return FAULT_PROTOCOL; /* what stands before the sides is not known */
		return kind == SIDES_NUMBERS || *is_about_dns ? FAULT_NO_TIME : FAULT_PROSE;
	}
	if (has_time && (stamp.has_fraction || has_words)) {
		*is_about_dns = has_words && stamp.has_fraction;
		return FAULT_TIME;
	}
	if (has_words) {
		*is_about_dns = is_rest_of_message(line);
		return FAULT_WORDS;
	}
	return has_time ? FAULT_TIME : FAULT_PROSE;
}

/* ---- where a line ends -------------------------------------------------------------------- */

static int is_balanced(const char *text)
{
	int depth = 0;

	for (; *text; text++)
		depth += (*text == '(') - (*text == ')');
	return depth <= 0;
}

int text_entry_is_complete(const char *line)
{
	static const char unreachable[] = "unreachable";
	size_t length = strlen(line), at;
	struct sides sides;
	int bracket;

	while (length && line[length - 1] == ' ')
		length--;
	if (length < sizeof(unreachable))
		return 0;
	at = length;
	bracket = line[at - 1] == ')';
	at -= (size_t)bracket;
	while (at && isdigit((unsigned char)line[at - 1]))
		at--;
	if (at < length - (size_t)bracket)
		bracket = bracket ? at && line[at - 1] == '('
				  : at >= 8 && !memcmp(line + at - 8, " length ", 8);
	else
		bracket = line[length - 1] == ']' && memmem(line, length, "[|", 2);
	if (!bracket && memcmp(line + length + 1 - sizeof(unreachable), unreachable,
			       sizeof(unreachable) - 1) != 0)
		return 0;
	return is_balanced(line) && lexer_sides(line, &sides) >= SIDES_NAMES;
}
