/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What somebody may send to a host from off the path, as fast as a raw socket can: packets that
 * claim to be about the DNS traffic between CLIENT and RESOLVER, sent out of INTERFACE to MAC.
 * Ports and message IDs are drawn anew for each packet, by a generator whose seed is told, so that
 * a run can be repeated. N packets, then it ends; it prints how many it sent.
 *
 * Usage: forge MODE INTERFACE MAC CLIENT RESOLVER N [SEED]
 *   icmp     port unreachable with a whole quote (port and message ID)
 *   short    the same with a quote of 8 bytes (port only)
 *   answers  responses
 *   synacks  TCP: SYN-ACKs with random acknowledgments
 *   resets   TCP: every other one answers a SYN, with a random acknowledgment; the others have a
 * random sequence number, as if about an established connection syns     TCP, of the client itself:
 * SYNs to random addresses below RESOLVER, a /15 garbage  queries, responses and ICMP, each
 * damaged: bytes changed, cut, or all random; the outer addresses stay. With QUERIES set in the
 * environment, queries only.
 *
 * With RATE in the environment, so many a second.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/ip.h>
#include <netinet/ip_icmp.h>
#include <netinet/tcp.h>
#include <netinet/udp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { BATCH = 64, ROOM = 256, HEADERS = sizeof(struct ether_header) };

struct forger {
	unsigned char mac[6];
	uint32_t client, resolver; /* network order */
	uint64_t random;
	int queries_only;
	long rate; /* packets a second; 0: as fast as it can */
	int (*make)(struct forger *f, unsigned char *to); /* returns the length */
};

/* xorshift64* */
static uint64_t draw(struct forger *f)
{
	f->random ^= f->random >> 12;
	f->random ^= f->random << 25;
	f->random ^= f->random >> 27;
	return f->random * 2685821657736338717ULL;
}

static uint16_t checksum(const unsigned char *bytes, int length)
{
	uint32_t sum = 0;
	int i;

	for (i = 0; i < length; i++)
		sum += i & 1 ? bytes[i] : bytes[i] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return htons(~sum);
}

/* The ports that Linux clients use: a forger who knows that guesses better. */
static uint16_t client_port(struct forger *f)
{
	return htons(32768 + draw(f) % 28232);
}

static void add_ip(struct forger *f, unsigned char *at, int payload, int protocol, int outbound)
{
	struct iphdr ip = {.version = 4, .ihl = 5, .ttl = 60, .protocol = protocol};

	ip.tot_len = htons(sizeof(ip) + payload);
	ip.id = draw(f);
	ip.saddr = outbound ? f->client : f->resolver;
	ip.daddr = outbound ? f->resolver : f->client;
	ip.check = checksum((unsigned char *)&ip, sizeof(ip));
	memcpy(at, &ip, sizeof(ip));
}

/* UDP with a DNS message for `forged.test. A` or its answer; the length behind the IP header. */
static int add_dns(struct forger *f, unsigned char *at, int outbound)
{
	static const unsigned char question[] = "\1\0\0\1\0\0\0\0\0\0\6forged\4test\0\0\1\0\1";
	struct udphdr udp = {0};
	uint16_t id = draw(f);
	int length = sizeof(udp) + sizeof(id) + sizeof(question) - 1;

	udp.source = outbound ? client_port(f) : htons(53);
	udp.dest = outbound ? htons(53) : client_port(f);
	udp.len = htons(length);
	memcpy(at, &udp, sizeof(udp));
	memcpy(at + sizeof(udp), &id, sizeof(id));
	memcpy(at + sizeof(udp) + sizeof(id), question, sizeof(question) - 1);
	if (!outbound)
		at[sizeof(udp) + sizeof(id)] |= 0x80; /* QR */
	return length;
}

static int add_ethernet(struct forger *f, unsigned char *to)
{
	struct ether_header header = {.ether_type = htons(ETHERTYPE_IP)};

	memcpy(header.ether_dhost, f->mac, sizeof(f->mac));
	header.ether_shost[0] = 2;
	memcpy(to, &header, sizeof(header));
	return sizeof(header);
}

static int make_dns(struct forger *f, unsigned char *to, int outbound)
{
	unsigned char *ip = to + add_ethernet(f, to);
	int length = add_dns(f, ip + sizeof(struct iphdr), outbound);

	add_ip(f, ip, length, IPPROTO_UDP, outbound);
	return HEADERS + sizeof(struct iphdr) + length;
}

static int make_answer(struct forger *f, unsigned char *to)
{
	return make_dns(f, to, 0);
}

static int make_unreachable(struct forger *f, unsigned char *to, int quoted_max)
{
	struct icmphdr icmp = {.type = ICMP_DEST_UNREACH, .code = ICMP_PORT_UNREACH};
	unsigned char *ip = to + add_ethernet(f, to), *message = ip + sizeof(struct iphdr);
	unsigned char *quote = message + sizeof(icmp);
	int length = add_dns(f, quote + sizeof(struct iphdr), 1);

	add_ip(f, quote, length, IPPROTO_UDP, 1);
	length = sizeof(icmp) + sizeof(struct iphdr) + (length < quoted_max ? length : quoted_max);
	memcpy(message, &icmp, sizeof(icmp));
	icmp.checksum = checksum(message, length);
	memcpy(message, &icmp, sizeof(icmp));
	add_ip(f, ip, length, IPPROTO_ICMP, 0);
	return HEADERS + sizeof(struct iphdr) + length;
}

static int make_icmp(struct forger *f, unsigned char *to)
{
	return make_unreachable(f, to, ROOM);
}

static int make_short(struct forger *f, unsigned char *to)
{
	return make_unreachable(f, to, sizeof(struct udphdr));
}

/* TCP without data between the client and the resolver's port 53. */
static int make_tcp(struct forger *f, unsigned char *to, struct tcphdr tcp, int outbound)
{
	unsigned char *ip = to + add_ethernet(f, to);
	uint16_t port = client_port(f);

	tcp.source = outbound ? port : htons(53);
	tcp.dest = outbound ? htons(53) : port;
	tcp.doff = sizeof(tcp) / 4;
	tcp.window = htons(65535);
	memcpy(ip + sizeof(struct iphdr), &tcp, sizeof(tcp));
	add_ip(f, ip, sizeof(tcp), IPPROTO_TCP, outbound);
	return HEADERS + sizeof(struct iphdr) + sizeof(tcp);
}

static int make_syn_ack(struct forger *f, unsigned char *to)
{
	return make_tcp(f, to,
			(struct tcphdr){.syn = 1, .ack = 1, .seq = draw(f), .ack_seq = draw(f)}, 0);
}

static int make_reset(struct forger *f, unsigned char *to)
{
	int about_syn = draw(f) >> 32 & 1;

	return make_tcp(f, to,
			(struct tcphdr){.rst = 1,
					.ack = 1,
					.seq = about_syn ? 0 : draw(f) | 1,
					.ack_seq = draw(f)},
			0);
}

static int make_syn(struct forger *f, unsigned char *to)
{
	const uint32_t below = f->resolver;
	int length;

	f->resolver |= htonl(draw(f) >> 32 & 0x1ffff);
	length = make_tcp(f, to, (struct tcphdr){.syn = 1, .seq = draw(f)}, 1);
	f->resolver = below;
	return length;
}

static int make_sound(struct forger *f, unsigned char *to)
{
	if (f->queries_only)
		return make_dns(f, to, 1);
	switch (draw(f) % 4) {
	case 0:
		return make_dns(f, to, 1);
	case 1:
		return make_answer(f, to);
	case 2:
		return make_icmp(f, to);
	default:
		return make_short(f, to);
	}
}

static int make_garbage(struct forger *f, unsigned char *to)
{
	unsigned char *addresses = to + HEADERS + offsetof(struct iphdr, saddr), kept[8];
	int length = make_sound(f, to), first = HEADERS, n = 1 + draw(f) % 8;

	memcpy(kept, addresses, sizeof(kept));
	if (draw(f) % 8 == 0) { /* behind sound ports only noise */
		first += sizeof(struct iphdr) + sizeof(struct udphdr);
		n = length = first + draw(f) % (ROOM - first);
	}
	while (n--) /* the Ethernet type too, now and then */
		to[draw(f) % 16 ? first + draw(f) % (length - first + 1) : HEADERS - 1] = draw(f);
	memcpy(addresses, kept, sizeof(kept));
	if (draw(f) % 2 == 0)
		length = HEADERS + draw(f) % (length - HEADERS + 1);
	return length;
}

/* ---- sending ---------------------------------------------------------------------------- */

static int open_socket(const char *interface)
{
	struct sockaddr_ll at = {.sll_family = AF_PACKET, .sll_ifindex = if_nametoindex(interface)};
	int fd = socket(AF_PACKET, SOCK_RAW, 0);

	if (fd < 0 || !at.sll_ifindex || bind(fd, (struct sockaddr *)&at, sizeof(at))) {
		perror("forge: no raw socket");
		exit(1);
	}
	return fd;
}

/* What the kernel will not take (a frame cut too short, no buffer just now) is not counted. */
static long send_batch(int fd, struct mmsghdr *messages, int count)
{
	long sent = 0;
	int n, done = 0;

	while (done < count) {
		n = sendmmsg(fd, messages + done, count - done, 0);
		if (n <= 0) {
			done++;
			continue;
		}
		done += n;
		sent += n;
	}
	return sent;
}

static long forge(struct forger *f, int fd, long count)
{
	static unsigned char frames[BATCH][ROOM + 64];
	struct mmsghdr messages[BATCH] = {0};
	struct iovec parts[BATCH];
	long sent = 0;
	int i, n;

	while (count > 0) {
		n = count < BATCH ? count : BATCH;
		for (i = 0; i < n; i++) {
			parts[i].iov_base = frames[i];
			parts[i].iov_len = f->make(f, frames[i]);
			messages[i].msg_hdr.msg_iov = &parts[i];
			messages[i].msg_hdr.msg_iovlen = 1;
		}
		sent += send_batch(fd, messages, n);
		count -= n;
		if (f->rate)
			usleep(n * 1000000L / f->rate);
	}
	return sent;
}

static int take_arguments(struct forger *f, int argc, char **argv)
{
	static const struct {
		const char *name;
		int (*make)(struct forger *f, unsigned char *to);
	} modes[] = {{"icmp", make_icmp},	{"short", make_short},	{"answers", make_answer},
		     {"synacks", make_syn_ack}, {"resets", make_reset}, {"syns", make_syn},
		     {"garbage", make_garbage}};
	size_t i;

	if (argc < 7)
		return -1;
	for (i = 0; i < sizeof(modes) / sizeof(modes[0]); i++)
		if (strcmp(argv[1], modes[i].name) == 0)
			f->make = modes[i].make;
	if (sscanf(argv[3], "%hhx:%hhx:%hhx:%hhx:%hhx:%hhx", &f->mac[0], &f->mac[1], &f->mac[2],
		   &f->mac[3], &f->mac[4], &f->mac[5]) != 6)
		return -1;
	if (!f->make || inet_pton(AF_INET, argv[4], &f->client) != 1 ||
	    inet_pton(AF_INET, argv[5], &f->resolver) != 1)
		return -1;
	if (argc > 7)
		f->random = strtoull(argv[7], NULL, 0);
	while (!f->random)
		if (getrandom(&f->random, sizeof(f->random), 0) < 0)
			return -1;
	f->queries_only = getenv("QUERIES") != NULL;
	f->rate = getenv("RATE") ? atol(getenv("RATE")) : 0;
	return 0;
}

int main(int argc, char **argv)
{
	struct forger f = {0};
	struct timespec from, to;
	double seconds;
	long sent;

	if (take_arguments(&f, argc, argv)) {
		fprintf(stderr, "usage: forge MODE INTERFACE MAC CLIENT RESOLVER N [SEED]\n");
		return 2;
	}
	fprintf(stderr, "forge: seed %#llx\n", (unsigned long long)f.random);
	clock_gettime(CLOCK_MONOTONIC, &from);
	sent = forge(&f, open_socket(argv[2]), atol(argv[6]));
	clock_gettime(CLOCK_MONOTONIC, &to);
	seconds = to.tv_sec - from.tv_sec + (to.tv_nsec - from.tv_nsec) / 1e9;
	fprintf(stderr, "forge: %ld in %.1f s\n", sent, seconds);
	printf("%ld\n", sent);
	return 0;
}
