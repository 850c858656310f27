/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* See samples.h. */
#include "datapath/samples.h"

#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>

struct sample_reader {
	struct ring_buffer *ring;
	sample_fn *f;
	void *context;
};

static int on_record(void *context, void *record, size_t size)
{
	struct sample_reader *r = context;

	if (size >= sizeof(struct sample))
		r->f(record, r->context);
	return 0;
}

int samples_open(int ring_fd, sample_fn *f, void *context, struct sample_reader **ret)
{
	struct sample_reader *r = calloc(1, sizeof(*r));

	if (!r)
		return -ENOMEM;
	r->f = f;
	r->context = context;
	r->ring = ring_buffer__new(ring_fd, on_record, r, NULL);
	if (!r->ring) {
		free(r);
		return -errno;
	}
	*ret = r;
	return 0;
}

int samples_read(struct sample_reader *r)
{
	int n = ring_buffer__consume(r->ring);

	return n < 0 ? n : 0;
}

void samples_close(struct sample_reader *r)
{
	if (!r)
		return;
	ring_buffer__free(r->ring);
	free(r);
}
