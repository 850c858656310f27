// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Times, numbers and lists as words of a report. */
#include "report/phrase.h"

#include "util/address.h"
#include "health/counters.h"
#include "util/dns.h"
#include "report/document.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define DAY_S 86400ULL
#define SHELL_SAFE_LENGTH 200

/* Returns the moment on the clock that is shown; *zone: its name, "" when it is not known. */
static __u64 phrase_shown_time(const struct report_source *source, __u64 wall_ns, char zone[16])
{
	time_t seconds = (time_t)(wall_ns / NS_PER_S);
	struct tm local;

	snprintf(zone, 16, "%s", source->zone_known && source->date_known ? "UTC" : "");
	if (!*zone || !source->local_time || !localtime_r(&seconds, &local))
		return wall_ns;
	snprintf(zone, 16, "%s", local.tm_zone);
	return wall_ns + (__u64)(local.tm_gmtoff * (long)NS_PER_S);
}

/* Writes "+00:00:05", with the fraction where `with_fraction` is set and it is not 0. */
static const char *phrase_offset(__u64 ns, int with_fraction, char out[PHRASE_SIZE])
{
	unsigned long long s = ns / NS_PER_S, fraction = ns % NS_PER_S / 1000;
	int length;

	length = snprintf(out, PHRASE_SIZE, "+%02llu:%02llu:%02llu", s / 3600, s / 60 % 60, s % 60);
	if (with_fraction && fraction)
		snprintf(out + length, PHRASE_SIZE - (size_t)length, ".%06llu", fraction);
	return out;
}

const char *phrase_clock(const struct report_source *source, __u64 wall_ns, char out[PHRASE_SIZE])
{
	char time[CLOCK_TEXT_SIZE], zone[16];

	if (source->offsets)
		return phrase_offset(wall_ns, 0, out);
	snprintf(out, PHRASE_SIZE, "%s",
		 clock_time_of_day(phrase_shown_time(source, wall_ns, zone), time));
	return out;
}

/* Writes "2026-01-31" and "13:24:32.192571", or "13:24:32" on the whole second. */
static void phrase_split_time(__u64 shown_ns, char day[16], char time[24])
{
	char text[CLOCK_TEXT_SIZE];

	clock_rfc3339(shown_ns, text);
	snprintf(day, 16, "%.10s", text);
	snprintf(time, 24, "%.*s", shown_ns % NS_PER_S ? 15 : 8,
		 strlen(text) > 11 ? text + 11 : "");
}

const char *phrase_moment(const struct report_source *source, __u64 wall_ns, char out[PHRASE_SIZE])
{
	char day[16], time[24], zone[16];
	__u64 shown_ns = phrase_shown_time(source, wall_ns, zone);

	if (source->offsets)
		return phrase_offset(wall_ns, 1, out);
	phrase_split_time(shown_ns, day, time);
	if (source->date_known)
		snprintf(out, PHRASE_SIZE, "%s %s%s%s", day, time, *zone ? " " : "", zone);
	else if (shown_ns / NS_PER_S < DAY_S)
		snprintf(out, PHRASE_SIZE, "%s", time);
	else
		snprintf(out, PHRASE_SIZE, "%s (day %llu of the log)", time,
			 (unsigned long long)(shown_ns / NS_PER_S / DAY_S + 1));
	return out;
}

const char *phrase_span(const struct report_source *source, const struct incident *incident,
			char out[2 * PHRASE_SIZE])
{
	char day[16], time[24], end_day[16], end_time[24], zone[16];
	char from[PHRASE_SIZE], to[PHRASE_SIZE];
	int same_day;

	if (source->offsets) {
		snprintf(out, 2 * PHRASE_SIZE, "from %s to %s",
			 phrase_offset(incident->start_ns, 0, from),
			 phrase_offset(incident->end_ns, 0, to));
		return out;
	}
	phrase_split_time(phrase_shown_time(source, incident->end_ns, zone), end_day, end_time);
	phrase_split_time(phrase_shown_time(source, incident->start_ns, zone), day, time);
	same_day = !strcmp(day, end_day);
	if (source->date_known)
		snprintf(out, 2 * PHRASE_SIZE, "from %s %.8s to %s%s%.8s%s%s", day, time,
			 same_day ? "" : end_day, same_day ? "" : " ", end_time, *zone ? " " : "",
			 zone);
	else
		snprintf(out, 2 * PHRASE_SIZE, "from %.8s to %.8s%s", time, end_time,
			 same_day ? "" : " of a later day");
	return out;
}

const char *phrase_duration(__u64 ns, char out[PHRASE_SIZE])
{
	unsigned long long s = (ns + NS_PER_S / 2) / NS_PER_S;

	if (ns && ns < NS_PER_S / 1000)
		snprintf(out, PHRASE_SIZE, "%.0f us", (double)ns / 1e3);
	else if (ns < NS_PER_S)
		snprintf(out, PHRASE_SIZE, "%.0f ms", (double)ns / 1e6);
	else if (ns < 60 * NS_PER_S && s < 60)
		snprintf(out, PHRASE_SIZE, "%.*f s", ns % NS_PER_S != 0, (double)ns / 1e9);
	else if (s < 3600)
		snprintf(out, PHRASE_SIZE, "%llu min %llu s", s / 60, s % 60);
	else if (s < DAY_S)
		snprintf(out, PHRASE_SIZE, "%llu h %llu min", s / 3600, s % 3600 / 60);
	else
		snprintf(out, PHRASE_SIZE, "%llu d %llu h", s / DAY_S, s % DAY_S / 3600);
	return out;
}

const char *phrase_count(__u64 number, const char *one, const char *many, char out[PHRASE_SIZE])
{
	snprintf(out, PHRASE_SIZE, "%llu %s", (unsigned long long)number, number == 1 ? one : many);
	return out;
}

void phrase_add_count(struct buffer *out, __u64 number, const char *one, const char *many)
{
	char count[PHRASE_SIZE];

	if (number)
		buffer_add(out, "%s%s", out->used ? ", " : "",
			   phrase_count(number, one, many, count));
}

void phrase_add_part(struct buffer *out, __u64 number, const char *what)
{
	phrase_add_count(out, number, what, what);
}

void phrase_add_reasons(struct buffer *out, const struct resolver_counters *counters,
			enum counter first, enum reason from)
{
	static const char *const names[REASON_MAX] = {
		[REASON_PORT] = "port unreachable",	  [REASON_HOST] = "host unreachable",
		[REASON_NETWORK] = "network unreachable", [REASON_PROHIBITED] = "prohibited",
		[REASON_OTHER] = "other reasons",
	};
	const char *separator = "";
	unsigned int i;

	for (i = from; i < REASON_MAX; i++) {
		if (!counters->n[first + i - from])
			continue;
		buffer_add(out, "%s%s: %llu", separator, names[i],
			   (unsigned long long)counters->n[first + i - from]);
		separator = ", ";
	}
}

void phrase_add_counters(struct buffer *out, const struct resolver_counters *counters,
			 enum counter first, enum counter last)
{
	const char *separator = "", *c;
	unsigned int i;

	for (i = first; i <= last; i++) {
		const struct counter_row *row = &counter_rows[i];
		int capitals =
			row->label && !strcmp(row->label, "rcode") && strcmp(row->name, "other");

		if (!counters->n[i])
			continue;
		buffer_add(out, "%s", separator);
		capitals |= row->label && !strcmp(row->label, "by");
		for (c = row->name; *c; c++)
			buffer_add(out, "%c", capitals ? toupper((unsigned char)*c) : *c);
		buffer_add(out, " %llu", (unsigned long long)counters->n[i]);
		separator = ", ";
	}
}

void phrase_add_addresses(struct buffer *out, const struct ip_address *addresses, __u32 count,
			  int more)
{
	char text[ADDRESS_TEXT_SIZE];
	__u32 i;

	for (i = 0; i < count; i++) {
		buffer_add(out, "%s", i ? ", " : "");
		document_add_code(out, address_text(&addresses[i], 0, text));
	}
	if (more)
		buffer_add(out, " and others");
}

void phrase_add_resolver(struct buffer *out, const struct resolver_key *key)
{
	char text[RESOLVER_TEXT_SIZE];

	document_add_code(out, resolver_text(key, text));
}

void phrase_add_question(struct buffer *out, const char *name, __u16 type)
{
	char text[DNS_TYPE_SIZE], question[NAME_TEXT_SIZE + DNS_TYPE_SIZE + 1];

	if (!*name)
		return;
	snprintf(question, sizeof(question), "%s%s%s", name, type ? " " : "",
		 type ? dns_type_text(type, text) : "");
	document_add_code(out, question);
}

void phrase_add_errors(struct buffer *out, const struct resolver_counters *counters)
{
	struct resolver_counters errors = {0};
	unsigned int i;

	for (i = COUNTER_ANSWERED_FORMERR; i <= COUNTER_ANSWERED_OTHER; i++)
		if (i != COUNTER_ANSWERED_NXDOMAIN)
			errors.n[i] = counters->n[i];
	/* A session has no RCODE. */
	if (counters->n[COUNTER_SESSION_REFUSED]) {
		buffer_add(out, "no TLS handshake %llu",
			   (unsigned long long)counters->n[COUNTER_SESSION_REFUSED]);
		return;
	}
	phrase_add_counters(out, &errors, COUNTER_ANSWERED_FORMERR, COUNTER_ANSWERED_OTHER);
}

static int phrase_is_shell_safe(const char *name)
{
	const char *c;

	for (c = name; *c; c++)
		if (!isalnum((unsigned char)*c) && *c != '.' && *c != '_' &&
		    !(*c == '-' && c != name))
			return 0;
	return c - name <= SHELL_SAFE_LENGTH;
}

const char *phrase_shell_safe_name(const struct incident *incident, char type[DNS_TYPE_SIZE])
{
	__u32 i;

	for (i = 0; i < incident->name_count; i++) {
		if (!*incident->names[i] || !phrase_is_shell_safe(incident->names[i]))
			continue;
		dns_type_text(incident->types[i] ? incident->types[i] : DNS_TYPE_A, type);
		return incident->names[i];
	}
	dns_type_text(DNS_TYPE_A, type);
	return "";
}
