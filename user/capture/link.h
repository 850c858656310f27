/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Where the network header stands behind each kind of link-layer header, and which it is. */
#ifndef CAPTURE_LINK_H
#define CAPTURE_LINK_H

#include "capture/source.h"

/* 0, or -ENOTSUP for a link type (libpcap's DLT_) that is not read. */
int link_supported(int type);

/*
 * The packet in *c (`bytes`, `length`, `wire_length` with all headers) becomes what source.h says
 * of it; `ifindex` is set when the header names one.
 */
void link_read(int type, struct captured *c);

#endif
