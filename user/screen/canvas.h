/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A grid of characters with a role each, which the screen is drawn on before a terminal shows it.
 * Everything that is drawn outside of it is cut off, so that any size will do.
 */
#ifndef SCREEN_CANVAS_H
#define SCREEN_CANVAS_H

#include "health/status.h"

#include <stddef.h>

#define CANVAS_MOST 1000 /* columns, and rows: a larger terminal shows the rest empty */

/* Meaning of a character, from which the terminal makes its colour. */
enum canvas_role {
	ROLE_PLAIN,
	ROLE_DIM,
	ROLE_TITLE,
	ROLE_HEADING,
	ROLE_WARNING,
	ROLE_ANSWERED,
	ROLE_ERRORS,
	ROLE_FAILED,
	ROLE_STATE, /* + enum state */
	ROLE_MAX = ROLE_STATE + STATE_MAX
};

struct canvas_cell {
	unsigned int character; /* Unicode, one column wide */
	unsigned char role, reversed;
};

/* Zeroed is empty. */
struct canvas {
	struct canvas_cell *cells; /* row by row */
	size_t columns, rows;
};

/* Sets the size and clears it. Returns 0 or -ENOMEM: then it is empty. */
int canvas_resize(struct canvas *canvas, size_t columns, size_t rows);
void canvas_free(struct canvas *canvas);

/*
 * Writes text from a row and column on. A byte that is no printable ASCII becomes '?'. Returns the
 * column behind it, also where that is outside.
 */
size_t canvas_text(struct canvas *canvas, size_t row, size_t column, enum canvas_role role,
		   const char *text);

/* Writes a format's text of at most 511 bytes. Returns as canvas_text(). */
size_t canvas_format(struct canvas *canvas, size_t row, size_t column, enum canvas_role role,
		     const char *format, ...) __attribute__((format(printf, 5, 6)));

/*
 * Writes a text in as many lines as it takes, cut at blanks where it can be, the further ones from
 * column `further` on. The last column stays free. Returns the row behind the last line.
 */
size_t canvas_wrap(struct canvas *canvas, size_t row, size_t column, size_t further,
		   enum canvas_role role, const char *text);

/* Writes `count` times one character. */
void canvas_fill(struct canvas *canvas, size_t row, size_t column, size_t count,
		 enum canvas_role role, unsigned int character);

/* Shows a row with foreground and background exchanged. */
void canvas_reverse_row(struct canvas *canvas, size_t row);

/* Copies `rows` rows of `from`, from `first` on, to `row` and `column` of `to`. */
void canvas_copy(struct canvas *to, size_t row, size_t column, const struct canvas *from,
		 size_t first, size_t rows);

/* Returns the cell, or NULL outside. */
struct canvas_cell *canvas_cell(const struct canvas *canvas, size_t row, size_t column);

/* Characters of bars and marks: of Unicode, or ASCII where the locale has no UTF-8. */
struct glyphs {
	unsigned int answered, errors, failed; /* parts of a bar */
	unsigned int bar, rule, up, down, empty;
};

extern const struct glyphs glyphs_unicode, glyphs_ascii;

#endif
