// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* What to run next, as commands that can be pasted: whatever comes from a packet is checked. */
#include "report/explain.h"

#include "util/address.h"
#include "report/words.h"

#include <arpa/inet.h>
#include <string.h>

#define BIT(cause) (1U << (cause))
#define ALL (~0U)
#define UNHEARD                                                                                    \
	(BIT(CAUSE_PROHIBITED) | BIT(CAUSE_PORT_CLOSED) | BIT(CAUSE_NO_ROUTE) |                    \
	 BIT(CAUSE_REJECTED_ON_PATH) | BIT(CAUSE_SILENT) | BIT(CAUSE_NONE))
#define NO_WAY                                                                                     \
	(BIT(CAUSE_NOT_SENT) | BIT(CAUSE_NO_ROUTE) | BIT(CAUSE_SILENT) |                           \
	 BIT(CAUSE_REJECTED_ON_PATH) | BIT(CAUSE_PROHIBITED))
#define UP (BIT(CAUSE_PORT_CLOSED) | BIT(CAUSE_SERVER_ERROR) | BIT(CAUSE_OVERLOADED))

/* @: the resolver's address; #: its port; *: dig's option for the port where it takes one; ?: a
 * name and its type; &: the filter of a capture. */
static const struct {
	unsigned int causes;
	int on_resolver;
	const char *command, *tells;
} rows[] = {
	{ALL, 0, "dig *+tries=1 +time=3 @@ ?", "one query over UDP: is it still so?"},
	{ALL & ~BIT(CAUSE_NOT_SENT), 0, "dig *+tcp +tries=1 +time=3 @@ ?",
	 "the same over TCP: tells a dead service from trouble with UDP alone"},
	{BIT(CAUSE_SERVER_ERROR), 0, "dig *+cd +tries=1 +time=3 @@ ?",
	 "the same without DNSSEC validation"},
	{BIT(CAUSE_SERVER_ERROR), 0, "dig *+tries=1 +time=3 @@ . NS",
	 "the root: does it resolve anything at all?"},
	{UNHEARD, 0, "nc -vzu -w 2 @ #",
	 "UDP: \"refused\" means that an ICMP message came back; \"succeeded\" only that none did"},
	{UNHEARD, 0, "nc -vz -w 2 @ #", "TCP: refused, silent or open?"},
	{NO_WAY | BIT(CAUSE_OVERLOADED), 0, "ping -c 5 @", "is the host up, is there loss?"},
	{NO_WAY, 0, "ip route get @", "the way out of the client: interface, router, own address"},
	{BIT(CAUSE_NOT_SENT) | BIT(CAUSE_SILENT) | BIT(CAUSE_NO_ROUTE), 0, "ip neigh show",
	 "FAILED or INCOMPLETE: a neighbour does not answer"},
	{NO_WAY & ~BIT(CAUSE_NOT_SENT), 0, "traceroute -n -U -p # @", "where on the way it ends"},
	{BIT(CAUSE_NOT_SENT) | BIT(CAUSE_SILENT), 0, "nft list ruleset",
	 "rules of the client that drop or reject DNS"},
	{ALL, 0, "tcpdump -ni any '&'", "the exchange itself, with TTLs (-v)"},
	{UP | BIT(CAUSE_SILENT), 1, "ss -lnup 'sport = :#'",
	 "does anything listen, and on which address?"},
	{UP | BIT(CAUSE_SILENT), 1,
	 "systemctl status named unbound dnsmasq pdns-recursor systemd-resolved",
	 "the DNS service, whichever it is: running, failed, restarting?"},
	{BIT(CAUSE_PORT_CLOSED) | BIT(CAUSE_PROHIBITED) | BIT(CAUSE_SILENT), 1, "nft list ruleset",
	 "its own rules for DNS"},
	{BIT(CAUSE_OVERLOADED) | BIT(CAUSE_SILENT), 1, "nstat -az UdpRcvbufErrors UdpInErrors",
	 "above 0 and growing: it does not keep up"},
};

#define CHECK_ROWS (sizeof(rows) / sizeof(*rows))

/* The name of an interface may hold what means something to a shell. */
static void add_target(struct buffer *out, const struct incident *incident)
{
	const struct resolver_key *key = &incident->resolver;
	char address[ADDRESS_TEXT_SIZE];

	address_text(&key->address, key->scope, address);
	if (address[strspn(address, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789.:%_-")])
		address_text(&key->address, 0, address);
	buffer_add(out, "%s", address);
}

static void add_filter(struct buffer *out, const struct incident *incident)
{
	char address[ADDRESS_TEXT_SIZE];

	buffer_add(out, "(host %s and udp port %u) or %s",
		   address_text(&incident->resolver.address, 0, address),
		   ntohs(incident->resolver.port),
		   address_is_ipv4(&incident->resolver.address) ? "icmp" : "icmp6");
}

static void add_question(struct buffer *out, const struct incident *incident)
{
	const char *type, *name = plain_name(incident, &type);

	buffer_add(out, "%s %s", *name ? name : "example.com", type);
}

static void add_port_option(struct buffer *out, const struct incident *incident)
{
	if (incident->resolver.port != htons(DNS_PORT))
		buffer_add(out, "-p %u ", ntohs(incident->resolver.port));
}

/* "@@" is dig's own at sign and the address. */
static void add_command(struct buffer *out, const char *from, const struct incident *incident)
{
	for (; *from; from++) {
		if (from[0] == '@' && from[1] == '@')
			buffer_add(out, "@");
		else if (*from == '@')
			add_target(out, incident);
		else if (*from == '*')
			add_port_option(out, incident);
		else if (*from == '#')
			buffer_add(out, "%u", ntohs(incident->resolver.port));
		else if (*from == '?')
			add_question(out, incident);
		else if (*from == '&')
			add_filter(out, incident);
		else
			buffer_add(out, "%c", *from);
	}
}

void explain_checks(struct explanation *e, const struct incident *incident)
{
	size_t i;

	for (i = 0; i < CHECK_ROWS && e->check_count < CHECKS_MAX; i++) {
		struct check *check = &e->checks[e->check_count];

		if (!(rows[i].causes & BIT(incident->cause)))
			continue;
		add_command(&check->command, rows[i].command, incident);
		check->tells = rows[i].tells;
		check->on_resolver = rows[i].on_resolver;
		e->check_count++;
	}
}
