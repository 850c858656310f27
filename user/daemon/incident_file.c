/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* See incident_file.h. */
#include "daemon/incident_file.h"

#include "util/log.h"
#include "util/line_writer.h"
#include "view/incident_json.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int incident_file_open(const char *path, struct incident_file *ret)
{
	*ret = (struct incident_file){.path = path, .fd = -1};
	if (!path)
		return 0;
	if (!strcmp(path, "-")) {
		ret->brief = 1;
		ret->fd = STDOUT_FILENO;
		return 0;
	}
	ret->fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
	if (ret->fd >= 0)
		return 0;
	log_error("--incidents: cannot write %s: %s", path, strerror(errno));
	return -EIO;
}

/* Writes the line whole or not at all: a full disk takes half a line, and the next one follows it.
 */
static int incident_file_write_line(int fd, const struct buffer *line)
{
	struct stat before, after;
	int known = !fstat(fd, &before) && S_ISREG(before.st_mode);
	int err = buffer_write(line, fd);

	if (err && known && !fstat(fd, &after) && after.st_size > before.st_size &&
	    after.st_size - before.st_size < (off_t)line->used)
		(void)!ftruncate(fd, before.st_size);
	return err;
}

void incident_file_write(const struct incident *incident, enum incident_event event, void *context)
{
	struct incident_file *f = context;
	struct buffer line = {0};
	int err;

	if (f->fd < 0 || (f->brief && event == INCIDENT_UPDATED))
		return;
	err = incident_json_write(&line, incident, event);
	if (!err)
		err = f->writer ? line_writer_write(f->writer, &line)
				: incident_file_write_line(f->fd, &line);
	buffer_free(&line);
	f->missing += err != 0;
	if (!err || f->err)
		return;
	f->err = err;
	log_warn("--incidents: cannot write %s: %s; counting continues, and each new line is tried",
		 f->path, line_writer_error_text(err));
}

int incident_file_close(struct incident_file *f)
{
	if (f->fd > STDERR_FILENO && close(f->fd) && !f->err)
		f->err = -errno;
	f->fd = -1;
	return f->err;
}

int incident_file_reopen(struct incident_file *f)
{
	struct incident_file fresh;
	int err;

	if (!f->path || f->brief)
		return 0;
	err = incident_file_open(f->path, &fresh);
	if (err)
		return err; /* the old file stays in use */
	fresh.missing = f->missing;
	incident_file_close(f);
	*f = fresh;
	return 0;
}
