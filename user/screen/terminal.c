// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* See terminal.h. */
#include "screen/terminal.h"

#include "screen/fault_restore.h"
#include "screen/model.h"

#define NCURSES_WIDECHAR 1

#include <curses.h>
#include <errno.h>
#include <langinfo.h>
#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <termios.h>
#include <unistd.h>
#include <wchar.h>

#define ESCAPE_MS 25 /* Esc is a key when no more of a sequence follows within so long */

static SCREEN *terminal;
static int resize_fd = -1;
static struct termios modes_before;
static attr_t attributes[ROLE_MAX];

/* ---- colours -------------------------------------------------------------------------------- */

static const struct role_look {
	short colour; /* -1: the terminal's own */
	attr_t with_colour, without;
} role_looks[ROLE_MAX] = {
	[ROLE_PLAIN] = {-1, A_NORMAL, A_NORMAL},
	[ROLE_DIM] = {-1, A_DIM, A_DIM},
	[ROLE_TITLE] = {-1, A_BOLD, A_BOLD},
	[ROLE_HEADING] = {-1, A_UNDERLINE, A_UNDERLINE},
	[ROLE_WARNING] = {COLOR_YELLOW, A_BOLD, A_BOLD},
	[ROLE_ANSWERED] = {COLOR_GREEN, A_NORMAL, A_NORMAL},
	[ROLE_ERRORS] = {COLOR_YELLOW, A_NORMAL, A_NORMAL},
	[ROLE_FAILED] = {COLOR_RED, A_NORMAL, A_BOLD},
	[ROLE_STATE + STATE_IDLE] = {-1, A_DIM, A_DIM},
	[ROLE_STATE + STATE_PENDING] = {COLOR_CYAN, A_NORMAL, A_NORMAL},
	[ROLE_STATE + STATE_HEALTHY] = {COLOR_GREEN, A_NORMAL, A_NORMAL},
	[ROLE_STATE + STATE_UNCLEAR] = {COLOR_MAGENTA, A_NORMAL, A_NORMAL},
	[ROLE_STATE + STATE_DEGRADED] = {COLOR_YELLOW, A_NORMAL, A_BOLD},
	[ROLE_STATE + STATE_DOWN] = {COLOR_RED, A_BOLD, A_BOLD},
};

/* Sets the attributes of each role. NO_COLOR, when set and not empty, forbids colours. */
static void set_attributes(void)
{
	const char *no_colour = getenv("NO_COLOR");
	int coloured = !(no_colour && *no_colour) && has_colors();
	short background = -1;
	int i;

	if (coloured && start_color() == ERR)
		coloured = 0;
	if (coloured && use_default_colors() == ERR)
		background = COLOR_BLACK;
	for (i = 0; i < ROLE_MAX; i++) {
		const struct role_look *look = &role_looks[i];

		attributes[i] = coloured ? look->with_colour : look->without;
		if (coloured && look->colour >= 0 &&
		    init_pair((short)(i + 1), look->colour, background) != ERR)
			attributes[i] |= COLOR_PAIR(i + 1);
	}
}

/* ---- open and close ------------------------------------------------------------------------- */

int terminal_is_usable(void)
{
	const char *type = getenv("TERM");

	return isatty(STDIN_FILENO) && isatty(STDOUT_FILENO) && type && *type &&
	       strcmp(type, "dumb") != 0 && tcgetpgrp(STDIN_FILENO) == getpgrp();
}

/* Has SIGWINCH come by an fd. ncurses' own handler for it is then never called. */
static void open_resize_fd(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGWINCH);
	sigprocmask(SIG_BLOCK, &set, NULL);
	resize_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

int terminal_open(void)
{
	setlocale(LC_CTYPE, "");
	if (tcgetattr(STDIN_FILENO, &modes_before))
		return -ENOTTY;
	open_resize_fd();
	if (resize_fd < 0)
		return -ENOTTY;
	terminal = newterm(NULL, stdout, stdin);
	if (!terminal || !terminal_moves_cursor()) {
		terminal_close();
		return -ENOTTY;
	}
	fault_restore_begin(&modes_before);
	cbreak();
	noecho();
	curs_set(0);
	keypad(stdscr, TRUE);
	nodelay(stdscr, TRUE);
	set_escdelay(ESCAPE_MS);
	set_attributes();
	return 0;
}

void terminal_close(void)
{
	if (terminal) {
		endwin();
		fault_restore_end();
		delscreen(terminal);
		terminal = NULL;
	}
	if (resize_fd >= 0)
		close(resize_fd);
	resize_fd = -1;
}

int terminal_resize_fd(void)
{
	return resize_fd;
}

int terminal_has_hung_up(void)
{
	struct pollfd in = {.fd = STDIN_FILENO, .events = POLLIN};

	return poll(&in, 1, 0) > 0 && in.revents & (POLLHUP | POLLERR | POLLNVAL);
}

/* ---- size, picture, keys -------------------------------------------------------------------- */

void terminal_measure(size_t *columns, size_t *rows)
{
	struct signalfd_siginfo info;
	struct winsize size;

	while (read(resize_fd, &info, sizeof(info)) == sizeof(info))
		;
	if (!ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) && size.ws_col && size.ws_row &&
	    is_term_resized(size.ws_row, size.ws_col)) {
		resizeterm(size.ws_row, size.ws_col);
		clearok(curscr, TRUE); /* the terminal may have moved its lines */
	}
	*columns = COLS > 0 ? (size_t)COLS : 1;
	*rows = LINES > 0 ? (size_t)LINES : 1;
}

const struct glyphs *terminal_glyphs(void)
{
	return strcmp(nl_langinfo(CODESET), "UTF-8") ? &glyphs_ascii : &glyphs_unicode;
}

static attr_t cell_attributes(const struct canvas_cell *cell)
{
	return attributes[cell->role % ROLE_MAX] | (cell->reversed ? A_REVERSE : 0);
}

/* Writes the cells of a row, those of the same attributes together. */
static void show_row(const struct canvas *canvas, size_t row)
{
	wchar_t text[CANVAS_MOST];
	size_t column = 0, length;

	move((int)row, 0);
	while (column < canvas->columns) {
		attr_t wanted = cell_attributes(canvas_cell(canvas, row, column));

		for (length = 0; column < canvas->columns; column++) {
			const struct canvas_cell *cell = canvas_cell(canvas, row, column);

			if (cell_attributes(cell) != wanted)
				break;
			text[length++] = (wchar_t)cell->character;
		}
		(void)attrset((int)wanted);
		addnwstr(text, (int)length); /* ERR at the lower right corner, after it is drawn */
	}
}

void terminal_show(const struct canvas *canvas)
{
	size_t row;

	erase();
	for (row = 0; row < canvas->rows; row++)
		show_row(canvas, row);
	(void)attrset(A_NORMAL);
	refresh();
}

static unsigned int special_key(wint_t code)
{
	static const struct {
		wint_t code;
		unsigned int key;
	} keys[] = {
		{KEY_UP, KEY_CODE_UP},	       {KEY_DOWN, KEY_CODE_DOWN},
		{KEY_LEFT, KEY_CODE_LEFT},     {KEY_RIGHT, KEY_CODE_RIGHT},
		{KEY_PPAGE, KEY_CODE_PAGE_UP}, {KEY_NPAGE, KEY_CODE_PAGE_DOWN},
		{KEY_HOME, KEY_CODE_HOME},     {KEY_END, KEY_CODE_END},
		{KEY_ENTER, KEY_CODE_ENTER},   {KEY_BACKSPACE, KEY_CODE_BACKSPACE},
		{KEY_DC, KEY_CODE_BACKSPACE},  {KEY_F(1), KEY_CODE_HELP},
	};
	size_t i;

	for (i = 0; i < sizeof(keys) / sizeof(*keys); i++)
		if (keys[i].code == code)
			return keys[i].key;
	return KEY_CODE_OTHER;
}

static unsigned int character_key(wint_t character)
{
	switch (character) {
	case '\r':
	case '\n':
		return KEY_CODE_ENTER;
	case 0x1b:
		return KEY_CODE_ESCAPE;
	case 0x7f:
	case '\b':
		return KEY_CODE_BACKSPACE;
	default:
		return character ? (unsigned int)character : KEY_CODE_OTHER;
	}
}

unsigned int terminal_next_key(void)
{
	wint_t code = 0;

	switch (get_wch(&code)) {
	case KEY_CODE_YES:
		return special_key(code);
	case OK:
		return character_key(code);
	default:
		return 0;
	}
}
