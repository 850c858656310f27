// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * No query may be counted whose outcome could not be: ingress is attached everywhere before egress,
 * and detached after it. How one hook is attached is left to hooks.c.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "datapath/hooked_if.h"

#include "util/log.h"

static bool attached(const struct port *port)
{
	return port->points[INGRESS].attached && port->points[EGRESS].attached;
}

static struct port *find(const struct ports *ports, int ifindex)
{
	size_t i;

	for (i = 0; i < ports->count; i++)
		if (ports->all[i].ifindex == ifindex)
			return &ports->all[i];
	return NULL;
}

bool ports_attached(const struct ports *ports, int ifindex)
{
	const struct port *port = find(ports, ifindex);

	return port && attached(port);
}

static void detach(struct ports *ports, struct port *port, enum direction direction)
{
	hook_detach(&ports->hooks, port->ifindex, direction, &port->points[direction]);
}

static void drop_clsact(struct ports *ports, struct port *port)
{
	if (port->clsact_is_ours)
		hook_drop_clsact(&ports->hooks.netlink, port->ifindex);
	port->clsact_is_ours = false;
}

/*
 * Where it moved to, a TCX link would still be on it. Its ifindex may be another interface's by
 * now, whose clsact is not ours.
 */
void ports_forget(struct ports *ports, int ifindex)
{
	struct port *port = find(ports, ifindex);

	if (!port)
		return;
	detach(ports, port, EGRESS);
	detach(ports, port, INGRESS);
	*port = ports->all[--ports->count];
}

static void detach_unwanted(struct ports *ports)
{
	int direction;
	size_t i;

	for (direction = EGRESS; direction >= INGRESS; direction--)
		for (i = 0; i < ports->count; i++)
			if (ports->all[i].unwanted)
				detach(ports, &ports->all[i], direction);
	for (i = ports->count; i-- > 0;) {
		if (!ports->all[i].unwanted)
			continue;
		drop_clsact(ports, &ports->all[i]);
		ports->all[i] = ports->all[--ports->count];
	}
}

void ports_follow(struct ports *ports, const struct links *links)
{
	const struct link_info *link;
	struct port *port;
	size_t i;

	for (i = ports->count; i-- > 0;) {
		port = &ports->all[i];
		link = links_find(links, port->ifindex);
		if (!link) {
			ports_forget(ports, port->ifindex);
			continue;
		}
		memcpy(port->name, link->name, sizeof(port->name));
		port->unwanted = !link->chosen;
	}
	detach_unwanted(ports);
}

/* Without both hooks the clsact is gone too, and one that is there now is not ours. */
static void find_missing(struct ports *ports, struct port *port)
{
	int direction, missing = 0;
	struct hook_point *point;

	for (direction = 0; direction < DIRECTIONS; direction++) {
		point = &port->points[direction];
		if (!point->attached || hook_there(&ports->hooks, port->ifindex, direction, point))
			continue;
		detach(ports, port, direction);
		missing++;
	}
	if (missing == DIRECTIONS)
		port->clsact_is_ours = false;
	if (missing)
		port->lost = true;
}

void ports_recheck(struct ports *ports)
{
	size_t i;

	for (i = 0; i < ports->count; i++)
		find_missing(ports, &ports->all[i]);
}

static int add_one(struct ports *ports, const struct link_info *link)
{
	struct port *all, *port;

	all = reallocarray(ports->all, ports->count + 1, sizeof(*all));
	if (!all)
		return -ENOMEM;
	ports->all = all;
	port = &all[ports->count++];
	memset(port, 0, sizeof(*port));
	memcpy(port->name, link->name, sizeof(port->name));
	port->ifindex = link->ifindex;
	return 0;
}

int ports_add(struct ports *ports, const struct links *links)
{
	const struct link_info *link;
	size_t i;
	int err;

	for (i = 0; i < links->count; i++) {
		link = &links->all[i];
		if (!link->chosen || find(ports, link->ifindex))
			continue;
		err = add_one(ports, link);
		if (err)
			return err;
	}
	return 0;
}

static void tell(const struct hooks *hooks, struct port *port, enum direction direction, int err)
{
	if (!port->told && !hooks->refused)
		log_warn("%s: cannot attach the %s hook: %s", port->name,
			 direction_names[direction], hooks->why ? hooks->why : strerror(-err));
	port->told = true;
}

static int attach_one(struct ports *ports, struct port *port, enum direction direction,
		      enum patience patience)
{
	int err;

	if (port->failed || port->points[direction].attached)
		return 0;
	err = hook_attach(&ports->hooks, port->ifindex, direction, &port->points[direction],
			  &port->clsact_is_ours);
	port->failed = err;
	if (err == -ENODEV && patience == PATIENT) /* gone since the list of links */
		return 0;
	if (err)
		tell(&ports->hooks, port, direction, err);
	return err;
}

static int attach_all(struct ports *ports, enum patience patience)
{
	int direction, err, first = 0;
	size_t i;

	for (direction = 0; direction < DIRECTIONS; direction++) {
		for (i = 0; i < ports->count; i++) {
			err = attach_one(ports, &ports->all[i], direction, patience);
			if (err && patience == IMPATIENT)
				return err;
			if (err && patience == UNLESS_EVERYWHERE && ports->hooks.everywhere)
				return err;
			if (!first)
				first = err;
		}
	}
	return first;
}

/* Told only now: an interface that is just going away has no hooks either. */
static void settle(struct port *port)
{
	if (port->lost)
		log_info("%s: our hooks were removed; attached again", port->name);
	port->lost = false;
	port->told = false;
}

/* Told when it begins, and when it ends. */
static void find_preceded(struct ports *ports, struct port *port)
{
	int direction;

	for (direction = 0; direction < DIRECTIONS; direction++) {
		struct hook_point *point = &port->points[direction];
		bool preceded = hook_preceded(&ports->hooks, port->ifindex, direction, point);

		if (preceded && !point->preceded)
			log_warn("%s: another program runs before our %s hook; packets on which it "
				 "decides are not counted, unless it lets the next one run, as "
				 "another dnsreach does ('bpftool net' and 'tc filter show' list "
				 "them)",
				 port->name, direction_names[direction]);
		else if (!preceded && point->preceded)
			log_info("%s: no program runs before our %s hook any more", port->name,
				 direction_names[direction]);
		point->preceded = preceded;
	}
}

/* Half an interface counts wrongly: where one hook is missing, the other goes too. */
static void undo_half(struct ports *ports, struct port *port)
{
	detach(ports, port, EGRESS);
	detach(ports, port, INGRESS);
	drop_clsact(ports, port);
}

int ports_attach(struct ports *ports, enum patience patience)
{
	size_t i;
	int err;

	for (i = 0; i < ports->count; i++)
		ports->all[i].failed = false;
	err = attach_all(ports, patience);
	for (i = 0; i < ports->count; i++) {
		if (!attached(&ports->all[i])) {
			undo_half(ports, &ports->all[i]);
			continue;
		}
		settle(&ports->all[i]);
		find_preceded(ports, &ports->all[i]);
	}
	return err;
}

static int by_ifindex(const void *a, const void *b)
{
	const struct attached_interface *x = a, *y = b;

	return (x->ifindex > y->ifindex) - (x->ifindex < y->ifindex);
}

int ports_list(const struct ports *ports, struct attached_interface **list, size_t *count)
{
	struct attached_interface *row;
	const struct port *port;
	size_t i;

	*count = 0;
	row = reallocarray(*list, ports->count + 1, sizeof(*row));
	if (!row)
		return -ENOMEM;
	*list = row;
	for (i = 0; i < ports->count; i++) {
		port = &ports->all[i];
		if (!attached(port))
			continue;
		row = &(*list)[(*count)++];
		memcpy(row->name, port->name, sizeof(row->name));
		row->ifindex = port->ifindex;
		row->hook = port->points[EGRESS].hook;
	}
	qsort(*list, *count, sizeof(*row), by_ifindex);
	return 0;
}

void ports_close(struct ports *ports)
{
	size_t i;

	for (i = 0; i < ports->count; i++)
		ports->all[i].unwanted = true;
	detach_unwanted(ports);
	hooks_close(&ports->hooks);
	free(ports->all);
	ports->all = NULL;
}
