/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* One packet, from the hook to its counters: fast path, and the slow path for what that leaves. */
#ifndef DATAPATH_H
#define DATAPATH_H

#include "dns_sample.h"
#include "fast_count.h"
#include "fast_session.h"
#include "stream.h"
#include "tcp_fast_open.h"

static __always_inline struct parse_scratch *parse_scratch_of(struct cpu_record *record)
{
	_Static_assert(sizeof(struct parse_scratch) <= sizeof(record->scratch), "parse scratch");
	return (struct parse_scratch *)record->scratch;
}

/* ---- fast path ------------------------------------------------------------------------- */

/*
 * Counts a recognized UDP message. Returns FAST_DONE, FAST_IGNORE, FAST_FALLBACK; or FAST_PARSED
 * with this CPU's record in *ret, whose scratch holds the parse result for the slow path to count;
 * or FAST_SAMPLE_DNS with the same.
 */
static __always_inline enum fast_result fast_udp(const struct pkt *p, struct pkt_view *view,
						 struct cpu_record **ret)
{
	enum fast_result result = fast_parse_udp(p, view);
	int link_local;

	if (result != FAST_PARSED)
		return result;
	*ret = cpu_record_lookup();
	if (!*ret ||
	    (view->kind == VIEW_QUERY && is_within_bridge(p->skb, DIRECTION_OUT, view->origin)))
		return FAST_IGNORE;
	link_local = is_resolver_link_local(view);
	if (link_local)
		result = FAST_FALLBACK;
	else if (view->kind == VIEW_QUERY)
		result = config.askers ? fast_query(*ret, view, p->skb, asker_cgroup(p->skb), 1)
				       : fast_query(*ret, view, p->skb, 0, 0);
	else
		result = fast_response(*ret, view, p->skb->ifindex);
	if (result == FAST_DONE)
		return FAST_DONE;
	pkt_info_set_udp(&parse_scratch_of(*ret)->info, view, link_local ? p->skb->ifindex : 0);
	return result == FAST_FALLBACK ? FAST_PARSED : result;
}

/* Counts an ICMP message that quotes a query. Returns as fast_udp(), or FAST_SAMPLE_... */
static __always_inline enum fast_result fast_icmp(const struct pkt *p, const void *outer,
						  struct pkt_view *view, struct cpu_record **ret)
{
	enum fast_result result = fast_parse_icmp(p, outer, view);
	int link_local;

	if (result != FAST_PARSED)
		return result;
	*ret = cpu_record_lookup();
	if (!*ret)
		return FAST_IGNORE;
	link_local = is_resolver_link_local(view);
	result = FAST_FALLBACK;
	if (view->icmp_kind == PKT_UNREACHABLE && !link_local)
		result = fast_unreachable(*ret, view, p->skb->ifindex);
	if (result == FAST_DONE)
		return FAST_DONE;
	pkt_info_set_icmp(&parse_scratch_of(*ret)->info, view, link_local ? p->skb->ifindex : 0);
	return result == FAST_FALLBACK ? FAST_PARSED : result;
}

/*
 * Tests for the first header of a device without Ethernet: there the bytes that were taken for an
 * EtherType belong to an address.
 */
static __always_inline int could_be_ip(const struct pkt *p, int version)
{
	const __u16 *start = p->data;

	if (version == 4)
		return (start[0] & bpf_htons(0xf000)) == bpf_htons(0x4000) &&
		       bpf_ntohs(start[1]) == p->length;
	return (start[0] & bpf_htons(0xf000)) == bpf_htons(0x6000) &&
	       bpf_ntohs(start[2]) + sizeof(struct ipv6_header) == p->length;
}

/* The protocols that fast_ip() looks at, besides UDP and an ICMP message that arrives, as bits. */
#define PROTOCOL_BIT(protocol) (1ULL << (protocol))
#define FAST_OTHERS                                                                                \
	(PROTOCOL_BIT(NEXT_HOP_BY_HOP) | PROTOCOL_BIT(NEXT_ROUTING) |                              \
	 PROTOCOL_BIT(NEXT_FRAGMENT) | PROTOCOL_BIT(NEXT_DESTINATION) |                            \
	 PROTOCOL_BIT(PROTOCOL_ICMP) | PROTOCOL_BIT(PROTOCOL_IPV4) | PROTOCOL_BIT(PROTOCOL_IPV6) | \
	 PROTOCOL_BIT(PROTOCOL_GRE))

/*
 * Tells a segment that may open or end a connect, or has something of a stream, from all others: by
 * its port first, which ordinary TCP does not have.
 */
static __always_inline enum fast_result fast_tcp(const struct pkt *p, const void *ip,
						 enum pkt_direction direction, enum origin origin,
						 const int version)
{
	const struct tcp_header *h = ip + ip_header_size(version);
	__u32 transport;
	int length;

	if ((const void *)(h + 1) > p->end || !is_plain_ip(ip, version))
		return FAST_FALLBACK;
	transport = tcp_transport(direction == DIRECTION_OUT ? h->destination : h->source);
	if (transport == TRANSPORT_NONE)
		return FAST_IGNORE;
	if (is_tcp_handshake(h->flags, direction))
		return FAST_FALLBACK;
	if (!config.max_streams)
		return FAST_IGNORE;
	length = ip_payload_length(ip, version) - (h->offset >> 4) * 4;
	if (!is_tcp_stream(h->flags, length))
		return FAST_IGNORE;
	return transport == TRANSPORT_DOT &&
			       is_fast_session(p, h, length, version, direction, origin)
		       ? FAST_IGNORE
		       : FAST_FALLBACK;
}

/* Counts an ordinary packet of IPv4 or IPv6, by a constant version. Returns as fast_icmp(). */
static __always_inline enum fast_result fast_ip(const struct pkt *p, enum pkt_direction direction,
						enum origin origin, const int version,
						struct cpu_record **ret)
{
	const __u32 icmp = version == 6 ? PROTOCOL_ICMPV6 : PROTOCOL_ICMP;
	const void *ip = p->data + ETHERNET_HEADER;
	struct pkt_view view = {.ip = ip, .version = version, .origin = origin};
	__u32 protocol;

	if (ip + ip_header_size(version) > p->end || could_be_ip(p, version))
		return FAST_FALLBACK;
	protocol = ip_protocol(ip, version);
	if (direction == DIRECTION_IN && protocol == icmp) {
		view.kind = VIEW_ICMP;
		return fast_icmp(p, ip, &view, ret);
	}
	if (protocol == PROTOCOL_UDP) {
		view.kind = direction == DIRECTION_OUT ? VIEW_QUERY : VIEW_RESPONSE;
		return fast_udp(p, &view, ret);
	}
	if (protocol == PROTOCOL_TCP)
		return fast_tcp(p, ip, direction, origin, version);
	if (!(FAST_OTHERS >> (protocol & 63) & 1))
		return FAST_IGNORE; /* nearly all others: one test for all of them */
	if (version == 6 ? is_extension(protocol) : protocol == PROTOCOL_ICMP)
		return FAST_FALLBACK; /* extension headers; an outgoing ICMP packet: malformed? */
	if (is_tunnel_protocol(protocol) && *(const __u8 *)ip >> 4 == version)
		return fast_tunnel(p);
	return FAST_IGNORE;
}

/* Counts an ordinary packet. Returns as fast_icmp(). */
static __always_inline enum fast_result fast_path(const struct pkt *p, enum pkt_direction direction,
						  enum origin origin, struct cpu_record **ret)
{
	const __u16 *ethertype = p->data + 12;
	__u16 protocol = p->skb->protocol;

	if (p->data + ETHERNET_HEADER > p->end || *ethertype != protocol)
		return FAST_FALLBACK;
	if (protocol == ETHERTYPE_IPV4)
		return fast_ip(p, direction, origin, 4, ret);
	if (protocol == ETHERTYPE_IPV6)
		return fast_ip(p, direction, origin, 6, ret);
	return protocol == ETHERTYPE_VLAN || protocol == ETHERTYPE_QINQ ||
			       protocol == ETHERTYPE_PPPOE || protocol == ETHERTYPE_MPLS
		       ? FAST_FALLBACK
		       : FAST_IGNORE;
}

/* A packet of a tunnel is no last packet, and needs no time. */
static __always_inline int is_of_tunnel(const struct pkt_info *info)
{
	return info->kind == PKT_UNPARSED && info->unparsed == SELF_UNPARSED_TUNNEL;
}

/* ---- slow path: the other messages of one packet --------------------------------------- */

/*
 * Parses message i of a packet that holds several (UDP GSO out, GRO in); message 0 is parsed
 * already. Returns 1 when it is counted, 0 when it is not of ours or cannot be parsed.
 */
__noinline int parse_next_message(struct __sk_buff *skb, struct pkt_info *info, __u32 i)
{
	struct pkt p = pkt_from_skb(skb);
	__u8 kind;

	if (!info)
		return 0;
	kind = info->kind;
	if (!parse_message(&p, i * info->segment, kind == PKT_QUERY ? DIRECTION_OUT : DIRECTION_IN,
			   info))
		return 1;
	if (info->kind == PKT_UNPARSED)
		count_self(info->unparsed);
	info->kind = kind;
	return 0;
}

/* Account as account_message(), once for each further message. */
__noinline int account_next_query(const struct pkt_info *info, struct pkt_ctx *ctx)
{
	return info && ctx ? account_message(info, ctx, DIRECTION_OUT) : 0;
}

__noinline int account_next_response(const struct pkt_info *info, struct pkt_ctx *ctx)
{
	return info && ctx ? account_message(info, ctx, DIRECTION_IN) : 0;
}

static __always_inline void account_segments(struct __sk_buff *skb, struct pkt_info *info,
					     struct pkt_ctx *ctx, enum pkt_direction direction)
{
	__u32 count = (info->length + info->segment - 1) / info->segment, i;
	__u32 within = 1 + (OFFSET_MAX - info->payload) / info->segment;
	int out = direction == DIRECTION_OUT;

	if (within > SEGMENTS_MAX)
		within = SEGMENTS_MAX;
	for (i = is_unread(info) ? 0 : 1; i < SEGMENTS_MAX && i < within && i < count; i++) {
		if (!parse_next_message(skb, info, i))
			continue;
		ctx->opened = 0;
		if (out)
			account_next_query(info, ctx);
		else
			account_next_response(info, ctx);
		if (ctx->opened)
			sample_send_dns(skb, info, ctx, i * info->segment);
	}
	if (count > within)
		account_unparsed_segments(&info->key, ctx, count - within, out);
}

/* ---- the whole packet ------------------------------------------------------------------ */

/*
 * Parses a packet that the fast path left. Returns this CPU's record, NULL when nothing is to be
 * counted.
 */
static __always_inline struct cpu_record *
parse_slow_path(struct __sk_buff *skb, enum pkt_direction direction, enum origin origin)
{
	struct cpu_record *record = cpu_record_lookup();
	struct parse_scratch *scratch;

	if (!record)
		return 0;
	scratch = parse_scratch_of(record);
	if (direction == DIRECTION_OUT)
		parse_packet_out(skb, scratch);
	else
		parse_packet_in(skb, scratch);
	if (scratch->info.kind == PKT_NONE || counted_on_vlan_dev(&scratch->info, skb->ifindex))
		return 0;
	if (!is_of_tunnel(&scratch->info) && is_within_bridge(skb, direction, origin))
		return 0;
	scratch->info.key.origin = origin;
	scratch->info.client_hash = addr_hash(sizes.seed, &scratch->info.key.client);
	return record;
}

static __always_inline void sample_or_drop(struct __sk_buff *skb, const struct pkt_info *info,
					   struct cpu_record *record, int effect,
					   const struct pkt_ctx *ctx)
{
	if (is_sample_refused(effect, ctx->now))
		sample_drop(record);
	else
		sample_send_icmp(skb, info, effect, ctx->now, ctx->opened);
}

/*
 * Returns the hook for is_duplicate(), from the interface: a packet that no program can read is
 * shown to the programs of both origins on a guest's interface, and counts once.
 */
static __always_inline __u32 hook_of(const struct __sk_buff *skb, enum origin origin)
{
	return origin == ORIGIN_GUEST ? skb->ifindex | 1U << 31 : skb->ifindex;
}

/*
 * Follows a segment of a TCP connection. One that crosses several interfaces needs no digest: its
 * second sight is a retransmission.
 */
static __always_inline void follow_segment(struct __sk_buff *skb, struct pkt_info *info,
					   struct pkt_ctx *ctx)
{
	if (info->key.scope) {
		pkt_info_set_scope(info);
		ctx->resolver_number = resolver_lookup(&info->key, ctx->resolver_hash);
	}
	stream_follow(skb, info, ctx);
}

static __always_inline void account_packet(struct __sk_buff *skb, struct pkt_info *info,
					   struct cpu_record *record, enum pkt_direction direction,
					   enum origin origin)
{
	struct pkt_ctx *ctx = pkt_ctx_init(record);
	__u64 address, digest;
	int effect;

	if (info->kind == PKT_UNPARSED) {
		if (!is_duplicate(record, &record->last[ORIGIN_HOST], info->digest,
				  hook_of(skb, origin), &ctx->now))
			atomic_add(&record->self.n[info->unparsed < SELF_MAX ? info->unparsed : 0],
				   1);
		return;
	}
	ctx->client_hash = info->client_hash;
	ctx->on_lo = is_on_lo(skb->ifindex, origin);
	ctx->forwarded = is_forwarded(skb, direction, origin);
	if (direction == DIRECTION_OUT)
		ctx->cgroup = asker_cgroup(skb);
	ctx->side = direction;
	address = resolver_cache_lookup(&record->resolver_cache, &info->key, ctx);
	if (info->kind == PKT_STREAM)
		return follow_segment(skb, info, ctx);
	digest = pkt_digest(direction, info->client_hash, address, info->key.client_port,
			    info->key.resolver_port, info->key.id, info->digest);
	if (is_duplicate(record, &record->last[origin], digest, skb->ifindex, &ctx->now))
		return;
	if (info->key.scope) {
		pkt_info_set_scope(info);
		ctx->resolver_number = resolver_lookup(&info->key, ctx->resolver_hash);
	}
	pkt_ctx_begin(info, ctx, direction);
	effect = is_unread(info) ? ICMP_UNMATCHED : account_message(info, ctx, direction);
	if (direction == DIRECTION_IN && info->kind == PKT_UNREACHABLE)
		sample_or_drop(skb, info, record, effect, ctx);
	else if (ctx->opened)
		sample_send_dns(skb, info, ctx, 0);
	if (is_connect(info->key.transport) && config.max_streams && info->kind != PKT_UNREACHABLE)
		stream_follow(skb, info, ctx);
	if (info->segment && is_dns(info))
		account_segments(skb, info, ctx, direction);
	record->last[origin].time = ctx->now;
	if (ctx->now)
		record->clock = ctx->now;
}

/* Counts a packet of a tunnel: not on a guest's interface, where the host's programs count it too.
 */
static __always_inline void count_tunnel(enum origin origin)
{
	if (origin == ORIGIN_HOST)
		count_self(SELF_UNPARSED_TUNNEL);
}

/* Sends the sample that the fast path wants. */
static __always_inline void send_fast_sample(struct __sk_buff *skb, struct cpu_record *record,
					     enum fast_result result)
{
	const struct pkt_info *info = &parse_scratch_of(record)->info;

	if (result == FAST_SAMPLE_DNS)
		sample_send_fast(skb, info, record);
	else
		sample_send_icmp(skb, info,
				 result == FAST_SAMPLE_MATCHED ? ICMP_MATCHED : ICMP_UNMATCHED, 0,
				 record->opened);
}

/* `direction` is that of the message, seen from its client: a guest's query comes in. */
static __always_inline void process_packet(struct __sk_buff *skb, enum pkt_direction direction,
					   enum origin origin)
{
	struct pkt p = pkt_from_skb(skb);
	struct cpu_record *record = 0;
	enum fast_result result = fast_path(&p, direction, origin, &record);

	if (result <= FAST_DONE) /* one comparison: two would keep the result in a register */
		return;
	if (result == FAST_TUNNEL)
		return count_tunnel(origin);
	if (result >= FAST_SAMPLE_UNMATCHED && record)
		return send_fast_sample(skb, record, result);
	if (result == FAST_FALLBACK)
		record = parse_slow_path(skb, direction, origin);
	if (record && is_of_tunnel(&parse_scratch_of(record)->info))
		count_tunnel(origin);
	else if (record)
		account_packet(skb, &parse_scratch_of(record)->info, record, direction, origin);
}

#endif
