/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What happens to a text between a terminal and a ticket: it is folded, a log puts its prefix
 * before each line, a page or a document escapes it. Each wrapping reads a text and writes another
 * one.
 */
#ifndef WRAPPINGS_H
#define WRAPPINGS_H

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#define WRAPPED_MAX (1 << 20)

struct wrapped {
	char bytes[WRAPPED_MAX];
	size_t length;
};

static inline void wrapped_add(struct wrapped *to, const char *bytes, size_t length)
{
	if (to->length > sizeof(to->bytes) || length > sizeof(to->bytes) - to->length)
		return;
	memcpy(to->bytes + to->length, bytes, length);
	to->length += length;
}

static inline void wrapped_add_text(struct wrapped *to, const char *text)
{
	wrapped_add(to, text, strlen(text));
}

/* Fold at a column, within words too: fold -w N. A tab goes up to the next multiple of eight. */
static inline void wrap_fold(const struct wrapped *from, int width, struct wrapped *to)
{
	int column = 0, step;
	size_t i;

	to->length = 0;
	for (i = 0; i < from->length; i++) {
		char c = from->bytes[i];

		step = c == '\n' ? 0 : c == '\t' ? 8 - column % 8 : 1;
		if (column + step > width) {
			wrapped_add_text(to, "\n");
			column = 0;
			step = c == '\t' ? 8 : 1;
		}
		wrapped_add(to, &c, 1);
		column = c == '\n' ? 0 : column + step;
	}
}

/* The same, and an editor has dropped the spaces at the ends of lines. */
static inline void wrap_fold_trimmed(const struct wrapped *from, int width, struct wrapped *to)
{
	static struct wrapped folded;
	size_t i, used = 0;

	wrap_fold(from, width, &folded);
	to->length = 0;
	for (i = 0; i < folded.length; i++) {
		if (folded.bytes[i] == ' ') {
			used++;
			continue;
		}
		while (used && folded.bytes[i] != '\n') {
			wrapped_add_text(to, " ");
			used--;
		}
		used = 0;
		wrapped_add(to, &folded.bytes[i], 1);
	}
}

/* Wrap between words, as a word processor does: the space at the joint is lost. */
static inline void wrap_words(const struct wrapped *from, int width, struct wrapped *to)
{
	size_t i, start = 0, column = 0;

	to->length = 0;
	for (i = 0; i <= from->length; i++) {
		char c = i < from->length ? from->bytes[i] : '\n';

		if (c != ' ' && c != '\n')
			continue;
		if (column && column + (i - start) > (size_t)width) {
			while (to->length && to->bytes[to->length - 1] == ' ')
				to->length--;
			wrapped_add_text(to, "\n");
			column = 0;
		}
		wrapped_add(to, from->bytes + start, i - start);
		wrapped_add(to, &c, i < from->length);
		column = c == '\n' ? 0 : column + (i - start) + 1;
		start = i + 1;
	}
}

/* ---- the order of lines ----------------------------------------------------------------- */

/* Lose each `every`th end of a line before one that does not begin with a space. */
static inline void wrap_glue(const struct wrapped *from, unsigned int every, struct wrapped *to)
{
	unsigned int ends = 0;
	size_t i;

	to->length = 0;
	for (i = 0; i < from->length; i++) {
		if (from->bytes[i] == '\n' && i + 1 < from->length && from->bytes[i + 1] != ' ' &&
		    from->bytes[i + 1] != '\t' && ++ends % every == 0)
			continue;
		wrapped_add(to, &from->bytes[i], 1);
	}
}

/* Find the first line that begins at or behind `at`. Returns its offset. */
static inline size_t line_behind(const struct wrapped *from, size_t at)
{
	while (at && at < from->length && from->bytes[at - 1] != '\n')
		at++;
	return at;
}

/* Quote the line at `at` again, behind the log or before it. */
static inline void wrap_quote(const struct wrapped *from, size_t at, int is_before,
			      struct wrapped *to)
{
	size_t begin = line_behind(from, at), end = begin;

	while (end < from->length && from->bytes[end] != '\n')
		end++;
	to->length = 0;
	if (!is_before)
		wrapped_add(to, from->bytes, from->length);
	wrapped_add_text(to, "\nIt is this line:\n\n");
	wrapped_add(to, from->bytes + begin, end - begin);
	wrapped_add_text(to, "\n\nand the log:\n\n");
	if (is_before)
		wrapped_add(to, from->bytes, from->length);
}

/* Move what stands before the line at `at` behind it. */
static inline void wrap_pieces(const struct wrapped *from, size_t at, struct wrapped *to)
{
	size_t begin = line_behind(from, at);

	while (begin < from->length && (from->bytes[begin] == ' ' || from->bytes[begin] == '\t'))
		begin = line_behind(from, begin + 1);
	to->length = 0;
	wrapped_add(to, from->bytes + begin, from->length - begin);
	wrapped_add(to, from->bytes, begin);
}

/* Put the last line first. */
static inline void wrap_reverse(const struct wrapped *from, struct wrapped *to)
{
	size_t begin, end;

	to->length = 0;
	for (end = from->length; end; end = begin) {
		for (begin = end - 1; begin && from->bytes[begin - 1] != '\n'; begin--)
			;
		wrapped_add(to, from->bytes + begin, end - begin);
	}
}

/* ---- prefixes --------------------------------------------------------------------------- */

/* # is the number of the line, @ the same modulo 60 with two digits. */
static const char *const prefixes[] = {
	"sniffer-1  | ",
	"[pod/dns-sniffer-6d4cf56db6-abcde/tcpdump] ",
	"Mar 01 08:00:@ host.example tcpdump[1234]: ",
	"Mar 01 08:01:@ ",
	"2024-03-01T10:00:09.200000000Z ",
	"2024-03-01T10:00:@+00:00 host tcpdump[1]: ",
	"[2024-03-01 10:00:@] ",
	"2024/03/01 10:00:@ ",
	"<30>Mar  1 08:00:@ host tcpdump: ",
	"#. ",
	"#  ",
	"dump.txt:#:",
	"> ",
	"> > ",
	">",
	"- ",
	"* ",
	"\xe2\x80\xa2 ",
	"    ",
	"\t",
	"| ",
	"here >>> ",
};

#define PREFIX_COUNT (sizeof(prefixes) / sizeof(*prefixes))

static inline void add_prefix(const char *prefix, unsigned int line, struct wrapped *to)
{
	char number[16];

	for (; *prefix; prefix++) {
		snprintf(number, sizeof(number), *prefix == '@' ? "%02u" : "%u",
			 *prefix == '@' ? line % 60 : line);
		if (*prefix == '#' || *prefix == '@')
			wrapped_add_text(to, number);
		else
			wrapped_add(to, prefix, 1);
	}
}

static inline void wrap_prefix(const struct wrapped *from, int which, struct wrapped *to)
{
	unsigned int line = 0;
	int is_begin = 1;
	size_t i;

	to->length = 0;
	for (i = 0; i < from->length; i++) {
		if (is_begin && from->bytes[i] != '\n')
			add_prefix(prefixes[which], ++line, to);
		wrapped_add(to, &from->bytes[i], 1);
		is_begin = from->bytes[i] == '\n';
	}
}

/* ---- pages and documents ---------------------------------------------------------------- */

enum wrapping_document {
	DOCUMENT_PRE,	   /* HTML, one <pre> */
	DOCUMENT_DIVS,	   /* HTML, a <div> for each line */
	DOCUMENT_BREAKS,   /* HTML, <br/>, double spaces as &nbsp; */
	DOCUMENT_SPANS,	   /* HTML, each word that begins with a digit in a <span> */
	DOCUMENT_TWICE,	   /* escaped twice */
	DOCUMENT_PANDOC,   /* Markdown with backslashes, a blank line behind each line */
	DOCUMENT_FENCE,	   /* Markdown, a code block in prose */
	DOCUMENT_NO_BREAK, /* every space is a no-break space, every > a typographic one */
	DOCUMENT_CRLF,
	DOCUMENT_CR,
	DOCUMENT_BOM,
	DOCUMENT_UTF16_LE,
	DOCUMENT_UTF16_BE,
	DOCUMENT_JSON,	    /* \u003e */
	DOCUMENT_CONTROL_C, /* ^C before the first time */
	DOCUMENT_COLOURS,   /* a terminal's escape sequences around each word */
	DOCUMENT_BLANKS,    /* a blank line behind each line */
	DOCUMENT_MAX,
};

/* What stands before and behind the whole. */
static const char *const document_frames[DOCUMENT_MAX][2] = {
	[DOCUMENT_PRE] = {"<!DOCTYPE html>\n<html><head><title>Log</title><style>p {color: red}\n"
			  "</style></head><body><pre>",
			  "</pre></body></html>"},
	[DOCUMENT_DIVS] = {"<div class=\"log\"><div>", "</div></div>"},
	[DOCUMENT_BREAKS] = {"<p>", "</p>"},
	[DOCUMENT_SPANS] = {"<pre><code>", "</code></pre>"},
	[DOCUMENT_FENCE] = {"# Incident\n\nWe saw this:\n\n```console\n$ sudo tcpdump -n\n",
			    "```\n\nThe end.\n"},
	[DOCUMENT_BOM] = {"\xef\xbb\xbf", ""},
	[DOCUMENT_UTF16_LE] = {"\xff\xfe", ""},
	[DOCUMENT_UTF16_BE] = {"\xfe\xff", ""},
	[DOCUMENT_CONTROL_C] = {"listening on eth0, link-type EN10MB (Ethernet)\n^C", ""},
};

static inline const char *html_character(char c)
{
	return c == '>' ? "&gt;" : c == '<' ? "&lt;" : c == '&' ? "&amp;" : NULL;
}

/* What a character is in the document; NULL: itself. */
static inline const char *document_character(enum wrapping_document document, char c, char next,
					     char before)
{
	static char escaped[3] = "\\?";

	switch (document) {
	case DOCUMENT_DIVS:
		return c == '\n' ? "</div><div>" : html_character(c);
	case DOCUMENT_BREAKS:
		if (c == ' ' && next == ' ')
			return "&nbsp;";
		return c == '\n' ? "<br/>\n" : html_character(c);
	case DOCUMENT_SPANS:
		if (before == ' ' && c >= '0' && c <= '9') {
			static char span[] = "<span class=\"n\">?</span>";

			span[16] = c;
			return span;
		}
		return html_character(c);
	case DOCUMENT_PRE:
		return html_character(c);
	case DOCUMENT_TWICE:
		return c == '>' ? "&amp;gt;" : c == '<' ? "&amp;lt;" : NULL;
	case DOCUMENT_PANDOC:
		escaped[1] = c;
		return c == '\n' ? "\n\n" : c && strchr(">*_[]|`#$", c) ? escaped : NULL;
	case DOCUMENT_NO_BREAK:
		return c == ' ' ? "\xc2\xa0" : c == '>' ? "\xe2\x80\xba" : NULL;
	case DOCUMENT_CRLF:
		return c == '\n' ? "\r\n" : NULL;
	case DOCUMENT_CR:
		return c == '\n' ? "\r" : NULL;
	case DOCUMENT_JSON:
		return c == '>' ? "\\u003e" : NULL;
	case DOCUMENT_COLOURS:
		return c == ' ' ? "\x1b[0m \x1b[1;32m" : NULL;
	case DOCUMENT_BLANKS:
		return c == '\n' ? "\n\n" : NULL;
	default:
		return NULL;
	}
}

static inline void wrap_document(const struct wrapped *from, int document, struct wrapped *to)
{
	const char *const *frame = document_frames[document];
	size_t i;

	to->length = 0;
	wrapped_add_text(to, frame[0] ? frame[0] : "");
	for (i = 0; i < from->length; i++) {
		char c = from->bytes[i], next = i + 1 < from->length ? from->bytes[i + 1] : '\0';
		const char *other = document_character((enum wrapping_document)document, c, next,
						       i ? from->bytes[i - 1] : '\n');

		if (other)
			wrapped_add_text(to, other);
		else if (document == DOCUMENT_UTF16_LE)
			wrapped_add(to, (char[]){c, 0}, 2);
		else if (document == DOCUMENT_UTF16_BE)
			wrapped_add(to, (char[]){0, c}, 2);
		else
			wrapped_add(to, &c, 1);
	}
	wrapped_add_text(to, frame[1] ? frame[1] : "");
}

#endif
