// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* See answer.h. */
#include "fleet/answer.h"

#include "util/buffer.h"
#include "util/text.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A line of its own, whatever is in the words: `why` is shown on a terminal. */
static int not_understood(struct fleet_answer *answer, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
static int not_understood(struct fleet_answer *answer, const char *format, ...)
{
	char words[FLEET_WHY_SIZE];
	struct buffer plain = {0};
	va_list args;

	va_start(args, format);
	vsnprintf(words, sizeof(words), format, args);
	va_end(args);
	text_sanitize(&plain, words);
	snprintf(answer->why, sizeof(answer->why), "%s", plain.text ? plain.text : "");
	buffer_free(&plain);
	return -EPROTO;
}

static int complain_of_status(struct fleet_answer *answer, long status)
{
	if (status == 401 || status == 403)
		return not_understood(answer,
				      "it wants to know who asks (HTTP %ld); give it the header "
				      "that it wants with --header-file",
				      status);
	return not_understood(answer,
			      "it does not answer as a Prometheus does (HTTP %ld); is that its "
			      "base URL, without /api/v1 or /graph?",
			      status);
}

static const char *text_at(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "";
}

/* ---- one sample ------------------------------------------------------------------------------ */

static int read_kind(const json_t *labels, enum fleet_row_kind *ret)
{
	const char *kind = text_at(labels, FLEET_LABEL);
	unsigned int i;

	for (i = 0; i < FLEET_KINDS; i++) {
		if (!strcmp(kind, fleet_row_kinds[i])) {
			*ret = i;
			return 0;
		}
	}
	return -EPROTO;
}

/* [1763630000.123, "0.5"] */
static int read_value(const json_t *pair, double *time_s, double *value)
{
	const json_t *time = json_array_get(pair, 0);
	const char *text = json_string_value(json_array_get(pair, 1));
	char *end;

	if (!json_is_number(time) || !text || !*text)
		return -EPROTO;
	*time_s = json_number_value(time);
	*value = strtod(text, &end);
	return *end ? -EPROTO : 0;
}

static int read_row(struct fleet_answer *answer, const json_t *sample)
{
	const json_t *labels = json_object_get(sample, "metric");
	struct fleet_row *row = &answer->rows[answer->count];

	if (read_kind(labels, &row->kind) ||
	    read_value(json_object_get(sample, "value"), &answer->time_s, &row->value))
		return not_understood(answer, "it answers with samples that were not asked for");
	row->job = text_at(labels, "job");
	row->instance = text_at(labels, "instance");
	row->resolver = text_at(labels, "resolver");
	row->port = text_at(labels, "port");
	row->transport = text_at(labels, "transport");
	row->word = text_at(labels, row->kind == FLEET_STATE ? "state" : "cause");
	answer->count++;
	return 0;
}

/* ---- the whole ------------------------------------------------------------------------------- */

static int read_samples(struct fleet_answer *answer, const json_t *samples)
{
	size_t count = json_array_size(samples), i;
	int err = 0;

	answer->rows = calloc(count + 1, sizeof(*answer->rows));
	if (!answer->rows)
		return -ENOMEM;
	for (i = 0; !err && i < count; i++)
		err = read_row(answer, json_array_get(samples, i));
	return err;
}

int fleet_answer_read(long status, const char *text, size_t length, struct fleet_answer *ret)
{
	const json_t *data, *samples;
	const char *said;

	memset(ret, 0, sizeof(*ret));
	ret->root = json_loadb(text ? text : "", text ? length : 0, 0, NULL);
	said = text_at(ret->root, "status");
	if (!strcmp(said, "error"))
		return not_understood(ret, "it says: %.300s (%.40s, HTTP %ld)",
				      text_at(ret->root, "error"), text_at(ret->root, "errorType"),
				      status);
	if (status != 200)
		return complain_of_status(ret, status);
	data = json_object_get(ret->root, "data");
	samples = json_object_get(data, "result");
	if (strcmp(said, "success") || strcmp(text_at(data, "resultType"), "vector") ||
	    !json_is_array(samples))
		return not_understood(ret, "it does not answer as a Prometheus does; is that its "
					   "base URL, without /api/v1 or /graph?");
	said = json_string_value(json_array_get(json_object_get(ret->root, "warnings"), 0));
	if (said)
		not_understood(ret, "it warns: %.300s", said);
	return read_samples(ret, samples);
}

void fleet_answer_free(struct fleet_answer *answer)
{
	free(answer->rows);
	json_decref(answer->root);
	memset(answer, 0, sizeof(*answer));
}
