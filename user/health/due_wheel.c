// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* A timing wheel. A node that is due in a later turn of the wheel stays in its slot until then. */
#include "health/due_wheel.h"

#include "util/clock.h"

#include <stddef.h>

static unsigned int slot_of(__u64 due_ns)
{
	return due_ns / NS_PER_S % DUE_SLOTS;
}

static void node_remove(struct due_node *node)
{
	if (!node->link)
		return;
	*node->link = node->next;
	if (node->next)
		node->next->link = node->link;
	node->link = NULL;
}

void due_wheel_set(struct due_wheel *wheel, struct due_node *node, __u64 due_ns)
{
	unsigned int slot;

	node_remove(node);
	node->due_ns = due_ns;
	if (due_ns == DUE_NEVER)
		return;
	/* An overdue node goes to the second that is taken next. */
	slot = slot_of(due_ns > wheel->taken_s * NS_PER_S ? due_ns : wheel->taken_s * NS_PER_S);
	node->next = wheel->slots[slot];
	node->link = &wheel->slots[slot];
	if (node->next)
		node->next->link = &node->next;
	wheel->slots[slot] = node;
	wheel->used[slot / 64] |= 1ULL << slot % 64;
}

void due_wheel_advance(struct due_wheel *wheel, struct due_node *node, __u64 due_ns)
{
	if (!node->link || due_ns < node->due_ns)
		due_wheel_set(wheel, node, due_ns);
}

static void slot_take(struct due_wheel *wheel, unsigned int slot, __u64 now_ns,
		      struct due_node **taken)
{
	struct due_node *node, *next;

	for (node = wheel->slots[slot]; node; node = next) {
		next = node->next;
		if (node->due_ns > now_ns)
			continue;
		node_remove(node);
		node->next = *taken;
		*taken = node;
	}
	if (!wheel->slots[slot])
		wheel->used[slot / 64] &= ~(1ULL << slot % 64);
}

struct due_node *due_wheel_take(struct due_wheel *wheel, __u64 now_ns)
{
	__u64 now_s = now_ns / NS_PER_S, s = wheel->taken_s;
	struct due_node *taken = NULL;

	if (now_s - s >= DUE_SLOTS && now_s > s)
		s = now_s - DUE_SLOTS + 1;
	for (; s <= now_s; s++)
		if (wheel->used[s % DUE_SLOTS / 64] & 1ULL << s % 64)
			slot_take(wheel, s % DUE_SLOTS, now_ns, &taken);
	if (now_s > wheel->taken_s)
		wheel->taken_s = now_s;
	return taken;
}

/* Returns the earliest moment of a slot before `until_ns`; DUE_NEVER: there is none. */
static __u64 slot_earliest(const struct due_wheel *wheel, unsigned int slot, __u64 until_ns)
{
	const struct due_node *node;
	__u64 earliest_ns = DUE_NEVER;

	for (node = wheel->slots[slot]; node; node = node->next)
		if (node->due_ns < until_ns && node->due_ns < earliest_ns)
			earliest_ns = node->due_ns;
	return earliest_ns;
}

__u64 due_wheel_next(const struct due_wheel *wheel)
{
	__u64 s, earliest_ns = DUE_NEVER, due_ns;
	unsigned int slot;

	for (s = wheel->taken_s; s < wheel->taken_s + DUE_SLOTS; s++) {
		if (!wheel->used[s % DUE_SLOTS / 64]) {
			s |= 63; /* none of the slots of this word */
			continue;
		}
		if (wheel->used[s % DUE_SLOTS / 64] & 1ULL << s % 64)
			earliest_ns = slot_earliest(wheel, s % DUE_SLOTS, (s + 1) * NS_PER_S);
		if (earliest_ns != DUE_NEVER)
			return earliest_ns;
	}
	for (slot = 0; slot < DUE_SLOTS; slot++) { /* in a later turn */
		due_ns = slot_earliest(wheel, slot, DUE_NEVER);
		if (due_ns < earliest_ns)
			earliest_ns = due_ns;
	}
	return earliest_ns;
}
