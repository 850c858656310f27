/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Sessions of DNS over TLS (RFC 7858). Nothing within TLS can be read, so a connection is followed
 * to the first bytes of each side: the first of the client open a session, the first of the
 * resolver answer it. A session is a transaction with message ID 0 in the tables of queries, and
 * counts in the entry for messages.
 */
#ifndef SESSION_H
#define SESSION_H

#include "dns_sample.h"
#include "stream_end.h"

#define TLS_HANDSHAKE 22 /* ContentType of a record (RFC 8446, 5.1) */

/*
 * Ends the open session of the connection in *ctx as closed. Returns 1; 0: none was open in
 * time.
 */
__noinline int session_close(const struct pkt_info *info, struct pkt_ctx *ctx, __u32 ended)
{
	__u64 word;

	if (!info || !ctx)
		return 0;
	stream_set_flow(ctx, &info->key, 0);
	word = close_set(ctx);
	if (word)
		count_ended(&ctx->flow, word, ended, ctx->now);
	return !!word;
}

/* Ends a stream, once, and its session. */
static __always_inline void session_end(const struct pkt_info *info, struct pkt_ctx *ctx,
					struct stream *stream, __u32 ended)
{
	if (!(__sync_fetch_and_or(&stream->state, STREAM_CLOSED) & STREAM_CLOSED))
		session_close(info, ctx, ended);
}

/* Opens the session of the connection in *ctx. One that finds no room is not followed. */
__noinline int session_open(const struct pkt_info *info, struct pkt_ctx *ctx)
{
	if (!info || !ctx)
		return 0;
	stream_set_flow(ctx, &info->key, 0);
	__builtin_memset(&ctx->open, 0, sizeof(ctx->open));
	ctx->open.now = pkt_time(ctx);
	ctx->open.timeout = config.timeout_ns;
	ctx->open.asker = count_asker_queries(ctx->messages, ctx->cgroup, 1);
	flow_open(&ctx->flow, &ctx->open);
	ctx->flow.asker = ctx->open.expired_asker;
	if (ctx->open.expired_word)
		flow_time_out(&ctx->flow, ctx->open.expired_word, ctx->now);
	if (ctx->open.result == OPEN_NO_ROOM)
		count_self(SELF_UNPARSED_STREAM);
	count_query(counters_of(ctx->messages), ctx->open.result, 0);
	return 0;
}

/*
 * Ends the session of the connection in *ctx by the first bytes of the resolver. Other bytes than
 * those of a TLS handshake refuse it: an alert, or no TLS at all. They can be told where the
 * connection begins.
 */
__noinline int session_answer(struct __sk_buff *skb, struct pkt_info *info, struct pkt_ctx *ctx,
			      int is_begin)
{
	__u8 type = TLS_HANDSHAKE;
	__u64 word;

	if (!info || !ctx)
		return 0;
	stream_set_flow(ctx, &info->key, 0);
	word = close_set(ctx);
	if (!word)
		return 0;
	if (is_begin && bpf_skb_load_bytes(skb, ctx->data, &type, sizeof(type)))
		type = TLS_HANDSHAKE; /* its bytes are not here, as by a snap length */
	info->rcode = type == TLS_HANDSHAKE ? RCODE_NOERROR : RCODE_REFUSED;
	ctx->opened = 0;
	account_answered(info, ctx, word);
	if (ctx->opened)
		sample_send_dns(skb, info, ctx, 0);
	return 0;
}

/*
 * Follows a segment of the client. The resolver may have closed its side before: then its FIN is
 * the end of the session.
 */
static __always_inline void session_follow_out(const struct pkt_info *info, struct pkt_ctx *ctx,
					       struct stream *stream)
{
	if (info->tcp.flags & TCP_RST)
		return session_end(info, ctx, stream, ENDED_RST);
	if (!info->tcp.length ||
	    __sync_fetch_and_or(&stream->state, STREAM_STARTED) & STREAM_STARTED)
		return;
	session_close(info, ctx, ENDED_RST); /* of a connection that had this client port */
	session_open(info, ctx);
	if (__sync_fetch_and_or(&stream->state, 0) & STREAM_FINISHED)
		session_end(info, ctx, stream, ENDED_FIN);
}

/*
 * Follows a segment of the resolver. One that is not at the position behind the SYN-ACK is believed
 * if its bytes are within the window; an RST and a FIN without bytes must be at that very position.
 */
static __always_inline void session_follow_in(struct __sk_buff *skb, struct pkt_info *info,
					      struct pkt_ctx *ctx, struct stream *stream)
{
	const struct stream_side *side = &stream->side[DIRECTION_IN];
	__u32 beyond = info->tcp.sequence - side->seen;

	if (info->tcp.flags & TCP_RST && ctx->matched) /* it refuses a SYN with data */
		return session_end(info, ctx, stream, ENDED_RST);
	if (!(side->flags & STREAM_POSITION))
		return;
	if (info->tcp.flags & TCP_RST) {
		if (!beyond)
			session_end(info, ctx, stream, ENDED_RST);
		return;
	}
	if (info->tcp.length) {
		if (beyond > STREAM_WINDOW || !(READ_ONCE(stream->state) & STREAM_STARTED) ||
		    __sync_fetch_and_or(&stream->state, STREAM_CLOSED) & STREAM_CLOSED)
			return;
		session_answer(skb, info, ctx, !beyond);
		return;
	}
	if (info->tcp.flags & TCP_FIN && !beyond &&
	    __sync_fetch_and_or(&stream->state, STREAM_FINISHED) & STREAM_STARTED)
		session_end(info, ctx, stream, ENDED_FIN);
}

/* Follows a segment of a connection of DNS over TLS. */
static __always_inline void session_follow(struct __sk_buff *skb, struct pkt_info *info,
					   struct pkt_ctx *ctx, struct stream *stream)
{
	if (READ_ONCE(stream->state) & STREAM_CLOSED)
		return;
	WRITE_ONCE(stream->used, pkt_time(ctx));
	if (ctx->side == DIRECTION_OUT)
		session_follow_out(info, ctx, stream);
	else
		session_follow_in(skb, info, ctx, stream);
}

#endif
