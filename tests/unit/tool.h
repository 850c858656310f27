/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Hands a text to a program of others that judges it, where that program is installed. */
#ifndef TOOL_H
#define TOOL_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "util/buffer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Skips the test unless the shell command ends with 0. */
static inline void tool_needed(const char *what, const char *command)
{
	if (!system(command))
		return;
	print_message("# %s is not installed\n", what);
	skip();
}

/* `command` gets the text on its stdin; it must end with 0 and say nothing. */
static inline void tool_says_nothing_to(const char *command, const struct buffer *text)
{
	char path[] = "/tmp/dnsreach-test-XXXXXX", line[512], said[4096];
	int fd = mkstemp(path), code;
	size_t length;
	FILE *output;

	assert_true(fd >= 0);
	assert_int_equal(buffer_write(text, fd), 0);
	close(fd);
	snprintf(line, sizeof(line), "%s <%s 2>&1", command, path);
	output = popen(line, "r");
	assert_non_null(output);
	length = fread(said, 1, sizeof(said) - 1, output);
	said[length] = '\0';
	code = pclose(output);
	unlink(path);
	if (code || length)
		fail_msg("%s ended with %d and said: %s", command, code, said);
}

#endif
