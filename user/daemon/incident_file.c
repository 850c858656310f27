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

/* Does not wait for the reader of a FIFO: that may never come. */
static int incident_file_open_fd(const char *path)
{
	return open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NONBLOCK, 0644);
}

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
	ret->fd = incident_file_open_fd(path);
	if (ret->fd >= 0)
		return 0;
	if (errno == ENXIO)
		log_error("--incidents: cannot write %s: no process reads this FIFO; start the "
			  "reader first",
			  path);
	else
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

/* Begins the file anew when `more` bytes are too many for it. Returns 0 or -errno. */
static int incident_file_make_room(struct incident_file *f, size_t more)
{
	char old[4096];
	struct stat st;
	int fd;

	if (!f->max_bytes || fstat(f->fd, &st) || !S_ISREG(st.st_mode) ||
	    st.st_size + (off_t)more <= f->max_bytes || !st.st_size)
		return 0;
	if (snprintf(old, sizeof(old), "%s.1", f->path) >= (int)sizeof(old))
		return -ENAMETOOLONG;
	if (rename(f->path, old))
		return -errno;
	fd = incident_file_open_fd(f->path);
	if (fd < 0)
		return -errno;
	close(f->fd);
	f->fd = fd;
	return 0;
}

int incident_file_append(struct incident_file *f, const struct buffer *line)
{
	int err = incident_file_make_room(f, line->used);

	return err ? err : incident_file_write_line(f->fd, line);
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
				: incident_file_append(f, &line);
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
	fresh.max_bytes = f->max_bytes;
	incident_file_close(f);
	*f = fresh;
	return 0;
}
