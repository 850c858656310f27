/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Messages for people: one line each, with a level. They go to standard error as "dnsreach:
 * MESSAGE". Where standard error is the journal (JOURNAL_STREAM, see systemd.exec(5)), "<N>" in
 * front of the line gives the level (sd-daemon(3)). A command with one line to print collects them
 * instead, by a sink of its own.
 */
#ifndef UTIL_LOG_H
#define UTIL_LOG_H

#include <stdarg.h>

/* The numbers of syslog(3), which the journal reads. */
enum log_level { LOG_LEVEL_ERROR = 3, LOG_LEVEL_WARN = 4, LOG_LEVEL_INFO = 6 };

/*
 * Write one message. They add "dnsreach: " and the line end; text_sanitize() replaces what could
 * control a terminal or begin another line.
 * error: the command ends, or does less than it was asked for, until an operator acts.
 * warn: it continues, but something fails now. info: something works (again), or begins.
 */
void log_error(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_warn(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_info(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_message(enum log_level level, const char *format, va_list values)
	__attribute__((format(printf, 2, 0)));

/* Logs an error as "ABOUT: MESSAGE". */
void log_error_about(const char *about, const char *format, va_list values)
	__attribute__((format(printf, 2, 0)));

/* Receives a sanitized message, without "dnsreach: " and without a line end. */
typedef void log_sink_fn(enum log_level level, const char *message, void *context);

/* Sends all messages to `sink` from now on; NULL: to standard error again. */
void log_set_sink(log_sink_fn *sink, void *context);

/* A sink: appends each message to the struct buffer `context`, with "; " between them. */
void log_sink_buffer(enum log_level level, const char *message, void *context);

#endif
