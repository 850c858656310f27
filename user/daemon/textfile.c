/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* See textfile.h. */
#include "daemon/textfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define SUFFIX ".tmp" /* node_exporter reads *.prom only */

/* Makes the new name survive a crash; a file system that cannot sync a directory is ignored. */
static void textfile_sync_directory(const char *path)
{
	char directory[4096];
	int fd, end = 0, i;

	for (i = 0; i < (int)sizeof(directory) - 1 && path[i]; i++) {
		directory[i] = path[i];
		if (path[i] == '/')
			end = i + 1;
	}
	directory[end] = '\0';
	fd = open(end ? directory : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return;
	fsync(fd);
	close(fd);
}

static int textfile_write_synced(int fd, const struct buffer *text)
{
	int err = buffer_write(text, fd);

	if (!err && (fchmod(fd, 0644) || fsync(fd)))
		err = -errno;
	if (close(fd) && !err)
		err = -errno;
	return err;
}

int textfile_replace(const char *path, const struct buffer *text)
{
	char beside[4096];
	int fd, err;

	if (snprintf(beside, sizeof(beside), "%s" SUFFIX, path) >= (int)sizeof(beside))
		return -ENAMETOOLONG;
	/*
	 * It may be the leftover of a killed process. With O_EXCL, neither a file nor a link that
	 * another user makes here in between is opened.
	 */
	unlink(beside);
	fd = open(beside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	if (fd < 0)
		return -errno;
	err = textfile_write_synced(fd, text);
	if (!err && rename(beside, path))
		err = -errno;
	if (err) {
		unlink(beside);
		return err;
	}
	textfile_sync_directory(path);
	return 0;
}
