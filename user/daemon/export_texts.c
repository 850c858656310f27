// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* See export_texts.h. */
#include "daemon/export_texts.h"

#include "datapath/privileges.h"
#include "metrics/prometheus.h"
#include "util/child_job.h"
#include "util/log.h"
#include "view/status_json.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

/* ---- by a child ----------------------------------------------------------------------------- */

/* Writes the text. Returns 0 or -errno. */
typedef int text_render_fn(struct buffer *out, const void *context);

struct text_source {
	text_render_fn *render;
	const void *context;
};

static int make_text(int fd, void *context)
{
	const struct text_source *source = context;
	struct buffer text = {0};
	int err;

	privileges_drop_capabilities();
	err = source->render(&text, source->context);
	return err ? err : buffer_write(&text, fd);
}

/*
 * Has a child, without capabilities, render what *context is now. Returns 0, or -errno: then there
 * is no job.
 */
static int text_job_start(struct child_job *job, text_render_fn *render, const void *context)
{
	struct text_source source = {render, context};

	return child_job_start(job, make_text, &source);
}

/* Returns whether there is a job that has ended. */
static int text_job_has_ended(const struct child_job *job)
{
	struct pollfd ended = {.fd = job->end, .events = POLLIN};

	return child_job_is_running(job) && poll(&ended, 1, 0) == 1;
}

/* ---- the textfile --------------------------------------------------------------------------- */

void export_texts_note_file(struct export_texts *texts, int err)
{
	const char *why = err == -EAGAIN ? "its disk does not answer" : strerror(-err);

	texts->textfile_errors += err != 0;
	if (err && !texts->textfile_failing)
		log_warn("--textfile: cannot write %s: %s; retrying every %g s", texts->textfile,
			 why, texts->textfile_interval_s);
	else if (!err && texts->textfile_failing)
		log_info("--textfile: %s is written again", texts->textfile);
	texts->textfile_failing = err != 0;
}

static int render_textfile(struct buffer *out, const void *source)
{
	return prometheus_write(out, PROMETHEUS_TEXT, source);
}

static int has_many(const struct export_texts *texts)
{
	return live_resolver_count(texts->pages->live) > PAGE_APART_ROWS;
}

/* Writes the textfile; with `apart`, a child makes the text, if it starts. Returns 0 or -errno. */
static int make_textfile(struct export_texts *texts, int apart)
{
	struct metrics_source source;
	struct buffer page = {0};
	int err = texts->pages->collect(texts->pages->context, &source);

	source.without_process = 1; /* node_exporter has these of its own, and refuses duplicates */
	if (!err && apart && !text_job_start(&texts->textfile_job, render_textfile, &source))
		return 0;
	if (!err)
		err = render_textfile(&page, &source);
	if (!err)
		err = file_writer_send(texts->files, JOB_TEXTFILE, &page);
	buffer_free(&page);
	return err;
}

static void write_textfile(struct export_texts *texts, int apart)
{
	int err = make_textfile(texts, apart);

	if (err)
		export_texts_note_file(texts, err);
}

/* Hands over the textfile that a child has made. */
static void take_textfile(struct export_texts *texts)
{
	int fd, err = child_job_finish_file(&texts->textfile_job, &fd);

	if (!err) {
		err = file_writer_send_textfile(texts->files, fd);
		close(fd);
	}
	if (err)
		export_texts_note_file(texts, err);
}

/* ---- JSON lines ----------------------------------------------------------------------------- */

static int render_json(struct buffer *out, const void *status)
{
	return status_json_write(out, status, NULL);
}

/* Writes a line, if it could be made. */
static void print_line(struct export_texts *texts, const struct buffer *line, int err)
{
	if (!err)
		err = line_writer_write(texts->out, line);
	if (err && !texts->json_failing)
		log_warn("--json: cannot write: %s; counting continues without it",
			 line_writer_error_text(err));
	texts->json_failing = err != 0;
}

static void print_json(struct export_texts *texts, int apart)
{
	const struct status *status = live_status(texts->pages->live, texts->pages->interval_s);
	struct buffer line = {0};
	int err;

	if (apart && !text_job_start(&texts->json_job, render_json, status))
		return;
	err = render_json(&line, status);
	print_line(texts, &line, err);
	buffer_free(&line);
}

static void take_json(struct export_texts *texts)
{
	struct buffer line = {0};
	int err = child_job_finish(&texts->json_job, &line);

	print_line(texts, &line, err);
	buffer_free(&line);
}

/* ---- both ----------------------------------------------------------------------------------- */

void export_texts_tick(struct export_texts *texts, unsigned long long now_s,
		       unsigned long long seconds)
{
	if (text_job_has_ended(&texts->json_job))
		take_json(texts);
	if (text_job_has_ended(&texts->textfile_job))
		take_textfile(texts);
	if (texts->json && now_s % texts->json_interval_s < seconds &&
	    !child_job_is_running(&texts->json_job))
		print_json(texts, has_many(texts));
	if (texts->textfile && (double)now_s >= texts->textfile_due_s &&
	    !child_job_is_running(&texts->textfile_job)) {
		texts->textfile_due_s = (double)now_s + texts->textfile_interval_s;
		write_textfile(texts, has_many(texts));
	}
}

void export_texts_finish(struct export_texts *texts)
{
	export_texts_close(texts);
	if (texts->json)
		print_json(texts, 0);
	if (texts->textfile)
		write_textfile(texts, 0);
}

void export_texts_close(struct export_texts *texts)
{
	child_job_cancel(&texts->json_job);
	child_job_cancel(&texts->textfile_job);
}
