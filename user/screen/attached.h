/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A running daemon as the source of a screen: its status and its incidents, read again and again by
 * HTTP, without waiting. What a daemon sends is not trusted, and may be of another version.
 */
#ifndef SCREEN_ATTACHED_H
#define SCREEN_ATTACHED_H

#include "http/identity.h"
#include "screen/model.h"
#include "view/status_json.h"

struct attached;

struct attached_options {
	const char *url; /* http://, https:// or unix:/PATH; ATTACHED_DEFAULT: of this host */
	struct identity_files identity;
};

#define ATTACHED_DEFAULT "auto"

/* Checks a URL, as an option_check. */
int attached_check_url(const char *text, char why[OPTION_WHY_SIZE]);

/*
 * Reads the status of the daemon once, and waits for it for some seconds. Returns 0 and *ret, to be
 * freed with attached_close(); or -errno after a message.
 */
int attached_open(const struct attached_options *options, struct attached **ret);
void attached_close(struct attached *attached); /* NULL is fine */

/* Fills in where the statuses come from. */
void attached_set_source(struct attached *attached, struct model_source *source);

/* Returns an fd that is readable when attached_run() is to be called. */
int attached_fd(const struct attached *attached);

/* Asks for the next status, unless an answer is still awaited. Returns 0 or -errno. */
int attached_ask(struct attached *attached);

/* Takes what has come. Returns 1 when a status or a failure is new, else 0. */
int attached_run(struct attached *attached);

/* Returns the latest status, and the open incidents behind it. */
const struct status *attached_status(const struct attached *attached);
const struct open_incident *attached_incidents(const struct attached *attached, size_t *count);

/* Returns why the latest status is not of now, as a sentence; NULL: it is. */
const char *attached_failure(const struct attached *attached);

#endif
