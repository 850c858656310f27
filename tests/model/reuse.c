/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* See reuse.h. */
#include "reuse.h"

#include <string.h>

static unsigned below(uint64_t *random, unsigned n)
{
	return random_next(random) % n;
}

/* Most often one of the same resolver, which may be about to lose its row, too. */
static uint32_t choose_heir(uint64_t *random, const struct engine_counts *counts,
			    const struct engine_asker *asker)
{
	unsigned start = below(random, counts->asker_count), i;
	const struct engine_asker *heir = &counts->askers[start];

	if (below(random, 100) < 20)
		return below(random, 2) ? heir->number : 0;
	for (i = 0; i < counts->asker_count; i++) {
		heir = &counts->askers[(start + i) % counts->asker_count];
		if (heir->number && heir->number != asker->number &&
		    !memcmp(&heir->resolver, &asker->resolver, sizeof(heir->resolver)))
			return heir->number;
	}
	return 0;
}

/* Returns 0 when nothing is to be done with this row. */
static int choose(uint64_t *random, const struct engine_counts *counts, const uint8_t *is_open,
		  const struct engine_asker *asker, struct asker_command *ret)
{
	unsigned n = below(random, 1000);

	if (!asker->number)
		return 0;
	*ret = (struct asker_command){.number = asker->number};
	if (!asker->is_unlinked ? n < 20 : n < 10)
		return 1;
	if (asker->is_unlinked ? is_open[asker->number] || n > 500 : n > 22)
		return 0;
	ret->is_move = 1;
	ret->to = choose_heir(random, counts, asker);
	ret->counts = asker->counters;
	return 1;
}

static void give(struct model *m, const struct asker_command *command, struct reuse_counts *n)
{
	engine_asker_command(command);
	n->of[model_asker_command(m, command)]++;
}

void reuse_rows(uint64_t *random, struct model *m, const struct engine_counts *counts,
		struct reuse_counts *n)
{
	static const uint32_t no_rows[] = {0, ASKERS_MAX + 1, ~0U};
	unsigned room = ASKER_COMMANDS - 1, start, i;
	uint8_t is_open[ASKERS_MAX + 1];
	struct asker_command command;

	if (!counts->asker_count)
		return;
	model_open_rows(m, is_open);
	command = (struct asker_command){.number = no_rows[below(random, 3)],
					 .is_move = below(random, 2)};
	give(m, &command, n);
	start = below(random, counts->asker_count);
	for (i = 0; i < counts->asker_count && room; i++) {
		if (!choose(random, counts, is_open,
			    &counts->askers[(start + i) % counts->asker_count], &command))
			continue;
		give(m, &command, n);
		if (--room && below(random, 100) < 5) { /* twice: it is done once */
			give(m, &command, n);
			room--;
		}
	}
}
