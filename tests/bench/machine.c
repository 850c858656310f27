/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* See machine.h. */
#include "machine.h"

#include "measure.h"

#include <endian.h>
#include <string.h>

#define STEPS_MOST 1000000

static void __attribute__((noreturn)) unknown(const struct machine *m, const struct bpf_insn *i)
{
	refuse("instruction %d is unknown to the machine: code %#x, off %d, imm %d", m->at - 1,
	       i->code, i->off, i->imm);
}

/* ---- memory ------------------------------------------------------------------------------ */

void machine_add_region(struct machine *m, const void *from, size_t bytes, int writable)
{
	if (m->region_count == REGIONS_MOST)
		refuse("the machine has no room for another region");
	m->regions[m->region_count++] = (struct region){.from = (__u64)from,
							.to = (__u64)from + bytes,
							.writable = writable};
}

static int lies_in(__u64 address, size_t bytes, __u64 from, __u64 to)
{
	return address >= from && address <= to && bytes <= to - address;
}

void *machine_memory(const struct machine *m, __u64 address, size_t bytes, int write)
{
	const struct region *r;
	int i;

	if (lies_in(address, bytes, (__u64)m->stacks, (__u64)(m->stacks + m->depth + 1)))
		return (void *)address;
	for (i = 0; i < m->region_count; i++) {
		r = &m->regions[i];
		if (lies_in(address, bytes, r->from, r->to) && (r->writable || !write))
			return (void *)address;
	}
	refuse("instruction %d %s %zu bytes at %#llx, where the program has nothing", m->at - 1,
	       write ? "writes" : "reads", bytes, address);
}

static size_t width(const struct bpf_insn *i)
{
	switch (BPF_SIZE(i->code)) {
	case BPF_B:
		return 1;
	case BPF_H:
		return 2;
	case BPF_W:
		return 4;
	default:
		return 8;
	}
}

union word {
	__u8 b;
	__u16 h;
	__u32 w;
	__u64 dw;
};

static __u64 load(const struct machine *m, __u64 address, size_t bytes)
{
	union word v;

	if (address == (__u64)&m->context->data)
		return (__u64)m->data;
	if (address == (__u64)&m->context->data_end)
		return (__u64)m->data_end;
	memcpy(&v, machine_memory(m, address, bytes, 0), bytes);
	return bytes == 1 ? v.b : bytes == 2 ? v.h : bytes == 4 ? v.w : v.dw;
}

static void store(const struct machine *m, __u64 address, size_t bytes, __u64 value)
{
	union word v = {.dw = value};

	if (bytes == 1)
		v.b = value;
	else if (bytes == 2)
		v.h = value;
	else if (bytes == 4)
		v.w = value;
	memcpy(machine_memory(m, address, bytes, 1), &v, bytes);
}

/* Nobody else uses this memory: so what no other CPU can see between needs no care. */
static void atomic(struct machine *m, const struct bpf_insn *i)
{
	__u64 address = m->r[i->dst_reg] + i->off, with = m->r[i->src_reg], old, new = 0;
	size_t bytes = width(i);

	if (bytes < 4)
		unknown(m, i);
	old = load(m, address, bytes);
	if (i->imm == (BPF_ADD | (i->imm & BPF_FETCH)))
		new = old + with;
	else if (i->imm == (BPF_OR | (i->imm & BPF_FETCH)))
		new = old | with;
	else if (i->imm == (BPF_AND | (i->imm & BPF_FETCH)))
		new = old &with;
	else if (i->imm == (BPF_XOR | (i->imm & BPF_FETCH)))
		new = old ^ with;
	else if (i->imm == BPF_XCHG)
		new = with;
	else if (i->imm == BPF_CMPXCHG)
		new = old == (bytes == 4 ? (__u32)m->r[0] : m->r[0]) ? with : old;
	else
		unknown(m, i);
	store(m, address, bytes, new);
	if (i->imm == BPF_CMPXCHG)
		m->r[0] = old;
	else if (i->imm & BPF_FETCH)
		m->r[i->src_reg] = old;
}

static void access_memory(struct machine *m, const struct bpf_insn *i)
{
	int class = BPF_CLASS(i->code), mode = BPF_MODE(i->code);

	if (class == BPF_STX && mode == BPF_ATOMIC)
		atomic(m, i);
	else if (mode != BPF_MEM)
		unknown(m, i);
	else if (class == BPF_LDX)
		m->r[i->dst_reg] = load(m, m->r[i->src_reg] + i->off, width(i));
	else
		store(m, m->r[i->dst_reg] + i->off, width(i),
		      class == BPF_ST ? (__u64)i->imm : m->r[i->src_reg]);
}

/* The two halves of 64 bits, or what they stand for. */
static void load_constant(struct machine *m, const struct bpf_insn *i)
{
	if (i->code != (BPF_LD | BPF_IMM | BPF_DW))
		unknown(m, i);
	m->r[i->dst_reg] =
		i->src_reg ? m->constant(m, i) : (__u64)(__u32)i[1].imm << 32 | (__u32)i->imm;
	m->at++;
}

/* ---- arithmetic -------------------------------------------------------------------------- */

static __u64 operand(const struct machine *m, const struct bpf_insn *i)
{
	return BPF_SRC(i->code) == BPF_X ? m->r[i->src_reg] : (__u64)i->imm;
}

static __u64 swap(const struct machine *m, const struct bpf_insn *i, __u64 value)
{
	int big = BPF_SRC(i->code) == BPF_TO_BE;

	if (BPF_CLASS(i->code) == BPF_ALU64)
		unknown(m, i);
	if (i->imm == 16)
		return big ? htobe16(value) : htole16(value);
	if (i->imm == 32)
		return big ? htobe32(value) : htole32(value);
	if (i->imm != 64)
		unknown(m, i);
	return big ? htobe64(value) : htole64(value);
}

static __u64 shift(int op, __u64 a, __u64 b, int bits)
{
	b &= bits - 1;
	if (op == BPF_LSH)
		return a << b;
	if (op == BPF_RSH)
		return a >> b;
	return bits == 32 ? (__u64)((__s32)a >> b) : (__u64)((__s64)a >> b);
}

static __u64 compute(const struct machine *m, const struct bpf_insn *i, __u64 a, __u64 b, int bits)
{
	switch (BPF_OP(i->code)) {
	case BPF_ADD:
		return a + b;
	case BPF_SUB:
		return a - b;
	case BPF_MUL:
		return a * b;
	case BPF_DIV:
		return b ? a / b : 0;
	case BPF_MOD:
		return b ? a % b : a;
	case BPF_OR:
		return a | b;
	case BPF_AND:
		return a & b;
	case BPF_XOR:
		return a ^ b;
	case BPF_NEG:
		return -a;
	case BPF_MOV:
		return b;
	case BPF_LSH:
	case BPF_RSH:
	case BPF_ARSH:
		return shift(BPF_OP(i->code), a, b, bits);
	default:
		unknown(m, i);
	}
}

static void arithmetic(struct machine *m, const struct bpf_insn *i)
{
	__u64 *to = &m->r[i->dst_reg], b = operand(m, i);

	if (i->off) /* with a sign: of a later instruction set */
		unknown(m, i);
	if (BPF_OP(i->code) == BPF_END)
		*to = swap(m, i, *to);
	else if (BPF_CLASS(i->code) == BPF_ALU64)
		*to = compute(m, i, *to, b, 64);
	else
		*to = (__u32)compute(m, i, (__u32)*to, (__u32)b, 32);
}

/* ---- jumps and calls --------------------------------------------------------------------- */

static int holds(const struct machine *m, const struct bpf_insn *i)
{
	__u64 a = m->r[i->dst_reg], b = operand(m, i);
	__s64 x = (__s64)a, y = (__s64)b;

	if (BPF_CLASS(i->code) == BPF_JMP32) {
		x = (__s32)a, y = (__s32)b;
		a = (__u32)a, b = (__u32)b;
	}
	switch (BPF_OP(i->code)) {
	case BPF_JEQ:
		return a == b;
	case BPF_JNE:
		return a != b;
	case BPF_JGT:
		return a > b;
	case BPF_JGE:
		return a >= b;
	case BPF_JLT:
		return a < b;
	case BPF_JLE:
		return a <= b;
	case BPF_JSGT:
		return x > y;
	case BPF_JSGE:
		return x >= y;
	case BPF_JSLT:
		return x < y;
	case BPF_JSLE:
		return x <= y;
	case BPF_JSET:
		return (a & b) != 0;
	default:
		unknown(m, i);
	}
}

static void enter(struct machine *m, const struct bpf_insn *i)
{
	struct frame_of_call *f = &m->frames[m->depth];

	if (m->depth + 1 == DEPTH_MOST)
		refuse("the program calls deeper than the kernel would let it");
	memcpy(f->saved, &m->r[6], sizeof(f->saved));
	f->back = m->at;
	m->at += i->imm;
	m->depth++;
	m->r[10] = (__u64)(m->stacks + m->depth + 1);
}

static void leave(struct machine *m)
{
	struct frame_of_call *f;

	if (!m->depth) {
		m->done = 1;
		return;
	}
	f = &m->frames[--m->depth];
	memcpy(&m->r[6], f->saved, sizeof(f->saved));
	m->at = f->back;
	m->r[10] = (__u64)(m->stacks + m->depth + 1);
}

static void jump(struct machine *m, const struct bpf_insn *i)
{
	if (i->code == (BPF_JMP | BPF_CALL) && i->src_reg == BPF_PSEUDO_CALL)
		enter(m, i);
	else if (i->code == (BPF_JMP | BPF_CALL) && !i->src_reg)
		m->r[0] = m->helper(m, i->imm, m->r);
	else if (i->code == (BPF_JMP | BPF_EXIT))
		leave(m);
	else if (i->code == (BPF_JMP | BPF_JA) || holds(m, i))
		m->at += i->off;
}

/* ---- all of it --------------------------------------------------------------------------- */

static void step(struct machine *m)
{
	const struct bpf_insn *i = m->code + m->at;

	if (m->at < 0 || m->at >= m->length)
		refuse("the program went on at instruction %d, which it has not", m->at);
	if (m->cost[m->at] < 0)
		m->unknown = 1;
	else
		m->spent += m->cost[m->at];
	m->at++;
	switch (BPF_CLASS(i->code)) {
	case BPF_ALU:
	case BPF_ALU64:
		return arithmetic(m, i);
	case BPF_LD:
		return load_constant(m, i);
	case BPF_LDX:
	case BPF_ST:
	case BPF_STX:
		return access_memory(m, i);
	default:
		return jump(m, i);
	}
}

__u64 machine_run(struct machine *m)
{
	int steps;

	m->spent = m->unknown = 0;
	m->at = m->depth = m->done = 0;
	m->r[1] = (__u64)m->context;
	m->r[10] = (__u64)(m->stacks + 1);
	for (steps = 0; !m->done; steps++) {
		if (steps == STEPS_MOST)
			refuse("the program does not end");
		step(m);
	}
	return m->r[0];
}
