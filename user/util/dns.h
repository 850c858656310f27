/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * DNS names, types and RCODEs as text, and a question between its wire format and text (RFC 1035,
 * 4.1.2; RFC 4343, 2.1). The bytes may come from anyone: a name that is not whole is refused.
 */
#ifndef UTIL_DNS_H
#define UTIL_DNS_H

#include <linux/types.h>
#include <stddef.h>

#define DNS_NAME_SIZE 1024 /* 255 bytes, each as \DDD, and the NUL */
#define DNS_TYPE_SIZE 12   /* TYPE65535 */

enum { DNS_CLASS_IN = 1, DNS_TYPE_A = 1, DNS_TYPE_NS = 2 };
enum { DNS_RCODE_NOERROR = 0, DNS_RCODE_NXDOMAIN = 3 };

struct dns_question {
	char name[DNS_NAME_SIZE]; /* escaped (RFC 4343, 2.1), no dot at its end; "." is the root */
	__u16 type, class;	  /* 0: the message was cut behind the name */
};

/*
 * Parses the bytes after a DNS header. A question is the first part of its message, so there is
 * nothing that a compression pointer could point to: a pointer is refused. 0 or -EINVAL
 */
int dns_question_parse(const __u8 *bytes, size_t length, struct dns_question *ret);

/*
 * Writes the question to `out`, which has room for `room` bytes. Returns the length, -EINVAL (not a
 * name) or -ENOSPC.
 */
int dns_question_write(const struct dns_question *question, __u8 *out, size_t room);

/* Writes "A", "AAAA", ..., or "TYPE65280" for a type without a name (RFC 3597, 5). Returns `out`.
 */
const char *dns_type_text(__u16 type, char out[DNS_TYPE_SIZE]);

/* Parses the output of dns_type_text(). 0 or -EINVAL */
int dns_type_parse(const char *text, __u16 *type);

/* Look up a name of `length` characters, in letters of either case. The number, or -ENOENT. */
int dns_type_lookup(const char *name, size_t length);
int dns_rcode_lookup(const char *name, size_t length);

/* Returns "NOERROR", "SERVFAIL", ...; NULL for an RCODE without a name. */
const char *dns_rcode_name(unsigned int rcode);

#endif
