/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Draws a screen on a canvas: the list (draw.c) and the pane of a resolver (pane.c), whatever the
 * size of the canvas.
 */
#ifndef SCREEN_DRAW_H
#define SCREEN_DRAW_H

#include "screen/canvas.h"
#include "screen/model.h"

/* Draws the whole screen, and scrolls the model so that its selection is on it. */
void screen_draw(struct screen_model *model, struct canvas *canvas, const struct glyphs *glyphs);

/* ---- pane.c --------------------------------------------------------------------------------- */

/*
 * Draws what is known of a resolver in `rows` rows from `row` on, from the model's pane_top on.
 * Returns 0 or -ENOMEM.
 */
int pane_draw(struct screen_model *model, const struct screen_row *of, struct canvas *canvas,
	      const struct glyphs *glyphs, size_t row, size_t rows);

#endif
