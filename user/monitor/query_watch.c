// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Examples of what became of queries. Open queries are in a ring, in the order of time, and in
 * chains by client and resolver. The oldest is overwritten when the ring is full.
 */
#include "monitor/query_watch.h"

#include "capture/link.h"
#include "util/address.h"
#include "util/clock.h"
#include "util/dns.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#define WATCHED_MAX 16384 /* a power of two */
#define CHAIN_MAX 64	  /* entries looked at for one packet */
#define EXCERPTS_MAX 256
#define LATE_NS (60 * NS_PER_S) /* a timed-out query is remembered this long (docs/counters.md) */

enum watched_state { WATCHED_OPEN, WATCHED_TIMED_OUT, WATCHED_ENDED };

struct watched_query {
	__u64 number; /* counts up; 0: never used */
	__u64 chain;  /* number of the next older one with this hash */
	__u64 sent_ns;
	struct transaction_key key;
	enum watched_state state;
	struct excerpt_transaction *excerpt; /* NULL: it is not in one */
	struct failed_query failed;	     /* what the incident gets when it fails */
};

struct query_watch {
	struct engine_config config;
	struct incidents *incidents;
	__u64 base_ns;
	__u64 last, expired; /* numbers: the latest; all up to this one have been looked at */
	__u64 heads[WATCHED_MAX];
	struct watched_query queries[WATCHED_MAX];
	struct excerpt *excerpts[EXCERPTS_MAX]; /* sorted by resolver */
	size_t excerpt_count;
};

struct query_watch *query_watch_new(const struct engine_config *config, struct incidents *incidents)
{
	struct query_watch *watch = calloc(1, sizeof(*watch));

	if (!watch)
		return NULL;
	watch->config = *config;
	watch->incidents = incidents;
	return watch;
}

void query_watch_set_base(struct query_watch *watch, __u64 base_ns)
{
	watch->base_ns = base_ns;
}

void query_watch_free(struct query_watch *watch)
{
	if (!watch)
		return;
	while (watch->excerpt_count)
		free(watch->excerpts[--watch->excerpt_count]);
	free(watch);
}

/* ---- the packet ------------------------------------------------------------------------------ */

struct dns_packet {
	struct ip_address source, destination;
	__u16 source_port, destination_port, id; /* network order */
	__u8 is_response, rcode;
	const __u8 *question;
	__u32 question_length;
};

static __u16 be16_at(const __u8 *bytes)
{
	return (__u16)(bytes[0] << 8 | bytes[1]);
}

/* Returns the offset of the UDP header behind IPv4, 0: there is none. */
static __u32 ipv4_udp_offset(const struct captured *c, __u32 at, struct dns_packet *packet)
{
	const __u8 *ip = c->bytes + at;
	__u32 length;

	if (at + 20 > c->length || ip[9] != IPPROTO_UDP || (be16_at(ip + 6) & 0x1fff))
		return 0;
	length = (ip[0] & 15) * 4;
	packet->source = packet->destination = (struct ip_address){{0, 0, htonl(0xffff), 0}};
	memcpy(&packet->source.w[3], ip + 12, 4);
	memcpy(&packet->destination.w[3], ip + 16, 4);
	return length < 20 ? 0 : at + length;
}

/* Returns the offset of the UDP header behind IPv6, 0: there is none. */
static __u32 ipv6_udp_offset(const struct captured *c, __u32 at, struct dns_packet *packet)
{
	const __u8 *ip = c->bytes + at;
	__u32 headers;
	__u8 next;

	if (at + 40 > c->length)
		return 0;
	memcpy(&packet->source, ip + 8, 16);
	memcpy(&packet->destination, ip + 24, 16);
	next = ip[6];
	at += 40;
	for (headers = 0; headers < EXTENSION_HEADERS_MAX && next != IPPROTO_UDP; headers++) {
		const __u8 *header = c->bytes + at;

		if (at + 8 > c->length)
			return 0;
		if (next == IPPROTO_FRAGMENT && (be16_at(header + 2) & 0xfff8))
			return 0;
		if (next != IPPROTO_FRAGMENT && next != IPPROTO_HOPOPTS &&
		    next != IPPROTO_ROUTING && next != IPPROTO_DSTOPTS)
			return 0;
		at += next == IPPROTO_FRAGMENT ? 8 : 8 + header[1] * 8U;
		next = header[0];
	}
	return next == IPPROTO_UDP ? at : 0;
}

static __u32 udp_offset(const struct captured *c, struct dns_packet *packet)
{
	__u32 at;
	__u16 type = link_find_ip(c, &at);

	if (type == 0x0800)
		return ipv4_udp_offset(c, at, packet);
	return type == 0x86dd ? ipv6_udp_offset(c, at, packet) : 0;
}

static int is_watched_port(const struct query_watch *watch, __u16 port)
{
	__u32 i;

	for (i = 0; i < watch->config.port_count; i++)
		if (watch->config.ports[i] == port)
			return 1;
	return 0;
}

/* Returns 1 for a query to a watched port (`out`), or for a response from one. */
static int dns_packet_parse(const struct query_watch *watch, const struct captured *c, int out,
			    struct dns_packet *packet)
{
	__u32 at = udp_offset(c, packet);
	const __u8 *udp = c->bytes + at;

	if (!at || at + 8 + 12 > c->length)
		return 0;
	memcpy(&packet->source_port, udp, 2);
	memcpy(&packet->destination_port, udp + 2, 2);
	if (!is_watched_port(watch, out ? packet->destination_port : packet->source_port))
		return 0;
	memcpy(&packet->id, udp + 8, 2);
	packet->is_response = udp[10] >> 7;
	packet->rcode = udp[11] & 15;
	packet->question = udp + 20;
	packet->question_length = c->length - at - 20;
	if (packet->question_length > QUESTION_MAX)
		packet->question_length = QUESTION_MAX;
	return packet->is_response == !out;
}

static struct transaction_key dns_packet_key(const struct dns_packet *packet, __u32 ifindex)
{
	struct transaction_key key = {.transport = TRANSPORT_UDP, .id = packet->id};

	key.client = packet->is_response ? packet->destination : packet->source;
	key.client_port = packet->is_response ? packet->destination_port : packet->source_port;
	key.resolver = packet->is_response ? packet->source : packet->destination;
	key.resolver_port = packet->is_response ? packet->source_port : packet->destination_port;
	if (address_is_link_local(&key.resolver))
		key.scope = ifindex;
	return key;
}

/* ---- the queries ----------------------------------------------------------------------------- */

/* Hashes client and resolver, not the ID: a short quote names none. */
static __u64 *query_watch_head(struct query_watch *watch, const struct transaction_key *key)
{
	struct transaction_key hashed = *key;
	const unsigned char *bytes = (const unsigned char *)&hashed;
	__u64 hash = 0xcbf29ce484222325ULL; /* FNV-1a */
	size_t i;

	hashed.id = 0;
	for (i = 0; i < sizeof(hashed); i++)
		hash = (hash ^ bytes[i]) * 0x100000001b3ULL;
	return &watch->heads[(hash ^ hash >> 32) % WATCHED_MAX];
}

static struct watched_query *query_watch_at(struct query_watch *watch, __u64 number)
{
	struct watched_query *query = &watch->queries[number % WATCHED_MAX];

	return number && query->number == number ? query : NULL;
}

/*
 * Returns the query of `key`: the latest that has not ended. With `any_id`, the oldest open one of
 * its addresses and ports. NULL: none.
 */
static struct watched_query *query_watch_find(struct query_watch *watch,
					      const struct transaction_key *key, int any_id)
{
	struct watched_query *query = query_watch_at(watch, *query_watch_head(watch, key));
	struct watched_query *found = NULL;
	struct transaction_key wanted = *key;
	unsigned int i;

	for (i = 0; query && i < CHAIN_MAX; i++, query = query_watch_at(watch, query->chain)) {
		if (any_id)
			wanted.id = query->key.id;
		if (query->state == WATCHED_ENDED || memcmp(&query->key, &wanted, sizeof(wanted)))
			continue;
		if (!any_id)
			return query;
		if (query->state == WATCHED_OPEN || !found)
			found = query;
	}
	return found;
}

/* ---- excerpts -------------------------------------------------------------------------------- */

/* Returns the resolver's excerpt; NULL: there are enough. */
static struct excerpt *query_watch_excerpt(struct query_watch *watch,
					   const struct transaction_key *key)
{
	struct resolver_key resolver = {.address = key->resolver,
					.scope = key->scope,
					.port = key->resolver_port,
					.transport = key->transport};
	struct excerpt **all = watch->excerpts, *excerpt;
	size_t at = 0, count = watch->excerpt_count, behind = count;

	while (at < behind) {
		size_t middle = at + (behind - at) / 2;

		if (memcmp(&all[middle]->resolver, &resolver, sizeof(resolver)) < 0)
			at = middle + 1;
		else
			behind = middle;
	}
	if (at < count && !memcmp(&all[at]->resolver, &resolver, sizeof(resolver)))
		return all[at];
	excerpt = count < EXCERPTS_MAX ? calloc(1, sizeof(*excerpt)) : NULL;
	if (!excerpt)
		return NULL;
	excerpt->resolver = resolver;
	memmove(&all[at + 1], &all[at], (count - at) * sizeof(*all));
	all[at] = excerpt;
	watch->excerpt_count++;
	return excerpt;
}

static void excerpt_set_question(struct excerpt_transaction *to, const struct failed_query *query)
{
	struct dns_question question;

	if (dns_question_parse(query->question, query->question_length, &question))
		return;
	strcpy(to->name, question.name);
	to->type = question.type;
}

static struct excerpt_transaction *query_watch_add_excerpt(struct query_watch *watch,
							   const struct failed_query *query)
{
	struct excerpt *excerpt = query_watch_excerpt(watch, &query->key);
	struct excerpt_transaction *transaction;

	if (!excerpt)
		return NULL;
	if (excerpt->count == EXCERPT_TRANSACTIONS) {
		excerpt->more = 1;
		return NULL;
	}
	transaction = &excerpt->transactions[excerpt->count++];
	transaction->sent_ns = query->time_ns + watch->base_ns;
	transaction->queries = 1;
	transaction->client = query->key.client;
	transaction->client_port = query->key.client_port;
	excerpt_set_question(transaction, query);
	return transaction;
}

/* Sets how it ended; what comes after a timeout is late. */
static void query_watch_set_outcome(const struct query_watch *watch, struct watched_query *query,
				    enum excerpt_outcome outcome, __u64 at_ns)
{
	struct excerpt_transaction *to = query->excerpt;

	if (!to)
		return;
	if (query->state == WATCHED_TIMED_OUT) {
		to->late_ns = at_ns + watch->base_ns;
	} else {
		to->outcome_ns = at_ns + watch->base_ns;
		to->outcome = outcome;
	}
}

const struct excerpt *const *query_watch_excerpts(const struct query_watch *watch,
						  size_t *ret_count)
{
	*ret_count = watch->excerpt_count;
	return (const struct excerpt *const *)watch->excerpts;
}

/* ---- what happens to them -------------------------------------------------------------------- */

static void query_watch_fail(struct query_watch *watch, struct watched_query *query,
			     enum failed_outcome outcome, __u8 rcode)
{
	query->failed.outcome = outcome;
	query->failed.rcode = rcode;
	incidents_add_failed(watch->incidents, &query->failed);
}

void query_watch_expire(struct query_watch *watch, __u64 now_ns)
{
	for (; watch->expired < watch->last; watch->expired++) {
		struct watched_query *query = query_watch_at(watch, watch->expired + 1);

		if (!query || query->state != WATCHED_OPEN)
			continue;
		if (query->sent_ns + watch->config.timeout_ns > now_ns)
			return;
		query_watch_set_outcome(watch, query, EXCERPT_TIMED_OUT,
					query->sent_ns + watch->config.timeout_ns);
		query->state = WATCHED_TIMED_OUT;
		query_watch_fail(watch, query, FAILED_TIMED_OUT, 0);
	}
}

__u64 query_watch_next_ns(struct query_watch *watch)
{
	for (; watch->expired < watch->last; watch->expired++) {
		const struct watched_query *query = query_watch_at(watch, watch->expired + 1);

		if (query && query->state == WATCHED_OPEN)
			return query->sent_ns + watch->config.timeout_ns;
	}
	return ~0ULL;
}

static void query_watch_open(struct query_watch *watch, const struct transaction_key *key,
			     const struct dns_packet *packet, __u64 now_ns)
{
	__u64 *head = query_watch_head(watch, key), number = ++watch->last;
	struct watched_query *query = &watch->queries[number % WATCHED_MAX];

	query->number = number;
	query->chain = *head;
	*head = number;
	query->sent_ns = now_ns;
	query->key = *key;
	query->state = WATCHED_OPEN;
	query->failed.time_ns = now_ns;
	query->failed.key = *key;
	query->failed.has_id = 1;
	query->failed.question_length = (__u16)packet->question_length;
	memcpy(query->failed.question, packet->question, packet->question_length);
	query->excerpt = query_watch_add_excerpt(watch, &query->failed);
	if (watch->last - watch->expired > WATCHED_MAX)
		watch->expired = watch->last - WATCHED_MAX;
}

static void query_watch_answer(struct query_watch *watch, struct watched_query *query,
			       const struct dns_packet *packet, __u64 now_ns)
{
	int is_error = packet->rcode != DNS_RCODE_NOERROR && packet->rcode != DNS_RCODE_NXDOMAIN;

	if (query->state == WATCHED_TIMED_OUT && now_ns > query->sent_ns + LATE_NS)
		return;
	query_watch_set_outcome(watch, query, EXCERPT_ANSWERED, now_ns);
	if (query->excerpt)
		query->excerpt->rcode = packet->rcode;
	if (is_error && query->state == WATCHED_OPEN)
		query_watch_fail(watch, query, FAILED_ANSWERED, packet->rcode);
	query->state = WATCHED_ENDED;
}

void query_watch_packet(struct query_watch *watch, const struct captured *c, int out, __u64 now_ns)
{
	struct dns_packet packet;
	struct transaction_key key;
	struct watched_query *query;

	if (!dns_packet_parse(watch, c, out, &packet))
		return;
	query_watch_expire(watch, now_ns);
	key = dns_packet_key(&packet, c->ifindex);
	query = query_watch_find(watch, &key, 0);
	if (out && query && query->state == WATCHED_OPEN) {
		if (query->excerpt)
			query->excerpt->queries++;
	} else if (out) {
		query_watch_open(watch, &key, &packet, now_ns);
	} else if (query) {
		query_watch_answer(watch, query, &packet, now_ns);
	}
}

void query_watch_sample(struct query_watch *watch, const struct sample *sample)
{
	struct watched_query *query;
	enum excerpt_outcome outcome = sample->unsent ? EXCERPT_UNSENT : EXCERPT_UNREACHABLE;

	if (!sample->matched && !sample->unsent)
		return;
	query = query_watch_find(watch, &sample->key, sample->short_quote);
	if (!query)
		return;
	query_watch_set_outcome(watch, query, outcome, sample->time_ns);
	if (query->excerpt)
		query->excerpt->message =
			(struct incident_message){.wall_ns = sample->time_ns + watch->base_ns,
						  .sample = *sample};
	if (query->state == WATCHED_OPEN)
		query_watch_fail(watch, query, sample->unsent ? FAILED_UNSENT : FAILED_UNREACHABLE,
				 0);
	query->state = WATCHED_ENDED;
}
