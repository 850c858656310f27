/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The first transactions of one resolver with their outcomes, for a report about too few of them.
 * Examples, never a count.
 */
#ifndef HEALTH_EXCERPT_H
#define HEALTH_EXCERPT_H

#include "health/incident.h"

#define EXCERPT_TRANSACTIONS 8

enum excerpt_outcome {
	EXCERPT_OPEN,
	EXCERPT_ANSWERED,
	EXCERPT_UNREACHABLE,
	EXCERPT_UNSENT,
	EXCERPT_TIMED_OUT
};

struct excerpt_transaction {
	__u64 sent_ns;	  /* of its first query; all times are since 1970-01-01 */
	__u64 outcome_ns; /* 0: open */
	__u64 late_ns;	  /* of what came after the timeout; 0: nothing did */
	__u64 queries;
	struct ip_address client;
	__u16 client_port; /* network order */
	__u16 type;
	char name[NAME_TEXT_SIZE]; /* escaped; "": not known */
	enum excerpt_outcome outcome;
	__u8 rcode;			 /* of an answer, a late one too */
	struct incident_message message; /* the ICMP message, a late one too; wall_ns 0: none */
};

struct excerpt {
	struct resolver_key resolver;
	struct excerpt_transaction transactions[EXCERPT_TRANSACTIONS];
	size_t count;
	int more; /* there were others */
};

#endif
