/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * One row of Prometheus' answer. query.c writes the query and parses the answer, rank.c computes
 * the state of the fleet. All texts come from outside, and are sanitized when they are printed.
 */
#ifndef FLEET_ROW_H
#define FLEET_ROW_H

enum fleet_row_kind {
	FLEET_STATE,   /* `word` is the state of a resolver that this host asks */
	FLEET_CAUSE,   /* `word` is the likely cause there */
	FLEET_FAILED,  /* `value` transactions of the job failed within the window */
	FLEET_SETTLED, /* `value` of them settled */
	FLEET_HOST,    /* a host that runs dnsreach */
	FLEET_MISSING, /* a host that ran it, or should, and does not answer Prometheus */
	FLEET_KINDS,
};

/* The label that says which part of the query a sample is of, and its values. */
#define FLEET_LABEL "dnsreach_fleet"
extern const char *const fleet_row_kinds[FLEET_KINDS];

struct fleet_row {
	enum fleet_row_kind kind;
	const char *job, *instance, *resolver, *port, *transport, *origin,
		*word; /* "": no such label */
	double value;
};

#endif
