/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* See resolv_conf.h. */
#include "util/resolv_conf.h"

#include "util/address.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

const char *const resolv_conf_files[] = {"/etc/resolv.conf", "/run/systemd/resolve/resolv.conf",
					 NULL};

size_t resolv_conf_read(const char *path, __u16 port, struct resolver_key *to, size_t room)
{
	FILE *f = fopen(path, "re");
	char line[512], name[128];
	size_t count = 0;

	if (!f)
		return 0;
	while (count < room && fgets(line, sizeof(line), f)) {
		struct resolver_key key = {.port = htons(port), .transport = TRANSPORT_UDP};

		if (sscanf(line, " nameserver %127s", name) != 1)
			continue;
		if (address_parse(name, &key.address, &key.scope))
			continue;
		to[count++] = key;
	}
	fclose(f);
	return count;
}
