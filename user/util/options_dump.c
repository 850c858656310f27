/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Options as lines of a file: what such a line can hold, and all of them as a whole file. */
#include "util/options.h"

#include <errno.h>
#include <string.h>

#define VALUE_MOST 4000 /* of a line's 4096 bytes; the rest is for the name */
#define LIST_LINE 1000	/* a list that is longer goes on in the next line */

/* ---- what a line can hold ---------------------------------------------------------------- */

static int is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* There is no way to quote anything. NULL: a line can hold it. */
static const char *unfit(const char *text)
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

static int check_fit(const struct option_row *row, const char *text, const char *where)
{
	const char *why = text ? unfit(text) : NULL;

	if (!why)
		return 0;
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
			err = check_fit(row, *(const char *const *)value, NULL);
		for (i = 0; option_is_list(row) && !err && i < list->count; i++)
			err = check_fit(row, list->items[i], list->where[i]);
	}
	return err;
}

/* ---- the file ---------------------------------------------------------------------------- */

static void dump_list(const struct option_row *row, const struct option_list *list, FILE *out)
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

static void dump_value(const struct option_row *row, const void *value, FILE *out)
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
		dump_list(row, value, out);
		break;
	}
}

void options_dump(const struct option_row *rows, size_t count, const void *target, FILE *out)
{
	const struct option_row *row;

	for (row = rows; row < rows + count; row++) {
		fprintf(out, "# --%s%s%s: %s\n", row->name, row->argument ? " " : "",
			row->argument ? row->argument : "", row->help);
		dump_value(row, (const char *)target + row->offset, out);
		fprintf(out, "\n");
	}
}
