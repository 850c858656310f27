/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A textfile survives a crash at any moment: what is synced, and when it is renamed. fsync() and
 * rename() of this program are those below: they write down what they were asked, and do it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "daemon/textfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static char directory[] = "/tmp/test_textfile.XXXXXX", path[64], beside[64];
static char calls[1024];		    /* "fsync PATH; rename FROM TO; " */
static const char *failing_fsync, *refused; /* the path whose fsync() fails; whose rename() does */
static void (*quicker)(void);

static void note(const char *call, const char *what, const char *more)
{
	size_t used = strlen(calls);

	snprintf(calls + used, sizeof(calls) - used, "%s %s%s%s; ", call, what, *more ? " " : "",
		 more);
}

int fsync(int fd)
{
	char link[64], name[256];
	ssize_t length;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	length = readlink(link, name, sizeof(name) - 1);
	assert_true(length > 0);
	name[length] = '\0';
	note("fsync", name, "");
	if (failing_fsync && !strcmp(name, failing_fsync)) {
		errno = EIO;
		return -1;
	}
	return (int)syscall(SYS_fsync, fd);
}

int rename(const char *from, const char *to)
{
	note("rename", from, to);
	if (refused && !strcmp(from, refused)) {
		errno = EACCES;
		return -1;
	}
	return (int)syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0);
}

/* Somebody else is quicker: makes a file, or a link, where one was just removed. */
int unlink(const char *name)
{
	int result = (int)syscall(SYS_unlinkat, AT_FDCWD, name, 0);

	if (quicker && !strcmp(name, beside))
		quicker();
	return result;
}

static int replace(const char *text)
{
	struct buffer page = {0};
	int err;

	calls[0] = '\0';
	buffer_add(&page, "%s", text);
	err = textfile_replace(path, &page);
	buffer_free(&page);
	return err;
}

static void file_holds(const char *expected)
{
	char got[64] = "";
	struct stat st;
	FILE *f = fopen(path, "re");

	assert_non_null(f);
	assert_int_equal(fread(got, 1, sizeof(got) - 1, f), strlen(expected));
	fclose(f);
	assert_string_equal(got, expected);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0644);
	assert_int_equal(access(beside, F_OK), -1); /* and nothing beside it */
}

static int begin(void **state)
{
	(void)state;
	strcpy(directory + strlen(directory) - 6, "XXXXXX");
	assert_non_null(mkdtemp(directory));
	snprintf(path, sizeof(path), "%s/a.prom", directory);
	snprintf(beside, sizeof(beside), "%s/a.prom.tmp", directory);
	failing_fsync = refused = NULL;
	quicker = NULL;
	umask(077); /* as a careful unit file sets it; others must still read the file */
	return 0;
}

static int end(void **state)
{
	(void)state;
	unlink(path);
	return rmdir(directory); /* nothing else is in it */
}

/* The bytes are on the disk before they have the name, and then the name is too. */
static void synced_renamed_synced(void **state)
{
	char expected[512];

	(void)state;
	snprintf(expected, sizeof(expected), "fsync %s; rename %s %s; fsync %s; ", beside, beside,
		 path, directory);
	assert_int_equal(replace("one\n"), 0);
	assert_string_equal(calls, expected);
	file_holds("one\n");
	assert_int_equal(replace("two\n"), 0);
	assert_string_equal(calls, expected);
	file_holds("two\n");
}

static void a_disk_that_fails_leaves_the_old_file(void **state)
{
	char expected[512];

	(void)state;
	snprintf(expected, sizeof(expected), "fsync %s; ", beside);
	assert_int_equal(replace("old\n"), 0);
	failing_fsync = beside;
	assert_int_equal(replace("new\n"), -EIO);
	assert_string_equal(calls, expected); /* it was not renamed */
	file_holds("old\n");
}

static void a_rename_that_is_refused_leaves_the_old_file(void **state)
{
	(void)state;
	assert_int_equal(replace("old\n"), 0);
	refused = beside;
	assert_int_equal(replace("new\n"), -EACCES);
	file_holds("old\n");
}

/* There are file systems that cannot. */
static void a_directory_that_cannot_be_synced_is_no_failure(void **state)
{
	(void)state;
	failing_fsync = directory;
	assert_int_equal(replace("new\n"), 0);
	file_holds("new\n");
}

/* Left by a run that was killed: not read, not written through. */
static void a_leftover_is_replaced(void **state)
{
	(void)state;
	assert_int_equal(symlink("/dev/full", beside), 0);
	assert_int_equal(replace("new\n"), 0);
	file_holds("new\n");
}

static void link_to_a_file_of_ours(void)
{
	assert_int_equal(symlink("victim", beside), 0);
}

static void file_of_somebody_else(void)
{
	close(open(beside, O_WRONLY | O_CREAT | O_CLOEXEC, 0666));
}

/* In a directory that others may write to, nothing of theirs is written through. */
static void what_another_user_makes_beside_it_is_not_written_to(void **state)
{
	void (*const makes[])(void) = {link_to_a_file_of_ours, file_of_somebody_else};
	char victim[80];
	size_t i;

	(void)state;
	snprintf(victim, sizeof(victim), "%s/victim", directory);
	for (i = 0; i < 2; i++) {
		quicker = makes[i];
		assert_int_equal(replace("new\n"), -EEXIST);
		quicker = NULL;
		assert_int_equal(access(victim, F_OK), -1);
		assert_int_equal(access(path, F_OK), -1);
		unlink(beside);
	}
	assert_int_equal(replace("new\n"), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(synced_renamed_synced, begin, end),
		cmocka_unit_test_setup_teardown(a_disk_that_fails_leaves_the_old_file, begin, end),
		cmocka_unit_test_setup_teardown(a_rename_that_is_refused_leaves_the_old_file, begin,
						end),
		cmocka_unit_test_setup_teardown(a_directory_that_cannot_be_synced_is_no_failure,
						begin, end),
		cmocka_unit_test_setup_teardown(a_leftover_is_replaced, begin, end),
		cmocka_unit_test_setup_teardown(what_another_user_makes_beside_it_is_not_written_to,
						begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
