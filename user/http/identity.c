// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* See identity.h. */
#include "http/identity.h"

#include "util/log.h"
#include "util/text_file.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define USER_FILE_MOST 1024
#define PEM_FILE_MOST (4u << 20) /* the system's own bundle has 0.2 MB */

/* Splits the first line, NAME:PASSWORD, at its first colon (RFC 7617, section 2). */
static int parse_user(const char *path, struct identity *ret)
{
	char *text = ret->line.text, *colon;

	text[strcspn(text, "\r\n")] = '\0';
	colon = strchr(text, ':');
	if (!colon || colon == text) {
		log_error("--user-file: %s: expected one line, NAME:PASSWORD", path);
		return -EINVAL;
	}
	*colon = '\0';
	ret->http.user = text;
	ret->http.password = colon + 1;
	return 0;
}

/* Copies the text to a file in memory, and its path to `file`. Returns 0 or -errno. */
static int memory_file_open(const struct buffer *text, struct memory_file *file)
{
	int err;

	file->fd = memfd_create("dnsreach-pem", MFD_CLOEXEC);
	if (file->fd < 0)
		return -errno;
	err = buffer_write(text, file->fd);
	snprintf(file->path, sizeof(file->path), "/proc/self/fd/%d", file->fd);
	return err;
}

static void memory_file_close(struct memory_file *file)
{
	if (file->path[0])
		close(file->fd);
	*file = (struct memory_file){0};
}

/*
 * Reads a file now, as the caller may become a user that cannot: libcurl opens it later, and gets
 * the path of a copy in memory. Sets `ret`; where no /proc is mounted, to the file's own path.
 */
static int read_pem(const char *option, const char *path, struct memory_file *file,
		    const char **ret)
{
	struct buffer text = {0};
	int err = path ? text_file_read(path, PEM_FILE_MOST, &text) : 0;

	if (err)
		log_error("--%s: cannot read %s: %s", option, path, text_file_error(err));
	*ret = path;
	if (!err && path && !memory_file_open(&text, file) && !access(file->path, R_OK))
		*ret = file->path;
	if (text.text)
		explicit_bzero(text.text, text.used);
	buffer_free(&text);
	return err;
}

int identity_read(const struct identity_files *files, struct identity *ret)
{
	int err;

	memset(ret, 0, sizeof(*ret));
	if (!files->cert_file != !files->key_file) {
		log_error("--cert-file and --key-file: only both together are of use");
		return -EINVAL;
	}
	err = read_pem("ca-file", files->ca_file, &ret->ca, &ret->http.ca_file);
	if (!err)
		err = read_pem("cert-file", files->cert_file, &ret->cert, &ret->http.cert_file);
	if (!err)
		err = read_pem("key-file", files->key_file, &ret->key, &ret->http.key_file);
	if (err)
		return err;
	if (!files->user_file)
		return 0;
	err = text_file_read(files->user_file, USER_FILE_MOST, &ret->line);
	if (err)
		log_error("--user-file: cannot read %s: %s", files->user_file,
			  text_file_error(err));
	return err ? err : parse_user(files->user_file, ret);
}

void identity_free(struct identity *identity)
{
	if (identity->line.text)
		explicit_bzero(identity->line.text, identity->line.used);
	buffer_free(&identity->line);
	memory_file_close(&identity->key);
	memory_file_close(&identity->cert);
	memory_file_close(&identity->ca);
	memset(identity, 0, sizeof(*identity));
}

const char *identity_hint(long status)
{
	if (status == 401)
		return " (--user-file names a file with NAME:PASSWORD)";
	if (status == 403)
		return " (--cert-file and --key-file name a client certificate)";
	return "";
}
