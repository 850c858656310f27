/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The latest query of each client to each resolver and port, for lines that do not tell which they
 * are about. A bounded number: the oldest of a few gives way.
 */
#ifndef CAPTURE_TEXT_PAIRS_H
#define CAPTURE_TEXT_PAIRS_H

#include "capture/text_entry.h"

#define PAIR_SETS 512
#define PAIR_WAYS PORTS_MAX /* so that all ports of one pair find room */
#define CLIENTS 1024

struct text_query {
	struct text_side client, resolver;
	struct text_dns dns;
	__u64 number; /* counts up from 1; 0: free */
};

struct text_pairs {
	__u64 latest;
	struct text_query queries[PAIR_SETS][PAIR_WAYS];
	struct text_query *of_client[CLIENTS]; /* the latest one; NULL: none */
};

void text_pairs_note(struct text_pairs *p, const struct text_side *client,
		     const struct text_side *resolver, const struct text_dns *dns);

/* Any port with port 0. NULL: none is known. */
const struct text_query *text_pairs_find(const struct text_pairs *p,
					 const struct ip_address *client,
					 const struct ip_address *resolver, __u16 port);

/* To any resolver. */
const struct text_query *text_pairs_of_client(const struct text_pairs *p,
					      const struct ip_address *client);

#endif
