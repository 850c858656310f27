// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* See json.h. */
#include "util/json.h"

#include "util/clock.h"
#include "util/text.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

/* ---- build -------------------------------------------------------------------------------- */

void json_build_set(struct json_build *build, json_t *object, const char *key, json_t *value)
{
	if (json_object_set_new(object, key, value))
		build->failed = 1;
}

void json_build_append(struct json_build *build, json_t *array, json_t *value)
{
	if (json_array_append_new(array, value))
		build->failed = 1;
}

json_t *json_build_count(__u64 number)
{
	return json_integer((json_int_t)number);
}

json_t *json_build_real(double number)
{
	return isfinite(number) ? json_real(number) : json_null();
}

json_t *json_build_text(const char *words)
{
	struct buffer plain = {0};
	json_t *string;

	if (!words)
		return json_null();
	buffer_add_bytes(&plain, "", 0);
	text_sanitize(&plain, words);
	string = buffer_error(&plain) ? NULL : json_string(plain.text);
	buffer_free(&plain);
	return string;
}

static int json_build_add_bytes(const char *bytes, size_t size, void *out)
{
	buffer_add_bytes(out, bytes, size);
	return 0;
}

int json_build_write(struct json_build *build, json_t *object, struct buffer *out)
{
	if (json_dump_callback(object, json_build_add_bytes, out, JSON_BUILD_FLAGS))
		build->failed = 1;
	json_decref(object);
	buffer_add_bytes(out, "\n", 1);
	return build->failed ? -ENOMEM : buffer_error(out);
}

/* ---- stream ------------------------------------------------------------------------------- */

static void json_stream_add(struct json_stream *stream, const char *text)
{
	buffer_add_bytes(stream->out, text, strlen(text));
}

static void json_stream_value(struct json_stream *stream, json_t *value)
{
	if (!value || json_dump_callback(value, json_build_add_bytes, stream->out,
					 JSON_BUILD_FLAGS | JSON_ENCODE_ANY))
		stream->build.failed = 1;
	json_decref(value);
}

static void json_stream_key(struct json_stream *stream, const char *key)
{
	json_stream_add(stream, stream->members++ ? ",\"" : "\"");
	json_stream_add(stream, key);
	json_stream_add(stream, "\":");
}

void json_stream_begin(struct json_stream *stream, struct buffer *out)
{
	*stream = (struct json_stream){.out = out};
	json_stream_add(stream, "{");
}

void json_stream_member(struct json_stream *stream, const char *key, json_t *value)
{
	json_stream_key(stream, key);
	json_stream_value(stream, value);
}

void json_stream_array_begin(struct json_stream *stream, const char *key)
{
	json_stream_key(stream, key);
	json_stream_add(stream, "[");
	stream->elements = 0;
}

void json_stream_element(struct json_stream *stream, json_t *value)
{
	if (stream->elements++)
		json_stream_add(stream, ",");
	json_stream_value(stream, value);
}

void json_stream_array_end(struct json_stream *stream)
{
	json_stream_add(stream, "]");
}

int json_stream_end(struct json_stream *stream)
{
	json_stream_add(stream, "}\n");
	return stream->build.failed ? -ENOMEM : buffer_error(stream->out);
}

/* ---- get ---------------------------------------------------------------------------------- */

void json_get_expected(struct json_get *get, const char *key, const char *what)
{
	if (get->failed)
		return;
	get->failed = 1;
	if (key)
		snprintf(get->error, JSON_ERROR_SIZE, "\"%s\": expected %s", key, what);
	else
		snprintf(get->error, JSON_ERROR_SIZE, "expected %s", what);
}

void json_get_unknown(struct json_get *get, const char *key, const char *what, const char *word)
{
	if (get->failed)
		return;
	get->failed = 1;
	snprintf(get->error, JSON_ERROR_SIZE,
		 "\"%s\": expected %s; \"%.40s\" is of a newer version", key, what, word);
}

json_t *json_get_member(struct json_get *get, const json_t *object, const char *key, json_type type)
{
	static const char *const types[] = {
		[JSON_OBJECT] = "an object",
		[JSON_ARRAY] = "an array",
		[JSON_STRING] = "a string",
		[JSON_INTEGER] = "a whole number",
	};
	json_t *value = json_object_get(object, key);

	if (get->failed)
		return NULL;
	if (value && json_typeof(value) == type)
		return value;
	json_get_expected(get, key, types[type]);
	return NULL;
}

json_t *json_get_array(struct json_get *get, const json_t *object, const char *key, size_t most)
{
	json_t *array = json_get_member(get, object, key, JSON_ARRAY);
	char what[40];

	if (json_array_size(array) <= most)
		return array;
	snprintf(what, sizeof(what), "at most %zu elements", most);
	json_get_expected(get, key, what);
	return NULL;
}

const char *json_get_text(struct json_get *get, const json_t *object, const char *key)
{
	return json_string_value(json_get_member(get, object, key, JSON_STRING));
}

int json_get_is_null(const json_t *object, const char *key)
{
	return json_is_null(json_object_get(object, key));
}

const char *json_get_text_or_null(struct json_get *get, const json_t *object, const char *key)
{
	return json_get_is_null(object, key) ? NULL : json_get_text(get, object, key);
}

int json_get_flag(struct json_get *get, const json_t *object, const char *key)
{
	json_t *value = json_object_get(object, key);

	if (!json_is_boolean(value))
		json_get_expected(get, key, "true or false");
	return json_is_true(value);
}

__u64 json_get_count(struct json_get *get, const json_t *object, const char *key, long long most)
{
	json_int_t value = json_integer_value(json_get_member(get, object, key, JSON_INTEGER));
	char what[60];

	if (value >= 0 && value <= most)
		return (__u64)value;
	snprintf(what, sizeof(what), "a whole number from 0 to %lld", most);
	json_get_expected(get, key, what);
	return 0;
}

__u64 json_get_count_or_null(struct json_get *get, const json_t *object, const char *key,
			     long long most)
{
	return json_get_is_null(object, key) ? 0 : json_get_count(get, object, key, most);
}

/* Parses `count` digits. Returns the number, or -1. */
static int parse_digits(const char **text, int count)
{
	int value = 0;

	while (count--) {
		if (**text < '0' || **text > '9')
			return -1;
		value = value * 10 + *(*text)++ - '0';
	}
	return value;
}

static int skip_char(const char **text, char c)
{
	return *(*text)++ == c;
}

/* Parses "Z", or a fraction of up to 9 digits and "Z". 0 or -EINVAL */
static int parse_fraction(const char *text, __u64 *ns)
{
	__u64 unit = NS_PER_S;

	*ns = 0;
	if (*text == '.') {
		for (text++; *text >= '0' && *text <= '9' && unit > 1; text++) {
			unit /= 10;
			*ns += unit * (__u64)(*text - '0');
		}
		if (unit == NS_PER_S)
			return -EINVAL;
	}
	return strcmp(text, "Z") ? -EINVAL : 0;
}

/* Parses the output of clock_rfc3339(). 0 or -EINVAL */
static int parse_time(const char *text, __u64 *wall_ns)
{
	struct tm utc = {0}, again;
	time_t seconds;
	int whole;

	whole = (utc.tm_year = parse_digits(&text, 4) - 1900) >= 70 && skip_char(&text, '-') &&
		(utc.tm_mon = parse_digits(&text, 2) - 1) >= 0 && skip_char(&text, '-') &&
		(utc.tm_mday = parse_digits(&text, 2)) > 0 && skip_char(&text, 'T') &&
		(utc.tm_hour = parse_digits(&text, 2)) >= 0 && skip_char(&text, ':') &&
		(utc.tm_min = parse_digits(&text, 2)) >= 0 && skip_char(&text, ':') &&
		(utc.tm_sec = parse_digits(&text, 2)) >= 0;
	if (!whole || utc.tm_year > 600 || parse_fraction(text, wall_ns))
		return -EINVAL;
	again = utc;
	seconds = timegm(&again);
	if (again.tm_mon != utc.tm_mon || again.tm_mday != utc.tm_mday ||
	    again.tm_hour != utc.tm_hour || again.tm_min != utc.tm_min)
		return -EINVAL;
	*wall_ns += (__u64)seconds * NS_PER_S;
	return 0;
}

__u64 json_get_time(struct json_get *get, const json_t *object, const char *key)
{
	const char *text = json_get_text(get, object, key);
	__u64 wall_ns = 0;

	if (text && parse_time(text, &wall_ns))
		json_get_expected(get, key, "a time as 2026-01-31T13:24:32.192571Z");
	return wall_ns;
}

__u64 json_get_time_or_null(struct json_get *get, const json_t *object, const char *key)
{
	return json_get_is_null(object, key) ? 0 : json_get_time(get, object, key);
}

void json_get_address(struct json_get *get, const json_t *object, const char *key,
		      struct ip_address *address, __u32 *scope)
{
	const char *text = json_get_text(get, object, key);

	*scope = 0;
	if (text && address_parse_any(text, address, scope))
		json_get_expected(get, key, "an IP address");
}
