/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Whose packets count in a recording: those of clients in some prefixes, or everybody's. */
#ifndef MONITOR_PREFIX_FILTER_H
#define MONITOR_PREFIX_FILTER_H

#include "util/options.h"
#include "capture/source.h"

#include <dnsreach.h>

struct local_prefixes {
	struct {
		struct ip_address address;
		unsigned length; /* bits, of 128 */
	} of[OPTION_LIST_MAX];
	size_t count; /* 0: everybody */
};

/* Returns 0, or -EINVAL after a message. */
int local_read(const struct option_list *list, struct local_prefixes *ret);

/* Its source, or its destination, is in a prefix. */
int local_sends(const struct local_prefixes *l, const struct captured *c);
int local_receives(const struct local_prefixes *l, const struct captured *c);

#endif
