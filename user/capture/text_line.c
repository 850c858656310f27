// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Lines of a text, cleaned of what word processors, mail and web pages do to it: typographic
 * characters, spaces of many kinds, entities. Nothing grows with the text.
 */
#include "capture/text_line.h"

#include <string.h>

struct replacement {
	const char *from, *to;
};

/* Longer than one byte, UTF-8 or HTML. What is not here stays as it is. */
static const struct replacement replacements[] = {
	{"\xe2\x80\xba", ">"}, {"\xc2\xbb", ">"},     {"\xef\xbc\x9e", ">"},  {"\xe2\x9d\xaf", ">"},
	{"\xe2\x86\x92", ">"}, {"\xe2\x9f\xa9", ">"}, {"\xe3\x80\x89", ">"},  {"&gt;", ">"},
	{"&#62;", ">"},	       {"&rsaquo;", ">"},     {"&nbsp;", " "},	      {"&#160;", " "},
	{"\xc2\xa0", " "},     {"\xe2\x80\xaf", " "}, {"\xe2\x81\x9f", " "},  {"\xe3\x80\x80", " "},
	{"\xe2\x80\xa8", " "}, {"\xe2\x80\xa9", " "}, {"\xe2\x81\xa0", ""},   {"\xef\xbb\xbf", ""},
	{"\xc2\xad", ""},      {"\xe2\x88\x92", "-"}, {"\xe2\x80\xb9", "\""}, {"\xc2\xab", "\""},
	{"\xe2\x80\xa2", "-"}, /* a list's bullet */
};

/* Windows-1252, where a byte is no UTF-8. */
static const struct replacement single_bytes[] = {
	{"\x9b", ">"},	{"\xbb", ">"},	{"\xa0", " "}, {"\x91", "\""}, {"\x92", "\""},
	{"\x93", "\""}, {"\x94", "\""}, {"\x96", "-"}, {"\x97", "-"},
};

void text_lines_start(struct text_lines *l, struct input *in)
{
	l->input = in;
	l->number = 0;
	l->start = l->end = l->carried = 0;
	l->after_return = l->within = 0;
}

/* ---- cleaning --------------------------------------------------------------------------- */

/* Bytes of the UTF-8 character here, 0 when it is none. */
static size_t utf8_length(const unsigned char *at, size_t left)
{
	size_t n = *at >= 0xf0 ? 4 : *at >= 0xe0 ? 3 : 2, i;

	if (*at < 0xc2 || *at > 0xf4 || n > left)
		return 0;
	for (i = 1; i < n; i++) {
		if ((at[i] & 0xc0) != 0x80)
			return 0;
	}
	return n;
}

/* U+2000 to U+200A are spaces, to U+200F nothing, to U+2015 hyphens, U+2018 to U+201F quotes. */
static const char *general_punctuation(const unsigned char *at)
{
	if (at[0] != 0xe2 || at[1] != 0x80 || at[2] > 0x9f || at[2] == 0x96 || at[2] == 0x97)
		return NULL;
	if (at[2] <= 0x8a)
		return " ";
	if (at[2] <= 0x8f)
		return "";
	return at[2] <= 0x95 ? "-" : "\"";
}

static const char *find_replacement(const struct replacement *table, size_t count,
				    const unsigned char *at, size_t left, size_t *length)
{
	size_t i;

	for (i = 0; i < count; i++) {
		*length = strlen(table[i].from);
		if (*length <= left && !memcmp(table[i].from, at, *length))
			return table[i].to;
	}
	return NULL;
}

/* What stands for the character here, whose length goes to *length; NULL: itself. */
static const char *replaced(const unsigned char *at, size_t left, size_t *length)
{
	size_t utf8 = *at >= 0x80 ? utf8_length(at, left) : 0;
	const char *to = NULL;

	if (utf8 == 3)
		to = general_punctuation(at);
	if (to) {
		*length = utf8;
		return to;
	}
	if (*at >= 0x80 && !utf8)
		to = find_replacement(single_bytes, sizeof(single_bytes) / sizeof(*single_bytes),
				      at, left, length);
	else if (*at >= 0x80 || *at == '&')
		to = find_replacement(replacements, sizeof(replacements) / sizeof(*replacements),
				      at, left, length);
	if (!to)
		*length = utf8 ? utf8 : 1;
	return to;
}

/* A terminal's colours and the like: ESC [ ... letter. Returns its length. */
static size_t escape_length(const unsigned char *at, size_t left)
{
	size_t n = 1;

	if (left < 2 || at[1] != '[')
		return 1;
	for (n = 2; n < left && (at[n] < '@' || at[n] > '~'); n++)
		;
	return n < left ? n + 1 : left;
}

static size_t add_clean(char *text, size_t used, const char *from, size_t length)
{
	size_t i;

	for (i = 0; i < length; i++) {
		unsigned char c = (unsigned char)from[i];

		if (c == '\t' || c == '\v' || c == '\f')
			c = ' ';
		if (c < ' ' || c == 0x7f)
			continue;
		if (c == ' ' && (!used || text[used - 1] == ' '))
			continue;
		text[used++] = (char)c;
	}
	return used;
}

static void clean(struct text_lines *l, size_t raw)
{
	size_t at, length, used = 0;
	const char *to;

	for (at = 0; at < raw; at += length) {
		if (l->raw[at] == 0x1b) {
			length = escape_length(l->raw + at, raw - at);
			continue;
		}
		to = replaced(l->raw + at, raw - at, &length);
		if (to)
			used = add_clean(l->text, used, to, strlen(to));
		else
			used = add_clean(l->text, used, (char *)l->raw + at, length);
	}
	if (used && l->text[used - 1] == ' ')
		used--;
	l->text[used] = '\0';
}

/* ---- reading ---------------------------------------------------------------------------- */

/* The next byte, or -1 at the end, or another negative number: -errno - 1. */
static int next_byte(struct text_lines *l)
{
	ssize_t n;

	if (l->start == l->end) {
		n = input_read(l->input, l->chunk, sizeof(l->chunk));
		if (n <= 0)
			return (int)n - 1;
		l->start = 0;
		l->end = (size_t)n;
	}
	return l->chunk[l->start++];
}

/* A line that fills the room is handed out up to its last space; the rest is the next line. */
static size_t fold(struct text_lines *l)
{
	size_t at = LINE_MAX_SIZE;

	while (at > LINE_MAX_SIZE / 2 && l->raw[at - 1] != ' ')
		at--;
	if (l->raw[at - 1] != ' ')
		at = LINE_MAX_SIZE;
	clean(l, at);
	l->carried = LINE_MAX_SIZE - at;
	memmove(l->raw, l->raw + at, l->carried);
	l->within = 1;
	return at;
}

int text_lines_next(struct text_lines *l)
{
	size_t used = l->carried;
	int c;

	l->carried = 0;
	if (!l->within)
		l->number++;
	l->within = 0;
	for (;;) {
		c = next_byte(l);
		if (c < -1)
			return c + 1;
		if (c == '\n' && l->after_return) { /* CR LF */
			l->after_return = 0;
			continue;
		}
		l->after_return = c == '\r';
		if (c == -1 && !used)
			return 0;
		if (c == -1 || c == '\n' || c == '\r')
			break;
		l->raw[used++] = (unsigned char)c;
		if (used == LINE_MAX_SIZE)
			return fold(l) > 0;
	}
	clean(l, used);
	return 1;
}
