/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Reading checked values out of JSON: the first that is not as expected is told, all after it are
 * empty. Which keys an incident has is incident_json_read.c.
 */
#ifndef UTIL_JSON_GET_H
#define UTIL_JSON_GET_H

#include "util/address.h"

#include <jansson.h>

#define JSON_ERROR_SIZE 200

#define JSON_COUNT_MAX (1LL << 53) /* sums of them stay far below 2^64 */
#define JSON_SLOT_MAX_S (1LL << 24)

struct json_get {
	char *error; /* JSON_ERROR_SIZE */
	int failed;
};

/* What should have been at `key` (NULL: at all); only the first one is kept. */
void json_get_expected(struct json_get *r, const char *key, const char *what);

/* Each gives NULL or 0 when it is not as expected, also when `object` is no object. */
json_t *json_get_member(struct json_get *r, const json_t *object, const char *key, json_type type);
json_t *json_get_array(struct json_get *r, const json_t *object, const char *key, size_t most);
const char *json_get_text(struct json_get *r, const json_t *object, const char *key);
const char *json_get_text_or_null(struct json_get *r, const json_t *object, const char *key);
int json_get_flag(struct json_get *r, const json_t *object, const char *key);
int json_get_is_null(const json_t *object, const char *key);
__u64 json_get_count(struct json_get *r, const json_t *object, const char *key, long long most);
__u64 json_get_count_or_null(struct json_get *r, const json_t *object, const char *key,
			     long long most);
__u64 json_get_time(struct json_get *r, const json_t *object, const char *key);
__u64 json_get_time_or_null(struct json_get *r, const json_t *object, const char *key);
void json_get_address(struct json_get *r, const json_t *object, const char *key,
		      struct ip_address *address, __u32 *scope);

/*
 * Any address, also one that nobody can ask (whoever forges may write anything), and an fe80 one
 * whose interface is not on this host: then *scope is 0. 0 or -EINVAL
 */
int address_of(const char *text, struct ip_address *address, __u32 *scope);

#endif
