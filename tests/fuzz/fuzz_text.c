// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The reader of tcpdump's text under libFuzzer. By hand:
 *
 *   clang -g -O1 -fsanitize=fuzzer,address,undefined -std=gnu11 -D_GNU_SOURCE= \
 *     -Iinclude -Iuser tests/fuzz/fuzz_text.c user/capture/[a-z]*.c -lpcap -o fuzz_text
 *   mkdir -p corpus
 *   ./fuzz_text -close_fd_mask=2 -max_len=8192 -max_total_time=60 \
 *     -dict=tests/fuzz/text.dict corpus tests/capture
 *
 * What it finds is kept in tests/capture/damaged/, which tests/unit/test_capture.c reads.
 */
#include "fed.h"

/* A packet that was made of text is whole, and its own length says so. */
static void each(const struct captured *c, int is_text)
{
	const unsigned char *ip = c->bytes;

	if (!is_text)
		return;
	MUST(!c->ethernet && !c->network && c->length == c->wire_length && c->length >= 20 + 8);
	if (ip[0] >> 4 == 4)
		MUST(c->length == (unsigned int)(ip[2] << 8 | ip[3]));
	else
		MUST(c->length == (unsigned int)(ip[4] << 8 | ip[5]) + 40);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	feed(data, size, each);
	return 0;
}
