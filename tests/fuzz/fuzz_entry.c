// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The grammar of tcpdump's text under libFuzzer: one logical line to an entry, without the
 * normaliser. `make fuzz` runs it; see tests/fuzz/run.
 */
#include "fed.h"

#include "capture/tcpdump_entry.h"
#include "util/address.h"

#include <string.h>

static const __u16 port = 53;
static const struct text_ports ports = {&port, 1};

static int is_tcp_port(__u16 number)
{
	return number == port || number == DOT_PORT;
}

static void check_entry(const struct text_entry *e)
{
	MUST(strlen(e->interface) < INTERFACE_NAME_SIZE);
	MUST(e->dns.question_length <= QUESTION_BYTES);
	MUST(e->icmp.version == 0 || e->icmp.version == 4 || e->icmp.version == 6);
	if (e->kind == TEXT_OTHER)
		return;
	MUST(e->version == 4 || e->version == 6);
	MUST(e->from.version == e->version && e->to.version == e->version);
	if (e->kind == TEXT_DNS)
		MUST(e->from.port == port || e->to.port == port);
	if (e->kind == TEXT_CONNECT)
		MUST(is_tcp_port(e->from.port) || is_tcp_port(e->to.port));
	if (e->quote != QUOTE_NONE)
		MUST(e->kind == TEXT_ICMP && (e->icmp.is_about_tcp ? is_tcp_port(e->quoted_to.port)
								   : e->quoted_to.port == port));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char line[8192];
	struct text_entry e;
	int is_about_dns;

	if (size >= sizeof(line))
		return 0;
	memcpy(line, data, size);
	line[size] = '\0';
	if (text_entry_parse(line, &ports, &e) == FAULT_NONE)
		check_entry(&e);
	MUST(text_loose_fault(line, &ports, &is_about_dns) < FAULT_MAX);
	MUST(is_about_dns == 0 || is_about_dns == 1);
	text_entry_is_complete(line);
	text_entry_begins(line);
	return 0;
}
