/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* See queue.h. */
#include "http/queue.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* A buffer may have twice the room that its text needs: the rest is given back. */
static struct queued *take_over(struct buffer *from)
{
	struct queued *body = buffer_error(from) ? NULL : calloc(1, sizeof(*body));

	if (!body)
		return NULL;
	body->text = realloc(from->text, from->used + 1);
	if (!body->text) {
		free(body);
		return NULL;
	}
	body->length = from->used;
	memset(from, 0, sizeof(*from));
	return body;
}

int queue_append(struct queue *queue, struct buffer *text)
{
	struct queued *body = take_over(text);

	if (!body) {
		buffer_free(text);
		return -ENOMEM;
	}
	if (queue->last)
		queue->last->next = body;
	else
		queue->first = body;
	queue->last = body;
	queue->count++;
	queue->bytes += body->length;
	return 0;
}

void queue_drop(struct queue *queue, struct queued *before)
{
	struct queued **at = before ? &before->next : &queue->first;
	struct queued *gone = *at;

	*at = gone->next;
	if (queue->last == gone)
		queue->last = before;
	queue->count--;
	queue->bytes -= gone->length;
	free(gone->text);
	free(gone);
}
