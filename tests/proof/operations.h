/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Puts a call in the place of each atomic operation of bpf/, with its order and the function that
 * it stands in. Included after bpf/compat.h and before all that uses its macros. The compiler puts
 * a call before each plain access (-fsanitize=thread); hooks.c has both.
 */
#ifndef PROOF_OPERATIONS_H
#define PROOF_OPERATIONS_H

#include <stdint.h>

uint64_t proof_load(const volatile void *p, uint32_t size, int acquire, const char *function);
void proof_store(volatile void *p, uint32_t size, uint64_t value, const char *function);
uint64_t proof_swap_if(volatile void *p, uint32_t size, uint64_t old, uint64_t value,
		       const char *function);
uint64_t proof_swap(volatile void *p, uint32_t size, uint64_t value, const char *function);
uint64_t proof_fetch_add(volatile void *p, uint32_t size, uint64_t n, const char *function);
void proof_add(volatile void *p, uint32_t size, uint64_t n, const char *function);
/* Ends the search: the operation of this function is not modelled. */
__attribute__((noreturn)) uint64_t proof_not_modelled(const char *function, uint64_t n);

#undef READ_ONCE
#undef load_acquire
#undef store_release
#undef atomic_add
#undef compare_and_swap
#undef note_counted
#undef note_inserted
#define PROOF_SIZE(p) ((uint32_t)sizeof(*(p)))
#define READ_ONCE(x) ((__typeof__(x))proof_load(&(x), sizeof(x), 0, __func__))
#define load_acquire(x) ((__typeof__(x))proof_load(&(x), sizeof(x), 1, __func__))
#define store_release(x, value) proof_store(&(x), sizeof(x), value, __func__)
#define atomic_add(p, n) proof_add(p, PROOF_SIZE(p), (uint64_t)(n), __func__)
#define compare_and_swap(p, old, new)                                                              \
	((__typeof__(*(p)))proof_swap_if(p, PROOF_SIZE(p), old, new, __func__))
#define __sync_fetch_and_add(p, n)                                                                 \
	((__typeof__(*(p)))proof_fetch_add(p, PROOF_SIZE(p), (uint64_t)(n), __func__))
#define __sync_lock_test_and_set(p, value)                                                         \
	((__typeof__(*(p)))proof_swap(p, PROOF_SIZE(p), value, __func__))
/* Of streams alone, which no scenario has. */
#define __sync_fetch_and_or(p, n) proof_not_modelled(__func__, n)
#define __sync_fetch_and_and(p, n) proof_not_modelled(__func__, n)
/* They only tell user space and the native sweep where to look. */
#define note_counted(number) ((void)(number))
#define note_inserted(bucket) ((void)(bucket))

#endif
