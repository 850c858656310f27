/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What Prometheus is asked for in one query, row by row: query.c asks, answer.c reads, rank.c makes
 * a picture of the fleet from it. All words are others': untrusted until they are made plain.
 */
#ifndef FLEET_ROW_H
#define FLEET_ROW_H

enum fleet_row_kind {
	FLEET_STATE,   /* `word` is the state of a resolver that this host asks */
	FLEET_CAUSE,   /* `word` is the likely cause there */
	FLEET_FAILED,  /* `value` transactions of the job failed within the window */
	FLEET_SETTLED, /* `value` of them settled */
	FLEET_HOST,    /* a host that runs dnsreach */
	FLEET_MISSING, /* a host that ran it, or should, and does not answer */
	FLEET_KINDS,
};

/* The label that tells the parts of the one query apart, and its values. */
#define FLEET_LABEL "dnsreach_fleet"
extern const char *const fleet_row_kinds[FLEET_KINDS];

struct fleet_row {
	enum fleet_row_kind kind;
	const char *job, *instance, *resolver, *port, *transport, *word; /* "": no such label */
	double value;
};

#endif
