// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* See log.h. */
#include "util/log.h"

#include "util/buffer.h"
#include "util/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static log_sink_fn *sink;
static void *sink_context;

/* Returns 1 when standard error is the stream that JOURNAL_STREAM names ("DEVICE:INODE"). */
static int stderr_is_journal(void)
{
	const char *stream = getenv("JOURNAL_STREAM");
	unsigned long long device, inode;
	struct stat st;

	return stream && sscanf(stream, "%llu:%llu", &device, &inode) == 2 &&
	       !fstat(STDERR_FILENO, &st) && st.st_dev == device && st.st_ino == inode;
}

/* Writes the line by one write(2), so that the lines of two processes do not mix. */
static void log_write_stderr(enum log_level level, const char *message)
{
	struct buffer line = {0};

	if (stderr_is_journal())
		buffer_add(&line, "<%d>", (int)level);
	buffer_add(&line, "dnsreach: %s\n", message);
	if (buffer_error(&line))
		fputs("dnsreach: out of memory\n", stderr);
	else
		fwrite(line.text, 1, line.used, stderr);
	buffer_free(&line);
}

void log_message(enum log_level level, const char *format, va_list values)
{
	struct buffer line = {0};
	char *words = NULL;
	const char *message;

	if (vasprintf(&words, format, values) < 0)
		words = NULL;
	buffer_add_bytes(&line, "", 0);
	text_sanitize(&line, words ? words : "out of memory");
	message = buffer_error(&line) ? "out of memory" : line.text;
	if (sink)
		sink(level, message, sink_context);
	else
		log_write_stderr(level, message);
	buffer_free(&line);
	free(words);
}

void log_error_about(const char *about, const char *format, va_list values)
{
	char *words;

	if (vasprintf(&words, format, values) < 0) {
		log_error("%s: out of memory", about);
		return;
	}
	log_error("%s: %s", about, words);
	free(words);
}

void log_error(const char *format, ...)
{
	va_list values;

	va_start(values, format);
	log_message(LOG_LEVEL_ERROR, format, values);
	va_end(values);
}

void log_warn(const char *format, ...)
{
	va_list values;

	va_start(values, format);
	log_message(LOG_LEVEL_WARN, format, values);
	va_end(values);
}

void log_info(const char *format, ...)
{
	va_list values;

	va_start(values, format);
	log_message(LOG_LEVEL_INFO, format, values);
	va_end(values);
}

void log_set_sink(log_sink_fn *function, void *context)
{
	sink = function;
	sink_context = context;
}

void log_sink_buffer(enum log_level level, const char *message, void *context)
{
	struct buffer *text = context;

	buffer_add(text, "%s%s", text->used ? "; " : "", message);
}
