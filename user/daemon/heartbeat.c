// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* See heartbeat.h. One query of each resolver at a time, the probe's (probe/query.h). */
#include "daemon/heartbeat.h"

#include "probe/query.h"
#include "util/address.h"
#include "util/clock.h"
#include "util/log.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct beat {
	struct probe_query query;
	struct probe_result result; /* its resolver, and why it cannot be asked */
	int is_failing;		    /* logged */
};

struct heartbeat {
	__u64 interval_ns, timeout_ns;
	__u64 next_ns; /* 0: at once */
	struct dns_question question;
	size_t count;
	struct beat beats[CONFIGURED_MAX];
};

static __u64 ns_of(double seconds)
{
	return (__u64)(seconds * NS_PER_S);
}

int check_heartbeat_name(const char *text, char why[OPTION_WHY_SIZE])
{
	struct dns_question question;

	if (!query_question_make(text, &question))
		return 0;
	snprintf(why, OPTION_WHY_SIZE, "'%.100s' is not a domain name; give one as example.com",
		 text);
	return -EINVAL;
}

int heartbeat_open(double interval_s, double timeout_s, const char *name, struct heartbeat **ret)
{
	struct heartbeat *h = calloc(1, sizeof(*h));

	if (!h)
		return -ENOMEM;
	query_question_make(name, &h->question);
	h->interval_ns = ns_of(interval_s);
	h->timeout_ns = ns_of(timeout_s < interval_s ? timeout_s : interval_s);
	*ret = h;
	return 0;
}

static struct beat *beat_find(struct heartbeat *h, const struct resolver_key *resolver)
{
	size_t i;

	for (i = 0; i < h->count; i++)
		if (!memcmp(&h->beats[i].result.resolver, resolver, sizeof(*resolver)))
			return &h->beats[i];
	return NULL;
}

/* Takes over the list of resolvers as it is now; those that are still in it keep their place. */
static void heartbeat_set_resolvers(struct heartbeat *h, const struct resolver_key *resolvers,
				    size_t count)
{
	size_t i, n, kept = 0;

	for (i = 0; i < h->count; i++) {
		for (n = 0; n < count; n++)
			if (!memcmp(&h->beats[i].result.resolver, &resolvers[n],
				    sizeof(resolvers[n])))
				break;
		if (n < count)
			h->beats[kept++] = h->beats[i];
		else
			query_close(&h->beats[i].query);
	}
	h->count = kept;
	for (n = 0; n < count && h->count < CONFIGURED_MAX; n++)
		if (!beat_find(h, &resolvers[n]))
			h->beats[h->count++] =
				(struct beat){.query.fd = -1, .result.resolver = resolvers[n]};
}

static const char *remedy_of(int error)
{
	if (error == EPERM || error == EACCES)
		return "allow it in IPAddressAllow= of the unit (systemctl edit dnsreach) and in "
		       "this host's firewall";
	return "look at `ip route get` for this address";
}

static void beat_log(struct beat *beat)
{
	int error = beat->query.fd < 0 ? beat->result.error : 0;
	char name[RESOLVER_TEXT_SIZE];

	resolver_text(&beat->result.resolver, name);
	if (error && !beat->is_failing)
		log_warn("--heartbeat: cannot ask %s: %s; %s", name, strerror(error),
			 remedy_of(error));
	else if (!error && beat->is_failing)
		log_info("--heartbeat: %s is asked again", name);
	beat->is_failing = error != 0;
}

/* Sends one query. Returns 1, or 0 when this host refuses to send it. */
static unsigned int beat_send(struct beat *beat, const struct dns_question *question)
{
	struct resolver_key resolver = beat->result.resolver;

	query_close(&beat->query);
	beat->result = (struct probe_result){.resolver = resolver};
	query_send(&beat->query, question, &beat->result);
	beat_log(beat);
	return beat->query.fd >= 0;
}

unsigned int heartbeat_tick(struct heartbeat *h, const struct resolver_key *resolvers, size_t count,
			    __u64 now_ns)
{
	unsigned int sent = 0;
	size_t i;

	for (i = 0; i < h->count; i++) {
		struct beat *beat = &h->beats[i];

		query_receive(&beat->query, &beat->result);
		if (now_ns - beat->query.sent_ns >= h->timeout_ns)
			query_close(&beat->query);
	}
	if (now_ns < h->next_ns)
		return 0;
	h->next_ns = now_ns + h->interval_ns - NS_PER_S / 2; /* ticks jitter */
	heartbeat_set_resolvers(h, resolvers, count);
	for (i = 0; i < h->count; i++)
		sent += beat_send(&h->beats[i], &h->question);
	return sent;
}

void heartbeat_close(struct heartbeat *h)
{
	size_t i;

	for (i = 0; h && i < h->count; i++)
		query_close(&h->beats[i].query);
	free(h);
}
