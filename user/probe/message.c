// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* A query and its response on the wire (RFC 1035, 4.1). */
#include "probe/message.h"

#include <errno.h>
#include <string.h>

#define HEADER 12
#define FLAG_QR 0x80 /* byte 2 */
#define FLAG_TC 0x02
#define FLAG_RD 0x01
#define OPCODE 0x78
#define RCODE 0x0f /* byte 3 */

int message_query(const struct dns_question *question, __u16 id, __u8 out[MESSAGE_SIZE])
{
	int length = dns_question_write(question, out + HEADER, MESSAGE_SIZE - HEADER);

	if (length < 0)
		return -EINVAL;
	memset(out, 0, HEADER);
	out[0] = (__u8)(id >> 8);
	out[1] = (__u8)id;
	out[2] = FLAG_RD;
	out[5] = 1; /* one question */
	return HEADER + length;
}

static __u8 lower(__u8 byte)
{
	return byte >= 'A' && byte <= 'Z' ? (__u8)(byte + ('a' - 'A')) : byte;
}

/* The name may come back in other letters, type and class may not. Lengths of labels are below 64.
 */
static int is_same_question(const __u8 *a, const __u8 *b, size_t length)
{
	size_t i;

	for (i = 0; i < length - 4; i++) {
		if (lower(a[i]) != lower(b[i]))
			return 0;
	}
	return !memcmp(a + length - 4, b + length - 4, 4);
}

int message_answers(const __u8 *query, size_t query_length, const __u8 *bytes, size_t length,
		    struct message_answer *ret)
{
	int questions;

	if (length < HEADER || memcmp(query, bytes, 2) || !(bytes[2] & FLAG_QR) ||
	    bytes[2] & OPCODE)
		return -EINVAL;
	ret->rcode = bytes[3] & RCODE;
	ret->truncated = (bytes[2] & FLAG_TC) != 0;
	questions = bytes[4] << 8 | bytes[5];
	if (!questions && ret->rcode)
		return 0;
	if (questions != 1 || length < query_length ||
	    !is_same_question(query + HEADER, bytes + HEADER, query_length - HEADER))
		return -EINVAL;
	return 0;
}
