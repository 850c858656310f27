/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What a message means for the transactions and the counters. Each function says above it
 * which rule of docs/counters.md it follows.
 */
#include "counting.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

/* More resolvers than the map holds are counted under one entry `other`. */
static struct entry *other_of(struct model *m, const struct key *key)
{
	struct resolver_key r = {.transport = key->transport};
	struct entry *e;

	if (key->transport == TRANSPORT_UDP)
		return m->entries[0];
	e = entry_of(m, &r); /* "`other` of each transport is a row of its own" */
	return e ? e : add_entry(m, &r);
}

int is_other(const struct entry *e)
{
	return !e->key.port;
}

struct entry *entry_for(struct model *m, const struct key *key)
{
	struct resolver_key r = resolver_of(key);
	struct entry *e = entry_of(m, &r);

	if (e)
		return e;
	if (m->created >= m->config.max_resolvers)
		return other_of(m, key);
	m->created++;
	return add_entry(m, &r);
}

/* include/dnsreach.h: the last failure, late unreachable or unsent query. */
static void note_moment(struct entry *e, enum moment which, uint64_t when)
{
	if (when > e->counters.at[which])
		e->counters.at[which] = when;
}

/* ---- askers ----------------------------------------------------------------------------- */

/*
 * An asker's queries are all it has sent, "retransmissions included". What becomes of a transaction
 * counts for the one that opened it.
 */
static unsigned count_asked(struct model *m, const struct entry *e, uint64_t cgroup, unsigned n)
{
	return m->config.askers ? asker_list_count(&m->askers, e->number, cgroup, n) : 0;
}

static struct asker_counters *asker_of(struct model *m, const struct transaction_ *t)
{
	static struct asker_counters nobody;

	return t->asker ? &m->askers.pairs[t->asker - 1].counters : &nobody;
}

/* ---- the end of a transaction ----------------------------------------------------------- */

/* The age is the time since the first query; an age above the timeout is too old. */
int is_too_old(const struct model *m, const struct transaction_ *t)
{
	return m->now - t->opened > m->config.timeout_ns;
}

/*
 * Timed out less than 60 s ago. It timed out when its age reached the timeout: the age decides,
 * never who looks first.
 */
int is_remembered(const struct model *m, const struct transaction_ *t)
{
	return m->now - t->opened < m->config.timeout_ns + EXPIRED_KEEP_NS;
}

void forget_expired(struct model *m, struct transaction_ **t)
{
	while (*t) {
		if (is_remembered(m, *t))
			t = &(*t)->next;
		else
			free(take(t));
	}
}

/*
 * A timed-out transaction is remembered for 60 s, as long as there is room. CHOICE: what counted
 * under `other` has room apart from what the same key has opened since its resolver has an entry.
 */
void remember(struct model *m, struct transaction_ *t)
{
	struct transaction_ **list = &m->remembered[bucket_of(&t->key.tuple)], **at,
			    **oldest = NULL;
	const struct entry *entry = t->entry;
	struct key key = t->key;
	int n = 0;

	append(m->remembered, t);
	forget_expired(m, list); /* perhaps this very one: it was met late */
	for (at = list; *at; at = &(*at)->next) {
		if (!same_key(&(*at)->key, &key) || (*at)->entry != entry)
			continue;
		if (!n++)
			oldest = at;
	}
	if (n <= EXPIRED_PER_KEY)
		return;
	free(take(oldest));
	m->self.n[SELF_FORGOTTEN]++; /* "forgot before their 60 s were over" */
}

void time_out(struct model *m, struct transaction_ **at)
{
	struct transaction_ *t = take(at);

	t->entry->counters.n[COUNTER_TIMED_OUT]++;
	asker_of(m, t)->failed++;
	m->sampled_timed_out += t->sampled;
	t->entry->in_flight--;
	/* "Age decides": it failed when its age reached the timeout. */
	note_moment(t->entry, MOMENT_LAST_FAILURE, t->opened + m->config.timeout_ns);
	if (m->holder < 0) {
		remember(m, t);
		return;
	}
	t->next = m->held[m->holder];
	m->held[m->holder] = t;
}

/* A query, an arrival or the sweep that finds a transaction older than the timeout ends it. */
static struct transaction_ **meet(struct model *m, const struct key *key)
{
	struct transaction_ **t = find(m->open, key);

	if (!t || !is_too_old(m, *t))
		return t;
	time_out(m, t);
	return NULL;
}

/* The first remembered one of the key, if any. CHOICE: the oldest. */
static struct transaction_ **recall(struct model *m, const struct key *key)
{
	forget_expired(m, &m->remembered[bucket_of(&key->tuple)]);
	return find(m->remembered, key);
}

/* ---- translated on `lo` ----------------------------------------------------------------- */

/*
 * "On `lo` a transaction is matched by client, port and ID alone": an arrival that fits none of its
 * own address is for the first of the resolvers queried there that has one.
 */
int is_on_lo(const struct model_packet *p)
{
	return p->ifindex == LOOPBACK_IFINDEX && p->origin == ORIGIN_HOST;
}

struct key key_on_lo(const struct model *m, const struct key *key, unsigned i)
{
	const struct resolver_key *r = &m->entries[m->lo[i]]->key;
	struct key other = *key;

	memcpy(other.tuple.resolver, &r->address, 16);
	other.tuple.resolver_port = ntohs(r->port);
	other.scope = r->scope;
	if (key->transport > TRANSPORT_UDP && r->transport > TRANSPORT_UDP)
		other.transport = r->transport; /* also from port 853 to another */
	return other;
}

/* Those of `other` are none, and only the first LO_RESOLVERS_MAX are tried. */
int note_on_lo(struct model *m, const struct key *key)
{
	struct resolver_key r = resolver_of(key);
	struct entry *e = entry_of(m, &r);
	unsigned i;

	for (i = 0; e && i < m->lo_count; i++) {
		if (m->lo[i] == e->number)
			return 0;
	}
	if (!e || i == LO_RESOLVERS_MAX)
		return 0;
	m->lo[m->lo_count++] = e->number;
	return 1;
}

static struct transaction_ **meet_on_lo(struct model *m, const struct key *key)
{
	struct transaction_ **t;
	struct key other;
	unsigned i;

	for (i = 0; i < m->lo_count; i++) {
		other = key_on_lo(m, key, i);
		t = find_of(m->open, &other, m->entries[m->lo[i]]);
		if (t && !is_too_old(m, *t))
			return t;
		if (t)
			time_out(m, t);
	}
	return NULL;
}

static struct transaction_ **recall_on_lo(struct model *m, const struct key *key)
{
	struct transaction_ **t;
	struct key other;
	unsigned i;

	for (i = 0; i < m->lo_count; i++) {
		other = key_on_lo(m, key, i);
		forget_expired(m, &m->remembered[bucket_of(&other.tuple)]);
		t = find_of(m->remembered, &other, m->entries[m->lo[i]]);
		if (t)
			return t;
	}
	return NULL;
}

/* ---- queries ---------------------------------------------------------------------------- */

/* How many hang in the table, also those whose time-out nobody has met yet. */
static unsigned open_of_tuple(const struct model *m, const struct key *key)
{
	const struct transaction_ *t;
	unsigned n = 0;

	for (t = m->open[bucket_of(&key->tuple)]; t; t = t->next)
		n += same_tuple(&t->key, key);
	return n;
}

static struct entry *open_transaction(struct model *m, const struct key *key, uint64_t cgroup)
{
	struct transaction_ *t = calloc(1, sizeof(*t));

	if (!t)
		abort();
	t->key = *key;
	t->opened = m->now;
	t->crowded = open_of_tuple(m, key) >= TUPLE_INDEX_IDS;
	t->entry = entry_for(m, key);
	t->asker = count_asked(m, t->entry, cgroup, 1);
	t->entry->counters.n[COUNTER_QUERIES]++;
	t->entry->counters.n[COUNTER_TRANSACTIONS]++;
	t->entry->in_flight++;
	append(m->open, t);
	return t->entry;
}

struct entry *count_query(struct model *m, const struct key *key, uint64_t cgroup)
{
	struct transaction_ **t = meet(m, key);

	if (!t)
		return open_transaction(m, key, cgroup);
	/* "further queries of an open transaction" */
	(*t)->retransmitted = 1;
	(*t)->entry->counters.n[COUNTER_QUERIES]++;
	(*t)->entry->counters.n[COUNTER_RETRANSMISSIONS]++;
	count_asked(m, (*t)->entry, cgroup, 1);
	return (*t)->entry;
}

/* "A map operation that says 'busy' is retried twice, then counted" */
struct entry *count_busy_query(struct model *m, const struct key *key, uint64_t cgroup)
{
	struct entry *e = entry_for(m, key);

	e->counters.n[COUNTER_QUERIES]++;
	e->counters.n[COUNTER_UNTRACKED]++;
	m->self.n[SELF_BUSY]++;
	count_asked(m, e, cgroup, 1);
	return e;
}

struct entry *count_queries_beyond(struct model *m, const struct key *key, uint64_t cgroup,
				   unsigned n)
{
	struct entry *e;

	if (!n)
		return NULL;
	e = entry_for(m, key);
	e->counters.n[COUNTER_QUERIES] += n;
	e->counters.n[COUNTER_UNTRACKED] += n;
	count_asked(m, e, cgroup, n);
	return e;
}

/* An fe80 address carries its interface. */
void note_asked(struct model *m, const struct key *key)
{
	unsigned i;

	if (!key->scope || key->origin != ORIGIN_HOST)
		return;
	for (i = 0; i < m->asked_count; i++) {
		if (!memcmp(m->asked[i].address, key->tuple.resolver, 16))
			break;
	}
	if (i == RESOLVERS_MOST)
		abort();
	memcpy(m->asked[i].address, key->tuple.resolver, 16);
	m->asked[i].scope = key->scope;
	if (i == m->asked_count)
		m->asked_count++;
}

/* ---- responses -------------------------------------------------------------------------- */

/* docs: edges are inclusive, so a whole number of microseconds belongs below its edge. */
static unsigned rtt_bucket(uint64_t ns)
{
	uint64_t us = ns ? (ns - 1) / 1000 : 0;
	unsigned octave = RTT_OCTAVE_FIRST, bucket;

	if (us < 4)
		return us;
	while (us >> octave > 1)
		octave++;
	bucket = 4 + 4 * (octave - RTT_OCTAVE_FIRST) + ((us >> (octave - 2)) & 3);
	return bucket < RTT_BUCKETS ? bucket : RTT_BUCKETS - 1;
}

static void end_by_response(struct model *m, struct transaction_ *t, const struct message *r)
{
	struct resolver_counters *c = &t->entry->counters;
	uint64_t rtt = m->now - t->opened;
	int error;

	c->n[COUNTER_RESPONSES]++;
	c->n[r->rcode <= 5 ? COUNTER_ANSWERED_NOERROR + r->rcode : COUNTER_ANSWERED_OTHER]++;
	c->n[COUNTER_TRUNCATED] += r->truncated; /* "answered with TC=1" */
	/* "answered with an RCODE other than NOERROR and NXDOMAIN" is an error */
	error = r->rcode != 0 && r->rcode != 3;
	if (t->entry->key.transport > TRANSPORT_UDP)
		asker_of(m, t)->failed += error; /* a connect was refused */
	else
		asker_of(m, t)->errors += error;
	note_moment(t->entry, error ? MOMENT_LAST_FAILURE : MOMENT_LAST_ANSWERED, m->now);
	t->entry->in_flight--;
	if (t->key.transport > TRANSPORT_UDP && r->rcode)
		t->retransmitted = 1; /* "time from the SYN to the SYN-ACK" */
	if (!t->retransmitted) {      /* "not for retransmitted transactions (Karn's rule)" */
		c->n[COUNTER_RTT_COUNT]++;
		c->n[COUNTER_RTT_SUM_NS] += rtt;
		c->rtt[rtt_bucket(rtt)]++;
	}
	free(t);
}

void count_unmatched_responses(struct model *m, const struct key *key, unsigned n)
{
	struct resolver_key r = resolver_of(key);
	struct entry *e = entry_of(m, &r);

	/* "An arrival that matches no transaction, about an address without an entry" */
	if (!e) {
		m->self.n[SELF_UNMATCHED_RESPONSES] += n;
		return;
	}
	e->counters.n[COUNTER_RESPONSES] += n;
	e->counters.n[COUNTER_UNMATCHED_RESPONSES] += n;
}

static struct transaction_ **meet_arrival(struct model *m, const struct key *key, int may_be_late,
					  int on_lo, int *late)
{
	struct transaction_ **t = meet(m, key);

	*late = 0;
	if (t)
		return t;
	t = may_be_late ? recall(m, key) : NULL;
	*late = t != NULL;
	if (t || !on_lo)
		return t;
	t = meet_on_lo(m, key);
	if (t || !may_be_late)
		return t;
	*late = 1;
	return recall_on_lo(m, key);
}

/* "The answer to a SYN with data (TCP Fast Open) may acknowledge the data too." */
void note_fast_open(struct model *m, const struct key *key, uint32_t data)
{
	struct key to = *key;
	unsigned i;

	if (!data)
		return;
	to.id = on_wire(on_wire(key->id) + data);
	for (i = 0; i < m->fast_open_count && i < FAST_OPENS; i++) {
		if (same_key(&m->fast_open[i], &to)) {
			m->fast_open_data[i] = data;
			return;
		}
	}
	i = m->fast_open_count++ % FAST_OPENS;
	m->fast_open[i] = to;
	m->fast_open_data[i] = data;
}

static struct key key_of_fast_open(struct model *m, const struct key *key)
{
	struct transaction_ **open = find(m->open, key);
	struct key syn = *key;
	unsigned i;

	for (i = 0; !open && i < m->fast_open_count && i < FAST_OPENS; i++) {
		if (same_key(&m->fast_open[i], key))
			syn.id = on_wire(on_wire(key->id) - m->fast_open_data[i]);
	}
	return syn;
}

void count_response(struct model *m, const struct key *arrived, const struct message *r, int on_lo)
{
	struct key syn = key_of_fast_open(m, arrived), *key = &syn;
	struct transaction_ **t, *late;
	int is_late;

	/* "[If one] with the same key is open again, an arrival belongs to the open one." */
	t = meet_arrival(m, key, 1, on_lo, &is_late);
	if (!t && r->only_if_open)
		return;
	if (!t) {
		count_unmatched_responses(m, key, 1);
		return;
	}
	if (!is_late) {
		end_by_response(m, take(t), r);
		return;
	}
	/* "The first arrival for the transaction is late [...]. Further arrivals are unmatched." */
	late = take(t);
	late->entry->counters.n[COUNTER_RESPONSES]++;
	late->entry->counters.n[COUNTER_LATE_RESPONSES]++;
	free(late);
}

/* ---- unreachables ----------------------------------------------------------------------- */

static int is_from_elsewhere(const struct seen *s)
{
	return memcmp(s->reporter, s->tuple.resolver, 16) != 0;
}

static void count_unreachable(struct entry *e, const struct seen *s)
{
	e->counters.n[COUNTER_ICMP_PORT + s->reason]++;
	e->counters.n[COUNTER_ICMP_FROM_ELSEWHERE] += is_from_elsewhere(s);
	e->counters.n[COUNTER_ICMP_SHORT_QUOTES] += s->short_quote;
}

/* include/dnsreach.h: of unreachables that ended a transaction or came late. */
static void count_evidence(struct entry *e, const struct seen *s)
{
	uint64_t *n = (uint64_t *)e->counters.n;

	n[COUNTER_EVIDENCE_PROHIBITED] += s->reason == REASON_PROHIBITED;
	n[COUNTER_EVIDENCE_NO_ROUTE] += s->reason == REASON_HOST || s->reason == REASON_NETWORK;
	n[COUNTER_EVIDENCE_PORT] += s->reason == REASON_PORT && !is_from_elsewhere(s);
	n[COUNTER_EVIDENCE_ON_PATH] +=
		(s->reason == REASON_PORT || s->reason == REASON_OTHER) && is_from_elsewhere(s);
}

/* A quote without an ID ends the oldest open transaction of its 4-tuple. */
/* `entry`: NULL, or it counts for this one. */
static struct transaction_ **find_oldest(struct model *m, const struct key *key,
					 const struct entry *entry)
{
	struct transaction_ **t = &m->open[bucket_of(&key->tuple)], **oldest = NULL;

	for (; *t; t = &(*t)->next) {
		if (!same_tuple(&(*t)->key, key) || is_too_old(m, *t) ||
		    (entry && (*t)->entry != entry))
			continue;
		if (!oldest || (*t)->opened < (*oldest)->opened)
			oldest = t;
	}
	return oldest;
}

int choose_oldest(struct model *m, struct key *key, int on_lo)
{
	struct transaction_ **t = m->config.short_quotes ? find_oldest(m, key, NULL) : NULL;
	struct key other;
	unsigned i;

	for (i = 0; !t && m->config.short_quotes && on_lo && i < m->lo_count; i++) {
		other = key_on_lo(m, key, i);
		t = find_oldest(m, &other, m->entries[m->lo[i]]);
	}
	if (t)
		*key = (*t)->key;
	return !!t;
}

/* "An unreachable received on `lo` that [...] fits no open transaction, whoever reports it". A
 * refusal of this host is `unsent` of that resolver; it may make the resolver's entry. */
static void count_unsent(struct model *m, const struct key *key, const struct seen *s)
{
	enum counter c = COUNTER_UNSENT_OTHER;

	struct entry *e = entry_for(m, key);

	if (s->reason != REASON_PORT)
		c = COUNTER_UNSENT_HOST + s->reason - REASON_HOST;
	e->counters.n[c]++;
	note_moment(e, MOMENT_LAST_FAILURE, m->now);
}

static void count_unmatched_unreachable(struct model *m, const struct key *key,
					const struct seen *s)
{
	struct resolver_key r = resolver_of(key);
	struct entry *e = entry_of(m, &r);

	if (!e) {
		m->self.n[SELF_UNMATCHED_UNREACHABLES]++;
		return;
	}
	count_unreachable(e, s);
	e->counters.n[COUNTER_UNMATCHED_UNREACHABLES]++;
}

static void end_by_unreachable(struct model *m, struct transaction_ *t, const struct seen *s,
			       int late)
{
	enum counter c = late ? COUNTER_LATE_UNREACHABLES : COUNTER_UNREACHABLE_PORT + s->reason;

	count_unreachable(t->entry, s);
	count_evidence(t->entry, s);
	t->entry->counters.n[c]++;
	note_moment(t->entry, MOMENT_LAST_FAILURE, m->now);
	if (!late) {
		asker_of(m, t)->failed++;
		t->entry->in_flight--;
	}
	free(t);
}

/*
 * `chosen`: NULL, or the transaction that a short quote is about. A refusal fits what is open, not
 * what is remembered.
 */
void count_arrived_unreachable(struct model *m, const struct model_packet *p, const struct key *key,
			       const struct seen *s, const struct key *chosen)
{
	struct transaction_ **t = NULL;
	int late = 0;

	if (chosen)
		t = meet(m, chosen);
	else if (!s->short_quote)
		t = meet_arrival(m, key, !is_on_lo(p), is_on_lo(p), &late);
	if (t)
		end_by_unreachable(m, take(t), s, late);
	else if (is_on_lo(p))
		count_unsent(m, key, s);
	else
		count_unmatched_unreachable(m, key, s);
}

/*
 * Counted as `too_big`, never an outcome. An arrival is looked up among the transactions first,
 * and a transaction knows its entry. CHOICE: what fits none, about no entry, is not counted at all.
 */
void count_too_big(struct model *m, const struct key *key, const struct seen *s)
{
	struct transaction_ **t = s->short_quote ? NULL : find(m->open, key);
	struct resolver_key r = resolver_of(key);
	struct entry *e = t && !is_too_old(m, *t) ? (*t)->entry : entry_of(m, &r);

	if (e)
		e->counters.n[COUNTER_TOO_BIG]++;
}
