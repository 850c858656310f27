/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Stands in for the service manager where there is none: keeps the descriptors that a process
 * sends (FDSTORE of sd_notify(3)), and hands them to the next one.
 *
 *   [KEEPER_ROOM=N] [KEEPER_DROPS=KIND] keeper SOCKET COMMAND...    SIGHUP: SIGTERM to the process
 * and a new one when it has ended; the same when it dies by itself. SIGTERM: the last one ends, and
 * all descriptors go. Prints `pid N kept M` for each process. It does not keep descriptors whose
 * names begin with KIND.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define KEPT_MAX 1024 /* unless KEEPER_ROOM says less */
#define FIRST 3

static struct kept {
	int fd;
	char name[128];
} kept[KEPT_MAX];

static int kept_count, kept_room = KEPT_MAX, notify_fd, signal_fd;
static char **command;

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static void forget(const char *name)
{
	int i;

	for (i = kept_count; i-- > 0;) {
		if (strcmp(kept[i].name, name) != 0)
			continue;
		close(kept[i].fd);
		kept[i] = kept[--kept_count];
	}
}

/* Returns 1 for a descriptor that this keeper is told not to keep. */
static int is_dropped(const char *name)
{
	const char *kind = getenv("KEEPER_DROPS");

	return kind && !strncmp(name, kind, strlen(kind));
}

/* One datagram; 0 when there is none. */
static int hear(void)
{
	char text[1024], room[CMSG_SPACE(sizeof(int))];
	struct iovec words = {.iov_base = text, .iov_len = sizeof(text) - 1};
	struct msghdr message = {.msg_iov = &words,
				 .msg_iovlen = 1,
				 .msg_control = room,
				 .msg_controllen = sizeof(room)};
	ssize_t got = recvmsg(notify_fd, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	struct cmsghdr *control;
	struct pollfd at_once;
	char *name;
	int fd, polled;

	if (got < 0)
		return 0;
	text[got] = '\0';
	name = strstr(text, "FDNAME=");
	polled = !strstr(text, "\nFDPOLL=0");
	if (name)
		name[strcspn(name, "\n")] = '\0';
	control = CMSG_FIRSTHDR(&message);
	if (name && !strncmp(text, "FDSTOREREMOVE=1", 15))
		forget(name + 7);
	if (!control)
		return 1;
	memcpy(&fd, CMSG_DATA(control), sizeof(fd));
	/* As systemd: what it polls goes when it has an error. */
	at_once = (struct pollfd){.fd = fd};
	if (polled && poll(&at_once, 1, 0) > 0) {
		close(fd);
		return 1;
	}
	if (!name || strncmp(text, "FDSTORE=1", 9) != 0 || kept_count == kept_room ||
	    is_dropped(name + 7)) {
		close(fd);
		return 1;
	}
	snprintf(kept[kept_count].name, sizeof(kept[0].name), "%.100s", name + 7);
	kept[kept_count++].fd = fd;
	return 1;
}

/* The kept descriptors at 3 and up, their names in the environment. */
static void become_command(void)
{
	char text[32], names[KEPT_MAX * 100] = "";
	sigset_t none;
	int i, high[KEPT_MAX];

	for (i = 0; i < kept_count; i++) {
		high[i] = fcntl(kept[i].fd, F_DUPFD, FIRST + KEPT_MAX + 8);
		snprintf(names + strlen(names), sizeof(names) - strlen(names), "%s%s", i ? ":" : "",
			 kept[i].name);
	}
	for (i = 0; i < kept_count; i++) {
		dup2(high[i], FIRST + i);
		close(high[i]);
	}
	snprintf(text, sizeof(text), "%d", kept_count);
	setenv("LISTEN_FDS", text, 1);
	setenv("LISTEN_FDNAMES", names, 1);
	snprintf(text, sizeof(text), "%d", kept_room);
	setenv("FDSTORE", text, 1);
	snprintf(text, sizeof(text), "%d", getpid());
	setenv("LISTEN_PID", text, 1);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	execvp(command[0], command);
	die(command[0]);
}

static pid_t start(void)
{
	pid_t pid = fork();

	if (pid < 0)
		die("fork");
	if (!pid)
		become_command();
	printf("pid %d kept %d\n", pid, kept_count);
	fflush(stdout);
	return pid;
}

static void open_socket(const char *path)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};

	snprintf(at.sun_path, sizeof(at.sun_path), "%s", path);
	notify_fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (notify_fd < 0 || bind(notify_fd, (void *)&at, sizeof(at)))
		die(path);
	setenv("NOTIFY_SOCKET", path, 1);
}

int main(int argc, char **argv)
{
	struct pollfd fds[2];
	struct signalfd_siginfo info;
	int ending = 0, status;
	sigset_t set;
	pid_t pid;

	if (argc < 3)
		return 2;
	command = argv + 2;
	if (getenv("KEEPER_ROOM"))
		kept_room = atoi(getenv("KEEPER_ROOM"));
	open_socket(argv[1]);
	sigemptyset(&set);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal_fd = signalfd(-1, &set, SFD_CLOEXEC);
	pid = start();
	fds[0] = (struct pollfd){.fd = notify_fd, .events = POLLIN};
	fds[1] = (struct pollfd){.fd = signal_fd, .events = POLLIN};
	for (;;) {
		if (poll(fds, 2, -1) < 0 && errno != EINTR)
			die("poll");
		while (hear())
			;
		if (!(fds[1].revents & POLLIN) || read(signal_fd, &info, sizeof(info)) < 0)
			continue;
		if (info.ssi_signo == SIGHUP || info.ssi_signo == SIGTERM) {
			ending |= info.ssi_signo == SIGTERM;
			kill(pid, SIGTERM);
		} else if (waitpid(pid, &status, WNOHANG) == pid) {
			while (hear())
				;
			if (ending)
				return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
			pid = start();
		}
	}
}
