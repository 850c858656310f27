// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* See query.h. */
#include "fleet/query.h"

#include "fleet/row.h"

#include <errno.h>
#include <string.h>

const char *const fleet_row_kinds[FLEET_KINDS] = {
	[FLEET_STATE] = "state",     [FLEET_CAUSE] = "cause", [FLEET_FAILED] = "failed",
	[FLEET_SETTLED] = "settled", [FLEET_HOST] = "host",   [FLEET_MISSING] = "missing",
};

/*
 * In each, $M becomes the user's matchers and $W the window. `{,}` is no PromQL, so each selector
 * has a matcher of its own before $M. Who is missing: see DnsreachAgentMissing in
 * deploy/prometheus/alerts.rules.yml.
 */
static const char *const parts[FLEET_KINDS] = {
	[FLEET_STATE] = "dnsreach_resolver_state{state!=\"idle\",$M} == 1",
	[FLEET_CAUSE] = "dnsreach_resolver_cause{cause!=\"\",$M} == 1",
	[FLEET_FAILED] =
		"sum by (job,resolver,port,transport) (increase({"
		"__name__=~\"dnsreach_transactions_ended_total|dnsreach_unsent_queries_total\""
		",outcome!=\"answered\",$M}[$W]))",
	[FLEET_SETTLED] =
		"sum by (job,resolver,port,transport) (increase({"
		"__name__=~\"dnsreach_transactions_ended_total|dnsreach_unsent_queries_total\""
		",$M}[$W]))",
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

/* The part with its kind in a label of its own, so that no two parts have the same series. */
static void add_part(struct buffer *text, enum fleet_row_kind kind, const struct fleet_query *query)
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

static void add_escaped(struct buffer *url, const char *text)
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

int fleet_query_add(struct buffer *url, const struct fleet_query *query)
{
	size_t length = strlen(query->base);
	struct buffer text = {0};
	unsigned int kind;
	int err;

	if (strpbrk(query->base, "?#") ||
	    (strncmp(query->base, "http://", 7) && strncmp(query->base, "https://", 8)))
		return -EINVAL;
	for (kind = 0; kind < FLEET_KINDS; kind++)
		add_part(&text, kind, query);
	err = buffer_error(&text);
	if (err)
		goto out;
	while (length && query->base[length - 1] == '/')
		length--;
	buffer_add_bytes(url, query->base, length);
	buffer_add(url, "/api/v1/query?timeout=%.0fms&query=", query->timeout_s * 1000);
	add_escaped(url, text.text);
	err = buffer_error(url);
out:
	buffer_free(&text);
	return err;
}
