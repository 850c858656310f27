/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* See options.h. */
#include "base/options.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#define ROWS_MAX 48
#define HELP_CODE 1 /* rows have the codes after it */

/* ---- values ------------------------------------------------------------------------------ */

static int refuse(const struct option_row *row, const char *text, const char *expected)
{
	fprintf(stderr, "dnsreach: --%s: '%s' is not %s", row->name, text, expected);
	if (row->kind == OPTION_PERCENT)
		fprintf(stderr, " from %g to %g\n", row->least * 100, row->most * 100);
	else
		fprintf(stderr, " from %.10g to %.10g\n", row->least, row->most);
	return -EINVAL;
}

static int read_whole(const struct option_row *row, const char *text, void *to)
{
	unsigned long long n;
	char *end;

	errno = 0;
	n = strtoull(text, &end, 10);
	if (errno || *end || text[0] < '0' || text[0] > '9' || n < row->least || n > row->most)
		return refuse(row, text, "a whole number");
	*(unsigned long long *)to = n;
	return 0;
}

static int read_real(const struct option_row *row, const char *text, void *to)
{
	int percent = row->kind == OPTION_PERCENT;
	double d;
	char *end;

	errno = 0;
	d = strtod(text, &end);
	if (percent && *end == '%')
		end++;
	if (percent)
		d /= 100;
	/* Written so that "nan" is refused too. */
	if (errno || *end || end == text || !(d >= row->least && d <= row->most))
		return refuse(row, text, percent ? "a percentage" : "a number of seconds");
	*(double *)to = d;
	return 0;
}

static int read_list(const struct option_row *row, char *text, void *to)
{
	struct option_list *list = to;
	char *item, *rest = NULL;

	for (item = strtok_r(text, ",", &rest); item; item = strtok_r(NULL, ",", &rest)) {
		if (list->count == OPTION_LIST_MAX) {
			fprintf(stderr, "dnsreach: --%s: more than %d\n", row->name,
				OPTION_LIST_MAX);
			return -EINVAL;
		}
		list->items[list->count++] = item;
	}
	if (!list->count) {
		fprintf(stderr, "dnsreach: --%s: nothing is named\n", row->name);
		return -EINVAL;
	}
	return 0;
}

static int read_value(const struct option_row *row, char *text, void *target)
{
	void *to = (char *)target + row->offset;

	switch (row->kind) {
	case OPTION_FLAG:
		*(int *)to = 1;
		return 0;
	case OPTION_WHOLE:
		return read_whole(row, text, to);
	case OPTION_SECONDS:
	case OPTION_PERCENT:
		return read_real(row, text, to);
	case OPTION_TEXT:
		*(const char **)to = text;
		return 0;
	case OPTION_LIST:
		return read_list(row, text, to);
	}
	return -EINVAL;
}

/* ---- the command line -------------------------------------------------------------------- */

/* getopt_long's tables, from ours. */
static void make_tables(const struct option_row *rows, size_t count, struct option *longs,
			char *shorts)
{
	size_t i;

	*shorts++ = 'h';
	for (i = 0; i < count; i++) {
		int argument = rows[i].kind != OPTION_FLAG;

		longs[i] = (struct option){rows[i].name, argument, NULL, HELP_CODE + 1 + (int)i};
		if (!rows[i].letter)
			continue;
		*shorts++ = rows[i].letter;
		if (argument)
			*shorts++ = ':';
	}
	longs[count] = (struct option){"help", 0, NULL, HELP_CODE};
	longs[count + 1] = (struct option){0};
	*shorts = '\0';
}

static const struct option_row *row_of(const struct option_row *rows, size_t count, int code)
{
	size_t i;

	/* Letters are above the codes of the rows: 'A' is 65, and there are fewer rows. */
	if (code > HELP_CODE && (size_t)(code - HELP_CODE - 1) < count)
		return &rows[code - HELP_CODE - 1];
	for (i = 0; i < count; i++) {
		if (rows[i].letter && rows[i].letter == code)
			return &rows[i];
	}
	return NULL;
}

static int read_operand(int argc, char **argv, const char **operand)
{
	if (operand && optind + 1 == argc) {
		*operand = argv[optind];
		return 0;
	}
	if (operand && optind == argc)
		fprintf(stderr, "%s: no file is named. Try: %s --help\n", argv[0], argv[0]);
	else if (operand)
		fprintf(stderr, "%s: only one file at a time; '%s' is one too many\n", argv[0],
			argv[optind + 1]);
	else if (optind < argc)
		fprintf(stderr, "%s: '%s' is not an option. Try: %s --help\n", argv[0],
			argv[optind], argv[0]);
	else
		return 0;
	return -EINVAL;
}

int options_read(const struct option_row *rows, size_t count, const char *usage, int argc,
		 char **argv, void *target, const char **operand)
{
	struct option longs[ROWS_MAX + 2];
	const struct option_row *row;
	char shorts[2 * ROWS_MAX + 2];
	int code;

	if (count > ROWS_MAX)
		return -EINVAL;
	make_tables(rows, count, longs, shorts);
	optind = 0;
	while ((code = getopt_long(argc, argv, shorts, longs, NULL)) != -1) {
		if (code == HELP_CODE || code == 'h') {
			options_help(rows, count, usage, stdout);
			return 1;
		}
		row = row_of(rows, count, code);
		if (!row) {
			fprintf(stderr, "Try: %s --help\n", argv[0]);
			return -EINVAL; /* getopt_long has said what */
		}
		if (read_value(row, optarg, target))
			return -EINVAL;
	}
	return read_operand(argc, argv, operand);
}

#define HELP_COLUMN 31
#define HELP_WIDTH 80

/* The words behind the option, in lines that fit a terminal. */
static void help_words(FILE *out, int column, const char *words)
{
	int length;

	if (column >= HELP_COLUMN) {
		fprintf(out, "\n");
		column = 0;
	}
	fprintf(out, "%*s", HELP_COLUMN - column, "");
	column = HELP_COLUMN;
	while (*words) {
		length = strcspn(words, " ");
		if (column > HELP_COLUMN && column + 1 + length > HELP_WIDTH) {
			fprintf(out, "\n%*s", HELP_COLUMN, "");
			column = HELP_COLUMN;
		}
		column += fprintf(out, "%s%.*s", column > HELP_COLUMN ? " " : "", length, words);
		words += length + strspn(words + length, " ");
	}
	fprintf(out, "\n");
}

void options_help(const struct option_row *rows, size_t count, const char *usage, FILE *out)
{
	size_t i;
	int n;

	fprintf(out, "%s\nOptions:\n", usage);
	for (i = 0; i < count; i++) {
		n = rows[i].letter ? fprintf(out, "  -%c, --", rows[i].letter)
				   : fprintf(out, "      --");
		n += fprintf(out, "%s", rows[i].name);
		if (rows[i].argument)
			n += fprintf(out, " %s", rows[i].argument);
		help_words(out, n, rows[i].help);
	}
	help_words(out, fprintf(out, "  -h, --help"), "this text");
}
