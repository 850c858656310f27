// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* See model.h. From below: the rows, the selection, a status, the keys. */
#include "screen/model.h"

#include "util/address.h"
#include "view/table.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void model_init(struct screen_model *model, const struct model_source *source)
{
	memset(model, 0, sizeof(*model));
	model->source = *source;
	model->history.from_zero = source->from_zero;
	model->sort = COLUMN_STATE;
	model->window = WINDOW_10S;
	model->picture.status.snapshot = &model->picture.snapshot;
}

void model_free(struct screen_model *model)
{
	picture_free(&model->picture);
	minute_history_free(&model->history);
	free(model->open);
	free(model->rows);
	memset(model, 0, sizeof(*model));
}

void model_set_message(struct screen_model *model, const char *text)
{
	snprintf(model->message, sizeof(model->message), "%s", text ? text : "");
}

/* ---- rows --------------------------------------------------------------------------------- */

/* Returns whether `in` contains the `length` characters of `word`, in letters of either case. */
static int contains_word(const char *in, const char *word, size_t length)
{
	for (; *in; in++)
		if (!strncasecmp(in, word, length))
			return 1;
	return 0;
}

/* Returns whether each word of the filter is in the resolver's address, state or cause. */
static int fits_filter(const struct screen_model *model, const struct screen_row *row)
{
	char text[2 * COLUMN_TEXT_SIZE], part[COLUMN_TEXT_SIZE];
	const char *word = model->filter;
	size_t length;

	screen_columns[COLUMN_RESOLVER].text(row, part);
	snprintf(text, sizeof(text), "%s %s %s", part,
		 resolver_is_other(&row->resolver->now->key) ? ""
							     : state_name(row->resolver->state),
		 row->resolver->cause ? cause_name(row->resolver->cause) : "");
	for (;;) {
		word += strspn(word, " ");
		length = strcspn(word, " ");
		if (!length)
			return 1;
		if (!contains_word(text, word, length))
			return 0;
		word += length;
	}
}

static int compare_open(const void *left, const void *right)
{
	const struct open_incident *a = left, *b = right;

	return memcmp(&a->resolver, &b->resolver, sizeof(a->resolver));
}

static __u64 open_since_ns(const struct screen_model *model, const struct resolver_key *key)
{
	struct open_incident wanted = {.resolver = *key}, *found = NULL;

	if (model->open_count)
		found = bsearch(&wanted, model->open, model->open_count, sizeof(wanted),
				compare_open);
	return found ? found->start_ns : 0;
}

static struct screen_row make_row(const struct screen_model *model,
				  const struct resolver_status *resolver)
{
	return (struct screen_row){
		.resolver = resolver,
		.seen = minute_history_find(&model->history, &resolver->now->key),
		.rates = &resolver->windows[model->window],
		.now_ns = model->picture.snapshot.wall_ns,
		.incident_ns = state_is_failing(resolver->state)
				       ? open_since_ns(model, &resolver->now->key)
				       : 0,
	};
}

static int compare_rows(const void *left, const void *right, void *context)
{
	const struct screen_model *model = context;

	return screen_rows_compare(left, right, model->sort, model->reversed);
}

/* Finds the selected resolver again. One that is gone leaves its place to the next one. */
static void find_selection(struct screen_model *model)
{
	size_t i;

	for (i = 0; model->has_selection && i < model->row_count; i++)
		if (!memcmp(&model->rows[i].resolver->now->key, &model->selected_key,
			    sizeof(model->selected_key)))
			break;
	if (model->has_selection && i < model->row_count)
		model->selected = i;
	else if (model->selected >= model->row_count)
		model->selected = model->row_count ? model->row_count - 1 : 0;
}

static void make_rows(struct screen_model *model)
{
	const struct status *status = &model->picture.status;
	size_t i;

	model->row_count = model->all_count = 0;
	for (i = 0; i < status->count; i++) {
		struct screen_row row = make_row(model, &status->resolvers[i]);

		if (resolver_is_other(&row.resolver->now->key) &&
		    !resolver_was_queried(row.resolver))
			continue;
		model->all_count++;
		if (fits_filter(model, &row))
			model->rows[model->row_count++] = row;
	}
	if (model->row_count)
		qsort_r(model->rows, model->row_count, sizeof(*model->rows), compare_rows, model);
	find_selection(model);
}

/* ---- the selection ------------------------------------------------------------------------ */

const struct screen_row *model_selected(const struct screen_model *model)
{
	return model->selected < model->row_count ? &model->rows[model->selected] : NULL;
}

int model_has_pane(const struct screen_model *model)
{
	enum model_focus focus = model->focus;

	if (focus == FOCUS_HELP || focus == FOCUS_FILTER)
		focus = model->focus_before;
	return focus == FOCUS_PANE && model_selected(model);
}

void model_scroll_list(struct screen_model *model, size_t rows)
{
	size_t highest = model->row_count > rows ? model->row_count - rows : 0;

	model->list_page = rows;
	if (model->top > highest)
		model->top = highest;
	if (model->selected < model->top)
		model->top = model->selected;
	else if (rows && model->selected - model->top >= rows)
		model->top = model->selected - rows + 1;
}

/* Selects a row by its number, the last one when there are fewer. */
static void select_row(struct screen_model *model, size_t number)
{
	if (!model->row_count)
		return;
	if (number >= model->row_count)
		number = model->row_count - 1;
	if (number != model->selected)
		model->pane_top = 0;
	model->selected = number;
	model->selected_key = model->rows[number].resolver->now->key;
	model->has_selection = 1;
}

static size_t less(size_t number, size_t by)
{
	return number > by ? number - by : 0;
}

/* ---- a status ----------------------------------------------------------------------------- */

static int copy_open(struct screen_model *model, const struct open_incident *open, size_t count)
{
	struct open_incident *copy = calloc(count + 1, sizeof(*copy));

	if (!copy)
		return -ENOMEM;
	free(model->open);
	model->open = copy;
	model->open_count = count;
	if (!count)
		return 0;
	memcpy(copy, open, count * sizeof(*copy));
	qsort(copy, count, sizeof(*copy), compare_open);
	return 0;
}

int model_update(struct screen_model *model, const struct status *status,
		 const struct open_incident *open, size_t open_count)
{
	struct screen_row *rows;
	int err = minute_history_add(&model->history, status);

	if (err)
		return err;
	if (model->paused) {
		make_rows(model); /* the history has moved */
		return 0;
	}
	model->row_count = 0;
	rows = realloc(model->rows, (status->count + 1) * sizeof(*rows));
	if (!rows)
		return -ENOMEM;
	model->rows = rows;
	err = copy_open(model, open, open_count);
	if (!err)
		err = picture_copy(&model->picture, status);
	if (!err)
		make_rows(model);
	return err;
}

/* ---- keys --------------------------------------------------------------------------------- */

static int is_sortable(const struct screen_model *model, enum screen_column column)
{
	return column_is_in(column, model->totals) && screen_columns[column].heading[0];
}

/* Sorts by the next column of the list, or by the one before. */
static void sort_by_next(struct screen_model *model, int step)
{
	enum screen_column column = model->sort;

	do
		column = (column + COLUMN_MAX + step) % COLUMN_MAX;
	while (!is_sortable(model, column));
	model->sort = column;
	model->reversed = 0;
	make_rows(model);
}

static void change_list(struct screen_model *model)
{
	model->totals = !model->totals;
	if (!column_is_in(model->sort, model->totals)) {
		model->sort = COLUMN_STATE;
		model->reversed = 0;
	}
	make_rows(model);
}

static void open_focus(struct screen_model *model, enum model_focus focus)
{
	model->focus_before = model->focus;
	model->focus = focus;
	model->help_top = 0;
	memcpy(model->filter_before, model->filter, sizeof(model->filter));
}

/* A key of the list and of the pane. Returns 0 when it is none of these. */
static int common_key(struct screen_model *model, unsigned int key)
{
	switch (key) {
	case 's':
		sort_by_next(model, 1);
		return 1;
	case 'S':
		sort_by_next(model, -1);
		return 1;
	case 'r':
		model->reversed = !model->reversed;
		make_rows(model);
		return 1;
	case 't':
		change_list(model);
		return 1;
	case 'w':
		model->window = (model->window + 1) % WINDOW_MAX;
		make_rows(model);
		return 1;
	case 'p':
		model->paused = !model->paused;
		return 1;
	case '/':
		open_focus(model, FOCUS_FILTER);
		return 1;
	default:
		return 0;
	}
}

/* Moves the selection. Returns 0 when the key does not. */
static int selection_key(struct screen_model *model, unsigned int key)
{
	switch (key) {
	case 'k':
	case KEY_CODE_UP:
		select_row(model, less(model->selected, 1));
		return 1;
	case 'j':
	case KEY_CODE_DOWN:
		select_row(model, model->selected + 1);
		return 1;
	default:
		return 0;
	}
}

/* Returns the first line to show after a key that scrolls, and *used 0 when the key does not. */
static size_t scroll_key(unsigned int key, size_t top, size_t page, size_t lines, int *used)
{
	size_t last = less(lines, page);

	*used = 1;
	switch (key) {
	case KEY_CODE_PAGE_UP:
	case 'b':
		return less(top, page ? page : 1);
	case KEY_CODE_PAGE_DOWN:
	case ' ':
		top += page ? page : 1;
		return top < last ? top : last;
	case KEY_CODE_HOME:
	case 'g':
		return 0;
	case KEY_CODE_END:
	case 'G':
		return last;
	default:
		*used = 0;
		return top;
	}
}

static void clear_filter(struct screen_model *model)
{
	model->filter[0] = '\0';
	make_rows(model);
}

static void list_key(struct screen_model *model, unsigned int key)
{
	size_t page = model->list_page ? model->list_page : 1;

	switch (key) {
	case KEY_CODE_ENTER:
	case KEY_CODE_RIGHT:
	case 'l':
		select_row(model, model->selected); /* from now on it is this resolver */
		model->pane_top = 0;
		model->focus = model_selected(model) ? FOCUS_PANE : FOCUS_LIST;
		break;
	case KEY_CODE_ESCAPE:
		clear_filter(model);
		break;
	case KEY_CODE_PAGE_UP:
	case 'b':
		select_row(model, less(model->selected, page));
		break;
	case KEY_CODE_PAGE_DOWN:
	case ' ':
		select_row(model, model->selected + page);
		break;
	case KEY_CODE_HOME:
	case 'g':
		select_row(model, 0);
		break;
	case KEY_CODE_END:
	case 'G':
		select_row(model, model->row_count);
		break;
	default:
		break;
	}
}

static void pane_key(struct screen_model *model, unsigned int key)
{
	int used;

	if (key == KEY_CODE_ESCAPE || key == KEY_CODE_LEFT || key == KEY_CODE_ENTER ||
	    key == KEY_CODE_BACKSPACE || key == 'h')
		model->focus = FOCUS_LIST;
	else
		model->pane_top = scroll_key(key, model->pane_top, model->pane_page,
					     model->pane_lines, &used);
}

/* Cuts the last character, which may have several bytes. */
static void cut_character(char *text)
{
	size_t length = strlen(text);

	while (length && ((unsigned char)text[--length] & 0xc0) == 0x80)
		;
	text[length] = '\0';
}

static void filter_key(struct screen_model *model, unsigned int key)
{
	size_t length = strlen(model->filter);

	if (key == KEY_CODE_ENTER) {
		model->focus = model->focus_before;
		return;
	}
	if (key == KEY_CODE_ESCAPE) {
		memcpy(model->filter, model->filter_before, sizeof(model->filter));
		model->focus = model->focus_before;
	} else if (key == KEY_CODE_BACKSPACE) {
		cut_character(model->filter);
	} else if (key >= ' ' && key <= '~' && length + 1 < sizeof(model->filter)) {
		model->filter[length] = (char)key;
		model->filter[length + 1] = '\0';
	}
	make_rows(model);
}

static void help_key(struct screen_model *model, unsigned int key)
{
	int used;

	model->help_top =
		scroll_key(key, model->help_top, model->help_page, model->help_lines, &used);
	if (key == KEY_CODE_DOWN && model->help_top + model->help_page < model->help_lines)
		model->help_top++;
	else if (key == KEY_CODE_UP)
		model->help_top = less(model->help_top, 1);
	else if (!used && key != KEY_CODE_DOWN)
		model->focus = model->focus_before;
}

void model_key(struct screen_model *model, unsigned int key)
{
	if (model->focus == FOCUS_FILTER) {
		filter_key(model, key);
		return;
	}
	if (key == 'q') {
		model->ended = 1;
	} else if (model->focus == FOCUS_HELP) {
		help_key(model, key);
	} else if (key == '?' || key == KEY_CODE_HELP) {
		open_focus(model, FOCUS_HELP);
	} else if (!common_key(model, key) && !selection_key(model, key)) {
		if (model->focus == FOCUS_PANE)
			pane_key(model, key);
		else
			list_key(model, key);
	}
}
