/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Whose packets count in a recording: those of clients in some prefixes, or everybody's. */
#ifndef MONITOR_PREFIX_FILTER_H
#define MONITOR_PREFIX_FILTER_H

#include "util/options.h"
#include "capture/source.h"

#include <dnsreach.h>

struct prefix_filter_prefixes {
	struct {
		struct ip_address address;
		unsigned length; /* bits, of 128 */
	} of[OPTION_LIST_MAX];
	size_t count; /* 0: everybody */
};

/* Returns 0, or -EINVAL after a message. */
int prefix_filter_read(const struct option_list *list, struct prefix_filter_prefixes *ret);

/* Its source, or its destination, is in a prefix. */
int prefix_filter_sends(const struct prefix_filter_prefixes *l, const struct captured *c);
int prefix_filter_receives(const struct prefix_filter_prefixes *l, const struct captured *c);

#endif
