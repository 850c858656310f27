/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Who a command is to an HTTP server, from files: no secret is on the command line. */
#ifndef HTTP_IDENTITY_H
#define HTTP_IDENTITY_H

#include "http/client.h"
#include "util/options.h"

/* Values of options; NULL: not given. */
struct identity_files {
	const char *ca_file, *user_file, *cert_file, *key_file;
};

#define IDENTITY_ROWS(type, member, authorities_for)                                               \
	OPTION_TEXT_ROW("ca-file", 0, "FILE",                                                      \
			"trust the CA certificates of FILE (PEM) for " authorities_for             \
			" (default: the system's)",                                                \
			type, member.ca_file, NULL),                                               \
		OPTION_TEXT_ROW("user-file", 0, "FILE",                                            \
				"sign in by HTTP Basic authentication as the line of FILE says, "  \
				"`NAME:PASSWORD`",                                                 \
				type, member.user_file, NULL)
#define IDENTITY_CERT_ROWS(type, member)                                                           \
	OPTION_TEXT_ROW("cert-file", 0, "FILE",                                                    \
			"show the client certificate of FILE (PEM) to https:// servers", type,     \
			member.cert_file, NULL),                                                   \
		OPTION_TEXT_ROW("key-file", 0, "FILE", "private key of --cert-file (PEM)", type,   \
				member.key_file, NULL)

#define MEMORY_FILE_PATH_SIZE 32

/* A copy of a file in memory; any user of this process can open it by its path. */
struct memory_file {
	int fd;
	char path[MEMORY_FILE_PATH_SIZE]; /* "": none */
};

/* Zeroed is empty. The texts of `http` are those of the options, of `line` and of the files. */
struct identity {
	struct http_identity http;
	struct buffer line;
	struct memory_file ca, cert, key;
};

/*
 * Reads all files, so that the process can drop its privileges before it connects. Checks that they
 * are given as they must. Returns 0, or -errno after a message that shows nothing of a file.
 */
int identity_read(const struct identity_files *files, struct identity *ret);
void identity_free(struct identity *identity);

/* Returns a hint for a refused request: which option may help; "": none. */
const char *identity_hint(long status);

#endif
