/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The two hooks of the interfaces we listen on: TCX where the kernel has it, else clsact. Follows
 * interfaces that come, go, move and are recreated. Leaves interfaces, qdiscs and filters of
 * others as they are.
 */
#ifndef DATAPATH_ATTACH_H
#define DATAPATH_ATTACH_H

#include <stddef.h>

enum hook { HOOK_TCX, HOOK_CLSACT };
extern const char *const hook_names[]; /* "tcx", "clsact" */

struct attach_options {
	const char *const *names;  /* interfaces by name (all must exist at the start), or NULL: */
	size_t name_count;	   /* automatic: all that are up and not enslaved */
	int only_clsact;	   /* do not try TCX (for tests and old habits) */
	struct handover *handover; /* links to take over and to hand on, or NULL */
};

struct handover;

struct attached_interface {
	char name[16];
	int ifindex;
	enum hook hook;
};

struct attachment;

/*
 * Fills the BPF maps that go with the interfaces; called before an interface is attached and again
 * when it changes. tagged_map: key struct tagged_key {parent ifindex, VLAN}, value __u8 1, one for
 * each VLAN device that is attached. scopes_map: key __u32 ifindex of a port, value __u32 ifindex
 * of the bridge or bond it is enslaved to.
 */
struct attach_maps {
	int queries_fd;	 /* program count_queries, egress */
	int outcomes_fd; /* program count_outcomes, ingress */
	int tagged_map_fd;
	int scopes_map_fd;
};

/*
 * Attach both programs to every interface wanted: ingress everywhere first, then egress.
 * Returns 0 and *ret (the caller's, free with attachment_close()), or -errno after one message on
 * stderr that says what and what to do; then nothing stays attached.
 */
int attachment_open(const struct attach_options *options, const struct attach_maps *maps,
		    struct attachment **ret);

/* Readable when interfaces may have changed; then call attachment_follow(). */
int attachment_fd(const struct attachment *a);

/*
 * Bring what is attached in line with the interfaces there are. Also to be called every few
 * seconds without cause: a filter removed by others leaves no link event. Trouble with one
 * interface is told on stderr once and does not end the others. Returns 0 or -errno.
 */
int attachment_follow(struct attachment *a);

/* What is attached now, sorted by ifindex; valid until the next call of this room. */
const struct attached_interface *attachment_list(const struct attachment *a, size_t *ret_count);

/* Detach: egress everywhere, then ingress, and free. NULL is fine. */
void attachment_close(struct attachment *a);

/*
 * The same, but TCX links stay attached where the handover has handed them on; what is on clsact
 * stays in any case, for the next run to replace.
 */
void attachment_leave(struct attachment *a);

/*
 * Remove what a killed run left on clsact, on all interfaces of this network namespace. *ret_count:
 * filters removed. Returns 0, or -errno after a message (-EBUSY: a running instance holds them).
 */
int attachment_remove_leftovers(size_t *ret_count);

#endif
