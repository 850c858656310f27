/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The state of the screen: order, filter, selection, what is open, and what keys do to it. It needs
 * no terminal: draw.h draws it.
 */
#ifndef SCREEN_MODEL_H
#define SCREEN_MODEL_H

#include "health/incident.h"
#include "screen/columns.h"
#include "screen/minute_history.h"
#include "screen/picture.h"

#define FILTER_SIZE 64
#define MODEL_MESSAGE_SIZE 256

/* Keys that are no character. */
enum screen_key {
	KEY_CODE_UP = 0x110000, /* above Unicode */
	KEY_CODE_DOWN,
	KEY_CODE_LEFT,
	KEY_CODE_RIGHT,
	KEY_CODE_PAGE_UP,
	KEY_CODE_PAGE_DOWN,
	KEY_CODE_HOME,
	KEY_CODE_END,
	KEY_CODE_ENTER,
	KEY_CODE_ESCAPE,
	KEY_CODE_BACKSPACE,
	KEY_CODE_HELP,
	KEY_CODE_OTHER, /* does nothing */
};

enum model_focus { FOCUS_LIST, FOCUS_FILTER, FOCUS_PANE, FOCUS_HELP };

/* An open incident: since when a resolver fails. */
struct open_incident {
	struct resolver_key resolver;
	__u64 start_ns; /* since 1970 */
};

/* Where a status comes from, and the incidents behind it. */
struct model_source {
	const char *name;  /* for the title: a URL; NULL: this host itself */
	int from_zero;	   /* its first status has counted from zero */
	const char *ports; /* watched, as text; NULL: not known */
	/* Returns the open incident of a resolver, else its latest closed one, until the next
	 * status; NULL: none is known. NULL: the source knows no incidents. */
	const struct incident *(*find_incident)(const struct resolver_key *key, void *context);
	void *context;
};

/* Zeroed, then model_init(). Members are for draw.c to read. */
struct screen_model {
	struct model_source source;
	struct picture picture;
	struct minute_history history;
	struct open_incident *open; /* of the picture, sorted by resolver */
	size_t open_count;

	enum screen_column sort;
	int reversed, totals;
	enum window window;
	char filter[FILTER_SIZE], filter_before[FILTER_SIZE];
	enum model_focus focus, focus_before; /* before: of the help, and of the filter */
	int paused, ended;
	char message[MODEL_MESSAGE_SIZE]; /* for the last line; "": none */

	struct screen_row *rows; /* that fit the filter, in order */
	size_t row_count, all_count;
	size_t selected, top; /* in rows */
	struct resolver_key selected_key;
	int has_selection;
	size_t pane_top, help_top; /* first line shown */

	/* Set by draw.c, for the keys that move by a page. */
	size_t list_page, pane_page, pane_lines, help_page, help_lines;
};

void model_init(struct screen_model *model, const struct model_source *source);

/*
 * Takes a status and the open incidents, unless the screen is paused: then only the history counts
 * them. Returns 0 or -ENOMEM.
 */
int model_update(struct screen_model *model, const struct status *status,
		 const struct open_incident *open, size_t open_count);

/* Takes a key: a character of Unicode, or an enum screen_key. */
void model_key(struct screen_model *model, unsigned int key);

/* Shows a message in the last line; NULL: none. */
void model_set_message(struct screen_model *model, const char *text);

/* Returns the selected row; NULL: there is none. */
const struct screen_row *model_selected(const struct screen_model *model);

/* Returns whether the pane of a resolver is open, also below the help. */
int model_has_pane(const struct screen_model *model);

/* Scrolls so that the selection is among `rows` rows from `top` on. */
void model_scroll_list(struct screen_model *model, size_t rows);

void model_free(struct screen_model *model);

#endif
