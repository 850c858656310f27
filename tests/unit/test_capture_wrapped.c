// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Property: a text of tcpdump that is wrapped is read as the plain one is, or says that it is not.
 * Texts are printed by tcpdump from random captures; FULL=1 takes more of them.
 */
#include "recorded.h"
#include "wrappings.h"

#include "capture/tcpdump_packet.h"

#define S_NS 1000000000ULL
#define SECONDS_2024 1709280000ULL
#define QUERIES 30

static struct recorded plain, got;
static struct wrapped text, wrapped, again;
static unsigned int random_state;

static unsigned int random_below(unsigned int limit)
{
	random_state = random_state * 1664525u + 1013904223u;
	return (random_state >> 8) % limit;
}

static int is_full(void)
{
	return getenv("FULL") != NULL;
}

/* ---- random captures ---------------------------------------------------------------------- */

struct link_layer {
	__u32 type; /* LINKTYPE_... */
	const char *header;
	size_t length;
};

#define MACS "\0\0\x5e\0\x53\2\0\0\x5e\0\x53\1"
#define LINK(type, header)                                                                         \
	{                                                                                          \
		type, header, sizeof(header) - 1                                                   \
	}

static const struct link_layer links[] = {
	LINK(101, ""),
	LINK(1, MACS "\x08\0"),
	LINK(1, MACS "\x81\0\0\x64\x08\0"),
	LINK(1, MACS "\x88\xa8\0\x65\x81\0\0\x64\x08\0"),
	LINK(1, MACS "\x88\x47\0\x01\x01\x40"),
	LINK(9, "\xff\x03\0\x21"),
	LINK(0, "\2\0\0\0"),
	LINK(108, "\0\0\0\2"),
	LINK(113, "\0\4\0\1\0\6\0\0\x5e\0\x53\1\0\0\x08\0"),
};

#define LINK_COUNT (sizeof(links) / sizeof(*links))

static void write_packet(FILE *out, const struct link_layer *link, __u64 time_ns,
			 const __u8 *packet, size_t length)
{
	__u32 all = (__u32)(link->length + length);
	__u32 record[] = {(__u32)(time_ns / S_NS), (__u32)(time_ns % S_NS / 1000), all, all};

	fwrite(record, sizeof(record), 1, out);
	fwrite(link->header, 1, link->length, out);
	fwrite(packet, 1, length, out);
}

static struct endpoint endpoint_of(const char *address, __u16 port)
{
	struct endpoint e = {.port = port, .version = 4};

	assert_int_equal(lexer_address(address, &e.address), 4);
	return e;
}

static void set_question(struct text_dns *dns)
{
	static const char names[][32] = {"\3www\7example\3com", "\1a\7example",
					 "\4mail\4long\4name\7example\3org",
					 "\4_sip\4_udp\7example"};
	static const __u8 types[] = {1, 28, 12, 65, 16, 33, 15};
	const char *name = names[random_below(4)];

	memset(dns, 0, sizeof(*dns));
	dns->id = (__u16)random_below(65536);
	dns->flags = 1;
	dns->question_length = (__u16)(strlen(name) + 5);
	memcpy(dns->question, name, strlen(name));
	dns->question[strlen(name) + 2] = types[random_below(7)];
	dns->question[strlen(name) + 4] = 1;
}

/* A query and what comes of it. Returns the time of the latest packet. */
static __u64 write_transaction(FILE *out, const struct link_layer *link, __u64 now)
{
	static const __u8 codes[] = {3, 3, 3, 1, 13, 10, 0};
	struct endpoint client = endpoint_of(random_below(2) ? "192.0.2.10" : "192.0.2.111",
					     (__u16)(1024 + random_below(60000)));
	struct endpoint resolver =
		endpoint_of(random_below(2) ? "198.51.100.53" : "203.0.113.2", 53);
	struct endpoint reporter = random_below(3) ? resolver : endpoint_of("198.51.100.1", 0);
	struct text_packet query = {4, &client, &resolver, NULL, NULL},
			   answer = {4, &resolver, &client, NULL, NULL};
	struct text_icmp icmp = {.type = 3, .code = codes[random_below(7)]};
	unsigned int outcome = random_below(10);
	__u8 packet[TEXT_PACKET_MAX];
	struct text_dns dns;

	set_question(&dns);
	query.dns = answer.dns = &dns;
	write_packet(out, link, now, packet, text_packet_dns(&query, packet));
	now += random_below(300000) * 1000ULL + 20000;
	if (outcome < 5) {
		dns.flags = 0x81;
		dns.rcode = (__u8)(0x80 | random_below(6));
		write_packet(out, link, now, packet, text_packet_dns(&answer, packet));
	} else if (outcome < 9) {
		write_packet(out, link, now, packet,
			     text_packet_icmp(&query, QUOTE_WHOLE, &icmp, &reporter.address,
					      &client.address, packet));
	}
	return now + (random_below(2) ? (1 + random_below(8000)) * 1000000ULL : 5000);
}

static void write_capture(const char *path, const struct link_layer *link)
{
	const __u32 header[] = {0xa1b2c3d4, 0x00040002, 0, 0, 65535, link->type};
	__u64 now = SECONDS_2024 * S_NS + random_below(1000000) * 1000ULL;
	FILE *out = fopen(path, "w");
	int i;

	assert_non_null(out);
	fwrite(header, sizeof(header), 1, out);
	for (i = 0; i < QUERIES; i++)
		now = write_transaction(out, link, now);
	fclose(out);
}

/* Print a random capture with tcpdump. Returns 0 where there is no tcpdump. */
static int print_capture(const struct link_layer *link, const char *options, struct wrapped *to)
{
	char path[64], command[256];
	FILE *in;

	write_bytes("", 0);
	snprintf(path, sizeof(path), "%s.pcap", recorded_path);
	write_capture(path, link);
	snprintf(command, sizeof(command), "TZ=UTC tcpdump -n %s -r %s 2>/dev/null", options, path);
	in = popen(command, "r");
	assert_non_null(in);
	to->length = fread(to->bytes, 1, sizeof(to->bytes), in);
	pclose(in);
	unlink(path);
	return to->length > 0;
}

/* ---- the property ------------------------------------------------------------------------- */

enum reading { READ_THE_SAME, READ_WITH_DIAGNOSTICS, READ_REFUSED };

/* Keeps the text, so that it can be looked at. */
static void fail_with(const struct wrapped *from, const char *what, int parameter, const char *why)
{
	char path[64];
	FILE *out;
	size_t i;

	snprintf(path, sizeof(path), "/tmp/dnsreach-wrapped-%d.txt", parameter);
	out = fopen(path, "w");
	assert_non_null(out);
	for (i = 0; i < plain.count && !memcmp(&got.seen[i], &plain.seen[i], sizeof(got.seen[0]));
	     i++)
		;
	printf("packet %zu of %zu: ID %u at %llu, ID %u at %llu, %s %u, %s %u\n", i, plain.count,
	       plain.seen[i].id, plain.seen[i].time_ns, got.seen[i].id, got.seen[i].time_ns,
	       plain.seen[i].name, plain.seen[i].qtype, got.seen[i].name, got.seen[i].qtype);
	fwrite(from->bytes, 1, from->length, out);
	fclose(out);
	fail_msg("%s %d: %s (%s)", what, parameter, why, path);
}

static enum reading read_wrapped(const struct wrapped *from, const char *what, int parameter)
{
	read_bytes(from->bytes, from->length, 1, &got);
	if (got.result < 0)
		return READ_REFUSED;
	if (got.count == plain.count &&
	    !memcmp(got.seen, plain.seen, plain.count * sizeof(plain.seen[0])))
		return READ_THE_SAME;
	if (!got.stats.dns_lost)
		fail_with(from, what, parameter, "other packets without a diagnostic");
	return READ_WITH_DIAGNOSTICS;
}

static void assert_same(const struct wrapped *from, const char *what, int parameter)
{
	enum reading reading = read_wrapped(from, what, parameter);

	if (reading != READ_THE_SAME)
		fail_with(from, what, parameter,
			  reading == READ_REFUSED ? got.message : got.stats.diagnostics[0].what);
}

static void read_plain(void)
{
	read_bytes(text.bytes, text.length, 1, &plain);
	assert_int_equal(plain.result, 0);
	assert_int_equal(plain.stats.unreadable, 0);
	assert_true(plain.count >= QUERIES);
}

static const char *const formats[] = {"", "-tttt -e", "-v", "-tt -e -vv", "-ttt -vv", "-ttttt"};

#define ABSOLUTE_FORMATS 4 /* those before -ttt */

#define FORMAT_COUNT (sizeof(formats) / sizeof(*formats))

/* Each wrapping alone, of each format: the same packets. */
static void a_text_folded_at_any_column_is_the_same(void **state)
{
	size_t format;
	int width;

	(void)state;
	for (format = 0; format < FORMAT_COUNT; format++) {
		random_state = 1;
		if (!print_capture(&links[1], formats[format], &text))
			skip();
		read_plain();
		for (width = 30; width <= 200; width += is_full() ? 1 : 5) {
			wrap_fold(&text, width, &wrapped);
			assert_same(&wrapped, formats[format], width);
			wrap_fold_trimmed(&text, width, &wrapped);
			assert_same(&wrapped, formats[format], width);
			wrap_words(&text, width, &wrapped);
			assert_same(&wrapped, formats[format], width);
		}
	}
}

static void a_text_with_any_prefix_is_the_same(void **state)
{
	static const int widths[] = {60, 80, 100, 120};
	size_t format, prefix, i;

	(void)state;
	for (format = 0; format < FORMAT_COUNT; format++) {
		random_state = 2;
		if (!print_capture(&links[1], formats[format], &text))
			skip();
		read_plain();
		for (prefix = 0; prefix < PREFIX_COUNT; prefix++) {
			wrap_prefix(&text, (int)prefix, &wrapped);
			assert_same(&wrapped, prefixes[prefix], 0);
			for (i = 0; i < sizeof(widths) / sizeof(*widths); i++) {
				wrap_fold(&wrapped, widths[i], &again);
				read_wrapped(&again, prefixes[prefix], widths[i]);
				wrap_fold(&text, widths[i], &again);
				wrap_prefix(&again, (int)prefix, &wrapped);
				read_wrapped(&wrapped, prefixes[prefix], -widths[i]);
				wrap_prefix(&text, (int)prefix, &wrapped);
			}
		}
	}
}

static void a_text_in_any_document_is_the_same(void **state)
{
	size_t format;
	int document;

	(void)state;
	for (format = 0; format < FORMAT_COUNT; format++) {
		random_state = 3;
		if (!print_capture(&links[1], formats[format], &text))
			skip();
		read_plain();
		for (document = 0; document < DOCUMENT_MAX; document++) {
			wrap_document(&text, document, &wrapped);
			assert_same(&wrapped, formats[format], document);
			wrap_words(&text, 72, &again);
			wrap_document(&again, document, &wrapped);
			assert_same(&wrapped, formats[format], 100 + document);
		}
	}
}

/* With -e, what stands before the IP header differs, and the packets do not. */
static void every_link_layer_gives_the_same_packets(void **state)
{
	static const char *const options[] = {"", "-e", "-e -v", "-tttt -e -vv"};
	size_t i, link;

	(void)state;
	for (i = 0; i < sizeof(options) / sizeof(*options); i++) {
		for (link = 0; link < LINK_COUNT; link++) {
			random_state = 4;
			if (!print_capture(&links[link], options[i], &text))
				skip();
			if (!link)
				read_plain();
			else
				assert_same(&text, options[i], (int)link);
		}
	}
}

/* Lose ends of lines, or put the lines in another order. `is_dump`: without the two last ways. */
static void wrap_order(const struct wrapped *from, int is_dump, struct wrapped *to)
{
	size_t at = random_below((unsigned int)from->length);

	switch (random_below(is_dump ? 3 : 5)) {
	case 0:
		wrap_quote(from, at, 0, to);
		break;
	case 1:
		wrap_quote(from, at, 1, to);
		break;
	case 2:
		wrap_pieces(from, at, to);
		break;
	case 3:
		wrap_reverse(from, to);
		break;
	default:
		wrap_glue(from, 1 + random_below(4), to);
	}
}

/* The lines of a log in any order: the same packets, or a refusal. */
static void a_text_in_any_order_is_the_same(void **state)
{
	static const char *const options[] = {"", "-tttt -e", "-tt", "-tttt -v", "-x", "-A -tttt"};
	size_t i;
	int seed;

	(void)state;
	for (i = 0; i < sizeof(options) / sizeof(*options); i++) {
		for (seed = 1; seed <= (is_full() ? 200 : 20); seed++) {
			random_state = (unsigned int)seed;
			if (!print_capture(&links[1], options[i], &text))
				skip();
			read_plain();
			wrap_order(&text, i > 3, &wrapped);
			if (read_wrapped(&wrapped, options[i], seed) == READ_WITH_DIAGNOSTICS)
				fail_with(&wrapped, options[i], seed,
					  got.stats.diagnostics[0].what);
		}
	}
}

/* Several wrappings over another, at random: never other packets without a diagnostic. */
static void no_wrapping_gives_other_packets_without_a_diagnostic(void **state)
{
	unsigned int seed, depth, layers, format;
	int parameter;

	(void)state;
	for (seed = 1; seed <= (is_full() ? 3000 : 60); seed++) {
		random_state = seed;
		format = random_below(FORMAT_COUNT);
		if (!print_capture(&links[random_below(LINK_COUNT)], formats[format], &text))
			skip();
		read_plain();
		again = text;
		layers = 1 + random_below(3);
		if (format < ABSOLUTE_FORMATS && !random_below(3)) {
			wrap_order(&text, 0, &wrapped);
			again = wrapped;
		}
		for (depth = 0; depth < layers; depth++) {
			switch (random_below(5)) {
			case 0:
				parameter = (int)random_below(DOCUMENT_MAX);
				wrap_document(&again, parameter, &wrapped);
				break;
			case 1:
				parameter = (int)random_below(PREFIX_COUNT);
				wrap_prefix(&again, parameter, &wrapped);
				break;
			case 2:
				wrap_words(&again, 30 + (int)random_below(170), &wrapped);
				break;
			case 3:
				wrap_fold_trimmed(&again, 30 + (int)random_below(170), &wrapped);
				break;
			default:
				wrap_fold(&again, 30 + (int)random_below(170), &wrapped);
			}
			again = wrapped;
		}
		read_wrapped(&again, "seed", (int)seed);
	}
}

/* The log of tests/capture/reference.txt, at any width. */
static void the_reference_log_at_any_width_is_six_packets(void **state)
{
	FILE *in = fopen("tests/capture/reference.txt", "r");
	int width;

	(void)state;
	assert_non_null(in);
	text.length = fread(text.bytes, 1, sizeof(text.bytes), in);
	fclose(in);
	read_bytes(text.bytes, text.length, 1, &plain);
	assert_int_equal(plain.count, 6);
	for (width = 30; width <= 200; width++) {
		wrap_fold(&text, width, &wrapped); /* may cut a character of UTF-8 in two */
		read_wrapped(&wrapped, "reference, folded", width);
		wrap_fold_trimmed(&text, width, &wrapped);
		read_wrapped(&wrapped, "reference, folded and trimmed", width);
		wrap_words(&text, width, &wrapped);
		assert_same(&wrapped, "reference, wrapped", width);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_text_folded_at_any_column_is_the_same),
		cmocka_unit_test(a_text_with_any_prefix_is_the_same),
		cmocka_unit_test(a_text_in_any_document_is_the_same),
		cmocka_unit_test(every_link_layer_gives_the_same_packets),
		cmocka_unit_test(a_text_in_any_order_is_the_same),
		cmocka_unit_test(no_wrapping_gives_other_packets_without_a_diagnostic),
		cmocka_unit_test(the_reference_log_at_any_width_is_six_packets),
	};

	return cmocka_run_group_tests(tests, NULL, remove_recorded);
}
