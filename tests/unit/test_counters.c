// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The tables of counters against docs/counters.md, and the sums made of them. */
#include "scene.h"

#include "health/counters.h"

#include <percpu_counters.h>
#include <stdio.h>

/* Counters of docs/counters.md, in the order of enum counter: "group.name metric{label}". */
static const char *const documented[] = {
	"queries dnsreach_queries_total",
	"responses dnsreach_responses_total",
	"icmp_unreachables.port dnsreach_icmp_unreachables_total{reason}",
	"icmp_unreachables.host dnsreach_icmp_unreachables_total{reason}",
	"icmp_unreachables.network dnsreach_icmp_unreachables_total{reason}",
	"icmp_unreachables.prohibited dnsreach_icmp_unreachables_total{reason}",
	"icmp_unreachables.other dnsreach_icmp_unreachables_total{reason}",
	"icmp_from_elsewhere dnsreach_icmp_from_elsewhere_total",
	"icmp_short_quotes dnsreach_icmp_short_quotes_total",
	"too_big dnsreach_icmp_too_big_total",
	"transactions dnsreach_transactions_total",
	"answered.noerror dnsreach_transactions_answered_total{rcode}",
	"answered.formerr dnsreach_transactions_answered_total{rcode}",
	"answered.servfail dnsreach_transactions_answered_total{rcode}",
	"answered.nxdomain dnsreach_transactions_answered_total{rcode}",
	"answered.notimp dnsreach_transactions_answered_total{rcode}",
	"answered.refused dnsreach_transactions_answered_total{rcode}",
	"answered.other dnsreach_transactions_answered_total{rcode}",
	"unreachable.port dnsreach_transactions_unreachable_total{reason}",
	"unreachable.host dnsreach_transactions_unreachable_total{reason}",
	"unreachable.network dnsreach_transactions_unreachable_total{reason}",
	"unreachable.prohibited dnsreach_transactions_unreachable_total{reason}",
	"unreachable.other dnsreach_transactions_unreachable_total{reason}",
	"timed_out dnsreach_transactions_timed_out_total",
	"retransmissions dnsreach_retransmissions_total",
	"untracked dnsreach_untracked_queries_total",
	"late.responses dnsreach_late_messages_total{kind}",
	"late.unreachables dnsreach_late_messages_total{kind}",
	"unmatched.responses dnsreach_unmatched_messages_total{kind}",
	"unmatched.unreachables dnsreach_unmatched_messages_total{kind}",
	"unsent.host dnsreach_unsent_queries_total{reason}",
	"unsent.network dnsreach_unsent_queries_total{reason}",
	"unsent.prohibited dnsreach_unsent_queries_total{reason}",
	"unsent.other dnsreach_unsent_queries_total{reason}",
	"truncated dnsreach_truncated_responses_total",
	"forwarded_queries dnsreach_forwarded_queries_total",
	"connects.attempts dnsreach_connect_attempts_total",
	"connects.opened dnsreach_connects_total",
	"connects.retransmissions dnsreach_connect_retransmissions_total",
	"connects.untracked dnsreach_untracked_connects_total",
	"connects.established ",
	"connects.unfollowed dnsreach_unfollowed_connects_total",
	"connects.refused ",
	"connects.unreachable.port dnsreach_connects_unreachable_total{reason}",
	"connects.unreachable.host dnsreach_connects_unreachable_total{reason}",
	"connects.unreachable.network dnsreach_connects_unreachable_total{reason}",
	"connects.unreachable.prohibited dnsreach_connects_unreachable_total{reason}",
	"connects.unreachable.other dnsreach_connects_unreachable_total{reason}",
	"connects.timed_out ",
	"connects.late dnsreach_late_connects_total",
	"connects.unmatched dnsreach_unmatched_connects_total",
	"closed.fin dnsreach_transactions_closed_total{by}",
	"closed.rst dnsreach_transactions_closed_total{by}",
	"unfollowed dnsreach_transactions_unfollowed_total",
	"further dnsreach_further_responses_total",
};

static void every_counter_is_named_as_documented(void **state)
{
	size_t i, exported = 0;

	(void)state;
	for (i = 0; i < COUNTER_MAX; i++) {
		const struct counter_row *row = &counter_rows[i];
		char line[128];

		if (row->exported != EXPORTED_COUNTER)
			continue;
		snprintf(line, sizeof(line), "%s%s%s%s%s %s%s%s%s", row->holder ? row->holder : "",
			 row->holder ? "." : "", row->group ? row->group : "",
			 row->group ? "." : "", row->name, row->metric ? row->metric : "",
			 row->label ? "{" : "", row->label ? row->label : "",
			 row->label ? "}" : "");
		assert_true(exported < sizeof(documented) / sizeof(*documented));
		assert_string_equal(line, documented[exported++]);
		if (row->label)
			assert_string_equal(row->value, row->name);
	}
	assert_int_equal(exported, sizeof(documented) / sizeof(*documented));
}

static void only_rtt_and_evidence_are_not_plain_counters(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < COUNTER_MAX; i++) {
		enum exported expected = EXPORTED_COUNTER;

		if (i == COUNTER_RTT_COUNT || i == COUNTER_RTT_SUM_NS ||
		    i == COUNTER_CONNECT_RTT_COUNT || i == COUNTER_CONNECT_RTT_SUM_NS)
			expected = EXPORTED_HISTOGRAM;
		if ((i >= COUNTER_EVIDENCE_PROHIBITED && i <= COUNTER_EVIDENCE_ON_PATH) ||
		    i == COUNTER_CONNECT_ARRIVALS || i == COUNTER_SESSION_REFUSED)
			expected = EXPORTED_NOT;
		assert_int_equal(counter_rows[i].exported, expected);
	}
}

static void check_row(const struct counter_row *row, const struct counter_row *before)
{
	size_t length = strlen(row->help);

	assert_true(length > 10 && row->help[length - 1] == '.');
	assert_int_equal(!row->label, !row->value);
	if (before && row->metric && before->metric && !strcmp(row->metric, before->metric)) {
		assert_string_equal(row->help, before->help);
		assert_string_equal(row->label, before->label);
	}
}

/* Prometheus wants the samples of a metric together, under one help text. */
static void rows_of_one_metric_share_help_and_label(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < COUNTER_MAX; i++)
		if (counter_rows[i].exported == EXPORTED_COUNTER)
			check_row(&counter_rows[i], i ? &counter_rows[i - 1] : NULL);
	for (i = 0; i < SELF_MAX; i++)
		check_row(&self_rows[i], i ? &self_rows[i - 1] : NULL);
}

static void self_counters_are_named_as_documented(void **state)
{
	static const char *const names[SELF_MAX] = {
		"unparsed.short",	  "unparsed.fragment", "unparsed.extension",
		"unparsed.mapped",	  "unparsed.segments", "unparsed.malformed",
		"unparsed.tunnel",	  "unparsed.stream",   "unmatched.responses",
		"unmatched.unreachables", ".forgotten",	       ".busy",
	};
	size_t i;

	(void)state;
	for (i = 0; i < SELF_MAX; i++) {
		char name[64], metric[64];

		snprintf(name, sizeof(name), "%s.%s", self_rows[i].group ? self_rows[i].group : "",
			 self_rows[i].name);
		assert_string_equal(name, names[i]);
		snprintf(metric, sizeof(metric), "dnsreach_self_%s_total",
			 self_rows[i].group ? self_rows[i].group : self_rows[i].name);
		assert_string_equal(self_rows[i].metric, metric);
	}
}

struct counters_of_sum {
	unsigned int first, last;
};
#define ONE(counter)                                                                               \
	{                                                                                          \
		(counter), (counter)                                                               \
	}
#define END_OF_RANGES                                                                              \
	{                                                                                          \
		1, 0                                                                               \
	}
#define ANSWERED_WITH_ERROR                                                                        \
	{COUNTER_ANSWERED_FORMERR, COUNTER_ANSWERED_SERVFAIL},                                     \
	{                                                                                          \
		COUNTER_ANSWERED_NXDOMAIN + 1, COUNTER_ANSWERED_OTHER                              \
	}
#define UNREACHABLE                                                                                \
	{COUNTER_UNREACHABLE_PORT, COUNTER_UNREACHABLE_OTHER},                                     \
	{                                                                                          \
		COUNTER_CONNECT_UNREACHABLE_PORT, COUNTER_CONNECT_UNREACHABLE_OTHER                \
	}
#define UNSENT                                                                                     \
	{                                                                                          \
		COUNTER_UNSENT_HOST, COUNTER_UNSENT_OTHER                                          \
	}
#define TIMED_OUT ONE(COUNTER_TIMED_OUT), ONE(COUNTER_CONNECT_TIMED_OUT)
#define CLOSED ONE(COUNTER_CLOSED_FIN), ONE(COUNTER_CLOSED_RST)
#define ANSWERED {COUNTER_ANSWERED_NOERROR, COUNTER_ANSWERED_OTHER}, ONE(COUNTER_CONNECT_UNFOLLOWED)
#define FAILED UNREACHABLE, UNSENT, TIMED_OUT, CLOSED, ONE(COUNTER_CONNECT_REFUSED)

static int is_in(const struct counters_of_sum *ranges, unsigned int counter)
{
	for (; ranges->first <= ranges->last; ranges++)
		if (counter >= ranges->first && counter <= ranges->last)
			return 1;
	return 0;
}

/* Each counter alone is 1: it is in the sum, or it is not. */
static void assert_sum_of(__u64 (*sum)(const struct resolver_counters *),
			  const struct counters_of_sum *ranges)
{
	unsigned int i;

	for (i = 0; i < COUNTER_MAX; i++) {
		struct resolver_counters counters = {0};

		counters.n[i] = 1;
		if (sum(&counters) != (__u64)is_in(ranges, i))
			fail_msg("%s.%s", counter_rows[i].group ? counter_rows[i].group : "",
				 counter_rows[i].name);
	}
}

#define ASSERT_SUM(sum, ...)                                                                       \
	assert_sum_of(sum, (const struct counters_of_sum[]){__VA_ARGS__, END_OF_RANGES})

static void sums_hold_what_their_names_say(void **state)
{
	(void)state;
	ASSERT_SUM(counters_asked, ONE(COUNTER_QUERIES), ONE(COUNTER_CONNECT_ATTEMPTS));
	ASSERT_SUM(counters_opened, ONE(COUNTER_TRANSACTIONS), ONE(COUNTER_CONNECT_OPENED));
	ASSERT_SUM(counters_answered_with_error, ANSWERED_WITH_ERROR);
	ASSERT_SUM(counters_closed, CLOSED);
	ASSERT_SUM(counters_answered, ANSWERED);
	ASSERT_SUM(counters_unreachable, UNREACHABLE);
	ASSERT_SUM(counters_timed_out, TIMED_OUT);
	ASSERT_SUM(counters_unsent, UNSENT);
	ASSERT_SUM(counters_failed, FAILED);
	ASSERT_SUM(counters_settled, ANSWERED, FAILED);
	ASSERT_SUM(counters_icmp_unreachables, {COUNTER_ICMP_PORT, COUNTER_ICMP_OTHER});
	ASSERT_SUM(counters_late, {COUNTER_LATE_RESPONSES, COUNTER_LATE_UNREACHABLES},
		   ONE(COUNTER_CONNECT_LATE));
}

/* RFC 7766: the resolver may close a connection at any time, but then it owes the answers. */
static void a_closed_transaction_is_a_failure_an_unfollowed_one_is_nothing(void **state)
{
	struct resolver_counters counters = {.n = {[COUNTER_CONNECT_ESTABLISHED] = 9,
						   [COUNTER_ANSWERED_NOERROR] = 6,
						   [COUNTER_CLOSED_FIN] = 1,
						   [COUNTER_CLOSED_RST] = 1,
						   [COUNTER_UNFOLLOWED] = 50}};

	(void)state;
	assert_int_equal(counters_settled(&counters), 8);
	assert_near(counters_failure_ratio(&counters), 0.25);
}

/* Where messages are followed, they are the answers; where not, the connection is one. */
static void an_established_connect_is_an_answer_where_its_messages_are_not_followed(void **state)
{
	struct resolver_counters counters = {.n = {[COUNTER_CONNECT_ESTABLISHED] = 9}};

	(void)state;
	assert_undefined(counters_failure_ratio(&counters));
	counters.n[COUNTER_CONNECT_REFUSED] = 1;
	assert_near(counters_failure_ratio(&counters), 1);
	counters.n[COUNTER_CONNECT_UNFOLLOWED] = 3;
	assert_near(counters_failure_ratio(&counters), 0.25);
}

static void nothing_settled_is_no_ratio(void **state)
{
	struct resolver_counters counters = {.n = {[COUNTER_QUERIES] = 7}};

	(void)state;
	assert_undefined(counters_failure_ratio(&counters));
}

static void buckets_follow_one_another_without_a_gap(void **state)
{
	unsigned int i;

	(void)state;
	for (i = 0; i < RTT_BUCKETS; i++) {
		__u64 lower_ns = 1000 * rtt_lower_edge_us(i);
		__u64 upper_ns = 1000 * rtt_lower_edge_us(i + 1);

		assert_int_equal(scene_bucket(lower_ns + 1), i);
		assert_int_equal(scene_bucket(upper_ns), i);
	}
	assert_int_equal(rtt_lower_edge_us(RTT_BUCKETS), 1ULL << (RTT_OCTAVE_LAST + 1));
}

static void a_percentile_errs_by_an_eighth_at_most(void **state)
{
	double ns;

	(void)state;
	for (ns = 4001; ns < 134e9; ns *= 1.0037) {
		__u64 buckets[RTT_BUCKETS] = {0};

		buckets[scene_bucket((__u64)ns)] = 3;
		assert_true(fabs(rtt_percentile_s(buckets, 0.5) * 1e9 - ns) <= 0.125 * ns);
	}
}

static void percentiles_are_by_nearest_rank(void **state)
{
	__u64 buckets[RTT_BUCKETS] = {0};

	(void)state;
	assert_undefined(rtt_percentile_s(buckets, 0.5));
	buckets[10] = buckets[20] = buckets[30] = 1;
	assert_near(rtt_percentile_s(buckets, 0.50), rtt_middle_s(20));
	buckets[10] = buckets[30] = 0;
	buckets[20] = 50;
	buckets[40] = 45;
	buckets[60] = 4;
	buckets[80] = 1;
	assert_near(rtt_percentile_s(buckets, 0.50), rtt_middle_s(20));
	assert_near(rtt_percentile_s(buckets, 0.51), rtt_middle_s(40));
	assert_near(rtt_percentile_s(buckets, 0.95), rtt_middle_s(40));
	assert_near(rtt_percentile_s(buckets, 0.99), rtt_middle_s(60));
	assert_near(rtt_percentile_s(buckets, 1.00), rtt_middle_s(80));
}

static void an_edge_counts_what_is_not_above_it(void **state)
{
	__u64 buckets[RTT_BUCKETS] = {0};

	(void)state;
	buckets[scene_bucket(256000)]++;
	assert_int_equal(rtt_at_most(buckets, 8), 1);
	buckets[scene_bucket(256001)]++;
	assert_int_equal(rtt_at_most(buckets, 8), 1);
	assert_int_equal(rtt_at_most(buckets, 9), 2);
	buckets[scene_bucket(8388608001ULL)]++;
	assert_int_equal(rtt_at_most(buckets, 23), 2);
	assert_near(rtt_edge_s(8), 0.000256);
	assert_near(rtt_edge_s(23), 8.388608);
}

static void each_counter_of_a_lane_has_a_word_of_its_own(void **state)
{
	int taken[sizeof(struct percpu_counters) / sizeof(__u64)] = {0}, i;

	(void)state;
	for (i = 0; i <= COUNTER_ENGINE_LAST; i++) {
		assert_in_range(counter_word(i), 0, PERCPU_COUNTERS_MAX - 1);
		assert_int_equal(taken[counter_word(i)]++, 0);
	}
	for (i = 1; i < REASON_MAX; i++) {
		assert_int_equal(counter_word(COUNTER_ICMP_PORT + i),
				 counter_word(COUNTER_ICMP_PORT) + i);
		assert_int_equal(counter_word(COUNTER_UNREACHABLE_PORT + i),
				 counter_word(COUNTER_UNREACHABLE_PORT) + i);
	}
	for (i = COUNTER_ANSWERED_NOERROR; i < COUNTER_ANSWERED_OTHER; i++)
		assert_int_equal(counter_word(i + 1), counter_word(i) + 1);
	for (i = COUNTER_UNSENT_HOST; i < COUNTER_UNSENT_OTHER; i++)
		assert_int_equal(counter_word(i + 1), counter_word(i) + 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_counter_is_named_as_documented),
		cmocka_unit_test(only_rtt_and_evidence_are_not_plain_counters),
		cmocka_unit_test(rows_of_one_metric_share_help_and_label),
		cmocka_unit_test(self_counters_are_named_as_documented),
		cmocka_unit_test(sums_hold_what_their_names_say),
		cmocka_unit_test(a_closed_transaction_is_a_failure_an_unfollowed_one_is_nothing),
		cmocka_unit_test(
			an_established_connect_is_an_answer_where_its_messages_are_not_followed),
		cmocka_unit_test(nothing_settled_is_no_ratio),
		cmocka_unit_test(buckets_follow_one_another_without_a_gap),
		cmocka_unit_test(a_percentile_errs_by_an_eighth_at_most),
		cmocka_unit_test(percentiles_are_by_nearest_rank),
		cmocka_unit_test(an_edge_counts_what_is_not_above_it),
		cmocka_unit_test(each_counter_of_a_lane_has_a_word_of_its_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
