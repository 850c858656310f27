/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A DNS question between its wire format and text. Takes bytes from anyone: what is not a whole,
 * plain name is refused. Whose question it was is for others.
 */
#ifndef UTIL_DNS_H
#define UTIL_DNS_H

#include <linux/types.h>
#include <stddef.h>

#define DNS_NAME_SIZE 1024 /* 255 bytes, each as \DDD, and the NUL */
#define DNS_TYPE_SIZE 12   /* TYPE65535 */

struct dns_question {
	char name[DNS_NAME_SIZE]; /* escaped (RFC 4343, 2.1), no dot at its end; "." the root
				   */
	__u16 type, class;	  /* 0: cut off behind the name */
};

/*
 * From the byte after the DNS header. A question stands first in its message, so there is nothing
 * that a compression pointer could point to: it is refused. 0 or -EINVAL
 */
int dns_question_parse(const __u8 *bytes, size_t length, struct dns_question *ret);

/* The way back; `out` has room for `room` bytes. The length, -EINVAL (not a name) or -ENOSPC. */
int dns_question_write(const struct dns_question *question, __u8 *out, size_t room);

/* "A", "AAAA", ... and "TYPE65280" for those without a name (RFC 3597, 5). Returns `out`. */
const char *dns_type_text(__u16 type, char out[DNS_TYPE_SIZE]);

/* What dns_type_text() writes. 0 or -EINVAL */
int dns_type_parse(const char *text, __u16 *type);

#endif
