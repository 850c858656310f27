// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* `dnsreach check --json`: what was checked, and how bad it is, as one object (docs/json.md). */
#include "check/check.h"

#include "util/address.h"
#include "util/clock.h"
#include "health/names.h"
#include "util/json_build.h"

#include <arpa/inet.h>
#include <errno.h>
#include <math.h>

json_t *check_object(const struct plugin *plugin, const char *source, __u64 wall_ns)
{
	struct maker maker = {0};
	json_t *object = json_object();
	char time[CLOCK_TEXT_SIZE];

	maker_set(&maker, object, "time", maker_text(clock_rfc3339(wall_ns, time)));
	maker_set(&maker, object, "status", maker_text(plugin_status_name(plugin->status)));
	maker_set(&maker, object, "text", maker_text(plugin->text.used ? plugin->text.text : ""));
	maker_set(&maker, object, "source", maker_text(source));
	maker_set(&maker, object, "resolvers", json_array());
	if (!maker.failed)
		return object;
	json_decref(object);
	return NULL;
}

static void set_key(struct maker *maker, json_t *object, const struct resolver_key *key)
{
	int other = resolver_is_other(key);
	char address[ADDRESS_TEXT_SIZE];

	maker_set(maker, object, "address",
		  maker_text(other ? "other" : address_text(&key->address, key->scope, address)));
	maker_set(maker, object, "port", other ? json_null() : maker_count(ntohs(key->port)));
	maker_set(maker, object, "transport", maker_text(transport_text(key->transport)));
}

/* ---- of a report -------------------------------------------------------------------------- */

static json_t *item_object(struct maker *maker, const struct check_item *item,
			   const struct check_rules *rules)
{
	const struct report_resolver *resolver = item->resolver;
	const struct rates *rates = &resolver->windows[rules->window];
	int other = resolver_is_other(&resolver->now->key);
	json_t *object = json_object();

	set_key(maker, object, &resolver->now->key);
	maker_set(maker, object, "status", maker_text(plugin_status_name(item->status)));
	maker_set(maker, object, "state", maker_text(other ? NULL : state_name(resolver->state)));
	maker_set(maker, object, "cause", maker_text(cause_name(resolver->cause)));
	maker_set(maker, object, "suspicion", maker_text(resolver->forged ? "forged" : NULL));
	maker_set(maker, object, "value", maker_real(item->value));
	maker_set(maker, object, "settled", maker_count(rates->settled));
	maker_set(maker, object, "failure_ratio", maker_real(rates->failure_ratio));
	maker_set(maker, object, "error_ratio", maker_real(rates->error_ratio));
	maker_set(maker, object, "queries_per_s", maker_real(rates->queries_per_s));
	maker_set(maker, object, "rtt_p95_s", maker_real(rates->rtt_p95_s));
	maker_set(maker, object, "in_flight", maker_count(resolver->now->in_flight));
	return object;
}

int check_json(json_t *object, const struct check_verdict *verdict, const struct check_rules *rules,
	       const struct check_origin *origin)
{
	json_t *resolvers = json_object_get(object, "resolvers");
	struct maker maker = {0};
	size_t i;

	maker_set(&maker, object, "url", maker_text(origin->url));
	maker_set(&maker, object, "sample_s",
		  origin->url ? json_null() : maker_count(origin->sample_s));
	maker_set(&maker, object, "window", maker_text(window_name(rules->window)));
	maker_set(&maker, object, "metric", maker_text(rules->metric ? rules->metric->name : NULL));
	for (i = 0; i < verdict->count; i++)
		maker_append(&maker, resolvers, item_object(&maker, &verdict->items[i], rules));
	return maker.failed ? -ENOMEM : 0;
}

/* ---- of a probe --------------------------------------------------------------------------- */

/* Names as those of the counters. */
static const char *rcode_name(__u8 rcode)
{
	static const char *const names[] = {"noerror",	"formerr", "servfail",
					    "nxdomain", "notimp",  "refused"};

	return rcode < sizeof(names) / sizeof(*names) ? names[rcode] : "other";
}

static const char *reason_name(enum reason reason)
{
	static const char *const names[] = {"port", "host", "network", "prohibited", "other"};

	return reason < REASON_MAX ? names[reason] : names[REASON_OTHER];
}

static void set_failure(struct maker *maker, json_t *object, const struct probe_result *result)
{
	int failed = result->outcome == PROBE_UNREACHABLE || result->outcome == PROBE_NOT_SENT;
	int icmp = failed && result->has_icmp;
	char address[ADDRESS_TEXT_SIZE];

	maker_set(maker, object, "reason", maker_text(failed ? reason_name(result->reason) : NULL));
	maker_set(maker, object, "errno", failed ? maker_count((__u64)result->error) : json_null());
	maker_set(maker, object, "reporter",
		  maker_text(icmp ? address_text(&result->reporter, 0, address) : NULL));
	maker_set(maker, object, "icmp_type", icmp ? maker_count(result->icmp_type) : json_null());
	maker_set(maker, object, "icmp_code", icmp ? maker_count(result->icmp_code) : json_null());
}

static json_t *result_object(struct maker *maker, const struct probe_result *result)
{
	static const char *const outcomes[] = {"timed_out", "not_sent", "unreachable", "answered"};
	int answered = result->outcome == PROBE_ANSWERED;
	json_t *object = json_object();

	set_key(maker, object, &result->resolver);
	maker_set(maker, object, "status",
		  maker_text(plugin_status_name(check_probe_status(result))));
	maker_set(maker, object, "outcome", maker_text(outcomes[result->outcome]));
	maker_set(maker, object, "cause", maker_text(cause_name(check_probe_cause(result))));
	maker_set(maker, object, "tries", maker_count(result->tries));
	maker_set(maker, object, "rcode", maker_text(answered ? rcode_name(result->rcode) : NULL));
	maker_set(maker, object, "truncated",
		  answered ? json_boolean(result->truncated) : json_null());
	maker_set(maker, object, "rtt_s", maker_real(answered ? result->rtt_s : NAN));
	maker_set(maker, object, "answered_try",
		  answered ? maker_count(result->answered_try) : json_null());
	set_failure(maker, object, result);
	maker_set(maker, object, "ignored", maker_count(result->ignored));
	return object;
}

int check_probe_json(json_t *object, const struct probe_options *options,
		     const struct probe_result *results, size_t count)
{
	json_t *resolvers = json_object_get(object, "resolvers"), *question = json_object();
	char type[QUESTION_TYPE_SIZE];
	struct maker maker = {0};
	size_t i;

	maker_set(&maker, question, "name", maker_text(options->question.name));
	maker_set(&maker, question, "type", maker_text(qtype_text(options->question.type, type)));
	maker_set(&maker, object, "question", question);
	for (i = 0; i < count; i++)
		maker_append(&maker, resolvers, result_object(&maker, &results[i]));
	return maker.failed ? -ENOMEM : 0;
}
