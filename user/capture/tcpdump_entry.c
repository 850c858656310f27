// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * One line of tcpdump from its time to its end: interface and link layer (-e), IP header (-v), the
 * two sides, and which of DNS, ICMP and other traffic it is. Between the time and the sides stands
 * what the link layer prints: Ethernet, VLAN, PPPoE, MPLS, PPP, loopback, cooked, NFLOG, pflog,
 * pktap. The grammar takes the first two addresses with a `>` between them as the sides, so that
 * none of these needs a case of its own; the outer header of a tunnel comes first.
 */
#include "capture/tcpdump_entry.h"

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
		[FAULT_VERSIONS] = "goes from one version of IP to the other",
		[FAULT_UNDECODED] =
			"is not decoded: print it with tcpdump -n -T domain, without -q",
		[FAULT_NOT_DNS] = "is on a DNS port, but neither a query nor a response",
		[FAULT_CUT] = "is cut before its end: print it with tcpdump -n -s 0",
		[FAULT_ICMP] = "is an ICMP message in a form that is not known",
		[FAULT_PROTOCOL] = "is of a protocol that is not known",
		[FAULT_TUNNEL] = "holds a DNS packet in another protocol, which is not looked into",
		[FAULT_FOLD] = "can be read in two ways where it is wrapped",
		[FAULT_QUOTE] = "shows a quote that cannot be read: it is counted without",
	};

	return sentences[reason];
}

/* ---- between the time and the sides ------------------------------------------------------- */

static const char *const directions[] = {"In ", "Out ", "B ", "M ", "P ", NULL};

/* The name of an interface (IFNAMSIZ): it begins with a letter. */
static int is_interface(const char *text)
{
	size_t length = strcspn(text, " ");

	return isalpha((unsigned char)*text) && length > 1 && length < INTERFACE_NAME_SIZE;
}

/* `eth0 IP `, without a direction */
static int is_interface_and_ip(const char *text)
{
	size_t length = strcspn(text, " ");
	const char *second = text + length + strspn(text + length, " ");

	return is_interface(text) && islower((unsigned char)*text) &&
	       (lexer_behind(second, "IP ") || lexer_behind(second, "IP6 "));
}

/* The first word of a line about IP, or about a protocol that carries IP. */
static const char *const ip_heads[] = {
	"IP ",	  "IP6 ",	   "IP: ",  "IP6: ",	  "ip: ",
	"ip6: ",  "AF IPv",	   "MPLS ", "PPPoE ",	  "rule ",
	"vlan ",  "ff 03 ",	   "ff03 ", "PPP-",	  "version 0, resource",
	"802.1Q", "In ",	   "Out ",  "B ",	  "M ",
	"P ",	  "truncated-ip",  "IP-",   "ethertype ", "Bridge ",
	"QinQ ",  "GeoNetworking", NULL};

/* The first word of a line about another protocol, where no two sides are named. */
static const char *const other_heads[] = {"ARP, ",
					  "arp ",
					  "RARP, ",
					  "rarp ",
					  "Reverse ",
					  "Request who-has",
					  "Reply ",
					  "STP ",
					  "LLDP",
					  "CDPv",
					  "802.1",
					  "802.3",
					  "IS-IS",
					  "EAPOL",
					  "EAP ",
					  "LACPv",
					  "LLC",
					  "SNAP",
					  "Loopback",
					  "Unknown SSAP",
					  "MARKER",
					  "UDLDv",
					  "VTPv",
					  "DTPv",
					  "IPX ",
					  "AT ",
					  "AARP",
					  "NetBeui",
					  "LCP",
					  "IPCP",
					  "IPV6CP",
					  "PAP",
					  "CHAP",
					  "CCP",
					  "Slow Protocols",
					  "OAM",
					  "Beacon",
					  "Probe ",
					  "Acknowledgment",
					  "Clear-To-Send",
					  "Request-To-Send",
					  "Data IV",
					  "Association",
					  "ReAssociation",
					  "Authentication",
					  "DeAuthentication",
					  "Disassociation",
					  "Action",
					  "Power Save",
					  "BA ",
					  "ATM",
					  "Cisco ",
					  "MACsec",
					  "PPPoED",
					  "PPPoE PADI",
					  "PPPoE D",
					  "aarp",
					  "wb-",
					  "homeplug",
					  "HomePlug",
					  "Medium ",
					  "Realtek ",
					  "LLTD",
					  NULL};

/* Skip interface and direction. */
static const char *behind_interface(const char *text)
{
	const char *second = text + strcspn(text, " ");
	const char *direction;

	second += strspn(second, " ");
	direction = lexer_begins_with(second, directions);
	if (direction && is_interface(text))
		return second + strlen(direction) + strspn(second + strlen(direction), " ");
	direction = lexer_begins_with(text, directions);
	return direction ? text + strlen(direction) + strspn(text + strlen(direction), " ") : text;
}

/* The name of `eth0  Out IP ...` (-i any), `(en0, proc dig:1, out) IP` (pktap), `on em0:` (pflog).
 */
static void read_interface(const char *head, char name[INTERFACE_NAME_SIZE])
{
	size_t length = strcspn(head, " ");
	const char *second = head + length + strspn(head + length, " "), *found;

	if (behind_interface(head) > second || is_interface_and_ip(head)) {
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

/* `ARP, Request who-has`, `STP 802.1d, ...`: a word in capitals, and a comma. */
static int is_protocol_word(const char *text)
{
	size_t length = strcspn(text, " ,");

	return length > 1 && strchr(text, ',') && isupper((unsigned char)*text) &&
	       strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-v") >= length &&
	       strncmp(text, "ICMP", 4) && strncmp(text, "IP", 2);
}

/* A line without two addresses: is it of another protocol that tcpdump names? */
static int is_other_protocol(const char *text)
{
	text = behind_interface(text);
	if (strstr(text, "ethertype "))
		return !strstr(text, "ethertype IPv") && !strstr(text, " IP");
	if (strstr(text, ", 802.3, ") || strstr(text, " LLC, "))
		return 1;
	if (strstr(text, " Mb/s ") || strstr(text, " MHz "))
		return 1;
	if (lexer_behind(text, "PPPoE ") || lexer_behind(text, "MPLS "))
		return !strstr(text, " IP");
	return lexer_begins_with(text, other_heads) || is_protocol_word(text);
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
	const char *behind = behind_interface(text), *sign;
	struct text_stamp stamp;
	struct sides sides;

	if (text_stamp_parse(text, &stamp)) /* that was the time of a log */
		return 0;
	if (!*text || !strcmp(text, "IP") || !strcmp(text, "IP6"))
		return 1;
	if (lexer_begins_with(behind, ip_heads) || lexer_begins_with(behind, other_heads))
		return 1;
	if (is_address_word(behind) || is_protocol_word(behind))
		return 1;
	if (behind != text || is_interface_and_ip(text))
		return 1;
	sign = strchr(text, '>');
	if (*text == '(' && sign)
		return 1;
	if (strstr(text, " Mb/s ") || strstr(text, " MHz "))
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

/* TCP as tcpdump up to 3.9 and OpenBSD's print it: `S 1:1(0) win 5840`, `. ack 1`. */
static int is_old_tcp(const char *text)
{
	size_t flags = strspn(text, "SFRPUWE.");
	const char *next = text + flags;

	if (!flags || *next != ' ')
		return 0;
	next += strspn(next, " ");
	return isdigit((unsigned char)*next) || lexer_behind(next, "ack") ||
	       lexer_behind(next, "win") || lexer_behind(next, "urg") || lexer_behind(next, "[");
}

/* Return 1 if `text`, behind the two sides, is of other traffic on a port of DNS. */
static int is_other_on_port(const char *text)
{
	static const char *const beginnings[] = {"Flags [",
						 "tcp ",
						 "[tcp",
						 "[bad tcp",
						 "ip-proto-",
						 "frag (",
						 "wrong link-layer",
						 "domain [length ",
						 "[domain",
						 "TCP",
						 "sctp",
						 "(invalid",
						 NULL};

	return lexer_begins_with(text, beginnings) || !strcmp(text, "tcp") || is_old_tcp(text);
}

/* The words behind two sides without ports, of another protocol than UDP and ICMP errors. */
static const char *const other_transports[] = {"ip-proto-",
					       "frag (",
					       "(frag ",
					       "udp",
					       "UDP",
					       "tcp",
					       "TCP",
					       "Flags [",
					       "ESP(",
					       "esp ",
					       "AH(",
					       "ah ",
					       "GREv",
					       "gre",
					       "IGMP",
					       "igmp",
					       "OSPFv",
					       "PIMv",
					       "pim ",
					       "VRRPv",
					       "vrrp",
					       "CARPv",
					       "carp",
					       "EIGRP",
					       "RSVPv",
					       "SCTP",
					       "sctp",
					       "IPComp",
					       "ipcomp",
					       "HSRPv",
					       "IP ",
					       "IP6 ",
					       "HBH",
					       "DSTOPT",
					       "srcrt",
					       "RT6",
					       "mobility",
					       "MOBILITY",
					       "no next header",
					       "PGM",
					       "pgm",
					       "DCCP",
					       "dccp",
					       "L2TP",
					       "l2tp",
					       "etherip",
					       "EtherIP",
					       "pfsync",
					       "PFSYNC",
					       "nd ",
					       "egp",
					       "EGP",
					       "igrp",
					       "IGRP",
					       "NHRP",
					       "ICMP6, ",
					       "(invalid",
					       "[|ip",
					       "[|tcp",
					       "unknown ip",
					       "wrong link-layer",
					       "DVMRP",
					       "zmtp",
					       "moprc",
					       "swipe",
					       "encap",
					       "DSR ",
					       "lisp",
					       "LISP",
					       NULL};

static enum text_fault read_dns_side(const char *text, const struct text_ports *ports,
				     struct text_entry *e)
{
	int to_resolver = text_port_is_watched(ports, e->to.port);
	enum text_fault reason;

	if (!to_resolver && !text_port_is_watched(ports, e->from.port))
		return FAULT_NONE;
	if (is_other_on_port(text))
		return FAULT_NONE;
	reason = text_dns_parse(text, to_resolver, &e->dns);
	if (reason == FAULT_NONE)
		e->kind = TEXT_DNS;
	else
		e->is_about_dns = 1;
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

/* Parse the packet that ICMP quotes (-v): `... IP (tos ...) a > b: ...`, with -e without `IP`. */
static void read_quote(const char *text, const struct text_ports *ports, struct text_entry *e)
{
	const char *quote = find_quote(text);
	enum text_fault fault;
	struct sides sides;

	if (!quote)
		return;
	quote = behind_parentheses(quote);
	e->is_weak = 1;
	if (lexer_sides(quote, &sides) != SIDES_NUMBERS || sides.from.version != e->version ||
	    sides.to.version != e->version)
		return;
	if (!sides.from.port || !sides.to.port) {
		if (lexer_begins_with(sides.behind, other_transports) &&
		    strncasecmp(sides.behind, "udp", 3) != 0)
			e->kind = TEXT_OTHER;
		return;
	}
	e->quoted_from = sides.from;
	e->quoted_to = sides.to;
	fault = text_dns_parse(sides.behind, 1, &e->dns);
	e->is_weak = fault != FAULT_NONE && fault != FAULT_CUT;
	e->quote = fault ? QUOTE_SHORT : QUOTE_WHOLE;
	if (is_other_on_port(sides.behind) || !text_port_is_watched(ports, sides.to.port)) {
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
	if (kind == ICMP_UNKNOWN)
		return strstr(text, "[|icmp") ? FAULT_CUT : FAULT_ICMP;
	if (kind == ICMP_OTHER || (e->icmp.port && !text_port_is_watched(ports, e->icmp.port)))
		return FAULT_NONE;
	e->kind = TEXT_ICMP;
	read_quote(behind, ports, e);
	return FAULT_NONE;
}

static int is_icmp(const char *text, int version)
{
	if (version == 6)
		return lexer_behind(text, "ICMP6") || lexer_behind(text, "icmp6") ||
		       lexer_behind(text, "[icmp6") || lexer_behind(text, "[bad icmp6");
	return lexer_behind(text, "ICMP") || lexer_behind(text, "icmp");
}

/* Is the packet that a tunnel carries, `IP 192.0.2.1.53 > ...`, to or from a watched port? */
static int has_dns_inside(const char *text, const struct text_ports *ports)
{
	struct sides inner;

	return lexer_sides(text, &inner) == SIDES_NUMBERS &&
	       (text_port_is_watched(ports, inner.named_from) ||
		text_port_is_watched(ports, inner.named_to));
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
	if (!lexer_begins_with(text, other_transports))
		return e->is_about_dns && lexer_behind(text, "IP") ? FAULT_TUNNEL : FAULT_PROTOCOL;
	return e->is_about_dns ? FAULT_TUNNEL : FAULT_NONE;
}

/* A line with names: is it about DNS, so that it is lost? */
static int is_named_dns(const char *text, const struct sides *sides, const struct text_ports *ports)
{
	if (text_port_is_watched(ports, sides->named_from) ||
	    text_port_is_watched(ports, sides->named_to))
		return !is_other_on_port(sides->behind);
	if (sides->named_from && sides->named_to && !lexer_has_dns_words(sides->behind))
		return 0;
	return lexer_has_dns_words(text) && !lexer_behind(sides->behind, "ICMP echo") &&
	       !lexer_behind(sides->behind, "ICMP6, ") && !is_other_on_port(sides->behind);
}

/* `192.0.2.1 > 192.0.2.53 DNS 75 Standard query`: a protocol in capitals, and a length. */
static int is_tshark(const struct sides *sides)
{
	const char *text = sides->behind;
	size_t length = strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.v");

	return length > 1 && text[length] == ' ' && text > sides->begin;
}

static int is_tshark_dns(const struct sides *sides)
{
	return lexer_behind(sides->behind, "DNS ") || lexer_behind(sides->behind, "ICMP");
}

static int is_about_port(const struct sides *sides, const struct text_ports *ports)
{
	return text_port_is_watched(ports, sides->named_from) ||
	       text_port_is_watched(ports, sides->named_to);
}

/* A line without two addresses as numbers. */
static enum text_fault read_without_sides(const char *text, enum sides_kind kind,
					  const struct sides *sides, const struct text_ports *ports,
					  struct text_entry *e)
{
	if (kind == SIDES_ARROW && is_tshark(sides)) {
		e->is_about_dns = is_tshark_dns(sides);
		return FAULT_TSHARK;
	}
	if (kind == SIDES_NAMES && is_named_dns(text, sides, ports)) {
		e->is_about_dns = 1;
		return FAULT_NAMES;
	}
	if (kind != SIDES_ARROW && is_other_protocol(text))
		return FAULT_NONE;
	if (kind == SIDES_NAMES && sides->has_colon)
		return lexer_begins_with(behind_interface(text), ip_heads) ||
				       is_other_on_port(sides->behind)
			       ? FAULT_NONE
			       : FAULT_TIME;
	e->is_about_dns = lexer_has_dns_words(text) || is_about_port(sides, ports);
	return e->is_about_dns || lexer_begins_with(behind_interface(text), ip_heads) ||
			       strchr(text, '>')
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
	if (!text)
		return FAULT_PROSE;
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
	struct text_stamp stamp;
	struct sides sides;
	const char *end;

	kind = lexer_sides(line, &sides);
	has_time = text_stamp_find(line, 0, &stamp, &end) >= 0;
	*is_about_dns = 0;
	if (kind == SIDES_ARROW && is_tshark(&sides)) {
		*is_about_dns = is_tshark_dns(&sides);
		return FAULT_TSHARK;
	}
	if (kind == SIDES_NUMBERS || (kind == SIDES_NAMES && lexer_begins_with(line, ip_heads))) {
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
		bracket = bracket ? line[at - 1] == '(' : !memcmp(line + at - 8, " length ", 8);
	else
		bracket = line[length - 1] == ']' && memmem(line, length, "[|", 2);
	if (!bracket && memcmp(line + length + 1 - sizeof(unreachable), unreachable,
			       sizeof(unreachable) - 1) != 0)
		return 0;
	return is_balanced(line) && lexer_sides(line, &sides) >= SIDES_NAMES;
}
