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

#include "datapath/program_names.h"
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

int hooks_open(struct hooks *hooks, const hook_programs programs, bool only_clsact)
{
	unsigned int direction, origins;
	int err = 0;

	memset(hooks, 0, sizeof(*hooks));
	memcpy(hooks->program_fd, programs, sizeof(hooks->program_fd));
	hooks->only_clsact = only_clsact;
	hooks->lock_fd = -1;
	memset(hooks->claim_fd, -1, sizeof(hooks->claim_fd));
	for (direction = 0; direction < HOOK_DIRECTIONS; direction++)
		for (origins = ORIGINS_HOST; origins < ORIGINS_MAX && !err; origins++) {
			__u32 *id = &hooks->program_id[direction][origins];

			if (programs[direction][origins] < 0)
				continue; /* not loaded: no interface is to have it */
			err = program_id(programs[direction][origins], id);
			hooks->claim_fd[direction][origins] = err ? -1 : program_claim(*id);
		}
	return err ? err : netlink_open(&hooks->netlink);
}

static void hooks_release_programs(struct hooks *hooks)
{
	unsigned int direction, origins;

	for (direction = 0; direction < HOOK_DIRECTIONS; direction++)
		for (origins = ORIGINS_HOST; origins < ORIGINS_MAX; origins++) {
			if (hooks->claim_fd[direction][origins] >= 0)
				close(hooks->claim_fd[direction][origins]);
			hooks->claim_fd[direction][origins] = -1;
		}
}

void hooks_close(struct hooks *hooks)
{
	hooks_release_programs(hooks);
	netlink_close(&hooks->netlink);
	if (hooks->lock_fd >= 0)
		close(hooks->lock_fd);
	hooks->lock_fd = -1;
}

/* ---- TCX -------------------------------------------------------------------------------- */

/* Returns how the handover names the link on one side of an interface. */
static struct link_name link_name_of(int ifindex, enum hook_direction direction)
{
	return (struct link_name){.ifindex = ifindex, .attach_type = tcx_types[direction]};
}

static int tcx_attach(const struct hooks *hooks, int ifindex, enum hook_direction direction,
		      unsigned int origins, unsigned int later, struct hook_point *point)
{
	LIBBPF_OPTS(bpf_link_create_opts, opts, .flags = MPROG_BEFORE);
	const int *programs = hooks->program_fd[direction];
	struct link_name name = link_name_of(ifindex, direction);
	int fd = handover_take_link(hooks->handover, &name, programs[later]);

	if (fd >= 0) {
		origins = later;
	} else {
		fd = bpf_link_create(programs[origins], ifindex, name.attach_type, &opts);
		if (fd < 0)
			return fd;
		handover_push_link(hooks->handover, fd, &name);
	}
	*point = (struct hook_point){.attached = true,
				     .origins = origins,
				     .hook = HOOK_TCX,
				     .link_fd = fd};
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

/* Returns true for the ID of a program of this run on that side, for any origins. */
static bool is_our_program(const struct hooks *hooks, enum hook_direction direction, __u32 id)
{
	unsigned int origins;

	for (origins = ORIGINS_HOST; origins < ORIGINS_MAX; origins++)
		if (hooks->program_id[direction][origins] == id)
			return true;
	return false;
}

/*
 * Returns true when a TCX program of others runs before ours, or before clsact where ours is there:
 * TCX programs run first. Another dnsreach lets the next program run.
 */
static bool tcx_is_preceded(const struct hooks *hooks, int ifindex, enum hook_direction direction)
{
	__u32 ids[64] = {0}, count = 64, flags = 0, i;

	if (bpf_prog_query(ifindex, tcx_types[direction], 0, &flags, ids, &count))
		return false; /* before Linux 6.6, or more programs than there is room for */
	for (i = 0; i < count && !is_our_program(hooks, direction, ids[i]); i++)
		if (!program_is_claimed(ids[i]))
			return true;
	return false;
}

static void tcx_detach(const struct hooks *hooks, int ifindex, enum hook_direction direction,
		       const struct hook_point *point)
{
	struct link_name name = link_name_of(ifindex, direction);

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
static long clsact_query(int ifindex, enum hook_direction direction, __u32 priority)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = ifindex, .attach_point = tc_points[direction]);
	LIBBPF_OPTS(bpf_tc_opts, opts, .handle = OUR_HANDLE, .priority = priority);
	libbpf_print_fn_t print = libbpf_quiet();
	int err = bpf_tc_query(&hook, &opts);

	libbpf_set_print(print);
	if (err == -ENOENT || err == -EINVAL || err == -ENODEV) /* filter, qdisc, interface */
		return 0;
	return err ? err : (long)opts.prog_id;
}

static int clsact_remove(int ifindex, enum hook_direction direction, __u32 priority)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = ifindex, .attach_point = tc_points[direction]);
	LIBBPF_OPTS(bpf_tc_opts, opts, .handle = OUR_HANDLE, .priority = priority);
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
static int clsact_choose_priority(struct hooks *hooks, int ifindex, enum hook_direction direction,
				  struct bpf_tc_opts *opts)
{
	const struct tc_filter *ours;
	struct tc_filters filters;
	int err = tc_filters_read(&hooks->netlink, ifindex, direction, &filters);

	if (err)
		return err;
	ours = tc_filters_find_ours(&filters);
	opts->flags = ours ? BPF_TC_F_REPLACE : 0;
	opts->priority = ours ? ours->priority : tc_filters_free_priority(&filters);
	tc_filters_free(&filters);
	if (opts->priority)
		return 0;
	hooks->why = NO_PRIORITY;
	return -EEXIST;
}

static int clsact_attach_filter(struct hooks *hooks, int ifindex, enum hook_direction direction,
				unsigned int origins, struct hook_point *point, bool *is_ours)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = ifindex, .attach_point = tc_points[direction]);
	LIBBPF_OPTS(bpf_tc_opts, opts, .handle = OUR_HANDLE);
	libbpf_print_fn_t print;
	int err;

	err = clsact_choose_priority(hooks, ifindex, direction, &opts);
	if (err)
		return err;
	opts.prog_fd = hooks->program_fd[direction][origins];
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
				     .origins = origins,
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

static int clsact_attach(struct hooks *hooks, int ifindex, enum hook_direction direction,
			 unsigned int origins, struct hook_point *point, bool *is_ours)
{
	int err = clsact_lock_open(hooks);

	if (err)
		return err;
	err = clsact_create(hooks, ifindex, is_ours);
	return err ? err : clsact_attach_filter(hooks, ifindex, direction, origins, point, is_ours);
}

static bool clsact_is_attached(const struct hooks *hooks, int ifindex,
			       enum hook_direction direction, const struct hook_point *point)
{
	long id = clsact_query(ifindex, direction, point->priority);

	return id < 0 || id == (long)hooks->program_id[direction][point->origins];
}

/*
 * Returns true when a filter of others runs before ours. Filters are listed as they run: by
 * priority, and of one priority the youngest BPF filter first.
 */
static bool clsact_is_preceded(struct hooks *hooks, int ifindex, enum hook_direction direction,
			       __u32 priority)
{
	struct tc_filters filters;
	bool preceded = false;
	size_t i;

	if (tc_filters_read(&hooks->netlink, ifindex, direction, &filters))
		return false;
	for (i = 0; i < filters.count; i++) {
		if (filters.all[i].handle == OUR_HANDLE && filters.all[i].priority == priority)
			break;
		preceded |= filters.all[i].handle && !filters.all[i].chain;
	}
	tc_filters_free(&filters);
	return preceded;
}

static void clsact_detach(const struct hooks *hooks, int ifindex, enum hook_direction direction,
			  const struct hook_point *point)
{
	if (clsact_query(ifindex, direction, point->priority) ==
	    (long)hooks->program_id[direction][point->origins])
		clsact_remove(ifindex, direction, point->priority);
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

int hook_attach(struct hooks *hooks, int ifindex, enum hook_direction direction,
		unsigned int origins, unsigned int later, struct hook_point *point,
		bool *clsact_is_ours)
{
	int err = -EINVAL;

	hooks->why = NULL;
	hooks->is_global = false;
	if (!hooks->only_clsact)
		err = tcx_attach(hooks, ifindex, direction, origins, later, point);
	if (err == -EINVAL)
		err = clsact_attach(hooks, ifindex, direction, origins, point, clsact_is_ours);
	if (err == -EPERM || err == -EACCES)
		return fail_everywhere(hooks, NEEDS_CAPABILITIES, err);
	return err;
}

int hook_set_origins(struct hooks *hooks, int ifindex, enum hook_direction direction,
		     unsigned int origins, struct hook_point *point)
{
	bool clsact_is_ours;
	int err;

	if (point->origins == origins)
		return 0;
	if (point->hook == HOOK_CLSACT)
		return clsact_attach_filter(hooks, ifindex, direction, origins, point,
					    &clsact_is_ours);
	err = bpf_link_update(point->link_fd, hooks->program_fd[direction][origins], NULL);
	if (!err)
		point->origins = origins;
	return err;
}

bool hook_is_attached(const struct hooks *hooks, int ifindex, enum hook_direction direction,
		      const struct hook_point *point)
{
	if (point->hook == HOOK_TCX)
		return tcx_is_attached(ifindex, point);
	return clsact_is_attached(hooks, ifindex, direction, point);
}

bool hook_is_preceded(struct hooks *hooks, int ifindex, enum hook_direction direction,
		      const struct hook_point *point)
{
	if (tcx_is_preceded(hooks, ifindex, direction))
		return true;
	return point->hook == HOOK_CLSACT &&
	       clsact_is_preceded(hooks, ifindex, direction, point->priority);
}

void hook_detach(const struct hooks *hooks, int ifindex, enum hook_direction direction,
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

int hook_remove_leftovers(struct netlink *netlink, int ifindex, size_t *count)
{
	struct tc_filters filters;
	size_t i, removed = 0;
	int direction, err = 0;

	for (direction = 0; direction < HOOK_DIRECTIONS && !err; direction++) {
		err = tc_filters_read(netlink, ifindex, direction, &filters);
		for (i = 0; i < filters.count && !err; i++) {
			if (!tc_filter_is_ours(&filters.all[i]))
				continue;
			err = clsact_remove(ifindex, direction, filters.all[i].priority);
			removed += !err;
		}
		tc_filters_free(&filters);
	}
	if (removed)
		hook_remove_clsact(netlink, ifindex);
	*count += removed;
	return err;
}
