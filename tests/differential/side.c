/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the sides have in common. */
#include "side.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void side_fail(const char *what)
{
	fprintf(stderr, "differential: %s: %s\n", what, strerror(errno));
	exit(2);
}

static int by_key(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(((struct side_resolver *)0)->key));
}

void side_sort(struct side_totals *t)
{
	qsort(t->resolvers, t->count, sizeof(*t->resolvers), by_key);
}

void side_test_run(int program, const struct frame *f, uint32_t ifindex)
{
	struct __sk_buff context = {.ifindex = ifindex, .gso_size = f->gso_size};
	LIBBPF_OPTS(bpf_test_run_opts, o, .data_in = f->bytes, .data_size_in = f->length,
		    .ctx_in = &context, .ctx_size_in = sizeof(context));

	if (bpf_prog_test_run_opts(program, &o))
		side_fail("test run");
}
