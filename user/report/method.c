// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The sections that conclude: likely cause, next checks, method and limits. */
#include "report/sections.h"

#include "health/names.h"
#include "report/words.h"

static void show_lines(struct page *page, int level, const char *heading, const struct lines *lines)
{
	size_t i;

	if (!lines->count)
		return;
	page_heading(page, level, "%s", heading);
	for (i = 0; i < lines->count; i++)
		page_item(page, "%s", lines->line[i].text ? lines->line[i].text : "");
}

void section_cause(struct page *page, int level, const struct incident *incident,
		   const struct explanation *e)
{
	const char *name = cause_name(incident->cause);

	page_heading(page, level, "Likely cause: %s", name ? name : "not known");
	page_paragraph(page, "%s", e->meaning);
	show_lines(page, level + 1, "Evidence", &e->evidence);
	show_lines(page, level + 1, "What speaks against it", &e->against);
	show_lines(page, level + 1, "Alternatives", &e->alternatives);
	show_lines(page, level + 1, "What would confirm it", &e->confirmed_by);
}

static void show_checks(struct page *page, const struct explanation *e, int on_resolver)
{
	size_t i;

	for (i = 0; i < e->check_count; i++) {
		const struct check *check = &e->checks[i];

		if (check->on_resolver == on_resolver && check->command.text)
			page_item(page, CODE "%s" END BREAK "%s", check->command.text,
				  check->tells);
	}
}

void section_checks(struct page *page, int level, const struct explanation *e)
{
	int on_resolver = 0;
	size_t i;

	page_heading(page, level, "Next checks");
	page_heading(page, level + 1, "On a client");
	show_checks(page, e, 0);
	for (i = 0; i < e->check_count; i++)
		on_resolver |= e->checks[i].on_resolver;
	if (!on_resolver)
		return;
	page_heading(page, level + 1, "On the resolver");
	show_checks(page, e, 1);
}

/* ---- method and limits ----------------------------------------------------------------------- */

static void say_origin(struct page *page)
{
	static const char *const kinds[] = {
		[ORIGIN_LIVE] = "traffic of this host, as it passed",
		[ORIGIN_CAPTURE] = "packets of a capture",
		[ORIGIN_TEXT] = "text that tcpdump printed",
		[ORIGIN_INCIDENTS] = "incidents that dnsreach has recorded",
	};
	const struct report_origin *origin = page->origin;
	struct buffer text = {0};

	if (origin->source) {
		buffer_add(&text, ", from ");
		add_code(&text, origin->source);
	}
	if (origin->packets)
		buffer_add(&text, ", %llu packets", (unsigned long long)origin->packets);
	if (origin->engine)
		buffer_add(&text, ", %s engine", origin->engine);
	page_item(page, "Source: %s%s.", kinds[origin->kind], text.text ? text.text : "");
	page->failed |= text.failed;
	buffer_free(&text);
	if (!origin->date_known)
		page_item(page, "The source gives no date and no time zone: times are as it has "
				"them.");
	if (origin->kind == ORIGIN_TEXT)
		page_item(page, "Text holds less than packets do: lengths, TTLs and what the ICMP "
				"messages quote are not known.");
	if (origin->inferred_quotes)
		page_item(page,
			  "%llu ICMP lines name no client port and no message ID: each was matched "
			  "with the latest query of that client to that resolver and port.",
			  (unsigned long long)origin->inferred_quotes);
}

static void say_unreadable(struct page *page)
{
	const struct report_origin *origin = page->origin;
	const char *what = origin->kind == ORIGIN_CAPTURE ? "packet" : "line";
	struct buffer text = {0};
	size_t i;

	if (origin->cut)
		page_item(page, "%llu packets were cut by the snap length of the capture.",
			  (unsigned long long)origin->cut);
	buffer_add(&text, "%llu %s%s could not be read", (unsigned long long)origin->unreadable,
		   what, origin->unreadable == 1 ? "" : "s");
	for (i = 0; i < origin->diagnostic_count; i++) {
		buffer_add(&text, "%s" BREAK "%s %llu: ", i ? "" : ":", what,
			   (unsigned long long)origin->diagnostics[i].line);
		add_code(&text, origin->diagnostics[i].what);
	}
	if (origin->unreadable)
		page_item(page, "%s", text.text ? text.text : "");
	page->failed |= text.failed;
	buffer_free(&text);
}

void section_method(struct page *page, int level, int any)
{
	char timeout[WORDS_SIZE];

	page_heading(page, level, "Method and limits");
	say_origin(page);
	say_unreadable(page);
	page_item(page,
		  "Each query was followed to its outcome by addresses, ports and message ID: "
		  "answered, unreachable (an ICMP message about it came in) or timed out.");
	if (page->origin->timeout_ns)
		page_item(page,
			  "A transaction with no outcome %s after its first query is timed "
			  "out; what comes later is counted as late.",
			  words_duration(page->origin->timeout_ns, timeout));
	page_item(page, "A resolver is judged by its last outcomes, at least 3 of them.");
	if (any) {
		page_item(page, "ICMP is rate-limited by who sends it, so that its messages are a "
				"lower bound: they tell the reason, not the extent. Shares are of "
				"settled transactions.");
		page_item(page, "Counting starts at the last second before the incident; clients, "
				"names and messages are samples.");
	}
	page_item(page,
		  "Only DNS over UDP is seen: no TCP, DoT, DoH or DoQ. Checksums are not "
		  "verified, and an answer that the client's own firewall dropped later counts "
		  "as answered.");
}
