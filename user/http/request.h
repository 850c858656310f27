/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* From a request to its reply, through the handler. Connections and their time are server.c. */
#ifndef HTTP_REQUEST_H
#define HTTP_REQUEST_H

#include "http/peer.h"
#include "http/server.h"

#include <microhttpd.h>

#define HOST_NAME_SIZE 256

struct answerer {
	http_handler *handler;
	void *context;
	char host_name[HOST_NAME_SIZE]; /* this host's own */
};

int request_has_body(struct MHD_Connection *connection);

/* Queues the reply. MHD_NO: the connection is of no use any more. */
enum MHD_Result request_answer(const struct answerer *answerer, struct MHD_Connection *connection,
			       struct peer *peer, const char *method);

#endif
