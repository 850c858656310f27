// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* What the screen draws, at every size, without a terminal. */
#include "says.h"
#include "scene.h"

#include "health/status.h"
#include "screen/draw.h"

#include <stdio.h>

struct draw_rig {
	struct scene scene;
	struct screen_model model;
	struct canvas canvas;
};

static const struct status_interface interfaces[] = {{"eth0", "tcx", 1U << ORIGIN_HOST},
						     {"lo", "clsact", 1U << ORIGIN_HOST}};

static struct incident incident; /* of the second resolver */

static const struct incident *find_incident(const struct resolver_key *key, void *context)
{
	return memcmp(key, &incident.resolver, sizeof(*key)) ? NULL : &incident;
}

static void make_incident(const struct scene *scene)
{
	memset(&incident, 0, sizeof(incident));
	incident.resolver = scene->resolvers[1].key;
	incident.start_ns = scene->snapshot.wall_ns;
	incident.client_count = 1;
	incident.clients[0] = scene_key("198.51.100.7").address;
	incident.name_count = 1;
	strcpy(incident.names[0], "www.example.com");
	incident.types[0] = 1;
	incident.failed_count = 1;
	incident.failed[0].wall_ns = scene->snapshot.wall_ns;
	incident.failed[0].query.key.client = incident.clients[0];
	incident.failed[0].query.outcome = FAILED_UNREACHABLE;
	strcpy(incident.failed[0].query.process.name, "curl");
	incident.failed[0].query.process.pid = 1;
	incident.message_count = 1;
	incident.messages[0].wall_ns = scene->snapshot.wall_ns;
	incident.messages[0].sample.key.client = incident.clients[0];
	incident.messages[0].sample.key.resolver = scene->resolvers[1].key.address;
	incident.messages[0].sample.key.resolver_port = scene->resolvers[1].key.port;
	incident.messages[0].sample.reporter = scene->resolvers[1].key.address;
	incident.messages[0].sample.type = 3;
	incident.messages[0].sample.code = 3;
	incident.messages[0].sample.version = 4;
}

/* 192.0.2.1 healthy with RTTs, 192.0.2.2 down, a long IPv6 one idle, and connects. */
static void rig_open(struct draw_rig *rig)
{
	static const char *const keys[] = {"192.0.2.1", "192.0.2.2",
					   "[2001:db8:1234:5678:9abc:def0:1234:5678]:5353",
					   "192.0.2.4"};
	const struct model_source source = {.from_zero = 1,
					    .ports = "53",
					    .find_incident = find_incident};
	struct scene *scene = &rig->scene;
	unsigned int i;

	memset(rig, 0, sizeof(*rig));
	scene_begin(scene, NULL);
	for (i = 0; i < 4; i++)
		scene->resolvers[i].key = scene_key(keys[i]);
	scene->resolvers[3].key.transport = TRANSPORT_TCP;
	scene->snapshot.count = 4;
	scene_settle(scene, COUNTER_ANSWERED_NOERROR, 1000);
	scene_settle(scene, COUNTER_ANSWERED_SERVFAIL, 100);
	scene_rtt(scene, 12000000, 900);
	scene_rtt(scene, 200000, 100);
	scene->resolvers[1].counters.n[COUNTER_QUERIES] = 40;
	scene->resolvers[1].counters.n[COUNTER_UNREACHABLE_PORT] = 40;
	scene->resolvers[1].counters.n[COUNTER_EVIDENCE_PORT] = 40;
	scene->resolvers[3].counters.n[COUNTER_CONNECT_ATTEMPTS] = 5;
	scene->resolvers[3].counters.n[COUNTER_CONNECT_ESTABLISHED] = 5;
	scene->resolvers[3].counters.n[COUNTER_CONNECT_UNFOLLOWED] =
		5; /* no message of it is known */
	scene->status.interfaces = interfaces;
	scene->status.interface_count = 2;
	scene->status.host = "web7";
	scene_tick(scene);
	make_incident(scene);
	model_init(&rig->model, &source);
	assert_int_equal(model_update(&rig->model, &scene->status, NULL, 0), 0);
}

static void rig_close(struct draw_rig *rig)
{
	canvas_free(&rig->canvas);
	model_free(&rig->model);
	scene_end(&rig->scene);
}

static void press(struct draw_rig *rig, const char *keys)
{
	for (; *keys; keys++)
		model_key(&rig->model, (unsigned char)*keys);
}

/* 192.0.2.4, whose connects alone were seen, gets messages over them. */
static void rig_add_messages(struct draw_rig *rig)
{
	struct resolver_counters *counters = &rig->scene.resolvers[3].counters;

	counters->n[COUNTER_CONNECT_UNFOLLOWED] = 0;
	counters->n[COUNTER_CONNECT_REFUSED] = 1;
	counters->n[COUNTER_CONNECT_ATTEMPTS] = 6;
	counters->n[COUNTER_UNSENT_HOST] = 2;
	counters->n[COUNTER_QUERIES] = counters->n[COUNTER_TRANSACTIONS] = 40;
	counters->n[COUNTER_ANSWERED_NOERROR] = 30;
	counters->n[COUNTER_ANSWERED_SERVFAIL] = 4;
	counters->n[COUNTER_TIMED_OUT] = 3;
	counters->n[COUNTER_CLOSED_FIN] = 2;
	counters->n[COUNTER_CLOSED_RST] = 1;
	counters->n[COUNTER_RTT_COUNT] = counters->rtt[0] = 34;
	counters->n[COUNTER_CONNECT_RTT_COUNT] = counters->connect_rtt[0] = 5;
	scene_tick(&rig->scene);
	assert_int_equal(model_update(&rig->model, &rig->scene.status, NULL, 0), 0);
}

/* The screen as text, a line a row, without the blanks at the ends. */
static const char *drawn(struct draw_rig *rig, size_t columns, size_t rows)
{
	static char text[400 * 400];
	const struct canvas *canvas = &rig->canvas;
	size_t row, column, used = 0, end;

	assert_int_equal(canvas_resize(&rig->canvas, columns, rows), 0);
	screen_draw(&rig->model, &rig->canvas, &glyphs_ascii);
	for (row = 0; row < rows; row++) {
		for (column = 0, end = used; column < columns; column++) {
			text[used] = (char)canvas_cell(canvas, row, column)->character;
			assert_in_range(text[used], ' ', '~');
			if (text[used++] != ' ')
				end = used;
		}
		used = end;
		text[used++] = '\n';
	}
	text[used] = '\0';
	return text;
}

static void forty_columns_have_the_worst_first(void **state)
{
	struct draw_rig rig;
	const char *out;

	(void)state;
	rig_open(&rig);
	out = drawn(&rig, 40, 12);
	assert_says(out, "rates over 10s: 1 down 2 healthy 1 idle");
	assert_says(out, "  RESOLVER         STATEv   QRY/S FAILED\n"
			 "> 192.0.2.2        down      40.0   100%\n");
	assert_says(out, "2001:db8:1234:+");
	rig_close(&rig);
}

static void wider_screens_have_more_columns(void **state)
{
	struct draw_rig rig;
	const char *out;

	(void)state;
	rig_open(&rig);
	out = drawn(&rig, 80, 24);
	assert_says(out, "dnsreach 00:16:41 UTC web7 on eth0 (tcx), lo (clsact)");
	assert_says(out, "SINCE CAUSE            QRY/S FAILED ERRORS");
	assert_says_not(out, "nothing listens there");
	out = drawn(&rig, 200, 24);
	assert_says(out, "ERRORS   P50   P95   P99 FLIGHT");
	assert_says(out, "port-closed       40.0   100%     0%     -     -     -      0 nothing "
			 "listens there, or its own firewall rejects");
	assert_says(out, "[2001:db8:1234:5678:9abc:def0:1234:5678]:5353");
	rig_close(&rig);
}

/* What does not fit is left out as a whole: the least urgent. */
static void narrow_screens_cut_no_word(void **state)
{
	struct draw_rig rig;
	const char *out;

	(void)state;
	rig_open(&rig);
	out = drawn(&rig, 44, 12);
	assert_says(out, "dnsreach 00:16:41 UTC web7\n");
	assert_says(out, "\nrates over 10s: 1 down 2 healthy 1 idle\n");
	assert_says(out, "\nq quit  ? help  Enter open  / filter  s sort\n");
	out = drawn(&rig, 36, 12);
	assert_says(out, "\n10s: 1 down 2 healthy 1 idle\n");
	assert_says(out, "\nq quit  ? help  Enter open  / filter\n");
	out = drawn(&rig, 22, 12);
	assert_says(out, "\n10s: 1 down 2 healthy\n");
	assert_says(out, "\nq quit  ? help\n");
	press(&rig, "?");
	assert_says(drawn(&rig, 40, 20), "\n/           filter: words in address,\n"
					 "            state or cause; Enter keeps\n");
	rig_close(&rig);
}

static void totals_and_rates_are_not_in_one_list(void **state)
{
	struct draw_rig rig;
	const char *out;

	(void)state;
	rig_open(&rig);
	press(&rig, "t");
	out = drawn(&rig, 200, 24);
	assert_says(out, "totals since start:");
	assert_says(out,
		    "QUERY FAILED ANSWERED ERRORS UNREACH TIMEOUT CLOSED UNSENT RETRANS  LATE\n");
	assert_says_not(out, "%");
	assert_says_not(out, "QRY/S");
	out = drawn(&rig, 40, 12);
	assert_says(out, "QUERY FAILED\n> 192.0.2.2        down        40     40\n");
	rig_close(&rig);
}

static void a_pane_has_numbers_and_examples(void **state)
{
	struct draw_rig rig;
	const char *out;

	(void)state;
	rig_open(&rig);
	model_key(&rig.model, KEY_CODE_ENTER);
	out = drawn(&rig, 80, 60);
	assert_says(out, "-- 192.0.2.2 udp ---");
	assert_says(out, "port-closed: nothing listens there");
	assert_says(out, "Last hour ---");
	assert_says(out, "X failed e error . answered");
	assert_says(out, "highest: 40 a minute");
	assert_says(out, "unreachable       40  100% ####");
	assert_says(out, "no RTT yet");
	assert_says(out, "clients: 198.51.100.7\n");
	assert_says(out, "names: www.example.com A\n");
	assert_says(out, "198.51.100.7 unreachable (curl)\n");
	assert_says(out, "IP 192.0.2.2 > 198.51.100.7: ICMP 192.0.2.2");
	press(&rig, "j");
	out = drawn(&rig, 80, 60);
	assert_says(out, "-- 192.0.2.1 udp ---");
	assert_says(out, " errors\nRTT: p50 ");
	assert_says(out, "NOERROR         1000   91% ");
	assert_says(out, "SERVFAIL         100  9.1% ");
	assert_says(out, "<= 256us         100   10% ");
	assert_says(out, "<= 512us           0    0%\n");
	assert_says(out, "<= 16ms          900   90% ");
	assert_says_not(out, "<= 33ms");
	assert_says(out, "no incident of this resolver");
	rig_close(&rig);
}

/* No message was seen: the rates, the outcomes and the times are those of the connects. */
static void connects_alone_stand_in_the_place_of_messages(void **state)
{
	struct draw_rig rig;
	const char *out;

	(void)state;
	rig_open(&rig);
	assert_says(drawn(&rig, 80, 24), "192.0.2.4/tcp");
	press(&rig, "/192.0.2.4");
	model_key(&rig.model, KEY_CODE_ENTER); /* keeps the filter */
	out = drawn(&rig, 80, 24);
	assert_says(out, " 5.00     0%     0%");
	model_key(&rig.model, KEY_CODE_ENTER);
	out = drawn(&rig, 80, 60);
	assert_says(out, "5.00 connects/s, 0% failed");
	assert_says(out, "Connects since the start --");
	assert_says(out, "established        5  100% ");
	assert_says(out, "Time to connect since the start --");
	assert_says_not(out, "Outcomes since the start");
	rig_close(&rig);
}

/* Each with shares of its own: a message is no connect. */
static void messages_and_connects_over_tcp_are_apart(void **state)
{
	struct draw_rig rig;
	const char *out;

	(void)state;
	rig_open(&rig);
	rig_add_messages(&rig);
	press(&rig, "/192.0.2.4");
	model_key(&rig.model, KEY_CODE_ENTER); /* keeps the filter */
	model_key(&rig.model, KEY_CODE_ENTER);
	out = drawn(&rig, 80, 60);
	assert_says(out, " queries/s, ");
	assert_says(out, "Outcomes since the start --");
	assert_says(out, "NOERROR           30   75% ");
	assert_says(out, "SERVFAIL           4   10% ");
	assert_says(out, "timed out          3  7.5% ");
	assert_says(out, "closed: FIN        2  5.0% ");
	assert_says(out, "closed: RST        1  2.5% ");
	assert_says(out, "Connects since the start --");
	assert_says(out, "established        5   62% ");
	assert_says(out, "refused            1   12% ");
	assert_says(out, "unsent             2   25% ");
	assert_says(out, "RTT since the start --");
	assert_says(out, "Time to connect since the start --");
	rig_close(&rig);
}

static void a_wide_pane_has_two_halves(void **state)
{
	struct draw_rig rig;
	const char *out;

	(void)state;
	rig_open(&rig);
	model_key(&rig.model, KEY_CODE_ENTER);
	out = drawn(&rig, 300, 80);
	assert_says(out, "Failures ----"); /* beside the verdict, at the top */
	assert_in_range(strstr(out, "Failures ----") - out, 0, strstr(out, "Last hour") - out);
	rig_close(&rig);
}

static void a_screen_without_queries_says_what_to_try(void **state)
{
	static const struct model_source source = {.ports = "53, 5353"};
	struct screen_model model;
	struct draw_rig rig;

	(void)state;
	memset(&rig, 0, sizeof(rig));
	model_init(&model, &source);
	rig.model = model;
	assert_says(drawn(&rig, 80, 24),
		    "No DNS query seen yet; watching port 53, 5353 (UDP, TCP) and 853 (TLS).");
	assert_says(drawn(&rig, 80, 24), "getent hosts");
	canvas_free(&rig.canvas);
	model_free(&rig.model);
}

static void the_last_line_has_the_message(void **state)
{
	struct draw_rig rig;

	(void)state;
	rig_open(&rig);
	model_set_message(&rig.model, "no answer \033[2J");
	assert_says(drawn(&rig, 80, 24), "\nno answer ?[2J\n");
	rig_close(&rig);
}

/* Each focus at each size: nothing is written outside, and the selection is on the screen. */
static void every_size_is_drawn(void **state)
{
	size_t columns, rows, row;
	struct draw_rig rig;
	int focus;

	(void)state;
	rig_open(&rig);
	for (focus = 0; focus < 4; focus++) {
		static const char *const keys[] = {"", "/192", "\001", "?"};

		press(&rig, keys[focus]);
		for (columns = 0; columns <= 300; columns += columns < 50 ? 1 : 25)
			for (rows = 0; rows <= 90; rows += rows < 40 ? 1 : 10) {
				drawn(&rig, columns, rows);
				for (row = 0; !focus && columns && row < rows; row++)
					if (canvas_cell(&rig.canvas, row, 0)->reversed)
						break;
				if (!focus && columns && rows > 8)
					assert_true(row < rows);
			}
		model_key(&rig.model, KEY_CODE_ESCAPE);
		model_key(&rig.model, KEY_CODE_ENTER);
	}
	rig_close(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(forty_columns_have_the_worst_first),
		cmocka_unit_test(wider_screens_have_more_columns),
		cmocka_unit_test(narrow_screens_cut_no_word),
		cmocka_unit_test(totals_and_rates_are_not_in_one_list),
		cmocka_unit_test(a_pane_has_numbers_and_examples),
		cmocka_unit_test(connects_alone_stand_in_the_place_of_messages),
		cmocka_unit_test(messages_and_connects_over_tcp_are_apart),
		cmocka_unit_test(a_wide_pane_has_two_halves),
		cmocka_unit_test(a_screen_without_queries_says_what_to_try),
		cmocka_unit_test(the_last_line_has_the_message),
		cmocka_unit_test(every_size_is_drawn),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
