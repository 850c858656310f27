// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* See tcpdump_lexer.h. */
#include "capture/tcpdump_lexer.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <string.h>

#define SIDE_SIZE 80

const char *lexer_word(const char *text, char word[WORD_SIZE])
{
	size_t length, kept;

	text += strspn(text, " ");
	length = strcspn(text, " ");
	if (!length)
		return NULL;
	kept = length < WORD_SIZE ? length : WORD_SIZE - 1;
	memcpy(word, text, kept);
	word[kept] = '\0';
	return text + length;
}

const char *lexer_number(const char *text, __u32 most, __u32 *number)
{
	__u64 n = 0;
	const char *at;

	for (at = text; *at >= '0' && *at <= '9'; at++) {
		n = n * 10 + (__u64)(*at - '0');
		if (n > most)
			return NULL;
	}
	*number = (__u32)n;
	return at == text ? NULL : at;
}

const char *lexer_behind(const char *text, const char *beginning)
{
	size_t length = strlen(beginning);

	return strncmp(text, beginning, length) ? NULL : text + length;
}

const char *lexer_begins_with(const char *text, const char *const *beginnings)
{
	for (; *beginnings; beginnings++) {
		if (lexer_behind(text, *beginnings))
			return *beginnings;
	}
	return NULL;
}

int lexer_address(const char *text, struct ip_address *address)
{
	__u32 ipv4;

	if (inet_pton(AF_INET, text, &ipv4) == 1) {
		*address = (struct ip_address){{0, 0, htonl(0xffff), ipv4}};
		return 4;
	}
	return inet_pton(AF_INET6, text, address) == 1 ? 6 : 0;
}

/*
 * A port that tcpdump named. Of a client's port any stand-in will do that is always the same; the
 * names of ports that DNS is watched on are known.
 */
static __u16 named_port(const char *name)
{
	static const struct {
		const char *name;
		__u16 port;
	} known[] = {{"domain", 53},
		     {"mdns", 5353},
		     {"llmnr", 5355},
		     {"hostmon", 5355},
		     {"domain-s", 853}};
	__u32 hash = 2166136261u;
	size_t i;

	for (i = 0; i < sizeof(known) / sizeof(*known); i++) {
		if (!strcmp(name, known[i].name))
			return known[i].port;
	}
	for (i = 0; name[i]; i++) {
		if (!strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_",
			    name[i]))
			return 0;
		hash = (hash ^ (unsigned char)name[i]) * 16777619u; /* FNV-1a */
	}
	return i ? (__u16)(6000 + hash % 43000) : 0;
}

__u16 lexer_port(const char *name)
{
	__u32 number;
	const char *end = lexer_number(name, 65535, &number);

	if (end && !*end)
		return (__u16)number;
	return end || (*name >= '0' && *name <= '9') ? 0 : named_port(name);
}

/* `localhost` of /etc/hosts; `version` 0: not known. */
static int localhost(const char *name, int version, struct ip_address *address)
{
	if (strcmp(name, "localhost") && strcmp(name, "ip6-localhost") &&
	    strcmp(name, "localhost.localdomain"))
		return 0;
	return lexer_address(version == 6 || name[0] == 'i' ? "::1" : "127.0.0.1", address);
}

int lexer_zoned_address(const char *text, struct ip_address *address)
{
	const char *zone = strchr(text, '%');
	char plain[INET6_ADDRSTRLEN];
	size_t length;

	if (!zone)
		return lexer_address(text, address);
	length = (size_t)(zone - text);
	if (length >= sizeof(plain))
		return 0;
	memcpy(plain, text, length);
	plain[length] = '\0';
	return lexer_address(plain, address) == 6 ? 6 : 0;
}

static int address_or_localhost(const char *text, int version, struct ip_address *address)
{
	int found = lexer_zoned_address(text, address);

	return found ? found : localhost(text, version, address);
}

/*
 * Return the dot before the port of `fe80::1%eth0.53`; NULL: there is none. Only for endpoints that
 * have a port: of others eth0.53 is the zone, a VLAN.
 */
static char *port_behind_zone(char *text)
{
	char *zone = strchr(text, '%'), *dot = zone ? strrchr(zone, '.') : NULL;

	return dot && lexer_port(dot + 1) ? dot : NULL;
}

/*
 * Parse an address, with the port behind its last dot or without. `has_port` decides what stands
 * behind the last dot of a zone. Returns 0 or -EINVAL.
 */
static int parse_endpoint(const char *text, size_t length, int version, int has_port,
			  struct endpoint *side)
{
	char plain[SIDE_SIZE], *dot;

	if (!length || length >= sizeof(plain))
		return -EINVAL;
	memcpy(plain, text, length);
	plain[length] = '\0';
	side->port = 0;
	dot = has_port ? port_behind_zone(plain) : NULL;
	if (!dot) {
		side->version = address_or_localhost(plain, version, &side->address);
		if (side->version)
			return 0;
		dot = strrchr(plain, '.');
	}
	if (!dot)
		return -EINVAL;
	*dot = '\0';
	side->version = address_or_localhost(plain, version, &side->address);
	if (!side->version)
		return -EINVAL;
	if (!dot[1]) /* the full stop of a sentence */
		return 0;
	side->port = lexer_port(dot + 1);
	return side->port ? 0 : -EINVAL;
}

__u16 lexer_port_of_endpoint(const char *word)
{
	size_t length = strlen(word);
	struct endpoint e;

	while (length && strchr(":,;", word[length - 1]))
		length--;
	return parse_endpoint(word, length, 0, 1, &e) ? 0 : e.port;
}

/* ---- the two endpoints -------------------------------------------------------------------- */

/* Find where the word before `at` begins; a port behind `192.0.2.1. ` is part of it. */
static const char *left_side(const char *text, const char *at, const char **end)
{
	const char *begin, *before;

	while (at > text && at[-1] == ' ')
		at--;
	*end = at;
	for (begin = at; begin > text && begin[-1] != ' '; begin--) {
		if (begin[-1] == '!') /* `truncated-ip6 - 37 bytes missing!2001:db8::1.53` */
			return begin;
	}
	if (memchr(begin, '.', (size_t)(at - begin)) || memchr(begin, ':', (size_t)(at - begin)))
		return begin;
	before = begin;
	while (before > text && before[-1] == ' ')
		before--;
	if (before > text && before[-1] == '.') {
		for (begin = before; begin > text && begin[-1] != ' '; begin--)
			;
	}
	return begin;
}

/* Drop the spaces of `192.0.2.1. 52444`: copies to `plain` and returns the length. */
static size_t without_spaces(const char *begin, const char *end, char plain[SIDE_SIZE])
{
	size_t used = 0;

	for (; begin < end && used < SIDE_SIZE - 1; begin++) {
		if (*begin != ' ')
			plain[used++] = *begin;
	}
	plain[used] = '\0';
	return used;
}

/*
 * Find the end of the right side: the colon before a space. A single space behind a dot, or before
 * it, fell in where the text was pasted. NULL: no colon, and *end is the end of the word.
 */
static const char *right_colon(const char *text, const char **end)
{
	const char *at = text;

	for (; *at; at++) {
		if (*at == ':' && (at[1] == ' ' || !at[1])) {
			*end = at;
			return at;
		}
		if (*at != ' ')
			continue;
		if (at > text && at[-1] == '.' && at[1] && at[1] != ' ')
			continue;
		if (at[1] == '.' || (at[1] == ':' && (at[2] == ' ' || !at[2])))
			continue;
		break;
	}
	*end = at;
	return NULL;
}

/* The version of IP that stands before the sides, 0 where none is named. */
static int version_before(const char *text, const char *begin)
{
	const char *ip6 = memmem(text, (size_t)(begin - text), "IP6", 3);
	const char *ipv6 = memmem(text, (size_t)(begin - text), "IPv6", 4);

	return ip6 || ipv6 ? 6 : 4;
}

static __u16 port_of_name(const char *begin, size_t length)
{
	const char *dot = memrchr(begin, '.', length);
	char name[32];

	if (!dot || (size_t)(begin + length - dot) > sizeof(name))
		return 0;
	memcpy(name, dot + 1, (size_t)(begin + length - dot) - 1);
	name[begin + length - dot - 1] = '\0';
	return lexer_port(name);
}

/* `_gateway` is the name that systemd-resolved gives to the default router. */
static int is_name_begin(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

/* Does `text`, behind two sides, say that they are addresses without ports? */
static int is_without_ports(const char *text)
{
	static const char *const beginnings[] = {
		"ICMP",	  "icmp",  "[icmp6", "[bad icmp6", "frag (", "(frag ",	  "HBH",
		"DSTOPT", "RT6",   "srcrt",  "mobility",   "ESP(",   "AH(",	  "OSPFv",
		"PIMv",	  "VRRPv", "GREv",   "IP ",	   "IP6 ",   "ip-proto-", "no next header",
		NULL};

	return !!lexer_begins_with(text, beginnings);
}

/* Parse the sides around the `>` at `sign`. */
static enum sides_kind sides_at(const char *text, const char *sign, struct sides *sides)
{
	const char *left_end, *right = sign + 1 + strspn(sign + 1, " "), *right_end, *colon;
	const char *left = left_side(text, sign - (sign > text && sign[-1] == '-'), &left_end);
	char from[SIDE_SIZE], to[SIDE_SIZE];
	size_t from_length = without_spaces(left, left_end, from), to_length;
	int version = version_before(text, left), has_ports, is_from, is_to;

	colon = right_colon(right, &right_end);
	to_length = without_spaces(right, right_end, to);
	sides->begin = left;
	sides->has_colon = !!colon;
	sides->behind = right_end + (colon ? 1 : 0);
	sides->behind += strspn(sides->behind, " ");
	has_ports = !is_without_ports(sides->behind);
	is_from = !parse_endpoint(from, from_length, version, has_ports, &sides->from);
	is_to = !parse_endpoint(to, to_length, version, has_ports, &sides->to);
	sides->named_from = is_from ? sides->from.port : port_of_name(from, from_length);
	sides->named_to = is_to ? sides->to.port : port_of_name(to, to_length);
	if (is_from && is_to)
		return colon ? SIDES_NUMBERS : SIDES_ARROW;
	if (!from_length)
		return SIDES_NONE; /* the sign of a quotation */
	if (is_from || is_to)
		return SIDES_NAMES;
	if (!colon || !to_length || strchr("(-0", from[0]))
		return SIDES_NONE;
	if (!is_name_begin(from[0]) || !is_name_begin(to[0]))
		return SIDES_NONE;
	return SIDES_NAMES;
}

/*
 * The first `>` that stands between two sides decides. A later one may be that of a packet within:
 * in a tunnel, or quoted by ICMP.
 */
enum sides_kind lexer_sides(const char *text, struct sides *sides)
{
	const char *sign = text;
	enum sides_kind kind;

	while ((sign = strchr(sign, '>'))) {
		memset(sides, 0, sizeof(*sides));
		kind = sides_at(text, sign, sides);
		if (kind != SIDES_NONE)
			return kind;
		sign++;
	}
	memset(sides, 0, sizeof(*sides));
	return SIDES_NONE;
}

/* ---- words of DNS --------------------------------------------------------------------------- */

/* `A?`, `AAAA?`, `Type65?`: letters and digits that begin with a capital, and a question mark. */
static int is_question_word(const char *mark, const char *text)
{
	const char *at = mark;

	while (at > text && isalnum((unsigned char)at[-1]))
		at--;
	return at < mark && isupper((unsigned char)*at) && mark - at <= 10 &&
	       (mark[1] == ' ' || !mark[1]) &&
	       (mark - at == 1 || isupper((unsigned char)at[1]) || !strncmp(at, "Type", 4));
}

int lexer_has_dns_words(const char *text)
{
	static const char *const words[] = {"unreachable", "icmp",    "NXDomain", "ServFail",
					    "Refused",	   ".domain", NULL};
	const char *const *word, *mark;

	for (word = words; *word; word++) {
		if (strcasestr(text, *word))
			return 1;
	}
	for (mark = strchr(text, '?'); mark; mark = strchr(mark + 1, '?')) {
		if (is_question_word(mark, text))
			return 1;
	}
	return 0;
}
