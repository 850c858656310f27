// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* See dns.h. */
#include "util/dns.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define NAME_BYTES_MAX 255
#define LABEL_BYTES_MAX 63

struct dns_number {
	const char *name;
	__u16 number;
};

/* IANA's registry of RR types and QTYPEs, as far as they are met. */
static const struct dns_number types[] = {
	{"A", 1},	    {"NS", 2},	     {"CNAME", 5},   {"SOA", 6},       {"PTR", 12},
	{"HINFO", 13},	    {"MX", 15},	     {"TXT", 16},    {"RP", 17},       {"AFSDB", 18},
	{"SIG", 24},	    {"KEY", 25},     {"AAAA", 28},   {"LOC", 29},      {"SRV", 33},
	{"NAPTR", 35},	    {"KX", 36},	     {"CERT", 37},   {"DNAME", 39},    {"OPT", 41},
	{"APL", 42},	    {"DS", 43},	     {"SSHFP", 44},  {"IPSECKEY", 45}, {"RRSIG", 46},
	{"NSEC", 47},	    {"DNSKEY", 48},  {"DHCID", 49},  {"NSEC3", 50},    {"NSEC3PARAM", 51},
	{"TLSA", 52},	    {"SMIMEA", 53},  {"HIP", 55},    {"CDS", 59},      {"CDNSKEY", 60},
	{"OPENPGPKEY", 61}, {"CSYNC", 62},   {"ZONEMD", 63}, {"SVCB", 64},     {"HTTPS", 65},
	{"SPF", 99},	    {"UNSPEC", 103}, {"EUI48", 108}, {"EUI64", 109},   {"TKEY", 249},
	{"TSIG", 250},	    {"IXFR", 251},   {"AXFR", 252},  {"MAILB", 253},   {"MAILA", 254},
	{"ANY", 255},	    {"URI", 256},    {"CAA", 257},
};

/* IANA's registry of RCODEs; those of a header have 4 bits (RFC 1035, 4.1.1; RFC 2136, 2.2). */
static const struct dns_number rcodes[] = {
	{"NOERROR", 0}, {"FORMERR", 1}, {"SERVFAIL", 2}, {"NXDOMAIN", 3},
	{"NOTIMP", 4},	{"REFUSED", 5}, {"YXDOMAIN", 6}, {"YXRRSET", 7},
	{"NXRRSET", 8}, {"NOTAUTH", 9}, {"NOTZONE", 10},
};

/* ---- names of types and RCODEs ------------------------------------------------------------ */

#define DNS_LOOKUP_NAME(table, name, length)                                                       \
	dns_lookup_name(table, sizeof(table) / sizeof(*(table)), name, length)
#define DNS_LOOKUP_NUMBER(table, number)                                                           \
	dns_lookup_number(table, sizeof(table) / sizeof(*(table)), number)

/* In letters of either case. Returns the number, or -ENOENT. */
static int dns_lookup_name(const struct dns_number *table, size_t count, const char *name,
			   size_t length)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (strlen(table[i].name) == length && !strncasecmp(table[i].name, name, length))
			return table[i].number;
	return -ENOENT;
}

static const char *dns_lookup_number(const struct dns_number *table, size_t count,
				     unsigned int number)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (table[i].number == number)
			return table[i].name;
	return NULL;
}

int dns_type_lookup(const char *name, size_t length)
{
	return DNS_LOOKUP_NAME(types, name, length);
}

int dns_rcode_lookup(const char *name, size_t length)
{
	return DNS_LOOKUP_NAME(rcodes, name, length);
}

const char *dns_rcode_name(unsigned int rcode)
{
	return DNS_LOOKUP_NUMBER(rcodes, rcode);
}

static int is_digit(char c)
{
	return c >= '0' && c <= '9';
}

const char *dns_type_text(__u16 type, char out[DNS_TYPE_SIZE])
{
	const char *name = DNS_LOOKUP_NUMBER(types, type);

	if (name)
		return strcpy(out, name);
	snprintf(out, DNS_TYPE_SIZE, "TYPE%u", type);
	return out;
}

int dns_type_parse(const char *text, __u16 *type)
{
	int known = dns_type_lookup(text, strlen(text));
	unsigned long value = 0;
	const char *digit;

	if (known >= 0 && !strcmp(DNS_LOOKUP_NUMBER(types, (unsigned int)known), text)) {
		*type = (__u16)known;
		return 0;
	}
	if (strncmp(text, "TYPE", 4) || !text[4])
		return -EINVAL;
	for (digit = text + 4; is_digit(*digit) && value < 65536; digit++)
		value = value * 10 + (unsigned long)(*digit - '0');
	if (*digit || value > 65535)
		return -EINVAL;
	*type = (__u16)value;
	return 0;
}

/* ---- the question ------------------------------------------------------------------------- */

/* Writes at most 4 characters and a NUL. Returns the end of them. */
static char *name_add_escaped(char *out, __u8 byte)
{
	if (byte == '.' || byte == '\\')
		return out + sprintf(out, "\\%c", byte);
	if (byte > 0x20 && byte < 0x7f)
		return out + sprintf(out, "%c", byte);
	return out + sprintf(out, "\\%03u", byte);
}

/* Writes a name of the wire as text. Returns its bytes on the wire, or -EINVAL. */
static int name_parse(const __u8 *bytes, size_t length, char *out)
{
	size_t at = 0, i;

	while (at < length && bytes[at]) {
		size_t label = bytes[at++];

		/* from 64 on: a compression pointer, or a label type that is not in use (RFC 6891,
		 * 5) */
		if (label > LABEL_BYTES_MAX || label >= length - at || at + label >= NAME_BYTES_MAX)
			return -EINVAL;
		if (at > 1)
			*out++ = '.';
		for (i = 0; i < label; i++)
			out = name_add_escaped(out, bytes[at++]);
	}
	if (at >= length)
		return -EINVAL;
	strcpy(out, at ? "" : ".");
	return (int)at + 1;
}

static __u16 read_be16(const __u8 *bytes)
{
	return (__u16)(bytes[0] << 8 | bytes[1]);
}

int dns_question_parse(const __u8 *bytes, size_t length, struct dns_question *ret)
{
	int used = name_parse(bytes, length, ret->name);

	ret->type = 0;
	ret->class = 0;
	if (used < 0)
		return used;
	if (length - (size_t)used >= 4) {
		ret->type = read_be16(bytes + used);
		ret->class = read_be16(bytes + used + 2);
	}
	return 0;
}

/* Parses one byte of a label. Returns the number of characters, or -EINVAL. */
static int label_parse_byte(const char *text, __u8 *byte)
{
	unsigned int value;

	*byte = (__u8)text[0];
	if (text[0] != '\\')
		return text[0] > 0x20 && text[0] < 0x7f ? 1 : -EINVAL;
	*byte = (__u8)text[1];
	if (!is_digit(text[1]))
		return text[1] > 0x20 && text[1] < 0x7f ? 2 : -EINVAL;
	if (!is_digit(text[2]) || !is_digit(text[3]))
		return -EINVAL;
	value = (unsigned int)(text[1] - '0') * 100 + (unsigned int)(text[2] - '0') * 10 +
		(unsigned int)(text[3] - '0');
	*byte = (__u8)value;
	return value < 256 ? 4 : -EINVAL;
}

/* Writes the label at `text` with its length byte; *end: the dot or NUL behind it. Length or
 * -EINVAL */
static int label_write(const char *text, const char **end, __u8 out[1 + LABEL_BYTES_MAX])
{
	__u8 length = 0, byte;
	int taken;

	for (; *text && *text != '.'; text += taken) {
		taken = label_parse_byte(text, &byte);
		if (taken < 0 || length == LABEL_BYTES_MAX)
			return -EINVAL;
		out[1 + length++] = byte;
	}
	out[0] = length;
	*end = text;
	return length ? 1 + length : -EINVAL;
}

static int name_write(const char *text, __u8 out[NAME_BYTES_MAX])
{
	__u8 label[1 + LABEL_BYTES_MAX];
	int used = 0, length;

	if (!*text)
		return -EINVAL;
	if (!strcmp(text, "."))
		text++;
	while (*text) {
		length = label_write(text, &text, label);
		if (length < 0 || used + length >= NAME_BYTES_MAX)
			return -EINVAL;
		memcpy(out + used, label, (size_t)length);
		used += length;
		if (*text == '.' && !*++text)
			return -EINVAL;
	}
	out[used] = 0;
	return used + 1;
}

int dns_question_write(const struct dns_question *question, __u8 *out, size_t room)
{
	__u8 name[NAME_BYTES_MAX];
	int length = name_write(question->name, name);

	if (length < 0)
		return length;
	if ((size_t)length + 4 > room)
		return -ENOSPC;
	memcpy(out, name, (size_t)length);
	if (!question->type && !question->class)
		return length;
	out[length++] = (__u8)(question->type >> 8);
	out[length++] = (__u8)question->type;
	out[length++] = (__u8)(question->class >> 8);
	out[length++] = (__u8)question->class;
	return length;
}
