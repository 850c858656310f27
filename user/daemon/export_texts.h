/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The texts that `dnsreach run` writes by itself: the textfile, and JSON lines to standard output.
 * Those of many resolvers take seconds, so a child makes them (util/child_job.h), and counting goes
 * on.
 */
#ifndef DAEMON_EXPORT_TEXTS_H
#define DAEMON_EXPORT_TEXTS_H

#include "daemon/file_writer.h"
#include "daemon/pages.h"
#include "util/child_job.h"
#include "util/line_writer.h"

struct export_texts {
	const char *textfile; /* NULL: none is written */
	double textfile_interval_s;
	int json;
	unsigned long long json_interval_s;
	const struct pages *pages; /* whose source of counters this one is, too */
	struct file_writer *files; /* NULL without a textfile */
	struct line_writer *out;
	struct child_job textfile_job, json_job; /* of many resolvers */
	double textfile_due_s;			 /* since the start */
	__u64 textfile_errors;
	int textfile_failing, json_failing;
};

/*
 * Writes what is due, or has a child make it; hands over what a child has made. While a child still
 * makes one, the next of its kind is not begun. `now_s`: since the start; `seconds`: since the last
 * call.
 */
void export_texts_tick(struct export_texts *texts, unsigned long long now_s,
		       unsigned long long seconds);

/* Notes how the writing of the textfile went (0 or -errno), and logs when that changes. */
void export_texts_note_file(struct export_texts *texts, int err);

/* Writes both a last time, without a child. */
void export_texts_finish(struct export_texts *texts);

/* Ends the children. */
void export_texts_close(struct export_texts *texts);

#endif
