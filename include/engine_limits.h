/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Limits: how much of a packet is followed, how many of each thing are kept, and for how long. The
 * kernel side and user space share them. Options can change those that end in _DEFAULT.
 */
#ifndef ENGINE_LIMITS_H
#define ENGINE_LIMITS_H

#define PORTS_MAX 8		 /* watched ports */
#define EXTENSION_HEADERS_MAX 6	 /* IPv6 extension headers followed in one packet */
#define VLAN_TAGS_MAX 3		 /* VLAN tags followed in the packet's bytes */
#define MPLS_LABELS_MAX 4	 /* MPLS labels followed there */
#define SEGMENTS_MAX 16		 /* messages parsed in one GSO or GRO packet */
#define TUPLE_INDEX_IDS 16	 /* message IDs in one row of the index by 4-tuple */
#define EXPIRED_PER_KEY 4	 /* timed-out transactions kept for one key */
#define RESOLVERS_DEFAULT 256	 /* entries that queries may create */
#define LO_RESOLVERS_MAX 8	 /* resolvers on `lo` that translated arrivals are tried for */
#define RESOLVERS_OTHER 3	 /* entries `other`: of UDP, TCP, TLS */
#define RESOLVERS_RESERVED 35	 /* entries beyond those: 32 configured ones and `other` */
#define ASKERS_MAX 1024		 /* pairs of resolver and cgroup with counters of their own */
#define ASKER_INDEX_MASK 4095	 /* words of their index, less 1 */
#define ASKER_COMMANDS 16	 /* askers that one sweep unlinks or frees */
#define RESOLVERS_SPARE 7	 /* numbers lost when several CPUs add one resolver at once */
#define IN_FLIGHT_DEFAULT 65536	 /* open transactions */
#define STREAMS_DEFAULT 4096	 /* TCP connections whose messages are followed */
#define STREAM_WAYS 8		 /* rows of the table of streams that one connection may be in */
#define STREAM_AHEAD_MAX 2	 /* gaps that one direction of a stream may have at once */
#define STREAM_SEGMENT_MAX 256	 /* messages followed in one segment */
#define STREAM_WINDOW (1U << 22) /* bytes that a segment may lie ahead of its stream */
#define TIMEOUT_DEFAULT_NS 5000000000ULL
#define EXPIRED_KEEP_NS 60000000000ULL /* a timed-out transaction is kept this long */
#define DUPLICATE_NS 1000000ULL	       /* one packet reaches its other interfaces within this */
#define SWEEP_BUDGET 4096  /* transactions that one run of the sweep ends, with softirqs off */
#define LOOPBACK_IFINDEX 1 /* `lo`, in every network namespace */

#endif
