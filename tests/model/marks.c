/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* See marks.h. */
#include "marks.h"

#include "../../bpf/native/native.h"
#include "compare.h"

#include <stdlib.h>
#include <string.h>

#define MARKS_MOST 65536 /* more than an episode has packets */

static struct mark {
	struct transaction_key key;
	uint64_t opened; /* 0: this place is free */
} marks[MARKS_MOST];

static struct model *model;
static uint64_t without_transaction, timed_out, timed_out_before;

/* Returns where this transaction is, or the place for it. */
static struct mark *mark_of(const struct transaction_key *key, uint64_t opened)
{
	unsigned i = (opened * 0x9e3779b97f4a7c15ULL) >> 48, tries;

	for (tries = 0; tries < MARKS_MOST; tries++, i = (i + 1) % MARKS_MOST) {
		if (!marks[i].opened ||
		    (marks[i].opened == opened && !memcmp(&marks[i].key, key, sizeof(*key))))
			return &marks[i];
	}
	abort();
}

static void on_sample(const struct sample *s, void *context)
{
	struct mark *mark;

	(void)context;
	if (s->kind != SAMPLE_QUERY && s->kind != SAMPLE_TIMED_OUT)
		return;
	mark = mark_of(&s->key, s->opened_ns);
	if (s->kind == SAMPLE_TIMED_OUT) {
		timed_out += mark->opened != 0;
		return;
	}
	if (!model_mark(model, &s->key, s->opened_ns))
		without_transaction++;
	*mark = (struct mark){.key = s->key, .opened = s->opened_ns};
}

void marks_start(struct model *m)
{
	memset(marks, 0, sizeof(marks));
	model = m;
	timed_out_before += timed_out;
	timed_out = without_transaction = 0;
	native_on_sample(on_sample, NULL);
}

/* The engine may have more: of one of the same key that was opened at the same time, unmarked. */
int compare_marks(const struct model *m, int quiet)
{
	return differ("samples", "of queries that opened nothing", without_transaction, 0, quiet) +
	       (timed_out < model_marked_timed_out(m) &&
		differ("samples", "of sampled queries that timed out", timed_out,
		       model_marked_timed_out(m), quiet));
}

uint64_t marks_timed_out(void)
{
	return timed_out_before + timed_out;
}
