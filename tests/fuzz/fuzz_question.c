// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Any bytes as a DNS question, for libFuzzer: what is taken is plain text, within its bounds, and
 * comes back as the same bytes. The same bytes as text: what is taken is a name.
 */
#include "util/dns.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static void expect(int holds)
{
	if (!holds)
		abort();
}

static void from_wire(const uint8_t *data, size_t size)
{
	struct dns_question question;
	__u8 again[300];
	const char *c;
	int length;

	if (dns_question_parse(data, size, &question))
		return;
	expect(strlen(question.name) < sizeof(question.name));
	for (c = question.name; *c; c++)
		expect(*c > 0x20 && *c < 0x7f);
	length = dns_question_write(&question, again, sizeof(again));
	expect(length > 0 && (size_t)length <= size && !memcmp(again, data, (size_t)length));
}

static void from_text(const uint8_t *data, size_t size)
{
	struct dns_question question = {.type = 1, .class = 1}, back;
	char type[DNS_TYPE_SIZE];
	__u8 bytes[300];
	int length;

	if (size >= sizeof(question.name))
		return;
	memcpy(question.name, data, size);
	if (!dns_type_parse(question.name, &question.type))
		expect(!dns_type_parse(dns_type_text(question.type, type), &question.type));
	length = dns_question_write(&question, bytes, sizeof(bytes));
	if (length > 0)
		expect(!dns_question_parse(bytes, (size_t)length, &back));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	from_wire(data, size);
	from_text(data, size);
	return 0;
}
