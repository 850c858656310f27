// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* An ICMP unreachable as a line in the form of tcpdump. */
#include "view/tcpdump_line.h"

#include "util/address.h"
#include "util/clock.h"
#include "util/dns.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#define ICMP_TYPE_UNREACHABLE 3
#define ICMP6_TYPE_UNREACHABLE 1
#define ICMP_TYPE_EXCEEDED 11
#define ICMP6_TYPE_EXCEEDED 3

/* "%s": the resolver, "%s" again: "udp port N". By the code of a destination unreachable. */
static const char *const icmp_codes[] = {
	"net %s unreachable",
	"host %s unreachable",
	"%s protocol 17 unreachable",
	"%s %s unreachable",
	"%s unreachable - need to frag",
	"%s unreachable - source route failed",
	"net %s unreachable - unknown",
	"host %s unreachable - unknown",
	"%s unreachable - source host isolated",
	"net %s unreachable - admin prohibited",
	"host %s unreachable - admin prohibited",
	"net %s unreachable - tos prohibited",
	"host %s unreachable - tos prohibited",
	"host %s unreachable - admin prohibited filter",
	"host %s unreachable - host precedence violation",
	"host %s unreachable - precedence cutoff",
};

static const char *const icmp6_codes[] = {
	"unreachable route %s",	       "unreachable prohibited %s", "beyond scope %s",
	"unreachable address %s",      "unreachable port, %s %s",   "unreachable source policy %s",
	"unreachable reject route %s",
};

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

/* The formats are the constants above, each with one or two "%s". */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
static void write_code(struct buffer *out, const char *format, const struct sample *sample)
{
	int tcp = sample->key.transport > TRANSPORT_UDP;
	char resolver[ADDRESS_TEXT_SIZE], port[24];

	address_text(&sample->key.resolver, 0, resolver);
	snprintf(port, sizeof(port), "%s port %u", tcp ? "tcp" : "udp",
		 ntohs(sample->key.resolver_port));
	buffer_add(out, format, resolver, port);
}
#pragma GCC diagnostic pop

static void write_icmp(struct buffer *out, const struct sample *sample)
{
	buffer_add(out, "ICMP ");
	if (sample->type == ICMP_TYPE_UNREACHABLE && sample->code < COUNT(icmp_codes))
		write_code(out, icmp_codes[sample->code], sample);
	else if (sample->type == ICMP_TYPE_EXCEEDED)
		buffer_add(out, sample->code ? "ip reassembly time exceeded"
					     : "time exceeded in-transit");
	else
		buffer_add(out, "type %u, code %u", sample->type, sample->code);
}

static void write_icmp6(struct buffer *out, const struct sample *sample)
{
	buffer_add(out, "ICMP6, ");
	if (sample->type == ICMP6_TYPE_UNREACHABLE && sample->code < COUNT(icmp6_codes)) {
		buffer_add(out, "destination unreachable, ");
		write_code(out, icmp6_codes[sample->code], sample);
	} else if (sample->type == ICMP6_TYPE_UNREACHABLE && sample->code == ICMP6_CODE_NOT_KNOWN) {
		buffer_add(out, "destination unreachable");
	} else if (sample->type == ICMP6_TYPE_EXCEEDED) {
		write_code(out, "time exceeded in-transit for %s", sample);
	} else {
		buffer_add(out, "type %u, code %u", sample->type, sample->code);
	}
}

void tcpdump_line_write(struct buffer *out, const struct incident_message *message)
{
	const struct sample *sample = &message->sample;
	char time[CLOCK_TEXT_SIZE], reporter[ADDRESS_TEXT_SIZE], client[ADDRESS_TEXT_SIZE];

	buffer_add(out, "%s.%06u %s %s > %s: ", clock_time_of_day(message->wall_ns, time),
		   (unsigned int)(message->wall_ns % NS_PER_S / 1000),
		   sample->version == 6 ? "IP6" : "IP",
		   address_text(&sample->reporter, 0, reporter),
		   address_text(&sample->key.client, 0, client));
	if (sample->version == 6)
		write_icmp6(out, sample);
	else
		write_icmp(out, sample);
}

void tcpdump_line_write_query(struct buffer *out, const struct incident_message *message)
{
	const struct transaction_key *key = &message->sample.key;
	char client[ADDRESS_TEXT_SIZE], resolver[ADDRESS_TEXT_SIZE], type[DNS_TYPE_SIZE];
	struct dns_question question;

	if (message->sample.short_quote ||
	    dns_question_parse(message->sample.question, message->sample.question_length,
			       &question))
		return;
	buffer_add(out, "%s.%u > %s.%u: %u", address_text(&key->client, 0, client),
		   ntohs(key->client_port), address_text(&key->resolver, 0, resolver),
		   ntohs(key->resolver_port), ntohs(key->id));
	if (question.type)
		buffer_add(out, " %s?", dns_type_text(question.type, type));
	buffer_add(out, " %s%s", question.name, strcmp(question.name, ".") ? "." : "");
}
