// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* See canvas.h. */
#include "screen/canvas.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct glyphs glyphs_unicode = {.answered = 0x2591, /* light, dark shade, full block */
				      .errors = 0x2593,
				      .failed = 0x2588,
				      .bar = 0x2588,
				      .rule = 0x2500,
				      .up = 0x25b2,
				      .down = 0x25bc,
				      .empty = 0x2581};
const struct glyphs glyphs_ascii = {.answered = '.',
				    .errors = 'e',
				    .failed = 'X',
				    .bar = '#',
				    .rule = '-',
				    .up = '^',
				    .down = 'v',
				    .empty = '_'};

int canvas_resize(struct canvas *canvas, size_t columns, size_t rows)
{
	struct canvas_cell *cells;
	size_t i;

	columns = columns < CANVAS_MOST ? columns : CANVAS_MOST;
	rows = rows < CANVAS_MOST ? rows : CANVAS_MOST;
	cells = realloc(canvas->cells, (columns * rows + 1) * sizeof(*cells));
	if (!cells) {
		canvas_free(canvas);
		return -ENOMEM;
	}
	*canvas = (struct canvas){.cells = cells, .columns = columns, .rows = rows};
	for (i = 0; i < columns * rows; i++)
		cells[i] = (struct canvas_cell){.character = ' '};
	return 0;
}

void canvas_free(struct canvas *canvas)
{
	free(canvas->cells);
	memset(canvas, 0, sizeof(*canvas));
}

struct canvas_cell *canvas_cell(const struct canvas *canvas, size_t row, size_t column)
{
	if (row >= canvas->rows || column >= canvas->columns)
		return NULL;
	return &canvas->cells[row * canvas->columns + column];
}

static void set_cell(struct canvas *canvas, size_t row, size_t column, enum canvas_role role,
		     unsigned int character)
{
	struct canvas_cell *cell = canvas_cell(canvas, row, column);

	if (!cell)
		return;
	cell->character = character;
	cell->role = (unsigned char)role;
}

/* Writes a byte: '?' where it is no printable ASCII. */
static void set_byte(struct canvas *canvas, size_t row, size_t column, enum canvas_role role,
		     char byte)
{
	set_cell(canvas, row, column, role, byte >= ' ' && byte <= '~' ? (unsigned int)byte : '?');
}

size_t canvas_text(struct canvas *canvas, size_t row, size_t column, enum canvas_role role,
		   const char *text)
{
	for (; *text; text++, column++)
		set_byte(canvas, row, column, role, *text);
	return column;
}

/* Returns how many characters of `text` go in a line of `width`, cut at a blank if there is one. */
static size_t line_length(const char *text, size_t width)
{
	size_t length = strlen(text), cut;

	if (length <= width)
		return length;
	for (cut = width; cut > width / 2; cut--)
		if (text[cut] == ' ')
			return cut;
	return width;
}

size_t canvas_wrap(struct canvas *canvas, size_t row, size_t column, size_t further,
		   enum canvas_role role, const char *text)
{
	size_t width, length;

	do {
		width = canvas->columns > column + 1 ? canvas->columns - column - 1 : 1;
		length = line_length(text, width);
		for (width = 0; width < length; width++)
			set_byte(canvas, row, column + width, role, text[width]);
		text += length;
		text += strspn(text, " ");
		column = further;
		row++;
	} while (*text && row < canvas->rows);
	return row;
}

size_t canvas_format(struct canvas *canvas, size_t row, size_t column, enum canvas_role role,
		     const char *format, ...)
{
	char text[512];
	va_list values;

	va_start(values, format);
	vsnprintf(text, sizeof(text), format, values);
	va_end(values);
	return canvas_text(canvas, row, column, role, text);
}

void canvas_fill(struct canvas *canvas, size_t row, size_t column, size_t count,
		 enum canvas_role role, unsigned int character)
{
	for (; count && column < canvas->columns; count--, column++)
		set_cell(canvas, row, column, role, character);
}

void canvas_reverse_row(struct canvas *canvas, size_t row)
{
	struct canvas_cell *cell;
	size_t column;

	for (column = 0; (cell = canvas_cell(canvas, row, column)); column++)
		cell->reversed = 1;
}

void canvas_copy(struct canvas *to, size_t row, size_t column, const struct canvas *from,
		 size_t first, size_t rows)
{
	size_t i, j;

	for (i = 0; i < rows && first + i < from->rows; i++) {
		for (j = 0; j < from->columns; j++) {
			struct canvas_cell *cell = canvas_cell(to, row + i, column + j);

			if (cell)
				*cell = *canvas_cell(from, first + i, j);
		}
	}
}
