/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Which of the model's askers have rows. The engine tells which got one, since its index may have
 * no free word within reach; the model holds it to its rules: a row is given when one is free, for
 * good until it is left, to one asker at a time. A row that is left counts on for transactions that
 * are open, and then its counts are moved, to an asker of the same resolver or to former askers.
 */
#ifndef MODEL_ROWS_H
#define MODEL_ROWS_H

#include "askers.h"
#include "model.h"

/* Tests for the connects beyond the most resolvers. The engine tells no askers of theirs. */
int has_no_askers(const struct resolver_key *key);

/*
 * Returns the row that a lookup of this asker finds; 0: none. Sets *first: those that got rows
 * earlier have a lower one.
 */
typedef uint32_t asker_number_fn(const struct resolver_key *resolver, uint64_t cgroup,
				 uint64_t *first);
/* After each packet: those that asked without a row may have got one. */
void model_settle_askers(struct model *m, asker_number_fn *number_of);

enum command_done {
	COMMAND_IGNORED,
	COMMAND_LEFT,
	COMMAND_TO_HEIR,
	COMMAND_TO_FORMER,
	COMMAND_MAX
};
/* The next sweep carries this out, before it ends transactions. Returns what was done. */
enum command_done model_asker_command(struct model *m, const struct asker_command *command);
/* Sets is_open[number] for each row with an open transaction. */
void model_open_rows(const struct model *m, uint8_t is_open[ASKERS_MAX + 1]);

const struct asker_list *model_asker_list(const struct model *m);
/* The counts of former askers of the i-th entry. */
const struct asker_counters *model_former(const struct model *m, unsigned i);

#endif
