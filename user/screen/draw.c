// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* See draw.h. From below: the title, the list, the help, the last line, the whole screen. */
#include "screen/draw.h"

#include "util/address.h"
#include "util/clock.h"
#include "view/table.h"

#include <stdio.h>
#include <string.h>

#define MARK_WIDTH 2	    /* "> " before the selected row */
#define SPLIT_ROWS_LEAST 32 /* a screen this high shows list and pane at once */

struct drawing {
	struct screen_model *model;
	struct canvas *canvas;
	const struct glyphs *glyphs;
	size_t row; /* the next free one */
	size_t end; /* the last one: keys, messages */
};

/* ---- the title ------------------------------------------------------------------------------ */

static void draw_interfaces(struct drawing *d, size_t column)
{
	const struct status *status = &d->model->picture.status;
	size_t i;

	if (column + 26 > d->canvas->columns) /* " on eth0 (tcx) and 999 more" */
		return;
	for (i = 0; i < status->interface_count; i++) {
		const struct status_interface *interface = &status->interfaces[i];
		size_t length = strlen(interface->name) + strlen(interface->hook) + 5;
		size_t more = i + 1 < status->interface_count ? strlen(" and 999 more") : 0;

		if (i && column + length + more > d->canvas->columns) {
			canvas_format(d->canvas, d->row, column, ROLE_DIM, " and %zu more",
				      status->interface_count - i);
			return;
		}
		column = canvas_format(d->canvas, d->row, column, ROLE_DIM, "%s%s (%s)",
				       i ? ", " : " on ", interface->name, interface->hook);
	}
}

static void draw_title(struct drawing *d)
{
	const struct screen_model *model = d->model;
	const char *host = model->picture.status.host;
	char time[CLOCK_TEXT_SIZE];
	size_t column;

	column = canvas_text(d->canvas, d->row, 0, ROLE_TITLE, "dnsreach");
	if (model->picture.snapshot.wall_ns) /* there is a status */
		column = canvas_format(d->canvas, d->row, column, ROLE_TITLE, " %s UTC",
				       clock_time_of_day(model->picture.snapshot.wall_ns, time));
	if (model->paused)
		column = canvas_text(d->canvas, d->row, column, ROLE_WARNING, " PAUSED");
	if (host && *host)
		column = canvas_format(d->canvas, d->row, column, ROLE_PLAIN, " %.64s", host);
	if (model->source.name && column + strlen(model->source.name) + 3 <= d->canvas->columns)
		column = canvas_format(d->canvas, d->row, column, ROLE_DIM, " (%.120s)",
				       model->source.name);
	draw_interfaces(d, column);
	d->row++;
}

#define COUNT_SIZE 40 /* bytes of "999 degraded" */

/*
 * Writes how many resolvers have each state, the worst first, as " 3 down". Returns the length of
 * all; those that do not fit are not drawn.
 */
static size_t draw_states(struct drawing *d, size_t column)
{
	const struct picture *picture = &d->model->picture;
	size_t counts[STATE_MAX] = {0}, i, length = 0, end;
	char text[COUNT_SIZE];
	int state;

	for (i = 0; i < picture->status.count; i++)
		if (!resolver_is_other(&picture->resolvers[i].key))
			counts[picture->judged[i].state]++;
	for (state = STATE_MAX - 1; state >= 0; state--) {
		if (!counts[state])
			continue;
		end = length + (size_t)snprintf(text, sizeof(text), " %zu %s", counts[state],
						state_name(state));
		if (column + end <= d->canvas->columns)
			canvas_text(d->canvas, d->row, column + length, ROLE_STATE + state, text);
		length = end;
	}
	return length;
}

/* Writes what the list shows, in few words or more. */
static void list_title(const struct screen_model *model, int is_short, char out[COUNT_SIZE])
{
	const char *window = window_name(model->window);

	if (model->totals)
		snprintf(out, COUNT_SIZE, is_short ? "totals:" : "totals since start:");
	else
		snprintf(out, COUNT_SIZE, is_short ? "%s:" : "rates over %s:", window);
}

/* Says what the list shows, and how many resolvers have each state. */
static void draw_counts(struct drawing *d)
{
	const struct screen_model *model = d->model;
	size_t column, row = d->row;
	char text[COUNT_SIZE];

	list_title(model, 0, text);
	column = strlen(text) + draw_states(d, strlen(text));
	if (column > d->canvas->columns) {
		canvas_fill(d->canvas, row, 0, d->canvas->columns, ROLE_PLAIN, ' ');
		list_title(model, 1, text);
		column = strlen(text) + draw_states(d, strlen(text));
	}
	canvas_text(d->canvas, row, 0, ROLE_DIM, text);
	snprintf(text, sizeof(text), " of %zu resolver%s", model->all_count,
		 model->all_count == 1 ? "" : "s");
	if (column + strlen(text) <= d->canvas->columns)
		canvas_text(d->canvas, row, column, ROLE_DIM, text);
	d->row++;
	if (!model->filter[0] && model->focus != FOCUS_FILTER)
		return;
	canvas_format(d->canvas, d->row++, 0, ROLE_WARNING, "filter: %s%s  (%zu of %zu)",
		      model->filter, model->focus == FOCUS_FILTER ? "_" : "", model->row_count,
		      model->all_count);
}

static void draw_warnings(struct drawing *d)
{
	struct buffer text = {0};
	size_t i;

	for (i = 0; i < STATUS_WARNINGS && d->row + 4 < d->end; i++) {
		buffer_reset(&text);
		if (!status_warning(&d->model->picture.status, i, &text) || buffer_error(&text))
			continue;
		canvas_format(d->canvas, d->row++, 0, ROLE_WARNING, "warning: %s", text.text);
	}
	buffer_free(&text);
}

/* ---- the list ------------------------------------------------------------------------------- */

/* The width of each column; 0: it is not shown. */
struct list_layout {
	int widths[COLUMN_MAX];
};

static int column_width(enum screen_column column)
{
	return screen_columns[column].width < 0 ? -screen_columns[column].width
						: screen_columns[column].width;
}

/* Returns the length of the longest resolver in the list. */
static int longest_resolver(const struct screen_model *model)
{
	int longest = column_width(COLUMN_RESOLVER);
	char text[COLUMN_TEXT_SIZE];
	size_t i;

	for (i = 0; i < model->row_count; i++) {
		screen_columns[COLUMN_RESOLVER].text(&model->rows[i], text);
		if ((int)strlen(text) > longest)
			longest = (int)strlen(text);
	}
	return longest;
}

/*
 * Gives each column its width in the order of urgency while there is room; the column that it is
 * sorted by, and thus looked for, comes before those that are less urgent than the first.
 */
static struct list_layout list_layout_choose(const struct drawing *d)
{
	struct list_layout layout = {.widths = {0}};
	const struct screen_model *model = d->model;
	int room = (int)d->canvas->columns - MARK_WIDTH, urgency, width, want;
	int i;

	layout.widths[COLUMN_STATE] = column_width(COLUMN_STATE);
	layout.widths[COLUMN_RESOLVER] = column_width(COLUMN_RESOLVER);
	room -= layout.widths[COLUMN_STATE] + layout.widths[COLUMN_RESOLVER] + 1;
	for (urgency = 1; urgency < 10; urgency++)
		for (i = 0; i < COLUMN_MAX; i++) {
			int first = i == (int)model->sort ? 1 : screen_columns[i].urgency;

			width = column_width(i) + 1;
			if (first != urgency || layout.widths[i] || width > room ||
			    !column_is_in(i, model->totals))
				continue;
			layout.widths[i] = width - 1;
			room -= width;
		}
	want = longest_resolver(model) - layout.widths[COLUMN_RESOLVER];
	want = want < room ? want : room;
	if (want > 0) {
		layout.widths[COLUMN_RESOLVER] += want;
		room -= want;
	}
	if (!model->totals && room > 12)
		layout.widths[COLUMN_MEANING] = room - 1;
	return layout;
}

/* Writes a text in a column, cut with a '+' where it is too long. Returns the next column. */
static size_t draw_cell(struct drawing *d, size_t column, int width, int is_left,
			enum canvas_role role, const char *text)
{
	int length = (int)strlen(text);

	if (length > width) {
		canvas_format(d->canvas, d->row, column, role, "%.*s+", width - 1, text);
		return column + (size_t)width;
	}
	return canvas_format(d->canvas, d->row, column, role, "%*s", is_left ? -width : width,
			     text);
}

static void draw_headings(struct drawing *d, const struct list_layout *layout)
{
	const struct screen_model *model = d->model;
	size_t column = MARK_WIDTH;
	int i;

	for (i = 0; i < COLUMN_MAX; i++) {
		const struct column_row *row = &screen_columns[i];
		int is_sorted = i == (int)model->sort;
		size_t from = column;

		if (!layout->widths[i])
			continue;
		column = draw_cell(d, column, layout->widths[i], row->width <= 0,
				   is_sorted ? ROLE_TITLE : ROLE_HEADING, row->heading);
		/* The mark is in the blank before a right-hand heading, behind a left-hand one. */
		if (is_sorted)
			canvas_fill(d->canvas, d->row,
				    row->width < 0 ? from + strlen(row->heading)
						   : from + (size_t)layout->widths[i] -
							     strlen(row->heading) - 1,
				    1, ROLE_TITLE,
				    model->reversed ? d->glyphs->up : d->glyphs->down);
		column++;
	}
	d->row++;
}

static enum canvas_role cell_role(int column, const struct screen_row *row)
{
	const struct rates *rates = row->rates;

	switch (column) {
	case COLUMN_STATE:
		return resolver_is_other(&row->resolver->now->key)
			       ? ROLE_PLAIN
			       : ROLE_STATE + row->resolver->state;
	case COLUMN_FAILED_RATIO:
		return rates->failure_ratio > 0 ? ROLE_FAILED : ROLE_PLAIN;
	case COLUMN_ERROR_RATIO:
		return rates->error_ratio > 0 ? ROLE_ERRORS : ROLE_PLAIN;
	default:
		return ROLE_PLAIN;
	}
}

static void draw_row(struct drawing *d, const struct list_layout *layout,
		     const struct screen_row *row, int is_selected)
{
	char text[COLUMN_TEXT_SIZE];
	size_t column = MARK_WIDTH;
	int i;

	if (is_selected)
		canvas_text(d->canvas, d->row, 0, ROLE_PLAIN, ">");
	for (i = 0; i < COLUMN_MAX; i++) {
		if (!layout->widths[i])
			continue;
		screen_columns[i].text(row, text);
		column = 1 + draw_cell(d, column, layout->widths[i], screen_columns[i].width <= 0,
				       cell_role(i, row), text);
	}
	if (is_selected)
		canvas_reverse_row(d->canvas, d->row);
	d->row++;
}

static void draw_nothing(struct drawing *d)
{
	const struct screen_model *model = d->model;
	const char *ports = model->source.ports;

	if (model->all_count) {
		canvas_text(d->canvas, d->row++, 0, ROLE_DIM,
			    "No resolver fits the filter. Esc clears it.");
		return;
	}
	canvas_format(d->canvas, d->row++, 0, ROLE_PLAIN, "No DNS query seen yet%s%s%s.",
		      ports ? "; watching port " : "", ports ? ports : "",
		      ports ? " (UDP, TCP) and 853 (TLS)" : "");
	canvas_text(d->canvas, d->row++, 0, ROLE_PLAIN,
		    "To see one, try:  getent hosts example.org");
	canvas_text(d->canvas, d->row++, 0, ROLE_DIM,
		    "(Not seen: answers of a local cache; queries over HTTPS or QUIC.)");
}

/* Draws the list in the rows before `end`. */
static void draw_list(struct drawing *d, size_t end)
{
	struct list_layout layout = list_layout_choose(d);
	struct screen_model *model = d->model;
	size_t i;

	if (!model->row_count) {
		draw_nothing(d);
		return;
	}
	draw_headings(d, &layout);
	model_scroll_list(model, end > d->row ? end - d->row : 1);
	for (i = model->top; i < model->row_count && d->row < end; i++)
		draw_row(d, &layout, &model->rows[i], i == model->selected);
}

/* ---- the help ------------------------------------------------------------------------------- */

static const char *const help_lines[] = {
	"q           quit",
	"?           show or leave this help",
	"Up Down j k select a resolver",
	"PgUp PgDn   a page up or down; in the pane, scroll it",
	"Home End    to the first, to the last",
	"Enter       open the pane of the resolver, or close it",
	"Esc         close the pane; in the list, clear the filter",
	"/           filter: words in address, state or cause; Enter keeps it, Esc restores",
	"s S         sort by the next column, by the one before",
	"r           reverse the order",
	"t           totals since the start, or rates",
	"w           window of the rates: 10s, 1m, 5m, 1s",
	"p           pause: numbers stay, counting goes on",
	"",
	"FAILED      share of settled queries without a response",
	"ERRORS      share answered with an error, as SERVFAIL",
	"P50 P95 P99 percentiles of the RTT",
	"SINCE       how long it has had this state; > : at least",
	"FLIGHT      queries without an outcome yet",
	"TIMEOUT UNREACH UNSENT RETRANS LATE  are counts of docs/counters.md",
};

#define HELP_INDENT 12 /* of the texts above */
#define HELP_ROWS 400  /* that they take at the most */

static void draw_help(struct drawing *d)
{
	size_t i, lines = 0, indent = d->canvas->columns < 30 ? 2 : HELP_INDENT;
	struct screen_model *model = d->model;
	struct canvas page = {0};

	if (canvas_resize(&page, d->canvas->columns, HELP_ROWS)) {
		canvas_text(d->canvas, d->row, 0, ROLE_WARNING, "out of memory");
		return;
	}
	for (i = 0; i < sizeof(help_lines) / sizeof(*help_lines); i++)
		lines = canvas_wrap(&page, lines, 0, indent, ROLE_PLAIN, help_lines[i]);
	model->help_lines = lines;
	model->help_page = d->end > d->row ? d->end - d->row : 1;
	if (model->help_top + model->help_page > lines)
		model->help_top = lines > model->help_page ? lines - model->help_page : 0;
	if (d->end > d->row)
		canvas_copy(d->canvas, d->row, 0, &page, model->help_top, d->end - d->row);
	canvas_free(&page);
}

/* ---- the last line -------------------------------------------------------------------------- */

/* Writes keys with two blanks between them, as many as fit. */
static void draw_keys(struct drawing *d, const char *text)
{
	char fit[CANVAS_MOST + 1];
	size_t length = strlen(text);

	while (length > d->canvas->columns)
		do
			length--;
		while (length && strncmp(text + length, "  ", 2) != 0);
	snprintf(fit, sizeof(fit), "%.*s", (int)length, text);
	canvas_text(d->canvas, d->end, 0, ROLE_DIM, fit);
}

static void draw_last_line(struct drawing *d)
{
	static const char *const keys[] = {
		[FOCUS_LIST] = "q quit  ? help  Enter open  / filter  s sort  t totals  w window  "
			       "p pause",
		[FOCUS_FILTER] = "Enter keep  Esc restore",
		[FOCUS_PANE] = "q quit  ? help  Esc close  PgUp PgDn scroll  Up Down next",
		[FOCUS_HELP] = "q quit  Esc close  PgUp PgDn scroll",
	};
	const struct screen_model *model = d->model;

	if (model->message[0])
		canvas_text(d->canvas, d->end, 0, ROLE_WARNING, model->message);
	else
		draw_keys(d, keys[model->focus]);
}

/* ---- the whole screen ----------------------------------------------------------------------- */

/* Draws the pane below `row`, under a line with the resolver in it. */
static void draw_pane(struct drawing *d)
{
	const struct screen_row *of = model_selected(d->model);
	char text[COLUMN_TEXT_SIZE];
	size_t end;

	canvas_fill(d->canvas, d->row, 0, d->canvas->columns, ROLE_DIM, d->glyphs->rule);
	screen_columns[COLUMN_RESOLVER].text(of, text);
	end = canvas_format(d->canvas, d->row, 2, ROLE_TITLE, " %s ", text);
	if (!strchr(text, '/'))
		canvas_format(d->canvas, d->row, end, ROLE_DIM, "%s ",
			      transport_text(of->resolver->now->key.transport));
	d->row++;
	if (d->row < d->end &&
	    pane_draw(d->model, of, d->canvas, d->glyphs, d->row, d->end - d->row))
		canvas_text(d->canvas, d->row, 0, ROLE_WARNING, "out of memory");
}

/* Draws the list above the pane, or the pane alone where both have no room. */
static void draw_list_and_pane(struct drawing *d)
{
	size_t rows = d->canvas->rows, third = rows / 3;

	if (!model_has_pane(d->model)) {
		draw_list(d, d->end);
		return;
	}
	if (rows >= SPLIT_ROWS_LEAST) {
		size_t wanted = d->row + 1 + d->model->row_count;

		draw_list(d, wanted < third ? wanted : third);
	}
	draw_pane(d);
}

void screen_draw(struct screen_model *model, struct canvas *canvas, const struct glyphs *glyphs)
{
	struct drawing d = {.model = model, .canvas = canvas, .glyphs = glyphs};

	if (!canvas->rows || !canvas->columns)
		return;
	d.end = canvas->rows - 1;
	if (canvas->rows > 3)
		draw_title(&d);
	if (canvas->rows > 5)
		draw_counts(&d);
	draw_warnings(&d);
	if (model->focus == FOCUS_HELP)
		draw_help(&d);
	else
		draw_list_and_pane(&d);
	canvas_fill(canvas, d.end, 0, canvas->columns, ROLE_PLAIN, ' ');
	draw_last_line(&d);
}
