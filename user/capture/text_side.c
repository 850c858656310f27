// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Words, numbers, addresses and ports of tcpdump's text. */
#include "capture/text_parts.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

#define SIDE_SIZE 80

const char *text_word(const char *text, char word[WORD_SIZE])
{
	size_t length, kept;

	text += strspn(text, " ");
	length = strcspn(text, " ");
	if (!length)
		return NULL;
	kept = length < WORD_SIZE ? length : WORD_SIZE - 1;
	memcpy(word, text, kept);
	word[kept] = '\0';
	return text + length;
}

const char *text_number(const char *text, __u32 most, __u32 *number)
{
	__u64 n = 0;
	const char *at;

	for (at = text; *at >= '0' && *at <= '9'; at++) {
		n = n * 10 + (__u64)(*at - '0');
		if (n > most)
			return NULL;
	}
	*number = (__u32)n;
	return at == text ? NULL : at;
}

const char *text_behind(const char *text, const char *beginning)
{
	size_t length = strlen(beginning);

	return strncmp(text, beginning, length) ? NULL : text + length;
}

int text_address(const char *text, struct ip_address *address)
{
	__u32 ipv4;

	if (inet_pton(AF_INET, text, &ipv4) == 1) {
		*address = (struct ip_address){{0, 0, htonl(0xffff), ipv4}};
		return 4;
	}
	return inet_pton(AF_INET6, text, address) == 1 ? 6 : 0;
}

/*
 * A port that tcpdump named. Of a client's port any stand-in will do that is always the same; the
 * names of ports that DNS is watched on are known.
 */
static __u16 named_port(const char *name)
{
	static const struct {
		const char *name;
		__u16 port;
	} known[] = {{"domain", 53},
		     {"mdns", 5353},
		     {"llmnr", 5355},
		     {"hostmon", 5355},
		     {"domain-s", 853}};
	__u32 hash = 2166136261u;
	size_t i;

	for (i = 0; i < sizeof(known) / sizeof(*known); i++) {
		if (!strcmp(name, known[i].name))
			return known[i].port;
	}
	for (i = 0; name[i]; i++) {
		if (!strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_",
			    name[i]))
			return 0;
		hash = (hash ^ (unsigned char)name[i]) * 16777619u; /* FNV-1a */
	}
	return i ? (__u16)(6000 + hash % 43000) : 0;
}

__u16 text_port(const char *name)
{
	__u32 number;
	const char *end = text_number(name, 65535, &number);

	if (end && !*end)
		return (__u16)number;
	return end || (*name >= '0' && *name <= '9') ? 0 : named_port(name);
}

/* Spaces fell into it where a line was folded or pasted. */
int text_side_read(const char *text, size_t length, struct text_side *side)
{
	char plain[SIDE_SIZE], *dot;
	size_t i, used = 0;

	for (i = 0; i < length; i++) {
		if (text[i] == ' ')
			continue;
		if (used == sizeof(plain) - 1)
			return -EINVAL;
		plain[used++] = text[i];
	}
	plain[used] = '\0';
	side->port = 0;
	side->version = text_address(plain, &side->address);
	if (side->version)
		return 0;
	dot = strrchr(plain, '.');
	if (!dot)
		return -EINVAL;
	*dot = '\0';
	side->version = text_address(plain, &side->address);
	if (!side->version)
		return -EINVAL;
	if (!dot[1]) /* the full stop of a sentence */
		return 0;
	side->port = text_port(dot + 1);
	return side->port ? 0 : -EINVAL;
}
