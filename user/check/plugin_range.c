// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Ranges as in the guidelines of the monitoring plugins. */
#include "check/plugin_range.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* strtod() alone would also take "nan", "inf", hexadecimal and blanks. NULL: no number there. */
static const char *parse_number(const char *text, double *ret)
{
	const char *digits = text + (*text == '-' || *text == '+');
	size_t whole = strspn(digits, "0123456789"), fraction = 0;
	const char *end = digits + whole;

	if (*end == '.') {
		fraction = strspn(end + 1, "0123456789");
		end += 1 + fraction;
	}
	if (!whole && !fraction)
		return NULL;
	*ret = strtod(text, NULL);
	return isfinite(*ret) ? end : NULL;
}

/* What stands before the colon; nothing is 0. Returns what follows the colon, or NULL. */
static const char *parse_start(const char *text, double *ret)
{
	if (*text == '~') {
		*ret = -INFINITY;
		text++;
	} else if (*text != ':') {
		text = parse_number(text, ret);
	}
	return text && *text == ':' ? text + 1 : NULL;
}

int range_parse(const char *text, struct range *ret)
{
	*ret = (struct range){.start = 0, .end = INFINITY};
	if (*text == '@') {
		ret->inside = 1;
		text++;
	}
	if (strchr(text, ':')) {
		text = parse_start(text, &ret->start);
		if (text && !*text)
			return 0;
	}
	text = text ? parse_number(text, &ret->end) : NULL;
	return text && !*text && ret->start <= ret->end ? 0 : -EINVAL;
}

int range_alerts(const struct range *range, double value)
{
	int within = value >= range->start && value <= range->end;

	return range->inside ? within : !within;
}
