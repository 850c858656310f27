/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Carries Ethernet frames between a tap here and a tap in another network namespace, as an emulator
 * does for a virtual machine: what the guest sends reaches this host by its tap, from no socket.
 *
 *   tap_wire TAP NAMESPACE-FILE TAP-THERE
 *
 * Prints a line when both are there. They go away when the program ends.
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

/* Carries one frame. A tap that is down takes none: the frame is lost, as on a wire. */
static void carry(int from, int to)
{
	static char frame[70000];
	ssize_t length = read(from, frame, sizeof(frame));

	if (length > 0 && write(to, frame, (size_t)length) != length)
		return;
}

int main(int argc, char **argv)
{
	struct pollfd taps[2] = {{.events = POLLIN}, {.events = POLLIN}};
	int there, i;

	if (argc != 4)
		return 2;
	taps[0].fd = make_tap(argv[1]);
	there = open(argv[2], O_RDONLY | O_CLOEXEC);
	if (there < 0 || setns(there, CLONE_NEWNET))
		stop(argv[2]);
	taps[1].fd = make_tap(argv[3]);
	puts("ready");
	fflush(stdout);
	for (;;) {
		if (poll(taps, 2, -1) < 0)
			stop("poll");
		for (i = 0; i < 2; i++)
			if (taps[i].revents)
				carry(taps[i].fd, taps[!i].fd);
	}
}
