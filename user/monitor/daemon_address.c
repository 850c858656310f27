// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* See daemon_address.h. */
#include "monitor/daemon_address.h"

#include "util/socket_owner.h"

#include <errno.h>
#include <netinet/in.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define DEFAULT_PORT 9753
#define DEFAULT_URL "http://127.0.0.1:9753"
#define DEFAULT_UNIX_URL "unix:/run/dnsreach.sock" /* of dnsreach.socket */

/* ---- URLs ----------------------------------------------------------------------------------- */

int daemon_url_is_valid(const char *url)
{
	return !strncmp(url, "http://", 7) || !strncmp(url, "https://", 8) ||
	       !strncmp(url, "unix:/", 6);
}

const char *daemon_unix_socket(const char *url)
{
	return strncmp(url, "unix:", 5) ? NULL : url + 5;
}

void daemon_page_url(struct buffer *out, const char *url, const char *page)
{
	const size_t status_length = strlen(DAEMON_STATUS_PAGE);
	size_t length = strlen(url);

	if (daemon_unix_socket(url)) {
		buffer_add(out, "http://localhost%s", page);
		return;
	}
	while (length && url[length - 1] == '/')
		length--;
	if (length >= status_length &&
	    !strncmp(url + length - status_length, DAEMON_STATUS_PAGE, status_length))
		length -= status_length;
	buffer_add(out, "%.*s%s", (int)length, url, page);
}

const char *daemon_connect_hint(const char *url, int err)
{
	if (err == -ECONNRESET && !strncmp(url, "http://", 7))
		return " (does it expect https://?)";
	if (err == -EKEYREJECTED)
		return " (--ca-file names another CA)";
	if (err == -ECONNREFUSED || err == -ENOENT)
		return " (is the daemon running?)";
	if (err == -EACCES && !strncmp(url, "unix:", 5))
		return " (the user must be in the group of that socket)";
	return "";
}

/* ---- who answers -------------------------------------------------------------------------- */

#define SERVICE_USER "dnsreach" /* of dnsreach.service */

/* Returns whether the user is root, the service's, or the one who runs the check. */
static int is_trusted_user(uid_t uid)
{
	struct passwd *entry;
	int is_service = 0;
	FILE *f;

	if (uid == 0 || uid == geteuid())
		return 1;
	/* From the file alone: a name service might need the resolvers that are checked. */
	f = fopen("/etc/passwd", "re");
	while (f && !is_service && (entry = fgetpwent(f)))
		is_service = entry->pw_uid == uid && !strcmp(entry->pw_name, SERVICE_USER);
	if (f)
		fclose(f);
	return is_service;
}

/* Finds the user who listens on the Unix socket. Returns 0, or -errno: nobody does. */
static int unix_listener_owner(const char *path, uid_t *ret)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	struct ucred peer;
	socklen_t length = sizeof(peer);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), err = 0;

	if (fd < 0)
		return -errno;
	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) ||
	    getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &length))
		err = -errno;
	else
		*ret = peer.uid;
	close(fd);
	return err;
}

static int default_port_owner(uid_t *ret)
{
	const struct sockaddr_in address = {.sin_family = AF_INET,
					    .sin_port = htons(DEFAULT_PORT),
					    .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};

	return socket_owner((const struct sockaddr *)&address, NULL, ret);
}

const char *daemon_find(const char *option, struct buffer *why)
{
	const char *url = DEFAULT_UNIX_URL;
	uid_t uid = 0;
	int err = unix_listener_owner(DEFAULT_UNIX_URL + strlen("unix:"), &uid);

	if (err) {
		url = DEFAULT_URL;
		err = default_port_owner(&uid);
	}
	if (err || is_trusted_user(uid))
		return url; /* an error shows when it is asked */
	buffer_add(why,
		   "%s is owned by user %u, neither root nor dnsreach: it is not trusted (%s "
		   "asks it all the same)",
		   url, (unsigned int)uid, option);
	return NULL;
}
