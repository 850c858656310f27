// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Addresses and resolvers as text, both ways. */
#include "scene.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>

/* Through bytes that resolver_parse() had no part in. */
static const char *written(const char *ipv6, __u32 scope, char *out)
{
	struct ip_address address;

	assert_int_equal(inet_pton(AF_INET6, ipv6, &address), 1);
	return address_text(&address, scope, out);
}

static void ipv4_mapped_is_printed_dotted(void **state)
{
	char text[ADDRESS_TEXT_SIZE];

	(void)state;
	assert_string_equal(written("::ffff:192.0.2.1", 0, text), "192.0.2.1");
	assert_string_equal(written("::ffff:255.255.255.255", 0, text), "255.255.255.255");
}

static void ipv6_is_printed_as_rfc_5952_says(void **state)
{
	static const struct {
		const char *address, *text;
	} rows[] = {
		{"2001:0DB8:0:0:0:0:0:1", "2001:db8::1"},
		{"2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"}, /* one zero group stays */
		{"2001:0:0:1:0:0:0:1", "2001:0:0:1::1"},	  /* the longest run */
		{"2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"},	  /* the first of equals */
		{"0:0:1:2:3:4:5:6", "::1:2:3:4:5:6"},
		{"1:2:3:4:5:6:0:0", "1:2:3:4:5:6::"},
		{"::1", "::1"},
		{"::", "::"},
		{"::102:304", "::102:304"},
		{"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
		 "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"},
	};
	char text[ADDRESS_TEXT_SIZE];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		assert_string_equal(written(rows[i].address, 0, text), rows[i].text);
}

static void a_scope_is_the_interfaces_name_or_number(void **state)
{
	char text[ADDRESS_TEXT_SIZE];

	(void)state;
	assert_string_equal(written("fe80::1", LOOPBACK_IFINDEX, text), "fe80::1%lo");
	assert_string_equal(written("fe80::1", 987654, text), "fe80::1%987654");
}

static void every_resolver_reads_back_as_written(void **state)
{
	static const char *const texts[] = {
		"192.0.2.1",	      "192.0.2.1:5353", "255.255.255.255:65535", "2001:db8::1",
		"[2001:db8::1]:5353", "fe80::1%lo",	"[fe80::1%lo]:5353",	 "fe80::1%987654",
	};
	char text[RESOLVER_TEXT_SIZE];
	struct resolver_key key;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		assert_int_equal(resolver_parse(texts[i], &key), 0);
		assert_int_equal(key.transport, TRANSPORT_UDP);
		assert_string_equal(resolver_text(&key, text), texts[i]);
	}
}

static void keys_are_in_network_order(void **state)
{
	static const unsigned char expected[24] = {[10] = 0xff, [11] = 0xff, [12] = 192,  [14] = 2,
						   [15] = 1,	[20] = 0x14, [21] = 0xe9, [22] = 1};
	struct resolver_key key = scene_key("192.0.2.1:5353");

	(void)state;
	assert_memory_equal(&key, expected, sizeof(expected));
}

static void port_53_may_be_said(void **state)
{
	char text[RESOLVER_TEXT_SIZE];
	struct resolver_key key;

	(void)state;
	key = scene_key("192.0.2.1:53");
	assert_string_equal(resolver_text(&key, text), "192.0.2.1");
	key = scene_key("[2001:db8::1]");
	assert_string_equal(resolver_text(&key, text), "2001:db8::1");
}

static void what_is_no_resolver_is_refused(void **state)
{
	static const char *const texts[] = {
		"",
		"example.org",
		"192.0.2",
		"192.0.2.256",
		"192.0.2.1:",
		"192.0.2.1:0",
		"192.0.2.1:65536",
		"192.0.2.1:99999999999999999999",
		"192.0.2.1:-1",
		"192.0.2.1:53x",
		"192.0.2.1%lo",
		"[192.0.2.1]:53",
		"0.0.0.0",
		"::",
		"2001:db8::1%lo",
		"[2001:db8::1",
		"[2001:db8::1]53",
		"[2001:db8::1]:",
		"2001:db8::g",
		"1111:2222:3333:4444:5555:6666:7777:8888:9999:1111:2222:3333:4444:5555:6666:7777",
	};
	struct resolver_key key;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		assert_int_equal(resolver_parse(texts[i], &key), -EINVAL);
}

static void link_local_needs_its_interface(void **state)
{
	struct resolver_key key;

	(void)state;
	assert_int_equal(resolver_parse("fe80::1", &key), -ENODEV);
	assert_int_equal(resolver_parse("fe80::1%none-such0", &key), -ENODEV);
	assert_int_equal(resolver_parse("fe80::1%0", &key), -ENODEV);
	assert_int_equal(resolver_parse("[fe80::1%]:53", &key), -ENODEV);
	assert_int_equal(resolver_parse("fe80::1%lo", &key), 0);
	assert_int_equal(key.scope, LOOPBACK_IFINDEX);
}

static void the_zero_key_is_other(void **state)
{
	struct resolver_key other = {0}, key = scene_key("192.0.2.1");
	char text[RESOLVER_TEXT_SIZE];

	(void)state;
	assert_true(resolver_is_other(&other));
	assert_false(resolver_is_other(&key));
	assert_string_equal(resolver_text(&other, text), "other");
}

static void moments_are_rfc_3339_in_utc_with_microseconds(void **state)
{
	char text[CLOCK_TEXT_SIZE];

	(void)state;
	assert_string_equal(clock_rfc3339(0, text), "1970-01-01T00:00:00.000000Z");
	assert_string_equal(clock_rfc3339(1709212472192571999ULL, text),
			    "2024-02-29T13:14:32.192571Z");
	assert_string_equal(clock_time_of_day(1709212472192571999ULL, text), "13:14:32");
}

/* The last test: from here on this host's interfaces are not asked. */
static void a_recording_names_its_own_scopes(void **state)
{
	char text[ADDRESS_TEXT_SIZE];
	struct ip_address address;
	__u32 scope, again;

	(void)state;
	address_use_recorded_scopes();
	assert_string_equal(written("fe80::1", LOOPBACK_IFINDEX, text), "fe80::1%1");
	address_set_scope_name(2, "");
	assert_string_equal(written("fe80::1", 2, text), "fe80::1");
	address_set_scope_name(2, "wlan7");
	address_set_scope_name(3, "eth0;reboot");
	address_set_scope_name(4, "a-name-that-is-too-long");
	assert_string_equal(written("fe80::1", 2, text), "fe80::1%wlan7");
	assert_string_equal(written("fe80::1", 3, text), "fe80::1%3");
	assert_string_equal(written("fe80::1", 4, text), "fe80::1%4");
	assert_int_equal(address_parse_any("fe80::1%wlan7", &address, &scope), 0);
	assert_int_equal(scope, 2);
	assert_int_equal(address_parse_any("fe80::1%of-another", &address, &scope), 0);
	assert_int_equal(address_parse_any("fe80::1%of-another", &address, &again), 0);
	assert_int_equal(scope, again);
	assert_string_equal(written("fe80::1", scope, text), "fe80::1%of-another");
	assert_int_equal(address_parse_any("fe80::1%9", &address, &scope), 0);
	assert_int_equal(scope, 9);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ipv4_mapped_is_printed_dotted),
		cmocka_unit_test(ipv6_is_printed_as_rfc_5952_says),
		cmocka_unit_test(a_scope_is_the_interfaces_name_or_number),
		cmocka_unit_test(every_resolver_reads_back_as_written),
		cmocka_unit_test(keys_are_in_network_order),
		cmocka_unit_test(port_53_may_be_said),
		cmocka_unit_test(what_is_no_resolver_is_refused),
		cmocka_unit_test(link_local_needs_its_interface),
		cmocka_unit_test(the_zero_key_is_other),
		cmocka_unit_test(moments_are_rfc_3339_in_utc_with_microseconds),
		cmocka_unit_test(a_recording_names_its_own_scopes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
