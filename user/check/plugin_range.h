/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The ranges that a monitoring plugin's -w and -c take. What a value outside of one means is for
 * others.
 */
#ifndef CHECK_PLUGIN_RANGE_H
#define CHECK_PLUGIN_RANGE_H

struct range {
	double start, end; /* both belong to it; may be infinite */
	int inside;	   /* alerts on what is in it, not on what is outside */
};

/*
 * `10` (0 to 10), `10:`, `~:10`, `10:20`, each with an @ in front to alert inside. Plain decimals
 * only. 0 or -EINVAL
 */
int range_parse(const char *text, struct range *ret);

/* `value` must be a number, not NAN: what is undefined is not judged. */
int range_alerts(const struct range *range, double value);

#endif
