// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* See process_names.h. One message on a socket pair is a request, one is its result. */
#include "monitor/process_names.h"

#include "datapath/privileges.h"
#include "util/clock.h"
#include "util/helper_process.h"
#include "util/text.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define LINKS_MAX 262144 /* descriptors that one walk reads */

struct process_walk {
	__u64 took_ns;
	__u32 count;
	struct process_socket sockets[PROCESSES_MAX];
};

struct process_names {
	pid_t pid;
	int fd;
};

/* ---- the walk ------------------------------------------------------------------------------ */

static size_t count_missing(const struct process_socket *sockets, size_t count)
{
	size_t i, missing = 0;

	for (i = 0; i < count; i++)
		missing += !sockets[i].pid;
	return missing;
}

/* Reads /proc/PID/comm, sanitized: the process chooses its bytes. */
static void read_name(int process_fd, char name[PROCESS_NAME_SIZE])
{
	int fd = openat(process_fd, "comm", O_RDONLY | O_CLOEXEC);
	ssize_t got = fd < 0 ? 0 : read(fd, name, PROCESS_NAME_SIZE - 1);

	if (fd >= 0)
		close(fd);
	if (got > 0 && name[got - 1] == '\n')
		got--;
	name[got > 0 ? got : 0] = '\0';
	text_sanitize_in_place(name);
}

/* Sets the process of the socket that a link names, if it is looked for. */
static void match_link(int process_fd, __u32 pid, const char *link, struct process_socket *sockets,
		       size_t count)
{
	unsigned int inode;
	size_t i;

	if (sscanf(link, "socket:[%u]", &inode) != 1)
		return;
	for (i = 0; i < count; i++) {
		if (sockets[i].inode != inode || sockets[i].pid)
			continue;
		sockets[i].pid = pid;
		read_name(process_fd, sockets[i].name);
	}
}

/* Reads the descriptors of one process. Returns how many. */
static size_t walk_process(int process_fd, __u32 pid, struct process_socket *sockets, size_t count)
{
	int fd = openat(process_fd, "fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *directory = fd >= 0 ? fdopendir(fd) : NULL;
	const struct dirent *entry;
	char link[64];
	size_t links = 0;
	ssize_t got;

	if (!directory) {
		if (fd >= 0)
			close(fd);
		return 0;
	}
	while ((entry = readdir(directory)) && ++links < LINKS_MAX) {
		got = readlinkat(fd, entry->d_name, link, sizeof(link) - 1);
		if (got <= 0)
			continue;
		link[got] = '\0';
		match_link(process_fd, pid, link, sockets, count);
	}
	closedir(directory);
	return links;
}

void process_sockets_find(const char *proc, struct process_socket *sockets, size_t count)
{
	DIR *directory = opendir(proc);
	const struct dirent *entry;
	size_t links = 0;

	while (directory && links < LINKS_MAX && count_missing(sockets, count) &&
	       (entry = readdir(directory))) {
		unsigned long pid = strtoul(entry->d_name, NULL, 10);
		int fd = pid ? openat(dirfd(directory), entry->d_name,
				      O_RDONLY | O_DIRECTORY | O_CLOEXEC)
			     : -1;

		if (fd < 0)
			continue;
		links += walk_process(fd, (__u32)pid, sockets, count);
		close(fd);
	}
	if (directory)
		closedir(directory);
}

/* ---- the process that walks ---------------------------------------------------------------- */

static void run_walks(int fd, const void *context)
{
	struct process_walk walk;
	__u64 from_ns;

	(void)context;
	signal(SIGINT, SIG_IGN); /* of the terminal: the other process ends this one */
	if (privileges_keep_reading_processes())
		_exit(1);
	while (recv(fd, &walk, sizeof(walk), 0) == sizeof(walk) && walk.count <= PROCESSES_MAX) {
		from_ns = clock_monotonic_ns();
		process_sockets_find("/proc", walk.sockets, walk.count);
		walk.took_ns = clock_monotonic_ns() - from_ns;
		if (send(fd, &walk, sizeof(walk), MSG_NOSIGNAL) < 0)
			break;
	}
	_exit(0);
}

int process_names_open(struct process_names **ret)
{
	static const struct helper_process helper = {.name = "dnsreach-procs",
						     .keep_fd = -1,
						     .run = run_walks};
	struct process_names *names;
	int err;

	if (!privileges_can_read_processes())
		return -EPERM;
	names = calloc(1, sizeof(*names));
	err = names ? helper_process_start(&helper, &names->pid, &names->fd) : -ENOMEM;
	if (err) {
		free(names);
		return err;
	}
	*ret = names;
	return 0;
}

int process_names_request(struct process_names *names, const struct process_socket *sockets,
			  size_t count)
{
	struct process_walk walk = {.count = (__u32)count};

	memcpy(walk.sockets, sockets, count * sizeof(*sockets));
	return send(names->fd, &walk, sizeof(walk), MSG_NOSIGNAL | MSG_DONTWAIT) < 0 ? -errno : 0;
}

size_t process_names_read(struct process_names *names, struct process_socket *sockets,
			  __u64 *took_ns)
{
	struct process_walk walk;

	if (recv(names->fd, &walk, sizeof(walk), MSG_DONTWAIT) != sizeof(walk) ||
	    walk.count > PROCESSES_MAX)
		return 0;
	memcpy(sockets, walk.sockets, walk.count * sizeof(*sockets));
	*took_ns = walk.took_ns;
	return walk.count;
}

void process_names_close(struct process_names *names)
{
	if (!names)
		return;
	close(names->fd);
	kill(names->pid, SIGKILL); /* it has no state */
	waitpid(names->pid, NULL, 0);
	free(names);
}
