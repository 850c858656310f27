/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Names of a cgroup from its path: the systemd unit, or the container and the pod. The forms are
 * those of systemd, containerd, CRI-O, Docker and Podman, with their systemd and cgroupfs drivers.
 */
#ifndef UTIL_CGROUP_NAME_H
#define UTIL_CGROUP_NAME_H

#define CGROUP_TEXT_SIZE 160
#define CGROUP_CONTAINER_SIZE 65 /* an ID of 64 hexadecimal digits */
#define CGROUP_POD_SIZE 37	 /* a UID, RFC 9562, 4 */

/* An empty string: the path has none. */
struct cgroup_name {
	char text[CGROUP_TEXT_SIZE]; /* what to show */
	char unit[CGROUP_TEXT_SIZE]; /* of systemd; none for a container */
	char container[CGROUP_CONTAINER_SIZE];
	char pod[CGROUP_POD_SIZE];
};

/* Parses a path below the root of the cgroup file system, as "/system.slice/nginx.service". */
void cgroup_name_parse(const char *path, struct cgroup_name *ret);

#endif
