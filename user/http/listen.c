// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Listening sockets: made, or taken over from systemd. */
#include "http/listen.h"

#include "util/log.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BACKLOG 128
#define SOCKET_PATH_MOST (sizeof(((struct sockaddr_un *)0)->sun_path) - 1)

/* ---- text to place ------------------------------------------------------------------------ */

/* Decimal digits and nothing else, at most `max`; else -1. */
static long number(const char *text, long max)
{
	size_t digits = strspn(text, "0123456789");
	long value;

	if (!digits || digits > 9 || text[digits])
		return -1;
	value = strtol(text, NULL, 10);
	return value <= max ? value : -1;
}

static int parse_path(const char *path, struct listen_addr *place)
{
	struct sockaddr_un *address = (struct sockaddr_un *)&place->address;

	if (path[0] != '/')
		return -EINVAL;
	if (strlen(path) > SOCKET_PATH_MOST)
		return -ENAMETOOLONG;
	place->kind = LISTEN_ADDR_UNIX;
	address->sun_family = AF_UNIX;
	strcpy(address->sun_path, path);
	place->length = sizeof(*address);
	return 0;
}

static int parse_fd(const char *text, struct listen_addr *place)
{
	place->kind = LISTEN_ADDR_FD;
	place->fd = (int)number(text, 1 << 20);
	return place->fd < 0 ? -EINVAL : 0;
}

/* Never asks a name server: this program watches them. */
static int parse_address(const char *text, struct listen_addr *place)
{
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM,
				 .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE};
	const char *colon = strrchr(text, ':');
	struct addrinfo *found;
	char host[128];
	size_t length = colon ? (size_t)(colon - text) : 0;
	int bracketed = text[0] == '[';

	if (!length || length >= sizeof(host) || number(colon + 1, 65535) < 1)
		return -EINVAL;
	if (bracketed && (length < 3 || colon[-1] != ']'))
		return -EINVAL;
	snprintf(host, sizeof(host), "%.*s", (int)(length - (bracketed ? 2 : 0)), text + bracketed);
	hints.ai_family = bracketed ? AF_INET6 : AF_INET;
	if (getaddrinfo(host, colon + 1, &hints, &found))
		return -EINVAL;
	memcpy(&place->address, found->ai_addr, found->ai_addrlen);
	place->length = found->ai_addrlen;
	freeaddrinfo(found);
	return 0;
}

int listen_addr_parse(const char *text, struct listen_addr *place, char why[LISTEN_ADDR_ERROR_SIZE])
{
	int err;

	memset(place, 0, sizeof(*place));
	place->text = text;
	if (!strncmp(text, "unix:", 5))
		err = parse_path(text + 5, place);
	else if (!strncmp(text, "fd:", 3))
		err = parse_fd(text + 3, place);
	else
		err = parse_address(text, place);
	if (err == -ENAMETOOLONG)
		snprintf(why, LISTEN_ADDR_ERROR_SIZE,
			 "cannot listen at '%.100s...': the path of a socket has at most %zu "
			 "characters",
			 text, SOCKET_PATH_MOST);
	else if (err)
		snprintf(why, LISTEN_ADDR_ERROR_SIZE,
			 "cannot listen at '%.100s': use ADDRESS:PORT or [ADDRESS]:PORT (numbers, "
			 "no name: 127.0.0.1:9753, [::]:9753), or unix:/PATH",
			 text);
	return err ? -EINVAL : 0;
}

/* ---- place to socket ---------------------------------------------------------------------- */

static const char *remedy(const struct listen_addr *place, int err)
{
	int path = place->kind == LISTEN_ADDR_UNIX;

	switch (err) {
	case EADDRINUSE:
		return path ? "; another program answers there: end it, or choose another path"
			    : "; another program listens there (ss -ltnp shows which): end it, or "
			      "choose another port";
	case EADDRNOTAVAIL:
		return "; no interface of this host has that address (ip address shows those that "
		       "there are)";
	case EACCES:
	case EPERM:
		return path ? "; choose a directory that this user may write to"
			    : "; choose a port above 1023, or give it CAP_NET_BIND_SERVICE";
	case ENOENT:
		return "; make the directory first";
	case EEXIST:
		return "; what is there is no socket: remove it yourself, or choose another path";
	case EAFNOSUPPORT:
		return "; this host has no IPv6: choose an IPv4 address";
	case ENOTSOCK:
	case EBADF:
		return "; fd:N is for a listening socket that systemd (or another parent) passes "
		       "on";
	default:
		return "";
	}
}

static int failed(const struct listen_addr *place, int err)
{
	log_error("cannot listen at %s: %s%s", place->text, strerror(err), remedy(place, err));
	return -err;
}

/* A socket that nobody answers on any more is removed. 0, or an errno. */
static int remove_stale(const struct listen_addr *place)
{
	const char *path = ((const struct sockaddr_un *)&place->address)->sun_path;
	int fd, err = 0;
	struct stat st;

	if (lstat(path, &st))
		return errno == ENOENT ? 0 : errno;
	if (!S_ISSOCK(st.st_mode))
		return EEXIST;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return errno;
	/* EAGAIN: its backlog is full. Anything but a refusal is someone alive. */
	if (!connect(fd, (const struct sockaddr *)&place->address, place->length))
		err = EADDRINUSE;
	else if (errno != ECONNREFUSED)
		err = errno == EACCES ? EACCES : EADDRINUSE;
	close(fd);
	if (!err && unlink(path) && errno != ENOENT)
		err = errno;
	return err;
}

static int bind_and_listen(const struct listen_addr *place, int fd)
{
	const struct sockaddr *address = (const struct sockaddr *)&place->address;
	int on = 1, off = 0;

	if (place->kind == LISTEN_ADDR_INET)
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (address->sa_family == AF_INET6) /* [::] is both, on every host */
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off));
	if (bind(fd, address, place->length))
		return errno;
	/* Its owner and group may connect, whatever the umask says; nobody can before listen(). */
	if (place->kind == LISTEN_ADDR_UNIX &&
	    chmod(((const struct sockaddr_un *)address)->sun_path, 0660))
		return errno;
	return listen(fd, BACKLOG) ? errno : 0;
}

/* What is ours is known again by its inode. */
static void remember_path(const struct listen_addr *place, struct listener *listener)
{
	struct stat st;

	memcpy(&listener->path, &place->address, sizeof(listener->path));
	if (lstat(listener->path.sun_path, &st)) {
		listener->path.sun_path[0] = '\0';
		return;
	}
	listener->device = st.st_dev;
	listener->inode = st.st_ino;
}

static int make(const struct listen_addr *place, struct listener *listener)
{
	int fd = socket(place->address.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int err = 0;

	if (fd < 0)
		return failed(place, errno);
	if (place->kind == LISTEN_ADDR_UNIX)
		err = remove_stale(place);
	if (!err)
		err = bind_and_listen(place, fd);
	if (err) {
		close(fd);
		return failed(place, err);
	}
	listener->fd = fd;
	if (place->kind == LISTEN_ADDR_UNIX)
		remember_path(place, listener);
	return 0;
}

static int take_over(const struct listen_addr *place, struct listener *listener)
{
	int listening = 0, flags = fcntl(place->fd, F_GETFL);
	socklen_t length = sizeof(listening);

	if (flags < 0 || getsockopt(place->fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &length))
		return failed(place, errno);
	if (!listening)
		return failed(place, ENOTSOCK);
	if (fcntl(place->fd, F_SETFL, flags | O_NONBLOCK) || fcntl(place->fd, F_SETFD, FD_CLOEXEC))
		return failed(place, errno);
	listener->fd = place->fd;
	return 0;
}

int listener_open(const struct listen_addr *place, struct listener *listener)
{
	memset(listener, 0, sizeof(*listener));
	return place->kind == LISTEN_ADDR_FD ? take_over(place, listener) : make(place, listener);
}

void listener_close(struct listener *listener)
{
	const char *path = listener->path.sun_path;
	struct stat st;

	if (path[0] && !lstat(path, &st) && st.st_dev == listener->device &&
	    st.st_ino == listener->inode)
		unlink(path);
	close(listener->fd);
}
