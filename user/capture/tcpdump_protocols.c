// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* See tcpdump_protocols.h. */
#include "capture/tcpdump_protocols.h"

#include "capture/tcpdump_lexer.h"

#include <ctype.h>
#include <string.h>

/* ---- between the time and the sides ------------------------------------------------------- */

static const char *const directions[] = {"In ", "Out ", "B ", "M ", "P ", NULL};

/* The name of an interface (IFNAMSIZ): it begins with a letter. */
static int is_interface(const char *text)
{
	size_t length = strcspn(text, " ");

	return isalpha((unsigned char)*text) && length > 1 && length < INTERFACE_NAME_SIZE;
}

int text_is_interface_and_ip(const char *text)
{
	size_t length = strcspn(text, " ");
	const char *second = text + length + strspn(text + length, " ");

	return is_interface(text) && islower((unsigned char)*text) &&
	       (lexer_behind(second, "IP ") || lexer_behind(second, "IP6 "));
}

/* The first word of a line about IP, or about a protocol that carries IP. */
static const char *const ip_heads[] = {
	"IP ",	  "IP6 ",	   "IP: ",   "IP6: ",	   "ip: ",
	"ip6: ",  "AF IPv",	   "MPLS ",  "PPPoE ",	   "rule ",
	"vlan ",  "ff 03 ",	   "ff03 ",  "PPP-",	   "version 0, resource",
	"802.1Q", "In ",	   "Out ",   "B ",	   "M ",
	"P ",	  "truncated-ip",  "IP-",    "ethertype ", "Bridge ",
	"QinQ ",  "GeoNetworking", "BSSID:", "DA:",	   "SA:",
	"RA:",	  "TA:",	   NULL};

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

const char *text_behind_interface(const char *text)
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

/* `ARP, Request who-has`, `STP 802.1d, ...`: a word in capitals, and a comma. */
static int is_protocol_word(const char *text)
{
	size_t length = strcspn(text, " ,");

	return length > 1 && strchr(text, ',') && isupper((unsigned char)*text) &&
	       strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-v") >= length &&
	       strncmp(text, "ICMP", 4) && strncmp(text, "IP", 2);
}

int text_has_ip_head(const char *text)
{
	const char *const *head;
	size_t length;

	for (head = ip_heads; *head; head++) {
		length = strlen(*head);
		if (!strncmp(text, *head, length))
			return 1;
		if (!strncmp(text, *head, length - 1) && (*head)[length - 1] == ' ' &&
		    !text[length - 1]) /* the line ends behind it */
			return 1;
	}
	return 0;
}

int text_has_other_head(const char *text)
{
	return lexer_begins_with(text, other_heads) || is_protocol_word(text);
}

int text_is_other_protocol(const char *text)
{
	text = text_behind_interface(text);
	if (strstr(text, "ethertype "))
		return !strstr(text, "ethertype IPv") && !strstr(text, "ethertype MPLS") &&
		       !strstr(text, " IP");
	if (strstr(text, ", 802.3, ") || strstr(text, " LLC, "))
		return 1;
	if (strstr(text, " Mb/s ") || strstr(text, " MHz "))
		return 1;
	if (lexer_behind(text, "PPPoE ") || lexer_behind(text, "MPLS "))
		return !strstr(text, " IP");
	return text_has_other_head(text);
}

/* ---- behind the sides ---------------------------------------------------------------------- */

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

int text_is_other_on_port(const char *text)
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

int text_is_other_transport(const char *text)
{
	return !!lexer_begins_with(text, other_transports);
}
