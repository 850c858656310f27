// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* See body.h. A client that does not accept gzip gets the text decompressed block by block. */
#include "http/body.h"

#include <microhttpd.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define BLOCK_BYTES (32 * 1024)
#define COMPRESSED_MIN_BYTES                                                                       \
	(16 * 1024) /* a shorter text gains little, and can be read in a trace */

/* ---- the text ----------------------------------------------------------------------------- */

struct http_body *http_body_take(struct http_bodies *all, struct buffer *gzip, size_t text_bytes)
{
	struct http_body *body = calloc(1, sizeof(*body));
	char *trimmed;

	if (!body)
		return NULL;
	body->gzip = gzip->text;
	trimmed = realloc(body->gzip, gzip->used); /* it grew by doubling */
	if (trimmed)
		body->gzip = trimmed;
	body->gzip_bytes = gzip->used;
	body->text_bytes = text_bytes;
	body->users = 1;
	body->all = all;
	memset(gzip, 0, sizeof(*gzip));
	all->total += body->gzip_bytes;
	return body;
}

struct http_body *http_body_new(struct http_bodies *all, struct gzip_writer *from)
{
	return http_body_take(all, &from->out, from->text_bytes);
}

struct http_body *http_body_get(struct http_body *body)
{
	body->users++;
	return body;
}

void http_body_put(struct http_body *body)
{
	if (!body || --body->users)
		return;
	body->all->total -= body->gzip_bytes;
	free(body->gzip);
	free(body);
}

/* ---- the response ------------------------------------------------------------------------- */

int accepts_gzip(const char *accept_encoding)
{
	const char *at = accept_encoding;
	size_t length;

	while (at && *at) {
		at += strspn(at, " \t,");
		length = strcspn(at, " \t,;");
		if (length == 4 && !strncasecmp(at, "gzip", 4)) {
			at += length;
			at += strspn(at, " \t;");
			return strncasecmp(at, "q=", 2) != 0 || strtod(at + 2, NULL) > 0;
		}
		at += strcspn(at, ",");
	}
	return 0;
}

/* A response that decompresses. */
struct text_response {
	struct http_body *body;
	struct gzip_reader reader;
};

static ssize_t on_read_text(void *context, uint64_t position, char *to, size_t most)
{
	struct text_response *response = context;
	ssize_t got = gzip_reader_read(&response->reader, to, most);

	return got > 0 ? got : MHD_CONTENT_READER_END_WITH_ERROR;
}

static void on_text_sent(void *context)
{
	struct text_response *response = context;

	gzip_reader_close(&response->reader);
	http_body_put(response->body);
	free(response);
}

static void on_gzip_sent(void *body)
{
	http_body_put(body);
}

static struct MHD_Response *create_gzip(struct http_body *body)
{
	struct MHD_Response *created =
		MHD_create_response_from_buffer_with_free_callback_cls(body->gzip_bytes, body->gzip,
								       on_gzip_sent, body);

	if (created)
		MHD_add_response_header(created, "Content-Encoding", "gzip");
	else
		http_body_put(body);
	return created;
}

static struct MHD_Response *create_text(struct http_body *body)
{
	struct text_response *response = calloc(1, sizeof(*response));
	struct MHD_Response *created;

	if (!response || gzip_reader_open(&response->reader, body->gzip, body->gzip_bytes)) {
		free(response);
		http_body_put(body);
		return NULL;
	}
	response->body = body;
	created = MHD_create_response_from_callback(body->text_bytes, BLOCK_BYTES, on_read_text,
						    response, on_text_sent);
	if (!created)
		on_text_sent(response);
	return created;
}

struct MHD_Response *http_body_response(struct http_body *body, int compressed)
{
	int gains = body->text_bytes >= COMPRESSED_MIN_BYTES;
	struct MHD_Response *created = compressed && gains ? create_gzip(body) : create_text(body);

	if (created)
		MHD_add_response_header(created, "Vary", "Accept-Encoding");
	return created;
}
