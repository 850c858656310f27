// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Plays many hosts for a Prometheus: play_hosts COUNT FIFO. Host N, from 0 on, answers /metrics on
 * 127.(1 + N / 65536).(N / 256 % 256).(N % 256), port 9753, with a page of the product's own
 * writer. Each asks four resolvers: two that all hosts ask, one of its site (100 hosts), and its
 * own stub, with two queries a second each. The states are played, not judged: a resolver is down
 * from JUDGED_AFTER_S after its failure began.
 *
 * FIFO has a line for each change, which begins when the line is read:
 *   fail RESOLVER FIRST LAST CAUSE   resolver 0 to 3 fails on hosts FIRST to LAST; 4: each of them
 *   mend                             nothing fails any more
 * Prints "ready" at the start, and a line for each change with the time since 1970. Runs until
 * it is killed.
 */
#include "health/status.h"
#include "metrics/prometheus.h"
#include "util/clock.h"

#include <arpa/inet.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define PORT 9753
#define HOSTS_MAX 65536
#define HOSTS_PER_SITE 100
#define RESOLVERS 4
#define FAULTS_MAX 256
#define QUERIES_PER_S 2
#define JUDGED_AFTER_S 10
#define THREADS 2
#define CONNECTIONS_MAX 40000

struct fault {
	unsigned int resolver, first, last;
	__u64 from_ms, to_ms; /* on the clock of now_ms(); to_ms: 0 while it lasts */
	enum cause cause;
};

static struct fault faults[FAULTS_MAX];
static unsigned int fault_count;
static pthread_rwlock_t lock = PTHREAD_RWLOCK_INITIALIZER;
static __u64 began_ms;
static unsigned int hosts;

/* Whole milliseconds: a sum that is rounded could go back, as no counter does. */
static __u64 now_ms(void)
{
	return clock_wall_ns() / 1000000;
}

/* ---- what a host has counted ------------------------------------------------------------- */

static struct resolver_key key_of(unsigned int host, unsigned int resolver)
{
	struct resolver_key key = {.port = htons(53), .transport = TRANSPORT_UDP};
	__u32 address = 0x7f000035; /* 127.0.0.53 */

	if (resolver < 2)
		address = 0xc00002fb + resolver; /* 192.0.2.251 and 252 */
	else if (resolver == 2)
		address = 0xc6336401 + host / HOSTS_PER_SITE; /* 198.51.100.1 and on */
	key.address.w[2] = htonl(0xffff);
	key.address.w[3] = htonl(address);
	return key;
}

/* Milliseconds in which a resolver failed, by what comes back. */
struct failed_time {
	__u64 unreachable, silent;
};

/* Returns for how long it has failed in all; `current`: the fault that lasts, or NULL. */
static struct failed_time time_failed(unsigned int host, unsigned int resolver, __u64 at_ms,
				      const struct fault **current)
{
	struct failed_time sum = {0};
	unsigned int i;

	*current = NULL;
	for (i = 0; i < fault_count; i++) {
		const struct fault *fault = &faults[i];
		__u64 ms = (fault->to_ms ? fault->to_ms : at_ms) - fault->from_ms;

		if ((fault->resolver != resolver && fault->resolver < RESOLVERS) ||
		    host < fault->first || host > fault->last)
			continue;
		if (fault->cause == CAUSE_PORT_CLOSED)
			sum.unreachable += ms;
		else
			sum.silent += ms;
		if (!fault->to_ms && at_ms - fault->from_ms >= JUDGED_AFTER_S * 1000)
			*current = fault;
	}
	return sum;
}

/* The RTT of answered transactions: a hill of twelve buckets around a millisecond. */
static void count_rtt(struct resolver_counters *counters, __u64 answered)
{
	unsigned int i, first = RTT_BUCKETS / 3;

	for (i = 0; i < 12; i++)
		counters->rtt[first + i] = answered / 12;
	counters->n[COUNTER_RTT_COUNT] = answered / 12 * 12;
	counters->n[COUNTER_RTT_SUM_NS] = answered / 12 * 12 * 1000000;
}

static void count_resolver(struct resolver_counters *counters, __u64 age_ms,
			   const struct failed_time *failed)
{
	__u64 unreachable = failed->unreachable * QUERIES_PER_S / 1000;
	__u64 timed_out = failed->silent * QUERIES_PER_S / 1000;
	__u64 answered_ms = age_ms - failed->unreachable - failed->silent;
	__u64 answered = answered_ms * QUERIES_PER_S / 1000;

	counters->n[COUNTER_TRANSACTIONS] = answered + unreachable + timed_out;
	counters->n[COUNTER_QUERIES] = counters->n[COUNTER_TRANSACTIONS];
	counters->n[COUNTER_ANSWERED_NOERROR] = counters->n[COUNTER_RESPONSES] = answered;
	counters->n[COUNTER_UNREACHABLE_PORT] = counters->n[COUNTER_ICMP_PORT] = unreachable;
	counters->n[COUNTER_TIMED_OUT] = timed_out;
	count_rtt(counters, answered);
}

struct host_page {
	struct resolver_snapshot resolvers[RESOLVERS];
	struct resolver_status judged[RESOLVERS];
	struct snapshot now;
	struct status status;
};

static void fill_page(struct host_page *page, unsigned int host, __u64 at_ms)
{
	static const struct status_interface interfaces[] = {{"eth0", "tcx", 1}, {"lo", "tcx", 1}};
	unsigned int i;

	for (i = 0; i < RESOLVERS; i++) {
		struct resolver_snapshot *resolver = &page->resolvers[i];
		const struct fault *fault;
		struct failed_time failed = time_failed(host, i, at_ms, &fault);

		resolver->key = key_of(host, i);
		count_resolver(&resolver->counters, at_ms - began_ms, &failed);
	}
	page->now = (struct snapshot){.resolvers = page->resolvers,
				      .count = RESOLVERS,
				      .in_flight_capacity = 65536,
				      .resolvers_capacity = 288};
	snapshot_sort(&page->now);
	page->status = (struct status){.snapshot = &page->now,
				       .interval_s = 1,
				       .interfaces = interfaces,
				       .interface_count = 2,
				       .resolvers = page->judged,
				       .count = RESOLVERS};
}

/* After the snapshot is sorted. */
static void judge_page(struct host_page *page, unsigned int host, __u64 at_ms)
{
	unsigned int i, resolver;

	for (i = 0; i < RESOLVERS; i++) {
		struct resolver_status *status = &page->judged[i];
		const struct fault *fault = NULL;

		status->now = &page->resolvers[i];
		for (resolver = 0; resolver < RESOLVERS; resolver++) {
			struct resolver_key key = key_of(host, resolver);

			if (!memcmp(&key, &status->now->key, sizeof(key)))
				time_failed(host, resolver, at_ms, &fault);
		}
		status->state = fault ? STATE_DOWN : STATE_HEALTHY;
		status->cause = fault ? fault->cause : CAUSE_NONE;
		status->is_judged = 1;
	}
}

static int write_page(struct buffer *out, enum prometheus_format format, unsigned int host)
{
	static const struct metrics_table tables[] = {{"in_flight", 5, 65536},
						      {"remembered", 0, 65536}};
	struct metrics_self self = {.version = "fleet-scale",
				    .libbpf = "1.1",
				    .kernel = "6.1.0",
				    .started_s = (double)began_ms / 1000,
				    .process_started_s = (double)began_ms / 1000,
				    .resident_bytes = 10000000,
				    .open_fds = 40,
				    .max_fds = 1024,
				    .collect_s = 0.001,
				    .tables = tables,
				    .table_count = 2};
	struct host_page page = {0};
	struct metrics_source source = {.status = &page.status, .now = &page.now, .self = &self};
	__u64 at_ms;

	pthread_rwlock_rdlock(&lock);
	at_ms = now_ms();
	fill_page(&page, host, at_ms);
	judge_page(&page, host, at_ms);
	pthread_rwlock_unlock(&lock);
	return prometheus_write(out, format, &source);
}

/* ---- HTTP -------------------------------------------------------------------------------- */

/* Returns the host that owns the server's end of the connection, or HOSTS_MAX. */
static unsigned int host_of(struct MHD_Connection *connection)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
	struct sockaddr_in own = {0};
	socklen_t length = sizeof(own);
	__u32 number;

	if (!info || getsockname(info->connect_fd, (struct sockaddr *)&own, &length))
		return HOSTS_MAX;
	number = ntohl(own.sin_addr.s_addr) - 0x7f010000U;
	return number < hosts ? number : HOSTS_MAX;
}

static enum MHD_Result answer(void *context, struct MHD_Connection *connection, const char *url,
			      const char *method, const char *version, const char *body,
			      size_t *body_size, void **request)
{
	const char *accept =
		MHD_lookup_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_ACCEPT);
	enum prometheus_format format = prometheus_negotiate_format(accept);
	unsigned int host = host_of(connection);
	struct MHD_Response *response;
	struct buffer page = {0};
	enum MHD_Result result;

	(void)context, (void)method, (void)version, (void)body, (void)body_size, (void)request;
	if (host == HOSTS_MAX || strcmp(url, "/metrics") != 0 || write_page(&page, format, host))
		return MHD_NO;
	response = MHD_create_response_from_buffer(page.used, page.text, MHD_RESPMEM_MUST_FREE);
	if (!response)
		return MHD_NO;
	MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE,
				prometheus_content_type(format));
	result = MHD_queue_response(connection, MHD_HTTP_OK, response);
	MHD_destroy_response(response);
	return result;
}

/* ---- changes ----------------------------------------------------------------------------- */

static enum cause cause_of(const char *name)
{
	enum cause cause;

	for (cause = CAUSE_NONE + 1; cause < CAUSE_MAX; cause++)
		if (!strcmp(cause_name(cause), name))
			return cause;
	return CAUSE_MAX;
}

/* Returns 0; or -1 when the line says nothing that this program knows. */
static int change(const char *line)
{
	struct fault fault = {.from_ms = now_ms()};
	char cause[32] = "";
	unsigned int i;

	if (!strcmp(line, "mend\n")) {
		for (i = 0; i < fault_count; i++)
			if (!faults[i].to_ms)
				faults[i].to_ms = fault.from_ms;
		return 0;
	}
	if (sscanf(line, "fail %u %u %u %31s", &fault.resolver, &fault.first, &fault.last, cause) !=
		    4 ||
	    fault.resolver > RESOLVERS || fault.first > fault.last || fault_count == FAULTS_MAX)
		return -1;
	fault.cause = cause_of(cause);
	if (fault.cause == CAUSE_MAX)
		return -1;
	faults[fault_count++] = fault;
	return 0;
}

static int follow_changes(FILE *changes)
{
	char line[128];

	while (fgets(line, sizeof(line), changes)) {
		int bad;

		pthread_rwlock_wrlock(&lock);
		bad = change(line);
		pthread_rwlock_unlock(&lock);
		if (bad) {
			fprintf(stderr, "play_hosts: not understood: %s", line);
			return 1;
		}
		printf("%.3f %s", (double)now_ms() / 1000, line);
		fflush(stdout);
	}
	return 0;
}

int main(int argc, char **argv)
{
	struct MHD_Daemon *daemon;
	FILE *changes;
	int code;

	hosts = argc == 3 ? (unsigned int)strtoul(argv[1], NULL, 10) : 0;
	if (hosts < 1 || hosts > HOSTS_MAX)
		return 2;
	changes = fopen(argv[2], "r+"); /* to write too: a FIFO without a writer would end */
	if (!changes) {
		perror(argv[2]);
		return 1;
	}
	began_ms = now_ms() - 3600 * 1000;
	daemon = MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD, PORT, NULL, NULL, answer, NULL,
				  MHD_OPTION_THREAD_POOL_SIZE, (unsigned int)THREADS,
				  MHD_OPTION_CONNECTION_LIMIT, (unsigned int)CONNECTIONS_MAX,
				  MHD_OPTION_LISTEN_BACKLOG_SIZE, 4096U, MHD_OPTION_END);
	if (!daemon) {
		fputs("play_hosts: cannot listen on port 9753: is it in use?\n", stderr);
		return 1;
	}
	puts("ready");
	fflush(stdout);
	code = follow_changes(changes);
	fclose(changes);
	MHD_stop_daemon(daemon);
	return code;
}
