// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Incidents from their opening to their end. Which state a resolver has is decided in verdict.c;
 * what an incident keeps beside its numbers is incident_detail.c.
 */
#include "health/incident.h"

#include "util/address.h"
#include "util/clock.h"
#include "health/counters.h"
#include "health/incident_cause.h"
#include "health/resolver_map.h"
#include "health/incident_detail.h"
#include "health/hour_history.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define LISTED_MAX 256	   /* then closed ones go, the oldest first; open ones stay */
#define UNLISTED_MAX 1024  /* resolvers that samples alone may make an entry for */
#define UNLISTED_REPORTS 2 /* without it, and it is dropped */
#define UPDATE_NS (10 * NS_PER_S)
#define JUDGED_LEAST 3 /* settled; what verdict.c judges by */

struct followed {
	struct resolver_key key;
	int listed;	      /* in a report; else samples alone made it */
	unsigned int reports; /* without it, so far */
	struct hour_history past;
	struct incident_message *waiting; /* samples without an open incident, oldest first */
	__u32 waiting_count;
	struct failed_query *failed; /* without an open incident: a ring of INCIDENT_SAMPLES */
	__u64 failed_count;	     /* put into it so far */
	struct incident *open;	     /* NULL: none */
	struct resolver_counters before, last; /* just before it began; at the tick before */
	__u64 wall_offset_ns; /* of the clock when it opened: who sets it changes no duration */
	__u64 end_at_ns, told_at_ns;
	__u64 answers_until_ns; /* answers up to here speak of its cause */
	int changed;		/* since it was told */
};

struct incidents {
	incident_fn *f;
	void *context;
	struct resolver_map followed;
	size_t unlisted;	  /* of them */
	struct incident **listed; /* by id */
	size_t listed_count, listed_room;
	__u64 last_id, last_at_ns, timeout_ns;
};

struct incidents *incidents_new(incident_fn *f, void *context)
{
	struct incidents *i = calloc(1, sizeof(*i));

	if (!i)
		return NULL;
	i->f = f;
	i->context = context;
	i->timeout_ns = TIMEOUT_DEFAULT_NS;
	return i;
}

void incidents_set_timeout(struct incidents *i, __u64 timeout_ns)
{
	i->timeout_ns = timeout_ns;
}

/* ---- the resolvers that are followed ----------------------------------------------------- */

/* NULL: out of memory */
static struct followed *find_or_add(struct incidents *i, const struct resolver_key *key)
{
	struct followed *followed = resolver_map_find(&i->followed, key);

	if (followed)
		return followed;
	followed = resolver_map_add(&i->followed, key, sizeof(*followed));
	i->unlisted += followed != NULL;
	return followed;
}

static void set_listed(struct incidents *i, struct followed *followed)
{
	i->unlisted -= !followed->listed;
	followed->listed = 1;
}

static void free_followed(struct resolver_key *key)
{
	struct followed *followed = (struct followed *)key;

	hour_history_free(&followed->past);
	free(followed->waiting);
	free(followed->failed);
	free(followed);
}

/* Samples come before the report that lists their resolver. Most resolvers of a scan never are. */
static int waits_in_vain(struct resolver_key *key)
{
	struct followed *followed = (struct followed *)key;

	return !followed->listed && ++followed->reports >= UNLISTED_REPORTS;
}

static void drop_unlisted(struct incidents *i)
{
	size_t count = i->followed.count;

	if (!i->unlisted)
		return;
	resolver_map_drop(&i->followed, waits_in_vain, free_followed);
	i->unlisted -= count - i->followed.count;
}

/* ---- samples ------------------------------------------------------------------------------ */

static void keep_waiting(struct followed *followed, const struct incident_message *message)
{
	struct incident_message *waiting = followed->waiting;

	if (!waiting)
		waiting = followed->waiting = calloc(INCIDENT_SAMPLES, sizeof(*waiting));
	if (!waiting)
		return; /* an example less */
	if (followed->waiting_count == INCIDENT_SAMPLES)
		memmove(waiting, waiting + 1, --followed->waiting_count * sizeof(*waiting));
	waiting[followed->waiting_count++] = *message;
}

/* A moment on the clock of the counters as time since 1970, in the open incident. */
static __u64 to_wall(const struct followed *followed, __u64 at_ns)
{
	return followed->wall_offset_ns + at_ns;
}

/* Returns NULL when memory, or room for resolvers that no report lists, ran out. */
static struct followed *find_or_add_unlisted(struct incidents *i,
					     const struct transaction_key *transaction)
{
	struct resolver_key key = {.address = transaction->resolver,
				   .scope = transaction->scope,
				   .port = transaction->resolver_port,
				   .transport = transaction->transport};

	return i->unlisted < UNLISTED_MAX ? find_or_add(i, &key)
					  : resolver_map_find(&i->followed, &key);
}

/* What fits no query of ours is no evidence, and must not make entries. */
void incidents_sample(struct incidents *i, const struct sample *sample)
{
	struct incident_message message = {.sample = *sample};
	struct followed *followed;

	if (!sample->matched && !sample->unsent)
		return;
	followed = find_or_add_unlisted(i, &sample->key);
	if (!followed)
		return;
	if (followed->open) {
		message.wall_ns = to_wall(followed, sample->time_ns);
		incident_add_sample(followed->open, &message);
		followed->changed = 1;
	} else {
		keep_waiting(followed, &message);
	}
}

void incidents_add_failed(struct incidents *i, const struct failed_query *failed)
{
	struct followed *followed = find_or_add_unlisted(i, &failed->key);

	if (!followed)
		return;
	if (followed->open) {
		incident_add_failed(followed->open, failed);
		return;
	}
	if (!followed->failed)
		followed->failed = calloc(INCIDENT_SAMPLES, sizeof(*failed));
	if (followed->failed)
		followed->failed[followed->failed_count++ % INCIDENT_SAMPLES] = *failed;
}

/* Adds those that were kept and were sent at `began_ns` or later, the oldest first. */
static void add_kept_failed(struct followed *followed, __u64 began_ns)
{
	__u64 n = followed->failed_count > INCIDENT_SAMPLES
			  ? followed->failed_count - INCIDENT_SAMPLES
			  : 0;

	for (; n < followed->failed_count; n++) {
		const struct failed_query *failed = &followed->failed[n % INCIDENT_SAMPLES];

		if (failed->time_ns >= began_ns)
			incident_add_failed(followed->open, failed);
	}
	followed->failed_count = 0;
}

/* ---- opening ------------------------------------------------------------------------------ */

/* When what the resolver is judged by now began to go wrong. */
static __u64 began_at(const struct followed *followed, const struct resolver_status *resolver,
		      __u64 now_ns)
{
	static const struct {
		enum window window;
		__u64 length_ns;
	} judged[] = {
		{WINDOW_10S, 10 * NS_PER_S},
		{WINDOW_1M, 60 * NS_PER_S},
		{WINDOW_5M, 300 * NS_PER_S},
	};
	__u64 began = 0;
	size_t i;

	for (i = 0; !began && i < sizeof(judged) / sizeof(*judged); i++)
		if (resolver->windows[judged[i].window].settled >= JUDGED_LEAST)
			began = hour_history_began(&followed->past, now_ns, judged[i].length_ns);
	if (!began)
		began = hour_history_began_settled(&followed->past, JUDGED_LEAST);
	return began ? began : now_ns;
}

/* The slots from the beginning up to now. */
static void fill_slots(struct followed *followed, size_t next)
{
	const struct resolver_counters *before = &followed->before;

	incident_slots_begin(followed->open, followed->open->start_ns);
	for (; next < followed->past.count; next++) {
		const struct checkpoint *mark = &followed->past.marks[next];
		__u64 wall_ns = to_wall(followed, mark->at_ns);

		incident_slots_add(followed->open, wall_ns, before, &mark->counters);
		before = &mark->counters;
	}
}

static int list(struct incidents *i, struct incident *incident)
{
	size_t room = i->listed_room ? 2 * i->listed_room : 16, old;
	struct incident **grown = i->listed;

	if (i->listed_count == i->listed_room) {
		grown = realloc(grown, room * sizeof(*grown));
		if (!grown)
			return -ENOMEM;
		i->listed = grown;
		i->listed_room = room;
	}
	grown[i->listed_count++] = incident;
	for (old = 0; i->listed_count > LISTED_MAX && old < i->listed_count; old++) {
		if (!grown[old]->closed_ns)
			continue;
		free(grown[old]);
		i->listed_count--;
		memmove(&grown[old], &grown[old + 1], (i->listed_count - old) * sizeof(*grown));
		break;
	}
	return 0;
}

/*
 * Counts up to its end, and what comes late about it: what is answered well after that is in the
 * timeline only.
 */
static void update(const struct incidents *i, struct followed *followed,
		   const struct resolver_counters *last, const struct resolver_status *resolver,
		   const struct snapshot *snapshot)
{
	const struct resolver_counters *now = &resolver->now->counters;
	struct incident *incident = followed->open;
	__u64 end_at_ns = now->at[MOMENT_LAST_FAILURE];
	enum cause cause = incident->cause;
	enum state worst = resolver->state > incident->state ? resolver->state : incident->state;
	int ends_later = end_at_ns > followed->end_at_ns || !followed->end_at_ns;

	if (ends_later) {
		followed->end_at_ns = end_at_ns ? end_at_ns : snapshot->at_ns;
		incident->end_ns = to_wall(followed, followed->end_at_ns);
		if (incident->end_ns < incident->start_ns)
			incident->end_ns = incident->start_ns;
	}
	if (ends_later || counters_late(now) > counters_late(&followed->last)) {
		incident->counters = counters_since(&followed->before, now);
		followed->answers_until_ns = incident_answers_until(followed->answers_until_ns,
								    last, now, i->timeout_ns);
		incident_judge_cause(incident, &followed->past, &followed->before, now,
				     followed->answers_until_ns);
		followed->changed = 1;
	}
	if (!incident->cause)
		incident->cause = resolver->cause;
	followed->changed |= worst != incident->state || (resolver->forged && !incident->forged);
	followed->changed |= cause != incident->cause;
	incident->state = worst;
	incident->forged |= resolver->forged;
}

static int open_incident(struct incidents *i, struct followed *followed,
			 const struct resolver_status *resolver, const struct snapshot *snapshot)
{
	__u64 began = began_at(followed, resolver, snapshot->at_ns);
	struct incident *incident = calloc(1, sizeof(*incident));
	size_t next;

	if (!incident || list(i, incident)) {
		free(incident);
		return -ENOMEM;
	}
	followed->open = incident;
	followed->before = *hour_history_before(&followed->past, began, &next);
	followed->end_at_ns = followed->answers_until_ns = 0;
	incident->id = ++i->last_id;
	incident->resolver = followed->key;
	followed->wall_offset_ns = snapshot->wall_ns - snapshot->at_ns;
	incident->start_ns = incident->end_ns = to_wall(followed, began);
	incident->noticed_ns = snapshot->wall_ns;
	fill_slots(followed, next);
	incident_add_waiting(incident, followed->waiting, followed->waiting_count,
			     followed->wall_offset_ns);
	followed->waiting_count = 0;
	add_kept_failed(followed, began);
	incident->healthy_rtt_ns = incident_healthy_rtt(&followed->past, &followed->before);
	update(i, followed, &followed->before, resolver, snapshot);
	return 0;
}

/* ---- while it is open ---------------------------------------------------------------------- */

static void tell(struct incidents *i, struct followed *followed, enum incident_event event,
		 __u64 at_ns)
{
	followed->told_at_ns = at_ns;
	followed->changed = 0;
	if (i->f)
		i->f(followed->open, event, i->context);
}

static void go_on(struct incidents *i, struct followed *followed,
		  const struct resolver_status *resolver, const struct snapshot *snapshot)
{
	__u64 wall_ns = to_wall(followed, snapshot->at_ns);

	incident_slots_add(followed->open, wall_ns, &followed->last, &resolver->now->counters);
	update(i, followed, &followed->last, resolver, snapshot);
	if (resolver->state == STATE_HEALTHY) {
		followed->open->closed_ns = wall_ns;
		tell(i, followed, INCIDENT_CLOSED, snapshot->at_ns);
		followed->open = NULL;
		hour_history_recovered(&followed->past);
	} else if (followed->changed && snapshot->at_ns >= followed->told_at_ns + UPDATE_NS) {
		tell(i, followed, INCIDENT_UPDATED, snapshot->at_ns);
	}
}

int incidents_prime(struct incidents *i, const struct snapshot *snapshot)
{
	struct followed *followed;
	size_t n;

	for (n = 0; n < snapshot->count; n++) {
		followed = find_or_add(i, &snapshot->resolvers[n].key);
		if (!followed || hour_history_prime(&followed->past, snapshot->at_ns,
						    &snapshot->resolvers[n].counters))
			return -ENOMEM;
		set_listed(i, followed);
		followed->last = snapshot->resolvers[n].counters;
	}
	i->last_at_ns = snapshot->at_ns;
	return 0;
}

static int tick(struct incidents *i, const struct resolver_status *resolver,
		const struct snapshot *snapshot)
{
	const struct resolver_counters *now = &resolver->now->counters;
	struct followed *followed = find_or_add(i, &resolver->now->key);
	int err;

	if (!followed)
		return -ENOMEM;
	set_listed(i, followed);
	err = hour_history_add(&followed->past, i->last_at_ns ? i->last_at_ns : snapshot->at_ns,
			       snapshot->at_ns, now);
	if (err)
		return err;
	if (followed->open) {
		go_on(i, followed, resolver, snapshot);
	} else if (resolver->state >= STATE_DEGRADED) {
		err = open_incident(i, followed, resolver, snapshot);
		if (!err)
			tell(i, followed, INCIDENT_OPENED, snapshot->at_ns);
	}
	followed->last = *now;
	return err;
}

int incidents_tick(struct incidents *i, const struct status *report)
{
	size_t r;
	int err;

	for (r = 0; r < report->count; r++) {
		if (resolver_is_other(&report->resolvers[r].now->key))
			continue;
		err = tick(i, &report->resolvers[r], report->snapshot);
		if (err)
			return err;
	}
	drop_unlisted(i);
	i->last_at_ns = report->snapshot->at_ns;
	return 0;
}

void incidents_finish(struct incidents *i)
{
	struct followed *followed;
	size_t f;

	for (f = 0; f < i->followed.count; f++) {
		followed = (struct followed *)i->followed.entries[f];
		if (followed->open)
			tell(i, followed, INCIDENT_UPDATED, i->last_at_ns);
	}
}

const struct incident *const *incidents_list(const struct incidents *i, size_t *ret_count)
{
	*ret_count = i->listed_count;
	return (const struct incident *const *)i->listed;
}

void incidents_free(struct incidents *i)
{
	size_t f;

	if (!i)
		return;
	resolver_map_free(&i->followed, free_followed);
	for (f = 0; f < i->listed_count; f++)
		free(i->listed[f]);
	free(i->listed);
	free(i);
}
