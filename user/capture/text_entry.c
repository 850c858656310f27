// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * One entry of tcpdump's text, behind its time: interface, link layer (-e), IP header (-v), the two
 * sides, and which of DNS, ICMP and other traffic it is. DNS and ICMP are read in files of their
 * own.
 */
#include "capture/text_parts.h"

#include <stdio.h>
#include <string.h>

#define PREFIX_MAX 48 /* interface and direction stand within this before `IP` */

int text_port_watched(const struct text_ports *ports, __u16 port)
{
	size_t i;

	for (i = 0; i < ports->count; i++) {
		if (port && ports->ports[i] == port)
			return 1;
	}
	return 0;
}

/* ---- down to the IP header -------------------------------------------------------------- */

static const char *behind_ip(const char *text)
{
	const char *behind = text_behind(text, "IP ");

	return behind ? behind : text_behind(text, "IP6 ");
}

/* `eth0 Out IP ...`, as of tcpdump -i any. */
static const char *behind_interface(const char *text, char name[INTERFACE_NAME_SIZE])
{
	const char *space = text, *behind;

	while ((space = strchr(space, ' ')) && space - text < PREFIX_MAX) {
		behind = behind_ip(++space);
		if (!behind)
			continue;
		snprintf(name, INTERFACE_NAME_SIZE, "%.*s", (int)strcspn(text, " "), text);
		return behind;
	}
	return NULL;
}

/* `... ethertype IPv4 (0x0800), length 81: ...`, as of tcpdump -e. */
static const char *behind_link(const char *text)
{
	const char *found = text_behind(text, "ip: ");

	if (!found)
		found = text_behind(text, "ip6: ");
	if (found)
		return found;
	found = strstr(text, "ethertype IPv");
	if (!found)
		found = strstr(text, "AF IPv");
	found = found ? strstr(found, ": ") : NULL;
	return found ? found + 2 : NULL;
}

/* `(tos 0x0, ttl 64, ...)`, as of tcpdump -v. */
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

/* `ARP, Request who-has`, `00:00:5e:00:53:01 > Broadcast, ...`: a protocol, not a sentence. */
static int is_other_protocol(const char *text)
{
	size_t length = strcspn(text, " ,");

	if (strstr(text, "ethertype ") || strstr(text, " > "))
		return 1;
	return length > 1 && strchr(text, ',') &&
	       strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-v") >= length;
}

/* ---- the two sides ---------------------------------------------------------------------- */

/* `192.0.2.1.52444 > 203.0.113.2.53: `. Returns where the text goes on, NULL when it is not so. */
static const char *read_sides(const char *text, struct text_side *from, struct text_side *to)
{
	const char *sign = strchr(text, '>'), *colon;

	if (!sign || text_side_read(text, (size_t)(sign - text), from))
		return NULL;
	for (colon = strchr(sign, ':'); colon; colon = strchr(colon + 1, ':')) {
		if (colon[1] == ' ' || !colon[1])
			break;
	}
	if (!colon || text_side_read(sign + 1, (size_t)(colon - sign - 1), to))
		return NULL;
	return colon + 1 + strspn(colon + 1, " ");
}

static const char *no_sides(const char *text)
{
	if (!strchr(text, '>'))
		return "names no two addresses";
	return "has no two addresses as numbers: print it with tcpdump -n";
}

/* ---- what it is ------------------------------------------------------------------------- */

static int is_other_transport(const char *text)
{
	static const char *const beginnings[] = {
		"Flags [", "tcp ", "tcp", "ip-proto-", "frag (", "udp", "wrong link-layer",
	};
	size_t i;

	for (i = 0; i < sizeof(beginnings) / sizeof(*beginnings); i++) {
		if (text_behind(text, beginnings[i]))
			return 1;
	}
	return 0;
}

static const char *read_dns_side(const char *text, const struct text_ports *ports,
				 struct text_entry *e)
{
	int to_resolver = text_port_watched(ports, e->to.port);

	if (!to_resolver && !text_port_watched(ports, e->from.port))
		return NULL;
	if (is_other_transport(text))
		return NULL;
	if (text_dns_read(text, to_resolver, &e->dns)) {
		if (text_behind(text, "UDP, length"))
			return "is not decoded: print it with tcpdump -n -T domain, without -q";
		return "is on a DNS port, but neither a query nor a response";
	}
	e->kind = TEXT_DNS;
	return NULL;
}

/* The packet that ICMP quotes, as of tcpdump -v: `... IP (tos ...) a > b: ...`. */
static void read_quote(const char *text, const struct text_ports *ports, struct text_entry *e)
{
	const char *quote = strstr(text, " IP (");
	struct text_side from, to;

	if (!quote)
		quote = strstr(text, " IP6 (");
	if (!quote)
		return;
	quote = behind_parentheses(strchr(quote, '('));
	quote = read_sides(quote, &from, &to);
	if (!quote || from.version != e->version || to.version != e->version || !from.port ||
	    !to.port)
		return;
	e->quoted_from = from;
	e->quoted_to = to;
	e->quote = text_dns_read(quote, 1, &e->dns) ? QUOTE_SHORT : QUOTE_WHOLE;
	if (is_other_transport(quote) || !text_port_watched(ports, to.port))
		e->kind = TEXT_OTHER;
}

/* About a port that is not watched, or about nothing that UDP was sent to, it is none of ours. */
static void read_icmp(const char *text, const struct text_ports *ports, struct text_entry *e)
{
	const char *behind = text_behind(text, e->version == 4 ? "ICMP " : "ICMP6, ");

	if (!behind && e->version == 6) { /* -v: the checksum stands between */
		behind = strstr(text, "ICMP6, ");
		behind = behind ? behind + strlen("ICMP6, ") : NULL;
	}
	if (!behind || text_icmp_read(behind, e->version, &e->icmp))
		return;
	if (e->icmp.version && e->icmp.version != e->version)
		return;
	if (e->icmp.port && !text_port_watched(ports, e->icmp.port))
		return;
	e->kind = TEXT_ICMP;
	read_quote(behind, ports, e);
}

const char *text_entry_read(const char *text, const struct text_ports *ports, struct text_entry *e)
{
	const char *behind;

	memset(e, 0, sizeof(*e));
	text += strspn(text, " ");
	behind = behind_ip(text);
	if (!behind)
		behind = behind_interface(text, e->interface);
	if (!behind)
		behind = behind_link(text);
	if (!behind)
		return is_other_protocol(text) ? NULL : "is no entry of tcpdump";
	text = behind_parentheses(behind);
	behind = read_sides(text, &e->from, &e->to);
	if (!behind)
		return no_sides(text);
	e->version = e->from.version;
	if (e->to.version != e->version)
		return "goes from one version of IP to the other";
	if (e->from.port && e->to.port)
		return read_dns_side(behind, ports, e);
	read_icmp(behind, ports, e);
	return NULL;
}
