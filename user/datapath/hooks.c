// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * TCX first: its links go with our process and nobody else's program is touched. The kernel says
 * EINVAL when it has none (before 6.6); then clsact, where filters outlive a killed process, and
 * the qdisc is shared with whoever uses it: only what is ours by handle and name is replaced or
 * removed.
 *
 * Both hooks come before the programs of others, so that no verdict of theirs hides a packet.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/bpf.h>

#include "datapath/hooks.h"
#include "datapath/instance.h"

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

const char *const hook_names[] = {[HOOK_TCX] = "tcx", [HOOK_CLSACT] = "clsact"};
const char *const direction_names[DIRECTIONS] = {[INGRESS] = "ingress", [EGRESS] = "egress"};

static const enum bpf_tc_attach_point tc_points[DIRECTIONS] = {
	[INGRESS] = BPF_TC_INGRESS,
	[EGRESS] = BPF_TC_EGRESS,
};

static const __u32 tcx_types[DIRECTIONS] = {
	[INGRESS] = ATTACH_TCX_INGRESS,
	[EGRESS] = ATTACH_TCX_EGRESS,
};

static int everywhere(struct hooks *hooks, const char *why, int err)
{
	hooks->why = why;
	hooks->everywhere = true;
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

int hooks_open(struct hooks *hooks, const struct attach_maps *maps, bool only_clsact)
{
	int direction, err = 0;

	memset(hooks, 0, sizeof(*hooks));
	hooks->program_fd[INGRESS] = maps->outcomes_fd;
	hooks->program_fd[EGRESS] = maps->queries_fd;
	hooks->only_clsact = only_clsact;
	hooks->lock_fd = -1;
	for (direction = 0; direction < DIRECTIONS && !err; direction++)
		err = program_id(hooks->program_fd[direction], &hooks->program_id[direction]);
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

static int tcx_attach(const struct hooks *hooks, int ifindex, enum direction direction,
		      struct hook_point *point)
{
	LIBBPF_OPTS(bpf_link_create_opts, opts, .flags = MPROG_BEFORE);
	__u32 type = tcx_types[direction];
	int fd = handover_link(hooks->handover, ifindex, type, hooks->program_fd[direction]);

	if (fd < 0) {
		fd = bpf_link_create(hooks->program_fd[direction], ifindex, type, &opts);
		if (fd < 0)
			return fd;
		handover_keep_link(hooks->handover, fd, ifindex, type);
	}
	*point = (struct hook_point){.attached = true, .hook = HOOK_TCX, .link_fd = fd};
	return 0;
}

/* The kernel keeps a link whose interface is gone, and shows ifindex 0. */
static bool tcx_there(int ifindex, const struct hook_point *point)
{
	struct bpf_link_info info = {0};
	__u32 size = sizeof(info);

	if (bpf_obj_get_info_by_fd(point->link_fd, &info, &size))
		return true;
	return (int)info.xdp.ifindex == ifindex; /* lies where the newer info.tcx.ifindex lies */
}

/* By TCX alone, whichever hook is ours: TCX programs run before those of clsact. */
static __u32 tcx_first(int ifindex, enum direction direction)
{
	__u32 ids[64] = {0}, count = 64, flags = 0;

	if (bpf_prog_query(ifindex, tcx_types[direction], 0, &flags, ids, &count))
		return 0; /* before 6.6, or more than anybody has */
	return count ? ids[0] : 0;
}

static void tcx_detach(const struct hooks *hooks, int ifindex, enum direction direction,
		       const struct hook_point *point)
{
	if (!hooks->leave) {
		handover_drop_link(hooks->handover, ifindex, tcx_types[direction]);
		bpf_link_detach(point->link_fd); /* at once, whoever inherited the fd */
	}
	close(point->link_fd);
}

/* ---- clsact ----------------------------------------------------------------------------- */

/* libbpf prints the kernel's words on what we expect and handle. */
static libbpf_print_fn_t hush(void)
{
	return libbpf_set_print(NULL);
}

/* The program's ID at our handle and this priority; 0: nothing there; or -errno. */
static long clsact_query(int ifindex, enum direction direction, __u32 priority)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = ifindex, .attach_point = tc_points[direction]);
	LIBBPF_OPTS(bpf_tc_opts, opts, .handle = OUR_HANDLE, .priority = priority);
	libbpf_print_fn_t print = hush();
	int err = bpf_tc_query(&hook, &opts);

	libbpf_set_print(print);
	if (err == -ENOENT || err == -EINVAL || err == -ENODEV) /* filter, qdisc, interface */
		return 0;
	return err ? err : (long)opts.prog_id;
}

static int clsact_remove(int ifindex, enum direction direction, __u32 priority)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = ifindex, .attach_point = tc_points[direction]);
	LIBBPF_OPTS(bpf_tc_opts, opts, .handle = OUR_HANDLE, .priority = priority);
	libbpf_print_fn_t print = hush();
	int err = bpf_tc_detach(&hook, &opts);

	libbpf_set_print(print);
	return err;
}

static int clsact_make(struct hooks *hooks, int ifindex, bool *is_ours)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = ifindex, .attach_point = BPF_TC_INGRESS);
	libbpf_print_fn_t print = hush();
	int err = bpf_tc_hook_create(&hook);

	libbpf_set_print(print);
	if (!err)
		*is_ours = true;
	if (err == -EEXIST) {
		err = tc_clsact_there(&hooks->netlink, ifindex);
		if (err == -EEXIST)
			hooks->why = NO_CLSACT_HERE;
	} else if (err == -ENOENT || err == -EOPNOTSUPP) {
		return everywhere(hooks, NEEDS_MODULES, err);
	}
	return err < 0 ? err : 0;
}

/* Where to attach: over what an earlier run left, or beside what others have. */
static int clsact_place(struct hooks *hooks, int ifindex, enum direction direction,
			struct bpf_tc_opts *opts)
{
	const struct tc_filter *ours;
	struct tc_filters filters;
	int err = tc_filters_list(&hooks->netlink, ifindex, direction, &filters);

	if (err)
		return err;
	ours = tc_filters_ours(&filters);
	opts->flags = ours ? BPF_TC_F_REPLACE : 0;
	opts->priority = ours ? ours->priority : tc_filters_free_priority(&filters);
	tc_filters_free(&filters);
	if (opts->priority)
		return 0;
	hooks->why = NO_PRIORITY;
	return -EEXIST;
}

static int clsact_attach_filter(struct hooks *hooks, int ifindex, enum direction direction,
				struct hook_point *point, bool *is_ours)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = ifindex, .attach_point = tc_points[direction]);
	LIBBPF_OPTS(bpf_tc_opts, opts, .handle = OUR_HANDLE);
	libbpf_print_fn_t print;
	int err;

	err = clsact_place(hooks, ifindex, direction, &opts);
	if (err)
		return err;
	opts.prog_fd = hooks->program_fd[direction];
	print = hush();
	err = bpf_tc_attach(&hook, &opts);
	libbpf_set_print(print);
	if (err == -ENOENT)
		return everywhere(hooks, NEEDS_MODULES, err);
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

static int clsact_lock(struct hooks *hooks)
{
	int fd;

	if (hooks->lock_fd >= 0)
		return 0;
	fd = hooks->refused ? -EBUSY : instance_lock();
	if (fd < 0) {
		hooks->refused = true;
		return everywhere(hooks, NULL, fd);
	}
	hooks->lock_fd = fd;
	return 0;
}

static int clsact_attach(struct hooks *hooks, int ifindex, enum direction direction,
			 struct hook_point *point, bool *is_ours)
{
	int err = clsact_lock(hooks);

	if (err)
		return err;
	err = clsact_make(hooks, ifindex, is_ours);
	return err ? err : clsact_attach_filter(hooks, ifindex, direction, point, is_ours);
}

static bool clsact_there(const struct hooks *hooks, int ifindex, enum direction direction,
			 const struct hook_point *point)
{
	long id = clsact_query(ifindex, direction, point->priority);

	return id < 0 || id == (long)hooks->program_id[direction];
}

/* Filters are listed as they run: by priority, and of one priority the youngest BPF filter first.
 */
static bool clsact_preceded(struct hooks *hooks, int ifindex, enum direction direction,
			    __u32 priority)
{
	struct tc_filters filters;
	bool preceded = false;
	size_t i;

	if (tc_filters_list(&hooks->netlink, ifindex, direction, &filters))
		return false;
	for (i = 0; i < filters.count; i++) {
		if (filters.all[i].handle == OUR_HANDLE && filters.all[i].priority == priority)
			break;
		preceded |= filters.all[i].handle && !filters.all[i].chain;
	}
	tc_filters_free(&filters);
	return preceded;
}

static void clsact_detach(const struct hooks *hooks, int ifindex, enum direction direction,
			  const struct hook_point *point)
{
	if (clsact_query(ifindex, direction, point->priority) == (long)hooks->program_id[direction])
		clsact_remove(ifindex, direction, point->priority);
}

/* ---- either ----------------------------------------------------------------------------- */

int hook_attach(struct hooks *hooks, int ifindex, enum direction direction,
		struct hook_point *point, bool *clsact_is_ours)
{
	int err = -EINVAL;

	hooks->why = NULL;
	hooks->everywhere = false;
	if (!hooks->only_clsact)
		err = tcx_attach(hooks, ifindex, direction, point);
	if (err == -EINVAL)
		err = clsact_attach(hooks, ifindex, direction, point, clsact_is_ours);
	if (err == -EPERM || err == -EACCES)
		return everywhere(hooks, NEEDS_CAPABILITIES, err);
	return err;
}

bool hook_there(const struct hooks *hooks, int ifindex, enum direction direction,
		const struct hook_point *point)
{
	if (point->hook == HOOK_TCX)
		return tcx_there(ifindex, point);
	return clsact_there(hooks, ifindex, direction, point);
}

bool hook_preceded(struct hooks *hooks, int ifindex, enum direction direction,
		   const struct hook_point *point)
{
	__u32 first = tcx_first(ifindex, direction);

	if (first && first != hooks->program_id[direction])
		return true;
	return point->hook == HOOK_CLSACT &&
	       clsact_preceded(hooks, ifindex, direction, point->priority);
}

void hook_detach(const struct hooks *hooks, int ifindex, enum direction direction,
		 struct hook_point *point)
{
	if (!point->attached)
		return;
	if (point->hook == HOOK_TCX)
		tcx_detach(hooks, ifindex, direction, point);
	else
		clsact_detach(hooks, ifindex, direction, point);
	point->attached = false;
}

void hook_drop_clsact(struct netlink *netlink, int ifindex)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = ifindex,
		    .attach_point = BPF_TC_INGRESS | BPF_TC_EGRESS);
	libbpf_print_fn_t print;

	if (tc_clsact_empty(netlink, ifindex) != 1)
		return;
	print = hush();
	bpf_tc_hook_destroy(&hook);
	libbpf_set_print(print);
}

int hook_remove_leftovers(struct netlink *netlink, int ifindex, size_t *count)
{
	struct tc_filters filters;
	size_t i, removed = 0;
	int direction, err = 0;

	for (direction = 0; direction < DIRECTIONS && !err; direction++) {
		err = tc_filters_list(netlink, ifindex, direction, &filters);
		for (i = 0; i < filters.count && !err; i++) {
			if (!tc_filter_is_ours(&filters.all[i]))
				continue;
			err = clsact_remove(ifindex, direction, filters.all[i].priority);
			removed += !err;
		}
		tc_filters_free(&filters);
	}
	if (removed)
		hook_drop_clsact(netlink, ifindex);
	*count += removed;
	return err;
}
