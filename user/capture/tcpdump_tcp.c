// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* See tcpdump_tcp.h. */
#include "capture/tcpdump_tcp.h"

#include "capture/tcpdump_lexer.h"

#include <ctype.h>
#include <string.h>

/* The letters of tcpdump, and the words of a line without flags. */
static const struct {
	char letter;
	__u8 flag;
} letters[] = {
	{'F', TEXT_FIN}, {'S', TEXT_SYN}, {'R', TEXT_RST}, {'P', TEXT_PSH}, {'.', TEXT_ACK},
	{'U', TEXT_URG}, {'E', TEXT_ECE}, {'W', TEXT_CWR}, {'e', 0}, /* accurate ECN, a bit of its
									own */
};

#define LETTERS (sizeof(letters) / sizeof(*letters))

/* Reads the letters of flags. Returns where they end, NULL when there is none. */
static const char *read_flags(const char *text, struct text_tcp *tcp)
{
	const char *at = text;
	size_t i;

	for (;; at++) {
		for (i = 0; i < LETTERS && letters[i].letter != *at; i++)
			;
		if (i == LETTERS || !*at)
			break;
		tcp->flags |= letters[i].flag;
	}
	return at == text ? NULL : at;
}

/* Reads a number of 32 bits. Returns where it ends, or NULL. */
static const char *read_number(const char *text, __u32 *number)
{
	return lexer_number(text, 0xffffffffU, number);
}

/* `Flags [S.], cksum 0x1 (correct), seq 7:9, ack 9, win 64240`: what is not known is skipped. */
static void read_words(const char *text, struct text_tcp *tcp)
{
	const char *end;

	for (; *text; text += strcspn(text, ",")) {
		text += strspn(text, ", ");
		if (lexer_behind(text, "win ") || lexer_behind(text, "options ") ||
		    lexer_behind(text, "length "))
			break; /* an option may be named like a word here */
		end = lexer_behind(text, "seq ");
		if (end)
			tcp->has_sequence = !!read_number(end, &tcp->sequence);
		end = lexer_behind(text, "ack ");
		if (end)
			tcp->has_acknowledgment = !!read_number(end, &tcp->acknowledgment);
	}
}

/* `S 7:7(0) ack 9 win 64240 <mss 1460>` */
static int read_old(const char *text, struct text_tcp *tcp)
{
	const char *at = read_flags(text, tcp), *end;

	if (!at || *at != ' ')
		return 0;
	at += strspn(at, " ");
	end = isdigit((unsigned char)*at) ? read_number(at, &tcp->sequence) : NULL;
	if (end && *end == ':') {
		tcp->has_sequence = 1;
		at += strcspn(at, " ");
		at += strspn(at, " ");
	} else if (end || (!lexer_behind(at, "ack ") && !lexer_behind(at, "win "))) {
		return 0;
	}
	end = lexer_behind(at, "ack ");
	if (end && read_number(end, &tcp->acknowledgment)) {
		tcp->has_acknowledgment = 1;
		tcp->flags |= TEXT_ACK; /* the old form has no letter for it beside others */
	}
	return 1;
}

int text_tcp_parse(const char *text, struct text_tcp *ret)
{
	const char *flags = lexer_behind(text, "Flags ["), *end;

	memset(ret, 0, sizeof(*ret));
	if (!flags)
		return read_old(text, ret);
	end = lexer_behind(flags, "none") ? flags + 4 : read_flags(flags, ret);
	if (!end || *end != ']')
		return 0;
	read_words(end + 1, ret);
	return 1;
}

int text_tcp_opens(const struct text_tcp *tcp)
{
	return (tcp->flags & (TEXT_SYN | TEXT_ACK | TEXT_RST | TEXT_FIN)) == TEXT_SYN;
}

int text_tcp_answers(const struct text_tcp *tcp)
{
	return tcp->flags & TEXT_ACK && tcp->flags & (TEXT_SYN | TEXT_RST);
}
