// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Whether a request's Host header may be believed. Why, and when it is asked: docs/http.md. */
#include "http/host.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#define HOST_SIZE 256

int socket_is_loopback(int fd)
{
	struct sockaddr_storage own = {0};
	const struct sockaddr_in *ipv4 = (const struct sockaddr_in *)&own;
	const struct in6_addr *ipv6 = &((const struct sockaddr_in6 *)&own)->sin6_addr;
	socklen_t length = sizeof(own);

	if (getsockname(fd, (struct sockaddr *)&own, &length))
		return 0;
	if (own.ss_family == AF_INET)
		return ntohl(ipv4->sin_addr.s_addr) >> 24 == 127;
	if (own.ss_family != AF_INET6)
		return 0;
	return IN6_IS_ADDR_LOOPBACK(ipv6) ||
	       (IN6_IS_ADDR_V4MAPPED(ipv6) && ipv6->s6_addr[12] == 127);
}

/* The host without its port, brackets, and final dot; 0 when it makes no sense. */
static int split(const char *host, char out[HOST_SIZE])
{
	int bracketed = host[0] == '[';
	size_t length = strcspn(host + bracketed, bracketed ? "]" : ":");

	if (!length || length >= HOST_SIZE || (bracketed && host[1 + length] != ']'))
		return 0;
	memcpy(out, host + bracketed, length);
	if (out[length - 1] == '.')
		length--;
	out[length] = '\0';
	return 1;
}

static int ends_with(const char *text, const char *end)
{
	size_t length = strlen(text), by = strlen(end);

	return length > by && !strcasecmp(text + length - by, end);
}

int host_is_local(const char *host, const char *own)
{
	char name[HOST_SIZE];
	struct in6_addr address;

	if (!host)
		return 1;
	if (!split(host, name))
		return 0;
	if (inet_pton(AF_INET, name, &address) == 1 || inet_pton(AF_INET6, name, &address) == 1)
		return 1;
	return !strcasecmp(name, "localhost") || ends_with(name, ".localhost") ||
	       (*own && !strcasecmp(name, own));
}
