/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* From a snapshot to the status of all resolvers and their incidents. */
#include "monitor/pipeline.h"

#include "util/log.h"

#include <errno.h>
#include <stdlib.h>

int pipeline_open(struct pipeline *p, const struct settings *settings,
		  const struct engine_config *config, __u64 start_ns, incident_fn *f, void *context)
{
	struct thresholds thresholds = settings_thresholds(settings);

	p->judge = judge_new(start_ns, &thresholds);
	if (p->judge)
		p->incidents = incidents_new(judge_resolvers(p->judge), f, context);
	p->resolvers = calloc(config->max_resolvers + RESOLVERS_RESERVED, sizeof(*p->resolvers));
	if (!p->incidents || !p->resolvers) {
		log_error("out of memory; try a smaller --max-resolvers");
		return -ENOMEM;
	}
	incidents_set_timeout(p->incidents, config->timeout_ns);
	p->status.snapshot = &p->snapshot;
	p->status.resolvers = p->resolvers;
	p->status.interval_s = 1;
	return 0;
}

int pipeline_prime(struct pipeline *p)
{
	int err = judge_prime(p->judge, &p->snapshot);

	return err ? err : incidents_prime(p->incidents, &p->snapshot);
}

int pipeline_tick(struct pipeline *p)
{
	int err = judge_tick(p->judge, &p->snapshot, p->resolvers);
	size_t i;

	if (err)
		return err;
	for (i = 0; p->without_suspicion && i < p->snapshot.count; i++)
		p->resolvers[i].forged = 0;
	status_set_fails_inside(p->resolvers, p->snapshot.count);
	p->status.count = p->snapshot.count;
	return incidents_tick(p->incidents, &p->status);
}

void pipeline_close(struct pipeline *p)
{
	incidents_free(p->incidents);
	judge_free(p->judge);
	free(p->resolvers);
}
