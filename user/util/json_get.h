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

#define READER_COUNT_MAX (1LL << 53) /* sums of them stay far below 2^64 */
#define READER_SLOT_MAX_S (1LL << 24)

struct reader {
	char *error; /* JSON_ERROR_SIZE */
	int failed;
};

/* What should have been at `key` (NULL: at all); only the first one is kept. */
void reader_expected(struct reader *r, const char *key, const char *what);

/* Each gives NULL or 0 when it is not as expected, also when `object` is no object. */
json_t *reader_member(struct reader *r, const json_t *object, const char *key, json_type type);
json_t *reader_array(struct reader *r, const json_t *object, const char *key, size_t most);
const char *reader_text(struct reader *r, const json_t *object, const char *key);
const char *reader_text_or_null(struct reader *r, const json_t *object, const char *key);
int reader_flag(struct reader *r, const json_t *object, const char *key);
int reader_is_null(const json_t *object, const char *key);
__u64 reader_count(struct reader *r, const json_t *object, const char *key, long long most);
__u64 reader_count_or_null(struct reader *r, const json_t *object, const char *key, long long most);
__u64 reader_time(struct reader *r, const json_t *object, const char *key);
__u64 reader_time_or_null(struct reader *r, const json_t *object, const char *key);
void reader_address(struct reader *r, const json_t *object, const char *key,
		    struct ip_address *address, __u32 *scope);

/*
 * Any address, also one that nobody can ask (whoever forges may write anything), and an fe80 one
 * whose interface is not on this host: then *scope is 0. 0 or -EINVAL
 */
int address_of(const char *text, struct ip_address *address, __u32 *scope);

#endif
