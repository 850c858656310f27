/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Follows DNS messages in the byte stream of a TCP connection (RFC 1035, 4.2.2; RFC 7766, 8). Each
 * direction keeps the sequence number at which the next message begins, so that only the six bytes
 * of each message that are of interest are read, and a lost segment without any of them is not
 * missed. Bytes before that number are a retransmission, or the rest of a message.
 *
 * Bytes behind a gap are followed from a cursor of their own, if they begin with a message. When
 * the first cursor reaches the beginning of the next one, it goes on where that one is.
 */
#ifndef STREAM_H
#define STREAM_H

#include "dns_sample.h"
#include "session.h"
#include "stream_end.h"

enum walk_result { WALK_NEXT, WALK_DONE, WALK_LOST };

/* ---- messages --------------------------------------------------------------------------- */

/* Accounts the query whose ID is in info->key. */
__noinline int stream_query(struct __sk_buff *skb, const struct pkt_info *info, struct pkt_ctx *ctx,
			    struct stream *stream)
{
	struct percpu_counters *cnt;

	if (!info || !ctx || !stream)
		return 0;
	__builtin_memset(&ctx->open, 0, sizeof(ctx->open));
	ctx->open.now = pkt_time(ctx);
	ctx->open.timeout = config.timeout_ns;
	ctx->open.index = 1;
	ctx->open.asker = count_asker_queries(ctx->messages, ctx->cgroup, 1);
	flow_open(&ctx->flow, &ctx->open);
	ctx->flow.asker = ctx->open.expired_asker;
	if (ctx->open.expired_word)
		flow_time_out(&ctx->flow, ctx->open.expired_word, ctx->now);
	if (ctx->open.crowded)
		__sync_fetch_and_or(&stream->state, STREAM_CROWDED);
	cnt = counters_of(ctx->messages);
	count_query(cnt, ctx->open.result, ctx->forwarded);
	if (ctx->open.result != OPEN_NEW || !may_sample_query(cnt, ctx->now))
		return 0;
	ctx->opened = ctx->now;
	sample_send_dns(skb, info, ctx, 0);
	return 0;
}

/*
 * Counts a response that ended no transaction in time. One with the ID of the last that did is a
 * further message of a zone transfer (RFC 5936, 2.2).
 */
static __always_inline void count_other_response(struct pkt_ctx *ctx, const struct stream *stream,
						 __u16 id, int late)
{
	struct percpu_counters *cnt = counters_of(ctx->messages);

	count_one(cnt, COUNTER_RESPONSES);
	if (late)
		count_one(cnt, COUNTER_LATE_RESPONSES);
	else if (stream->has_last_id && stream->last_id == id)
		count_one(cnt, COUNTER_ICMP_SHORT_QUOTES); /* stream_counterpart() */
	else
		count_one(cnt, COUNTER_UNMATCHED_RESPONSES);
}

/* Accounts the response whose ID is in info->key. */
__noinline int stream_response(struct __sk_buff *skb, const struct pkt_info *info,
			       struct pkt_ctx *ctx, struct stream *stream)
{
	__u64 word;
	int late = 0;

	if (!info || !ctx || !stream)
		return 0;
	ctx->opened = 0;
	word = close_by_arrival(ctx, &info->key);
	if (!word) {
		word = take_expired(ctx, &info->key);
		late = !!word;
	}
	if (word && !late)
		account_answered(info, ctx, word);
	else
		count_other_response(ctx, stream, info->key.id, late);
	if (word) {
		stream->last_id = info->key.id;
		stream->has_last_id = 1;
	}
	if (ctx->opened)
		sample_send_dns(skb, info, ctx, 0);
	return 0;
}

/*
 * Writes to *info the message with this header, which begins `at` bytes into the segment's data.
 * info->kind stays PKT_STREAM when it is none of this direction.
 */
static __always_inline void stream_set_message(struct pkt_info *info, struct pkt_ctx *ctx,
					       const __u8 *header, __u32 at)
{
	__u32 length = header[0] << 8 | header[1], room = info->tcp.length - at - 2;

	if (!(header[4] & DNS_QR) != (ctx->side == DIRECTION_OUT))
		return;
	info->key.id = bpf_htons(header[2] << 8 | header[3]);
	info->rcode = header[5] & DNS_RCODE;
	info->truncated = !!(header[4] & DNS_TC);
	info->kind = ctx->side == DIRECTION_OUT ? PKT_QUERY : PKT_RESPONSE;
	info->payload = ctx->data + at + 2;
	info->length = length < room ? length : room;
	if ((__s32)at < 0) /* its first bytes were in another segment */
		info->length = 0;
	stream_set_flow(ctx, &info->key, info->key.id);
}

/* ---- cursors ---------------------------------------------------------------------------- */

_Static_assert(STREAM_CURSORS == 3, "cursors are named one by one");

/* Removes cursor i: those behind it move up. */
static __always_inline void stream_drop_cursor(struct stream_side *side, __u32 i)
{
	if (i == 0)
		side->cursor[0] = side->cursor[1];
	if (i <= 1)
		side->cursor[1] = side->cursor[2]; /* 2 is the last: then one less is in use */
	if (side->ahead)
		side->ahead--;
}

/*
 * Gives the first gap up: the stream goes on behind it, or has no position any more when nothing
 * behind it is followed.
 */
static __always_inline void stream_give_up_gap(struct stream_side *side)
{
	stream_drop_cursor(side, 0);
	if (side->cursor[0].have == STREAM_SKIPPED && side->ahead)
		stream_drop_cursor(side, 0);
	if (side->cursor[0].have != STREAM_SKIPPED)
		return;
	side->seen = side->cursor[0].next;
	side->ahead = 0;
	side->flags &= ~STREAM_SYNCED;
}

/*
 * Compares cursor i, a constant, with the next one. Returns 1 when it goes on where that one is, or
 * is past it; else 0. *lost is set when it is in the midst of bytes that have passed.
 */
static __always_inline int stream_join_next(struct stream_side *side, const __u32 i, int is_last,
					    int *lost)
{
	struct stream_cursor *c = &side->cursor[i], *next = &side->cursor[i + 1];
	__s32 beyond = c->next - next->from;

	if (next->have == STREAM_SKIPPED) {
		if ((__s32)(c->next - next->next) < 0) {
			*lost = is_last && beyond >= 0;
			return 0;
		}
		stream_drop_cursor(side, i + 1);
		return 1;
	}
	*lost = beyond > 0;
	if (beyond != 0 || c->have)
		return 0;
	next->from = c->from;
	stream_drop_cursor(side, i);
	return 1;
}

/*
 * Joins cursor ctx->cursor with those that it has reached. `is_last`: the segment ends here.
 * Returns WALK_LOST when it is in the midst of what they have seen.
 */
__noinline int stream_join(const struct pkt_ctx *ctx, struct stream *stream, int is_last)
{
	struct stream_side *side;
	int lost = 0, again = 1;
	__u32 n;

	if (!ctx || !stream)
		return WALK_LOST;
	side = stream_side_of(stream, ctx->side);
	for (n = 0; n < STREAM_AHEAD_MAX && again; n++) {
		again = 0;
		if (ctx->cursor == 0 && side->ahead > 0)
			again = stream_join_next(side, 0, is_last, &lost);
		else if (ctx->cursor == 1 && side->ahead > 1)
			again = stream_join_next(side, 1, is_last, &lost);
	}
	return lost ? WALK_LOST : WALK_NEXT;
}

/* Adds bytes to the header of a message from `at` on in the data. Returns the new offset. */
__noinline __u32 stream_load_header(struct __sk_buff *skb, const struct pkt_info *info, __u32 data,
				    struct stream_cursor *c, __u32 at)
{
	__u32 i, have;

	if (!info || !c)
		return at;
	if (!c->have && at + STREAM_HEADER <= info->tcp.length &&
	    !bpf_skb_load_bytes(skb, data + at, c->header, STREAM_HEADER)) {
		c->have = STREAM_HEADER;
		return at + STREAM_HEADER;
	}
	for (i = 0; i < STREAM_HEADER && at < info->tcp.length; i++) {
		have = c->have;
		barrier_index(have);
		if (have >= STREAM_HEADER ||
		    bpf_skb_load_bytes(skb, data + at, c->header + have, 1))
			break;
		c->have = have + 1;
		at++;
	}
	return at;
}

/*
 * Reads the next message of a segment from a cursor on, into *info. Returns WALK_DONE behind the
 * last one, WALK_LOST when it is none.
 */
__noinline int stream_read_at(struct __sk_buff *skb, struct pkt_info *info, struct pkt_ctx *ctx,
			      struct stream_cursor *c)
{
	__u32 at, length;

	if (!info || !ctx || !c)
		return WALK_LOST;
	at = c->next - info->tcp.sequence;
	if (at >= info->tcp.length)
		return WALK_DONE;
	length = stream_load_header(skb, info, ctx->data, c, at);
	if (length == at)
		return WALK_LOST; /* its bytes are not here */
	at = length;
	c->next = info->tcp.sequence + at;
	if (c->have < STREAM_HEADER)
		return at < info->tcp.length ? WALK_LOST : WALK_DONE;
	c->have = 0;
	length = c->header[0] << 8 | c->header[1];
	if (length < sizeof(struct dns_header))
		return WALK_LOST;
	at -= STREAM_HEADER;
	c->next = info->tcp.sequence + at + 2 + length;
	stream_set_message(info, ctx, c->header, at);
	return WALK_NEXT;
}

/*
 * Reads as stream_read_at() from cursor ctx->cursor on, once it is joined with those that the
 * message before has reached (`is_first`: none was). The cursors are named one by one, since
 * kernels before 6.8 lose the bound of an index that the compiler spills.
 */
__noinline int stream_read(struct __sk_buff *skb, struct pkt_info *info, struct pkt_ctx *ctx,
			   struct stream *stream, int is_first)
{
	struct stream_side *side;

	if (!info || !ctx || !stream || (!is_first && stream_join(ctx, stream, 0) == WALK_LOST))
		return WALK_LOST;
	info->kind = PKT_STREAM;
	side = stream_side_of(stream, ctx->side);
	if (ctx->cursor == 0)
		return stream_read_at(skb, info, ctx, &side->cursor[0]);
	if (ctx->cursor == 1)
		return stream_read_at(skb, info, ctx, &side->cursor[1]);
	return stream_read_at(skb, info, ctx, &side->cursor[2]);
}

/* ---- where a segment belongs ------------------------------------------------------------ */

/*
 * Tests whether a segment begins with a message: a query with one question and no answer that ends
 * in the segment, or a response to an open transaction. Returns 1; 0: no, or it cannot be told; -1:
 * the segment is one whole response to no open transaction.
 */
__noinline int stream_test_begin(struct __sk_buff *skb, const struct pkt_info *info,
				 struct pkt_ctx *ctx)
{
	__u16 b[1 + sizeof(struct dns_header) / 2];
	const struct dns_header *dns = (const void *)&b[1];
	__u64 word;

	if (!info || !ctx || info->tcp.length < sizeof(b) ||
	    bpf_skb_load_bytes(skb, ctx->data, b, sizeof(b)) ||
	    bpf_ntohs(b[0]) < sizeof(struct dns_header))
		return 0;
	if (ctx->side == DIRECTION_OUT)
		return !(dns->flags & (DNS_QR | DNS_OPCODE)) && dns->counts[0] == bpf_htons(1) &&
		       !dns->counts[1] && bpf_ntohs(b[0]) + 2U <= info->tcp.length;
	if (!(dns->flags & DNS_QR))
		return 0;
	stream_set_flow(ctx, &info->key, dns->id);
	word = flow_lookup_word(&ctx->flow);
	if (word && flow_age(word, pkt_time(ctx)) <= config.timeout_ns)
		return 1;
	return bpf_ntohs(b[0]) + 2U == info->tcp.length ? -1 : 0;
}

/*
 * Finds the cursor that a segment continues: it begins at or before the position, and for a cursor
 * behind a gap not before that gap's end. Returns its number, STREAM_CURSORS: none.
 */
static __always_inline __u32 stream_find_cursor(const struct stream_side *side, __u32 sequence)
{
	__u32 i;

	UNROLL
	for (i = 0; i < STREAM_CURSORS; i++) {
		if (i > side->ahead)
			break;
		if (side->cursor[i].have != STREAM_SKIPPED &&
		    (__s32)(side->cursor[i].next - sequence) >= 0 &&
		    (i == 0 || (__s32)(sequence - side->cursor[i].from) >= 0))
			return i;
	}
	return STREAM_CURSORS;
}

/* Adds a cursor for bytes behind a gap, in order. Returns its number. */
static __always_inline __u32 stream_add_cursor(struct stream_side *side, __u32 sequence, __u32 end,
					       __u8 have)
{
	struct stream_cursor fresh = {.from = sequence, .next = end, .have = have};
	int before = side->ahead && (__s32)(sequence - side->cursor[1].from) < 0;

	if (side->ahead++ == 0) {
		side->cursor[1] = fresh;
		return 1;
	}
	if (!before) {
		side->cursor[2] = fresh;
		return 2;
	}
	side->cursor[2] = side->cursor[1];
	side->cursor[1] = fresh;
	return 1;
}

/* Bits: it is followed; a gap is given up, or the segment, where what is open may be answered. */
enum segment_place { PLACE_NONE, PLACE_FOUND = 1, PLACE_BEHIND_LOST = 2, PLACE_UNFOLLOWED = 4 };

/* Extends the bytes that were skipped. Returns 0 when the segment continues none of them. */
static __always_inline int stream_extend_skipped(struct stream_side *side, __u32 sequence,
						 __u32 end)
{
	struct stream_cursor *c;
	__u32 i;

	UNROLL
	for (i = 1; i < STREAM_CURSORS; i++) {
		c = &side->cursor[i];
		if (i > side->ahead || c->have != STREAM_SKIPPED ||
		    (__s32)(sequence - c->from) < 0 || (__s32)(c->next - sequence) < 0)
			continue;
		if ((__s32)(end - c->next) > 0)
			c->next = end;
		return 1;
	}
	return 0;
}

/* Places a segment behind a gap. Returns enum segment_place. */
static __always_inline int stream_place_ahead(const struct pkt_info *info, struct pkt_ctx *ctx,
					      struct stream_side *side, int plausible)
{
	__u32 sequence = info->tcp.sequence, end = sequence + info->tcp.length;
	int result = plausible ? PLACE_FOUND : PLACE_NONE;

	if (!plausible && stream_extend_skipped(side, sequence, end))
		return PLACE_NONE;
	if (side->ahead >= STREAM_AHEAD_MAX) {
		stream_give_up_gap(side);
		result |= PLACE_BEHIND_LOST;
	}
	if (!(side->flags & STREAM_SYNCED)) {
		if (plausible)
			stream_side_start(side, sequence);
		ctx->cursor = 0;
		return result;
	}
	ctx->cursor = stream_find_cursor(side, sequence);
	if (ctx->cursor < STREAM_CURSORS)
		return result | PLACE_FOUND;
	ctx->cursor = stream_add_cursor(side, sequence, plausible ? sequence : end,
					plausible ? 0 : STREAM_SKIPPED);
	return result;
}

/*
 * Chooses the cursor of a segment. One without a message at its beginning is not followed while the
 * stream has no position, and behind a gap. Returns enum segment_place.
 */
__noinline int stream_choose_cursor(struct __sk_buff *skb, struct pkt_info *info,
				    struct pkt_ctx *ctx, struct stream *stream)
{
	struct stream_side *side;
	__u32 sequence;
	int begin;

	if (!info || !ctx || !stream)
		return PLACE_NONE;
	sequence = info->tcp.sequence;
	side = stream_side_of(stream, ctx->side);
	if (!(side->flags & STREAM_SYNCED)) {
		if (side->flags & STREAM_POSITION && (__s32)(sequence - side->seen) < 0)
			return PLACE_NONE;
		begin = stream_test_begin(skb, info, ctx);
		if (begin <= 0)
			return begin || ctx->side == DIRECTION_OUT ? PLACE_NONE : PLACE_UNFOLLOWED;
		stream_side_start(side, sequence);
	}
	ctx->cursor = stream_find_cursor(side, sequence);
	if (ctx->cursor < STREAM_CURSORS)
		return PLACE_FOUND;
	if (sequence - side->cursor[0].next > STREAM_WINDOW)
		return PLACE_NONE;
	return stream_place_ahead(info, ctx, side, stream_test_begin(skb, info, ctx) > 0);
}

/* ---- a segment -------------------------------------------------------------------------- */

/*
 * Takes an acknowledgment of the client for what it has received: bytes before it that were not
 * seen will not come any more. Returns 1 when there are any.
 */
__noinline int stream_acknowledge(const struct pkt_info *info, struct stream *stream)
{
	struct stream_side *side;
	__u32 position, i, lost = 0;

	if (!info || !stream)
		return 0;
	side = &stream->side[DIRECTION_IN];
	position = info->tcp.acknowledgment;
	if ((side->flags & STREAM_SYNCED && (__s32)(position - side->cursor[0].next) <= 0) ||
	    !stream_lock(side))
		return 0;
	for (i = 0; i < STREAM_AHEAD_MAX && side->flags & STREAM_SYNCED && side->ahead; i++) {
		if ((__s32)(position - side->cursor[0].next) <= 0)
			break;
		stream_give_up_gap(side);
		lost = 1;
	}
	if (!(side->flags & STREAM_SYNCED) || (__s32)(position - side->cursor[0].next) > 0) {
		lost |= side->flags & STREAM_SYNCED;
		side->seen = position;
		side->ahead = 0;
		side->flags = STREAM_POSITION;
	}
	stream_unlock(side);
	return lost;
}

/* Stops following the responses of a stream whose queries were lost. */
__noinline int stream_unsync_responses(struct stream *stream)
{
	struct stream_side *side;

	if (!stream)
		return 0;
	side = &stream->side[DIRECTION_IN];
	if (!stream_lock(side))
		return 0;
	side->flags &= ~STREAM_SYNCED;
	side->ahead = 0;
	stream_unlock(side);
	return 0;
}

/* Tests whether an RST from the resolver is at a position that the stream has (RFC 5961, 3.2). */
static __always_inline int is_reset_in_place(const struct stream_side *side, __u32 sequence)
{
	if (!(side->flags & STREAM_POSITION))
		return 0;
	if (sequence == side->seen)
		return 1;
	return side->flags & STREAM_SYNCED &&
	       (sequence == side->cursor[0].next ||
		(side->ahead > 0 && sequence == side->cursor[1].next) ||
		(side->ahead > 1 && sequence == side->cursor[2].next));
}

/* Notes a FIN of the resolver, and tests whether all bytes before it were seen. */
static __always_inline int is_finished(const struct pkt_info *info, struct stream_side *side)
{
	if (info->tcp.flags & TCP_FIN) {
		side->fin = info->tcp.sequence + info->tcp.length;
		side->flags |= STREAM_FIN;
	}
	if (!(side->flags & STREAM_FIN))
		return 0;
	return (side->flags & STREAM_POSITION && side->seen == side->fin) ||
	       (side->flags & STREAM_SYNCED && side->cursor[0].next == side->fin);
}

/* ---- which stream ----------------------------------------------------------------------- */

/* Counts a connection that finds no room in the table, or no entry for its messages. */
static __always_inline __u32 stream_no_room(void)
{
	count_self(SELF_UNPARSED_STREAM);
	return 0;
}

/*
 * Sets ctx->messages from the resolver's number, and the flow of the connection. Returns 0 when no
 * message of this resolver was ever followed.
 */
static __always_inline int stream_set_connection(const struct pkt_info *info, struct pkt_ctx *ctx,
						 __u32 number)
{
	ctx->messages = number ? resolver_messages(resolver_flags(number)) : 0;
	if (ctx->messages)
		stream_set_flow(ctx, &info->key, 0);
	return !!ctx->messages;
}

/*
 * Finds the stream of a segment. One that arrives on `lo` may be translated: it is looked for under
 * each resolver that was queried there. Returns as stream_lookup().
 */
static __always_inline __u32 stream_find(const struct pkt_info *info, struct pkt_ctx *ctx)
{
	__u32 row = 0, i;

	if (stream_set_connection(info, ctx, ctx->resolver_number))
		row = stream_lookup(ctx);
	for (i = 0; i < LO_RESOLVERS_MAX && !row && ctx->on_lo && ctx->side == DIRECTION_IN; i++) {
		if (stream_set_connection(info, ctx, lo_resolver(i)))
			row = stream_lookup(ctx);
	}
	return row;
}

/* Makes the row of a connection whose resolver has an entry. Returns as stream_insert(). */
static __always_inline __u32 stream_begin(const struct pkt_info *info, struct pkt_ctx *ctx,
					  __u32 number, __u32 isn)
{
	__u32 row;

	if (!number)
		return stream_no_room();
	ctx->messages = resolver_messages(resolver_flags(number));
	if (!ctx->messages)
		ctx->messages = messages_insert(number);
	if (!ctx->messages)
		return stream_no_room();
	stream_set_flow(ctx, &info->key, 0);
	row = stream_insert(ctx, isn);
	return row ? row : stream_no_room();
}

/*
 * Finds the row of a segment with data, FIN or RST. A connection whose beginning was not seen is
 * followed from the first data on that begin with a query.
 */
static __always_inline __u32 stream_of_segment(struct __sk_buff *skb, const struct pkt_info *info,
					       struct pkt_ctx *ctx)
{
	__u32 row = stream_find(info, ctx);

	if (row || ctx->side != DIRECTION_OUT || !info->tcp.length ||
	    info->key.transport != TRANSPORT_TCP || stream_test_begin(skb, info, ctx) <= 0)
		return row;
	if (!ctx->resolver_number)
		ctx->resolver_number = resolver_insert_queried(&info->key, ctx->resolver_hash);
	return stream_begin(info, ctx, ctx->resolver_number, 0);
}

/* Follows the data of a SYN (TCP Fast Open, RFC 7413): a row is made for it. */
static __always_inline __u32 stream_of_syn(const struct pkt_info *info, struct pkt_ctx *ctx)
{
	__u32 row = stream_find(info, ctx);
	struct stream *stream = row ? array_elem(streams, row - 1) : 0;

	if (stream && stream->isn != bpf_ntohl(info->isn)) {
		stream->state = 0; /* a connection that has ended had this client port */
		row = 0;
	}
	if (!row && info->tcp.length) {
		row = stream_begin(info, ctx, ctx->resolver_number, bpf_ntohl(info->isn));
		stream = row ? array_elem(streams, row - 1) : 0;
		if (stream)
			stream_side_start(&stream->side[DIRECTION_OUT], info->tcp.sequence + 1);
	}
	return info->tcp.length ? row : 0;
}

/* Makes the row of a connection that is established, unless the data of its SYN had one made. */
static __always_inline __u32 stream_of_syn_ack(const struct pkt_info *info, struct pkt_ctx *ctx)
{
	__u32 row, isn = bpf_ntohl(info->isn);
	struct stream *stream;

	if (!ctx->matched)
		return 0;
	row = stream_find(info, ctx);
	stream = row ? array_elem(streams, row - 1) : 0;
	if (stream && stream->isn != isn) {
		stream->state = 0;
		row = 0;
	}
	if (!row) {
		row = stream_begin(info, ctx, ctx->connected, isn);
		stream = row ? array_elem(streams, row - 1) : 0;
		if (stream)
			stream_side_start(&stream->side[DIRECTION_OUT], isn + 1);
		else if (!ctx->late) /* connect_counterpart() */
			count_one(counters_of(counted_number(ctx, ctx->connected)),
				  COUNTER_TRUNCATED);
	}
	if (stream && row)
		stream_side_start(&stream->side[DIRECTION_IN], info->tcp.sequence + 1);
	return info->tcp.length ? row : 0;
}

/*
 * Finds the row of a segment, or makes one. info->kind is PKT_STREAM, or that of a segment that was
 * accounted as one of a connect: a SYN, a SYN-ACK, or an RST that may be about an established
 * connection. Returns as stream_lookup(); 0 too when nothing is left to follow.
 */
__noinline __u32 stream_row(struct __sk_buff *skb, struct pkt_info *info, struct pkt_ctx *ctx)
{
	__u32 row;

	if (!info || !ctx)
		return 0;
	ctx->data = info->payload;
	ctx->connect = 0;
	if (info->kind == PKT_STREAM)
		return stream_of_segment(skb, info, ctx);
	if (info->tcp.flags & TCP_RST)
		row = stream_find(info, ctx);
	else if (ctx->side == DIRECTION_OUT)
		row = stream_of_syn(info, ctx);
	else
		row = stream_of_syn_ack(info, ctx);
	if (info->tcp.flags & TCP_SYN)
		info->tcp.sequence++; /* the SYN has a number of its own (RFC 9293, 3.4) */
	info->kind = PKT_STREAM;
	return row;
}

/* ---- a segment of its stream ------------------------------------------------------------ */

/* Ends what is open in a stream that could not be followed. */
static __always_inline void stream_lost(const struct pkt_info *info, struct pkt_ctx *ctx,
					struct stream *stream)
{
	count_self(SELF_UNPARSED_STREAM);
	stream_end(info, ctx, stream, ENDED_UNFOLLOWED);
}

/*
 * Follows all messages of a segment, from ctx->cursor on. Returns WALK_LOST when it could not. The
 * verifier follows each round, so one has few instructions and few paths.
 */
static __always_inline int stream_walk(struct __sk_buff *skb, struct pkt_info *info,
				       struct pkt_ctx *ctx, struct stream *stream)
{
	int result = WALK_LOST;
	__u32 i;

	for (i = 0; i < STREAM_SEGMENT_MAX; i++) {
		result = stream_read(skb, info, ctx, stream, i == 0);
		if (result != WALK_NEXT)
			break;
		if (info->kind == PKT_QUERY)
			stream_query(skb, info, ctx, stream);
		else if (info->kind == PKT_RESPONSE)
			stream_response(skb, info, ctx, stream);
	}
	info->kind = PKT_STREAM;
	return result == WALK_DONE ? stream_join(ctx, stream, 1) : WALK_LOST;
}

/*
 * Begins a segment: notes what the client has acknowledged, and locks the direction. Returns 0 when
 * nothing is to be followed; else ENTER_LOCKED, and ENTER_LOST when bytes will not come any more.
 */
enum { ENTER_LOCKED = 1, ENTER_LOST = 2 };
__noinline int stream_enter(const struct pkt_info *info, struct pkt_ctx *ctx, struct stream *stream)
{
	int lost = 0;

	if (!info || !ctx || !stream || READ_ONCE(stream->state) & STREAM_CLOSED)
		return 0;
	WRITE_ONCE(stream->used, pkt_time(ctx));
	if (ctx->side == DIRECTION_OUT && info->tcp.flags & TCP_ACK && info->tcp.length &&
	    stream_acknowledge(info, stream))
		lost = ENTER_LOST;
	if (!stream_lock(stream_side_of(stream, ctx->side)))
		return lost;
	return ENTER_LOCKED | lost;
}

/* Gives up the position of a direction. Queries that were not seen make responses unmatched. */
__noinline int stream_unsync(const struct pkt_info *info, struct pkt_ctx *ctx,
			     struct stream *stream)
{
	struct stream_side *side;

	if (!info || !ctx || !stream)
		return 0;
	side = stream_side_of(stream, ctx->side);
	side->ahead = 0;
	side->seen = info->tcp.sequence + info->tcp.length;
	side->flags = STREAM_POSITION;
	if (ctx->side == DIRECTION_OUT)
		stream_unsync_responses(stream);
	return 0;
}

/* Follows the data of a segment in one direction, whose lock is held. */
static __always_inline void stream_data(struct __sk_buff *skb, struct pkt_info *info,
					struct pkt_ctx *ctx, struct stream *stream)
{
	int place = stream_choose_cursor(skb, info, ctx, stream);

	if (place & PLACE_BEHIND_LOST)
		count_self(SELF_UNPARSED_STREAM);
	if (place & (PLACE_BEHIND_LOST | PLACE_UNFOLLOWED))
		stream_end(info, ctx, stream, ENDED_UNFOLLOWED);
	if (!(place & PLACE_FOUND))
		return;
	if (stream_walk(skb, info, ctx, stream) != WALK_LOST)
		return;
	stream_unsync(info, ctx, stream);
	stream_lost(info, ctx, stream);
}

/* Tests for a segment that ends the connection. */
static __always_inline int is_end_of_stream(const struct pkt_info *info, struct stream_side *side,
					    __u32 direction, int matched)
{
	if (direction == DIRECTION_OUT)
		return info->tcp.flags & TCP_RST;
	if (info->tcp.flags & TCP_RST) /* one that matched refuses a connect with data */
		return matched || is_reset_in_place(side, info->tcp.sequence);
	return is_finished(info, side);
}

/* Ends a segment, and gives the lock back. Returns 1 when the connection has ended. */
__noinline int stream_leave(const struct pkt_info *info, const struct pkt_ctx *ctx,
			    struct stream *stream)
{
	struct stream_side *side;
	int ended;
	__u32 end;

	if (!info || !ctx || !stream)
		return 0;
	side = stream_side_of(stream, ctx->side);
	end = info->tcp.sequence + info->tcp.length;
	if (side->flags & STREAM_SYNCED && (__s32)(info->tcp.sequence - side->seen) <= 0 &&
	    (__s32)(end - side->seen) > 0)
		side->seen = end;
	ended = is_end_of_stream(info, side, ctx->side, ctx->matched);
	stream_unlock(side);
	return ended;
}

/*
 * Follows a segment of DNS over TCP or TLS. The functions within are inlined, since the kernel
 * allows 8 frames (MAX_CALL_FRAMES).
 */
__noinline int stream_follow(struct __sk_buff *skb, struct pkt_info *info, struct pkt_ctx *ctx)
{
	struct stream *stream;
	__u32 row, entered;

	if (!info || !ctx)
		return 0;
	row = stream_row(skb, info, ctx);
	stream = row ? array_elem(streams, row - 1) : 0;
	if (!stream)
		return 0;
	if (info->key.transport == TRANSPORT_DOT) {
		session_follow(skb, info, ctx, stream);
		return 0;
	}
	entered = stream_enter(info, ctx, stream);
	if (entered & ENTER_LOST)
		stream_lost(info, ctx, stream);
	if (!(entered & ENTER_LOCKED))
		return 0;
	if (info->tcp.length && !(info->tcp.flags & TCP_RST))
		stream_data(skb, info, ctx, stream);
	if (stream_leave(info, ctx, stream))
		stream_close(info, ctx, stream, info->tcp.flags & TCP_RST ? ENDED_RST : ENDED_FIN);
	return 0;
}

#endif
