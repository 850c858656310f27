/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Whether a request's Host header may be believed (DNS rebinding: a web page's own name that is
 * made to point at this host's loopback, so that a browser hands our page to it).
 */
#ifndef HTTP_HOST_H
#define HTTP_HOST_H

/* Whether the socket's own end is a loopback address. */
int socket_is_loopback(int fd);

/*
 * An address, localhost, or `own`, this host's name; with a port or without. NULL (no browser
 * leaves it out) is fine.
 */
int host_is_local(const char *host, const char *own);

#endif
