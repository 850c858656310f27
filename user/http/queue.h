/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Bodies in their order, waiting to be sent. How many may wait is for others. */
#ifndef HTTP_QUEUE_H
#define HTTP_QUEUE_H

#include "util/buffer.h"

struct queued {
	struct queued *next;
	char *text;
	size_t length;
};

/* Zeroed is empty and ready. */
struct queue {
	struct queued *first, *last;
	size_t count, bytes;
};

/* Takes the text over and leaves the buffer empty, also after an error. 0 or -ENOMEM */
int queue_append(struct queue *queue, struct buffer *text);

/* Drops the one behind `before`; NULL: the first one. */
void queue_drop(struct queue *queue, struct queued *before);

#endif
