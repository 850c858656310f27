/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Packets through the loaded programs, by BPF_PROG_TEST_RUN. */
#include "datapath/test_run.h"

#include "util/log.h"

#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define WIRE_LENGTH_MOST 65536 /* GSO_LEGACY_MAX_SIZE: the kernel refuses more */

struct testrun {
	struct loader *loader;
	int tun[TESTRUN_DEVICES]; /* each holds a device */
	__u32 ifindex[TESTRUN_DEVICES];
};

static int testrun_add_device(struct testrun *t, int i)
{
	struct ifreq request = {.ifr_flags = IFF_TUN | IFF_NO_PI};

	snprintf(request.ifr_name, sizeof(request.ifr_name), "replay%d", i);
	t->tun[i] = open("/dev/net/tun", O_RDWR | O_CLOEXEC);
	if (t->tun[i] < 0 || ioctl(t->tun[i], TUNSETIFF, &request))
		return -errno;
	t->ifindex[i] = if_nametoindex(request.ifr_name);
	return t->ifindex[i] ? 0 : -errno;
}

int testrun_open(struct loader *l, struct testrun **ret)
{
	struct testrun *t = calloc(1, sizeof(*t));
	int err = 0, i;

	if (!t)
		return -ENOMEM;
	t->loader = l;
	for (i = 0; i < TESTRUN_DEVICES; i++)
		t->tun[i] = -1;
	if (unshare(CLONE_NEWNET)) {
		err = -errno;
		log_error(
			"--engine kernel needs a network namespace of its own: %s; run it as root",
			strerror(-err));
	}
	for (i = 0; !err && i < TESTRUN_DEVICES; i++) {
		err = testrun_add_device(t, i);
		if (err)
			log_error("--engine kernel needs tun devices: %s (modprobe tun)",
				  strerror(-err));
	}
	if (err) {
		testrun_close(t);
		return err;
	}
	*ret = t;
	return 0;
}

int testrun_packet(struct testrun *t, const struct testrun_frame *frame, int out, __u64 now)
{
	struct loader_programs programs = loader_programs(t->loader);
	int v6 = frame->protocol == htons(0x86dd);
	__u32 length = frame->length < TESTRUN_MOST ? frame->length : TESTRUN_MOST;
	struct __sk_buff context = {.ifindex = LOOPBACK_IFINDEX,
				    .wire_len = frame->wire_length > length ? frame->wire_length
									    : length};
	LIBBPF_OPTS(bpf_test_run_opts, o, .data_in = frame->bytes, .data_size_in = length,
		    .ctx_in = &context, .ctx_size_in = sizeof(context));

	if (length < (v6 ? TESTRUN_LEAST_V6 : TESTRUN_LEAST_V4))
		return 0;
	if (context.wire_len > WIRE_LENGTH_MOST)
		context.wire_len = WIRE_LENGTH_MOST;
	if (frame->ifindex != LOOPBACK_IFINDEX)
		context.ifindex = t->ifindex[(frame->ifindex - 2) % TESTRUN_DEVICES];
	loader_set_clock(t->loader, now);
	if (bpf_prog_test_run_opts(out ? programs.count_queries : programs.count_outcomes, &o))
		return -errno;
	return 0;
}

int testrun_sweep(struct testrun *t, __u64 now)
{
	loader_set_clock(t->loader, now);
	return loader_sweep(t->loader);
}

void testrun_close(struct testrun *t)
{
	int i;

	if (!t)
		return;
	for (i = 0; i < TESTRUN_DEVICES; i++) {
		if (t->tun[i] >= 0)
			close(t->tun[i]);
	}
	free(t);
}
