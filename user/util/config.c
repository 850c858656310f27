/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * See config.h. inih splits a line; where in the line a word stands we find ourselves, since it
 * does not say.
 */
#include "util/config.h"

#include "util/log.h"

#include <errno.h>
#include <ini.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINE_MOST 4096

/* One reading of one file. */
struct reading {
	struct config *config;
	const char *file;
	const struct option_row *rows;
	size_t count;
	void *target;
	FILE *in;
	char line[LINE_MOST]; /* as it is in the file */
	int number;
	int refused;		 /* number of the first line that was, 0: none */
	int told;		 /* it has been said why */
	unsigned char given[64]; /* rows that the file has set */
};

/* Column of `word` in the line, from 1; of the line's first word for NULL. */
static int column_of(const struct reading *r, const char *word)
{
	const char *at = word && *word ? strstr(r->line, word) : NULL;

	if (!at)
		at = r->line + strspn(r->line, " \t");
	return at - r->line + 1;
}

/* The value, behind the first "=" or ":". */
static int column_of_value(const struct reading *r, const char *value)
{
	const char *at = r->line + strcspn(r->line, "=:");

	at += *at != '\0';
	at += strspn(at, " \t");
	if (*value && strncmp(at, value, strlen(value)) != 0)
		return column_of(r, value);
	return at - r->line + 1;
}

static int refuse(struct reading *r, int column, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static int refuse(struct reading *r, int column, const char *format, ...)
{
	char place[LINE_MOST];
	char *words;
	va_list values;
	int length;

	if (r->refused)
		return 0;
	r->refused = r->number;
	r->told = 1;
	snprintf(place, sizeof(place), "%s:%d:%d", r->file, r->number, column);
	va_start(values, format);
	length = vasprintf(&words, format, values);
	va_end(values);
	log_error("%s: %s", place, length < 0 ? "out of memory" : words);
	if (length >= 0)
		free(words);
	return 0;
}

char *config_keep(struct config *config, const char *text)
{
	char **more = realloc(config->texts, (config->count + 1) * sizeof(*more));
	char *copy;

	if (!more)
		return NULL;
	config->texts = more;
	copy = strdup(text);
	if (copy)
		config->texts[config->count++] = copy;
	return copy;
}

static const struct option_row *row_named(const struct reading *r, const char *name)
{
	size_t i;

	for (i = 0; i < r->count; i++) {
		if (!strcmp(r->rows[i].name, name))
			return &r->rows[i];
	}
	return NULL;
}

/* A list may be given in several lines; anything else twice is a mistake. */
static int given_twice(struct reading *r, const struct option_row *row)
{
	size_t i = row - r->rows;
	int twice = r->given[i]++ && row->kind != OPTION_LIST && row->kind != OPTION_PORTS &&
		    row->kind != OPTION_RESOLVERS;

	return twice;
}

/* Of inih: non-zero when the line is fine. There is no section: is_wellformed() takes none. */
static int on_line(void *user, const char *section, const char *name, const char *value)
{
	struct reading *r = user;
	const struct option_row *row = row_named(r, name);
	char place[LINE_MOST];
	char *text, *where;

	if (r->refused)
		return 0;
	if (!row)
		return refuse(r, column_of(r, name),
			      "there is no option '%s'; `dnsreach run --dump-config` lists all",
			      name);
	if (given_twice(r, row))
		return refuse(r, column_of(r, name), "'%s' is given for the second time", name);
	if (!*value)
		return refuse(r, column_of_value(r, value), "'%s' has no value", name);
	if (*value == '#' || *value == ';')
		return refuse(r, column_of_value(r, value),
			      "'%s' has no value; a comment needs a blank before it", name);
	snprintf(place, sizeof(place), "%s:%d:%d", r->file, r->number, column_of_value(r, value));
	where = config_keep(r->config, place);
	text = config_keep(r->config, value);
	if (!where || !text)
		return refuse(r, 1, "out of memory");
	if (!options_set(r->rows, r->count, where, name, text, r->target))
		return 1;
	r->refused = r->number;
	r->told = 1;
	return 0;
}

/* A line may end in "\r\n". */
static const char *control_character(const char *text)
{
	for (; *text; text++) {
		if (*text == '\r' && (!text[1] || text[1] == '\n'))
			continue;
		if ((unsigned char)*text < ' ' && !strchr("\t\n", *text))
			return text;
	}
	return NULL;
}

/* A line that inih can split, or is to skip? What it would only count, is told here. */
static int is_wellformed(struct reading *r, const char *text, size_t length)
{
	if (length >= LINE_MOST)
		return refuse(r, LINE_MOST, "the line is longer than 4000 characters");
	if (strlen(text) != length)
		return refuse(r, (int)strlen(text) + 1, "the line holds a NUL byte");
	if (control_character(text))
		return refuse(r, (int)(control_character(text) - text) + 1,
			      "the line holds a control character");
	text += strspn(text, " \t\r\n");
	if (*text == '[')
		return refuse(r, column_of(r, NULL),
			      "the file has no sections; remove the line %.*s",
			      (int)strcspn(text, "\r\n"), text);
	if (!*text || strchr("#;", *text) || strpbrk(text, "=:"))
		return 1;
	return refuse(r, column_of(r, NULL), "expected NAME = VALUE, or # and a comment");
}

/* An editor may have put a byte order mark before the first line. */
static char *without_mark(const struct reading *r, char *text)
{
	return r->number == 1 && !strncmp(text, "\xef\xbb\xbf", 3) ? text + 3 : text;
}

/* Of inih, as fgets(): keeps the line, and hides its indentation, which is no continuation here. */
static char *next_line(char *to, int size, void *stream)
{
	struct reading *r = stream;
	size_t room = 0;
	char *line = NULL, *text;
	ssize_t length = r->refused ? -1 : getline(&line, &room, r->in);
	int fine = 0;

	if (length >= 0) {
		r->number++;
		text = without_mark(r, line);
		length -= text - line;
		snprintf(r->line, sizeof(r->line), "%.*s", (int)strcspn(text, "\r\n"), text);
		fine = is_wellformed(r, text, length);
		if (snprintf(to, size, "%s\n", r->line + strspn(r->line, " \t")) >= size && fine)
			fine = refuse(r, size, "the line is too long here; use several");
	}
	free(line);
	return fine ? to : NULL;
}

static int parse(struct reading *r)
{
	int line;

	ini_use_stack = 0;
	ini_allow_realloc = 0;
	ini_max_line = ini_initial_alloc = LINE_MOST + 8; /* which of them holds: its version */
	ini_allow_multiline = 0;
	ini_inline_comment_prefixes = ";#";
	line = ini_parse_stream(next_line, r, on_line, r);
	if (line == -2) {
		log_error("%s: out of memory", r->file);
		return -ENOMEM;
	}
	if (r->told)
		return -EINVAL;
	if (line > 0) {
		log_error("%s:%d:1: expected NAME = VALUE, or # and a comment", r->file, line);
		return -EINVAL;
	}
	if (ferror(r->in)) {
		log_error("cannot read %s: %s", r->file, strerror(errno));
		return -EIO;
	}
	return 0;
}

int config_read(struct config *config, const char *file, const struct option_row *rows,
		size_t count, void *target)
{
	struct reading *r = calloc(1, sizeof(*r));
	int err;

	if (!r || count > sizeof(r->given)) {
		free(r);
		return -ENOMEM;
	}
	*r = (struct reading){.config = config,
			      .file = file,
			      .rows = rows,
			      .count = count,
			      .target = target,
			      .in = fopen(file, "re")};
	if (r->in) {
		err = parse(r);
		fclose(r->in);
	} else {
		err = -errno;
		if (err != -ENOENT)
			log_error("cannot read %s: %s", file, strerror(-err));
	}
	free(r);
	return err;
}

void config_free(struct config *config)
{
	size_t i;

	for (i = 0; i < config->count; i++)
		free(config->texts[i]);
	free(config->texts);
	*config = (struct config){0};
}
