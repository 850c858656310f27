/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The clients whose packets count in a recording: those in some prefixes, or all. */
#ifndef MONITOR_PREFIX_FILTER_H
#define MONITOR_PREFIX_FILTER_H

#include "util/options.h"
#include "capture/source.h"

#include <dnsreach.h>

struct prefix_filter {
	struct {
		struct ip_address address;
		unsigned length; /* bits, of 128 */
	} of[OPTION_LIST_MAX];
	size_t count; /* 0: all clients */
};

/* Parses the values of --local. Returns 0, or -EINVAL after a message. */
int prefix_filter_parse(const struct option_list *list, struct prefix_filter *ret);

/* Return 1 when the source, or the destination, of a packet is in a prefix. */
int prefix_filter_sends(const struct prefix_filter *filter, const struct captured *c);
int prefix_filter_receives(const struct prefix_filter *filter, const struct captured *c);

#endif
