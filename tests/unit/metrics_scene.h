/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A snapshot, a report and a self with something in every place, for the tests of the metrics. The
 * names of interfaces are the test's own: it decides what if_indextoname() says.
 */
#ifndef METRICS_SCENE_H
#define METRICS_SCENE_H

#include "scene.h"

#include "metrics/metrics.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <stdio.h>

#define METRICS_RESOLVERS 8

struct metrics_scene {
	struct resolver_snapshot resolvers[METRICS_RESOLVERS];
	struct snapshot now;
	struct resolver_snapshot before[METRICS_RESOLVERS]; /* what the report was made of */
	struct resolver_status judged[METRICS_RESOLVERS];
	struct status_interface interfaces[8];
	struct status status;
	struct metrics_self self;
	struct metrics_source source;
};

static const struct metrics_table metrics_tables[] = {{"in_flight", 5, 65536},
						      {"remembered", 0, 65536}};

static const char *interface_names[10]; /* by index; NULL: there is none */

char *if_indextoname(unsigned int index, char name[IF_NAMESIZE])
{
	if (index >= sizeof(interface_names) / sizeof(*interface_names) || !interface_names[index])
		return NULL;
	return strcpy(name, interface_names[index]);
}

static inline void metrics_begin(struct metrics_scene *scene)
{
	memset(scene, 0, sizeof(*scene));
	memset(interface_names, 0, sizeof(interface_names));
	interface_names[1] = "lo";
	interface_names[2] = "eth0";
	scene->now.resolvers = scene->resolvers;
	scene->now.in_flight_capacity = 65536;
	scene->now.resolvers_capacity = 289;
	scene->status.snapshot = &scene->now;
	scene->status.resolvers = scene->judged;
	scene->status.interfaces = scene->interfaces;
	scene->self.version = "9.8.7";
	scene->self.libbpf = "1.1";
	scene->self.kernel = "6.1.0-test";
	scene->self.started_s = 1700000000.25;
	scene->self.process_started_s = 1700000000.125;
	scene->self.cpu_s = 1.5;
	scene->self.collect_s = 0.001;
	scene->self.tables = metrics_tables;
	scene->self.table_count = 2;
	scene->source = (struct metrics_source){.status = &scene->status,
						.now = &scene->now,
						.self = &scene->self};
}

/* Resolvers are to be added in the order of their keys, as a snapshot has them. */
static inline struct resolver_counters *metrics_resolver(struct metrics_scene *scene,
							 const char *text)
{
	struct resolver_snapshot *added = &scene->resolvers[scene->now.count++];

	if (strcmp(text, "other"))
		added->key = scene_key(text);
	return &added->counters;
}

/* The same, fe80::1 on the interface of that number. */
static inline void metrics_link_local(struct metrics_scene *scene, __u32 scope)
{
	struct resolver_key *key = &scene->resolvers[scene->now.count++].key;

	key->address.w[0] = htonl(0xfe800000);
	key->address.w[3] = htonl(1);
	key->scope = scope;
	key->port = htons(53);
	key->transport = TRANSPORT_UDP;
}

/* The report knew this resolver (of the snapshot or not), and judged it so. */
static inline void metrics_judged(struct metrics_scene *scene, const char *text, enum state state,
				  enum cause cause, int forged)
{
	size_t i = scene->status.count++;

	if (strcmp(text, "other"))
		scene->before[i].key = scene_key(text);
	scene->judged[i].now = &scene->before[i];
	scene->judged[i].state = state;
	scene->judged[i].cause = cause;
	scene->judged[i].forged = forged;
}

static inline void metrics_interface(struct metrics_scene *scene, const char *name,
				     const char *hook)
{
	struct status_interface *added = &scene->interfaces[scene->status.interface_count++];

	snprintf(added->name, sizeof(added->name), "%s", name);
	added->hook = hook;
}

/* `other`, one that is down, one that came since the last tick, two that print alike. */
static struct cgroup_name asker_names[] = {{.text = "nginx.service"},
					   {.text = "/a\"\\b"},
					   {.text = "forwarded"}};
static struct asker_snapshot metrics_askers[] = {
	{.first = 1, .queries = 10, .failed = 3, .name = &asker_names[0]},
	{.first = 2, .queries = 5, .errors = 1, .name = &asker_names[1]},
	{.first = 3, .queries = 7, .name = &asker_names[2]},
};

static inline void metrics_full(struct metrics_scene *scene)
{
	metrics_begin(scene);
	metrics_resolver(scene, "other")->n[COUNTER_QUERIES] = 7;
	metrics_resolver(scene, "192.0.2.1")->n[COUNTER_TIMED_OUT] = 3;
	metrics_resolver(scene, "192.0.2.2:5353");
	interface_names[4] = "\xff\xfe";
	interface_names[5] = "\xff\"";
	interface_names[6] = "\xfe\"";
	metrics_link_local(scene, 4);
	metrics_link_local(scene, 5);
	metrics_link_local(scene, 6);
	metrics_judged(scene, "192.0.2.1", STATE_DOWN, CAUSE_SILENT, 1);
	metrics_interface(scene, "eth0", "tcx");
	metrics_interface(scene, "e\"\\\n\xff", "clsact");
	metrics_interface(scene, "e\"\\\n\xfe", "clsact");
	scene->self.kernel = "6.1 \"quoted\" \\ \n\xc3\xa4\xc3";
	scene->self.pushing = scene->self.textfile = scene->self.incident_lines = 1;
	metrics_askers[0].resolver = metrics_askers[1].resolver = scene_key("192.0.2.1");
	metrics_askers[2].resolver = scene_key("192.0.2.2:5353");
	scene->now.askers = metrics_askers;
	scene->now.asker_count = sizeof(metrics_askers) / sizeof(*metrics_askers);
	scene->now.counts_askers = scene->source.with_askers = 1;
	scene->resolvers[1].counters.rtt[scene_bucket(1000000)] = 2;
	scene->resolvers[1].counters.n[COUNTER_RTT_SUM_NS] = 2000000;
}

#endif
