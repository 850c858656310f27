/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* See options.h. */
#include "util/options.h"

#include "util/address.h"
#include "util/log.h"

#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define ROWS_MAX 48
#define VALUE_MOST 4000		    /* of a line's 4096 bytes; the rest is for the name */
#define LIST_LINE 1000		    /* a longer list continues in the next line */
#define ABOUT_SIZE (PATH_MAX + 100) /* a position in a file, and a name */
#define HELP_CODE 1
#define VERSION_CODE 2
#define ROW_CODE 3 /* of the first row; the others follow */

/* ---- values ------------------------------------------------------------------------------- */

/* The option and its source, for messages. */
struct option_origin {
	const struct option_row *row;
	const char *where; /* NULL: the command line */
};

#define option_refuse(origin, ...) options_refuse((origin)->row->name, (origin)->where, __VA_ARGS__)

int options_refuse(const char *name, const char *where, const char *format, ...)
{
	char about[ABOUT_SIZE];
	va_list values;

	snprintf(about, sizeof(about), "%s%s%s", where ? where : "--", where ? ": " : "", name);
	va_start(values, format);
	log_error_about(about, format, values);
	va_end(values);
	return -EINVAL;
}

static int option_parse_whole(const struct option_origin *origin, const char *text, void *to)
{
	const struct option_row *row = origin->row;
	unsigned long long n;
	char *end;

	errno = 0;
	n = strtoull(text, &end, 10);
	if (errno || *end || text[0] < '0' || text[0] > '9' || n < row->least || n > row->most)
		return option_refuse(origin, "'%s' is not a whole number from %.10g to %.10g", text,
				     row->least, row->most);
	*(unsigned long long *)to = n;
	return 0;
}

static int option_parse_real(const struct option_origin *origin, const char *text, void *to)
{
	const struct option_row *row = origin->row;
	int percent = row->kind == OPTION_PERCENT;
	double d;
	char *end;

	errno = 0;
	d = strtod(text, &end);
	if (percent && *end == '%')
		end++;
	if (percent)
		d /= 100;
	/* The comparisons are false for "nan". */
	if (!errno && !*end && end != text && d >= row->least && d <= row->most) {
		*(double *)to = d;
		return 0;
	}
	if (percent)
		return option_refuse(origin, "'%s' is not a percentage from %g to %g", text,
				     row->least * 100, row->most * 100);
	return option_refuse(origin, "'%s' is not a number of seconds from %.10g to %.10g", text,
			     row->least, row->most);
}

/* `text` is NULL on the command line; a file has yes or no. */
static int option_parse_flag(const struct option_origin *origin, const char *text, void *to)
{
	if (!text || !strcmp(text, "yes"))
		*(int *)to = 1;
	else if (!strcmp(text, "no"))
		*(int *)to = 0;
	else
		return option_refuse(origin, "'%s' is neither yes nor no", text);
	return 0;
}

static int option_check_text(const struct option_origin *origin, const char *text)
{
	char why[OPTION_WHY_SIZE];

	if (!origin->row->check || !origin->row->check(text, why))
		return 0;
	return option_refuse(origin, "%s", why);
}

static int option_check_item(const struct option_origin *origin, const char *item)
{
	struct resolver_key key;
	unsigned long port;
	char *end;

	if (*item == '#' || *item == ';') /* a file cannot hold it */
		return option_refuse(origin, "'%s' begins like a comment", item);

	if (origin->row->kind == OPTION_PORTS) {
		port = strtoul(item, &end, 10);
		if (*end || item[0] < '0' || item[0] > '9' || port < 1 || port > 65535)
			return option_refuse(origin, "'%s' is not a port from 1 to 65535", item);
	} else if (origin->row->kind == OPTION_RESOLVERS) {
		switch (resolver_parse(item, &key)) {
		case 0:
			break;
		case -ENODEV:
			return option_refuse(origin,
					     "'%s' needs its interface, as in fe80::1%%eth0", item);
		default:
			return option_refuse(origin, "'%s' is not an IP address", item);
		}
	}
	return option_check_text(origin, item);
}

/* `text` is NULL when the option stands without a value: then it is the implied one. */
static int option_parse_list(const struct option_origin *origin, char *text, void *to)
{
	struct option_list *list = to;
	size_t most = origin->row->most > 0 ? (size_t)origin->row->most : OPTION_LIST_MAX;
	char *item, *rest = NULL;
	int err;

	if (!text) {
		*list = (struct option_list){.items = {origin->row->implied}, .count = 1};
		return 0;
	}
	for (item = strtok_r(text, ", \t", &rest); item; item = strtok_r(NULL, ", \t", &rest)) {
		if (list->count >= most)
			return option_refuse(origin, "at most %zu can be named", most);
		err = option_check_item(origin, item);
		if (err)
			return err;
		list->where[list->count] = origin->where;
		list->items[list->count++] = item;
	}
	return list->count ? 0 : option_refuse(origin, "it names nothing");
}

static int option_parse(const struct option_origin *origin, char *text, void *target)
{
	void *to = (char *)target + origin->row->offset;

	switch (origin->row->kind) {
	case OPTION_FLAG:
		return option_parse_flag(origin, text, to);
	case OPTION_WHOLE:
		return option_parse_whole(origin, text, to);
	case OPTION_SECONDS:
	case OPTION_PERCENT:
		return option_parse_real(origin, text, to);
	case OPTION_TEXT:
		*(const char **)to = text;
		return option_check_text(origin, text);
	case OPTION_LIST:
	case OPTION_PORTS:
	case OPTION_RESOLVERS:
		return option_parse_list(origin, text, to);
	}
	return -EINVAL;
}

int option_is_list(const struct option_row *row)
{
	return row->kind == OPTION_LIST || row->kind == OPTION_PORTS ||
	       row->kind == OPTION_RESOLVERS;
}

/* ---- a configuration file ----------------------------------------------------------------- */

int options_set(const struct option_row *rows, size_t count, const char *where, const char *name,
		char *text, void *target)
{
	struct option_origin origin = {.where = where};
	size_t i;

	for (i = 0; i < count; i++) {
		if (strcmp(rows[i].name, name) != 0)
			continue;
		origin.row = &rows[i];
		return option_parse(&origin, text, target);
	}
	return -ENOENT;
}

/* ---- the command line --------------------------------------------------------------------- */

/* Makes the tables of getopt_long() from the rows. */
static void make_getopt_tables(const struct option_row *rows, size_t count, struct option *longs,
			       char *shorts)
{
	size_t i;

	*shorts++ = ':'; /* getopt_long() returns ':' for a missing value */
	*shorts++ = 'h';
	*shorts++ = 'V';
	for (i = 0; i < count; i++) {
		int argument = rows[i].kind == OPTION_FLAG ? no_argument
			       : rows[i].implied	   ? optional_argument
							   : required_argument;

		longs[i] = (struct option){rows[i].name, argument, NULL, ROW_CODE + (int)i};
		if (!rows[i].letter)
			continue;
		*shorts++ = rows[i].letter;
		if (argument)
			*shorts++ = ':';
	}
	longs[count++] = (struct option){"help", 0, NULL, HELP_CODE};
	longs[count++] = (struct option){"version", 0, NULL, VERSION_CODE};
	longs[count] = (struct option){0};
	*shorts = '\0';
}

static const struct option_row *row_of_code(const struct option_row *rows, size_t count, int code)
{
	size_t i;

	/* Letters are above the codes of the rows: 'A' is 65, and there are fewer rows. */
	if (code >= ROW_CODE && (size_t)(code - ROW_CODE) < count)
		return &rows[code - ROW_CODE];
	for (i = 0; i < count; i++) {
		if (rows[i].letter && rows[i].letter == code)
			return &rows[i];
	}
	return NULL;
}

/* Logs why getopt_long() returned `code`: ':' a value is missing, '?' any other error. */
static void log_getopt_error(const struct option_row *rows, size_t count, char **argv, int code)
{
	const char *option = argv[optind - 1];
	size_t length = strcspn(option, "="), i;
	unsigned int matches = 0;

	for (i = 0; i < count; i++)
		matches += length > 2 && !strncmp(option + 2, rows[i].name, length - 2);
	if (code == ':')
		log_error("option '%s' requires an argument; try: %s --help", option, argv[0]);
	else if (row_of_code(rows, count, optopt) || optopt == HELP_CODE || optopt == VERSION_CODE)
		log_error("option '%.*s' doesn't allow an argument; try: %s --help", (int)length,
			  option, argv[0]);
	else if (optopt)
		log_error("invalid option -- '%c'; try: %s --help", optopt, argv[0]);
	else if (matches > 1)
		log_error("option '%s' is ambiguous; try: %s --help", option, argv[0]);
	else
		log_error("unrecognized option '%s'; try: %s --help", option, argv[0]);
}

/*
 * Refuses a value that stands as a word of its own behind an option whose value is optional: only
 * `=` joins them (getopt_long(3)). `next`: the word behind the option. 0, or -EINVAL after a
 * message
 */
static int check_separate_value(const struct option_origin *origin, const char *next,
				const char **operand)
{
	if (!origin->row->implied || optarg || operand || !next || *next == '-')
		return 0;
	return option_refuse(origin, "write its value with '=', as in --%s=%s", origin->row->name,
			     next);
}

static int options_parse_operand(int argc, char **argv, const char **operand)
{
	if (operand && optind + 1 == argc) {
		*operand = argv[optind];
		return 0;
	}
	if (operand && optind == argc)
		log_error("no file is given; try: %s --help", argv[0]);
	else if (operand)
		log_error("only one file can be given; '%s' is one more", argv[optind + 1]);
	else if (optind < argc)
		log_error("'%s' is not an option; try: %s --help", argv[optind], argv[0]);
	else
		return 0;
	return -EINVAL;
}

int options_read(const struct option_row *rows, size_t count, const char *usage, int argc,
		 char **argv, void *target, const char **operand)
{
	struct option longs[ROWS_MAX + 3];
	unsigned char given[ROWS_MAX] = {0};
	struct option_origin origin = {0};
	char shorts[2 * ROWS_MAX + 4];
	int code;

	if (count > ROWS_MAX)
		return -EINVAL;
	make_getopt_tables(rows, count, longs, shorts);
	optind = 0;
	opterr = 0; /* log_getopt_error() logs the messages */
	while ((code = getopt_long(argc, argv, shorts, longs, NULL)) != -1) {
		if (code == HELP_CODE || code == 'h') {
			options_help(rows, count, usage, stdout);
			return 1;
		}
		if (code == VERSION_CODE || code == 'V') {
			printf("dnsreach %s\n", VERSION);
			return 1;
		}
		origin.row = row_of_code(rows, count, code);
		if (!origin.row) {
			log_getopt_error(rows, count, argv, code);
			return -EINVAL;
		}
		if (option_is_list(origin.row) && !given[origin.row - rows]++)
			((struct option_list *)((char *)target + origin.row->offset))->count = 0;
		if (check_separate_value(&origin, optind < argc ? argv[optind] : NULL, operand) ||
		    option_parse(&origin, optarg, target))
			return -EINVAL;
	}
	return options_parse_operand(argc, argv, operand);
}

#define HELP_COLUMN 31
#define HELP_WIDTH 80

/* Prints the help of an option, wrapped to the width of a terminal. */
static void help_add_words(FILE *out, int column, const char *words)
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

/* Prints " PATTERN", or "[=PATTERN]" where it may be left out. Returns how many columns. */
static int print_argument(const struct option_row *row, FILE *out)
{
	if (!row->argument)
		return 0;
	return row->implied ? fprintf(out, "[=%s]", row->argument)
			    : fprintf(out, " %s", row->argument);
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
		n += print_argument(&rows[i], out);
		help_add_words(out, n, rows[i].help);
	}
	help_add_words(out, fprintf(out, "  -V, --version"), "print the version");
	help_add_words(out, fprintf(out, "  -h, --help"), "print this help");
}

/* ---- what a line of a file can hold ------------------------------------------------------- */

static int is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* Returns why a line of a file cannot hold the text, which cannot be quoted there; NULL: it can. */
static const char *unfit_reason(const char *text)
{
	size_t length = strlen(text), i;

	if (!length)
		return "it is empty";
	if (length > VALUE_MOST)
		return "it is longer than 4000 bytes";
	if (is_blank(text[0]) || is_blank(text[length - 1]))
		return "it begins or ends with a blank";
	for (i = 0; i < length; i++) {
		if ((text[i] == '#' || text[i] == ';') && (!i || is_blank(text[i - 1])))
			return "its # or ; would begin a comment";
		if ((unsigned char)text[i] < ' ' && text[i] != '\t')
			return "it holds a line end or another control character";
	}
	return NULL;
}

static int option_check_fit(const struct option_row *row, const char *text, const char *where)
{
	const char *why = text ? unfit_reason(text) : NULL;

	if (!why)
		return 0;
	if (row->is_secret)
		return options_refuse(row->name, where, "the text cannot be a value: %s", why);
	return options_refuse(row->name, where, "'%.100s' cannot be a value: %s", text, why);
}

int options_fit(const struct option_row *rows, size_t count, const void *target)
{
	const struct option_row *row;
	int err = 0;

	for (row = rows; !err && row < rows + count; row++) {
		const void *value = (const char *)target + row->offset;
		const struct option_list *list = value;
		size_t i;

		if (row->kind == OPTION_TEXT)
			err = option_check_fit(row, *(const char *const *)value, NULL);
		for (i = 0; option_is_list(row) && !err && i < list->count; i++)
			err = option_check_fit(row, list->items[i], list->where[i]);
	}
	return err;
}

/* ---- all options as a file ---------------------------------------------------------------- */

static void option_dump_list(const struct option_row *row, const struct option_list *list,
			     FILE *out)
{
	size_t length = 0, i;

	if (!list->count)
		fprintf(out, "# %s = ", row->name);
	for (i = 0; i < list->count; i++) {
		if (length && length + strlen(list->items[i]) <= LIST_LINE) {
			length += (size_t)fprintf(out, ",%s", list->items[i]);
			continue;
		}
		length =
			(size_t)fprintf(out, "%s%s = %s", i ? "\n" : "", row->name, list->items[i]);
	}
	fprintf(out, "\n");
}

static void option_dump_value(const struct option_row *row, const void *value, FILE *out)
{
	const char *text;

	switch (row->kind) {
	case OPTION_FLAG:
		fprintf(out, "%s = %s\n", row->name, *(const int *)value ? "yes" : "no");
		break;
	case OPTION_WHOLE:
		fprintf(out, "%s = %llu\n", row->name, *(const unsigned long long *)value);
		break;
	case OPTION_SECONDS:
		fprintf(out, "%s = %.10g\n", row->name, *(const double *)value);
		break;
	case OPTION_PERCENT:
		fprintf(out, "%s = %.10g%%\n", row->name, *(const double *)value * 100);
		break;
	case OPTION_TEXT:
		text = *(const char *const *)value;
		fprintf(out, "%s%s = %s\n", text ? "" : "# ", row->name, text ? text : "");
		break;
	case OPTION_LIST:
	case OPTION_PORTS:
	case OPTION_RESOLVERS:
		option_dump_list(row, value, out);
		break;
	}
}

void options_dump(const struct option_row *rows, size_t count, const void *target, FILE *out)
{
	const struct option_row *row;

	for (row = rows; row < rows + count; row++) {
		fprintf(out, "# --%s", row->name);
		print_argument(row, out);
		fprintf(out, ": %s\n", row->help);
		option_dump_value(row, (const char *)target + row->offset, out);
		fprintf(out, "\n");
	}
}
