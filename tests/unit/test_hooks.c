/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * One hook at a time, on lo of a network namespace of its own, so as root: what is ours is found
 * and replaced, what is not ours stays, and who comes before us is seen.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "datapath/hooks.h"
#include "datapath/tc_filters.h"
#include "util/buffer.h"
#include "util/log.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <dnsreach.h>
#include <errno.h>
#include <linux/bpf.h>
#include <sched.h>
#include <string.h>
#include <unistd.h>

#define LO 1
#define TCX_EGRESS 47
#define BEFORE (1U << 3) /* BPF_F_BEFORE */

static struct hooks hooks;
static struct hook_point point;
static bool clsact_is_ours;

static int program(const char *name)
{
	/* r0 = -1 (TC_ACT_UNSPEC); exit */
	const struct bpf_insn code[] = {{.code = BPF_ALU64 | BPF_MOV | BPF_K, .imm = -1},
					{.code = BPF_JMP | BPF_EXIT}};
	int fd = bpf_prog_load(BPF_PROG_TYPE_SCHED_CLS, name, "GPL", code, 2, NULL);

	assert_true(fd >= 0);
	return fd;
}

/* Opens the hooks of a run, with programs of its own under the names of ours. */
static void open_hooks(bool only_clsact)
{
	hook_programs programs;
	unsigned int origins;

	for (origins = 0; origins < ORIGINS_MAX; origins++) {
		programs[HOOK_INGRESS][origins] = program("count_outcomes");
		programs[HOOK_EGRESS][origins] = program("count_queries");
	}
	assert_int_equal(hooks_open(&hooks, programs, only_clsact), 0);
	memset(&point, 0, sizeof(point));
	clsact_is_ours = false;
}

static int attach(void)
{
	return hook_attach(&hooks, LO, HOOK_EGRESS, ORIGINS_HOST, ORIGINS_HOST, &point,
			   &clsact_is_ours);
}

static bool is_attached(void)
{
	return hook_is_attached(&hooks, LO, HOOK_EGRESS, &point);
}

static bool is_preceded(void)
{
	return hook_is_preceded(&hooks, LO, HOOK_EGRESS, &point);
}

static void detach(void)
{
	hook_detach(&hooks, LO, HOOK_EGRESS, &point);
}

static int begin(void **state)
{
	(void)state;
	libbpf_set_print(NULL);
	return geteuid() ? 0 : unshare(CLONE_NEWNET);
}

static int end(void **state)
{
	(void)state;
	if (!geteuid())
		hooks_close(&hooks);
	return 0;
}

#define AS_ROOT                                                                                    \
	do {                                                                                       \
		(void)state;                                                                       \
		if (geteuid())                                                                     \
			skip();                                                                    \
	} while (0)

/* ---- TCX ------------------------------------------------------------------------------------ */

/* Opens the hooks and attaches by TCX behind nothing. Returns 0 where the kernel has no TCX. */
static int attach_by_tcx(void)
{
	open_hooks(false);
	return !attach() && point.hook == HOOK_TCX;
}

static void a_program_of_others_does_not_come_first(void **state)
{
	int other = -1;

	AS_ROOT;
	other = bpf_link_create(program("other"), LO, TCX_EGRESS, NULL);
	if (!attach_by_tcx())
		skip();
	assert_true(other >= 0);
	assert_false(is_preceded());
	close(other);
}

static void one_that_comes_before_us_later_is_seen(void **state)
{
	LIBBPF_OPTS(bpf_link_create_opts, opts, .flags = BEFORE);
	int other;

	AS_ROOT;
	if (!attach_by_tcx())
		skip();
	assert_false(is_preceded());
	other = bpf_link_create(program("other"), LO, TCX_EGRESS, &opts);
	assert_true(other >= 0);
	assert_true(is_preceded());
	close(other);
	assert_false(is_preceded());
}

/* As the kernel does with all links of an interface that goes. */
static void a_link_that_is_cut_is_not_attached(void **state)
{
	AS_ROOT;
	if (!attach_by_tcx())
		skip();
	assert_true(is_attached());
	assert_int_equal(bpf_link_detach(point.link_fd), 0);
	assert_false(is_attached());
}

static void what_is_handed_on_stays_attached(void **state)
{
	struct hook_point seen;
	int kept;

	AS_ROOT;
	if (!attach_by_tcx())
		skip();
	kept = dup(point.link_fd);
	seen = point;
	seen.link_fd = kept;
	hooks.leave = true;
	detach();
	assert_true(hook_is_attached(&hooks, LO, HOOK_EGRESS, &seen));
	close(kept);
	hooks.leave = false;
	assert_int_equal(attach(), 0);
	kept = dup(point.link_fd); /* as a child that has inherited it */
	seen.link_fd = kept;
	detach();
	assert_false(hook_is_attached(&hooks, LO, HOOK_EGRESS, &seen));
	close(kept);
}

/* ---- clsact --------------------------------------------------------------------------------- */

static size_t count_filters(void)
{
	struct tc_filters filters;
	size_t count = 0, i;

	assert_int_equal(tc_filters_read(&hooks.netlink, LO, HOOK_EGRESS, &filters), 0);
	for (i = 0; i < filters.count; i++)
		count += filters.all[i].handle != 0;
	tc_filters_free(&filters);
	return count;
}

/* Attaches another program in the place of a filter, or beside it. */
static void attach_filter(__u32 priority, __u32 handle, int flags, const char *name)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = LO, .attach_point = BPF_TC_EGRESS);
	LIBBPF_OPTS(bpf_tc_opts, opts, .handle = handle, .priority = priority, .flags = flags,
		    .prog_fd = program(name));
	int err = bpf_tc_hook_create(&hook);

	assert_true(!err || err == -EEXIST);
	assert_int_equal(bpf_tc_attach(&hook, &opts), 0);
}

static void our_clsact_goes_with_our_filter(void **state)
{
	AS_ROOT;
	open_hooks(true);
	assert_int_equal(attach(), 0);
	assert_true(is_attached());
	assert_true(clsact_is_ours);
	detach();
	hook_remove_clsact(&hooks.netlink, LO);
	assert_int_equal(tc_clsact_lookup(&hooks.netlink, LO), 0);
}

static void a_clsact_of_others_and_their_filter_stay(void **state)
{
	AS_ROOT;
	open_hooks(true);
	attach_filter(7, 1, 0, "other");
	assert_int_equal(attach(), 0);
	assert_false(clsact_is_ours);
	assert_int_equal(count_filters(), 2);
	detach();
	hook_remove_clsact(&hooks.netlink, LO);
	assert_int_equal(tc_clsact_lookup(&hooks.netlink, LO), 1);
	assert_int_equal(count_filters(), 1);
}

static void a_filter_that_a_killed_run_left_is_replaced(void **state)
{
	AS_ROOT;
	open_hooks(true);
	assert_int_equal(attach(), 0);
	hooks_close(&hooks); /* killed: the filter stays */
	open_hooks(true);
	assert_int_equal(attach(), 0);
	assert_true(clsact_is_ours);
	assert_int_equal(count_filters(), 1);
	detach();
	assert_int_equal(count_filters(), 0);
}

static void what_has_replaced_our_filter_is_not_ours(void **state)
{
	AS_ROOT;
	open_hooks(true);
	assert_int_equal(attach(), 0);
	attach_filter(point.priority, OUR_HANDLE, BPF_TC_F_REPLACE, "count_queries");
	assert_false(is_attached());
	detach();
	assert_int_equal(count_filters(), 1);
}

static void a_filter_of_others_with_our_handle_stays(void **state)
{
	AS_ROOT;
	open_hooks(true);
	attach_filter(OUR_PRIORITY_FIRST, OUR_HANDLE, 0, "other");
	assert_int_equal(attach(), 0);
	assert_int_equal(count_filters(), 2);
	assert_int_not_equal(point.priority, OUR_PRIORITY_FIRST);
	assert_true(is_preceded());
	detach();
	assert_int_equal(count_filters(), 1);
}

static void two_instances_do_not_share_clsact(void **state)
{
	struct buffer said = {0};
	int first, second;

	AS_ROOT;
	first = clsact_lock_take();
	assert_true(first >= 0);
	log_set_sink(log_sink_buffer, &said);
	second = clsact_lock_take();
	assert_int_equal(second, -EBUSY);
	open_hooks(true);
	assert_int_equal(attach(), -EBUSY);
	assert_true(hooks.refused);
	log_set_sink(NULL, NULL);
	assert_non_null(strstr(said.text, "another instance"));
	buffer_free(&said);
	close(first);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_program_of_others_does_not_come_first, begin,
						end),
		cmocka_unit_test_setup_teardown(one_that_comes_before_us_later_is_seen, begin, end),
		cmocka_unit_test_setup_teardown(a_link_that_is_cut_is_not_attached, begin, end),
		cmocka_unit_test_setup_teardown(what_is_handed_on_stays_attached, begin, end),
		cmocka_unit_test_setup_teardown(our_clsact_goes_with_our_filter, begin, end),
		cmocka_unit_test_setup_teardown(a_clsact_of_others_and_their_filter_stay, begin,
						end),
		cmocka_unit_test_setup_teardown(a_filter_that_a_killed_run_left_is_replaced, begin,
						end),
		cmocka_unit_test_setup_teardown(what_has_replaced_our_filter_is_not_ours, begin,
						end),
		cmocka_unit_test_setup_teardown(a_filter_of_others_with_our_handle_stays, begin,
						end),
		cmocka_unit_test_setup_teardown(two_instances_do_not_share_clsact, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
