// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Which interfaces get our hooks, kept in line with the interfaces there are: the list of links is
 * read anew each time and marked with what is wanted, and the difference is reconciled.
 */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "datapath/attach.h"
#include "datapath/netlink.h"
#include "util/log.h"

/* ---- which interfaces are wanted ----------------------------------------------------------- */

struct attachment {
	char (*names)[IFNAMSIZ];
	size_t name_count; /* 0: automatic */
	struct guest_patterns guests;
	struct interface_maps maps;
	struct mnl_socket *events;
	struct hooked_ifs hooked;
	struct attached_if *list;
	size_t list_count;
	bool maps_failed;
	bool bypass_is_reported;
};

static int log_cannot(const char *what, int err)
{
	log_error("cannot %s: %s", what, strerror(-err));
	return err;
}

static int log_no_such_interface(const char *name)
{
	log_error("%s: no such interface; 'ip link' lists them", name);
	return -ENODEV;
}

static bool is_named(const struct attachment *a, const char *name)
{
	size_t i;

	for (i = 0; i < a->name_count; i++)
		if (strcmp(a->names[i], name) == 0)
			return true;
	return false;
}

/*
 * Returns true for a link that is to have the hooks of the origin host. One that has them keeps
 * them while it exists: when it is renamed, and when it goes down.
 */
static bool is_wanted(const struct attachment *a, const struct link_info *link)
{
	bool attached = hooked_ifs_origins(&a->hooked, link->ifindex) & ORIGINS_HOST;

	if (a->name_count)
		return attached || is_named(a, link->name);
	return attached ? !link_is_enslaved(link) : link_is_wanted(link);
}

/* A guest's interface has its hooks before it is up, so that its first query is counted. */
static void set_wanted_origins(const struct attachment *a, struct link_list *links)
{
	struct link_info *link;
	size_t i;

	for (i = 0; i < links->count; i++) {
		link = &links->all[i];
		link->origins = 0;
		if (is_wanted(a, link))
			link->origins |= ORIGINS_HOST;
		if (link_is_guest(link, &a->guests))
			link->origins |= ORIGINS_GUEST;
	}
}

static void set_attached_origins(const struct attachment *a, struct link_list *links)
{
	size_t i;

	for (i = 0; i < links->count; i++)
		links->all[i].origins = hooked_ifs_origins(&a->hooked, links->all[i].ifindex);
}

static void attachment_fill_maps(struct attachment *a, const struct link_list *links)
{
	int err = interface_maps_insert(&a->maps, links);

	if (err && !a->maps_failed)
		log_cannot("record which interfaces are stacked (packets may count twice)", err);
	a->maps_failed = err;
}

/*
 * Brings the hooks in line with the links there are: detach, look for lost hooks (when `check`),
 * fill the maps, attach. Returns 0, or -errno after a message.
 */
static int attachment_reconcile(struct attachment *a, struct link_list *links,
				enum on_error on_error, bool check)
{
	int first_err, err;

	set_wanted_origins(a, links);
	hooked_ifs_update(&a->hooked, links);
	if (check)
		hooked_ifs_find_missing(&a->hooked);
	attachment_fill_maps(a, links);
	err = hooked_ifs_add(&a->hooked, links);
	if (err)
		return log_cannot("follow the interfaces", err);
	first_err = hooked_ifs_attach(&a->hooked, on_error, check);
	set_attached_origins(a, links);
	interface_maps_prune(&a->maps, links);
	err = hooked_ifs_list(&a->hooked, &a->list, &a->list_count);
	if (err)
		return log_cannot("list the interfaces", err);
	return on_error == ON_ERROR_CONTINUE ? 0 : first_err;
}

static int attachment_copy_names(struct attachment *a, const struct attach_options *options)
{
	size_t i, length;

	if (!options->names || !options->name_count)
		return 0;
	a->names = calloc(options->name_count, sizeof(*a->names));
	if (!a->names)
		return log_cannot("start", -ENOMEM);
	for (i = 0; i < options->name_count; i++) {
		length = strlen(options->names[i]);
		if (!length || length >= sizeof(*a->names))
			return log_no_such_interface(options->names[i]);
		memcpy(a->names[i], options->names[i], length);
	}
	a->name_count = options->name_count;
	return 0;
}

static int attachment_check_names(const struct attachment *a, const struct link_list *links)
{
	size_t i;

	for (i = 0; i < a->name_count; i++)
		if (!link_list_find_name(links, a->names[i]))
			return log_no_such_interface(a->names[i]);
	return 0;
}

/* Reads the links, with their default routes where the choice depends on them. 0 or -errno */
static int attachment_read_links(struct attachment *a, struct link_list *links)
{
	struct netlink *netlink = &a->hooked.hooks.netlink;
	int err = link_list_read(netlink, links);

	if (err || !guests_need_routes(links, &a->guests))
		return err;
	err = link_list_mark_default_routes(netlink, links);
	if (err)
		link_list_free(links);
	return err;
}

/* Attaches for the first time. With names, each must succeed; in automatic mode, one of them. */
static int attachment_start(struct attachment *a)
{
	enum on_error on_error = a->name_count ? ON_ERROR_STOP : ON_ERROR_STOP_IF_GLOBAL;
	struct link_list links;
	int err;

	err = attachment_read_links(a, &links);
	if (err)
		return log_cannot("list the interfaces", err);
	err = attachment_check_names(a, &links);
	guests_log_missing(&links, &a->guests);
	if (!err)
		err = attachment_reconcile(a, &links, on_error, true);
	link_list_free(&links);
	if (!a->name_count && a->list_count)
		return 0;
	if (err || a->list_count)
		return err;
	log_error("no interface is up; 'ip link' lists them");
	return -ENODEV;
}

int attachment_open(const struct attach_options *options, const struct attach_fds *fds,
		    struct attachment **ret)
{
	struct attachment *a = calloc(1, sizeof(*a));
	int err;

	if (!a)
		return log_cannot("start", -ENOMEM);
	a->maps = fds->maps;
	a->guests = options->guests;
	err = hooks_open(&a->hooked.hooks, fds->programs, options->only_clsact);
	a->hooked.hooks.handover = options->handover;
	if (err) {
		log_cannot("prepare the hooks", err);
		goto close;
	}
	err = attachment_copy_names(a, options);
	if (err)
		goto close;
	/* Before the first list, so that no change falls between the two. */
	err = link_events_open(&a->events);
	if (err) {
		log_cannot("follow the interfaces", err);
		goto close;
	}
	err = attachment_start(a);
	if (err)
		goto close;
	handover_commit(options->handover);
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

static void on_link_deleted(int ifindex, void *arg)
{
	struct attachment *a = arg;

	hooked_ifs_forget(&a->hooked, ifindex);
}

static int attachment_follow(struct attachment *a, bool check)
{
	struct link_list links;
	int err;

	link_events_drain(a->events, on_link_deleted, a);
	err = attachment_read_links(a, &links);
	/* The links change too fast to be read: the next call reads them again. */
	if (err == -EAGAIN)
		return 0;
	if (err)
		return log_cannot("list the interfaces", err);
	err = attachment_reconcile(a, &links, ON_ERROR_CONTINUE, check);
	link_list_free(&links);
	return err;
}

int attachment_update(struct attachment *a)
{
	return attachment_follow(a, false);
}

bool attachment_is_behind(const struct attachment *a)
{
	return a->hooked.is_behind;
}

int attachment_check(struct attachment *a)
{
	return attachment_follow(a, true);
}

bool attachment_is_bypassed(struct attachment *a)
{
	bool bypassed = a->guests.count && hooked_ifs_are_bypassed(&a->hooked);

	if (bypassed && !a->bypass_is_reported)
		log_warn(
			"--guests: answers reach guests past the hooks of their interfaces "
			"(bpf_redirect_peer, as in the BPF host routing of Cilium); resolvers that "
			"never answer a guest here are not judged for guests; their rows of origin "
			"host are right");
	a->bypass_is_reported |= bypassed;
	return bypassed;
}

const struct attached_if *attachment_list(const struct attachment *a, size_t *ret_count)
{
	*ret_count = a->list_count;
	return a->list;
}

void attachment_close(struct attachment *a)
{
	if (!a)
		return;
	if (a->events)
		link_events_drain(a->events, on_link_deleted, a);
	hooked_ifs_close(&a->hooked);
	link_events_close(a->events);
	free(a->names);
	free(a->list);
	free(a);
}

void attachment_hand_on(struct attachment *a)
{
	if (a && handover_is_active(a->hooked.hooks.handover))
		a->hooked.hooks.leave = true;
	attachment_close(a);
}

static int remove_leftovers(struct netlink *netlink, const struct link_list *links, size_t *count)
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
	int lock = clsact_lock_take(), err;
	struct link_list links;

	*ret_count = 0;
	if (lock < 0)
		return lock;
	err = link_list_read(&netlink, &links);
	if (err)
		log_cannot("list the interfaces", err);
	else
		err = remove_leftovers(&netlink, &links, ret_count);
	link_list_free(&links);
	netlink_close(&netlink);
	close(lock);
	return err;
}
