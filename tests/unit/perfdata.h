/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Takes a plugin's output apart as strictly as the guidelines have it, and fails on the rest. */
#ifndef PERFDATA_H
#define PERFDATA_H

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DATA_MAX 400

struct perfdata {
	size_t count;
	char labels[DATA_MAX][200]; /* without quotes */
	char rest[DATA_MAX][120];   /* behind the '=' */
};

/* One quoted label; returns what follows its end. */
static inline const char *read_label(const char *at, char *to)
{
	assert_int_equal(*at, '\'');
	for (at++; *at != '\'' || at[1] == '\''; at++) {
		assert_true(*at > ' ' && *at < 0x7f && *at != '=' && *at != '|');
		*to++ = *at;
		at += *at == '\'';
	}
	*to = '\0';
	return at + 1;
}

/* value[UOM];warn;crit;min;max */
static inline void check_value_text(const char *value)
{
	size_t length = strspn(value + (*value == '-'), "0123456789.") + (*value == '-');
	unsigned int semicolons = 0;

	assert_true(length > 0 && isdigit((unsigned char)value[length - 1]));
	value += length;
	if (*value == 's' || *value == '%')
		value++;
	assert_true(!*value || *value == ';');
	for (; *value; value++) {
		semicolons += *value == ';';
		assert_non_null(strchr("0123456789.;:~@-", *value));
	}
	assert_true(semicolons <= 4);
}

static inline void read_perfdata(const char *output, struct perfdata *ret)
{
	const char *end = strchr(output, '\n'), *at = strchr(output, '|');
	size_t i, length;

	ret->count = 0;
	assert_true(end && strlen(output) < 4096);
	if (!at || at > end)
		return;
	assert_null(memchr(at + 1, '|', (size_t)(end - at - 1)));
	assert_int_equal(at[1], ' ');
	for (at += 2; at < end; at += *at == ' ') {
		assert_true(ret->count < DATA_MAX);
		at = read_label(at, ret->labels[ret->count]);
		assert_int_equal(*at++, '=');
		length = strcspn(at, " \n");
		assert_true(length && length < sizeof(ret->rest[0]));
		snprintf(ret->rest[ret->count], sizeof(ret->rest[0]), "%.*s", (int)length, at);
		check_value_text(ret->rest[ret->count]);
		for (i = 0; i < ret->count; i++)
			assert_string_not_equal(ret->labels[i], ret->labels[ret->count]);
		ret->count++;
		at += length;
	}
}

/* What stands behind the '=' of `label`; NULL: no such label. */
static inline const char *datum_of(const struct perfdata *data, const char *label)
{
	size_t i;

	for (i = 0; i < data->count; i++)
		if (!strcmp(data->labels[i], label))
			return data->rest[i];
	return NULL;
}

#endif
