// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * TCX first: its links go with our process and programs of others are not touched. The kernel
 * returns EINVAL when it has none (before 6.6); then clsact, where filters outlive a killed
 * process, and the qdisc is shared with other programs: only what is ours by handle and name is
 * replaced or removed.
 *
 * Both hooks come before the programs of others, so that no verdict of theirs hides a packet.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/bpf.h>

#include "datapath/hooks.h"
#include "util/log.h"

/* Not in the headers of libbpf 1.1 and Linux 6.1. */
#define ATTACH_TCX_INGRESS 46
#define ATTACH_TCX_EGRESS 47
#define MPROG_BEFORE (1U << 3) /* BPF_F_BEFORE: with no other program named, before all */

#define NEEDS_MODULES                                                                              \
	"the kernel has no clsact, or no BPF filters on it"                                        \
	" (modprobe sch_ingress && modprobe cls_bpf)"
#define NEEDS_CAPABILITIES                                                                         \
	"not permitted (run as root, or with CAP_BPF, CAP_NET_ADMIN and CAP_PERFMON)"
#define NO_CLSACT_HERE "an ingress qdisc that is not ours leaves no room for clsact (tc qdisc show)"
#define NO_PRIORITY "filters that are not ours hold priorities 1 to 3 (tc filter show)"

const char *const hook_type_names[] = {[HOOK_TCX] = "tcx", [HOOK_CLSACT] = "clsact"};
const char *const hook_direction_names[HOOK_DIRECTIONS] = {
	[HOOK_INGRESS] = "ingress", [HOOK_EGRESS] = "egress"};

static const enum bpf_tc_attach_point tc_points[HOOK_DIRECTIONS] = {
	[HOOK_INGRESS] = BPF_TC_INGRESS,
	[HOOK_EGRESS] = BPF_TC_EGRESS,
};

static const __u32 tcx_types[HOOK_DIRECTIONS] = {
	[HOOK_INGRESS] = ATTACH_TCX_INGRESS,
	[HOOK_EGRESS] = ATTACH_TCX_EGRESS,
};

/* Notes a failure that every interface would have. Returns err. */
static int fail_everywhere(struct hooks *hooks, const char *why, int err)
{
	hooks->why = why;
	hooks->is_global = true;
	return err;
}

static int program_id(int fd, __u32 *id)
{
	struct bpf_prog_info info = {0};
	__u32 size = sizeof(info);

	if (bpf_obj_get_info_by_fd(fd, &info, &size))
		return -errno;
	*id = info.id;
	return 0;
}

int hooks_open(struct hooks *hooks, const int program_fds[HOOK_SLOTS], bool only_clsact)
{
	int slot, err = 0;

	memset(hooks, 0, sizeof(*hooks));
	hooks->only_clsact = only_clsact;
	hooks->lock_fd = -1;
	for (slot = 0; slot < HOOK_SLOTS && !err; slot++) {
		hooks->program_fd[slot] = program_fds[slot];
		err = program_id(program_fds[slot], &hooks->program_id[slot]);
	}
	return err ? err : netlink_open(&hooks->netlink);
}

void hooks_close(struct hooks *hooks)
{
	netlink_close(&hooks->netlink);
	if (hooks->lock_fd >= 0)
		close(hooks->lock_fd);
	hooks->lock_fd = -1;
}

/* ---- TCX -------------------------------------------------------------------------------- */

/* Returns how the handover names the link of a slot. */
static struct link_name link_name_of(int ifindex, enum hook_slot slot)
{
	return (struct link_name){.ifindex = ifindex,
				  .attach_type = tcx_types[hook_direction_of(slot)],
				  .origin = hook_origin_of(slot)};
}

static int tcx_attach(const struct hooks *hooks, int ifindex, enum hook_slot slot,
		      struct hook_point *point)
{
	LIBBPF_OPTS(bpf_link_create_opts, opts, .flags = MPROG_BEFORE);
	struct link_name name = link_name_of(ifindex, slot);
	int fd = handover_take_link(hooks->handover, &name, hooks->program_fd[slot]);

	if (fd < 0) {
		fd = bpf_link_create(hooks->program_fd[slot], ifindex, name.attach_type, &opts);
		if (fd < 0)
			return fd;
		handover_push_link(hooks->handover, fd, &name);
	}
	*point = (struct hook_point){.attached = true, .hook = HOOK_TCX, .link_fd = fd};
	return 0;
}

/* The kernel keeps a link whose interface is gone, and shows ifindex 0. */
static bool tcx_is_attached(int ifindex, const struct hook_point *point)
{
	struct bpf_link_info info = {0};
	__u32 size = sizeof(info);

	if (bpf_obj_get_info_by_fd(point->link_fd, &info, &size))
		return true;
	return (int)info.xdp.ifindex == ifindex; /* lies where the newer info.tcx.ifindex lies */
}

/* Returns true for the ID of a program of this run on that side, of either view. */
static bool is_ours_in_direction(const struct hooks *hooks, __u32 id, enum hook_direction direction)
{
	int slot;

	for (slot = 0; slot < HOOK_SLOTS; slot++)
		if (hook_direction_of(slot) == direction && hooks->program_id[slot] == id)
			return true;
	return false;
}

/* Returns the ID of the first TCX program, 0: none. TCX programs run before those of clsact. */
static __u32 tcx_first_program(int ifindex, enum hook_direction direction)
{
	__u32 ids[64] = {0}, count = 64, flags = 0;

	if (bpf_prog_query(ifindex, tcx_types[direction], 0, &flags, ids, &count))
		return 0; /* before Linux 6.6, or more programs than there is room for */
	return count ? ids[0] : 0;
}

static void tcx_detach(const struct hooks *hooks, int ifindex, enum hook_slot slot,
		       const struct hook_point *point)
{
	struct link_name name = link_name_of(ifindex, slot);

	if (!hooks->leave && handover_release_link(hooks->handover, &name))
		bpf_link_detach(point->link_fd); /* at once, even when a child inherited the fd */
	close(point->link_fd);
}

/* ---- clsact ----------------------------------------------------------------------------- */

/* Turns libbpf's messages off for errors that are expected here. Returns the printer to restore. */
static libbpf_print_fn_t libbpf_quiet(void)
{
	return libbpf_set_print(NULL);
}

/* Returns the program's ID at our handle and this priority; 0: nothing there; or -errno. */
static long clsact_query(int ifindex, enum hook_slot slot, __u32 priority)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = ifindex,
		    .attach_point = tc_points[hook_direction_of(slot)]);
	LIBBPF_OPTS(bpf_tc_opts, opts, .handle = OUR_HANDLE(hook_origin_of(slot)),
		    .priority = priority);
	libbpf_print_fn_t print = libbpf_quiet();
	int err = bpf_tc_query(&hook, &opts);

	libbpf_set_print(print);
	if (err == -ENOENT || err == -EINVAL || err == -ENODEV) /* filter, qdisc, interface */
		return 0;
	return err ? err : (long)opts.prog_id;
}

static int clsact_remove(int ifindex, enum hook_direction direction, enum origin origin,
			 __u32 priority)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = ifindex, .attach_point = tc_points[direction]);
	LIBBPF_OPTS(bpf_tc_opts, opts, .handle = OUR_HANDLE(origin), .priority = priority);
	libbpf_print_fn_t print = libbpf_quiet();
	int err = bpf_tc_detach(&hook, &opts);

	libbpf_set_print(print);
	return err;
}

static int clsact_create(struct hooks *hooks, int ifindex, bool *is_ours)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = ifindex, .attach_point = BPF_TC_INGRESS);
	libbpf_print_fn_t print = libbpf_quiet();
	int err = bpf_tc_hook_create(&hook);

	libbpf_set_print(print);
	if (!err)
		*is_ours = true;
	if (err == -EEXIST) {
		err = tc_clsact_lookup(&hooks->netlink, ifindex);
		if (err == -EEXIST)
			hooks->why = NO_CLSACT_HERE;
	} else if (err == -ENOENT || err == -EOPNOTSUPP) {
		return fail_everywhere(hooks, NEEDS_MODULES, err);
	}
	return err < 0 ? err : 0;
}

/* Sets the priority to attach at: that of a filter which an earlier run left, or a free one. */
static int clsact_choose_priority(struct hooks *hooks, int ifindex, enum hook_slot slot,
				  struct bpf_tc_opts *opts)
{
	enum origin origin = hook_origin_of(slot);
	const struct tc_filter *ours;
	struct tc_filters filters;
	int err = tc_filters_read(&hooks->netlink, ifindex, hook_direction_of(slot), &filters);

	if (err)
		return err;
	ours = tc_filters_find_ours(&filters, origin);
	opts->flags = ours ? BPF_TC_F_REPLACE : 0;
	opts->priority = ours ? ours->priority : tc_filters_free_priority(&filters, origin);
	tc_filters_free(&filters);
	if (opts->priority)
		return 0;
	hooks->why = NO_PRIORITY;
	return -EEXIST;
}

static int clsact_attach_filter(struct hooks *hooks, int ifindex, enum hook_slot slot,
				struct hook_point *point, bool *is_ours)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = ifindex,
		    .attach_point = tc_points[hook_direction_of(slot)]);
	LIBBPF_OPTS(bpf_tc_opts, opts, .handle = OUR_HANDLE(hook_origin_of(slot)));
	libbpf_print_fn_t print;
	int err;

	err = clsact_choose_priority(hooks, ifindex, slot, &opts);
	if (err)
		return err;
	opts.prog_fd = hooks->program_fd[slot];
	print = libbpf_quiet();
	err = bpf_tc_attach(&hook, &opts);
	libbpf_set_print(print);
	if (err == -ENOENT)
		return fail_everywhere(hooks, NEEDS_MODULES, err);
	if (err)
		return err;
	if (opts.flags & BPF_TC_F_REPLACE)
		*is_ours = true;
	*point = (struct hook_point){.attached = true,
				     .hook = HOOK_CLSACT,
				     .link_fd = -1,
				     .priority = opts.priority};
	return 0;
}

static int clsact_lock_open(struct hooks *hooks)
{
	int fd;

	if (hooks->lock_fd >= 0)
		return 0;
	fd = hooks->refused ? -EBUSY : clsact_lock_take();
	if (fd < 0) {
		hooks->refused = true;
		return fail_everywhere(hooks, NULL, fd);
	}
	hooks->lock_fd = fd;
	return 0;
}

static int clsact_attach(struct hooks *hooks, int ifindex, enum hook_slot slot,
			 struct hook_point *point, bool *is_ours)
{
	int err = clsact_lock_open(hooks);

	if (err)
		return err;
	err = clsact_create(hooks, ifindex, is_ours);
	return err ? err : clsact_attach_filter(hooks, ifindex, slot, point, is_ours);
}

static bool clsact_is_attached(const struct hooks *hooks, int ifindex, enum hook_slot slot,
			       const struct hook_point *point)
{
	long id = clsact_query(ifindex, slot, point->priority);

	return id < 0 || id == (long)hooks->program_id[slot];
}

/*
 * Returns true when a filter of others runs before ours. Filters are listed as they run: by
 * priority, and of one priority the youngest BPF filter first.
 */
static bool clsact_is_preceded(struct hooks *hooks, int ifindex, enum hook_slot slot,
			       __u32 priority)
{
	struct tc_filters filters;
	bool preceded = false;
	size_t i;

	if (tc_filters_read(&hooks->netlink, ifindex, hook_direction_of(slot), &filters))
		return false;
	for (i = 0; i < filters.count; i++) {
		if (filters.all[i].handle == OUR_HANDLE(hook_origin_of(slot)) &&
		    filters.all[i].priority == priority)
			break;
		preceded |= filters.all[i].handle && !filters.all[i].chain &&
			    !tc_filter_is_ours(&filters.all[i], ORIGIN_HOST) &&
			    !tc_filter_is_ours(&filters.all[i], ORIGIN_GUEST);
	}
	tc_filters_free(&filters);
	return preceded;
}

static void clsact_detach(const struct hooks *hooks, int ifindex, enum hook_slot slot,
			  const struct hook_point *point)
{
	if (clsact_query(ifindex, slot, point->priority) == (long)hooks->program_id[slot])
		clsact_remove(ifindex, hook_direction_of(slot), hook_origin_of(slot),
			      point->priority);
}

/* ---- the lock on clsact ------------------------------------------------------------------ */

/*
 * An abstract Unix socket: such names belong to a network namespace, as the filters do, leave no
 * file, and go with the process. Any local user can take the name first; then only our start fails,
 * and the message names the process that has it.
 */
#define LOCK_NAME "dnsreach-clsact"

static socklen_t lock_address(struct sockaddr_un *address)
{
	memset(address, 0, sizeof(*address));
	address->sun_family = AF_UNIX;
	memcpy(address->sun_path + 1, LOCK_NAME, sizeof(LOCK_NAME) - 1); /* after a NUL: abstract */
	return offsetof(struct sockaddr_un, sun_path) + sizeof(LOCK_NAME);
}

/* Returns the process with the lock; 0: unknown (it has ended, or is in another pid namespace). */
static pid_t clsact_lock_holder(void)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct ucred peer = {0};
	socklen_t size = sizeof(peer);
	struct sockaddr_un address;

	if (fd < 0)
		return 0;
	if (connect(fd, (struct sockaddr *)&address, lock_address(&address)) ||
	    getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size))
		peer.pid = 0;
	close(fd);
	return peer.pid;
}

static int clsact_lock_refuse(int err)
{
	pid_t pid = err == -EADDRINUSE ? clsact_lock_holder() : 0;
	char process[24];

	if (err != -EADDRINUSE) {
		log_error("cannot lock the clsact filters: %s", strerror(-err));
		return err;
	}
	snprintf(process, sizeof(process), pid ? "(pid %d) " : "", pid);
	log_error("another instance %shas its filters on clsact in this network namespace; stop it "
		  "first",
		  process);
	return -EBUSY;
}

int clsact_lock_take(void)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct sockaddr_un address;
	int err;

	if (fd < 0)
		return clsact_lock_refuse(-errno);
	/* Listening lets a second instance ask who we are; nothing is ever accepted. */
	if (bind(fd, (struct sockaddr *)&address, lock_address(&address)) ||
	    listen(fd, SOMAXCONN)) {
		err = -errno;
		close(fd);
		return clsact_lock_refuse(err);
	}
	return fd;
}

/* ---- either ----------------------------------------------------------------------------- */

int hook_attach(struct hooks *hooks, int ifindex, enum hook_slot slot, struct hook_point *point,
		bool *clsact_is_ours)
{
	int err = -EINVAL;

	hooks->why = NULL;
	hooks->is_global = false;
	if (!hooks->only_clsact)
		err = tcx_attach(hooks, ifindex, slot, point);
	if (err == -EINVAL)
		err = clsact_attach(hooks, ifindex, slot, point, clsact_is_ours);
	if (err == -EPERM || err == -EACCES)
		return fail_everywhere(hooks, NEEDS_CAPABILITIES, err);
	return err;
}

bool hook_is_attached(const struct hooks *hooks, int ifindex, enum hook_slot slot,
		      const struct hook_point *point)
{
	if (point->hook == HOOK_TCX)
		return tcx_is_attached(ifindex, point);
	return clsact_is_attached(hooks, ifindex, slot, point);
}

bool hook_is_preceded(struct hooks *hooks, int ifindex, enum hook_slot slot,
		      const struct hook_point *point)
{
	__u32 first = tcx_first_program(ifindex, hook_direction_of(slot));

	if (first && !is_ours_in_direction(hooks, first, hook_direction_of(slot)))
		return true;
	return point->hook == HOOK_CLSACT &&
	       clsact_is_preceded(hooks, ifindex, slot, point->priority);
}

void hook_detach(const struct hooks *hooks, int ifindex, enum hook_slot slot,
		 struct hook_point *point)
{
	if (!point->attached)
		return;
	if (point->hook == HOOK_TCX)
		tcx_detach(hooks, ifindex, slot, point);
	else
		clsact_detach(hooks, ifindex, slot, point);
	point->attached = false;
}

void hook_remove_clsact(struct netlink *netlink, int ifindex)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = ifindex,
		    .attach_point = BPF_TC_INGRESS | BPF_TC_EGRESS);
	libbpf_print_fn_t print;

	if (tc_clsact_is_empty(netlink, ifindex) != 1)
		return;
	print = libbpf_quiet();
	bpf_tc_hook_destroy(&hook);
	libbpf_set_print(print);
}

/* Removes the filters of one side. *removed: how many more. Returns 0 or -errno. */
static int remove_leftovers_of(struct netlink *netlink, int ifindex, enum hook_direction direction,
			       size_t *removed)
{
	struct tc_filters filters;
	int err = tc_filters_read(netlink, ifindex, direction, &filters), origin;
	size_t i;

	for (i = 0; i < filters.count; i++) {
		for (origin = 0; origin < ORIGIN_MAX && !err; origin++) {
			if (!tc_filter_is_ours(&filters.all[i], origin))
				continue;
			err = clsact_remove(ifindex, direction, origin, filters.all[i].priority);
			*removed += !err;
		}
	}
	tc_filters_free(&filters);
	return err;
}

int hook_remove_leftovers(struct netlink *netlink, int ifindex, size_t *count)
{
	size_t removed = 0;
	int direction, err = 0;

	for (direction = 0; direction < HOOK_DIRECTIONS && !err; direction++)
		err = remove_leftovers_of(netlink, ifindex, direction, &removed);
	if (removed)
		hook_remove_clsact(netlink, ifindex);
	*count += removed;
	return err;
}
