// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Listening sockets: created here, or passed by systemd. */
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

/* ---- parse ------------------------------------------------------------------------------- */

/* Parses decimal digits and nothing else. Returns the value, or -1 if it is above `max`. */
static long parse_decimal(const char *text, long max)
{
	size_t digits = strspn(text, "0123456789");
	long value;

	if (!digits || digits > 9 || text[digits])
		return -1;
	value = strtol(text, NULL, 10);
	return value <= max ? value : -1;
}

static int parse_unix(const char *path, struct listen_addr *addr)
{
	struct sockaddr_un *address = (struct sockaddr_un *)&addr->address;

	if (path[0] != '/')
		return -EINVAL;
	if (strlen(path) > SOCKET_PATH_MOST)
		return -ENAMETOOLONG;
	addr->kind = LISTEN_ADDR_UNIX;
	address->sun_family = AF_UNIX;
	strcpy(address->sun_path, path);
	addr->length = sizeof(*address);
	return 0;
}

static int parse_fd(const char *text, struct listen_addr *addr)
{
	addr->kind = LISTEN_ADDR_FD;
	addr->fd = (int)parse_decimal(text, 1 << 20);
	return addr->fd < 0 ? -EINVAL : 0;
}

/* Parses numbers only. A host name would need a DNS query, which dnsreach itself would count. */
static int parse_inet(const char *text, struct listen_addr *addr)
{
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM,
				 .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE};
	const char *colon = strrchr(text, ':');
	struct addrinfo *found;
	char host[128];
	size_t length = colon ? (size_t)(colon - text) : 0;
	int bracketed = text[0] == '[';

	if (!length || length >= sizeof(host) || parse_decimal(colon + 1, 65535) < 1)
		return -EINVAL;
	if (bracketed && (length < 3 || colon[-1] != ']'))
		return -EINVAL;
	snprintf(host, sizeof(host), "%.*s", (int)(length - (bracketed ? 2 : 0)), text + bracketed);
	hints.ai_family = bracketed ? AF_INET6 : AF_INET;
	if (getaddrinfo(host, colon + 1, &hints, &found))
		return -EINVAL;
	memcpy(&addr->address, found->ai_addr, found->ai_addrlen);
	addr->length = found->ai_addrlen;
	freeaddrinfo(found);
	return 0;
}

int listen_addr_parse(const char *text, struct listen_addr *addr,
		      char error[LISTEN_ADDR_ERROR_SIZE])
{
	int err;

	memset(addr, 0, sizeof(*addr));
	addr->text = text;
	if (!strncmp(text, "unix:", 5))
		err = parse_unix(text + 5, addr);
	else if (!strncmp(text, "fd:", 3))
		err = parse_fd(text + 3, addr);
	else
		err = parse_inet(text, addr);
	if (err == -ENAMETOOLONG)
		snprintf(error, LISTEN_ADDR_ERROR_SIZE,
			 "cannot listen at '%.100s...': the path of a socket has at most %zu "
			 "characters",
			 text, SOCKET_PATH_MOST);
	else if (err)
		snprintf(error, LISTEN_ADDR_ERROR_SIZE,
			 "cannot listen at '%.100s': use ADDRESS:PORT or [ADDRESS]:PORT (numbers, "
			 "no name: 127.0.0.1:9753, [::]:9753), or unix:/PATH",
			 text);
	return err ? -EINVAL : 0;
}

/* ---- open -------------------------------------------------------------------------------- */

static const char *listen_remedy(const struct listen_addr *addr, int err)
{
	int path = addr->kind == LISTEN_ADDR_UNIX;

	switch (err) {
	case EADDRINUSE:
		return path ? "; another program listens there: stop it, or choose another path"
			    : "; another program listens there (ss -ltnp shows which): stop it, or "
			      "choose another port";
	case EADDRNOTAVAIL:
		return "; no interface of this host has that address (ip address lists them)";
	case EACCES:
	case EPERM:
		return path ? "; choose a directory that this user may write to"
			    : "; choose a port above 1023, or give it CAP_NET_BIND_SERVICE";
	case ENOENT:
		return "; create the directory first";
	case EEXIST:
		return "; a file that is not a socket exists there: remove it, or choose another "
		       "path";
	case EAFNOSUPPORT:
		return "; this host has no IPv6: choose an IPv4 address";
	case ENOTSOCK:
	case EBADF:
		return "; fd:N needs a listening socket passed by systemd or another parent "
		       "process";
	default:
		return "";
	}
}

/* Logs why `addr` cannot be listened on, and returns -err. */
static int listen_failed(const struct listen_addr *addr, int err)
{
	log_error("cannot listen at %s: %s%s", addr->text, strerror(err), listen_remedy(addr, err));
	return -err;
}

/*
 * Removes a unix socket on which no process listens any more. Returns 0, or an errno: EADDRINUSE
 * when one still listens, EEXIST when the path is no socket.
 */
static int remove_stale_socket(const struct listen_addr *addr)
{
	const char *path = ((const struct sockaddr_un *)&addr->address)->sun_path;
	int fd, err = 0;
	struct stat st;

	if (lstat(path, &st))
		return errno == ENOENT ? 0 : errno;
	if (!S_ISSOCK(st.st_mode))
		return EEXIST;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return errno;
	/* Only ECONNREFUSED means that no process listens. EAGAIN is a full backlog. */
	if (!connect(fd, (const struct sockaddr *)&addr->address, addr->length))
		err = EADDRINUSE;
	else if (errno != ECONNREFUSED)
		err = errno == EACCES ? EACCES : EADDRINUSE;
	close(fd);
	if (!err && unlink(path) && errno != ENOENT)
		err = errno;
	return err;
}

static int bind_and_listen(const struct listen_addr *addr, int fd)
{
	const struct sockaddr *address = (const struct sockaddr *)&addr->address;
	int on = 1, off = 0;

	if (addr->kind == LISTEN_ADDR_INET)
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	/* [::] takes IPv4 too, whatever net.ipv6.bindv6only is. */
	if (address->sa_family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off));
	if (bind(fd, address, addr->length))
		return errno;
	/* Lets owner and group connect, whatever the umask is. No client can before listen(). */
	if (addr->kind == LISTEN_ADDR_UNIX &&
	    chmod(((const struct sockaddr_un *)address)->sun_path, 0660))
		return errno;
	return listen(fd, BACKLOG) ? errno : 0;
}

/* Records the inode, so that listener_close() removes no other process's socket. */
static void listener_record_inode(const struct listen_addr *addr, struct listener *listener)
{
	struct stat st;

	memcpy(&listener->path, &addr->address, sizeof(listener->path));
	if (lstat(listener->path.sun_path, &st)) {
		listener->path.sun_path[0] = '\0';
		return;
	}
	listener->device = st.st_dev;
	listener->inode = st.st_ino;
}

static int listener_create(const struct listen_addr *addr, struct listener *listener)
{
	int fd = socket(addr->address.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int err = 0;

	if (fd < 0)
		return listen_failed(addr, errno);
	if (addr->kind == LISTEN_ADDR_UNIX)
		err = remove_stale_socket(addr);
	if (!err)
		err = bind_and_listen(addr, fd);
	if (err) {
		close(fd);
		return listen_failed(addr, err);
	}
	listener->fd = fd;
	if (addr->kind == LISTEN_ADDR_UNIX)
		listener_record_inode(addr, listener);
	return 0;
}

/* Uses a socket that the parent process passed and that listens already. */
static int listener_adopt_fd(const struct listen_addr *addr, struct listener *listener)
{
	int listening = 0, flags = fcntl(addr->fd, F_GETFL);
	socklen_t length = sizeof(listening);

	if (flags < 0 || getsockopt(addr->fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &length))
		return listen_failed(addr, errno);
	if (!listening)
		return listen_failed(addr, ENOTSOCK);
	if (fcntl(addr->fd, F_SETFL, flags | O_NONBLOCK) || fcntl(addr->fd, F_SETFD, FD_CLOEXEC))
		return listen_failed(addr, errno);
	listener->fd = addr->fd;
	return 0;
}

int listener_open(const struct listen_addr *addr, struct listener *listener)
{
	memset(listener, 0, sizeof(*listener));
	return addr->kind == LISTEN_ADDR_FD ? listener_adopt_fd(addr, listener)
					    : listener_create(addr, listener);
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
