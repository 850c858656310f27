/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The hooks of the interfaces that are watched: TCX where the kernel has it, else clsact. The host
 * view has two on each interface, the guest view two on each interface of a guest. Follows
 * interfaces that come, go, move and are recreated. Leaves interfaces, qdiscs and filters of others
 * as they are.
 */
#ifndef DATAPATH_ATTACH_H
#define DATAPATH_ATTACH_H

#include "datapath/guests.h"
#include "datapath/hooked_ifs.h"
#include "datapath/interface_maps.h"

#include <stddef.h>

struct attach_options {
	const char *const *names; /* interfaces by name (all must exist at the start), or NULL: */
	size_t name_count;	  /* automatic: all that are up and not enslaved */
	struct guest_patterns guests; /* the caller's, valid as long as the attachment */
	int only_clsact;	      /* do not try TCX */
	struct handover *handover;    /* links to take over and to hand on, or NULL */
};

struct attachment;

/* The programs to attach, and the maps that are filled with the interfaces. */
struct attach_fds {
	hook_programs programs;
	struct interface_maps maps;
};

/*
 * Attaches to every interface wanted: what counts outcomes first, then what counts queries. Returns
 * 0 and *ret (the caller's, to be freed with attachment_close()), or -errno after a message; then
 * nothing stays attached.
 */
int attachment_open(const struct attach_options *options, const struct attach_fds *fds,
		    struct attachment **ret);

/* Returns an fd that is readable when interfaces may have changed; then call attachment_update().
 */
int attachment_fd(const struct attachment *a);

/*
 * Brings the hooks in line with the interfaces there are, after an event. A failure of one
 * interface is logged once and does not end the others. Returns 0 or -errno.
 */
int attachment_update(struct attachment *a);

/*
 * Returns true when so many interfaces have come that attachment_update() has attached only some:
 * call it again soon.
 */
bool attachment_is_behind(const struct attachment *a);

/*
 * Does what attachment_update() does, and looks for each hook whether it is still there. To be
 * called every few seconds: a filter removed by others causes no link event. Returns 0 or -errno.
 */
int attachment_check(struct attachment *a);

/*
 * Returns true when some guests get packets past the hooks of their interfaces (bpf_redirect_peer),
 * so that answers to them are not seen. Looks at some interfaces each time; to be called once a
 * second while guests seem to get no answer.
 */
bool attachment_is_bypassed(struct attachment *a);

/* Returns what is attached now, sorted by ifindex; valid until the next call with `a`. */
const struct attached_if *attachment_list(const struct attachment *a, size_t *ret_count);

/* Detaches in the reverse order, and frees. NULL is fine. */
void attachment_close(struct attachment *a);

/*
 * Closes, but leaves TCX links attached where the handover has handed them on; filters on clsact
 * stay in any case, for the next run to replace.
 */
void attachment_hand_on(struct attachment *a);

/*
 * Removes the filters that a killed run left on clsact, on all interfaces of this network
 * namespace. *ret_count: how many. Returns 0, or -errno after a message (-EBUSY: a running instance
 * has them).
 */
int attachment_remove_leftovers(size_t *ret_count);

#endif
