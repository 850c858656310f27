/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Carries Ethernet frames between a tap here and a tap in another network namespace, as an emulator
 * does for a virtual machine: what the guest sends reaches this host by its tap, from no socket.
 *
 *   tap_wire TAP NAMESPACE-FILE TAP-THERE
 *
 * Prints a line when both are there. They go away when the program ends. With REORDER=N in the
 * environment, each N-th frame of a direction waits for the next one to pass, or for 20 ms.
 */
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

static void stop(const char *message)
{
	perror(message);
	exit(1);
}

/* Makes a tap in the network namespace that this process is in. The checksum of a frame may be left
 * to whoever needs it, as emulators do: the header before each frame says so. */
static int make_tap(const char *name)
{
	struct ifreq request = {.ifr_flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR};
	int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC);

	if (fd < 0)
		stop("/dev/net/tun");
	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", name);
	if (ioctl(fd, TUNSETIFF, &request) || ioctl(fd, TUNSETOFFLOAD, (unsigned long)TUN_F_CSUM))
		stop(name);
	return fd;
}

struct wire {
	int from, to, every, count;
	ssize_t length; /* of the frame that waits; 0: none */
	char waiting[70000];
};

/* A tap that is down takes no frame: it is lost, as on a wire. */
static void put_frame(const struct wire *w, const char *frame, ssize_t length)
{
	if (length > 0 && write(w->to, frame, (size_t)length) != length)
		return;
}

static void release_frame(struct wire *w)
{
	put_frame(w, w->waiting, w->length);
	w->length = 0;
}

static void carry(struct wire *w)
{
	static char frame[sizeof(w->waiting)];
	ssize_t length = read(w->from, frame, sizeof(frame));

	if (length > 0 && w->every && !w->length && ++w->count % w->every == 0) {
		memcpy(w->waiting, frame, (size_t)length);
		w->length = length;
		return;
	}
	put_frame(w, frame, length);
	release_frame(w);
}

int main(int argc, char **argv)
{
	static struct wire wires[2];
	struct pollfd taps[2] = {{.events = POLLIN}, {.events = POLLIN}};
	const char *every = getenv("REORDER");
	int there, i, ready;

	if (argc != 4)
		return 2;
	taps[0].fd = make_tap(argv[1]);
	there = open(argv[2], O_RDONLY | O_CLOEXEC);
	if (there < 0 || setns(there, CLONE_NEWNET))
		stop(argv[2]);
	taps[1].fd = make_tap(argv[3]);
	for (i = 0; i < 2; i++)
		wires[i] = (struct wire){.from = taps[i].fd,
					 .to = taps[!i].fd,
					 .every = every ? atoi(every) : 0};
	puts("ready");
	fflush(stdout);
	for (;;) {
		ready = poll(taps, 2, wires[0].length || wires[1].length ? 20 : -1);
		if (ready < 0)
			stop("poll");
		for (i = 0; i < 2; i++) {
			if (taps[i].revents)
				carry(&wires[i]);
			else if (!ready)
				release_frame(&wires[i]);
		}
	}
}
