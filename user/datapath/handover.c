/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Maps and links taken over from an earlier process, and handed on to the next.
 *
 * A start is a transaction: until handover_commit() nothing is pushed, nothing that was taken over
 * is forgotten, and no link of the earlier process is detached. A start that fails leaves all as it
 * was, for the next try.
 */
#include "datapath/handover.h"

#include "util/buffer.h"
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
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAPS_MAX 32

#ifndef SO_NETNS_COOKIE
#define SO_NETNS_COOKIE 71 /* Linux 5.14 */
#endif

enum link_fate {
	LINK_WAITING,  /* not taken */
	LINK_TAKEN,    /* its descriptor is the caller's */
	LINK_RELEASED, /* was taken, and then given up */
};

struct taken_link {
	int fd;
	struct link_name name;
	enum link_fate fate;
	int is_of_run; /* of this network namespace, and counting in the maps taken over */
	char text[HANDOVER_NAME_SIZE];
};

#define SIDES 2

/* The links of an interface that are handed on, or will be with the commit. */
struct given_links {
	int ifindex;
	unsigned int origin;
	struct {
		int fd; /* borrowed, until it is pushed; -1: none */
		__u32 attach_type;
	} sides[SIDES];
};

static const char *const origin_names[] = {"link", "guest"}; /* by enum origin */

struct handover {
	handover_push_fn *push;
	void *context;
	size_t room; /* descriptors that the service manager keeps */
	int maps[MAPS_MAX];
	struct bpf_map_info infos[MAPS_MAX];
	unsigned int map_count;
	struct taken_link *links;
	size_t link_count;
	struct given_links *given;
	size_t given_count;
	char (*old_names)[HANDOVER_NAME_SIZE]; /* to be forgotten with the commit */
	size_t old_count;
	struct bpf_object *object; /* whose maps are handed on with the commit; NULL: none */
	size_t map_room;	   /* how many these are */
	int memory_fd;		   /* -1: none */
	__u64 memory_started_ns;   /* of the run that it is about */
	int is_memory_kept;	   /* it is with the service manager already */
	__u64 namespace;	   /* the network namespace of this process */
	__u64 started_ns;	   /* of what was taken over, then of what is handed on */
	size_t created;		   /* links that this start has made */
	int other_layout;	   /* something of another engine was there */
	int other_namespace;
	int mixed; /* not the maps of one run */
	int used;  /* its maps are those of the present run */
	int is_committed;
	int is_room_reported;
};

/* Returns a number of the network namespace of this process. */
static __u64 network_namespace(void)
{
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	__u64 cookie = 0;
	socklen_t size = sizeof(cookie);
	struct stat st;

	if (fd >= 0 && getsockopt(fd, SOL_SOCKET, SO_NETNS_COOKIE, &cookie, &size))
		cookie = 0;
	if (fd >= 0)
		close(fd);
	if (!cookie && !stat("/proc/self/ns/net", &st))
		cookie = st.st_ino;
	return cookie;
}

struct handover *handover_new(handover_push_fn *push, size_t room, void *context)
{
	struct handover *h = calloc(1, sizeof(*h));

	if (h) {
		h->push = push;
		h->room = room;
		h->context = context;
		h->namespace = network_namespace();
		h->memory_fd = -1;
	}
	return h;
}

/* ---- descriptors of an earlier process ------------------------------------------------------ */

static void format_name(const struct handover *h, const char *kind, __u64 started_ns,
			char out[HANDOVER_NAME_SIZE])
{
	snprintf(out, HANDOVER_NAME_SIZE, "%s-%s-%" PRIu64 "-%" PRIu64, kind, ENGINE_LAYOUT,
		 (uint64_t)started_ns, (uint64_t)h->namespace);
}

/* Formats the name of a run's maps: all of them have the same. */
static void format_map_name(const struct handover *h, char out[HANDOVER_NAME_SIZE])
{
	format_name(h, "map", h->started_ns, out);
}

/* Has the service manager forget `name` with the commit. */
static void handover_forget_later(struct handover *h, const char *name)
{
	char(*more)[HANDOVER_NAME_SIZE];
	size_t i;

	for (i = 0; i < h->old_count; i++)
		if (!strcmp(h->old_names[i], name))
			return;
	more = reallocarray(h->old_names, h->old_count + 1, sizeof(*more));
	if (!more)
		return; /* it stays there, for the next process to forget */
	h->old_names = more;
	snprintf(h->old_names[h->old_count++], HANDOVER_NAME_SIZE, "%s", name);
}

static void handover_close_maps(struct handover *h)
{
	while (h->map_count)
		close(h->maps[--h->map_count]);
}

static void handover_add_map(struct handover *h, int fd, __u64 started_ns, const char *name)
{
	struct bpf_map_info info = {0};
	__u32 size = sizeof(info);

	if (!h->map_count)
		h->started_ns = started_ns;
	if (h->map_count == MAPS_MAX || h->started_ns != started_ns ||
	    bpf_obj_get_info_by_fd(fd, &info, &size)) {
		handover_forget_later(h, name);
		close(fd);
		h->mixed = 1;
		return;
	}
	h->infos[h->map_count] = info;
	h->maps[h->map_count++] = fd;
}

/* Returns 1 when it is the name of a memory; one of another layout or namespace is forgotten. */
static int handover_add_memory(struct handover *h, int fd, const char *name)
{
	uint64_t started, namespace = 0;
	char layout[HANDOVER_NAME_SIZE];

	if (sscanf(name, "memory-%63[0-9a-f]-%" SCNu64 "-%" SCNu64, layout, &started, &namespace) <
	    3)
		return 0;
	if (strcmp(layout, ENGINE_LAYOUT) || namespace != h->namespace || h->memory_fd >= 0) {
		handover_forget_later(h, name);
		close(fd);
		return 1;
	}
	h->memory_fd = fd;
	h->memory_started_ns = started;
	h->is_memory_kept = 1;
	return 1;
}

static void handover_discard_memory(struct handover *h)
{
	char name[HANDOVER_NAME_SIZE];

	if (h->memory_fd < 0)
		return;
	format_name(h, "memory", h->memory_started_ns, name);
	handover_forget_later(h, name);
	close(h->memory_fd);
	h->memory_fd = -1;
	h->is_memory_kept = 0;
}

/* Returns 1 when it is the name of a link, also of an earlier version. */
static int parse_link_name(const struct handover *h, const char *text, struct taken_link *ret)
{
	uint64_t namespace = 0, started = 0;
	struct link_name *name = &ret->name;
	char view[8];

	if (sscanf(text, "%7[a-z]-%d-%u-%" SCNu64 "-%" SCNu64, view, &name->ifindex,
		   &name->attach_type, &namespace, &started) < 3)
		return 0;
	ret->is_of_run = namespace == h->namespace;
	for (name->origin = 0; name->origin < sizeof(origin_names) / sizeof(*origin_names);
	     name->origin++)
		if (!strcmp(view, origin_names[name->origin]))
			return 1;
	return 0;
}

static void handover_add_link(struct handover *h, int fd, const struct taken_link *link)
{
	struct taken_link *more = reallocarray(h->links, h->link_count + 1, sizeof(*more));

	if (!more) {
		close(fd);
		return;
	}
	h->links = more;
	h->links[h->link_count] = *link;
	h->links[h->link_count++].fd = fd;
}

int handover_add_fd(struct handover *h, int fd, const char *name)
{
	uint64_t started, namespace = 0;
	char layout[HANDOVER_NAME_SIZE];
	struct taken_link link = {0};

	if (strlen(name) >= sizeof(link.text))
		return 0;
	if (sscanf(name, "map-%63[0-9a-f]-%" SCNu64 "-%" SCNu64, layout, &started, &namespace) >=
	    2) {
		if (!strcmp(layout, ENGINE_LAYOUT) && namespace == h->namespace) {
			handover_add_map(h, fd, started, name);
			return 1;
		}
		h->other_layout |= strcmp(layout, ENGINE_LAYOUT) != 0;
		h->other_namespace |= namespace && namespace != h->namespace;
		handover_forget_later(h, name);
		close(fd);
		return 1;
	}
	if (handover_add_memory(h, fd, name))
		return 1;
	if (!parse_link_name(h, name, &link))
		return 0;
	strcpy(link.text, name);
	handover_add_link(h, fd, &link);
	return 1;
}

void handover_discard(struct handover *h)
{
	char name[HANDOVER_NAME_SIZE];
	size_t i;

	for (i = 0; i < h->link_count; i++)
		h->links[i].is_of_run = 0;
	if (h->map_count) {
		format_map_name(h, name);
		handover_forget_later(h, name);
	}
	handover_discard_memory(h);
	handover_close_maps(h);
	h->other_layout = h->other_namespace = h->mixed = 0;
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
	if (h->other_namespace)
		return "another network namespace";
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

	if (!h)
		return 0;
	if (!h->map_count && !h->other_layout && !h->other_namespace && !h->mixed) {
		handover_discard(h); /* the maps that the links count in are gone */
		return 0;
	}
	why = handover_misfit(h, object);
	if (why) {
		log_warn("cannot reuse the previous process's counters (%s); starting from zero",
			 why);
		handover_discard(h);
		return 0;
	}
	bpf_object__for_each_map(map, object)
	{
		if (!map_is_handed_on(map))
			continue;
		if (bpf_map__reuse_fd(map, h->maps[handover_find_map(h, map)]))
			return -EIO; /* maps of two runs would not fit together */
		used++;
	}
	handover_close_maps(h); /* libbpf has its own descriptors */
	if (h->memory_started_ns != h->started_ns)
		handover_discard_memory(h);
	h->used = 1;
	return used;
}

/* ---- what the next one gets ---------------------------------------------------------------- */

void handover_push_maps(struct handover *h, struct bpf_object *object, __u64 now_wall_ns)
{
	struct bpf_map *map;

	if (!h)
		return;
	if (!h->started_ns)
		h->started_ns = now_wall_ns;
	if (!h->push)
		return;
	h->object = object;
	h->map_room = 1; /* the memory */
	bpf_object__for_each_map(map, object) h->map_room += map_is_handed_on(map);
}

#define MEMORY_BYTES_MAX (1U << 30) /* 65,536 resolvers in use take 60 MB, failing ones more */

int handover_read_memory(const struct handover *h, struct buffer *ret)
{
	char bytes[4096];
	off_t at = 0;
	ssize_t n;

	if (!h || h->memory_fd < 0)
		return -ENOENT;
	while (at < MEMORY_BYTES_MAX && (n = pread(h->memory_fd, bytes, sizeof(bytes), at)) > 0) {
		buffer_add_bytes(ret, bytes, (size_t)n);
		at += n;
	}
	return at ? buffer_error(ret) : -ENOENT;
}

/* The first bytes, which cover the others by a checksum, are written last. */
int handover_write_memory(const struct handover *h, const struct buffer *bytes)
{
	const size_t head = 64;
	size_t at = head;
	ssize_t n;

	if (!h || !h->is_committed || h->memory_fd < 0)
		return -ENOENT;
	if (ftruncate(h->memory_fd, 0))
		return -errno;
	if (bytes->used > MEMORY_BYTES_MAX)
		return -EFBIG;
	for (; at < bytes->used; at += (size_t)n) {
		n = pwrite(h->memory_fd, bytes->text + at, bytes->used - at, (off_t)at);
		if (n <= 0)
			return n ? -errno : -EIO;
	}
	n = pwrite(h->memory_fd, bytes->text, bytes->used < head ? bytes->used : head, 0);
	return n < 0 ? -errno : 0;
}

static const char *format_link_name(const struct handover *h, const struct link_name *name,
				    char out[HANDOVER_NAME_SIZE])
{
	snprintf(out, HANDOVER_NAME_SIZE, "%s-%d-%u-%" PRIu64 "-%" PRIu64,
		 origin_names[name->origin], name->ifindex, name->attach_type,
		 (uint64_t)h->namespace, (uint64_t)h->started_ns);
	return out;
}

static int is_same_link(const struct link_name *a, const struct link_name *b)
{
	return a->ifindex == b->ifindex && a->origin == b->origin &&
	       a->attach_type == b->attach_type;
}

static int handover_has_taken(const struct handover *h, const struct link_name *name)
{
	size_t i;

	for (i = 0; i < h->link_count; i++)
		if (h->links[i].fate == LINK_TAKEN && is_same_link(&h->links[i].name, name))
			return 1;
	return 0;
}

static struct given_links *handover_find_given(const struct handover *h,
					       const struct link_name *name)
{
	size_t i;

	for (i = 0; i < h->given_count; i++)
		if (h->given[i].ifindex == name->ifindex && h->given[i].origin == name->origin)
			return &h->given[i];
	return NULL;
}

static void handover_report_room(struct handover *h)
{
	if (!h->is_room_reported)
		log_warn("the service manager keeps at most %zu descriptors for this service: on "
			 "the interfaces beyond the first %zu, queries are not counted while "
			 "dnsreach restarts; raise FileDescriptorStoreMax (and LimitNOFILE) of the "
			 "unit",
			 h->room, h->given_count);
	h->is_room_reported = 1;
}

/*
 * Returns the place of an interface's links, with room for both: with one hook it would count
 * wrongly. NULL when there is no room, or no memory.
 */
static struct given_links *handover_add_given(struct handover *h, const struct link_name *name)
{
	struct given_links *more;

	if (h->map_room + SIDES * (h->given_count + 1) > h->room) {
		handover_report_room(h);
		return NULL;
	}
	more = reallocarray(h->given, h->given_count + 1, sizeof(*more));
	if (!more)
		return NULL;
	h->given = more;
	more = &h->given[h->given_count++];
	*more = (struct given_links){.ifindex = name->ifindex,
				     .origin = name->origin,
				     .sides = {{-1, 0}, {-1, 0}}};
	return more;
}

static void handover_push_now(struct handover *h, int fd, const struct link_name *name)
{
	char text[HANDOVER_NAME_SIZE];

	h->push(-1, format_link_name(h, name, text), h->context);
	h->push(fd, text, h->context);
}

/* Adds a link to those that are handed on. Returns 1 when there is room. */
static int handover_give_link(struct handover *h, int link_fd, const struct link_name *name)
{
	struct given_links *given;
	int side;

	given = handover_find_given(h, name);
	if (!given)
		given = handover_add_given(h, name);
	if (!given)
		return 0;
	side = given->sides[0].fd >= 0 && given->sides[0].attach_type != name->attach_type;
	given->sides[side].fd = link_fd;
	given->sides[side].attach_type = name->attach_type;
	return 1;
}

int handover_take_link(struct handover *h, const struct link_name *name, int program_fd)
{
	size_t i;

	for (i = 0; h && h->used && i < h->link_count; i++) {
		struct taken_link *link = &h->links[i];

		/* The kernel refuses to update a link whose interface is gone. */
		if (link->fate != LINK_WAITING || !link->is_of_run ||
		    !is_same_link(&link->name, name) || bpf_link_update(link->fd, program_fd, NULL))
			continue;
		link->fate = LINK_TAKEN;
		if (h->push)
			handover_give_link(h, link->fd, name);
		return link->fd;
	}
	return -1;
}

void handover_push_link(struct handover *h, int link_fd, const struct link_name *name)
{
	int has_room = h && h->push && handover_give_link(h, link_fd, name);

	if (has_room && h->is_committed)
		handover_push_now(h, link_fd, name);
	if (h && !h->is_committed)
		h->created++;
}

/* Takes a link out of those that are handed on. */
static void handover_remove_given(struct handover *h, const struct link_name *name)
{
	struct given_links *given = handover_find_given(h, name);
	char text[HANDOVER_NAME_SIZE];
	int side;

	for (side = 0; given && side < SIDES; side++)
		if (given->sides[side].attach_type == name->attach_type)
			given->sides[side].fd = -1;
	if (given && given->sides[0].fd < 0 && given->sides[1].fd < 0)
		*given = h->given[--h->given_count];
	if (h->is_committed)
		h->push(-1, format_link_name(h, name, text), h->context);
}

int handover_release_link(struct handover *h, const struct link_name *name)
{
	size_t i;

	if (!h || !h->push)
		return 1;
	for (i = 0; !h->is_committed && i < h->link_count; i++)
		if (h->links[i].fate == LINK_TAKEN && is_same_link(&h->links[i].name, name)) {
			h->links[i].fate = LINK_RELEASED;
			handover_remove_given(h, name);
			return 0;
		}
	handover_remove_given(h, name);
	return 1;
}

/* ---- the end of a start --------------------------------------------------------------------- */

static void handover_commit_maps(struct handover *h)
{
	char name[HANDOVER_NAME_SIZE];
	struct bpf_map *map;

	if (!h->object || h->used) /* handed on already: out and back could be interrupted */
		return;
	format_map_name(h, name);
	bpf_object__for_each_map(map, h->object)
	{
		if (map_is_handed_on(map))
			h->push(bpf_map__fd(map), name, h->context);
	}
}

/* Without it the next process knows the counters, but no state and no incident. */
static void handover_commit_memory(struct handover *h)
{
	char name[HANDOVER_NAME_SIZE];

	if (!h->object || h->is_memory_kept)
		return;
	h->memory_fd = memfd_create("dnsreach-memory", MFD_CLOEXEC);
	if (h->memory_fd < 0) {
		log_warn("cannot keep states and incidents for a restart: %s", strerror(errno));
		return;
	}
	format_name(h, "memory", h->started_ns, name);
	h->push(-1, name, h->context);
	h->push(h->memory_fd, name, h->context);
}

/* Links that were taken are there already, under the same name. */
static void handover_commit_links(struct handover *h)
{
	size_t i;
	int side;

	for (i = 0; i < h->given_count; i++)
		for (side = 0; side < SIDES; side++) {
			const struct given_links *given = &h->given[i];
			const struct link_name name = {given->ifindex,
						       given->sides[side].attach_type,
						       given->origin};

			if (given->sides[side].fd < 0 || handover_has_taken(h, &name))
				continue;
			handover_push_now(h, given->sides[side].fd, &name);
		}
}

static int handover_gives(const struct handover *h, const struct link_name *name)
{
	const struct given_links *given = handover_find_given(h, name);
	int side;

	for (side = 0; given && side < SIDES; side++)
		if (given->sides[side].fd >= 0 &&
		    given->sides[side].attach_type == name->attach_type)
			return 1;
	return 0;
}

/* Forgets what the earlier process left and this one has not taken. */
static void handover_forget_old(struct handover *h)
{
	size_t i;

	for (i = 0; i < h->link_count; i++) {
		struct taken_link *link = &h->links[i];

		if (link->fate == LINK_TAKEN)
			continue;
		/* Where a new link has the same name, the push of that one has replaced it. */
		if (h->push && !(link->is_of_run && h->used && handover_gives(h, &link->name)))
			h->push(-1, link->text, h->context);
		if (link->fate != LINK_WAITING)
			continue;
		bpf_link_detach(link->fd);
		close(link->fd);
		link->fate = LINK_RELEASED;
	}
	for (i = 0; h->push && i < h->old_count; i++)
		h->push(-1, h->old_names[i], h->context);
}

void handover_commit(struct handover *h)
{
	if (!h)
		return;
	if (h->push) {
		handover_commit_maps(h);
		handover_commit_memory(h);
		handover_commit_links(h);
		if (h->used && h->link_count && h->created)
			log_info("%zu hooks were not there while dnsreach restarted: queries on "
				 "their interfaces in that time are not counted",
				 h->created);
	}
	handover_forget_old(h);
	h->is_committed = 1;
}

__u64 handover_started_ns(const struct handover *h)
{
	return h ? h->started_ns : 0;
}

int handover_is_active(const struct handover *h)
{
	return h && h->is_committed && h->object;
}

/* Leaves links attached: when a start fails, they count for the next one. */
void handover_free(struct handover *h)
{
	size_t i;

	if (!h)
		return;
	handover_close_maps(h);
	if (h->memory_fd >= 0)
		close(h->memory_fd);
	for (i = 0; i < h->link_count; i++)
		if (h->links[i].fate == LINK_WAITING)
			close(h->links[i].fd);
	free(h->links);
	free(h->given);
	free(h->old_names);
	free(h);
}
