// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * An ICMP error as tcpdump prints it: type and code, and what it says of the packet that it is
 * about. RFC 792, RFC 1812 5.2.7.1, RFC 4443.
 */
#include "capture/text_parts.h"

#include <errno.h>
#include <string.h>

#define UNREACHABLE 3
#define TIME_EXCEEDED 11
#define PARAMETER_PROBLEM 12
#define UNREACHABLE_V6 1
#define TOO_BIG_V6 2
#define TIME_EXCEEDED_V6 3
#define PARAMETER_PROBLEM_V6 4
#define UDP 17

enum { NET = 0, HOST = 1, PROTOCOL = 2, PORT = 3, TOO_BIG = 4 }; /* codes of UNREACHABLE */

/* What stands behind `unreachable - `; code 0 to 2 where it matters who is unreachable. */
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

static void read_mtu(const char *text, struct text_icmp *icmp)
{
	const char *mtu = strstr(text, "mtu ");

	if (mtu && !text_number(mtu + 4, 0xffff, &icmp->mtu))
		icmp->mtu = 0;
}

/* An address among the words, without the punctuation around it. */
static int word_address(char *word, struct ip_address *address)
{
	size_t length = strlen(word);

	while (length && strchr(",.;", word[length - 1]))
		word[--length] = '\0';
	return text_address(word, address);
}

/* `203.0.113.2 udp port 53`, `203.0.113.2 protocol 17`. Returns -ENOENT when it is not UDP. */
static int read_about(const char *text, struct text_icmp *icmp)
{
	char word[WORD_SIZE];
	int port_next = 0, protocol_next = 0;

	while ((text = text_word(text, word)) && strcmp(word, "length")) {
		word[strcspn(word, ",")] = '\0';
		if (!icmp->version)
			icmp->version = (__u8)word_address(word, &icmp->resolver);
		if (!strcmp(word, "tcp") || (protocol_next && strcmp(word, "17")))
			return -ENOENT;
		else if (port_next)
			icmp->port = text_port(word);
		port_next = !strcmp(word, "port") && icmp->version;
		protocol_next = !strcmp(word, "protocol");
		if (!strcmp(word, "unreachable") && icmp->version)
			break;
	}
	return 0;
}

/* ---- version 4 -------------------------------------------------------------------------- */

static __u8 unreachable_code(const char *text, const struct text_icmp *icmp)
{
	const char *detail = strstr(text, "unreachable - ");
	int host = !text_behind(text, "net ");
	__u32 number;
	size_t i;

	if (detail) {
		detail += strlen("unreachable - ");
		for (i = 0; i < sizeof(details) / sizeof(*details); i++) {
			if (text_behind(detail, details[i].text))
				return host ? details[i].host : details[i].net;
		}
		if (*detail == '#' && text_number(detail + 1, 255, &number))
			return (__u8)number;
	}
	if (icmp->port)
		return PORT;
	if (text_behind(text, "net "))
		return NET;
	return text_behind(text, "host ") ? HOST : PROTOCOL;
}

static int read_v4(const char *text, struct text_icmp *icmp)
{
	if (text_behind(text, "time exceeded in-transit")) {
		icmp->type = TIME_EXCEEDED;
		return 0;
	}
	if (text_behind(text, "ip reassembly time exceeded")) {
		icmp->type = TIME_EXCEEDED;
		icmp->code = 1;
		return 0;
	}
	if (text_behind(text, "parameter problem")) {
		icmp->type = PARAMETER_PROBLEM;
		return 0;
	}
	if (!strstr(text, "unreachable") || read_about(text, icmp) || !icmp->version)
		return -ENOENT;
	icmp->type = UNREACHABLE;
	icmp->code = unreachable_code(text, icmp);
	if (icmp->code == TOO_BIG)
		read_mtu(text, icmp);
	return 0;
}

/* ---- version 6 -------------------------------------------------------------------------- */

static int read_unreachable_v6(const char *text, struct text_icmp *icmp)
{
	const char *found = strstr(text, "unknown unreach code (");
	__u32 number;
	size_t i;

	icmp->type = UNREACHABLE_V6;
	if (found && text_number(found + strlen("unknown unreach code ("), 255, &number)) {
		icmp->code = (__u8)number;
		return 0;
	}
	for (i = 0; i < sizeof(codes_v6) / sizeof(*codes_v6); i++) {
		found = strstr(text, codes_v6[i].text);
		if (!found)
			continue;
		icmp->code = codes_v6[i].code;
		return read_about(found + strlen(codes_v6[i].text), icmp);
	}
	return -ENOENT;
}

static int read_v6(const char *text, struct text_icmp *icmp)
{
	if (text_behind(text, "packet too big")) {
		icmp->type = TOO_BIG_V6;
		read_mtu(text, icmp);
		return 0;
	}
	if (text_behind(text, "time exceeded")) {
		icmp->type = TIME_EXCEEDED_V6;
		icmp->code = !!strstr(text, "reassembly");
		text = strstr(text, " for ");
		return text ? read_about(text + strlen(" for "), icmp) : 0;
	}
	if (text_behind(text, "parameter problem")) {
		icmp->type = PARAMETER_PROBLEM_V6;
		return 0;
	}
	return read_unreachable_v6(text, icmp);
}

int text_icmp_read(const char *text, int version, struct text_icmp *icmp)
{
	memset(icmp, 0, sizeof(*icmp));
	text += strspn(text, " ");
	return version == 4 ? read_v4(text, icmp) : read_v6(text, icmp);
}
