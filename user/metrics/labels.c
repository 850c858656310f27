// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The labels of resolvers and interfaces: valid UTF-8, and no two alike. Names of interfaces are
 * what makes that hard: they may hold any byte but '/', ':' and white space, and they change.
 */
#include "metrics/metrics_parts.h"

#include "util/text.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void label(struct labelled *resolver, const struct resolver_snapshot *now)
{
	char address[ADDRESS_TEXT_SIZE];

	resolver->now = now;
	resolver->other = resolver_is_other(&now->key);
	if (resolver->other) {
		strcpy(resolver->address, "other");
		resolver->transport = "";
		return;
	}
	address_text(&now->key.address, now->key.scope, address);
	utf8_replace_invalid(address, resolver->address, sizeof(resolver->address));
	snprintf(resolver->port, sizeof(resolver->port), "%u", ntohs(now->key.port));
	resolver->transport = transport_text(now->key.transport);
}

static int compare_keys(const struct resolver_snapshot *a, const struct resolver_snapshot *b)
{
	return memcmp(&a->key, &b->key, sizeof(a->key));
}

/* Both are in the order of keys: `*next` only goes forward. One that is not known yet is idle. */
static void judge(struct labelled *resolver, const struct status *status, size_t *next)
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

static int by_labels(const void *a, const void *b)
{
	const struct labelled *x = *(struct labelled *const *)a, *y = *(struct labelled *const *)b;
	int order = strcmp(x->address, y->address);

	return order ? order : strcmp(x->port, y->port);
}

/*
 * Those that print alike although their scopes differ (an interface was renamed to the number of
 * one that is gone, or its name is no UTF-8) get the scope behind a '/', which is in no name.
 */
static void tell_apart(struct labelled **scoped, size_t count)
{
	size_t first, end, i;

	qsort(scoped, count, sizeof(*scoped), by_labels);
	for (first = 0; first < count; first = end) {
		for (end = first + 1; end < count; end++)
			if (by_labels(&scoped[first], &scoped[end]))
				break;
		for (i = first; end - first > 1 && i < end; i++) {
			size_t used = strlen(scoped[i]->address);

			snprintf(scoped[i]->address + used, LABEL_ADDRESS_SIZE - used, "/%u",
				 scoped[i]->now->key.scope);
		}
	}
}

static int tell_scoped_apart(struct labelled_resolvers *resolvers)
{
	struct labelled **scoped;
	size_t i, count = 0;

	for (i = 0; i < resolvers->count; i++)
		count += resolvers->each[i].now->key.scope != 0;
	if (count < 2)
		return 0;
	scoped = malloc(count * sizeof(struct labelled *));
	if (!scoped)
		return -ENOMEM;
	for (i = 0, count = 0; i < resolvers->count; i++)
		if (resolvers->each[i].now->key.scope)
			scoped[count++] = &resolvers->each[i];
	tell_apart(scoped, count);
	free(scoped);
	return 0;
}

int labelled_make(const struct metrics_source *source, struct labelled_resolvers *ret)
{
	const struct snapshot *now = source->now;
	size_t i, next = 0;
	int err;

	ret->count = 0;
	ret->each = calloc(now->count + 1, sizeof(*ret->each));
	if (!ret->each)
		return -ENOMEM;
	for (i = 0; i < now->count; i++) {
		struct labelled *resolver = &ret->each[ret->count];

		if (i && !compare_keys(&now->resolvers[i - 1], &now->resolvers[i]))
			continue; /* read twice */
		label(resolver, &now->resolvers[i]);
		judge(resolver, source->status, &next);
		ret->count++;
	}
	err = tell_scoped_apart(ret);
	if (err)
		free(ret->each);
	return err;
}

static int by_name_and_hook(const void *a, const void *b)
{
	const struct attached *x = a, *y = b;
	int order = strcmp(x->name, y->name);

	return order ? order : strcmp(x->hook, y->hook);
}

/* Interfaces that print alike are one: the status holds nothing to tell them apart by. */
int attached_make(const struct status *status, struct attached_interfaces *ret)
{
	size_t i, count = status ? status->interface_count : 0;
	char name[sizeof(status->interfaces->name) + 1];

	ret->count = 0;
	ret->each = calloc(count + 1, sizeof(*ret->each));
	if (!ret->each)
		return -ENOMEM;
	for (i = 0; i < count; i++) {
		snprintf(name, sizeof(name), "%.16s", status->interfaces[i].name);
		utf8_replace_invalid(name, ret->each[i].name, sizeof(ret->each[i].name));
		ret->each[i].hook = status->interfaces[i].hook;
	}
	qsort(ret->each, count, sizeof(*ret->each), by_name_and_hook);
	for (i = 0; i < count; i++)
		if (!i || by_name_and_hook(&ret->each[ret->count - 1], &ret->each[i]))
			ret->each[ret->count++] = ret->each[i];
	return 0;
}
