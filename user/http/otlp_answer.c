/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* See otlp_answer.h. */
#include "http/otlp_answer.h"

#include "util/text.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* An int64 is a decimal string in OTLP's JSON; a number is taken as well. */
static __u64 whole_number(const json_t *value)
{
	long long number = json_is_string(value) ? strtoll(json_string_value(value), NULL, 10)
						 : json_integer_value(value);

	return number > 0 ? (__u64)number : 0;
}

int otlp_answer_read(const char *text, size_t length, struct otlp_answer *ret)
{
	const json_t *partial, *message;
	json_error_t error;
	json_t *root;

	memset(ret, 0, sizeof(*ret));
	if (!length)
		return 0;
	root = json_loadb(text, length, 0, &error);
	if (!json_is_object(root)) {
		json_decref(root);
		return -EINVAL;
	}
	partial = json_object_get(root, "partialSuccess");
	ret->rejected = whole_number(json_object_get(partial, "rejectedDataPoints"));
	message = json_object_get(partial, "errorMessage");
	if (!message)
		message = json_object_get(root, "message");
	if (json_is_string(message))
		snprintf(ret->message, sizeof(ret->message), "%s", json_string_value(message));
	text_sanitize_in_place(ret->message);
	json_decref(root);
	return 0;
}
