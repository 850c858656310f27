// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* See screen.h. */
#include "screen/screen.h"

#include "screen/draw.h"
#include "screen/terminal.h"
#include "util/log.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define LOG_MOST 65536 /* bytes of messages that are kept for the end */

static void screen_redraw(struct screen *screen)
{
	size_t columns, rows;
	int err;

	terminal_measure(&columns, &rows);
	err = canvas_resize(&screen->canvas, columns, rows);
	if (err) {
		screen->failed = err;
		screen->loop->ended = 1;
		return;
	}
	screen_draw(&screen->model, &screen->canvas, terminal_glyphs());
	terminal_show(&screen->canvas);
}

static void on_resize(void *context)
{
	screen_redraw(context);
}

static void on_keys(void *context)
{
	struct screen *screen = context;
	unsigned int key;

	while ((key = terminal_next_key()))
		model_key(&screen->model, key);
	if (screen->model.ended || terminal_has_hung_up())
		screen->loop->ended = 1;
	else
		screen_redraw(screen);
}

/* A message would be drawn over: it is shown in the last line, and written at the end. */
static void keep_message(enum log_level level, const char *message, void *context)
{
	struct screen *screen = context;

	model_set_message(&screen->model, message);
	if (screen->log.used < LOG_MOST)
		buffer_add(&screen->log, "dnsreach: %s\n", message);
}

int screen_open(struct screen *screen, struct loop *loop, const struct model_source *source)
{
	int err;

	memset(screen, 0, sizeof(*screen));
	screen->loop = loop;
	model_init(&screen->model, source);
	err = terminal_open();
	if (err)
		return err;
	screen->is_open = 1;
	log_set_sink(keep_message, screen);
	err = loop_add(loop, STDIN_FILENO, on_keys, screen);
	if (!err)
		err = loop_add(loop, terminal_resize_fd(), on_resize, screen);
	if (!err)
		screen_redraw(screen);
	return err ? err : screen->failed;
}

int screen_update(struct screen *screen, const struct status *status,
		  const struct open_incident *open, size_t open_count)
{
	int err = model_update(&screen->model, status, open, open_count);

	if (err)
		return err;
	screen_redraw(screen);
	return screen->failed;
}

void screen_set_message(struct screen *screen, const char *text)
{
	model_set_message(&screen->model, text);
	screen_redraw(screen);
}

void screen_close(struct screen *screen)
{
	if (!screen->is_open)
		return;
	screen->is_open = 0;
	terminal_close();
	log_set_sink(NULL, NULL);
	if (screen->log.used)
		buffer_write(&screen->log, STDERR_FILENO);
	buffer_free(&screen->log);
	model_free(&screen->model);
	canvas_free(&screen->canvas);
}
