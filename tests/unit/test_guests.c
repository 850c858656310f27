// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Which interfaces lead to guests: the automatic choice, and patterns. */
#include "datapath/guests.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define PATTERNS(...)                                                                              \
	(&(const struct guest_patterns){(const char *const[]){__VA_ARGS__},                        \
					sizeof((const char *const[]){__VA_ARGS__}) /               \
						sizeof(const char *)})

static struct link_info veth_of_pod(void)
{
	return (struct link_info){.ifindex = 7,
				  .name = "cali0123456789a",
				  .kind = "veth",
				  .peer_elsewhere = true};
}

static void without_the_option_there_is_no_guest(void **state)
{
	const struct guest_patterns none = {NULL, 0};
	struct link_info veth = veth_of_pod();

	(void)state;
	assert_false(link_is_guest(&veth, &none));
}

static void a_veth_with_its_peer_elsewhere_is_a_guests(void **state)
{
	struct link_info veth = veth_of_pod();

	(void)state;
	assert_true(link_is_guest(&veth, PATTERNS("auto")));
	veth.peer_elsewhere = false;
	assert_false(link_is_guest(&veth, PATTERNS("auto")));
}

static void a_port_of_a_bridge_is_a_guests(void **state)
{
	struct link_info veth = veth_of_pod();

	(void)state;
	veth.master = 3;
	strcpy(veth.slave_kind, "bridge");
	assert_true(link_is_guest(&veth, PATTERNS("auto")));
}

static void a_tap_is_a_guests_and_a_tun_is_not(void **state)
{
	struct link_info link = {.ifindex = 5, .name = "vnet0", .kind = "tun", .tap = true};

	(void)state;
	assert_true(link_is_guest(&link, PATTERNS("auto")));
	link.tap = false;
	assert_false(link_is_guest(&link, PATTERNS("auto")));
}

static void the_way_out_of_a_container_is_no_guests(void **state)
{
	struct link_info eth0 = {.ifindex = 2,
				 .name = "eth0",
				 .kind = "veth",
				 .peer_elsewhere = true,
				 .default_route = true};

	(void)state;
	assert_false(link_is_guest(&eth0, PATTERNS("auto")));
	assert_false(link_is_guest(&eth0, PATTERNS("eth*")));
	assert_true(link_is_guest(&eth0, PATTERNS("eth0")));
}

static void other_kinds_need_a_pattern(void **state)
{
	static const char *const kinds[] = {"", "bridge", "macvlan", "vlan", "wireguard", "netkit"};
	struct link_info link = {.ifindex = 4, .name = "lxc1", .peer_elsewhere = true};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		strcpy(link.kind, kinds[i]);
		assert_false(link_is_guest(&link, PATTERNS("auto")));
		assert_true(link_is_guest(&link, PATTERNS("lxc*")));
	}
}

static void patterns_are_those_of_a_shell(void **state)
{
	struct link_info veth = veth_of_pod();

	(void)state;
	assert_true(link_is_guest(&veth, PATTERNS("cali*")));
	assert_true(link_is_guest(&veth, PATTERNS("veth*", "cali[0-9]*")));
	assert_true(link_is_guest(&veth, PATTERNS("veth*", "auto")));
	assert_false(link_is_guest(&veth, PATTERNS("veth*", "cali")));
	assert_false(link_is_guest(&veth, PATTERNS("CALI*")));
}

static void lo_is_no_guests(void **state)
{
	const struct link_info lo = {.ifindex = 1, .name = "lo", .up = true};

	(void)state;
	assert_false(link_is_guest(&lo, PATTERNS("auto", "*", "lo")));
}

static void routes_are_read_for_links_without_a_master_only(void **state)
{
	struct link_info veth = veth_of_pod();
	const struct link_list links = {&veth, 1};

	(void)state;
	assert_true(guests_need_routes(&links, PATTERNS("auto")));
	assert_false(guests_need_routes(&links, PATTERNS("veth*")));
	veth.master = 3;
	strcpy(veth.slave_kind, "bridge");
	assert_false(guests_need_routes(&links, PATTERNS("auto")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_the_option_there_is_no_guest),
		cmocka_unit_test(a_veth_with_its_peer_elsewhere_is_a_guests),
		cmocka_unit_test(a_port_of_a_bridge_is_a_guests),
		cmocka_unit_test(a_tap_is_a_guests_and_a_tun_is_not),
		cmocka_unit_test(the_way_out_of_a_container_is_no_guests),
		cmocka_unit_test(other_kinds_need_a_pattern),
		cmocka_unit_test(patterns_are_those_of_a_shell),
		cmocka_unit_test(lo_is_no_guests),
		cmocka_unit_test(routes_are_read_for_links_without_a_master_only),
	};

	return cmocka_run_group_tests_name("guests", tests, NULL, NULL);
}
