/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* See client.h. */
#include "http/client.h"

#include "http/transfer.h"

#include <string.h>

int http_fetch(const struct http_fetch *fetch, struct http_fetched *ret)
{
	struct transfer transfer;
	int err;

	memset(ret, 0, sizeof(*ret));
	err = transfer_open(&transfer, fetch->url, fetch->unix_socket, fetch->timeout_s,
			    fetch->most_bytes, ret->why);
	if (err)
		return err;
	err = transfer_result(&transfer, curl_easy_perform(transfer.easy), ret->why);
	curl_easy_getinfo(transfer.easy, CURLINFO_RESPONSE_CODE, &ret->status);
	ret->body = transfer.body;
	memset(&transfer.body, 0, sizeof(transfer.body));
	transfer_close(&transfer);
	return err;
}
