// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* See query.h. */
#include "fleet/query.h"

#include "util/address.h"
#include "util/buffer.h"
#include "util/text.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- the query ---------------------------------------------------------------------------- */

const char *const fleet_row_kinds[FLEET_KINDS] = {
	[FLEET_STATE] = "state",     [FLEET_CAUSE] = "cause", [FLEET_FAILED] = "failed",
	[FLEET_SETTLED] = "settled", [FLEET_HOST] = "host",   [FLEET_MISSING] = "missing",
};

/*
 * increase() drops the names of the series, and Prometheus refuses two that are the same then. So
 * connects and sessions have a label that transactions do not have.
 */
#define BY_ROW(sum) "sum by (job,resolver,port,transport,origin) (" sum ")"
#define OR " or "
#define INCREASE(series, matcher) "increase(" series "{" matcher ",$M}[$W])"
#define TRANSACTIONS INCREASE("dnsreach_transactions_ended_total", "outcome!=\"\"")
#define FAILED_TRANSACTIONS INCREASE("dnsreach_transactions_ended_total", "outcome!=\"answered\"")
#define LABELLED(increase, name) "label_replace(" increase ",\"of\",\"" name "\",\"\",\"\")"
#define CONNECTS                                                                                   \
	LABELLED(INCREASE("dnsreach_connects_ended_total", "outcome!=\"established\""), "connect"  \
											"s")
#define SESSIONS LABELLED(INCREASE("dnsreach_sessions_ended_total", "outcome!=\"\""), "sessions")
#define FAILED_SESSIONS                                                                            \
	LABELLED(INCREASE("dnsreach_sessions_ended_total", "outcome!=\"answered\""), "sessions")
#define UNFOLLOWED INCREASE("dnsreach_unfollowed_connects_total", "transport!=\"\"")
#define UNSENT INCREASE("dnsreach_unsent_queries_total", "reason!=\"\"")

/*
 * In each part $M is replaced by the user's matchers and $W by the window. `{,}` is not PromQL, so
 * each selector has a matcher of its own before $M. For FLEET_MISSING see DnsreachAgentMissing in
 * deploy/prometheus/alerts.rules.yml.
 */
static const char *const parts[FLEET_KINDS] = {
	[FLEET_STATE] = "dnsreach_resolver_state{state=~\"healthy|degraded|down\",$M} == 1",
	[FLEET_CAUSE] = "dnsreach_resolver_cause{cause!=\"\",$M} == 1",
	[FLEET_FAILED] = BY_ROW(FAILED_TRANSACTIONS OR CONNECTS OR FAILED_SESSIONS OR UNSENT),
	[FLEET_SETTLED] = BY_ROW(TRANSACTIONS OR CONNECTS OR SESSIONS OR UNFOLLOWED OR UNSENT),
	[FLEET_HOST] = "group by (job,instance) ({__name__=\"dnsreach_build_info\",$M})",
	[FLEET_MISSING] = "group by (job,instance) ("
			  "({__name__=\"up\",$M} and on (job,instance) "
			  "last_over_time({__name__=\"dnsreach_build_info\",$M}[1d])"
			  " unless on (job,instance) {__name__=\"dnsreach_build_info\",$M})"
			  " or ({__name__=\"up\",$M} == 0 and on (job) "
			  "{__name__=\"dnsreach_build_info\",$M} unless on (job) "
			  "({__name__=\"up\",$M} == 1 unless on (job,instance) "
			  "{__name__=\"dnsreach_build_info\",$M})))",
};

/* Appends the part, with its kind in a label, so that no two parts have the same series. */
static void query_add_part(struct buffer *text, enum fleet_row_kind kind,
			   const struct fleet_query *query)
{
	const char *p;

	buffer_add(text, "%slabel_replace(", kind ? " or " : "");
	for (p = parts[kind]; *p; p++) {
		if (p[0] != '$')
			buffer_add_bytes(text, p, 1);
		else if (*++p == 'M')
			buffer_add(text, "%s", query->match ? query->match : "");
		else
			buffer_add(text, "%.0fms", query->window_s * 1000);
	}
	buffer_add(text, ",\"%s\",\"%s\",\"\",\"\")", FLEET_LABEL, fleet_row_kinds[kind]);
}

static void url_add_escaped(struct buffer *url, const char *text)
{
	static const char unreserved[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
					 "0123456789-._~";

	for (; *text; text++) {
		if (strchr(unreserved, *text))
			buffer_add_bytes(url, text, 1);
		else
			buffer_add(url, "%%%02X", (unsigned char)*text);
	}
}

int fleet_query_write(struct buffer *url, const struct fleet_query *query)
{
	const char *host = strstr(query->base, "://");
	size_t length = strlen(query->base);
	struct buffer text = {0};
	unsigned int kind;
	int err;

	if (!host || !host[3] || host[3] == '/' || strpbrk(query->base, "?#") ||
	    (strncmp(query->base, "http://", 7) && strncmp(query->base, "https://", 8)))
		return -EINVAL;
	for (kind = 0; kind < FLEET_KINDS; kind++)
		query_add_part(&text, kind, query);
	err = buffer_error(&text);
	if (err)
		goto out;
	while (length && query->base[length - 1] == '/')
		length--;
	buffer_add_bytes(url, query->base, length);
	buffer_add(url, "/api/v1/query?timeout=%.0fms&query=", query->timeout_s * 1000);
	url_add_escaped(url, text.text);
	err = buffer_error(url);
out:
	buffer_free(&text);
	return err;
}

/* ---- the answer --------------------------------------------------------------------------- */

/* Sets `why`, in one sanitized line: it is printed on a terminal. Returns -EPROTO. */
static int answer_set_error(struct fleet_answer *answer, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
static int answer_set_error(struct fleet_answer *answer, const char *format, ...)
{
	char words[FLEET_WHY_SIZE];
	struct buffer plain = {0};
	va_list args;

	va_start(args, format);
	vsnprintf(words, sizeof(words), format, args);
	va_end(args);
	text_sanitize(&plain, words);
	snprintf(answer->why, sizeof(answer->why), "%s", plain.text ? plain.text : "");
	buffer_free(&plain);
	return -EPROTO;
}

static int answer_set_status_error(struct fleet_answer *answer, long status)
{
	if (status == 401 || status == 403)
		return answer_set_error(answer,
					"it refuses the request (HTTP %ld); send it a password by "
					"--user-file, a client certificate by --cert-file, or a "
					"token by --header-file",
					status);
	return answer_set_error(
		answer,
		"the answer is not Prometheus' (HTTP %ld); --prometheus takes the base "
		"URL, without /api/v1 or /graph",
		status);
}

static const char *label_text(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "";
}

/* ---- one sample --------------------------------------------------------------------------- */

/* A host whose version knows no guests counts for origin host. */
static const char *origin_label(const json_t *labels)
{
	const char *text = label_text(labels, "origin");

	return *text ? text : origin_text(ORIGIN_HOST);
}

static int parse_kind(const json_t *labels, enum fleet_row_kind *ret)
{
	const char *kind = label_text(labels, FLEET_LABEL);
	unsigned int i;

	for (i = 0; i < FLEET_KINDS; i++) {
		if (!strcmp(kind, fleet_row_kinds[i])) {
			*ret = i;
			return 0;
		}
	}
	return -EPROTO;
}

/* Parses [1763630000.123, "0.5"]. */
static int parse_value(const json_t *pair, double *time_s, double *value)
{
	const json_t *time = json_array_get(pair, 0);
	const char *text = json_string_value(json_array_get(pair, 1));
	char *end;

	if (!json_is_number(time) || !text || !*text)
		return -EPROTO;
	*time_s = json_number_value(time);
	*value = strtod(text, &end);
	return *end ? -EPROTO : 0;
}

static int parse_row(struct fleet_answer *answer, const json_t *sample)
{
	const json_t *labels = json_object_get(sample, "metric");
	struct fleet_row *row = &answer->rows[answer->count];

	if (parse_kind(labels, &row->kind) ||
	    parse_value(json_object_get(sample, "value"), &answer->time_s, &row->value))
		return answer_set_error(answer,
					"the answer has samples that the query did not ask for");
	row->job = label_text(labels, "job");
	row->instance = label_text(labels, "instance");
	row->resolver = label_text(labels, "resolver");
	row->port = label_text(labels, "port");
	row->transport = label_text(labels, "transport");
	row->origin = origin_label(labels);
	row->word = label_text(labels, row->kind == FLEET_STATE ? "state" : "cause");
	answer->count++;
	return 0;
}

/* ---- the whole answer --------------------------------------------------------------------- */

static int parse_samples(struct fleet_answer *answer, const json_t *samples)
{
	size_t count = json_array_size(samples), i;
	int err = 0;

	answer->rows = calloc(count + 1, sizeof(*answer->rows));
	if (!answer->rows)
		return -ENOMEM;
	for (i = 0; !err && i < count; i++)
		err = parse_row(answer, json_array_get(samples, i));
	return err;
}

int fleet_answer_parse(long status, const char *text, size_t length, struct fleet_answer *ret)
{
	const json_t *data, *samples;
	const char *said;

	memset(ret, 0, sizeof(*ret));
	ret->root = json_loadb(text ? text : "", text ? length : 0, 0, NULL);
	said = label_text(ret->root, "status");
	if (!strcmp(said, "error"))
		return answer_set_error(ret, "error: %.300s (%.40s, HTTP %ld)",
					label_text(ret->root, "error"),
					label_text(ret->root, "errorType"), status);
	if (status != 200)
		return answer_set_status_error(ret, status);
	data = json_object_get(ret->root, "data");
	samples = json_object_get(data, "result");
	if (strcmp(said, "success") || strcmp(label_text(data, "resultType"), "vector") ||
	    !json_is_array(samples))
		return answer_set_error(ret,
					"the answer is not Prometheus'; --prometheus takes the "
					"base URL, without /api/v1 or /graph");
	said = json_string_value(json_array_get(json_object_get(ret->root, "warnings"), 0));
	if (said)
		answer_set_error(ret, "warning: %.300s", said);
	return parse_samples(ret, samples);
}

void fleet_answer_free(struct fleet_answer *answer)
{
	free(answer->rows);
	json_decref(answer->root);
	memset(answer, 0, sizeof(*answer));
}
