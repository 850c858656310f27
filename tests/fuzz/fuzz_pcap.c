// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The reader of pcap and pcapng under libFuzzer: libpcap is in it, and what watches over it. By
 * hand:
 *
 *   clang -g -O1 -fsanitize=fuzzer,address,undefined -std=gnu11 -D_GNU_SOURCE= \
 *     -Iinclude -Iuser tests/fuzz/fuzz_pcap.c user/capture/[a-z]*.c -lpcap -o fuzz_pcap
 *   mkdir -p corpus
 *   ./fuzz_pcap -close_fd_mask=2 -max_len=4096 -max_total_time=60 corpus
 *
 * Input that starts with none of the magic numbers is given one, chosen by its first byte: text
 * has a fuzzer of its own.
 */
#include "fed.h"

#include <string.h>

static unsigned long total;

/* Every byte that is handed out may be read. */
static void each(const struct captured *c, int is_text)
{
	size_t i;

	(void)is_text;
	for (i = 0; i < c->length; i++)
		total += c->bytes[i];
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t magics[][4] = {
		{0xd4, 0xc3, 0xb2, 0xa1}, {0xa1, 0xb2, 0xc3, 0xd4}, {0x4d, 0x3c, 0xb2, 0xa1},
		{0xa1, 0xb2, 0x3c, 0x4d}, {0x34, 0xcd, 0xb2, 0xa1}, {0x0a, 0x0d, 0x0d, 0x0a},
		{0x0a, 0x0d, 0x0d, 0x0a}, {0x0a, 0x0d, 0x0d, 0x0a},
	};
	static uint8_t bytes[65536];
	size_t i;

	if (size < 4 || size > sizeof(bytes))
		return 0;
	memcpy(bytes, data, size);
	for (i = 0; i < 8 && memcmp(bytes, magics[i], 4); i++)
		;
	if (i == 8)
		memcpy(bytes, magics[data[0] % 8], 4);
	feed(bytes, size, each);
	return 0;
}
