/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The daemon's exports with the limits that they really have; what each does is tested elsewhere.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "daemon/exports.h"
#include "daemon/file_writer.h"

#include "pushing.h" /* talk */

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <netinet/in.h>
#include <unistd.h>

#define MB (1U << 20)

/* A port at which nobody listens: bound by us, so that nobody else can. */
static int dead_port(char url[64])
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t length = sizeof(at);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_return_code(bind(fd, (struct sockaddr *)&at, sizeof(at)), errno);
	assert_return_code(getsockname(fd, (struct sockaddr *)&at, &length), errno);
	snprintf(url, 64, "http://127.0.0.1:%u/v1/metrics", ntohs(at.sin_port));
	return fd;
}

static void send_bytes(struct push *push, size_t count)
{
	static char filler[MB];
	struct buffer body = {0};

	memset(filler, 'x', sizeof(filler));
	buffer_add_bytes(&body, filler, count);
	assert_int_equal(push_send(push, &body), 0);
}

/* 16 MB, as docs/daemon.md has it, beside the one that is under way: then the oldest gives way. */
static void sixteen_megabytes_wait_for_a_collector(void **state)
{
	struct export_options options = {.listen = {.items = {"none"}, .count = 1},
					 .incidents = "none",
					 .interval_s = 60};
	struct push_stats stats;
	struct exports e = {0};
	struct talk talk;
	char url[64];
	int i, fd = dead_port(url);

	(void)state;
	options.otlp = url;
	assert_int_equal(exports_open(&e, &options), 0);
	for (i = 0; i < 17; i++)
		send_bytes(e.push, MB);
	push_stats(e.push, &stats);
	assert_int_equal(stats.waiting, 17);
	assert_int_equal(stats.waiting_bytes, 17 * MB);
	assert_int_equal(stats.failed, 0);
	send_bytes(e.push, 1);
	push_stats(e.push, &stats);
	assert_int_equal(stats.waiting, 17);
	assert_int_equal(stats.waiting_bytes, 16 * MB + 1);
	assert_int_equal(stats.failed, 1);
	talk_begin(&talk);
	exports_close(&e);
	talk_end(&talk);
	assert_says(talk.text, "OTLP push failed: cannot connect to 127.0.0.1:");
	close(fd);
}

static void on_result(enum file_job job, int err, void *context)
{
	(void)job;
	*(int *)context += !err;
}

/* 4 MB of lines wait for a disk; more is refused, until it has taken some. */
static void four_megabytes_of_lines_wait_for_a_disk(void **state)
{
	static char filler[MB];
	struct incident_file incidents;
	struct written_files files = {.incidents = &incidents};
	struct file_writer *writer;
	struct buffer line = {0};
	char path[] = "/tmp/test_exports.XXXXXX";
	int i, written = 0;

	(void)state;
	close(mkstemp(path));
	assert_int_equal(incident_file_open(path, &incidents), 0);
	assert_int_equal(file_writer_open(&files, &writer), 0);
	memset(filler, 'x', sizeof(filler));
	buffer_add_bytes(&line, filler, sizeof(filler));
	for (i = 0; i < 4; i++)
		assert_int_equal(file_writer_send(writer, JOB_INCIDENT, &line), 0);
	assert_int_equal(file_writer_send(writer, JOB_INCIDENT, &line), -EAGAIN);
	for (i = 0; written < 4 && i < 1000; i++) {
		usleep(10000);
		file_writer_collect(writer, on_result, &written);
	}
	assert_int_equal(written, 4);
	assert_int_equal(file_writer_send(writer, JOB_INCIDENT, &line), 0);
	file_writer_close(writer, 10000, on_result, &written);
	assert_int_equal(written, 5);
	buffer_free(&line);
	incident_file_close(&incidents);
	unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sixteen_megabytes_wait_for_a_collector),
		cmocka_unit_test(four_megabytes_of_lines_wait_for_a_disk),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
