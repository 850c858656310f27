// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The hooks of all interfaces, attached and detached in the order that counting needs: a query must
 * not be counted whose outcome could not be. For what this host sends, outcomes come in; for what a
 * guest asks, they go out. Where both are counted, the ingress has the program of origin host alone
 * until the egress is attached.
 */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "datapath/hooked_ifs.h"
#include "util/clock.h"
#include "util/log.h"

/* Returns the side that counts outcomes. */
static enum hook_direction outcomes_side(unsigned int origins)
{
	return origins == ORIGINS_GUEST ? HOOK_EGRESS : HOOK_INGRESS;
}

static enum hook_direction queries_side(unsigned int origins)
{
	return outcomes_side(origins) == HOOK_INGRESS ? HOOK_EGRESS : HOOK_INGRESS;
}

/* Returns what is counted there, as bits; 0 unless both of its hooks are attached for it. */
static unsigned int hooked_if_origins(const struct hooked_if *hooked)
{
	int direction;

	for (direction = 0; direction < HOOK_DIRECTIONS; direction++)
		if (!hooked->points[direction].attached ||
		    hooked->points[direction].origins != hooked->wanted)
			return 0;
	return hooked->wanted;
}

static struct hooked_if *hooked_ifs_find(const struct hooked_ifs *ifs, int ifindex)
{
	size_t i;

	for (i = 0; i < ifs->count; i++)
		if (ifs->all[i].ifindex == ifindex)
			return &ifs->all[i];
	return NULL;
}

unsigned int hooked_ifs_origins(const struct hooked_ifs *ifs, int ifindex)
{
	const struct hooked_if *hooked = hooked_ifs_find(ifs, ifindex);

	return hooked ? hooked_if_origins(hooked) : 0;
}

/* ---- detaching ---------------------------------------------------------------------------- */

static void hooked_if_detach(struct hooked_ifs *ifs, struct hooked_if *hooked,
			     enum hook_direction direction)
{
	hook_detach(&ifs->hooks, hooked->ifindex, direction, &hooked->points[direction]);
}

/* Ends counting the queries of an interface: all of them, or but for those that this host sends. */
static void hooked_if_end_queries(struct hooked_ifs *ifs, struct hooked_if *hooked)
{
	struct hook_point *ingress = &hooked->points[HOOK_INGRESS];

	if (ingress->attached && ingress->origins == ORIGINS_BOTH && !ifs->hooks.leave)
		hook_set_origins(&ifs->hooks, hooked->ifindex, HOOK_INGRESS, ORIGINS_HOST, ingress);
	hooked_if_detach(ifs, hooked, queries_side(hooked->wanted));
}

static void hooked_if_detach_all(struct hooked_ifs *ifs, struct hooked_if *hooked)
{
	hooked_if_end_queries(ifs, hooked);
	hooked_if_detach(ifs, hooked, HOOK_EGRESS);
	hooked_if_detach(ifs, hooked, HOOK_INGRESS);
}

static void hooked_if_remove_clsact(struct hooked_ifs *ifs, struct hooked_if *hooked)
{
	if (hooked->clsact_is_ours)
		hook_remove_clsact(&ifs->hooks.netlink, hooked->ifindex);
	hooked->clsact_is_ours = false;
}

void hooked_ifs_forget(struct hooked_ifs *ifs, int ifindex)
{
	struct hooked_if *hooked = hooked_ifs_find(ifs, ifindex);

	if (!hooked)
		return;
	hooked_if_detach_all(ifs, hooked);
	*hooked = ifs->all[--ifs->count];
}

/* Removes the interfaces of which nothing is wanted any more: all stop counting queries first. */
static void hooked_ifs_remove_unwanted(struct hooked_ifs *ifs)
{
	size_t i;

	for (i = 0; i < ifs->count; i++)
		if (ifs->all[i].unwanted)
			hooked_if_end_queries(ifs, &ifs->all[i]);
	for (i = ifs->count; i-- > 0;) {
		if (!ifs->all[i].unwanted)
			continue;
		hooked_if_detach_all(ifs, &ifs->all[i]);
		hooked_if_remove_clsact(ifs, &ifs->all[i]);
		ifs->all[i] = ifs->all[--ifs->count];
	}
}

/* ---- following the links ------------------------------------------------------------------ */

/*
 * Changes what the hooks of an interface count, where one origin is added or ends. The hooks stay:
 * a guest's interface has hooks for the guest before it is up, and is watched for the host from
 * then on; new hooks would take grace periods, in which the container's first queries are not
 * counted. Outcomes are counted before queries are, and longer. Returns false when hooks must be
 * made anew.
 */
static bool hooked_if_change_origins(struct hooked_ifs *ifs, struct hooked_if *hooked,
				     unsigned int origins)
{
	bool is_added = origins == ORIGINS_BOTH;
	unsigned int changed = hooked->wanted ^ origins;
	enum hook_direction outcomes = outcomes_side(changed), queries = queries_side(changed);
	enum hook_direction first = is_added ? outcomes : queries;
	enum hook_direction second = is_added ? queries : outcomes;

	if (!hooked_if_origins(hooked) || (!is_added && hooked->wanted != ORIGINS_BOTH))
		return false;
	return !hook_set_origins(&ifs->hooks, hooked->ifindex, first, origins,
				 &hooked->points[first]) &&
	       !hook_set_origins(&ifs->hooks, hooked->ifindex, second, origins,
				 &hooked->points[second]);
}

/* Sets what a link says, and changes or detaches the hooks where other origins are wanted. */
static void hooked_if_set_link(struct hooked_ifs *ifs, struct hooked_if *hooked,
			       const struct link_info *link)
{
	memcpy(hooked->name, link->name, sizeof(hooked->name));
	hooked->peer = link->peer;
	hooked->peer_netns = link->peer_netns;
	hooked->unwanted = !link->origins;
	if (hooked->unwanted || hooked->wanted == link->origins)
		return;
	if (!hooked_if_change_origins(ifs, hooked, link->origins))
		hooked_if_detach_all(ifs, hooked);
	hooked->wanted = link->origins;
}

void hooked_ifs_update(struct hooked_ifs *ifs, const struct link_list *links)
{
	const struct link_info *link;
	size_t i;

	for (i = ifs->count; i-- > 0;) {
		link = link_list_find(links, ifs->all[i].ifindex);
		if (link)
			hooked_if_set_link(ifs, &ifs->all[i], link);
		else
			hooked_ifs_forget(ifs, ifs->all[i].ifindex);
	}
	hooked_ifs_remove_unwanted(ifs);
}

/* Finds hooks that others removed. With both of them the clsact is gone; one there now is not ours.
 */
static void hooked_if_find_missing(struct hooked_ifs *ifs, struct hooked_if *hooked)
{
	int direction, missing = 0;
	struct hook_point *point;

	for (direction = 0; direction < HOOK_DIRECTIONS; direction++) {
		point = &hooked->points[direction];
		if (!point->attached ||
		    hook_is_attached(&ifs->hooks, hooked->ifindex, direction, point))
			continue;
		hooked_if_detach(ifs, hooked, direction);
		missing++;
	}
	if (missing == HOOK_DIRECTIONS)
		hooked->clsact_is_ours = false;
	if (missing)
		hooked->lost = true;
}

void hooked_ifs_find_missing(struct hooked_ifs *ifs)
{
	size_t i;

	for (i = 0; i < ifs->count; i++)
		hooked_if_find_missing(ifs, &ifs->all[i]);
}

static int hooked_ifs_add_one(struct hooked_ifs *ifs, const struct link_info *link)
{
	struct hooked_if *all, *hooked;

	all = reallocarray(ifs->all, ifs->count + 1, sizeof(*all));
	if (!all)
		return -ENOMEM;
	ifs->all = all;
	hooked = &all[ifs->count++];
	memset(hooked, 0, sizeof(*hooked));
	hooked->ifindex = link->ifindex;
	hooked_if_set_link(ifs, hooked, link);
	return 0;
}

int hooked_ifs_add(struct hooked_ifs *ifs, const struct link_list *links)
{
	const struct link_info *link;
	size_t i;
	int err;

	for (i = 0; i < links->count; i++) {
		link = &links->all[i];
		if (!link->origins || hooked_ifs_find(ifs, link->ifindex))
			continue;
		err = hooked_ifs_add_one(ifs, link);
		if (err)
			return err;
	}
	return 0;
}

/* ---- attaching ---------------------------------------------------------------------------- */

enum attach_step { ATTACH_OUTCOMES, ATTACH_QUERIES, ATTACH_GUEST_QUERIES, ATTACH_STEPS };

static void hooked_if_log_failure(const struct hooks *hooks, struct hooked_if *hooked,
				  enum hook_direction direction, int err)
{
	if (!hooked->is_reported && !hooks->refused)
		log_warn("%s: cannot attach the %s hook: %s", hooked->name,
			 hook_direction_names[direction], hooks->why ? hooks->why : strerror(-err));
	hooked->is_reported = true;
}

/* Attaches one side. `origins`: for now, where it is to count more later. Returns 0 or -errno. */
static int hooked_if_attach_side(struct hooked_ifs *ifs, struct hooked_if *hooked,
				 enum hook_direction direction, unsigned int origins)
{
	struct hook_point *point = &hooked->points[direction];

	if (point->attached)
		return 0;
	return hook_attach(&ifs->hooks, hooked->ifindex, direction, origins, hooked->wanted, point,
			   &hooked->clsact_is_ours);
}

/* Returns the side that a step is about. */
static enum hook_direction side_of_step(enum attach_step step, unsigned int origins)
{
	return step == ATTACH_OUTCOMES	? outcomes_side(origins)
	       : step == ATTACH_QUERIES ? queries_side(origins)
					: HOOK_INGRESS;
}

static int hooked_if_attach_step(struct hooked_ifs *ifs, struct hooked_if *hooked,
				 enum attach_step step)
{
	enum hook_direction side = side_of_step(step, hooked->wanted);
	bool both = hooked->wanted == ORIGINS_BOTH;

	if (step == ATTACH_GUEST_QUERIES)
		return both ? hook_set_origins(&ifs->hooks, hooked->ifindex, side, ORIGINS_BOTH,
					       &hooked->points[side])
			    : 0;
	return hooked_if_attach_side(ifs, hooked, side,
				     step == ATTACH_OUTCOMES && both ? ORIGINS_HOST
								     : hooked->wanted);
}

static int hooked_if_attach(struct hooked_ifs *ifs, struct hooked_if *hooked, enum attach_step step,
			    enum on_error on_error)
{
	int err;

	if (hooked->has_failed)
		return 0;
	err = hooked_if_attach_step(ifs, hooked, step);
	hooked->has_failed = err;
	if (err == -ENODEV && on_error == ON_ERROR_CONTINUE) /* gone since the list of links */
		return 0;
	if (err)
		hooked_if_log_failure(&ifs->hooks, hooked, side_of_step(step, hooked->wanted), err);
	return err;
}

/* Attaches all by steps: at the start no query leaves by one interface whose answer comes by
 * another.
 */
static int hooked_ifs_attach_all(struct hooked_ifs *ifs, enum on_error on_error)
{
	int step, err, first = 0;
	size_t i;

	for (step = 0; step < ATTACH_STEPS; step++) {
		for (i = 0; i < ifs->count; i++) {
			err = hooked_if_attach(ifs, &ifs->all[i], step, on_error);
			if (err && (on_error == ON_ERROR_STOP || ifs->hooks.is_global))
				return err;
			if (!first)
				first = err;
		}
	}
	return first;
}

#define ATTACH_TIME_NS (NS_PER_S / 2)

/*
 * Attaches new interfaces one after the other: with TCX each hook waits for an RCU grace period, so
 * that the last of hundreds would keep the first one waiting. The counters and pages wait too, so
 * it stops after ATTACH_TIME_NS.
 */
static void hooked_ifs_attach_new(struct hooked_ifs *ifs)
{
	__u64 from = clock_monotonic_ns();
	size_t i;
	int step;

	ifs->is_behind = false;
	for (i = 0; i < ifs->count && !ifs->is_behind; i++) {
		if (hooked_if_origins(&ifs->all[i]))
			continue;
		for (step = 0; step < ATTACH_STEPS; step++)
			hooked_if_attach(ifs, &ifs->all[i], step, ON_ERROR_CONTINUE);
		ifs->is_behind = clock_monotonic_ns() - from >= ATTACH_TIME_NS;
	}
}

/* Logged only after attaching: an interface that is being deleted has no hooks, either. */
static void hooked_if_log_attached(struct hooked_if *hooked)
{
	if (hooked->lost)
		log_info("%s: our hooks were removed; attached again", hooked->name);
	hooked->lost = false;
	hooked->is_reported = false;
}

/* Logs when a program of others begins to run before our hook, and when it ends. */
static void hooked_if_log_preceded(struct hooked_ifs *ifs, struct hooked_if *hooked)
{
	int direction;

	for (direction = 0; direction < HOOK_DIRECTIONS; direction++) {
		struct hook_point *point = &hooked->points[direction];
		bool preceded = hook_is_preceded(&ifs->hooks, hooked->ifindex, direction, point);

		if (preceded && !point->preceded)
			log_warn("%s: another program runs before our %s hook; packets on which it "
				 "decides are not counted, unless it lets the next one run "
				 "('bpftool link' and 'tc filter show' list them)",
				 hooked->name, hook_direction_names[direction]);
		else if (!preceded && point->preceded)
			log_info("%s: no program runs before our %s hook any more", hooked->name,
				 hook_direction_names[direction]);
		point->preceded = preceded;
	}
}

/* Detaches what one missing hook leaves: an interface with one hook counts wrongly. */
static void hooked_if_finish(struct hooked_ifs *ifs, struct hooked_if *hooked)
{
	if (!hooked_if_origins(hooked)) {
		hooked_if_detach_all(ifs, hooked);
		hooked_if_remove_clsact(ifs, hooked);
		return;
	}
	hooked_if_log_attached(hooked);
	if (!hooked->is_checked)
		hooked_if_log_preceded(ifs, hooked);
}

int hooked_ifs_attach(struct hooked_ifs *ifs, enum on_error on_error, bool check)
{
	int err = 0;
	size_t i;

	for (i = 0; i < ifs->count; i++) {
		ifs->all[i].has_failed = false;
		ifs->all[i].is_checked = !check && hooked_if_origins(&ifs->all[i]);
	}
	if (on_error == ON_ERROR_CONTINUE)
		hooked_ifs_attach_new(ifs);
	else
		err = hooked_ifs_attach_all(ifs, on_error);
	for (i = 0; i < ifs->count; i++)
		hooked_if_finish(ifs, &ifs->all[i]);
	return err;
}

/* ---- packets that pass the hooks by -------------------------------------------------------- */

#define BYPASS_PACKETS 3 /* beyond what an interface has sent */
#define BYPASS_AT_ONCE 16

/*
 * Looks if a guest has received more packets than its interface has sent. Both ends count them
 * (bpf_redirect_peer counts at the guest's end since Linux 6.7). The guest's end is read first, so
 * that packets between the two readings do not look like some that passed by.
 */
static bool hooked_if_is_bypassed(struct netlink *netlink, const struct hooked_if *hooked)
{
	struct link_packets guest, host;

	return hooked->peer_netns >= 0 &&
	       !link_packets_read(netlink, hooked->peer_netns, hooked->peer, &guest) &&
	       !link_packets_read(netlink, -1, hooked->ifindex, &host) &&
	       guest.received >= host.sent + BYPASS_PACKETS;
}

static void hooked_if_check_bypass(struct netlink *netlink, struct hooked_if *hooked)
{
	if (hooked->is_bypassed || !(hooked_if_origins(hooked) & ORIGINS_GUEST) ||
	    !hooked_if_is_bypassed(netlink, hooked))
		return;
	hooked->is_bypassed = true;
}

bool hooked_ifs_are_bypassed(struct hooked_ifs *ifs)
{
	bool bypassed = false;
	size_t i;

	for (i = 0; i < ifs->count && i < BYPASS_AT_ONCE; i++)
		hooked_if_check_bypass(&ifs->hooks.netlink,
				       &ifs->all[ifs->bypass_next++ % ifs->count]);
	for (i = 0; i < ifs->count; i++)
		bypassed |= ifs->all[i].is_bypassed;
	return bypassed;
}

/* ---- all of them ---------------------------------------------------------------------------- */

static int compare_attached(const void *a, const void *b)
{
	const struct attached_if *x = a, *y = b;

	return (x->ifindex > y->ifindex) - (x->ifindex < y->ifindex);
}

int hooked_ifs_list(const struct hooked_ifs *ifs, struct attached_if **list, size_t *count)
{
	struct attached_if *row;
	const struct hooked_if *hooked;
	size_t i;

	*count = 0;
	row = reallocarray(*list, ifs->count + 1, sizeof(*row));
	if (!row)
		return -ENOMEM;
	*list = row;
	for (i = 0; i < ifs->count; i++) {
		hooked = &ifs->all[i];
		if (!hooked_if_origins(hooked))
			continue;
		row = &(*list)[(*count)++];
		memcpy(row->name, hooked->name, sizeof(row->name));
		row->ifindex = hooked->ifindex;
		row->origins = hooked_if_origins(hooked);
		row->hook = hooked->points[HOOK_EGRESS].hook;
	}
	qsort(*list, *count, sizeof(*row), compare_attached);
	return 0;
}

void hooked_ifs_close(struct hooked_ifs *ifs)
{
	size_t i;

	for (i = 0; i < ifs->count; i++)
		ifs->all[i].unwanted = true;
	hooked_ifs_remove_unwanted(ifs);
	hooks_close(&ifs->hooks);
	free(ifs->all);
	ifs->all = NULL;
}
