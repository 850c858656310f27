/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* See scenarios.h. */
#include "scenarios.h"
#include "hooks.h"

#include <stdio.h>
#include <stdlib.h>

#define FLOWS 8
#define FIVE_OTHERS                                                                                \
	{QUERY, 2, 1030}, {QUERY, 3, 1030}, {QUERY, 4, 1030}, {QUERY, 5, 1030},                    \
	{                                                                                          \
		QUERY, 6, 1030                                                                     \
	}
#define SIX_OTHERS                                                                                 \
	FIVE_OTHERS,                                                                               \
	{                                                                                          \
		QUERY, 7, 1030                                                                     \
	}
#define AFTER(cpu) (1U << (cpu))

/* Times in 100 ms. A transaction times out after 50; it is kept for 600 more. */
const struct scenario scenarios[] = {
	{.name = "one query on two CPUs",
	 .cpus = 2,
	 .step = {{{QUERY, 0, 1000}}, {{QUERY, 0, 1001}}},
	 .expected = {1, 0, 0, 0, 0, 1}},
	{.name = "two queries with one tag",
	 .cpus = 2,
	 .step = {{{QUERY, 0, 1000}}, {{QUERY, 1, 1001}}},
	 .expected = {2, 0, 0, 0, 0, 2}},
	{.name = "two queries for the last slot",
	 .cpus = 2,
	 .before = {FIVE_OTHERS},
	 .step = {{{QUERY, 0, 1040}}, {{QUERY, 1, 1041}}},
	 .expected = {7, 0, 0, 0, 0, 7}},
	{.name = "one query on two CPUs for the last slot",
	 .cpus = 2,
	 .before = {FIVE_OTHERS},
	 .step = {{{QUERY, 0, 1040}}, {{QUERY, 0, 1041}}},
	 .expected = {ANY, 0, 0, 0, 0, ANY}},
	{.name = "one query on two CPUs behind a full bucket",
	 .cpus = 2,
	 .before = {SIX_OTHERS},
	 .step = {{{QUERY, 0, 1040}}, {{QUERY, 0, 1041}}},
	 .expected = {7, 0, 0, 0, 0, 7}},
	{.name = "two answers at once",
	 .cpus = 2,
	 .before = {{QUERY, 0, 1000}},
	 .step = {{{ANSWER, 0, 1010}}, {{ANSWER, 0, 1010}}},
	 .expected = {1, 1, 0, 0, 1, 0}},
	{.name = "an answer and an unreachable at once",
	 .cpus = 2,
	 .before = {{QUERY, 0, 1000}},
	 .step = {{{ANSWER, 0, 1010}}, {{UNREACHABLE, 0, 1010}}},
	 .expected = {1, ANY, 0, 0, 1, 0}},
	{.name = "an answer and a retransmission at once",
	 .cpus = 2,
	 .before = {{QUERY, 0, 1000}},
	 .step = {{{ANSWER, 0, 1010}}, {{QUERY, 0, 1011}}},
	 .expected = {ANY, 1, 0, 0, 0, ANY}},
	{.name = "an answer and the sweep",
	 .cpus = 2,
	 .before = {{QUERY, 0, 1000}},
	 .step = {{{ANSWER, 0, 1049}}, {{SWEEP, 0, 1051}}},
	 .expected = {1, ANY, ANY, ANY, ANY, 0}},
	{.name = "a query that reopens and the sweep",
	 .cpus = 2,
	 .before = {{QUERY, 0, 1000}},
	 .step = {{{QUERY, 0, 1060}}, {{SWEEP, 0, 1060}}},
	 .expected = {2, 0, 1, 0, 0, 1}},
	{.name = "a query that reopens and an answer",
	 .cpus = 2,
	 .before = {{QUERY, 0, 1000}},
	 .step = {{{QUERY, 0, 1060}}, {{ANSWER, 0, 1049}}},
	 .expected = {2, 1, ANY, 0, 0, ANY}},
	{.name = "a slot used again and a duplicate answer",
	 .cpus = 2,
	 .before = {FIVE_OTHERS, {QUERY, 0, 1035}},
	 .step = {{{ANSWER, 0, 1040}, {QUERY, 1, 1041}}, {{ANSWER, 0, 1042}}},
	 .expected = {7, 1, 0, 0, 1, 6}},
	{.name = "a slot used twice while another CPU inserts",
	 .cpus = 2,
	 .before = {{QUERY, 0, 1000}, {ANSWER, 0, 1001}},
	 .step = {{{QUERY, 0, 1010}, {ANSWER, 0, 1011}, {QUERY, 0, 1012}}, {{QUERY, 1, 1013}}},
	 .expected = {4, 2, 0, 0, 0, 2}},
	{.name = "two late answers at once",
	 .cpus = 2,
	 .before = {{QUERY, 0, 1000}, {SWEEP, 0, 1060}},
	 .step = {{{ANSWER, 0, 1070}}, {{ANSWER, 0, 1070}}},
	 .expected = {1, 0, 1, 1, 1, 0}},
	{.name = "a late answer and another that times out",
	 .cpus = 2,
	 .before = {{QUERY, 0, 1000}, {SWEEP, 0, 1060}, {QUERY, 1, 1060}},
	 .step = {{{ANSWER, 0, 1130}}, {{ANSWER, 1, 1130}}},
	 .expected = {2, 0, 2, 2, 0, 0}},
	{.name = "the flag of the expired is cleared while one is added",
	 .cpus = 3,
	 .before = {{QUERY, 1, 100}, {SWEEP, 0, 200}, {QUERY, 0, 1000}},
	 .step = {{{SWEEP, 0, 1040}},
		  {{ANSWER, 0, 1060}},
		  {{ANSWER, 0, 1070, AFTER(0) | AFTER(1)}}},
	 .expected = {2, 0, 2, 1, 1, 0}},
	{.name = "a short quote and an answer",
	 .cpus = 2,
	 .before = {{QUERY, 0, 1000}},
	 .step = {{{SHORT_QUOTE, 0, 1010}}, {{ANSWER, 0, 1010}}},
	 .expected = {1, ANY, 0, 0, 1, 0}},
	{.name = "a short quote and an answer behind a full bucket",
	 .cpus = 2,
	 .before = {SIX_OTHERS, {QUERY, 0, 1000}},
	 .step = {{{SHORT_QUOTE, 0, 1040}}, {{ANSWER, 0, 1040}}},
	 .expected = {7, ANY, 0, 0, ANY, ANY}},
	{.name = "a query interrupts the sweep",
	 .cpus = 1,
	 .before = {{QUERY, 0, 1000}},
	 .step = {{{SWEEP, 0, 1060, 0, QUERY}}},
	 .expected = {ANY, 0, 1, 0, 0, ANY}},
	{.name = "a packet interrupts the sweep, an answer on another CPU",
	 .cpus = 2,
	 .before = {{QUERY, 0, 1000}},
	 .step = {{{SWEEP, 0, 1060, 0, ANSWER}}, {{ANSWER, 0, 1049}}},
	 .expected = {1, ANY, ANY, ANY, ANY, 0}},
	{.name = "a query interrupts the sweep, an answer on another CPU",
	 .is_long = 1,
	 .cpus = 2,
	 .before = {{QUERY, 0, 1000}},
	 .step = {{{SWEEP, 0, 1060, 0, QUERY}}, {{ANSWER, 0, 1049}}},
	 .expected = {ANY, ANY, ANY, ANY, ANY, ANY}},
	{.name = "a query, its answer on another CPU, a query on a third",
	 .cpus = 3,
	 .step = {{{QUERY, 0, 1000}}, {{ANSWER, 0, 1010, AFTER(0)}}, {{QUERY, 1, 1001}}},
	 .expected = {2, 1, 0, 0, 0, 1}},
	{.name = "one query on three CPUs",
	 .cpus = 3,
	 .step = {{{QUERY, 0, 1000}}, {{QUERY, 0, 1001}}, {{QUERY, 0, 1002}}},
	 .expected = {1, 0, 0, 0, 0, 1}},
	{.name = "one query on two CPUs, a third with the same tag",
	 .cpus = 3,
	 .step = {{{QUERY, 0, 1000}}, {{QUERY, 0, 1001}}, {{QUERY, 1, 1002}}},
	 .expected = {2, 0, 0, 0, 0, 2}},
	{.name = "three answers at once",
	 .cpus = 3,
	 .before = {{QUERY, 0, 1000}},
	 .step = {{{ANSWER, 0, 1010}}, {{ANSWER, 0, 1010}}, {{UNREACHABLE, 0, 1010}}},
	 .expected = {1, ANY, 0, 0, 2, 0}},
	{.name = "a slot used again on another CPU and a duplicate answer on a third",
	 .cpus = 3,
	 .before = {FIVE_OTHERS, {QUERY, 0, 1035}},
	 .step = {{{ANSWER, 0, 1040}}, {{QUERY, 1, 1041, AFTER(0)}}, {{ANSWER, 0, 1042}}},
	 .expected = {7, 1, 0, 0, 1, 6}},
	{.name = "a query behind a full bucket, its answer, and an end in the bucket",
	 .cpus = 3,
	 .before = {SIX_OTHERS},
	 .step = {{{QUERY, 0, 1040}}, {{ANSWER, 2, 1041}}, {{ANSWER, 0, 1042, AFTER(0)}}},
	 .expected = {7, 2, 0, 0, 0, 5}},
	{.name = "an answer and the sweep behind a full bucket",
	 .cpus = 2,
	 .before = {SIX_OTHERS, {QUERY, 0, 1000}},
	 .step = {{{ANSWER, 0, 1049}}, {{SWEEP, 0, 1051}}},
	 .expected = {7, ANY, ANY, ANY, ANY, 6}},
};
const uint32_t scenario_count = sizeof(scenarios) / sizeof(scenarios[0]);

static const struct scenario *current;
static uint16_t flow_id[FLOWS];

/* ---- messages --------------------------------------------------------------------------- */

#define MESSAGES_MAX 32
static struct {
	struct frame frame;
	int is_query, action, flow;
} messages[MESSAGES_MAX];
static uint32_t message_count;

static struct udp_spec query_spec(uint32_t flow)
{
	return (struct udp_spec){.id = flow_id[flow], .source_port = 40000, .ifindex = 2};
}

static struct frame make_frame(int action, uint32_t flow)
{
	struct udp_spec s = query_spec(flow);

	if (action == UNREACHABLE || action == SHORT_QUOTE)
		return icmp_frame(
			(struct icmp_spec){.quoted = s,
					   .ifindex = 2,
					   .quote_payload = action == SHORT_QUOTE ? -1 : 0});
	s.response = action == ANSWER;
	return udp_frame(s);
}

static uint32_t message_of(int action, uint32_t flow)
{
	uint32_t i;

	for (i = 0; i < message_count; i++) {
		if (messages[i].action == action && messages[i].flow == (int)flow)
			return i;
	}
	if (message_count == MESSAGES_MAX)
		exit(2);
	messages[i].frame = make_frame(action, flow);
	messages[i].is_query = action == QUERY;
	messages[i].action = action;
	messages[i].flow = (int)flow;
	message_count++;
	return i;
}

static void do_action(int action, uint32_t flow, uint32_t at_100ms, uint32_t cpu)
{
	uint64_t now = at_100ms * (SECOND / 10);
	uint32_t i;

	if (action == SWEEP) {
		engine_sweep_at(now, cpu);
		return;
	}
	i = message_of(action, flow);
	engine_message(&messages[i].frame, messages[i].is_query, now, cpu);
}

static uint32_t tag_of(uint16_t id)
{
	struct frame f;
	uint32_t tag;

	flow_id[0] = id;
	f = make_frame(QUERY, 0);
	engine_begin();
	engine_message(&f, 1, SECOND, 0);
	tag = engine_first_tag();
	engine_end();
	return tag;
}

void scenarios_start(void)
{
	uint32_t tag, i;
	uint16_t id = 1000;

	family = 4;
	tag = tag_of(1000);
	while (tag_of(++id) != tag)
		;
	flow_id[0] = 1000;
	flow_id[1] = id;
	for (i = 2; i < FLOWS; i++) {
		while (tag_of(++id) == tag)
			;
		flow_id[i] = id;
	}
	flow_id[0] = 1000;
}

/* ---- runs ------------------------------------------------------------------------------- */

void scenario_begin(const struct scenario *s)
{
	uint32_t i;

	current = s;
	engine_begin();
	for (i = 0; i < STEPS_MAX && s->before[i].action; i++)
		do_action(s->before[i].action, s->before[i].flow, s->before[i].at_100ms, 0);
	engine_keep();
}

static const struct scenario_step *interrupted;
static uint32_t interrupted_cpu;

static void do_interrupt(void)
{
	do_action(interrupted->interrupt, interrupted->flow, interrupted->at_100ms,
		  interrupted_cpu);
}

void scenario_program(uint32_t cpu)
{
	const struct scenario_step *s;
	uint32_t i, other;

	for (i = 0; i < 4 && current->step[cpu][i].action; i++) {
		s = &current->step[cpu][i];
		for (other = 0; other < PROOF_CPUS; other++)
			if (s->after >> other & 1)
				hooks_wait(other, 1);
		if (s->interrupt) {
			interrupted = s;
			interrupted_cpu = cpu;
			hooks_interrupt(do_interrupt);
		}
		do_action(s->action, s->flow, s->at_100ms, cpu);
		hooks_step_done();
	}
}

/* ---- the end ---------------------------------------------------------------------------- */

static void add_tally(struct tally *sum, const struct tally *t)
{
	uint32_t *to = (uint32_t *)sum;
	const uint32_t *from = (const uint32_t *)t;
	uint32_t i;

	for (i = 0; i < sizeof(*t) / sizeof(*to); i++)
		to[i] += from[i];
}

static const char *check_laws(const struct tally *t, const struct contents *c)
{
	if (t->transactions != t->answered + t->unreachable + t->timed_out + c->open)
		return "law 1: transactions";
	if (t->queries != t->transactions + t->retransmissions + t->untracked)
		return "law 2: queries";
	if (t->responses + t->icmp != t->answered + t->unreachable + t->late + t->unmatched)
		return "laws 3 and 4: arrivals";
	if (t->unmatched_self)
		return "an arrival was counted for no resolver";
	return c->wrong;
}

static int differs(int expected, uint32_t is)
{
	return expected != ANY && (uint32_t)expected != is;
}

static const char *check_expected(const struct expectation *e, const struct tally *t,
				  const struct contents *c)
{
	if (differs(e->transactions, t->transactions))
		return "transactions are not as expected";
	if (differs(e->answered, t->answered))
		return "answered is not as expected";
	if (differs(e->timed_out, t->timed_out))
		return "timed_out is not as expected";
	if (differs(e->late, t->late))
		return "late is not as expected";
	if (differs(e->unmatched, t->unmatched))
		return "unmatched is not as expected";
	if (differs(e->open, c->open))
		return "in_flight is not as expected";
	return NULL;
}

const char *scenario_check(const struct tally *tallies, struct tally *sum)
{
	struct contents c;
	const char *wrong;
	uint32_t i;

	*sum = (struct tally){0};
	for (i = 0; i < PROOF_CPUS; i++)
		add_tally(sum, &tallies[i]);
	engine_contents(&c);
	wrong = check_laws(sum, &c);
	if (wrong || sum->busy)
		return wrong;
	return check_expected(&current->expected, sum, &c);
}
