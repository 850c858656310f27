// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The joined verdict (docs/counters.md): what the rows of one address over UDP, TCP and TLS tell
 * together, a test a rule; that it is in JSON, in an incident, and in what people read.
 */
#include "report_scene.h"

#include "health/joined.h"
#include "view/status_json.h"
#include "view/summary.h"
#include "view/table.h"

#include <errno.h>

static struct resolver_snapshot rows[SCENE_RESOLVERS];
static struct resolver_status out[SCENE_RESOLVERS];
static size_t row_count;

static struct resolver_snapshot row(const char *address, __u16 port, __u8 transport)
{
	struct resolver_snapshot r = {.key = scene_key(address)};

	r.key.port = htons(port);
	r.key.transport = transport;
	return r;
}

static struct resolver_status *add(const char *address, __u16 port, __u8 transport,
				   enum state state, enum cause cause)
{
	size_t i = row_count++;

	assert_true(i < SCENE_RESOLVERS);
	rows[i] = row(address, port, transport);
	out[i] = (struct resolver_status){.now = &rows[i], .state = state, .cause = cause};
	return &out[i];
}

static struct resolver_status *udp(enum state state, enum cause cause)
{
	row_count = 0; /* the first row of each case */
	return add("192.0.2.1", 53, TRANSPORT_UDP, state, cause);
}

static struct resolver_status *tcp(enum state state, enum cause cause)
{
	return add("192.0.2.1", 53, TRANSPORT_TCP, state, cause);
}

static struct resolver_status *dot(enum state state, enum cause cause)
{
	return add("192.0.2.1", 853, TRANSPORT_DOT, state, cause);
}

static enum joined_verdict verdict_of(const struct resolver_status *resolver)
{
	status_set_joined(out, row_count);
	return resolver->joined.verdict;
}

static void refused_alike_is_a_service_that_is_down(void **state)
{
	struct resolver_status *of_udp = udp(STATE_DOWN, CAUSE_PORT_CLOSED);
	struct resolver_status *of_tcp = tcp(STATE_DOWN, CAUSE_PORT_CLOSED);

	(void)state;
	of_tcp->refused = 1;
	assert_int_equal(verdict_of(of_udp), JOINED_SERVICE_DOWN);
	assert_int_equal(verdict_of(of_tcp), JOINED_SERVICE_DOWN);
	of_tcp->refused = 0; /* by ICMP, which a firewall sends, and no closed port */
	assert_int_equal(verdict_of(of_udp), JOINED_NONE);
	assert_int_equal(verdict_of(of_tcp), JOINED_NONE);
	of_tcp->refused = 1;
	of_udp->cause = CAUSE_SILENT;
	assert_int_equal(verdict_of(of_udp), JOINED_NONE);
	assert_int_equal(verdict_of(of_tcp), JOINED_NONE);
	of_udp->cause = CAUSE_PORT_CLOSED;
	of_tcp->state = STATE_HEALTHY; /* again */
	assert_int_equal(verdict_of(of_udp), JOINED_NONE);
}

static void a_service_that_serves_tls_is_not_down(void **state)
{
	struct resolver_status *of_udp = udp(STATE_DOWN, CAUSE_PORT_CLOSED);
	struct resolver_status *of_tcp = tcp(STATE_DOWN, CAUSE_PORT_CLOSED);
	struct resolver_status *of_dot = dot(STATE_HEALTHY, CAUSE_NONE);

	(void)state;
	of_tcp->refused = 1;
	assert_int_equal(verdict_of(of_udp), JOINED_NONE);
	assert_int_equal(verdict_of(of_tcp), JOINED_NONE);
	of_dot->state = STATE_DOWN;
	of_dot->cause = CAUSE_PORT_CLOSED;
	assert_int_equal(verdict_of(of_udp), JOINED_SERVICE_DOWN);
	assert_int_equal(verdict_of(of_tcp), JOINED_SERVICE_DOWN);
}

static void tcp_is_blocked_where_udp_is_healthy(void **state)
{
	struct resolver_status *of_udp = udp(STATE_HEALTHY, CAUSE_NONE);
	struct resolver_status *of_tcp = tcp(STATE_DOWN, CAUSE_SILENT);
	static const enum state others[] = {STATE_IDLE, STATE_PENDING, STATE_UNCLEAR,
					    STATE_DEGRADED, STATE_DOWN};
	size_t i;

	(void)state;
	assert_int_equal(verdict_of(of_tcp), JOINED_TCP_BLOCKED);
	assert_int_equal(verdict_of(of_udp), JOINED_NONE);
	of_tcp->cause = CAUSE_NOT_SERVED;
	assert_int_equal(verdict_of(of_tcp), JOINED_NONE);
	of_tcp->cause = CAUSE_SILENT;
	for (i = 0; i < sizeof(others) / sizeof(*others); i++) {
		of_udp->state = others[i];
		assert_int_equal(verdict_of(of_tcp), JOINED_NONE);
	}
}

static void udp_is_blocked_where_tcp_is_healthy(void **state)
{
	struct resolver_status *of_udp = udp(STATE_DOWN, CAUSE_SILENT);
	struct resolver_status *of_tcp = tcp(STATE_HEALTHY, CAUSE_NONE);

	(void)state;
	assert_int_equal(verdict_of(of_udp), JOINED_UDP_BLOCKED);
	of_tcp->state = STATE_IDLE;
	assert_int_equal(verdict_of(of_udp), JOINED_NONE);
}

static void tls_is_blocked_where_another_is_healthy(void **state)
{
	struct resolver_status *of_udp = udp(STATE_HEALTHY, CAUSE_NONE);
	struct resolver_status *of_tcp = tcp(STATE_IDLE, CAUSE_NONE);
	struct resolver_status *of_dot = dot(STATE_DOWN, CAUSE_SILENT);

	(void)state;
	assert_int_equal(verdict_of(of_dot), JOINED_TLS_BLOCKED);
	of_udp->state = STATE_IDLE;
	assert_int_equal(verdict_of(of_dot), JOINED_NONE);
	of_tcp->state = STATE_HEALTHY;
	assert_int_equal(verdict_of(of_dot), JOINED_TLS_BLOCKED);
}

static void of_other_addresses_and_origins_are_not_joined(void **state)
{
	struct resolver_status *of_tcp;

	(void)state;
	udp(STATE_HEALTHY, CAUSE_NONE);
	of_tcp = add("192.0.2.2", 53, TRANSPORT_TCP, STATE_DOWN, CAUSE_SILENT);
	assert_int_equal(verdict_of(of_tcp), JOINED_NONE);
	udp(STATE_HEALTHY, CAUSE_NONE);
	of_tcp = tcp(STATE_DOWN, CAUSE_SILENT);
	rows[1].key.origin = ORIGIN_GUEST;
	assert_int_equal(verdict_of(of_tcp), JOINED_NONE);
	rows[0].key.origin = ORIGIN_GUEST;
	assert_int_equal(verdict_of(of_tcp), JOINED_TCP_BLOCKED);
}

static void the_key_over_another_transport(void **state)
{
	struct resolver_key key = row("192.0.2.1", 53, TRANSPORT_UDP).key, over;

	(void)state;
	assert_int_equal(resolver_over(&key, TRANSPORT_DOT, &over), 0);
	assert_int_equal(ntohs(over.port), 853);
	assert_int_equal(resolver_over(&over, TRANSPORT_TCP, &over), 0);
	assert_int_equal(ntohs(over.port), 53);
	assert_int_equal(over.transport, TRANSPORT_TCP);
	key.port = htons(5353);
	assert_int_equal(resolver_over(&key, TRANSPORT_TCP, &over), 0);
	assert_int_equal(ntohs(over.port), 5353);
	assert_int_equal(resolver_over(&key, TRANSPORT_DOT, &over), -ENOENT);
	key = (struct resolver_key){.transport = TRANSPORT_TCP}; /* the entry `other` */
	assert_int_equal(resolver_over(&key, TRANSPORT_UDP, &over), -ENOENT);
}

/* DNS over TLS belongs to port 53: who serves another port is another service. */
static void another_port_is_joined_with_its_own(void **state)
{
	struct resolver_status *of_dot, *of_tcp;

	(void)state;
	row_count = 0;
	add("192.0.2.1", 853, TRANSPORT_UDP, STATE_HEALTHY, CAUSE_NONE);
	of_dot = dot(STATE_DOWN, CAUSE_SILENT);
	assert_int_equal(verdict_of(of_dot), JOINED_NONE);
	row_count = 0;
	add("192.0.2.1", 5353, TRANSPORT_UDP, STATE_HEALTHY, CAUSE_NONE);
	of_tcp = add("192.0.2.1", 5353, TRANSPORT_TCP, STATE_DOWN, CAUSE_SILENT);
	assert_int_equal(verdict_of(of_tcp), JOINED_TCP_BLOCKED);
	row_count = 0;
	add("192.0.2.1", 53, TRANSPORT_UDP, STATE_HEALTHY, CAUSE_NONE);
	of_tcp = add("192.0.2.1", 5353, TRANSPORT_TCP, STATE_DOWN, CAUSE_SILENT);
	assert_int_equal(verdict_of(of_tcp), JOINED_NONE);
}

static void truncated_answers_need_tcp(void **state)
{
	struct resolver_status *of_udp = udp(STATE_HEALTHY, CAUSE_NONE);
	struct resolver_status *of_tcp = tcp(STATE_DEGRADED, CAUSE_NOT_SERVED);

	(void)state;
	status_set_joined(out, row_count);
	assert_int_equal(of_tcp->joined.tcp_needed, 0);
	of_udp->truncated = 1;
	status_set_joined(out, row_count);
	assert_int_equal(of_tcp->joined.tcp_needed, 1);
	assert_int_equal(of_udp->joined.tcp_needed, 0);
	of_tcp->state = STATE_HEALTHY;
	status_set_joined(out, row_count);
	assert_int_equal(of_tcp->joined.tcp_needed, 0);
}

/* ---- where it is said ----------------------------------------------------------------------- */

static void json_says_it(void **state)
{
	struct snapshot snapshot = {.wall_ns = WALL_NS, .resolvers = rows};
	struct status status = {.snapshot = &snapshot, .interval_s = 1, .resolvers = out};
	char error[JSON_ERROR_SIZE];
	struct parsed_status parsed;
	struct buffer text = {0};

	(void)state;
	udp(STATE_HEALTHY, CAUSE_NONE)->truncated = 1;
	tcp(STATE_DOWN, CAUSE_SILENT);
	status_set_joined(out, row_count);
	snapshot.count = status.count = row_count;
	assert_int_equal(status_json_write(&text, &status, NULL), 0);
	assert_says(text.text, "\"joined\":null,\"tcp_needed\":false");
	assert_says(text.text, "\"joined\":\"tcp-blocked\",\"tcp_needed\":true");
	assert_int_equal(status_json_parse(text.text, text.used, &parsed, error), 0);
	assert_int_equal(parsed.status.resolvers[0].joined.verdict, JOINED_NONE);
	assert_int_equal(parsed.status.resolvers[1].joined.verdict, JOINED_TCP_BLOCKED);
	assert_int_equal(parsed.status.resolvers[1].joined.tcp_needed, 1);
	parsed_status_free(&parsed);
	memcpy(strstr(text.text, "\"tcp-blocked\""), "\"tcp-blockee\"", 13);
	assert_int_equal(status_json_parse(text.text, text.used, &parsed, error), -EINVAL);
	assert_says(error, "joined");
	buffer_free(&text);
}

static void lines_of_older_versions_have_none(void **state)
{
	struct joined joined = {.verdict = JOINED_TCP_BLOCKED, .tcp_needed = 1};
	struct snapshot snapshot = {.wall_ns = WALL_NS, .resolvers = rows};
	struct status status = {.snapshot = &snapshot, .interval_s = 1, .resolvers = out};
	char error[JSON_ERROR_SIZE];
	struct parsed_status parsed;
	struct buffer text = {0};

	(void)state;
	udp(STATE_DOWN, CAUSE_SILENT)->joined = joined;
	snapshot.count = status.count = row_count;
	assert_int_equal(status_json_write(&text, &status, NULL), 0);
	memcpy(strstr(text.text, "\"joined\""), "\"jOined\"", 8);
	memcpy(strstr(text.text, "\"tcp_needed\""), "\"tcp_Needed\"", 12);
	assert_int_equal(status_json_parse(text.text, text.used, &parsed, error), 0);
	assert_int_equal(parsed.status.resolvers[0].joined.verdict, JOINED_NONE);
	assert_int_equal(parsed.status.resolvers[0].joined.tcp_needed, 0);
	parsed_status_free(&parsed);
	buffer_free(&text);
}

static void each_verdict_has_a_name_and_a_meaning(void **state)
{
	static const char *const names[JOINED_MAX] = {NULL, "service-down", "udp-blocked",
						      "tcp-blocked", "tls-blocked"};
	unsigned int i;

	(void)state;
	for (i = JOINED_NONE + 1; i < JOINED_MAX; i++) {
		assert_string_equal(joined_name(i), names[i]);
		assert_non_null(joined_meaning(i));
	}
}

/* A row of TCP that fails, with both that can be said of it. */
static void blocked_begin(struct scene *scene)
{
	scene_begin(scene, NULL);
	scene->resolvers[0].key.transport = TRANSPORT_TCP;
	scene_counters(scene)[COUNTER_CONNECT_ATTEMPTS] = 20;
	scene_counters(scene)[COUNTER_CONNECT_OPENED] = 20;
	scene_counters(scene)[COUNTER_CONNECT_TIMED_OUT] = 20;
	scene_tick(scene);
	scene->out[0].joined = (struct joined){.verdict = JOINED_TCP_BLOCKED, .tcp_needed = 1};
}

static void the_summary_says_it(void **state)
{
	struct buffer text = {0};
	struct scene scene;

	(void)state;
	blocked_begin(&scene);
	assert_int_equal(summary_write(&text, &scene.status, NULL), 0);
	assert_says(text.text,
		    "\n  tcp-blocked: answers over UDP: it is up, and a firewall drops TCP\n");
	assert_says(text.text,
		    "\n  tcp-needed: answers over UDP are truncated: their clients need TCP\n");
	buffer_free(&text);
	scene_end(&scene);
}

static void the_table_says_it(void **state)
{
	struct table table = {.options = {.redraw = 1, .columns = 80}};
	struct buffer text = {0};
	struct scene scene;

	(void)state;
	blocked_begin(&scene);
	assert_int_equal(table_write(&table, &text, &scene.status), 0);
	assert_says(text.text,
		    "  tcp-blocked: answers over UDP: it is up, and a firewall drops TCP");
	assert_says(text.text,
		    "  tcp-needed: answers over UDP are truncated: their clients need TCP");
	buffer_free(&text);
	scene_end(&scene);
}

static void the_report_says_it(void **state)
{
	struct incident incident = of_cause(CAUSE_SILENT);
	char *text;

	(void)state;
	incident.joined = (struct joined){.verdict = JOINED_UDP_BLOCKED};
	text = report_of_one(REPORT_MARKDOWN, &incident, &a_capture);
	assert_words(text,
		     "`udp-blocked`, by the rows of all its transports: it answers over TCP: it "
		     "is up, and UDP is dropped.");
	assert_says_not(text, "tcp-needed");
	free(text);
	incident.joined = (struct joined){.tcp_needed = 1};
	text = report_of_one(REPORT_MARKDOWN, &incident, &a_capture);
	assert_words(text, "`tcp-needed`: answers over UDP are truncated: their clients need TCP.");
	assert_says_not(text, "blocked");
	free(text);
}

/* ---- in an incident ------------------------------------------------------------------------- */

/* A second in which a connect of resolver `r` ends so. */
static void connect_of(struct incident_scene *s, unsigned int r, enum counter outcome)
{
	struct resolver_counters *c = &s->scene.resolvers[r].counters;

	c->n[COUNTER_CONNECT_ATTEMPTS]++;
	c->n[COUNTER_CONNECT_OPENED]++;
	c->n[outcome]++;
	if (c->at[MOMENT_LAST_ANSWERED] >= c->at[MOMENT_LAST_FAILURE])
		c->at[MOMENT_RUN_START] = clock_at(s->scene.now_s + 0.25);
	c->at[MOMENT_LAST_FAILURE] = clock_at(s->scene.now_s + 0.75);
}

static void both_begin(struct incident_scene *s)
{
	incidents_begin(s);
	s->scene.resolvers[1].key = s->scene.resolvers[0].key;
	s->scene.resolvers[1].key.transport = TRANSPORT_TCP;
	s->scene.snapshot.count = 2;
}

static void an_incident_keeps_it(void **state)
{
	struct incident_scene s;
	int i;

	(void)state;
	both_begin(&s);
	for (i = 0; i < 5; i++) {
		second_of(&s, 0, 1, 0);
		s.scene.resolvers[0].counters.n[COUNTER_TRUNCATED]++;
		connect_of(&s, 1, COUNTER_CONNECT_TIMED_OUT);
		tick(&s);
	}
	assert_int_equal(incident_count(&s), 1);
	assert_int_equal(incident_number(&s, 1)->joined.verdict, JOINED_TCP_BLOCKED);
	assert_int_equal(incident_number(&s, 1)->joined.tcp_needed, 1);
	for (i = 0; i < 5; i++) { /* UDP fails along: what was said of the time before is kept */
		second_of(&s, 0, 0, 1);
		connect_of(&s, 1, COUNTER_CONNECT_TIMED_OUT);
		tick(&s);
	}
	assert_int_equal(incident_number(&s, 1)->joined.verdict, JOINED_TCP_BLOCKED);
	incidents_end(&s);
}

static void the_incidents_of_both_say_that_the_service_is_down(void **state)
{
	struct incident_scene s;
	size_t i;

	(void)state;
	both_begin(&s);
	for (i = 0; i < 5; i++) {
		settle(&s, 0, COUNTER_UNREACHABLE_PORT, s.scene.now_s + 0.25, s.scene.now_s + 0.5);
		s.scene.resolvers[0].counters.n[COUNTER_ICMP_PORT]++;
		s.scene.resolvers[0].counters.n[COUNTER_EVIDENCE_PORT]++;
		connect_of(&s, 1, COUNTER_CONNECT_REFUSED);
		tick(&s);
	}
	assert_int_equal(incident_count(&s), 2);
	for (i = 1; i <= 2; i++)
		assert_int_equal(incident_number(&s, i)->joined.verdict, JOINED_SERVICE_DOWN);
	incidents_end(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(refused_alike_is_a_service_that_is_down),
		cmocka_unit_test(a_service_that_serves_tls_is_not_down),
		cmocka_unit_test(tcp_is_blocked_where_udp_is_healthy),
		cmocka_unit_test(udp_is_blocked_where_tcp_is_healthy),
		cmocka_unit_test(tls_is_blocked_where_another_is_healthy),
		cmocka_unit_test(of_other_addresses_and_origins_are_not_joined),
		cmocka_unit_test(the_key_over_another_transport),
		cmocka_unit_test(another_port_is_joined_with_its_own),
		cmocka_unit_test(truncated_answers_need_tcp),
		cmocka_unit_test(json_says_it),
		cmocka_unit_test(lines_of_older_versions_have_none),
		cmocka_unit_test(each_verdict_has_a_name_and_a_meaning),
		cmocka_unit_test(the_summary_says_it),
		cmocka_unit_test(the_table_says_it),
		cmocka_unit_test(the_report_says_it),
		cmocka_unit_test(an_incident_keeps_it),
		cmocka_unit_test(the_incidents_of_both_say_that_the_service_is_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
