/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* From a snapshot to the verdicts, the incidents and the status of all resolvers. */
#include "monitor/pipeline.h"

#include "health/joined.h"
#include "util/log.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int pipeline_open(struct pipeline *p, const struct settings *settings,
		  const struct engine_config *config, __u64 start_ns, incident_fn *f, void *context)
{
	struct thresholds thresholds = settings_thresholds(settings);

	p->judge = judge_new(start_ns, &thresholds);
	if (p->judge)
		p->incidents = incidents_new(judge_resolvers(p->judge), f, context);
	if (!p->incidents) {
		log_error("out of memory; try a smaller --max-resolvers");
		return -ENOMEM;
	}
	incidents_set_timeout(p->incidents, config->timeout_ns);
	p->status.snapshot = &p->all;
	p->status.interval_s = 1;
	return 0;
}

int pipeline_open_from(struct pipeline *p, const struct settings *settings,
		       const struct engine_config *config, __u64 start_ns, incident_fn *f,
		       void *context, const struct buffer *memory, int *ret_restored)
{
	int err = pipeline_open(p, settings, config, start_ns, f, context);

	*ret_restored = 0;
	if (err || !memory->used)
		return err;
	if (!memory_read(memory->text, memory->used, p->judge, p->incidents)) {
		*ret_restored = 1;
		return 0;
	}
	pipeline_close(p);
	memset(p, 0, sizeof(*p));
	return pipeline_open(p, settings, config, start_ns, f, context);
}

int pipeline_prime(struct pipeline *p)
{
	int err = judge_prime(p->judge, &p->snapshot);

	return err ? err : incidents_prime(p->incidents, &p->snapshot);
}

#define ROOM_KEPT 1024 /* rows of a status that are kept from one tick to the next */

static void pipeline_free_status(struct pipeline *p)
{
	free(p->rows);
	free(p->resolvers);
	p->rows = NULL;
	p->resolvers = NULL;
	p->room = p->status.count = 0;
	p->status.resolvers = NULL;
}

int pipeline_tick(struct pipeline *p)
{
	struct judged_now judged;
	int err = judge_begin(p->judge, &p->snapshot), got = 0;

	p->is_filled = 0;
	if (p->room > ROOM_KEPT)
		pipeline_free_status(p);
	if (p->sparklines)
		sparklines_advance(p->sparklines, p->snapshot.at_ns);
	while (!err && (got = judge_next(p->judge, &judged)) > 0) {
		err = incidents_follow(p->incidents, &judged, &p->snapshot);
		if (!err && p->sparklines)
			err = sparklines_count(p->sparklines, judged.entry, judged.now);
	}
	incidents_end_second(p->incidents, &p->snapshot);
	return err ? err : got;
}

__u64 pipeline_next_due_ns(const struct pipeline *p)
{
	if (incidents_need_each_second(p->incidents))
		return p->snapshot.at_ns + 1;
	return judge_next_due_ns(p->judge);
}

static int pipeline_make_room(struct pipeline *p)
{
	size_t count = judge_count(p->judge);

	if (count <= p->room)
		return 0;
	pipeline_free_status(p);
	p->rows = calloc(count, sizeof(*p->rows));
	p->resolvers = calloc(count, sizeof(*p->resolvers));
	p->room = count;
	return p->rows && p->resolvers ? 0 : -ENOMEM;
}

const struct status *pipeline_status(struct pipeline *p)
{
	if (p->is_filled)
		return &p->status;
	p->is_filled = 1;
	p->all = p->snapshot;
	if (pipeline_make_room(p) || judge_status(p->judge, p->rows, p->resolvers)) {
		pipeline_free_status(p);
		log_error("out of memory for the status of %zu resolvers; use a smaller "
			  "--max-resolvers",
			  judge_count(p->judge));
	} else {
		p->status.count = judge_count(p->judge);
		status_set_fails_inside(p->resolvers, p->status.count);
		status_set_joined(p->resolvers, p->status.count);
	}
	p->all.resolvers = p->rows;
	p->all.count = p->status.count;
	p->status.resolvers = p->resolvers;
	return &p->status;
}

void pipeline_close(struct pipeline *p)
{
	incidents_free(p->incidents);
	judge_free(p->judge);
	pipeline_free_status(p);
}
