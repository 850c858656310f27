/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Executes the instructions of a BPF program for one packet, in this process, and adds up what the
 * caller says that each of them costs. Pointers are real ones; every access has to lie in memory
 * that was named, and whatever is not known here ends the process with a message: an answer that
 * may be wrong is none.
 *
 * The instruction set is that of -mcpu=v3. Helpers and maps are the caller's.
 */
#ifndef MACHINE_H
#define MACHINE_H

#include <linux/bpf.h>
#include <stddef.h>

#define REGIONS_MOST 24
#define DEPTH_MOST 8 /* of functions that call each other, as in the kernel */
#define STACK_BYTES 512

struct region {
	__u64 from, to;
	int writable;
};

struct frame_of_call {
	__u64 saved[4]; /* r6 to r9 */
	int back;
};

struct machine {
	/* The caller's. */
	const struct bpf_insn *code;
	int length;
	const int *cost; /* of each instruction; below 0: nobody knows */
	struct __sk_buff *context;
	const void *data, *data_end; /* what the context's two fields of 32 bits stand for */
	struct region regions[REGIONS_MOST];
	int region_count;
	/* Calls a helper: its arguments are r[1] to r[5]. Returns what it answers. */
	__u64 (*helper)(struct machine *m, int number, const __u64 *r);
	/* What a pointer to a map, or into one, stands for. */
	__u64 (*constant)(struct machine *m, const struct bpf_insn *i);
	void *owner;

	/* The answer. */
	int spent, unknown;

	/* Its own. */
	__u64 r[11];
	int at, depth, done;
	struct frame_of_call frames[DEPTH_MOST];
	unsigned char stacks[DEPTH_MOST][STACK_BYTES] __attribute__((aligned(16)));
};

/* Runs the program from its first instruction. Returns r0; `spent` and `unknown` are of this run.
 */
__u64 machine_run(struct machine *m);

/* The program may use this memory. */
void machine_add_region(struct machine *m, const void *from, size_t bytes, int writable);

/* The memory at an address of the program, for so many bytes; ends the process if it has none. */
void *machine_memory(const struct machine *m, __u64 address, size_t bytes, int write);

#endif
