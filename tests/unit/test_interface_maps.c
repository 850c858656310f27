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

/*
 * eth0, a port of bond0, which is a port of br0; on br0 the VLAN 10; a port of br0 without hooks,
 * and one of a VRF. Sorted, as link_list_read().
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
	{.ifindex = 6, .name = "veth6", .kind = "veth", .master = 4, .slave_kind = "bridge"},
	{.ifindex = 7,
	 .name = "veth7",
	 .kind = "veth",
	 .master = 9,
	 .slave_kind = "vrf",
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
	maps.if_masters_fd = bpf_map_create(BPF_MAP_TYPE_HASH, "if_masters", sizeof(__u32),
					    sizeof(struct if_master), 16, NULL);
	return maps.vlan_devs_fd < 0 || maps.if_masters_fd < 0 ||
	       interface_maps_insert(&maps, &links);
}

static int end(void **state)
{
	(void)state;
	if (geteuid())
		return 0;
	close(maps.vlan_devs_fd);
	return close(maps.if_masters_fd);
}

static struct if_master master_of_port(__u32 ifindex)
{
	struct if_master master = {0};

	bpf_map_lookup_elem(maps.if_masters_fd, &ifindex, &master);
	return master;
}

/* Returns the top of the stack above a port; 0: it is none. */
static __u32 scope_of_port(__u32 ifindex)
{
	return master_of_port(ifindex).scope;
}

/* Returns the bridge that it is a port of; 0: of none. */
static __u32 bridge_of_port(__u32 ifindex)
{
	return master_of_port(ifindex).bridge;
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

static void a_port_of_a_bridge_knows_it_without_hooks(void **state)
{
	(void)state;
	if (geteuid())
		skip();
	assert_int_equal(bridge_of_port(6), 4);
	assert_int_equal(scope_of_port(6), 4);
	assert_int_equal(bridge_of_port(3), 4);
	interface_maps_prune(&maps, &links);
	assert_int_equal(bridge_of_port(6), 4);
}

/* What goes from a port of a bond to the bond leaves the host: only a bridge has ports inside. */
static void only_a_bridge_is_a_bridge(void **state)
{
	(void)state;
	if (geteuid())
		skip();
	assert_int_equal(bridge_of_port(2), 0);
	assert_int_equal(bridge_of_port(4), 0);
	assert_int_equal(bridge_of_port(7), 0);
	assert_int_equal(scope_of_port(7), 0);
}

/* Else what it sends by the bridge, as a routed interface, would count nowhere. */
static void a_port_that_left_its_bridge_is_forgotten(void **state)
{
	(void)state;
	if (geteuid())
		skip();
	all[4].master = 0;
	all[4].slave_kind[0] = '\0';
	interface_maps_prune(&maps, &links);
	assert_int_equal(bridge_of_port(6), 0);
	all[4].master = 4;
	strcpy(all[4].slave_kind, "bridge");
	interface_maps_insert(&maps, &links);
	assert_int_equal(bridge_of_port(6), 4);
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
	const struct link_list rest = {all, 3};

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
		cmocka_unit_test_setup_teardown(a_port_of_a_bridge_knows_it_without_hooks, begin,
						end),
		cmocka_unit_test_setup_teardown(only_a_bridge_is_a_bridge, begin, end),
		cmocka_unit_test_setup_teardown(a_port_that_left_its_bridge_is_forgotten, begin,
						end),
		cmocka_unit_test_setup_teardown(a_tag_belongs_to_the_vlan_device, begin, end),
		cmocka_unit_test_setup_teardown(a_vlan_device_that_is_gone_is_forgotten, begin,
						end),
		cmocka_unit_test_setup_teardown(a_vlan_device_without_hooks_is_not_told, begin,
						end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
