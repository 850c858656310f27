// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Times of tcpdump, and the moments that they make. See tcpdump_time.h. */
#include "capture/tcpdump_time.h"

#include <ctype.h>
#include <string.h>

#define NS_PER_S 1000000000ULL
#define NS_PER_DAY (86400 * NS_PER_S)
#define NEXT_DAY_NS (3600 * NS_PER_S) /* back by more: another day; by less: out of order */
#define YEAR_MAX 2105		      /* as far as 32 bits of seconds go */

static int is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* `least` to `most` digits (at most ten), as many as there are; NULL when it is otherwise. */
static const char *digits(const char *at, int least, int most, __u64 *number)
{
	int n;

	*number = 0;
	for (n = 0; is_digit(at[n]); n++) {
		if (n == most)
			return NULL;
		*number = *number * 10 + (__u64)(at[n] - '0');
	}
	return n < least ? NULL : at + n;
}

/*
 * Parse `.192571`, up to nanoseconds, or nothing. A comma is a decimal point of some locales, a
 * colon is typed or recognised from a picture: then at least three digits follow.
 */
static const char *fraction(const char *at, struct text_stamp *stamp)
{
	const char *end;
	__u64 ns;
	long n;

	if (*at != '.' && *at != ',' && *at != ':')
		return at;
	end = digits(at + 1, *at == ':' ? 3 : 1, 9, &ns);
	if (!end)
		return NULL;
	for (n = end - at - 1; n < 9; n++)
		ns *= 10;
	stamp->ns += ns;
	stamp->has_fraction = 1;
	return end;
}

static const char *time_of_day(const char *at, struct text_stamp *stamp)
{
	__u64 hour, minute, second;

	at = digits(at, 1, 2, &hour);
	if (!at || *at != ':' || hour > 23)
		return NULL;
	at = digits(at + 1, 2, 2, &minute);
	if (!at || *at != ':' || minute > 59)
		return NULL;
	at = digits(at + 1, 2, 2, &second);
	if (!at || second > 60)
		return NULL;
	stamp->ns += ((hour * 60 + minute) * 60 + second) * NS_PER_S;
	return fraction(at, stamp);
}

static int is_leap(__u64 year)
{
	return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

/* Days since 1970-01-01, or -1 for what is no date. */
static long days_since_1970(__u64 year, __u64 month, __u64 day)
{
	static const int before[] = {0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334, 365};
	__u64 y, in_month, days;

	if (year < 1970 || year > YEAR_MAX || month < 1 || month > 12)
		return -1;
	in_month = (__u64)(before[month] - before[month - 1]);
	if (month == 2 && is_leap(year))
		in_month++;
	if (day < 1 || day > in_month)
		return -1;
	y = year - 1;
	days = y * 365 + y / 4 - y / 100 + y / 400 - 719162; /* 719162: to 1970-01-01 */
	days += (__u64)before[month - 1] + day - 1;
	if (month > 2 && is_leap(year))
		days++;
	return (long)days;
}

static const char *date_and_time(const char *at, struct text_stamp *stamp)
{
	__u64 year, month, day;
	long days;

	at = digits(at, 4, 4, &year);
	if (!at || *at != '-')
		return NULL;
	at = digits(at + 1, 2, 2, &month);
	if (!at || *at != '-')
		return NULL;
	at = digits(at + 1, 2, 2, &day);
	if (!at || (*at != ' ' && *at != 'T'))
		return NULL;
	days = days_since_1970(year, month, day);
	if (days < 0)
		return NULL;
	stamp->is_dated = 1;
	stamp->ns = (__u64)days * NS_PER_DAY;
	at = time_of_day(at + (*at == 'T' ? 1 : strspn(at, " ")), stamp);
	stamp->is_utc = at && *at == 'Z';
	return stamp->is_utc ? at + 1 : at;
}

/* Parse `1709212472.192571` of -tt. */
static const char *epoch(const char *at, struct text_stamp *stamp)
{
	__u64 seconds;

	at = digits(at, 9, 10, &seconds);
	if (!at || *at != '.' || seconds > 0xffffffff)
		return NULL;
	stamp->is_dated = stamp->is_utc = 1;
	stamp->ns = seconds * NS_PER_S;
	return fraction(at, stamp);
}

/* Has the time from `text` to `end` as many digits as tcpdump prints? */
static int is_whole(const char *text, const char *end)
{
	size_t length = (size_t)(end - text), seconds;

	if (length > 11 && text[4] == '-') {
		text += 11;
		length -= 11;
	}
	seconds = strspn(text, "0123456789:");
	if (seconds != 8 && seconds != 10)
		return 0;
	if (seconds == 8 && (text[2] != ':' || text[5] != ':'))
		return 0;
	return length == seconds + 7 || length == seconds + 10;
}

const char *text_stamp_parse(const char *text, struct text_stamp *stamp)
{
	static const struct text_stamp empty;
	const char *end;

	if (!is_digit(*text))
		return NULL;
	*stamp = empty;
	end = date_and_time(text, stamp);
	if (!end) {
		*stamp = empty;
		end = time_of_day(text, stamp);
	}
	if (!end) {
		*stamp = empty;
		end = epoch(text, stamp);
	}
	if (!end || (*end && *end != ' '))
		return NULL;
	stamp->is_whole = is_whole(text, end);
	return end + strspn(end, " ");
}

/* Is there a date right before `at`? Then it is one that does not exist. */
static int is_behind_date(const char *text, size_t at)
{
	size_t end = at, i;

	while (end && (text[end - 1] == ' ' || text[end - 1] == 'T'))
		end--;
	if (end < 10)
		return 0;
	for (i = 0; i < 10; i++) {
		char c = text[end - 10 + i];

		if (i == 4 || i == 7 ? c != '-' : !is_digit(c))
			return 0;
	}
	return 1;
}

long text_stamp_find(const char *text, size_t from, struct text_stamp *stamp, const char **end)
{
	int is_inside;
	size_t i;

	for (i = from; text[i]; i++) {
		if (!is_digit(text[i]))
			continue;
		is_inside =
			i && (isalnum((unsigned char)text[i - 1]) || strchr(".,_/", text[i - 1]));
		*end = text_stamp_parse(text + i, stamp);
		if (!*end || (is_inside && !stamp->is_whole) ||
		    (i && text[i - 1] == ':' && !stamp->has_fraction) ||
		    (!stamp->is_dated && is_behind_date(text, i)))
			continue;
		stamp->is_negative = i && text[i - 1] == '-' && (i == 1 || text[i - 2] == ' ');
		return (long)i;
	}
	return -1;
}

/* ---- what the times of a text are --------------------------------------------------------- */

#define HOUR_NS (3600 * NS_PER_S)
#define HALF_DAY_NS (12 * HOUR_NS) /* up by more: the day before, of the newest line first */
#define DISORDER_NS NS_PER_S	   /* by less, packets of several queues change their places */

int time_shape_is_reversed(const struct time_shape *shape)
{
	return shape->falls > shape->rises;
}

int time_shape_is_disordered(const struct time_shape *shape)
{
	return shape->far_falls || time_shape_is_reversed(shape);
}

/* Note whether the time rises or falls. By more than an hour it falls to that of another day. */
static void add_step(struct time_shape *shape, const struct text_stamp *stamp, int is_repeated)
{
	__u64 ns = stamp->ns, before = shape->clock_ns - 1;
	int is_fall = ns < before, is_first = !shape->clock_ns;
	__u64 step = is_fall ? before - ns : ns - before;

	if (is_repeated && (is_first || is_fall || !step))
		return;
	shape->clock_ns = ns + 1;
	if (is_first || !step)
		return;
	if (!stamp->is_dated && (is_fall ? step > NEXT_DAY_NS : step > HALF_DAY_NS))
		is_fall = !is_fall;
	shape->rises += !is_fall;
	shape->falls += is_fall;
	shape->far_falls += is_repeated || (is_fall && step > DISORDER_NS);
}

void time_shape_add(struct time_shape *shape, const struct text_stamp *stamp, int is_repeated)
{
	__u64 ns = stamp->ns;
	int is_midnight = shape->count && shape->last_ns > 20 * HOUR_NS && ns < 4 * HOUR_NS;

	add_step(shape, stamp, is_repeated);
	if (stamp->is_dated)
		return;
	if (!shape->count)
		shape->first_ns = ns;
	shape->hours += ns >= HOUR_NS;
	if (shape->count && !is_midnight) {
		if (!is_repeated && ns < shape->last_ns)
			shape->decreases++;
		if (!is_repeated && ns < shape->highest_ns / 2)
			shape->deep_decreases++;
		if (ns && ns == shape->last_ns)
			shape->repeats++;
	}
	shape->count++;
	if (is_repeated && ns < shape->last_ns)
		return;
	shape->last_ns = ns;
	if (is_midnight || ns > shape->highest_ns)
		shape->highest_ns = ns;
}

/*
 * The first time is not 0. Of a clock only the first hour of a day has times below an hour; else
 * they are differences whose beginning is missing, which fall and rise. Where they only fall, or
 * end with 0, the newest may be the first one.
 */
static enum time_mode mode_of_cropped(const struct time_shape *shape, int *is_certain)
{
	int is_only_falling = shape->falls && shape->falls >= 3 * shape->rises;

	if (shape->hours && (is_only_falling || shape->deep_decreases * 5 < shape->count))
		return TIME_CLOCK;
	if (shape->count >= 3 && (is_only_falling || !shape->last_ns))
		return TIME_UNKNOWN;
	if (shape->count >= 3 && shape->deep_decreases)
		return (shape->decreases + shape->repeats) * 5 >= shape->count ? TIME_DIFFERENCES
									       : TIME_UNKNOWN;
	*is_certain = shape->count < 3 || shape->count > (shape->repeats ? 9 : 5);
	return TIME_CLOCK;
}

/*
 * The first time of -ttt and of -ttttt is exactly 0. Times of -ttttt hardly ever go back; those of
 * -ttt do, as soon as one packet follows another sooner than that one did its own. A few that only
 * rise may be either.
 */
enum time_mode time_shape_mode(const struct time_shape *shape, int *is_certain)
{
	int is_falling = shape->deep_decreases || shape->decreases * 10 > shape->count;

	*is_certain = 1;
	if (!shape->count || shape->hours == shape->count)
		return TIME_CLOCK;
	if (shape->first_ns)
		return mode_of_cropped(shape, is_certain);
	if (is_falling)
		return TIME_DIFFERENCES;
	*is_certain = shape->count < 3 || shape->count > (shape->repeats ? 9 : 5);
	if (shape->count >= 3 && shape->repeats == shape->count - 2)
		return TIME_DIFFERENCES; /* always the same time but for the first: a rhythm */
	return TIME_SINCE_FIRST;
}

__u64 text_clock_moment(struct text_clock *clock, const struct text_stamp *stamp)
{
	if (stamp->is_dated) {
		clock->midnight = stamp->ns - stamp->ns % NS_PER_DAY;
		clock->latest = stamp->ns % NS_PER_DAY + 1;
		return stamp->ns;
	}
	if (clock->mode == TIME_DIFFERENCES) {
		if (!stamp->is_negative)
			clock->midnight += stamp->ns;
		else
			clock->midnight -= stamp->ns < clock->midnight ? stamp->ns : 0;
		return clock->midnight;
	}
	if (clock->latest && stamp->ns + NEXT_DAY_NS < clock->latest)
		clock->midnight += NS_PER_DAY;
	clock->latest = stamp->ns + 1;
	return clock->midnight + stamp->ns;
}

int text_clock_compare(const struct text_clock *clock, const struct text_stamp *stamp)
{
	__u64 ns = stamp->ns, latest = clock->latest - 1;

	if (!clock->latest)
		return 1;
	if (stamp->is_dated)
		latest += clock->midnight;
	return ns < latest ? -1 : ns > latest;
}
