/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What vary.bpf.c is told. */
#ifndef VARY_H
#define VARY_H

struct varying {
	unsigned long long n; /* packets so far */
	unsigned int port_at, id_at;
	unsigned int first_port;
	unsigned int port_shift; /* each port 2^shift times */
};

#endif
