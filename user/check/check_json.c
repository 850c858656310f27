// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* `dnsreach check --json`: what was checked, and how bad it is, as one object (docs/json.md). */
#include "check/check.h"

#include "util/address.h"
#include "util/clock.h"
#include "health/counters.h"
#include "health/status.h"
#include "util/json.h"

#include <arpa/inet.h>
#include <errno.h>
#include <math.h>

json_t *check_object(const struct plugin_output *plugin, const char *source, __u64 wall_ns)
{
	struct json_build build = {0};
	json_t *object = json_object();
	char time[CLOCK_TEXT_SIZE];

	json_build_set(&build, object, "time", json_build_text(clock_rfc3339(wall_ns, time)));
	json_build_set(&build, object, "status",
		       json_build_text(plugin_status_name(plugin->status)));
	json_build_set(&build, object, "text",
		       json_build_text(plugin->text.used ? plugin->text.text : ""));
	json_build_set(&build, object, "source", json_build_text(source));
	json_build_set(&build, object, "resolvers", json_array());
	if (!build.failed)
		return object;
	json_decref(object);
	return NULL;
}

static void set_key(struct json_build *build, json_t *object, const struct resolver_key *key)
{
	int other = resolver_is_other(key);
	char address[ADDRESS_TEXT_SIZE];

	json_build_set(build, object, "address",
		       json_build_text(other ? "other"
					     : address_text(&key->address, key->scope, address)));
	json_build_set(build, object, "port",
		       other ? json_null() : json_build_count(ntohs(key->port)));
	json_build_set(build, object, "transport", json_build_text(transport_text(key->transport)));
}

/* ---- of a report -------------------------------------------------------------------------- */

static json_t *item_object(struct json_build *build, const struct check_item *item,
			   const struct check_rules *rules)
{
	const struct resolver_status *resolver = item->resolver;
	const struct rates *rates = &resolver->windows[rules->window];
	int other = resolver_is_other(&resolver->now->key);
	json_t *object = json_object();

	set_key(build, object, &resolver->now->key);
	json_build_set(build, object, "status", json_build_text(plugin_status_name(item->status)));
	json_build_set(build, object, "state",
		       json_build_text(other ? NULL : state_name(resolver->state)));
	json_build_set(build, object, "cause", json_build_text(cause_name(resolver->cause)));
	json_build_set(build, object, "suspicion",
		       json_build_text(resolver->forged ? "forged" : NULL));
	json_build_set(build, object, "value", json_build_real(item->value));
	json_build_set(build, object, "settled", json_build_count(rates->settled));
	json_build_set(build, object, "failure_ratio", json_build_real(rates->failure_ratio));
	json_build_set(build, object, "error_ratio", json_build_real(rates->error_ratio));
	json_build_set(build, object, "queries_per_s", json_build_real(rates->queries_per_s));
	json_build_set(build, object, "rtt_p95_s", json_build_real(rates->rtt_p95_s));
	json_build_set(build, object, "in_flight", json_build_count(resolver->now->in_flight));
	return object;
}

int check_json(json_t *object, const struct check_verdict *verdict, const struct check_rules *rules,
	       const struct check_origin *origin)
{
	json_t *resolvers = json_object_get(object, "resolvers");
	struct json_build build = {0};
	size_t i;

	json_build_set(&build, object, "url", json_build_text(origin->url));
	json_build_set(&build, object, "sample_s",
		       origin->url ? json_null() : json_build_count(origin->sample_s));
	json_build_set(&build, object, "window", json_build_text(window_name(rules->window)));
	json_build_set(&build, object, "metric",
		       json_build_text(rules->metric ? rules->metric->name : NULL));
	for (i = 0; i < verdict->count; i++)
		json_build_append(&build, resolvers,
				  item_object(&build, &verdict->items[i], rules));
	return build.failed ? -ENOMEM : 0;
}

/* ---- of a probe --------------------------------------------------------------------------- */

/* The names of RCODEs and reasons are those of the counters. */
static const char *rcode_name(__u8 rcode)
{
	unsigned int counter = COUNTER_ANSWERED_NOERROR + rcode;

	return counter_rows[counter < COUNTER_ANSWERED_OTHER ? counter : COUNTER_ANSWERED_OTHER]
		.value;
}

static const char *reason_name(enum reason reason)
{
	return counter_rows[COUNTER_UNREACHABLE_PORT + reason].value;
}

static void set_failure(struct json_build *build, json_t *object, const struct probe_result *result)
{
	int failed = result->outcome == PROBE_UNREACHABLE || result->outcome == PROBE_NOT_SENT;
	int icmp = failed && result->has_icmp;
	char address[ADDRESS_TEXT_SIZE];

	json_build_set(build, object, "reason",
		       json_build_text(failed ? reason_name(result->reason) : NULL));
	json_build_set(build, object, "errno",
		       failed ? json_build_count((__u64)result->error) : json_null());
	json_build_set(build, object, "reporter",
		       json_build_text(icmp ? address_text(&result->reporter, 0, address) : NULL));
	json_build_set(build, object, "icmp_type",
		       icmp ? json_build_count(result->icmp_type) : json_null());
	json_build_set(build, object, "icmp_code",
		       icmp ? json_build_count(result->icmp_code) : json_null());
}

static json_t *result_object(struct json_build *build, const struct probe_result *result)
{
	static const char *const outcomes[] = {"timed_out", "not_sent", "unreachable", "answered"};
	int answered = result->outcome == PROBE_ANSWERED;
	json_t *object = json_object();

	set_key(build, object, &result->resolver);
	json_build_set(build, object, "status",
		       json_build_text(plugin_status_name(check_probe_status(result))));
	json_build_set(build, object, "outcome", json_build_text(outcomes[result->outcome]));
	json_build_set(build, object, "cause",
		       json_build_text(cause_name(check_probe_cause(result))));
	json_build_set(build, object, "tries", json_build_count(result->tries));
	json_build_set(build, object, "rcode",
		       json_build_text(answered ? rcode_name(result->rcode) : NULL));
	json_build_set(build, object, "truncated",
		       answered ? json_boolean(result->truncated) : json_null());
	json_build_set(build, object, "rtt_s", json_build_real(answered ? result->rtt_s : NAN));
	json_build_set(build, object, "answered_try",
		       answered ? json_build_count(result->answered_try) : json_null());
	set_failure(build, object, result);
	json_build_set(build, object, "ignored", json_build_count(result->ignored));
	return object;
}

int check_probe_json(json_t *object, const struct probe_options *options,
		     const struct probe_result *results, size_t count)
{
	json_t *resolvers = json_object_get(object, "resolvers"), *question = json_object();
	char type[DNS_TYPE_SIZE];
	struct json_build build = {0};
	size_t i;

	json_build_set(&build, question, "name", json_build_text(options->question.name));
	json_build_set(&build, question, "type",
		       json_build_text(dns_type_text(options->question.type, type)));
	json_build_set(&build, object, "question", question);
	for (i = 0; i < count; i++)
		json_build_append(&build, resolvers, result_object(&build, &results[i]));
	return build.failed ? -ENOMEM : 0;
}
