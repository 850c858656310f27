// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* From a request to its reply. Which pages there are is for the handler. */
#include "http/request.h"

#include "http/host.h"

#include <string.h>

/* RFC 9110, 15 (libmicrohttpd renames its own from version to version). */
enum status {
	OK = 200,
	METHOD_NOT_ALLOWED = 405,
	CONTENT_TOO_LARGE = 413,
	URI_TOO_LONG = 414,
	MISDIRECTED_REQUEST = 421,
	INTERNAL_SERVER_ERROR = 500,
};

/* ---- replies ------------------------------------------------------------------------------ */

static void say(struct http_response *reply, unsigned int status, const char *sentence)
{
	reply->status = status;
	buffer_add(&reply->body, "%s\n", sentence);
}

static void add_headers(struct MHD_Response *response, const struct http_response *reply)
{
	const struct {
		const char *name, *value;
	} headers[] = {
		{"Content-Type", reply->type ? reply->type : "text/plain; charset=utf-8"},
		{"Cache-Control", "no-store"},
		{"Content-Security-Policy",
		 reply->policy ? reply->policy : "default-src 'none'; frame-ancestors 'none'"},
		{"X-Content-Type-Options", "nosniff"},
		{"Referrer-Policy", "no-referrer"},
		{"Cross-Origin-Resource-Policy", "same-origin"},
	};
	size_t i;

	for (i = 0; i < sizeof(headers) / sizeof(*headers); i++)
		MHD_add_response_header(response, headers[i].name, headers[i].value);
	if (reply->status == METHOD_NOT_ALLOWED)
		MHD_add_response_header(response, "Allow", "GET, HEAD");
}

/* Takes the body over. */
static enum MHD_Result send_reply(struct MHD_Connection *connection, struct http_response *reply,
				  int last)
{
	struct MHD_Response *response;
	enum MHD_Result result;

	if (buffer_error(&reply->body) || !reply->body.text) {
		buffer_free(&reply->body);
		say(reply, INTERNAL_SERVER_ERROR, "out of memory");
	}
	response = MHD_create_response_from_buffer(reply->body.used, reply->body.text,
						   MHD_RESPMEM_MUST_FREE);
	if (!response) {
		buffer_free(&reply->body);
		return MHD_NO;
	}
	add_headers(response, reply);
	if (last)
		MHD_add_response_header(response, "Connection", "close");
	result = MHD_queue_response(connection, reply->status, response);
	MHD_destroy_response(response);
	return result;
}

/* ---- requests ----------------------------------------------------------------------------- */

static const char *header(struct MHD_Connection *connection, const char *name)
{
	return MHD_lookup_connection_value(connection, MHD_HEADER_KIND, name);
}

int request_has_body(struct MHD_Connection *connection)
{
	const char *length = header(connection, "Content-Length");

	return header(connection, "Transfer-Encoding") || (length && strcmp(length, "0"));
}

/* What a proxy may write, http://host/path, without what is before the path. */
static char *path_of(char *uri)
{
	char *slash;

	if (strncasecmp(uri, "http://", 7))
		return uri;
	slash = strchr(uri + 7, '/');
	return slash ? slash : uri + strlen(uri);
}

static void ask_handler(const struct answerer *answerer, struct MHD_Connection *connection,
			struct peer *peer, struct http_response *reply)
{
	struct http_request ask = {.query = "", .accept = header(connection, "Accept")};
	char *path = path_of(peer->uri), *mark = strchr(path, '?');

	if (mark) {
		*mark = '\0';
		ask.query = mark + 1;
	}
	ask.path = path;
	answerer->handler(&ask, reply, answerer->context);
	if (!reply->status)
		reply->status = OK;
	if (!reply->body.text)
		buffer_add_bytes(&reply->body, "", 0);
}

enum MHD_Result request_answer(const struct answerer *answerer, struct MHD_Connection *connection,
			       struct peer *peer, const char *method)
{
	int last = request_has_body(connection);
	struct http_response reply = {0};

	if (strcmp(method, "GET") && strcmp(method, "HEAD"))
		say(&reply, METHOD_NOT_ALLOWED, "only GET and HEAD are answered here");
	else if (last)
		say(&reply, CONTENT_TOO_LARGE, "a request has no body here");
	else if (peer->uri_too_long)
		say(&reply, URI_TOO_LONG, "no page here has an address of that length");
	else if (peer->loopback && !host_is_local(header(connection, "Host"), answerer->host_name))
		say(&reply, MISDIRECTED_REQUEST,
		    "on loopback, ask by address or by localhost: under another name, a web page "
		    "may be looking in (DNS rebinding); a proxy must send such a Host too");
	else
		ask_handler(answerer, connection, peer, &reply);
	return send_reply(connection, &reply, last);
}
