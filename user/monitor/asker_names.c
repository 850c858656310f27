// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Cgroup IDs to names, by a walk through the directories of the cgroup file system. */
#include "monitor/asker_names.h"

#include "util/address.h"
#include "util/clock.h"
#include "util/log.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define NAMES_MAX (4 * ASKERS_MAX) /* then all are forgotten: IDs are never used again */
#define WALK_NS (NS_PER_S / 2)
#define WALK_SHARE 50	      /* a walk takes at most this part of the time */
#define DIRECTORIES_MAX 65536 /* of one walk */
#define DEPTH_MAX 32
#define PATH_SIZE 4096

struct known_name {
	__u64 cgroup;
	int is_found; /* its directory was seen */
	struct cgroup_name name;
};

struct asker_names {
	int root_fd; /* -1: no cgroup file system */
	__u64 next_walk_ns;
	unsigned int directories;  /* of this walk */
	char path[PATH_SIZE];	   /* of the directory that is walked */
	struct known_name **known; /* sorted by ID; pointers, since names are passed on */
	size_t count;
	int has_unknown;
	__u64 own_cgroup; /* in which there is no other process; 0: there is */
};

static const struct cgroup_name name_forwarded = {.text = "forwarded"};
static const struct cgroup_name name_not_known = {.text = "not known"};
static const struct cgroup_name name_other = {.text = "other"};
static const struct cgroup_name name_own = {.text = "dnsreach"};

/* ---- open and close ---------------------------------------------------------------------- */

static int is_cgroup2(int fd)
{
	return fd >= 0 && !faccessat(fd, "cgroup.controllers", F_OK, 0);
}

static int open_root(const char *root)
{
	int fd = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC), unified;

	if (fd < 0 || is_cgroup2(fd))
		return fd;
	unified = openat(fd, "unified", O_RDONLY | O_DIRECTORY | O_CLOEXEC); /* beside v1 */
	close(fd);
	if (is_cgroup2(unified))
		return unified;
	if (unified >= 0)
		close(unified);
	errno = ENOENT;
	return -1;
}

/* Returns 1 for this process and its children. */
static int is_own_process(long pid)
{
	char path[32], stat[256];
	const char *behind;
	size_t length;
	FILE *f;
	long parent;

	if (pid == getpid())
		return 1;
	snprintf(path, sizeof(path), "/proc/%ld/stat", pid);
	f = fopen(path, "re");
	if (!f)
		return 0;
	length = fread(stat, 1, sizeof(stat) - 1, f);
	fclose(f);
	stat[length] = '\0';
	behind = strrchr(stat, ')'); /* proc_pid_stat(5): "PID (NAME) STATE PARENT ..." */
	return behind && sscanf(behind + 1, " %*c %ld", &parent) == 1 && parent == getpid();
}

/* Returns 1 when all processes of the cgroup are this one and its children. */
static int is_own_cgroup(int fd)
{
	int procs = openat(fd, "cgroup.procs", O_RDONLY | O_CLOEXEC), own = 0;
	FILE *f = procs < 0 ? NULL : fdopen(procs, "r");
	long pid;

	if (!f) {
		if (procs >= 0)
			close(procs);
		return 0;
	}
	while (fscanf(f, "%ld", &pid) == 1) {
		own = is_own_process(pid);
		if (!own)
			break;
	}
	fclose(f);
	return own;
}

/* Returns the ID of this process' cgroup if no other process is in it, as of a service; else 0. */
static __u64 find_own_cgroup(int root_fd)
{
	char line[PATH_SIZE], path[PATH_SIZE] = "";
	FILE *f = fopen("/proc/self/cgroup", "re");
	struct stat st;
	__u64 own = 0;
	int fd;

	while (f && fgets(line, sizeof(line), f))
		if (!strncmp(line, "0::/", 4)) /* v2, cgroups(7) */
			snprintf(path, sizeof(path), "./%.*s", (int)strcspn(line + 4, "\n"),
				 line + 4);
	if (f)
		fclose(f);
	fd = *path ? openat(root_fd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	if (fd < 0)
		return 0;
	if (!fstat(fd, &st) && is_own_cgroup(fd))
		own = st.st_ino;
	close(fd);
	return own;
}

int asker_names_open(const char *root, struct asker_names **ret)
{
	struct asker_names *names = calloc(1, sizeof(*names));

	if (names)
		names->known = calloc(NAMES_MAX, sizeof(*names->known));
	if (!names || !names->known) {
		free(names);
		return -ENOMEM;
	}
	names->root_fd = open_root(root);
	if (names->root_fd < 0)
		log_warn("--askers: cannot read the cgroup file system (v2) at %s: %s; askers are "
			 "shown as IDs; mount it there, in a container read-only from the host",
			 root, strerror(errno));
	else
		names->own_cgroup = find_own_cgroup(names->root_fd);
	*ret = names;
	return 0;
}

static void asker_names_forget(struct asker_names *names)
{
	while (names->count)
		free(names->known[--names->count]);
}

void asker_names_close(struct asker_names *names)
{
	if (!names)
		return;
	asker_names_forget(names);
	if (names->root_fd >= 0)
		close(names->root_fd);
	free(names->known);
	free(names);
}

/* ---- known names --------------------------------------------------------------------------- */

/* Returns where the ID is, or where it would be. */
static size_t known_position(const struct asker_names *names, __u64 cgroup)
{
	size_t at = 0, behind = names->count;

	while (at < behind) {
		size_t middle = at + (behind - at) / 2;

		if (names->known[middle]->cgroup < cgroup)
			at = middle + 1;
		else
			behind = middle;
	}
	return at;
}

/* Returns the entry of the ID, made with the ID for a name; NULL: out of memory. */
static struct known_name *known_get(struct asker_names *names, __u64 cgroup)
{
	size_t at = known_position(names, cgroup);
	struct known_name *known;

	if (at < names->count && names->known[at]->cgroup == cgroup)
		return names->known[at];
	known = calloc(1, sizeof(*known));
	if (!known)
		return NULL;
	known->cgroup = cgroup;
	snprintf(known->name.text, sizeof(known->name.text), "cgroup %llu",
		 (unsigned long long)cgroup);
	memmove(&names->known[at + 1], &names->known[at],
		(names->count - at) * sizeof(*names->known));
	names->known[at] = known;
	names->count++;
	names->has_unknown = 1;
	return known;
}

/* ---- the walk ------------------------------------------------------------------------------ */

/* Sets the name of the directory that is walked, if its ID is one that is looked for. */
static void found_directory(struct asker_names *names, __u64 inode)
{
	size_t at = known_position(names, inode);

	if (at == names->count || names->known[at]->cgroup != inode || names->known[at]->is_found)
		return;
	names->known[at]->is_found = 1;
	cgroup_name_parse(names->path, &names->known[at]->name);
}

static void walk_directory(struct asker_names *names, int fd, int depth);

static void walk_entry(struct asker_names *names, int fd, const struct dirent *entry, int depth)
{
	size_t length = strlen(names->path);
	int child;

	if (entry->d_type != DT_DIR || entry->d_name[0] == '.' ||
	    length + strlen(entry->d_name) + 2 > sizeof(names->path))
		return;
	snprintf(names->path + length, sizeof(names->path) - length, "/%s", entry->d_name);
	child = openat(fd, entry->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (child >= 0)
		walk_directory(names, child, depth + 1);
	names->path[length] = '\0';
}

/* Walks a directory and those in it; closes `fd`. */
static void walk_directory(struct asker_names *names, int fd, int depth)
{
	struct dirent *entry;
	struct stat st;
	DIR *directory;

	if (!fstat(fd, &st))
		found_directory(names, st.st_ino);
	directory = depth < DEPTH_MAX ? fdopendir(fd) : NULL;
	if (!directory) {
		close(fd);
		return;
	}
	while ((entry = readdir(directory)) && ++names->directories < DIRECTORIES_MAX)
		walk_entry(names, fd, entry, depth);
	closedir(directory);
}

static void asker_names_walk(struct asker_names *names)
{
	int fd = openat(names->root_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	names->has_unknown = 0;
	names->directories = 0;
	names->path[0] = '\0';
	if (fd >= 0)
		walk_directory(names, fd, 0);
}

/* ---- lookup -------------------------------------------------------------------------------- */

static const struct cgroup_name *lookup_name(struct asker_names *names,
					     const struct asker_snapshot *asker)
{
	struct known_name *known;

	if (asker->is_other || asker->is_former)
		return &name_other;
	if (!asker->cgroup) /* the resolvers of `other` are of both origins */
		return asker->resolver.origin == ORIGIN_HOST && !resolver_is_other(&asker->resolver)
			       ? &name_forwarded
			       : &name_not_known;
	if (asker->cgroup == names->own_cgroup)
		return &name_own;
	known = known_get(names, asker->cgroup);
	return known ? &known->name : &name_not_known;
}

void asker_names_lookup(struct asker_names *names, struct snapshot *snapshot, __u64 now_ns)
{
	__u64 took_ns;
	size_t i;

	if (names->count + snapshot->asker_count > NAMES_MAX)
		asker_names_forget(names);
	for (i = 0; i < snapshot->asker_count; i++) {
		struct asker_snapshot *asker = &snapshot->askers[i];

		asker->name = lookup_name(names, asker);
	}
	if (names->has_unknown && names->root_fd >= 0 && now_ns >= names->next_walk_ns) {
		asker_names_walk(names);
		took_ns = clock_monotonic_ns() - now_ns;
		names->next_walk_ns =
			now_ns + (took_ns * WALK_SHARE > WALK_NS ? took_ns * WALK_SHARE : WALK_NS);
	}
}

void asker_names_allow_walk(struct asker_names *names)
{
	names->next_walk_ns = 0;
}
