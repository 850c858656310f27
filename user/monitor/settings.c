/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Settings checked and turned into the configuration of the engine. */
#include "monitor/settings.h"

#include "util/log.h"
#include "util/address.h"
#include "util/clock.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct settings settings_default = {
	.timeout_s = (double)TIMEOUT_DEFAULT_NS / NS_PER_S,
	.max_resolvers = RESOLVERS_DEFAULT,
	.max_in_flight = IN_FLIGHT_DEFAULT,
	.max_streams = STREAMS_DEFAULT,
	.failure_threshold = 0.05,
	.error_threshold = 0.5,
};

/* Checks what the kernel allows in a name, but for commas, which separate names. */
int interface_option_check(const char *text, char why[OPTION_WHY_SIZE])
{
	if (strlen(text) < IF_NAMESIZE && !strpbrk(text, "/:") && strcmp(text, ".") != 0 &&
	    strcmp(text, "..") != 0)
		return 0;
	snprintf(why, OPTION_WHY_SIZE,
		 "'%.100s' is not the name of an interface: at most %d characters, without / and :",
		 text, IF_NAMESIZE - 1);
	return -EINVAL;
}

/* Words of options that are yes or no: an interface could have such a name, but a mistake has it.
 */
static bool is_yes_or_no(const char *text)
{
	static const char *const words[] = {"yes", "no", "true", "false", "on", "off"};
	size_t i;

	for (i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (strcasecmp(text, words[i]) == 0)
			return true;
	return false;
}

#define PATTERN_MAX 64 /* room for sets like [0-9] in a name of 15 characters */

/*
 * Returns why no interface that could be a guest's has a name that fits the pattern; NULL: one can.
 * fnmatch(3) takes a set without an end as ordinary characters, and a name with it is a mistake.
 */
static const char *guest_pattern_fault(const char *text)
{
	const char *set = strchr(text, '[');

	if (strlen(text) >= PATTERN_MAX || strpbrk(text, "/:") || strcmp(text, ".") == 0 ||
	    strcmp(text, "..") == 0)
		return "not a pattern of names of interfaces: at most 63 characters, without / "
		       "and :";
	if (set && !strchr(set, ']'))
		return "not a pattern of names of interfaces: the set that [ begins needs a ]";
	if (strlen(text) >= IF_NAMESIZE && !strpbrk(text, "*?["))
		return "not the name of an interface: at most 15 characters";
	if (is_yes_or_no(text))
		return "no name of an interface: write auto for all guests, or leave guests out";
	if (strcmp(text, "lo") == 0)
		return "never a guest's interface; it is watched without --guests";
	return NULL;
}

int guests_option_check(const char *text, char why[OPTION_WHY_SIZE])
{
	const char *fault = guest_pattern_fault(text);

	if (!fault)
		return 0;
	snprintf(why, OPTION_WHY_SIZE, "'%.70s' is %s", text, fault);
	return -EINVAL;
}

_Static_assert(PATTERN_MAX == 64 && IF_NAMESIZE == 16, "the numbers in guest_pattern_fault()");

int settings_config(const struct settings *s, struct engine_config *ret)
{
	size_t i;

	memset(ret, 0, sizeof(*ret));
	ret->timeout_ns = s->timeout_s * NS_PER_S;
	ret->max_resolvers = s->max_resolvers;
	ret->max_in_flight = s->max_in_flight;
	ret->max_streams = s->max_streams;
	ret->short_quotes = !s->no_short_quotes;
	ret->askers = s->askers;
	ret->guests = s->guests.count > 0;
	if (s->ports.count > PORTS_MAX) {
		log_error("--port: at most %d ports can be watched", PORTS_MAX);
		return -EINVAL;
	}
	ret->port_count = s->ports.count ? s->ports.count : 1;
	ret->ports[0] = htons(DNS_PORT);
	for (i = 0; i < s->ports.count; i++)
		ret->ports[i] = htons(atoi(s->ports.items[i]));
	return 0;
}

/* Sets port 53 to the first watched port. Returns 0, or -EDOM: the port is not watched. */
static int resolver_set_watched_port(const struct engine_config *c, struct resolver_key *key)
{
	__u32 i;

	for (i = 0; i < c->port_count; i++) {
		if (c->ports[i] == key->port)
			return 0;
	}
	if (key->port == htons(DNS_PORT)) {
		key->port = c->ports[0];
		return 0;
	}
	return -EDOM;
}

int settings_resolvers(const struct settings *s, const struct engine_config *config,
		       struct resolver_key to[OPTION_LIST_MAX])
{
	const struct option_list *list = &s->resolvers;
	size_t i;
	int err;

	for (i = 0; i < list->count; i++) {
		err = resolver_parse(list->items[i], &to[i]);
		if (err) /* it was one when it was read */
			return options_refuse("resolver", list->where[i],
					      "the interface of '%s' is gone", list->items[i]);
		if (resolver_set_watched_port(config, &to[i]))
			return options_refuse("resolver", list->where[i],
					      "port %u of '%s' is not watched; add %sport %u",
					      ntohs(to[i].port), list->items[i],
					      list->where[i] ? "" : "--", ntohs(to[i].port));
	}
	return list->count;
}

struct thresholds settings_thresholds(const struct settings *s)
{
	struct thresholds t = thresholds_default;

	t.failure = s->failure_threshold;
	t.error = s->error_threshold;
	return t;
}
