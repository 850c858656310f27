/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * BPF maps and TCX links that outlive a process: the service manager keeps their descriptors, the
 * programs continue to count, and the next process takes them over.
 *
 * A descriptor's name identifies it: "map-LAYOUT-STARTED-NAMESPACE", where LAYOUT stands for the
 * types of what is in the maps (others start clean), STARTED is when counting began, and NAMESPACE
 * is the network namespace (interfaces of another one have the same numbers); "memory-..."
 * likewise, a memfd with what the process knows beside the counters;
 * "link-IFINDEX-TYPE-NAMESPACE-STARTED", or "guest-..." for the guest view.
 */
#ifndef DATAPATH_HANDOVER_H
#define DATAPATH_HANDOVER_H

#include <linux/types.h>
#include <stddef.h>

#define HANDOVER_NAME_SIZE 96

struct bpf_object;
struct handover;

/* A link of ours: one program on one side of one interface. */
struct link_name {
	int ifindex;
	__u32 attach_type;   /* of the kernel's */
	unsigned int origin; /* enum origin */
};

/* Keeps a descriptor for the next process under this name; with -1 it forgets those of that name.
 */
typedef void handover_push_fn(int fd, const char *name, void *context);

/*
 * NULL when out of memory. `push` may be NULL: nothing is handed on. `room`: how many descriptors
 * the service manager keeps. Free with handover_free().
 */
struct handover *handover_new(handover_push_fn *push, size_t room, void *context);

/*
 * Adds a descriptor that an earlier process has left. Returns 1 when the handover owns it now; 0
 * when its name is of another kind and it stays the caller's.
 */
int handover_add_fd(struct handover *h, int fd, const char *name);

/* Has handover_commit() discard what was taken over: nothing of it is used. */
void handover_discard(struct handover *h);

/*
 * Uses the maps that were taken over, all or none; before the object is loaded. Returns how many
 * are used; 0: there were none, or they do not fit (logged; they are discarded then).
 */
int handover_reuse_maps(struct handover *h, struct bpf_object *object);

struct buffer;

/*
 * Reads what the earlier process left with handover_write_memory(), after handover_reuse_maps().
 * Returns 0, or -ENOENT: nothing, or not of the run whose maps are used.
 */
int handover_read_memory(const struct handover *h, struct buffer *ret);

/*
 * Leaves bytes for the next process, in place of those before, after handover_commit(). A process
 * that is killed meanwhile leaves bytes that are neither. Returns 0; -ENOENT: nothing is handed on;
 * or -errno.
 */
int handover_write_memory(const struct handover *h, const struct buffer *bytes);

/* Hands on all maps with counters, if they are not handed on already, with the commit. */
void handover_push_maps(struct handover *h, struct bpf_object *object, __u64 now_wall_ns);

/*
 * Takes the link of this name and sets our program on it. Returns its descriptor, which the caller
 * owns and which stays handed on; or -1: there is none.
 */
int handover_take_link(struct handover *h, const struct link_name *name, int program_fd);

/* Hands on a new link, from the commit on, where there is room for both of an interface. */
void handover_push_link(struct handover *h, int link_fd, const struct link_name *name);

/*
 * Hands on a link no more. Returns 1 when the caller is to detach it; 0 when it is the earlier
 * process's, and this start has failed: then it counts on for the next one.
 */
int handover_release_link(struct handover *h, const struct link_name *name);

/*
 * Ends the start, once all hooks are attached: hands on the maps and links, forgets what was not
 * taken over, and detaches its links.
 */
void handover_commit(struct handover *h);

/* Returns when counting began, ns since 1970 UTC; 0 when nothing was taken over. */
__u64 handover_started_ns(const struct handover *h);

/* Returns 1 when something is handed on: then a process that ends leaves its links attached. */
int handover_is_active(const struct handover *h);

/* Frees. What was not used stays in the service manager, attached, for a next try. NULL is fine. */
void handover_free(struct handover *h);

#endif
