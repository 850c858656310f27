/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The way of a packet from end to end, and the sweep: what the three programs call, and what the
 * native engine calls for replay and tests.
 */
#ifndef DATAPATH_H
#define DATAPATH_H

#include "fast_count.h"

/*
 * NOT_OURS: or all is done. OURS: the sight holds all that is asked of its kind. SAMPLE_...: all is
 * counted, and the sight is for a sample.
 */
enum fast_result {
	FAST_IGNORE,
	FAST_PARSED,
	FAST_FALLBACK,
	FAST_SAMPLE_UNMATCHED,
	FAST_SAMPLE_MATCHED
};

static __always_inline struct parse_scratch *parse_scratch_of(struct cpu_record *record)
{
	_Static_assert(sizeof(struct parse_scratch) <= sizeof(record->scratch), "room for a sight");
	return (struct parse_scratch *)record->scratch;
}

/* The first header of a device without Ethernet, where these bytes could be an address too. */
static __always_inline int could_be_ip(const struct pkt *p, __u16 ethertype)
{
	const __u16 *start = p->data;

	if (ethertype == ETHERTYPE_IPV4)
		return (start[0] & bpf_htons(0xf000)) == bpf_htons(0x4000) &&
		       bpf_ntohs(start[1]) == p->length;
	return (start[0] & bpf_htons(0xf000)) == bpf_htons(0x6000) &&
	       bpf_ntohs(start[2]) + sizeof(struct ipv6_header) == p->length;
}

/* Four bytes, side by side, in one store. */
static __always_inline void store_u8_quad(__u8 *at, __u32 a, __u32 b, __u32 c, __u32 d)
{
	*(u32_alias *)at = u8_quad(a, b, c, d);
}

static __always_inline void set_client_tail(struct transaction_key *key, __u16 port, __u16 id)
{
	u32_alias *to = (u32_alias *)&key->client_port;

	*to = u16_pair(port, id);
}

/* Addresses, ports and message ID, once the fast path does not tell. */
static __always_inline void pkt_info_from_view(struct pkt_info *info, struct pkt_view *view,
					       __u32 scope)
{
	barrier_var(view->ip);
	addr_set_u64(&info->key.client, view_client_u64(view, 0), view_client_u64(view, 1));
	addr_set_u64(&info->key.resolver, view_resolver_u64(view, 0), view_resolver_u64(view, 1));
	set_resolver_tail(&info->key, scope, view_resolver_port(view));
	set_client_tail(&info->key, view_client_port(view), view_dns(view)->id);
	info->segment = 0;
	info->digest = view_digest(view);
	info->client_hash = addr_hash(sizes.seed, &info->key.client);
}

/* ---- UDP -------------------------------------------------------------------------------- */

/* A datagram in an IP packet that has `room` bytes for it. */
static __always_inline enum fast_result fast_parse_udp(const struct pkt *p, struct pkt_view *view,
						       __u32 room, struct cpu_record **ret)
{
	const struct udp_header *u = view_udp(view);
	const struct dns_header *dns = view_dns(view);
	int out = view->kind == VIEW_QUERY, linked;
	struct pkt_info *info;
	enum count_result result = COUNT_FALLBACK;
	__u32 length;

	if ((const void *)(u + 1) > p->end)
		return FAST_FALLBACK;
	if (!is_watched(view_resolver_port(view)))
		return FAST_IGNORE;
	length = bpf_ntohs(u->length);
	if ((const void *)(dns + 1) > p->end || p->skb->vlan_present || p->skb->gso_size ||
	    length < sizeof(*u) + sizeof(*dns) || length > room)
		return FAST_FALLBACK;
	if (!!(dns->flags & DNS_QR) == out)
		return FAST_IGNORE;
	*ret = cpu_record_lookup();
	if (!*ret)
		return FAST_IGNORE;
	linked = is_resolver_link_local(view);
	if (!linked)
		result = out ? fast_query(*ret, view, p->skb->ifindex)
			     : fast_response(*ret, view, p->skb->ifindex);
	if (result == COUNT_DONE)
		return FAST_IGNORE;
	info = &parse_scratch_of(*ret)->info;
	pkt_info_from_view(info, view, linked ? p->skb->ifindex : 0);
	store_u8_quad(&info->kind, out ? PKT_QUERY : PKT_RESPONSE, 0, 0, 0);
	store_u8_quad(&info->rcode, view_dns(view)->rcode & DNS_RCODE,
		      !!(view_dns(view)->flags & DNS_TC), 0, 0);
	return FAST_PARSED;
}

/* ---- ICMP ------------------------------------------------------------------------------- */

/*
 * Whether the quote, whose UDP header is `u`, is of a query of ours: OURS, with its record. `at` is
 * where that header is, `end` where the ICMP message ends, `quoted` the bytes that the quoted
 * packet had from the UDP header on.
 */
static __always_inline enum fast_result fast_check_quote(const struct pkt *p,
							 const struct udp_header *u, __u32 at,
							 __u32 end, __u32 quoted,
							 struct cpu_record **ret)
{
	const __u32 least = sizeof(*u) + sizeof(struct dns_header);
	const struct dns_header *dns = (const void *)(u + 1);

	if (!is_watched(u->destination))
		return FAST_IGNORE;
	if (p->skb->vlan_present || quoted < least || bpf_ntohs(u->length) < least ||
	    end < at + least)
		return FAST_FALLBACK;
	if (dns->flags & DNS_QR)
		return FAST_IGNORE;
	*ret = cpu_record_lookup();
	return *ret ? FAST_PARSED : FAST_IGNORE;
}

/* What is asked of it besides pkt_info_from_view(). Bounds as fast_check_quote(). */
static __always_inline void pkt_info_set_quote(struct pkt_info *info, struct pkt_view *view,
					       __u32 kind, __u32 at, __u32 end, __u32 quoted)
{
	__u32 length = bpf_ntohs(view_udp(view)->length);

	if (at + quoted < end)
		end = at + quoted;
	if (at + length < end)
		end = at + length;
	info->payload = at + sizeof(struct udp_header);
	info->length = end - info->payload;
	store_u8_quad(&info->kind, kind, 0, view->reason, 0);
	addr_set_u64(&info->reporter, view_reporter_u64(view, 0), view_reporter_u64(view, 1));
}

/* What is left to do for a message that is noted now. */
static __always_inline enum fast_result fast_result_of(enum count_result result)
{
	return result == COUNT_FALLBACK		? FAST_PARSED
	       : result == COUNT_SAMPLE_MATCHED ? FAST_SAMPLE_MATCHED
						: FAST_SAMPLE_UNMATCHED;
}

static __always_inline enum fast_result
fast_parse_icmp_v4(const struct pkt *p, const struct ipv4_header *h, struct cpu_record **ret)
{
	const struct icmp_header *icmp = (const void *)(h + 1);
	const struct ipv4_header *q = (const void *)(icmp + 1);
	const struct udp_header *u = (const void *)(q + 1);
	const __u32 at = ETHERNET_HEADER + 2 * sizeof(*h) + sizeof(*icmp);
	__u32 total = bpf_ntohs(h->total_length), quoted, quote = 0, kind;
	struct pkt_info *info;
	enum count_result result = COUNT_FALLBACK;
	struct pkt_view view = {.ip = q, .version = 4, .kind = VIEW_ICMP};
	enum fast_result answer;

	if ((const void *)(icmp + 1) > p->end || h->version_length != 0x45 ||
	    h->fragment & (IPV4_MORE_FRAGMENTS | IPV4_FRAGMENT_OFFSET) ||
	    total < sizeof(*h) + sizeof(*icmp))
		return FAST_FALLBACK;
	kind = classify_icmp_v4(icmp, &view.reason, &quote);
	if (kind == PKT_NONE)
		return FAST_IGNORE;
	if ((const void *)(u + 1) + sizeof(struct dns_header) > p->end || quote ||
	    q->version_length != 0x45 || q->protocol != PROTOCOL_UDP ||
	    q->fragment & (IPV4_MORE_FRAGMENTS | IPV4_FRAGMENT_OFFSET))
		return FAST_FALLBACK;
	if (q->source != h->destination)
		return FAST_IGNORE;
	quoted = bpf_ntohs(q->total_length);
	if (quoted < sizeof(*q))
		return FAST_FALLBACK;
	quoted -= sizeof(*q);
	answer = fast_check_quote(p, u, at, ETHERNET_HEADER + total, quoted, ret);
	if (answer != FAST_PARSED)
		return answer;
	if (kind == PKT_UNREACHABLE)
		result = fast_unreachable(*ret, &view, p->skb->ifindex);
	if (result == COUNT_DONE)
		return FAST_IGNORE;
	info = &parse_scratch_of(*ret)->info;
	pkt_info_from_view(info, &view, 0);
	pkt_info_set_quote(info, &view, kind, at, ETHERNET_HEADER + total, quoted);
	store_u8_quad(&info->type, icmp->type, icmp->code, 4, h->ttl);
	return fast_result_of(result);
}

static __always_inline enum fast_result
fast_parse_icmp_v6(const struct pkt *p, const struct ipv6_header *h, struct cpu_record **ret)
{
	const struct icmp_header *icmp = (const void *)(h + 1);
	const struct ipv6_header *q = (const void *)(icmp + 1);
	const struct udp_header *u = (const void *)(q + 1);
	const __u32 at = ETHERNET_HEADER + 2 * sizeof(*h) + sizeof(*icmp);
	__u32 total = bpf_ntohs(h->payload_length), quote = 0, kind, end;
	struct pkt_info *info;
	enum count_result result = COUNT_FALLBACK;
	struct pkt_view view = {.ip = q, .version = 6, .kind = VIEW_ICMP};
	enum fast_result answer;
	int linked;

	if ((const void *)(icmp + 1) > p->end || total < sizeof(*icmp) ||
	    (h->version_class_flow & bpf_htonl(0xf0000000)) != bpf_htonl(0x60000000))
		return FAST_FALLBACK;
	kind = classify_icmp_v6(icmp, &view.reason, &quote);
	if (kind == PKT_NONE)
		return FAST_IGNORE;
	if ((const void *)(u + 1) + sizeof(struct dns_header) > p->end || quote ||
	    (q->version_class_flow & bpf_htonl(0xf0000000)) != bpf_htonl(0x60000000) ||
	    q->next_header != PROTOCOL_UDP || !q->payload_length || is_mapped(&q->source) ||
	    is_mapped(&q->destination) || is_mapped(&h->source))
		return FAST_FALLBACK;
	if (!addr_equal(&q->source, &h->destination))
		return FAST_IGNORE;
	end = ETHERNET_HEADER + sizeof(*h) + total;
	answer = fast_check_quote(p, u, at, end, bpf_ntohs(q->payload_length), ret);
	if (answer != FAST_PARSED)
		return answer;
	linked = is_resolver_link_local(&view);
	if (kind == PKT_UNREACHABLE && !linked)
		result = fast_unreachable(*ret, &view, p->skb->ifindex);
	if (result == COUNT_DONE)
		return FAST_IGNORE;
	info = &parse_scratch_of(*ret)->info;
	pkt_info_from_view(info, &view, linked ? p->skb->ifindex : 0);
	pkt_info_set_quote(info, &view, kind, at, end, bpf_ntohs(q->payload_length));
	store_u8_quad(&info->type, icmp->type, icmp->code, 6, h->hop_limit);
	return fast_result_of(result);
}

/* ---- IP --------------------------------------------------------------------------------- */

static __always_inline enum view_kind view_kind_of(enum pkt_direction direction)
{
	return direction == DIRECTION_OUT ? VIEW_QUERY : VIEW_RESPONSE;
}

static __always_inline enum fast_result
fast_parse_ipv4(const struct pkt *p, enum pkt_direction direction, struct cpu_record **ret)
{
	const struct ipv4_header *h = p->data + ETHERNET_HEADER;
	struct pkt_view view = {.ip = h, .version = 4, .kind = view_kind_of(direction)};
	__u32 total;

	if ((const void *)(h + 1) > p->end || could_be_ip(p, ETHERTYPE_IPV4))
		return FAST_FALLBACK;
	if (direction == DIRECTION_IN && h->protocol == PROTOCOL_ICMP)
		return fast_parse_icmp_v4(p, h, ret);
	if (h->protocol != PROTOCOL_UDP)
		return direction == DIRECTION_OUT && h->protocol == PROTOCOL_ICMP ? FAST_FALLBACK
										  : FAST_IGNORE;
	total = bpf_ntohs(h->total_length);
	if (h->version_length != 0x45 || total < sizeof(*h) + sizeof(struct udp_header) ||
	    h->fragment & (IPV4_MORE_FRAGMENTS | IPV4_FRAGMENT_OFFSET))
		return FAST_FALLBACK;
	return fast_parse_udp(p, &view, total - sizeof(*h), ret);
}

static __always_inline enum fast_result
fast_parse_ipv6(const struct pkt *p, enum pkt_direction direction, struct cpu_record **ret)
{
	const struct ipv6_header *h = p->data + ETHERNET_HEADER;
	struct pkt_view view = {.ip = h, .version = 6, .kind = view_kind_of(direction)};

	if ((const void *)(h + 1) > p->end || could_be_ip(p, ETHERTYPE_IPV6))
		return FAST_FALLBACK;
	if (direction == DIRECTION_IN && h->next_header == PROTOCOL_ICMPV6)
		return fast_parse_icmp_v6(p, h, ret);
	if (h->next_header != PROTOCOL_UDP)
		return is_extension(h->next_header) ? FAST_FALLBACK : FAST_IGNORE;
	if ((h->version_class_flow & bpf_htonl(0xf0000000)) != bpf_htonl(0x60000000) ||
	    !h->payload_length || is_mapped(&h->source) || is_mapped(&h->destination))
		return FAST_FALLBACK;
	return fast_parse_udp(p, &view, bpf_ntohs(h->payload_length), ret);
}

/*
 * What this packet is to us, as far as an ordinary one goes: *ret is this CPU's record, and holds
 * the sight.
 */
static __always_inline enum fast_result
fast_parse(const struct pkt *p, enum pkt_direction direction, struct cpu_record **ret)
{
	const __u16 *ethertype = p->data + 12;
	__u16 protocol = p->skb->protocol;

	if (p->data + ETHERNET_HEADER > p->end || *ethertype != protocol)
		return FAST_FALLBACK;
	if (protocol == ETHERTYPE_IPV4)
		return fast_parse_ipv4(p, direction, ret);
	if (protocol == ETHERTYPE_IPV6)
		return fast_parse_ipv6(p, direction, ret);
	return protocol == ETHERTYPE_VLAN || protocol == ETHERTYPE_QINQ ? FAST_FALLBACK
									: FAST_IGNORE;
}

/* ---- the other messages of one packet ---------------------------------------------------- */

/*
 * One packet may hold many messages (UDP GSO out, GRO in), the first of which is read already.
 * Message i into *o. Returns 1 when there is one, 0 when it is not ours or cannot be parsed.
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

/* As account_message(), once more. */
__noinline int account_next_query(const struct pkt_info *info, struct pkt_ctx *ctx)
{
	return info && ctx ? account_message(info, ctx, 0, DIRECTION_OUT) : 0;
}

__noinline int account_next_response(const struct pkt_info *info, struct pkt_ctx *ctx)
{
	return info && ctx ? account_message(info, ctx, 0, DIRECTION_IN) : 0;
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
		if (out)
			account_next_query(info, ctx);
		else
			account_next_response(info, ctx);
	}
	if (count > within)
		account_unparsed_segments(&info->key, ctx, count - within, out);
}

/* ---- the whole packet ------------------------------------------------------------------- */

/* What is not ordinary. Returns this CPU's record, or NULL when nothing of ours is in sight. */
static __always_inline struct cpu_record *parse_slow_path(struct __sk_buff *skb,
							  enum pkt_direction direction)
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
	scratch->info.client_hash = addr_hash(sizes.seed, &scratch->info.key.client);
	return record;
}

static __always_inline void sample_or_drop(struct __sk_buff *skb, const struct pkt_info *info,
					   struct cpu_record *record, int effect, __u64 now)
{
	if (is_sample_refused(effect, now))
		sample_drop(record);
	else
		sample_send(skb, info, effect, now);
}

/* On the stack there is no room for it beside the deepest calls. */
static __always_inline struct pkt_ctx *pkt_ctx_init(struct cpu_record *record)
{
	struct pkt_ctx *ctx = (struct pkt_ctx *)record->pkt_ctx;

	_Static_assert(sizeof(*ctx) <= sizeof(record->pkt_ctx), "room for a message");
	__builtin_memset(ctx, 0, sizeof(*ctx));
	if (config.clock_injected)
		ctx->now = engine_clock();
	return ctx;
}

static __always_inline void account_packet(struct __sk_buff *skb, struct pkt_info *info,
					   struct cpu_record *record, enum pkt_direction direction)
{
	struct pkt_ctx *ctx = pkt_ctx_init(record);
	__u64 address, digest;
	int effect;

	if (info->kind == PKT_UNPARSED) {
		if (!is_duplicate(record, info->digest, skb->ifindex, &ctx->now))
			atomic_add(&record->self.n[info->unparsed < SELF_MAX ? info->unparsed : 0],
				   1);
		return;
	}
	ctx->client_hash = info->client_hash;
	address = resolver_cache_lookup(&record->resolver_cache, &info->key, ctx);
	digest = pkt_digest(direction, info->client_hash, address, info->key.client_port,
			    info->key.resolver_port, info->key.id, info->digest);
	if (is_duplicate(record, digest, skb->ifindex, &ctx->now))
		return;
	if (info->key.scope) {
		pkt_info_set_scope(info);
		ctx->resolver_number = resolver_lookup(&info->key, ctx->resolver_hash);
	}
	effect = is_unread(info) ? ICMP_UNMATCHED
				 : account_message(info, ctx, skb->ifindex, direction);
	if (direction == DIRECTION_IN && info->kind == PKT_UNREACHABLE)
		sample_or_drop(skb, info, record, effect, ctx->now);
	if (info->segment && is_dns(info))
		account_segments(skb, info, ctx, direction);
	record->time = ctx->now;
	if (ctx->now)
		record->clock = ctx->now;
}

static __always_inline void process_packet(struct __sk_buff *skb, enum pkt_direction direction)
{
	struct pkt p = pkt_from_skb(skb);
	struct cpu_record *record = 0;
	enum fast_result answer = fast_parse(&p, direction, &record);

	if (answer == FAST_IGNORE)
		return;
	if (answer >= FAST_SAMPLE_UNMATCHED && record) {
		sample_send(skb, &parse_scratch_of(record)->info,
			    answer == FAST_SAMPLE_MATCHED ? ICMP_MATCHED : ICMP_UNMATCHED, 0);
		return;
	}
	if (answer == FAST_FALLBACK)
		record = parse_slow_path(skb, direction);
	if (record)
		account_packet(skb, &parse_scratch_of(record)->info, record, direction);
}

#endif
