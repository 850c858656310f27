/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Counting on this host, from the BPF maps to the status. */
#include "monitor/live.h"

#include "monitor/asker_names.h"
#include "monitor/query_processes.h"
#include "monitor/sampled_queries.h"
#include "health/asker_places.h"
#include "health/incident_askers.h"

#include "util/buffer.h"
#include "util/log.h"
#include "util/clock.h"
#include "util/resolv_conf.h"
#include "util/text.h"
#include "datapath/attach.h"
#include "datapath/handover.h"
#include "datapath/loader.h"
#include "datapath/privileges.h"
#include "datapath/map_reader.h"

#include <arpa/inet.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_RESOLVERS_MAX 16 /* read of one file */
#define RECONCILE_TICKS 5     /* a hook that other programs removed causes no event */
#define FILES_MAX 4

_Static_assert(CONFIGURED_MAX == OPTION_LIST_MAX + FILES_MAX * FILE_RESOLVERS_MAX,
	       "room for all configured resolvers");

/* A file that names resolvers. */
struct resolver_file {
	struct timespec changed;
	struct resolver_key resolvers[FILE_RESOLVERS_MAX];
	size_t count;
};

struct live {
	struct engine_config config;
	struct loader *loader;
	struct map_reader *reader, *scraper; /* two, so that a scrape leaves the status alone */
	struct attachment *attachment;
	struct pipeline pipeline;
	struct sample_reader *samples;
	struct sampled_queries *sampled;
	struct asker_names *asker_names; /* NULL: askers are not counted */
	struct incident_askers *incident_askers;
	struct asker_places *asker_places;
	struct asker_choice asker_choices[ASKER_COMMANDS]; /* that the next sweep carries out */
	size_t asker_choice_count;
	struct query_processes *query_processes; /* NULL: as asker_names */
	struct snapshot scraped;
	struct status_interface *interfaces;
	struct resolver_key named[OPTION_LIST_MAX]; /* by --resolver */
	size_t named_count;
	struct resolver_file files[FILES_MAX];
	__u64 heartbeats;
	char host[3 * HOST_NAME_MAX + 1]; /* this host's name; an invalid byte takes three */
	unsigned long ticks;
	struct handover *handover; /* of the caller; NULL: none */
	int is_restored;	   /* with the memory of an earlier process */
	int is_save_failing;
	int guests_bypassed; /* as in struct snapshot */
	int host_answers;    /* a resolver of origin host has answered */
};

/* ---- resolvers that this host is configured with ----------------------------------------- */

static void live_reserve(struct live *l, const struct resolver_key *keys, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++) {
		if (loader_reserve(l->loader, &keys[i]) == -E2BIG)
			log_warn("more than 32 configured resolvers: the others have a row only "
				 "where --max-resolvers leaves room");
	}
}

/* Reads a file again that has changed; once a second. */
static void live_read_resolv_conf(struct live *l)
{
	struct stat st;
	size_t i;

	for (i = 0; i < FILES_MAX && resolv_conf_files[i]; i++) {
		struct resolver_file *file = &l->files[i];

		if (stat(resolv_conf_files[i], &st) ||
		    !memcmp(&st.st_mtim, &file->changed, sizeof(st.st_mtim)))
			continue;
		file->changed = st.st_mtim;
		file->count = resolv_conf_read(resolv_conf_files[i], ntohs(l->config.ports[0]),
					       file->resolvers, FILE_RESOLVERS_MAX);
		live_reserve(l, file->resolvers, file->count);
	}
}

/* Adds those that are not in the list yet. Returns how many are in it then. */
static size_t configured_add(struct resolver_key list[CONFIGURED_MAX], size_t count,
			     const struct resolver_key *keys, size_t key_count)
{
	size_t i, n;

	for (i = 0; i < key_count; i++) {
		for (n = 0; n < count && memcmp(&list[n], &keys[i], sizeof(keys[i])) != 0; n++)
			;
		if (n == count)
			list[count++] = keys[i];
	}
	return count;
}

size_t live_configured(const struct live *l, struct resolver_key ret[CONFIGURED_MAX])
{
	size_t count = configured_add(ret, 0, l->named, l->named_count), i;

	for (i = 0; i < FILES_MAX; i++)
		count = configured_add(ret, count, l->files[i].resolvers, l->files[i].count);
	return count;
}

void live_add_heartbeats(struct live *l, unsigned int sent)
{
	l->heartbeats += sent;
}

static int log_cannot_count(int err)
{
	log_error("cannot read the counters: %s", strerror(-err));
	return err;
}

/* Reads the counters and the times; `all`: of unchanged resolvers, too. 0, or -errno, logged */
static int live_read(const struct live *l, struct map_reader *reader, int all, struct snapshot *ret)
{
	int err = all ? map_reader_snapshot(reader, ret) : map_reader_changes(reader, ret);

	ret->samples_dropped = loader_samples_dropped(l->loader);
	ret->heartbeats = l->heartbeats;
	ret->resolvers_capacity = l->config.max_resolvers + loader_reserved(l->loader);
	ret->at_ns = clock_monotonic_ns();
	ret->wall_ns = clock_wall_ns();
	if (!err && l->asker_names)
		asker_names_lookup(l->asker_names, ret, ret->at_ns);
	return err ? log_cannot_count(err) : 0;
}

/* ---- open and close ---------------------------------------------------------------------- */

static int live_attach(struct live *l, const struct settings *s, struct handover *handover)
{
	struct loader_programs programs = loader_programs(l->loader);
	struct loader_maps maps = loader_maps(l->loader);
	struct attach_options options = {
		.names = s->interfaces.count ? s->interfaces.items : NULL,
		.name_count = s->interfaces.count,
		.guests = {s->guests.items, s->guests.count},
		.only_clsact = s->clsact,
		.handover = handover,
	};
	/* cppcheck-suppress legacyUninitvar ; it does not follow nested designators */
	struct attach_fds fds = {
		.programs = {[HOOK_INGRESS] = {[ORIGINS_HOST] = programs.count_outcomes,
					       [ORIGINS_GUEST] = programs.count_guest_queries,
					       [ORIGINS_BOTH] = programs.count_both_in},
			     [HOOK_EGRESS] = {[ORIGINS_HOST] = programs.count_queries,
					      [ORIGINS_GUEST] = programs.count_guest_outcomes,
					      [ORIGINS_BOTH] = programs.count_both_out}},
		.maps = {.vlan_devs_fd = maps.vlan_devs, .if_masters_fd = maps.if_masters},
	};

	return attachment_open(&options, &fds, &l->attachment);
}

static int live_open_reader(struct live *l)
{
	struct loader_maps maps = loader_maps(l->loader);
	int err = map_reader_open(&maps, &l->config, &l->reader);

	if (err)
		log_error("cannot map the BPF tables: %s; use a smaller --max-in-flight or "
			  "--max-resolvers",
			  strerror(-err));
	return err;
}

static void on_live_sample(const struct sample *sample, void *context)
{
	struct live *l = context;

	sampled_queries_add(l->sampled, sample);
	if (l->query_processes)
		query_processes_add(l->query_processes, l->sampled, sample);
}

static int live_open_samples(struct live *l)
{
	int err = -ENOMEM;

	l->sampled = sampled_queries_new(l->config.timeout_ns, l->pipeline.incidents);
	if (l->sampled)
		err = samples_open(loader_maps(l->loader).samples, on_live_sample, l, &l->samples);
	if (err)
		log_error("cannot read the samples: %s", strerror(-err));
	return err;
}

/*
 * Prepares for askers, which are not counted where the kernel does not tell the cgroup; before
 * capabilities are dropped.
 */
static int live_open_askers(struct live *l)
{
	if (!l->config.askers)
		return 0;
	if (loader_can_tell_cgroups()) {
		l->query_processes = query_processes_new();
		if (!l->query_processes)
			return -ENOMEM;
		return asker_names_open("/sys/fs/cgroup", &l->asker_names);
	}
	log_warn("--askers: this kernel does not tell the cgroup of a packet's sender "
		 "(bpf_skb_cgroup_id); askers are not counted, all else is");
	l->config.askers = 0;
	return 0;
}

/* Lets incidents list the askers that suffered, and rows be used again. Returns 0 or -ENOMEM. */
static int live_open_incident_askers(struct live *l, int are_exported)
{
	if (!l->asker_names)
		return 0;
	l->asker_places = asker_places_new(l->config.timeout_ns, are_exported);
	l->incident_askers = incident_askers_new();
	if (!l->incident_askers || !l->asker_places)
		return -ENOMEM;
	incidents_set_fill(l->pipeline.incidents, incident_askers_fill, l->incident_askers);
	return 0;
}

/* Opens the pipeline, with the memory of the process whose counters were taken over. */
static int live_open_pipeline(struct live *l, const struct settings *settings, incident_fn *f,
			      void *context)
{
	struct buffer memory = {0};
	int err;

	if (loader_has_taken_over(l->loader) && handover_read_memory(l->handover, &memory))
		buffer_reset(&memory);
	err = pipeline_open_from(&l->pipeline, settings, &l->config, clock_monotonic_ns(), f,
				 context, &memory, &l->is_restored);
	if (!err)
		incidents_set_host(l->pipeline.incidents, l->host);
	if (!err && memory.used && !l->is_restored)
		log_warn("cannot use the previous process's states and incidents (another "
			 "version's, or not whole); they begin anew");
	buffer_free(&memory);
	return err;
}

/*
 * Sets where counting stands: the counters of an earlier run are in no window and no incident. With
 * its memory, what was counted since is judged at once.
 */
static int live_prime(struct live *l)
{
	int err;

	if (!loader_has_taken_over(l->loader))
		return 0;
	err = live_read(l, l->reader, 0, &l->pipeline.snapshot);
	if (err)
		return err;
	loader_count_reserved(l->loader, l->pipeline.snapshot.count);
	err = l->is_restored ? pipeline_tick(&l->pipeline) : pipeline_prime(&l->pipeline);
	return err ? log_cannot_count(err) : 0;
}

static void live_set_host(struct live *l)
{
	char name[HOST_NAME_MAX + 1] = "";

	gethostname(name, sizeof(name) - 1);
	utf8_replace_invalid(name, l->host, sizeof(l->host));
}

int live_open(const struct settings *settings, incident_fn *f, void *context, struct live **ret)
{
	return live_open_from(settings, NULL, f, context, ret);
}

int live_open_from(const struct settings *settings, struct handover *handover, incident_fn *f,
		   void *context, struct live **ret)
{
	struct live *l = calloc(1, sizeof(*l));
	int err, count;

	if (!l)
		return -ENOMEM;
	l->handover = handover;
	live_set_host(l);
	err = settings_config(settings, &l->config);
	count = err ? err : settings_resolvers(settings, &l->config, l->named);
	if (count < 0) {
		free(l);
		return -EINVAL;
	}
	l->named_count = (size_t)count;
	err = live_open_askers(l);
	if (!err)
		err = loader_open_from(&l->config, handover, clock_wall_ns(), &l->loader);
	if (err == -EINVAL)
		err = -ENOTSUP; /* the kernel has refused, the settings are right */
	if (!err)
		err = privileges_keep_running();
	if (!err)
		err = live_open_reader(l);
	if (!err)
		err = live_open_pipeline(l, settings, f, context);
	if (!err)
		err = live_open_incident_askers(l, settings->askers_exported);
	if (!err)
		err = live_open_samples(l);
	if (!err)
		err = live_prime(l);
	if (err)
		goto close;
	live_reserve(l, l->named, l->named_count);
	live_read_resolv_conf(l);
	err = live_attach(l, settings, handover);
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
	sampled_queries_free(l->sampled);
	query_processes_free(l->query_processes);
	incident_askers_free(l->incident_askers);
	asker_places_free(l->asker_places);
	asker_names_close(l->asker_names);
	pipeline_close(&l->pipeline);
	map_reader_close(l->scraper);
	map_reader_close(l->reader);
	loader_close(l->loader);
	free(l->interfaces);
	free(l);
}

/* ---- running ----------------------------------------------------------------------------- */

int live_fd(const struct live *l)
{
	return attachment_fd(l->attachment);
}

void live_update_interfaces(struct live *l)
{
	attachment_update(l->attachment);
}

int live_collect(struct live *l, const struct snapshot **ret)
{
	struct loader_maps maps = loader_maps(l->loader);
	int err = l->scraper ? 0 : map_reader_open(&maps, &l->config, &l->scraper);

	if (err)
		return log_cannot_count(err);
	*ret = &l->scraped;
	return live_read(l, l->scraper, 1, &l->scraped);
}

__u64 live_memory_bytes(const struct live *l)
{
	return loader_memory_bytes(l->loader);
}

size_t live_resolver_count(const struct live *l)
{
	return judge_count(l->pipeline.judge);
}

struct resolver_map *live_resolvers(struct live *l)
{
	return judge_resolvers(l->pipeline.judge);
}

void live_set_sparklines(struct live *l, struct sparklines *sparklines)
{
	l->pipeline.sparklines = sparklines;
}

const struct incidents *live_incidents(const struct live *l)
{
	return l->pipeline.incidents;
}

/*
 * Looks for answers that pass our hooks by, when a guest asks a resolver that has never answered
 * it.
 */
static void live_check_bypass(struct live *l)
{
	struct snapshot *snapshot = &l->pipeline.snapshot;
	int is_unanswered = 0;
	size_t i;

	for (i = 0; i < snapshot->count; i++) {
		const struct resolver_snapshot *row = &snapshot->resolvers[i];

		l->host_answers |= resolver_has_answered_host(&row->key, &row->counters);
		is_unanswered |= resolver_is_unanswered(&row->key, &row->counters);
	}
	if (l->attachment && is_unanswered && l->host_answers)
		l->guests_bypassed = attachment_is_bypassed(l->attachment);
	snapshot->guests_bypassed = l->guests_bypassed;
}

/* Reads the samples, and looks for the processes of those that are new. Returns 0 or -errno. */
static int live_read_samples(struct live *l)
{
	__u64 now_ns = l->pipeline.snapshot.at_ns;
	int err;

	if (l->query_processes)
		query_processes_read(l->query_processes, l->sampled, now_ns);
	err = samples_read(l->samples);
	if (!err && l->query_processes)
		query_processes_lookup(l->query_processes, l->sampled, now_ns);
	return err;
}

/* Notes the askers of this second, with the moves of the sweep before it, and chooses the next. */
static void live_update_askers(struct live *l)
{
	size_t i, chosen, given = 0;

	if (!l->incident_askers)
		return;
	for (i = 0; i < l->asker_choice_count; i++)
		incident_askers_move(l->incident_askers, &l->asker_choices[i]);
	incident_askers_tick(l->incident_askers, &l->pipeline.snapshot);
	chosen = asker_places_choose(l->asker_places, &l->pipeline.snapshot, l->asker_choices);
	while (given < chosen &&
	       !loader_add_asker_command(l->loader, &l->asker_choices[given].command))
		given++;
	l->asker_choice_count = given;
}

static int live_read_and_judge(struct live *l)
{
	int err = loader_sweep(l->loader);

	if (err)
		return log_cannot_count(err);
	err = live_read(l, l->reader, 0, &l->pipeline.snapshot);
	if (err)
		return err;
	live_check_bypass(l);
	err = live_read_samples(l);
	live_update_askers(l);
	if (!err)
		err = pipeline_tick(&l->pipeline);
	return err ? log_cannot_count(err) : 0;
}

int live_tick(struct live *l)
{
	live_read_resolv_conf(l);
	l->ticks++;
	if (l->attachment && l->ticks % RECONCILE_TICKS == 0)
		attachment_check(l->attachment);
	else if (l->attachment && attachment_is_behind(l->attachment))
		attachment_update(l->attachment);
	return live_read_and_judge(l);
}

static int live_list_interfaces(struct live *l)
{
	const struct attached_if *attached;
	struct status_interface *to;
	size_t count, i;

	if (!l->attachment)
		return 0; /* finished: the list is that of the end */
	attached = attachment_list(l->attachment, &count);
	to = realloc(l->interfaces, (count ? count : 1) * sizeof(*to));
	if (!to)
		return -ENOMEM;
	for (i = 0; i < count; i++) {
		memcpy(to[i].name, attached[i].name, sizeof(to[i].name));
		to[i].hook = hook_type_names[attached[i].hook];
		to[i].origins = attached[i].origins;
	}
	l->interfaces = to;
	l->pipeline.status.interface_count = count;
	return 0;
}

const struct status *live_status(struct live *l, double interval_s)
{
	live_list_interfaces(l);
	l->pipeline.status.interval_s = interval_s;
	l->pipeline.status.host = l->host;
	l->pipeline.status.interfaces = l->interfaces;
	return pipeline_status(&l->pipeline);
}

unsigned long live_changes(const struct live *l)
{
	return judge_changes(l->pipeline.judge) + judge_count(l->pipeline.judge);
}

void live_save(struct live *l)
{
	struct buffer memory = {0};
	int err;

	if (!handover_is_active(l->handover))
		return;
	err = memory_write(&memory, l->pipeline.judge, l->pipeline.incidents);
	if (!err)
		err = handover_write_memory(l->handover, &memory);
	buffer_free(&memory);
	if (err && err != -ENOENT && !l->is_save_failing)
		log_warn("cannot keep states and incidents for a restart: %s", strerror(-err));
	l->is_save_failing = err && err != -ENOENT;
}

int live_finish(struct live *l)
{
	int err;

	live_list_interfaces(l);
	attachment_hand_on(l->attachment);
	l->attachment = NULL;
	if (l->asker_names)
		asker_names_allow_walk(l->asker_names);
	err = live_read_and_judge(l);
	incidents_finish(l->pipeline.incidents);
	return err;
}
