/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Restores the terminal when a signal ends the program by a fault of its own, as SIGSEGV or
 * abort(), or by SIGQUIT from the keyboard. No program can do that for SIGKILL.
 */
#ifndef SCREEN_FAULT_RESTORE_H
#define SCREEN_FAULT_RESTORE_H

#include <termios.h>

/*
 * Catches these signals from now on, to write the sequences of the current terminal (ncurses) that
 * leave the alternate screen, and to set `before` again.
 */
void fault_restore_begin(const struct termios *before);
void fault_restore_end(void);

/* Returns whether the current terminal (ncurses) can move its cursor. */
int terminal_moves_cursor(void);

#endif
