// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* A path of a cgroup, component by component; the innermost unit, container and pod count. */
#include "util/cgroup_name.h"

#include "util/text.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#define ID_LENGTH (CGROUP_CONTAINER_SIZE - 1)
#define UID_LENGTH (CGROUP_POD_SIZE - 1)
#define STATIC_UID_LENGTH 32
#define CGROUP_PATH_SIZE 4096
#define SHOWN_ID_LENGTH 12 /* of a container's ID, as `docker ps` shows it */

static size_t hex_length(const char *text, size_t length)
{
	size_t n = 0;

	while (n < length && isxdigit((unsigned char)text[n]))
		n++;
	return n;
}

/* Finds an ID of exactly 64 hexadecimal digits. Returns NULL when there is none. */
static const char *find_container(const char *component, size_t length)
{
	size_t at = 0, n;

	while (at < length) {
		n = hex_length(component + at, length - at);
		if (n == ID_LENGTH)
			return component + at;
		at += n + 1;
	}
	return NULL;
}

/*
 * Returns the length of a UID, with '_' for '-' where systemd needs its '-' for slices; or of the
 * 32 digits that the kubelet gives a static pod; 0: it is none.
 */
static size_t uid_length(const char *text, size_t length)
{
	size_t i;

	if (hex_length(text, length) == STATIC_UID_LENGTH)
		return STATIC_UID_LENGTH;
	if (length < UID_LENGTH)
		return 0;
	for (i = 0; i < UID_LENGTH; i++) {
		if (i == 8 || i == 13 || i == 18 || i == 23) {
			if (text[i] != '-' && text[i] != '_')
				return 0;
		} else if (!isxdigit((unsigned char)text[i])) {
			return 0;
		}
	}
	return UID_LENGTH;
}

/* Finds the UID behind "pod", at the beginning or behind a '-'. */
static const char *find_pod(const char *component, size_t length)
{
	size_t i;

	for (i = 0; i + 3 < length; i++)
		if (!strncmp(component + i, "pod", 3) && (!i || component[i - 1] == '-') &&
		    uid_length(component + i + 3, length - i - 3))
			return component + i + 3;
	return NULL;
}

static int has_suffix(const char *component, size_t length, const char *suffix)
{
	size_t n = strlen(suffix);

	return length > n && !strncmp(component + length - n, suffix, n);
}

static int is_unit(const char *component, size_t length)
{
	static const char *const suffixes[] = {".service", ".scope", ".socket", ".mount", ".swap"};
	size_t i;

	for (i = 0; i < sizeof(suffixes) / sizeof(*suffixes); i++)
		if (has_suffix(component, length, suffixes[i]))
			return 1;
	return 0;
}

static void copy(char *to, size_t size, const char *from, size_t length)
{
	if (length >= size)
		for (length = size - 1; length && (from[length] & 0xc0) == 0x80;)
			length--; /* not within a character of UTF-8 */
	memcpy(to, from, length);
	to[length] = '\0';
}

/* conmon watches a container, and is not in it. */
static int is_of_monitor(const char *component, size_t length)
{
	return memmem(component, length, "conmon", 6) != NULL;
}

static void component_parse(const char *component, size_t length, struct cgroup_name *ret,
			    char *slice)
{
	const char *found = find_pod(component, length);
	size_t i;

	if (found) {
		copy(ret->pod, sizeof(ret->pod), found,
		     uid_length(found, length - (size_t)(found - component)));
		for (i = 0; ret->pod[i]; i++)
			ret->pod[i] = ret->pod[i] == '_' ? '-' : (char)tolower(ret->pod[i]);
	}
	found = find_container(component, length);
	if (found && !is_of_monitor(component, length)) {
		copy(ret->container, sizeof(ret->container), found, ID_LENGTH);
		ret->unit[0] = '\0';
	} else if (is_unit(component, length)) {
		copy(ret->unit, sizeof(ret->unit), component, length);
	} else if (has_suffix(component, length, ".slice")) {
		copy(slice, CGROUP_TEXT_SIZE, component, length);
	}
}

/* Sets what to show: the container, or the pod, or the unit, or the slice, or the path itself. */
static void set_text(const char *path, const char *slice, struct cgroup_name *ret)
{
	size_t size = sizeof(ret->text);

	if (ret->container[0] && ret->pod[0])
		snprintf(ret->text, size, "container %.*s of pod %s", SHOWN_ID_LENGTH,
			 ret->container, ret->pod);
	else if (ret->container[0])
		snprintf(ret->text, size, "container %.*s", SHOWN_ID_LENGTH, ret->container);
	else if (ret->pod[0])
		snprintf(ret->text, size, "pod %s", ret->pod);
	else if (ret->unit[0])
		copy(ret->text, size, ret->unit, strlen(ret->unit));
	else
		copy(ret->text, size, *slice ? slice : path, strlen(*slice ? slice : path));
}

void cgroup_name_parse(const char *path, struct cgroup_name *ret)
{
	char slice[CGROUP_TEXT_SIZE] = "";
	char valid[CGROUP_PATH_SIZE];
	const char *component = utf8_replace_invalid(path, valid, sizeof(valid));
	size_t length;

	memset(ret, 0, sizeof(*ret));
	path = valid;
	while (*component) {
		length = strcspn(component, "/");
		if (length)
			component_parse(component, length, ret, slice);
		component += length + (component[length] == '/');
	}
	if (ret->container[0])
		ret->unit[0] = '\0'; /* a unit inside of the container */
	set_text(*path ? path : "/", slice, ret);
}
