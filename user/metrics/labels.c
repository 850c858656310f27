// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Labels are made before the first family is visited, so that memory can only run out while nothing
 * has been written yet.
 */
#include "metrics/labels.h"

#include "health/counters.h"
#include "util/address.h"
#include "util/text.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void labelled_resolver_init(struct labelled_resolver *resolver,
				   const struct resolver_snapshot *now)
{
	char address[ADDRESS_TEXT_SIZE];

	resolver->now = now;
	resolver->other = resolver_is_other(&now->key);
	if (resolver->other) {
		strcpy(resolver->address, "other");
		resolver->origin = "";
		resolver->transport =
			resolver_is_connects(&now->key) ? transport_text(now->key.transport) : "";
		return;
	}
	address_text(&now->key.address, now->key.scope, address);
	utf8_replace_invalid(address, resolver->address, sizeof(resolver->address));
	snprintf(resolver->port, sizeof(resolver->port), "%u", ntohs(now->key.port));
	resolver->transport = transport_text(now->key.transport);
	resolver->origin = origin_text(now->key.origin);
	if (counters_asked(&now->counters) || counters_settled(&now->counters))
		resolver->state = STATE_PENDING;
}

static int compare_keys(const struct resolver_snapshot *a, const struct resolver_snapshot *b)
{
	return memcmp(&a->key, &b->key, sizeof(a->key));
}

/*
 * Sets the verdict. Both lists are sorted by key, so that `*next` only moves forward. A resolver
 * that the last tick did not know yet is pending once it was asked, else idle.
 */
static void labelled_resolver_set_verdict(struct labelled_resolver *resolver,
					  const struct status *status, size_t *next)
{
	const struct resolver_status *judged;

	while (status && *next < status->count) {
		int order = compare_keys(status->resolvers[*next].now, resolver->now);

		if (order > 0)
			return;
		judged = &status->resolvers[(*next)++];
		if (order)
			continue;
		resolver->state = judged->state;
		resolver->cause = judged->cause;
		resolver->forged = judged->forged;
		return;
	}
}

static int compare_labels(const void *a, const void *b)
{
	const struct labelled_resolver *x = *(struct labelled_resolver *const *)a,
				       *y = *(struct labelled_resolver *const *)b;
	int order = strcmp(x->address, y->address);

	if (!order)
		order = strcmp(x->port, y->port);
	if (!order)
		order = strcmp(x->transport, y->transport);
	return order ? order : strcmp(x->origin, y->origin);
}

/*
 * Appends "/SCOPE" to addresses that print alike although their scopes differ: an interface was
 * renamed to the number of one that is gone, or its name is not UTF-8. No interface name has a '/'.
 */
static void append_scopes(struct labelled_resolver **scoped, size_t count)
{
	size_t first, end, i;

	qsort(scoped, count, sizeof(*scoped), compare_labels);
	for (first = 0; first < count; first = end) {
		for (end = first + 1; end < count; end++)
			if (compare_labels(&scoped[first], &scoped[end]))
				break;
		for (i = first; end - first > 1 && i < end; i++) {
			size_t used = strlen(scoped[i]->address);

			snprintf(scoped[i]->address + used, LABEL_ADDRESS_SIZE - used, "/%u",
				 scoped[i]->now->key.scope);
		}
	}
}

/* Returns 0 or -ENOMEM. */
static int make_labels_unique(struct labelled_resolvers *resolvers)
{
	struct labelled_resolver **scoped;
	size_t i, count = 0;

	for (i = 0; i < resolvers->count; i++)
		count += resolvers->each[i].now->key.scope != 0;
	if (count < 2)
		return 0;
	scoped = malloc(count * sizeof(struct labelled_resolver *));
	if (!scoped)
		return -ENOMEM;
	for (i = 0, count = 0; i < resolvers->count; i++)
		if (resolvers->each[i].now->key.scope)
			scoped[count++] = &resolvers->each[i];
	append_scopes(scoped, count);
	free(scoped);
	return 0;
}

int labelled_resolvers_init(const struct snapshot *now, size_t first, size_t end,
			    const struct status *status, struct labelled_resolvers *ret)
{
	size_t i, next = 0;
	int err;

	ret->count = 0;
	ret->each = calloc(end - first + 1, sizeof(*ret->each));
	if (!ret->each)
		return -ENOMEM;
	for (i = first; i < end; i++) {
		struct labelled_resolver *resolver = &ret->each[ret->count];

		if (i && !compare_keys(&now->resolvers[i - 1], &now->resolvers[i]))
			continue; /* the map was read during an insert, one key twice */
		labelled_resolver_init(resolver, &now->resolvers[i]);
		labelled_resolver_set_verdict(resolver, status, &next);
		ret->count++;
	}
	err = make_labels_unique(ret);
	if (err)
		free(ret->each);
	return err;
}

static int compare_interfaces(const void *a, const void *b)
{
	const struct labelled_interface *x = a, *y = b;
	int order = strcmp(x->name, y->name);

	return order ? order : strcmp(x->hook, y->hook);
}

int labelled_interfaces_init(const struct status *status, struct labelled_interfaces *ret)
{
	size_t i, count = status ? status->interface_count : 0, named = 0;
	char name[sizeof(status->interfaces->name) + 1];

	ret->count = ret->guests = 0;
	ret->each = calloc(count + 1, sizeof(*ret->each));
	if (!ret->each)
		return -ENOMEM;
	for (i = 0; i < count; i++) {
		if (status->interfaces[i].origins & 1U << ORIGIN_GUEST) {
			ret->guests++;
			continue;
		}
		snprintf(name, sizeof(name), "%.16s", status->interfaces[i].name);
		utf8_replace_invalid(name, ret->each[named].name, sizeof(ret->each[named].name));
		ret->each[named++].hook = status->interfaces[i].hook;
	}
	qsort(ret->each, named, sizeof(*ret->each), compare_interfaces);
	for (i = 0; i < named; i++)
		if (!i || compare_interfaces(&ret->each[ret->count - 1], &ret->each[i]))
			ret->each[ret->count++] = ret->each[i];
	return 0;
}
