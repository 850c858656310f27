// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Messages: their form on standard error and in the journal, and what a sink gets. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "util/buffer.h"
#include "util/log.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static char written[4096];
static int kept_fd = -1, file_fd = -1;

static void stderr_catch(void)
{
	file_fd = memfd_create("stderr", MFD_CLOEXEC);
	kept_fd = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
	assert_true(file_fd >= 0 && kept_fd >= 0);
	assert_int_equal(dup2(file_fd, STDERR_FILENO), STDERR_FILENO);
}

static const char *stderr_release(void)
{
	ssize_t length = pread(file_fd, written, sizeof(written) - 1, 0);

	dup2(kept_fd, STDERR_FILENO);
	close(kept_fd);
	close(file_fd);
	written[length > 0 ? length : 0] = '\0';
	return written;
}

/* As systemd does for a service whose standard error is its journal's stream. */
static void journal_stream_set(unsigned long long inode_offset)
{
	struct stat st;
	char stream[64];

	assert_int_equal(fstat(STDERR_FILENO, &st), 0);
	snprintf(stream, sizeof(stream), "%llu:%llu", (unsigned long long)st.st_dev,
		 (unsigned long long)st.st_ino + inode_offset);
	setenv("JOURNAL_STREAM", stream, 1);
}

static void a_message_is_a_line_with_the_name_in_front(void **state)
{
	(void)state;
	unsetenv("JOURNAL_STREAM");
	stderr_catch();
	log_error("eth%d: cannot attach", 0);
	log_warn("again");
	log_info("fine");
	assert_string_equal(stderr_release(), "dnsreach: eth0: cannot attach\n"
					      "dnsreach: again\ndnsreach: fine\n");
}

static void the_journal_gets_levels(void **state)
{
	(void)state;
	stderr_catch();
	journal_stream_set(0);
	log_error("a");
	log_warn("b");
	log_info("c");
	unsetenv("JOURNAL_STREAM");
	assert_string_equal(stderr_release(), "<3>dnsreach: a\n<4>dnsreach: b\n<6>dnsreach: c\n");
}

static void another_stream_is_not_the_journal(void **state)
{
	(void)state;
	stderr_catch();
	journal_stream_set(1);
	log_error("a");
	setenv("JOURNAL_STREAM", "x", 1);
	log_error("b");
	unsetenv("JOURNAL_STREAM");
	assert_string_equal(stderr_release(), "dnsreach: a\ndnsreach: b\n");
}

static void words_from_outside_cannot_control_the_terminal(void **state)
{
	(void)state;
	stderr_catch();
	log_error("%s: no such file", "a\033[2J\nb\xff\xe2\x80\xae\xc3\xa4");
	assert_string_equal(stderr_release(), "dnsreach: a?[2J?b??\xc3\xa4: no such file\n");
}

static void a_long_message_is_whole(void **state)
{
	char name[3000];

	(void)state;
	memset(name, 'x', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	stderr_catch();
	log_error("%s!", name);
	assert_int_equal(strlen(stderr_release()), strlen("dnsreach: !\n") + sizeof(name) - 1);
}

static void a_sink_gets_all_messages_in_place_of_stderr(void **state)
{
	struct buffer text = {0};

	(void)state;
	stderr_catch();
	log_set_sink(log_sink_buffer, &text);
	log_error("one\n");
	log_info("two");
	log_set_sink(NULL, NULL);
	log_warn("three");
	assert_string_equal(stderr_release(), "dnsreach: three\n");
	assert_string_equal(text.text, "one?; two");
	buffer_free(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_message_is_a_line_with_the_name_in_front),
		cmocka_unit_test(the_journal_gets_levels),
		cmocka_unit_test(another_stream_is_not_the_journal),
		cmocka_unit_test(words_from_outside_cannot_control_the_terminal),
		cmocka_unit_test(a_long_message_is_whole),
		cmocka_unit_test(a_sink_gets_all_messages_in_place_of_stderr),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
