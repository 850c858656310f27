/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* See header_file.h. Messages show nothing of the file: it may hold a secret. */
#include "fleet/header_file.h"

#include "util/log.h"
#include "util/text_file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define MOST_BYTES 65536

/* Returns whether it is a name (a token of RFC 9110, 5.6.2), a colon, and a value without control
 * characters. */
static int is_header(const char *line)
{
	static const char token[] = "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz"
				    "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
	size_t name = strspn(line, token);
	const unsigned char *c;

	if (!name || line[name] != ':')
		return 0;
	for (c = (const unsigned char *)line; *c; c++)
		if ((*c < ' ' && *c != '\t') || *c == 0x7f)
			return 0;
	return 1;
}

static int header_file_parse(const char *path, struct header_file *file)
{
	char *line, *next = file->text;
	unsigned int number = 0, count = 0;

	while ((line = strsep(&next, "\n"))) {
		number++;
		line[strcspn(line, "\r")] = '\0';
		if (!*line || *line == '#')
			continue;
		if (!is_header(line)) {
			log_error("%s:%u: expected 'Name: value'", path, number);
			return -EINVAL;
		}
		if (count == HEADER_FILE_MOST) {
			log_error("%s: it has more than %u headers", path, count);
			return -EINVAL;
		}
		file->headers[count++] = line;
	}
	return 0;
}

int header_file_read(const char *path, struct header_file *ret)
{
	struct buffer text = {0};
	int err;

	memset(ret, 0, sizeof(*ret));
	err = text_file_read(path, MOST_BYTES, &text);
	if (err) {
		log_error("--header-file: cannot read %s: %s", path, text_file_error(err));
		buffer_free(&text);
		return err;
	}
	ret->text = text.text;
	return header_file_parse(path, ret);
}

void header_file_free(struct header_file *file)
{
	free(file->text);
	memset(file, 0, sizeof(*file));
}
