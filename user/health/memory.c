// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* A head that names the layout and covers the rest by a checksum; then the judge, then incidents.
 */
#include "health/memory.h"

#include "health/saved.h"
#include "health/tick_ring.h"

#define MEMORY_VERSION 4 /* 4: a verdict has the failures when it was healthy last */

/* The layout is that of the compiler: whatever changes a size is another version. */
struct memory_head {
	char magic[8];
	__u32 version, counters_size, ring_size, incident_size;
	__u64 length, checksum; /* of what follows */
};

static struct memory_head memory_head_of(const char *bytes, size_t length)
{
	struct memory_head head = {.magic = "dnsreach",
				   .version = MEMORY_VERSION,
				   .counters_size = sizeof(struct resolver_counters),
				   .ring_size = sizeof(struct tick_ring),
				   .incident_size = sizeof(struct incident),
				   .length = length,
				   .checksum = 0xcbf29ce484222325ULL}; /* FNV-1a by words */
	__u64 word;
	size_t i;

	for (i = 0; i < length; i += sizeof(word)) {
		word = 0;
		memcpy(&word, bytes + i, length - i < sizeof(word) ? length - i : sizeof(word));
		head.checksum = (head.checksum ^ word) * 0x100000001b3ULL;
		head.checksum ^= head.checksum >> 29;
	}
	return head;
}

int memory_write(struct buffer *out, const struct judge *judge, const struct incidents *incidents)
{
	struct memory_head head = {0};
	size_t from = out->used;

	SAVE(out, head);
	judge_save(judge, out);
	incidents_save(incidents, out);
	if (buffer_error(out))
		return -ENOMEM;
	head = memory_head_of(out->text + from + sizeof(head), out->used - from - sizeof(head));
	memcpy(out->text + from, &head, sizeof(head));
	return 0;
}

int memory_read(const void *bytes, size_t length, struct judge *judge, struct incidents *incidents)
{
	const char *body = (const char *)bytes + sizeof(struct memory_head);
	struct memory_head head, right;
	struct saved from;

	if (length < sizeof(head))
		return -EINVAL;
	memcpy(&head, bytes, sizeof(head));
	if (head.length > length - sizeof(head))
		return -EINVAL;
	right = memory_head_of(body, head.length);
	if (memcmp(&head, &right, sizeof(head)))
		return -EINVAL;
	from = (struct saved){.at = body, .end = body + head.length};
	judge_load(judge, &from);
	incidents_load(incidents, &from);
	return from.failed || from.at != from.end ? -EINVAL : 0;
}
