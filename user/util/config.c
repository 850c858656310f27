/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* See config.h. inih splits a line, but gives no columns: they are searched for in the line. */
#include "util/config.h"

#include "util/log.h"

#include <errno.h>
#include <ini.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINE_MOST 4096

struct config_parser {
	struct config *config;
	const char *file;
	const struct option_row *rows;
	size_t count;
	void *target;
	FILE *in;
	char line[LINE_MOST]; /* as it is in the file */
	int number;
	int refused; /* number of the first line that was refused, after a message; 0: none */
	unsigned char given[64]; /* how often the file has set each row */
};

/* Returns the column of `word` in the line, from 1; for NULL, of the first word. */
static int column_of(const struct config_parser *r, const char *word)
{
	const char *at = word && *word ? strstr(r->line, word) : NULL;

	if (!at)
		at = r->line + strspn(r->line, " \t");
	return at - r->line + 1;
}

/* Returns the column of the value, behind the first "=" or ":". */
static int column_of_value(const struct config_parser *r, const char *value)
{
	const char *at = r->line + strcspn(r->line, "=:");

	at += *at != '\0';
	at += strspn(at, " \t");
	if (*value && strncmp(at, value, strlen(value)) != 0)
		return column_of(r, value);
	return at - r->line + 1;
}

static int config_refuse(struct config_parser *r, int column, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static int config_refuse(struct config_parser *r, int column, const char *format, ...)
{
	char position[LINE_MOST];
	va_list values;

	if (r->refused)
		return 0;
	r->refused = r->number;
	snprintf(position, sizeof(position), "%s:%d:%d", r->file, r->number, column);
	va_start(values, format);
	log_error_about(position, format, values);
	va_end(values);
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

static const struct option_row *config_find_row(const struct config_parser *r, const char *name)
{
	size_t i;

	for (i = 0; i < r->count; i++) {
		if (!strcmp(r->rows[i].name, name))
			return &r->rows[i];
	}
	return NULL;
}

/* A list may be given in several lines, other options once. */
static int is_given_twice(struct config_parser *r, const struct option_row *row)
{
	size_t i = row - r->rows;
	int twice = r->given[i]++ && row->kind != OPTION_LIST && row->kind != OPTION_PORTS &&
		    row->kind != OPTION_RESOLVERS;

	return twice;
}

/*
 * Returns whether the first of several words is the name of an option: `listen 127.0.0.1:1` has no
 * '=', and the parser takes its colon for one.
 */
static int config_has_name_in_front(struct config_parser *r, const char *words)
{
	size_t length = strcspn(words, " \t");
	char name[LINE_MOST];

	if (!words[length] || length >= sizeof(name))
		return 0;
	memcpy(name, words, length);
	name[length] = '\0';
	return config_find_row(r, name) != NULL;
}

/* An ini_handler: returns 1 when the line is valid. is_wellformed() has refused sections. */
static int on_config_line(void *user, const char *section, const char *name, const char *value)
{
	struct config_parser *r = user;
	const struct option_row *row = config_find_row(r, name);
	char position[LINE_MOST];
	char *text, *where;

	if (r->refused)
		return 0;
	if (!row && config_has_name_in_front(r, name))
		return config_refuse(r, column_of(r, name),
				     "'=' is missing behind '%.*s'; write %.*s = VALUE",
				     (int)strcspn(name, " \t"), name, (int)strcspn(name, " \t"),
				     name);
	if (!row)
		return config_refuse(
			r, column_of(r, name),
			"there is no option '%s'; `dnsreach run --dump-config` lists all", name);
	if (is_given_twice(r, row))
		return config_refuse(r, column_of(r, name), "'%s' is given twice", name);
	if (!*value)
		return config_refuse(r, column_of_value(r, value), "'%s' has no value", name);
	if (*value == '#' || *value == ';')
		return config_refuse(r, column_of_value(r, value),
				     "'%s' has no value; a comment needs a blank before it", name);
	snprintf(position, sizeof(position), "%s:%d:%d", r->file, r->number,
		 column_of_value(r, value));
	where = config_keep(r->config, position);
	text = config_keep(r->config, value);
	if (!where || !text)
		return config_refuse(r, 1, "out of memory");
	if (!options_set(r->rows, r->count, where, name, text, r->target))
		return 1;
	r->refused = r->number;
	return 0;
}

/* Returns the first control character, except for the line end "\r\n"; NULL: none. */
static const char *find_control_char(const char *text)
{
	for (; *text; text++) {
		if (*text == '\r' && (!text[1] || text[1] == '\n'))
			continue;
		if ((unsigned char)*text < ' ' && !strchr("\t\n", *text))
			return text;
	}
	return NULL;
}

/* Returns whether inih can split or skip the line; else after a message, which inih would not give.
 */
static int is_wellformed(struct config_parser *r, const char *text, size_t length)
{
	if (length >= LINE_MOST)
		return config_refuse(r, LINE_MOST, "the line is longer than 4000 characters");
	if (strlen(text) != length)
		return config_refuse(r, (int)strlen(text) + 1, "the line holds a NUL byte");
	if (find_control_char(text))
		return config_refuse(r, (int)(find_control_char(text) - text) + 1,
				     "the line holds a control character");
	text += strspn(text, " \t\r\n");
	if (*text == '[')
		return config_refuse(r, column_of(r, NULL),
				     "the file has no sections; remove the line %.*s",
				     (int)strcspn(text, "\r\n"), text);
	if (!*text || strchr("#;", *text) || strpbrk(text, "=:"))
		return 1;
	return config_refuse(r, column_of(r, NULL), "expected NAME = VALUE, or # and a comment");
}

/* Skips the byte order mark that some editors write before the first line. */
static char *skip_byte_order_mark(const struct config_parser *r, char *text)
{
	return r->number == 1 && !strncmp(text, "\xef\xbb\xbf", 3) ? text + 3 : text;
}

/* An ini_reader, like fgets(): keeps the line, and removes its indentation, which inih may take as
 * a continuation of the line before. */
static char *config_read_line(char *to, int size, void *stream)
{
	struct config_parser *r = stream;
	size_t room = 0;
	char *line = NULL, *text;
	ssize_t length = r->refused ? -1 : getline(&line, &room, r->in);
	int fine = 0;

	if (length >= 0) {
		r->number++;
		text = skip_byte_order_mark(r, line);
		length -= text - line;
		snprintf(r->line, sizeof(r->line), "%.*s", (int)strcspn(text, "\r\n"), text);
		fine = is_wellformed(r, text, length);
		if (snprintf(to, size, "%s\n", r->line + strspn(r->line, " \t")) >= size && fine)
			fine = config_refuse(r, size, "the line is too long here; use several");
	}
	free(line);
	return fine ? to : NULL;
}

static int config_parse(struct config_parser *r)
{
	int line;

	ini_use_stack = 0;
	ini_allow_realloc = 0;
	ini_max_line = ini_initial_alloc = LINE_MOST + 8; /* one or the other, by its version */
	ini_allow_multiline = 0;
	ini_inline_comment_prefixes = ";#";
	line = ini_parse_stream(config_read_line, r, on_config_line, r);
	if (line == -2) {
		log_error("%s: out of memory", r->file);
		return -ENOMEM;
	}
	if (r->refused)
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
	struct config_parser *r = calloc(1, sizeof(*r));
	int err;

	if (!r || count > sizeof(r->given)) {
		free(r);
		return -ENOMEM;
	}
	*r = (struct config_parser){.config = config,
				    .file = file,
				    .rows = rows,
				    .count = count,
				    .target = target,
				    .in = fopen(file, "re")};
	if (r->in) {
		err = config_parse(r);
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
