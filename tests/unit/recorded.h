/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Recordings written to a temporary file and read back, and what their packets hold: decoded here,
 * with nothing of the engine's.
 */
#ifndef RECORDED_H
#define RECORDED_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "capture/source.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define RECORDED_MAX 256

/* Addresses as text, ports and numbers in host order. */
struct recorded_packet {
	__u64 time_ns;
	__u32 ifindex, ethernet, network, length, wire_length;
	__u16 protocol;
	int version, transport, ttl;
	char from[INET6_ADDRSTRLEN], to[INET6_ADDRSTRLEN];
	unsigned int from_port, to_port, id, flags, rcode, questions;
	unsigned int sequence, acknowledgment; /* of TCP, as `flags`; of a quoted segment too */
	int quoted_transport;
	char name[256];
	unsigned int qtype;
	unsigned int type, code, mtu; /* of ICMP; ports, ID and name are then the quote's */
	char quoted_from[INET6_ADDRSTRLEN], quoted_to[INET6_ADDRSTRLEN];
	int quoted_dns; /* bytes of DNS in the quote */
	int checksums_right;
};

struct recorded {
	struct recorded_packet seen[RECORDED_MAX];
	size_t count;
	int result; /* of source_open() or the last source_next() */
	struct source_stats stats;
	char message[1024]; /* on stderr */
};

static char recorded_path[] = "/tmp/dnsreach-test-XXXXXX";

static inline unsigned int get16(const unsigned char *at)
{
	return (unsigned int)(at[0] << 8 | at[1]);
}

static inline unsigned int sum_of(const unsigned char *at, size_t length, unsigned int sum)
{
	size_t i;

	for (i = 0; i < length; i++)
		sum += (unsigned int)at[i] << (i % 2 ? 0 : 8);
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return sum;
}

/* A name on the wire as dotted text, without escapes. Returns where it ends. */
static inline size_t read_wire_name(const unsigned char *at, size_t left, char *name)
{
	size_t i = 0, used = 0;

	while (i < left && at[i]) {
		memcpy(name + used, at + i + 1, at[i]);
		used += at[i];
		name[used++] = '.';
		i += at[i] + 1u;
	}
	name[used] = '\0';
	return i + 1;
}

static inline void see_dns(const unsigned char *dns, size_t left, struct recorded_packet *s)
{
	size_t end;

	if (left < 12)
		return;
	s->id = get16(dns);
	s->flags = dns[2];
	s->rcode = dns[3];
	s->questions = get16(dns + 4);
	if (!s->questions)
		return;
	end = 12 + read_wire_name(dns + 12, left - 12, s->name);
	s->qtype = get16(dns + end);
	assert_int_equal(end + 4, left); /* a whole message and nothing behind it */
}

/* An IP header at `ip`; returns its length. */
static inline size_t see_ip(const unsigned char *ip, char *from, char *to, int *version,
			    int *transport)
{
	*version = ip[0] >> 4;
	if (*version == 4) {
		inet_ntop(AF_INET, ip + 12, from, INET6_ADDRSTRLEN);
		inet_ntop(AF_INET, ip + 16, to, INET6_ADDRSTRLEN);
		*transport = ip[9];
		return (ip[0] & 15u) * 4u;
	}
	inet_ntop(AF_INET6, ip + 8, from, INET6_ADDRSTRLEN);
	inet_ntop(AF_INET6, ip + 24, to, INET6_ADDRSTRLEN);
	*transport = ip[6];
	return 40;
}

static inline void see_udp(const unsigned char *udp, size_t left, struct recorded_packet *s)
{
	s->from_port = get16(udp);
	s->to_port = get16(udp + 2);
	if (left > 8)
		see_dns(udp + 8, left - 8, s);
}

static inline unsigned int get32(const unsigned char *at)
{
	return get16(at) << 16 | get16(at + 2);
}

static inline void see_tcp(const unsigned char *tcp, size_t length, struct recorded_packet *s)
{
	assert_int_equal(length, 20);
	s->from_port = get16(tcp);
	s->to_port = get16(tcp + 2);
	s->sequence = get32(tcp + 4);
	s->acknowledgment = get32(tcp + 8);
	assert_int_equal(tcp[12], 0x50);
	s->flags = tcp[13];
}

static inline int right_checksums(const unsigned char *ip, size_t length,
				  const struct recorded_packet *s)
{
	size_t header = s->version == 4 ? 20 : 40;
	unsigned int pseudo = 0;

	if (s->version == 4 && sum_of(ip, 20, 0) != 0xffff)
		return 0;
	if (s->transport != 1)
		pseudo = sum_of(ip + (s->version == 4 ? 12 : 8), s->version == 4 ? 8 : 32,
				(unsigned int)s->transport + (unsigned int)(length - header));
	return sum_of(ip + header, length - header, pseudo) == 0xffff;
}

static inline void see_packet(const unsigned char *ip, size_t length, struct recorded_packet *s)
{
	size_t header = see_ip(ip, s->from, s->to, &s->version, &s->transport), inner;
	int version, transport;

	s->ttl = ip[s->version == 4 ? 8 : 7];
	if (s->version == 4)
		assert_int_equal(get16(ip + 2), length);
	else
		assert_int_equal(get16(ip + 4) + 40, length);
	s->checksums_right = right_checksums(ip, length, s);
	ip += header;
	length -= header;
	if (s->transport == 17) {
		assert_int_equal(get16(ip + 4), length);
		return see_udp(ip, length, s);
	}
	if (s->transport == 6)
		return see_tcp(ip, length, s);
	if (s->transport != 1 && s->transport != 58)
		return;
	s->type = ip[0];
	s->code = ip[1];
	s->mtu = get16(ip + 6);
	inner = 8 + see_ip(ip + 8, s->quoted_from, s->quoted_to, &version, &transport);
	assert_int_equal(version, s->version);
	s->quoted_transport = transport;
	if (transport == 6)
		return see_tcp(ip + inner, length - inner, s);
	assert_int_equal(transport, 17);
	s->quoted_dns = (int)(length - inner - 8);
	see_udp(ip + inner, length - inner, s);
}

static inline void see_captured(const struct captured *c, int whole, struct recorded_packet *s)
{
	memset(s, 0, sizeof(*s));
	s->time_ns = c->time_ns;
	s->ifindex = c->ifindex;
	s->ethernet = c->ethernet;
	s->network = c->network;
	s->length = c->length;
	s->wire_length = c->wire_length;
	s->protocol = ntohs(c->protocol);
	if (whole)
		see_packet(c->bytes + c->network, c->length - c->network, s);
}

/* Everything in the file at `path`; `whole`: each packet is decoded too. */
static inline void read_path(const char *path, const struct source_options *options, int whole,
			     struct recorded *r)
{
	FILE *messages = tmpfile();
	int kept = dup(STDERR_FILENO);
	struct captured c;
	struct source *s;
	size_t n;

	memset(r, 0, sizeof(*r));
	dup2(fileno(messages), STDERR_FILENO);
	r->result = source_open(path, options, &s);
	if (!r->result) {
		while ((r->result = source_next(s, &c)) == 1) {
			assert_true(r->count < RECORDED_MAX);
			see_captured(&c, whole, &r->seen[r->count++]);
		}
		r->stats = *source_stats(s);
		source_close(s);
	}
	dup2(kept, STDERR_FILENO);
	close(kept);
	rewind(messages);
	n = fread(r->message, 1, sizeof(r->message) - 1, messages);
	r->message[n] = '\0';
	fclose(messages);
}

static inline void write_bytes(const void *bytes, size_t length)
{
	char path[sizeof(recorded_path)] = "/tmp/dnsreach-test-XXXXXX";
	int fd;

	if (strchr(recorded_path, 'X')) {
		fd = mkstemp(path);
		assert_true(fd >= 0);
		close(fd);
		strcpy(recorded_path, path);
	}
	FILE *file = fopen(recorded_path, "w");
	assert_non_null(file);
	assert_int_equal(fwrite(bytes, 1, length, file), length);
	fclose(file);
}

static inline void read_bytes(const void *bytes, size_t length, int whole, struct recorded *r)
{
	write_bytes(bytes, length);
	read_path(recorded_path, NULL, whole, r);
}

static inline void read_text(const char *text, struct recorded *r)
{
	read_bytes(text, strlen(text), 1, r);
}

static inline int remove_recorded(void **state)
{
	(void)state;
	unlink(recorded_path);
	return 0;
}

/* One message that names the file, and is one line. */
static inline void assert_one_message(const struct recorded *r)
{
	assert_memory_equal(r->message, "dnsreach: ", 10);
	assert_ptr_equal(strchr(r->message, '\n'), r->message + strlen(r->message) - 1);
}

#endif
