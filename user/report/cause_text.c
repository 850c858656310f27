// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The sentences of each cause that do not depend on numbers. */
#include "report/cause_text.h"

#include "report/document.h"
#include "report/transport_words.h"
#include "util/address.h"

static const struct cause_text cause_texts[] = {
	[CAUSE_NONE] = {"not known",
			"What was seen does not point to one cause.",
			"send one query by hand and watch it with tcpdump.",
			{NULL},
			{NULL}},
	[CAUSE_NOT_SENT] = {"the queries did not leave the client",
			    "The client's own network stack refused to send. Either the resolver "
			    "(or the router to it) does not answer ARP or neighbour discovery, or "
			    "a firewall rule of the client rejects DNS.",
			    "look at the client's neighbour table and firewall rules.",
			    {"The resolver is down, or has another address on the link now.",
			     "The interface, the VLAN or the cable to it is down or wrong.",
			     "A firewall rule of the client rejects: then the reason is " MARK_CODE
			     "prohibited" MARK_END " or " MARK_CODE "other" MARK_END
			     ". A dead neighbour gives " MARK_CODE "host" MARK_END "."},
			    {"The neighbour table shows the resolver, or the router to it, as "
			     "FAILED or INCOMPLETE: it does not answer.",
			     "An output chain of the client has a reject rule for port 53."}},
	[CAUSE_PROHIBITED] =
		{"a firewall rejects the queries and says so",
		 "A firewall answered with \"administratively prohibited\". It follows a rule, so "
		 "somebody has to change its configuration. The DNS service itself may be healthy.",
		 "ask who runs the reporting firewall about its rules for DNS.",
		 {"The reporter is the resolver's address: the rule is on the resolver itself.",
		  "The reporter is another address: the rule is on a router or firewall on the "
		  "path.",
		  "The resolver serves only some networks, and the rule protects it."},
		 {"The reporter's log or rule counters show the rule at work.",
		  "A query from a host in another network is answered."}},
	[CAUSE_PORT_CLOSED] =
		{"the resolver's host is reachable, but nothing listens on that port, or a "
		 "firewall rejects",
		 "The resolver's host is up and the path works. Its DNS service is down or listens "
		 "elsewhere, or a firewall rejects.",
		 "check on the resolver that its DNS service runs and listens.",
		 {"The resolver's own firewall rejects the queries. On the wire this looks the "
		  "same as a closed port.",
		  "A device on the path answers in the resolver's name. Its messages mostly arrive "
		  "with another TTL than the resolver's other packets.",
		  "The DNS service restarts again and again, and is down part of the time."},
		 {"No socket on the resolver is bound to the port: nothing listens.",
		  "TCP to the port is refused too: the service is down. TCP connects: only UDP is "
		  "affected, as by a firewall."}},
	[CAUSE_NO_ROUTE] =
		{"a router reports that it cannot reach the resolver",
		 "A router answered that it cannot reach the resolver's host or network. Queries "
		 "leave the client and end at that router.",
		 "find the reporting router with traceroute, and check its route to the resolver.",
		 {"The resolver's host is down: the last router then reports \"host unreachable\".",
		  "A route on the path is missing or was withdrawn: \"network unreachable\".",
		  "The client is configured with a wrong resolver address."},
		 {"Traceroute ends at the reporter.", "Other addresses of the resolver's network "
						      "are unreachable too, or only this one."}},
	[CAUSE_REJECTED_ON_PATH] =
		{"a device between client and resolver rejects the queries",
		 "The messages come from an address that is not the resolver. A firewall, a router "
		 "or an address translator (NAT) on the path rejects the queries.",
		 "find who runs the reporting device, and check its rules for UDP port 53.",
		 {"The reporter is another address of the resolver's own host.",
		  "An address translator or load balancer has lost the resolver behind it.",
		  "A routing loop: then the reason is " MARK_CODE "other" MARK_END
		  ", and the message is \"time exceeded\"."},
		 {"The reporter's rules reject UDP port 53.",
		  "A query by another path, which avoids the reporter, is answered."}},
	[CAUSE_SERVER_ERROR] =
		{"the resolver answers, but with errors",
		 "The path works and the DNS service runs. It answers with an error instead of the "
		 "data that was asked for.",
		 "read the resolver's log for the names that fail.",
		 {"SERVFAIL: it cannot reach the authoritative servers, or DNSSEC validation "
		  "fails.",
		  "REFUSED: its access rules do not allow this client.",
		  "FORMERR or NOTIMP: a client, or a device on the path, sends what it does not "
		  "understand."},
		 {"The same question with checking disabled (+cd) is answered: DNSSEC validation.",
		  "Other names are answered: one zone is at fault.", "The resolver's own log."}},
	[CAUSE_NOT_SERVED] =
		{"the resolver takes connections, but does not answer on them",
		 "Connections were established, and closed or stayed without an answer. Something "
		 "listens on that TCP port, but the DNS service behind it does not serve.",
		 "check the DNS service behind that port, and the load balancer before it.",
		 {"A load balancer accepts, and has no DNS service behind it.",
		  "The service limits the number or the age of TCP connections.",
		  "Another service than DNS listens on that port."},
		 {"A query over UDP is answered: only this transport is not served.",
		  "The resolver's log says why it closes connections."}},
	[CAUSE_TLS_REFUSED] =
		{"the resolver answers, but not by a TLS handshake",
		 "Connections were established, and the client sent its first bytes. A TLS alert "
		 "came back in clear, or bytes that are no TLS. So nobody gets a session.",
		 "read the log of the TLS service, and compare the TLS versions of both sides.",
		 {"Client and resolver have no TLS version or cipher in common.",
		  "The service has no certificate for the name that the client asks for.",
		  "Another service than DNS over TLS listens on that port."},
		 {"`openssl s_client` to that port names the alert.",
		  "A query over UDP or TCP is answered: only TLS fails."}},
	[CAUSE_REWRITTEN] =
		{"the answers arrive under another address",
		 "As many responses as timeouts match no query. An address translator (NAT) "
		 "between "
		 "the two hooks of dnsreach rewrites queries or answers. The clients may be "
		 "served.",
		 "watch inside the translation: the guests' interfaces, or another interface.",
		 {"A BPF program masquerades at the same interface, as container networks do.",
		  "Somebody forges responses while the resolver is silent."},
		 {"A query by hand is answered.",
		  "The unmatched responses carry the message IDs of the queries."}},
	[CAUSE_INTERMITTENT] =
		{"some queries are answered and others time out",
		 "The resolver works, but not for every query. It is overloaded, or packets are "
		 "lost on the path.",
		 "compare the load of the resolver with the packet loss on the path.",
		 {"Packet loss on the path: other traffic to that host suffers too.",
		  "The resolver limits the rate of each client.",
		  "Only some names time out: their authoritative servers are slow or dead.",
		  "One of several hosts behind the same address is dead."},
		 {"The resolver's host shows drops at the socket's receive buffer: overload.",
		  "Ping loses packets as well: loss on the path.",
		  "Only a few names time out: their authoritative servers."}},
	[CAUSE_SILENT] =
		{"nothing came back at all",
		 "Neither answers nor ICMP messages came back. The resolver's host is down, or a "
		 "firewall drops queries or answers without a message.",
		 "ping the resolver and try TCP port 53: is its host up?",
		 {"A firewall on the path or on the resolver drops (instead of rejects) port 53.",
		  "The answers are lost on their way back: a route, or the client's own network.",
		  "The resolver is flooded and gets to no query at all.",
		  "ICMP is filtered on the path: the message that gives the reason did not "
		  "arrive."},
		 {"Ping, or TCP to another port, reaches the host: it is up, and something drops "
		  "DNS.",
		  "A capture on the resolver shows whether the queries arrive there."}},
};

_Static_assert(sizeof(cause_texts) / sizeof(*cause_texts) == CAUSE_MAX, "a cause has no text");

static const struct cause_text rejected_by_itself = {
	"the resolver's own address rejects the queries by ICMP, for a reason other than a closed "
	"port",
	"ICMP messages of reason " MARK_CODE "other" MARK_END
	" came from the resolver's own address. So its host, or a device that sends in its name, "
	"does not take these queries. The messages do not say why, or the recording does not show "
	"it.",
	"check that the DNS service runs on the resolver, and what its firewall rejects.",
	{"A firewall of the resolver rejects with a message of its own choice.",
	 "Fragments of the queries are lost: then the message is \"reassembly time exceeded\"."},
	{"No socket on the resolver is bound to the port: nothing listens.",
	 "A capture of whole packets shows type and code of the messages."}};

/* ---- of sessions over TLS, and of their connects --------------------------------------------- */

static const struct cause_text mixed_sessions = {
	"some sessions are answered by a TLS handshake, and others are not",
	"The resolver takes some sessions of TLS, and not others. It is overloaded, packets are "
	"lost on the path, or one of several hosts behind the address does not serve.",
	"compare the load of the TLS service with the packet loss on the path.",
	{"Packet loss on the path: other traffic to that host suffers too.",
	 "The TLS service limits the number of its connections, or the rate of each client.",
	 "One of several hosts behind the same address is dead, or has other settings."},
	{"The log of the TLS service names the sessions that it did not take: overload or a limit.",
	 "Ping loses packets as well: loss on the path.",
	 "Each host behind the address, asked by itself, answers always or never."}};

static const struct cause_text tls_port_closed = {
	"the resolver's host is reachable, but no service takes connections on that port",
	"The SYNs were answered, but by a refusal: the resolver's host is up and the path "
	"works. Nothing listens on that TCP port.",
	"check on the resolver that it serves TLS on port 853.",
	{"The service serves DNS without TLS only, or listens on another address.",
	 "A firewall rejects with a TCP reset. On the wire this looks the same."},
	{"No socket on the resolver listens on that TCP port.",
	 "TCP port 53 is refused too: the service is down."}};

static const struct cause_text tls_port_silent = {
	"nothing came back at all",
	"Neither a SYN-ACK, nor an RST, nor an ICMP message came back. The resolver's host is "
	"down, or a firewall drops TCP to that port without a message.",
	"ask the resolver without TLS: if that works, a firewall drops port 853.",
	{"A firewall on the path or on the resolver drops (instead of rejects) port 853.",
	 "The SYN-ACKs are lost on their way back: a route, or the client's own network."},
	{"A query without TLS is answered: the host is up, and something drops port 853.",
	 "A capture on the resolver shows whether the SYNs arrive there."}};

/* Returns the sentences that only a row over TLS has; NULL: it has those of the others. */
static const struct cause_text *tls_cause_text(const struct incident *incident)
{
	if (incident->resolver.transport != TRANSPORT_DOT || cause_is_nearest(incident))
		return NULL;
	if (!incident_is_connects(incident))
		return incident->cause == CAUSE_INTERMITTENT ? &mixed_sessions : NULL;
	if (incident->cause == CAUSE_PORT_CLOSED)
		return &tls_port_closed;
	return incident->cause == CAUSE_SILENT ? &tls_port_silent : NULL;
}

/* ---- of connects --------------------------------------------------------------------------- */

static const struct cause_text connect_causes[CAUSE_MAX] = {
	[CAUSE_NONE] = {"not known",
			"What was seen does not point to one cause.",
			"connect once by hand and watch it with tcpdump.",
			{NULL},
			{NULL}},
	[CAUSE_NOT_SENT] =
		{"the SYNs did not leave the client",
		 "The client's own network stack refused to send. Either the resolver (or the "
		 "router to it) does not answer ARP or neighbour discovery, or a firewall rule of "
		 "the client rejects TCP to that port.",
		 "look at the client's neighbour table and firewall rules.",
		 {"The resolver is down, or has another address on the link now.",
		  "A firewall rule of the client rejects."},
		 {"The neighbour table shows the resolver, or the router to it, as FAILED or "
		  "INCOMPLETE: it does not answer.",
		  "An output chain of the client has a reject rule for that port."}},
	[CAUSE_PROHIBITED] =
		{"a firewall rejects the connections and says so",
		 "A firewall answered with \"administratively prohibited\". It follows a rule, so "
		 "somebody has to change its configuration. The DNS service itself may be healthy.",
		 "ask who runs the reporting firewall about its rules for TCP to that port.",
		 {"The reporter is the resolver's address: the rule is on the resolver itself.",
		  "The reporter is another address: the rule is on a router or firewall on the "
		  "path."},
		 {"The reporter's log or rule counters show the rule at work.",
		  "A connection from a host in another network is established."}},
	[CAUSE_PORT_CLOSED] =
		{"the resolver's host is reachable, but no service takes connections on that port",
		 "The SYNs were answered, but by a refusal: the resolver's host is up and the path "
		 "works. Nothing listens on that TCP port.",
		 "check on the resolver that its DNS service listens on TCP.",
		 {"The service listens on UDP only, or on another address.",
		  "A firewall rejects with a TCP reset. On the wire this looks the same."},
		 {"No socket on the resolver listens on that TCP port.",
		  "UDP is refused by ICMP too: the service is down."}},
	[CAUSE_NO_ROUTE] =
		{"a router reports that it cannot reach the resolver",
		 "A router answered that it cannot reach the resolver's host or network. The SYNs "
		 "leave the client and end at that router.",
		 "find the reporting router with traceroute, and check its route to the resolver.",
		 {"The resolver's host is down: the last router then reports \"host unreachable\".",
		  "A route on the path is missing or was withdrawn: \"network unreachable\"."},
		 {"Traceroute ends at the reporter."}},
	[CAUSE_REJECTED_ON_PATH] =
		{"a device between client and resolver rejects the connections",
		 "The messages come from an address that is not the resolver. A firewall, a router "
		 "or an address translator (NAT) on the path rejects the SYNs.",
		 "find who runs the reporting device, and check its rules for TCP to that port.",
		 {"The reporter is another address of the resolver's own host.",
		  "An address translator or load balancer has lost the resolver behind it."},
		 {"The reporter's rules reject TCP to that port."}},
	[CAUSE_REWRITTEN] =
		{"the answers come under another address",
		 "As many SYN-ACKs that match no SYN came in as connects timed out. An address "
		 "translation (NAT) between the application and this place rewrites one side.",
		 "watch where both sides are seen: the interface inside the translation.",
		 {"A forger sends SYN-ACKs while the resolver is silent."},
		 {"A connection by hand is established."}},
	[CAUSE_INTERMITTENT] =
		{"some connections are established and others time out",
		 "The resolver takes connections, but not each of them. Its queue of new "
		 "connections "
		 "is full, or packets are lost on the path.",
		 "compare the drops at the resolver's listening socket with the loss on the path.",
		 {"The resolver limits its number of connections.",
		  "One of several hosts behind the same address is dead."},
		 {"The resolver's host counts listen overflows or drops: its queue is full.",
		  "Ping loses packets as well: loss on the path."}},
	[CAUSE_SILENT] =
		{"nothing came back at all",
		 "Neither a SYN-ACK, nor an RST, nor an ICMP message came back. The resolver's "
		 "host "
		 "is down, or a firewall drops TCP to that port without a message.",
		 "ask the resolver over UDP: if that works, a firewall drops TCP.",
		 {"A firewall on the path or on the resolver drops (instead of rejects) TCP to "
		  "that "
		  "port.",
		  "The SYN-ACKs are lost on their way back: a route, or the client's own network."},
		 {"A query over UDP is answered: the host is up, and something drops TCP.",
		  "A capture on the resolver shows whether the SYNs arrive there."}},
};

static const struct cause_text connect_nearest = {
	"the resolver's own address rejects the connections by ICMP, for a reason other than a "
	"closed port",
	"ICMP messages of reason " MARK_CODE "other" MARK_END
	" came from the resolver's own address. So its host, or a device that sends in its name, "
	"does not take these connections. The messages do not say why.",
	"check that the DNS service listens on the resolver, and what its firewall rejects.",
	{"A firewall of the resolver rejects with a message of its own choice."},
	{"No socket on the resolver listens on that TCP port."}};

static const struct cause_text *connect_cause_text(const struct incident *incident)
{
	if (cause_is_nearest(incident))
		return &connect_nearest;
	return connect_causes[incident->cause].brief ? &connect_causes[incident->cause]
						     : &connect_causes[CAUSE_NONE];
}

/*
 * Of guests, while nothing failed that this host sends or forwards (fails_inside): the message is
 * this host's own, sent before the packet left it.
 */
static const struct cause_text rejected_by_this_host = {
	"this host itself rejects what its guests send there",
	"The messages come from this host: a rule of its own rejects the packets before they leave "
	"it. kube-proxy has such a rule for each service without endpoints.",
	"see whether the service has endpoints that are ready, and which rule of this host "
	"rejects.",
	{"A network policy or a firewall rule of this host rejects."},
	{"The service has no endpoint (kubectl get endpointslices).",
	 "nft list ruleset, or iptables-save, has a reject rule for that address, and its counter "
	 "rises with each try."}};

static const struct cause_text no_route_in_this_host = {
	"this host itself has no route to where it sends what its guests ask",
	"The messages come from this host: after its address translation there is no route to the "
	"endpoint, or the endpoint does not answer on its link.",
	"compare the endpoint's address with the routes of this host (ip route get ADDRESS).",
	{"The endpoint was removed, and the rules of this host still name it."},
	{"ip route get says that the endpoint is unreachable.",
	 "ip neigh shows the endpoint as FAILED."}};

/* Returns the sentences of a cause whose messages this host itself has sent; NULL: another. */
static const struct cause_text *inside_cause_text(const struct incident *incident)
{
	if (!incident->fails_inside)
		return NULL;
	if (incident->cause == CAUSE_REJECTED_ON_PATH)
		return &rejected_by_this_host;
	return incident->cause == CAUSE_NO_ROUTE ? &no_route_in_this_host : NULL;
}

int cause_is_nearest(const struct incident *incident)
{
	return incident->cause == CAUSE_PORT_CLOSED &&
	       !incident->counters.n[COUNTER_EVIDENCE_PORT] &&
	       !incident->counters.n[COUNTER_CONNECT_REFUSED];
}

const struct cause_text *cause_text_of(const struct incident *incident)
{
	const struct cause_text *inside = inside_cause_text(incident);

	if (inside)
		return inside;
	if (tls_cause_text(incident))
		return tls_cause_text(incident);
	if (incident_is_connects(incident))
		return connect_cause_text(incident);
	return cause_is_nearest(incident) ? &rejected_by_itself : &cause_texts[incident->cause];
}
