/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* See client.h. */
#include "http/client.h"

#include "http/transfer.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static int set_headers(struct transfer *transfer, const char *const *headers,
		       struct curl_slist **list)
{
	struct curl_slist *longer;

	for (; headers && *headers; headers++) {
		longer = curl_slist_append(*list, *headers);
		if (!longer)
			return -ENOMEM;
		*list = longer;
	}
	return curl_easy_setopt(transfer->easy, CURLOPT_HTTPHEADER, *list) ? -ENOMEM : 0;
}

int http_fetch(const struct http_fetch_options *fetch, struct http_fetch_result *ret)
{
	struct curl_slist *headers = NULL;
	struct transfer transfer;
	int err;

	memset(ret, 0, sizeof(*ret));
	err = transfer_open(&transfer, fetch->url, fetch->unix_socket, fetch->timeout_s,
			    fetch->most_bytes, ret->why);
	if (err)
		return err;
	err = set_headers(&transfer, fetch->headers, &headers);
	if (err) {
		snprintf(ret->why, sizeof(ret->why), "out of memory");
		goto close;
	}
	err = transfer_result(&transfer, curl_easy_perform(transfer.easy), ret->why);
	curl_easy_getinfo(transfer.easy, CURLINFO_RESPONSE_CODE, &ret->status);
	ret->body = transfer.body;
	memset(&transfer.body, 0, sizeof(transfer.body));
close:
	curl_slist_free_all(headers);
	transfer_close(&transfer);
	return err;
}
