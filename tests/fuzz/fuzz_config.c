// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Configuration files under libFuzzer. Whatever is in there: it is read or refused, and what was
 * read fits into a line, but for the longest, and comes back the same from what is dumped of it.
 *
 *   tests/fuzz/run, or build/fuzz/fuzz_config corpus tests/fuzz/fuzz_config
 */
#include "fed.h"

#include "util/config.h"

#include "../unit/config_rows.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static int read_bytes(struct config *config, const void *bytes, size_t size, struct target *to)
{
	char path[64];
	int fd = memfd_create("config", 0), err;

	MUST(fd >= 0 && write(fd, bytes, size) == (ssize_t)size);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	memset(to, 0, sizeof(*to));
	to->whole = 1;
	to->seconds = to->percent = 1;
	err = config_read(config, path, rows, ROWS, to);
	close(fd);
	return err;
}

static char *dump(const struct target *target, size_t *size)
{
	char *text = NULL;
	FILE *out = open_memstream(&text, size);

	MUST(out);
	options_dump(rows, ROWS, target, out);
	fclose(out);
	return text;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct config config = {0}, again = {0};
	struct target first, second;
	size_t first_size, second_size;
	char *one, *two;
	int err = read_bytes(&config, data, size, &first), fits;

	MUST(err == 0 || err == -EINVAL);
	fits = !err && !options_fit(rows, ROWS, &first);
	MUST(err || fits || size > 4000);
	if (fits) {
		one = dump(&first, &first_size);
		MUST(!read_bytes(&again, one, first_size, &second));
		two = dump(&second, &second_size);
		MUST(first_size == second_size && !memcmp(one, two, first_size));
		free(one);
		free(two);
	}
	config_free(&config);
	config_free(&again);
	return 0;
}
