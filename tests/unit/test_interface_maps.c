/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the engine is told of stacked interfaces, in maps of the kernel; so as root. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "datapath/hooks.h" /* ORIGINS_HOST */
#include "datapath/interface_maps.h"

#include <dnsreach.h>

#include <bpf/bpf.h>
#include <unistd.h>

/* eth0, a port of bond0, which is a port of br0; on br0 the VLAN 10. Sorted, as link_list_read().
 */
static struct link_info all[] = {
	{.ifindex = 2, .name = "eth0", .master = 3, .slave_kind = "bond", .origins = ORIGINS_HOST},
	{.ifindex = 3,
	 .name = "bond0",
	 .kind = "bond",
	 .master = 4,
	 .slave_kind = "bridge",
	 .origins = ORIGINS_HOST},
	{.ifindex = 4, .name = "br0", .kind = "bridge", .origins = ORIGINS_HOST},
	{.ifindex = 5,
	 .name = "br0.10",
	 .kind = "vlan",
	 .parent = 4,
	 .vlan = 10,
	 .origins = ORIGINS_HOST},
};
static const struct link_list links = {all, sizeof(all) / sizeof(*all)};
static struct interface_maps maps;

static int begin(void **state)
{
	(void)state;
	if (geteuid())
		return 0;
	maps.vlan_devs_fd = bpf_map_create(BPF_MAP_TYPE_HASH, "vlan_devs",
					   sizeof(struct vlan_dev_key), sizeof(__u8), 16, NULL);
	maps.scopes_fd =
		bpf_map_create(BPF_MAP_TYPE_HASH, "scopes", sizeof(__u32), sizeof(__u32), 16, NULL);
	return maps.vlan_devs_fd < 0 || maps.scopes_fd < 0 || interface_maps_insert(&maps, &links);
}

static int end(void **state)
{
	(void)state;
	if (geteuid())
		return 0;
	close(maps.vlan_devs_fd);
	return close(maps.scopes_fd);
}

/* Returns the top of the stack above a port; 0: it is none. */
static __u32 scope_of_port(__u32 ifindex)
{
	__u32 scope = 0;

	bpf_map_lookup_elem(maps.scopes_fd, &ifindex, &scope);
	return scope;
}

/* Returns 1 when packets with this tag are counted by a VLAN device above `ifindex`. */
static int is_tagged_above(__u32 ifindex, __u32 vlan)
{
	struct vlan_dev_key key = {.ifindex = ifindex, .vlan = vlan};
	__u8 one = 0;

	return !bpf_map_lookup_elem(maps.vlan_devs_fd, &key, &one);
}

static void a_port_has_the_scope_of_the_top(void **state)
{
	(void)state;
	if (geteuid())
		skip();
	assert_int_equal(scope_of_port(2), 4);
	assert_int_equal(scope_of_port(3), 4);
	assert_int_equal(scope_of_port(4), 0);
}

static void a_tag_belongs_to_the_vlan_device(void **state)
{
	(void)state;
	if (geteuid())
		skip();
	assert_true(is_tagged_above(4, 10));
	assert_false(is_tagged_above(4, 11));
	assert_false(is_tagged_above(2, 10));
}

/* Else its packets would count nowhere. */
static void a_vlan_device_that_is_gone_is_forgotten(void **state)
{
	const struct link_list rest = {all, links.count - 1};

	(void)state;
	if (geteuid())
		skip();
	interface_maps_prune(&maps, &links);
	assert_true(is_tagged_above(4, 10));
	assert_int_equal(scope_of_port(2), 4);
	interface_maps_prune(&maps, &rest);
	assert_false(is_tagged_above(4, 10));
	assert_int_equal(scope_of_port(2), 4);
}

/* One that is not attached counts nothing: the lower device counts its packets. */
static void a_vlan_device_without_hooks_is_not_told(void **state)
{
	(void)state;
	if (geteuid())
		skip();
	all[3].origins = 0;
	interface_maps_prune(&maps, &links);
	all[3].origins = ORIGINS_HOST;
	assert_false(is_tagged_above(4, 10));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_port_has_the_scope_of_the_top, begin, end),
		cmocka_unit_test_setup_teardown(a_tag_belongs_to_the_vlan_device, begin, end),
		cmocka_unit_test_setup_teardown(a_vlan_device_that_is_gone_is_forgotten, begin,
						end),
		cmocka_unit_test_setup_teardown(a_vlan_device_without_hooks_is_not_told, begin,
						end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
