/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A fleet in a few words: rows as Prometheus would answer them, and the picture made of them. */
#ifndef FLEET_SCENE_H
#define FLEET_SCENE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "fleet/rank.h"

#include <stdio.h>
#include <string.h>

#define FLEET_ROWS 256

static struct fleet_row fleet_rows[FLEET_ROWS];
static char fleet_names[FLEET_ROWS][16];
static size_t fleet_row_count;
static struct fleet fleet;

static inline struct fleet_row *fleet_add(enum fleet_row_kind kind, const char *instance,
					  const char *resolver, const char *word)
{
	struct fleet_row *row = &fleet_rows[fleet_row_count++];

	assert_true(fleet_row_count <= FLEET_ROWS);
	*row = (struct fleet_row){.kind = kind,
				  .job = "j",
				  .instance = instance,
				  .resolver = resolver,
				  .port = "53",
				  .transport = "udp",
				  .origin = "host",
				  .word = word};
	return row;
}

/* Hosts numbered from `first` on. */
static inline void fleet_see(unsigned int first, unsigned int count, const char *resolver,
			     const char *state, const char *cause)
{
	unsigned int i;

	for (i = first; i < first + count; i++) {
		snprintf(fleet_names[i], sizeof(fleet_names[i]), "host%02u", i);
		fleet_add(FLEET_STATE, fleet_names[i], resolver, state);
		if (cause)
			fleet_add(FLEET_CAUSE, fleet_names[i], resolver, cause);
	}
}

static inline void fleet_sums(const char *resolver, double failed, double settled)
{
	fleet_add(FLEET_FAILED, "", resolver, "")->value = failed;
	fleet_add(FLEET_SETTLED, "", resolver, "")->value = settled;
}

static inline void fleet_ranked(void)
{
	assert_int_equal(fleet_rank(fleet_rows, fleet_row_count, &fleet), 0);
}

static inline int fleet_begin(void **state)
{
	fleet_row_count = 0;
	return 0;
}

static inline int fleet_end(void **state)
{
	fleet_free(&fleet);
	return 0;
}

#define fleet_test(f) cmocka_unit_test_setup_teardown(f, fleet_begin, fleet_end)

#endif
