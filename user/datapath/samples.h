/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Reads the ring of samples that the kernel side sends. */
#ifndef DATAPATH_SAMPLES_H
#define DATAPATH_SAMPLES_H

#include <dnsreach.h>

struct sample_reader;

typedef void sample_fn(const struct sample *sample, void *context);

/* Returns 0 and *ret, to be freed with samples_close(), or -errno. */
int samples_open(int ring_fd, sample_fn *f, void *context, struct sample_reader **ret);

/* Calls f for each that has come in since. Returns 0 or -errno. */
int samples_read(struct sample_reader *r);

void samples_close(struct sample_reader *r); /* NULL is fine */

#endif
