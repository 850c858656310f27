// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* See text_file.h. */
#include "util/text_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

int text_file_read(const char *path, size_t most, struct buffer *text)
{
	char bytes[4096];
	ssize_t got;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	buffer_add_bytes(text, "", 0);
	while ((got = read(fd, bytes, sizeof(bytes))) > 0 && text->used <= most)
		buffer_add_bytes(text, bytes, (size_t)got);
	got = got < 0 ? -errno : text->used > most ? -EFBIG : buffer_error(text);
	close(fd);
	explicit_bzero(bytes, sizeof(bytes)); /* it may hold a secret */
	if (!got && strlen(text->text) != text->used)
		got = -EILSEQ;
	return (int)got;
}

const char *text_file_error(int err)
{
	return err == -EILSEQ ? "it has a NUL byte" : strerror(-err);
}
