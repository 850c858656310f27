/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Packets that nobody meant to send: changed bytes, other lengths, headers put in, noise. */
#ifndef SPOIL_H
#define SPOIL_H

#include "../packet/frames.h"

void spoil_bytes(uint64_t *random, struct frame *f);
void spoil_length(uint64_t *random, struct frame *f);
/* Fragment bits, an extension header more, another gso_size, a tag taken out by the device. */
void spoil_ip(uint64_t *random, struct frame *f);
void spoil_random(uint64_t *random, struct frame *f);

#endif
