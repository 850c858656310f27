// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* See tcpdump_foreign.h. */
#include "capture/tcpdump_foreign.h"

#include <string.h>

#define CELL_SIZE 64
#define PORTS_BETWEEN 2 /* cells between the two addresses of a row: the ports */

/* `192.0.2.1 > 192.0.2.53 DNS 75 Standard query`: a protocol in capitals, and a length. */
static int is_tshark(const struct sides *sides)
{
	const char *text = sides->behind;
	size_t length = strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.v");

	return length > 1 && text[length] == ' ' && text > sides->begin;
}

/* Copy the next cell of a row; `text` is behind it then. Returns 0 at the end. */
static int next_cell(const char **text, char cell[CELL_SIZE])
{
	static const char between[] = " ,;|\"'";
	size_t length, kept;

	*text += strspn(*text, between);
	length = strcspn(*text, between);
	kept = length < CELL_SIZE ? length : CELL_SIZE - 1;
	memcpy(cell, *text, kept);
	cell[kept] = '\0';
	*text += length;
	return length > 0;
}

static int is_number(const char *cell)
{
	return cell[strspn(cell, "0123456789")] == '\0';
}

static int is_dns_cell(const char *cell)
{
	static const char *const names[] = {"DNS", "MDNS", "ICMP", "ICMPv6", "53", NULL};
	const char *const *name;

	for (name = names; *name; name++) {
		if (!strcmp(cell, *name))
			return 1;
	}
	return 0;
}

/* Two addresses as cells beside each other, at most with ports between, are a row of a table. */
static int is_row(const char *line, int *is_about_dns)
{
	size_t since = 0, pairs = 0;
	struct ip_address address;
	int has_address = 0;
	char cell[CELL_SIZE];

	*is_about_dns = lexer_has_dns_words(line) || strstr(line, "Standard query");
	while (next_cell(&line, cell)) {
		*is_about_dns |= is_dns_cell(cell);
		if (lexer_address(cell, &address)) {
			pairs += has_address && since <= PORTS_BETWEEN;
			has_address = 1;
			since = 0;
		} else if (is_number(cell)) {
			since++;
		} else {
			has_address = 0;
		}
	}
	return pairs > 0;
}

enum foreign_kind text_foreign_kind(const char *line, enum sides_kind kind,
				    const struct sides *sides, int *is_about_dns)
{
	/* tshark -V, -T json, -T pdml */
	static const char *const beginnings[] = {"\"_source\"",
						 "\"frame.",
						 "\"ip.",
						 "\"udp.",
						 "\"icmp",
						 "<packet>",
						 "<proto ",
						 "<field name=\"",
						 "Frame ",
						 "Internet Protocol Version ",
						 "User Datagram Protocol, Src",
						 "Internet Control Message Protocol",
						 NULL};
	static const char *const dns_beginnings[] = {"\"dns", "Domain Name System (", NULL};

	if (kind == SIDES_ARROW && is_tshark(sides)) {
		*is_about_dns =
			lexer_behind(sides->behind, "DNS ") || lexer_behind(sides->behind, "ICMP");
		return FOREIGN_TSHARK;
	}
	if (kind == SIDES_NONE && !strchr(line, '>') && is_row(line, is_about_dns))
		return FOREIGN_TABLE;
	*is_about_dns = !!lexer_begins_with(line, dns_beginnings);
	return *is_about_dns || lexer_begins_with(line, beginnings) ? FOREIGN_TSHARK : FOREIGN_NONE;
}
