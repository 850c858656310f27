/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * JSON values. json_build_* make them, and keep "out of memory" in one place, so that no object
 * lacks a key without an error. json_get_* read checked values: the first one that is not as
 * expected gives the error, and all after it are empty. The keys are for the rooms above.
 */
#ifndef UTIL_JSON_H
#define UTIL_JSON_H

#include "util/address.h"
#include "util/buffer.h"

#include <jansson.h>
#include <linux/types.h>

/* ---- build ---- */

/* 15 digits: every decimal of that length comes back as it was. */
#define JSON_BUILD_FLAGS (JSON_COMPACT | JSON_REAL_PRECISION(15))

struct json_build {
	int failed;
};

/* Add `value`, whose reference they take; NULL sets `failed`. */
void json_build_set(struct json_build *build, json_t *object, const char *key, json_t *value);
void json_build_append(struct json_build *build, json_t *array, json_t *value);

json_t *json_build_count(__u64 number);
json_t *json_build_real(double number);	    /* null when it is not finite */
json_t *json_build_text(const char *words); /* null for NULL; sanitized */

/* Appends the object and a newline to `out`, and frees the object. Returns 0 or -ENOMEM. */
int json_build_write(struct json_build *build, json_t *object, struct buffer *out);

/*
 * An object of many elements, written while it is built, so that never more than one element is in
 * memory: json_stream_begin(), the members and arrays in their order, json_stream_end(). Elements
 * and members are freed.
 */
struct json_stream {
	struct json_build build;
	struct buffer *out;
	int members, elements;
};

void json_stream_begin(struct json_stream *stream, struct buffer *out);
void json_stream_member(struct json_stream *stream, const char *key, json_t *value);
void json_stream_array_begin(struct json_stream *stream, const char *key);
void json_stream_element(struct json_stream *stream, json_t *value);
void json_stream_array_end(struct json_stream *stream);

/* Writes the end and a newline. Returns 0, or -ENOMEM when something is missing. */
int json_stream_end(struct json_stream *stream);

/* ---- get ---- */

#define JSON_ERROR_SIZE 200

#define JSON_COUNT_MAX (1LL << 53) /* sums of them stay far below 2^64 */
#define JSON_SLOT_MAX_S (1LL << 24)

struct json_get {
	char *error; /* JSON_ERROR_SIZE */
	int failed;
};

/* Sets the error: `what` was expected at `key` (NULL: at the top). Only the first one is kept. */
void json_get_expected(struct json_get *get, const char *key, const char *what);

/* Sets the error as json_get_expected() does: a newer version writes `word`, this one has none. */
void json_get_unknown(struct json_get *get, const char *key, const char *what, const char *word);

/* Return NULL or 0 when the value is not as expected, also when `object` is not an object. */
json_t *json_get_member(struct json_get *get, const json_t *object, const char *key,
			json_type type);
json_t *json_get_array(struct json_get *get, const json_t *object, const char *key, size_t most);
const char *json_get_text(struct json_get *get, const json_t *object, const char *key);
const char *json_get_text_or_null(struct json_get *get, const json_t *object, const char *key);
int json_get_flag(struct json_get *get, const json_t *object, const char *key);
int json_get_is_null(const json_t *object, const char *key);
__u64 json_get_count(struct json_get *get, const json_t *object, const char *key, long long most);
__u64 json_get_count_or_null(struct json_get *get, const json_t *object, const char *key,
			     long long most);
__u64 json_get_time(struct json_get *get, const json_t *object, const char *key);
__u64 json_get_time_or_null(struct json_get *get, const json_t *object, const char *key);
void json_get_address(struct json_get *get, const json_t *object, const char *key,
		      struct ip_address *address, __u32 *scope);

#endif
