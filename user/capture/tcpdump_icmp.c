// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * An ICMP error as tcpdump prints it: type and code, and what it says of the packet that it is
 * about. RFC 792, RFC 1812 5.2.7.1, RFC 4443. Up to tcpdump 3.9, and in OpenBSD's, the word is
 * `icmp: ` or `icmp 67: `.
 */
#include "capture/tcpdump_entry.h"

#include "health/incident_samples.h"

#include <string.h>

#define UNREACHABLE 3
#define TIME_EXCEEDED 11
#define PARAMETER_PROBLEM 12
#define UNREACHABLE_V6 1
#define TOO_BIG_V6 2
#define TIME_EXCEEDED_V6 3
#define PARAMETER_PROBLEM_V6 4
#define UDP 17
#define TCP 6

enum { NET = 0, HOST = 1, PROTOCOL = 2, PORT = 3, TOO_BIG = 4 }; /* codes of UNREACHABLE */

/* The words behind `unreachable - `; code 0 to 2 where it matters who is unreachable. */
static const struct {
	const char *text;
	__u8 net, host;
} details[] = {
	{"need to frag", 4, 4},
	{"source route failed", 5, 5},
	{"source host isolated", 8, 8},
	{"unknown", 6, 7},
	{"admin prohibited filter", 13, 13},
	{"admin prohibited", 9, 10},
	{"tos prohibited", 11, 12},
	{"host precedence", 14, 14},
	{"precedence cutoff", 15, 15},
};

static const struct {
	const char *text;
	__u8 code;
} codes_v6[] = {
	{"unreachable route", 0},   {"unreachable prohibited", 1}, {"beyond scope", 2},
	{"unreachable address", 3}, {"unreachable port", 4},
};

static const char *const other_v4[] = {"echo ",		 "redirect ",	    "source quench",
				       "router ",	 "time stamp ",	    "address mask ",
				       "information ",	 "type-#",	    "type-",
				       "extended echo ", "time exceeded-#", "traceroute",
				       "photuris",	 "mobile",	    NULL};

/* Of version 6, with the underscores of 4.x or without. */
static const char *const other_v6[] = {"echo re",
				       "router ",
				       "neighbor ",
				       "multicast ",
				       "redirect",
				       "node information",
				       "unknown icmp6 type",
				       "mld",
				       "who-are-you",
				       "mobile",
				       "dad ",
				       "certificate ",
				       "inverse",
				       "home agent",
				       "ha discovery",
				       "rpl ",
				       "group ",
				       "icmp6 ",
				       NULL};

static void read_mtu(const char *text, struct text_icmp *icmp)
{
	const char *mtu = strstr(text, "mtu ");

	if (mtu && !lexer_number(mtu + 4, 0xffff, &icmp->mtu))
		icmp->mtu = 0;
}

/* Is a word over here: at a space, a punctuation mark or the end? */
static int is_word_end(const char *at)
{
	return !*at || strchr(" ,;.)\"'", *at);
}

/* Is a message over here, but for its length, its quote and the marks of the IP header? */
static int is_message_end(const char *at)
{
	static const char *const rest[] = {"length", ",", "(", "[", "IP ", "IP6 ", "for ", NULL};

	if (!is_word_end(at))
		return 0;
	at += strspn(at, " ");
	return !*at || strchr(".;)\"'|", *at) || lexer_begins_with(at, rest);
}

/* Parse the address of the packet that the message is about. Returns where it ends, or NULL. */
static const char *read_address(const char *text, struct text_icmp *icmp)
{
	char word[WORD_SIZE];
	const char *end = lexer_word(text, word);
	size_t length;

	if (!end)
		return NULL;
	length = strlen(word);
	while (length && strchr(",.;", word[length - 1]))
		word[--length] = '\0';
	icmp->version = (__u8)lexer_zoned_address(word, &icmp->resolver);
	if (!icmp->version && !strcmp(word, "localhost"))
		icmp->version =
			(__u8)lexer_address(icmp->type == UNREACHABLE_V6 ? "::1" : "127.0.0.1",
					    &icmp->resolver);
	return icmp->version ? end : NULL;
}

enum about { ABOUT_BAD, ABOUT_OTHER, ABOUT_PORT };

/* Parse `udp port 53`, `tcp port 80`, `protocol 17 port 53`, `protocol 17`. *end: behind it. */
static enum about read_port(const char *text, struct text_icmp *icmp, const char **end)
{
	char word[WORD_SIZE];
	int is_udp = 0, is_tcp = 0;
	__u32 number;
	const char *at;

	text += strspn(text, " ");
	at = lexer_behind(text, "protocol ");
	if (at) {
		at = lexer_number(at, 255, &number);
		if (!at)
			return ABOUT_BAD;
		is_udp = number == UDP;
		is_tcp = number == TCP;
	} else {
		at = lexer_behind(text, "udp");
		is_udp = !!at;
		if (!at)
			at = lexer_behind(text, "tcp");
		if (!at)
			return ABOUT_BAD;
		is_tcp = !is_udp;
	}
	*end = at;
	at += strspn(at, " ");
	text = lexer_behind(at, "port ");
	if (!text) /* a protocol that is unreachable */
		return lexer_behind(at, "unreachable") ? (is_udp ? ABOUT_PORT : ABOUT_OTHER)
						       : ABOUT_BAD;
	*end = lexer_word(text, word);
	if (!*end)
		return ABOUT_BAD;
	if (word[strlen(word) - 1] == ',')
		word[strlen(word) - 1] = '\0';
	icmp->port = lexer_port(word);
	if (!icmp->port)
		return ABOUT_BAD;
	icmp->is_about_tcp = is_tcp;
	return is_udp || is_tcp ? ABOUT_PORT : ABOUT_OTHER;
}

/* ---- version 4, and the old form of version 6 --------------------------------------------- */

/* Parse what follows `unreachable`. Returns 0 for a detail that is not known. */
static int read_detail(const char *text, int is_net, struct text_icmp *icmp)
{
	const char *detail;
	__u32 number;
	size_t i;

	detail = lexer_behind(text + strspn(text, " "), "- ");
	if (!detail)
		return is_message_end(text);
	detail += strspn(detail, " ");
	for (i = 0; i < sizeof(details) / sizeof(*details); i++) {
		const char *end = lexer_behind(detail, details[i].text);

		if (!end)
			continue;
		icmp->code = is_net ? details[i].net : details[i].host;
		if (icmp->code == TOO_BIG)
			read_mtu(end, icmp);
		return icmp->code == 14 || is_message_end(end);
	}
	if (*detail != '#')
		return 0;
	detail = lexer_number(detail + 1, 255, &number);
	icmp->code = (__u8)number;
	return detail && is_message_end(detail);
}

/* Parse `[host|net] ADDRESS [udp port PORT] unreachable [- detail]`. */
static enum icmp_kind read_unreachable(const char *text, struct text_icmp *icmp,
				       const char **behind)
{
	const char *at = text, *end;
	int is_net = 0, is_host = 0;
	enum about about = ABOUT_PORT;

	icmp->type = UNREACHABLE;
	if ((end = lexer_behind(at, "net "))) {
		is_net = 1;
		at = end;
	} else if ((end = lexer_behind(at, "host "))) {
		is_host = 1;
		at = end;
	}
	at = read_address(at, icmp);
	if (!at)
		return ICMP_UNKNOWN;
	at += strspn(at, " ");
	icmp->code = is_net ? NET : HOST;
	if (!is_net && !is_host && !lexer_behind(at, "unreachable")) {
		about = read_port(at, icmp, &at);
		if (about == ABOUT_BAD)
			return ICMP_UNKNOWN;
		icmp->code = icmp->port ? PORT : PROTOCOL;
		at += strspn(at, " ");
	}
	end = lexer_behind(at, "unreachable");
	if (!end || !is_word_end(end) || !read_detail(end, is_net, icmp))
		return ICMP_UNKNOWN;
	*behind = end;
	return about == ABOUT_PORT ? ICMP_ERROR : ICMP_OTHER;
}

static enum icmp_kind read_v4(const char *text, struct text_icmp *icmp, const char **behind)
{
	const char *end;

	if ((end = lexer_behind(text, "time exceeded in-transit"))) {
		icmp->type = TIME_EXCEEDED;
	} else if ((end = lexer_behind(text, "ip reassembly time exceeded"))) {
		icmp->type = TIME_EXCEEDED;
		icmp->code = 1;
	} else if ((end = lexer_behind(text, "parameter problem"))) {
		icmp->type = PARAMETER_PROBLEM;
	}
	if (end) {
		*behind = end;
		return is_word_end(end) ? ICMP_ERROR : ICMP_UNKNOWN;
	}
	if (lexer_begins_with(text, other_v4))
		return ICMP_OTHER;
	return read_unreachable(text, icmp, behind);
}

/* ---- version 6 -------------------------------------------------------------------------- */

/* Parse the old form, `2001:db8::53 udp port 53 unreachable`, `2001:db8::53 unreachable route`. */
static enum icmp_kind read_old_v6(const char *text, struct text_icmp *icmp, const char **behind)
{
	const char *at = read_address(text, icmp);
	enum about about;
	size_t i;

	if (!at)
		return ICMP_UNKNOWN;
	at += strspn(at, " ");
	for (i = 0; i < sizeof(codes_v6) / sizeof(*codes_v6); i++) {
		const char *end = lexer_behind(at, codes_v6[i].text);

		if (!end)
			continue;
		icmp->code = codes_v6[i].code;
		*behind = end;
		return is_word_end(end) ? ICMP_ERROR : ICMP_UNKNOWN;
	}
	about = read_port(at, icmp, &at);
	if (about == ABOUT_BAD || !icmp->port)
		return ICMP_UNKNOWN;
	at = lexer_behind(at + strspn(at, " "), "unreachable");
	if (!at || !is_word_end(at))
		return ICMP_UNKNOWN;
	icmp->code = 4;
	*behind = at;
	return about == ABOUT_PORT ? ICMP_ERROR : ICMP_OTHER;
}

/* Parse what follows `destination unreachable`. */
static enum icmp_kind read_code_v6(const char *text, struct text_icmp *icmp, const char **behind)
{
	const char *at, *end;
	enum about about = ABOUT_PORT;
	__u32 number;
	size_t i;

	text += strspn(text, ", ");
	if (lexer_behind(text, "[|icmp6]")) {
		icmp->code = ICMP6_CODE_NOT_KNOWN;
		icmp->is_cut = 1;
		*behind = text;
		return ICMP_ERROR;
	}
	at = lexer_behind(text, "unknown unreach code (");
	if (at) {
		*behind = lexer_number(at, 255, &number);
		icmp->code = (__u8)number;
		return *behind && **behind == ')' ? ICMP_ERROR : ICMP_UNKNOWN;
	}
	for (i = 0; i < sizeof(codes_v6) / sizeof(*codes_v6); i++) {
		end = lexer_behind(text, codes_v6[i].text);
		if (!end || !is_word_end(end))
			continue;
		icmp->code = codes_v6[i].code;
		end += strspn(end, ", ");
		end = read_address(end, icmp);
		if (end && icmp->code == 4)
			about = read_port(end, icmp, &end);
		if (!end || about == ABOUT_BAD)
			return ICMP_UNKNOWN;
		*behind = end;
		return about == ABOUT_PORT ? ICMP_ERROR : ICMP_OTHER;
	}
	return ICMP_UNKNOWN;
}

static enum icmp_kind read_exceeded_v6(const char *text, struct text_icmp *icmp,
				       const char **behind)
{
	const char *at = lexer_behind(text, " in-transit");

	icmp->type = TIME_EXCEEDED_V6;
	*behind = text;
	if (!at)
		return ICMP_ERROR;
	icmp->code = !!lexer_behind(at, " (reassembly)");
	at = lexer_behind(at, " for ");
	if (!at)
		return ICMP_ERROR;
	at = read_address(at, icmp);
	*behind = at;
	return at ? ICMP_ERROR : ICMP_UNKNOWN;
}

static enum icmp_kind read_v6(const char *text, struct text_icmp *icmp, const char **behind)
{
	const char *at;

	icmp->type = UNREACHABLE_V6;
	if ((at = lexer_behind(text, "packet too big"))) {
		icmp->type = TOO_BIG_V6;
		read_mtu(text, icmp);
		*behind = at;
		return ICMP_ERROR;
	}
	if ((at = lexer_behind(text, "time exceeded")))
		return read_exceeded_v6(at, icmp, behind);
	if ((at = lexer_behind(text, "parameter problem"))) {
		icmp->type = PARAMETER_PROBLEM_V6;
		*behind = at;
		return ICMP_ERROR;
	}
	if ((at = lexer_behind(text, "destination unreachable")))
		return read_code_v6(at, icmp, behind);
	if (lexer_begins_with(text, other_v6))
		return ICMP_OTHER;
	return read_old_v6(text, icmp, behind);
}

/* ---- either ------------------------------------------------------------------------------- */

/* Find where the message begins, behind `ICMP `, `ICMP6, `, `icmp: `, `icmp 67: `, `icmp6: `. */
static const char *find_message(const char *text, int version)
{
	const char *at, *colon;

	if (version == 6 && *text == '[') { /* -v: `[icmp6 sum ok] ` */
		at = strchr(text, ']');
		text = at ? at + 1 + strspn(at + 1, " ") : text;
	}
	at = lexer_behind(text, version == 6 ? "ICMP6, " : "ICMP ");
	if (at)
		return at + strspn(at, " ");
	at = lexer_behind(text, version == 6 ? "icmp6" : "icmp");
	if (!at)
		return NULL;
	at += strspn(at, " ");
	colon = at + strspn(at, "0123456789");
	if (*colon != ':')
		return NULL;
	return colon + 1 + strspn(colon + 1, " ");
}

enum icmp_kind text_icmp_parse(const char *text, int version, struct text_icmp *icmp,
			       const char **behind)
{
	enum icmp_kind kind;

	memset(icmp, 0, sizeof(*icmp));
	text = find_message(text, version);
	if (!text)
		return ICMP_UNKNOWN;
	*behind = text;
	kind = version == 4 ? read_v4(text, icmp, behind) : read_v6(text, icmp, behind);
	if (kind == ICMP_ERROR && icmp->version && icmp->version != version)
		return ICMP_UNKNOWN;
	return kind;
}
