// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Interfaces that get our hooks, kept in line with the interfaces there are: the list of links is
 * read anew each time and marked with what is wanted, and the difference is reconciled.
 *
 * No query may be counted whose outcome could not be: ingress is attached everywhere before egress,
 * and detached after it.
 */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "datapath/attach.h"
#include "datapath/netlink.h"
#include "util/log.h"

/* One view of an interface: both of its hooks are attached, or none. */
struct hooked_origin {
	bool wanted;
	bool lost;	  /* others removed its hooks */
	bool is_reported; /* its failure, once */
	bool has_failed;  /* in this round */
};

/* An interface that has our hooks, or should. */
struct hooked_if {
	char name[IFNAMSIZ];
	int ifindex;
	struct hooked_origin origins[ORIGIN_MAX];
	struct hook_point points[HOOK_SLOTS];
	int peer, peer_netns; /* of a guest's veth, as in struct link_info */
	bool is_bypassed;     /* packets reach the guest past our hook */
	bool clsact_is_ours;
	bool is_checked; /* in this round: nothing of it can have changed */
};

struct hooked_ifs {
	struct hooked_if *all;
	size_t count;
	size_t bypass_next; /* which is looked at next for packets that pass it by */
	struct hooks hooks;
};

/* A failure ends nothing; or the round, when every interface would fail alike; or the round. */
enum on_error { ON_ERROR_CONTINUE, ON_ERROR_STOP_IF_GLOBAL, ON_ERROR_STOP };

/* ---- the interfaces with hooks ------------------------------------------------------------ */

/* Returns the origins that have all their hooks, as bits. */
static unsigned int hooked_if_origins(const struct hooked_if *hooked)
{
	unsigned int origins = ORIGIN_BIT(ORIGIN_HOST) | ORIGIN_BIT(ORIGIN_GUEST);
	int slot;

	for (slot = 0; slot < HOOK_SLOTS; slot++)
		if (!hooked->points[slot].attached)
			origins &= ~ORIGIN_BIT(hook_origin_of(slot));
	return origins;
}

static struct hooked_if *hooked_ifs_find(const struct hooked_ifs *ifs, int ifindex)
{
	size_t i;

	for (i = 0; i < ifs->count; i++)
		if (ifs->all[i].ifindex == ifindex)
			return &ifs->all[i];
	return NULL;
}

static unsigned int hooked_ifs_origins(const struct hooked_ifs *ifs, int ifindex)
{
	const struct hooked_if *hooked = hooked_ifs_find(ifs, ifindex);

	return hooked ? hooked_if_origins(hooked) : 0;
}

static bool hooked_if_is_wanted(const struct hooked_if *hooked)
{
	return hooked->origins[ORIGIN_HOST].wanted || hooked->origins[ORIGIN_GUEST].wanted;
}

/* Returns true when each view that is wanted has its hooks. */
static bool hooked_if_has_all(const struct hooked_if *hooked)
{
	unsigned int origins = hooked_if_origins(hooked);
	int origin;

	for (origin = 0; origin < ORIGIN_MAX; origin++)
		if (hooked->origins[origin].wanted && !(origins & ORIGIN_BIT(origin)))
			return false;
	return true;
}

static void hooked_if_detach(struct hooked_ifs *ifs, struct hooked_if *hooked, enum hook_slot slot)
{
	hook_detach(&ifs->hooks, hooked->ifindex, slot, &hooked->points[slot]);
}

static void hooked_if_detach_all(struct hooked_ifs *ifs, struct hooked_if *hooked)
{
	int slot;

	for (slot = HOOK_SLOTS - 1; slot >= 0; slot--)
		hooked_if_detach(ifs, hooked, slot);
}

static void hooked_if_remove_clsact(struct hooked_ifs *ifs, struct hooked_if *hooked)
{
	if (hooked->clsact_is_ours)
		hook_remove_clsact(&ifs->hooks.netlink, hooked->ifindex);
	hooked->clsact_is_ours = false;
}

/*
 * Detaches an interface that is gone from this network namespace: where it moved to, it would still
 * have the TCX link. Its ifindex may belong to another interface by now, whose clsact is not ours.
 */
static void hooked_ifs_forget(struct hooked_ifs *ifs, int ifindex)
{
	struct hooked_if *hooked = hooked_ifs_find(ifs, ifindex);

	if (!hooked)
		return;
	hooked_if_detach_all(ifs, hooked);
	*hooked = ifs->all[--ifs->count];
}

static void hooked_ifs_detach_unwanted(struct hooked_ifs *ifs)
{
	int slot;
	size_t i;

	for (slot = HOOK_SLOTS - 1; slot >= 0; slot--)
		for (i = 0; i < ifs->count; i++)
			if (!ifs->all[i].origins[hook_origin_of(slot)].wanted)
				hooked_if_detach(ifs, &ifs->all[i], slot);
	for (i = ifs->count; i-- > 0;) {
		if (hooked_if_is_wanted(&ifs->all[i]))
			continue;
		hooked_if_remove_clsact(ifs, &ifs->all[i]);
		ifs->all[i] = ifs->all[--ifs->count];
	}
}

static void hooked_if_want(struct hooked_if *hooked, unsigned int origins)
{
	int origin;

	for (origin = 0; origin < ORIGIN_MAX; origin++)
		hooked->origins[origin].wanted = origins & ORIGIN_BIT(origin);
}

static void hooked_if_set_link(struct hooked_if *hooked, const struct link_info *link)
{
	memcpy(hooked->name, link->name, sizeof(hooked->name));
	hooked->peer = link->peer;
	hooked->peer_netns = link->peer_netns;
	hooked_if_want(hooked, link->origins);
}

/* Forgets those that are gone, takes over new names, detaches the origins that are not wanted. */
static void hooked_ifs_update(struct hooked_ifs *ifs, const struct link_list *links)
{
	const struct link_info *link;
	struct hooked_if *hooked;
	size_t i;

	for (i = ifs->count; i-- > 0;) {
		hooked = &ifs->all[i];
		link = link_list_find(links, hooked->ifindex);
		if (!link) {
			hooked_ifs_forget(ifs, hooked->ifindex);
			continue;
		}
		hooked_if_set_link(hooked, link);
	}
	hooked_ifs_detach_unwanted(ifs);
}

/* Finds hooks that others removed. With all of them the clsact is gone; one there now is not ours.
 */
static void hooked_if_find_missing(struct hooked_ifs *ifs, struct hooked_if *hooked)
{
	int slot, missing = 0, left = 0;
	struct hook_point *point;

	for (slot = 0; slot < HOOK_SLOTS; slot++) {
		point = &hooked->points[slot];
		if (!point->attached)
			continue;
		if (hook_is_attached(&ifs->hooks, hooked->ifindex, slot, point)) {
			left++;
			continue;
		}
		hooked_if_detach(ifs, hooked, slot);
		hooked->origins[hook_origin_of(slot)].lost = true;
		missing++;
	}
	if (missing && !left)
		hooked->clsact_is_ours = false;
}

static void hooked_ifs_find_missing(struct hooked_ifs *ifs)
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
	hooked_if_set_link(hooked, link);
	return 0;
}

/* Adds each link with a view that is not there yet. Returns 0 or -ENOMEM. */
static int hooked_ifs_add(struct hooked_ifs *ifs, const struct link_list *links)
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

static void hooked_if_log_failure(const struct hooks *hooks, struct hooked_if *hooked,
				  enum hook_slot slot, int err)
{
	struct hooked_origin *side = &hooked->origins[hook_origin_of(slot)];

	if (!side->is_reported && !hooks->refused)
		log_warn("%s: cannot attach the %s hook: %s", hooked->name,
			 hook_direction_names[hook_direction_of(slot)],
			 hooks->why ? hooks->why : strerror(-err));
	side->is_reported = true;
}

static int hooked_if_attach(struct hooked_ifs *ifs, struct hooked_if *hooked, enum hook_slot slot,
			    enum on_error on_error)
{
	struct hooked_origin *side = &hooked->origins[hook_origin_of(slot)];
	int err;

	if (!side->wanted || side->has_failed || hooked->points[slot].attached)
		return 0;
	err = hook_attach(&ifs->hooks, hooked->ifindex, slot, &hooked->points[slot],
			  &hooked->clsact_is_ours);
	side->has_failed = err;
	if (err == -ENODEV && on_error == ON_ERROR_CONTINUE) /* gone since the list of links */
		return 0;
	if (err)
		hooked_if_log_failure(&ifs->hooks, hooked, slot, err);
	return err;
}

static int hooked_ifs_attach_all(struct hooked_ifs *ifs, enum on_error on_error)
{
	int slot, err, first = 0;
	size_t i;

	for (slot = 0; slot < HOOK_SLOTS; slot++) {
		for (i = 0; i < ifs->count; i++) {
			err = hooked_if_attach(ifs, &ifs->all[i], slot, on_error);
			if (err && on_error == ON_ERROR_STOP)
				return err;
			if (err && on_error == ON_ERROR_STOP_IF_GLOBAL && ifs->hooks.is_global)
				return err;
			if (!first)
				first = err;
		}
	}
	return first;
}

/* Logs when a program of others begins to run before our hook, and when it ends. */
static void hooked_if_log_preceded(struct hooked_ifs *ifs, struct hooked_if *hooked)
{
	int slot;

	for (slot = 0; slot < HOOK_SLOTS; slot++) {
		struct hook_point *point = &hooked->points[slot];
		bool preceded;

		if (!point->attached)
			continue;
		preceded = hook_is_preceded(&ifs->hooks, hooked->ifindex, slot, point);
		if (preceded && !point->preceded)
			log_warn("%s: another program runs before our %s hook; packets on which it "
				 "decides are not counted, unless it lets the next one run, as "
				 "another dnsreach does ('bpftool net' and 'tc filter show' list "
				 "them)",
				 hooked->name, hook_direction_names[hook_direction_of(slot)]);
		else if (!preceded && point->preceded)
			log_info("%s: no program runs before our %s hook any more", hooked->name,
				 hook_direction_names[hook_direction_of(slot)]);
		point->preceded = preceded;
	}
}

/*
 * Detaches what one missing hook leaves, as a view with one hook counts wrongly. Logged only after
 * attaching: an interface that is being deleted has no hooks, either.
 */
static void hooked_if_finish_origin(struct hooked_ifs *ifs, struct hooked_if *hooked,
				    enum origin origin)
{
	struct hooked_origin *side = &hooked->origins[origin];
	int slot;

	if (hooked_if_origins(hooked) & ORIGIN_BIT(origin)) {
		if (side->lost)
			log_info("%s: our hooks were removed; attached again", hooked->name);
		side->lost = side->is_reported = false;
		return;
	}
	for (slot = HOOK_SLOTS - 1; slot >= 0; slot--)
		if (hook_origin_of(slot) == origin)
			hooked_if_detach(ifs, hooked, slot);
}

/*
 * Attaches the hooks that are missing. `check`: looks for programs before all hooks, not only the
 * new ones. Returns the first error, or 0; each is logged once.
 */
static int hooked_ifs_attach(struct hooked_ifs *ifs, enum on_error on_error, bool check)
{
	int err, origin;
	size_t i;

	for (i = 0; i < ifs->count; i++) {
		struct hooked_if *hooked = &ifs->all[i];

		for (origin = 0; origin < ORIGIN_MAX; origin++)
			hooked->origins[origin].has_failed = false;
		hooked->is_checked = !check && hooked_if_has_all(hooked);
	}
	err = hooked_ifs_attach_all(ifs, on_error);
	for (i = 0; i < ifs->count; i++) {
		struct hooked_if *hooked = &ifs->all[i];

		for (origin = 0; origin < ORIGIN_MAX; origin++)
			hooked_if_finish_origin(ifs, hooked, origin);
		if (!hooked_if_origins(hooked))
			hooked_if_remove_clsact(ifs, hooked);
		else if (!hooked->is_checked)
			hooked_if_log_preceded(ifs, hooked);
	}
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
	if (hooked->is_bypassed || !(hooked_if_origins(hooked) & ORIGIN_BIT(ORIGIN_GUEST)) ||
	    !hooked_if_is_bypassed(netlink, hooked))
		return;
	hooked->is_bypassed = true;
}

/* Looks at some interfaces, others each time. Returns true when one is bypassed. */
static bool hooked_ifs_are_bypassed(struct hooked_ifs *ifs)
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

static int compare_attached(const void *a, const void *b)
{
	const struct attached_if *x = a, *y = b;

	return (x->ifindex > y->ifindex) - (x->ifindex < y->ifindex);
}

/* Puts an array of those that are attached, sorted, in place of *list. Returns 0 or -ENOMEM. */
static int hooked_ifs_list(const struct hooked_ifs *ifs, struct attached_if **list, size_t *count)
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
		row->hook =
			hooked->points[row->origins & ORIGIN_BIT(ORIGIN_HOST) ? HOOK_HOST_QUERIES
									      : HOOK_GUEST_QUERIES]
				.hook;
	}
	qsort(*list, *count, sizeof(*row), compare_attached);
	return 0;
}

static void hooked_ifs_close(struct hooked_ifs *ifs)
{
	size_t i;

	for (i = 0; i < ifs->count; i++)
		hooked_if_want(&ifs->all[i], 0);
	hooked_ifs_detach_unwanted(ifs);
	hooks_close(&ifs->hooks);
	free(ifs->all);
	ifs->all = NULL;
}

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
	bool attached = hooked_ifs_origins(&a->hooked, link->ifindex) & ORIGIN_BIT(ORIGIN_HOST);

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
			link->origins |= ORIGIN_BIT(ORIGIN_HOST);
		if (link_is_guest(link, &a->guests))
			link->origins |= ORIGIN_BIT(ORIGIN_GUEST);
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
