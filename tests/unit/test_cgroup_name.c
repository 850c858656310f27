// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Paths of cgroups as systemd and the container engines make them. */
#include "util/cgroup_name.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#define ID "3f2a4b5c6d7e8f901122334455667788990011223344556677889900aabbccdd"
#define SHORT_ID "3f2a4b5c6d7e"
#define POD "0f2a1b2c-3d4e-5f60-7182-93a4b5c6d7e8"
#define POD_ "0f2a1b2c_3d4e_5f60_7182_93a4b5c6d7e8"
#define BOTH "container " SHORT_ID " of pod " POD

static const struct {
	const char *path, *text, *unit, *container, *pod;
} rows[] = {
	/* systemd */
	{"/system.slice/nginx.service", "nginx.service", "nginx.service", "", ""},
	{"/system.slice/nginx.service/worker", "nginx.service", "nginx.service", "", ""},
	{"/system.slice/system-getty.slice/getty@tty1.service", "getty@tty1.service",
	 "getty@tty1.service", "", ""},
	{"/user.slice/user-1000.slice/session-3.scope", "session-3.scope", "session-3.scope", "",
	 ""},
	{"/user.slice/user-1000.slice/user@1000.service/app.slice/firefox.service",
	 "firefox.service", "firefox.service", "", ""},
	{"/system.slice/cron.socket", "cron.socket", "cron.socket", "", ""},
	{"/init.scope", "init.scope", "init.scope", "", ""},
	{"/user.slice", "user.slice", "", "", ""},
	{"/machine.slice/systemd-nspawn@web.service/payload", "systemd-nspawn@web.service",
	 "systemd-nspawn@web.service", "", ""},
	{"/", "/", "", "", ""},
	{"", "/", "", "", ""},
	{"/lab/pod", "/lab/pod", "", "", ""},
	/* containerd */
	{"/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod" POD_
	 ".slice/cri-containerd-" ID ".scope",
	 BOTH, "", ID, POD},
	{"/kubepods.slice/kubepods-pod" POD_ ".slice/cri-containerd-" ID ".scope", BOTH, "", ID,
	 POD},
	{"/kubepods/besteffort/pod" POD "/" ID, BOTH, "", ID, POD},
	{"/system.slice/containerd.service/kubepods-burstable-pod" POD_ ".slice:cri-containerd:" ID,
	 BOTH, "", ID, POD},
	{"/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-besteffort.slice/"
	 "kubelet-kubepods-besteffort-pod" POD_ ".slice/cri-containerd-" ID ".scope",
	 BOTH, "", ID, POD},
	{"/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod" POD_ ".slice",
	 "pod " POD, "", "", POD},
	{"/kubepods/burstable/pod0123456789abcdef0123456789abcdef/" ID,
	 "container " SHORT_ID " of pod 0123456789abcdef0123456789abcdef", "", ID,
	 "0123456789abcdef0123456789abcdef"},
	/* CRI-O */
	{"/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod" POD_ ".slice/crio-" ID
	 ".scope",
	 BOTH, "", ID, POD},
	{"/kubepods.slice/kubepods-pod" POD_ ".slice/crio-" ID ".scope/container", BOTH, "", ID,
	 POD},
	{"/system.slice/crio-conmon-" ID ".scope", "crio-conmon-" ID ".scope",
	 "crio-conmon-" ID ".scope", "", ""},
	/* Docker */
	{"/system.slice/docker-" ID ".scope", "container " SHORT_ID, "", ID, ""},
	{"/docker/" ID, "container " SHORT_ID, "", ID, ""},
	{"/docker/" ID "/system.slice/nginx.service", "container " SHORT_ID, "", ID, ""},
	{"/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod" POD_ ".slice/docker-" ID
	 ".scope",
	 BOTH, "", ID, POD},
	{"/system.slice/docker.service", "docker.service", "docker.service", "", ""},
	/* Podman */
	{"/machine.slice/libpod-" ID ".scope", "container " SHORT_ID, "", ID, ""},
	{"/machine.slice/libpod-" ID ".scope/container", "container " SHORT_ID, "", ID, ""},
	{"/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-" ID ".scope/container",
	 "container " SHORT_ID, "", ID, ""},
	{"/libpod_parent/libpod-" ID, "container " SHORT_ID, "", ID, ""},
	{"/machine.slice/libpod-conmon-" ID ".scope", "libpod-conmon-" ID ".scope",
	 "libpod-conmon-" ID ".scope", "", ""},
	/* What only looks like one of them. */
	{"/system.slice/podman.service", "podman.service", "podman.service", "", ""},
	{"/podium", "/podium", "", "", ""},
	{"/system.slice/backup-" ID "0.service", "backup-" ID "0.service", "backup-" ID "0.service",
	 "", ""},
	{"/.service", "/.service", "", "", ""},
};

static void each_path_has_its_names(void **state)
{
	struct cgroup_name name;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		cgroup_name_parse(rows[i].path, &name);
		if (strcmp(name.text, rows[i].text) || strcmp(name.unit, rows[i].unit) ||
		    strcmp(name.container, rows[i].container) || strcmp(name.pod, rows[i].pod))
			fail_msg("%s: '%s', unit '%s', container '%s', pod '%s'", rows[i].path,
				 name.text, name.unit, name.container, name.pod);
	}
}

static void a_long_path_is_cut(void **state)
{
	struct cgroup_name name;
	char path[3000];

	(void)state;
	memset(path, 'a', sizeof(path));
	path[0] = '/';
	path[sizeof(path) - 1] = '\0';
	cgroup_name_parse(path, &name);
	assert_int_equal(strlen(name.text), CGROUP_TEXT_SIZE - 1);
	memcpy(path + sizeof(path) - 9, ".service", 8);
	cgroup_name_parse(path, &name);
	assert_int_equal(strlen(name.unit), CGROUP_TEXT_SIZE - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_path_has_its_names),
		cmocka_unit_test(a_long_path_is_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
