/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Other names for what the plain engine exports: it is linked beside the one in bpf/. */
#define native_start plain_start
#define native_stop plain_stop
#define native_reserve plain_reserve
#define native_queries plain_queries
#define native_outcomes plain_outcomes
#define native_sweep plain_sweep
#define native_set_tagged plain_set_tagged
#define native_set_scope plain_set_scope
#define native_on_sample plain_on_sample
#define native_samples_dropped plain_samples_dropped
#define native_each_resolver plain_each_resolver
#define native_each_transaction plain_each_transaction
#define native_self plain_self
#define native_map_empty plain_map_empty
#define native_lookup plain_lookup
#define native_update plain_update
#define native_delete plain_delete
#define native_for_each plain_for_each
#define native_ring_reserve plain_ring_reserve
#define native_ring_submit plain_ring_submit
#define kernel_clock plain_kernel_clock
