/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What an OTLP receiver says in the body of its answer: ExportMetricsServiceResponse after a 200,
 * google.rpc.Status else, both as JSON. Takes bytes from anyone.
 */
#ifndef HTTP_OTLP_ANSWER_H
#define HTTP_OTLP_ANSWER_H

#include <linux/types.h>
#include <stddef.h>

struct otlp_answer {
	__u64 rejected;	  /* data points, of a partial success */
	char message[96]; /* printable; empty when there is none */
};

/* 0 (nothing at all is fine, and says nothing), or -EINVAL: not a JSON object. */
int otlp_answer_read(const char *text, size_t length, struct otlp_answer *ret);

#endif
