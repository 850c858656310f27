/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Configuration files: what is read, and file, line and column of what is refused. */
#include "util/config.h"
#include "config_rows.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static char file[64], said[1024];

/* The text as a file, read with what is said kept in `said`. */
static int read_bytes(struct config *config, struct target *t, const char *text, size_t length)
{
	int fd, err, errors, pipes[2];
	ssize_t got;

	strcpy(file, "/tmp/dnsreach-config-XXXXXX");
	fd = mkstemp(file);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, length), length);
	close(fd);
	memset(t, 0, sizeof(*t));
	assert_int_equal(pipe(pipes), 0);
	fflush(stderr);
	errors = dup(2);
	dup2(pipes[1], 2);
	close(pipes[1]);
	err = config_read(config, file, rows, ROWS, t);
	fflush(stderr);
	dup2(errors, 2); /* the pipe's last writing end */
	close(errors);
	got = read(pipes[0], said, sizeof(said) - 1);
	said[got > 0 ? got : 0] = '\0';
	close(pipes[0]);
	unlink(file);
	return err;
}

static int read_text(struct config *config, struct target *t, const char *text)
{
	return read_bytes(config, t, text, strlen(text));
}

static void each_kind_is_read(void **state)
{
	struct config config = {0};
	struct target t;

	(void)state;
	assert_int_equal(read_text(&config, &t,
				   "# a comment\n; another\n\n  flag = yes\nwhole=7\n"
				   "seconds : 0.5   # so long\npercent = 25%\ntext = a b=c\n"
				   "list = x, y\nlist = z\nport = 53,5353\n"
				   "resolver = 192.0.2.1, [2001:db8::1]:53\n"
				   "even = ab, cdef\neven = gh\nword = a-word"),
			 0);
	assert_string_equal(said, "");
	assert_int_equal(t.flag, 1);
	assert_int_equal(t.whole, 7);
	assert_true(t.seconds == 0.5);
	assert_true(t.percent == 0.25);
	assert_string_equal(t.text, "a b=c");
	assert_int_equal(t.list.count, 3);
	assert_string_equal(t.list.items[1], "y");
	assert_string_equal(t.list.items[2], "z");
	assert_int_equal(t.ports.count, 2);
	assert_int_equal(t.resolvers.count, 2);
	assert_int_equal(t.even.count, 3);
	assert_string_equal(t.word, "a-word");
	config_free(&config);
}

/* So that what is wrong with several together can be told with the place of one. */
static void the_place_of_each_in_a_list_is_kept(void **state)
{
	struct config config = {0};
	char expected[128];
	struct target t;

	(void)state;
	assert_int_equal(read_text(&config, &t, "whole = 1\n list = x, y\nlist =  z\n"), 0);
	snprintf(expected, sizeof(expected), "%s:2:9", file);
	assert_string_equal(t.list.where[0], expected);
	assert_string_equal(t.list.where[1], expected);
	snprintf(expected, sizeof(expected), "%s:3:9", file);
	assert_string_equal(t.list.where[2], expected);
	config_free(&config);
}

/* As some editors write it. */
static void a_byte_order_mark_is_skipped(void **state)
{
	struct config config = {0};
	struct target t;

	(void)state;
	assert_int_equal(read_text(&config, &t, "\xef\xbb\xbfwhole = 7\n"), 0);
	assert_int_equal(t.whole, 7);
	config_free(&config);
}

static void a_flag_can_be_taken_back(void **state)
{
	struct config config = {0};
	struct target t;

	(void)state;
	assert_int_equal(read_text(&config, &t, "flag = no\r\n"), 0);
	assert_int_equal(t.flag, 0);
	config_free(&config);
}

static void an_empty_file_says_nothing(void **state)
{
	struct config config = {0};
	struct target t;

	(void)state;
	assert_int_equal(read_text(&config, &t, ""), 0);
	assert_int_equal(read_text(&config, &t, "\n\n# nothing\n"), 0);
	assert_string_equal(said, "");
	config_free(&config);
}

/* Each: the file, where it is refused, and words that say why. */
static const struct {
	const char *text, *at, *words;
} bad[] = {
	{"whole = 0", ":1:9: ", "whole: '0' is not a whole number from 1 to 100"},
	{"\n\n   seconds =   5s", ":3:16: ", "seconds: '5s' is not a number of seconds"},
	{"percent = x", ":1:11: ", "is not a percentage from 1 to 100"},
	{"flag = on", ":1:8: ", "neither yes nor no"},
	{"wohle = 1", ":1:1: ", "there is no option 'wohle'"},
	{"list 127.0.0.1:1", ":1:1: ", "'=' is missing behind 'list'; write list = VALUE"},
	{"# x\n  wohle = 1", ":2:3: ", "there is no option 'wohle'"},
	{"whole = 1\nwhole = 2", ":2:1: ", "'whole' is given twice"},
	{"port = 53, 0", ":1:8: ", "'0' is not a port from 1 to 65535"},
	{"resolver = dns.example", ":1:12: ", "'dns.example' is not an IP address"},
	{"resolver = fe80::1", ":1:12: ", "needs its interface"},
	{"word = xyz", ":1:8: ", "word: 'xyz' is odd"},
	{"flag = yes\neven = ab\n even = cd, efg", ":3:9: ", "even: 'efg' is odd"},
	{"even = ab, cd\neven = ef, gh", ":2:8: ", "even: at most 3 can be named"},
	{"whole 1", ":1:1: ", "expected NAME = VALUE"},
	{"flag = yes\nrubbish\nwhole = x", ":2:1: ", "expected NAME = VALUE"},
	{"[run]\nwhole = 1", ":1:1: ", "the file has no sections; remove the line [run]"},
	{"[run]\n", ":1:1: ", "remove the line [run]"},
	{"[run", ":1:1: ", "remove the line [run"},
	{"whole = 1\n  [a=b] # x\r\n", ":2:3: ", "remove the line [a=b] # x"},
	{"whole = 1\n[later]", ":2:1: ", "remove the line [later]"},
	{"\xef\xbb\xbf[run]\n", ":1:1: ", "remove the line [run]"},
	{"[\xff\x9b]\n", ":1:1: ", "remove the line [??]"},
	{"\xff = 1", ":1:1: ", "there is no option '?'"},
	{"resolver = 192.0.2.\xe9", ":1:12: ", "'192.0.2.?' is not an IP address"},
	{"word = \xc3\xa4\xff", ":1:8: ", "word: '\xc3\xa4?' is odd"},
	{"whole = 1\rwhole = 2\n", ":1:10: ", "holds a control character"},
	{"whole =", ":1:8: ", "has no value"},
	{"= 5", ":1:", "there is no option ''"},
	{"text", ":1:1: ", "expected NAME = VALUE"},
};

static void what_is_wrong_is_named_with_its_place(void **state)
{
	struct config config = {0};
	struct target t;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		assert_int_equal(read_text(&config, &t, bad[i].text), -EINVAL);
		if (strchr(said, '\xff') || !strstr(said, file) || !strstr(said, bad[i].at) ||
		    !strstr(said, bad[i].words))
			fail_msg("%s: %s", bad[i].text, said);
		/* one sentence */
		assert_ptr_equal(strchr(said, '\n'), said + strlen(said) - 1);
	}
	config_free(&config);
}

/* As a bearer token, or many resolvers: not cut, for the rest would be wrong without a word. */
static void a_line_is_read_to_its_end(void **state)
{
	struct config config = {0};
	char text[4096], expected[4000];
	struct target t;

	(void)state;
	memset(expected, 'x', sizeof(expected));
	expected[sizeof(expected) - 1] = '\0';
	expected[sizeof(expected) - 2] = 'y';
	snprintf(text, sizeof(text), "text = %s\nwhole = 5\n", expected);
	assert_int_equal(read_text(&config, &t, text), 0);
	assert_string_equal(said, "");
	assert_string_equal(t.text, expected);
	assert_int_equal(t.whole, 5);
	config_free(&config);
}

static void long_lines_and_bytes_are_refused(void **state)
{
	static const char nul[] = "whole = 5\0whole = 6\n";
	struct config config = {0};
	char line[10000];
	struct target t;

	(void)state;
	memset(line, 'a', sizeof(line));
	line[sizeof(line) - 1] = '\0';
	memcpy(line, "text = ", 7);
	assert_int_equal(read_text(&config, &t, line), -EINVAL);
	assert_non_null(strstr(said, ":1:"));
	assert_int_equal(read_bytes(&config, &t, nul, sizeof(nul) - 1), -EINVAL);
	config_free(&config);
}

static void a_missing_file_is_told_from_a_bad_one(void **state)
{
	struct config config = {0};
	struct target t = {0};

	(void)state;
	assert_int_equal(config_read(&config, "/nonexistent/dnsreach.conf", rows, ROWS, &t),
			 -ENOENT);
	config_free(&config);
}

/* What is dumped, read back, is the same. */
static void a_dump_reads_back(void **state)
{
	struct config config = {0}, again = {0};
	struct target t, u;
	char *text = NULL;
	size_t size;
	FILE *out;

	(void)state;
	assert_int_equal(read_text(&config, &t,
				   "flag = yes\nwhole = 9\nseconds = 0.25\npercent = 2.5\n"
				   "list = a,b\nport = 53\n"),
			 0);
	out = open_memstream(&text, &size);
	options_dump(rows, ROWS, &t, out);
	fclose(out);
	assert_int_equal(read_text(&again, &u, text), 0);
	assert_int_equal(u.flag, 1);
	assert_int_equal(u.whole, 9);
	assert_true(u.seconds == 0.25);
	assert_true(u.percent == 0.025);
	assert_null(u.text);
	assert_int_equal(u.list.count, 2);
	assert_int_equal(u.resolvers.count, 0);
	free(text);
	config_free(&config);
	config_free(&again);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_kind_is_read),
		cmocka_unit_test(the_place_of_each_in_a_list_is_kept),
		cmocka_unit_test(a_byte_order_mark_is_skipped),
		cmocka_unit_test(a_flag_can_be_taken_back),
		cmocka_unit_test(an_empty_file_says_nothing),
		cmocka_unit_test(what_is_wrong_is_named_with_its_place),
		cmocka_unit_test(a_line_is_read_to_its_end),
		cmocka_unit_test(long_lines_and_bytes_are_refused),
		cmocka_unit_test(a_missing_file_is_told_from_a_bad_one),
		cmocka_unit_test(a_dump_reads_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
