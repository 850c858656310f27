// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * A DNS message as tcpdump prints it: `35084+ A? example.org. (29)`, `35084 NXDomain* 0/1/0 (80)`.
 * Header and question are taken from it; records of the answer are not, nor lengths.
 */
#include "capture/tcpdump_entry.h"
#include "util/dns.h"

#include <errno.h>
#include <string.h>

#define QR 0x80
#define AA 0x04
#define TC 0x02
#define RD 0x01
#define RA 0x80
#define AD 0x20
#define CD 0x10
#define NAME_MAX_BYTES 255
#define LABEL_MAX_BYTES 63

struct named {
	const char *name;
	__u16 number;
};

/* The RCODEs that util/dns.h does not have: extended ones, and tcpdump's name for 15. */
static const struct named rcodes[] = {
	{"NoChange", 15}, {"BadVers", 16}, {"BadSig", 16}, {"BadKey", 17},   {"BadTime", 18},
	{"BadMode", 19},  {"BadName", 20}, {"BadAlg", 21}, {"BadTrunc", 22}, {"BadCookie", 23},
};

static const struct named opcodes[] = {
	{"inv_q", 1}, {"stat", 2},  {"op3", 3},	  {"notify", 4},  {"update", 5},
	{"op6", 6},   {"op7", 7},   {"op8", 8},	  {"updateA", 9}, {"updateD", 10},
	{"op11", 11}, {"op12", 12}, {"op13", 13}, {"op14", 14},	  {"op15", 15},
};

/* Between type and question mark: `TXT CHAOS? version.bind.`, `PTR (QM)? x.local.` */
static const struct named classes[] = {
	{"CHAOS", 3}, {"HESIOD", 4}, {"NONE", 254}, {"ANY", 255}, {"(QM)", 1}, {"(QU)", 1},
};

static const struct named *find(const struct named *table, size_t count, const char *name,
				size_t length)
{
	size_t i;

	for (i = 0; i < count; i++) {
		if (strlen(table[i].name) == length && !strncasecmp(table[i].name, name, length))
			return &table[i];
	}
	return NULL;
}

#define FIND(table, name, length) find(table, sizeof(table) / sizeof(*(table)), name, length)

/* ---- the question ----------------------------------------------------------------------- */

/* AAAA, Type65; 0: not known */
static __u16 type_number(const char *name, size_t length)
{
	const char *digits = lexer_behind(name, "Type");
	int known = dns_type_lookup(name, length);
	__u32 number;

	if (known >= 0)
		return (__u16)known;
	if (!digits || lexer_number(digits, 65535, &number) != name + length)
		return 0;
	return (__u16)number;
}

static int hex_digit(char c)
{
	const char *all = "0123456789abcdef", *at = c ? strchr(all, c) : NULL;

	return at ? (int)(at - all) : -1;
}

/* The next byte of a name: \0xHH is tcpdump's way of saying what cannot be printed. */
static const char *name_byte(const char *at, const char *end, __u8 *byte)
{
	if (end - at >= 5 && lexer_behind(at, "\\0x") && hex_digit(at[3]) >= 0 &&
	    hex_digit(at[4]) >= 0) {
		*byte = (__u8)(hex_digit(at[3]) << 4 | hex_digit(at[4]));
		return at + 5;
	}
	*byte = (__u8)*at;
	return at + 1;
}

/* The name as on the wire. Returns its length, 0 when it is none. */
static size_t encode_name(const char *name, size_t length, __u8 *to)
{
	const char *at = name, *end = name + length;
	size_t used = 1, label = 0; /* label: where the length of the current one stands */
	__u8 byte;

	if (length == 1 && *name == '.')
		at = end;
	while (at < end) {
		int dot = *at == '.';

		at = name_byte(at, end, &byte);
		if (!dot) {
			if (used - label > LABEL_MAX_BYTES || used >= NAME_MAX_BYTES - 1)
				return 0;
			to[used++] = byte;
			continue;
		}
		if (used == label + 1)
			return 0;
		to[label] = (__u8)(used - label - 1);
		label = used++;
	}
	to[label] = (__u8)(used - label - 1);
	if (used > label + 1) /* no dot at its end */
		to[used++] = 0;
	return used;
}

/* 1/0/0 */
static int is_counts(const char *word)
{
	__u32 n;
	int i;

	for (i = 0; i < 3; i++) {
		word = lexer_number(word, 65535, &n);
		if (!word || (i < 2 && *word++ != '/'))
			return 0;
	}
	return !*word || *word == ',';
}

/* Drop `(29)` at the end of a name, where the space before it was lost. */
static void drop_length(const char *name, size_t *length, int *words)
{
	size_t at = *length;

	if (!at || name[at - 1] != ')')
		return;
	for (at--; at && name[at - 1] >= '0' && name[at - 1] <= '9'; at--)
		;
	if (at < 2 || at == *length - 1 || name[at - 1] != '(')
		return;
	*length = at - 1;
	++*words;
}

/*
 * Put the words of a name together, up to `(29)` or the counts of a response: a fold may have cut
 * it. Returns where the text goes on.
 */
static const char *read_name(const char *text, char name[WORD_SIZE], size_t *length, int *words)
{
	const char *next, *end = strstr(text, " (");
	char word[WORD_SIZE];
	size_t n;

	*length = 0;
	*words = 0;
	while ((next = lexer_word(text, word)) && !strchr("([", word[0]) && !is_counts(word)) {
		n = strlen(word);
		if (*length + n >= WORD_SIZE || !strcmp(word, "ar:")) /* -vv: further records */
			break;
		memcpy(name + *length, word, n);
		*length += n;
		++*words;
		text = next;
		if (word[n - 1] == ',' || !end || next > end)
			break;
	}
	if (*length && name[*length - 1] == ',')
		(*length)--;
	drop_length(name, length, words);
	return text;
}

/* Parse what stands before the question mark. Returns where the name begins, or NULL. */
static const char *read_type(const char *text, __u16 *type, __u16 *class)
{
	const char *mark = strchr(text, '?');
	size_t length = strcspn(text, " ?");
	const struct named *known;

	*class = 1;
	if (!mark || !length ||
	    strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
			 "0123456789-_") < length)
		return NULL;
	*type = type_number(text, length);
	if (text[0] < 'A' || text[0] > 'Z' || (mark[1] && mark[1] != ' '))
		return NULL;
	text += length;
	if (text == mark)
		return mark + 1;
	text += strspn(text, " ");
	if (lexer_behind(text, "(Class "))
		return mark + 1;
	known = FIND(classes, text, (size_t)(mark - text));
	if (!known)
		return NULL;
	*class = known->number;
	return mark + 1;
}

/* tcpdump prints names in ASCII and escapes the rest. */
static int is_printed(const char *name, size_t length)
{
	size_t i;

	for (i = 0; i < length; i++) {
		if ((unsigned char)name[i] >= 0x7f)
			return 0;
	}
	return 1;
}

/* Parse `A? name.`, `TXT CHAOS? version.bind.`. Returns where the text goes on, or NULL. */
static const char *read_question(const char *text, struct text_dns *dns)
{
	const char *cut = strstr(text, "[|domain]");
	char name[WORD_SIZE] = "";
	size_t length;
	__u16 type, class;
	int words;

	text = read_type(text + strspn(text, " "), &type, &class);
	if (!text)
		return NULL;
	text = read_name(text, name, &length, &words);
	if (!is_printed(name, length))
		return NULL;
	if (!type || !length || (cut && lexer_behind(text + strspn(text, " "), "[|")))
		return text;
	if (name[length - 1] == ']' && length >= 9) /* cut within the name */
		return text;
	length = encode_name(name, length, dns->question);
	if (!length)
		return text;
	dns->is_name_joined |= words > 1;
	dns->question[length] = (__u8)(type >> 8);
	dns->question[length + 1] = (__u8)type;
	dns->question[length + 2] = (__u8)(class >> 8);
	dns->question[length + 3] = (__u8) class;
	dns->question_length = (__u16)(length + 4);
	return text;
}

/* ---- the header ------------------------------------------------------------------------- */

/* Parse what follows ID or RCODE without a space. Returns 0 when there is something else. */
static int read_marks(const char *marks, struct text_dns *dns, int *no_recursion)
{
	for (; *marks; marks++) {
		switch (*marks) {
		case '+':
			dns->flags |= RD;
			break;
		case '%':
			dns->rcode |= CD;
			break;
		case '*':
			dns->flags |= AA;
			break;
		case '-':
			*no_recursion = 1;
			break;
		case '|':
			dns->flags |= TC;
			break;
		case '$':
			dns->rcode |= AD;
			break;
		case '[': /* the packet was cut: `7+[|domain]` */
			return !strcmp(marks, "[|domain]") || !strcmp(marks, "[|domain");
		default:
			return 0;
		}
	}
	return 1;
}

/* The RCODE of a name, in its header part (of an extended one the lower four bits), or -1. */
static int rcode_number(const char *word, size_t length)
{
	const struct named *known = FIND(rcodes, word, length);
	const char *digits = lexer_behind(word, "Resp");
	int rcode = dns_rcode_lookup(word, length);
	__u32 number;

	if (rcode > 0) /* tcpdump does not print NOERROR */
		return rcode;
	if (known)
		return known->number & 15;
	if (digits && lexer_number(digits, 4095, &number) == word + length)
		return (int)(number & 15);
	return -1;
}

/* Parse an RCODE or an opcode, with marks behind it. Returns 0 when it is neither. */
static int read_named(const char *word, struct text_dns *dns, int *no_recursion)
{
	size_t length = strcspn(word, "+%*-|$[");
	int rcode = rcode_number(word, length);
	const struct named *known;

	if (rcode >= 0) {
		dns->flags |= QR;
		dns->rcode |= (__u8)rcode;
		return read_marks(word + length, dns, no_recursion);
	}
	known = FIND(opcodes, word, length);
	if (!known)
		return 0;
	dns->flags |= (__u8)(known->number << 3);
	return read_marks(word + length, dns, no_recursion);
}

/* Skip `[1au]`, `[udp sum ok]`, `[2q],`, but not the mark of a cut message. */
static const char *skip_brackets(const char *text)
{
	const char *end;

	text += strspn(text, " ");
	while (*text == '[' && strncmp(text, "[|", 2)) {
		end = strchr(text, ']');
		if (!end)
			break;
		text = end + 1 + strspn(end + 1, " ,");
	}
	return text;
}

/* Parse the words behind ID and marks. `is_cut`: the mark of a cut message stood there already. */
static enum text_fault read_words(const char *text, int to_resolver, int is_cut,
				  struct text_dns *dns, int *no_recursion)
{
	const char *next;
	char word[WORD_SIZE];

	for (;;) {
		text = skip_brackets(text);
		next = lexer_word(text, word);
		if (next && word[0] == '(' && dns->flags & QR)
			return FAULT_NOT_DNS; /* a response has counts before its length */
		if (is_cut || (next && (word[0] == '(' || lexer_behind(word, "[|")))) {
			if (!to_resolver)
				dns->flags |= QR;
			return FAULT_NONE;
		}
		if (!next)
			return FAULT_CUT;
		if (is_counts(word)) {
			dns->flags |= QR;
			return FAULT_NONE;
		}
		if (!strcmp(word, "q:")) {
			dns->flags |= QR;
			text = read_question(next, dns);
			if (!text)
				return FAULT_NOT_DNS;
			text += *text == ',';
			continue;
		}
		if (read_marks(word, dns, no_recursion) || read_named(word, dns, no_recursion)) {
			is_cut = !!strchr(word, '[');
			text = next;
			continue;
		}
		return read_question(text, dns) ? FAULT_NONE : FAULT_NOT_DNS;
	}
}

enum text_fault text_dns_parse(const char *text, int to_resolver, struct text_dns *dns)
{
	char word[WORD_SIZE];
	int no_recursion = 0;
	const char *next, *marks;
	enum text_fault reason;
	__u32 id;

	memset(dns, 0, sizeof(*dns));
	text = skip_brackets(text);
	next = lexer_word(text, word);
	if (!next || lexer_behind(text, "[|"))
		return FAULT_CUT;
	if (lexer_behind(text, "UDP, length") || lexer_behind(text, "udp "))
		return FAULT_UNDECODED;
	marks = lexer_number(word, 65535, &id);
	if (!marks || !read_marks(marks, dns, &no_recursion))
		return FAULT_NOT_DNS;
	dns->id = (__u16)id;
	reason = read_words(next, to_resolver, !!strchr(marks, '['), dns, &no_recursion);
	if (reason == FAULT_NONE && dns->flags & QR) {
		dns->flags |= RD;
		dns->rcode |= no_recursion ? 0 : RA;
	}
	return reason;
}
