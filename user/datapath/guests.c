// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The choice of guests' interfaces. A product inside a container must not take the container's own
 * eth0 for a guest's, which is a veth with its other end elsewhere, too: the default route tells.
 */
#include <fnmatch.h>

#include "datapath/guests.h"
#include "util/log.h"

static bool is_automatic(const char *pattern)
{
	return strcmp(pattern, GUESTS_AUTOMATIC) == 0;
}

/* Returns true for a veth of another namespace or a tap, whatever routes there are. */
static bool link_leads_to_guest(const struct link_info *link)
{
	return (strcmp(link->kind, "veth") == 0 && link->peer_elsewhere) || link->tap;
}

static bool link_fits_pattern(const struct link_info *link, const char *pattern)
{
	if (is_automatic(pattern))
		return link_leads_to_guest(link) && !link->default_route;
	if (strcmp(link->name, "lo") == 0)
		return false;
	if (strcmp(link->name, pattern) == 0)
		return true;
	return !link->default_route && fnmatch(pattern, link->name, 0) == 0;
}

bool link_is_guest(const struct link_info *link, const struct guest_patterns *patterns)
{
	size_t i;

	for (i = 0; i < patterns->count; i++)
		if (link_fits_pattern(link, patterns->all[i]))
			return true;
	return false;
}

/* A port's addresses and routes are its master's, so only others can have a default route. */
bool guests_need_routes(const struct link_list *links, const struct guest_patterns *patterns)
{
	size_t i;

	for (i = 0; i < links->count; i++)
		if (!link_is_enslaved(&links->all[i]) && link_is_guest(&links->all[i], patterns))
			return true;
	return false;
}

void guests_log_missing(const struct link_list *links, const struct guest_patterns *patterns)
{
	struct guest_patterns one = {.count = 1};
	size_t i, link;

	for (i = 0; i < patterns->count; i++) {
		one.all = &patterns->all[i];
		for (link = 0; link < links->count; link++)
			if (link_is_guest(&links->all[link], &one))
				break;
		if (link < links->count)
			continue;
		if (is_automatic(patterns->all[i]))
			log_warn("--guests: no guest's interface is here yet (a veth of another "
				 "network namespace, or a tap); each is watched when it comes");
		else
			log_warn("--guests: no interface fits '%s' yet ('ip link' lists them); "
				 "each is watched when it comes",
				 patterns->all[i]);
	}
}
