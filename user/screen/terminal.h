/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The terminal, by ncurses: it alone includes it. The alternate screen is left again at the end,
 * and also when a signal ends the program by a fault of its own.
 */
#ifndef SCREEN_TERMINAL_H
#define SCREEN_TERMINAL_H

#include "screen/canvas.h"

/* Returns whether standard input and output are one terminal that a screen can be shown on. */
int terminal_is_usable(void);

/*
 * Enters the alternate screen. Returns 0; or -ENOTTY: ncurses does not know this kind of terminal,
 * or it cannot move its cursor.
 */
int terminal_open(void);

/* Returns the terminal to what it was before. Can be called twice. */
void terminal_close(void);

/* Returns an fd that is readable after the size of the terminal has changed. */
int terminal_resize_fd(void);

/* Takes over the terminal's size of now, at least 1 by 1. */
void terminal_measure(size_t *columns, size_t *rows);

/* Returns the characters that the locale can show. */
const struct glyphs *terminal_glyphs(void);

/* Shows a canvas. */
void terminal_show(const struct canvas *canvas);

/* Returns the next key as model_key() takes it; 0: there is none now. */
unsigned int terminal_next_key(void);

/* Returns whether the terminal is gone. */
int terminal_has_hung_up(void);

#endif
