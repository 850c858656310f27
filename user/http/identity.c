// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* See identity.h. */
#include "http/identity.h"

#include "util/log.h"
#include "util/text_file.h"

#include <errno.h>
#include <string.h>

#define USER_FILE_MOST 1024

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

static int check_readable(const char *option, const char *path, size_t most)
{
	struct buffer text = {0};
	int err = path ? text_file_read(path, most, &text) : 0;

	if (err)
		log_error("--%s: cannot read %s: %s", option, path, text_file_error(err));
	if (text.text)
		explicit_bzero(text.text, text.used);
	buffer_free(&text);
	return err;
}

int identity_read(const struct identity_files *files, struct identity *ret)
{
	const size_t most = 4u << 20; /* the system's own bundle has 0.2 MB */
	int err;

	memset(ret, 0, sizeof(*ret));
	if (!files->cert_file != !files->key_file) {
		log_error("--cert-file and --key-file: only both together are of use");
		return -EINVAL;
	}
	err = check_readable("ca-file", files->ca_file, most);
	if (!err)
		err = check_readable("cert-file", files->cert_file, most);
	if (!err)
		err = check_readable("key-file", files->key_file, most);
	if (err)
		return err;
	ret->http = (struct http_identity){.ca_file = files->ca_file,
					   .cert_file = files->cert_file,
					   .key_file = files->key_file};
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
