/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * See file_writer.h. A job is one message on a socket pair: its kind, and the text as a memfd, so
 * that no text is too long for a socket. The answer is the kind and an error number.
 */
#include "daemon/file_writer.h"

#include "daemon/fd_message.h"
#include "daemon/textfile.h"
#include "datapath/privileges.h"
#include "util/clock.h"
#include "util/helper_process.h"
#include "util/log.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define WAITING_MAX_BYTES (4U << 20) /* of lines that are not written yet */
#define WAITING_MAX_JOBS 256
#define END_MS 200 /* for the process to end by itself */

struct job_result {
	int job, err;
};

struct file_writer {
	pid_t pid;
	int fd;
	unsigned int waiting[JOB_MAX];
	size_t waiting_bytes; /* of lines; known to be 0 when none waits */
	int is_lost;	      /* its end has been logged */
	int is_late;	      /* a wait for it was too short */
};

/* ---- messages ------------------------------------------------------------------------------- */

static int send_job(int to, enum file_job job, int text_fd)
{
	int kind = job;

	return fd_message_send(to, &kind, sizeof(kind), text_fd);
}

/* Waits for a job. Returns its kind and *text_fd (-1: none); or -1 at the end. */
static int receive_job(int from, int *text_fd)
{
	int kind;

	if (fd_message_receive(from, &kind, sizeof(kind), text_fd) != sizeof(kind))
		return -1;
	return kind;
}

/* ---- the process that writes ---------------------------------------------------------------- */

/* Maps the text of a job. Returns 0, or -errno; the text is to be unmapped. */
static int map_text(int fd, struct buffer *ret)
{
	struct stat st;

	memset(ret, 0, sizeof(*ret));
	if (fstat(fd, &st))
		return -errno;
	ret->used = ret->room = (size_t)st.st_size;
	ret->text = mmap(NULL, ret->used, PROT_READ, MAP_PRIVATE, fd, 0);
	return ret->text == MAP_FAILED ? -errno : 0;
}

static int do_job(const struct written_files *files, int job, int text_fd)
{
	struct buffer text;
	int err;

	if (job == JOB_REOPEN)
		return files->incidents ? incident_file_reopen(files->incidents) : 0;
	err = map_text(text_fd, &text);
	if (err)
		return err;
	if (job == JOB_TEXTFILE)
		err = textfile_replace(files->textfile, &text);
	else
		err = incident_file_append(files->incidents, &text);
	munmap(text.text, text.used);
	return err;
}

static void run_jobs(int fd, const void *context)
{
	const struct written_files *files = context;
	struct job_result result;
	int text_fd;

	privileges_drop_capabilities();
	for (;;) {
		result.job = receive_job(fd, &text_fd);
		if (result.job < 0)
			_exit(0);
		result.err = do_job(files, result.job, text_fd);
		if (text_fd >= 0)
			close(text_fd);
		if (send(fd, &result, sizeof(result), MSG_NOSIGNAL) < 0 && errno != EAGAIN)
			_exit(0);
	}
}

/* ---- the daemon's side ---------------------------------------------------------------------- */

int file_writer_open(const struct written_files *files, struct file_writer **ret)
{
	struct helper_process helper = {.name = "dnsreach-files",
					.keep_fd = files->incidents ? files->incidents->fd : -1,
					.run = run_jobs,
					.context = files};
	struct file_writer *writer = calloc(1, sizeof(*writer));
	int err = writer ? helper_process_start(&helper, &writer->pid, &writer->fd) : -ENOMEM;

	if (!err) {
		*ret = writer;
		return 0;
	}
	log_error("cannot start the process that writes files: %s", strerror(-err));
	free(writer);
	return err;
}

static int text_into_memfd(const struct buffer *text)
{
	int fd = memfd_create("dnsreach", MFD_CLOEXEC), err;

	if (fd < 0)
		return -errno;
	err = buffer_write(text, fd);
	if (err)
		close(fd);
	return err ? err : fd;
}

int file_writer_send(struct file_writer *writer, enum file_job job, const struct buffer *text)
{
	int fd, err;

	if (job == JOB_TEXTFILE && writer->waiting[job])
		return -EAGAIN; /* the one before is not written yet */
	if (job == JOB_INCIDENT && (writer->waiting[job] >= WAITING_MAX_JOBS ||
				    writer->waiting_bytes + text->used > WAITING_MAX_BYTES))
		return -EAGAIN;
	fd = text ? text_into_memfd(text) : -1;
	if (text && fd < 0)
		return fd;
	err = send_job(writer->fd, job, fd);
	if (fd >= 0)
		close(fd);
	if (err)
		return err;
	writer->waiting[job]++;
	if (job == JOB_INCIDENT)
		writer->waiting_bytes += text->used;
	return 0;
}

int file_writer_send_textfile(struct file_writer *writer, int text_fd)
{
	int err;

	if (writer->waiting[JOB_TEXTFILE])
		return -EAGAIN;
	err = send_job(writer->fd, JOB_TEXTFILE, text_fd);
	if (!err)
		writer->waiting[JOB_TEXTFILE]++;
	return err;
}

static unsigned int count_waiting(const struct file_writer *writer)
{
	unsigned int i, count = 0;

	for (i = 0; i < JOB_MAX; i++)
		count += writer->waiting[i];
	return count;
}

void file_writer_collect(struct file_writer *writer, file_result_fn *f, void *context)
{
	struct job_result result;
	ssize_t got;

	while ((got = recv(writer->fd, &result, sizeof(result), MSG_DONTWAIT)) == sizeof(result)) {
		writer->waiting[result.job]--;
		if (!writer->waiting[JOB_INCIDENT])
			writer->waiting_bytes = 0;
		f(result.job, result.err, context);
	}
	if (!got && !writer->is_lost) {
		log_error("the process that writes the textfile and the incidents has ended: "
			  "nothing of them is written any more; restart dnsreach");
		writer->is_lost = 1;
	}
}

void file_writer_wait(struct file_writer *writer, int most_ms, file_result_fn *f, void *context)
{
	__u64 end = clock_monotonic_ns() + (__u64)most_ms * 1000000, now;
	struct pollfd readable;

	if (!writer || writer->is_late)
		return;
	readable = (struct pollfd){.fd = writer->fd, .events = POLLIN};
	while (count_waiting(writer) && !writer->is_lost && (now = clock_monotonic_ns()) < end) {
		poll(&readable, 1, (int)((end - now) / 1000000) + 1);
		file_writer_collect(writer, f, context);
	}
	writer->is_late = count_waiting(writer) > 0;
}

void file_writer_close(struct file_writer *writer, int most_ms, file_result_fn *f, void *context)
{
	int i;

	if (!writer)
		return;
	file_writer_wait(writer, most_ms, f, context);
	if (count_waiting(writer))
		log_warn("files: the disk does not answer; the last of the textfile or the "
			 "incidents may be missing");
	close(writer->fd); /* it ends when it has done what it has */
	for (i = 0; i < END_MS / 10 && !waitpid(writer->pid, NULL, WNOHANG); i++)
		usleep(10000);
	free(writer);
}
