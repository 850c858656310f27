/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The parts of the kernel that the engine uses, for the native build: a packet, maps of fixed size,
 * and helpers by their kernel names. One thread, one CPU. Only ../compat.h includes this.
 */
#ifndef NATIVE_COMPAT_H
#define NATIVE_COMPAT_H

#include <arpa/inet.h>
#include <dnsreach.h>
#include <errno.h>
#include <stdlib.h>
#include <stdint.h>
#include <string.h>

#define __noinline static __attribute__((noinline))
#define CALLBACK static long
#define UNROLL
#define CONFIG static
#define SHARED static
#define bpf_htons htons
#define bpf_ntohs ntohs
#define bpf_htonl htonl
#define bpf_ntohl ntohl
#define be64_to_host(x) (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? __builtin_bswap64(x) : (x))
typedef __u64 __attribute__((may_alias, aligned(1))) u64_alias;
typedef __u32 __attribute__((may_alias, aligned(1))) u32_alias;
/* libbpf's, of bpf_helpers.h */
#define barrier_var(var) asm volatile("" : "=r"(var) : "0"(var))
#define copy_words(to, from, n) memcpy(to, from, n)

/* ---- a packet -------------------------------------------------------------------------- */

struct __sk_buff {
	__u32 len;
	__u32 protocol; /* EtherType, network order */
	__u32 vlan_present;
	__u32 vlan_tci;
	__u32 ifindex;
	__u32 ingress_ifindex;
	__u32 gso_size;
	__u32 wire_len;
	__u64 cgroup;	      /* bpf_skb_cgroup_id() */
	__u64 data, data_end; /* addresses of the first byte and behind the last */
	__u32 network;	      /* offset of the network header, for bpf_skb_load_bytes_relative() */
};

enum { BPF_HDR_START_NET = 1 };

static inline long bpf_skb_load_bytes(struct __sk_buff *skb, __u32 offset, void *to, __u32 n)
{
	if ((__u64)offset + n > skb->len)
		return -EFAULT;
	memcpy(to, (const unsigned char *)skb->data + offset, n);
	return 0;
}

static inline long bpf_skb_load_bytes_relative(struct __sk_buff *skb, __u32 offset, void *to,
					       __u32 n, __u32 start)
{
	(void)start;
	return bpf_skb_load_bytes(skb, skb->network + offset, to, n);
}

/* ---- maps ------------------------------------------------------------------------------ */

enum { BPF_ANY, BPF_NOEXIST, BPF_EXIST };
enum { NATIVE_HASH, NATIVE_PERCPU_HASH = NATIVE_HASH, NATIVE_ARRAY };

struct native_map {
	__u32 type, key_size, value_size, max_entries;
	/* An array that is walked by its marked rows alone; NULL: by all of them. Returns 0 for a
	 * row whose mark may go. */
	int (*has_content)(const void *row);
	__u64 *marks;		    /* a bit for each row */
	__u32 count, free, buckets; /* hash: entries in use, first free entry + 1, a power of two */
	__u32 *heads, *next;	    /* chains of entry numbers + 1 */
	unsigned char *entries;	    /* key, then value, each padded to 8 bytes */
};

typedef struct native_map *map_ptr;

/* An array; native_start() sets its size. */
#define MMAP_ARRAY(name, row_type)                                                                 \
	static struct native_map name = {.type = NATIVE_ARRAY,                                     \
					 .key_size = sizeof(__u32),                                \
					 .value_size = sizeof(row_type)}

#define MAP(kind, name, key_type, value_type, room)                                                \
	static struct native_map name = {.type = NATIVE_##kind,                                    \
					 .key_size = sizeof(key_type),                             \
					 .value_size = sizeof(value_type),                         \
					 .max_entries = (room)}

#define MAP_SPARSE(name, key_type, value_type, room) MAP(HASH, name, key_type, value_type, room)

/* A ring of one record, which is passed on at once. */
#define RING(name, bytes) static int name

struct sample *native_ring_reserve(void); /* NULL: no reader. It has room for any sample */
void native_ring_submit(struct sample *sample);
#define bpf_ringbuf_reserve(ring, bytes, flags) ((void)(ring), native_ring_reserve())
#define bpf_ringbuf_submit(record, flags) native_ring_submit(record)

void *native_lookup(struct native_map *m, const void *key);
long native_update(struct native_map *m, const void *key, const void *value, __u64 flags);
long native_delete(struct native_map *m, const void *key);
/* Calls f for each entry; f may delete the entry it is given. */
void native_for_each(struct native_map *m,
		     long (*f)(struct native_map *, const void *key, void *value, void *context),
		     void *context);

/* Marks a row of an array with marks. A pointer to elsewhere is ignored. */
void native_mark(struct native_map *m, const void *row);
int native_has_marks(const struct native_map *m);

#define bpf_map_lookup_elem native_lookup
#define bpf_map_update_elem native_update
#define bpf_map_delete_elem native_delete
#define bpf_for_each_map_elem(m, f, context, flags) native_for_each(m, f, context)

/* A test may build it for more CPUs than one, and says which of them it is on. */
#ifndef NATIVE_CPUS
#define NATIVE_CPUS 1
#endif
#if NATIVE_CPUS > 1
extern __u32 native_cpu;
#define kernel_cpu() native_cpu
#else
#define kernel_cpu() 0U
#endif

/*
 * Note a resolver that is counted, and a bucket that gets a transaction: user space then reads what
 * has changed, and the sweep passes over empty buckets.
 */
struct native_changes {
	__u8 *is_noted; /* by number */
	__u32 *numbers;
	__u32 count, room;
};

extern struct native_changes native_changes;

static inline void native_note_counted(__u32 number)
{
	struct native_changes *changes = &native_changes;

	if (number >= changes->room || changes->is_noted[number])
		return;
	changes->is_noted[number] = 1;
	changes->numbers[changes->count++] = number;
}

void native_note_inserted(const void *bucket);
#define note_counted(number) native_note_counted(number)
#define note_inserted(bucket) native_note_inserted(bucket)

__u64 kernel_clock(void);
static inline __u64 kernel_skb_cgroup(struct __sk_buff *skb)
{
	return skb->cgroup;
}
__u64 kernel_tick(void);
#define DUPLICATE_TICKS (DUPLICATE_NS - 1) /* a tick is 1 ns here */
extern __u64 native_clock_ticks;	   /* 1 unless native_use_clock() says otherwise */
#define CLOCK_TICKS native_clock_ticks

#endif
