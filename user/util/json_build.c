// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Building JSON values. Which keys there are is for others. */
#include "util/json_build.h"

#include "util/buffer.h"
#include "util/text_sanitize.h"

#include <math.h>

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
