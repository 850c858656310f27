/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The status page for people: status_page.html, .css and .js of this directory, as they are in the
 * program. The numbers come from the JSON pages, by the script.
 */
#ifndef VIEW_STATUS_PAGE_H
#define VIEW_STATUS_PAGE_H

#include "util/buffer.h"

/* What the page may do: its own style, its own script, its own JSON, and nothing else. */
extern const char status_page_policy[];

/* The page, with what the causes mean. */
void status_page_write(struct buffer *out, const char *version);

extern const char *const status_page_style, *const status_page_script;

#endif
