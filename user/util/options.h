/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A command has one table of its options: for getopt_long(), --help, the checks of values, and the
 * configuration file.
 */
#ifndef UTIL_OPTIONS_H
#define UTIL_OPTIONS_H

#include <stddef.h>
#include <stdio.h>

enum option_kind {
	OPTION_FLAG,	  /* int, 1 when given */
	OPTION_WHOLE,	  /* __u64 (unsigned long long) from `least` to `most` */
	OPTION_SECONDS,	  /* double, may have a fraction */
	OPTION_PERCENT,	  /* double, 0.05 for `5` or `5%` */
	OPTION_TEXT,	  /* const char *: points into the command line */
	OPTION_LIST,	  /* struct option_list: given more than once, or with commas */
	OPTION_PORTS,	  /* the same, each a port */
	OPTION_RESOLVERS, /* the same, each what resolver_parse() takes */
};

#define OPTION_LIST_MAX 64
#define OPTION_WHY_SIZE 256

/* Checks a value, and opens nothing. Returns 0, or -EINVAL and in `why` what was expected. */
typedef int option_check(const char *text, char why[OPTION_WHY_SIZE]);

/* Points into the command line, or into the text of a file. */
struct option_list {
	const char *items[OPTION_LIST_MAX];
	size_t count;
	const char *where[OPTION_LIST_MAX]; /* "FILE:LINE:COLUMN"; NULL: the command line */
};

struct option_row {
	const char *name;
	char letter; /* 0: none */
	enum option_kind kind;
	const char *argument; /* in --help; NULL for a flag */
	const char *help;     /* one line, with the default */
	size_t offset;	      /* in the command's own struct */
	double least, most;   /* of a list: how many, 0 for OPTION_LIST_MAX */
	option_check *check;  /* of a text, or of each in a list; NULL: any is fine */
	int is_secret;	      /* its value is shown in no message */
	const char *implied;  /* of a list: its item when it is given without a value; NULL: none */
};

/*
 * Rows of a table: name, letter (0: none), argument in --help, help, then the command's options
 * struct and its member, then what limits the value. NAME_ROW() sets `kind`, and the member's type
 * must be the one of that kind.
 */
#define OPTION_ROW(id, long_name, short_name, value, words, type, member, ...)                     \
	{                                                                                          \
		.name = (long_name), .letter = (short_name), .kind = (id), .argument = (value),    \
		.help = (words), .offset = offsetof(type, member), __VA_ARGS__                     \
	}
#define OPTION_FLAG_ROW(name, letter, help, type, member)                                          \
	OPTION_ROW(OPTION_FLAG, name, letter, NULL, help, type, member, .check = NULL)
#define OPTION_WHOLE_ROW(name, letter, argument, help, type, member, min, max)                     \
	OPTION_ROW(OPTION_WHOLE, name, letter, argument, help, type, member, .least = (min),       \
		   .most = (max))
#define OPTION_SECONDS_ROW(name, letter, argument, help, type, member, min, max)                   \
	OPTION_ROW(OPTION_SECONDS, name, letter, argument, help, type, member, .least = (min),     \
		   .most = (max))
#define OPTION_PERCENT_ROW(name, letter, argument, help, type, member, min, max)                   \
	OPTION_ROW(OPTION_PERCENT, name, letter, argument, help, type, member, .least = (min),     \
		   .most = (max))
#define OPTION_TEXT_ROW(name, letter, argument, help, type, member, function)                      \
	OPTION_ROW(OPTION_TEXT, name, letter, argument, help, type, member, .check = (function))
#define OPTION_SECRET_ROW(name, letter, argument, help, type, member, function)                    \
	OPTION_ROW(OPTION_TEXT, name, letter, argument, help, type, member, .check = (function),   \
		   .is_secret = 1)
/* `max`: how many items, 0 for OPTION_LIST_MAX. */
#define OPTION_LIST_ROW(name, letter, argument, help, type, member, max, function)                 \
	OPTION_ROW(OPTION_LIST, name, letter, argument, help, type, member, .most = (max),         \
		   .check = (function))
/* A list that may be given without a value, and then holds `item`. */
#define OPTION_IMPLIED_LIST_ROW(name, argument, item, help, type, member, function)                \
	OPTION_ROW(OPTION_LIST, name, 0, argument, help, type, member, .check = (function),        \
		   .implied = (item))
#define OPTION_PORTS_ROW(name, letter, argument, help, type, member, max)                          \
	OPTION_ROW(OPTION_PORTS, name, letter, argument, help, type, member, .most = (max))
#define OPTION_RESOLVERS_ROW(name, letter, argument, help, type, member)                           \
	OPTION_ROW(OPTION_RESOLVERS, name, letter, argument, help, type, member, .check = NULL)

/* Returns whether the option takes several values: a list, ports or resolvers. */
int option_is_list(const struct option_row *row);

/*
 * Logs an error of the option `name`, which was given at `where` ("FILE:LINE:COLUMN"; NULL: the
 * command line). Returns -EINVAL.
 */
int options_refuse(const char *name, const char *where, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/*
 * Sets one option by its name, from the configuration file. The option then points into `text`,
 * which is changed, and to `where`. Returns 0; -ENOENT without a message: there is no such option;
 * or -EINVAL after a message.
 */
int options_set(const struct option_row *rows, size_t count, const char *where, const char *name,
		char *text, void *target);

/*
 * Checks that a line of the file can hold each value: a text must not be empty, begin or end with a
 * blank, or hold the beginning of a comment or a line end. 0, or -EINVAL after a message
 */
int options_fit(const struct option_row *rows, size_t count, const void *target);

/* Prints all options with their values as lines of the file, each below its help. */
void options_dump(const struct option_row *rows, size_t count, const void *target, FILE *out);

/*
 * Reads argv[1...] into `target`, and the one operand into *operand (NULL: none is allowed). A list
 * that is given here replaces the one that `target` held. Returns 0; 1 after --help, which it
 * prints; or -EINVAL after a message.
 */
int options_read(const struct option_row *rows, size_t count, const char *usage, int argc,
		 char **argv, void *target, const char **operand);

void options_help(const struct option_row *rows, size_t count, const char *usage, FILE *out);

#endif
