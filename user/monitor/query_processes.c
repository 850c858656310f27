// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * From a query to its socket (sock_diag), and from the socket to its process (/proc). The first
 * costs some microseconds, the second a walk through all descriptors of the host, so walks take a
 * small share of the time. A query that was answered in the meantime has mostly no socket left.
 */
#include "monitor/query_processes.h"

#include "monitor/process_names.h"
#include "util/clock.h"
#include "util/socket_owner.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#define WAITED_NS (NS_PER_S / 4) /* most queries have their response by then */
#define WALK_SHARE 50		 /* walks take at most this part of the time */

struct waiting_query {
	__u64 number; /* of the sampled query */
	__u64 opened_ns;
	struct transaction_key key;
};

struct query_processes {
	struct process_names *names; /* NULL: processes cannot be found */
	__u64 next_walk_ns;
	size_t waiting_count, walked_count; /* walked_count 0: no walk is under way */
	struct waiting_query waiting[PROCESSES_MAX];
	__u64 walked[PROCESSES_MAX]; /* numbers of the queries of the walk */
};

struct query_processes *query_processes_new(void)
{
	struct query_processes *processes = calloc(1, sizeof(*processes));

	if (processes && process_names_open(&processes->names))
		processes->names = NULL;
	return processes;
}

void query_processes_free(struct query_processes *processes)
{
	if (!processes)
		return;
	process_names_close(processes->names);
	free(processes);
}

void query_processes_add(struct query_processes *processes, const struct sampled_queries *sampled,
			 const struct sample *sample)
{
	if (sample->kind != SAMPLE_QUERY || sample->key.transport != TRANSPORT_UDP ||
	    sample->key.origin != ORIGIN_HOST || processes->waiting_count == PROCESSES_MAX)
		return;
	processes->waiting[processes->waiting_count++] =
		(struct waiting_query){.number = sampled_queries_last(sampled),
				       .opened_ns = sample->opened_ns,
				       .key = sample->key};
}

void query_processes_read(struct query_processes *processes, struct sampled_queries *sampled,
			  __u64 now_ns)
{
	struct process_socket found[PROCESSES_MAX];
	size_t count, i;
	__u64 took_ns;

	if (!processes->walked_count)
		return;
	count = process_names_read(processes->names, found, &took_ns);
	for (i = 0; i < count && i < processes->walked_count; i++) {
		struct query_process *process =
			sampled_queries_process(sampled, processes->walked[i]);

		if (!process || !found[i].pid)
			continue;
		process->pid = found[i].pid;
		memcpy(process->name, found[i].name, sizeof(process->name));
	}
	if (!count)
		return;
	processes->walked_count = 0;
	processes->next_walk_ns = now_ns + took_ns * WALK_SHARE;
}

static struct sockaddr_in6 sockaddr_of(const struct ip_address *address, __u16 port, __u32 scope)
{
	struct sockaddr_in6 socket_address = {.sin6_family = AF_INET6, .sin6_port = port};

	memcpy(&socket_address.sin6_addr, address, sizeof(*address));
	if (IN6_IS_ADDR_LINKLOCAL(&socket_address.sin6_addr))
		socket_address.sin6_scope_id = scope;
	return socket_address;
}

/* Sets the user of a query whose socket is still open. Returns the socket's inode; 0: none. */
static __u32 lookup_socket(const struct waiting_query *query, struct sampled_queries *sampled)
{
	const struct transaction_key *key = &query->key;
	struct sockaddr_in6 local = sockaddr_of(&key->client, key->client_port, key->scope);
	struct sockaddr_in6 remote = sockaddr_of(&key->resolver, key->resolver_port, key->scope);
	struct query_process *process = sampled_queries_process(sampled, query->number);
	struct socket_identity identity;

	if (!process || socket_lookup_udp((const struct sockaddr *)&local,
					  (const struct sockaddr *)&remote, &identity))
		return 0;
	process->user_id = identity.user_id;
	process->has_user_id = 1;
	return identity.inode;
}

void query_processes_lookup(struct query_processes *processes, struct sampled_queries *sampled,
			    __u64 now_ns)
{
	struct process_socket wanted[PROCESSES_MAX] = {0};
	size_t i, younger = 0, count = 0;
	int can_walk =
		processes->names && !processes->walked_count && now_ns >= processes->next_walk_ns;

	for (i = 0; i < processes->waiting_count; i++) {
		const struct waiting_query query = processes->waiting[i];

		if (query.opened_ns + WAITED_NS > now_ns) {
			processes->waiting[younger++] = query;
			continue;
		}
		wanted[count].inode = lookup_socket(&query, sampled);
		processes->walked[count] = query.number;
		count += can_walk && wanted[count].inode;
	}
	processes->waiting_count = younger;
	if (count && !process_names_request(processes->names, wanted, count))
		processes->walked_count = count;
}
