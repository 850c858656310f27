/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Files of the daemon, written by a process of its own. A disk that hangs, a FIFO that nobody reads
 * and a network file system hold a writer up for ever, in a state that no signal ends (D). This way
 * they hold up neither the counting nor the end of the daemon.
 */
#ifndef DAEMON_FILE_WRITER_H
#define DAEMON_FILE_WRITER_H

#include "daemon/incident_file.h"
#include "util/buffer.h"

enum file_job { JOB_TEXTFILE, JOB_INCIDENT, JOB_REOPEN, JOB_MAX };

struct file_writer;

/* The files; either may be NULL. Both must live as long. */
struct written_files {
	const char *textfile;
	struct incident_file *incidents; /* open */
};

/*
 * Starts the process, which has no privileges. The files of this process are closed there, so it is
 * started early. Returns 0 and *ret, or -errno after a message.
 */
int file_writer_open(const struct written_files *files, struct file_writer **ret);

/*
 * Hands a job over, without waiting: replace the textfile by `text`, append it as a line, or (NULL)
 * open the file of incidents again. Returns 0; -EAGAIN: too much waits already; or -errno.
 */
int file_writer_send(struct file_writer *writer, enum file_job job, const struct buffer *text);

/* Hands over the textfile in the same manner, as a memfd, which stays the caller's. */
int file_writer_send_textfile(struct file_writer *writer, int text_fd);

/* Called for each finished job, with 0 or -errno. */
typedef void file_result_fn(enum file_job job, int err, void *context);

/* Calls `f` for what has finished, without waiting. */
void file_writer_collect(struct file_writer *writer, file_result_fn *f, void *context);

/*
 * Waits `most_ms` at most for what is unfinished, and collects it. After a wait that was too short
 * it waits no more. NULL is fine.
 */
void file_writer_wait(struct file_writer *writer, int most_ms, file_result_fn *f, void *context);

/* Waits as file_writer_wait(), and ends the process. NULL is fine. */
void file_writer_close(struct file_writer *writer, int most_ms, file_result_fn *f, void *context);

#endif
