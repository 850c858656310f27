/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* See translated.h. */
#include "translated.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PROGRAMS_MOST 8

static struct translated programs[PROGRAMS_MOST];
static int program_count, handler;

static void *room_for(size_t n, size_t size)
{
	void *p = calloc(n ? n : 1, size);

	if (!p)
		fail("no memory");
	return p;
}

/* ---- numbers ----------------------------------------------------------------------------- */

static int is_second_half(const struct bpf_insn *code, int i)
{
	return i && code[i - 1].code == (BPF_LD | BPF_IMM | BPF_DW);
}

/*
 * libbpf is about to load this program. Of a line the kernel looks only at the two texts, which are
 * those of the program's first; the column is free.
 */
static int number(struct bpf_program *p, struct bpf_prog_load_opts *o, long cookie)
{
	struct translated *t = &programs[program_count];
	const struct bpf_line_info *first = o->line_info;
	int i, n = 0;

	if (program_count == PROGRAMS_MOST)
		refuse("more programs than there is room for");
	t->name = bpf_program__name(p);
	t->length = bpf_program__insn_cnt(p);
	t->code = room_for(t->length, sizeof(*t->code));
	memcpy(t->code, bpf_program__insns(p), t->length * sizeof(*t->code));
	t->calls = room_for(t->length, sizeof(*t->calls));
	t->lines = room_for(t->length, sizeof(*t->lines));
	program_count++;
	if (!first || !o->line_info_cnt)
		return 0;
	for (i = 0; i < t->length; i++) {
		if (is_second_half(t->code, i))
			continue;
		t->lines[n++] = (struct bpf_line_info){.insn_off = i,
						       .file_name_off = first->file_name_off,
						       .line_off = first->line_off,
						       .line_col = i};
	}
	o->line_info = t->lines;
	o->line_info_cnt = n;
	o->line_info_rec_size = sizeof(*t->lines);
	return 0;
}

void translated_begin(void)
{
	LIBBPF_OPTS(libbpf_prog_handler_opts, o, .prog_prepare_load_fn = number);

	handler = libbpf_register_prog_handler("tc", BPF_PROG_TYPE_SCHED_CLS, 0, &o);
	if (handler < 0)
		fail("cannot number instructions");
}

void translated_end(void)
{
	libbpf_unregister_prog_handler(handler);
}

void translated_forget(void)
{
	while (program_count) {
		program_count--;
		free(programs[program_count].code);
		free(programs[program_count].calls);
		free(programs[program_count].lines);
	}
}

/* ---- what the kernel says ---------------------------------------------------------------- */

/* A program as translated, and the line of each instruction that has one. */
struct answer {
	struct bpf_insn *code;
	int length;
	struct bpf_line_info *lines;
	int line_count;
};

/* `length` is 0 when the kernel does not tell. */
static struct answer ask(int program)
{
	struct bpf_prog_info info = {0};
	__u32 size = sizeof(info), bytes, lines;
	struct answer a = {0};

	if (bpf_obj_get_info_by_fd(program, &info, &size))
		fail("cannot ask for a translated program");
	bytes = info.xlated_prog_len;
	lines = info.nr_line_info;
	a.code = room_for(1, bytes);
	a.lines = room_for(lines, sizeof(*a.lines));
	info = (struct bpf_prog_info){.xlated_prog_len = bytes,
				      .xlated_prog_insns = (__u64)a.code,
				      .nr_line_info = lines,
				      .line_info_rec_size = sizeof(*a.lines),
				      .line_info = (__u64)a.lines};
	if (bpf_obj_get_info_by_fd(program, &info, &size))
		fail("cannot read a translated program");
	if (info.xlated_prog_insns)
		a.length = info.xlated_prog_len / sizeof(*a.code);
	if (info.line_info && info.line_info_rec_size == sizeof(*a.lines))
		a.line_count = info.nr_line_info;
	return a;
}

static void free_answer(struct answer *a)
{
	free(a->code);
	free(a->lines);
}

static int is_call(const struct bpf_insn *i)
{
	return i->code == (BPF_JMP | BPF_CALL);
}

static int is_jump(const struct bpf_insn *i)
{
	return (BPF_CLASS(i->code) == BPF_JMP || BPF_CLASS(i->code) == BPF_JMP32) && !is_call(i);
}

/* Constants are left out: they hold the numbers of maps, and addresses. */
static int is_alike(const struct answer *a, const struct answer *b)
{
	int i;

	if (a->length != b->length)
		return 0;
	for (i = 0; i < a->length; i++) {
		const struct bpf_insn *x = &a->code[i], *y = &b->code[i];

		if (x->code != y->code || x->dst_reg != y->dst_reg || x->src_reg != y->src_reg ||
		    x->off != y->off || (is_call(x) && x->imm != y->imm))
			return 0;
	}
	return 1;
}

/*
 * Of what stands for one instruction. A call behind a jump is made or not: nobody knows from here.
 */
static int count_calls(const struct bpf_insn *from, const struct bpf_insn *to)
{
	int calls = 0, jumped = 0;

	for (; from < to; from++) {
		if (is_call(from) && jumped)
			return CALLS_UNKNOWN;
		calls += is_call(from);
		jumped |= is_jump(from);
	}
	return calls;
}

static const char *why_unknown(const struct answer *a, const struct answer *same)
{
	if (!a->length || !same->length)
		return "the kernel does not show it";
	if (!a->line_count || a->lines[0].insn_off)
		return "the kernel kept no lines of it";
	if (!is_alike(a, same))
		return "it differs from that of the program that is measured";
	return NULL;
}

/* What has no line any more was removed, since it is never reached; and no call should be. */
static void set_calls(struct translated *t, const struct answer *a)
{
	int i, end;
	__u32 which;

	for (i = 0; i < t->length; i++)
		t->calls[i] = is_call(&t->code[i]) ? CALLS_UNKNOWN : 0;
	for (i = 0; i < a->line_count; i++) {
		end = i + 1 < a->line_count ? (int)a->lines[i + 1].insn_off : a->length;
		which = a->lines[i].line_col;
		if ((int)which >= t->length || end > a->length)
			refuse("%s: the kernel speaks of instructions that are not there", t->name);
		t->calls[which] = count_calls(a->code + a->lines[i].insn_off, a->code + end);
	}
}

static void set_unknown(struct translated *t, const char *why)
{
	int i;

	fprintf(stderr, "bench: calls of %s are not counted: its translation: %s\n", t->name, why);
	for (i = 0; i < t->length; i++)
		t->calls[i] = CALLS_UNKNOWN;
}

const struct translated *translated_of(const char *name, int program, int same)
{
	struct translated *t = programs;
	struct answer a = ask(program), b = ask(same);
	const char *why = why_unknown(&a, &b);

	while (t < programs + program_count && strcmp(t->name, name) != 0)
		t++;
	if (t == programs + program_count)
		refuse("%s was not loaded with numbers", name);
	if (why)
		set_unknown(t, why);
	else
		set_calls(t, &a);
	free_answer(&a);
	free_answer(&b);
	return t;
}
