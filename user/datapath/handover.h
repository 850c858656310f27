/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * BPF maps and TCX links that outlive a process: somebody (the service manager) keeps their
 * descriptors, the programs go on counting, and the next process takes them over. Who keeps them,
 * and how they come and go, is for others.
 *
 * A descriptor's name says what it is: "map-LAYOUT-STARTED", where LAYOUT stands for the types of
 * what is in the maps (others start clean) and STARTED is when counting began; "link-IFINDEX-TYPE".
 */
#ifndef DATAPATH_HANDOVER_H
#define DATAPATH_HANDOVER_H

#include <linux/types.h>
#include <stddef.h>

#define HANDOVER_NAME_SIZE 64

struct bpf_object;
struct handover;

/* Keep this descriptor for the next process under this name, or (-1) forget those of that name. */
typedef void handover_keep_fn(int fd, const char *name, void *context);

/* NULL when out of memory. `keep` may be NULL: nothing is handed on. Free with handover_free(). */
struct handover *handover_new(handover_keep_fn *keep, void *context);

/*
 * A descriptor that an earlier process has left. Returns 1: taken (it is the handover's now); or 0:
 * its name is not one of ours, and it is left alone.
 */
int handover_take(struct handover *h, int fd, const char *name);

/* What was taken is not wanted: links are detached, maps given up, here and by who keeps them. */
void handover_forget(struct handover *h);

/*
 * Before the object is loaded: use the maps that were taken, all or none. Returns how many are
 * used; 0: nothing was taken, or it does not fit (told on stderr; then the taken links go too).
 */
int handover_use_maps(struct handover *h, struct bpf_object *object);

/* After loading: hand on all maps but those that no counter is in; if they are not taken over. */
void handover_keep_maps(struct handover *h, struct bpf_object *object, __u64 now_wall_ns);

/*
 * The link on this hook (an attach type of the kernel's), now with our program: its descriptor,
 * which is the caller's, and which is handed on as it was; or -1, there is none.
 */
int handover_link(struct handover *h, int ifindex, __u32 attach_type, int program_fd);

/* Hand on this new link; or, detached for good, hand it on no more. */
void handover_keep_link(struct handover *h, int link_fd, int ifindex, __u32 attach_type);
void handover_drop_link(struct handover *h, int ifindex, __u32 attach_type);

/* Links that were taken and that nobody asked for are detached. Once all hooks are attached. */
void handover_settle(struct handover *h);

/* When counting began, ns since 1970 UTC; 0 when nothing was taken over. */
__u64 handover_started_ns(const struct handover *h);

/* Is anything handed on? Then a process that ends leaves its links attached. */
int handover_keeps(const struct handover *h);

/* NULL is fine. What was taken and not used stays with who keeps it, attached, for a next try. */
void handover_free(struct handover *h);

#endif
