// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* See joined_json.h. */
#include "view/joined_json.h"

#include <string.h>

void joined_json_set(struct json_build *build, json_t *object, const struct joined *joined)
{
	json_build_set(build, object, "joined", json_build_text(joined_name(joined->verdict)));
	json_build_set(build, object, "tcp_needed", json_boolean(joined->tcp_needed));
}

void joined_json_parse(struct json_get *get, const json_t *object, struct joined *ret)
{
	const char *name = NULL;
	unsigned int i;

	*ret = (struct joined){.tcp_needed = json_is_true(json_object_get(object, "tcp_needed"))};
	if (json_object_get(object, "joined"))
		name = json_get_text_or_null(get, object, "joined");
	for (i = JOINED_NONE + 1; name && i < JOINED_MAX; i++)
		if (!strcmp(joined_name(i), name))
			ret->verdict = i;
	if (name && !ret->verdict)
		json_get_unknown(get, "joined", "the name of a joined verdict, or null", name);
}
