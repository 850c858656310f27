// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The time that a tcpdump entry starts with. Zones are unknown to it: every time is as written. */
#include "capture/text_time.h"

#include <stddef.h>
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

/* .192571, up to nanoseconds, or nothing. */
static const char *fraction(const char *at, struct text_stamp *stamp)
{
	const char *end;
	__u64 ns;
	long n;

	if (*at != '.' && *at != ',')
		return at;
	end = digits(at + 1, 1, 9, &ns);
	if (!end)
		return NULL;
	for (n = end - at - 1; n < 9; n++)
		ns *= 10;
	stamp->ns += ns;
	stamp->fraction = 1;
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
	stamp->dated = 1;
	stamp->ns = (__u64)days * NS_PER_DAY;
	at = time_of_day(at + 1, stamp);
	return at && *at == 'Z' ? at + 1 : at;
}

/* 1709212472.192571 */
static const char *epoch(const char *at, struct text_stamp *stamp)
{
	__u64 seconds;

	at = digits(at, 9, 10, &seconds);
	if (!at || *at != '.' || seconds > 0xffffffff)
		return NULL;
	stamp->dated = 1;
	stamp->ns = seconds * NS_PER_S;
	return fraction(at, stamp);
}

const char *text_stamp_read(const char *text, struct text_stamp *stamp)
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
	return *end ? end + 1 : end;
}

const char *text_stamp_read_numbered(const char *text, struct text_stamp *stamp)
{
	const char *end = text_stamp_read(text, stamp);
	__u64 number;

	if (end)
		return end;
	end = digits(text, 1, 9, &number);
	if (!end)
		return NULL;
	end += strspn(end, ".):");
	return *end == ' ' ? text_stamp_read(end + 1, stamp) : NULL;
}

__u64 text_moment(struct text_days *days, const struct text_stamp *stamp)
{
	if (stamp->dated) {
		days->midnight = stamp->ns - stamp->ns % NS_PER_DAY;
		days->latest = stamp->ns % NS_PER_DAY + 1;
		return stamp->ns;
	}
	if (days->latest && stamp->ns + NEXT_DAY_NS < days->latest)
		days->midnight += NS_PER_DAY;
	days->latest = stamp->ns + 1;
	return days->midnight + stamp->ns;
}
