/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The screen of `dnsreach watch` on a terminal: the model, its drawing and the terminal, in a
 * command's loop.
 */
#ifndef SCREEN_SCREEN_H
#define SCREEN_SCREEN_H

#include "screen/canvas.h"
#include "screen/model.h"
#include "util/buffer.h"
#include "util/event_loop.h"

struct screen {
	struct screen_model model;
	struct canvas canvas;
	struct loop *loop; /* ended by `q`, and when the terminal is gone */
	struct buffer log; /* messages of the time when the screen was shown */
	int is_open;
	int failed; /* -errno: it could not be drawn */
};

/*
 * Shows an empty screen, adds its keys to the loop, and takes over the log. Returns 0; -ENOTTY:
 * this terminal can show none; or -errno after a message. screen_close() in any case.
 */
int screen_open(struct screen *screen, struct loop *loop, const struct model_source *source);

/* Shows a status and the open incidents. Returns 0 or -ENOMEM. */
int screen_update(struct screen *screen, const struct status *status,
		  const struct open_incident *open, size_t open_count);

/* Shows a message in the last line; NULL: none. */
void screen_set_message(struct screen *screen, const char *text);

/* Restores the terminal, and writes what was logged meanwhile. Zeroed is fine. */
void screen_close(struct screen *screen);

#endif
