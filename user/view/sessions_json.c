// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* See sessions_json.h. */
#include "view/sessions_json.h"

#include "health/counters.h"

void sessions_json_set(struct json_build *build, json_t *object,
		       const struct resolver_counters *counters)
{
	json_t *sessions = json_object();
	const struct sum_row *sum;

	for (sum = session_rows; sum < session_rows + SESSION_ROWS; sum++)
		json_build_set(build, sessions, sum->row.name,
			       json_build_count(counters_sum(counters, sum->first, sum->last)));
	json_build_set(build, object, "sessions", sessions);
}

void sessions_json_parse(struct json_get *get, const json_t *object, struct resolver_counters *ret)
{
	json_t *from = json_get_member(get, object, "sessions", JSON_OBJECT);
	__u64 *n = ret->n;

	n[COUNTER_TRANSACTIONS] = json_get_count(get, from, "started", JSON_COUNT_MAX);
	n[COUNTER_ANSWERED_NOERROR] = json_get_count(get, from, "answered", JSON_COUNT_MAX);
	n[COUNTER_SESSION_REFUSED] = json_get_count(get, from, "refused", JSON_COUNT_MAX);
	n[COUNTER_CLOSED_FIN] = json_get_count(get, from, "closed", JSON_COUNT_MAX);
	n[COUNTER_TIMED_OUT] = json_get_count(get, from, "timed_out", JSON_COUNT_MAX);
	if (n[COUNTER_SESSION_REFUSED] > n[COUNTER_ANSWERED_NOERROR])
		return json_get_expected(get, "refused", "at most `answered`");
	n[COUNTER_ANSWERED_REFUSED] = n[COUNTER_SESSION_REFUSED];
	n[COUNTER_ANSWERED_NOERROR] -= n[COUNTER_SESSION_REFUSED];
}

__u64 sessions_json_parse_row(struct json_get *get, const json_t *object,
			      struct resolver_counters *ret)
{
	const json_t *sessions = json_object_get(object, "sessions");

	if (!sessions)
		return 0;
	sessions_json_parse(get, object, ret);
	return json_get_count(get, sessions, "in_flight", JSON_COUNT_MAX);
}
