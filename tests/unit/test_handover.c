/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The guards of the handover, one by one: which maps, links and memories of an earlier process are
 * used, and what a start that fails leaves. With real maps and TCX links, so as root; a list in
 * this program stands in for the service manager.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "datapath/handover.h"
#include <dnsreach.h>
#include <engine_limits.h>
#include "dnsreach.skel.h"
#include "util/buffer.h"
#include "util/log.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define KEPT_MAX 64
#define TCX_INGRESS 46
#define TCX_EGRESS 47
#define LO 1 /* the ifindex of lo in each network namespace */
#define FIRST_RUN_NS 1000
#define ENOUGH 1024
#define MASTERS 64 /* entries of the map if_masters */

static struct manager {
	int fds[KEPT_MAX];
	char names[KEPT_MAX][HANDOVER_NAME_SIZE];
	size_t count;
} manager;

static void manager_forget(size_t i)
{
	close(manager.fds[i]);
	manager.count--;
	manager.fds[i] = manager.fds[manager.count];
	memmove(manager.names[i], manager.names[manager.count], HANDOVER_NAME_SIZE);
}

static void push(int fd, const char *name, void *context)
{
	size_t i;

	(void)context;
	if (fd >= 0) {
		assert_true(manager.count < KEPT_MAX);
		snprintf(manager.names[manager.count], HANDOVER_NAME_SIZE, "%s", name);
		manager.fds[manager.count++] = dup(fd);
		return;
	}
	for (i = manager.count; i-- > 0;)
		if (!strcmp(manager.names[i], name))
			manager_forget(i);
}

static size_t kept(const char *kind)
{
	size_t i, count = 0;

	for (i = 0; i < manager.count; i++)
		count += !strncmp(manager.names[i], kind, strlen(kind));
	return count;
}

/* Returns the place of the first descriptor of this kind. */
static size_t first_kept(const char *kind)
{
	size_t i;

	for (i = 0; strncmp(manager.names[i], kind, strlen(kind)); i++)
		assert_true(i + 1 < manager.count);
	return i;
}

/* ---- processes ------------------------------------------------------------------------------ */

struct process {
	struct handover *handover;
	struct dnsreach *object;
	int used; /* maps of the process before */
};

/* Begins a start: what was kept is handed in, and the maps are made or used. */
static struct process process_begin(size_t room, unsigned int masters)
{
	struct process p = {.handover = handover_new(push, room, NULL), .object = dnsreach__open()};
	struct bpf_program *program;
	size_t i;

	assert_non_null(p.handover);
	assert_non_null(p.object);
	bpf_object__for_each_program(program, p.object->obj)
		bpf_program__set_autoload(program, false);
	assert_int_equal(bpf_map__set_max_entries(p.object->maps.if_masters, masters), 0);
	for (i = 0; i < manager.count; i++)
		assert_int_equal(handover_add_fd(p.handover, dup(manager.fds[i]), manager.names[i]),
				 1);
	p.used = handover_reuse_maps(p.handover, p.object->obj);
	assert_int_equal(dnsreach__load(p.object), 0);
	handover_push_maps(p.handover, p.object->obj, FIRST_RUN_NS);
	return p;
}

static void process_end(struct process *p)
{
	handover_free(p->handover);
	dnsreach__destroy(p->object);
}

/* A whole life: the start is committed. Returns how many maps were used. */
static int process_lives(void)
{
	struct process p = process_begin(ENOUGH, MASTERS);
	int used = p.used;

	handover_commit(p.handover);
	process_end(&p);
	return used;
}

/* Returns what the next process would use, in a start that then fails. */
static int would_use(void)
{
	struct process p = process_begin(ENOUGH, MASTERS);
	int used = p.used;

	process_end(&p);
	return used;
}

static int begin(void **state)
{
	(void)state;
	while (manager.count)
		manager_forget(0);
	if (geteuid())
		return 0;
	libbpf_set_print(NULL);
	return unshare(CLONE_NEWNET); /* one of its own for each test */
}

#define AS_ROOT                                                                                    \
	do {                                                                                       \
		(void)state;                                                                       \
		if (geteuid())                                                                     \
			skip();                                                                    \
	} while (0)

/* ---- maps ----------------------------------------------------------------------------------- */

static void maps_of_the_run_before_are_used(void **state)
{
	AS_ROOT;
	assert_int_equal(process_lives(), 0);
	assert_true(kept("map-") > 5);
	assert_int_equal(would_use(), kept("map-"));
	assert_int_equal(process_lives(), kept("map-")); /* again, after a start that failed */
}

static void maps_of_another_layout_are_not_used(void **state)
{
	size_t i;

	AS_ROOT;
	process_lives();
	for (i = 0; i < manager.count; i++)
		if (!strncmp(manager.names[i], "map-", 4))
			manager.names[i][4] = manager.names[i][4] == '0' ? '1' : '0';
	assert_int_equal(would_use(), 0);
	process_lives();
	assert_int_equal(would_use(), kept("map-")); /* the old ones are gone */
}

static void maps_of_two_runs_are_not_mixed(void **state)
{
	char *name;

	AS_ROOT;
	process_lives();
	name = manager.names[first_kept("map-")];
	*strstr(name, "-1000-") = '\0';
	strcat(name, "-2000-");
	name = manager.names[first_kept("map-") + 1];
	strcat(manager.names[first_kept("map-")], strrchr(name, '-') + 1);
	assert_int_equal(would_use(), 0);
}

static void a_missing_map_is_noticed(void **state)
{
	AS_ROOT;
	process_lives();
	manager_forget(first_kept("map-"));
	assert_int_equal(would_use(), 0);
}

static void maps_of_other_sizes_are_not_used(void **state)
{
	struct process p;
	size_t maps;

	AS_ROOT;
	process_lives();
	maps = kept("map-");
	p = process_begin(ENOUGH, 2 * MASTERS);
	assert_int_equal(p.used, 0);
	process_end(&p);
	assert_int_equal(would_use(), maps); /* the start has failed: all is as it was */
}

static void maps_of_another_network_namespace_are_not_used(void **state)
{
	AS_ROOT;
	process_lives();
	assert_int_equal(unshare(CLONE_NEWNET), 0);
	assert_int_equal(would_use(), 0);
}

/* ---- the memory ----------------------------------------------------------------------------- */

static int write_memory(const struct handover *h, char letter, int bytes)
{
	struct buffer text = {0};
	int err;

	while (bytes--)
		buffer_add_bytes(&text, &letter, 1);
	err = handover_write_memory(h, &text);
	buffer_free(&text);
	return err;
}

/* Returns how many bytes the next process reads, all of them this letter; or -errno. */
static int memory_read_next(char letter)
{
	struct process p = process_begin(ENOUGH, MASTERS);
	struct buffer text = {0};
	int got = handover_read_memory(p.handover, &text);
	size_t i;

	for (i = 0; !got && i < text.used; i++)
		assert_int_equal(text.text[i], letter);
	if (!got)
		got = (int)text.used;
	buffer_free(&text);
	process_end(&p);
	return got;
}

static void leave_memory(char letter, int bytes)
{
	struct process p = process_begin(ENOUGH, MASTERS);

	assert_int_equal(write_memory(p.handover, letter, bytes), -ENOENT); /* too early */
	handover_commit(p.handover);
	assert_int_equal(write_memory(p.handover, letter, bytes), 0);
	process_end(&p);
}

static void a_memory_replaces_the_longer_one_before(void **state)
{
	AS_ROOT;
	leave_memory('a', 9000);
	assert_int_equal(memory_read_next('a'), 9000);
	leave_memory('b', 100);
	assert_int_equal(memory_read_next('b'), 100);
	assert_int_equal(kept("memory-"), 1);
}

/* 65,536 resolvers in use take 60 MB; each that fails takes some kB more. */
static void a_memory_of_many_resolvers_is_kept(void **state)
{
	AS_ROOT;
	leave_memory('a', 80 << 20);
	assert_int_equal(memory_read_next('a'), 80 << 20);
}

/* A process that is killed before it has written one leaves that of its predecessor. */
static void a_memory_stays_until_the_next_one(void **state)
{
	AS_ROOT;
	leave_memory('a', 100);
	process_lives();
	assert_int_equal(memory_read_next('a'), 100);
}

static void a_memory_of_another_run_is_not_used(void **state)
{
	char *name, *started;

	AS_ROOT;
	leave_memory('a', 100);
	name = manager.names[first_kept("memory-")];
	started = strstr(name, "-1000-");
	started[1] = '2';
	assert_int_equal(memory_read_next('a'), -ENOENT);
}

static void a_memory_without_maps_is_not_used(void **state)
{
	AS_ROOT;
	leave_memory('a', 100);
	while (kept("map-"))
		manager_forget(first_kept("map-"));
	assert_int_equal(memory_read_next('a'), -ENOENT);
}

/* ---- links ---------------------------------------------------------------------------------- */

static int program(void)
{
	/* r0 = -1 (TC_ACT_UNSPEC); exit */
	const struct bpf_insn code[] = {{.code = BPF_ALU64 | BPF_MOV | BPF_K, .imm = -1},
					{.code = BPF_JMP | BPF_EXIT}};
	int fd = bpf_prog_load(BPF_PROG_TYPE_SCHED_CLS, "test", "GPL", code, 2, NULL);

	assert_true(fd >= 0);
	return fd;
}

/* Returns a link on a side of lo, or -1 where the kernel has no TCX. */
static int attach(__u32 side)
{
	int prog = program(), fd = bpf_link_create(prog, LO, side, NULL);

	close(prog);
	return fd;
}

static int attached_ifindex(int link)
{
	struct bpf_link_info info = {0};
	__u32 size = sizeof(info);

	assert_int_equal(bpf_obj_get_info_by_fd(link, &info, &size), 0);
	return (int)info.xdp.ifindex;
}

/* Leaves a link on the ingress of lo. Returns it, or -1. */
static int leave_link(unsigned int origin)
{
	const struct link_name name = {LO, TCX_INGRESS, origin};
	int link = attach(TCX_INGRESS);
	struct process p;

	if (link < 0)
		return -1;
	p = process_begin(ENOUGH, MASTERS);
	handover_push_link(p.handover, link, &name);
	assert_int_equal(kept("link-") + kept("guest-"), 0); /* not before the commit */
	handover_commit(p.handover);
	process_end(&p);
	return link;
}

/* Returns 1 when the next process takes the link of this name; its start then fails. */
static int is_taken(int ifindex, __u32 side, unsigned int origin)
{
	const struct link_name name = {ifindex, side, origin};
	struct process p = process_begin(ENOUGH, MASTERS);
	int prog = program(), fd = handover_take_link(p.handover, &name, prog);

	close(prog);
	if (fd >= 0)
		close(fd);
	process_end(&p);
	return fd >= 0;
}

static void only_the_very_link_is_taken(void **state)
{
	int link;

	AS_ROOT;
	link = leave_link(0);
	if (link < 0)
		skip();
	assert_false(is_taken(LO, TCX_INGRESS, 1));
	assert_false(is_taken(LO, TCX_EGRESS, 0));
	assert_false(is_taken(LO + 1, TCX_INGRESS, 0));
	assert_true(is_taken(LO, TCX_INGRESS, 0));
	assert_true(is_taken(LO, TCX_INGRESS, 0)); /* no start that failed has detached it */
	assert_int_equal(attached_ifindex(link), LO);
	close(link);
}

static void a_link_that_is_detached_is_not_taken(void **state)
{
	int link;

	AS_ROOT;
	link = leave_link(0);
	if (link < 0)
		skip();
	assert_int_equal(bpf_link_detach(link), 0);
	assert_false(is_taken(LO, TCX_INGRESS, 0));
	close(link);
}

static void a_link_of_another_network_namespace_is_not_taken(void **state)
{
	char name[HANDOVER_NAME_SIZE];
	int link, before;

	AS_ROOT;
	link = leave_link(0);
	if (link < 0)
		skip();
	before = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC); /* stays, with its lo */
	assert_int_equal(unshare(CLONE_NEWNET), 0);
	assert_false(is_taken(LO, TCX_INGRESS, 0));
	snprintf(name, sizeof(name), "%s", manager.names[first_kept("link-")]);
	manager_forget(first_kept("link-"));
	process_lives();
	push(link, name, NULL); /* now beside maps of this namespace */
	assert_int_equal(attached_ifindex(link), LO);
	assert_int_equal(would_use(), kept("map-"));
	assert_false(is_taken(LO, TCX_INGRESS, 0));
	close(link);
	close(before);
}

/* It counts in maps that are gone. */
static void a_link_without_its_maps_is_detached_with_the_commit(void **state)
{
	int link;

	AS_ROOT;
	link = leave_link(0);
	if (link < 0)
		skip();
	while (kept("map-"))
		manager_forget(first_kept("map-"));
	assert_false(is_taken(LO, TCX_INGRESS, 0));
	assert_int_equal(attached_ifindex(link), LO); /* that start has failed */
	process_lives();
	assert_int_equal(attached_ifindex(link), 0);
	assert_int_equal(kept("link-"), 0);
	close(link);
}

/* Both hooks of an interface, or none: with one it would count wrongly. */
static void where_the_room_ends_an_interface_keeps_no_hook(void **state)
{
	struct buffer said = {0};
	size_t maps;
	struct process p;
	int fd, i;

	AS_ROOT;
	process_lives();
	maps = kept("map-");
	while (manager.count)
		manager_forget(0);
	p = process_begin(maps + 1 + 3, MASTERS);
	fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	log_set_sink(log_sink_buffer, &said);
	for (i = 0; i < 4; i++) {
		const struct link_name name = {2 + i / 2, i % 2 ? TCX_EGRESS : TCX_INGRESS, 0};

		handover_push_link(p.handover, fd, &name);
	}
	log_set_sink(NULL, NULL);
	handover_commit(p.handover);
	assert_int_equal(kept("link-2-"), 2);
	assert_int_equal(kept("link-"), 2);
	assert_non_null(said.text);
	assert_non_null(strstr(said.text, "FileDescriptorStoreMax"));
	buffer_free(&said);
	close(fd);
	process_end(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(maps_of_the_run_before_are_used, begin),
		cmocka_unit_test_setup(maps_of_another_layout_are_not_used, begin),
		cmocka_unit_test_setup(maps_of_two_runs_are_not_mixed, begin),
		cmocka_unit_test_setup(a_missing_map_is_noticed, begin),
		cmocka_unit_test_setup(maps_of_other_sizes_are_not_used, begin),
		cmocka_unit_test_setup(maps_of_another_network_namespace_are_not_used, begin),
		cmocka_unit_test_setup(a_memory_replaces_the_longer_one_before, begin),
		cmocka_unit_test_setup(a_memory_of_many_resolvers_is_kept, begin),
		cmocka_unit_test_setup(a_memory_stays_until_the_next_one, begin),
		cmocka_unit_test_setup(a_memory_of_another_run_is_not_used, begin),
		cmocka_unit_test_setup(a_memory_without_maps_is_not_used, begin),
		cmocka_unit_test_setup(only_the_very_link_is_taken, begin),
		cmocka_unit_test_setup(a_link_that_is_detached_is_not_taken, begin),
		cmocka_unit_test_setup(a_link_of_another_network_namespace_is_not_taken, begin),
		cmocka_unit_test_setup(a_link_without_its_maps_is_detached_with_the_commit, begin),
		cmocka_unit_test_setup(where_the_room_ends_an_interface_keeps_no_hook, begin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
