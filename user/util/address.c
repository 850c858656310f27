// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * See address.h. IPv6 is written here because libc's inet_ntop() departs from RFC 5952: it writes
 * ::102:304 as ::1.2.3.4.
 */
#include "util/address.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>

#define GROUPS 8

struct zero_run {
	int first, length;
};

int address_is_ipv4(const struct ip_address *address)
{
	return !address->w[0] && !address->w[1] && address->w[2] == htonl(0xffff);
}

int address_is_link_local(const struct ip_address *address)
{
	return (address->w[0] & htonl(0xffc00000)) == htonl(0xfe800000);
}

int resolver_is_other(const struct resolver_key *key)
{
	static const struct ip_address none;

	return !key->port && !memcmp(&key->address, &none, sizeof(none));
}

int resolver_is_connects(const struct resolver_key *key)
{
	return key->transport > TRANSPORT_UDP;
}

int resolver_is_messages(const struct resolver_key *key)
{
	return key->transport != TRANSPORT_DOT;
}

/* Finds the longest run of two or more zero groups, the first of equals (RFC 5952, 4.2). */
static struct zero_run find_zero_run(const unsigned int group[GROUPS])
{
	struct zero_run best = {-1, 1}, run = {0, 0};
	int i;

	for (i = 0; i < GROUPS; i++) {
		if (group[i]) {
			run.length = 0;
			continue;
		}
		if (!run.length)
			run.first = i;
		if (++run.length > best.length)
			best = run;
	}
	return best;
}

static void ipv6_text(const struct ip_address *address, char *out)
{
	unsigned int group[GROUPS];
	struct zero_run run;
	int i;

	for (i = 0; i < GROUPS; i++)
		group[i] = ntohl(address->w[i / 2]) >> (i % 2 ? 0 : 16) & 0xffff;
	run = find_zero_run(group);
	for (i = 0; i < GROUPS; i++) {
		if (i == run.first) {
			out += sprintf(out, "::");
			i += run.length - 1;
			continue;
		}
		if (i && i != run.first + run.length)
			*out++ = ':';
		out += sprintf(out, "%x", group[i]);
	}
}

/* Parses decimal digits and nothing else. 0 or -EINVAL */
static int parse_decimal(const char *text, unsigned long max, unsigned long *number)
{
	size_t digits = strspn(text, "0123456789");
	unsigned long value = 0;

	if (!digits || text[digits])
		return -EINVAL;
	for (; *text; text++) {
		value = value * 10 + (unsigned long)(*text - '0');
		if (value > max)
			return -EINVAL;
	}
	*number = value;
	return 0;
}

/* ---- scopes of a recording ------------------------------------------------------------------ */

#define SCOPES_MAX 64
#define SCOPE_OF_NAME 0x40000000 /* the first number for a name that has none */

/* Of another host, or another time: the interfaces of this host say nothing of them. */
static struct {
	int in_use;
	__u32 count;
	struct {
		__u32 scope;
		char name[IF_NAMESIZE];
	} scopes[SCOPES_MAX];
} recorded;

void address_use_recorded_scopes(void)
{
	memset(&recorded, 0, sizeof(recorded));
	recorded.in_use = 1;
}

/* Tests for the name of an interface that stands for itself in any output. */
static int is_scope_name(const char *name)
{
	return strlen(name) < IF_NAMESIZE &&
	       !name[strspn(name,
			    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.:_-@")];
}

static const char *recorded_scope_name(__u32 scope)
{
	__u32 i;

	for (i = 0; i < recorded.count; i++)
		if (recorded.scopes[i].scope == scope)
			return recorded.scopes[i].name;
	return NULL;
}

void address_set_scope_name(__u32 scope, const char *name)
{
	__u32 i;

	if (!recorded.in_use || !is_scope_name(name))
		return;
	for (i = 0; i < recorded.count && recorded.scopes[i].scope != scope; i++)
		;
	if (i == SCOPES_MAX)
		return;
	recorded.count += i == recorded.count;
	recorded.scopes[i].scope = scope;
	strcpy(recorded.scopes[i].name, name);
}

/* Returns the number of a scope's name, the same for the same name; 0: there is none. */
static __u32 recorded_scope_number(const char *name)
{
	unsigned long number;
	__u32 i;

	if (!parse_decimal(name, 0x3fffffff, &number))
		return (__u32)number;
	for (i = 0; i < recorded.count; i++)
		if (!strcmp(recorded.scopes[i].name, name))
			return recorded.scopes[i].scope;
	if (i == SCOPES_MAX || !*name || !is_scope_name(name))
		return 0;
	address_set_scope_name(SCOPE_OF_NAME + i, name);
	return SCOPE_OF_NAME + i;
}

static void scope_text(__u32 scope, char *out)
{
	const char *known = recorded_scope_name(scope);
	char name[IF_NAMESIZE];

	if (known)
		sprintf(out, "%s%s", *known ? "%" : "", known);
	else if (!recorded.in_use && if_indextoname(scope, name))
		sprintf(out, "%%%s", name);
	else
		sprintf(out, "%%%u", scope);
}

const char *address_text(const struct ip_address *address, __u32 scope, char out[ADDRESS_TEXT_SIZE])
{
	if (address_is_ipv4(address))
		inet_ntop(AF_INET, &address->w[3], out, ADDRESS_TEXT_SIZE);
	else
		ipv6_text(address, out);
	if (scope)
		scope_text(scope, out + strlen(out));
	return out;
}

static const char *const transport_texts[TRANSPORT_MAX] = {
	[TRANSPORT_NONE] = "udp", /* the entry `other` */
	[TRANSPORT_UDP] = "udp",
	[TRANSPORT_TCP] = "tcp",
	[TRANSPORT_DOT] = "dot",
};

const char *transport_text(__u8 transport)
{
	return transport_texts[transport < TRANSPORT_MAX ? transport : TRANSPORT_UDP];
}

int transport_parse(const char *text, __u8 *ret)
{
	unsigned int transport;

	for (transport = TRANSPORT_UDP; transport < TRANSPORT_MAX; transport++) {
		if (strcmp(text, transport_texts[transport]) != 0)
			continue;
		*ret = transport;
		return 0;
	}
	return -EINVAL;
}

static unsigned int transport_port(__u8 transport)
{
	return transport == TRANSPORT_DOT ? DOT_PORT : DNS_PORT;
}

int resolver_over(const struct resolver_key *key, __u8 transport, struct resolver_key *ret)
{
	int is_same_port = (transport == TRANSPORT_DOT) == (key->transport == TRANSPORT_DOT);
	int has_own_port = key->port == htons(transport_port(key->transport));
	int has_one = is_same_port ? key->port != 0 : has_own_port;

	*ret = *key;
	ret->transport = transport;
	if (!is_same_port)
		ret->port = htons(transport_port(transport));
	return has_one ? 0 : -ENOENT;
}

const char *resolver_text(const struct resolver_key *key, char out[RESOLVER_TEXT_SIZE])
{
	char address[ADDRESS_TEXT_SIZE];
	int ipv4 = address_is_ipv4(&key->address);

	address_text(&key->address, key->scope, address);
	if (resolver_is_other(key))
		strcpy(out, "other");
	else if (key->port == htons(transport_port(key->transport)))
		strcpy(out, address);
	else
		sprintf(out, ipv4 ? "%s:%u" : "[%s]:%u", address, ntohs(key->port));
	if (key->transport > TRANSPORT_UDP) {
		strcat(out, "/");
		strcat(out, transport_text(key->transport));
	}
	if (key->origin == ORIGIN_GUEST)
		strcat(out, " (guests)");
	return out;
}

static const char *const origin_texts[ORIGIN_MAX] = {
	[ORIGIN_HOST] = "host", [ORIGIN_GUEST] = "guest"};

const char *origin_text(__u8 origin)
{
	return origin_texts[origin < ORIGIN_MAX ? origin : ORIGIN_HOST];
}

int origin_parse(const char *text, __u8 *ret)
{
	unsigned int origin;

	for (origin = 0; origin < ORIGIN_MAX; origin++) {
		if (strcmp(text, origin_texts[origin]) != 0)
			continue;
		*ret = origin;
		return 0;
	}
	return -EINVAL;
}

static int parse_scope(const char *text, __u32 *scope)
{
	unsigned long number;

	*scope = if_nametoindex(text);
	if (*scope)
		return 0;
	if (parse_decimal(text, 0x7fffffff, &number) || !number)
		return -ENODEV;
	*scope = (__u32)number;
	return 0;
}

static int parse_ipv4(const char *text, struct ip_address *address)
{
	struct in_addr ipv4;

	if (inet_pton(AF_INET, text, &ipv4) != 1 || !ipv4.s_addr)
		return -EINVAL;
	*address = (struct ip_address){{0, 0, htonl(0xffff), ipv4.s_addr}};
	return 0;
}

static int parse_ipv6(const char *text, struct ip_address *address)
{
	static const struct ip_address unspecified;

	if (inet_pton(AF_INET6, text, address) != 1)
		return -EINVAL;
	return memcmp(address, &unspecified, sizeof(unspecified)) ? 0 : -EINVAL;
}

int address_parse(const char *text, struct ip_address *address, __u32 *scope)
{
	char plain[ADDRESS_TEXT_SIZE];
	const char *percent = strchr(text, '%');
	size_t length = percent ? (size_t)(percent - text) : strlen(text);

	*scope = 0;
	if (length >= sizeof(plain))
		return -EINVAL;
	memcpy(plain, text, length);
	plain[length] = '\0';
	if (!strchr(plain, ':'))
		return percent ? -EINVAL : parse_ipv4(plain, address);
	if (parse_ipv6(plain, address))
		return -EINVAL;
	if (!address_is_link_local(address))
		return percent ? -EINVAL : 0;
	return percent ? parse_scope(percent + 1, scope) : -ENODEV;
}

int address_parse_any(const char *text, struct ip_address *address, __u32 *scope)
{
	const char *percent = strchr(text, '%');
	size_t length = percent ? (size_t)(percent - text) : strlen(text);
	char plain[INET6_ADDRSTRLEN];

	*scope = 0;
	if (length >= sizeof(plain))
		return -EINVAL;
	memcpy(plain, text, length);
	plain[length] = '\0';
	*address = (struct ip_address){{0, 0, htonl(0xffff), 0}};
	if (!percent && inet_pton(AF_INET, plain, &address->w[3]) == 1)
		return 0;
	if (inet_pton(AF_INET6, plain, address) != 1)
		return -EINVAL;
	if (percent)
		*scope = recorded.in_use ? recorded_scope_number(percent + 1)
					 : if_nametoindex(percent + 1);
	return 0;
}

/* Parses the address from `text` to `end`, and the port (NULL: 53). As resolver_parse() */
static int resolver_parse_parts(const char *text, const char *end, const char *port_text,
				struct resolver_key *key)
{
	char address[ADDRESS_TEXT_SIZE];
	unsigned long port = DNS_PORT;
	size_t length = (size_t)(end - text);

	if (length >= sizeof(address))
		return -EINVAL;
	memcpy(address, text, length);
	address[length] = '\0';
	if (port_text && (parse_decimal(port_text, 65535, &port) || !port))
		return -EINVAL;
	key->port = htons((__u16)port);
	key->transport = TRANSPORT_UDP;
	return address_parse(address, &key->address, &key->scope);
}

int resolver_parse(const char *text, struct resolver_key *key)
{
	const char *colon = strchr(text, ':');
	const char *bracket;

	memset(key, 0, sizeof(*key));
	if (text[0] != '[') {
		int with_port = colon && !strchr(colon + 1, ':');

		return resolver_parse_parts(text, with_port ? colon : text + strlen(text),
					    with_port ? colon + 1 : NULL, key);
	}
	bracket = strchr(text, ']');
	if (!bracket || !colon || colon > bracket)
		return -EINVAL;
	if (bracket[1] && bracket[1] != ':')
		return -EINVAL;
	return resolver_parse_parts(text + 1, bracket, bracket[1] ? bracket + 2 : NULL, key);
}
