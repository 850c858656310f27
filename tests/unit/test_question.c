// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Questions between wire format and text: bounds, escapes (RFC 4343, 2.1), names of types. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "util/dns.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* From a copy of just that size, so that AddressSanitizer sees a byte too many. */
static int read_exactly(const char *bytes, size_t length, struct dns_question *question)
{
	__u8 *copy = malloc(length ? length : 1);
	int err;

	assert_non_null(copy);
	memcpy(copy, bytes, length);
	memset(question, 0xee, sizeof(*question));
	err = dns_question_parse(copy, length, question);
	free(copy);
	return err;
}

#define READ(bytes, question) read_exactly(bytes, sizeof(bytes) - 1, question)

static void a_plain_name_is_read(void **state)
{
	struct dns_question question;

	(void)state;
	assert_int_equal(READ("\021yummyrecipesforme\003com\0\0\1\0\1", &question), 0);
	assert_string_equal(question.name, "yummyrecipesforme.com");
	assert_int_equal(question.type, 1);
	assert_int_equal(question.class, 1);
}

static void the_root_is_a_dot(void **state)
{
	struct dns_question question;

	(void)state;
	assert_int_equal(READ("\0\0\2\0\1", &question), 0);
	assert_string_equal(question.name, ".");
	assert_int_equal(question.type, 2);
}

static void dots_and_backslashes_in_a_label_are_escaped(void **state)
{
	struct dns_question question;

	(void)state;
	assert_int_equal(READ("\003a.b\003c\\d\0\0\1\0\1", &question), 0);
	assert_string_equal(question.name, "a\\.b.c\\\\d");
}

static void what_is_not_printable_is_decimal(void **state)
{
	struct dns_question question;

	(void)state;
	assert_int_equal(READ("\010\0\n \x1b\x7f\x80\xff~\0\0\1\0\1", &question), 0);
	assert_string_equal(question.name, "\\000\\010\\032\\027\\127\\128\\255~");
}

static void without_type_it_is_still_a_name(void **state)
{
	struct dns_question question;

	(void)state;
	assert_int_equal(READ("\001a\0", &question), 0);
	assert_string_equal(question.name, "a");
	assert_int_equal(question.type, 0);
	assert_int_equal(READ("\001a\0\0\34\0", &question), 0);
	assert_int_equal(question.type, 0);
}

static void what_is_cut_short_is_refused(void **state)
{
	static const char whole[] = "\003www\007example\0";
	struct dns_question question;
	size_t length;

	(void)state;
	for (length = 0; length < sizeof(whole) - 1; length++)
		assert_int_equal(read_exactly(whole, length, &question), -EINVAL);
	assert_int_equal(read_exactly(whole, sizeof(whole) - 1, &question), 0);
}

static void pointers_and_odd_labels_are_refused(void **state)
{
	static const unsigned char kinds[] = {64, 0x80, 0xc0, 0xff};
	struct dns_question question;
	char bytes[400];
	size_t i;

	(void)state;
	assert_int_equal(READ("\300\014\0\1\0\1", &question), -EINVAL);
	assert_int_equal(READ("\001a\300\014\0\1\0\1", &question), -EINVAL);
	for (i = 0; i < sizeof(kinds); i++) { /* as lengths they would fit */
		memset(bytes, 0, sizeof(bytes));
		memset(bytes + 1, 'a', kinds[i]);
		bytes[0] = (char)kinds[i];
		assert_int_equal(read_exactly(bytes, sizeof(bytes), &question), -EINVAL);
	}
}

/* Labels of 63 bytes `fill`, the last one of `last` bytes; the length on the wire. */
static size_t long_name(char *out, char fill, size_t last)
{
	size_t used = 0, i;

	for (i = 0; i < 4; i++) {
		size_t label = i == 3 ? last : 63;

		out[used++] = (char)label;
		memset(out + used, fill, label);
		used += label;
	}
	out[used++] = 0;
	return used;
}

static void a_name_has_at_most_255_bytes(void **state)
{
	struct dns_question question;
	char bytes[300];

	(void)state;
	assert_int_equal(long_name(bytes, 'a', 61), 255);
	assert_int_equal(read_exactly(bytes, 255, &question), 0);
	assert_int_equal(strlen(question.name), 253);
	assert_int_equal(long_name(bytes, 'a', 62), 256);
	assert_int_equal(read_exactly(bytes, 256, &question), -EINVAL);
}

static void the_longest_name_fits_escaped(void **state)
{
	struct dns_question question;
	__u8 again[300];
	char bytes[300];

	(void)state;
	long_name(bytes, '\x01', 61);
	assert_int_equal(read_exactly(bytes, 255, &question), 0);
	assert_int_equal(strlen(question.name), 4 * 250 + 3);
	assert_int_equal(dns_question_write(&question, again, sizeof(again)), 255);
	assert_memory_equal(again, bytes, 255);
}

static void every_byte_comes_back(void **state)
{
	char bytes[] = "\002x?\0\0\20\0\1";
	struct dns_question question;
	__u8 again[32];
	int byte;

	(void)state;
	for (byte = 0; byte < 256; byte++) {
		bytes[2] = (char)byte;
		assert_int_equal(read_exactly(bytes, 8, &question), 0);
		assert_int_equal(dns_question_write(&question, again, sizeof(again)), 8);
		assert_memory_equal(again, bytes, 8);
	}
}

static void text_that_is_no_name_is_refused(void **state)
{
	static const char *const wrong[] = {"",	     "..",   ".a",    "a..b",  "a.",
					    "a b",   "a\n",  "a\\",   "a\\25", "\\256",
					    "\\999", "\x80", "\\\x01"};
	struct dns_question question = {.type = 1, .class = 1};
	__u8 bytes[300];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		strcpy(question.name, wrong[i]);
		if (dns_question_write(&question, bytes, sizeof(bytes)) != -EINVAL)
			fail_msg("\"%s\" was taken", wrong[i]);
	}
	memset(question.name, 'a', 64);
	question.name[64] = '\0';
	assert_int_equal(dns_question_write(&question, bytes, sizeof(bytes)), -EINVAL);
	strcpy(question.name, "abc");
	assert_int_equal(dns_question_write(&question, bytes, 8), -ENOSPC);
	assert_int_equal(dns_question_write(&question, bytes, 9), 9);
}

static void every_type_has_a_text_and_comes_back(void **state)
{
	char text[DNS_TYPE_SIZE];
	unsigned int type;
	__u16 again;

	(void)state;
	for (type = 0; type < 65536; type++) {
		assert_int_equal(dns_type_parse(dns_type_text((__u16)type, text), &again), 0);
		assert_int_equal(again, type);
	}
	assert_string_equal(dns_type_text(28, text), "AAAA");
	assert_string_equal(dns_type_text(65, text), "HTTPS");
	assert_string_equal(dns_type_text(65280, text), "TYPE65280");
}

static void text_that_is_no_type_is_refused(void **state)
{
	static const char *const wrong[] = {"",		 "B",
					    "a",	 "TYPE",
					    "TYPE65536", "TYPE-1",
					    "TYPE1x",	 "TYPE99999999999999999999"};
	__u16 type;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
		assert_int_equal(dns_type_parse(wrong[i], &type), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_plain_name_is_read),
		cmocka_unit_test(the_root_is_a_dot),
		cmocka_unit_test(dots_and_backslashes_in_a_label_are_escaped),
		cmocka_unit_test(what_is_not_printable_is_decimal),
		cmocka_unit_test(without_type_it_is_still_a_name),
		cmocka_unit_test(what_is_cut_short_is_refused),
		cmocka_unit_test(pointers_and_odd_labels_are_refused),
		cmocka_unit_test(a_name_has_at_most_255_bytes),
		cmocka_unit_test(the_longest_name_fits_escaped),
		cmocka_unit_test(every_byte_comes_back),
		cmocka_unit_test(text_that_is_no_name_is_refused),
		cmocka_unit_test(every_type_has_a_text_and_comes_back),
		cmocka_unit_test(text_that_is_no_type_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
