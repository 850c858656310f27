/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Builds the packets of the tests, from the RFCs and not from the code under test. A packet is
 * described by a struct udp_spec (a UDP datagram with a DNS message) or struct icmp_spec (a
 * message that quotes one); what is left zero is ordinary.
 */
#ifndef FRAMES_H
#define FRAMES_H

#include <stddef.h>
#include <stdint.h>

struct frame {
	uint8_t bytes[8192];
	uint32_t length;
	uint32_t wire_length; /* of one that a snap length cut; 0: all of it is here */
	uint16_t protocol;    /* EtherType as the kernel would say, host order */
	uint32_t network;     /* offset of the network header */
	uint32_t ifindex;
	uint32_t came_in; /* of one that is forwarded: the interface it came in by */
	int guest;	  /* on a guest's interface: for the programs there */
	uint32_t gso_size;
	int tagged; /* a VLAN tag taken out by the device: vlan_tci */
	uint16_t vlan_tci;
	int native_only; /* BPF_PROG_TEST_RUN cannot be given this one */
};

/* 4 or 6: every spec without `v4` is built in this family, so that each case runs in both. */
extern int family;
/* Ordinary ends, in the family that is set. */
const char *client_text(void);
const char *frame_resolver(void);
const char *router_text(void);
const char *other_text(void);

struct udp_spec {
	const char *source, *destination; /* text; client and resolver */
	uint16_t source_port, destination_port;
	uint16_t id;
	int id_zero;	      /* the message ID is 0 */
	int response;	      /* from the resolver to the client */
	int rcode, truncated; /* of a response */
	int qr;		      /* 1: QR as in a response although it is sent as a query; -1: not */
	int payload;	      /* bytes of DNS; 0: a whole message; -1: none */
	int messages;	      /* as many messages of `segment` bytes in one packet */
	int segment;
	int last_segment;	   /* bytes of the last one, if shorter */
	int udp_length;		   /* what the UDP header says, if not the truth */
	int ip_length;		   /* what the IP header says, if not the truth */
	int header_length;	   /* IPv4: what the IHL says, in 4 bytes, if not the truth */
	int options;		   /* bytes of IPv4 options */
	const uint8_t *extensions; /* IPv6: next-header numbers */
	int extension_count;
	int offset, more; /* a fragment: offset in 8 bytes, more fragments */
	uint16_t ip_id;
	int tags; /* VLAN tags in the bytes: 1, 2: QinQ, more: that many */
	uint16_t vlan;
	int pppoe;	 /* behind the Ethernet header, with the protocol of PPP that fits */
	int mpls;	 /* so many labels there */
	int no_ethernet; /* a device without Ethernet header */
	int cut;	 /* a snap length cut it after so many bytes; 0: not */
	uint32_t ifindex, came_in;
	int guest; /* on a guest's interface */
	uint32_t gso_size;
	int tcp; /* flags: a TCP segment in place of the datagram */
	uint32_t sequence, acknowledgment;
	int data;	      /* bytes behind the TCP header */
	const uint8_t *bytes; /* these; NULL: zeros */
	int tcp_offset;	      /* what the header says, in 4 bytes, if not the truth */
	int tcp_header;	      /* bytes of the header, if not all 20 */
};

enum { TCP_FLAG_FIN = 1, TCP_FLAG_SYN = 2, TCP_FLAG_RST = 4, TCP_FLAG_ACK = 16 };

struct icmp_spec {
	const char *reporter; /* text; the resolver */
	const char *to;	      /* text; the client */
	int type, code;	      /* 0: port unreachable, in the family that is set */
	int code_zero;	      /* the code is 0 */
	struct udp_spec quoted;
	int quote_payload; /* bytes after the UDP header; 0: all, -1: none */
	int quote_udp;	   /* bytes of the UDP header, if not all 8 */
	int quote_tcp;	   /* bytes of the TCP header, if not all 20 */
	int pad_to;	   /* the quote is padded to so many bytes and an RFC 4884 object follows */
	int say_length;	   /* with pad_to: the length field is set */
	int raw_length;	   /* the length field, as is */
	int quoted_total;  /* the quoted IPv4 total length as somebody changed it */
	int options, no_ethernet, tags, pppoe, mpls;
	uint16_t ip_id;
	int cut;
	uint32_t ifindex;
};

struct frame udp_frame(struct udp_spec s);
struct frame icmp_frame(struct icmp_spec s);

#endif
