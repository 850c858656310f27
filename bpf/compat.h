/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * All that the engine uses of the kernel: types, helpers, maps, atomics, packet bytes. In the
 * native build native/compat.h takes its place; the code above is the same in both.
 */
#ifndef COMPAT_H
#define COMPAT_H

#ifdef __bpf__

#include <vmlinux.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_endian.h>
#include <dnsreach.h>

#define MAP(kind, name, key_type, value_type, entries)                                             \
	struct {                                                                                   \
		__uint(type, BPF_MAP_TYPE_##kind);                                                 \
		__type(key, key_type);                                                             \
		__type(value, value_type);                                                         \
		__uint(max_entries, entries);                                                      \
	} name SEC(".maps")

/*
 * A hash that only user space writes to, and that is seldom full. An entry takes memory when it is
 * inserted.
 */
#define BPF_F_NO_PREALLOC 1
#define MAP_SPARSE(name, key_type, value_type, entries)                                            \
	struct {                                                                                   \
		__uint(type, BPF_MAP_TYPE_HASH);                                                   \
		__uint(map_flags, BPF_F_NO_PREALLOC);                                              \
		__type(key, key_type);                                                             \
		__type(value, value_type);                                                         \
		__uint(max_entries, entries);                                                      \
	} name SEC(".maps")

/*
 * An array that user space maps, so that reading it needs no system call. The loader sets its size.
 * The verifier inlines the lookup.
 */
#define BPF_F_MMAPABLE 1024
#define MMAP_ARRAY(name, value_type)                                                               \
	struct {                                                                                   \
		__uint(type, BPF_MAP_TYPE_ARRAY);                                                  \
		__uint(map_flags, BPF_F_MMAPABLE);                                                 \
		__type(key, __u32);                                                                \
		__type(value, value_type);                                                         \
		__uint(max_entries, 1);                                                            \
	} name SEC(".maps")

#define RING(name, bytes)                                                                          \
	struct {                                                                                   \
		__uint(type, BPF_MAP_TYPE_RINGBUF);                                                \
		__uint(max_entries, bytes);                                                        \
	} name SEC(".maps")

/* Errors of map operations; errno.h is not for BPF. */
#define EEXIST 17
#define EBUSY 16

/*
 * A global function: the verifier checks it once, for any arguments that its callers may pass
 * (pointers are tested for NULL). An inlined function is checked on every path that leads to it.
 */
#define __noinline __attribute__((noinline))
#define UNROLL _Pragma("unroll")
#define CALLBACK static long
#define CONFIG const volatile
#define SHARED

struct bpf_map;
typedef struct bpf_map *map_ptr;

/* Words that may alias other types. The kernel's BPF allows unaligned loads. */
typedef __u64 __attribute__((may_alias)) u64_alias;
typedef __u32 __attribute__((may_alias)) u32_alias;
#define be64_to_host(x) bpf_be64_to_cpu(x)

/* Copies n bytes by words of 4. Packet bytes are 2-aligned behind an Ethernet header. */
static __always_inline void copy_words(void *to, const void *from, __u32 n)
{
	if (n % 4)
		__builtin_memcpy(to, __builtin_assume_aligned(from, 2), n);
	else
		__builtin_memcpy(to, __builtin_assume_aligned(from, 4), n);
}

/* For the native build alone. */
#define note_counted(number) ((void)(number))
#define note_inserted(bucket) ((void)(bucket))

static __always_inline __u64 kernel_clock(void)
{
	return bpf_ktime_get_ns();
}

/*
 * Returns the timer's ticks (jiffies), 1 to 10 ms each. A load from memory; reading the clock is a
 * call.
 */
static __always_inline __u64 kernel_tick(void)
{
	return bpf_jiffies64();
}

/* Returns the ID of the cgroup (v2) of the socket that sent the packet; 0: it has none. */
static __always_inline __u64 kernel_skb_cgroup(struct __sk_buff *skb)
{
	return bpf_skb_cgroup_id(skb);
}

#define DUPLICATE_TICKS 1 /* one packet reaches its other interfaces within this */
#define CLOCK_TICKS 1	  /* one reading of the clock serves as a rough time for this long */

static __always_inline __u32 kernel_cpu(void)
{
	return bpf_get_smp_processor_id();
}

#else
#include "native/compat.h"
#endif

/* Set by user space before loading, and state that user space may write. */
CONFIG struct engine_config config;
CONFIG struct engine_sizes sizes;
SHARED struct engine_state engine;

#define OFFSET_MAX 0xfe00 /* no header is looked for beyond this offset */

/*
 * Results of one attempt on a table: done, lost a race to another CPU or the map was busy, not in
 * this table. retry_3() tries up to three times. Written out, since kernels before 6.8 reject some
 * loops that compilers make of it.
 */
enum { TRY_DONE, TRY_AGAIN, TRY_NEXT };
#define retry_3(once)                                                                              \
	((once) == TRY_AGAIN && (once) == TRY_AGAIN && (once) == TRY_AGAIN ? TRY_AGAIN : TRY_DONE)

#define READ_ONCE(x) (*(volatile __typeof__(x) *)&(x))
#define WRITE_ONCE(x, value) (*(volatile __typeof__(x) *)&(x) = (value))
/*
 * x86 and s390 keep the order of stores and of loads (total store order). The object is built for
 * one machine.
 */
#if defined(__TARGET_ARCH_x86) || defined(__TARGET_ARCH_s390) || defined(__x86_64__)
#define CPU_KEEPS_ORDER 1
#else
#define CPU_KEEPS_ORDER 0
#endif
/*
 * READ_ONCE() and an order of memory accesses, as of the kernel's macros with these names. Other
 * CPUs than x86 and s390 need an atomic operation for it: BPF of -mcpu=v3 has no other barrier.
 */
#define load_acquire(x) (CPU_KEEPS_ORDER ? READ_ONCE(x) : __sync_fetch_and_add(&(x), 0))
#define store_release(x, value)                                                                    \
	do {                                                                                       \
		if (!CPU_KEEPS_ORDER)                                                              \
			(void)__sync_lock_test_and_set(&(x), value);                               \
		else                                                                               \
			*(volatile __typeof__(x) *)&(x) = (value);                                 \
	} while (0)
#define array_elem(table, number)                                                                  \
	({                                                                                         \
		__u32 number_ = (number);                                                          \
		bpf_map_lookup_elem(&(table), &number_);                                           \
	})
/*
 * Keeps a computed index in a register just before its bound is tested. Without this the compiler
 * may test another expression of it, and the verifier does not see the bound. barrier_var() is
 * libbpf's; a constant needs none.
 */
#define barrier_index(i)                                                                           \
	do {                                                                                       \
		if (!__builtin_constant_p(i))                                                      \
			barrier_var(i);                                                            \
	} while (0)
#define atomic_add(p, n) ((void)__sync_fetch_and_add(p, n))
#define compare_and_swap(p, old, new) __sync_val_compare_and_swap(p, old, new)

/* Tests for `lo`: the host's own queries to its own addresses. */
static __always_inline int is_on_lo(__u32 ifindex, enum origin origin)
{
	return origin == ORIGIN_HOST && ifindex == LOOPBACK_IFINDEX;
}

/* Returns the time of this packet in ns. Packet time never runs backwards. */
static __always_inline __u64 engine_clock(void)
{
	if (!config.clock_injected)
		return kernel_clock();
	if (engine.now > engine.highest)
		engine.highest = engine.now;
	return engine.highest;
}

static __always_inline __u64 hash_mix(__u64 hash, __u64 word)
{
	hash = (hash ^ word) * 0x9fb21c651e98df25ULL;
	return hash ^ hash >> 32;
}

/* Multiplies by an odd constant, so that a sum with the result changes in many bits. */
static __always_inline __u64 hash_spread(__u64 word)
{
	return word * 0xd6e8feb86659fd93ULL;
}

static __always_inline __u32 u16_pair(__u16 a, __u16 b)
{
	return __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? (__u32)b << 16 | a : (__u32)a << 16 | b;
}

static __always_inline __u32 u8_quad(__u32 a, __u32 b, __u32 c, __u32 d)
{
	if (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__)
		return d << 24 | c << 16 | b << 8 | a;
	return a << 24 | b << 16 | c << 8 | d;
}

/* Returns two words as they stand in memory, one after the other. */
static __always_inline __u64 u32_pair(__u32 low, __u32 high)
{
	if (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__)
		return (__u64)high << 32 | low;
	return (__u64)low << 32 | high;
}

/*
 * Returns 8 bytes of an address in network order: 0 the upper half, 1 the lower half; of a
 * resolver's key also 2: scope, port, transport and origin.
 */
static __always_inline __u64 addr_u64(const struct ip_address *a, int which)
{
	return ((const u64_alias *)a)[which];
}

static __always_inline void addr_set_u64(struct ip_address *a, __u64 high, __u64 low)
{
	((u64_alias *)a)[0] = high;
	((u64_alias *)a)[1] = low;
}

static __always_inline void addr_copy(struct ip_address *to, const struct ip_address *from)
{
	addr_set_u64(to, addr_u64(from, 0), addr_u64(from, 1));
}

/*
 * Hashes both halves in parallel, since a multiplication takes several cycles. A product moves bits
 * upwards only, so the last bytes of an address, which differ most, go to the lower end of a word.
 */
static __always_inline __u64 addr_hash_u64(__u64 seed, __u64 high, __u64 low)
{
	low = be64_to_host(low) ^ seed;
	high = be64_to_host(high) ^ seed >> 7;
	low *= 0xff51afd7ed558ccdULL;
	high *= 0xc4ceb9fe1a85ec53ULL;
	return low ^ low >> 32 ^ high ^ high >> 29;
}

static __always_inline __u64 addr_hash(__u64 seed, const struct ip_address *a)
{
	return addr_hash_u64(seed, addr_u64(a, 0), addr_u64(a, 1));
}

/*
 * A packet as the hook passes it. The context is read once: the verifier wants its fields addressed
 * directly, and a compiler that shares an address between two reads breaks that.
 */
struct pkt {
	struct __sk_buff *skb;
	const void *data, *end; /* the linear part */
	__u32 length;		/* of the whole packet */
	__u32 ifindex;
};

static __always_inline struct pkt pkt_from_skb(struct __sk_buff *skb)
{
	return (struct pkt){.skb = skb,
			    .data = (const void *)(long)skb->data,
			    .end = (const void *)(long)skb->data_end,
			    .length = skb->len,
			    .ifindex = skb->ifindex};
}

/*
 * Copies n bytes (a constant) at `offset` to `to`: directly from the linear part, else by the
 * helper. Returns 0, or -1 when the packet ends before.
 */
static __always_inline int pkt_load(const struct pkt *p, __u32 offset, void *to, __u32 n)
{
	const void *from;

	barrier_index(offset);
	if (offset > OFFSET_MAX)
		return -1;
	from = p->data + offset;
	if (from + n <= p->end) {
		copy_words(to, from, n);
		return 0;
	}
	return bpf_skb_load_bytes(p->skb, offset, to, n) ? -1 : 0;
}

#endif
