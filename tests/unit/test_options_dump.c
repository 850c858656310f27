/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Which values a line of a file can hold: those that read back as they were dumped, and no other.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "config_rows.h"
#include "pushing.h" /* talk */

#include "util/config.h"

static int fits(const struct target *t, struct talk *talk)
{
	int err;

	talk_begin(talk);
	err = options_fit(rows, ROWS, t);
	assert_int_equal(talk_end(talk), err ? 1 : 0);
	assert_true(err == 0 || err == -EINVAL);
	return !err;
}

/* What becomes of `from` as a file; `config` is to be freed. */
static int by_way_of_a_file(const struct target *from, struct target *to, struct config *config)
{
	struct talk talk;
	char *text = NULL, path[64];
	size_t size;
	FILE *out = open_memstream(&text, &size);
	int fd = memfd_create("config", MFD_CLOEXEC), err;

	assert_true(fd >= 0 && out);
	options_dump(rows, ROWS, from, out);
	fclose(out);
	assert_int_equal(write(fd, text, size), size);
	free(text);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	memset(to, 0, sizeof(*to));
	talk_begin(&talk);
	err = config_read(config, path, rows, ROWS, to);
	talk_end(&talk);
	close(fd);
	return err;
}

static const struct target fine = {.whole = 1, .seconds = 1, .percent = 1};

static void a_value(const char *text)
{
	struct target t = fine, back;
	struct config config = {0};
	struct talk talk;
	int reads_back;

	t.text = text;
	reads_back = !by_way_of_a_file(&t, &back, &config) && back.text && !strcmp(back.text, text);
	if (fits(&t, &talk) != reads_back)
		fail_msg("'%s' %s: %s", text, reads_back ? "reads back" : "does not read back",
			 talk.text);
	if (!reads_back)
		assert_says(talk.text, "dnsreach: --text: '");
	config_free(&config);
}

/* Of up to three characters, of those that mean something in a file. */
static void what_fits_is_what_reads_back(void **state)
{
	static const char odd[] = " \t#;=:[\n\r\x01\xff,\"a";
	char text[4] = "";
	const char *a, *b, *c;

	(void)state;
	a_value("");
	for (a = odd; *a; a++) {
		memcpy(text, (char[]){*a, 0}, 2);
		a_value(text);
		for (b = odd; *b; b++) {
			memcpy(text + 1, (char[]){*b, 0}, 2);
			a_value(text);
			for (c = odd; *c; c++) {
				memcpy(text + 2, (char[]){*c, 0}, 2);
				a_value(text);
			}
		}
	}
}

static void a_long_value(size_t length, int is_fine)
{
	struct target t = fine, back;
	struct config config = {0};
	char *text = malloc(length + 1);
	struct talk talk;

	assert_non_null(text);
	memset(text, 'x', length);
	text[length] = '\0';
	t.text = text;
	assert_int_equal(fits(&t, &talk), is_fine);
	if (is_fine) {
		assert_int_equal(by_way_of_a_file(&t, &back, &config), 0);
		assert_string_equal(back.text, text);
	} else {
		assert_says(talk.text, "is longer than 4000 bytes");
	}
	config_free(&config);
	free(text);
}

static void long_values(void **state)
{
	(void)state;
	a_long_value(4000, 1);
	a_long_value(4001, 0);
	a_long_value(100000, 0);
}

/* Together longer than a line may be. */
static void a_long_list_is_dumped_in_several_lines(void **state)
{
	static char items[OPTION_LIST_MAX][300];
	struct config config = {0};
	struct target t = fine, back;
	struct talk talk;
	size_t i;

	(void)state;
	for (i = 0; i < OPTION_LIST_MAX; i++) {
		memset(items[i], 'a' + (int)(i % 26), 100 + 3 * i);
		t.list.items[t.list.count++] = items[i];
	}
	assert_true(fits(&t, &talk));
	assert_int_equal(by_way_of_a_file(&t, &back, &config), 0);
	assert_int_equal(back.list.count, OPTION_LIST_MAX);
	for (i = 0; i < OPTION_LIST_MAX; i++)
		assert_string_equal(back.list.items[i], items[i]);
	config_free(&config);
}

/* Where one of a list was given is told. */
static void an_item_that_does_not_fit(void **state)
{
	struct target t = fine;
	struct talk talk;

	(void)state;
	t.list.items[t.list.count++] = "fine";
	t.list.items[t.list.count++] = "line\nend";
	assert_false(fits(&t, &talk));
	assert_says(talk.text,
		    "dnsreach: --list: 'line?end' cannot be a value: it holds a line end");
	t.list.where[1] = "a.conf:7:8";
	assert_false(fits(&t, &talk));
	assert_says(talk.text, "dnsreach: a.conf:7:8: list: 'line?end'");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_fits_is_what_reads_back),
		cmocka_unit_test(long_values),
		cmocka_unit_test(a_long_list_is_dumped_in_several_lines),
		cmocka_unit_test(an_item_that_does_not_fit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
