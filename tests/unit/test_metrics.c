// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Which metrics there are, with which labels and values, before any format: what is visited is
 * written down as lines of this test's own.
 */
#include "metrics_scene.h"

#include "util/buffer.h"
#include "health/counters.h"

#include <stdio.h>
#include <stdlib.h>

#define LINES_MAX 2048

struct visited {
	struct buffer families; /* "name type unit labels" a line */
	char *lines[LINES_MAX]; /* "name{label=value,...}", the values beside them */
	double values[LINES_MAX];
	size_t count;
	struct metric_histogram histogram; /* the last one */
	__u64 cumulative[32];
	double le_s[32];
	char family[64];
};

static void note_family(const struct metric_family *family, void *context)
{
	static const char *const types[] = {"counter", "gauge", "histogram"};
	struct visited *visited = context;

	snprintf(visited->family, sizeof(visited->family), "%s", family->name);
	buffer_add(&visited->families, "%s %s %s [%s]\n", family->name, types[family->type],
		   family->unit ? family->unit : "-", family->labels);
	assert_null(strpbrk(family->help, "\\\"\n|")); /* the writers escape no help */
	assert_true(family->help[strlen(family->help) - 1] == '.');
}

static void note_sample(const struct metric_family *family, const struct metric_sample *sample,
			void *context)
{
	struct visited *visited = context;
	struct buffer line = {0};
	size_t i;

	assert_string_equal(family->name, visited->family); /* no interleaving */
	assert_true(visited->count < LINES_MAX);
	buffer_add(&line, "%s", family->name);
	for (i = 0; i < sample->label_count; i++)
		buffer_add(&line, "%s%s=%s", i ? "," : "{", sample->labels[i].name,
			   sample->labels[i].value);
	if (i)
		buffer_add(&line, "}");
	assert_int_equal(buffer_error(&line), 0);
	visited->lines[visited->count] = line.text;
	visited->values[visited->count++] = sample->is_real ? sample->real : (double)sample->whole;
	assert_int_equal(family->type == METRIC_HISTOGRAM, sample->histogram != NULL);
	if (!sample->histogram)
		return;
	visited->histogram = *sample->histogram;
	assert_true(sample->histogram->bounds <= 32);
	memcpy(visited->cumulative, sample->histogram->cumulative,
	       sample->histogram->bounds * sizeof(__u64));
	memcpy(visited->le_s, sample->histogram->le_s, sample->histogram->bounds * sizeof(double));
}

static struct visited *visit(const struct metrics_scene *scene)
{
	struct visited *visited = calloc(1, sizeof(*visited));
	const struct metric_visitor visitor = {note_family, note_sample, visited};

	assert_non_null(visited);
	assert_int_equal(metrics_visit(&scene->source, &visitor), 0);
	assert_int_equal(buffer_error(&visited->families), 0);
	return visited;
}

static void forget(struct visited *visited)
{
	while (visited->count)
		free(visited->lines[--visited->count]);
	buffer_free(&visited->families);
	free(visited);
}

/* NAN: there is none. */
static double value_of(const struct visited *visited, const char *line)
{
	double found = NAN;
	size_t i;

	for (i = 0; i < visited->count; i++)
		if (!strcmp(visited->lines[i], line)) {
			assert_undefined(found); /* no duplicate */
			found = visited->values[i];
		}
	return found;
}

#define assert_value(visited, line, expected)                                                      \
	do {                                                                                       \
		double is_ = value_of(visited, line);                                              \
		if (!(fabs(is_ - (expected)) < 1e-9))                                              \
			fail_msg("%s is %g, not %g", line, is_, (double)(expected));               \
	} while (0)
#define assert_none(visited, line) assert_undefined(value_of(visited, line))

static size_t samples_with(const struct visited *visited, const char *part)
{
	size_t i, count = 0;

	for (i = 0; i < visited->count; i++)
		count += strstr(visited->lines[i], part) != NULL;
	return count;
}

#define R "resolver, port, transport, origin"

static const char all_families[] =
	"dnsreach_queries_total counter - [" R "]\n"
	"dnsreach_responses_total counter - [" R "]\n"
	"dnsreach_icmp_unreachables_total counter - [" R ", reason]\n"
	"dnsreach_icmp_from_elsewhere_total counter - [" R "]\n"
	"dnsreach_icmp_short_quotes_total counter - [" R "]\n"
	"dnsreach_icmp_too_big_total counter - [" R "]\n"
	"dnsreach_transactions_total counter - [" R "]\n"
	"dnsreach_transactions_answered_total counter - [" R ", rcode]\n"
	"dnsreach_transactions_unreachable_total counter - [" R ", reason]\n"
	"dnsreach_transactions_timed_out_total counter - [" R "]\n"
	"dnsreach_retransmissions_total counter - [" R "]\n"
	"dnsreach_untracked_queries_total counter - [" R "]\n"
	"dnsreach_late_messages_total counter - [" R ", kind]\n"
	"dnsreach_unmatched_messages_total counter - [" R ", kind]\n"
	"dnsreach_unsent_queries_total counter - [" R ", reason]\n"
	"dnsreach_truncated_responses_total counter - [" R "]\n"
	"dnsreach_forwarded_queries_total counter - [" R "]\n"
	"dnsreach_transactions_ended_total counter - [" R ", outcome]\n"
	"dnsreach_rtt_seconds histogram seconds [" R "]\n"
	"dnsreach_transactions_in_flight gauge - [" R "]\n"
	"dnsreach_resolver_state gauge - [" R ", state]\n"
	"dnsreach_resolver_cause gauge - [" R ", cause]\n"
	"dnsreach_resolver_suspicion gauge - [" R ", suspicion]\n"
	"dnsreach_interface_attached gauge - [interface, hook]\n"
	"dnsreach_guest_interfaces gauge - []\n"
	"dnsreach_build_info gauge - [version, libbpf, kernel]\n"
	"dnsreach_self_unparsed_total counter - [reason]\n"
	"dnsreach_self_unmatched_total counter - [kind]\n"
	"dnsreach_self_forgotten_total counter - []\n"
	"dnsreach_self_busy_total counter - []\n"
	"dnsreach_self_table_entries gauge - [table]\n"
	"dnsreach_self_table_capacity gauge - [table]\n"
	"dnsreach_self_in_flight_capacity gauge - []\n"
	"dnsreach_self_resolvers gauge - []\n"
	"dnsreach_self_resolvers_capacity gauge - []\n"
	"dnsreach_self_samples_dropped_total counter - []\n"
	"dnsreach_self_heartbeats_total counter - []\n"
	"dnsreach_incidents_open gauge - []\n"
	"dnsreach_incidents_opened_total counter - []\n"
	"dnsreach_scrape_duration_seconds gauge seconds []\n"
	"dnsreach_self_pushes_total counter - []\n"
	"dnsreach_self_pushes_failed_total counter - []\n"
	"dnsreach_self_push_queue_bytes gauge bytes []\n"
	"dnsreach_self_textfile_errors_total counter - []\n"
	"dnsreach_self_incident_errors_total counter - []\n"
	"process_cpu_seconds_total counter seconds []\n"
	"process_resident_memory_bytes gauge bytes []\n"
	"process_open_fds gauge - []\n"
	"process_max_fds gauge - []\n"
	"process_start_time_seconds gauge seconds []\n";

static void the_families_are_exactly_these(void **state)
{
	struct metrics_scene scene;
	struct visited *visited;

	(void)state;
	metrics_begin(&scene);
	scene.self.pushing = scene.self.textfile = scene.self.incident_lines = 1;
	visited = visit(&scene);
	assert_string_equal(visited->families.text, all_families);
	forget(visited);
}

/* In the order of enum counter, as far as they are exported. */
static const char *const counter_lines[] = {
	"queries_total{",
	"responses_total{",
	"icmp_unreachables_total{reason=port",
	"icmp_unreachables_total{reason=host",
	"icmp_unreachables_total{reason=network",
	"icmp_unreachables_total{reason=prohibited",
	"icmp_unreachables_total{reason=other",
	"icmp_from_elsewhere_total{",
	"icmp_short_quotes_total{",
	"icmp_too_big_total{",
	"transactions_total{",
	"transactions_answered_total{rcode=noerror",
	"transactions_answered_total{rcode=formerr",
	"transactions_answered_total{rcode=servfail",
	"transactions_answered_total{rcode=nxdomain",
	"transactions_answered_total{rcode=notimp",
	"transactions_answered_total{rcode=refused",
	"transactions_answered_total{rcode=other",
	"transactions_unreachable_total{reason=port",
	"transactions_unreachable_total{reason=host",
	"transactions_unreachable_total{reason=network",
	"transactions_unreachable_total{reason=prohibited",
	"transactions_unreachable_total{reason=other",
	"transactions_timed_out_total{",
	"retransmissions_total{",
	"untracked_queries_total{",
	"late_messages_total{kind=responses",
	"late_messages_total{kind=unreachables",
	"unmatched_messages_total{kind=responses",
	"unmatched_messages_total{kind=unreachables",
	"unsent_queries_total{reason=host",
	"unsent_queries_total{reason=network",
	"unsent_queries_total{reason=prohibited",
	"unsent_queries_total{reason=other",
	"truncated_responses_total{",
	"forwarded_queries_total{",
};

#define COUNTER_LINES (sizeof(counter_lines) / sizeof(*counter_lines))

/* "queries_total{": with the resolver's labels before the one that is named. */
static void assert_counter(const struct visited *visited, const char *named, __u64 expected)
{
	const char *brace = strchr(named, '{') + 1;
	char line[256];

	snprintf(line, sizeof(line),
		 "dnsreach_%.*sresolver=192.0.2.1,port=53,transport=udp,origin=host%s%s}",
		 (int)(brace - named), named, *brace ? "," : "", brace);
	assert_value(visited, line, expected);
}

static void every_counter_is_under_its_own_name(void **state)
{
	struct resolver_counters *counters;
	struct metrics_scene scene;
	struct visited *visited;
	unsigned int i;

	(void)state;
	metrics_begin(&scene);
	counters = metrics_resolver(&scene, "192.0.2.1");
	for (i = 0; i < COUNTER_MAX; i++)
		counters->n[i] = 1000 + i;
	visited = visit(&scene);
	for (i = 0; i < COUNTER_LINES; i++)
		assert_counter(visited, counter_lines[i], 1000 + i);
	assert_int_equal(COUNTER_LINES, COUNTER_RTT_COUNT);
	forget(visited);
}

static void every_label_value_is_there_at_zero(void **state)
{
	static const char *const further[] = {
		"transactions_ended_total{outcome=answered",
		"transactions_ended_total{outcome=unreachable",
		"transactions_ended_total{outcome=timed_out",
		"transactions_in_flight{",
		"rtt_seconds{",
		"resolver_state{state=pending",
		"resolver_state{state=healthy",
		"resolver_state{state=unclear",
		"resolver_state{state=degraded",
		"resolver_state{state=down",
		"resolver_cause{cause=not-sent",
		"resolver_cause{cause=prohibited",
		"resolver_cause{cause=port-closed",
		"resolver_cause{cause=no-route",
		"resolver_cause{cause=rejected-on-path",
		"resolver_cause{cause=server-error",
		"resolver_cause{cause=not-served",
		"resolver_cause{cause=tls-refused",
		"resolver_cause{cause=rewritten",
		"resolver_cause{cause=intermittent",
		"resolver_cause{cause=silent",
		"resolver_suspicion{suspicion=forged",
	};
	struct metrics_scene scene;
	struct visited *visited;
	size_t i, count = sizeof(further) / sizeof(*further);

	(void)state;
	metrics_begin(&scene);
	metrics_resolver(&scene, "192.0.2.1");
	visited = visit(&scene);
	for (i = 0; i < COUNTER_LINES; i++)
		assert_counter(visited, counter_lines[i], 0);
	for (i = 0; i < count; i++)
		assert_counter(visited, further[i], 0);
	assert_counter(visited, "resolver_state{state=idle", 1);
	assert_int_equal(samples_with(visited, "resolver="), COUNTER_LINES + count + 1);
	forget(visited);
}

static void ended_transactions_are_summed_by_outcome(void **state)
{
	struct resolver_counters *counters;
	struct metrics_scene scene;
	struct visited *visited;

	(void)state;
	metrics_begin(&scene);
	counters = metrics_resolver(&scene, "192.0.2.1");
	counters->n[COUNTER_ANSWERED_NOERROR] = 1;
	counters->n[COUNTER_ANSWERED_OTHER] = 2;
	counters->n[COUNTER_UNREACHABLE_PORT] = 10;
	counters->n[COUNTER_UNREACHABLE_OTHER] = 20;
	counters->n[COUNTER_TIMED_OUT] = 100;
	counters->n[COUNTER_TRANSACTIONS] = counters->n[COUNTER_RETRANSMISSIONS] = 5000;
	visited = visit(&scene);
	assert_counter(visited, "transactions_ended_total{outcome=answered", 3);
	assert_counter(visited, "transactions_ended_total{outcome=unreachable", 30);
	assert_counter(visited, "transactions_ended_total{outcome=timed_out", 100);
	forget(visited);
}

static void the_histogram_agrees_with_itself(void **state)
{
	struct resolver_counters *counters;
	struct metrics_scene scene;
	struct visited *visited;
	unsigned int i;

	(void)state;
	metrics_begin(&scene);
	counters = metrics_resolver(&scene, "192.0.2.1");
	counters->rtt[scene_bucket(256000)] = 1;
	counters->rtt[scene_bucket(256001)] = 1;
	counters->rtt[scene_bucket(20000000000ULL)] = 1;
	counters->n[COUNTER_RTT_COUNT] = 2; /* read a moment earlier than the buckets */
	counters->n[COUNTER_RTT_SUM_NS] = 20000512001ULL;
	visited = visit(&scene);
	assert_int_equal(visited->histogram.bounds, 16);
	assert_int_equal(visited->histogram.count, 3);
	assert_near(visited->histogram.sum_s, 20.000512001);
	for (i = 0; i < 16; i++) {
		assert_near(visited->le_s[i], 0.000256 * (1 << i));
		assert_int_equal(visited->cumulative[i], i ? 2 : 1);
	}
	forget(visited);
}

static void a_resolver_is_in_one_state_for_one_cause(void **state)
{
	struct metrics_scene scene;
	struct visited *visited;

	(void)state;
	metrics_begin(&scene);
	metrics_resolver(&scene, "192.0.2.1")->n[COUNTER_QUERIES] = 5;
	scene.resolvers[0].in_flight = 4;
	metrics_judged(&scene, "192.0.2.1", STATE_DEGRADED, CAUSE_INTERMITTENT, 1);
	visited = visit(&scene);
	assert_counter(visited, "resolver_state{state=degraded", 1);
	assert_counter(visited, "resolver_state{state=idle", 0);
	assert_counter(visited, "resolver_state{state=healthy", 0);
	assert_counter(visited, "resolver_state{state=down", 0);
	assert_counter(visited, "resolver_cause{cause=intermittent", 1);
	assert_counter(visited, "resolver_cause{cause=silent", 0);
	assert_counter(visited, "resolver_suspicion{suspicion=forged", 1);
	assert_counter(visited, "transactions_in_flight{", 4);
	assert_int_equal(samples_with(visited, "state="), 6);
	assert_int_equal(samples_with(visited, "cause="), 11);
	forget(visited);
}

#define STATE_OF(resolver, state)                                                                  \
	"dnsreach_resolver_state{resolver=" resolver                                               \
	",port=53,transport=udp,origin=host,state=" state "}"

/* The report is of the last tick, the counters are of now. */
static void a_resolver_not_judged_yet_is_idle_or_pending(void **state)
{
	struct metrics_scene scene;
	struct visited *visited;

	(void)state;
	metrics_begin(&scene);
	metrics_resolver(&scene, "192.0.2.1");
	metrics_resolver(&scene, "192.0.2.2");
	metrics_resolver(&scene, "192.0.2.4")->n[COUNTER_QUERIES] = 1;
	metrics_resolver(&scene, "192.0.2.5")->n[COUNTER_UNSENT_HOST] = 1;
	metrics_resolver(&scene, "192.0.2.6");
	metrics_judged(&scene, "192.0.2.2", STATE_DOWN, CAUSE_SILENT, 0);
	metrics_judged(&scene, "192.0.2.3", STATE_DOWN, CAUSE_SILENT, 0);
	metrics_judged(&scene, "192.0.2.6", STATE_HEALTHY, CAUSE_NONE, 0);
	visited = visit(&scene);
	assert_value(visited, STATE_OF("192.0.2.1", "idle"), 1);
	assert_value(visited, STATE_OF("192.0.2.2", "down"), 1);
	assert_value(visited, STATE_OF("192.0.2.4", "idle"), 0);
	assert_value(visited, STATE_OF("192.0.2.4", "pending"), 1);
	assert_value(visited, STATE_OF("192.0.2.5", "pending"), 1);
	assert_value(visited, STATE_OF("192.0.2.6", "healthy"), 1);
	assert_none(visited, STATE_OF("192.0.2.3", "down"));
	forget(visited);
	scene.source.status = NULL; /* before the first tick */
	visited = visit(&scene);
	assert_value(visited, STATE_OF("192.0.2.2", "idle"), 1);
	forget(visited);
}

static void other_has_counters_and_no_judgement(void **state)
{
	struct metrics_scene scene;
	struct visited *visited;

	(void)state;
	metrics_begin(&scene);
	metrics_resolver(&scene, "other")->n[COUNTER_QUERIES] = 9;
	metrics_judged(&scene, "other", STATE_IDLE, CAUSE_NONE, 0);
	visited = visit(&scene);
	assert_value(visited, "dnsreach_queries_total{resolver=other,port=,transport=,origin=}", 9);
	assert_value(visited,
		     "dnsreach_transactions_in_flight{resolver=other,port=,transport=,origin=}", 0);
	assert_int_equal(samples_with(visited, "dnsreach_resolver_"), 0);
	assert_value(visited, "dnsreach_self_resolvers", 0);
	forget(visited);
}

#define QUERIES_OF(resolver)                                                                       \
	"dnsreach_queries_total{resolver=" resolver ",port=53,transport=udp,origin=host}"

static void link_local_resolvers_are_told_apart(void **state)
{
	struct metrics_scene scene;
	struct visited *visited;

	(void)state;
	metrics_begin(&scene);
	interface_names[3] = "7"; /* the number of one that is gone */
	metrics_link_local(&scene, 2);
	metrics_link_local(&scene, 3);
	metrics_link_local(&scene, 7);
	visited = visit(&scene);
	assert_value(visited, QUERIES_OF("fe80::1%eth0"), 0);
	assert_value(visited, QUERIES_OF("fe80::1%7/3"), 0);
	assert_value(visited, QUERIES_OF("fe80::1%7/7"), 0);
	assert_none(visited, QUERIES_OF("fe80::1%7"));
	forget(visited);
}

#define ASKER(metric, asker)                                                                       \
	"dnsreach_asker_" metric                                                                   \
	"_total{resolver=192.0.2.1,port=53,transport=udp,origin=host,asker=" asker "}"

static void askers_are_a_metric_when_it_is_wanted(void **state)
{
	struct metrics_scene scene;
	struct visited *visited;

	(void)state;
	metrics_full(&scene);
	visited = visit(&scene);
	assert_value(visited, ASKER("queries", "nginx.service"), 10);
	assert_value(visited, ASKER("failed", "nginx.service"), 3);
	assert_value(visited, ASKER("errors", "nginx.service"), 0);
	assert_value(visited, ASKER("queries", "other"), 0);
	forget(visited);
	scene.source.with_askers = 0;
	visited = visit(&scene);
	assert_int_equal(samples_with(visited, "dnsreach_asker_"), 0);
	forget(visited);
}

/* The first 20; which they are never changes, so that no series falls. */
static void askers_are_at_most_twenty_of_a_resolver(void **state)
{
	static struct cgroup_name names[30];
	static struct asker_snapshot askers[30];
	struct metrics_scene scene;
	struct visited *visited;
	unsigned int i;

	(void)state;
	metrics_begin(&scene);
	metrics_resolver(&scene, "192.0.2.1");
	for (i = 0; i < 30; i++) {
		snprintf(names[i].text, sizeof(names[i].text), "unit%u.service", i);
		askers[i] = (struct asker_snapshot){.resolver = scene_key("192.0.2.1"),
						    .first = 30 - i,
						    .queries = 100 + i,
						    .name = &names[i]};
	}
	scene.now.askers = askers;
	scene.now.asker_count = 30;
	scene.now.counts_askers = scene.source.with_askers = 1;
	visited = visit(&scene);
	assert_int_equal(samples_with(visited, "dnsreach_asker_queries_total"), 21);
	assert_value(visited, ASKER("queries", "unit29.service"), 129);
	assert_value(visited, ASKER("queries", "unit10.service"), 110);
	assert_none(visited, ASKER("queries", "unit9.service"));
	assert_value(visited, ASKER("queries", "other"), 1045);
	forget(visited);
}

/* Those that have lost their rows were in `other` before: it must not fall. */
static void former_askers_stay_in_other(void **state)
{
	static struct asker_snapshot askers[2];
	struct metrics_scene scene;
	struct visited *visited;

	(void)state;
	metrics_begin(&scene);
	metrics_resolver(&scene, "192.0.2.1");
	askers[0] = (struct asker_snapshot){.resolver = scene_key("192.0.2.1"),
					    .is_other = 1,
					    .queries = 5,
					    .failed = 1};
	askers[1] = (struct asker_snapshot){.resolver = scene_key("192.0.2.1"),
					    .is_former = 1,
					    .queries = 30,
					    .errors = 2};
	scene.now.askers = askers;
	scene.now.asker_count = 2;
	scene.now.counts_askers = scene.source.with_askers = 1;
	visited = visit(&scene);
	assert_value(visited, ASKER("queries", "other"), 35);
	assert_value(visited, ASKER("failed", "other"), 1);
	assert_value(visited, ASKER("errors", "other"), 2);
	forget(visited);
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void no_two_samples_are_alike(void **state)
{
	struct metrics_scene scene;
	struct visited *visited;
	size_t i;

	(void)state;
	metrics_full(&scene);
	memmove(&scene.resolvers[2], &scene.resolvers[1], 5 * sizeof(*scene.resolvers));
	scene.now.count++; /* 192.0.2.1 was read twice */
	visited = visit(&scene);
	assert_value(visited, QUERIES_OF("192.0.2.1"), 0);
	assert_value(visited, QUERIES_OF("fe80::1%\xef\xbf\xbd\xef\xbf\xbd"), 0);
	assert_value(visited, QUERIES_OF("fe80::1%\xef\xbf\xbd\"/5"), 0);
	assert_value(visited, QUERIES_OF("fe80::1%\xef\xbf\xbd\"/6"), 0);
	assert_value(visited,
		     "dnsreach_interface_attached{interface=e\"\\\n\xef\xbf\xbd,hook=clsact}", 1);
	qsort(visited->lines, visited->count, sizeof(*visited->lines), by_text);
	for (i = 1; i < visited->count; i++)
		assert_string_not_equal(visited->lines[i - 1], visited->lines[i]);
	forget(visited);
}

static void an_interface_is_there_once_for_each_hook(void **state)
{
	struct metrics_scene scene;
	struct visited *visited;

	(void)state;
	metrics_begin(&scene);
	metrics_interface(&scene, "eth1", "tcx");
	metrics_interface(&scene, "eth0", "tcx");
	metrics_interface(&scene, "eth1", "clsact");
	metrics_interface(&scene, "eth1", "tcx");
	visited = visit(&scene);
	assert_value(visited, "dnsreach_interface_attached{interface=eth0,hook=tcx}", 1);
	assert_value(visited, "dnsreach_interface_attached{interface=eth1,hook=tcx}", 1);
	assert_value(visited, "dnsreach_interface_attached{interface=eth1,hook=clsact}", 1);
	assert_int_equal(samples_with(visited, "interface="), 3);
	forget(visited);
}

/* Pods come and go: a series for each would never end, and each that ends would be an alert. */
static void interfaces_of_guests_are_a_number(void **state)
{
	struct metrics_scene scene;
	struct visited *visited;

	(void)state;
	metrics_begin(&scene);
	metrics_interface(&scene, "eth0", "tcx");
	metrics_interface(&scene, "cali1", "tcx");
	metrics_interface(&scene, "cali2", "tcx");
	scene.interfaces[1].origins = 1U << ORIGIN_GUEST;
	scene.interfaces[2].origins = 1U << ORIGIN_GUEST | 1U << ORIGIN_HOST;
	visited = visit(&scene);
	assert_value(visited, "dnsreach_interface_attached{interface=eth0,hook=tcx}", 1);
	assert_value(visited, "dnsreach_guest_interfaces", 2);
	assert_int_equal(samples_with(visited, "interface="), 1);
	forget(visited);
}

/* Each number is another, so that a swap shows. */
static void set_self(struct metrics_scene *scene)
{
	unsigned int i;

	for (i = 0; i < SELF_MAX; i++)
		scene->now.self.n[i] = 100 + i;
	scene->now.samples_dropped = 11;
	scene->now.heartbeats = 10;
	scene->self.resident_bytes = 12;
	scene->self.open_fds = 13;
	scene->self.max_fds = 14;
	scene->self.incidents_open = 15;
	scene->self.incidents_opened = 16;
	scene->self.pushes = 17;
	scene->self.pushes_failed = 18;
	scene->self.push_queue_bytes = 19;
	scene->self.textfile_errors = 20;
	scene->self.incident_errors = 21;
}

static void what_it_says_of_itself(void **state)
{
	static const struct {
		const char *line;
		double value;
	} expected[] = {
		{"dnsreach_build_info{version=9.8.7,libbpf=1.1,kernel=6.1.0-test}", 1},
		{"dnsreach_self_unparsed_total{reason=short}", 100},
		{"dnsreach_self_unparsed_total{reason=fragment}", 101},
		{"dnsreach_self_unparsed_total{reason=extension}", 102},
		{"dnsreach_self_unparsed_total{reason=mapped}", 103},
		{"dnsreach_self_unparsed_total{reason=segments}", 104},
		{"dnsreach_self_unparsed_total{reason=malformed}", 105},
		{"dnsreach_self_unparsed_total{reason=tunnel}", 106},
		{"dnsreach_self_unparsed_total{reason=stream}", 107},
		{"dnsreach_self_unmatched_total{kind=responses}", 108},
		{"dnsreach_self_unmatched_total{kind=unreachables}", 109},
		{"dnsreach_self_forgotten_total", 110},
		{"dnsreach_self_busy_total", 111},
		{"dnsreach_self_table_entries{table=in_flight}", 5},
		{"dnsreach_self_table_capacity{table=in_flight}", 65536},
		{"dnsreach_self_table_entries{table=remembered}", 0},
		{"dnsreach_self_in_flight_capacity", 65536},
		{"dnsreach_self_resolvers", 1},
		{"dnsreach_self_resolvers_capacity", 289},
		{"dnsreach_self_samples_dropped_total", 11},
		{"dnsreach_self_heartbeats_total", 10},
		{"dnsreach_incidents_open", 15},
		{"dnsreach_incidents_opened_total", 16},
		{"dnsreach_scrape_duration_seconds", 0.001},
		{"process_cpu_seconds_total", 1.5},
		{"process_resident_memory_bytes", 12},
		{"process_open_fds", 13},
		{"process_max_fds", 14},
		{"process_start_time_seconds", 1700000000.125},
	};
	struct metrics_scene scene;
	struct visited *visited;
	size_t i;

	(void)state;
	metrics_begin(&scene);
	metrics_resolver(&scene, "192.0.2.1");
	set_self(&scene);
	visited = visit(&scene);
	for (i = 0; i < sizeof(expected) / sizeof(*expected); i++)
		assert_value(visited, expected[i].line, expected[i].value);
	assert_none(visited, "dnsreach_self_pushes_total");
	assert_none(visited, "dnsreach_self_textfile_errors_total");
	assert_none(visited, "dnsreach_self_incident_errors_total");
	forget(visited);
	scene.self.pushing = scene.self.textfile = scene.self.incident_lines = 1;
	visited = visit(&scene);
	assert_value(visited, "dnsreach_self_pushes_total", 17);
	assert_value(visited, "dnsreach_self_pushes_failed_total", 18);
	assert_value(visited, "dnsreach_self_push_queue_bytes", 19);
	assert_value(visited, "dnsreach_self_textfile_errors_total", 20);
	assert_value(visited, "dnsreach_self_incident_errors_total", 21);
	forget(visited);
}

/* node_exporter has families of these names, with another help, and complains of each. */
static void a_page_can_be_without_the_process(void **state)
{
	struct metrics_scene scene;
	struct visited *visited;

	(void)state;
	metrics_begin(&scene);
	metrics_resolver(&scene, "192.0.2.1");
	set_self(&scene);
	scene.source.without_process = 1;
	visited = visit(&scene);
	assert_none(visited, "process_cpu_seconds_total");
	assert_none(visited, "process_resident_memory_bytes");
	assert_none(visited, "process_open_fds");
	assert_none(visited, "process_max_fds");
	assert_none(visited, "process_start_time_seconds");
	assert_value(visited, "dnsreach_scrape_duration_seconds", 0.001);
	forget(visited);
}

static void sums_start_with_counting_and_the_process_with_itself(void **state)
{
	const struct metrics_self self = {.started_s = 20, .process_started_s = 10};
	const struct metric_family ours = {.name = "dnsreach_queries_total"};
	const struct metric_family process = {.name = "process_cpu_seconds_total"};

	(void)state;
	assert_near(metric_start_s(&ours, &self), 20);
	assert_near(metric_start_s(&process, &self), 10);
}

static size_t lines_that_are(const struct visited *visited, const char *line)
{
	size_t i, count = 0;

	for (i = 0; i < visited->count; i++)
		count += !strcmp(visited->lines[i], line);
	return count;
}

/* Many resolvers go to a collector in parts: each series is in one of them, once. */
static void parts_are_the_whole(void **state)
{
	struct visited *whole, *parts[3];
	struct metrics_scene scene;
	size_t i, k, in, sum = 0;

	(void)state;
	metrics_begin(&scene);
	metrics_resolver(&scene, "192.0.2.1");
	metrics_resolver(&scene, "192.0.2.2");
	metrics_resolver(&scene, "192.0.2.3");
	whole = visit(&scene);
	scene.source.part = METRICS_OF_RESOLVERS;
	scene.source.count = 2;
	parts[0] = visit(&scene);
	scene.source.first = 2;
	parts[1] = visit(&scene);
	scene.source.part = METRICS_OF_SELF;
	parts[2] = visit(&scene);
	for (k = 0; k < 3; k++) {
		assert_true(parts[k]->count > 0);
		sum += parts[k]->count;
	}
	assert_int_equal(sum, whole->count);
	for (i = 0; i < whole->count; i++) {
		for (k = 0, in = 0; k < 3; k++)
			in += lines_that_are(parts[k], whole->lines[i]);
		assert_int_equal(in, 1);
	}
	for (k = 0; k < 3; k++)
		forget(parts[k]);
	forget(whole);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_families_are_exactly_these),
		cmocka_unit_test(every_counter_is_under_its_own_name),
		cmocka_unit_test(every_label_value_is_there_at_zero),
		cmocka_unit_test(ended_transactions_are_summed_by_outcome),
		cmocka_unit_test(the_histogram_agrees_with_itself),
		cmocka_unit_test(a_resolver_is_in_one_state_for_one_cause),
		cmocka_unit_test(a_resolver_not_judged_yet_is_idle_or_pending),
		cmocka_unit_test(other_has_counters_and_no_judgement),
		cmocka_unit_test(link_local_resolvers_are_told_apart),
		cmocka_unit_test(askers_are_a_metric_when_it_is_wanted),
		cmocka_unit_test(askers_are_at_most_twenty_of_a_resolver),
		cmocka_unit_test(former_askers_stay_in_other),
		cmocka_unit_test(no_two_samples_are_alike),
		cmocka_unit_test(an_interface_is_there_once_for_each_hook),
		cmocka_unit_test(interfaces_of_guests_are_a_number),
		cmocka_unit_test(what_it_says_of_itself),
		cmocka_unit_test(parts_are_the_whole),
		cmocka_unit_test(a_page_can_be_without_the_process),
		cmocka_unit_test(sums_start_with_counting_and_the_process_with_itself),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
