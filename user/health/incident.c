// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Incidents from their opening to their end, with their samples and their timeline. */
#include "health/incident.h"

#include "health/counters.h"
#include "health/hour_history.h"
#include "health/cause.h"
#include "health/incident_samples.h"
#include "health/followed.h"
#include "health/quiet.h"
#include "util/address.h"
#include "util/clock.h"
#include "util/dns.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define LISTED_MAX 256		   /* then closed ones go, the oldest first; open ones stay */
#define UNLISTED_MAX 1024	   /* resolvers that samples alone may make an entry for */
#define UNLISTED_REPORTS 2	   /* ticks without it in the snapshot, and it is removed */
#define UPDATE_NS (600 * NS_PER_S) /* between two that change numbers only */
#define CHANGE_NS (10 * NS_PER_S)  /* between two that change state or cause: it may flap */
#define SETTLED_LEAST 3		   /* settled; what verdict.c judges by */

struct incidents *incidents_new(struct resolver_map *resolvers, incident_fn *f, void *context)
{
	struct incidents *incidents = calloc(1, sizeof(*incidents));

	if (!incidents)
		return NULL;
	incidents->resolvers = resolvers;
	incidents->f = f;
	incidents->context = context;
	incidents->timeout_ns = TIMEOUT_DEFAULT_NS;
	return incidents;
}

void incidents_set_fill(struct incidents *incidents, incident_fill_fn *fill, void *context)
{
	incidents->fill = fill;
	incidents->fill_context = context;
}

void incidents_set_host(struct incidents *incidents, const char *host)
{
	incidents->host = host;
}

void incidents_set_zone_known(struct incidents *incidents, int zone_known)
{
	incidents->zone_unknown = !zone_known;
}

void incidents_set_timeout(struct incidents *incidents, __u64 timeout_ns)
{
	incidents->timeout_ns = timeout_ns;
}

/* ---- the resolvers that are followed ----------------------------------------------------- */

struct followed_resolver *followed_of(struct health_entry *entry)
{
	if (!entry->followed)
		entry->followed = calloc(1, sizeof(*entry->followed));
	return entry->followed;
}

void followed_free(struct health_entry *entry)
{
	if (!entry->followed)
		return;
	hour_history_free(&entry->followed->history);
	free(entry->followed->waiting);
	free(entry->followed->failed);
	counters_delta_free(&entry->followed->before);
	free(entry->followed);
	entry->followed = NULL;
}

/* Returns the entry of a failed transaction's resolver; NULL: there is no memory or no room. */
static struct health_entry *entry_of_failed(struct incidents *incidents,
					    const struct transaction_key *transaction)
{
	struct resolver_key key = {.address = transaction->resolver,
				   .scope = transaction->scope,
				   .port = transaction->resolver_port,
				   .transport = transaction->transport,
				   .origin = transaction->origin};
	struct health_entry *entry = resolver_map_lookup(incidents->resolvers, &key);

	if (entry)
		return !quiet_wake(incidents->resolvers, entry) && followed_of(entry) ? entry
										      : NULL;
	if (incidents->unlisted_count == UNLISTED_MAX)
		return NULL;
	entry = resolver_map_insert(incidents->resolvers, &key);
	if (!entry)
		return NULL;
	if (!followed_of(entry)) {
		resolver_map_remove(incidents->resolvers, entry);
		return NULL;
	}
	incidents->unlisted[incidents->unlisted_count++] = entry;
	return entry;
}

/*
 * Removes the resolvers that samples alone have made and that no snapshot holds after a while.
 * Samples come before the snapshot that has their resolver; most resolvers of a scan never get
 * there.
 */
static void incidents_remove_unlisted(struct incidents *incidents)
{
	size_t i, kept = 0;

	for (i = 0; i < incidents->unlisted_count; i++) {
		struct health_entry *entry = incidents->unlisted[i];

		if (entry_is_judged(entry))
			continue;
		if (++entry->followed->reports < UNLISTED_REPORTS) {
			incidents->unlisted[kept++] = entry;
			continue;
		}
		followed_free(entry);
		resolver_map_remove(incidents->resolvers, entry);
	}
	incidents->unlisted_count = kept;
}

/* Returns a moment on the clock of the counters as time since 1970, in the open incident. */
static __u64 wall_of(const struct followed_resolver *followed, __u64 at_ns)
{
	return followed->wall_offset_ns + at_ns;
}

/* Returns whether state or cause differ from those of the last notification. */
static int followed_is_new(const struct followed_resolver *followed)
{
	return followed->open->state != followed->notified_state ||
	       followed->open->cause != followed->notified_cause;
}

/* Sets when the resolver is due though nothing is counted: an update, or a cause that lasts. */
static void incident_set_due(struct incidents *incidents, struct health_entry *entry)
{
	const struct followed_resolver *followed = entry->followed;
	struct due_wheel *wheel = &incidents->resolvers->due;

	if (!followed->open)
		return;
	if (followed->changed || followed_is_new(followed))
		due_wheel_advance(wheel, &entry->due,
				  followed->notified_at_ns +
					  (followed_is_new(followed) ? CHANGE_NS : UPDATE_NS));
	if (followed->cause_now.cause && !followed->cause_now_listed)
		due_wheel_advance(wheel, &entry->due,
				  followed->cause_now.from_ns + CAUSE_PERIOD_LEAST_NS -
					  followed->wall_offset_ns);
}

/* ---- samples of an incident --------------------------------------------------------------- */

/*
 * Adds the messages that came since the incident began; sets their wall_ns, from the clock of
 * samples and an offset.
 */
static void incident_add_waiting(struct incident *incident, struct incident_message *messages,
				 __u32 count, __u64 wall_offset_ns)
{
	struct incident_message *each;

	for (each = messages; each < messages + count; each++) {
		each->wall_ns = each->sample.time_ns + wall_offset_ns;
		if (each->wall_ns >= incident->start_ns)
			incident_add_sample(incident, each);
	}
}

/* Keeps a message for the incident that may open. Without memory there is an example less. */
static void followed_add_waiting(struct followed_resolver *followed,
				 const struct incident_message *message)
{
	struct incident_message *waiting = followed->waiting;

	if (!waiting)
		waiting = followed->waiting = calloc(INCIDENT_SAMPLES, sizeof(*waiting));
	if (!waiting)
		return;
	if (followed->waiting_count == INCIDENT_SAMPLES)
		memmove(waiting, waiting + 1, --followed->waiting_count * sizeof(*waiting));
	waiting[followed->waiting_count++] = *message;
}

/* A sample that matches no query is no evidence, and must not make an entry. */
void incidents_add_sample(struct incidents *incidents, const struct sample *sample)
{
	struct incident_message message = {.sample = *sample};
	struct followed_resolver *followed;
	struct health_entry *entry;

	if (!sample->matched && !sample->unsent)
		return;
	entry = entry_of_failed(incidents, &sample->key);
	if (!entry)
		return;
	followed = entry->followed;
	if (followed->open) {
		message.wall_ns = wall_of(followed, sample->time_ns);
		incident_add_sample(followed->open, &message);
		followed->changed = 1;
		incident_set_due(incidents, entry);
	} else {
		followed_add_waiting(followed, &message);
	}
}

/* Adds a transaction that failed, with its client and its name. */
static void followed_add_failed(struct followed_resolver *followed,
				const struct failed_query *failed)
{
	struct incident *incident = followed->open;
	incident_add_failed(incident, wall_of(followed, failed->time_ns), failed);
	followed->changed = 1;
}

void incidents_add_failed(struct incidents *incidents, const struct failed_query *failed)
{
	struct health_entry *entry = entry_of_failed(incidents, &failed->key);
	struct followed_resolver *followed;

	if (!entry)
		return;
	followed = entry->followed;
	if (followed->open) {
		followed_add_failed(followed, failed);
		incident_set_due(incidents, entry);
		return;
	}
	if (!followed->failed)
		followed->failed = calloc(INCIDENT_SAMPLES, sizeof(*failed));
	if (followed->failed)
		followed->failed[followed->failed_count++ % INCIDENT_SAMPLES] = *failed;
}

/* Adds those that were kept and were sent at `began_ns` or later, the oldest first. */
static void followed_add_kept_failed(struct followed_resolver *followed, __u64 began_ns)
{
	__u64 n = followed->failed_count > INCIDENT_SAMPLES
			  ? followed->failed_count - INCIDENT_SAMPLES
			  : 0;

	for (; n < followed->failed_count; n++) {
		const struct failed_query *failed = &followed->failed[n % INCIDENT_SAMPLES];

		if (failed->time_ns >= began_ns)
			followed_add_failed(followed, failed);
	}
	followed->failed_count = 0;
}

/* ---- causes of an incident over time -------------------------------------------------------- */

/* Returns the latest cause in the list; CAUSE_NONE: it is empty. */
static enum cause incident_last_cause(const struct incident *incident)
{
	return incident->cause_count ? incident->causes[incident->cause_count - 1].cause
				     : CAUSE_NONE;
}

/* Lists the cause now. One that goes on after a short interruption is still the same period. */
static void followed_list_cause(struct followed_resolver *followed)
{
	struct incident *incident = followed->open;
	struct cause_period *causes = incident->causes;
	__u32 i;

	followed->cause_now_listed = 1;
	if (incident_last_cause(incident) == followed->cause_now.cause) {
		causes[incident->cause_count - 1].until_ns = 0;
		return;
	}
	followed->changed |= incident->cause_count > 0; /* the first one is no change */
	incident->causes_more |= incident->cause_count == INCIDENT_SAMPLES;
	i = incident_samples_add(causes, &incident->cause_count, sizeof(*causes));
	causes[i] = followed->cause_now;
}

/* Ends the running period at `at_ns` (since 1970) and begins that of `cause` at `from_ns`. */
static void followed_begin_cause(struct followed_resolver *followed, enum cause cause,
				 __u64 from_ns, __u64 at_ns)
{
	struct incident *incident = followed->open;

	if (followed->cause_now_listed)
		incident->causes[incident->cause_count - 1].until_ns = at_ns;
	followed->cause_now = (struct cause_period){.cause = cause, .from_ns = from_ns};
	followed->cause_now_listed = 0;
	if (cause && incident_last_cause(incident) == cause)
		followed_list_cause(followed);
}

/* Follows the cause now at `at_ns`. While the resolver is idle or healthy it has none. */
static void followed_update_cause(struct followed_resolver *followed, enum cause cause, __u64 at_ns)
{
	struct cause_period *now = &followed->cause_now;

	if (cause != now->cause)
		followed_begin_cause(followed, cause, at_ns, at_ns);
	if (now->cause && !followed->cause_now_listed &&
	    at_ns >= now->from_ns + CAUSE_PERIOD_LEAST_NS)
		followed_list_cause(followed);
}

/* ---- timeline of an incident -------------------------------------------------------------- */

/* Adds outcomes to the slot of a moment on the counters' clock. */
static void followed_add_to_slot(struct followed_resolver *followed, __u64 at_ns,
				 const struct incident_slot *outcomes)
{
	static const struct incident_slot none;

	if (memcmp(outcomes, &none, sizeof(none)))
		incident_add_outcomes(followed->open, wall_of(followed, at_ns), outcomes);
}

/*
 * Returns when the latest of what was counted from `before` to `now`, read at `at_ns`, happened.
 * The read itself can be in the next slot. Where the moment is not kept, the read counts in the
 * slot that ends there.
 */
static __u64 moment_of(const struct resolver_counters *before, const struct resolver_counters *now,
		       enum moment moment, __u64 at_ns)
{
	__u64 moment_ns = now->at[moment];

	return moment_ns > before->at[moment] && moment_ns <= at_ns ? moment_ns : at_ns - 1;
}

/* Adds what was counted from `before` to `now`, which was read at `at_ns`. */
static void followed_add_slots(struct followed_resolver *followed, __u64 at_ns,
			       const struct resolver_counters *before,
			       const struct resolver_counters *now)
{
	struct resolver_counters since = counters_since(before, now);
	__u64 errors = counters_answered_with_error(&since);
	struct incident_slot good = {.answered = counters_answered(&since) - errors};
	struct incident_slot bad = {.answered = errors,
				    .unreachable = counters_unreachable(&since) +
						   since.n[COUNTER_CONNECT_REFUSED],
				    .timed_out =
					    counters_timed_out(&since) + counters_closed(&since),
				    .unsent = counters_unsent(&since),
				    .late = counters_late(&since)};

	followed_add_to_slot(followed, moment_of(before, now, MOMENT_LAST_ANSWERED, at_ns), &good);
	followed_add_to_slot(followed, moment_of(before, now, MOMENT_LAST_FAILURE, at_ns), &bad);
}

/* Fills the slots from the beginning up to now: from checkpoint `next` on. */
static void followed_fill_slots(struct followed_resolver *followed, size_t next,
				const struct resolver_counters *before)
{
	const struct hour_history *history = &followed->history;
	struct resolver_counters from, to = *before;

	incident_slots_init(followed->open, followed->open->start_ns);
	for (; next < history->count; next++) {
		from = to;
		hour_history_step(history, next, &to);
		followed_add_slots(followed, history->points[next].at_ns, &from, &to);
	}
}

/* ---- opening ------------------------------------------------------------------------------ */

/*
 * Returns when what the resolver is judged by now began to fail: in the window that was used, else
 * in a longer one, else among the last settled.
 */
static __u64 followed_began_at(const struct followed_resolver *followed, enum judged_by judged_by,
			       __u64 now_ns)
{
	static const __u64 lengths_ns[] = {
		[JUDGED_BY_10S] = 10 * NS_PER_S,
		[JUDGED_BY_1M] = 60 * NS_PER_S,
		[JUDGED_BY_5M] = 300 * NS_PER_S,
	};
	__u64 began = 0;

	for (; !began && judged_by != JUDGED_BY_NONE && judged_by <= JUDGED_BY_5M; judged_by++)
		began = hour_history_began(&followed->history, now_ns, lengths_ns[judged_by]);
	if (!began)
		began = hour_history_began_settled(&followed->history, SETTLED_LEAST);
	return began ? began : now_ns;
}

int incidents_append(struct incidents *incidents, struct incident *incident)
{
	size_t room = incidents->listed_room ? 2 * incidents->listed_room : 16;
	struct incident **listed = incidents->listed;

	if (incidents->listed_count == incidents->listed_room) {
		listed = realloc(listed, room * sizeof(*listed));
		if (!listed)
			return -ENOMEM;
		incidents->listed = listed;
		incidents->listed_room = room;
	}
	listed[incidents->listed_count++] = incident;
	incidents->closed_count += incident->closed_ns != 0;
	return 0;
}

/* Lists an incident; of more than LISTED_MAX the oldest closed one goes. Returns 0 or -ENOMEM. */
static int incidents_list_add(struct incidents *incidents, struct incident *incident)
{
	struct incident **listed;
	size_t old;

	if (incidents_append(incidents, incident))
		return -ENOMEM;
	listed = incidents->listed;
	if (!incidents->closed_count) /* tens of thousands may be open */
		return 0;
	for (old = 0; incidents->listed_count > LISTED_MAX && old < incidents->listed_count;
	     old++) {
		if (!listed[old]->closed_ns)
			continue;
		free(listed[old]);
		incidents->closed_count--;
		incidents->listed_count--;
		memmove(&listed[old], &listed[old + 1],
			(incidents->listed_count - old) * sizeof(*listed));
		break;
	}
	return 0;
}

/* Sets the cause and the RTT by the incident's own span. */
static void incident_set_span(struct followed_resolver *followed,
			      const struct resolver_counters *before,
			      const struct resolver_counters *now)
{
	struct incident_span span =
		incident_judge_span(&followed->history, before, now, followed->answers_until_ns);

	if (span.cause)
		followed->open->cause = span.cause;
	followed->open->rtt_ns = span.rtt_ns;
}

/* Takes the counters up to the incident's end; `last`: those from which failures are new. */
static void followed_count(const struct incidents *incidents, struct followed_resolver *followed,
			   const struct resolver_counters *last,
			   const struct resolver_counters *now)
{
	struct resolver_counters before;

	counters_delta_get(&followed->before, &before);
	followed->open->counters = counters_since(&before, now);
	followed->answers_until_ns = incident_answers_until(followed->answers_until_ns, last, now,
							    incidents->timeout_ns);
	incident_set_span(followed, &before, now);
	followed->changed = 1;
}

/*
 * Takes the counters up to the incident's end, and what comes late about it: what is answered well
 * after that is in the timeline only.
 */
static void followed_update(const struct incidents *incidents, struct followed_resolver *followed,
			    const struct resolver_counters *last, const struct judged_now *resolver,
			    const struct snapshot *snapshot)
{
	const struct resolver_counters *now = resolver->now;
	struct incident *incident = followed->open;
	__u64 end_at_ns = now->at[MOMENT_LAST_FAILURE];
	enum cause cause = incident->cause;
	enum state worst = resolver->state > incident->state ? resolver->state : incident->state;
	int ends_later = end_at_ns > followed->end_at_ns || !followed->end_at_ns;

	if (ends_later) {
		followed->end_at_ns = end_at_ns ? end_at_ns : snapshot->at_ns;
		incident->end_ns = wall_of(followed, followed->end_at_ns);
		if (incident->end_ns < incident->start_ns)
			incident->end_ns = incident->start_ns;
	}
	if (ends_later || counters_late(now) > counters_late(resolver->before))
		followed_count(incidents, followed, last, now);
	if (!incident->cause)
		incident->cause = resolver->cause;
	followed->changed |= worst != incident->state || (resolver->is_forged && !incident->forged);
	followed->changed |= cause != incident->cause;
	incident->state = worst;
	incident->forged |= resolver->is_forged;
	if (resolver->joined.verdict)
		incident->joined.verdict = resolver->joined.verdict;
	incident->joined.tcp_needed |= resolver->joined.tcp_needed;
	/* Once something behind this host fails along, that is the likelier place. */
	if (resolver->state != STATE_HEALTHY)
		incident->fails_inside &= resolver->fails_inside;
}

/* Returns the counters just before `began`, and in *next the checkpoint behind. 0 or -ENOMEM */
static int followed_set_before(struct followed_resolver *followed, __u64 began, size_t *next,
			       struct resolver_counters *before)
{
	static const struct resolver_counters zero;

	*next = hour_history_before(&followed->history, began, before);
	return counters_delta_set(&followed->before, &zero, before);
}

static int incident_open(struct incidents *incidents, const struct judged_now *resolver,
			 const struct snapshot *snapshot)
{
	struct followed_resolver *followed = resolver->entry->followed;
	__u64 began = followed_began_at(followed, resolver->judged_by, snapshot->at_ns);
	struct incident *incident = calloc(1, sizeof(*incident));
	struct resolver_counters before;
	size_t next;

	if (!incident || followed_set_before(followed, began, &next, &before) ||
	    incidents_list_add(incidents, incident)) {
		free(incident);
		return -ENOMEM;
	}
	followed->open = incident;
	followed->end_at_ns = followed->answers_until_ns = 0;
	incident->id = ++incidents->last_id;
	if (incidents->host)
		strncpy(incident->host, incidents->host, sizeof(incident->host) - 1);
	incident->resolver = resolver->entry->key;
	followed->wall_offset_ns = snapshot->wall_ns - snapshot->at_ns;
	incident->start_ns = incident->end_ns = wall_of(followed, began);
	incident->noticed_ns = snapshot->wall_ns;
	incident->zone_unknown = incidents->zone_unknown;
	incident->fails_inside = resolver->fails_inside;
	followed_fill_slots(followed, next, &before);
	incident_add_waiting(incident, followed->waiting, followed->waiting_count,
			     followed->wall_offset_ns);
	followed->waiting_count = 0;
	followed_add_kept_failed(followed, began);
	followed->cause_now_listed = 0;
	followed_begin_cause(followed, resolver->cause, incident->start_ns, incident->start_ns);
	followed_update_cause(followed, resolver->cause, wall_of(followed, snapshot->at_ns));
	incident->healthy_rtt_ns = incident_healthy_rtt(&followed->history, &before);
	followed_update(incidents, followed, &before, resolver, snapshot);
	return 0;
}

/* ---- while it is open ---------------------------------------------------------------------- */

static void incident_notify(struct incidents *incidents, struct followed_resolver *followed,
			    enum incident_event event, __u64 at_ns)
{
	followed->notified_at_ns = at_ns;
	followed->notified_state = followed->open->state;
	followed->notified_cause = followed->open->cause;
	followed->changed = 0;
	if (incidents->fill)
		incidents->fill(followed->open, incidents->fill_context);
	if (incidents->f)
		incidents->f(followed->open, event, incidents->context);
}

static void incident_update(struct incidents *incidents, const struct judged_now *resolver,
			    const struct snapshot *snapshot)
{
	struct followed_resolver *followed = resolver->entry->followed;
	__u64 wall_ns = wall_of(followed, snapshot->at_ns);

	followed_add_slots(followed, snapshot->at_ns, resolver->before, resolver->now);
	followed_update(incidents, followed, resolver->before, resolver, snapshot);
	followed_update_cause(followed, resolver->cause, wall_ns);
	if (resolver->state == STATE_HEALTHY) {
		followed->open->closed_ns = wall_ns;
		incidents->closed_count++;
		incident_notify(incidents, followed, INCIDENT_CLOSED, snapshot->at_ns);
		followed->open = NULL;
		counters_delta_free(&followed->before);
		hour_history_recovered(&followed->history);
	} else if (followed_is_new(followed) &&
		   snapshot->at_ns >= followed->notified_at_ns + CHANGE_NS) {
		incident_notify(incidents, followed, INCIDENT_CHANGED, snapshot->at_ns);
	} else if (followed->changed && snapshot->at_ns >= followed->notified_at_ns + UPDATE_NS) {
		incident_notify(incidents, followed, INCIDENT_UPDATED, snapshot->at_ns);
	}
}

int incidents_prime(struct incidents *incidents, const struct snapshot *snapshot)
{
	size_t i;

	for (i = 0; i < snapshot->count; i++) {
		const struct resolver_snapshot *now = &snapshot->resolvers[i];
		struct health_entry *entry = resolver_map_insert(incidents->resolvers, &now->key);

		if (!entry || !followed_of(entry) ||
		    hour_history_prime(&entry->followed->history, snapshot->at_ns, &now->counters))
			return -ENOMEM;
	}
	incidents->last_at_ns = snapshot->at_ns;
	return 0;
}

/* Returns the time of the second before this one. */
static __u64 incidents_previous_ns(const struct incidents *incidents,
				   const struct snapshot *snapshot)
{
	__u64 last_ns = incidents->last_at_ns;

	if (snapshot->quiet_until_ns > last_ns)
		last_ns = snapshot->quiet_until_ns;
	return last_ns ? last_ns : snapshot->at_ns;
}

int incidents_follow(struct incidents *incidents, const struct judged_now *resolver,
		     const struct snapshot *snapshot)
{
	struct followed_resolver *followed;
	int err;

	if (resolver_is_other(&resolver->entry->key))
		return 0;
	followed = followed_of(resolver->entry);
	if (!followed)
		return -ENOMEM;
	err = hour_history_add(&followed->history, incidents_previous_ns(incidents, snapshot),
			       snapshot->at_ns, resolver->before, resolver->now);
	if (err)
		return err;
	if (followed->open) {
		incident_update(incidents, resolver, snapshot);
	} else if (resolver->state >= STATE_DEGRADED) {
		err = incident_open(incidents, resolver, snapshot);
		if (!err)
			incident_notify(incidents, followed, INCIDENT_OPENED, snapshot->at_ns);
	}
	incident_set_due(incidents, resolver->entry);
	return err;
}

void incidents_end_second(struct incidents *incidents, const struct snapshot *snapshot)
{
	incidents_remove_unlisted(incidents);
	incidents->last_at_ns = snapshot->at_ns;
}

int incidents_need_each_second(const struct incidents *incidents)
{
	return incidents->unlisted_count > 0;
}

static int compare_resolvers(const void *a, const void *b)
{
	const struct incident *x = *(struct incident *const *)a;
	const struct incident *y = *(struct incident *const *)b;

	return memcmp(&x->resolver, &y->resolver, sizeof(x->resolver));
}

void incidents_finish(struct incidents *incidents)
{
	size_t bytes = incidents->listed_count * sizeof(*incidents->listed), i;
	struct incident **sorted = bytes ? malloc(bytes) : NULL;
	struct incident **all = sorted ? sorted : incidents->listed;

	if (sorted) { /* in the order of their resolvers, as the snapshot has them */
		memcpy(sorted, incidents->listed, bytes);
		qsort(sorted, incidents->listed_count, sizeof(*sorted), compare_resolvers);
	}
	for (i = 0; i < incidents->listed_count; i++) {
		const struct health_entry *entry =
			resolver_map_lookup(incidents->resolvers, &all[i]->resolver);

		if (entry && entry->followed && entry->followed->open == all[i])
			incident_notify(incidents, entry->followed, INCIDENT_UPDATED,
					incidents->last_at_ns);
	}
	free(sorted);
}

const struct incident *const *incidents_list(const struct incidents *incidents, size_t *ret_count)
{
	*ret_count = incidents->listed_count;
	return (const struct incident *const *)incidents->listed;
}

static int compare_id(const void *id, const void *listed)
{
	const struct incident *incident = *(struct incident *const *)listed;
	__u64 wanted = *(const __u64 *)id;

	return wanted < incident->id ? -1 : wanted > incident->id;
}

const struct incident *incidents_lookup(const struct incidents *incidents, __u64 id)
{
	struct incident *const *found = NULL;

	if (incidents->listed_count)
		found = bsearch(&id, incidents->listed, incidents->listed_count,
				sizeof(*incidents->listed), compare_id);
	return found ? *found : NULL;
}

void incidents_free(struct incidents *incidents)
{
	struct health_entry *entry;
	size_t position = 0, i;

	if (!incidents)
		return;
	while ((entry = resolver_map_next(incidents->resolvers, &position)))
		followed_free(entry);
	for (i = 0; i < incidents->listed_count; i++)
		free(incidents->listed[i]);
	free(incidents->listed);
	free(incidents);
}
