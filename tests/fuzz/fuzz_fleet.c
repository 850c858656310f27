// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Any bytes as the answer of a Prometheus, for libFuzzer: either one plain line says what is wrong,
 * or the picture of the fleet adds up and prints nothing but text.
 */
#include "fleet/query.h"
#include "fleet/output.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static void expect(int holds)
{
	if (!holds)
		abort();
}

static void expect_plain(const char *c, const char *also)
{
	for (; *c; c++)
		expect(((unsigned char)*c >= 0x20 || strchr(also, *c)) && *c != 0x7f);
}

static void adds_up(const struct fleet *fleet)
{
	size_t i, asked = 0;

	for (i = 0; i < fleet->resolver_count; i++) {
		const struct fleet_resolver *r = &fleet->resolvers[i];

		asked += r->asked;
		expect(r->asked && r->failing <= r->asked && r->cause_hosts <= r->failing);
		expect(!i || fleet->resolvers[i - 1].scope >= r->scope);
	}
	expect(asked <= fleet->view_count && fleet->odd_count <= fleet->view_count);
}

static void show(const struct fleet_answer *answer)
{
	struct buffer text = {0}, json = {0};
	struct fleet fleet;
	struct fleet_output shown = {&fleet, answer->time_s, 300};
	json_t *object;

	expect(!fleet_rank(answer->rows, answer->count, &fleet));
	adds_up(&fleet);
	expect(!fleet_text_write(&text, &shown) && !fleet_json_write(&json, &shown));
	expect_plain(text.text, "\n");
	object = json_loads(json.text, 0, NULL);
	expect(object != NULL);
	json_decref(object);
	buffer_free(&text);
	buffer_free(&json);
	fleet_free(&fleet);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fleet_answer answer;

	if (fleet_answer_parse(200, (const char *)data, size, &answer))
		expect(answer.why[0]);
	else
		show(&answer);
	expect_plain(answer.why, "");
	fleet_answer_free(&answer);
	return 0;
}
