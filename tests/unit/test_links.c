// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Which interfaces automatic mode listens on. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "datapath/netlink.h"

static void what_is_up_is_wanted(void **state)
{
	struct link_info link = {.ifindex = 2, .name = "eth0", .up = true};

	(void)state;
	assert_true(link_is_wanted(&link));
	link.up = false;
	assert_false(link_is_wanted(&link));
}

static void lo_is_wanted(void **state)
{
	const struct link_info lo = {.ifindex = 1, .name = "lo", .up = true};

	(void)state;
	assert_true(link_is_wanted(&lo));
}

static void ports_are_left_to_their_master(void **state)
{
	static const char *const masters[] = {"bridge", "bond", "team", "openvswitch", ""};
	struct link_info port = {.ifindex = 2, .name = "eth0", .up = true, .master = 3};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(masters) / sizeof(*masters); i++) {
		strcpy(port.slave_kind, masters[i]);
		assert_true(link_is_enslaved(&port));
		assert_false(link_is_wanted(&port));
	}
	port.master = 0;
	assert_true(link_is_wanted(&port));
}

static void the_master_itself_is_wanted(void **state)
{
	const struct link_info bridge = {.ifindex = 3, .name = "br0", .kind = "bridge", .up = true};

	(void)state;
	assert_true(link_is_wanted(&bridge));
}

static void in_a_vrf_is_not_enslaved(void **state)
{
	struct link_info link = {
		.ifindex = 2, .name = "eth0", .up = true, .master = 3, .slave_kind = "vrf"};

	(void)state;
	assert_false(link_is_enslaved(&link));
	assert_true(link_is_wanted(&link));
	link.up = false;
	assert_false(link_is_wanted(&link));
}

static void a_vlan_on_a_port_is_wanted(void **state)
{
	const struct link_info vlan = {.ifindex = 4,
				       .name = "eth0.10",
				       .kind = "vlan",
				       .parent = 2,
				       .vlan = 10,
				       .up = true};

	(void)state;
	assert_true(link_is_wanted(&vlan));
}

static void links_are_found_by_index_and_name(void **state)
{
	struct link_info all[] = {{.ifindex = 1, .name = "lo"},
				  {.ifindex = 2, .name = "eth0"},
				  {.ifindex = 7, .name = "eth0.10"}};
	const struct link_list links = {all, 3}, none = {NULL, 0};

	(void)state;
	assert_ptr_equal(link_list_find(&links, 7), &all[2]);
	assert_null(link_list_find(&links, 3));
	assert_null(link_list_find(&none, 1));
	assert_ptr_equal(link_list_find_name(&links, "eth0"), &all[1]);
	assert_null(link_list_find_name(&links, "eth"));
	assert_null(link_list_find_name(&none, "lo"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_up_is_wanted),
		cmocka_unit_test(lo_is_wanted),
		cmocka_unit_test(ports_are_left_to_their_master),
		cmocka_unit_test(the_master_itself_is_wanted),
		cmocka_unit_test(in_a_vrf_is_not_enslaved),
		cmocka_unit_test(a_vlan_on_a_port_is_wanted),
		cmocka_unit_test(links_are_found_by_index_and_name),
	};

	return cmocka_run_group_tests_name("links", tests, NULL, NULL);
}
