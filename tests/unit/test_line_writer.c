/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Lines for a reader that is slow: nobody waits, and each line is whole or not there. */
#include "util/line_writer.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#define LINE 10000 /* more than a pipe takes at once */

static char got[1 << 20];

static void make_line(struct buffer *line, char letter)
{
	int i;

	buffer_reset(line);
	for (i = 0; i < LINE - 1; i++)
		buffer_add_bytes(line, &letter, 1);
	buffer_add_bytes(line, "\n", 1);
}

/* What is there now, behind what `got` has. */
static size_t read_more(int fd, size_t used)
{
	size_t more = 0;
	ssize_t count;

	fcntl(fd, F_SETFL, O_NONBLOCK);
	while ((count = read(fd, got + used + more, sizeof(got) - used - more)) > 0)
		more += (size_t)count;
	return more;
}

static size_t read_all(int fd)
{
	return read_more(fd, 0);
}

static void assert_whole_lines(size_t used)
{
	size_t at, i;

	assert_int_equal(used % LINE, 0);
	for (at = 0; at < used; at += LINE) {
		for (i = 0; i < LINE - 1; i++)
			assert_int_equal(got[at + i], got[at]);
		assert_int_equal(got[at + LINE - 1], '\n');
	}
}

/* Fills it, until a line is left out; then there is room again. */
static void try_slow_reader(int reading, int writing)
{
	struct line_writer outlet;
	struct buffer line = {0};
	int lines, err;

	line_writer_open(&outlet, writing);
	for (lines = 0, err = 0; !err && lines < 100; lines++) {
		make_line(&line, (char)('a' + lines % 26));
		err = line_writer_write(&outlet, &line);
	}
	assert_int_equal(err, -EAGAIN);
	assert_string_equal(line_writer_error_text(err), "its reader is too slow");
	assert_true(read_all(reading) > 0);
	make_line(&line, 'Z');
	assert_int_equal(line_writer_write(&outlet, &line), 0);
	line_writer_close(&outlet);
	buffer_free(&line);
}

static void a_pipe_does_not_make_us_wait(void **state)
{
	int pipes[2], flags;

	(void)state;
	assert_int_equal(pipe(pipes), 0);
	flags = fcntl(pipes[1], F_GETFL);
	try_slow_reader(pipes[0], pipes[1]);
	/* It may be shared with others. */
	assert_int_equal(fcntl(pipes[1], F_GETFL), flags);
	close(pipes[0]);
	close(pipes[1]);
}

static void a_socket_does_not_make_us_wait(void **state)
{
	int pair[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	try_slow_reader(pair[0], pair[1]);
	close(pair[0]);
	close(pair[1]);
}

static void a_line_that_was_begun_is_ended(void **state)
{
	struct line_writer outlet;
	struct buffer line = {0};
	int pipes[2], lines = 0;
	size_t used;

	(void)state;
	assert_int_equal(pipe(pipes), 0);
	line_writer_open(&outlet, pipes[1]);
	make_line(&line, 'a');
	while (!line_writer_write(&outlet, &line))
		lines++;
	used = read_all(pipes[0]);
	assert_true(used < (size_t)lines * LINE);
	make_line(&line, 'b');
	assert_int_equal(line_writer_write(&outlet, &line), 0);
	line_writer_close(&outlet);
	close(pipes[1]);
	used += read_more(pipes[0], used);
	assert_int_equal(used, (size_t)(lines + 1) * LINE);
	assert_whole_lines(used);
	buffer_free(&line);
	close(pipes[0]);
}

static void a_reader_that_is_gone_is_an_error(void **state)
{
	struct buffer line = {0};
	struct line_writer outlet;
	int pipes[2];

	(void)state;
	signal(SIGPIPE, SIG_IGN);
	assert_int_equal(pipe(pipes), 0);
	line_writer_open(&outlet, pipes[1]);
	close(pipes[0]);
	make_line(&line, 'a');
	assert_int_equal(line_writer_write(&outlet, &line), -EPIPE);
	line_writer_close(&outlet);
	buffer_free(&line);
	close(pipes[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_pipe_does_not_make_us_wait),
		cmocka_unit_test(a_socket_does_not_make_us_wait),
		cmocka_unit_test(a_line_that_was_begun_is_ended),
		cmocka_unit_test(a_reader_that_is_gone_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
