/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* See live.h. */
#include "monitor/live.h"

#include "util/log.h"
#include "util/clock.h"
#include "util/resolv_conf.h"
#include "health/judge.h"
#include "datapath/attach.h"
#include "datapath/loader.h"
#include "datapath/privileges.h"
#include "datapath/map_reader.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define CONFIGURED_MAX 16 /* read of one file */
#define RECONCILE_TICKS 5 /* what other programs removed leaves no event */
#define FILES_MAX 4

struct live {
	struct engine_config config;
	struct loader *loader;
	struct map_reader *reader, *scraper; /* two, so that a scrape leaves the report alone */
	struct attachment *attachment;
	struct judge *judge;
	struct incidents *incidents;
	struct sample_reader *samples;
	struct snapshot snapshot, scraped;
	struct resolver_status *judged;
	struct status_interface *interfaces;
	struct status report;
	struct timespec changed[FILES_MAX]; /* of the files that name resolvers */
	unsigned long ticks;
};

/* ---- resolvers that this host is configured with ----------------------------------------- */

static void reserve(struct live *l, const struct resolver_key *keys, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++) {
		if (loader_reserve(l->loader, &keys[i]) == -E2BIG)
			log_warn("more than 32 configured resolvers: the rest share the room of "
				 "all others");
	}
}

/* Once a second: a file that has changed is read again. */
static void follow_configured(struct live *l)
{
	struct resolver_key keys[CONFIGURED_MAX];
	struct stat st;
	size_t i, n;

	for (i = 0; i < FILES_MAX && resolv_conf_files[i]; i++) {
		if (stat(resolv_conf_files[i], &st) ||
		    !memcmp(&st.st_mtim, &l->changed[i], sizeof(st.st_mtim)))
			continue;
		l->changed[i] = st.st_mtim;
		n = resolv_conf_read(resolv_conf_files[i], ntohs(l->config.ports[0]), keys,
				     CONFIGURED_MAX);
		reserve(l, keys, n);
	}
}

static int read_now(struct live *l, struct map_reader *reader, struct snapshot *ret)
{
	int err = map_reader_snapshot(reader, ret);

	ret->samples_dropped = loader_samples_dropped(l->loader);
	ret->resolvers_capacity = l->config.max_resolvers + loader_reserved(l->loader);
	ret->at_ns = clock_monotonic_ns();
	ret->wall_ns = clock_wall_ns();
	return err;
}

static int complain(int err)
{
	log_error("cannot read the counters: %s", strerror(-err));
	return err;
}

/* ---- open and close ---------------------------------------------------------------------- */

static int attach(struct live *l, const struct settings *s, struct handover *handover)
{
	struct loader_programs programs = loader_programs(l->loader);
	struct loader_maps maps = loader_maps(l->loader);
	struct attach_options options = {
		.names = s->interfaces.count ? s->interfaces.items : NULL,
		.name_count = s->interfaces.count,
		.only_clsact = s->clsact,
		.handover = handover,
	};
	struct attach_maps fds = {.queries_fd = programs.count_queries,
				  .outcomes_fd = programs.count_outcomes,
				  .tagged_map_fd = maps.vlan_devs,
				  .scopes_map_fd = maps.scopes};

	return attachment_open(&options, &fds, &l->attachment);
}

static int make_room(struct live *l, const struct settings *s)
{
	struct thresholds thresholds = settings_thresholds(s);
	struct loader_maps maps = loader_maps(l->loader);
	int err = map_reader_open(&maps, &l->config, &l->reader);

	l->judge = judge_new(clock_monotonic_ns(), &thresholds);
	l->judged = calloc(l->config.max_resolvers + RESOLVERS_RESERVED, sizeof(*l->judged));
	if (err || !l->judge || !l->judged) {
		log_error("out of memory; try a smaller --max-resolvers");
		return -ENOMEM;
	}
	return 0;
}

static void on_sample(const struct sample *sample, void *context)
{
	struct live *l = context;

	incidents_add_sample(l->incidents, sample);
}

static int follow_incidents(struct live *l, incident_fn *f, void *context)
{
	int err;

	l->incidents = incidents_new(judge_resolvers(l->judge), f, context);
	if (!l->incidents)
		return -ENOMEM;
	incidents_set_timeout(l->incidents, l->config.timeout_ns);
	err = samples_open(loader_maps(l->loader).samples, on_sample, l, &l->samples);
	if (err)
		log_error("cannot read the samples: %s", strerror(-err));
	return err;
}

/* What an earlier run has counted is in no window and in no incident of this one. */
static int prime(struct live *l)
{
	int err;

	if (!loader_has_taken_over(l->loader))
		return 0;
	err = read_now(l, l->reader, &l->snapshot);
	if (!err) {
		loader_count_reserved(l->loader, l->snapshot.count);
		err = judge_prime(l->judge, &l->snapshot);
	}
	if (!err)
		err = incidents_prime(l->incidents, &l->snapshot);
	return err ? complain(err) : 0;
}

int live_open(const struct settings *settings, incident_fn *f, void *context, struct live **ret)
{
	return live_open_from(settings, NULL, f, context, ret);
}

int live_open_from(const struct settings *settings, struct handover *handover, incident_fn *f,
		   void *context, struct live **ret)
{
	struct resolver_key named[OPTION_LIST_MAX];
	struct live *l = calloc(1, sizeof(*l));
	int err, count;

	if (!l)
		return -ENOMEM;
	err = settings_config(settings, &l->config);
	count = err ? err : settings_resolvers(settings, &l->config, named);
	if (count < 0) {
		free(l);
		return -EINVAL;
	}
	err = loader_open_from(&l->config, handover, clock_wall_ns(), &l->loader);
	if (err == -EINVAL)
		err = -ENOTSUP; /* it is the kernel that refused, not the user who erred */
	if (!err)
		err = privileges_keep_running();
	if (!err)
		err = make_room(l, settings);
	if (!err)
		err = follow_incidents(l, f, context);
	if (!err)
		err = prime(l);
	if (err)
		goto close;
	reserve(l, named, count);
	follow_configured(l);
	err = attach(l, settings, handover);
	if (err)
		goto close;
	*ret = l;
	return 0;

close:
	live_close(l);
	return err;
}

void live_close(struct live *l)
{
	if (!l)
		return;
	attachment_close(l->attachment);
	samples_close(l->samples);
	incidents_free(l->incidents);
	judge_free(l->judge);
	map_reader_close(l->scraper);
	map_reader_close(l->reader);
	loader_close(l->loader);
	free(l->interfaces);
	free(l->judged);
	free(l);
}

/* ---- running ----------------------------------------------------------------------------- */

int live_fd(const struct live *l)
{
	return attachment_fd(l->attachment);
}

void live_follow(struct live *l)
{
	attachment_update(l->attachment);
}

static void fill_report(struct live *l)
{
	l->report.snapshot = &l->snapshot;
	l->report.resolvers = l->judged;
	l->report.count = l->snapshot.count;
}

int live_collect(struct live *l, const struct snapshot **ret)
{
	struct loader_maps maps = loader_maps(l->loader);
	int err = l->scraper ? 0 : map_reader_open(&maps, &l->config, &l->scraper);

	if (!err)
		err = read_now(l, l->scraper, &l->scraped);
	*ret = &l->scraped;
	return err ? complain(err) : 0;
}

__u64 live_memory_bytes(const struct live *l)
{
	return loader_memory_bytes(l->loader);
}

struct resolver_map *live_resolvers(struct live *l)
{
	return judge_resolvers(l->judge);
}

const struct incidents *live_incidents(const struct live *l)
{
	return l->incidents;
}

static int read_and_judge(struct live *l)
{
	int err = loader_sweep(l->loader);

	if (!err)
		err = read_now(l, l->reader, &l->snapshot);
	if (!err)
		err = samples_read(l->samples);
	if (!err)
		err = judge_tick(l->judge, &l->snapshot, l->judged);
	if (!err) {
		fill_report(l);
		err = incidents_tick(l->incidents, &l->report);
	}
	return err ? complain(err) : 0;
}

int live_tick(struct live *l)
{
	follow_configured(l);
	if (l->attachment && ++l->ticks % RECONCILE_TICKS == 0)
		attachment_update(l->attachment);
	return read_and_judge(l);
}

static int list_interfaces(struct live *l)
{
	const struct attached_if *attached;
	struct status_interface *to;
	size_t count, i;

	if (!l->attachment)
		return 0; /* finished: those that were attached at the end */
	attached = attachment_list(l->attachment, &count);
	to = realloc(l->interfaces, (count ? count : 1) * sizeof(*to));
	if (!to)
		return -ENOMEM;
	for (i = 0; i < count; i++) {
		memcpy(to[i].name, attached[i].name, sizeof(to[i].name));
		to[i].hook = hook_type_names[attached[i].hook];
	}
	l->interfaces = to;
	l->report.interface_count = count;
	return 0;
}

const struct status *live_status(struct live *l, double interval_s)
{
	list_interfaces(l);
	fill_report(l);
	l->report.interval_s = interval_s;
	l->report.interfaces = l->interfaces;
	return &l->report;
}

int live_finish(struct live *l)
{
	int err;

	list_interfaces(l);
	attachment_hand_on(l->attachment);
	l->attachment = NULL;
	err = read_and_judge(l);
	incidents_finish(l->incidents);
	return err;
}
