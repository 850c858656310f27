/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Giving freed memory back to the kernel. */
#ifndef UTIL_MEMORY_H
#define UTIL_MEMORY_H

/*
 * From now on, large blocks go back to the kernel when they are freed: glibc keeps them from the
 * second one on, unless its limit is set (mallopt(3), M_MMAP_THRESHOLD).
 */
void memory_return_large_blocks(void);

/* Gives free pages between smaller blocks back to the kernel now. */
void memory_give_back(void);

#endif
