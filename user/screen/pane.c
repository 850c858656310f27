// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The pane of a resolver. It is drawn whole on a canvas of its own, as long as it gets, and the
 * part that is scrolled to is copied. With room beside each other, it has two halves: numbers on
 * the left, examples of failures on the right.
 */
#include "screen/draw.h"

#include "health/asker.h"
#include "health/counters.h"
#include "util/address.h"
#include "util/clock.h"
#include "util/dns.h"
#include "util/text.h"
#include "view/cells.h"
#include "view/table.h"
#include "view/tcpdump_line.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#define PANE_ROWS 240	    /* no pane is longer */
#define TWO_HALVES_FROM 140 /* columns */
#define HOUR_ROWS 4	    /* height of the bars of an hour */
#define BAR_MOST 40	    /* columns of a bar */
#define FAILED_SHOWN 4	    /* of the transactions that failed, the latest */
#define LABEL_WIDTH 12

/* A half of the pane: where its next line goes. */
struct pane_half {
	struct canvas canvas;
	const struct glyphs *glyphs;
	size_t row;
};

/* ---- lines -------------------------------------------------------------------------------- */

static void pane_heading(struct pane_half *half, const char *text)
{
	size_t end;

	if (half->row)
		half->row++;
	end = canvas_text(&half->canvas, half->row, 0, ROLE_HEADING, text);
	if (end + 1 < half->canvas.columns)
		canvas_fill(&half->canvas, half->row, end + 1, half->canvas.columns - end - 2,
			    ROLE_DIM, half->glyphs->rule);
	half->row++;
}

/* Writes a text in as many lines as it takes, the further ones two columns further in. */
static void pane_text(struct pane_half *half, enum canvas_role role, size_t indent,
		      const char *text)
{
	half->row = canvas_wrap(&half->canvas, half->row, indent, indent + 2, role, text);
}

static void pane_buffer(struct pane_half *half, enum canvas_role role, size_t indent,
			struct buffer *text)
{
	if (!buffer_error(text) && text->used)
		pane_text(half, role, indent, text->text);
	buffer_free(text);
}

/* ---- state and cause ------------------------------------------------------------------------ */

static void draw_verdict(struct pane_half *half, const struct screen_row *of)
{
	const struct resolver_status *resolver = of->resolver;
	char since[COLUMN_TEXT_SIZE];
	size_t end;

	if (resolver_is_other(&resolver->now->key)) {
		pane_text(half, ROLE_PLAIN, 0, "All resolvers that have no row of their own.");
		return;
	}
	screen_columns[COLUMN_SINCE].text(of, since);
	end = canvas_text(&half->canvas, half->row, 0, ROLE_STATE + resolver->state,
			  state_name(resolver->state));
	canvas_format(&half->canvas, half->row++, end, ROLE_PLAIN, " for %s%s",
		      since[0] == '>' ? "more than " : "", since + (since[0] == '>'));
	if (resolver->cause) {
		struct buffer text = {0};

		buffer_add(&text, "%s: %s", cause_name(resolver->cause),
			   cause_meaning(resolver->cause));
		pane_buffer(half, ROLE_PLAIN, 0, &text);
	}
	if (resolver->fails_inside)
		pane_text(half, ROLE_WARNING, 0, FAILS_INSIDE ": behind it nothing fails");
	if (resolver->joined.verdict)
		pane_text(half, ROLE_WARNING, 0, joined_meaning(resolver->joined.verdict));
	if (resolver->joined.tcp_needed)
		pane_text(half, ROLE_WARNING, 0, TCP_NEEDED);
	if (resolver->forged)
		pane_text(half, ROLE_WARNING, 0,
			  "forged? ICMP unreachables that match no query keep arriving");
}

static void draw_percentiles(struct pane_half *half, const char *what, double p50_s, double p95_s,
			     double p99_s)
{
	char p50[CELL_SIZE], p95[CELL_SIZE], p99[CELL_SIZE], text[160];

	if (isnan(p50_s))
		return;
	snprintf(text, sizeof(text), "%s: p50 %s, p95 %s, p99 %s", what,
		 cell_format_seconds(p50_s, p50), cell_format_seconds(p95_s, p95),
		 cell_format_seconds(p99_s, p99));
	pane_text(half, ROLE_PLAIN, 0, text);
}

static void draw_rates(struct pane_half *half, const struct screen_row *of, enum window window)
{
	const struct rates *rates = of->rates;
	char asked[CELL_SIZE], failed[CELL_SIZE], errors[CELL_SIZE], text[160];

	snprintf(text, sizeof(text), "last %s: %s %s/s, %s failed, %s errors", window_name(window),
		 cell_format_rate(resolver_shown_per_s(of->resolver, rates), asked),
		 resolver_shown_words(of->resolver),
		 cell_format_ratio(rates->failure_ratio, failed),
		 cell_format_ratio(rates->error_ratio, errors));
	pane_text(half, ROLE_PLAIN, 0, text);
	draw_percentiles(half, "RTT", rates->rtt_p50_s, rates->rtt_p95_s, rates->rtt_p99_s);
	draw_percentiles(half, "time to connect", rates->connect_rtt_p50_s,
			 rates->connect_rtt_p95_s, rates->connect_rtt_p99_s);
}

/* ---- the last hour -------------------------------------------------------------------------- */

/* Returns how many minutes a column has: the smallest number that fits. */
static unsigned int minutes_of_column(size_t columns)
{
	static const unsigned int numbers[] = {1, 2, 3, 4, 5, 6, 10};
	size_t i;

	for (i = 0; i < sizeof(numbers) / sizeof(*numbers); i++)
		if (MINUTES_KEPT / numbers[i] <= columns)
			return numbers[i];
	return MINUTES_KEPT / 5;
}

static struct minute_counts sum_minutes(const struct screen_row *of, unsigned int oldest,
					unsigned int count)
{
	struct minute_counts sum = {0};

	for (; count; count--, oldest--) {
		struct minute_counts minute = minute_history_ago(of->seen, of->now_ns, oldest);

		sum.answered += minute.answered;
		sum.errors += minute.errors;
		sum.failed += minute.failed;
		sum.is_known |= minute.is_known;
	}
	return sum;
}

static __u64 minute_total(const struct minute_counts *minute)
{
	return minute->answered + minute->errors + minute->failed;
}

/* Returns how many of `rows` a part takes: at least one when it is not 0. */
static size_t part_rows(__u64 part, __u64 whole, size_t rows)
{
	size_t share = whole ? (size_t)((double)part / (double)whole * (double)rows + 0.5) : 0;

	return part && !share ? 1 : share;
}

/* Draws a column from below: failures, then errors, then answers. */
static void draw_minute(struct pane_half *half, const struct minute_counts *minute, __u64 highest,
			size_t column)
{
	const struct glyphs *glyphs = half->glyphs;
	__u64 total = minute_total(minute);
	size_t height = part_rows(total, highest, HOUR_ROWS), i;
	size_t failed = part_rows(minute->failed, total, height);
	size_t errors = part_rows(minute->errors, total, height);

	if (minute->is_known && !height)
		canvas_fill(&half->canvas, half->row + HOUR_ROWS - 1, column, 1, ROLE_DIM,
			    glyphs->empty);
	for (i = 0; i < height; i++) {
		size_t row = half->row + HOUR_ROWS - 1 - i;

		if (i < failed)
			canvas_fill(&half->canvas, row, column, 1, ROLE_FAILED, glyphs->failed);
		else if (i < failed + errors)
			canvas_fill(&half->canvas, row, column, 1, ROLE_ERRORS, glyphs->errors);
		else
			canvas_fill(&half->canvas, row, column, 1, ROLE_ANSWERED, glyphs->answered);
	}
}

static void draw_hour_legend(struct pane_half *half, unsigned int minutes, __u64 highest)
{
	struct canvas *canvas = &half->canvas;
	size_t columns = MINUTES_KEPT / minutes, end;
	char count[CELL_SIZE];

	canvas_text(canvas, half->row, 0, ROLE_DIM, "1 h ago");
	canvas_text(canvas, half->row++, columns > 3 ? columns - 3 : 0, ROLE_DIM, "now");
	canvas_fill(canvas, half->row, 0, 1, ROLE_FAILED, half->glyphs->failed);
	end = canvas_text(canvas, half->row, 1, ROLE_DIM, " failed ");
	canvas_fill(canvas, half->row, end, 1, ROLE_ERRORS, half->glyphs->errors);
	end = canvas_text(canvas, half->row, end + 1, ROLE_DIM, " error ");
	canvas_fill(canvas, half->row, end, 1, ROLE_ANSWERED, half->glyphs->answered);
	canvas_text(canvas, half->row++, end + 1, ROLE_DIM, " answered");
	if (minutes == 1)
		canvas_format(canvas, half->row++, 0, ROLE_DIM, "highest: %s a minute",
			      cell_format_count(highest, count));
	else
		canvas_format(canvas, half->row++, 0, ROLE_DIM, "highest: %s in %u minutes",
			      cell_format_count(highest, count), minutes);
}

static void draw_hour(struct pane_half *half, const struct screen_model *model,
		      const struct screen_row *of)
{
	unsigned int minutes = minutes_of_column(half->canvas.columns), i;
	unsigned int count = MINUTES_KEPT / minutes;
	struct minute_counts sums[MINUTES_KEPT];
	char began[CLOCK_TEXT_SIZE];
	__u64 highest = 0;

	pane_heading(half, "Last hour");
	for (i = 0; i < count; i++) {
		sums[i] = sum_minutes(of, MINUTES_KEPT - 1 - i * minutes, minutes);
		if (minute_total(&sums[i]) > highest)
			highest = minute_total(&sums[i]);
	}
	if (!highest) {
		canvas_format(&half->canvas, half->row++, 0, ROLE_DIM,
			      "nothing settled since %s UTC, when this screen began to look",
			      clock_time_of_day(model->history.began_ns, began));
		return;
	}
	for (i = 0; i < count; i++)
		draw_minute(half, &sums[i], highest, i);
	half->row += HOUR_ROWS;
	draw_hour_legend(half, minutes, highest);
	if (model->history.last_ns - model->history.began_ns < 3600 * NS_PER_S)
		canvas_format(&half->canvas, half->row++, 0, ROLE_DIM,
			      "not known before %s UTC, when this screen began to look",
			      clock_time_of_day(model->history.began_ns, began));
}

/* ---- bars --------------------------------------------------------------------------------- */

/* Draws "LABEL  COUNT SHARE ######": `count` of `total`. */
static void draw_bar(struct pane_half *half, const char *label, enum canvas_role role, __u64 count,
		     __u64 total)
{
	char number[CELL_SIZE], share[CELL_SIZE];
	double ratio = total ? (double)count / (double)total : 0;
	size_t column, room;

	column = canvas_format(&half->canvas, half->row, 0, ROLE_PLAIN, "%-*s %7s %5s ",
			       LABEL_WIDTH, label, cell_format_count(count, number),
			       cell_format_ratio(ratio, share));
	room = half->canvas.columns > column + 1 ? half->canvas.columns - column - 1 : 0;
	if (room > BAR_MOST)
		room = BAR_MOST;
	canvas_fill(&half->canvas, half->row++, column, part_rows(count, total, room), role,
		    half->glyphs->bar);
}

/* The outcomes of messages, and those of connects. */
static const struct outcome_row {
	const char *label;
	enum canvas_role role;
	enum counter first, last;
} message_outcomes[] =
	{
		{"NOERROR", ROLE_ANSWERED, COUNTER_ANSWERED_NOERROR, COUNTER_ANSWERED_NOERROR},
		{"NXDOMAIN", ROLE_ANSWERED, COUNTER_ANSWERED_NXDOMAIN, COUNTER_ANSWERED_NXDOMAIN},
		{"FORMERR", ROLE_ERRORS, COUNTER_ANSWERED_FORMERR, COUNTER_ANSWERED_FORMERR},
		{"SERVFAIL", ROLE_ERRORS, COUNTER_ANSWERED_SERVFAIL, COUNTER_ANSWERED_SERVFAIL},
		{"NOTIMP", ROLE_ERRORS, COUNTER_ANSWERED_NOTIMP, COUNTER_ANSWERED_NOTIMP},
		{"REFUSED", ROLE_ERRORS, COUNTER_ANSWERED_REFUSED, COUNTER_ANSWERED_REFUSED},
		{"other RCODE", ROLE_ERRORS, COUNTER_ANSWERED_OTHER, COUNTER_ANSWERED_OTHER},
		{"unreachable", ROLE_FAILED, COUNTER_UNREACHABLE_PORT, COUNTER_UNREACHABLE_OTHER},
		{"timed out", ROLE_FAILED, COUNTER_TIMED_OUT, COUNTER_TIMED_OUT},
		{"closed: FIN", ROLE_FAILED, COUNTER_CLOSED_FIN, COUNTER_CLOSED_FIN},
		{"closed: RST", ROLE_FAILED, COUNTER_CLOSED_RST, COUNTER_CLOSED_RST},
		{"unsent", ROLE_FAILED, COUNTER_UNSENT_HOST, COUNTER_UNSENT_OTHER},
},
  connect_outcomes[] = {
	  {"established", ROLE_ANSWERED, COUNTER_CONNECT_ESTABLISHED, COUNTER_CONNECT_ESTABLISHED},
	  {"refused", ROLE_FAILED, COUNTER_CONNECT_REFUSED, COUNTER_CONNECT_REFUSED},
	  {"unreachable", ROLE_FAILED, COUNTER_CONNECT_UNREACHABLE_PORT,
	   COUNTER_CONNECT_UNREACHABLE_OTHER},
	  {"timed out", ROLE_FAILED, COUNTER_CONNECT_TIMED_OUT, COUNTER_CONNECT_TIMED_OUT},
	  {"unsent", ROLE_FAILED, COUNTER_UNSENT_HOST, COUNTER_UNSENT_OTHER},
};

static const struct outcome_row session_outcomes[] = {
	{"answered", ROLE_ANSWERED, COUNTER_ANSWERED_NOERROR, COUNTER_ANSWERED_NOERROR},
	{"no TLS", ROLE_ERRORS, COUNTER_ANSWERED_REFUSED, COUNTER_ANSWERED_REFUSED},
	{"timed out", ROLE_FAILED, COUNTER_TIMED_OUT, COUNTER_TIMED_OUT},
	{"closed", ROLE_FAILED, COUNTER_CLOSED_FIN, COUNTER_CLOSED_RST},
};

#define SESSION_OUTCOMES (sizeof(session_outcomes) / sizeof(*session_outcomes))
#define CONNECT_OUTCOMES (sizeof(connect_outcomes) / sizeof(*connect_outcomes))
#define MESSAGE_OUTCOMES (sizeof(message_outcomes) / sizeof(*message_outcomes))

/* Draws those outcomes that occurred, each with its share of all `count`. */
static void draw_outcomes(struct pane_half *half, const struct resolver_counters *counters,
			  const char *heading, const struct outcome_row *rows, size_t count)
{
	__u64 total = 0, n;
	size_t i;

	for (i = 0; i < count; i++)
		total += counters_sum(counters, rows[i].first, rows[i].last);
	pane_heading(half, heading);
	if (!total)
		canvas_text(&half->canvas, half->row++, 0, ROLE_DIM, "nothing settled yet");
	for (i = 0; i < count; i++) {
		n = counters_sum(counters, rows[i].first, rows[i].last);
		if (n)
			draw_bar(half, rows[i].label, rows[i].role, n, total);
	}
}

static void draw_rtt(struct pane_half *half, const char *heading, const __u64 buckets[RTT_BUCKETS],
		     __u64 total)
{
	__u64 below, seen = 0, at_most;
	char label[32], seconds[CELL_SIZE];
	unsigned int edge;

	pane_heading(half, heading);
	if (!total)
		canvas_text(&half->canvas, half->row++, 0, ROLE_DIM, "no RTT yet");
	for (edge = RTT_EDGE_FIRST; total && edge <= RTT_EDGE_LAST; edge++) {
		at_most = rtt_at_most(buckets, edge);
		below = at_most - seen;
		seen = at_most;
		if (!below && (!at_most || at_most >= total))
			continue; /* shorter than the shortest, longer than the longest */
		snprintf(label, sizeof(label), "<= %s",
			 cell_format_seconds(rtt_edge_s(edge), seconds));
		draw_bar(half, label, ROLE_ANSWERED, below, total);
	}
	if (total > seen) {
		snprintf(label, sizeof(label), "> %s",
			 cell_format_seconds(rtt_edge_s(RTT_EDGE_LAST), seconds));
		draw_bar(half, label, ROLE_ERRORS, total - seen, total);
	}
}

/* Draws what was counted of connects, if the transport has them. */
static void draw_connects(struct pane_half *half, const struct resolver_snapshot *now)
{
	const struct resolver_counters *counters = &now->counters;

	if (!resolver_is_connects(&now->key))
		return;
	draw_outcomes(half, counters, "Connects since the start", connect_outcomes,
		      CONNECT_OUTCOMES);
	draw_rtt(half, "Time to connect since the start", counters->connect_rtt,
		 counters->n[COUNTER_CONNECT_RTT_COUNT]);
}

/*
 * Draws what was counted of messages or sessions, unless the row has connects alone. What is
 * unsent of TCP is a SYN (docs/counters.md): then the last outcome is not of messages.
 */
static void draw_transactions(struct pane_half *half, const struct resolver_status *resolver)
{
	const struct resolver_counters *counters = &resolver->now->counters;
	int is_connects = resolver_is_connects(&resolver->now->key);

	enum shown_as shown_as = resolver_shown_as(resolver);

	if (shown_as == SHOWN_SESSIONS)
		draw_outcomes(half, counters, "Sessions since the start", session_outcomes,
			      SESSION_OUTCOMES);
	if (shown_as != SHOWN_QUERIES)
		return;
	draw_outcomes(half, counters, "Outcomes since the start", message_outcomes,
		      MESSAGE_OUTCOMES - (is_connects ? 1 : 0));
	draw_rtt(half, "RTT since the start", counters->rtt, counters->n[COUNTER_RTT_COUNT]);
}

/* ---- last answer, last failure ------------------------------------------------------------- */

static void draw_last(struct pane_half *half, const char *what, __u64 at_ns, __u64 now_ns,
		      __u64 began_ns)
{
	char time[CLOCK_TEXT_SIZE], ago[COLUMN_TEXT_SIZE];

	if (!at_ns) {
		canvas_format(&half->canvas, half->row++, 0, ROLE_PLAIN,
			      "last %s: none since %s UTC", what,
			      clock_time_of_day(began_ns, time));
		return;
	}
	column_duration(now_ns > at_ns ? now_ns - at_ns : 0, ago);
	canvas_format(&half->canvas, half->row++, 0, ROLE_PLAIN, "last %s: %s UTC (%s ago)", what,
		      clock_time_of_day(at_ns, time), ago);
}

static void draw_last_ones(struct pane_half *half, const struct screen_model *model,
			   const struct screen_row *of)
{
	if (!of->seen)
		return;
	draw_last(half, "answer", of->seen->last_answer_ns, of->now_ns, model->history.began_ns);
	draw_last(half, "failure", of->seen->last_failure_ns, of->now_ns, model->history.began_ns);
}

/* ---- the incident --------------------------------------------------------------------------- */

static void draw_clients(struct pane_half *half, const struct incident *incident)
{
	char address[ADDRESS_TEXT_SIZE];
	struct buffer text = {0};
	__u32 i;

	buffer_add(&text, "clients:");
	for (i = 0; i < incident->client_count; i++)
		buffer_add(&text, " %s", address_text(&incident->clients[i], 0, address));
	if (!incident->client_count)
		buffer_add(&text, " not known");
	if (incident->clients_more)
		buffer_add(&text, " and more");
	pane_buffer(half, ROLE_PLAIN, 0, &text);
}

static void draw_names(struct pane_half *half, const struct incident *incident)
{
	char type[DNS_TYPE_SIZE];
	struct buffer text = {0};
	__u32 i;

	if (resolver_is_connects(&incident->resolver) && !incident->name_count)
		return; /* a connect asks for no name */
	buffer_add(&text, "names:");
	for (i = 0; i < incident->name_count; i++)
		buffer_add(&text, "%s %s%s%s", i ? "," : "", incident->names[i],
			   incident->types[i] ? " " : "",
			   incident->types[i] ? dns_type_text(incident->types[i], type) : "");
	if (!incident->name_count)
		buffer_add(&text, " not known");
	if (incident->names_more)
		buffer_add(&text, " and more");
	pane_buffer(half, ROLE_PLAIN, 0, &text);
}

static void write_outcome(struct buffer *text, const struct failed_query *query)
{
	static const char *const outcomes[FAILED_MAX] = {
		[FAILED_TIMED_OUT] = "timed out",
		[FAILED_UNREACHABLE] = "unreachable",
		[FAILED_UNSENT] = "not sent",
		[FAILED_REFUSED] = "refused",
		[FAILED_CLOSED] = "closed without an answer",
	};
	static const char *const whats[FAILED_WHAT_MAX] = {
		[FAILED_QUERY] = "",
		[FAILED_CONNECT] = "connect ",
		[FAILED_SESSION] = "session ",
	};
	const char *rcode = dns_rcode_name(query->rcode);

	if (query->outcome != FAILED_ANSWERED)
		buffer_add(text, "%s%s", whats[query->what % FAILED_WHAT_MAX],
			   outcomes[query->outcome % FAILED_MAX]);
	else if (rcode)
		buffer_add(text, "%s", rcode);
	else
		buffer_add(text, "RCODE%u", query->rcode);
}

static void draw_failed_query(struct pane_half *half, const struct incident_failed *failed)
{
	char time[CLOCK_TEXT_SIZE], address[ADDRESS_TEXT_SIZE], type[DNS_TYPE_SIZE];
	const struct failed_query *query = &failed->query;
	struct dns_question question;
	struct buffer text = {0};

	buffer_add(&text, "%s %s ", clock_time_of_day(failed->wall_ns, time),
		   address_text(&query->key.client, 0, address));
	if (query->question_length &&
	    !dns_question_parse(query->question, query->question_length, &question))
		buffer_add(&text, "%s %s ", question.name,
			   question.type ? dns_type_text(question.type, type) : "");
	write_outcome(&text, query);
	if (query->process.pid)
		buffer_add(&text, " (%s)", query->process.name);
	pane_buffer(half, ROLE_PLAIN, 2, &text);
}

static void draw_failed(struct pane_half *half, const struct incident *incident)
{
	__u32 i = incident->failed_count > FAILED_SHOWN ? incident->failed_count - FAILED_SHOWN : 0;

	if (incident->failed_count)
		canvas_text(&half->canvas, half->row++, 0, ROLE_PLAIN, "latest that failed:");
	for (; i < incident->failed_count; i++)
		draw_failed_query(half, &incident->failed[i]);
}

static void draw_messages(struct pane_half *half, const struct incident *incident)
{
	__u32 i;

	pane_heading(half, "ICMP messages");
	if (!incident->message_count)
		canvas_text(&half->canvas, half->row++, 0, ROLE_DIM, "none in this incident");
	for (i = 0; i < incident->message_count; i++) {
		struct buffer text = {0}, query = {0};

		tcpdump_line_write(&text, &incident->messages[i]);
		tcpdump_line_write_query(&query, &incident->messages[i]);
		pane_buffer(half, ROLE_PLAIN, 0, &text);
		pane_buffer(half, ROLE_DIM, 4, &query);
	}
}

/* ---- askers --------------------------------------------------------------------------------- */

static void draw_asker(struct pane_half *half, const char *name, __u64 failed, __u64 errors,
		       __u64 queries)
{
	struct buffer text = {0};

	buffer_add(&text, "%s: %llu failed, %llu errors, %llu queries", name,
		   (unsigned long long)failed, (unsigned long long)errors,
		   (unsigned long long)queries);
	pane_buffer(half, ROLE_PLAIN, 2, &text);
}

/* Draws the askers of the status; without these, those of the incident. */
static void draw_askers(struct pane_half *half, const struct screen_model *model,
			const struct screen_row *of, const struct incident *incident)
{
	const struct snapshot *snapshot = &model->picture.snapshot;
	struct asker_sum askers[ASKERS_SHOWN], rest;
	size_t i, count = 0;

	if (snapshot->counts_askers)
		count = askers_select(snapshot, &of->resolver->now->key, ASKERS_WORST, askers,
				      ASKERS_SHOWN, &rest);
	if (count)
		canvas_text(&half->canvas, half->row++, 0, ROLE_PLAIN, "askers since the start:");
	for (i = 0; i < count; i++)
		draw_asker(half, askers[i].name->text, askers[i].failed, askers[i].errors,
			   askers[i].queries);
	if (count || !incident || !incident->asker_count)
		return;
	canvas_text(&half->canvas, half->row++, 0, ROLE_PLAIN, "askers in this incident:");
	for (i = 0; i < incident->asker_count; i++)
		draw_asker(half, incident->askers[i].name.text, incident->askers[i].failed,
			   incident->askers[i].errors, incident->askers[i].queries);
}

static void draw_incident(struct pane_half *half, const struct screen_model *model,
			  const struct screen_row *of)
{
	const struct resolver_key *key = &of->resolver->now->key;
	const struct incident *incident = NULL;
	char time[CLOCK_TEXT_SIZE], closed[CLOCK_TEXT_SIZE];

	if (model->source.find_incident)
		incident = model->source.find_incident(key, model->source.context);
	pane_heading(half, "Failures");
	if (!incident)
		pane_text(half, ROLE_DIM, 0,
			  model->source.find_incident
				  ? "no incident of this resolver: clients and names are kept of "
				    "incidents only"
				  : "this daemon has no list of incidents");
	else if (incident->closed_ns)
		canvas_format(&half->canvas, half->row++, 0, ROLE_PLAIN,
			      "last incident: %s to %s UTC, closed",
			      clock_time_of_day(incident->start_ns, time),
			      clock_time_of_day(incident->closed_ns, closed));
	else
		canvas_format(&half->canvas, half->row++, 0, ROLE_WARNING, "incident since %s UTC",
			      clock_time_of_day(incident->start_ns, time));
	if (incident) {
		draw_clients(half, incident);
		draw_names(half, incident);
	}
	draw_askers(half, model, of, incident);
	if (!incident)
		return;
	draw_failed(half, incident);
	draw_messages(half, incident);
}

/* ---- the pane ------------------------------------------------------------------------------- */

static void draw_numbers(struct pane_half *half, const struct screen_model *model,
			 const struct screen_row *of)
{
	draw_verdict(half, of);
	draw_rates(half, of, model->window);
	draw_last_ones(half, model, of);
	draw_hour(half, model, of);
	draw_transactions(half, of->resolver);
	draw_connects(half, of->resolver->now);
}

/* Copies the part of a half that is scrolled to. */
static void show_half(const struct screen_model *model, const struct pane_half *half,
		      struct canvas *canvas, size_t row, size_t rows, size_t column)
{
	canvas_copy(canvas, row, column, &half->canvas, model->pane_top, rows);
}

static size_t larger(size_t a, size_t b)
{
	return a > b ? a : b;
}

int pane_draw(struct screen_model *model, const struct screen_row *of, struct canvas *canvas,
	      const struct glyphs *glyphs, size_t row, size_t rows)
{
	int is_split = canvas->columns >= TWO_HALVES_FROM;
	size_t width = is_split ? canvas->columns / 2 - 1 : canvas->columns;
	struct pane_half left = {.glyphs = glyphs}, right = {.glyphs = glyphs};
	int err = canvas_resize(&left.canvas, width, PANE_ROWS);

	if (!err)
		err = canvas_resize(&right.canvas, width, PANE_ROWS);
	if (!err) {
		draw_numbers(&left, model, of);
		draw_incident(is_split ? &right : &left, model, of);
		model->pane_page = rows;
		model->pane_lines = larger(left.row, right.row);
		if (model->pane_top + rows > model->pane_lines)
			model->pane_top = model->pane_lines > rows ? model->pane_lines - rows : 0;
		show_half(model, &left, canvas, row, rows, 0);
		if (is_split)
			show_half(model, &right, canvas, row, rows, width + 2);
	}
	canvas_free(&left.canvas);
	canvas_free(&right.canvas);
	return err;
}
