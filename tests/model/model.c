/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The way of one packet through the model: time, VLANs of other interfaces, one packet on several
 * interfaces, and then each of its messages to counting.c.
 */
#include "counting.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void copy_entries(struct model *to, const struct model *from)
{
	unsigned i;

	for (i = 0; i < from->entry_count; i++) {
		if (i == to->entry_count)
			add_entry(to, &from->entries[i]->key);
		*to->entries[i] = *from->entries[i];
	}
	while (to->entry_count > from->entry_count)
		free(to->entries[--to->entry_count]);
}

void model_copy(struct model *to, const struct model *from)
{
	unsigned i;

	copy_entries(to, from);
	asker_list_copy(&to->askers, &from->askers);
	to->sampled_timed_out = from->sampled_timed_out;
	for (i = 0; i < BUCKETS; i++) {
		copy_list(to, &to->open[i], from->open[i]);
		copy_list(to, &to->remembered[i], from->remembered[i]);
	}
	for (i = 0; i < MODEL_ACTORS; i++)
		copy_list(to, &to->held[i], from->held[i]);
	to->now = from->now;
	to->created = from->created;
	to->self = from->self;
	memcpy(to->last, from->last, sizeof(to->last));
	memcpy(to->asked, from->asked, from->asked_count * sizeof(*from->asked));
	to->asked_count = from->asked_count;
	memcpy(to->lo, from->lo, sizeof(to->lo));
	to->lo_count = from->lo_count;
	memcpy(to->masters, from->masters, sizeof(to->masters));
	memcpy(to->is_bridge, from->is_bridge, sizeof(to->is_bridge));
	memcpy(to->tagged, from->tagged, sizeof(to->tagged));
	to->tagged_count = from->tagged_count;
	memcpy(to->fast_open, from->fast_open, sizeof(to->fast_open));
	memcpy(to->fast_open_data, from->fast_open_data, sizeof(to->fast_open_data));
	to->fast_open_count = from->fast_open_count;
	memcpy(to->rule, from->rule, sizeof(to->rule));
}

static uint64_t add_to_hash(uint64_t hash, const void *bytes, unsigned n)
{
	const uint8_t *b = bytes;

	while (n--)
		hash = (hash ^ *b++) * 0x100000001b3ULL;
	return hash ^ hash >> 29;
}

static uint64_t hash_of(const struct transaction_ *t, int open)
{
	uint64_t hash = add_to_hash(open, &t->key.tuple, sizeof(t->key.tuple));
	uint64_t rest[] = {t->key.transport,
			   t->key.scope,
			   t->key.id,
			   t->opened,
			   t->retransmitted,
			   t->crowded,
			   t->entry != NULL && t->entry->key.transport,
			   t->key.origin};

	hash = add_to_hash(hash, &t->asker, sizeof(t->asker));
	return add_to_hash(hash, rest, sizeof(rest));
}

uint64_t model_hash(const struct model *m)
{
	const struct transaction_ *t;
	uint64_t sum = add_to_hash(m->lo_count, m->lo, m->lo_count * sizeof(*m->lo));
	unsigned i;

	for (i = 0; i < BUCKETS; i++) {
		for (t = m->open[i]; t; t = t->next)
			sum += hash_of(t, 1);
		for (t = m->remembered[i]; t; t = t->next) {
			if (is_remembered(m, t))
				sum += hash_of(t, 0);
		}
	}
	return sum;
}

struct model *model_new(const struct engine_config *c)
{
	struct model *m = calloc(1, sizeof(*m));
	struct resolver_key other = {0};

	if (!m)
		abort();
	m->config = *c;
	m->holder = -1;
	add_entry(m, &other);
	return m;
}

void model_free(struct model *m)
{
	unsigned i;

	empty(m->open);
	empty(m->remembered);
	for (i = 0; i < MODEL_ACTORS; i++) {
		while (m->held[i])
			free(take(&m->held[i]));
	}
	for (i = 0; i < m->entry_count; i++)
		free(m->entries[i]);
	asker_list_free(&m->askers);
	free(m);
}

/* The resolvers of resolv.conf have their places reserved. */
void model_reserve(struct model *m, const struct resolver_key *key)
{
	if (!entry_of(m, key))
		add_entry(m, key);
}

void model_tagged(struct model *m, uint32_t ifindex, uint32_t vlan)
{
	m->tagged[m->tagged_count++] = (struct vlan_dev_key){.ifindex = ifindex, .vlan = vlan};
}

void model_port(struct model *m, uint32_t port, uint32_t master, int is_bridge)
{
	if (port >= LINKS_MOST)
		abort();
	m->masters[port] = master;
	m->is_bridge[port] = is_bridge;
}

/* ---- before anything is counted --------------------------------------------------------- */

/*
 * Packet time never runs backwards: the highest one seen counts. CHOICE: seen in a packet that is
 * ours, so that other traffic in a recording changes nothing.
 */
static void advance(struct model *m, uint64_t now)
{
	if (now > m->now)
		m->now = now;
}

void model_clock(struct model *m, uint64_t now)
{
	advance(m, now);
}

/* A tagged packet on a lower device is skipped when its VLAN device is attached. */
static int is_of_vlan_device(const struct model *m, uint32_t ifindex, int vlan)
{
	unsigned i;

	for (i = 0; i < m->tagged_count; i++) {
		if (vlan >= 0 && m->tagged[i].ifindex == ifindex &&
		    m->tagged[i].vlan == (uint32_t)vlan)
			return 1;
	}
	return 0;
}

/* "What a bridge sends that came in by one of its own ports does not leave it." */
static int is_inside_a_bridge(const struct model *m, const struct model_packet *p)
{
	return p->out && p->origin == ORIGIN_HOST && p->came_in < LINKS_MOST &&
	       m->is_bridge[p->came_in] && m->masters[p->came_in] == p->ifindex;
}

/*
 * Each view has its own last packet. One that cannot be read may be shown to both views: it counts
 * once.
 */
static const struct last_packet *last_packet(const struct model *m, const struct model_packet *p,
					     const struct seen *s)
{
	int unparsed =
		s->kind == SEEN_UNPARSED || (s->kind == SEEN_MESSAGES && s->messages == 1 &&
					     !s->beyond && s->message[0].kind == MESSAGE_UNPARSED);

	return &m->last[p->cpu][unparsed ? ORIGIN_HOST : p->origin];
}

/*
 * The same digest on another interface within 1 ms is the same packet; on the same interface it is
 * a new one. CHOICE: 1 ms exactly is not within it.
 */
static int is_last_packet(const struct model *m, const struct model_packet *p, const struct seen *s)
{
	const struct last_packet *l = last_packet(m, p, s);

	return l->length && l->length == s->digest_length &&
	       !memcmp(l->digest, s->digest, l->length) &&
	       (l->ifindex != p->ifindex || l->origin != p->origin) &&
	       m->now - l->time < DUPLICATE_NS;
}

/* Each CPU has a record of the last packet that it counted. */
static void record_packet(struct model *m, const struct model_packet *p, const struct seen *s)
{
	struct last_packet *l = (struct last_packet *)last_packet(m, p, s);

	memcpy(l->digest, s->digest, sizeof(l->digest));
	l->length = s->digest_length;
	l->ifindex = p->ifindex;
	l->origin = p->origin;
	l->time = m->now;
	l->gso_size = p->gso_size;
	l->byte_count = p->length - s->network;
	if (l->byte_count > sizeof(l->bytes))
		abort();
	memcpy(l->bytes, p->bytes + s->network, l->byte_count);
}

/* ---- which interface an fe80 address belongs to ----------------------------------------- */

static int is_link_local(const uint8_t *a)
{
	return a[0] == 0xfe && (a[1] & 0xc0) == 0x80;
}

/* On a port of a bridge or bond, the interface of an fe80 address is the bridge or bond. */
static uint32_t scope_of_link(const struct model *m, uint32_t ifindex)
{
	return ifindex < LINKS_MOST && m->masters[ifindex] ? m->masters[ifindex] : ifindex;
}

/*
 * This host reports on `lo` that it did not send to an fe80 resolver. It is counted for the
 * interface on which that address was last asked, and on `lo` when it never was.
 */
static uint32_t scope_asked(const struct model *m, const uint8_t *address)
{
	unsigned i;

	for (i = 0; i < m->asked_count; i++) {
		if (!memcmp(m->asked[i].address, address, 16))
			return m->asked[i].scope;
	}
	return LOOPBACK_IFINDEX;
}

struct key packet_key(const struct model *m, const struct model_packet *p, const struct seen *s)
{
	struct key key = {.tuple = s->tuple, .origin = p->origin, .transport = s->transport};
	int icmp = s->kind == SEEN_UNREACHABLE || s->kind == SEEN_TOO_BIG;
	int own = icmp && !memcmp(s->reporter, s->tuple.client, 16);

	if (!is_link_local(s->tuple.resolver))
		return key;
	if (own && p->ifindex == LOOPBACK_IFINDEX)
		key.scope = scope_asked(m, s->tuple.resolver);
	else
		key.scope = scope_of_link(m, p->ifindex);
	return key;
}

/* ---- the packet ------------------------------------------------------------------------- */

/* Before it counts. Returns 0 when it does not. */
int begin_packet(struct model *m, struct course *c)
{
	static const char *const kinds[] = {"not ours", "unparsed", "messages", "unreachable",
					    "too big"};
	const struct model_packet *p = &c->packet;
	struct seen *s = &c->seen;
	int skipped, tunnel, again = 0;

	model_see(&m->config, p, s);
	skipped = is_of_vlan_device(m, p->ifindex, s->vlan);
	tunnel = s->kind == SEEN_UNPARSED && s->unparsed == SELF_UNPARSED_TUNNEL;
	if (tunnel && p->origin == ORIGIN_GUEST)
		skipped = 1; /* the host's programs count it there */
	if (!tunnel && is_inside_a_bridge(m, p))
		skipped = 1;
	if (!skipped && s->kind != SEEN_NOTHING && !tunnel) {
		advance(m, p->now);
		again = is_last_packet(m, p, s);
	}
	snprintf(m->rule, sizeof(m->rule), "%s%s%s (unparsed %d, messages %u + %u, reason %d%s)",
		 kinds[s->kind], skipped ? ", not counted here" : "",
		 again ? ", the same on another interface" : "", s->unparsed, s->messages,
		 s->beyond, s->reason, s->short_quote ? ", short quote" : "");
	if (s->kind == SEEN_NOTHING || skipped || again)
		return 0;
	if (!tunnel) /* "on each interface" */
		record_packet(m, p, s);
	return 1;
}
const char *model_rule(const struct model *m)
{
	return m->rule;
}

/* The sweep ends transactions that no packet has found. */
void model_sweep(struct model *m, uint64_t now)
{
	struct transaction_ **t;
	int i;

	advance(m, now);
	for (i = 0; i < BUCKETS; i++) {
		for (t = &m->open[i]; *t;) {
			if (is_too_old(m, *t))
				time_out(m, t);
			else
				t = &(*t)->next;
		}
		forget_expired(m, &m->remembered[i]);
	}
}

/* "outcome: exactly one": the sweep ends what nobody has ended, whatever it meets first. */
unsigned model_aged(const struct model *m, struct key *keys, unsigned most)
{
	const struct transaction_ *t;
	unsigned n = 0, i;

	for (i = 0; i < BUCKETS; i++) {
		for (t = m->open[i]; t; t = t->next) {
			if (is_too_old(m, t) && n++ < most)
				keys[n - 1] = t->key;
		}
	}
	return n;
}

void model_sweep_key(struct model *m, const struct key *key, unsigned actor)
{
	struct transaction_ **t = find(m->open, key);

	if (!t || !is_too_old(m, *t))
		return;
	m->holder = actor;
	time_out(m, t);
	m->holder = -1;
}

void model_sweep_remember(struct model *m, unsigned actor)
{
	while (m->held[actor])
		remember(m, take(&m->held[actor]));
}

/* ---- what docs/counters.md leaves free -------------------------------------------------- */

/* One that need not be findable, or two that are the oldest. */
static int is_any_of_several(const struct model *m, const struct key *key)
{
	const struct transaction_ *t;
	unsigned crowded = 0, oldest = 0;
	uint64_t first = UINT64_MAX;

	for (t = m->open[bucket_of(&key->tuple)]; t; t = t->next) {
		if (!same_tuple(&t->key, key))
			continue;
		crowded |= t->crowded;
		if (is_too_old(m, t))
			continue;
		if (t->opened < first)
			oldest = 0;
		if (t->opened <= first) {
			oldest++;
			first = t->opened;
		}
	}
	return oldest > 1 || crowded;
}

static int is_any_of_several_on_lo(const struct model *m, const struct key *key)
{
	struct key other;
	unsigned i;

	for (i = 0; i < m->lo_count; i++) {
		other = key_on_lo(m, key, i);
		if (is_any_of_several(m, &other))
			return 1;
	}
	return 0;
}

int is_any_of_same_age(const struct model *m, const struct key *key)
{
	const struct transaction_ *t, *u;

	for (t = m->open[bucket_of(&key->tuple)]; t; t = t->next) {
		if (!same_tuple(&t->key, key))
			continue;
		if (t->crowded)
			return 1;
		for (u = t->next; u; u = u->next) {
			if (same_tuple(&u->key, key) && u->opened == t->opened)
				return 1;
		}
	}
	return 0;
}

/*
 * An IP packet without Ethernet header that could be a frame by its source address, and cut, so
 * that its length does not tell either.
 */
static int is_like_a_frame(const struct model_packet *p)
{
	const uint8_t *b = p->bytes;
	uint32_t length;

	if (p->ethernet || p->length < 20 || (b[12] << 8 | b[13]) != p->protocol)
		return 0;
	length = p->protocol == 0x0800 ? b[2] << 8 | b[3] : (b[4] << 8 | b[5]) + 40;
	return length != p->length;
}

const char *model_undecided_in_full_tables(struct model *m, const struct model_packet *p)
{
	struct resolver_key r;
	struct seen s;
	struct key key;

	model_see(&m->config, p, &s);
	if (s.kind != SEEN_UNREACHABLE || !is_on_lo(p))
		return NULL;
	key = packet_key(m, p, &s);
	r = resolver_of(&key);
	return entry_of(m, &r) ? NULL : "whether it ends a transaction or makes an entry";
}

static int is_twin(const struct model *m, struct transaction_ *const *list, const struct key *key)
{
	const struct transaction_ *t;
	unsigned i;

	for (i = 0; i < BUCKETS; i++) {
		for (t = list[i]; t; t = t->next) {
			if (is_other(t->entry) && t->key.id == key->id &&
			    t->key.transport == key->transport && t->key.origin == key->origin &&
			    t->key.tuple.client_port == key->tuple.client_port &&
			    !memcmp(t->key.tuple.client, key->tuple.client, 16) &&
			    !same_key(&t->key, key))
				return 1;
		}
	}
	return 0;
}

/* "In `other`, two open connects that differ in the resolver alone [...] can count as one." */
static int is_twin_in_other(const struct model *m, struct key key, const struct seen *s)
{
	struct resolver_key other = {.transport = s->transport};

	if (s->transport == TRANSPORT_UDP || !entry_of(m, &other))
		return 0;
	key.id = s->kind == SEEN_MESSAGES ? s->message[0].id : s->id;
	return is_twin(m, m->open, &key) || is_twin(m, m->remembered, &key);
}

const char *model_undecided(struct model *m, const struct model_packet *p)
{
	const struct last_packet *last;
	struct seen s;
	struct key key;

	if (is_like_a_frame(p))
		return "a packet that looks like a frame";
	model_see(&m->config, p, &s);
	if (s.kind == SEEN_NOTHING)
		return s.messages > 1 ? "whether it is remembered as the last packet" : NULL;
	key = packet_key(m, p, &s);
	if (is_twin_in_other(m, key, &s))
		return "a connect of `other` like that to another resolver";
	last = last_packet(m, p, &s);
	if (s.kind == SEEN_UNREACHABLE && s.short_quote &&
	    (is_any_of_several(m, &key) || (is_on_lo(p) && is_any_of_several_on_lo(m, &key))))
		return "a short quote about any of several transactions";
	/* The digest's exact bytes are the engine's affair. */
	if (is_last_packet(m, p, &s) &&
	    (last->gso_size != p->gso_size || last->byte_count != p->length - s.network ||
	     memcmp(last->bytes, p->bytes + s.network, last->byte_count)))
		return "nearly the packet before, on another interface";
	return NULL;
}

/* ---- reading ---------------------------------------------------------------------------- */

const struct self_counters *model_self(const struct model *m)
{
	return &m->self;
}

unsigned model_resolvers(const struct model *m)
{
	return m->entry_count;
}

/* "A row of transport `tcp` or `dot` counts connects": under these names what queries count as. */
static const struct resolver_counters *as_connects(const struct resolver_counters *c)
{
	static const enum counter pairs[][2] = {
		{COUNTER_QUERIES, COUNTER_CONNECT_ATTEMPTS},
		{COUNTER_TRANSACTIONS, COUNTER_CONNECT_OPENED},
		{COUNTER_RETRANSMISSIONS, COUNTER_CONNECT_RETRANSMISSIONS},
		{COUNTER_UNTRACKED, COUNTER_CONNECT_UNTRACKED},
		{COUNTER_ANSWERED_NOERROR, COUNTER_CONNECT_ESTABLISHED},
		{COUNTER_ANSWERED_REFUSED, COUNTER_CONNECT_REFUSED},
		{COUNTER_UNREACHABLE_PORT, COUNTER_CONNECT_UNREACHABLE_PORT},
		{COUNTER_UNREACHABLE_HOST, COUNTER_CONNECT_UNREACHABLE_HOST},
		{COUNTER_UNREACHABLE_NETWORK, COUNTER_CONNECT_UNREACHABLE_NETWORK},
		{COUNTER_UNREACHABLE_PROHIBITED, COUNTER_CONNECT_UNREACHABLE_PROHIBITED},
		{COUNTER_UNREACHABLE_OTHER, COUNTER_CONNECT_UNREACHABLE_OTHER},
		{COUNTER_TIMED_OUT, COUNTER_CONNECT_TIMED_OUT},
		{COUNTER_LATE_RESPONSES, COUNTER_CONNECT_LATE},
		{COUNTER_UNMATCHED_RESPONSES, COUNTER_CONNECT_UNMATCHED},
		{COUNTER_RESPONSES, COUNTER_CONNECT_ARRIVALS},
		{COUNTER_RTT_COUNT, COUNTER_CONNECT_RTT_COUNT},
		{COUNTER_RTT_SUM_NS, COUNTER_CONNECT_RTT_SUM_NS},
	};
	static struct resolver_counters named;
	unsigned i;

	named = *c;
	for (i = 0; i < sizeof(pairs) / sizeof(*pairs); i++) {
		named.n[pairs[i][1]] = c->n[pairs[i][0]];
		named.n[pairs[i][0]] = 0;
	}
	named.n[COUNTER_CONNECT_UNFOLLOWED] = c->n[COUNTER_ANSWERED_NOERROR]; /* --max-streams 0 */
	memcpy(named.connect_rtt, c->rtt, sizeof(c->rtt));
	memset(named.rtt, 0, sizeof(named.rtt));
	return &named;
}

const struct resolver_counters *model_resolver(const struct model *m, unsigned i,
					       struct resolver_key *key, uint64_t *in_flight)
{
	*key = m->entries[i]->key;
	*in_flight = m->entries[i]->in_flight;
	if (key->transport > TRANSPORT_UDP)
		return as_connects(&m->entries[i]->counters);
	return &m->entries[i]->counters;
}

static int is_transaction(const struct transaction_ *t, const struct transaction_key *key)
{
	struct resolver_key r = resolver_of(&t->key);

	return !memcmp(&r, &key->resolver, sizeof(r)) &&
	       !memcmp(t->key.tuple.client, &key->client, 16) &&
	       t->key.tuple.client_port == ntohs(key->client_port) && t->key.id == ntohs(key->id);
}

int model_mark(struct model *m, const struct transaction_key *key, uint64_t opened)
{
	struct transaction_ *t;
	unsigned i;

	for (i = 0; i < BUCKETS; i++) {
		for (t = m->open[i]; t; t = t->next) {
			if (t->opened == opened && is_transaction(t, key))
				return t->sampled = 1;
		}
	}
	return 0;
}

uint64_t model_marked_timed_out(const struct model *m)
{
	return m->sampled_timed_out;
}

void model_set_moment(struct model *m, unsigned i, enum moment which, uint64_t when)
{
	m->entries[i]->counters.at[which] = when;
}
