/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* See into.h. */
#include "into.h"

#include "measure.h"

#include <bpf/bpf.h>

void open_into(struct into *i, int program)
{
	__u32 zero = 0;

	i->object = vary__open_and_load();
	if (!i->object)
		fail("cannot load the bench programs");
	i->vary = bpf_program__fd(i->object->progs.vary);
	i->nothing = bpf_program__fd(i->object->progs.nothing);
	if (!program)
		program = i->nothing;
	if (bpf_map_update_elem(bpf_map__fd(i->object->maps.next), &zero, &program, BPF_ANY))
		fail("tail call");
}
