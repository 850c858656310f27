/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* `--incidents FILE` on a disk that fills up and has room again: whole lines only. */
#include "incident_scene.h"

#include "daemon/incident_file.h"

#include <errno.h>
#include <jansson.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static struct incident_file file;
static char path[] = "/tmp/dnsreach-incidents-XXXXXX";

static void limit_files(rlim_t most)
{
	struct rlimit limit;

	assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
	limit.rlim_cur = most;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static void write_event(const struct incident *incident)
{
	incident_file_write(incident, INCIDENT_OPENED, &file);
}

static long size_now(void)
{
	FILE *f = fopen(path, "r");
	long size;

	assert_non_null(f);
	fseek(f, 0, SEEK_END);
	size = ftell(f);
	fclose(f);
	return size;
}

/* How many lines there are; each is one JSON object. */
static unsigned int whole_lines(void)
{
	FILE *f = fopen(path, "r");
	unsigned int count = 0;
	char *line = NULL;
	size_t room = 0;
	json_t *object;

	assert_non_null(f);
	while (getline(&line, &room, f) > 0) {
		object = json_loads(line, 0, NULL);
		assert_non_null(object);
		json_decref(object);
		count++;
	}
	free(line);
	fclose(f);
	return count;
}

static void a_full_disk_leaves_whole_lines(void **state)
{
	const struct incident *incident;
	struct incident_scene s;
	long one;

	(void)state;
	incidents_begin(&s);
	second_of(&s, 0, 0, 4);
	tick(&s);
	incident = incident_number(&s, 1);
	assert_true(mkstemp(path) >= 0);
	assert_int_equal(incident_file_open(path, &file), 0);
	write_event(incident);
	one = size_now();
	signal(SIGXFSZ, SIG_IGN);
	limit_files((rlim_t)(one + one / 2));
	write_event(incident);
	assert_int_equal(size_now(), one);
	assert_int_equal(file.err, -EFBIG);
	assert_int_equal(file.missing, 1);
	limit_files(RLIM_INFINITY);
	write_event(incident);
	assert_int_equal(whole_lines(), 2);
	assert_int_equal(file.missing, 1);
	/* One is missing all the same. */
	assert_true(incident_file_close(&file) < 0);
	unlink(path);
	incidents_end(&s);
}

/* A counter that a SIGHUP set back would hide what is missing. */
static void the_count_goes_on_in_a_file_opened_anew(void **state)
{
	struct incident_scene s;

	(void)state;
	incidents_begin(&s);
	second_of(&s, 0, 0, 4);
	tick(&s);
	assert_int_equal(incident_file_open("/dev/full", &file), 0);
	write_event(incident_number(&s, 1));
	write_event(incident_number(&s, 1));
	assert_int_equal(file.missing, 2);
	assert_int_equal(incident_file_reopen(&file), 0);
	assert_int_equal(file.missing, 2);
	write_event(incident_number(&s, 1));
	assert_int_equal(file.missing, 3);
	incident_file_close(&file);
	incidents_end(&s);
}

/* It grows to max_bytes and no further: one older file is kept beside it. */
static void a_file_is_bounded(void **state)
{
	struct incident_scene s;
	char old[64];
	struct stat st;
	long one;
	int i;

	(void)state;
	incidents_begin(&s);
	second_of(&s, 0, 0, 4);
	tick(&s);
	strcpy(path + strlen(path) - 6, "XXXXXX");
	assert_true(mkstemp(path) >= 0);
	snprintf(old, sizeof(old), "%s.1", path);
	assert_int_equal(incident_file_open(path, &file), 0);
	write_event(incident_number(&s, 1));
	one = size_now();
	file.max_bytes = 3 * one + one / 2;
	for (i = 0; i < 9; i++) {
		write_event(incident_number(&s, 1));
		assert_true(size_now() <= file.max_bytes);
	}
	assert_int_equal(stat(old, &st), 0);
	assert_int_equal(st.st_size, 3 * one);
	assert_int_equal(whole_lines(), 1); /* 10 in all: 3, 3, 3 and 1 */
	assert_int_equal(file.missing, 0);
	incident_file_close(&file);
	unlink(path);
	unlink(old);
	incidents_end(&s);
}

/* A FIFO that nobody reads is refused: open(2) would wait for ever. */
static void a_fifo_without_a_reader_is_refused(void **state)
{
	(void)state;
	strcpy(path + strlen(path) - 6, "XXXXXX");
	assert_true(mkstemp(path) >= 0);
	unlink(path);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_equal(incident_file_open(path, &file), -EIO);
	unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_full_disk_leaves_whole_lines),
		cmocka_unit_test(the_count_goes_on_in_a_file_opened_anew),
		cmocka_unit_test(a_file_is_bounded),
		cmocka_unit_test(a_fifo_without_a_reader_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
