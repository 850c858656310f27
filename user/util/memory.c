// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* See memory.h. */
#include "util/memory.h"

#include <malloc.h>

#define LARGE_BYTES (128 * 1024)

void memory_return_large_blocks(void)
{
	mallopt(M_MMAP_THRESHOLD, LARGE_BYTES);
}

void memory_give_back(void)
{
	malloc_trim(0);
}
