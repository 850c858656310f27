// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * tcpdump's text as a source: logical lines become entries, and entries become packets. A line that
 * becomes neither a packet nor known other traffic is a diagnostic. Memory does not grow with the
 * text.
 */
#include "capture/last_query_cache.h"
#include "capture/last_syn_cache.h"
#include "capture/other_traffic.h"
#include "capture/reader.h"
#include "capture/tcpdump_normalize.h"
#include "capture/tcpdump_order.h"
#include "capture/tcpdump_packet.h"
#include "util/address.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define NS_PER_DAY 86400000000000ULL
#define TIMEOUT_NS 5000000000ULL
#define INTERFACES_MAX 16
#define EXCERPT "%.44s"

struct text_state {
	struct normalizer normalizer;
	struct text_clock clock;
	struct last_query_cache queries;
	struct last_syn_cache syns;
	struct other_traffic other_traffic;
	struct text_ports ports;
	__u64 others;	      /* entries of other traffic */
	__u64 dns_packets;    /* queries and responses handed out */
	__u64 unwatched_line; /* the first query to a port that is not watched; 0: none */
	__u16 unwatched_port;
	int is_in_dump;	    /* lines of tcpdump -x, -X, -A follow the latest entry */
	int is_after_other; /* the latest entry was of other traffic */
	int is_at_end;	    /* all lines are in `order` */
	int is_interrupted; /* something else stood behind the latest entry */
	char interfaces[INTERFACES_MAX][INTERFACE_NAME_SIZE];
	size_t interface_count;
	struct repeats repeats;
	struct line_order order; /* where `is_ordered` */
	int is_ordered;		 /* the lines stand in another order than their times */
	__u8 packet[TEXT_PACKET_MAX];
	const char *bytes; /* of the sample that is looked through first */
	size_t bytes_left;
};

/* ---- diagnostics ------------------------------------------------------------------------ */

static void excerpt(const char *text, char out[EXCERPT_SIZE])
{
	size_t i;

	for (i = 0; i < EXCERPT_SIZE - 1 && text[i]; i++)
		out[i] = text[i] >= ' ' && text[i] <= '~' ? text[i] : '?';
	out[i] = '\0';
}

/* `shown`: the beginning of the line */
static void diagnose(struct source *s, __u64 number, const char *shown, enum text_fault fault,
		     int is_about_dns)
{
	enum diagnostic_weight weight = is_about_dns ? WEIGHT_LOST : WEIGHT_LOW;
	const char *why = text_fault_sentence(fault);

	if (!is_about_dns && fault != FAULT_PROSE)
		weight = WEIGHT_MIDDLE;
	s->stats.dns_lost += (__u64)is_about_dns;
	source_count_reason(s, why);
	source_add_diagnostic(s, weight, number, "\"" EXCERPT "\" %s", shown, why);
}

/* ---- the forms of a line ---------------------------------------------------------------- */

static int is_same_endpoint(const struct endpoint *a, const struct endpoint *b)
{
	return a->version == b->version && endpoint_equal(a, b);
}

static int is_same_icmp(const struct text_icmp *a, const struct text_icmp *b)
{
	return a->type == b->type && a->code == b->code && a->version == b->version &&
	       a->port == b->port && a->mtu == b->mtu && a->is_cut == b->is_cut &&
	       a->is_about_tcp == b->is_about_tcp && address_equal(&a->resolver, &b->resolver);
}

/* Is all that counts the same in both? Names may differ. */
static int is_same_entry(const struct text_entry *a, const struct text_entry *b)
{
	return a->kind == b->kind && a->version == b->version && a->stamp.ns == b->stamp.ns &&
	       a->stamp.is_dated == b->stamp.is_dated && a->quote == b->quote &&
	       is_same_endpoint(&a->from, &b->from) && is_same_endpoint(&a->to, &b->to) &&
	       a->dns.id == b->dns.id && a->dns.flags == b->dns.flags &&
	       a->dns.rcode == b->dns.rcode && a->tcp.flags == b->tcp.flags &&
	       a->tcp.sequence == b->tcp.sequence &&
	       a->tcp.acknowledgment == b->tcp.acknowledgment && is_same_icmp(&a->icmp, &b->icmp) &&
	       is_same_endpoint(&a->quoted_from, &b->quoted_from) &&
	       is_same_endpoint(&a->quoted_to, &b->quoted_to) &&
	       !strcmp(a->interface, b->interface);
}

/* Is a part of the entry lost: its quote, or a further line? */
static int is_defect(const struct text_entry *e)
{
	return e->is_weak || e->holds_further;
}

/* An entry is better than none, one whose quote can be read better than one whose cannot. */
static int is_better(enum text_fault found, const struct text_entry *e, enum text_fault fault,
		     const struct text_entry *than)
{
	if (found == FAULT_NONE)
		return fault != FAULT_NONE || is_defect(than) > is_defect(e);
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
		if (found == FAULT_NONE && is_defect(&e) > is_defect(ret))
			continue;
		if (found != FAULT_NONE)
			continue;
		if (ret->kind == TEXT_OTHER && e.kind == TEXT_OTHER) {
			if (!ret->version) /* its sides are not known: see note_other() */
				*ret = e;
			continue;
		}
		if (!is_same_entry(ret, &e)) {
			ret->is_about_dns = 1;
			return FAULT_FOLD;
		}
		if (ret->dns.is_name_joined && !e.dns.is_name_joined && e.dns.question_length)
			*ret = e;
	}
	return fault;
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
	address_set_scope_name(INTERFACE_UNKNOWN + (__u32)i, name);
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
	struct text_packet p = {.version = e->version,
				.from = &e->from,
				.to = &e->to,
				.dns = &e->dns};

	t->dns_packets++;
	if (e->dns.flags & 0x80)
		note_answer(t, e);
	else
		last_query_note(&t->queries, &e->from, &e->to, &e->dns, now);
	return text_packet_dns(&p, t->packet);
}

/*
 * tcpdump prints a number of a stream that it knows relative to that stream's first one (without
 * -S): then an answer to the SYN acknowledges 1.
 */
static void note_connect_answer(struct text_state *t, struct text_entry *e)
{
	struct known_syn *syn = last_syn_find(&t->syns, &e->to, &e->from);

	if (!syn)
		return;
	if (e->tcp.acknowledgment == 1)
		e->tcp.acknowledgment = syn->sequence + 1;
	syn->is_ended |= e->tcp.acknowledgment == syn->sequence + 1;
}

static size_t connect_packet(struct text_state *t, struct text_entry *e, __u64 now)
{
	struct text_packet p = {.version = e->version,
				.from = &e->from,
				.to = &e->to,
				.tcp = &e->tcp};

	t->dns_packets++;
	if (text_tcp_opens(&e->tcp))
		last_syn_note(&t->syns, &e->from, &e->to, e->tcp.sequence, now);
	else
		note_connect_answer(t, e);
	return text_packet_connect(&p, t->packet);
}

/* Is this a "destination unreachable" of ICMPv6 that names no address (RFC 4443 section 3.1)? */
static int is_unreachable_v6(const struct text_entry *e)
{
	return e->version == 6 && e->icmp.type == 1 && !e->icmp.version;
}

/* Note a packet that an ICMP message without a port and a quote may be about, but no query. */
static void note_other(struct text_state *t, const struct text_entry *e, __u64 now)
{
	int is_query = e->kind == TEXT_DNS && !(e->dns.flags & 0x80);

	if (e->version && !is_query && !e->is_icmp_error)
		other_traffic_note(&t->other_traffic, &e->from.address, &e->to.address, now);
}

/* The address of the packet that an ICMP message without its quote is about; NULL: not known. */
static const struct ip_address *icmp_subject(const struct text_entry *e)
{
	if (is_unreachable_v6(e))
		return &e->from.address;
	return e->icmp.version ? &e->icmp.resolver : NULL;
}

/* Find the query that an ICMP message whose subject is known fits, or NULL. */
static struct known_query *match_query(struct text_state *t, const struct text_entry *e, __u64 now)
{
	return last_query_match(&t->queries, &e->to.address, icmp_subject(e), e->icmp.port, now,
				e->icmp.port ? MATCH_ANY : MATCH_RECENT);
}

/*
 * Tell whether an ICMP message that names no port may be about other traffic of its receiver to the
 * same address: such a packet was sent since the query that it fits, or since the receiver's latest
 * one where it fits none. A packet up to the timeout before the query counts too, for a router
 * reports a host only when ARP has given up, seconds later. Returns 1 or 0.
 */
static int may_be_about_other(struct text_state *t, const struct text_entry *e, __u64 now)
{
	const struct ip_address *client = &e->to.address, *resolver = icmp_subject(e);
	__u64 timeout_ns = t->queries.timeout_ns;
	const struct known_query *q;

	if (!resolver || e->icmp.port)
		return 0;
	q = match_query(t, e, now);
	if (!q)
		q = last_query_latest(&t->queries, client, resolver);
	return q && other_traffic_is_since(&t->other_traffic, client, resolver,
					   q->first_ns > timeout_ns ? q->first_ns - timeout_ns : 0);
}

/*
 * Find the query that an ICMP message without its quote is about: that of its receiver to the
 * address that it names, or to its sender where it names none. A message that names a UDP port, or
 * a resolver that its receiver has asked, is about DNS, and has a quote that fits none (port 1, ID
 * 0) where no query is left. Returns 0 when nothing says that the message is about DNS.
 */
static int infer_quote(struct source *s, struct text_state *t, struct text_entry *e, __u64 now)
{
	const struct ip_address *client = &e->to.address, *resolver = icmp_subject(e);
	struct known_query *q;

	if (!resolver || may_be_about_other(t, e, now))
		return 0;
	q = match_query(t, e, now);
	e->quote = QUOTE_WHOLE;
	if (q) {
		q->is_taken = 1;
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
	       (e->icmp.version && last_query_latest(&t->queries, client, resolver));
}

/*
 * Finds the SYN that an ICMP message without its quote is about, where no query is: it names a TCP
 * port, or no port. Returns 0 when there is none.
 */
static int infer_quoted_syn(struct source *s, struct text_state *t, struct text_entry *e, __u64 now)
{
	const struct ip_address *resolver = icmp_subject(e);
	struct known_syn *syn = resolver ? last_syn_match(&t->syns, &e->to.address, resolver,
							  e->icmp.port, now, t->queries.timeout_ns)
					 : NULL;

	if (!syn)
		return 0;
	syn->is_ended = 1;
	e->quoted_from = syn->client;
	e->quoted_to = syn->resolver;
	e->tcp = (struct text_tcp){.flags = TEXT_SYN, .sequence = syn->sequence};
	e->icmp.is_about_tcp = 1;
	e->quote = QUOTE_WHOLE;
	s->stats.inferred_quotes++;
	return 1;
}

/* Finds the query or the SYN that an ICMP message without its quote is about. Returns 0: none. */
static int infer_any_quote(struct source *s, struct text_state *t, struct text_entry *e, __u64 now)
{
	if (e->icmp.is_about_tcp)
		return infer_quoted_syn(s, t, e, now);
	if (infer_quote(s, t, e, now))
		return 1;
	return !e->icmp.port && !may_be_about_other(t, e, now) && infer_quoted_syn(s, t, e, now);
}

static void note_quote(struct text_state *t, const struct text_entry *e)
{
	struct known_syn *syn;

	if (!e->icmp.is_about_tcp)
		return last_query_quoted(&t->queries, &e->quoted_from, &e->quoted_to, e->dns.id);
	syn = last_syn_find(&t->syns, &e->quoted_from, &e->quoted_to);
	if (syn)
		syn->is_ended |= syn->sequence == e->tcp.sequence;
}

static size_t icmp_packet(struct source *s, struct text_state *t, struct text_entry *e, __u64 now)
{
	struct text_packet quote = {.version = e->version,
				    .from = &e->quoted_from,
				    .to = &e->quoted_to};

	if (e->quote != QUOTE_NONE)
		note_quote(t, e);
	else if (!infer_any_quote(s, t, e, now))
		return 0;
	else
		s->stats.unquoted_icmp++;
	quote.dns = e->icmp.is_about_tcp ? NULL : &e->dns;
	quote.tcp = &e->tcp;
	return text_packet_icmp(&quote, e->quote, &e->icmp, &e->from.address, &e->to.address,
				t->packet);
}

/*
 * Tell whether it is a message that does not say what it is about, though it may be about a query
 * of its receiver: one that may be about other traffic to the same address; an unreachable of
 * ICMPv6 while a query is open, or a parameter problem from a resolver. Returns FAULT_NONE when it
 * is not. *is_about_dns: the message is about a resolver's address, and is lost.
 */
static enum text_fault icmp_fault(struct text_state *t, const struct text_entry *e, __u64 now,
				  int *is_about_dns)
{
	int is_parameter_problem =
		!e->icmp.version && !e->icmp.port && e->icmp.type == (e->version == 6 ? 4 : 12);

	if (e->kind == TEXT_ICMP && may_be_about_other(t, e, now)) {
		*is_about_dns = 1;
		return FAULT_NO_PORT;
	}
	if (e->kind != TEXT_ICMP || (!is_parameter_problem && !is_unreachable_v6(e)))
		return FAULT_NONE;
	*is_about_dns = !!last_query_latest(&t->queries, &e->to.address, &e->from.address);
	if (!*is_about_dns &&
	    (is_parameter_problem || !last_query_is_open(&t->queries, &e->to.address, now)))
		return FAULT_NONE;
	return e->icmp.is_cut ? FAULT_CUT : FAULT_NO_QUOTE;
}

/* Make the packet of a line, if it is one of DNS or ICMP. Returns 1 or 0. */
static int make_packet(struct source *s, struct read_line *line, struct captured *ret)
{
	struct text_state *t = s->state;
	struct text_entry *e = &line->entry;
	enum text_fault fault;
	size_t length = 0;
	int is_about_dns;

	s->stats.date_known |= e->stamp.is_dated;
	s->stats.zone_known = e->stamp.is_utc && (s->stats.zone_known || !s->stats.packets);
	if (e->unwatched_port && !t->unwatched_line) {
		t->unwatched_port = e->unwatched_port;
		t->unwatched_line = line->number;
	}
	note_other(t, e, line->moment_ns);
	if (e->kind == TEXT_DNS)
		length = dns_packet(t, e, line->moment_ns);
	else if (e->kind == TEXT_ICMP)
		length = icmp_packet(s, t, e, line->moment_ns);
	else if (e->kind == TEXT_CONNECT)
		length = connect_packet(t, e, line->moment_ns);
	if (!length) {
		fault = icmp_fault(t, e, line->moment_ns, &is_about_dns);
		if (fault != FAULT_NONE)
			diagnose(s, line->number, line->excerpt, fault, is_about_dns);
	}
	if (e->holds_further)
		diagnose(s, line->number, line->excerpt, FAULT_FURTHER, 1);
	if (length && e->is_weak)
		diagnose(s, line->number, line->excerpt, FAULT_QUOTE, 1);
	t->others += !length;
	ret->time_ns = line->moment_ns;
	ret->bytes = t->packet;
	ret->length = ret->wire_length = (__u32)length;
	ret->protocol = htons(e->version == 4 ? 0x0800 : 0x86dd);
	ret->network = ret->ethernet = 0;
	ret->ifindex = ifindex_of(t, e->interface);
	return length > 0;
}

/* Parse a logical line that begins with a time. Returns 0 where it is none, after a diagnostic. */
static int read_line(struct source *s, const struct logical_line *line, struct read_line *ret)
{
	struct text_state *t = s->state;
	enum text_fault fault = parse_forms(t, line, &ret->entry);

	ret->number = line->number;
	ret->hash = repeats_hash(&ret->entry);
	ret->is_apart = line->is_apart || t->is_interrupted;
	excerpt(line->text[0], ret->excerpt);
	t->is_interrupted = t->is_after_other = 0;
	t->is_in_dump = line->dump->has_lines;
	if (fault == FAULT_NONE) {
		text_dump_quote(line->dump, &t->ports, &ret->entry);
		return 1;
	}
	if (t->clock.mode == TIME_DIFFERENCES)
		text_clock_moment(&t->clock, &ret->entry.stamp);
	diagnose(s, line->number, ret->excerpt, fault, ret->entry.is_about_dns);
	return 0;
}

static int take_entry(struct source *s, const struct logical_line *logical, struct captured *ret)
{
	struct text_state *t = s->state;
	struct read_line line;

	if (!read_line(s, logical, &line))
		return 0;
	if (repeats_is_quoted(&t->repeats, &t->clock, &line.entry.stamp, line.hash,
			      line.is_apart)) {
		s->stats.quoted_again++;
		return 0;
	}
	line.moment_ns = text_clock_moment(&t->clock, &line.entry.stamp);
	t->is_after_other = !make_packet(s, &line, ret);
	return !t->is_after_other;
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
	char shown[EXCERPT_SIZE];
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
	excerpt(text, shown);
	diagnose(s, line->number, shown, fault, is_about_dns);
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

static int cannot_read(struct source *s, int err)
{
	return input_error(&s->input, err, "cannot read it further: %s", strerror(-err));
}

/* Add an entry to those that are put in order. Returns 0 or -errno after a message. */
static int add_to_order(struct source *s, const struct logical_line *logical)
{
	struct text_state *t = s->state;
	struct read_line line;

	if (t->order.is_reversed && logical->is_wrapped)
		return input_error(&s->input, -EINVAL,
				   "shows the newest line first, and line %llu goes on in the next "
				   "one; save it oldest first",
				   logical->number);
	if (!read_line(s, logical, &line))
		return 0;
	t->is_after_other = line.entry.kind == TEXT_OTHER ||
			    (line.entry.kind == TEXT_ICMP && line.entry.quote == QUOTE_NONE &&
			     !line.entry.icmp.port);
	return line_order_add(&t->order, &line) ? cannot_read(s, -ENOMEM) : 0;
}

/* Fill the window of lines that are put in order. Returns 0, or -errno after a message. */
static int fill_order(struct source *s)
{
	struct text_state *t = s->state;
	struct logical_line line;
	int more = 1, err;

	while (t->order.count < ORDER_MAX && (more = normalizer_next(&t->normalizer, &line)) > 0) {
		if (line.kind == LOGICAL_LOOSE) {
			take_loose(s, &line);
			continue;
		}
		err = add_to_order(s, &line);
		if (err)
			return err;
	}
	if (more < 0)
		return cannot_read(s, more);
	if (more && t->order.is_reversed)
		return input_error(&s->input, -EINVAL,
				   "shows the newest line first, and has more than %d lines; save "
				   "it oldest first",
				   ORDER_MAX);
	t->is_at_end = !more;
	s->stats.quoted_again +=
		line_order_arrange(&t->order, &t->clock, &t->repeats, t->is_at_end);
	return 0;
}

static int next_in_order(struct source *s, struct captured *ret)
{
	struct text_state *t = s->state;
	struct read_line *line;
	int err;

	for (;;) {
		while ((line = line_order_next(&t->order))) {
			if (make_packet(s, line, ret))
				return 1;
		}
		if (t->is_at_end)
			return finish(s);
		err = fill_order(s);
		if (err)
			return err;
	}
}

static int text_reader_next(struct source *s, struct captured *ret)
{
	struct text_state *t = s->state;
	struct logical_line line;
	int more;

	if (t->is_ordered)
		return next_in_order(s, ret);
	while ((more = normalizer_next(&t->normalizer, &line)) > 0) {
		if (line.kind == LOGICAL_LOOSE) {
			take_loose(s, &line);
			continue;
		}
		if (take_entry(s, &line, ret))
			return 1;
	}
	return more < 0 ? cannot_read(s, more) : finish(s);
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
			time_shape_add(&shape, &e.stamp,
				       repeats_note(&t->repeats, repeats_hash(&e)));
	}
	memset(&t->repeats, 0, sizeof(t->repeats));
	mode = time_shape_mode(&shape, &is_certain);
	s->stats.times_are_offsets = mode != TIME_CLOCK;
	s->stats.differences_summed = mode == TIME_DIFFERENCES;
	s->stats.times_uncertain = !is_certain;
	s->stats.reordered = t->is_ordered =
		mode != TIME_DIFFERENCES && time_shape_is_disordered(&shape);
	s->stats.newest_first = t->order.is_reversed = time_shape_is_reversed(&shape);
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
	if (t->clock.mode == TIME_UNKNOWN) {
		free(t);
		return input_error(
			&s->input, -EINVAL,
			"has times that fall from line to line: they are differences, "
			"or the newest stands first; print it with tcpdump -tttt, oldest "
			"first");
	}
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
	line_order_free(&t->order);
	free(t);
}

const struct source_ops text_source_ops = {text_reader_open, text_reader_next, text_reader_close};
