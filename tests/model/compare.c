/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* See compare.h. */
#include "compare.h"

#include "health/counters.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

const char *counter_word(unsigned counter)
{
	static char word[80];
	const struct counter_row *row = &counter_rows[counter];

	snprintf(word, sizeof(word), "%s%s%s", row->group ? row->group : "", row->group ? "." : "",
		 row->name ? row->name : "(not exported)");
	return word;
}

const char *self_word(unsigned counter)
{
	return self_rows[counter].name;
}

const char *resolver_word(const struct resolver_key *key)
{
	static char word[INET6_ADDRSTRLEN + 32];
	char address[INET6_ADDRSTRLEN];

	if (!key->port)
		return key->transport ? "other of connects" : "other";
	inet_ntop(AF_INET6, &key->address, address, sizeof(address));
	snprintf(word, sizeof(word), "%s%%%u port %u%s", address, key->scope, ntohs(key->port),
		 key->origin			  ? ", guest"
		 : key->transport > TRANSPORT_UDP ? ", connects"
						  : "");
	return word;
}

int differ(const char *whose, const char *what, uint64_t engine, uint64_t model, int quiet)
{
	if (engine == model)
		return 0;
	if (!quiet)
		printf("# %s: %s: the engine has %" PRIu64 ", the model %" PRIu64 "\n", whose, what,
		       engine, model);
	return 1;
}

static const struct engine_entry *entry_of(const struct engine_counts *engine,
					   const struct resolver_key *key)
{
	unsigned i;

	for (i = 0; i < engine->entry_count; i++) {
		if (!memcmp(&engine->entries[i].key, key, sizeof(*key)))
			return &engine->entries[i];
	}
	return NULL;
}

/* A rough clock may say less than the time, and two of its times that are one differ by a little.
 */
static int differ_in_time(const char *whose, const char *what, uint64_t engine, uint64_t model,
			  uint64_t slack, int quiet)
{
	if (engine && model && engine + slack >= model && engine <= model + slack)
		return 0;
	return differ(whose, what, engine, model, quiet);
}

/* Not when a failing run began: each CPU has its own, and the order of a sweep is the table's. */
static int compare_moments(const char *whose, const uint64_t *engine, const uint64_t *model,
			   uint64_t slack, int quiet)
{
	return differ_in_time(whose, "last_failure", engine[MOMENT_LAST_FAILURE],
			      model[MOMENT_LAST_FAILURE], slack, quiet) +
	       differ(whose, "last_answered", engine[MOMENT_LAST_ANSWERED],
		      model[MOMENT_LAST_ANSWERED], quiet);
}

static int compare_entry(const struct engine_entry *e, const struct resolver_counters *c,
			 uint64_t in_flight, uint64_t slack, int quiet)
{
	const char *whose;
	char what[64];
	int n = 0, i;

	if (!memcmp(e->counters.n, c->n, sizeof(c->n)) &&
	    !memcmp(e->counters.rtt, c->rtt, sizeof(c->rtt)) &&
	    !memcmp(e->counters.connect_rtt, c->connect_rtt, sizeof(c->connect_rtt)) &&
	    e->in_flight == in_flight &&
	    !compare_moments("", (const uint64_t *)e->counters.at, (const uint64_t *)c->at, slack,
			     1))
		return 0;
	whose = resolver_word(&e->key);
	for (i = 0; i < COUNTER_MAX; i++)
		n += differ(whose, counter_word(i), e->counters.n[i], c->n[i], quiet);
	for (i = 0; i < RTT_BUCKETS; i++) {
		snprintf(what, sizeof(what), "RTT bucket %d", i);
		n += differ(whose, what, e->counters.rtt[i], c->rtt[i], quiet);
		n += differ(whose, what, e->counters.connect_rtt[i], c->connect_rtt[i], quiet);
	}
	n += compare_moments(whose, (const uint64_t *)e->counters.at, (const uint64_t *)c->at,
			     slack, quiet);
	return n + differ(whose, "in_flight", e->in_flight, in_flight, quiet);
}

int compare_counts(const struct engine_counts *engine, const struct model *m, uint64_t slack,
		   int quiet)
{
	const struct resolver_counters *c;
	const struct engine_entry *e;
	struct resolver_key key;
	uint64_t in_flight;
	unsigned i;
	int n = 0;

	for (i = 0; i < model_resolvers(m); i++) {
		c = model_resolver(m, i, &key, &in_flight);
		e = entry_of(engine, &key);
		if (e)
			n += compare_entry(e, c, in_flight, slack, quiet);
		else
			n += differ(resolver_word(&key), "entries", 0, 1, quiet);
	}
	n += differ("self", "entries", engine->entry_count, model_resolvers(m), quiet);
	for (i = 0; i < SELF_MAX; i++)
		n += differ("self", self_word(i), engine->self.n[i], model_self(m)->n[i], quiet);
	return n;
}

void compare_adopt_moments(const struct engine_counts *engine, struct model *m)
{
	const struct engine_entry *e;
	struct resolver_key key;
	uint64_t in_flight;
	unsigned i;

	for (i = 0; i < model_resolvers(m); i++) {
		model_resolver(m, i, &key, &in_flight);
		e = entry_of(engine, &key);
		if (e)
			model_set_moment(m, i, MOMENT_LAST_FAILURE,
					 e->counters.at[MOMENT_LAST_FAILURE]);
	}
}

static int is_beyond(const __u64 *model, const __u64 *engine, unsigned n)
{
	while (n--) {
		if (model[n] > engine[n])
			return 1;
	}
	return 0;
}

int compare_may_become(const struct engine_counts *engine, const struct model *m)
{
	const struct resolver_counters *c;
	const struct engine_entry *e;
	struct resolver_key key;
	uint64_t in_flight;
	unsigned i;

	for (i = 0; i < model_resolvers(m); i++) {
		c = model_resolver(m, i, &key, &in_flight);
		e = entry_of(engine, &key);
		if (!e || is_beyond(c->n, e->counters.n, COUNTER_MAX))
			return 0;
	}
	return !is_beyond(model_self(m)->n, engine->self.n, SELF_MAX);
}

int compare_is_busier(const struct engine_counts *engine, const struct model *m)
{
	return engine->self.n[SELF_BUSY] > model_self(m)->n[SELF_BUSY];
}

static int law(const struct engine_entry *e, int number, uint64_t left, uint64_t right, int quiet)
{
	if (left == right)
		return 0;
	if (!quiet)
		printf("# %s: law %d: %" PRIu64 " is not %" PRIu64 "\n", resolver_word(&e->key),
		       number, left, right);
	return 1;
}

int compare_laws(const struct engine_counts *engine, int quiet)
{
	const struct engine_entry *e;
	uint64_t answered, unreachable;
	const __u64 *n;
	unsigned i;
	int bad = 0;

	for (i = 0; i < engine->entry_count; i++) {
		e = &engine->entries[i];
		n = e->counters.n;
		answered = counters_answered(&e->counters);
		unreachable = counters_unreachable(&e->counters);
		answered += n[COUNTER_CONNECT_REFUSED];
		bad += law(e, 1, n[COUNTER_TRANSACTIONS] + n[COUNTER_CONNECT_OPENED],
			   answered + unreachable + n[COUNTER_TIMED_OUT] +
				   n[COUNTER_CONNECT_TIMED_OUT] + e->in_flight,
			   quiet);
		bad += law(e, 2, n[COUNTER_QUERIES] + n[COUNTER_CONNECT_ATTEMPTS],
			   n[COUNTER_TRANSACTIONS] + n[COUNTER_RETRANSMISSIONS] +
				   n[COUNTER_UNTRACKED] + n[COUNTER_CONNECT_OPENED] +
				   n[COUNTER_CONNECT_RETRANSMISSIONS] +
				   n[COUNTER_CONNECT_UNTRACKED],
			   quiet);
		bad += law(e, 3, n[COUNTER_RESPONSES] + n[COUNTER_CONNECT_ARRIVALS],
			   answered + n[COUNTER_LATE_RESPONSES] + n[COUNTER_UNMATCHED_RESPONSES] +
				   n[COUNTER_CONNECT_LATE] + n[COUNTER_CONNECT_UNMATCHED],
			   quiet);
		bad += law(e, 4, counters_icmp_unreachables(&e->counters),
			   unreachable + n[COUNTER_LATE_UNREACHABLES] +
				   n[COUNTER_UNMATCHED_UNREACHABLES],
			   quiet);
	}
	return bad;
}

/* What no table's size can change. */
int compare_bounds(const struct engine_counts *engine, const struct model *m, uint64_t room,
		   int quiet)
{
	const struct resolver_counters *c;
	const struct engine_entry *e;
	uint64_t in_flight, open = 0;
	struct resolver_key key;
	unsigned i;
	int bad = 0;

	for (i = 0; i < model_resolvers(m); i++) {
		c = model_resolver(m, i, &key, &in_flight);
		e = entry_of(engine, &key);
		if (!e) {
			bad += differ(resolver_word(&key), "entries", 0, 1, quiet);
			continue;
		}
		open += e->in_flight;
		bad += differ(resolver_word(&key), "queries", counters_asked(&e->counters),
			      counters_asked(c), quiet);
		if (!key.transport)
			continue; /* `other`: too_big goes by its transactions */
		bad += differ(resolver_word(&key), "too_big", e->counters.n[COUNTER_TOO_BIG],
			      c->n[COUNTER_TOO_BIG], quiet);
	}
	bad += differ("self", "entries", engine->entry_count, model_resolvers(m), quiet);
	if (open > room)
		bad += differ("all", "in_flight beyond its room", open, room, quiet);
	for (i = 0; i <= SELF_UNPARSED_TUNNEL; i++)
		bad += differ("self", self_word(i), engine->self.n[i], model_self(m)->n[i], quiet);
	return bad;
}
