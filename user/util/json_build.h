/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Building JSON values with one place for "out of memory": an object must not lack a key in
 * silence. What goes into the values is for others.
 */
#ifndef UTIL_JSON_BUILD_H
#define UTIL_JSON_BUILD_H

#include <jansson.h>
#include <linux/types.h>

/* 15 digits: every decimal of that length comes back as it was. */
#define JSON_BUILD_FLAGS (JSON_COMPACT | JSON_REAL_PRECISION(15))

struct json_build {
	int failed;
};

/* Both take `value` over; NULL is remembered as a failure. */
void json_build_set(struct json_build *build, json_t *object, const char *key, json_t *value);
void json_build_append(struct json_build *build, json_t *array, json_t *value);

json_t *json_build_count(__u64 number);
json_t *json_build_real(double number);	    /* null when it is not finite */
json_t *json_build_text(const char *words); /* null for NULL; what is not plain text is replaced */

#endif
