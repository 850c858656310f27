/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The sentences of each cause that do not depend on numbers. */
#ifndef REPORT_CAUSE_TEXT_H
#define REPORT_CAUSE_TEXT_H

#include "health/status.h"

#define CAUSE_SENTENCES_MAX 4

struct cause_text {
	const char *brief;   /* follows "The likely cause is X: " */
	const char *meaning; /* a sentence or two for the operator */
	const char *next;    /* the one thing to do, follows "Next step: " */
	const char *alternatives[CAUSE_SENTENCES_MAX], *confirmed_by[CAUSE_SENTENCES_MAX];
};

/* Returns the sentences of a cause; of CAUSE_NONE too. */
const struct cause_text *cause_text(enum cause cause);

#endif
