// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* A DNS question between its wire format and text (RFC 1035, 4.1.2; RFC 4343, 2.1). */
#include "util/dns.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define NAME_BYTES_MAX 255
#define LABEL_BYTES_MAX 63

static const struct {
	__u16 type;
	const char *name;
} qtypes[] = {
	{1, "A"},	{2, "NS"},	{5, "CNAME"},	  {6, "SOA"},	      {12, "PTR"},
	{13, "HINFO"},	{15, "MX"},	{16, "TXT"},	  {17, "RP"},	      {18, "AFSDB"},
	{24, "SIG"},	{25, "KEY"},	{28, "AAAA"},	  {29, "LOC"},	      {33, "SRV"},
	{35, "NAPTR"},	{36, "KX"},	{37, "CERT"},	  {39, "DNAME"},      {42, "APL"},
	{43, "DS"},	{44, "SSHFP"},	{45, "IPSECKEY"}, {46, "RRSIG"},      {47, "NSEC"},
	{48, "DNSKEY"}, {49, "DHCID"},	{50, "NSEC3"},	  {51, "NSEC3PARAM"}, {52, "TLSA"},
	{53, "SMIMEA"}, {55, "HIP"},	{59, "CDS"},	  {60, "CDNSKEY"},    {61, "OPENPGPKEY"},
	{62, "CSYNC"},	{63, "ZONEMD"}, {64, "SVCB"},	  {65, "HTTPS"},      {99, "SPF"},
	{108, "EUI48"}, {109, "EUI64"}, {249, "TKEY"},	  {250, "TSIG"},      {251, "IXFR"},
	{252, "AXFR"},	{255, "ANY"},	{256, "URI"},	  {257, "CAA"},
};

#define QTYPE_COUNT (sizeof(qtypes) / sizeof(*qtypes))

/* At most 4 characters and the NUL; `out` moves on. */
static char *add_escaped(char *out, __u8 byte)
{
	if (byte == '.' || byte == '\\')
		return out + sprintf(out, "\\%c", byte);
	if (byte > 0x20 && byte < 0x7f)
		return out + sprintf(out, "%c", byte);
	return out + sprintf(out, "\\%03u", byte);
}

/* How many bytes the name takes on the wire, or -EINVAL. */
static int read_name(const __u8 *bytes, size_t length, char *out)
{
	size_t at = 0, i;

	while (at < length && bytes[at]) {
		size_t label = bytes[at++];

		/* 64 and more: a compression pointer, or a kind of label that is not in use */
		if (label > LABEL_BYTES_MAX || label >= length - at || at + label >= NAME_BYTES_MAX)
			return -EINVAL;
		if (at > 1)
			*out++ = '.';
		for (i = 0; i < label; i++)
			out = add_escaped(out, bytes[at++]);
	}
	if (at >= length)
		return -EINVAL;
	strcpy(out, at ? "" : ".");
	return (int)at + 1;
}

static __u16 read_u16(const __u8 *bytes)
{
	return (__u16)(bytes[0] << 8 | bytes[1]);
}

int dns_question_parse(const __u8 *bytes, size_t length, struct dns_question *ret)
{
	int used = read_name(bytes, length, ret->name);

	ret->type = 0;
	ret->class = 0;
	if (used < 0)
		return used;
	if (length - (size_t)used >= 4) {
		ret->type = read_u16(bytes + used);
		ret->class = read_u16(bytes + used + 2);
	}
	return 0;
}

static int is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* One byte of a label from its text: how many characters it took, or -EINVAL. */
static int unescape(const char *text, __u8 *byte)
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

/* The label at `text` with its length byte; *end: the dot or NUL behind it. */
static int write_label(const char *text, const char **end, __u8 out[1 + LABEL_BYTES_MAX])
{
	__u8 length = 0, byte;
	int taken;

	for (; *text && *text != '.'; text += taken) {
		taken = unescape(text, &byte);
		if (taken < 0 || length == LABEL_BYTES_MAX)
			return -EINVAL;
		out[1 + length++] = byte;
	}
	out[0] = length;
	*end = text;
	return length ? 1 + length : -EINVAL;
}

static int write_name(const char *text, __u8 out[NAME_BYTES_MAX])
{
	__u8 label[1 + LABEL_BYTES_MAX];
	int used = 0, length;

	if (!*text)
		return -EINVAL;
	if (!strcmp(text, "."))
		text++;
	while (*text) {
		length = write_label(text, &text, label);
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
	int length = write_name(question->name, name);

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

const char *dns_type_text(__u16 type, char out[DNS_TYPE_SIZE])
{
	size_t i;

	for (i = 0; i < QTYPE_COUNT; i++)
		if (qtypes[i].type == type)
			return strcpy(out, qtypes[i].name);
	snprintf(out, DNS_TYPE_SIZE, "TYPE%u", type);
	return out;
}

int dns_type_parse(const char *text, __u16 *type)
{
	unsigned long value = 0;
	const char *digit;
	size_t i;

	for (i = 0; i < QTYPE_COUNT; i++) {
		if (!strcmp(qtypes[i].name, text)) {
			*type = qtypes[i].type;
			return 0;
		}
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
