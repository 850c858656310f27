/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The sentences of each cause that do not depend on numbers. */
#ifndef REPORT_CAUSE_TEXT_H
#define REPORT_CAUSE_TEXT_H

#include "health/incident.h"

#define CAUSE_SENTENCES_MAX 4

struct cause_text {
	const char *brief;   /* follows "The likely cause is X: " */
	const char *meaning; /* a sentence or two for the operator */
	const char *next;    /* the one thing to do, follows "Next step: " */
	const char *alternatives[CAUSE_SENTENCES_MAX], *confirmed_by[CAUSE_SENTENCES_MAX];
};

/*
 * Returns 1 for the cause port-closed of an incident in which no message says that a port is
 * closed: the resolver's own address sent ICMP of reason `other`. No row of the table of causes
 * fits that.
 */
int cause_is_nearest(const struct incident *incident);

/* Returns the sentences of an incident's cause; of CAUSE_NONE too. */
const struct cause_text *cause_text_of(const struct incident *incident);

#endif
