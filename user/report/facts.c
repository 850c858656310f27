// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The sections that say what was seen: when, what, who, how much. */
#include "report/sections.h"

#include "util/address.h"
#include "health/counters.h"
#include "util/dns.h"
#include "report/explain.h"
#include "report/words.h"
#include "view/tcpdump_line.h"
#include "view/cells.h"

#include <arpa/inet.h>
#include <math.h>
#include <string.h>

/* ---- when ------------------------------------------------------------------------------------ */

static const struct incident_slot *first_bad_slot(const struct incident *incident, __u64 *end_ns)
{
	__u32 i;

	for (i = 0; i < incident->slot_count; i++) {
		const struct incident_slot *slot = &incident->slots[i];

		*end_ns = incident->slot_start_ns + (i + 1) * incident->slot_ns;
		if (slot->unreachable || slot->timed_out || slot->unsent)
			return slot;
	}
	return NULL;
}

static void signal_by_message(struct page *page, struct grid *facts,
			      const struct incident *incident)
{
	const struct incident_message *first = &incident->messages[0];
	char moment[WORDS_SIZE], after[WORDS_SIZE];
	__u64 delay_ns =
		first->wall_ns > incident->start_ns ? first->wall_ns - incident->start_ns : 0;

	grid_fact(facts, "First signal", "%s, %s %s after that query",
		  words_moment(page->origin, first->wall_ns, moment),
		  first->sample.unsent ? "the client's own refusal to send,"
				       : "an ICMP unreachable message,",
		  words_duration(delay_ns, after));
}

/* The first failure is in this slot: which of those in there came first, is told by time. */
static int message_was_first(const struct incident *incident, const struct incident_slot *slot,
			     __u64 slot_end_ns, __u64 timeout_ns)
{
	__u64 at_ns = incident->messages[0].wall_ns, timed_out_ns = incident->start_ns + timeout_ns;

	if (!incident->message_count || (slot->timed_out && at_ns > slot_end_ns))
		return 0;
	return !slot->timed_out || !timeout_ns || timed_out_ns > slot_end_ns ||
	       at_ns <= timed_out_ns;
}

/* The first query of a failing run has failed: where that was a timeout, its time is known. */
static void first_signal(struct page *page, struct grid *facts, const struct incident *incident)
{
	__u64 timeout_ns = page->origin->timeout_ns, slot_end_ns;
	const struct incident_slot *slot = first_bad_slot(incident, &slot_end_ns);
	char moment[WORDS_SIZE], after[WORDS_SIZE];

	if (!slot)
		grid_fact(facts, "First signal", "answers with an error");
	else if (message_was_first(incident, slot, slot_end_ns, timeout_ns))
		signal_by_message(page, facts, incident);
	else if (slot->timed_out && timeout_ns &&
		 incident->start_ns + timeout_ns <= incident->noticed_ns)
		grid_fact(facts, "First signal", "%s, a timeout: no answer %s after that query",
			  words_moment(page->origin, incident->start_ns + timeout_ns, moment),
			  words_duration(timeout_ns, after));
	else
		grid_fact(facts, "First signal", "%s",
			  slot->timed_out ? "a timeout"
			  : slot->unsent  ? "the client's own refusal to send"
					  : "an ICMP unreachable message");
}

void section_when(struct page *page, int level, const struct incident *incident)
{
	struct grid facts = {0};
	char text[WORDS_SIZE];

	page_heading(page, level, "When");
	grid_fact(&facts, "Start", "%s, the first query of the failing run",
		  words_moment(page->origin, incident->start_ns, text));
	first_signal(page, &facts, incident);
	grid_fact(&facts, "Judged", "%s, with enough outcomes in to tell that something is wrong",
		  words_moment(page->origin, incident->noticed_ns, text));
	grid_fact(&facts, "End", "%s, the last message or timeout that belongs to it",
		  words_moment(page->origin, incident->end_ns, text));
	grid_fact(&facts, "Duration", "%s",
		  words_duration(incident->end_ns - incident->start_ns, text));
	if (incident->closed_ns)
		grid_fact(&facts, "Closed", "%s, when the resolver was healthy again",
			  words_moment(page->origin, incident->closed_ns, text));
	else
		grid_fact(&facts, "Closed",
			  "no: not healthy again by the end of what was observed");
	page_grid(page, &facts);
}

/* ---- what was seen --------------------------------------------------------------------------- */

static void add_ttls(struct buffer *out, const struct incident *incident)
{
	int seen[256] = {0};
	__u32 i;

	for (i = 0; i < incident->message_count; i++) {
		__u8 ttl = incident->messages[i].sample.ttl;

		if (ttl && !seen[ttl]++)
			buffer_add(out, "%s%u", out->used ? ", " : "", ttl);
	}
}

static void message_facts(const struct page *page, struct grid *facts,
			  const struct incident *incident)
{
	const struct resolver_counters *c = &incident->counters;
	__u64 icmp = counters_icmp_unreachables(c);
	struct buffer parts = {0}, ttls = {0};

	add_parts(&parts, c, COUNTER_ICMP_PORT, COUNTER_ICMP_OTHER);
	if (icmp)
		grid_fact(facts, "ICMP", "%llu unreachable message%s, by reason: %s",
			  (unsigned long long)icmp, icmp == 1 ? "" : "s", parts.text);
	else
		grid_fact(facts, "ICMP", "no unreachable message came in");
	if (c->n[COUNTER_ICMP_FROM_ELSEWHERE])
		grid_fact(facts, "From elsewhere", "%llu of them not from the resolver's address",
			  (unsigned long long)c->n[COUNTER_ICMP_FROM_ELSEWHERE]);
	if (c->n[COUNTER_TOO_BIG])
		grid_fact(facts, "Too big", "%llu ICMP messages that ask for smaller packets",
			  (unsigned long long)c->n[COUNTER_TOO_BIG]);
	add_ttls(&ttls, incident);
	if (ttls.used && page->origin->kind != ORIGIN_TEXT)
		grid_fact(facts, "TTL", "%s, as the messages arrived", ttls.text);
	buffer_free(&parts);
	buffer_free(&ttls);
}

static void show_messages(struct page *page, const struct incident *incident)
{
	struct buffer lines = {0}, quote = {0};
	int matched = page->origin->inferred_quotes || is_recorded_of_text(incident, page->origin);
	__u32 i;

	for (i = 0; i < incident->message_count; i++) {
		tcpdump_message(&lines, &incident->messages[i]);
		buffer_add(&lines, "\n");
		buffer_reset(&quote);
		tcpdump_quote(&quote, &incident->messages[i]);
		if (quote.used)
			buffer_add(&lines, "    %s\n", quote.text);
	}
	page_paragraph(page, "%s, in tcpdump's own form; below each the query that it %s:",
		       incident->message_count > 1 ? "Messages" : "A message",
		       matched ? "was matched with" : "quotes");
	page_log(page, &lines);
	buffer_free(&lines);
	buffer_free(&quote);
}

void section_seen(struct page *page, int level, const struct incident *incident)
{
	struct grid facts = {0};

	page_heading(page, level, "What was seen");
	grid_fact(&facts, "Protocol", "DNS over UDP, port %u", ntohs(incident->resolver.port));
	message_facts(page, &facts, incident);
	page_grid(page, &facts);
	if (incident->message_count)
		show_messages(page, incident);
}

/* ---- who ------------------------------------------------------------------------------------- */

static int all_from_resolver(const struct incident *incident)
{
	__u32 i;

	for (i = 0; i < incident->reporter_count; i++)
		if (memcmp(&incident->reporters[i], &incident->resolver.address,
			   sizeof(incident->resolver.address)))
			return 0;
	return !incident->reporters_more;
}

static void add_names(struct buffer *out, const struct incident *incident)
{
	char type[DNS_TYPE_SIZE];
	__u32 i;

	for (i = 0; i < incident->name_count; i++) {
		buffer_add(out, "%s", i ? ", " : "");
		add_code(out, incident->names[i]);
		if (incident->types[i])
			buffer_add(out, " (%s)", dns_type_text(incident->types[i], type));
	}
	if (incident->names_more)
		buffer_add(out, " and others");
}

void section_who(struct page *page, int level, const struct incident *incident)
{
	const char *not_known =
		counters_icmp_unreachables(&incident->counters)
			? "not recorded: no ICMP message was kept that names them"
			: "not recorded: only ICMP messages name them, and none came in";
	struct grid facts = {0};
	struct buffer text = {0};

	page_heading(page, level, "Who");
	add_resolver(&text, incident);
	grid_fact(&facts, "Resolver", "%s", text.text ? text.text : "");
	buffer_reset(&text);
	add_addresses(&text, incident->reporters, incident->reporter_count,
		      incident->reporters_more);
	if (incident->reporter_count)
		grid_fact(&facts, "Reporter", "%s%s", text.text,
			  all_from_resolver(incident) ? " (the resolver itself)" : "");
	buffer_reset(&text);
	add_addresses(&text, incident->clients, incident->client_count, incident->clients_more);
	grid_fact(&facts, "Clients", "%s", incident->client_count ? text.text : not_known);
	buffer_reset(&text);
	add_names(&text, incident);
	grid_fact(&facts, "Names", "%s", incident->name_count ? text.text : not_known);
	page->failed |= text.failed;
	buffer_free(&text);
	page_grid(page, &facts);
}

/* ---- how much -------------------------------------------------------------------------------- */

static void add_outcome_row(struct grid *grid, const struct resolver_counters *c, const char *name,
			    enum counter first, enum counter last)
{
	__u64 settled = counters_settled(c), number = counters_sum(c, first, last);
	struct buffer parts = {0};
	char share[CELL_SIZE];

	if (!grid_row(grid))
		return;
	add_parts(&parts, c, first, last);
	if (number && first != last)
		grid_cell(grid, 0, "%s (%s)", name, parts.text);
	else
		grid_cell(grid, 0, "%s", name);
	grid_cell(grid, 1, "%llu", (unsigned long long)number);
	grid_cell(grid, 2, "%s",
		  text_share(settled ? (double)number / (double)settled : NAN, share));
	buffer_free(&parts);
}

static void outcomes(struct page *page, const struct resolver_counters *c)
{
	struct grid grid = {.numbers = 1, .total = 1};
	char share[CELL_SIZE];

	grid_row(&grid);
	grid_cell(&grid, 0, "Outcome");
	grid_cell(&grid, 1, "Transactions");
	grid_cell(&grid, 2, "Share");
	add_outcome_row(&grid, c, "answered", COUNTER_ANSWERED_NOERROR, COUNTER_ANSWERED_OTHER);
	add_outcome_row(&grid, c, "unreachable", COUNTER_UNREACHABLE_PORT,
			COUNTER_UNREACHABLE_OTHER);
	add_outcome_row(&grid, c, "timed out", COUNTER_TIMED_OUT, COUNTER_TIMED_OUT);
	if (counters_unsent(c))
		add_outcome_row(&grid, c, "unsent", COUNTER_UNSENT_HOST, COUNTER_UNSENT_OTHER);
	grid_row(&grid);
	grid_cell(&grid, 0, "failed, of %llu settled", (unsigned long long)counters_settled(c));
	grid_cell(&grid, 1, "%llu", (unsigned long long)counters_failed(c));
	grid_cell(&grid, 2, "%s", text_share(counters_failure_ratio(c), share));
	page_grid(page, &grid);
}

void section_how_much(struct page *page, int level, const struct incident *incident)
{
	const struct resolver_counters *c = &incident->counters;
	__u64 unmatched =
		counters_sum(c, COUNTER_UNMATCHED_RESPONSES, COUNTER_UNMATCHED_UNREACHABLES);
	struct buffer late = {0}, other = {0};
	struct grid facts = {0};

	page_heading(page, level, "How much");
	outcomes(page, c);
	grid_fact(&facts, "Queries", "%llu, of which %llu retransmissions",
		  (unsigned long long)c->n[COUNTER_QUERIES],
		  (unsigned long long)c->n[COUNTER_RETRANSMISSIONS]);
	add_parts(&late, c, COUNTER_LATE_RESPONSES, COUNTER_LATE_UNREACHABLES);
	if (counters_late(c))
		grid_fact(&facts, "Late", "%s (came after the timeout; counted as timed out)",
			  late.text);
	add_parts(&other, c, COUNTER_UNMATCHED_RESPONSES, COUNTER_UNMATCHED_UNREACHABLES);
	if (unmatched)
		grid_fact(&facts, "Unmatched", "%s (fitted no open transaction)", other.text);
	if (c->n[COUNTER_UNTRACKED])
		grid_fact(&facts, "Untracked", "%llu queries could not be followed",
			  (unsigned long long)c->n[COUNTER_UNTRACKED]);
	page_grid(page, &facts);
	buffer_free(&late);
	buffer_free(&other);
	page_heading(page, level, "Timeline");
	page_timeline(page, incident);
}
