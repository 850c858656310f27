/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Programs that a process has claimed for dnsreach. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "datapath/program_names.h"

#include <unistd.h>

#define ID 4294900000U /* the kernel gives out small ones */

static void a_program_is_claimed_until_the_end(void **state)
{
	int fd = program_claim(ID);

	(void)state;
	assert_true(fd >= 0);
	assert_true(program_is_claimed(ID));
	assert_false(program_is_claimed(ID + 1));
	assert_false(program_is_claimed(ID / 10)); /* the beginning of its digits */
	close(fd);
	assert_false(program_is_claimed(ID));
}

static void one_process_claims_a_program(void **state)
{
	int fd = program_claim(ID);

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(program_claim(ID), -1);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_program_is_claimed_until_the_end),
		cmocka_unit_test(one_process_claims_a_program),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
