// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Bytes to clean lines. Each character is one of: a byte of UTF-8, an entity of HTML, an escape of
 * Markdown or JSON, a byte of Windows-1252. It is written as what tcpdump printed: a typographic
 * arrow is `>`, a no-break space is a space, a soft hyphen is nothing.
 */
#include "capture/tcpdump_decode.h"

#include <string.h>
#include <strings.h>

#define TAB_STOP 8
#define ESCAPE 0x1b
#define NOT_A_CHARACTER 0xffffffffu
#define SOFT_LINE_END 0xfffffffeu /* of a tag: the page's line ends, the source's does not */

void decoder_init(struct decoder *d, decode_read_fn *read, void *context)
{
	memset(d, 0, sizeof(*d));
	d->read = read;
	d->context = context;
	d->number = 1;
}

/* ---- bytes to UTF-8 --------------------------------------------------------------------- */

static size_t utf8_write(unsigned char *to, __u32 c)
{
	if (c < 0x80) {
		to[0] = (unsigned char)c;
		return 1;
	}
	if (c < 0x800) {
		to[0] = (unsigned char)(0xc0 | c >> 6);
		to[1] = (unsigned char)(0x80 | (c & 0x3f));
		return 2;
	}
	if (c < 0x10000) {
		to[0] = (unsigned char)(0xe0 | c >> 12);
		to[1] = (unsigned char)(0x80 | (c >> 6 & 0x3f));
		to[2] = (unsigned char)(0x80 | (c & 0x3f));
		return 3;
	}
	to[0] = (unsigned char)(0xf0 | c >> 18);
	to[1] = (unsigned char)(0x80 | (c >> 12 & 0x3f));
	to[2] = (unsigned char)(0x80 | (c >> 6 & 0x3f));
	to[3] = (unsigned char)(0x80 | (c & 0x3f));
	return 4;
}

static void read_raw(struct decoder *d)
{
	ssize_t n;

	memmove(d->raw, d->raw + d->raw_start, d->raw_end - d->raw_start);
	d->raw_end -= d->raw_start;
	d->raw_start = 0;
	while (!d->at_end && d->raw_end < 4) {
		n = d->read(d->context, d->raw + d->raw_end, sizeof(d->raw) - d->raw_end);
		if (n < 0)
			d->error = (int)n;
		if (n <= 0)
			d->at_end = 1;
		else
			d->raw_end += (size_t)n;
	}
}

/* Find the encoding by the byte order mark (RFC 3629 section 6, RFC 2781 section 3.2). */
static void detect_encoding(struct decoder *d)
{
	const unsigned char *b = d->raw;

	d->encoding = ENCODING_UTF8;
	if (d->raw_end >= 2 && b[0] == 0xff && b[1] == 0xfe)
		d->encoding = ENCODING_UTF16_LE;
	else if (d->raw_end >= 2 && b[0] == 0xfe && b[1] == 0xff)
		d->encoding = ENCODING_UTF16_BE;
	if (d->encoding != ENCODING_UTF8)
		d->raw_start = 2;
}

static __u32 utf16_unit(const struct decoder *d, size_t at)
{
	const unsigned char *b = d->raw + at;

	return d->encoding == ENCODING_UTF16_LE ? (__u32)(b[0] | b[1] << 8)
						: (__u32)(b[0] << 8 | b[1]);
}

/* Move one character of UTF-16 to the window. A lone half of a pair becomes U+FFFD. */
static void move_utf16(struct decoder *d)
{
	__u32 c = utf16_unit(d, d->raw_start), low;

	d->raw_start += 2;
	if (c >= 0xd800 && c < 0xdc00 && d->raw_end - d->raw_start >= 2) {
		low = utf16_unit(d, d->raw_start);
		if (low >= 0xdc00 && low < 0xe000) {
			c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
			d->raw_start += 2;
		}
	}
	if (c >= 0xd800 && c < 0xe000)
		c = 0xfffd;
	d->end += utf8_write(d->window + d->end, c);
}

static size_t raw_left(const struct decoder *d)
{
	return d->raw_end - d->raw_start;
}

/* Fill the window with at least DECODE_LOOKAHEAD bytes, or all that are left. */
static void fill_window(struct decoder *d)
{
	size_t unit = d->encoding >= ENCODING_UTF16_LE ? 2 : 1;

	if (d->end - d->start >= DECODE_LOOKAHEAD)
		return;
	memmove(d->window, d->window + d->start, d->end - d->start);
	d->end -= d->start;
	d->start = 0;
	while (d->end < 2 * DECODE_LOOKAHEAD) {
		if (raw_left(d) < 4)
			read_raw(d);
		if (!d->encoding) {
			detect_encoding(d);
			unit = d->encoding >= ENCODING_UTF16_LE ? 2 : 1;
			continue;
		}
		if (raw_left(d) < unit) {
			if (d->at_end)
				break;
			continue;
		}
		if (unit == 2)
			move_utf16(d);
		else
			d->window[d->end++] = d->raw[d->raw_start++];
	}
}

static size_t window_left(const struct decoder *d)
{
	return d->end - d->start;
}

static const char *window_at(const struct decoder *d)
{
	return (const char *)d->window + d->start;
}

/* Take bytes that are not shown; the lines of the source that end in them are counted. */
static void take_bytes(struct decoder *d, size_t length)
{
	while (length--)
		d->number += d->window[d->start++] == '\n';
}

/* ---- HTML ------------------------------------------------------------------------------- */

struct entity {
	const char *name;
	__u32 character;
};

static const struct entity entities[] = {
	{"gt", '>'},
	{"lt", '<'},
	{"amp", '&'},
	{"quot", '"'},
	{"apos", '\''},
	{"nbsp", 0xa0},
	{"rarr", 0x2192},
	{"rsaquo", 0x203a},
	{"raquo", 0xbb},
	{"lsaquo", 0x2039},
	{"laquo", 0xab},
	{"shy", 0xad},
	{"ensp", 0x2002},
	{"emsp", 0x2003},
	{"thinsp", 0x2009},
	{"zwnj", 0x200c},
	{"zwj", 0x200d},
	{"ndash", 0x2013},
	{"mdash", 0x2014},
	{"hellip", 0x2026},
	{"ldquo", 0x201c},
	{"rdquo", 0x201d},
	{"lsquo", 0x2018},
	{"rsquo", 0x2019},
	{"colon", ':'},
	{"period", '.'},
	{"comma", ','},
	{"plus", '+'},
	{"quest", '?'},
	{"lpar", '('},
	{"rpar", ')'},
	{"ast", '*'},
	{"lsqb", '['},
	{"rsqb", ']'},
	{"vert", '|'},
	{"Tab", '\t'},
	{"NewLine", '\n'},
	{"bull", 0x2022},
	{"middot", 0xb7},
	{"num", '#'},
	{"ZeroWidthSpace", 0x200b},
};

static int digit_value(char c, __u32 base)
{
	int value = -1;

	if (c >= '0' && c <= '9')
		value = c - '0';
	else if ((c | 32) >= 'a' && (c | 32) <= 'f')
		value = (c | 32) - 'a' + 10;
	return value >= 0 && (__u32)value < base ? value : -1;
}

/* Parse `#62;`, `#x3e;`. Returns its length, or 0. */
static size_t parse_numeric_entity(const char *text, size_t left, __u32 *c)
{
	size_t at = 1;
	__u32 base = 10;

	*c = 0;
	if (left > 2 && (text[1] | 32) == 'x') {
		base = 16;
		at = 2;
	}
	for (; at < left && at < 10 && digit_value(text[at], base) >= 0; at++)
		*c = *c * base + (__u32)digit_value(text[at], base);
	if (at >= left || text[at] != ';' || !*c || *c > 0x10ffff)
		return 0;
	return at + 1;
}

/* Parse an entity behind its `&`. Returns its length with the semicolon, or 0. */
static size_t parse_entity(const char *text, size_t left, __u32 *c)
{
	size_t i, length;

	if (left && *text == '#')
		return parse_numeric_entity(text, left, c);
	for (i = 0; i < sizeof(entities) / sizeof(*entities); i++) {
		length = strlen(entities[i].name);
		if (length < left && text[length] == ';' &&
		    !memcmp(text, entities[i].name, length)) {
			*c = entities[i].character;
			return length + 1;
		}
	}
	return 0;
}

/* An `&`, or the entity that it begins; `&amp;gt;` was escaped twice. */
static __u32 take_entity(struct decoder *d)
{
	__u32 c = '&', inner;
	size_t length = parse_entity(window_at(d) + 1, window_left(d) - 1, &c);

	d->start += 1 + length;
	if (!length || c != '&')
		return c;
	length = parse_entity(window_at(d), window_left(d), &inner);
	d->start += length;
	return length ? inner : c;
}

/* Tags of HTML: those that end a line, and those within a line. */
static const char block_tags[] = " address article blockquote body br dd div dl dt footer form h1 "
				 "h2 h3 h4 h5 h6 head header hr html li main nav ol option p pre "
				 "section table tbody tfoot thead title tr ul ";
static const char inline_tags[] =
	" a abbr b big button c cite code col colgroup del details dfn em "
	"figcaption figure font i img input ins kbd label link mark meta "
	"path q rect s samp script small span strike strong style sub "
	"summary sup svg td textarea th time tt u var wbr ";

static int is_in_list(const char *list, const char *name, size_t length)
{
	const char *at = list;

	while ((at = strcasestr(at, name))) {
		if (at > list && at[-1] == ' ' && at[length] == ' ')
			return 1;
		at++;
	}
	return 0;
}

enum tag { TAG_NONE, TAG_INLINE, TAG_BLOCK };

/* Find the end of a tag; an attribute in quotes may hold a `>`. Returns its length, or 0. */
static size_t tag_length(const char *text, size_t left)
{
	char quote = 0;
	size_t i;

	for (i = 1; i < left && i < DECODE_LOOKAHEAD; i++) {
		if (quote)
			quote = text[i] == quote ? 0 : quote;
		else if (text[i] == '>')
			return i + 1;
		else if (text[i] == '<')
			return 0;
		else if ((text[i] == '"' || text[i] == '\'') && text[i - 1] == '=')
			quote = text[i];
	}
	return 0;
}

/* Parse the tag at a `<`: its kind, its name in lower case, its length. */
static enum tag parse_tag(const char *text, size_t left, char name[16], size_t *length)
{
	size_t at = 1, used = 0;

	if (left >= 4 && !memcmp(text, "<!--", 4)) {
		const char *end = memmem(text, left, "-->", 3);

		*length = end ? (size_t)(end - text) + 3 : 4;
		return TAG_INLINE;
	}
	if (left > 2 && (text[1] == '/' || text[1] == '!'))
		at++;
	for (; at < left && used < 15; at++) {
		char c = text[at];

		if (!((c | 32) >= 'a' && (c | 32) <= 'z') && !(used && c >= '0' && c <= '9'))
			break;
		name[used++] = (char)(c | (c >= 'A' && c <= 'Z' ? 32 : 0));
	}
	name[used] = '\0';
	if (!used || at >= left || !strchr(" \t\r\n/>", text[at]))
		return TAG_NONE;
	*length = tag_length(text, left);
	if (!*length)
		return TAG_NONE;
	if (is_in_list(block_tags, name, used) || text[1] == '!')
		return TAG_BLOCK;
	return is_in_list(inline_tags, name, used) ? TAG_INLINE : TAG_NONE;
}

/* ---- escapes ---------------------------------------------------------------------------- */

/* Measure a terminal's sequence: ESC [ ... letter, ESC ] ... BEL. */
static size_t escape_length(const char *text, size_t left)
{
	size_t n;

	if (left < 2 || (text[1] != '[' && text[1] != ']'))
		return 1;
	for (n = 2; n < left; n++) {
		if (text[n] == '\n' || text[n] == '\r')
			return n;
		if (text[1] == '[' ? text[n] >= '@' && text[n] <= '~' : text[n] == 7)
			return n + 1;
	}
	return left;
}

static int is_punctuation(char c)
{
	return c > ' ' && c <= '~' && strchr("!\"#$%&'()*+,-./:;<=>?@[]^_`{|}~", c);
}

/*
 * A backslash: one of Markdown before punctuation (CommonMark 2.4) or at a line's end is nothing,
 * one of JSON with four hexadecimal digits is the character, `\n` of JSON is the end of a line, any
 * other is itself.
 */
static __u32 take_backslash(struct decoder *d)
{
	const char *at = window_at(d);
	size_t left = window_left(d), i;
	__u32 c = 0;

	d->start++;
	if (left < 2 || at[1] == '\n' || at[1] == '\r')
		return NOT_A_CHARACTER;
	if (left >= 6 && at[1] == 'u') {
		for (i = 2; i < 6 && digit_value(at[i], 16) >= 0; i++)
			c = c << 4 | (__u32)digit_value(at[i], 16);
		if (i == 6 && c) {
			d->start += 5;
			return c;
		}
	}
	if (left >= 3 && strchr("nrt", at[1]) && strchr(" \\\"'0123456789", at[2])) {
		d->start++;
		return at[1] == 'n' ? SOFT_LINE_END : ' ';
	}
	return is_punctuation(at[1]) ? NOT_A_CHARACTER : '\\';
}

/* ---- characters ------------------------------------------------------------------------- */

/* Windows-1252 where a byte is no UTF-8: 0x80 to 0x9f; the rest are as in Unicode. */
static const __u16 windows_1252[32] = {
	0x20ac, 0x81,	0x201a, 0x192,	0x201e, 0x2026, 0x2020, 0x2021, 0x2c6,	0x2030, 0x160,
	0x2039, 0x152,	0x8d,	0x17d,	0x8f,	0x90,	0x2018, 0x2019, 0x201c, 0x201d, 0x2022,
	0x2013, 0x2014, 0x2dc,	0x2122, 0x161,	0x203a, 0x153,	0x9d,	0x17e,	0x178,
};

/* Take a character of UTF-8 (RFC 3629), or a byte that is none. */
static __u32 take_utf8(struct decoder *d)
{
	const unsigned char *at = d->window + d->start;
	size_t n = *at >= 0xf0 ? 4 : *at >= 0xe0 ? 3 : 2, i;
	__u32 c = *at & (0xffu >> (n + 1));

	if (*at < 0xc2 || *at > 0xf4 || n > window_left(d))
		goto byte;
	for (i = 1; i < n; i++) {
		if ((at[i] & 0xc0) != 0x80)
			goto byte;
		c = c << 6 | (at[i] & 0x3f);
	}
	d->start += n;
	return c;
byte:
	d->start++;
	return *at < 0xa0 ? windows_1252[*at - 0x80] : *at;
}

struct range {
	__u32 first, last;
	const char *to;
};

/* How tcpdump wrote it, or NULL: the character stays. */
static const char *plain_form(__u32 c)
{
	static const struct range ranges[] = {
		{0xa0, 0xa0, " "},     {0xad, 0xad, ""},	{0xab, 0xab, "\""},
		{0xbb, 0xbb, ">"},     {0x1680, 0x1680, " "},	{0x2000, 0x200a, " "},
		{0x200b, 0x200f, ""},  {0x2010, 0x2015, "-"},	{0x2018, 0x201f, "\""},
		{0x2022, 0x2023, "-"}, {0x2026, 0x2026, "..."}, {0x202a, 0x202e, ""},
		{0x202f, 0x202f, " "}, {0x2039, 0x2039, "\""},	{0x203a, 0x203a, ">"},
		{0x205f, 0x205f, " "}, {0x2060, 0x2064, ""},	{0x2066, 0x206f, ""},
		{0x2190, 0x2190, "<"}, {0x2192, 0x2192, ">"},	{0x21d2, 0x21d2, ">"},
		{0x2212, 0x2212, "-"}, {0x2236, 0x2236, ":"},	{0x276f, 0x276f, ">"},
		{0x279c, 0x279c, ">"}, {0x27a1, 0x27a1, ">"},	{0x27e9, 0x27e9, ">"},
		{0x3000, 0x3000, " "}, {0x3009, 0x3009, ">"},	{0xfe0e, 0xfe0f, ""},
		{0xfeff, 0xfeff, ""},  {0xff08, 0xff08, "("},	{0xff09, 0xff09, ")"},
		{0xff0c, 0xff0c, ","}, {0xff1a, 0xff1a, ":"},	{0xff1e, 0xff1e, ">"},
		{0xff1f, 0xff1f, "?"},
	};
	size_t i;

	for (i = 0; i < sizeof(ranges) / sizeof(*ranges); i++) {
		if (c >= ranges[i].first && c <= ranges[i].last)
			return ranges[i].to;
	}
	return NULL;
}

static int is_line_end(__u32 c)
{
	return c == '\n' || c == '\r' || c == SOFT_LINE_END || c == 0x85 || c == 0x2028 ||
	       c == 0x2029;
}

/* Take the next character, or NOT_A_CHARACTER for what is none (a tag within a line). */
static __u32 take_character(struct decoder *d)
{
	const char *at = window_at(d);
	char name[16] = "";
	size_t length;
	enum tag tag;

	switch (*at) {
	case '&':
		return take_entity(d);
	case '\\':
		return take_backslash(d);
	case ESCAPE:
		d->start += escape_length(at, window_left(d));
		return NOT_A_CHARACTER;
	case '<':
		tag = parse_tag(at, window_left(d), name, &length);
		if (tag == TAG_NONE)
			break;
		take_bytes(d, length);
		if (d->is_html && at[1] != '/' &&
		    (!strcmp(name, "script") || !strcmp(name, "style")))
			d->skip_until = name[1] == 'c' ? "</script" : "</style";
		if (!strcmp(name, "td") || !strcmp(name, "th"))
			return ' ';
		return tag == TAG_BLOCK ? SOFT_LINE_END : NOT_A_CHARACTER;
	case '^': /* a terminal's echo of Ctrl-C; two asterisks: bold in Markdown */
		if (window_left(d) >= 2 && at[1] == 'C') {
			d->start += 2;
			return ' ';
		}
		break;
	case '*':
		if (window_left(d) >= 2 && at[1] == '*') {
			d->start += 2;
			return NOT_A_CHARACTER;
		}
		break;
	}
	if ((unsigned char)*at >= 0x80)
		return take_utf8(d);
	d->start++;
	return (unsigned char)*at;
}

/* ---- lines ------------------------------------------------------------------------------ */

static void add_text(struct text_line *line, const char *text, size_t length)
{
	memcpy(line->text + line->length, text, length);
	line->length += length;
}

static void add_character(struct text_line *line, __u32 c)
{
	const char *plain = plain_form(c);
	unsigned char utf8[4];

	if (c == '\t' || c == '\v' || c == '\f') {
		line->columns += TAB_STOP - line->columns % TAB_STOP;
		line->chars++;
		add_text(line, " ", 1);
		return;
	}
	if (c < ' ' || (c >= 0x7f && c < 0xa0))
		return;
	if (plain) {
		line->columns += strlen(plain);
		line->chars += strlen(plain);
		add_text(line, plain, strlen(plain));
		return;
	}
	line->columns++;
	line->chars++;
	add_text(line, (char *)utf8, utf8_write(utf8, c));
}

/* A page begins with a tag. Elsewhere a `<script>` may be of a packet that tcpdump -A prints. */
static void detect_html(struct decoder *d)
{
	const char *at = window_at(d), *end = at + window_left(d);

	while (at < end && (unsigned char)*at <= ' ')
		at++;
	d->is_html = at < end && *at == '<';
	d->is_begun = 1;
}

/* Skip to the end of a script or a style sheet, which is no text of the page. */
static void skip_script(struct decoder *d)
{
	while (d->skip_until && window_left(d)) {
		if (!strncasecmp(window_at(d), d->skip_until, strlen(d->skip_until)))
			d->skip_until = NULL;
		else
			take_bytes(d, 1);
		fill_window(d);
	}
}

/* A line that is too long ends at its last space, which stays in it, if there is one. */
static int is_full(const struct text_line *line)
{
	if (line->length + 8 >= LINE_MAX_SIZE)
		return 1;
	return line->length >= LINE_MAX_SIZE - 512 && line->text[line->length - 1] == ' ';
}

int decoder_next(struct decoder *d, struct text_line *line)
{
	int any = 0;
	size_t at;
	__u32 c;

	line->length = line->chars = line->columns = 0;
	line->bytes = d->bytes;
	line->number = d->number;
	d->is_part = 0;
	for (;;) {
		fill_window(d);
		if (!d->is_begun)
			detect_html(d);
		skip_script(d);
		if (d->error)
			return d->error;
		if (!window_left(d))
			break;
		at = d->start;
		c = take_character(d);
		if (c == '\n' && d->after_return) {
			d->after_return = 0;
			continue;
		}
		any = 1;
		d->after_return = c == '\r';
		if (is_line_end(c)) {
			d->number += c == '\n' || c == '\r';
			d->bytes = c == SOFT_LINE_END ? line->bytes + d->start - at : 0;
			break;
		}
		line->bytes += d->start - at;
		if (c != NOT_A_CHARACTER)
			add_character(line, c);
		if (is_full(line)) {
			d->is_part = 1;
			d->bytes = line->bytes;
			break;
		}
	}
	line->text[line->length] = '\0';
	line->is_part = d->is_part;
	return any;
}
