/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The native engine for two CPUs; compiled so that scheduler.c may stop it at each access. */
#define NATIVE_CPUS 2
#include "../../../bpf/native/engine.c"
