// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * tcpdump's text as a source: logical lines become entries, and entries become packets. A line that
 * becomes neither a packet nor known other traffic is a diagnostic. Memory does not grow with the
 * text.
 */
#include "capture/last_query_cache.h"
#include "capture/reader.h"
#include "capture/tcpdump_normalize.h"
#include "capture/tcpdump_packet.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define NS_PER_DAY 86400000000000ULL
#define TIMEOUT_NS 5000000000ULL
#define INTERFACES_MAX 16
#define LINES_KNOWN 65536 /* hashes of lines, to find those that are quoted again */
#define EXCERPT "%.44s"
#define EXCERPT_SIZE 64

struct text_state {
	struct normalizer normalizer;
	struct text_clock clock;
	struct last_query_cache queries;
	struct text_ports ports;
	__u64 others;	      /* entries of other traffic */
	__u64 dns_packets;    /* queries and responses handed out */
	__u64 unwatched_line; /* the first query to a port that is not watched; 0: none */
	__u16 unwatched_port;
	int is_in_dump;	    /* lines of tcpdump -x, -X, -A follow the latest entry */
	int is_after_other; /* the latest entry was of other traffic */
	int is_interrupted; /* something else stood behind the latest entry */
	char interfaces[INTERFACES_MAX][INTERFACE_NAME_SIZE];
	size_t interface_count;
	__u64 known[LINES_KNOWN];
	__u8 packet[TEXT_PACKET_MAX];
	const char *bytes; /* of the sample that is looked through first */
	size_t bytes_left;
};

/* ---- diagnostics ------------------------------------------------------------------------ */

static const char *excerpt(const char *text, char out[EXCERPT_SIZE])
{
	size_t i;

	for (i = 0; i < EXCERPT_SIZE - 1 && text[i]; i++)
		out[i] = text[i] >= ' ' && text[i] <= '~' ? text[i] : '?';
	out[i] = '\0';
	return out;
}

static void diagnose(struct source *s, const struct logical_line *line, enum text_fault fault,
		     int is_about_dns)
{
	enum diagnostic_weight weight = is_about_dns ? WEIGHT_LOST : WEIGHT_LOW;
	const char *why = text_fault_sentence(fault);
	char shown[EXCERPT_SIZE];

	if (!is_about_dns && fault != FAULT_PROSE)
		weight = WEIGHT_MIDDLE;
	s->stats.dns_lost += (__u64)is_about_dns;
	source_count_reason(s, why);
	source_add_diagnostic(s, weight, line->number, "\"" EXCERPT "\" %s",
			      excerpt(line->text[0], shown), why);
}

/* ---- the forms of a line ---------------------------------------------------------------- */

static int is_same_address(const struct ip_address *a, const struct ip_address *b)
{
	return !memcmp(a, b, sizeof(*a));
}

static int is_same_endpoint(const struct endpoint *a, const struct endpoint *b)
{
	return a->version == b->version && a->port == b->port &&
	       is_same_address(&a->address, &b->address);
}

static int is_same_icmp(const struct text_icmp *a, const struct text_icmp *b)
{
	return a->type == b->type && a->code == b->code && a->version == b->version &&
	       a->port == b->port && a->mtu == b->mtu && a->is_cut == b->is_cut &&
	       is_same_address(&a->resolver, &b->resolver);
}

/* Is all that counts the same in both? Names may differ. */
static int is_same_entry(const struct text_entry *a, const struct text_entry *b)
{
	return a->kind == b->kind && a->version == b->version && a->stamp.ns == b->stamp.ns &&
	       a->stamp.is_dated == b->stamp.is_dated && a->quote == b->quote &&
	       is_same_endpoint(&a->from, &b->from) && is_same_endpoint(&a->to, &b->to) &&
	       a->dns.id == b->dns.id && a->dns.flags == b->dns.flags &&
	       a->dns.rcode == b->dns.rcode && is_same_icmp(&a->icmp, &b->icmp) &&
	       is_same_endpoint(&a->quoted_from, &b->quoted_from) &&
	       is_same_endpoint(&a->quoted_to, &b->quoted_to) &&
	       !strcmp(a->interface, b->interface);
}

/* An entry is better than none, one whose quote can be read better than one whose cannot. */
static int is_better(enum text_fault found, const struct text_entry *e, enum text_fault fault,
		     const struct text_entry *than)
{
	if (found == FAULT_NONE)
		return fault != FAULT_NONE || (than->is_weak && !e->is_weak);
	return fault != FAULT_NONE && e->is_about_dns > than->is_about_dns;
}

/*
 * Parse a logical line in the form that is one of tcpdump. Where several are, and say the same, the
 * one with fewer joints in a name is taken; where they differ, none is.
 */
static enum text_fault parse_forms(const struct text_state *t, const struct logical_line *line,
				   struct text_entry *ret)
{
	enum text_fault fault = FAULT_PROSE, found;
	struct text_entry e;
	size_t i;

	for (i = 0; i < line->form_count; i++) {
		found = text_entry_parse(line->text[i], &t->ports, &e);
		if (!i || is_better(found, &e, fault, ret)) {
			*ret = e;
			fault = found;
			continue;
		}
		if (found == FAULT_NONE && e.is_weak && !ret->is_weak)
			continue;
		if (found != FAULT_NONE || (ret->kind == TEXT_OTHER && e.kind == TEXT_OTHER))
			continue;
		if (!is_same_entry(ret, &e)) {
			ret->is_about_dns = 1;
			return FAULT_FOLD;
		}
		if (ret->dns.is_name_joined && !e.dns.is_name_joined && e.dns.question_length)
			*ret = e;
	}
	return fault;
}

/* ---- lines that are quoted again ---------------------------------------------------------- */

static __u64 hash_bytes(__u64 hash, const void *bytes, size_t length)
{
	const __u8 *at = bytes;

	while (length--)
		hash = (hash ^ *at++) * 0x100000001b3ULL; /* FNV-1a */
	return hash;
}

static __u64 entry_hash(const struct text_entry *e)
{
	__u64 ns = e->stamp.ns % NS_PER_DAY, hash = 0xcbf29ce484222325ULL;

	hash = hash_bytes(hash, &ns, sizeof(ns));
	hash = hash_bytes(hash, &e->kind, sizeof(e->kind));
	hash = hash_bytes(hash, &e->from, sizeof(e->from));
	hash = hash_bytes(hash, &e->to, sizeof(e->to));
	hash = hash_bytes(hash, &e->dns.id, sizeof(e->dns.id));
	hash = hash_bytes(hash, &e->dns.flags, 2);
	hash = hash_bytes(hash, &e->icmp, sizeof(e->icmp));
	hash = hash_bytes(hash, e->interface, strlen(e->interface));
	return hash ? hash : 1;
}

/* Note the entry. Returns 1 when it was known already. */
static int note_line(struct text_state *t, const struct text_entry *e)
{
	__u64 hash = entry_hash(e), *place = &t->known[hash % LINES_KNOWN];
	int is_known = *place == hash;

	*place = hash;
	return is_known;
}

/*
 * A write-up shows a log and then quotes single lines of it: a line equal to an earlier one whose
 * time is before that of the latest one, or is equal to it where other text stands between.
 */
static int is_quoted_again(struct text_state *t, const struct text_entry *e, int is_apart)
{
	int is_known = note_line(t, e), order;

	if (!is_known || t->clock.mode == TIME_DIFFERENCES)
		return 0;
	order = text_clock_compare(&t->clock, &e->stamp);
	return order < 0 || (!order && (t->is_interrupted || is_apart));
}

/* ---- from an entry to a packet ------------------------------------------------------------ */

/* Numbered in the order in which they are named, as source.h wants them. */
static __u32 ifindex_of(struct text_state *t, const char *name)
{
	size_t i;

	if (!*name)
		return INTERFACE_UNKNOWN;
	if (!strcmp(name, "lo") || !strcmp(name, "lo0"))
		return LOOPBACK_IFINDEX;
	for (i = 0; i < t->interface_count; i++) {
		if (!strcmp(t->interfaces[i], name))
			return INTERFACE_UNKNOWN + (__u32)i;
	}
	if (i == INTERFACES_MAX)
		return INTERFACE_UNKNOWN + INTERFACES_MAX;
	strcpy(t->interfaces[t->interface_count++], name);
	return INTERFACE_UNKNOWN + (__u32)i;
}

/* A response does not show its question; the query that it fits has shown it. */
static void note_answer(struct text_state *t, struct text_entry *e)
{
	const struct known_query *q = last_query_answer(&t->queries, &e->to, &e->from, e->dns.id);

	if (e->dns.question_length || !q)
		return;
	memcpy(e->dns.question, q->dns.question, q->dns.question_length);
	e->dns.question_length = q->dns.question_length;
}

static size_t dns_packet(struct text_state *t, struct text_entry *e, __u64 now)
{
	struct text_packet p = {e->version, &e->from, &e->to, &e->dns};

	t->dns_packets++;
	if (e->dns.flags & 0x80)
		note_answer(t, e);
	else
		last_query_note(&t->queries, &e->from, &e->to, &e->dns, now);
	return text_packet_dns(&p, t->packet);
}

/* Is this a "destination unreachable" of ICMPv6 that names no address (RFC 4443 section 3.1)? */
static int is_unreachable_v6(const struct text_entry *e)
{
	return e->version == 6 && e->icmp.type == 1 && !e->icmp.version;
}

/*
 * Find the query that an ICMP message without its quote is about: that of its receiver to the
 * address that it names, or to its sender where it names none. A message that names a UDP port, or
 * a resolver that its receiver has asked, is about DNS, and has a quote that fits none (port 1, ID
 * 0) where no query is left. Returns 0 when nothing says that the message is about DNS.
 */
static int infer_quote(struct source *s, struct text_state *t, struct text_entry *e, __u64 now)
{
	const struct ip_address *client = &e->to.address, *resolver = &e->icmp.resolver;
	const struct known_query *q = NULL;

	if (is_unreachable_v6(e))
		resolver = &e->from.address;
	else if (!e->icmp.version)
		return 0;
	q = last_query_take(&t->queries, client, resolver, e->icmp.port, now,
			    e->icmp.port ? MATCH_ANY : MATCH_RECENT);
	e->quote = QUOTE_WHOLE;
	if (q) {
		e->quoted_from = q->client;
		e->quoted_to = q->resolver;
		e->dns = q->dns;
		s->stats.inferred_quotes++;
		return 1;
	}
	e->quoted_from = e->to;
	e->quoted_from.port = 1;
	e->quoted_to.address = *resolver;
	e->quoted_to.port = e->icmp.port ? e->icmp.port : t->ports.ports[0];
	return e->icmp.port ||
	       (e->icmp.version && last_query_is_resolver(&t->queries, client, resolver));
}

static size_t icmp_packet(struct source *s, struct text_state *t, struct text_entry *e, __u64 now)
{
	struct text_packet quote = {e->version, &e->quoted_from, &e->quoted_to, &e->dns};

	if (e->quote != QUOTE_NONE)
		last_query_quoted(&t->queries, &e->quoted_from, &e->quoted_to, e->dns.id);
	else if (!infer_quote(s, t, e, now))
		return 0;
	else
		s->stats.unquoted_icmp++;
	return text_packet_icmp(&quote, e->quote, &e->icmp, &e->from.address, &e->to.address,
				t->packet);
}

/* A message from a resolver that is cut, and no query that it could be about: it is lost. */
static int is_lost_icmp(const struct text_state *t, const struct text_entry *e)
{
	return e->kind == TEXT_ICMP && e->icmp.is_cut &&
	       last_query_is_resolver(&t->queries, &e->to.address, &e->from.address);
}

static int take_entry(struct source *s, const struct logical_line *line, struct captured *ret)
{
	struct text_state *t = s->state;
	enum text_fault fault;
	struct text_entry e;
	size_t length = 0;

	fault = parse_forms(t, line, &e);
	if (fault == FAULT_NONE && is_quoted_again(t, &e, line->is_apart)) {
		s->stats.quoted_again++;
		return 0;
	}
	if (fault == FAULT_NONE || t->clock.mode == TIME_DIFFERENCES)
		ret->time_ns = text_clock_moment(&t->clock, &e.stamp);
	t->is_interrupted = t->is_after_other = 0;
	if (fault != FAULT_NONE) {
		diagnose(s, line, fault, e.is_about_dns);
		return 0;
	}
	s->stats.date_known |= e.stamp.is_dated;
	s->stats.zone_known = e.stamp.is_utc && (s->stats.zone_known || !s->stats.packets);
	if (e.unwatched_port && !t->unwatched_line) {
		t->unwatched_port = e.unwatched_port;
		t->unwatched_line = line->number;
	}
	if (e.kind == TEXT_DNS)
		length = dns_packet(t, &e, ret->time_ns);
	else if (e.kind == TEXT_ICMP)
		length = icmp_packet(s, t, &e, ret->time_ns);
	if (!length && is_lost_icmp(t, &e))
		diagnose(s, line, FAULT_CUT, 1);
	if (length && e.is_weak)
		diagnose(s, line, FAULT_QUOTE, 1);
	t->others += !length;
	t->is_after_other = !length;
	ret->bytes = t->packet;
	ret->length = ret->wire_length = (__u32)length;
	ret->protocol = htons(e.version == 4 ? 0x0800 : 0x86dd);
	ret->network = ret->ethernet = 0;
	ret->ifindex = ifindex_of(t, e.interface);
	return length > 0;
}

/* ---- lines that are no entries ------------------------------------------------------------ */

/* Return 1 if the line is one that tcpdump or a shell leaves between entries. */
static int is_talk(const char *text)
{
	static const char *const beginnings[] = {"listening on ",
						 "reading from file ",
						 "dropped privs",
						 "```",
						 "--",
						 "tcpdump: ",
						 "$ ",
						 "# ",
						 "sudo ",
						 NULL};

	return lexer_begins_with(text, beginnings) || strstr(text, "tcpdump ") ||
	       strstr(text, "tcpdump: ") || strstr(text, "packets captured") ||
	       strstr(text, "packet captured") || strstr(text, "received by filter") ||
	       strstr(text, "dropped by kernel") || strstr(text, "dropped by interface");
}

/* A line of tcpdump -x, -X (`0x0000:  4500 ...`) or the first one of -A. */
static int begins_dump(const char *text)
{
	if (text[0] == '0' && text[1] == 'x' && isxdigit((unsigned char)text[2]))
		return 1;
	return (*text == 'E' || *text == '`') && strstr(text, "..");
}

static int has_letters(const char *text)
{
	while (*text && !isalpha((unsigned char)*text))
		text++;
	return *text != '\0';
}

static void take_loose(struct source *s, const struct logical_line *line)
{
	const char *text = line->text[0];
	struct text_state *t = s->state;
	enum text_fault fault;
	int is_about_dns;

	if (line->is_after_entry && begins_dump(text))
		t->is_in_dump = 1;
	t->is_interrupted |= !t->is_in_dump;
	if (!has_letters(text) || begins_dump(text))
		return;
	fault = text_loose_fault(text, &t->ports, &is_about_dns);
	if (!is_about_dns && (t->is_in_dump || is_talk(text)))
		return;
	if (fault == FAULT_PROSE && t->is_after_other && line->is_after_entry)
		return; /* a further line of other traffic (-v) */
	diagnose(s, line, fault, is_about_dns);
}

/* ---- the reader ------------------------------------------------------------------------- */

static int nothing_readable(struct source *s)
{
	const struct source_stats *stats = &s->stats;
	size_t i, best = 0;

	if (!stats->diagnostic_count)
		return input_error(&s->input, -EINVAL,
				   "holds nothing; a capture or tcpdump's text is expected");
	for (i = 1; i < stats->diagnostic_count; i++) {
		if (stats->diagnostics[i].weight > stats->diagnostics[best].weight)
			best = i;
	}
	return input_error(&s->input, -EINVAL,
			   "holds nothing that can be read (line %llu: %s); a capture, or what "
			   "tcpdump -n prints, is expected",
			   stats->diagnostics[best].line, stats->diagnostics[best].what);
}

/* Lines about DNS were lost, and no other was read: then nothing was judged. */
static int finish(struct source *s)
{
	const struct text_state *t = s->state;

	if (t->normalizer.decoder.skip_until)
		source_add_diagnostic(s, WEIGHT_LOST, t->normalizer.decoder.number,
				      "the text ends within a script or style sheet of HTML: save "
				      "the page as text");
	if (s->stats.dns_lost && !t->dns_packets)
		return nothing_readable(s);
	if (t->unwatched_line && !s->stats.packets)
		return input_error(&s->input, -EINVAL,
				   "holds DNS on port %u only (line %llu), which is not watched; "
				   "try --port %u",
				   t->unwatched_port, t->unwatched_line, t->unwatched_port);
	return s->stats.packets || t->others ? 0 : nothing_readable(s);
}

static int text_reader_next(struct source *s, struct captured *ret)
{
	struct text_state *t = s->state;
	struct logical_line line;
	int more;

	while ((more = normalizer_next(&t->normalizer, &line)) > 0) {
		if (line.kind == LOGICAL_LOOSE) {
			take_loose(s, &line);
			continue;
		}
		t->is_in_dump = 0;
		if (take_entry(s, &line, ret))
			return 1;
	}
	if (more < 0)
		return input_error(&s->input, more, "cannot read it further: %s", strerror(-more));
	return finish(s);
}

static ssize_t read_input(void *context, void *to, size_t room)
{
	return input_read(context, to, room);
}

static ssize_t read_sample(void *context, void *to, size_t room)
{
	struct text_state *t = context;
	size_t n = t->bytes_left < room ? t->bytes_left : room;

	memcpy(to, t->bytes, n);
	t->bytes += n;
	t->bytes_left -= n;
	return (ssize_t)n;
}

/* Look through the beginning of the text for what its times are. */
static enum time_mode sample_times(struct source *s, struct text_state *t)
{
	struct time_shape shape = {0};
	const unsigned char *bytes;
	struct logical_line line;
	enum time_mode mode;
	struct text_entry e;
	ssize_t length = input_peek(&s->input, INPUT_BUFFER, &bytes);
	int is_certain;

	if (length <= 0)
		return TIME_CLOCK;
	t->bytes = (const char *)bytes;
	t->bytes_left = (size_t)length;
	normalizer_init(&t->normalizer, read_sample, t);
	while (normalizer_next(&t->normalizer, &line) > 0) {
		if (line.kind == LOGICAL_ENTRY && parse_forms(t, &line, &e) == FAULT_NONE)
			time_shape_add(&shape, &e.stamp, note_line(t, &e));
	}
	memset(t->known, 0, sizeof(t->known));
	mode = time_shape_mode(&shape, &is_certain);
	s->stats.differences_summed = mode == TIME_DIFFERENCES;
	s->stats.times_uncertain = !is_certain;
	return mode;
}

static int text_reader_open(struct source *s)
{
	struct text_state *t = calloc(1, sizeof(*t));

	if (!t)
		return input_error(&s->input, -ENOMEM, "out of memory");
	t->ports.ports = s->ports;
	t->ports.count = s->port_count;
	t->queries.timeout_ns = s->timeout_ns ? s->timeout_ns : TIMEOUT_NS;
	t->clock.mode = sample_times(s, t);
	t->clock.midnight = s->date_ns - s->date_ns % NS_PER_DAY;
	normalizer_init(&t->normalizer, read_input, &s->input);
	s->stats.date_known = s->date_ns > 0;
	s->state = t;
	return 0;
}

static void text_reader_close(struct source *s)
{
	struct text_state *t = s->state;

	last_query_cache_free(&t->queries);
	free(t);
}

const struct source_ops text_source_ops = {text_reader_open, text_reader_next, text_reader_close};
