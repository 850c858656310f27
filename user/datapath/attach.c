// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Which interfaces get our hooks, kept in line with the interfaces there are: the list of links is
 * read anew each time and marked with what is wanted; the difference is carried out in ports.c.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "datapath/instance.h"
#include "util/log.h"
#include "datapath/hooked_if.h"
#include "datapath/stacked.h"

struct attachment {
	char (*names)[IFNAMSIZ];
	size_t name_count; /* 0: automatic */
	struct attach_maps maps;
	struct mnl_socket *events;
	struct ports ports;
	struct attached_interface *list;
	size_t list_count;
	bool told_maps;
};

static int cannot(const char *what, int err)
{
	log_error("cannot %s: %s", what, strerror(-err));
	return err;
}

static int no_such_interface(const char *name)
{
	log_error("%s: no such interface; 'ip link' lists them", name);
	return -ENODEV;
}

static bool named(const struct attachment *a, const char *name)
{
	size_t i;

	for (i = 0; i < a->name_count; i++)
		if (strcmp(a->names[i], name) == 0)
			return true;
	return false;
}

/* What is attached stays so while it exists: when it is renamed, and when it goes down. */
static bool wanted(const struct attachment *a, const struct link_info *link)
{
	bool attached = ports_attached(&a->ports, link->ifindex);

	if (a->name_count)
		return attached || named(a, link->name);
	return attached ? !link_enslaved(link) : link_wanted(link);
}

static void choose_wanted(const struct attachment *a, struct links *links)
{
	size_t i;

	for (i = 0; i < links->count; i++)
		links->all[i].chosen = wanted(a, &links->all[i]);
}

static void choose_attached(const struct attachment *a, struct links *links)
{
	size_t i;

	for (i = 0; i < links->count; i++)
		links->all[i].chosen = ports_attached(&a->ports, links->all[i].ifindex);
}

static void enter_stacked(struct attachment *a, const struct links *links)
{
	int err = stacked_enter(&a->maps, links);

	if (err && !a->told_maps)
		cannot("note which interfaces lie on each other (packets may count twice)", err);
	a->told_maps = err;
}

/* One round with the links there are. Returns 0, or -errno after a message. */
static int carry_out(struct attachment *a, struct links *links, enum patience patience)
{
	int trouble, err;

	choose_wanted(a, links);
	ports_follow(&a->ports, links);
	ports_recheck(&a->ports);
	enter_stacked(a, links);
	err = ports_add(&a->ports, links);
	if (err)
		return cannot("follow the interfaces", err);
	trouble = ports_attach(&a->ports, patience);
	choose_attached(a, links);
	stacked_prune(&a->maps, links);
	err = ports_list(&a->ports, &a->list, &a->list_count);
	if (err)
		return cannot("list the interfaces", err);
	return patience == PATIENT ? 0 : trouble;
}

static int copy_names(struct attachment *a, const struct attach_options *options)
{
	size_t i, length;

	if (!options->names || !options->name_count)
		return 0;
	a->names = calloc(options->name_count, sizeof(*a->names));
	if (!a->names)
		return cannot("start", -ENOMEM);
	for (i = 0; i < options->name_count; i++) {
		length = strlen(options->names[i]);
		if (!length || length >= sizeof(*a->names))
			return no_such_interface(options->names[i]);
		memcpy(a->names[i], options->names[i], length);
	}
	a->name_count = options->name_count;
	return 0;
}

static int check_names(const struct attachment *a, const struct links *links)
{
	size_t i;

	for (i = 0; i < a->name_count; i++)
		if (!links_find_name(links, a->names[i]))
			return no_such_interface(a->names[i]);
	return 0;
}

/* With names, each must be attached; in automatic mode, one of them. */
static int first_round(struct attachment *a)
{
	enum patience patience = a->name_count ? IMPATIENT : UNLESS_EVERYWHERE;
	struct links links;
	int err;

	err = links_list(&a->ports.hooks.netlink, &links);
	if (err)
		return cannot("list the interfaces", err);
	err = check_names(a, &links);
	if (!err)
		err = carry_out(a, &links, patience);
	links_free(&links);
	if (!a->name_count && a->list_count)
		return 0;
	if (err || a->list_count)
		return err;
	log_error("no interface is up; 'ip link' lists them");
	return -ENODEV;
}

int attachment_open(const struct attach_options *options, const struct attach_maps *maps,
		    struct attachment **ret)
{
	struct attachment *a = calloc(1, sizeof(*a));
	int err;

	if (!a)
		return cannot("start", -ENOMEM);
	a->maps = *maps;
	err = hooks_open(&a->ports.hooks, maps, options->only_clsact);
	a->ports.hooks.handover = options->handover;
	if (err) {
		cannot("prepare the hooks", err);
		goto close;
	}
	err = copy_names(a, options);
	if (err)
		goto close;
	/* Before the first list, so that no change falls between the two. */
	err = link_events_open(&a->events);
	if (err) {
		cannot("follow the interfaces", err);
		goto close;
	}
	err = first_round(a);
	if (err)
		goto close;
	handover_settle(options->handover);
	*ret = a;
	return 0;
close:
	attachment_close(a);
	return err;
}

int attachment_fd(const struct attachment *a)
{
	return link_events_fd(a->events);
}

static void on_deleted(int ifindex, void *arg)
{
	struct attachment *a = arg;

	ports_forget(&a->ports, ifindex);
}

int attachment_follow(struct attachment *a)
{
	struct links links;
	int err;

	link_events_drain(a->events, on_deleted, a);
	err = links_list(&a->ports.hooks.netlink, &links);
	if (err == -EAGAIN) /* in the midst of a storm; the next call will see */
		return 0;
	if (err)
		return cannot("list the interfaces", err);
	err = carry_out(a, &links, PATIENT);
	links_free(&links);
	return err;
}

const struct attached_interface *attachment_list(const struct attachment *a, size_t *ret_count)
{
	*ret_count = a->list_count;
	return a->list;
}

void attachment_close(struct attachment *a)
{
	if (!a)
		return;
	if (a->events)
		link_events_drain(a->events, on_deleted, a);
	ports_close(&a->ports);
	link_events_close(a->events);
	free(a->names);
	free(a->list);
	free(a);
}

void attachment_leave(struct attachment *a)
{
	if (a && handover_keeps(a->ports.hooks.handover))
		a->ports.hooks.leave = true;
	attachment_close(a);
}

static int remove_from(struct netlink *netlink, const struct links *links, size_t *count)
{
	int err, first = 0;
	size_t i;

	for (i = 0; i < links->count; i++) {
		err = hook_remove_leftovers(netlink, links->all[i].ifindex, count);
		if (!err)
			continue;
		log_error("%s: cannot remove our filters: %s%s", links->all[i].name, strerror(-err),
			  err == -EPERM ? " (run as root, or with CAP_NET_ADMIN)" : "");
		if (!first)
			first = err;
	}
	return first;
}

int attachment_remove_leftovers(size_t *ret_count)
{
	struct netlink netlink = {0};
	int lock = instance_lock(), err;
	struct links links;

	*ret_count = 0;
	if (lock < 0)
		return lock;
	err = links_list(&netlink, &links);
	if (err)
		cannot("list the interfaces", err);
	else
		err = remove_from(&netlink, &links, ret_count);
	links_free(&links);
	netlink_close(&netlink);
	close(lock);
	return err;
}
