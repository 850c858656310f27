// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Numbers for people. A ratio below 1 is never rounded up to 100 %. */
#include "view/cells.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

const char *cell_format_count(__u64 count, char out[CELL_SIZE])
{
	static const char units[] = "kMGTPE";
	unsigned long long tenths;
	const char *unit = units;

	if (count < 100000) {
		snprintf(out, CELL_SIZE, "%llu", (unsigned long long)count);
		return out;
	}
	for (tenths = count / 100; tenths >= 10000; tenths /= 1000)
		unit++;
	if (tenths < 100)
		snprintf(out, CELL_SIZE, "%llu.%llu%c", tenths / 10, tenths % 10, *unit);
	else
		snprintf(out, CELL_SIZE, "%llu%c", tenths / 10, *unit);
	return out;
}

const char *cell_format_rate(double per_s, char out[CELL_SIZE])
{
	if (isnan(per_s))
		return strcpy(out, "-");
	if (per_s >= 99999.5)
		return cell_format_count((__u64)per_s, out);
	if (per_s == 0)
		return strcpy(out, "0");
	if (per_s < 0.01)
		return strcpy(out, "<0.01");
	snprintf(out, CELL_SIZE, "%.*f", per_s < 9.995 ? 2 : per_s < 99.95 ? 1 : 0, per_s);
	return out;
}

const char *cell_format_ratio(double ratio, char out[CELL_SIZE])
{
	double percent = 100 * ratio;

	if (isnan(ratio))
		return strcpy(out, "-");
	if (ratio <= 0)
		return strcpy(out, "0%");
	if (percent < 0.1)
		return strcpy(out, "<0.1%");
	if (percent < 9.95)
		snprintf(out, CELL_SIZE, "%.1f%%", percent);
	else
		snprintf(out, CELL_SIZE, "%.0f%%", ratio < 1 ? fmin(percent, 99) : 100);
	return out;
}

const char *cell_format_seconds(double seconds, char out[CELL_SIZE])
{
	if (isnan(seconds))
		return strcpy(out, "-");
	if (seconds < 1e-6)
		return strcpy(out, "<1us");
	if (seconds < 999.5e-6)
		snprintf(out, CELL_SIZE, "%.0fus", 1e6 * seconds);
	else if (seconds < 999.5e-3)
		snprintf(out, CELL_SIZE, "%.*fms", seconds < 9.95e-3, 1e3 * seconds);
	else
		snprintf(out, CELL_SIZE, "%.*fs", seconds < 9.995 ? 2 : seconds < 99.95, seconds);
	return out;
}
