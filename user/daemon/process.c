/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* See process.h. */
#include "daemon/process.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#define START_FIELD 22 /* of /proc/PID/stat: starttime, in ticks since boot */

static ssize_t read_proc_file(const char *path, char *to, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t got = -1;

	if (fd >= 0) {
		got = read(fd, to, size - 1);
		close(fd);
	}
	to[got > 0 ? got : 0] = '\0';
	return got;
}

__u64 process_started_boot_ns(void)
{
	unsigned long long ticks = 0;
	char text[1024];
	const char *at;
	int field;

	read_proc_file("/proc/self/stat", text, sizeof(text));
	at = strrchr(text, ')'); /* the name may hold anything */
	for (field = 2; at && field < START_FIELD; field++)
		at = strchr(at + 1, ' ');
	if (!at || sscanf(at, "%llu", &ticks) != 1)
		return 0;
	return ticks * (1000000000ULL / sysconf(_SC_CLK_TCK));
}

static __u64 process_resident_bytes(void)
{
	unsigned long long whole, resident = 0;
	char text[128];

	read_proc_file("/proc/self/statm", text, sizeof(text));
	if (sscanf(text, "%llu %llu", &whole, &resident) != 2)
		return 0;
	return resident * sysconf(_SC_PAGESIZE);
}

static __u64 process_count_fds(void)
{
	DIR *directory = opendir("/proc/self/fd");
	const struct dirent *entry;
	__u64 open = 0;

	if (!directory)
		return 0;
	while ((entry = readdir(directory)))
		open += entry->d_name[0] != '.';
	closedir(directory);
	return open - 1; /* the directory's own */
}

void process_usage(struct process_usage *ret)
{
	struct rlimit limit = {0};
	struct rusage usage = {0};

	getrusage(RUSAGE_SELF, &usage);
	getrlimit(RLIMIT_NOFILE, &limit);
	*ret = (struct process_usage){
		.cpu_s = (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
			 (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6,
		.resident_bytes = process_resident_bytes(),
		.open_fds = process_count_fds(),
		.max_fds = limit.rlim_cur,
	};
}
