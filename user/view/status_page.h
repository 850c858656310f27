/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The status page for people: status_page.html, .css and .js of this directory, compiled into the
 * program. The script fetches the numbers from the JSON pages.
 */
#ifndef VIEW_STATUS_PAGE_H
#define VIEW_STATUS_PAGE_H

#include "util/buffer.h"

/* Content-Security-Policy of the page: its own style, its own script, its own JSON, nothing else.
 */
extern const char status_page_policy[];

/* Writes the page, with the meanings of the causes. */
void status_page_write(struct buffer *out, const char *version);

extern const char *const status_page_style, *const status_page_script;

#endif
