// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * tcpdump's text as a source: entries become packets. Puts folded lines together; what an entry
 * says is read in text_entry.c. Memory does not grow with the text.
 */
#include "capture/reader.h"
#include "capture/text_line.h"
#include "capture/text_packet.h"
#include "capture/text_pairs.h"
#include "capture/text_time.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define NS_PER_DAY 86400000000000ULL
#define ENTRY_MAX 4096 /* a longer one is cut: what matters stands at its beginning */
#define INTERFACES_MAX 16
#define EXCERPT "%.44s"
#define EXCERPT_SIZE 64

struct text_state {
	struct text_lines lines;
	struct text_days days;
	struct text_pairs pairs;
	struct text_ports ports;
	char *rest;   /* of the current line; NULL: take the next one */
	__u64 others; /* entries of other traffic */
	int after_other, cut;
	__u64 entry_line;
	struct text_stamp stamp;   /* of the entry */
	size_t length;		   /* 0: no entry has begun */
	char entry[ENTRY_MAX + 1]; /* behind its time */
	char interfaces[INTERFACES_MAX][INTERFACE_NAME_SIZE];
	size_t interface_count;
	__u8 packet[TEXT_PACKET_MAX];
};

/* ---- from an entry to a packet ---------------------------------------------------------- */

static const char *excerpt(const char *text, char out[EXCERPT_SIZE])
{
	size_t i;

	for (i = 0; i < EXCERPT_SIZE - 1 && text[i]; i++)
		out[i] = text[i] >= ' ' && text[i] <= '~' ? text[i] : '?';
	out[i] = '\0';
	return out;
}

/* Numbered in the order in which they are named, as source.h wants them. */
static __u32 ifindex_of(struct text_state *t, const char *name)
{
	size_t i;

	if (!*name)
		return INTERFACE_UNKNOWN;
	if (!strcmp(name, "lo"))
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
static void recall_question(struct text_state *t, struct text_entry *e)
{
	const struct text_query *q;

	q = text_pairs_find(&t->pairs, &e->to.address, &e->from.address, e->from.port);
	if (e->dns.question_length || !q || q->client.port != e->to.port || q->dns.id != e->dns.id)
		return;
	memcpy(e->dns.question, q->dns.question, q->dns.question_length);
	e->dns.question_length = q->dns.question_length;
}

static size_t dns_packet(struct text_state *t, struct text_entry *e)
{
	struct text_packet p = {e->version, &e->from, &e->to, &e->dns};

	if (e->dns.flags & 0x80)
		recall_question(t, e);
	else
		text_pairs_note(&t->pairs, &e->from, &e->to, &e->dns);
	return text_packet_dns(&p, t->packet);
}

/*
 * The query that an ICMP line is taken to quote, unless it shows its quote: the latest of that
 * client to that resolver and port; or else one that fits none (port 1, ID 0), so that the message
 * counts as unmatched. Returns 0 when nothing says that the message is about DNS.
 */
static int infer_quote(struct source *s, struct text_state *t, struct text_entry *e)
{
	const struct text_query *q;

	if (e->icmp.version)
		q = text_pairs_find(&t->pairs, &e->to.address, &e->icmp.resolver, e->icmp.port);
	else
		q = text_pairs_of_client(&t->pairs, &e->to.address);
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
	e->quoted_to.address = e->icmp.resolver;
	e->quoted_to.port = e->icmp.port;
	return e->icmp.version && e->icmp.port;
}

static size_t icmp_packet(struct source *s, struct text_state *t, struct text_entry *e)
{
	struct text_packet quote = {e->version, &e->quoted_from, &e->quoted_to, &e->dns};

	if (e->quote == QUOTE_NONE && !infer_quote(s, t, e))
		return 0;
	return text_packet_icmp(&quote, e->quote, &e->icmp, &e->from.address, &e->to.address,
				t->packet);
}

/* The entry is complete. 1 and its packet, or 0 when it makes none. */
static int end_entry(struct source *s, struct captured *ret)
{
	struct text_state *t = s->state;
	char shown[EXCERPT_SIZE];
	struct text_entry e;
	const char *why = text_entry_read(t->entry, &t->ports, &e);
	size_t length = 0;

	t->length = 0;
	if (why) {
		source_add_diagnostic(s, t->entry_line, "\"" EXCERPT "\" %s",
				      excerpt(t->entry, shown), why);
		return 0;
	}
	s->stats.date_known |= t->stamp.dated;
	ret->time_ns = text_moment(&t->days, &t->stamp);
	if (e.kind == TEXT_DNS)
		length = dns_packet(t, &e);
	else if (e.kind == TEXT_ICMP)
		length = icmp_packet(s, t, &e);
	t->after_other = !length;
	t->others += !length;
	ret->bytes = t->packet;
	ret->length = ret->wire_length = (__u32)length;
	ret->protocol = htons(e.version == 4 ? 0x0800 : 0x86dd);
	ret->network = ret->ethernet = 0;
	ret->ifindex = ifindex_of(t, e.interface);
	return length > 0;
}

/* ---- from lines to entries -------------------------------------------------------------- */

/* `(24)` or `length 254` at its end, behind two sides. */
static int is_complete(const struct text_state *t)
{
	size_t at = t->length;
	int bracket;

	if (t->cut)
		return 1;
	if (!strchr(t->entry, '>') || !at)
		return 0;
	bracket = t->entry[at - 1] == ')';
	at -= (size_t)bracket;
	while (at && t->entry[at - 1] >= '0' && t->entry[at - 1] <= '9')
		at--;
	if (at == t->length - (size_t)bracket || at < 8)
		return 0;
	return bracket ? t->entry[at - 1] == '(' : !memcmp(t->entry + at - 8, " length ", 8);
}

static void add_to_entry(struct text_state *t, const char *text)
{
	size_t length = strlen(text), room;

	if (t->length && t->length < ENTRY_MAX)
		t->entry[t->length++] = ' ';
	room = ENTRY_MAX - t->length;
	if (length > room) {
		length = room;
		t->cut = 1;
	}
	memcpy(t->entry + t->length, text, length);
	t->length += length;
	t->entry[t->length] = '\0';
}

/* Behind the signs that mail, lists and quotations put before a line, if a time stands there. */
static const char *find_start(const char *text, struct text_stamp *stamp)
{
	return text_stamp_read_numbered(text + strspn(text, " >|\"'`*-+#"), stamp);
}

/* Line breaks were lost: a further entry begins within the line. */
static char *split_at_next_start(char *text)
{
	struct text_stamp stamp;
	const char *behind;
	char *space = text;

	while ((space = strchr(space, ' '))) {
		behind = text_stamp_read(++space, &stamp);
		if (!behind || !stamp.fraction || space - text < 20)
			continue;
		if (!strncmp(behind, "IP ", 3) || !strncmp(behind, "IP6 ", 4)) {
			space[-1] = '\0';
			return space;
		}
	}
	return NULL;
}

/* What tcpdump, a shell and a dump in hexadecimal leave between entries. */
static int is_talk(const char *text)
{
	static const char *const beginnings[] = {
		"0x", "listening on ", "reading from file ", "dropped privs", "```", "^C", "--",
	};
	size_t i;

	for (i = 0; i < sizeof(beginnings) / sizeof(*beginnings); i++) {
		if (!strncmp(text, beginnings[i], strlen(beginnings[i])))
			return 1;
	}
	return strstr(text, "tcpdump") || strstr(text, "packets captured") ||
	       strstr(text, "packet captured") || strstr(text, "received by filter") ||
	       strstr(text, "dropped by kernel") || strstr(text, "dropped by interface");
}

static void loose_line(struct source *s, const char *text)
{
	struct text_state *t = s->state;
	char shown[EXCERPT_SIZE];

	if (!*text || t->after_other || is_talk(text))
		return;
	source_add_diagnostic(s, t->lines.number, "\"" EXCERPT "\" is no entry of tcpdump",
			      excerpt(text, shown));
}

/* A line without a time: it belongs to the entry that has begun. */
static void go_on(struct text_state *t, const char *text)
{
	const char *sign = strchr(t->entry, '>');

	while ((*text == '>' && (sign || !strncmp(text, "> >", 3))) || *text == '|')
		text += 1 + strspn(text + 1, " ");
	text += strspn(text, "\"'`");
	if (*text)
		add_to_entry(t, text);
}

/* The entry is over before this line: it is complete, and the line neither quote nor end of it. */
static int is_over(const struct text_state *t, const char *text, int starts)
{
	if (!t->length)
		return 0;
	if (starts)
		return 1;
	return is_complete(t) && strncmp(text, "IP (", 4) && strncmp(text, "IP6 (", 5);
}

static void begin(struct text_state *t, const char *behind, const struct text_stamp *stamp)
{
	t->stamp = *stamp;
	t->entry_line = t->lines.number;
	t->cut = t->after_other = 0;
	t->length = 0;
	add_to_entry(t, *behind ? behind : " ");
}

/* Those around a quotation, which end the line. */
static void drop_quotes(char *text)
{
	size_t length = strlen(text);

	while (length && strchr("\"'` ", text[length - 1]))
		text[--length] = '\0';
}

/* The line at t->rest: 1 and the packet of the entry before it, or 0. The line is then taken. */
static int take_line(struct source *s, struct captured *ret)
{
	struct text_state *t = s->state;
	char *text = t->rest, *next;
	struct text_stamp stamp;
	const char *behind = find_start(text, &stamp);

	if (is_over(t, text, !!behind) && end_entry(s, ret))
		return 1; /* and the same line again */
	next = split_at_next_start(text);
	drop_quotes(text);
	if (behind)
		begin(t, behind, &stamp);
	else if (t->length)
		go_on(t, text);
	else
		loose_line(s, text);
	t->rest = next;
	return 0;
}

static int nothing_readable(struct source *s)
{
	const struct source_stats *stats = &s->stats;

	if (!stats->diagnostic_count)
		return input_error(&s->input, -EINVAL,
				   "holds nothing; a capture or tcpdump's text is expected");
	return input_error(&s->input, -EINVAL,
			   "holds nothing that can be read (line %llu: %s); a capture, or what "
			   "tcpdump -n prints, is expected",
			   stats->diagnostics[0].line, stats->diagnostics[0].what);
}

static int text_reader_next(struct source *s, struct captured *ret)
{
	struct text_state *t = s->state;
	int more = 1;

	while (more > 0) {
		if (t->rest && take_line(s, ret))
			return 1;
		if (t->rest)
			continue;
		more = text_lines_next(&t->lines);
		if (more > 0)
			t->rest = t->lines.text;
	}
	if (more < 0)
		return input_error(&s->input, more, "cannot read it further: %s", strerror(-more));
	if (t->length && end_entry(s, ret))
		return 1;
	return s->stats.packets || t->others ? 0 : nothing_readable(s);
}

static int text_reader_open(struct source *s)
{
	struct text_state *t = calloc(1, sizeof(*t));

	if (!t)
		return input_error(&s->input, -ENOMEM, "out of memory");
	text_lines_start(&t->lines, &s->input);
	t->ports.ports = s->ports;
	t->ports.count = s->port_count;
	t->days.midnight = s->date_ns - s->date_ns % NS_PER_DAY;
	s->stats.date_known = s->date_ns > 0;
	s->state = t;
	return 0;
}

static void text_reader_close(struct source *s)
{
	free(s->state);
}

const struct source_ops text_source_ops = {text_reader_open, text_reader_next, text_reader_close};
