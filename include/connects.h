/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * How connects (DNS over TCP and over TLS) are kept in the tables of queries: what the key of an
 * open one holds, the entries `other`, and the counters of a connect among those of a query. For
 * the engine and for all that read its tables.
 */
#ifndef CONNECTS_H
#define CONNECTS_H

#include <percpu_counters.h>

/*
 * The word `resolver` of a connect's flow_key: bit 30, 16 bits of the initial sequence number, and
 * 14 bits of the number. Without an entry (bit 31): a bit for DNS over TLS and 13 bits of the hash.
 */
#define CONNECT_NUMBER_BITS 14
#define CONNECT_NUMBER_MAX ((1U << CONNECT_NUMBER_BITS) - 1)
#define CONNECT_UNLISTED_DOT (1U << (CONNECT_NUMBER_BITS - 1))
#define CONNECT_HASH_MASK (CONNECT_UNLISTED_DOT - 1)

/*
 * Returns the number of the entry `other` of this transport: of UDP 0, of the others the last
 * numbers.
 */
static inline __u32 resolver_other(__u32 transport, __u32 entries)
{
	return transport > TRANSPORT_UDP ? entries - (transport - TRANSPORT_UDP) : RESOLVER_OTHER;
}

/* Returns the transport whose entry `other` has this number, TRANSPORT_NONE of UDP's. */
static inline __u32 resolver_other_transport(__u32 number, __u32 entries)
{
	return number ? TRANSPORT_UDP + entries - number : TRANSPORT_NONE;
}

static inline int is_resolver_other(__u32 number, __u32 entries)
{
	return !number || number > entries - RESOLVERS_OTHER;
}

/* Returns the number of the resolver that a transaction with this key counts for. */
static inline __u32 flow_resolver_number(const struct flow_key *key, __u32 entries)
{
	if (!(key->resolver & RESOLVER_CONNECT))
		return (key->resolver & RESOLVER_UNLISTED) ? RESOLVER_OTHER : key->resolver;
	if (!(key->resolver & RESOLVER_UNLISTED))
		return key->resolver & CONNECT_NUMBER_MAX;
	return resolver_other((key->resolver & CONNECT_UNLISTED_DOT) ? TRANSPORT_DOT
								     : TRANSPORT_TCP,
			      entries);
}

/* Returns the counter of queries that the engine counts this counter of connects as. */
static inline __u32 connect_counterpart(__u32 counter)
{
	switch (counter) {
	case COUNTER_CONNECT_ATTEMPTS:
		return COUNTER_QUERIES;
	case COUNTER_CONNECT_OPENED:
		return COUNTER_TRANSACTIONS;
	case COUNTER_CONNECT_RETRANSMISSIONS:
		return COUNTER_RETRANSMISSIONS;
	case COUNTER_CONNECT_UNTRACKED:
		return COUNTER_UNTRACKED;
	case COUNTER_CONNECT_ESTABLISHED:
		return COUNTER_ANSWERED_NOERROR;
	case COUNTER_CONNECT_UNFOLLOWED:
		return COUNTER_TRUNCATED; /* no SYN-ACK has a TC bit */
	case COUNTER_CONNECT_REFUSED:
		return COUNTER_ANSWERED_REFUSED;
	case COUNTER_CONNECT_TIMED_OUT:
		return COUNTER_TIMED_OUT;
	case COUNTER_CONNECT_LATE:
		return COUNTER_LATE_RESPONSES;
	case COUNTER_CONNECT_UNMATCHED:
		return COUNTER_UNMATCHED_RESPONSES;
	case COUNTER_CONNECT_ARRIVALS:
		return COUNTER_RESPONSES;
	case COUNTER_CONNECT_RTT_COUNT:
		return COUNTER_RTT_COUNT;
	case COUNTER_CONNECT_RTT_SUM_NS:
		return COUNTER_RTT_SUM_NS;
	default:
		return COUNTER_UNREACHABLE_PORT + counter - COUNTER_CONNECT_UNREACHABLE_PORT;
	}
}

/* Tests for a counter that a transport of connects has in common with UDP. */
static inline int is_shared_counter(__u32 counter)
{
	return (counter >= COUNTER_ICMP_PORT && counter <= COUNTER_ICMP_FROM_ELSEWHERE) ||
	       counter == COUNTER_LATE_UNREACHABLES || counter == COUNTER_UNMATCHED_UNREACHABLES ||
	       (counter >= COUNTER_UNSENT_HOST && counter <= COUNTER_UNSENT_OTHER) ||
	       counter == COUNTER_FORWARDED ||
	       (counter >= COUNTER_EVIDENCE_PROHIBITED && counter <= COUNTER_EVIDENCE_ON_PATH);
}

static inline int is_connect_counter(__u32 counter)
{
	return counter >= COUNTER_CONNECT_ATTEMPTS && counter <= COUNTER_CONNECT_RTT_SUM_NS;
}

/* Tests for a counter that only messages over TCP have. */
static inline int is_stream_counter(__u32 counter)
{
	return counter >= COUNTER_CLOSED_FIN && counter <= COUNTER_FURTHER;
}

/*
 * Returns the counter that the engine counts one of is_stream_counter() as: one about ICMP, since
 * no ICMP message is about an established connection.
 */
static inline __u32 stream_counterpart(__u32 counter)
{
	return counter == COUNTER_FURTHER ? COUNTER_ICMP_SHORT_QUOTES
					  : COUNTER_UNREACHABLE_PORT + counter - COUNTER_CLOSED_FIN;
}

/* Tests for a counter of messages over TCP: all of UDP that are not about ICMP, and their own. */
static inline int is_message_counter(__u32 counter)
{
	if (is_connect_counter(counter) || is_shared_counter(counter) ||
	    counter == COUNTER_SESSION_REFUSED)
		return 0;
	return !(counter >= COUNTER_UNREACHABLE_PORT && counter <= COUNTER_UNREACHABLE_OTHER) &&
	       counter != COUNTER_ICMP_SHORT_QUOTES && counter != COUNTER_TOO_BIG;
}

/*
 * Tests for a counter of transactions that a row of DNS over TLS has for its sessions: started,
 * answered by a TLS handshake, refused, closed, timed out.
 */
static inline int is_session_counter(__u32 counter)
{
	return counter == COUNTER_TRANSACTIONS || counter == COUNTER_ANSWERED_NOERROR ||
	       counter == COUNTER_ANSWERED_REFUSED || counter == COUNTER_CLOSED_FIN ||
	       counter == COUNTER_CLOSED_RST || counter == COUNTER_TIMED_OUT ||
	       counter == COUNTER_SESSION_REFUSED || counter == COUNTER_RTT_COUNT ||
	       counter == COUNTER_RTT_SUM_NS;
}

/* Tests whether rows of this transport have the counter. */
static inline int transport_has_counter(__u32 transport, __u32 counter)
{
	if (transport == TRANSPORT_TCP && is_message_counter(counter))
		return 1;
	if (transport == TRANSPORT_DOT && is_session_counter(counter))
		return 1;
	if (transport > TRANSPORT_UDP)
		return is_connect_counter(counter) || is_shared_counter(counter);
	return !is_connect_counter(counter) && !is_stream_counter(counter) &&
	       counter != COUNTER_SESSION_REFUSED;
}

/*
 * Returns a counter from the words of an entry of this transport; 0 where it has none. `messages`:
 * the words of the entry that counts its messages, of DNS over TLS its sessions; NULL: there is
 * none. `is_followed`: connections are followed at all.
 */
static inline __u64 counter_from_words(const __u64 *words, const __u64 *messages, __u32 transport,
				       int is_followed, __u32 counter)
{
	if (!transport_has_counter(transport, counter))
		return 0;
	if (counter == COUNTER_CONNECT_UNFOLLOWED && !is_followed)
		counter = COUNTER_CONNECT_ESTABLISHED;
	if (is_connect_counter(counter))
		return words[counter_word(connect_counterpart(counter))];
	if (transport <= TRANSPORT_UDP ||
	    (is_shared_counter(counter) && counter != COUNTER_FORWARDED))
		return words[counter_word(counter)];
	if (counter == COUNTER_FORWARDED) /* of a session none is counted */
		return words[counter_word(counter)] +
		       (messages ? messages[counter_word(counter)] : 0);
	if (is_stream_counter(counter))
		counter = stream_counterpart(counter);
	if (counter == COUNTER_SESSION_REFUSED)
		counter = COUNTER_ANSWERED_REFUSED;
	return messages ? messages[counter_word(counter)] : 0;
}

/* Returns the number of the entry that counts the messages of this one, 0: there is none. */
static inline __u32 resolver_messages(__u32 flags)
{
	return (flags & RESOLVER_MESSAGES) ? 0 : flags >> RESOLVER_PAIR_SHIFT;
}

#endif
