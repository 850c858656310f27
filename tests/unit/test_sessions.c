// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Sessions of DNS over TLS in what people and scripts read: JSON and back, metrics, summary, words.
 */
#include "metrics_scene.h"
#include "printed.h"

#include "daemon/incident_log.h"
#include "metrics/prometheus.h"
#include "report/transport_words.h"
#include "util/buffer.h"
#include "view/status_json.h"
#include "view/summary.h"

/* As the readers of the engine's tables give them: 9 answered, of them 3 by no TLS handshake. */
static void set_sessions(struct resolver_snapshot *resolver)
{
	__u64 *n = resolver->counters.n;

	memset(n, 0, sizeof(resolver->counters.n));
	resolver->key.transport = TRANSPORT_DOT;
	resolver->in_flight = 17;
	resolver->messages_in_flight = 5;
	n[COUNTER_TRANSACTIONS] = 84;
	n[COUNTER_CONNECT_ATTEMPTS] = n[COUNTER_CONNECT_OPENED] = 84;
	n[COUNTER_CONNECT_ESTABLISHED] = 84;
	n[COUNTER_ANSWERED_NOERROR] = 6;
	n[COUNTER_ANSWERED_REFUSED] = n[COUNTER_SESSION_REFUSED] = 3;
	n[COUNTER_CLOSED_FIN] = 10;
	n[COUNTER_CLOSED_RST] = 20;
	n[COUNTER_TIMED_OUT] = 40;
}

/* By what a session was closed is not in the JSON: all of it comes back as one. */
static void json_of_sessions_is_read_back(void **state)
{
	char error[JSON_ERROR_SIZE];
	struct parsed_status parsed;
	struct buffer out = {0};
	struct scene scene;
	const __u64 *n;

	(void)state;
	scene_of_four(&scene);
	set_sessions(&scene.resolvers[0]);
	assert_int_equal(status_json_write(&out, &scene.status, NULL), 0);
	assert_int_equal(status_json_parse(out.text, out.used, &parsed, error), 0);
	n = parsed.status.resolvers[0].now->counters.n;
	assert_int_equal(n[COUNTER_TRANSACTIONS], 84);
	assert_int_equal(n[COUNTER_ANSWERED_NOERROR], 6);
	assert_int_equal(n[COUNTER_ANSWERED_REFUSED], 3);
	assert_int_equal(n[COUNTER_SESSION_REFUSED], 3);
	assert_int_equal(n[COUNTER_CLOSED_FIN] + n[COUNTER_CLOSED_RST], 30);
	assert_int_equal(n[COUNTER_TIMED_OUT], 40);
	assert_int_equal(parsed.status.resolvers[0].now->messages_in_flight, 5);
	assert_int_equal(parsed.status.resolvers[0].now->in_flight, 17);
	parsed_status_free(&parsed);
	buffer_free(&out);
	scene_end(&scene);
}

static void json_with_more_refused_than_answered_is_refused(void **state)
{
	char error[JSON_ERROR_SIZE];
	struct parsed_status parsed;
	struct buffer out = {0};
	struct scene scene;
	char *refused;
	size_t length;

	(void)state;
	scene_of_four(&scene);
	set_sessions(&scene.resolvers[0]);
	assert_int_equal(status_json_write(&out, &scene.status, NULL), 0);
	refused = strstr(out.text, "\"started\":84,\"refused\":3");
	assert_non_null(refused);
	length = strlen("\"started\":84,\"refused\":3");
	memcpy(refused, "\"started\":4,\"refused\":99", length);
	assert_int_not_equal(status_json_parse(out.text, out.used, &parsed, error), 0);
	assert_non_null(strstr(error, "refused"));
	buffer_free(&out);
	scene_end(&scene);
}

#define OF_TLS "resolver=\"192.0.2.1\",port=\"853\",transport=\"dot\",origin=\"host\""

/* Rows of other transports have no session, and without a row of TLS there is no family. */
static void metrics_of_sessions_are_of_tls_alone(void **state)
{
	static struct metrics_scene scene;
	struct buffer page = {0};

	(void)state;
	metrics_begin(&scene);
	metrics_resolver(&scene, "192.0.2.1");
	metrics_resolver(&scene, "192.0.2.2");
	scene.resolvers[0].key.transport = scene.resolvers[1].key.transport = TRANSPORT_TCP;
	assert_int_equal(prometheus_write(&page, PROMETHEUS_TEXT, &scene.source), 0);
	assert_null(strstr(page.text, "dnsreach_sessions"));
	buffer_free(&page);
	set_sessions(&scene.resolvers[0]);
	scene.resolvers[0].key.port = htons(853);
	assert_int_equal(prometheus_write(&page, PROMETHEUS_TEXT, &scene.source), 0);
	assert_non_null(strstr(page.text, "\ndnsreach_sessions_total{" OF_TLS "} 84\n"));
	assert_non_null(strstr(page.text, "\ndnsreach_sessions_refused_total{" OF_TLS "} 3\n"));
	assert_non_null(
		strstr(page.text,
		       "\ndnsreach_sessions_ended_total{" OF_TLS ",outcome=\"answered\"} 9\n"
		       "dnsreach_sessions_ended_total{" OF_TLS ",outcome=\"closed\"} 30\n"
		       "dnsreach_sessions_ended_total{" OF_TLS ",outcome=\"timed_out\"} 40\n"
		       "# HELP dnsreach_sessions_in_flight "));
	assert_non_null(strstr(page.text, "\ndnsreach_sessions_in_flight{" OF_TLS "} 5\n# "));
	buffer_free(&page);
}

static void summary_has_the_sessions(void **state)
{
	struct buffer out = {0};
	struct scene scene;

	(void)state;
	scene_of_four(&scene);
	set_sessions(&scene.resolvers[3]);
	assert_int_equal(summary_write(&out, &scene.status, NULL), 0);
	printed(&out);
	assert_non_null(strstr(text, "  sessions            84"));
	assert_non_null(strstr(text, "  answered             9  by no TLS handshake 3\n"));
	assert_non_null(strstr(text, "  closed              30"));
	assert_non_null(strstr(text, "  timed out           40\n"));
	scene_end(&scene);
}

/* What failed decides: sessions, or the connects before them. */
static void incident_of_tls_is_about_sessions_or_connects(void **state)
{
	struct incident incident = {.resolver.transport = TRANSPORT_DOT};
	__u64 *n = incident.counters.n;

	(void)state;
	n[COUNTER_TIMED_OUT] = 3;
	assert_string_equal(incident_noun(&incident), "session");
	assert_string_equal(incident_settled_noun(&incident, 2), "sessions");
	n[COUNTER_CONNECT_REFUSED] = 9;
	assert_string_equal(incident_noun(&incident), "connect");
	assert_false(incident_is_sessions(&incident));
	incident.resolver.transport = TRANSPORT_TCP;
	n[COUNTER_CONNECT_REFUSED] = 0;
	assert_string_equal(incident_noun(&incident), "query");
}

/* A TLS alert has no RCODE: the journal has the report's words for it. */
static void journal_says_that_no_handshake_came(void **state)
{
	struct incident incident = {.resolver = scene_key("192.0.2.53"),
				    .state = STATE_DEGRADED,
				    .cause = CAUSE_TLS_REFUSED};
	struct buffer out = {0};

	(void)state;
	incident.resolver.port = htons(853);
	incident.resolver.transport = TRANSPORT_DOT;
	incident.counters.n[COUNTER_ANSWERED_REFUSED] = 3;
	incident.counters.n[COUNTER_SESSION_REFUSED] = 3;
	incident_sentence(&out, &incident, INCIDENT_OPENED);
	assert_non_null(strstr(out.text, "; 3 of 3 answered, but not by a TLS handshake since "));
	assert_null(strstr(out.text, "error answer"));
	buffer_free(&out);
	incident.resolver.transport = TRANSPORT_UDP;
	incident.cause = CAUSE_SERVER_ERROR;
	incident.counters.n[COUNTER_SESSION_REFUSED] = 0;
	incident_sentence(&out, &incident, INCIDENT_OPENED);
	assert_non_null(strstr(out.text, "; 3 of 3 with an error answer since "));
	buffer_free(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(json_of_sessions_is_read_back),
		cmocka_unit_test(json_with_more_refused_than_answered_is_refused),
		cmocka_unit_test(metrics_of_sessions_are_of_tls_alone),
		cmocka_unit_test(summary_has_the_sessions),
		cmocka_unit_test(incident_of_tls_is_about_sessions_or_connects),
		cmocka_unit_test(journal_says_that_no_handshake_came),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
