// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* See tcpdump_normalize.h. */
#include "capture/tcpdump_normalize.h"

#include "capture/tcpdump_entry.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#define STAMP_MAX 32   /* characters of a date and a time */
#define SPLIT_LEAST 20 /* characters of an entry before another one begins in the same line */

void normalizer_init(struct normalizer *n, decode_read_fn *read, void *context)
{
	memset(n, 0, sizeof(*n));
	decoder_init(&n->decoder, read, context);
}

/* ---- where a line of tcpdump begins ------------------------------------------------------- */

/* Does the next line begin with a time of tcpdump? */
static int is_time_ahead(const struct normalizer *n)
{
	const char *text = n->ahead.text + strspn(n->ahead.text, " ");
	struct text_stamp stamp;

	return n->has_ahead && text_stamp_parse(text, &stamp) && stamp.has_fraction;
}

/*
 * Is a time without a fraction that of a log, and no time of tcpdump? So it is where the times of
 * the text have one, unless `IP` stands behind it; and at the end of a line before such a time.
 */
static int is_log_time(const struct normalizer *n, const struct text_stamp *stamp,
		       const char *behind)
{
	if (stamp->has_fraction)
		return 0;
	if (!*behind && is_time_ahead(n))
		return 1;
	return n->has_fractions && !lexer_behind(behind, "IP");
}

/*
 * Find the first time from `from` on behind which a line of tcpdump goes on. A log's own time
 * before it is passed over: behind that one, another time stands. Returns its offset or -1.
 */
static long find_begin(const struct normalizer *n, const char *text, size_t from,
		       struct text_stamp *stamp)
{
	const char *behind;
	long at;

	while ((at = text_stamp_find(text, from, stamp, &behind)) >= 0) {
		if (text_entry_begins(behind) && !is_log_time(n, stamp, behind))
			return at - (stamp->is_negative && (size_t)at > from);
		from = (size_t)at + 1;
	}
	return -1;
}

/* Find a time that begins in the current line at `from` and ends in the next one. */
static long find_joined(const struct normalizer *n, size_t from, const char *between)
{
	char joined[2 * PREFIX_MAX + 2];
	size_t start = from > STAMP_MAX ? from - STAMP_MAX : 0; /* what a time stands behind */
	const char *text = n->line.text + start;
	size_t length = strlen(text), rest = strlen(n->ahead.text);
	struct text_stamp stamp;
	long at;

	if (!n->has_ahead || length > PREFIX_MAX || n->line.is_part)
		return -1;
	rest = rest < PREFIX_MAX ? rest : PREFIX_MAX;
	snprintf(joined, sizeof(joined), "%s%s%.*s", text, between, (int)rest, n->ahead.text);
	at = find_begin(n, joined, from - start, &stamp);
	return at >= 0 && (size_t)at < length && stamp.has_fraction ? at + (long)start : -1;
}

/*
 * A time that is cut: by a hard wrap, or between date and time. It begins in this line and goes on
 * in the next one. Returns its offset or -1.
 */
static long find_cut_begin(const struct normalizer *n, size_t from)
{
	long at = find_joined(n, from, "");

	return at >= 0 ? at : find_joined(n, from, " ");
}

/* Find such a time at the end of a line in which an entry has begun at `from`. */
static long find_cut_at_end(const struct normalizer *n, size_t from)
{
	size_t least = from + SPLIT_LEAST;

	if (n->line.length <= least)
		return -1;
	if (n->line.length - least > STAMP_MAX)
		least = n->line.length - STAMP_MAX;
	return find_cut_begin(n, least);
}

/*
 * Is `at` inside the quoted data of a TXT record, in the entry that begins at `from`? Who answers
 * chooses that data, and may write a line of tcpdump into it.
 */
static int is_in_quoted_data(const char *text, size_t from, size_t at)
{
	size_t i, closed = 0;
	int is_open = 0;

	for (i = from; i < at; i++) {
		if (text[i] != '"')
			continue;
		if (is_open)
			closed = i;
		is_open = !is_open && ((i >= from + 5 && !memcmp(text + i - 5, " TXT ", 5)) ||
				       (closed && i == closed + 2 && text[i - 1] == ' '));
	}
	return is_open;
}

/* Is `at` inside the name of a question, before the length behind it? Who asks chooses the name. */
static int is_in_name(const char *text, size_t from, size_t at)
{
	size_t i;

	for (i = at; i-- > from + 1;) {
		if (text[i] == '(' && isdigit((unsigned char)text[i + 1]))
			return 0;
		if (i > from + 1 && text[i] == ' ' && text[i - 1] == '?' &&
		    (isupper((unsigned char)text[i - 2]) || isdigit((unsigned char)text[i - 2])))
			return 1;
	}
	return 0;
}

/* Is a time at `at` a part of what stands from `from` on, so that no entry begins with it? */
static int is_inside(const char *text, size_t from, size_t at)
{
	return is_in_quoted_data(text, from, at) || is_in_name(text, from, at);
}

/* Find where another entry begins in the same line: its breaks were lost. Returns its end or -1. */
static long find_next_begin(const struct normalizer *n, const char *text, size_t from)
{
	struct text_stamp stamp;
	size_t search = from + 1;
	long at;

	if (from >= n->line.length)
		return -1;
	while ((at = find_begin(n, text, search, &stamp)) >= 0) {
		if (at - (long)from >= SPLIT_LEAST &&
		    (stamp.is_whole || (text[at - 1] == ' ' && stamp.has_fraction)) &&
		    !is_inside(text, from, (size_t)at))
			return at;
		search = (size_t)(at + stamp.is_negative) + 1;
	}
	return find_cut_at_end(n, from);
}

/* ---- what stands before the time ---------------------------------------------------------- */

static size_t digits_at(const char *text)
{
	return strspn(text, "0123456789");
}

/*
 * Measure how much of `text` is a prefix like `n->prefix`: numbers may differ, and in place of a
 * list's sign there may be spaces. Returns 0 when it has none.
 */
static size_t prefix_at(const struct normalizer *n, const char *text)
{
	const char *at = text, *prefix = n->prefix;

	if (!n->prefix_length)
		return 0;
	if (strspn(text, " ") >= n->prefix_length)
		return n->prefix_length;
	while (*prefix) {
		if (isdigit((unsigned char)*prefix) && isdigit((unsigned char)*at)) {
			prefix += digits_at(prefix);
			at += digits_at(at);
		} else if (*prefix == *at) {
			prefix++;
			at++;
		} else if (at > text && !isalnum((unsigned char)at[-1]) &&
			   !prefix[strspn(prefix, " ")]) {
			break; /* the space before a time of -ttt is tcpdump's own */
		} else {
			return 0;
		}
	}
	return (size_t)(at - text);
}

/* Is this nothing that an entry could end with: signs of lists and quotations, numbers? */
static int is_decoration(const char *text, size_t length)
{
	size_t i;

	for (i = 0; i < length; i++) {
		if (isalpha((unsigned char)text[i]))
			return 0;
	}
	return 1;
}

/* ---- the parts of an entry ---------------------------------------------------------------- */

static void add_part(struct normalizer *n, size_t from, size_t to, size_t stripped)
{
	struct text_part *part = &n->part[n->part_count];
	size_t length = to - from;

	if (n->part_count == PARTS_MAX)
		return;
	if (length > sizeof(n->parts) - n->used)
		length = sizeof(n->parts) - n->used;
	if (stripped > length)
		stripped = length;
	memcpy(n->parts + n->used, n->line.text + from, length);
	part->offset = n->used;
	part->length = length;
	part->width[WIDTH_CHARS] = n->line.chars;
	part->width[WIDTH_COLUMNS] = n->line.columns;
	part->width[WIDTH_BYTES] = n->line.bytes;
	part->stripped = stripped;
	part->is_split = n->line.is_part && to == n->line.length;
	n->used += length;
	n->part_count++;
}

/* Is the prefix there in all parts, so that it was put before lines that were wrapped already? */
static int is_prefixed_throughout(const struct normalizer *n)
{
	size_t i;

	for (i = 1; i < n->part_count; i++) {
		if (!n->part[i].stripped)
			return 0;
	}
	return 1;
}

/* Find the width at which all parts but the last were cut. */
static size_t find_width(const struct normalizer *n, enum line_width which, int is_prefixed)
{
	size_t i, width, widest = 0;

	for (i = 0; i + 1 < n->part_count; i++) {
		width = n->part[i].width[which] - (is_prefixed ? n->part[i].stripped : 0);
		if (width > widest)
			widest = width;
	}
	return widest;
}

/* Append to a form, with single spaces. */
static size_t add_text(char *form, size_t used, const char *text, size_t length)
{
	size_t i;

	for (i = 0; i < length && used < LOGICAL_MAX; i++) {
		if (text[i] == ' ' && (!used || form[used - 1] == ' '))
			continue;
		form[used++] = text[i];
	}
	return used;
}

/* Drop the signs around a quotation or of a table at the end of a form. */
static void finish_form(char *form, size_t used)
{
	while (used && (strchr("\"'` ", form[used - 1]) ||
			(used > 1 && form[used - 1] == '|' && form[used - 2] == ' ')))
		used--;
	form[used] = '\0';
}

/* Skip the signs of mail and of quotations before a further part; one may be that of the sides. */
static size_t skip_signs(const char *form, const char *text, size_t length)
{
	struct sides sides;
	size_t at = 0;
	int has_sides;

	while (at < length && text[at] == ' ')
		at++;
	if (at < length && text[at] == '>') {
		at = 0;
		has_sides = lexer_sides(form, &sides) >= SIDES_NAMES;
		while (at < length && (text[at] == ' ' || text[at] == '>')) {
			if (text[at] == '>' && !has_sides &&
			    !(at + 2 < length && !memcmp(text + at, "> >", 3)))
				break;
			at++;
		}
	}
	while (at < length && strchr("\"'`", text[at]))
		at++;
	return at;
}

static void build_words(struct normalizer *n)
{
	char *form = n->form[FORM_WORDS];
	size_t i, used = 0, skipped;

	for (i = 0; i < n->part_count; i++) {
		const struct text_part *part = &n->part[i];
		const char *text = n->parts + part->offset + part->stripped;
		size_t length = part->length - part->stripped;

		form[used] = '\0';
		skipped = i ? skip_signs(form, text, length) : 0;
		if (i && !n->part[i - 1].is_split)
			used = add_text(form, used, " ", 1);
		used = add_text(form, used, text + skipped, length - skipped);
	}
	finish_form(form, used);
}

/* `keeps`: what looks like a prefix of a further part is none. */
static void build_fixed_width(struct normalizer *n, enum line_width which, int keeps, char *form)
{
	int is_prefixed = !keeps && is_prefixed_throughout(n);
	size_t i, used = 0, width, skipped, all = find_width(n, which, is_prefixed);

	for (i = 0; i < n->part_count; i++) {
		const struct text_part *part = &n->part[i];

		width = part->width[which] - (is_prefixed ? part->stripped : 0);
		skipped = i && keeps ? 0 : part->stripped;
		used = add_text(form, used, n->parts + part->offset + skipped,
				part->length - skipped);
		if (!part->is_split && width != all)
			used = add_text(form, used, " ", 1);
	}
	finish_form(form, used);
}

static void build_forms(struct normalizer *n)
{
	int which;

	build_words(n);
	for (which = 0; which < WIDTH_MAX; which++) {
		build_fixed_width(n, which, 0, n->form[1 + which]);
		build_fixed_width(n, which, 1, n->form[1 + WIDTH_MAX + which]);
	}
}

/* Hand out the entry that has begun. */
static int emit_entry(struct normalizer *n, struct logical_line *ret)
{
	size_t i, j;

	build_forms(n);
	ret->kind = LOGICAL_ENTRY;
	ret->number = n->entry_number;
	ret->form_count = 0;
	for (i = 0; i < FORM_MAX; i++) {
		for (j = 0; j < i && strcmp(n->form[i], n->form[j]); j++)
			;
		if (j == i)
			ret->text[ret->form_count++] = n->form[i];
	}
	ret->is_after_entry = 0;
	ret->is_apart = n->is_apart;
	ret->is_wrapped = n->part_count > 1 || n->dump.has_lines;
	ret->dump = &n->dump;
	n->part_count = 0;
	n->used = 0;
	n->is_after_entry = 1;
	n->is_after_blank = 0;
	return 1;
}

/* Hand out the rest of the current line up to `end` as a line that belongs to no entry. */
static int emit_loose(struct normalizer *n, size_t end, struct logical_line *ret)
{
	char *form = n->form[FORM_WORDS];

	finish_form(form, add_text(form, 0, n->line.text + n->at, end - n->at));
	ret->kind = LOGICAL_LOOSE;
	ret->number = n->line.number;
	ret->text[0] = form;
	ret->form_count = 1;
	ret->is_after_entry = n->is_after_entry;
	ret->is_apart = ret->is_wrapped = 0;
	n->at = end;
	n->has_line = end < n->line.length;
	n->is_blank_above = 0;
	return *form != '\0';
}

/* ---- line by line ------------------------------------------------------------------------- */

/* Note whether words or a blank line set the entry apart that begins at `from`. */
static void note_apart(struct normalizer *n, size_t from)
{
	int has_words = 0, has_blank = n->is_blank_above;

	if (!n->at)
		has_words = !is_decoration(n->line.text, from) || memchr(n->line.text, '`', from);
	n->is_apart = (has_words && !n->has_words_before) || (has_blank && !n->has_blank_before);
	n->has_words_before = has_words;
	n->has_blank_before = has_blank;
	n->is_blank_above = 0;
}

/* Begin an entry at `from`. The line goes on behind it where a further entry begins in it. */
static void begin_entry(struct normalizer *n, size_t from)
{
	long next = find_next_begin(n, n->line.text, from);
	size_t length = from - n->at;

	note_apart(n, from);
	n->entry_number = n->line.number;
	memset(&n->dump, 0, sizeof(n->dump));
	n->part_count = 0;
	n->used = 0;
	n->is_after_blank = 0;
	n->prefix_length = length < PREFIX_MAX ? length : 0;
	memcpy(n->prefix, n->line.text + n->at, n->prefix_length);
	n->prefix[n->prefix_length] = '\0';
	if (next < 0) {
		add_part(n, from - n->prefix_length, n->line.length, n->prefix_length);
		n->has_line = 0;
		return;
	}
	add_part(n, from - n->prefix_length, (size_t)next, n->prefix_length);
	n->prefix_length = 0;
	n->at = (size_t)next;
}

/* Words that go on with an entry that could be over; of `unreachable`, a reason too. */
static int is_continued_by(const char *form, const char *text)
{
	static const char *const quotes[] = {"IP (",   "IP6 (",	  "(tos ", "(flowlabel ", "(class ",
					     "(hlim ", "length ", ", ",	   NULL};
	size_t length = strlen(form);

	text += strspn(text, " ");
	if (text[strspn(text, "0123456789) ")] == '\0')
		return 1; /* the rest of a length */
	if (lexer_behind(text, "- ") || !strcmp(text, "-"))
		return length > 11 && !strcmp(form + length - 11, "unreachable");
	return !!lexer_begins_with(text, quotes);
}

/* `35084 NXDomain 0/1/0`, `A? example.org.`: it lacks nothing but the length. */
static int is_whole_without_length(struct normalizer *n)
{
	const char *form = n->form[FORM_WORDS], *word = strrchr(form, ' ');
	size_t length = strlen(form);

	if (!word || !length)
		return 0;
	if (form[length - 1] == '.' && strstr(form, "? "))
		return 1;
	return strspn(word + 1, "0123456789/") == strlen(word + 1) && strchr(word, '/');
}

/* `long.name.example.org. (44)`: the rest of a name, and the length that was missing. */
static int is_rest_of_name(const char *text)
{
	const char *bracket;

	text += strspn(text, " ");
	bracket = text + strcspn(text, " (");
	bracket += strspn(bracket, " ");
	return *bracket == '(' && isdigit((unsigned char)bracket[1]) &&
	       bracket[1 + strspn(bracket + 1, "0123456789")] == ')';
}

/* `10:00:03.0 what I said`: no entry begins here, but none goes on so either. */
static int begins_with_time(const char *text)
{
	struct text_stamp stamp;
	const char *end;
	long at = text_stamp_find(text, 0, &stamp, &end);

	return at >= 0 && stamp.has_fraction && is_decoration(text, (size_t)at);
}

/* Is the entry complete, in any form in which `next` does not go on with it? NULL: with nothing. */
static int is_complete(struct normalizer *n, const char *next)
{
	int is_complete = 0;
	size_t i;

	build_forms(n);
	for (i = 0; i < FORM_MAX; i++) {
		if (!text_entry_is_complete(n->form[i]))
			continue;
		if (next && is_continued_by(n->form[i], next))
			return 0;
		is_complete = 1;
	}
	return is_complete || n->part_count == PARTS_MAX || n->used == sizeof(n->parts);
}

/*
 * Is it the first line of a packet's bytes as tcpdump -A prints them: an IP header without options
 * (`E`, a byte, and the high byte of a length), or one of IPv6 of traffic class 0?
 */
static int begins_ascii_dump(const char *text)
{
	return (text[0] == 'E' && text[1] && !isalpha((unsigned char)text[1]) && text[2] == '.') ||
	       (text[0] == '`' && text[1] == '.');
}

/* Is the entry over before this line, which does not begin another one? */
static int is_over(struct normalizer *n, const char *text)
{
	if (n->dump.has_lines || begins_ascii_dump(text) || begins_with_time(text) ||
	    is_complete(n, text))
		return 1;
	return n->is_after_blank && is_whole_without_length(n) && !is_rest_of_name(text);
}

static int is_blank(const char *text)
{
	return !text[strspn(text, " ")];
}

/* A line in which no entry begins. Returns 1 when a logical line is complete before it. */
static int take_further_line(struct normalizer *n, struct logical_line *ret)
{
	const char *text = n->line.text + n->at;
	size_t stripped = n->part_count ? prefix_at(n, text) : 0;

	if (is_blank(text + stripped)) {
		n->is_after_blank = n->is_blank_above = 1;
		n->is_after_entry = 0;
		n->has_line = 0;
		return 0;
	}
	if (!n->part_count)
		return emit_loose(n, n->line.length, ret);
	if (text_dump_is_line(text + stripped)) {
		text_dump_add(&n->dump, text + stripped);
		n->is_after_blank = n->is_blank_above = 0;
		n->has_line = 0;
		return 0;
	}
	if (is_over(n, text + stripped))
		return emit_entry(n, ret);
	add_part(n, n->at, n->line.length, stripped);
	n->is_after_blank = n->is_blank_above = 0;
	n->has_line = 0;
	return 0;
}

/* Was the end of a line lost before the time at `begin`: `(33)14:06:12.001000`? */
static int is_glued(const struct normalizer *n, size_t begin)
{
	const char *text = n->line.text;

	return begin > n->at && (isalnum((unsigned char)text[begin - 1]) || text[begin - 1] == ')');
}

/* Is what stands before the time the end of the entry that has begun, and no prefix? */
static int ends_entry_before(struct normalizer *n, size_t begin)
{
	const char *text = n->line.text + n->at;
	size_t length = begin - n->at;
	char before[PREFIX_MAX];

	if (is_glued(n, begin)) {
		snprintf(before, sizeof(before), "%.*s", (int)length, text);
		return !is_complete(n, before);
	}
	if (is_decoration(text, length) || prefix_at(n, text) == length)
		return 0;
	return !is_complete(n, NULL);
}

/* Are there two addresses before the time: a line that has lost its own time? */
static int is_line_before(const struct normalizer *n, size_t begin)
{
	char before[PREFIX_MAX + 1];
	size_t length = begin - n->at;
	struct sides sides;

	if (length > PREFIX_MAX)
		length = PREFIX_MAX;
	memcpy(before, n->line.text + n->at, length);
	before[length] = '\0';
	return lexer_sides(before, &sides) == SIDES_NUMBERS;
}

/* The line that ends the time of the entry that has begun; another entry may begin in it. */
static void take_rest_of_time(struct normalizer *n, size_t prefix)
{
	long next = find_next_begin(n, n->line.text, n->at + prefix);

	n->is_time_cut = 0;
	add_part(n, n->at, next < 0 ? n->line.length : (size_t)next, prefix);
	n->has_line = next >= 0;
	n->at = next < 0 ? 0 : (size_t)next;
}

static int take_line(struct normalizer *n, struct logical_line *ret)
{
	size_t prefix = n->at ? 0 : prefix_at(n, n->line.text);
	struct text_stamp stamp = {0};
	int is_cut = 0;
	long begin;

	if (n->is_time_cut) {
		take_rest_of_time(n, prefix);
		return 0;
	}
	if (!n->at && (n->part_count || n->is_after_entry) &&
	    begins_ascii_dump(n->line.text + prefix))
		return take_further_line(n, ret); /* a time in it is one that the packet holds */
	begin = find_begin(n, n->line.text, n->at + prefix, &stamp);
	if (begin >= 0 && n->part_count && is_inside(n->line.text, n->at, (size_t)begin))
		return take_further_line(n, ret);
	if (begin < 0) {
		begin = find_cut_begin(n, n->at + prefix);
		is_cut = begin >= 0;
	}
	if (begin < 0)
		return take_further_line(n, ret);
	if (n->part_count) {
		if (ends_entry_before(n, (size_t)begin)) {
			add_part(n, n->at, (size_t)begin, 0);
			n->at = (size_t)begin;
		}
		return emit_entry(n, ret); /* and the same line again */
	}
	if (is_glued(n, (size_t)begin) && !is_line_before(n, (size_t)begin))
		n->at = (size_t)begin;
	if (is_line_before(n, (size_t)begin))
		return emit_loose(n, (size_t)begin, ret);
	n->is_time_cut = is_cut;
	n->has_fractions |= is_cut || stamp.has_fraction;
	begin_entry(n, (size_t)begin);
	return 0;
}

/* Load the current line and the one behind it. Returns 1, 0 at the end, -errno. */
static int load_line(struct normalizer *n)
{
	int more = 1;

	if (n->has_line)
		return 1;
	if (!n->has_ahead)
		more = decoder_next(&n->decoder, &n->ahead);
	if (more <= 0)
		return more;
	memcpy(&n->line, &n->ahead, offsetof(struct text_line, text) + n->ahead.length + 1);
	n->at = 0;
	n->has_line = 1;
	more = decoder_next(&n->decoder, &n->ahead);
	n->has_ahead = more > 0;
	return more < 0 ? more : 1;
}

int normalizer_next(struct normalizer *n, struct logical_line *ret)
{
	int more;

	while ((more = load_line(n)) > 0) {
		if (take_line(n, ret))
			return 1;
	}
	if (more < 0)
		return more;
	return n->part_count ? emit_entry(n, ret) : 0;
}
