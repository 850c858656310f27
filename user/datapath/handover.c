/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Maps and links taken over from an earlier process, and handed on to the next. */
#include "datapath/handover.h"

#include "util/log.h"
#include "engine_layout.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <inttypes.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MAPS_MAX 32

struct taken_link {
	int fd;
	struct link_name name;
};

static const char *const origin_names[] = {"link", "guest"}; /* by enum origin */

struct handover {
	handover_push_fn *push;
	void *context;
	int maps[MAPS_MAX];
	struct bpf_map_info infos[MAPS_MAX];
	unsigned int map_count;
	struct taken_link *links;
	size_t link_count;
	__u64 started_ns; /* of what was taken over, then of what is handed on */
	int other_layout; /* something of another engine was there */
	int mixed;	  /* not the maps of one run */
	int used;	  /* its maps are those of the present run */
	int is_active;	  /* something is handed on */
};

struct handover *handover_new(handover_push_fn *push, void *context)
{
	struct handover *h = calloc(1, sizeof(*h));

	if (h) {
		h->push = push;
		h->context = context;
	}
	return h;
}

/* ---- descriptors of an earlier process ------------------------------------------------------ */

/* Formats the name of a run's maps: all of them have the same. */
static void format_map_name(__u64 started_ns, char out[HANDOVER_NAME_SIZE])
{
	snprintf(out, HANDOVER_NAME_SIZE, "map-%s-%" PRIu64, ENGINE_LAYOUT, (uint64_t)started_ns);
}

/* Has the service manager forget a run's maps, or it would hand them to every later process, too.
 */
static void handover_remove_maps(struct handover *h, __u64 started_ns)
{
	char name[HANDOVER_NAME_SIZE];

	format_map_name(started_ns, name);
	if (h->push)
		h->push(-1, name, h->context);
}

static void handover_close_maps(struct handover *h)
{
	while (h->map_count)
		close(h->maps[--h->map_count]);
}

static void handover_close_links(struct handover *h)
{
	while (h->link_count) {
		struct taken_link *link = &h->links[--h->link_count];

		if (link->fd < 0)
			continue;
		handover_remove_link(h, &link->name);
		bpf_link_detach(link->fd);
		close(link->fd);
	}
}

static void handover_add_map(struct handover *h, int fd, __u64 started_ns)
{
	struct bpf_map_info info = {0};
	__u32 size = sizeof(info);

	if (!h->map_count)
		h->started_ns = started_ns;
	if (h->map_count == MAPS_MAX || h->started_ns != started_ns ||
	    bpf_obj_get_info_by_fd(fd, &info, &size)) {
		handover_remove_maps(h, started_ns);
		close(fd);
		h->mixed = 1;
		return;
	}
	h->infos[h->map_count] = info;
	h->maps[h->map_count++] = fd;
}

static void handover_add_link(struct handover *h, int fd, const struct link_name *name)
{
	struct taken_link *more = reallocarray(h->links, h->link_count + 1, sizeof(*more));

	if (!more) {
		bpf_link_detach(fd);
		close(fd);
		return;
	}
	h->links = more;
	h->links[h->link_count++] = (struct taken_link){fd, *name};
}

/* Returns 1 when it is the name of a link. */
static int parse_link_name(const char *text, struct link_name *ret)
{
	char view[8];

	if (sscanf(text, "%7[a-z]-%d-%u", view, &ret->ifindex, &ret->attach_type) != 3)
		return 0;
	for (ret->origin = 0; ret->origin < sizeof(origin_names) / sizeof(*origin_names);
	     ret->origin++)
		if (!strcmp(view, origin_names[ret->origin]))
			return 1;
	return 0;
}

int handover_add_fd(struct handover *h, int fd, const char *name)
{
	char layout[HANDOVER_NAME_SIZE];
	struct link_name link;
	uint64_t started;

	if (strlen(name) >= sizeof(layout))
		return 0;
	if (sscanf(name, "map-%63[0-9a-f]-%" SCNu64, layout, &started) == 2) {
		if (!strcmp(layout, ENGINE_LAYOUT)) {
			handover_add_map(h, fd, started);
			return 1;
		}
		h->other_layout = 1;
		if (h->push)
			h->push(-1, name, h->context);
		close(fd);
		return 1;
	}
	if (parse_link_name(name, &link)) {
		handover_add_link(h, fd, &link);
		return 1;
	}
	return 0;
}

void handover_discard(struct handover *h)
{
	handover_close_links(h);
	if (h->map_count)
		handover_remove_maps(h, h->started_ns);
	handover_close_maps(h);
	h->other_layout = h->mixed = 0;
	h->started_ns = 0;
}

static int map_matches(const struct bpf_map_info *info, const struct bpf_map *map)
{
	return info->type == bpf_map__type(map) && info->key_size == bpf_map__key_size(map) &&
	       info->value_size == bpf_map__value_size(map) &&
	       info->max_entries == bpf_map__max_entries(map);
}

/* The kernel keeps the first 15 bytes of a name. */
static int handover_find_map(const struct handover *h, const struct bpf_map *map)
{
	unsigned int i;

	for (i = 0; i < h->map_count; i++) {
		if (!strncmp(h->infos[i].name, bpf_map__name(map), BPF_OBJ_NAME_LEN - 1))
			return (int)i;
	}
	return -1;
}

/* Constants are the process's own. */
static int map_is_handed_on(const struct bpf_map *map)
{
	return !strstr(bpf_map__name(map), ".rodata");
}

static const char *handover_misfit(const struct handover *h, struct bpf_object *object)
{
	const struct bpf_map *map;
	int at;

	if (h->other_layout)
		return "different map layout";
	if (h->mixed)
		return "maps of different runs";
	bpf_object__for_each_map(map, object)
	{
		if (!map_is_handed_on(map))
			continue;
		at = handover_find_map(h, map);
		if (at < 0)
			return "a map is missing";
		if (!map_matches(&h->infos[at], map))
			return "different table sizes";
	}
	return NULL;
}

int handover_reuse_maps(struct handover *h, struct bpf_object *object)
{
	const char *why;
	struct bpf_map *map;
	int used = 0;

	if (!h || (!h->map_count && !h->other_layout && !h->mixed)) {
		if (h)
			handover_close_links(h); /* the maps that they count in are gone */
		return 0;
	}
	why = handover_misfit(h, object);
	if (!why) {
		bpf_object__for_each_map(map, object)
		{
			if (!map_is_handed_on(map))
				continue;
			if (bpf_map__reuse_fd(map, h->maps[handover_find_map(h, map)]))
				return -EIO; /* maps of two runs would not fit together */
			used++;
		}
		handover_close_maps(h); /* libbpf has its own descriptors */
		h->used = 1;
		return used;
	}
	log_warn("cannot reuse the previous process's counters (%s); starting from zero", why);
	handover_discard(h);
	return 0;
}

/* ---- what the next one gets ---------------------------------------------------------------- */

void handover_push_maps(struct handover *h, struct bpf_object *object, __u64 now_wall_ns)
{
	char name[HANDOVER_NAME_SIZE];
	struct bpf_map *map;

	if (!h)
		return;
	if (!h->started_ns)
		h->started_ns = now_wall_ns;
	if (!h->push)
		return;
	h->is_active = 1;
	if (h->used) /* handed on already: to take them out and back could be interrupted */
		return;
	format_map_name(h->started_ns, name);
	bpf_object__for_each_map(map, object)
	{
		if (map_is_handed_on(map))
			h->push(bpf_map__fd(map), name, h->context);
	}
}

static const char *format_link_name(const struct link_name *name, char out[HANDOVER_NAME_SIZE])
{
	snprintf(out, HANDOVER_NAME_SIZE, "%s-%d-%u", origin_names[name->origin], name->ifindex,
		 name->attach_type);
	return out;
}

static int is_same_link(const struct link_name *a, const struct link_name *b)
{
	return a->ifindex == b->ifindex && a->attach_type == b->attach_type &&
	       a->origin == b->origin;
}

int handover_take_link(struct handover *h, const struct link_name *name, int program_fd)
{
	struct bpf_link_info info;
	__u32 size = sizeof(info);
	size_t i;
	int fd;

	for (i = 0; h && i < h->link_count; i++) {
		struct taken_link *link = &h->links[i];

		if (link->fd < 0 || !is_same_link(&link->name, name))
			continue;
		fd = link->fd;
		link->fd = -1;
		memset(&info, 0, sizeof(info));
		/* The link of a deleted interface has ifindex 0. */
		if (!bpf_obj_get_info_by_fd(fd, &info, &size) &&
		    (int)info.xdp.ifindex == name->ifindex &&
		    !bpf_link_update(fd, program_fd, NULL))
			return fd;
		bpf_link_detach(fd);
		close(fd);
		handover_remove_link(h, name);
	}
	return -1;
}

void handover_push_link(struct handover *h, int link_fd, const struct link_name *name)
{
	char text[HANDOVER_NAME_SIZE];

	if (!h || !h->push)
		return;
	format_link_name(name, text);
	h->push(-1, text, h->context);
	h->push(link_fd, text, h->context);
}

void handover_remove_link(struct handover *h, const struct link_name *name)
{
	char text[HANDOVER_NAME_SIZE];

	if (h && h->push)
		h->push(-1, format_link_name(name, text), h->context);
}

void handover_detach_unused(struct handover *h)
{
	if (h)
		handover_close_links(h);
}

__u64 handover_started_ns(const struct handover *h)
{
	return h ? h->started_ns : 0;
}

int handover_is_active(const struct handover *h)
{
	return h && h->is_active;
}

/* Leaves links attached: when a start fails, they count for the next one. */
void handover_free(struct handover *h)
{
	if (!h)
		return;
	handover_close_maps(h);
	while (h->link_count)
		if (h->links[--h->link_count].fd >= 0)
			close(h->links[h->link_count].fd);
	free(h->links);
	free(h);
}
