// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Text compressed while it is written, and read back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "util/gzip.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Returns the decompressed text, read `step` bytes at a time; to be freed. */
static char *read_back(const struct buffer *gzip, size_t step, size_t *length)
{
	struct gzip_reader reader;
	size_t room = 1 << 24;
	char *text = malloc(room);
	ssize_t got;

	*length = 0;
	assert_int_equal(gzip_reader_open(&reader, gzip->text, gzip->used), 0);
	while ((got = gzip_reader_read(&reader, text + *length, step)) > 0) {
		*length += (size_t)got;
		assert_true(*length + step <= room);
	}
	assert_int_equal(got, 0);
	gzip_reader_close(&reader);
	return text;
}

static void text_comes_back_as_it_was(void **state)
{
	static const size_t lines[] = {0, 1, 5000, 100000};
	struct gzip_writer writer;
	struct buffer plain = {0};
	size_t i, n, length;
	char *text;

	(void)state;
	for (i = 0; i < sizeof(lines) / sizeof(*lines); i++) {
		assert_int_equal(gzip_writer_open(&writer), 0);
		buffer_reset(&plain);
		for (n = 0; n < lines[i]; n++) {
			buffer_add(&writer.text, "dnsreach_queries_total{n=\"%zu\"} ", n);
			buffer_add(&plain, "dnsreach_queries_total{n=\"%zu\"} ", n);
			buffer_add_whole(&writer.text, n * 977);
			buffer_add_whole(&plain, n * 977);
		}
		assert_int_equal(gzip_writer_finish(&writer), 0);
		assert_int_equal(writer.text_bytes, plain.used);
		assert_true(writer.text.room < 1 << 18); /* the text itself is never held */
		text = read_back(&writer.out, 4096, &length);
		assert_int_equal(length, plain.used);
		assert_true(!length || !memcmp(text, plain.text, length));
		assert_true(plain.used < 10000 || writer.out.used < plain.used / 4);
		free(text);
		gzip_writer_close(&writer);
	}
	buffer_free(&plain);
}

static void damaged_bytes_are_an_error(void **state)
{
	char damaged[] = "\x1f\x8b\x08\0\0\0\0\0\0\xff not what follows such a header";
	struct gzip_reader reader;
	char to[100];

	(void)state;
	assert_int_equal(gzip_reader_open(&reader, damaged, sizeof(damaged)), 0);
	assert_int_equal(gzip_reader_read(&reader, to, sizeof(to)), -EINVAL);
	gzip_reader_close(&reader);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_comes_back_as_it_was),
		cmocka_unit_test(damaged_bytes_are_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
