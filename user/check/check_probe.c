// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* `dnsreach check --probe`: which resolvers to query, and how bad the results are. */
#include "check/check.h"

#include "util/address.h"
#include "util/clock.h"
#include "util/log.h"
#include "util/resolv_conf.h"
#include "datapath/privileges.h"
#include "health/counters.h"
#include "health/joined.h"
#include "health/status.h"
#include "view/cells.h"

#include <arpa/inet.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CONFIGURED_MAX 64
#define TARGETS_MAX (3 * CONFIGURED_MAX) /* each over UDP, TCP and TLS */
#define RETRY_S 1
#define REQUEST_TIMEOUT_S 5

struct probe_summary {
	size_t failed, errors; /* resolvers without an answer; with an error in it */
	double rtt_s;	       /* the longest; NAN: no answer */
};

static const char metric_names[] = "failed, errors, rtt_s";

int check_probe_metric(const char *name)
{
	return !strcmp(name, "failed") || !strcmp(name, "errors") || !strcmp(name, "rtt_s");
}

const char *check_probe_metric_names(void)
{
	return metric_names;
}

/* ---- resolvers and question --------------------------------------------------------------- */

static int has_resolver(const struct resolver_key *key, const struct probe_result *results,
			size_t count)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (!memcmp(&results[i].resolver, key, sizeof(*key)))
			return 1;
	return 0;
}

int check_transport_option(const char *text, char why[OPTION_WHY_SIZE])
{
	__u8 transport;

	if (!transport_parse(text, &transport))
		return 0;
	snprintf(why, OPTION_WHY_SIZE, "'%.20s' is none of udp, tcp and dot", text);
	return -EINVAL;
}

int check_tls_name_option(const char *text, char why[OPTION_WHY_SIZE])
{
	if (tls_name_is_valid(text))
		return 0;
	snprintf(why, OPTION_WHY_SIZE,
		 "it must be an IP address, or a host name of letters, digits and hyphens, in "
		 "labels of 1 to 63 characters and %d in all; without a port",
		 TLS_NAME_LENGTH);
	return -EINVAL;
}

/* Returns the resolver over this transport: TLS has a port of its own, unless another one was told.
 */
static struct resolver_key resolver_to_ask(const struct resolver_key *resolver, __u8 transport)
{
	struct resolver_key key;

	if (resolver_over(resolver, transport, &key))
		key.port = resolver->port;
	return key;
}

/* Adds a resolver over each transport of --probe-transport, once. Returns the new count. */
static size_t add_resolver(const struct check_options *options, struct probe_result *results,
			   size_t count, const struct resolver_key *resolver)
{
	__u8 transport = TRANSPORT_UDP;
	size_t i;

	for (i = 0; i < options->transports.count || !i; i++) {
		struct resolver_key key;

		if (options->transports.count)
			transport_parse(options->transports.items[i], &transport);
		key = resolver_to_ask(resolver, transport);
		if (count < TARGETS_MAX && !has_resolver(&key, results, count))
			results[count++] = (struct probe_result){.resolver = key};
	}
	return count;
}

static size_t add_resolvers(const struct check_options *options, struct probe_result *results,
			    size_t count, const struct resolver_key *keys, size_t more)
{
	size_t i;

	for (i = 0; i < more; i++)
		count = add_resolver(options, results, count, &keys[i]);
	return count;
}

/* Fills in the resolvers of --resolver, else those of resolv.conf, each once. Returns how many. */
static size_t probe_targets(const struct check_options *options, const struct check_rules *rules,
			    struct probe_result results[TARGETS_MAX])
{
	__u16 port = options->ports.count ? (__u16)atoi(options->ports.items[0]) : DNS_PORT;
	struct resolver_key keys[CONFIGURED_MAX];
	size_t count, i, n;

	count = add_resolvers(options, results, 0, rules->named, rules->named_count);
	for (i = 0; !rules->named_count && resolv_conf_files[i]; i++) {
		n = resolv_conf_read(resolv_conf_files[i], port, keys, CONFIGURED_MAX);
		count = add_resolvers(options, results, count, keys, n);
	}
	return count;
}

/* ---- judging ------------------------------------------------------------------------------ */

static int answered_with_error(const struct probe_result *result)
{
	return result->outcome == PROBE_ANSWERED && result->rcode != DNS_RCODE_NOERROR &&
	       result->rcode != DNS_RCODE_NXDOMAIN;
}

enum plugin_status check_probe_status(const struct probe_result *result)
{
	if (result->outcome != PROBE_ANSWERED)
		return PLUGIN_CRITICAL;
	return answered_with_error(result) ? PLUGIN_WARNING : PLUGIN_OK;
}

/* Returns the cause that the engine would give for such a transaction. */
static enum cause unreachable_cause(const struct probe_result *result)
{
	int is_its_own = !result->has_icmp || !memcmp(&result->reporter, &result->resolver.address,
						      sizeof(result->reporter));

	if (result->reason == REASON_PROHIBITED)
		return CAUSE_PROHIBITED;
	if (result->reason == REASON_PORT && is_its_own)
		return CAUSE_PORT_CLOSED;
	if (probe_is_stream(result) && !result->has_icmp && result->reason != REASON_PORT)
		return CAUSE_NONE; /* a router, or this host itself */
	if (result->reason == REASON_HOST || result->reason == REASON_NETWORK)
		return CAUSE_NO_ROUTE;
	return is_its_own ? CAUSE_NONE : CAUSE_REJECTED_ON_PATH;
}

enum cause check_probe_cause(const struct probe_result *result)
{
	switch (result->outcome) {
	case PROBE_TIMED_OUT: /* silent, when it had every chance to be heard */
		if (probe_is_stream(result))
			return result->connected ? CAUSE_NOT_SERVED : CAUSE_SILENT;
		return result->ignored || result->tries < PROBE_TRIES ? CAUSE_NONE : CAUSE_SILENT;
	case PROBE_NOT_SENT:
		return CAUSE_NOT_SENT;
	case PROBE_UNREACHABLE:
		return unreachable_cause(result);
	case PROBE_CLOSED:
		return CAUSE_NOT_SERVED;
	case PROBE_TLS_FAILED:
		return result->tls.failure == TLS_FAILURE_ALERT ||
				       result->tls.failure == TLS_FAILURE_NOT_TLS
			       ? CAUSE_TLS_REFUSED
			       : CAUSE_NONE;
	case PROBE_ANSWERED:
		return answered_with_error(result) ? CAUSE_SERVER_ERROR : CAUSE_NONE;
	}
	return CAUSE_NONE;
}

static struct probe_summary sum_results(const struct probe_result *results, size_t count)
{
	struct probe_summary s = {.rtt_s = NAN};
	size_t i;

	for (i = 0; i < count; i++) {
		s.failed += results[i].outcome != PROBE_ANSWERED;
		s.errors += answered_with_error(&results[i]);
		if (results[i].outcome == PROBE_ANSWERED && !(s.rtt_s >= results[i].rtt_s))
			s.rtt_s = results[i].rtt_s;
	}
	return s;
}

static enum plugin_status judge_results(const struct check_options *options,
					const struct check_rules *rules,
					const struct probe_summary *s, size_t count)
{
	const char *metric = options->metric ? options->metric : "failed";

	if (rules->warning_text || rules->critical_text) {
		double value = !strcmp(metric, "rtt_s")	   ? s->rtt_s
			       : !strcmp(metric, "errors") ? (double)s->errors
							   : (double)s->failed;

		/* Without an answer there is no RTT, and that is critical. */
		return isnan(value) ? PLUGIN_CRITICAL : check_ranges(rules, value);
	}
	if (s->failed == count)
		return PLUGIN_CRITICAL;
	return s->failed || s->errors ? PLUGIN_WARNING : PLUGIN_OK;
}

/* ---- words -------------------------------------------------------------------------------- */

static const char *not_sent_text(const struct probe_result *result)
{
	switch (result->error) {
	case EPERM:
		return "this host's own firewall refused it";
	case EACCES:
		return "a route of this host prohibits it";
	case ENETUNREACH:
		return "this host has no route to it";
	case EHOSTUNREACH:
		return "no neighbour answers for it, or a route of this host is unreachable";
	case ECONNREFUSED:
		return "this host's own firewall rejected it";
	}
	return strerror(result->error);
}

/* Returns where in a connection it was. */
static const char *stream_phase(const struct probe_result *result)
{
	if (result->resolver.transport != TRANSPORT_DOT)
		return "";
	return result->tls.established ? " after the TLS handshake" : " in the TLS handshake";
}

static void describe_tls(const struct probe_tls *tls, struct buffer *out)
{
	switch (tls->failure) {
	case TLS_FAILURE_ALERT:
		buffer_add(out, "refused TLS by the alert %s (%d)", tls->why, tls->alert);
		break;
	case TLS_FAILURE_NOT_TLS:
		buffer_add(out, "answered with something else than TLS");
		break;
	case TLS_FAILURE_NOT_TRUSTED:
		buffer_add(out, "its certificate is not trusted: %s", tls->why);
		break;
	case TLS_FAILURE_WRONG_NAME:
		buffer_add(out, "its certificate is not of the name of --probe-tls-name");
		break;
	case TLS_FAILURE_OTHER:
	case TLS_FAILURE_NONE:
		buffer_add(out, "TLS failed: %s", tls->why);
		break;
	}
}

/* Of a query over TCP or TLS. */
static void describe_stream(const struct probe_result *result, struct buffer *out)
{
	enum cause cause = check_probe_cause(result);

	if (result->outcome == PROBE_TLS_FAILED)
		describe_tls(&result->tls, out);
	else if (result->outcome == PROBE_CLOSED)
		buffer_add(out, "closed the connection by %s%s, without an answer",
			   result->error ? "RST" : "FIN", stream_phase(result));
	else if (result->outcome == PROBE_TIMED_OUT && result->connected)
		buffer_add(out, "timed out%s on an established connection", stream_phase(result));
	else if (result->outcome == PROBE_TIMED_OUT)
		buffer_add(out, "timed out before the connection was established");
	else if (result->error == ECONNREFUSED)
		buffer_add(out, "refused the connection");
	else
		buffer_add(out, "unreachable (%s), says this host's own stack or a router",
			   counter_rows[COUNTER_UNREACHABLE_PORT + result->reason].value);
	if (cause)
		buffer_add(out, ": %s, %s", cause_name(cause), cause_meaning(cause));
}

static void describe_timeout(const struct probe_result *result, struct buffer *out)
{
	if (check_probe_cause(result))
		buffer_add(out,
			   "timed out: %s, %s (%u queries); a closed port looks the same while "
			   "other queries use up its ICMP rate limit",
			   cause_name(CAUSE_SILENT), cause_meaning(CAUSE_SILENT), result->tries);
	else if (result->ignored)
		buffer_add(out, "timed out: no answer to %u queries", result->tries);
	else
		buffer_add(out,
			   "timed out: nothing came back to %u quer%s, which is too few to tell "
			   "silence from a limit on ICMP; use --timeout 6 or more",
			   result->tries, result->tries == 1 ? "y" : "ies");
}

static void describe_unreachable(const struct probe_result *result, struct buffer *out)
{
	enum cause cause = check_probe_cause(result);
	char address[ADDRESS_TEXT_SIZE];

	buffer_add(out, "unreachable (%s)",
		   counter_rows[COUNTER_UNREACHABLE_PORT + result->reason].value);
	if (result->has_icmp)
		buffer_add(out, ", ICMP %u/%u from %s", result->icmp_type, result->icmp_code,
			   address_text(&result->reporter, 0, address));
	if (cause)
		buffer_add(out, ": %s, %s", cause_name(cause), cause_meaning(cause));
}

static void describe_answer(const struct probe_result *result, struct buffer *out)
{
	const char *rcode = dns_rcode_name(result->rcode);
	char cell[CELL_SIZE];

	buffer_add(out, "answered in %s", cell_format_seconds(result->rtt_s, cell));
	if (result->answered_try > 1)
		buffer_add(out, result->answered_try == 2 ? " on the second try" : " on try %u",
			   result->answered_try);
	if (rcode)
		buffer_add(out, " with %s", rcode);
	else
		buffer_add(out, " with RCODE %u", result->rcode);
	if (result->truncated)
		buffer_add(out, ", truncated");
	if (result->tls.established)
		buffer_add(out, ", by %s, certificate %sverified",
			   result->tls.version ? result->tls.version : "TLS",
			   result->tls.verified ? "" : "not ");
}

/* Of a query over UDP, or one that was answered or not sent. */
static void describe_outcome(const struct probe_result *result, struct buffer *out)
{
	switch (result->outcome) {
	case PROBE_TIMED_OUT:
		describe_timeout(result, out);
		break;
	case PROBE_NOT_SENT:
		buffer_add(out, "not sent: %s", not_sent_text(result));
		break;
	case PROBE_UNREACHABLE:
		describe_unreachable(result, out);
		break;
	case PROBE_ANSWERED:
		describe_answer(result, out);
		break;
	case PROBE_CLOSED: /* of connections alone: describe_stream() */
	case PROBE_TLS_FAILED:
		break;
	}
}

struct all_results {
	const struct probe_result *results;
	size_t count;
};

static void look_in_results(const void *rows, const struct resolver_key *key,
			    struct joined_row *ret)
{
	const struct all_results *all = rows;
	size_t i;

	for (i = 0; i < all->count; i++) {
		const struct probe_result *result = &all->results[i];

		if (memcmp(&result->resolver, key, sizeof(*key)) != 0)
			continue;
		ret->state = result->outcome == PROBE_ANSWERED ? STATE_HEALTHY : STATE_DOWN;
		ret->cause = check_probe_cause(result);
		ret->refused = result->error == ECONNREFUSED && !result->has_icmp;
		ret->truncated = result->truncated;
	}
}

struct joined check_probe_joined(const struct probe_result *result,
				 const struct probe_result *results, size_t count)
{
	struct all_results all = {.results = results, .count = count};

	return joined_of(&result->resolver, look_in_results, &all);
}

static void describe_result(const struct probe_result *result, const struct probe_result *results,
			    size_t count, struct buffer *out)
{
	struct joined joined = check_probe_joined(result, results, count);
	char name[RESOLVER_TEXT_SIZE];

	buffer_add(out, "%s: ", resolver_text(&result->resolver, name));
	if (probe_is_stream(result) && result->outcome != PROBE_NOT_SENT &&
	    result->outcome != PROBE_ANSWERED && !result->has_icmp)
		describe_stream(result, out);
	else
		describe_outcome(result, out);
	if (joined.verdict)
		buffer_add(out, "; %s, %s", joined_name(joined.verdict),
			   joined_meaning(joined.verdict));
	if (joined.tcp_needed)
		buffer_add(out, "; " TCP_NEEDED);
	if (result->ignored)
		buffer_add(out, "; %llu messages that did not match were ignored",
			   (unsigned long long)result->ignored);
}

static void add_data(struct plugin_output *plugin, const struct check_options *options,
		     const struct check_rules *rules, const struct probe_summary *s,
		     const struct probe_result *results, size_t count)
{
	struct plugin_datum all[] = {
		{.name = "failed", .value = (double)s->failed, .unit = "", .most = (double)count},
		{.name = "errors", .value = (double)s->errors, .unit = "", .most = (double)count},
		{.name = "rtt_s", .value = s->rtt_s, .unit = "s", .most = NAN},
	};
	const char *metric = options->metric ? options->metric : "failed";
	char name[RESOLVER_TEXT_SIZE];
	size_t i;

	for (i = 0; i < sizeof(all) / sizeof(*all); i++)
		if (!strcmp(all[i].name, metric)) {
			all[i].warning = rules->warning_text;
			all[i].critical = rules->critical_text;
		}
	plugin_add_data(plugin, "", all, sizeof(all) / sizeof(*all));
	for (i = 0; i < count; i++) {
		struct plugin_datum rtt = {.name = "rtt_s",
					   .value = results[i].outcome == PROBE_ANSWERED
							    ? results[i].rtt_s
							    : NAN,
					   .unit = "s",
					   .most = NAN};

		plugin_add_data(plugin, resolver_text(&results[i].resolver, name), &rtt, 1);
	}
}

/* Keeps the order of the configuration among equals. */
static void sort_worst_first(struct probe_result *results, size_t count)
{
	size_t i, n;

	for (i = 1; i < count; i++) {
		struct probe_result moving = results[i];

		for (n = i; n && plugin_status_worse(check_probe_status(&moving),
						     check_probe_status(&results[n - 1])) !=
					 check_probe_status(&results[n - 1]);
		     n--)
			results[n] = results[n - 1];
		results[n] = moving;
	}
}

static void write_results(const struct check_options *options, const struct check_rules *rules,
			  const struct probe_result *results, size_t count,
			  struct plugin_output *plugin)
{
	struct probe_summary s = sum_results(results, count);
	struct buffer line = {0};
	int verbose = plugin->detail;
	size_t i;

	plugin->detail |= s.failed || s.errors;
	plugin->status = judge_results(options, rules, &s, count);
	describe_result(&results[0], results, count, &plugin->text);
	if (count > 1) {
		buffer_add(&plugin->text, "; %zu of %zu resolvers answered", count - s.failed,
			   count);
		if (s.errors)
			buffer_add(&plugin->text, ", %zu with an error", s.errors);
	}
	add_data(plugin, options, rules, &s, results, count);
	for (i = 0; i < count; i++) {
		if (!verbose && check_probe_status(&results[i]) == PLUGIN_OK)
			continue;
		buffer_reset(&line);
		describe_result(&results[i], results, count, &line);
		plugin_add_line(plugin, "%s", line.text ? line.text : "");
	}
	buffer_free(&line);
}

/* Says why the probe could not begin: by GnuTLS's own words, where it was TLS. */
static void describe_probe_error(int err, const struct probe_result *results, size_t count,
				 struct buffer *out)
{
	const char *why = strerror(-err);
	size_t i;

	for (i = 0; i < count; i++)
		if (*results[i].tls.why)
			why = results[i].tls.why;
	buffer_add(out, "cannot probe: %s", why);
}

/* Drops all privileges, which no probe needs. 0 or -errno, and the reason in `out` */
static int drop_privileges(struct buffer *out)
{
	int err;

	log_set_sink(log_sink_buffer, out);
	err = privileges_drop_all();
	log_set_sink(NULL, NULL);
	return err;
}

/* Asks all, and writes what came. 0 or -errno, and the reason in `plugin` */
static int probe_and_judge(const struct check_options *options, const struct check_rules *rules,
			   const struct probe_options *probe, struct plugin_output *plugin,
			   json_t *more)
{
	struct probe_result results[TARGETS_MAX];
	size_t count = probe_targets(options, rules, results);
	int err;

	if (!count) {
		buffer_add(&plugin->text,
			   "no resolver to probe: %s names none; name one by --resolver",
			   resolv_conf_files[0]);
		return -ENOENT;
	}
	err = drop_privileges(&plugin->text); /* all further input is from outside */
	if (err)
		return err;
	err = probe_all(probe, results, count);
	if (err) {
		describe_probe_error(err, results, count, &plugin->text);
		return err;
	}
	sort_worst_first(results, count);
	write_results(options, rules, results, count, plugin);
	return more ? check_write_probe_json(more, probe, results, count) : 0;
}

int check_probe(const struct check_options *options, const struct check_rules *rules,
		__u64 deadline_ns, struct plugin_output *plugin, json_t *more)
{
	__u64 now = clock_monotonic_ns();
	double left_s = now < deadline_ns ? (double)(deadline_ns - now) / NS_PER_S : 0;
	struct probe_options probe = {.retry_s = RETRY_S,
				      .timeout_s = fmin(REQUEST_TIMEOUT_S, left_s)};
	struct tls_trust *trust;
	char why[TLS_WHY_SIZE];
	int err = query_question_make(options->name, &probe.question);

	plugin->status = PLUGIN_UNKNOWN;
	if (err) {
		buffer_add(&plugin->text, "cannot probe: --name is not a domain name");
		return err;
	}
	trust = tls_trust_open(options->tls_name, options->identity.ca_file, why);
	if (!trust) {
		buffer_add(&plugin->text, "cannot probe: %s", why);
		return -EINVAL;
	}
	probe.trust = trust;
	err = probe_and_judge(options, rules, &probe, plugin, more);
	tls_trust_close(trust);
	return err;
}
