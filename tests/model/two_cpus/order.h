/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * In which order two CPUs did what they did at the same time: any order of their moments
 * (../steps.c) will do in which the model comes to every counter that the engine has. Two orders
 * may come to the same counters and not to the same transactions, so there are several models of
 * one engine, until something tells them apart.
 */
#ifndef ORDER_H
#define ORDER_H

#include "../compare.h"
#include "../round.h"

#define MODELS_MOST 64

struct models {
	unsigned n;
	struct model *model[MODELS_MOST];
};

enum order {
	ORDER_NONE,
	ORDER_ANY,     /* there was one order only, for nobody met anybody */
	ORDER_ONE,     /* one CPU after the other, among others perhaps */
	ORDER_MIXED,   /* neither */
	ORDER_TOO_MANY /* more models than there is room for */
};

/* Brings the models behind the round: those which the counters leave. */
enum order order_find(const struct round *r, struct models *m, const struct engine_counts *counts,
		      int interrupted);
/* For a message: what it would be with one CPU after the other. */
struct model *order_plain(const struct round *r, const struct models *m);

void order_start(struct models *m, const struct engine_config *c);
void order_tagged(struct models *m, uint32_t ifindex, uint32_t vlan);
void order_stop(struct models *m);

#endif
